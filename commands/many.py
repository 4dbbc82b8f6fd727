"""Many tables at once: each of the files in a folder or a zip, and each sheet of a workbook, read with a result."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from commands.errors import BadInput
from commands.files import bytes_of
from forms.framework import FrameworkError
from forms.reading import ManyFiles, Part, Reading, Unreadable
from forms.reading.apart import AT_ONCE, members_apart, read_all_apart
from forms.reading.bundle import Member, is_aside

MOST_FILES = 10_000
"""Files of a folder, those in its folders among them; more is another folder than one of tables. [choice]"""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one table: `file` as it is called in the folder or zip, `sheet` "" where a file has one table."""

    file: str
    sheet: str
    reading: Reading | None
    trouble: str = ""


def results_in(path: Path, framework: str | None = None) -> Sequence[Result] | Reading:
    """The one table of a file, or a result for each table of a folder, a zip or a file with several.

    BadInput where nothing at all can be read.
    """
    if path.is_dir():
        return _some(path, list(_each(list(_in_folder(path)), framework)))
    data = bytes_of(path)
    try:
        parts = read_all_apart(data, name=path.name, framework=framework)
    except ManyFiles:
        try:
            found = members_apart(data, name=path.name)
        except Unreadable as error:
            raise BadInput(str(error)) from error
        return _some(path, list(_each([_Named(member.name, partial(_same, member)) for member in found], framework)))
    except (Unreadable, FrameworkError) as error:
        raise BadInput(str(error)) from error
    if len(parts) == 1 and parts[0].reading:
        return parts[0].reading
    return _some(path, _results(path.name, parts))


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    member: Callable[[], Member]
    """Gives the bytes when their turn comes: a folder may have more than memory holds."""


def _same(member: Member) -> Member:
    return member


def _in_folder(folder: Path) -> Iterator[_Named]:
    """The files of a folder in the order of their names; links are not followed."""
    count = 0
    for place, folders, files in os.walk(folder):
        folders.sort()
        folders[:] = [name for name in folders if not is_aside(name)]
        for name in sorted(files):
            if is_aside(name):
                continue
            count += 1
            if count > MOST_FILES:
                raise BadInput(f"文件夹“{folder}”中的文件超过 {MOST_FILES} 个，请只放绩效目标表后重试")
            file = Path(place, name)
            yield _Named(file.relative_to(folder).as_posix(), partial(_member, file))


def _member(file: Path) -> Member:
    if file.is_symlink() or not file.is_file():
        return Member(file.name, trouble=f"“{file.name}”是链接或特殊文件，没有读取，请换成文件本身后重试")
    try:
        return Member(file.name, bytes_of(file))
    except BadInput as error:
        return Member(file.name, trouble=error.message)


def _each(files: Sequence[_Named], framework: str | None) -> Iterator[Result]:
    """The results in the files' order, several files being read at once."""

    def read(file: _Named) -> list[Result]:
        member = file.member()
        if member.trouble:
            return [Result(file.name, "", None, member.trouble)]
        name = Path(file.name).name
        try:
            return _results(file.name, read_all_apart(member.data, name=name, framework=framework))
        except ManyFiles:
            return [Result(file.name, "", None, f"“{name}”是压缩包中或文件夹中的压缩包，没有读取，请解压后单独读取")]
        except Unreadable as error:
            return [Result(file.name, "", None, str(error))]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for results in pool.map(read, files):
                yield from results
        except FrameworkError as error:
            raise BadInput(str(error)) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _results(file: str, parts: Sequence[Part]) -> list[Result]:
    return [Result(file, part.name, part.reading, part.trouble) for part in parts]


def _some(path: Path, results: Sequence[Result]) -> Sequence[Result]:
    if not results:
        raise BadInput(f"“{path.name}”中没有文件，请指定放有绩效目标表的文件夹或压缩包")
    if any(result.reading for result in results):
        return results
    first = results[0]
    raise BadInput(f"“{path.name}”中的 {len(results)} 张表都不能读取，第一张（{first.file}）的原因：{first.trouble}")
