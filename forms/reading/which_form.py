"""Which form a table on a grid is: the one whose labels it prints, else a form of no region, read by common words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forms.framework import Framework, available, load
from forms.reading import heads
from forms.reading.grid import Grid, Line
from forms.reading.heads import Heads
from forms.reading.vocabulary import Words, bare, general, words_of_form

_ENOUGH = 0.85
"""Of a form's labels and column heads that must be there; a copy may have lost a line. [choice]"""
_ASIDE = frozenset({"other", "over"})


@dataclass(frozen=True)
class Recognised:
    """A goal table on a grid: its form, the form's words, and where the heads of its indicators stand."""

    framework: Framework
    words: Words
    heads: tuple[Heads, ...]


def recognise(grid: Grid, lines: Sequence[Line], only: str | None = None) -> Recognised | None:
    """The form of a table; None for a table without columns of indicators. `only` is tried first, before the others.

    A table that is not of the form `only` is read by common words all the same: it says itself that it is another.
    """
    found = heads.of_indicators(grid, general())
    keys = [key for key in available() if key != only]
    forms = [load(key) for key in ([only] if only else []) + keys]
    printed = {bare(cell.text) for cell in grid.cells}
    for form in forms:
        if form.fallback or any(bare(head) not in printed for _, head in form.columns.heads):
            continue  # a look at all words is quicker than one at all rows
        words = words_of_form(form)
        own = heads.of_indicators(grid, words)
        if own and _fits(form, grid, lines, own[0]):
            return Recognised(form, words, tuple(own))
    if not found:
        return None
    subject = "project" if _has_field(grid, "project") else "department"
    form = next(form for form in forms if form.fallback and form.subject == subject)
    words = words_of_form(form)
    return Recognised(form, words, tuple(heads.of_indicators(grid, words) or found))


def _has_field(grid: Grid, role: str) -> bool:
    words = general()
    return any(
        (meaning := words.field(cell.text) or (labelled[0] if (labelled := words.labelled(cell.text)) else None))
        and meaning.role == role
        for cell in grid.cells
    )


def _fits(form: Framework, grid: Grid, lines: Iterable[Line], top: Heads) -> bool:
    """Whether it has the form's columns, no further ones, and nearly all of its labels."""
    printed = [cell.text for cell in grid.cells] + [line.text for line in lines]
    there = {bare(text) for text in printed}
    columns = {name for name, _ in form.columns.heads}
    if top.roles - _ASIDE != columns:
        return False
    heads_there = {bare(cell.text) for row in range(top.top, top.bottom) for cell in grid.row(row)}
    if any(bare(head) not in heads_there for _, head in form.columns.heads):
        return False
    labels = {bare(text) for name, text in form.labels if text and name != "fiscal_year"}
    whole = "\0".join(there)
    count = sum(label in there or label in whole for label in labels)
    levels = {
        cell.text for cell in grid.cells if cell.column in top.of("level1") and cell.row >= top.bottom and cell.text
    }
    known = {level.name for level in form.levels}
    # A page break may cut a label in two: a part of one is none of another form.
    strange = sum(not any("".join(text.split()) in name for name in known) for text in levels)
    return count >= _ENOUGH * len(labels) and strange * 2 <= len(levels)
