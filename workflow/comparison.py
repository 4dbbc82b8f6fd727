"""Two revisions side by side: what changed inside each cell, and which remark asked for it. Pure.

[choice] A remark on the whole table licenses no particular change: what it alone might cover still counts as outside
the returned places, so that a lowered target cannot hide behind it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Protocol

from forms.document import (
    PARTS_OF_A_TARGET,
    Change,
    Document,
    Indicator,
    differences_as_said,
    said_at,
    same_indicators,
    same_tasks,
    squeezed,
    steps,
)

SHORTEST_SAME = 2
"""Fewer equal characters between two changes are part of the change: letters found by chance help nobody read."""
WHOLE_UP_TO = 12
"""A text no longer than this on both sides is shown as replaced whole: "≥90%" by "≥85%", not one digit by another."""
FOLDED_FROM, KEPT = 60, 18
"""An unchanged run of so many characters is folded, but for some on either side."""
LONGEST_BY_LETTER = 6000
"""Two texts with more characters than that together are compared by sentence."""
_SENTENCE = re.compile(r"[^。；;！？\n]*[。；;！？\n]?")
_ROW = re.compile(r"(tasks|indicators)\[(\d+)\](.*)")


@dataclass(frozen=True)
class Piece:
    """A run of a text: `same`, `folded` (same, but too long to show), `removed` or `added`."""

    kind: str
    text: str


class Remarked(Protocol):
    """What the comparison needs of a remark."""

    @property
    def number(self) -> int: ...
    @property
    def path(self) -> str: ...


@dataclass(frozen=True)
class Compared:
    """One difference with its runs on both sides and the remarks that may have caused it."""

    change: Change
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]
    remarks: tuple[Any, ...]
    """On this place, the narrowest first."""
    general: tuple[Any, ...]
    """On the whole table."""

    @property
    def outside(self) -> bool:
        """Whether no remark is on this place."""
        return not self.remarks


def pieces(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in runs, the unchanged ones folded where they are long."""
    if old != new and max(len(old), len(new)) <= WHOLE_UP_TO:
        return _whole("removed", old), _whole("added", new)
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, was, now in _runs(old, new):
        if kind == "equal":
            left += _folded(was, first=not left)
            right += _folded(now, first=not right)
        else:
            left += [Piece("removed", was)] if was else []
            right += [Piece("added", now)] if now else []
    return _closed(left), _closed(right)


def _whole(kind: str, text: str) -> tuple[Piece, ...]:
    return (Piece(kind, text),) if text else ()


def _runs(old: str, new: str) -> Iterator[tuple[str, str, str]]:
    by_letter = len(old) + len(new) <= LONGEST_BY_LETTER
    a: Sequence[str] = old if by_letter else [s for s in _SENTENCE.findall(old) if s]
    b: Sequence[str] = new if by_letter else [s for s in _SENTENCE.findall(new) if s]
    codes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    was = now = ""
    for at, (kind, i1, i2, j1, j2) in enumerate(codes):
        old_run, new_run = "".join(a[i1:i2]), "".join(b[j1:j2])
        between = 0 < at < len(codes) - 1
        if kind != "equal" or (between and len(old_run) < SHORTEST_SAME):
            was, now = was + old_run, now + new_run
            continue
        if was or now:
            yield "replace", was, now
            was = now = ""
        yield "equal", old_run, new_run
    if was or now:
        yield "replace", was, now


def _folded(text: str, *, first: bool) -> list[Piece]:
    if len(text) < FOLDED_FROM:
        return [Piece("same", text)]
    head = "" if first else text[:KEPT]
    found = [Piece("same", head)] if head else []
    return [*found, Piece("folded", text[len(head) : -KEPT]), Piece("same", text[-KEPT:])]


def _closed(runs: list[Piece]) -> tuple[Piece, ...]:
    """Nothing is kept after the last fold when no change follows it."""
    if len(runs) >= 2 and runs[-1].kind == "same" and runs[-2].kind == "folded":
        return (*runs[:-2], Piece("folded", runs[-2].text + runs[-1].text))
    return tuple(runs)


