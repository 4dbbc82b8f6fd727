"""Rows and labels -> the block of each row. A merged cell's label is printed somewhere along its rows.

The text's habit is learned from the common indicators, whose block the framework knows by name: the label comes first,
in the middle, before the last row (the seed does so), or after the rows. The department's own blocks follow it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from forms.framework import Framework

MARGIN = 2.0

Expected = Callable[[int, int, int], float]
"""(rows before the label, first row of the block, row after the block) -> how far from the habit, in rows."""

HABITS: dict[str, Expected] = {
    "before_last": lambda place, first, after: abs(place - max(first, after - 1)),
    "first": lambda place, first, after: abs(place - first),  # noqa: ARG005 - one signature for all
    "middle": lambda place, first, after: max(0.0, abs(place - (first + after) / 2) - 0.5),
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
    options = [
        _with_habit(
            habit,
            known=known,
            leanings=leanings,
            labels=labels,
            level1_labels=level1_labels,
            framework=framework,
        )
        for habit in HABITS.values()
    ]
    options.sort(key=lambda option: option.cost)
    best = options[0]
    doubtful = set(best.doubtful)
    level1_doubtful = set(best.level1_doubtful)
    for other in options[1:]:
        if other.cost < best.cost + MARGIN:
            doubtful |= {at for at, name in enumerate(best.names) if other.names[at] != name}
    return Blocks(best.names, frozenset(doubtful), frozenset(level1_doubtful), best.cost)


def _with_habit(
    expected: Expected,
    *,
    known: Sequence[str],
    leanings: Sequence[dict[str, float]],
    labels: Sequence[Label],
    level1_labels: Sequence[Label],
    framework: Framework,
) -> Blocks:
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

    costs = {
        (at, first, after): off(at, first, after)
        for at in range(count)
        for after in range(rows + 1)
        for first in range(after + 1)
    }
    forth = [[inf] * (rows + 1) for _ in range(count + 1)]
    forth[0][0] = 0.0
    for at in range(count):
        for after in range(rows + 1):
            forth[at + 1][after] = min(forth[at][first] + costs[at, first, after] for first in range(after + 1))
    back = [[inf] * (rows + 1) for _ in range(count + 1)]
    back[count][rows] = 0.0
    for at in range(count - 1, -1, -1):
        for first in range(rows + 1):
            back[at][first] = min(costs[at, first, after] + back[at + 1][after] for after in range(first, rows + 1))
    best = forth[count][rows]
    cuts = [rows]
    for at in range(count - 1, -1, -1):
        after = cuts[-1]
        cuts.append(min(range(after + 1), key=lambda first: forth[at][first] + costs[at, first, after]))
    cuts.reverse()
    names: list[str] = []
    for at in range(count):
        names += [sequence[at][0]] * (cuts[at + 1] - cuts[at])
    doubtful = {row for row, name in enumerate(names) if not name}
    for (at, first, after), cost in costs.items():
        if forth[at][first] + cost + back[at + 1][after] < best + MARGIN:
            doubtful |= {row for row in range(first, after) if names[row] != sequence[at][0]}
    level1_doubtful, level1_cost = _check_level1(expected, names, level1_labels, framework)
    return Blocks(tuple(names), frozenset(doubtful), frozenset(level1_doubtful), best + level1_cost)


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


def _check_level1(
    expected: Expected, names: Sequence[str], labels: Sequence[Label], framework: Framework
) -> tuple[set[int], float]:
    """Rows whose first level's label is missing, and what labels out of place cost."""
    doubtful: set[int] = set()
    cost = 0.0
    level1 = [framework.level1_of(name) for name in names]
    places = {label.name: label.place for label in labels}
    for name in dict.fromkeys(level1):
        rows = [row for row, level in enumerate(level1) if level == name]
        if not name or name not in places:
            doubtful |= set(rows)
            cost += 0.5
            continue
        # Where the second level is certain the first follows; a label out of place only speaks against the whole.
        away = expected(places[name], rows[0], rows[-1] + 1)
        if rows[-1] - rows[0] + 1 != len(rows):
            away += 1.0
        cost += min(away, 3.0)
    return doubtful, cost
