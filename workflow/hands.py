"""Whose hands a table was in, and for how many working days: the department's clock beside the bureau's. Pure.

Days are counted from one day's step to the next (`Calendar.between`), so that all parts of a year add up to the whole:
what is handed on the day it came has cost nobody a day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from workflow.deadlines import local_date
from workflow.states import State
from workflow.turns import Hand, in_the_hand_of
from workflow.workdays import Calendar


class Step(Protocol):
    """An entry of a table's history, as far as hands change by it."""

    @property
    def act(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def to_state(self) -> str | None: ...


TURNED_BY_A_RECORD = frozenset({"opened", "decline_amendment"})
"""Acts that move no table and yet begin its clock or turn it to the other side."""


@dataclass(frozen=True)
class Spent:
    """Working days in each side's hands; what is approved and waits for its round is in nobody's."""

    department: int = 0
    bureau: int = 0

    def more(self, hand: Hand, days: int) -> "Spent":
        """The same with days more in one side's hands."""
        if hand is Hand.DEPARTMENT:
            return replace(self, department=self.department + days)
        return replace(self, bureau=self.bureau + days) if hand is Hand.BUREAU else self

    @property
    def words(self) -> str:
        """部门 6 个工作日，财政 4 个工作日."""
        return f"部门 {self.department} 个工作日，财政 {self.bureau} 个工作日"


@dataclass(frozen=True)
class Clock:
    """Both clocks of a table: in the whole, in each pass, and since it came into the hands that have it now."""

    passes: tuple[Spent, ...]
    """The first begins with the year, each other one with a return, by the bureau or inside, as 轮次 counts them."""
    hand: Hand
    in_hand: int
    since: datetime
    """Since when it is in that hand."""

    @property
    def total(self) -> Spent:
        """All passes together."""
        return Spent(sum(one.department for one in self.passes), sum(one.bureau for one in self.passes))

    @property
    def words(self) -> str:
        """The whole, and what the present pass took where there were several."""
        if len(self.passes) == 1:
            return self.total.words
        return f"{self.total.words}；本次报送（第 {len(self.passes)} 轮）：{self.passes[-1].words}"


def clock(
    steps: Iterable[Step], now: datetime, calendar: Calendar, timezone: str, *, opens_at: datetime | None
) -> Clock:
    """Both clocks by the table's history, the oldest step first.

    [choice] The department's first clock begins when its window opens (`opens_at`), if that is after the table was
    opened: nobody can be asked for a draft before. While an amendment waits, the department has the table. An
    adjustment's clock begins with its first step.
    """
    sequence = list(steps)
    passes, waits, hand, at_state = [Spent()], False, Hand.DEPARTMENT, State.DRAFT
    since = came = max(sequence[0].at if sequence else now, opens_at or datetime.min.replace(tzinfo=UTC))

    def days(start: datetime, end: datetime) -> int:
        return days_between(start, end, calendar, timezone)

    for step in sequence:
        passes[-1] = passes[-1].more(hand, days(since, step.at))
        if step.to_state is not None and step.to_state != at_state:
            at_state, waits = State(step.to_state), False
        elif step.act in {"amend", "accept_amendment", "decline_amendment"}:
            waits = step.act == "amend"
        now_in = in_the_hand_of(at_state, amendment_waits=waits)
        if step.act in {"return", "send_back"}:
            passes.append(Spent())
        if now_in is not hand:
            hand, came = now_in, step.at
        since = max(since, step.at)
    passes[-1] = passes[-1].more(hand, days(since, now))
    return Clock(tuple(passes), hand, days(came, now) if hand is not Hand.NOBODY else 0, came)


def days_between(start: datetime, end: datetime, calendar: Calendar, timezone: str) -> int:
    """The working days that a table was in a hand from one instant to another."""
    return max(0, calendar.between(local_date(start, timezone), local_date(end, timezone)))


def median(values: Sequence[int]) -> str:
    """The middle of some numbers of days, as it is printed; of two in the middle the one between them."""
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    half = (low + high) / 2
    return f"{half:.0f}" if half == int(half) else f"{half:.1f}"
