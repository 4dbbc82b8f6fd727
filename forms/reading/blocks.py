"""Rows and labels -> the block of each row. A merged cell's label is printed somewhere along its rows.

The text's habit is learned from the common indicators, whose block the framework knows by name: the label comes first,
in the middle, before the last row (the seed does so), or after the rows. The department's own blocks follow it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from forms.framework import Framework

MARGIN = 2.0

Expected = Callable[[int, int, int], float]
"""(rows before the label, first row of the block, row after the block) -> how far from the habit, in rows."""

HABITS: dict[str, Expected] = {
    "before_last": lambda place, first, after: abs(place - max(first, after - 1)),
    "first": lambda place, first, after: abs(place - first),  # noqa: ARG005 - one signature for all
    # Of an even number of rows the label follows the upper half; of an odd one it comes before or after the middle row.
    "middle, before": lambda place, first, after: abs(place - (first + after) // 2),
    "middle, after": lambda place, first, after: abs(place - (first + after + 1) // 2),
    "after": lambda place, first, after: abs(place - after),  # noqa: ARG005
}


@dataclass(frozen=True, slots=True)
class Label:
    """A second- or first-level label and how many rows ended before it."""

    name: str
    place: int


@dataclass(frozen=True)
class Blocks:
    """The block of each row ("" if none could be told), which rows are in doubt, and how far the labels were off."""

    names: tuple[str, ...]
    doubtful: frozenset[int]
    level1_doubtful: frozenset[int]
    cost: float


def assign(
    known: Sequence[str],
    leanings: Sequence[dict[str, float]],
    labels: Sequence[Label],
    level1_labels: Sequence[Label],
    framework: Framework,
) -> Blocks:
    """Give each row its block.

    `known[i]` is the block of row i if the framework knows the row by name, else ""; `leanings[i]` weak evidence of
    its name, as a cost per block. Labels are those found, once each.
    """
    habits = _likely_habits(known, labels)
    solutions = [
        solution
        for expected in habits
        for solution in _solutions(
            expected,
            known=known,
            leanings=leanings,
            labels=labels,
            level1_labels=level1_labels,
            framework=framework,
        )
    ]
    best = min(solutions, key=lambda solution: solution.cost)
    doubtful = {at for at, name in enumerate(best.names) if not name}
    for other in solutions:
        if other.cost < best.cost + MARGIN:
            doubtful |= {at for at, name in enumerate(best.names) if other.names[at] != name}
    for label in labels:
        rows = [at for at, name in enumerate(best.names) if name == label.name]
        if rows and best.expected(label.place, rows[0], rows[-1] + 1) >= 1:
            # The label stands elsewhere than this text's habit would have it: rows may be missing or misplaced.
            doubtful |= {at for at in rows if not known[at]}
    named = {label.name for label in level1_labels}
    level1_doubtful = {at for at, name in enumerate(best.names) if framework.level1_of(name) not in named}
    return Blocks(best.names, frozenset(doubtful), frozenset(level1_doubtful), best.cost)


def _likely_habits(known: Sequence[str], labels: Sequence[Label]) -> list[Expected]:
    """The habits that the labels of blocks known by their rows do not rule out."""
    off: dict[str, float] = dict.fromkeys(HABITS, 0.0)
    for label in labels:
        rows = [row for row, name in enumerate(known) if name == label.name]
        if rows and rows[-1] - rows[0] + 1 == len(rows):
            for habit, expected in HABITS.items():
                off[habit] += 3.0 * expected(label.place, rows[0], rows[-1] + 1)
    # Own rows may stand in a known block too: only what is far off is ruled out.
    return [HABITS[habit] for habit, cost in off.items() if cost < min(off.values()) + 12]


class _Solution(NamedTuple):
    names: tuple[str, ...]
    cost: float
    expected: Expected


def _solutions(
    expected: Expected,
    *,
    known: Sequence[str],
    leanings: Sequence[dict[str, float]],
    labels: Sequence[Label],
    level1_labels: Sequence[Label],
    framework: Framework,
) -> list[_Solution]:
    """The likely ways to cut the rows into blocks if the labels follow this habit."""
    rows = len(known)
    sequence = _sequence(known, labels)
    count = len(sequence)

    def row_cost(row: int, name: str) -> float:
        if known[row]:
            return 0.0 if known[row] == name else 12.0
        return leanings[row].get(name, 0.0) if name else 1.5

    so_far = [[0.0] * (rows + 1) for _ in sequence]
    for at, (name, _) in enumerate(sequence):
        for row in range(rows):
            so_far[at][row + 1] = so_far[at][row] + row_cost(row, name)

    def off(at: int, first: int, after: int) -> float:
        name, place = sequence[at]
        cost = so_far[at][after] - so_far[at][first]
        cost += 0.0 if place is None else 3.0 * expected(place, first, after)
        # A labelled block without rows and rows without a label are both odd.
        return cost + (3.0 if bool(name) == (first == after) else 0.0)

    back = [[inf] * (rows + 1) for _ in range(count + 1)]
    back[count][rows] = 0.0
    ways: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for at in range(count - 1, -1, -1):
        for first in range(rows + 1):
            ways[at, first] = [(off(at, first, after), after) for after in range(first, rows + 1)]
            back[at][first] = min(cost + back[at + 1][after] for cost, after in ways[at, first])
    found: list[_Solution] = []
    limit = back[0][0] + MARGIN + 3.0

    def follow(at: int, first: int, names: tuple[str, ...], cost: float) -> None:
        if len(found) >= 200:
            return
        if at == count:
            found.append(_Solution(names, cost + _level1_cost(expected, names, level1_labels, framework), expected))
            return
        for more, after in sorted(ways[at, first], key=lambda way: way[0] + back[at + 1][way[1]]):
            if cost + more + back[at + 1][after] > limit:
                return
            follow(at + 1, after, names + (sequence[at][0],) * (after - first), cost + more)

    follow(0, 0, (), 0.0)
    return found


def _sequence(known: Sequence[str], labels: Sequence[Label]) -> list[tuple[str, int | None]]:
    """The blocks in order with their label's place; also those known by their rows alone, and room for unnamed rows."""
    entries: list[tuple[float, str, int | None]] = [(label.place, label.name, label.place) for label in labels]
    labelled = {label.name for label in labels}
    for name in dict.fromkeys(name for name in known if name and name not in labelled):
        own = [row for row, block in enumerate(known) if block == name]
        entries.append((own[len(own) // 2] + 0.5, name, None))
    entries.sort(key=lambda entry: entry[0])
    sequence: list[tuple[str, int | None]] = []
    for _, name, place in entries:
        sequence += [("", None), (name, place)]
    return [*sequence, ("", None)]


def _level1_cost(expected: Expected, names: Sequence[str], labels: Sequence[Label], framework: Framework) -> float:
    """What it costs that first-level labels stand elsewhere than the blocks would have them."""
    cost = 0.0
    above = {name: framework.level1_of(name) for name in set(names)}
    level1 = [above[name] for name in names]
    places = {label.name: label.place for label in labels}
    for name in dict.fromkeys(level1):
        rows = [row for row, level in enumerate(level1) if level == name]
        if not name or name not in places:
            cost += 0.5
            continue
        away = expected(places[name], rows[0], rows[-1] + 1)
        if rows[-1] - rows[0] + 1 != len(rows):
            away += 1.0
        cost += min(1.5 * away, 3.0)
    return cost
