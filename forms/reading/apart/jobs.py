"""What may be asked of a child: functions of a file's bytes, and their results as bytes and back.

A result crosses as JSON that is checked as it arrives, never as pickle: a file that got the better of a child can say
something wrong, and nothing more.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from forms.framework import FrameworkError
from forms.reading import ManyFiles, Part, Reading, Unreadable, read, read_all
from forms.reading.bundle import Member, members
from forms.reading.original import Original, original
from forms.reading.pdf import page_picture

T = TypeVar("T")

ENDED = struct.Struct(">iQ")
"""How a child ended, as os.waitpid tells it, and the most memory it had, in bytes."""

LENGTH = struct.Struct(">I")
"""Of the JSON that follows, before bytes of files."""


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """`run` is called in the child with the bytes and the arguments, which are plain JSON."""

    name: str
    run: Callable[..., T]
    written: Callable[[T], bytes]
    understood: Callable[[bytes], T]


def _as_json(name: str, run: Callable[..., T], shape: Any) -> Job[T]:
    adapter: TypeAdapter[T] = TypeAdapter(shape)
    return Job(name, run, adapter.dump_json, adapter.validate_json)


def _all(data: bytes, *, name: str, framework: str | None = None) -> tuple[Part, ...]:
    return tuple(read_all(data, name=name, framework=framework))


def _picture(data: bytes, *, name: str, page: int, scale: float) -> bytes:
    try:
        return page_picture(data, page, scale)
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable(f"文件“{name}”没有第 {page} 页，请从第 1 页看起") from None


_INDEX: TypeAdapter[tuple[tuple[str, str, int], ...]] = TypeAdapter(tuple[tuple[str, str, int], ...])
"""(name, trouble, bytes) of each member; the bytes follow one another behind it."""


def _members(data: bytes, *, name: str) -> list[Member]:
    return members(data, name)


def _members_written(found: list[Member]) -> bytes:
    index = _INDEX.dump_json(tuple((member.name, member.trouble, len(member.data)) for member in found))
    return b"".join([LENGTH.pack(len(index)), index, *(member.data for member in found)])


def _members_understood(body: bytes) -> list[Member]:
    at = LENGTH.size + int.from_bytes(body[: LENGTH.size])
    found = []
    for name, trouble, size in _INDEX.validate_json(body[LENGTH.size : at]):
        found.append(Member(name, body[at : at + size], trouble))
        at += size
    return found


READ: Job[Reading] = _as_json("read", read, Reading)
READ_ALL: Job[tuple[Part, ...]] = _as_json("read_all", _all, tuple[Part, ...])
PICTURE: Job[bytes] = Job("picture", _picture, bytes, bytes)
ORIGINAL: Job[Original] = _as_json("original", original, Original)
MEMBERS: Job[list[Member]] = Job("members", _members, _members_written, _members_understood)

JOBS: Mapping[str, Job[Any]] = {job.name: job for job in (READ, READ_ALL, ORIGINAL, PICTURE, MEMBERS)}

REFUSALS: Mapping[str, type[ValueError]] = {
    "unreadable": Unreadable,
    "many_files": ManyFiles,
    "framework": FrameworkError,
}
"""Errors that are answers, by what they are called on their way."""


def refusal(error: Exception) -> str | None:
    """The name of an error that is an answer; None for one that is a fault."""
    return next((name for name, kind in REFUSALS.items() if type(error) is kind), None)
