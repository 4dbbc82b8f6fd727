"""From the plan to rows, from rows to people: on both databases, through a table's real year."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.models import Appointment, Department, Person
from accounts.roles import Role
from config.database import db, writing
from ledger import book
from notifications import outbox, plan, tasks
from notifications.channels import Outcome, Outgoing, Result
from notifications.channels.inbox import Inbox
from notifications.gathering import fresh_history, gather
from notifications.models import Cursor, Heartbeat, Notice, Status
from notifications.outbox import claiming, deliver, inbox, mark_read, plan_due, planning, rechecking, unread
from tests import factories
from tests.factories import World
from tests.factories import world as open_year
from workflow.listing import clocks_of
from workflow.states import Stage, State
from workflow.turns import Hand

each_database = pytest.mark.each_database


class Recorder:
    """A channel that keeps what it was given, and does with each what it is told."""

    def __init__(self, name: str, *, answer: Outcome = Outcome.SENT, words: str = "", takes: float = 0.0) -> None:
        self.name, self.answer, self.words, self.takes = name, answer, words, takes
        self.taken: list[Outgoing] = []
        self.lock = threading.Lock()

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        for message in batch:
            time.sleep(self.takes)
            with self.lock:
                self.taken.append(message)
            yield Result(message.id, self.answer, self.words)


@pytest.fixture
def ways() -> dict[str, Recorder]:
    """The two channels, recording."""
    return {"inbox": Recorder("inbox"), "email": Recorder("email")}


@pytest.fixture
def year(app: Flask) -> World:
    """A year of two departments on its first morning of entry; nothing planned yet."""
    return open_year()


def rows(**given: object) -> list[Notice]:
    """Notices as they stand in the database."""
    session = db.session()
    session.rollback()
    query = select(Notice).filter_by(**given).order_by(Notice.due_at, Notice.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def tick(year: World, ways: dict[str, Recorder], day: date | None = None, hour: int = 2) -> None:
    """One tick, by default at 10:00 in China."""
    if day is not None:
        year.clock.on(day, hour)
    tasks.tick(year.clock, ways)


# Planning


@each_database
def test_planning_twice_plans_once(year, ways):
    year.clock.on(date(2019, 11, 27))
    first = plan_due(year.clock())
    assert first == len(rows()) > 0
    assert plan_due(year.clock()) == 0


@each_database
def test_a_reminder_is_planned_sent_and_read_and_each_has_its_instant(year, ways):
    tick(year, ways, date(2019, 11, 27))
    (notice,) = rows(rule="closes_soon", recipient_id=year.own.editor, channel="inbox")
    assert (notice.status, notice.sent_at, notice.attempts) == (Status.SENT, year.clock(), 1)
    assert notice.due_at == datetime(2019, 11, 27, 1, tzinfo=UTC)
    assert [n.notice.id for n in inbox(year.own.editor, year.clock())] == [notice.id]
    assert unread(year.own.editor, year.clock()) == 1
    assert mark_read(year.own.editor, notice.id, year.clock())
    assert mark_read(year.own.editor, notice.id, year.clock() + timedelta(hours=1))
    assert rows(id=notice.id)[0].read_at == year.clock()
    assert unread(year.own.editor, year.clock()) == 0


@each_database
def test_nobody_reads_in_another_persons_inbox(year, ways):
    tick(year, ways, date(2019, 11, 27))
    (notice,) = rows(rule="closes_soon", recipient_id=year.own.editor, channel="inbox")
    (mail,) = rows(rule="closes_soon", recipient_id=year.own.editor, channel="email")
    assert not mark_read(year.neighbour.editor, notice.id, year.clock())
    assert not mark_read(year.own.editor, mail.id, year.clock())
    assert rows(id=notice.id)[0].status == Status.SENT


@each_database
def test_a_tables_year_tells_everybody_what_happened_once(year, ways):
    tick(year, ways)
    year.bring_to(State.INTERNAL_REVIEW)
    tick(year, ways)
    year.moved("send_back", year.own.reviewer)
    tick(year, ways)
    told = Counter((n.rule, n.recipient_id) for n in rows(stage="history", channel="inbox"))
    own = year.own
    assert told == Counter(
        [("submitted", p) for p in (own.reviewer, own.second_reviewer, own.both)]
        + [("sent_back", p) for p in (own.editor, own.second_editor, own.second_reviewer, own.both)]
    )
    (to_editor,) = rows(rule="sent_back", recipient_id=own.editor, channel="email")
    assert "意见：目标写得太笼统" in to_editor.body
    assert to_editor.status == Status.SENT


@each_database
def test_every_rule_of_the_history_fires_in_a_full_year(year, ways):
    for state in (State.DRAFT, State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.APPROVED, State.MONITORING,
                  State.SELF_EVALUATION, State.EVALUATION_REVIEW, State.COMPLETED):  # fmt: skip
        year.arrive(state)
        tick(year, ways)
        if state is not State.COMPLETED:
            year.make_ready()
            tick(year, ways)
    expected = {
        "submitted", "endorsed", "approved", "monitoring_begun", "rate_reached", "monitoring_finished",
        "evaluation_reported", "evaluation_accepted",
    }  # fmt: skip
    assert {n.rule for n in rows(stage="history", table_id=year.own.table_id)} == expected
    assert {n.status for n in rows(table_id=year.own.table_id)} <= {Status.SENT, Status.SUPERSEDED}


@each_database
def test_an_entry_that_becomes_visible_after_a_later_one_is_not_passed_by(year, ways, database_kind):
    """Row ids are handed out before the commit: on PostgreSQL a lower one can appear after a higher one was expanded.
    SQLite has one writer at a time; there the first has to be done before the second begins."""
    with Session(db.engine) as slow:
        low = book.append(
            slow,
            f"table:{year.own.table_id}",
            "urge",
            at=year.clock(),
            person_id=None,
            person_name="慢",
            role="manager",
        )
        if database_kind == "sqlite":
            slow.commit()
        high = year.recorded("urge", year.manager, office=year.neighbour).entry_id
        assert low < high
        plan_due(year.clock())
        told = {n.table_id for n in rows(rule="urged")}
        assert told == {year.neighbour.table_id} | ({year.own.table_id} if database_kind == "sqlite" else set())
        slow.commit()
    plan_due(year.clock())
    assert {n.table_id for n in rows(rule="urged")} == {year.neighbour.table_id, year.own.table_id}


@each_database
def test_each_entry_is_expanded_once_and_the_cursor_never_goes_back(year, ways):
    year.fill()
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    session = db.session()
    assert fresh_history(session) == ({}, [])
    before = {c.chain: c.position for c in session.scalars(select(Cursor))}
    with writing() as session:
        planning._advance(session, dict.fromkeys(before, 1))
    assert {c.chain: c.position for c in db.session().scalars(select(Cursor))} == before


# Rechecking


@each_database
def test_a_reminder_whose_reason_vanished_before_sending_is_suppressed_with_why(year, ways):
    year.clock.on(date(2019, 12, 5))
    year.fill()
    plan_due(year.clock())
    year.arrive(State.INTERNAL_REVIEW)
    deliver(year.clock(), ways)
    (editors,) = rows(rule="closes_soon", occurrence="2019-12-06-1", recipient_id=year.own.editor, channel="inbox")
    assert (editors.status, editors.why_not) == (Status.SUPPRESSED, "表已到“部门内审”")
    assert year.own.editor not in {n.recipient_id for n in rows(status="sent", table_id=year.own.table_id)}


@each_database
def test_a_recipient_who_left_between_planning_and_sending_gets_nothing(year, ways):
    year.clock.on(date(2019, 12, 5))
    plan_due(year.clock())
    with writing() as session:
        session.execute(
            update(Appointment).where(Appointment.person_id == year.own.editor).values(ends_on=date(2019, 12, 5))
        )
        session.get_one(Person, year.own.second_editor).disabled_at = year.clock()
    deliver(year.clock(), ways)
    for left in (year.own.editor, year.own.second_editor):
        assert {(n.status, n.why_not) for n in rows(recipient_id=left) if n.status != Status.SUPERSEDED} == {
            (Status.SUPPRESSED, "收件人已不任相应的职务")
        }
    assert not {year.own.editor, year.own.second_editor} & {n.recipient_id for n in rows(status="sent")}


@each_database
def test_an_extension_granted_before_sending_suppresses_the_old_deadlines_reminder(year, ways):
    year.clock.on(date(2019, 12, 6))
    plan_due(year.clock())
    until = datetime(2019, 12, 12, 16, tzinfo=UTC)
    year.recorded("extend", year.manager, stage=Stage.ENTRY, until=until, reason="系统故障")
    tick(year, ways)
    (old,) = rows(rule="closes_today", recipient_id=year.own.editor, channel="inbox")
    assert (old.status, old.why_not) == (Status.SUPPRESSED, "期限已改为 2019-12-12")
    (told,) = rows(rule="extended", recipient_id=year.own.editor, channel="inbox")
    assert "“目标编报”对本表开放至 2019-12-12 24:00" in told.body


@each_database
def test_a_reminder_that_waited_until_the_next_one_was_due_is_superseded(year, ways):
    failing = ways | {"email": Recorder("email", answer=Outcome.RETRY, words="421 later")}
    tick(year, failing, date(2019, 12, 5))
    tick(year, ways, date(2019, 12, 6))
    (older,) = rows(occurrence="2019-12-06-1", recipient_id=year.own.editor, channel="email")
    assert older.status == Status.SUPERSEDED
    assert [m.key.split("|")[4] for m in ways["email"].taken if m.key.split("|")[2:4] ==
            [str(year.own.table_id), "closes_today"]] == ["2019-12-06-0"] * 5  # fmt: skip


@each_database
def test_the_managers_list_names_who_is_overdue_on_each_day(year, ways):
    tick(year, ways, date(2019, 12, 9))
    (listed,) = rows(rule="overdue_list", channel="inbox")
    assert (listed.recipient_id, listed.table_id, listed.status) == (year.manager, None, Status.SENT)
    assert "林业局（2019-12-06 24:00 截止）\n水利厅（2019-12-06 24:00 截止）" in listed.body


@each_database
def test_a_round_reminds_until_its_projects_are_confirmed_and_the_rate_is_reached(year, ways):
    year.bring_to(State.APPROVED)
    year.list_projects()
    tick(year, ways, date(2020, 8, 3))
    tick(year, ways, date(2020, 8, 26))
    assert {n.status for n in rows(stage="monitoring:1", occurrence="2020-08-31-3")} == {Status.SENT}
    year.confirm("P1", "P2", "P3", "P4")
    tick(year, ways, date(2020, 8, 31))
    assert not rows(stage="monitoring:1", occurrence="2020-08-31-0")


@each_database
def test_a_rate_below_its_target_is_told_after_the_round_until_it_is_waived(year, ways):
    year.bring_to(State.APPROVED)
    year.list_projects()
    tick(year, ways, date(2020, 8, 3))
    tick(year, ways, date(2020, 9, 1))
    assert {n.recipient_id for n in rows(rule="overdue", stage="monitoring:1", channel="inbox")} == {
        year.own.editor, year.own.second_editor, year.own.reviewer, year.own.second_reviewer, year.own.both
    }  # fmt: skip
    year.recorded("waive_monitoring", year.manager, reason="汛情")
    tick(year, ways, date(2020, 9, 2))
    assert not rows(stage="monitoring:1", occurrence="2020-08-31+2")


OTHER = [{"path": "annual_goal", "value": "保障全省用水安全。", "reason": "用词与规划一致"}]


@each_database
def test_since_when_a_table_waits_for_the_bureau_is_what_its_clock_says(year, ways):
    """Endorsed, amended (the department's turn), declined, amended again and accepted, returned."""
    year.bring_to(State.FINANCE_REVIEW)
    steps = (
        None, ("amend", year.own.officer), ("decline_amendment", year.own.reviewer), ("amend again", year.own.officer),
        ("accept_amendment", year.own.reviewer), ("return", year.own.officer),
    )  # fmt: skip
    seen = []
    for days, step in enumerate(steps):
        year.clock.at += timedelta(days=days)
        if step is not None and step[0] == "decline_amendment":
            revision = year.table().latest_revision
            year.recorded("decline_amendment", year.own.reviewer, revision=revision, reason="与规划不一致")
        elif step is not None and step[0] == "amend again":
            year.moved("amend", year.own.officer, changes=OTHER)
        elif step is not None:
            year.moved(*step)
        year.clock.at += timedelta(days=3)
        session = db.session()
        session.rollback()
        (found,) = gather(session, year.cycle_id, year.clock(), only={year.own.table_id}).tables
        clock = clocks_of(session, [year.table()], year.clock())[year.own.table_id]
        assert found.at_bureau_since == (clock.since if clock.hand is Hand.BUREAU else None)
        seen.append(found.at_bureau_since is not None)
    assert seen == [True, False, True, False, True, False]


@each_database
def test_the_bureau_is_told_once_a_week_of_what_it_holds(year, ways):
    year.bring_to(State.FINANCE_REVIEW)  # on Monday, 4 November
    for day in (4, 5, 11, 12, 18):
        tick(year, ways, date(2019, 11, day))
    told = [(n.occurrence, n.recipient_id, n.subject) for n in rows(rule="bureau_waits", channel="inbox")]
    assert sorted(told) == sorted(
        (f"2019-11-{day}", person, f"2020 年度：1 张表等{whom}审核，最久 {waited} 个工作日")
        for day, waited in ((11, 5), (18, 10))
        for person, whom in ((year.own.officer, "您"), (year.manager, "财政"))
    )
    assert "1 张表等 水利厅专管 审核" in rows(rule="bureau_waits", recipient_id=year.manager)[0].body


@each_database
def test_the_third_urge_of_a_stage_is_copied_to_the_departments_head(year, ways):
    for day in (5, 6, 7):
        year.clock.on(date(2019, 11, day))
        year.recorded("urge", year.manager)
        tick(year, ways)
    (copied,) = rows(rule="urged_head", channel="inbox")
    assert (copied.recipient_id, copied.status) == (year.own.head, Status.SENT)
    assert len(rows(rule="urged", recipient_id=year.own.editor, channel="inbox")) == 3


@each_database
def test_the_world_is_brought_by_as_many_queries_for_many_tables_as_for_one(year, ways):
    def queries(only: set[int]) -> int:
        session, count = db.session(), 0

        def counting(*_: object) -> None:
            nonlocal count
            count += 1

        session.rollback()
        event.listen(db.engine, "before_cursor_execute", counting)
        try:
            gather(session, year.cycle_id, year.clock(), only=only)
        finally:
            event.remove(db.engine, "before_cursor_execute", counting)
        return count

    assert queries({year.own.table_id}) == queries({year.own.table_id, year.neighbour.table_id}) <= 12


@each_database
def test_of_some_tables_the_people_concerned_are_brought_and_nobody_else(year):
    """A region has thousands of departments; a batch of notices is about a hundred."""
    above = factories.department(year.region_id, "农业农村口")
    overseer = factories.person("分管", (Role.OFFICER, year.region_id, above))
    db.session().get_one(Department, year.own.id).path = f"/{above}/{year.own.id}/"
    db.session().commit()
    brought = gather(db.session(), year.cycle_id, year.clock(), only={year.own.table_id})
    people = {one.person_id for one in brought.people}
    own = year.own
    theirs = {own.editor, own.second_editor, own.reviewer, own.second_reviewer, own.head, own.both, own.officer}
    assert people == theirs | {overseer, year.manager, year.auditor}
    whole = gather(db.session(), year.cycle_id, year.clock())
    assert {one.person_id for one in whole.people} > people
    assert plan.due(year.clock(), brought) == tuple(
        notice for notice in plan.due(year.clock(), whole) if notice.table_id == own.table_id
    )


# Sending


@each_database
def test_what_fails_is_tried_again_later_and_given_up_in_the_end(year, ways):
    failing = ways | {"email": Recorder("email", answer=Outcome.RETRY, words="451 try later")}
    year.clock.on(date(2019, 12, 6))
    year.recorded("urge", year.manager)
    pauses = []
    for _ in range(outbox.MOST_ATTEMPTS):
        plan_due(year.clock())
        deliver(year.clock(), failing, jitter=lambda: 0.5)
        (row,) = rows(rule="urged", recipient_id=year.own.editor, channel="email")
        if row.next_attempt_at is not None:
            assert row.status == Status.FAILED
            pauses.append(row.next_attempt_at - year.clock())
            year.clock.at = row.next_attempt_at
    assert (row.status, row.attempts, row.error) == (Status.DEAD, 12, "451 try later")
    assert pauses[:3] == [timedelta(seconds=75), timedelta(seconds=150), timedelta(seconds=300)]
    assert pauses[-1] == timedelta(hours=5)


@each_database
def test_a_channel_that_breaks_does_not_stop_the_other_and_its_notices_wait(year, ways):
    class Broken:
        name = "email"

        def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
            yield Result(batch[0].id, Outcome.SENT)
            raise RuntimeError("no more")

    year.recorded("urge", year.manager)
    plan_due(year.clock())
    with pytest.raises(ExceptionGroup, match="could not be sent"):
        deliver(year.clock(), ways | {"email": Broken()})
    states = Counter((n.channel, n.status) for n in rows())
    assert states == {("inbox", Status.SENT): 15, ("email", Status.SENT): 1, ("email", Status.FAILED): 14}
    assert {n.error for n in rows(status="failed")} == {"RuntimeError: no more"}


@each_database
def test_a_crash_between_claim_and_sending_leaves_a_lease_that_runs_out(year, ways):
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    crashed = outbox.claim_batch(year.clock(), ("inbox", "email"), 100, outbox.LEASE)
    assert len(crashed.ids) == len(rows(status="planned"))
    assert deliver(year.clock(), ways).sent == 0
    year.clock.at += outbox.LEASE
    assert deliver(year.clock(), ways).sent == len(crashed.ids)


@each_database
def test_who_comes_back_after_the_lease_ran_out_changes_nothing(year, ways):
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    slow = outbox.claim_batch(year.clock(), ("inbox", "email"), 100, outbox.LEASE)
    year.clock.at += outbox.LEASE
    deliver(year.clock(), ways)
    with writing() as session:
        assert claiming.set_held(session, slow, list(slow.ids), {"status": Status.DEAD, "error": "too late"}) == 0
    assert {n.status for n in rows(rule="urged")} == {Status.SENT}


@each_database
def test_results_are_written_as_they_come_and_not_after_the_whole_batch(year, ways):
    """Killed in the middle, a sender has at most a handful of messages that go out twice."""
    for place in (year.own, year.neighbour):
        year.recorded("urge", year.manager, office=place)
    year.moved("void", year.manager)
    plan_due(year.clock())

    class Killed(BaseException):
        pass

    class Dying:
        name = "email"

        def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
            for number, message in enumerate(batch):
                if number == 11:
                    raise Killed
                yield Result(message.id, Outcome.SENT)

    with pytest.raises(Killed):
        deliver(year.clock(), {"email": Dying()})
    assert len(rows(channel="email", status="sent")) == 10


# Several at once


def _at_once(app: Flask, work, times: int = 3) -> list[BaseException]:
    failures: list[BaseException] = []
    gate = threading.Barrier(times)

    def run() -> None:
        with app.app_context():
            gate.wait()
            try:
                work()
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


@each_database
def test_three_simultaneous_ticks_send_each_notice_once(app, year, ways):
    year.clock.on(date(2019, 12, 6))
    year.recorded("urge", year.manager)
    year.recorded("urge", year.manager, office=year.neighbour)
    db.session.remove()
    for _ in range(3):
        assert _at_once(app, lambda: tasks.tick(year.clock, ways)) == []
    sent = Counter(message.key for way in ways.values() for message in way.taken)
    assert set(sent.values()) == {1}
    assert set(sent) == {n.key for n in rows(status="sent")}
    assert len(sent) >= 40
    assert not rows(status="planned")


class Interrupted(Recorder):
    """While it sends, another sender comes along."""

    def __init__(self, other, lease: timedelta) -> None:
        super().__init__("email")
        self.other, self.lease = other, lease

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        deliver(batch[0].at, {"email": self.other}, lease=self.lease)
        yield from super().send(batch)


@each_database
@pytest.mark.parametrize(("lease", "times"), [(outbox.LEASE, 1), (timedelta(0), 2)])
def test_the_lease_keeps_a_second_sender_away_and_without_it_both_send(year, ways, lease, times):
    """The second row is the negative control: a lease that protects nothing."""
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    first = Interrupted(ways["email"], lease)
    deliver(year.clock(), {"email": first}, lease=lease)
    sent = Counter(message.key for message in first.taken + ways["email"].taken)
    assert set(sent.values()) == {times}
    assert {n.status for n in rows(channel="email")} == {Status.SENT}


@each_database
def test_without_the_unique_key_a_notice_would_be_planned_twice(year, ways):
    """The negative control: two planners that both found nothing insert the same row; only the key stops one."""
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    (row,) = rows(rule="urged", recipient_id=year.own.editor, channel="inbox")
    copy = {c.name: getattr(row, c.name) for c in Notice.__table__.columns if c.name != "id"}
    with writing() as session:
        assert planning._insert(session, [copy]) == 0
    with writing() as session:
        assert planning._insert(session, [copy | {"key": copy["key"] + "!"}]) == 1
    assert len(rows(rule="urged", recipient_id=year.own.editor, channel="inbox")) == 2


# The rows' own word


@each_database
@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"status": "lost"}, "status_is_known"),
        ({"status": "sent", "sent_at": datetime(2020, 1, 1, tzinfo=UTC)}, "what_waits_has_its_next_attempt"),
        ({"status": "sent", "next_attempt_at": None}, "sent_means_when"),
        ({"status": "planned", "sent_at": datetime(2020, 1, 1, tzinfo=UTC)}, "sent_means_when"),
        ({"read_at": datetime(2020, 1, 1, tzinfo=UTC)}, "read_means_when"),
        ({"status": "suppressed", "next_attempt_at": None}, "not_sending_says_why"),
        ({"why_not": "weil"}, "not_sending_says_why"),
        ({"status": "dead", "next_attempt_at": None}, "failing_keeps_the_words"),
        ({"status": "failed", "error": "no"}, "failing_keeps_the_words"),
        ({"lease_owner": "me"}, "a_lease_has_owner_and_end"),
        ({"entry_id": None}, "of_the_history_means_an_entry"),
    ],
)  # fmt: skip
def test_the_database_refuses_a_notice_that_contradicts_itself(year, broken, rule):
    assert f"ck_notifications_notice_{rule}" in {
        str(c.name) for c in Notice.__table__.constraints if isinstance(c, CheckConstraint)
    }
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    with pytest.raises(IntegrityError, match=rule), writing() as session:
        session.execute(update(Notice).where(Notice.rule == "urged").values(broken))


