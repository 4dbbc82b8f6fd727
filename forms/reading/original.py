"""What a file shows, to stand beside its reading: the lines of a text, the grids of a workbook or a Word file, the
pages of a PDF. Bounded, whatever the file: what is left out is counted. Pure.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forms.document import squeezed
from forms.reading import Reading, source_of
from forms.reading.decoding import text_of
from forms.reading.grid import Box, Cell, Grid, Kind, Line, Place, Source
from forms.reading.pdf import page_sizes

MOST_ROWS = 600
MOST_COLUMNS = 40
MOST_LINES = 3000
MOST_LETTERS = 200_000
"""Of all that is shown; the longest real table has 30,000."""
MOST_OF_A_CELL = 5_000
MOST_PARTS = 60
"""Sheets of a workbook that are offered."""
PAGES_AT_ONCE = 6
"""Pages of a PDF that are shown together."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell or a line. `anchor` is the place's name on a page, `at` how people call it ("B7", "12")."""

    anchor: str
    at: str
    text: str
    rows: int = 1
    columns: int = 1
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A grid as a table: heads of the columns ("" where they have no names), and rows, each with its number and its
    cells; None is an empty place. A place that a merged cell covers has none."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Shown | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of a PDF; its size and the boxes on it in points, by their anchors."""

    page: int
    width: float
    height: float
    boxes: tuple[tuple[str, Box, str], ...]
    """(anchor, box, what is read there)."""


@dataclass(frozen=True, slots=True)
class Section:
    """What is shown at once: a sheet of a workbook, some pages of a PDF, else the whole file. In their order."""

    name: str
    hidden: bool = False
    parts: tuple[Table | Shown | Picture, ...] = ()
    left_out: int = 0
    """Cells, lines or pages that are too many to be shown."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it is shown."""

    kind: Kind
    sections: tuple[Section, ...]

    def section_of(self, anchor: str) -> int | None:
        """In which section a place is, from 0; None where it is not shown."""
        return next((at for at, section in enumerate(self.sections) if anchor in anchors(section)), None)


def original(data: bytes, *, name: str) -> Original:
    """What a file that could be read shows. Raises Unreadable as reading does."""
    source = source_of(data, name)
    if source is None:
        return Original("text", (_lines(text_of(data, name).split("\n")),))
    if source.kind == "pdf":
        sections = _pages(source, page_sizes(data, name))
        written = "\n".join(line.text for line in source.lines).split("\n")
        return Original("pdf", tuple(sections) if source.grids else (_lines(written), *sections))
    if not source.grids:
        return Original(source.kind, (_lines("\n".join(line.text for line in source.lines).split("\n")),))
    if source.kind == "xlsx":
        return Original("xlsx", tuple(_sheets(source)))
    return Original("docx", (_flow(source),))


def anchor_of(place: Place) -> str:
    """What a place is called on a page."""
    if place.kind == "text":
        return f"o-{place.at.partition('-')[0]}"
    said = f"{place.part}\0{place.at}\0{place.box and tuple(round(side, 1) for side in place.box)}"
    return f"o-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def anchors(section: Section) -> Iterator[str]:
    """Every place that a section shows."""
    for part in section.parts:
        if isinstance(part, Shown):
            yield part.anchor
        elif isinstance(part, Picture):
            yield from (anchor for anchor, _, _ in part.boxes)
        else:
            yield from (cell.anchor for _, cells in part.rows for cell in cells if cell is not None)


# What the reading says of it


@dataclass(frozen=True)
class Beside:
    """A file beside its reading."""

    original: Original
    places: Mapping[str, tuple[Place, ...]]
    """Path -> where it was read."""
    paths: Mapping[str, tuple[str, ...]]
    """Anchor -> the cells of the sheet that were read there."""
    unplaced: frozenset[str]
    """Anchors of what found no cell."""


def beside(shown: Original, reading: Reading) -> Beside:
    """Join a file with its reading: which of its places are in which cell, and which in none."""
    places = dict(reading.places) or _found(shown, reading)
    paths: dict[str, list[str]] = defaultdict(list)
    for path, there in places.items():
        for place in there:
            # A target has its parts in the cell that prints it.
            if path not in paths[anchor_of(place)] and not path.endswith(".target"):
                paths[anchor_of(place)].append(path)
    left = {squeezed(text.removeprefix("（隐藏）")) for text in reading.unplaced}
    unplaced = {
        anchor
        for anchor, text in _texts(shown)
        if (tight := squeezed(text)) and anchor not in paths and (tight in left or any(tight in one for one in left))
    }
    return Beside(
        shown, places, {anchor: tuple(found) for anchor, found in paths.items() if found}, frozenset(unplaced)
    )


def _texts(shown: Original) -> Iterator[tuple[str, str]]:
    for section in shown.sections:
        for part in section.parts:
            if isinstance(part, Shown):
                yield part.anchor, part.text
            elif isinstance(part, Picture):
                yield from ((anchor, text) for anchor, _, text in part.boxes)
            else:
                yield from ((cell.anchor, cell.text) for _, cells in part.rows for cell in cells if cell is not None)


