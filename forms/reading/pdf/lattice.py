"""Rules -> the cells that they enclose. Merged cells fall out of missing segments.

Nothing here knows of text. All measures are points from the page's upper left corner, downwards.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forms.reading.grid import Box
from forms.reading.pdf.page import Rule
from forms.reading.pdf.shapes import TooMuch

SAME = 3.0
"""Points. Rules nearer than this are one: double lines, the borders of neighbours each drawn on its own. [choice]"""

_GAP = 4.0
"""Points between two pieces of one rule."""

_DASH = 12.0
"""Points. Pieces shorter than this are dashes, between which there may be `_DASH_GAP`."""
_DASH_GAP = 8.0

_THIN = 6.5
"""Points. Between two lines nearer than this no letter can stand. [choice]"""

_SHORTEST = 5.0
"""Points. What is shorter once it is joined is a dot of a rule the other way, or an ornament."""

_LONG = 20.0
"""Points. Rules down without any rule across are part of a table from this length."""

_MOST_RULES = 3_000
"""Of one page, joined; a page of a table has 100."""

_MOST_SQUARES = 20_000
"""Columns × rows of one page; a wide table has 1,000."""


class Area(NamedTuple):
    """A cell over `rows` × `columns` squares of a lattice. `doubt`: a side is missing, or it is no rectangle.

    `open_top` and `open_bottom`: no rule closes it at the upper or lower edge of the table; a page has cut it there.
    """

    row: int
    column: int
    rows: int
    columns: int
    doubt: bool = False
    open_top: bool = False
    open_bottom: bool = False


@dataclass(frozen=True, slots=True)
class Lattice:
    """A ruled table on one page: where its lines lie, and its cells."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    areas: tuple[Area, ...]

    @property
    def box(self) -> Box:
        """The rectangle around it."""
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def box_of(self, area: Area) -> Box:
        """The rectangle of a cell."""
        return Box(
            self.xs[area.column],
            self.ys[area.row],
            self.xs[area.column + area.columns],
            self.ys[area.row + area.rows],
        )


def lattices(across: Iterable[Rule], down: Iterable[Rule]) -> list[Lattice]:
    """The ruled tables of a page, from top to bottom. Raises TooMuch for what is a drawing."""
    rows, columns = _joined(across), _joined(down)
    if len(rows) + len(columns) > _MOST_RULES:
        raise TooMuch
    found = []
    for part_across, part_down in _connected(rows, columns):
        lattice = _lattice(part_across, part_down)
        if lattice is not None:
            found.append(lattice)
    return sorted(found, key=lambda lattice: (lattice.ys[0], lattice.xs[0]))


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """Pieces of one line as one rule; rules of the same line get exactly the same `at`."""
    joined: list[Rule] = []
    for group in _near(sorted(rules)):
        # A long rule says better where the line is than the crumbs of a dotted one.
        weight = sum(rule.end - rule.start + 0.1 for rule in group)
        at = sum(rule.at * (rule.end - rule.start + 0.1) for rule in group) / weight
        pieces = sorted(group, key=lambda rule: rule.start)
        start, end, last = pieces[0].start, pieces[0].end, pieces[0].end - pieces[0].start
        for piece in pieces[1:]:
            length = piece.end - piece.start
            gap = _DASH_GAP if max(last, length) < _DASH else _GAP
            if piece.start - end > gap:
                joined.append(Rule(at, start, end))
                start, end = piece.start, piece.end
            else:
                end = max(end, piece.end)
            last = length
        joined.append(Rule(at, start, end))
    return [rule for rule in joined if rule.end - rule.start >= _SHORTEST]