# The tick


@each_database
def test_a_step_that_fails_does_not_keep_the_others_from_being_done(year, ways, monkeypatch):
    year.recorded("urge", year.manager)

    def fail(now: object) -> None:
        raise RuntimeError("the clock is broken")

    monkeypatch.setattr(tasks.clock, "advance", fail)
    with pytest.raises(ExceptionGroup, match="a tick did not do all it should"):
        tasks.tick(year.clock, ways)
    assert {n.status for n in rows(rule="urged")} == {Status.SENT}
    beats = {beat.name: beat for beat in db.session().scalars(select(Heartbeat))}
    assert (beats["advance"].at, beats["advance"].error) == (None, "RuntimeError: the clock is broken")
    assert (beats["deliver"].at, beats["deliver"].error) == (year.clock(), None)
    monkeypatch.undo()
    tasks.tick(year.clock, ways)
    db.session().rollback()
    assert db.session().get_one(Heartbeat, "advance").error is None


def test_one_cycles_fault_does_not_silence_the_others(year, ways, monkeypatch):
    other = open_year()
    for one in (year, other):
        one.recorded("urge", one.manager)

    def gather_but_one(session: object, cycle_id: int, *given: object, **named: object) -> object:
        if cycle_id == year.cycle_id:
            raise RuntimeError("this year is broken")
        return gather(session, cycle_id, *given, **named)

    monkeypatch.setattr(planning, "gather", gather_but_one)
    with pytest.raises(ExceptionGroup, match="could not be planned"):
        plan_due(year.clock())
    assert {n.cycle_id for n in rows(rule="urged")} == {other.cycle_id}
    monkeypatch.undo()
    plan_due(year.clock())
    assert {n.cycle_id for n in rows(rule="urged")} == {other.cycle_id, year.cycle_id}
    monkeypatch.setattr(rechecking, "gather", gather_but_one)
    with pytest.raises(ExceptionGroup, match="could not be sent"):
        deliver(year.clock(), ways)
    assert {n.cycle_id for n in rows(status="sent")} == {other.cycle_id}
    assert {n.cycle_id for n in rows(status="planned")} == {year.cycle_id}


def test_the_inbox_needs_no_more_than_its_row(year):
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    sent = deliver(year.clock(), {"inbox": Inbox()}).sent
    assert sent == len(rows(channel="inbox", status="sent")) == 15
    assert [n.notice.rule for n in inbox(year.own.both, year.clock())] == ["urged", "opens"]


@each_database
def test_a_delivery_begins_no_batch_after_its_patience_and_holds_none(year, ways):
    """Its leases count from its beginning: who went on for ever would send what another holds by then."""
    plan_due(year.clock.on(date(2019, 11, 27))())
    slow = {"inbox": Recorder("inbox", takes=0.05), "email": Recorder("email", takes=0.05)}
    assert deliver(year.clock(), slow, batch=1, patience=0.01).sent == 1
    left = rows(status="planned")
    assert len(left) > 1
    assert {row.lease_owner for row in left} == {None}
