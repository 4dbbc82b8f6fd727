"""A file -> the sheet it holds, what could not be placed in it, and which cells a person should confirm.

Reading knows the form (a framework) and the shape of targets and amounts; it knows no department's words. Nothing is
guessed silently: where another reading is nearly as likely, the cell is `unsure`; words without a cell are `unplaced`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forms.document import Document
from forms.framework import available, load
from forms.reading.decoding import LIMIT, Unreadable, text_of
from forms.reading.grid import Place
from forms.reading.sheet import likeness, tables, understand
from forms.reading.words import words_of

__all__ = ["LIMIT", "Reading", "Unreadable", "read"]

_ENOUGH = 2
"""Landmarks of the form that a text must have before it is called a goal table: its title, or two others."""

MOST_WORDS = 6000
"""Words separated by white space; the seed has 330. Far more would take minutes to weigh. [choice]"""


@dataclass(frozen=True, slots=True)
class Reading:
    """`unsure` holds paths like `indicators[3].target` or `budget.total`, `unplaced` the texts that found no cell."""

    document: Document
    unplaced: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    """Where in the file each cell stood, by path; a cell that was not found has none."""


def read(data: bytes, *, name: str, framework: str | None = None) -> Reading:
    """Read a file's bytes; `name` is what to call it in an error, `framework` the form's key if it is known.

    Raises Unreadable with one Chinese sentence for what is no readable goal table, FrameworkError for an unknown key.
    """
    forms = [load(key) for key in ([framework] if framework else available())]
    words = words_of(text_of(data, name))
    if len(words) > MOST_WORDS:
        raise Unreadable(f"文件“{name}”的文字太多，不像一张绩效目标表，请只保留绩效目标表后重试")
    form = max(forms, key=lambda form: likeness(words, form))
    if likeness(words, form) < _ENOUGH:
        raise Unreadable(f"文件“{name}”不像部门整体绩效目标表：没有找到“{form.title}”等表样文字，请确认文件和编码")
    if tables(words, form) > 1:
        raise Unreadable(f"文件“{name}”中有不止一张绩效目标表，请拆成每个文件一张后重试")
    document, notes = understand(words, form)
    return Reading(document, tuple(notes.unplaced), tuple(notes.unsure))