def _near(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    group: list[Rule] = []
    for rule in rules:
        if group and rule.at - group[0].at > SAME:
            yield group
            group = []
        group.append(rule)
    if group:
        yield group


class _Sets:
    """Which things belong together."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def join(self, one: int, other: int) -> None:
        self._parent[self.find(one)] = self.find(other)


def _connected(across: list[Rule], down: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """The rules that touch one another, group by group; an underline touches nothing."""
    sets = _Sets(len(across) + len(down))
    heights = [rule.at for rule in across]
    for at, post in enumerate(down, len(across)):
        for index in range(bisect_left(heights, post.start - SAME), bisect_right(heights, post.end + SAME)):
            if across[index].start - SAME <= post.at <= across[index].end + SAME:
                sets.join(index, at)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for at, rule in enumerate(across):
        groups.setdefault(sets.find(at), ([], []))[0].append(rule)
    for at, rule in enumerate(down, len(across)):
        groups.setdefault(sets.find(at), ([], []))[1].append(rule)
    found = [group for group in groups.values() if group[0] and group[1]]
    alone = []
    for post in (group[1][0] for group in groups.values() if not group[0]):
        beside = next((posts for _, posts in found if any(_level(post, other) for other in posts)), None)
        if beside is not None:
            beside.append(post)
        elif post.end - post.start > _LONG:
            alone.append(post)
    return found + [([], posts) for posts in _alike(alone)]


def _level(one: Rule, other: Rule) -> bool:
    """Whether both begin and end together; a dashed rule may end up to a dash too early."""
    return abs(one.start - other.start) <= 2 * SAME and abs(one.end - other.end) <= 2 * SAME


def _alike(posts: list[Rule]) -> Iterator[list[Rule]]:
    """Rules down that begin and end together: a row that fills its page and goes on before and after it."""
    group: list[Rule] = []
    for post in sorted(posts, key=lambda rule: (rule.start, rule.end)):
        if group and not _level(post, group[0]):
            if len(group) > 1:
                yield group
            group = []
        group.append(post)
    if len(group) > 1:
        yield group


def _lattice(across: list[Rule], down: list[Rule]) -> Lattice | None:
    left, right = min(rule.at for rule in down), max(rule.at for rule in down)
    if not across:
        across = [Rule(at(end for rule in down for end in rule[1:]), left, left) for at in (min, max)]
    top, bottom = min(rule.at for rule in across), max(rule.at for rule in across)
    for end in (
        _open_end([rule.start for rule in down], top, -1),
        _open_end([rule.end for rule in down], bottom, 1),
    ):
        if end is not None:
            across = [*across, Rule(end, left, left)]  # no rule is drawn there, but the cells end there
    top, bottom = min(rule.at for rule in across), max(rule.at for rule in across)
    for side in (
        _open_side([rule.start for rule in across], left, -1),
        _open_side([rule.end for rule in across], right, 1),
    ):
        if side is not None:
            down = [*down, Rule(side, top, bottom)]
    xs, ys = sorted({rule.at for rule in down}), sorted({rule.at for rule in across})
    if len(xs) < 2 or len(ys) < 2:
        return None
    if len(xs) * len(ys) > _MOST_SQUARES:
        raise TooMuch
    areas = _areas(xs, ys, across, down)
    return _compact(xs, ys, areas) if areas else None


_FAR = 6.0
"""Points by which rules must stand out before a side is called open."""


def _open_end(ends: list[float], edge: float, way: int) -> float | None:
    """Where the rules down end, if at least two of them go together beyond the last rule across."""
    beyond = [end for end in ends if (end - edge) * way > _FAR]
    if len(beyond) < 2:
        return None
    far = max(beyond, key=lambda end: end * way)
    return far if sum(abs(far - end) <= SAME for end in beyond) >= 2 else None


def _open_side(ends: list[float], edge: float, way: int) -> float | None:
    """Where the rules across end, if the table has no rule down at that side and most of them end together."""
    far = max(ends, key=lambda end: end * way)
    if (far - edge) * way <= _FAR * 2:
        return None
    together = sum(abs(far - end) <= SAME for end in ends)
    return far if together >= 3 and together * 2 > len(ends) else None


def _areas(xs: list[float], ys: list[float], across: list[Rule], down: list[Rule]) -> list[Area]:
    wide, high = len(xs) - 1, len(ys) - 1
    walls = _covered(xs, ys, down)  # walls[column][row]: a rule down at xs[column] beside that row
    floors = _covered(ys, xs, across)  # floors[row][column]
    outside = wide * high
    sets = _Sets(outside + 1)
    for row in range(high):
        for column in range(wide):
            square = row * wide + column
            if not walls[column][row]:
                sets.join(square, square - 1 if column else outside)
            if row and not floors[row][column]:
                sets.join(square, square - wide)
        if not walls[wide][row]:
            sets.join(row * wide + wide - 1, outside)
    groups: dict[int, list[tuple[int, int]]] = {}
    for square in range(outside):
        groups.setdefault(sets.find(square), []).append(divmod(square, wide))
    out = sets.find(outside)
    areas: list[Area] = []
    for name, squares in groups.items():
        areas += _rectangles(squares, doubt=name == out)
    return [
        area._replace(
            open_top=area.row == 0 and not any(floors[0][area.column : area.column + area.columns]),
            open_bottom=area.row + area.rows == high
            and not any(floors[high][area.column : area.column + area.columns]),
        )
        for area in areas
    ]


def _covered(at: list[float], along: list[float], rules: list[Rule]) -> list[list[bool]]:
    """For each line of `at`, beside which stretches of `along` it is drawn."""
    place = {value: index for index, value in enumerate(at)}
    drawn = [[False] * (len(along) - 1) for _ in at]
    for rule in rules:
        line = drawn[place[rule.at]]
        first = max(bisect_left(along, rule.start - SAME), 0)
        for index in range(first, len(along) - 1):
            start, end = along[index], along[index + 1]
            slack = min(SAME, (end - start) / 4)
            if end - slack > rule.end + SAME:
                break
            if rule.start <= start + slack and rule.end >= end - slack:
                line[index] = True
    return drawn


def _rectangles(squares: list[tuple[int, int]], doubt: bool) -> list[Area]:
    """One area where the squares are a rectangle, else strips of them in doubt."""
    top, left = min(row for row, _ in squares), min(column for _, column in squares)
    rows = max(row for row, _ in squares) - top + 1
    columns = max(column for _, column in squares) - left + 1
    if rows * columns == len(squares):
        return [Area(top, left, rows, columns, doubt)]
    strips: list[Area] = []
    for row, column in sorted(squares):
        if strips and strips[-1].row == row and strips[-1].column + strips[-1].columns == column:
            strips[-1] = strips[-1]._replace(columns=strips[-1].columns + 1)
        else:
            strips.append(Area(row, column, 1, 1, True))
    whole: list[Area] = []
    for strip in strips:
        above = next(
            (
                at
                for at, area in enumerate(whole)
                if (area.column, area.columns, area.row + area.rows) == (strip.column, strip.columns, strip.row)
            ),
            None,
        )
        if above is None:
            whole.append(strip)
        else:
            whole[above] = whole[above]._replace(rows=whole[above].rows + 1)
    return whole


def _gathered(edges: set[int], at: list[float]) -> dict[int, int]:
    """Which line each of the lines becomes once those too near to hold a letter between them are one."""
    new: dict[int, int] = {}
    first = None
    for edge in sorted(edges):
        if first is None or at[edge] - at[first] > _THIN:
            first = edge
            new[edge] = max(new.values(), default=-1) + 1
        else:
            new[edge] = max(new.values())
    return new


def _compact(xs: list[float], ys: list[float], areas: list[Area]) -> Lattice | None:
    """Without the lines at which no cell begins or ends, those of an underline within a cell, and without the strips
    that are left between cells which have their borders each for themselves."""
    new_column = _gathered({edge for area in areas for edge in (area.column, area.column + area.columns)}, xs)
    new_row = _gathered({edge for area in areas for edge in (area.row, area.row + area.rows)}, ys)
    moved = [
        area._replace(
            row=new_row[area.row],
            column=new_column[area.column],
            rows=new_row[area.row + area.rows] - new_row[area.row],
            columns=new_column[area.column + area.columns] - new_column[area.column],
        )
        for area in areas
    ]
    kept = sorted(area for area in moved if area.rows and area.columns)
    return Lattice(_middles(new_column, xs), _middles(new_row, ys), tuple(kept)) if kept else None


def _middles(new: dict[int, int], at: list[float]) -> tuple[float, ...]:
    lines: dict[int, list[float]] = {}
    for old, line in new.items():
        lines.setdefault(line, []).append(at[old])
    return tuple((min(places) + max(places)) / 2 for _, places in sorted(lines.items()))
