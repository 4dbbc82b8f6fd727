"""Health: rows that the tick writes, read against now, so that a worker that is dead shows."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask

from config.database import db
from notifications import tasks
from notifications.channels import Outcome
from notifications.health import MISSED, STEPS, ago, health, metrics
from notifications.models import WAITING
from tests.factories import World
from tests.factories import world as open_year
from tests.notifications.test_outbox import Recorder, rows

pytestmark = pytest.mark.each_database


@pytest.fixture
def year(app: Flask) -> World:
    """A year on the morning its entry opens."""
    made = open_year()
    made.clock.on(date(2019, 11, 4))
    return made


def seen(year: World, later: timedelta = timedelta()):
    """Health so much later, with a tick a minute."""
    db.session().rollback()
    return health(db.session(), year.clock() + later, 60)


def run(year: World, answer: Outcome = Outcome.SENT) -> None:
    """One whole tick, whose e-mails are answered so."""
    tasks.tick(year.clock, {"inbox": Recorder("inbox"), "email": Recorder("email", answer=answer, words="450 later")})
    tasks.seal(year.clock)


def test_what_never_ran_is_not_well(year: World) -> None:
    found = seen(year)
    assert not found.well
    assert {(step.name, step.at, step.well) for step in found.steps} == {(name, None, False) for name in STEPS}


def test_a_step_is_well_until_it_missed_too_many_ticks(year: World) -> None:
    run(year)
    assert seen(year).well
    assert seen(year, timedelta(seconds=60 * MISSED)).well
    late = seen(year, timedelta(seconds=60 * MISSED + 1))
    assert not late.well
    assert {ago(step.age) for step in late.steps} == {"10 分钟前"}


def test_one_step_that_stands_still_is_enough(year: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run(year)
    monkeypatch.setattr(tasks.sealing, "seal", lambda clock: 1 / 0)
    year.clock.at += timedelta(minutes=MISSED + 1)
    with pytest.raises(ZeroDivisionError):
        run(year)
    found = seen(year)
    assert [(step.name, step.failing) for step in found.steps if not step.well] == [("seal", True)]


def test_depths_and_the_oldest_are_counted_by_the_tick_and_aged_by_who_reads(year: World) -> None:
    run(year, Outcome.RETRY)
    waiting = [row for row in rows(channel="email") if row.status in WAITING]
    found = seen(year, timedelta(minutes=5))
    assert found.waiting == {"email": len(waiting)}
    assert found.failing == len(waiting) > 0
    assert found.oldest_age == year.clock() + timedelta(minutes=5) - min(row.due_at for row in waiting)
    year.clock.at += timedelta(hours=2)
    run(year)
    found = seen(year)
    assert (found.waiting, found.failing, found.oldest_age) == ({"email": 0}, 0, None)


def test_metrics_are_lines_that_prometheus_reads(year: World) -> None:
    run(year, Outcome.DEAD)
    text = metrics(seen(year, timedelta(seconds=90)))
    assert "mubiao_up 1\n" in text
    assert 'mubiao_step_age_seconds{step="deliver"} 90\n' in text
    assert f"mubiao_notices_dead_within_a_day {len(rows(channel='email', status='dead'))}\n" in text
    line = re.compile(r'# (HELP|TYPE) mubiao_\w+ .+|mubiao_\w+(\{\w+="\w+"\})? -?[\d.e+]+')
    assert all(line.fullmatch(each) for each in text.splitlines())


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "59 秒前"),
        (timedelta(minutes=12), "12 分钟前"),
        (timedelta(hours=3), "3 小时前"),
        (timedelta(days=2), "2 天前"),
    ],
)
def test_an_age_is_said_in_one_unit(app: Flask, age: timedelta, words: str) -> None:
    assert ago(age) == words
