"""A sheet -> a file of its official form. One function for each format, chosen by the ending of the file's name."""

from collections.abc import Callable

from forms.document import Document, differences
from forms.framework import Framework
from forms.reading import Unreadable, read
from forms.writing.text import text

FORMATS: dict[str, tuple[str, Callable[[Document, Framework], bytes]]] = {
    "txt": ("text/plain; charset=utf-8", lambda document, framework: text(document, framework).encode()),
}
"""What kind of file it is, and what writes it."""


def write(document: Document, framework: Framework, ending: str) -> bytes:
    """The file; KeyError for a format that nobody writes."""
    return FORMATS[ending][1](document, framework)


def altered(document: Document, framework: Framework, ending: str = "txt") -> tuple[str, ...] | None:
    """Which places of a sheet would read otherwise once written and read back, white space aside; None where the file
    could not be read at all. What is written is promised to come back only where this is empty."""
    try:
        again = read(write(document, framework, ending), name=f"sheet.{ending}", framework=framework.key)
    except Unreadable:
        return None
    return tuple(change.path for change in differences(document, again.document, ignore_space=True))
