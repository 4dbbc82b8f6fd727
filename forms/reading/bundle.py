"""A zip of files -> the files in it, to be read one by one. Nothing is unpacked to disk; names are only shown.

What cannot be unpacked keeps its line with the reason, so that nobody takes the rest for the whole.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from posixpath import basename

from forms.reading.decoding import LIMIT, Unreadable, visible
from forms.reading.package import MOST_ENTRIES, MOST_RATIO, RATIO_FROM

MOST_UNPACKED = 60 * 1024 * 1024
"""Bytes that all files of a zip may have together; a table has fifty thousand. [choice]"""

_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800
_NO_TABLES = ("~$", "._", ".")
"""How files begin that programs lay beside a person's own."""
_NO_TABLE = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a zip by its name there; without data the trouble says why."""

    name: str
    data: bytes = b""
    trouble: str = ""


def is_aside(name: str) -> bool:
    """Whether a file is none of a person's own: a lock of Office, what an operating system keeps of a folder."""
    file = basename(name)
    return file.startswith(_NO_TABLES) or file.lower() in _NO_TABLE or name.startswith("__MACOSX/")


def members(data: bytes, name: str) -> list[Member]:
    """The files in the zip's order; Unreadable for a zip that is too much, in a sentence that calls it `name`."""
    try:
        whole = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, OverflowError):
        raise Unreadable(f"压缩包“{name}”已损坏或不完整，请重新压缩后再试") from None
    entries = [entry for entry in whole.infolist() if not entry.is_dir()]
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(f"压缩包“{name}”中的文件超过 {MOST_ENTRIES} 个，请分成几个压缩包")
    found = list(_unpacked(whole, entries, name))
    if not found:
        raise Unreadable(f"压缩包“{name}”中没有文件，请选择放有绩效目标表的压缩包")
    return found


def _unpacked(whole: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str) -> Iterator[Member]:
    left = MOST_UNPACKED
    for entry in entries:
        called = _called(entry)
        if is_aside(called):
            continue
        if called.startswith("/") or ".." in called.split("/") or called[1:2] == ":":
            yield Member(called, trouble=f"“{called}”的名称指向压缩包之外，没有读取，请重新压缩后再试")
        elif entry.flag_bits & _ENCRYPTED:
            yield Member(called, trouble=f"“{called}”设有密码，请取消密码后重新压缩再试")
        elif entry.file_size > LIMIT:
            yield Member(
                called, trouble=f"“{called}”超过 {LIMIT // 1024 // 1024} MB，请确认是绩效目标表后另存为较小的文件"
            )
        elif entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * entry.compress_size:
            yield Member(called, trouble=f"“{called}”压缩超过 {MOST_RATIO} 倍，不像绩效目标表，没有读取")
        elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield Member(called, trouble=f"“{called}”的压缩方法不认识，请用系统自带的压缩重新压缩后再试")
        else:
            left -= entry.file_size
            if left < 0:
                raise Unreadable(f"压缩包“{name}”解压后超过 {MOST_UNPACKED // 1024 // 1024} MB，请分成几个压缩包")
            try:
                yield Member(called, whole.read(entry))
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, OSError, EOFError, RuntimeError):
                yield Member(called, trouble=f"“{called}”在压缩包中已损坏，请重新压缩后再试")


def _called(entry: zipfile.ZipInfo) -> str:
    """The name as its writer meant it: Windows writes GBK and says nothing of it."""
    called = entry.filename
    if not entry.flag_bits & _NAME_IS_UTF8:
        try:
            called = called.encode("cp437").decode("gb18030")
        except UnicodeError:
            called = entry.filename
    return " ".join(visible(called).replace("\\", "/").split())
