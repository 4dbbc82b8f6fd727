"""What of a sheet is still to be looked at: cells that were read without certainty, or carried over. Pure.

A mark stands at a cell's path, or at that of a whole part ("tasks": how its rows were told apart). It goes when
somebody writes the cell or says that it is right.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from forms.cells import text_at
from forms.document import Document, steps
from forms.framework import Framework

Mark = Literal["unsure", "carried"]
UNSURE: Mark = "unsure"
"""Read from a file without certainty: to be confirmed before the sheet is submitted."""
CARRIED: Mark = "carried"
"""As in the year before: advice alone."""

OF_A_ROW = {
    "tasks": ("name", "content", "total", "fiscal", "other"),
    "indicators": ("level2", "level3", "target_raw", "operator", "unit", "weight", "definition"),
}
"""The cells of a row that somebody may have to look at; the first level follows from the second."""
_ROW = re.compile(r"(tasks|indicators)\[([0-9]+)\](?:\.([a-z0-9_]+))?")
_FOLLOWS_FROM_THE_TABLE = frozenset({"department", "fiscal_year", "form"})
"""Compared with the table's own before a file is taken: nothing is left to confirm."""


def to_confirm(
    unsure: Iterable[str], document: Document, framework: Framework, *, whole: bool = False
) -> tuple[str, ...]:
    """The cells of a sheet that a person has to confirm, by what reading was not sure of: of a target's parts the cell
    in which the form prints them; not what the form itself gives, nor what the table says by itself (`whole`: that as
    well, as long as nobody compared it)."""
    found: dict[str, None] = {}
    for path in unsure:
        row = _ROW.fullmatch(path)
        if row is None:
            if (whole or path not in _FOLLOWS_FROM_THE_TABLE) and path != "budget.unit":  # its amounts are unsure
                found[path] = None
            continue
        part, at, cell = row[1], int(row[2]), row[3]
        if at >= len(document.tasks if part == "tasks" else document.indicators):
            continue
        for name in [_printed_in(cell, framework)] if cell else OF_A_ROW[part]:
            if not _given(document, framework, part, at, name):
                found[f"{part}[{at}].{name}"] = None
    return tuple(found)


def carried_over(document: Document, framework: Framework) -> tuple[str, ...]:
    """The cells of a sheet that say something and that people fill in."""
    found = []
    for path, value in document.cells():
        row = _ROW.fullmatch(path)
        given = row is not None and (row[3] == "level2" or _given(document, framework, row[1], int(row[2]), row[3]))
        if value not in (None, "") and framework.has(path) and not given and not path.endswith(".level1"):
            found.append(path)
    return tuple(found)


def said_at(document: Document, path: str) -> str:
    """What is to be looked at there: a cell's text; of a whole part the names of its rows."""
    if path == "tasks":
        return "；".join(task.name for task in document.tasks)
    if path == "indicators":
        return "；".join(row.level3 for row in document.indicators)
    return text_at(document, path)


def split(marks: Mapping[str, str], part: str, rows: int) -> list[dict[str, str]]:
    """The marks of each row of a part, by the names of its cells."""
    found: list[dict[str, str]] = [{} for _ in range(rows)]
    for path, mark in marks.items():
        match steps(path):
            case (str(of), int(at), str(cell)) if of == part and at < rows:
                found[at][cell] = mark
    return found


def standing_alone(marks: Mapping[str, str]) -> dict[str, str]:
    """The marks of cells that stand alone and of whole parts."""
    return {path: mark for path, mark in marks.items() if _ROW.fullmatch(path) is None}


def without(marks: Mapping[str, str], cells: Collection[str]) -> dict[str, str]:
    """The marks that are left once these cells were written or confirmed."""
    return {cell: mark for cell, mark in marks.items() if cell not in cells}


def unsure(marks: Mapping[str, str]) -> tuple[str, ...]:
    """The places that have to be confirmed."""
    return tuple(path for path, mark in marks.items() if mark == UNSURE)


def _printed_in(cell: str, framework: Framework) -> str:
    if cell in ("target", "operator", "unit"):
        return cell if cell in framework.columns.apart else "target_raw"
    return "level2" if cell == "level1" else cell


def _given(document: Document, framework: Framework, part: str, at: int, cell: str) -> bool:
    """Whether the form itself says what stands in a cell."""
    if part == "tasks":
        return False
    row = document.indicators[at]
    given = framework.given(row)
    if given is None:
        return False
    theirs = {"level3": given.name, "level2": given.level2, "definition": given.definition}
    return cell in theirs and bool(theirs[cell] == getattr(row, cell))
