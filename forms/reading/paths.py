"""Choosing among overlapping readings: the cheapest way to cut a run of words into rows, and how sure that is.

Every way to read some words as one row is a span with a cost. The cheapest sequence of spans wins; where another
sequence is nearly as cheap and reads a word differently, that word's cell is in doubt.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

Payload = TypeVar("Payload")


@dataclass(frozen=True, slots=True)
class Span(Generic[Payload]):
    """Words `start` to before `end`, read as one row. Lower costs are likelier."""

    start: int
    end: int
    cost: float
    row: Payload


@dataclass(frozen=True)
class Cut(Generic[Payload]):
    """The cheapest sequence, and for each of its spans the rivals within the margin. Words from `end` are left over."""

    spans: tuple[Span[Payload], ...]
    rivals: tuple[tuple[Span[Payload], ...], ...]
    end: int
    cost: float


def cheapest(
    spans: Iterable[Span[Payload]], left_over: Callable[[int], float], length: int, margin: float
) -> Cut[Payload]:
    """Cut words 0..length into spans without holes; `left_over(end)` is what it costs to leave the words from `end`."""
    by_end: dict[int, list[Span[Payload]]] = defaultdict(list)
    by_start: dict[int, list[Span[Payload]]] = defaultdict(list)
    for span in spans:
        by_end[span.end].append(span)
        by_start[span.start].append(span)
    forth = [inf] * (length + 1)
    forth[0] = 0.0
    last: dict[int, Span[Payload]] = {}
    for end in range(1, length + 1):
        for span in by_end[end]:
            if forth[span.start] + span.cost < forth[end]:
                forth[end] = forth[span.start] + span.cost
                last[end] = span
    back = [left_over(end) for end in range(length + 1)]
    for start in range(length - 1, -1, -1):
        for span in by_start[start]:
            back[start] = min(back[start], span.cost + back[span.end])
    end = min(range(length + 1), key=lambda place: forth[place] + left_over(place))
    best = forth[end] + left_over(end)
    chosen: list[Span[Payload]] = []
    at = end
    while at:
        chosen.append(last[at])
        at = last[at].start
    chosen.reverse()
    near = [
        span
        for group in by_start.values()
        for span in group
        if forth[span.start] + span.cost + back[span.end] < best + margin
    ]
    rivals = tuple(
        tuple(span for span in near if span is not row and span.start < row.end and span.end > row.start)
        for row in chosen
    )
    return Cut(tuple(chosen), rivals, end, best)