def _found(shown: Original, reading: Reading) -> dict[str, tuple[Place, ...]]:
    """Where the cells of a sheet stand in running text, as far as their words stand there once; for a cell whose words
    do not, the row's name."""
    lines = [part.text for section in shown.sections for part in section.parts if isinstance(part, Shown)]
    whole, line_of = "", list[int]()
    for number, line in enumerate(lines, start=1):
        tight = squeezed(line)
        whole += tight
        line_of += [number] * len(tight)
    found: dict[str, tuple[Place, ...]] = {}
    for path, value in reading.document.cells():
        tight = squeezed(str(value or ""))
        at = whole.find(tight) if len(tight) > 1 else -1
        if at >= 0 and whole.find(tight, at + 1) < 0:
            first, last = line_of[at], line_of[at + len(tight) - 1]
            found[path] = (Place("text", "", str(first) if first == last else f"{first}-{last}"),)
    for path, _ in reading.document.cells():
        row = re.match(r"indicators\[[0-9]+\]", path)
        if row and path not in found and (named := found.get(f"{row[0]}.level3")):
            found[path] = named
    return found


# How it is laid out


class _Room:
    """What may still be shown."""

    def __init__(self) -> None:
        self.letters = MOST_LETTERS
        self.left_out = 0

    def text(self, text: str) -> str | None:
        """The text as it is shown, cut where it is endless; None, counted, where there is no room left."""
        if self.letters <= 0:
            self.left_out += 1
            return None
        cut = text if len(text) <= MOST_OF_A_CELL else f"{text[:MOST_OF_A_CELL]}……"
        self.letters -= len(cut)
        return cut


def _lines(lines: Sequence[str], first: int = 1) -> Section:
    room, shown = _Room(), list[Table | Shown | Picture]()
    for number, line in enumerate(lines, start=first):
        text = room.text(line) if len(shown) < MOST_LINES else None
        if text is not None:
            shown.append(Shown(f"o-{number}", str(number), text))
    return Section("", False, tuple(shown), len(lines) - len(shown))


def _sheets(source: Source) -> Iterator[Section]:
    room = _Room()
    for grid in source.grids[:MOST_PARTS]:
        room.left_out = 0
        lines = [line for line in source.lines if line.place.part == grid.name]
        parts: list[Table | Shown | Picture] = [*_loose(lines, room), *_table(grid, room, named=_letters)]
        yield Section(grid.name, grid.hidden, tuple(parts), room.left_out)


def _flow(source: Source) -> Section:
    """A Word file from top to bottom."""
    room = _Room()
    parts: list[Table | Shown | Picture] = []
    for at, grid in enumerate(source.grids):
        parts += _loose([line for line in source.lines if line.before == at], room)
        parts += _table(grid, room, named=lambda _: "")
    parts += _loose([line for line in source.lines if line.before >= len(source.grids)], room)
    return Section("", False, tuple(parts), room.left_out)


def _loose(lines: Iterable[Line], room: _Room) -> list[Shown]:
    found = []
    for number, line in enumerate(lines):
        text = room.text(line.text) if number < MOST_LINES else None
        if text is not None:
            found.append(Shown(anchor_of(line.place), line.place.at, text))
    return found


def _letters(column: int) -> str:
    """A column as a workbook names it: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _table(grid: Grid, room: _Room, *, named: Callable[[int], str]) -> list[Table]:
    """The rows and columns in which anything begins; those without are passed over, as their numbers show."""
    written = [cell for cell in grid.cells if cell.text.strip()]
    rows = sorted({cell.row for cell in written})[:MOST_ROWS]
    columns = sorted({cell.column for cell in written})[:MOST_COLUMNS]
    row_at, column_at = ({place: at for at, place in enumerate(places)} for places in (rows, columns))
    there: dict[tuple[int, int], Shown] = {}
    covered: set[tuple[int, int]] = set()
    for cell in sorted(written, key=lambda cell: (cell.row, cell.column)):
        text = room.text(cell.text) if cell.row in row_at and cell.column in column_at else None
        if text is None:
            room.left_out += cell.row not in row_at or cell.column not in column_at
            continue
        top, left = row_at[cell.row], column_at[cell.column]
        high = sum(cell.row <= row < cell.row + cell.rows for row in rows[top:])
        wide = sum(cell.column <= column < cell.column + cell.columns for column in columns[left:])
        covered |= {(top + down, left + right) for down in range(high) for right in range(wide)} - {(top, left)}
        there[top, left] = Shown(anchor_of(cell.place), _short(cell), text, high, wide, cell.hidden)
    laid = []
    for top, row in enumerate(rows):
        cells = [there.get((top, left)) for left in range(len(columns)) if (top, left) not in covered]
        laid.append((str(row + 1), tuple(cells)))
    return [Table(grid.name, tuple(named(column) for column in columns), tuple(laid))] if laid else []


def _short(cell: Cell) -> str:
    """A cell as it is called within its table."""
    return cell.place.at if cell.place.kind == "xlsx" else f"{cell.row + 1}-{cell.column + 1}"


def _pages(source: Source, sizes: Sequence[tuple[float, float]]) -> Iterator[Section]:
    boxes: dict[str, list[tuple[str, Box, str]]] = defaultdict(list)
    room = _Room()
    held = [(line.place, line.text) for line in source.lines]
    held += [(cell.place, cell.text) for grid in source.grids for cell in grid.cells]
    for place, text in held:
        if place.box is not None and text.strip() and (cut := room.text(text)) is not None:
            boxes[place.part].append((anchor_of(place), place.box, cut))
    for first in range(0, len(sizes), PAGES_AT_ONCE):
        numbers = range(first + 1, min(first + PAGES_AT_ONCE, len(sizes)) + 1)
        pictures = tuple(Picture(page, *sizes[page - 1], tuple(boxes[str(page)])) for page in numbers)
        name = f"第 {numbers[0]} 页" if len(numbers) == 1 else f"第 {numbers[0]}—{numbers[-1]} 页"
        yield Section(name, False, pictures, room.left_out)