def compared(
    old: Document, new: Document, remarks: Sequence[Remarked], sheets: Mapping[int, Document] | None = None
) -> tuple[Compared, ...]:
    """Every difference with the remarks on its place. `sheets` gives, by remark number, the document a remark was made
    on where that is not `old`: its path is followed to where the row stands in `old`."""
    sheets = sheets or {}
    places = [(remark, _moved(remark.path, sheets.get(remark.number, old), old)) for remark in remarks]
    general = tuple(remark for remark, path in places if path == "")
    found = []
    for change in differences_as_said(old, new):
        # The path of a row that is gone counts in the old document already.
        path = change.path if change.new is None and _is_row(change.path) else _moved(change.path, new, old)
        on_it = [
            (at, remark)
            for remark, at in places
            if at and path is not None and (_within(path, at) or _within(at, path))
        ]
        left, right = pieces(change.old or "", change.new or "")
        found.append(
            Compared(change, left, right, tuple(r for _, r in sorted(on_it, key=lambda one: -len(one[0]))), general)
        )
    return tuple(found)


def unchanged(new: Document, changes: Sequence[Compared]) -> int:
    """How many cells of the newer revision are in none of the changes."""
    places = {one.change.path for one in changes if one.change.new is not None}
    return sum(
        steps(path)[-1] not in PARTS_OF_A_TARGET and not any(_within(path, place) for place in places)
        for path, _ in new.cells()
    )


def says_the_same(path: str, was: Document, now: Document) -> bool:
    """Whether what stood at a remark's place ("" is the whole table) says the same in a later document, white space
    aside. Rows are followed to where they stand; a row that is gone does not say the same."""
    place = _moved(path, was, now) if path else ""
    return place is not None and _texts(was, path) == _texts(now, place)


def _texts(document: Document, place: str) -> dict[str, str]:
    return {
        path[len(place) :]: squeezed(str("" if value is None else said_at(document, path, value)))
        for path, value in document.cells()
        if (not place or _within(path, place)) and steps(path)[-1] not in PARTS_OF_A_TARGET
    }


def outside_first(changes: Sequence[Compared]) -> list[Compared]:
    """Edits nobody asked for come first, then in the order of the form."""
    return sorted(changes, key=lambda one: not one.outside)


def _is_row(path: str) -> bool:
    match = _ROW.fullmatch(path)
    return match is not None and not match[3]


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def _moved(path: str, where: Document, to: Document) -> str | None:
    """The path in `to` of what stands at a path of `where`; None when that row is not in it."""
    match = _ROW.fullmatch(path)
    if match is None or where is to:
        return path
    same = (
        same_tasks(to.tasks, where.tasks) if match[1] == "tasks" else same_indicators(to.indicators, where.indicators)
    )
    at = same.get(int(match[2]))
    return None if at is None else f"{match[1]}[{at}]{match[3]}"


@dataclass(frozen=True)
class Result:
    """What a self-evaluation says of one indicator."""

    verdict: str
    actual: str
    reason: str


@dataclass(frozen=True)
class EvaluatedLine:
    """One indicator with its reported result, and what the returned evaluation had said where that differs."""

    number: int
    indicator: Indicator
    result: Result | None
    before: Result | None
    changed: bool
    computed: bool = False
    """Whether the program computed what was reached."""


def evaluated(
    goals: Document,
    reported: str,
    returned: str | None = None,
    *,
    computed: Callable[[Indicator], bool] = lambda _indicator: False,
) -> tuple[EvaluatedLine, ...]:
    """The reported evaluation (a revision's JSON) beside the goals, against the one that was returned. `computed` tells
    which indicators the program computes."""
    results, before = _results(reported), _results(returned) if returned else {}
    return tuple(
        EvaluatedLine(
            number,
            indicator,
            results.get(number),
            before.get(number),
            bool(returned) and before.get(number) != results.get(number),
            computed(indicator),
        )
        for number, indicator in enumerate(goals.indicators, start=1)
    )


def _results(text: str) -> dict[int, Result]:
    return {row["number"]: Result(row["verdict"], row["actual"], row["reason"]) for row in json.loads(text)["results"]}
