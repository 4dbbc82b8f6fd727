"""Characters into the cells that the rules of their page enclose: each ruled table of a page as one piece."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from forms.reading.grid import Box
from forms.reading.pdf.lattice import Area, Lattice, lattices
from forms.reading.pdf.letters import TextLine, cell_text, text_lines
from forms.reading.pdf.page import Char, Page

_OVER = 0.3
"""Share of a letter that may stand over the edge of its cell; more is text that runs into the neighbour. [choice]"""

_TOUCH = 0.1
"""Of the size of a letter: nearer to an edge than this it touches it."""

_FRAME = 0.6
"""Share of a page's height from which a single cell is a frame around the page."""


@dataclass(slots=True)
class PieceCell:
    """A cell of one page. `row` counts in the piece; `doubt` as in forms.reading.grid."""

    row: int
    rows: int
    box: Box
    chars: list[Char] = field(default_factory=list)
    doubt: bool = False
    text: str = ""
    open_top: bool = False
    open_bottom: bool = False

    @property
    def lines(self) -> list[TextLine]:
        """Its text as laid out."""
        return text_lines(self.chars)


@dataclass(slots=True)
class Piece:
    """What stands of a table on one page."""

    page: int
    box: Box
    xs: tuple[float, ...]
    height: int
    cells: list[PieceCell]


@dataclass(frozen=True, slots=True)
class Layout:
    """A page as tables and the lines outside of them, both from top to bottom."""

    page: Page
    pieces: tuple[Piece, ...]
    lines: tuple[TextLine, ...]


def layout(page: Page) -> Layout:
    """The tables of a page with their text, and what stands outside of them. Raises TooMuch."""
    found, nested = _without_nested(lattices(page.across, page.down), page)
    pieces = [_Filling(lattice) for lattice in found]
    outside = []
    for char in page.chars:
        x, y = (char.left + char.right) / 2, (char.top + char.bottom) / 2
        if not any(piece.take(char, x, y) for piece in pieces):
            outside.append(char)
    for piece in pieces:
        piece.doubt_around(nested)
    lines = [line for line in text_lines(outside) if not any(piece.take_below(line) for piece in pieces)]
    return Layout(page, tuple(piece.done(page.number) for piece in pieces), tuple(lines))


def _without_nested(found: list[Lattice], page: Page) -> tuple[list[Lattice], list[Box]]:
    """Tables within a cell of another are that cell's text; where the other is but a frame, it is dropped."""
    kept, nested = list(found), []
    for inner in found:
        for outer in found:
            if inner is outer or not _contains(outer.box, inner.box) or outer not in kept or inner not in kept:
                continue
            if len(outer.areas) == 1:
                kept.remove(outer)
            else:
                kept.remove(inner)
                nested.append(inner.box)
    return [lattice for lattice in kept if not _frames_the_page(lattice, page)], nested


def _contains(outer: Box, inner: Box) -> bool:
    return (
        outer.left - 1 <= inner.left
        and inner.right <= outer.right + 1
        and outer.top - 1 <= inner.top
        and inner.bottom <= outer.bottom + 1
    )


def _frames_the_page(lattice: Lattice, page: Page) -> bool:
    box = lattice.box
    return (
        len(lattice.areas) == 1
        and not (lattice.areas[0].open_top or lattice.areas[0].open_bottom)
        and box.right - box.left > page.width * _FRAME
        and box.bottom - box.top > page.height * _FRAME
    )


