"""What an edit changed in the cells of a sheet, as its entry in the ledger keeps it: old and new, bounded. Pure.

An entry stays small however long a cell is: of each cell the part that changed, with a few letters around it, and of
that so many letters at most; how much was left out is said. Entries written before this was kept have no `altered`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from forms import cells
from workflow.comparison import Piece, pieces

AROUND = 12
"""Equal letters kept on either side of a change, so that it can be found in the text."""
MOST = 600
"""[choice] Letters kept of each side of a change."""
MOST_PLACES = 20
"""[choice] Cells kept of one entry; a row has five."""


def altered(changes: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """What the entry says: `altered` {place: {old, new, …}} and, beyond MOST_PLACES, `altered_more`, how many others.
    `changes` gives each place its text before and after."""
    real = {place: both for place, both in changes.items() if cells.mark(both[0]) != cells.mark(both[1])}
    kept = {place: _part(*both) for place, both in islice(sorted(real.items()), MOST_PLACES)}
    more = len(real) - len(kept)
    return {"altered": kept} | ({"altered_more": more} if more else {})


def _part(old: str, new: str) -> dict[str, Any]:
    """The changed part: `old` and `new`; `before` and `after`, how many equal letters are left out there; `old_cut` and
    `new_cut`, how many letters of the part itself are. What is 0 is not said."""
    short = min(len(old), len(new))
    head = sum(1 for _ in takewhile(lambda at: old[at] == new[at], range(short)))
    tail = sum(1 for _ in takewhile(lambda at: old[-1 - at] == new[-1 - at], range(short - head)))
    before, after = max(head - AROUND, 0), max(tail - AROUND, 0)
    was, now = old[before : len(old) - after], new[before : len(new) - after]
    said = {
        "before": before,
        "after": after,
        "old_cut": max(len(was) - MOST, 0),
        "new_cut": max(len(now) - MOST, 0),
    }
    return {"old": was[:MOST], "new": now[:MOST]} | {name: count for name, count in said.items() if count}


@dataclass(frozen=True)
class Altered:
    """One cell of an entry, to be read: its words, both sides in runs, and how many letters are not shown."""

    place: str
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]
    before: int = 0
    after: int = 0
    old_cut: int = 0
    new_cut: int = 0


def read(said: Mapping[str, Any], words: Mapping[str, str]) -> tuple[Altered, ...]:
    """The cells that an entry says it changed; `words` names the places."""
    found = []
    for place, part in said.get("altered", {}).items():
        old, new = pieces(part["old"], part["new"])
        counts = {name: int(part.get(name, 0)) for name in ("before", "after", "old_cut", "new_cut")}
        found.append(Altered(words.get(place, place), old, new, **counts))
    return tuple(found)
