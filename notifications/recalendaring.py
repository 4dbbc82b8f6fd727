"""What a notice of holidays would change: days, the working days until deadlines, the reminders of each.

Counted from the plan itself, before and after; nothing is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import plan
from notifications.gathering import gather, living_cycles
from notifications.rules import ROUND, SUBJECTS, Subject
from workflow.deadlines import last_date, local_date
from workflow.holidays import Wish, calendar_of, with_notice
from workflow.models import Cycle
from workflow.states import STAGE_LABELS, Stage
from workflow.workdays import PUBLISHED, Calendar, Day, differences, in_the_package


@dataclass(frozen=True)
class Shifted:
    """One reminder of a deadline, on another day than before."""

    words: str
    was: date
    now: date


@dataclass(frozen=True)
class Until:
    """A deadline ahead whose working days change: how many are left before and after, and its reminders that move."""

    fiscal_year: int
    label: str
    last: date
    left_before: int
    left_after: int
    assumed_before: bool
    assumed_after: bool
    shifted: tuple[Shifted, ...]


@dataclass(frozen=True)
class Effects:
    """All that a notice would change."""

    year: int
    days: tuple[tuple[Day, Day], ...]
    """Days on which people work by one calendar and not by the other: as they are, as they would be."""
    against_package: tuple[tuple[Day, Day], ...]
    """Where the package knows the year: the days on which the notice differs from it."""
    deadlines: tuple[Until, ...]
    moved: tuple[plan.Moved, ...]
    """Reminders of tables, as they stand now, that fall on another day."""
    settled: int
    """Reminders whose day was only assumed and is certain then."""


def effects(session: Session, region_id: int, wish: Wish, now: datetime) -> Effects:
    """What a notice would change if it were entered now; NotAllowed where it cannot be."""
    before = calendar_of(session, region_id)
    after = with_notice(before, wish, now)
    deadlines: list[Until] = []
    moved: list[plan.Moved] = []
    settled = 0
    living = living_cycles(session)
    for cycle in session.scalars(
        select(Cycle).where(Cycle.region_id == region_id, Cycle.id.in_(living)).order_by(Cycle.fiscal_year)
    ):
        deadlines += _deadlines(cycle, before, after, local_date(now, cycle.region.timezone))
        world = gather(session, cycle.id, now)
        found, certain = plan.moved(now, world, replace(world, calendar=after))
        moved += found
        settled += certain
    return Effects(
        year=wish.year,
        days=differences(before, after, wish.year),
        against_package=differences(PUBLISHED, after, wish.year) if in_the_package(wish.year) else (),
        deadlines=tuple(deadlines),
        moved=tuple(moved),
        settled=settled,
    )


def _deadlines(cycle: Cycle, before: Calendar, after: Calendar, today: date) -> Iterator[Until]:
    """The windows and rounds of a year that end today or later and have another number of days or other reminders."""
    timezone = cycle.region.timezone
    for label, subject, opens_at, closes_at in _periods(cycle):
        last = last_date(closes_at, timezone)
        if last < today:
            continue
        opens = local_date(opens_at, timezone)
        old, new = _reminders(subject, opens, last, before), _reminders(subject, opens, last, after)
        shifted = {(words, old[words], day) for words, day in new.items() if old[words] != day}
        found = Until(
            fiscal_year=cycle.fiscal_year,
            label=label,
            last=last,
            left_before=before.between(today, last),
            left_after=after.between(today, last),
            assumed_before=bool(before.why_between(today, last)),
            assumed_after=bool(after.why_between(today, last)),
            shifted=tuple(Shifted(*each) for each in sorted(shifted, key=lambda each: each[2])),
        )
        if shifted or (found.left_before, found.assumed_before) != (found.left_after, found.assumed_after):
            yield found


def _periods(cycle: Cycle) -> Iterator[tuple[str, Subject, datetime, datetime]]:
    of_stage = {subject.name: subject for subject in SUBJECTS}
    for window in cycle.windows:
        yield STAGE_LABELS[Stage(window.stage)], of_stage[window.stage], window.opens_at, window.closes_at
    for one in cycle.rounds:
        yield f"监控期 {one.name}", ROUND, one.opens_at, one.closes_at


def _reminders(subject: Subject, opens: date, last: date, calendar: Calendar) -> dict[str, date]:
    """When people are reminded of a deadline, by which reminder it is."""
    return {
        plan.occasion_words(rule, name): day.on
        for rule, name, day in plan.reminder_days(opens, last, calendar)
        if subject in rule.subjects
    }
