"""What every kind of file gives: tables as cells on a grid, and lines of text between them, each with its place.

Sources (xlsx, docx, pdf, text) make it; what the cells mean is decided elsewhere, by the labels of the form alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

Kind = Literal["xlsx", "docx", "pdf", "text"]


class Box(NamedTuple):
    """A rectangle on a page, in points from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where words stand in a file: `part` is a workbook's sheet, a Word file's table ("表 1") or a PDF's page ("3").

    `at` is the cell as people write it ("B7"), or the line of a text ("12", "12-14"); a PDF has a `box` as well.
    """

    kind: Kind
    part: str
    at: str
    box: Box | None = None

    def __str__(self) -> str:
        match self.kind:
            case "xlsx":
                return f"{self.part}!{self.at}"
            case "docx":
                return f"{self.part} {self.at}" if self.part else f"第 {self.at} 段"
            case "pdf":
                return f"第 {self.part} 页"
            case _:
                return f"第 {self.at} 行"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell over `rows` × `columns` places from (`row`, `column`), both from 0; `text` as a person sees it.

    A number is written as its format shows it: 0.95 formatted as a percentage is "95%". Line breaks within are "\\n".
    `doubt` is set where the source itself was not certain of the cell's bounds or of its text.
    """

    row: int
    column: int
    text: str
    place: Place
    rows: int = 1
    columns: int = 1
    hidden: bool = False
    """In a row or column that the file hides."""
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Words outside of any table: a heading, "单位：万元", a footer. `before` counts the grids that come before it."""

    text: str
    place: Place
    before: int = 0


@dataclass(frozen=True)
class Grid:
    """One table: a sheet of a workbook, a table of a Word file, a ruled area of a PDF over all its pages.

    No two cells overlap; a place without a cell is empty. `breaks` are the rows a new page begins with: a cell may have
    been cut there (PDF alone).
    """

    name: str
    cells: tuple[Cell, ...]
    hidden: bool = False
    breaks: frozenset[int] = field(default_factory=frozenset)

    @cached_property
    def height(self) -> int:
        """How many rows there are."""
        return max((cell.row + cell.rows for cell in self.cells), default=0)

    @cached_property
    def width(self) -> int:
        """How many columns there are."""
        return max((cell.column + cell.columns for cell in self.cells), default=0)

    @cached_property
    def covering(self) -> Mapping[tuple[int, int], Cell]:
        """(row, column) -> the cell that covers it, merged ones at each of their places."""
        return {
            (row, column): cell
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rows)
            for column in range(cell.column, cell.column + cell.columns)
        }

    @cached_property
    def _by_row(self) -> Mapping[int, list[Cell]]:
        """Row -> its cells. A sheet may be 16,384 columns wide for the sake of one cell: empty places cost nothing."""
        rows: dict[int, list[Cell]] = {}
        for cell in sorted(self.cells, key=lambda cell: cell.column):
            for row in range(cell.row, cell.row + cell.rows):
                rows.setdefault(row, []).append(cell)
        return rows

    def row(self, at: int) -> Iterator[Cell]:
        """The cells that cover a row, from left to right, each once."""
        yield from self._by_row.get(at, ())


MOST_EMPTY = 20
"""Empty rows or columns on end that are kept: a form has one or two, a cell far away costs no more. [choice]"""


def closed_up(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells with long stretches of empty rows and columns taken out; each keeps its place in the file."""
    row = _closing_up({edge for cell in cells for edge in (cell.row, cell.row + cell.rows - 1)})
    column = _closing_up({edge for cell in cells for edge in (cell.column, cell.column + cell.columns - 1)})
    if row is None and column is None:
        return tuple(cells)
    rows, columns = row or _Same(), column or _Same()
    return tuple(
        replace(
            cell,
            row=rows[cell.row],
            column=columns[cell.column],
            rows=rows[cell.row + cell.rows - 1] - rows[cell.row] + 1,
            columns=columns[cell.column + cell.columns - 1] - columns[cell.column] + 1,
        )
        for cell in cells
    )


class _Same(dict[int, int]):
    def __missing__(self, at: int) -> int:
        return at


def _closing_up(used: set[int]) -> dict[int, int] | None:
    """Where each row or column with an edge of a cell comes to stand; None where nothing is taken out."""
    found: dict[int, int] = {}
    last, out = -1, 0
    for at in sorted(used):
        out += max(0, at - last - 1 - MOST_EMPTY)
        found[at] = at - out
        last = at
    return found if out else None


@dataclass(frozen=True)
class Source:
    """A whole file. A PDF without ruled tables and a plain text have lines alone."""

    kind: Kind
    grids: tuple[Grid, ...] = ()
    lines: tuple[Line, ...] = ()
