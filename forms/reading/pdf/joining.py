"""Pieces of a table on following pages -> one table.

Programs draw a row that does not fit in two ways: the page ends with the rules down alone (the row goes on, certainly),
or with a rule across, as if the row ended there. In the second case its words decide, and the cells stay in doubt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from forms.reading.grid import Box
from forms.reading.pdf.lattice import SAME
from forms.reading.pdf.letters import TextLine
from forms.reading.pdf.pieces import Layout, Piece, PieceCell

_PAGE_NUMBER = re.compile(
    r"[-—–－·~\s]*(第?\s*[0-9０-９一二三四五六七八九十]+\s*页?|page\s*[0-9]+|[ivxlc]+)"
    r"(\s*([/／,，、]|of|共|\s)\s*(共|总)?\s*[0-9０-９一二三四五六七八九十]+\s*页?)?[-—–－·~\s]*",
    re.IGNORECASE,
)

_MOST_HEADING_ROWS = 4


@dataclass(slots=True)
class JoinedCell:
    """A cell of a table over its pages: `left` and `right` in points, `parts` where it stands on each page."""

    row: int
    rows: int
    left: float
    right: float
    text: str
    doubt: bool
    parts: list[tuple[int, PieceCell]]

    def place(self) -> tuple[int, Box]:
        """The page and box that show its text, or its first part."""
        page, cell = next((part for part in self.parts if part[1].text), self.parts[0])
        return page, cell.box


@dataclass(slots=True)
class Table:
    """A table over all its pages; `breaks` are the rows a new page begins with."""

    cells: list[JoinedCell]
    height: int
    pieces: list[Piece]
    breaks: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, piece: Piece) -> "Table":
        return cls([_joined(piece, cell, cell.row) for cell in piece.cells], piece.height, [piece])


def is_page_number(text: str) -> bool:
    """Whether a line is nothing but the number of its page: "第 3 页 共 9 页", "- 3 -", "3/9"."""
    return bool(_PAGE_NUMBER.fullmatch(text.strip()))


def tables(layouts: Sequence[Layout]) -> list[Table]:
    """The tables of a document in order, each with all its pages."""
    found: list[Table] = []
    last: Layout | None = None
    leaves_open = any(_leaves_open(one, other) for one, other in pairwise(layouts))
    for layout in layouts:
        for at, piece in enumerate(layout.pieces):
            if at == 0 and last is not None and last.pieces and _goes_on(found[-1], last, layout):
                _append(found[-1], piece, leaves_open)
            else:
                found.append(Table.of(piece))
                for cell in found[-1].cells:
                    cell.doubt = cell.doubt or cell.parts[0][1].open_top
        last = layout
    for table in found:
        for cell in table.cells:
            cell.doubt = cell.doubt or cell.parts[-1][1].open_bottom
    return found


def _leaves_open(before: Layout, after: Layout) -> bool:
    """Whether the file has no rule where a cell is cut: then one that has a rule ends there."""
    if not before.pieces or not after.pieces:
        return False
    upper, lower = before.pieces[-1], after.pieces[0]
    same = abs(upper.box.left - lower.box.left) <= SAME and abs(upper.box.right - lower.box.right) <= SAME
    return same and any(cell.open_bottom for cell in upper.cells)


def _joined(piece: Piece, cell: PieceCell, row: int) -> JoinedCell:
    return JoinedCell(row, cell.rows, cell.box.left, cell.box.right, cell.text, cell.doubt, [(piece.page, cell)])


def _goes_on(table: Table, before: Layout, after: Layout) -> bool:
    upper, lower = table.pieces[-1], after.pieces[0]
    if abs(upper.box.left - lower.box.left) > SAME or abs(upper.box.right - lower.box.right) > SAME:
        return False
    if any(piece.box.top < lower.box.bottom for piece in after.pieces[1:]):
        return False  # tables side by side
    below = [line for line in before.lines if line.box.top > upper.box.bottom - SAME and _counts(line, after)]
    above = [line for line in after.lines if line.box.bottom < lower.box.top + SAME and _counts(line, before)]
    if below or above:
        return False
    if any(cell.open_bottom for cell in upper.cells) and any(cell.open_top for cell in lower.cells):
        return True
    if not _lines_agree(table, lower) and _would_have_fitted(upper, lower, before):
        return False
    return not _begins_anew(table, lower, before, after)


def _counts(line: TextLine, other: Layout) -> bool:
    """Whether a line parts two tables: all do but page numbers, and what the `other` page has at the same place."""
    if is_page_number(line.text):
        return False
    text = _without_figures(line.text)
    return not any(_without_figures(twin.text) == text and abs(twin.base - line.base) < SAME for twin in other.lines)


def _without_figures(text: str) -> str:
    return re.sub(r"[0-9０-９\s]+", "", text)


def _lines_agree(table: Table, lower: Piece) -> bool:
    """Whether the rules down of the one are among those of the other."""
    lines = {x for piece in table.pieces for x in piece.xs}
    return _among(lower.xs, lines) or _among(table.pieces[-1].xs, lower.xs)


def _among(few: Sequence[float], many: Sequence[float] | set[float]) -> bool:
    return all(any(abs(x - other) <= SAME for other in many) for x in few)


def _would_have_fitted(upper: Piece, lower: Piece, before: Layout) -> bool:
    """Whether the first row of the next page had room on this one: then the page was broken on purpose."""
    first = [cell.box for cell in lower.cells if cell.row == 0]
    high = min((box.bottom - box.top for box in first), default=0.0)
    foot = min((line.box.top for line in before.lines if line.box.top > upper.box.bottom), default=None)
    end = before.page.height * 0.9 if foot is None else foot
    return end - upper.box.bottom > high + 2 * SAME


def _begins_anew(table: Table, lower: Piece, before: Layout, after: Layout) -> bool:
    """Whether the next page begins another table of the same form: the same title, the same labels below it."""
    rows = _equal_rows(table, lower)
    first = _row(Table.of(lower), 0)
    has_title = len(first) == 1 and abs(first[0].right - first[0].left - (lower.box.right - lower.box.left)) < SAME
    same_lines = (
        len(table.pieces) == 1
        and any(line.box.bottom < lower.box.top + SAME and not is_page_number(line.text) for line in after.lines)
        and not any(line.box.bottom < table.pieces[0].box.top + SAME and _counts(line, after) for line in before.lines)
    )
    if not (has_title or same_lines) or rows == 0:
        return False
    here, there = _row(table, rows), _row(Table.of(lower), rows)
    return bool(here and there and here[0].text and here[0].text == there[0].text)


def _row(table: Table, at: int) -> list[JoinedCell]:
    return sorted((cell for cell in table.cells if cell.row == at), key=lambda cell: cell.left)


def _equal_rows(table: Table, lower: Piece) -> int:
    """How many rows the next page begins with are the first rows of the table: its heading, printed again."""
    again = Table.of(lower)
    equal = 0
    while equal < min(_MOST_HEADING_ROWS, table.pieces[0].height, lower.height):
        here, there = _row(table, equal), _row(again, equal)
        if len(here) != len(there) or not any(cell.text for cell in here):
            break
        if not all(_same(one, other) for one, other in zip(here, there, strict=True)):
            break
        equal += 1
    # A heading ends where no cell goes on below it.
    while equal and any(cell.row < equal < cell.row + cell.rows for cell in again.cells):
        equal -= 1
    return equal


def _same(one: JoinedCell, other: JoinedCell) -> bool:
    if abs(one.left - other.left) > SAME or abs(one.right - other.right) > SAME:
        return False
    return one.rows == other.rows and "".join(one.text.split()) == "".join(other.text.split())


def _append(table: Table, piece: Piece, leaves_open: bool) -> None:
    dropped = _equal_rows(table, piece)
    if dropped == piece.height:
        table.pieces.append(piece)
        return
    sure = max((cell.row + cell.rows for cell in table.cells if cell.row == 0), default=1)
    for cell in table.cells:
        if sure <= cell.row < dropped:  # a second row of the heading, or a row that happens to be the same
            cell.doubt = True
    height = table.height
    lower = [_joined(piece, cell, cell.row - dropped + height) for cell in piece.cells if cell.row >= dropped]
    last = [cell for cell in table.cells if cell.row + cell.rows == height]
    first = [cell for cell in lower if cell.row == height]
    pairs = _pairs(last, first)
    same_columns = len(last) == len(first) == len(pairs)
    after_heading = dropped > 0
    if all(_goes_below(one, other, after_heading) for one, other in pairs):
        is_cut = same_columns and bool(pairs)
    else:
        is_cut = same_columns and not leaves_open and _words_go_on(pairs)
    if is_cut:
        for cell in lower:
            cell.row -= 1
    table.breaks.add(height - 1 if is_cut else height)
    going = [
        (one, other)
        for one, other in pairs
        if is_cut
        or _goes_below(one, other, after_heading)
        or (not leaves_open and _same_block(one, other, pairs, same_columns))
    ]
    for one, other in going:
        _merge(one, other, is_cut)
    gone = {id(other) for _, other in going}
    if any(one.parts[-1][1].open_bottom for one in last):
        # What goes on below was not found at the top of the page: it may be in any of the next rows.
        for cell in lower:
            cell.doubt = cell.doubt or cell.row <= height + 1
    for cell in first:
        cell.doubt = cell.doubt or (cell.parts[0][1].open_top and id(cell) not in gone)
    table.cells += [cell for cell in lower if id(cell) not in gone]
    table.height = height + piece.height - dropped - (1 if is_cut else 0)
    table.pieces.append(piece)


def _pairs(last: list[JoinedCell], first: list[JoinedCell]) -> list[tuple[JoinedCell, JoinedCell]]:
    """The cells above and below a break that stand in the same columns, from left to right."""
    return sorted(
        (
            (one, other)
            for one in last
            for other in first
            if abs(one.left - other.left) <= SAME and abs(one.right - other.right) <= SAME
        ),
        key=lambda pair: pair[0].left,
    )


def _merge(one: JoinedCell, other: JoinedCell, is_cut: bool) -> None:
    one.rows += other.rows - (1 if is_cut else 0)
    one.text = "\n".join(text for text in (one.text, other.text) if text)
    one.doubt = one.doubt or other.doubt
    one.parts += other.parts


def _goes_below(one: JoinedCell, other: JoinedCell, after_heading: bool) -> bool:
    """Whether no rule closes the cell at the break; under a heading that is printed again there is always one."""
    return one.parts[-1][1].open_bottom and (other.parts[0][1].open_top or after_heading)


def _words_go_on(pairs: list[tuple[JoinedCell, JoinedCell]]) -> bool:
    """Whether a row goes on over the break by its words; where they leave it open, its cells are held in doubt."""
    own = [(one, other) for one, other in pairs if one.rows == 1 and other.rows == 1]
    both = [(one, other) for one, other in own if one.text and other.text]
    if not both:
        return False
    first, second = own[0]
    ended = [(one, other) for one, other in both if not _may_go_on(one)]
    if len(ended) > 1 or own[0] in ended:
        # A name that has ended, and another below: two rows. A label left of them may still be cut in two.
        name = ended[0][0].left
        for one, other in own:
            if (one.text and other.text and _is_full(one)) or (bool(one.text) != bool(other.text) and one.left < name):
                one.doubt = other.doubt = True
        return False
    is_cut = not ended and bool(first.text) != bool(second.text)
    finished = [(one, other) for one, other in own if one.text and not other.text]
    if is_cut and len(finished) > 1 and own[0] in finished and all(_is_full(one) for one, _ in both):
        return True  # name and value above alone, and a sentence that goes on
    for one, other in own:
        one.doubt = other.doubt = True
    return is_cut


def _same_block(
    one: JoinedCell, other: JoinedCell, pairs: list[tuple[JoinedCell, JoinedCell]], same_columns: bool
) -> bool:
    """Whether a label's cell goes on below the break, when the row does not: one of its halves is then empty."""
    if one.rows == 1 and other.rows == 1:
        # A block of one row on each side, or an empty cell: only left of all that has words on both sides.
        leading = not any(a.text and b.text for a, b in pairs if a.left <= one.left)
        if not leading or (same_columns and not any(a.text and b.text for a, b in pairs)):
            return False
        one.doubt = True
        return True
    if one.text and other.text:
        if "".join(one.text.split()) != "".join(other.text.split()):
            one.doubt = other.doubt = True
        return False
    return True


_END = ("。", "；", ";", "！", "？", ".")
_SHARE = re.compile(r"[≥≤≧≦<>=＞＜＝±]?\s*[0-9][0-9,.]*\s*[%％]")


def _may_go_on(cell: JoinedCell) -> bool:
    """Whether the text of a cell may have been cut at its end: a full last line, or a paragraph that ends."""
    return _is_full(cell) or cell.text.endswith(_END)


def _is_full(cell: JoinedCell) -> bool:
    """Whether the last line reaches as far as the lines of its cell can, in the midst of a sentence."""
    _, part = cell.parts[-1]
    lines = part.lines
    if not lines or cell.text.endswith(_END) or _SHARE.fullmatch(lines[-1].text):
        return False
    em = max(char.em for char in lines[-1].chars)
    left = min(line.box.left for line in lines) - part.box.left
    last = lines[-1].box
    return (part.box.right - part.box.left) - (last.right - last.left) < 2 * max(left, 0) + 2.3 * em
