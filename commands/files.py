"""A goal table's file, read for a command; what cannot be read is one sentence."""

from pathlib import Path

from commands.errors import BadInput
from forms import reading
from forms.document import Document
from forms.framework import FrameworkError
from forms.reading.apart import read_apart


def bytes_of(file: Path) -> bytes:
    """What is in the file; BadInput names the file and the way out."""
    try:
        if file.stat().st_size > reading.LIMIT:
            limit = reading.LIMIT // 1024 // 1024
            raise BadInput(f"文件“{file.name}”超过 {limit} MB，请确认是绩效目标表后另存为较小的文件")
        return file.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"找不到文件“{file}”，请核对路径") from None
    except IsADirectoryError:
        raise BadInput(f"“{file}”是文件夹，请指定一个文件") from None
    except OSError as error:
        raise BadInput(f"无法读取文件“{file}”（{error.strerror or '读取出错'}），请检查权限后重试") from error


def reading_of(file: Path, framework: str | None = None) -> reading.Reading:
    """What the file says; BadInput names the file and the way out."""
    try:
        return read_apart(bytes_of(file), name=file.name, framework=framework)
    except (reading.Unreadable, FrameworkError) as error:
        raise BadInput(str(error)) from error


def document_in(file: Path, framework: str | None = None) -> Document:
    """The sheet in the file alone."""
    return reading_of(file, framework).document
