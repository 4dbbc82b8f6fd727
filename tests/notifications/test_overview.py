"""The plan ahead and the ledger behind as one list."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from accounts.models import Person
from config.database import db, writing
from config.settings import Settings
from notifications import health, outbox
from notifications.channels.email import Email
from notifications.models import UNREACHABLE
from notifications.overview import AHEAD, Wanted, off_between, overview
from tests import factories
from workflow.models import Cycle
from workflow.states import State


def seen(world: factories.World, wanted: Wanted, offset: int = 0, limit: int = 500):
    """The overview of the world's year."""
    session = db.session()
    session.rollback()
    return overview(session, session.get_one(Cycle, world.cycle_id), world.clock.at, wanted, offset=offset, limit=limit)


MONTH = Wanted(date(2019, 11, 1), date(2019, 12, 10))


def test_what_is_written_down_comes_before_what_will_be(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    outbox.plan_due(world.clock.at)
    lines = seen(world, MONTH).lines
    statuses = [line.status == AHEAD for line in lines]
    assert False in statuses
    assert True in statuses
    assert statuses == sorted(statuses)
    assert [line.due_at for line in lines] == sorted(line.due_at for line in lines)


def test_a_notice_is_never_in_the_list_twice(app: Flask) -> None:
    world = factories.world()
    for days in range(0, 36, 5):
        world.clock.on(date(2019, 11, 4) + timedelta(days=days))
        outbox.plan_due(world.clock.at)
        lines = seen(world, MONTH).lines
        which = [(line.due_at, line.rule, line.recipient, line.channel, line.subject) for line in lines]
        assert len(which) == len(set(which))


def test_pages_join_without_a_gap_across_today(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    outbox.plan_due(world.clock.at)
    whole = seen(world, MONTH)
    pages = [seen(world, MONTH, offset, 7).lines for offset in range(0, whole.total, 7)]
    assert tuple(line for page in pages for line in page) == whole.lines
    assert whole.total == len(whole.lines)
    assert sum(day.count for day in whole.days) == whole.total


def test_days_off_are_marked_and_have_no_reminders(app: Flask) -> None:
    world = factories.world()
    days = seen(world, MONTH).days
    saturday = next(day for day in days if day.on == date(2019, 11, 9))
    assert (saturday.working, saturday.count) == (False, 0)
    off = [day.on for day in off_between(days, date(2019, 11, 8), date(2019, 11, 11))]
    assert off == [date(2019, 11, 9), date(2019, 11, 10)]


@pytest.mark.each_database
def test_the_list_is_narrowed_on_both_sides_of_today(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    outbox.plan_due(world.clock.at)
    forest = seen(world, Wanted(MONTH.first, MONTH.last, department="林业"))
    assert {line.department for line in forest.lines} == {"林业局"}
    assert {line.status == AHEAD for line in forest.lines} == {True, False}
    one = seen(world, Wanted(MONTH.first, MONTH.last, person="林业局审核甲"))
    assert {line.recipient for line in one.lines} == {"林业局审核甲"}
    planned = seen(world, Wanted(MONTH.first, MONTH.last, status="planned"))
    assert {line.status for line in planned.lines} == {"planned"}


@pytest.mark.each_database
def test_who_has_no_address_is_foretold_and_told_as_unreachable(app: Flask, tmp_path: Path) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    with writing() as session:
        session.execute(update(Person).values(email="p@example.org"))
        session.execute(update(Person).where(Person.id == world.own.reviewer).values(email=None))
    outbox.plan_due(world.clock.at)
    outbox.deliver(world.clock.at, {"email": Email(Settings(data=tmp_path))})
    whole = seen(world, MONTH)
    lost = [line for line in whole.lines if line.status == UNREACHABLE]
    assert {line.coming for line in lost} == {True, False}
    assert {(line.recipient, line.channel, line.status_words) for line in lost} == {
        ("水利厅审核甲", "email", "发不出去")
    }
    assert {line.why_not for line in lost} == {"没有登记电子邮箱，由系统管理员登记"}
    assert seen(world, Wanted(MONTH.first, MONTH.last, status=UNREACHABLE)).lines == tuple(lost)
    for status in ("suppressed", AHEAD):
        assert not set(lost) & set(seen(world, Wanted(MONTH.first, MONTH.last, status=status)).lines)
    health.gauge(world.clock.at)
    found = health.health(db.session(), world.clock.at, 60)
    assert (found.dead, found.failing) == (0, 0)
