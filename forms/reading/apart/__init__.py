"""Reading what strangers send: in a child of its own, with limits, so that no file can harm the program that asks.

A child is forked from a server that has the readers loaded (`multiprocessing`'s would load the asking program's main
module in each child: 300 ms and more under Flask, gunicorn or Celery, against 5). It may take ten seconds and 512 MB,
writes no file, starts no program and speaks to nobody. The pure `forms.reading.read` is for files of one's own making.
"""

from forms.reading import Part, Reading
from forms.reading.apart.client import AT_ONCE, ask
from forms.reading.apart.jobs import MEMBERS, ORIGINAL, PICTURE, READ, READ_ALL
from forms.reading.bundle import Member
from forms.reading.original import Original

__all__ = ["AT_ONCE", "members_apart", "picture_apart", "read_all_apart", "read_apart"]


def read_apart(data: bytes, *, name: str, framework: str | None = None) -> Reading:
    """As `forms.reading.read`; a file that is too much for the child is Unreadable as well."""
    return ask(READ, data, name, framework=framework)[0]


def read_all_apart(data: bytes, *, name: str, framework: str | None = None) -> tuple[Part, ...]:
    """As `forms.reading.read_all`; a file that is too much for the child is Unreadable as well."""
    return ask(READ_ALL, data, name, framework=framework)[0]


def original_apart(data: bytes, *, name: str) -> Original:
    """As `forms.reading.original.original`; a file that is too much for the child is Unreadable as well."""
    return ask(ORIGINAL, data, name)[0]


def picture_apart(data: bytes, *, name: str, page: int, scale: float = 1.5) -> bytes:
    """PNG of a page of a PDF, from 1; Unreadable where there is none."""
    return ask(PICTURE, data, name, page=page, scale=scale)[0]


def members_apart(data: bytes, *, name: str) -> list[Member]:
    """The files in a zip (forms.reading.bundle), each to be read by itself."""
    return ask(MEMBERS, data, name)[0]
