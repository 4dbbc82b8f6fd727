"""A source -> the goal tables in it: what stands between one table's heads and the next one's department is one table.

A workbook has a table per sheet. A Word file or a PDF may print one form as several tables, and several forms one after
the other: a new one begins with a title or a department of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forms.reading import heads
from forms.reading.grid import Cell, Grid, Line, Source
from forms.reading.vocabulary import general
from forms.reading.words import joined, words_of


@dataclass(frozen=True)
class Table:
    """What may be one goal table: its cells, the lines around them, and the sheet it stands on ("" without sheets)."""

    name: str
    grid: Grid
    lines: tuple[Line, ...]


def tables_in(source: Source) -> tuple[list[Table], list[str]]:
    """The goal tables by their columns of indicators, and what else the file has, a line each."""
    if source.kind == "xlsx":
        return _sheets(source)
    parts = list(_parts(source))
    whole = [part for part in parts if heads.of_indicators(part.grid, general())]
    others = [text for part in parts if part not in whole for text in _texts(part)]
    return whole, others


def _sheets(source: Source) -> tuple[list[Table], list[str]]:
    tables, others = [], []
    for grid in source.grids:
        table = Table(grid.name, grid, tuple(line for line in source.lines if line.place.part == grid.name))
        if grid.hidden or not heads.of_indicators(grid, general()):
            if any(cell.text.strip() for cell in grid.cells):
                others.append(f"工作表“{grid.name}”{'（隐藏）' if grid.hidden else ''}")
        else:
            tables += [replace(table, grid=part) for part in _cut(grid)]
    return tables, others


def _cut(grid: Grid) -> list[Grid]:
    """A sheet on which several forms stand one under the other, cut where each begins."""
    tops = heads.of_indicators(grid, general())
    begins = [row for row in _departments(grid) if row < grid.height] if len(tops) >= 2 else []
    if len(begins) < 2:
        return [grid]
    starts = [0]
    for row in begins[1:]:
        if any(starts[-1] <= top.top < row for top in tops) and any(top.top > row for top in tops):
            starts.append(_title_above(grid, row))
    ends = [*starts[1:], grid.height]
    return [
        Grid(
            grid.name,
            tuple(replace(cell, row=cell.row - start) for cell in grid.cells if start <= cell.row < end),
            grid.hidden,
            frozenset(row - start for row in grid.breaks if start <= row < end),
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _departments(grid: Grid) -> list[int]:
    words = general()
    rows = set()
    for cell in grid.cells:
        labelled = words.labelled(cell.text)
        meaning = words.field(cell.text) or (labelled[0] if labelled else None)
        if meaning is not None and meaning.role in ("department", "project") and not meaning.doubtful:
            rows.add(cell.row)
    return sorted(rows)


def _title_above(grid: Grid, row: int) -> int:
    """The first of the rows above that hold a single cell each: title, year, unit."""
    while row > 0 and len([cell for cell in grid.row(row - 1) if cell.text.strip()]) <= 1:
        row -= 1
    return row


def _parts(source: Source) -> Iterator[Table]:
    """The tables of a Word file or a PDF put together into forms."""
    grids: list[Grid] = []
    lines: list[Line] = []
    seen = 0

    def done() -> Table:
        return Table("", _stacked(grids), tuple(lines))

    for at, grid in enumerate(source.grids):
        above = [line for line in source.lines if line.before == at]
        begins = bool(_departments(grid)) or any("绩效目标" in line.text and len(line.text) < 40 for line in above)
        has = any(heads.of_indicators(one, general()) for one in grids)
        if grids and begins and has:
            yield done()
            grids, lines = [], []
        lines += above
        cut = _cut(grid)
        if len(cut) > 1:
            for one in cut[:-1]:
                grids.append(one)
                yield done()
                grids, lines = [], []
        grids.append(cut[-1])
        seen = at + 1
    lines += [line for line in source.lines if line.before >= seen]
    if grids:
        yield done()


def _stacked(grids: Sequence[Grid]) -> Grid:
    """Tables one under the other as one."""
    if len(grids) == 1:
        return grids[0]
    cells: list[Cell] = []
    breaks: set[int] = set()
    below = 0
    for grid in grids:
        cells += [replace(cell, row=cell.row + below) for cell in grid.cells]
        breaks |= {row + below for row in grid.breaks}
        below += grid.height
    return Grid(grids[0].name if grids else "", tuple(cells), False, frozenset(breaks))


def _texts(part: Table) -> list[str]:
    texts = [line.text for line in part.lines] + [cell.text for cell in part.grid.cells]
    return [text for text in (joined(words_of(each)) for each in texts) if text]