class _Filling:
    """A lattice that takes its characters."""

    def __init__(self, lattice: Lattice) -> None:
        self._lattice = lattice
        self._box = lattice.box
        self._cells = [
            PieceCell(
                area.row,
                area.rows,
                lattice.box_of(area),
                doubt=area.doubt,
                open_top=area.open_top,
                open_bottom=area.open_bottom,
            )
            for area in lattice.areas
        ]
        wide = len(lattice.xs) - 1
        self._owner: list[list[int | None]] = [[None] * wide for _ in range(len(lattice.ys) - 1)]
        for at, area in enumerate(lattice.areas):
            for row in range(area.row, area.row + area.rows):
                self._owner[row][area.column : area.column + area.columns] = [at] * area.columns
        self._touching: dict[int, list[tuple[float, bool, int]]] = {}

    def take(self, char: Char, x: float, y: float) -> bool:
        """Whether the character, its middle at (x, y), stands in one of the cells."""
        left, top, right, bottom = self._box
        if not (left < x < right and top < y < bottom):
            return False
        row, column = bisect_right(self._lattice.ys, y) - 1, bisect_right(self._lattice.xs, x) - 1
        at = self._owner[row][column]
        if at is None:
            return False
        cell = self._cells[at]
        cell.chars.append(char)
        if not char.text.isspace():
            self._look_at_edges(char, self._lattice.areas[at], cell)
        return True

    def take_below(self, line: TextLine) -> bool:
        """Whether the line hangs below a cell that the page has cut: a browser ends its rules there, not its text."""
        box = line.box
        for cell in self._cells:
            if not cell.open_bottom or box.left < cell.box.left or box.right > cell.box.right:
                continue
            end = max([cell.box.bottom, *(char.bottom for char in cell.chars)])
            if box.top - cell.box.bottom >= -1 and box.top - end < line.chars[0].em:
                cell.chars += line.chars
                cell.doubt = True
                return True
        return False

    def _look_at_edges(self, char: Char, area: Area, cell: PieceCell) -> None:
        left, top, right, bottom = cell.box
        over = (char.right - char.left) * _OVER
        if char.left < left - over:
            self._doubt(cell, area.row, area.rows, area.column - 1)
        elif char.right > right + over:
            self._doubt(cell, area.row, area.rows, area.column + area.columns)
        over = (char.bottom - char.top) * _OVER
        if char.top < top - over or char.bottom > bottom + over:
            cell.doubt = True
        near = char.em * _TOUCH
        if char.left < left + near:
            self._touching.setdefault(area.column, []).append((char.base, False, self._lattice.areas.index(area)))
        if char.right > right - near:
            edge = area.column + area.columns
            self._touching.setdefault(edge, []).append((char.base, True, self._lattice.areas.index(area)))

    def _doubt(self, cell: PieceCell, row: int, rows: int, column: int) -> None:
        """The text of a cell runs over its edge into `column`: neither side is certain."""
        cell.doubt = True
        for at in range(row, row + rows):
            owner = self._owner[at][column] if 0 <= column < len(self._lattice.xs) - 1 else None
            if owner is not None:
                self._cells[owner].doubt = True

    def doubt_around(self, boxes: Iterable[Box]) -> None:
        """A table within a cell is read as text, which is not certain."""
        for box in boxes:
            for cell in self._cells:
                if _contains(cell.box, box):
                    cell.doubt = True

    def _doubt_ragged(self) -> None:
        """Cells beside a hole: a place without a cell, amid its column or cutting through its neighbours' rows.

        So looks a label that a program did not draw to its end. Where a table is narrower above or below is no hole.
        """
        enclosed = [[at is not None and not self._lattice.areas[at].doubt for at in row] for row in self._owner]
        inner = {row for cell in self._cells if not cell.doubt for row in range(cell.row + 1, cell.row + cell.rows)}
        rows: set[int] = set()
        for column in range(len(self._lattice.xs) - 1):
            there = [row for row in range(len(enclosed)) if enclosed[row][column]]
            if not there:
                continue
            rows.update(row for row in range(there[0], there[-1]) if not enclosed[row][column])
            if there[-1] + 1 in inner:
                rows.add(there[-1] + 1)
            if there[0] in inner:
                rows.add(there[0] - 1)
        for cell in self._cells:
            if rows.intersection(range(cell.row - 1, cell.row + cell.rows + 1)):
                cell.doubt = True

    def done(self, number: int) -> Piece:
        """The piece, empty places without a closed edge left out."""
        for touching in self._touching.values():
            for base, is_left, at in touching:
                for other_base, other_is_left, other in touching:
                    if is_left and not other_is_left and abs(base - other_base) < 1:
                        self._cells[at].doubt = self._cells[other].doubt = True
        self._doubt_ragged()
        for cell in self._cells:
            if cell.chars:
                cell.text, odd = cell_text(cell.chars)
                cell.doubt = cell.doubt or odd
        kept = [
            cell for area, cell in zip(self._lattice.areas, self._cells, strict=True) if cell.text or not area.doubt
        ]
        return Piece(number, self._box, self._lattice.xs, len(self._lattice.ys) - 1, kept)
