"""The plan ahead and the ledger behind as one list."""

from dataclasses import replace
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
from notifications.models import UNREACHABLE, Notice, Status
from notifications.overview import AHEAD, Wanted, failed_lately, off_between, overview, running
from tests import factories
from workflow.models import Cycle
from workflow.states import State


def seen(world: factories.World, wanted: Wanted, offset: int = 0, limit: int = 500):
    """The overview of the world's year."""
    session = db.session()
    session.rollback()
    years = [session.get_one(Cycle, world.cycle_id)]
    return overview(session, years, world.clock.at, wanted, offset=offset, limit=limit)


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
def test_one_day_is_listed_while_the_others_are_still_counted(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    outbox.plan_due(world.clock.at)
    whole = seen(world, MONTH)
    for day in (whole.lines[0].on, whole.lines[-1].on):  # written down, and to come
        one = seen(world, replace(MONTH, on=day))
        assert one.days == whole.days
        assert one.lines == tuple(line for line in whole.lines if line.on == day)
        assert one.total == len(one.lines)


def test_the_running_years_are_shown_together_and_without_any_the_newest(app: Flask) -> None:
    old, new, newer = (Cycle(id=number) for number in (1, 2, 3))
    assert running([newer, new, old], {1, 2}) == (new, old)
    assert running([newer, new, old], ()) == (newer,)


@pytest.mark.each_database
def test_what_failed_lately_is_named_whatever_days_are_shown(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    outbox.plan_due(world.clock.at)
    with writing() as session:
        for person, ended in (
            (world.own.reviewer, {"status": Status.FAILED}),
            (world.neighbour.editor, {"status": Status.DEAD, "next_attempt_at": None}),
        ):
            mails = update(Notice).where(Notice.recipient_id == person, Notice.channel == "email")
            session.execute(mails.values(attempts=1, error="550", **ended))
    session = db.session()
    years = [session.get_one(Cycle, world.cycle_id)]
    found = failed_lately(session, years, world.clock.at)
    assert set(found.whom) == {"水利厅审核甲", "林业局填报甲"}
    assert set(found.counts) == {"failed", "dead"}
    assert failed_lately(session, years, world.clock.at + timedelta(days=16)).counts == {}


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
