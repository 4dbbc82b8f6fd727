"""However often the tick comes, and whatever days it misses, the same is told in the end."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from accounts.models import Department, Person
from config.database import db
from ledger.models import Entry
from notifications import tasks
from notifications.channels import Channel
from notifications.channels.inbox import Inbox
from notifications.models import Notice, Status
from tests.factories import world as open_year
from workflow.models import Table

FIRST = datetime(2019, 11, 25, 16, tzinfo=UTC)
"""Midnight in China before the week in which the first reminder falls due; entry closes on 6 December."""
DAYS = 21
URGED, SUBMITTED, ENDORSED = tuple(day * 24 + 10 for day in (1, 2, 8)), 9 * 24 + 15, 9 * 24 + 16
"""Hours after the first: the bureau urges on 27 and 28 November and on 4 December; on the 5th one department submits
and sends it on to the bureau, which has it on the Mondays after."""
LAST = DAYS * 24


class Letters(Inbox):
    """A second way that never fails."""

    name = "email"


WAYS: Mapping[str, Channel] = {"inbox": Inbox(), "email": Letters()}


def told(hours: Iterable[int]) -> dict[tuple[str, ...], str]:
    """Live through three weeks with ticks at these hours: what each person was told, and how it stands."""
    year = open_year()
    for hour in sorted({*hours, *URGED, SUBMITTED, ENDORSED, LAST}):
        year.clock.at = FIRST + timedelta(hours=hour)
        if hour in URGED:
            year.recorded("urge", year.manager)
        if hour == SUBMITTED:
            year.fill()
            year.moved("submit", year.own.editor)
        if hour == ENDORSED:
            year.moved("endorse", year.own.reviewer)
        if hour in hours or hour == LAST:
            tasks.tick(year.clock, WAYS)
    session = db.session()
    session.rollback()
    ledger = session.execute(
        select(Notice, Person.name, Department.name, Entry.act)
        .join(Person, Person.id == Notice.recipient_id)
        .outerjoin(Table, Table.id == Notice.table_id)
        .outerjoin(Department, Department.id == Table.department_id)
        .outerjoin(Entry, Entry.id == Notice.entry_id)
        .where(Notice.cycle_id == year.cycle_id)
    )
    found = {
        (notice.stage, department or "", notice.rule, act or notice.occurrence, person, notice.channel): notice.status
        for notice, person, department, act in ledger
    }
    for place in (year.own, year.neighbour):  # what is over does not slow down the next life
        year.moved("void", year.manager, office=place)
    return found


def _sent(ledger: dict[tuple[str, ...], str]) -> set[tuple[str, ...]]:
    return {key for key, status in ledger.items() if status == Status.SENT}


def _of(ledger: Iterable[tuple[str, ...]], department: str) -> set[tuple[str, ...]]:
    return {key for key in ledger if key[1] == department}


RHYTHMS = st.lists(st.sets(st.integers(0, 23), max_size=3), min_size=DAYS, max_size=DAYS)


def test_the_same_is_told_whether_the_tick_comes_once_or_24_times_a_day_or_misses_days(app):
    hourly = told(range(LAST))
    assert set(hourly.values()) == {Status.SENT}
    assert len(hourly) > 100
    assert {"overdue_head", "urged_head", "bureau_waits"} <= {rule for _, _, rule, *_ in hourly}

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @example([{17}] * DAYS)
    @example([{1, 9, 17}] * DAYS)
    @example([set()] * DAYS)
    @given(RHYTHMS)
    def same(rhythm: list[set[int]]) -> None:
        hours = {0} | {day * 24 + hour for day, chosen in enumerate(rhythm) for hour in chosen}
        ledger = told(hours)
        # Who never moved got every notice of the hourly life, sent or superseded by a newer one that was sent.
        assert _of(ledger, "林业局") == _of(hourly, "林业局")
        assert _of(ledger, "") == _of(hourly, "")
        assert set(ledger.values()) <= {Status.SENT, Status.SUPERSEDED}
        # Nobody was told anything that the hourly life did not tell; what ended before a tick came was not told.
        assert ledger.keys() <= hourly.keys()
        assert {key for key in hourly if key[3] == "endorse"} <= _sent(ledger)
        newest = {key for key in hourly if key[1] == "林业局" and key[3] == "2019-12-06+5"}
        assert newest <= _sent(ledger)
        assert len(newest) == 10

    same()


def test_a_year_of_500_daily_ticks_takes_less_than_twenty_seconds(app):
    year = open_year()
    began = time.process_time()
    for _ in range(500):
        tasks.tick(year.clock, WAYS)
        year.clock.at += timedelta(days=1)
    took = time.process_time() - began
    assert took < 20, f"{took:.1f} s"
    assert db.session().scalars(select(func.count()).select_from(Notice)).one() > 100
