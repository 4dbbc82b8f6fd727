"""Auditors are told every day where the ledger stands, so that its head is noted outside the database."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Appointment
from accounts.roles import Role
from config.database import db, writing
from ledger import book, reading, sealing
from ledger.whole import Head
from notifications import outbox, tasks
from notifications.models import Heartbeat, Status
from notifications.outbox import planning
from notifications.overview import Wanted, overview
from notifications.plan import due, why_gone
from notifications.world import Appointed, LedgerHead
from tests.factories import World
from tests.factories import world as open_year
from tests.notifications.test_outbox import Recorder, rows
from tests.notifications.worlds import EVER, PEOPLE, at, world
from workflow import cycle as cycles
from workflow.models import Cycle

AUDITOR = 21
HEAD = LedgerHead(1234, "ab" * 32, at("2019-12-02 08:59"))
AUDITED = world(people=(*PEOPLE, Appointed(AUDITOR, Role.AUDITOR, None, EVER)), head=HEAD)


def told(now: datetime, given=AUDITED) -> list:
    return [notice for notice in due(now, given) if notice.rule == "ledger_head"]


def test_every_auditor_is_told_the_head_by_both_channels_from_nine_on():
    notices = told(at("2019-12-02 09:00"))
    assert {(n.recipient, n.channel) for n in notices} == {(AUDITOR, "inbox"), (AUDITOR, "email")}
    subject, body = notices[0].words()
    assert subject == "台账封存至第 1234 条"
    assert f"台账封存至第 1234 条，校验码 {HEAD.hash}（2019-12-02 08:59）" in body
    assert f"flask --app wsgi ledger verify --head {Head(1234, HEAD.hash)}" in body


def test_a_day_without_work_is_a_day_like_others():
    assert told(at("2019-12-08 10:00"))


@pytest.mark.parametrize(
    ("now", "given"),
    [
        (at("2019-12-02 08:59"), AUDITED),
        (at("2019-12-02 10:00"), replace(AUDITED, head=None)),
        (at("2019-12-02 10:00"), replace(AUDITED, people=PEOPLE)),
    ],
    ids=["before nine", "nothing sealed", "no auditor"],
)
def test_nobody_is_told(now, given):
    assert told(now, given) == []


def test_the_day_is_the_regions_and_the_notice_is_the_same_whatever_year_it_came_with():
    late = at("2019-12-02 23:59")
    keys = {n.key for n in told(late)}
    assert keys == {n.key for n in told(at("2019-12-02 09:00"), replace(AUDITED, cycle_id=7))}
    assert keys != {n.key for n in told(late + timedelta(hours=10))}


def test_what_was_not_delivered_on_its_day_gives_way_to_the_next():
    (yesterday, _) = told(at("2019-12-02 10:00"))
    tomorrow = at("2019-12-03 10:00")
    assert yesterday.key not in {n.key for n in due(tomorrow, AUDITED)}
    assert "以后一天的为准" in why_gone(yesterday, tomorrow, AUDITED)


# Through the outbox


@pytest.fixture
def ways() -> dict[str, Recorder]:
    return {"inbox": Recorder("inbox"), "email": Recorder("email")}


@pytest.fixture
def year(app: Flask) -> World:
    made = open_year()
    made.clock.on(date(2019, 10, 8))
    sealing.seal(made.clock)
    return made


def heads(year: World) -> Counter:
    return Counter((n.recipient_id, n.channel, n.occurrence) for n in rows(rule="ledger_head"))


@pytest.mark.each_database
def test_one_notice_a_day_and_channel_however_often_it_is_planned_and_whatever_moves(year, ways):
    cycles.open_cycle(
        region_id=year.region_id, fiscal_year=2021, framework="henan-2020", person_id=year.manager, now=year.clock
    )
    for hour in (2, 3, 9):
        year.clock.on(date(2019, 10, 9), hour)
        with writing() as session:
            book.append(session, "signin", "x", at=year.clock(), person_id=None, person_name="", role="")
        tasks.seal(year.clock)
        tasks.tick(year.clock, ways)
        tasks.tick(year.clock, ways)
    assert heads(year) == {(year.auditor, channel, "2019-10-09"): 1 for channel in ("inbox", "email")}
    year.clock.on(date(2019, 10, 10))
    tasks.tick(year.clock, ways)
    assert len(heads(year)) == 4
    assert {n.status for n in rows(rule="ledger_head")} == {Status.SENT}
    (last,) = (n for n in rows(rule="ledger_head", occurrence="2019-10-10") if n.channel == "email")
    head = reading.head(db.session())
    assert f"--head {head}" in last.body
    assert book.verify(db.session(), [head]) == []


def test_an_auditor_of_two_regions_is_told_once(year, ways):
    other = open_year()
    with writing() as session:
        session.add(
            Appointment(
                person_id=year.auditor, role=Role.AUDITOR, region_id=other.region_id, starts_on=date(2019, 1, 1)
            )
        )
    year.clock.on(date(2019, 10, 9))
    tasks.tick(year.clock, ways)
    assert heads(year)[year.auditor, "inbox", "2019-10-09"] == 1
    assert heads(year)[other.auditor, "inbox", "2019-10-09"] == 1


def test_auditors_are_told_when_all_tables_have_ended(year, ways):
    for office in (year.own, year.neighbour):
        year.act("void", year.manager, office)
    year.clock.on(date(2019, 10, 9))
    tasks.tick(year.clock, ways)
    assert heads(year)[year.auditor, "email", "2019-10-09"] == 1


def test_a_second_tick_has_nothing_to_write(year, ways, monkeypatch):
    year.clock.on(date(2019, 10, 9))
    cycles.open_cycle(
        region_id=year.region_id, fiscal_year=2021, framework="henan-2020", person_id=year.manager, now=year.clock
    )
    outbox.plan_due(year.clock())
    monkeypatch.setattr(planning, "writing", None)
    assert outbox.plan_due(year.clock()) == 0


def test_the_bureaus_list_of_reminders_leaves_them_out(year, ways):
    year.clock.on(date(2019, 10, 9))
    tasks.tick(year.clock, ways)
    cycle = db.session().get_one(Cycle, year.cycle_id)
    shown = overview(db.session(), [cycle], year.clock(), Wanted(date(2019, 10, 9), date(2019, 10, 9)))
    assert rows(rule="ledger_head")
    assert not [line for line in shown.lines if line.rule == "台账校验码"]


# Sealing as a task


def test_sealing_notes_that_it_was_done_and_why_it_was_not(year, monkeypatch):
    tasks.seal(year.clock)
    session = db.session()
    beat = select(Heartbeat).where(Heartbeat.name == "seal")
    assert session.scalars(beat).one().failed_at is None
    session.rollback()

    def broken(now: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(sealing, "seal", broken)
    with pytest.raises(RuntimeError):
        tasks.seal(year.clock)
    session.rollback()
    assert session.scalars(beat).one().error == "RuntimeError: no"


def test_the_head_is_logged_when_it_moves_and_only_then(app: Flask, capsys):
    def entry() -> None:
        with writing() as session:
            book.append(session, "signin", "x", at=HEAD.sealed_at, person_id=None, person_name="", role="")

    entry()
    sealing.seal(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    said = "".join(capsys.readouterr())
    head = reading.head(db.session())
    assert head is not None
    assert head.hash in said
    assert "2026-01-01T00:00:00+00:00" in said
    sealing.seal(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert "".join(capsys.readouterr()) == ""
