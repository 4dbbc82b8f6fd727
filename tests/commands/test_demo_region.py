"""The demo region: a believable middle of the year, reached through the program's own acts."""

from collections import Counter
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from accounts.models import Appointment, Department
from accounts.roles import Role
from commands import demo_region
from config.clock import now
from config.database import MIGRATIONS, bare_app, db
from config.settings import Settings
from ledger import book
from ledger.models import Entry
from notifications.models import Notice, Status
from workflow import loading
from workflow.listing import awaiting, worklist
from workflow.models import Cycle, Extension, ProjectReport, Remark, Review, Table
from workflow.states import State
from workflow.workdays import PUBLISHED


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A database with the demo region in it; nobody changes it here."""
    folder: Path = tmp_path_factory.mktemp("demo")
    made = bare_app(
        Settings(
            _env_file=None, environment="development", data=folder, database_url=f"sqlite:///{folder}/demo.sqlite3"
        )
    )
    with made.app_context():
        upgrade(directory=MIGRATIONS)
        db.session.remove()
    demo_region.ensure(made)
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def table_of(code: str, years_ahead: int) -> Table:
    """A department's table of the year in monitoring (0), the one after or the one before."""
    years = sorted(db.session.scalars(select(Cycle.fiscal_year)))
    return db.session.scalars(
        select(Table)
        .join(Cycle, Cycle.id == Table.cycle_id)
        .join(Department, Department.id == Table.department_id)
        .where(Department.code == code, Cycle.fiscal_year == years[1] + years_ahead, Table.adjusts_id.is_(None))
    ).one()


def test_twenty_departments_stand_in_every_state_there_is(demo: Flask) -> None:
    states = Counter(State(state) for state in db.session.scalars(select(Table.state)))
    assert set(states) == set(State)
    assert db.session.query(Department).filter(Department.submits).count() == 20


def test_the_history_holds_and_runs_forward(demo: Flask) -> None:
    assert book.verify(db.session()) == []
    for chain in db.session.scalars(select(Entry.chain).distinct()):
        instants = [entry.at for entry in book.history(db.session(), chain)]
        assert instants == sorted(instants)
        assert instants[-1] < now()


def test_a_returned_table_has_open_and_answered_remarks_of_both_kinds(demo: Flask) -> None:
    remarks = db.session.scalars(select(Remark).where(Remark.table_id == table_of("101", 1).id)).all()
    assert {(remark.must, remark.answer) for remark in remarks} == {
        (True, None), (True, "changed"), (False, None), (False, "declined"),
    }  # fmt: skip


def test_one_table_is_one_project_short_and_two_reports_wait(demo: Flask) -> None:
    table = table_of("103", 0)
    rate = loading.rate(db.session(), table, now())
    assert rate is not None
    assert (rate.monitored, rate.projects, rate.missing) == (3, 12, 1)
    waiting = select(ProjectReport).where(ProjectReport.table_id == table.id, ProjectReport.confirmed_at.is_(None))
    assert len(db.session.scalars(waiting).all()) == 2


def test_a_late_one_an_extension_an_amendment_and_an_adjustment_are_there(demo: Flask) -> None:
    late, extended, amended = table_of("110", 1), table_of("103", 1), table_of("102", 1)
    assert (late.state, late.latest_revision) == (State.DRAFT, 0)
    assert db.session.query(Extension).filter(Extension.table_id == extended.id).count() == 1
    latest = loading.latest_revision(db.session(), amended)
    assert latest is not None
    assert (latest.kind, latest.accepted_at) == ("amendment", None)
    adjustments = db.session.scalars(select(Table.state).where(Table.adjusts_id.is_not(None))).all()
    assert sorted(adjustments) == [State.APPROVED, State.FINANCE_REVIEW]


def test_the_self_evaluation_of_one_table_is_half_filled_in(demo: Flask) -> None:
    table = table_of("101", -1)
    assert table.state == State.SELF_EVALUATION
    goals = loading.goals_in_force(db.session(), table)
    assert goals is not None
    missing = len(loading.evaluation_gaps(db.session(), table))
    assert len(goals.indicators) // 3 < missing < len(goals.indicators)


def test_people_found_messages_in_their_inbox(demo: Flask) -> None:
    told = db.session.query(Notice).filter(Notice.channel == "inbox", Notice.status == Status.SENT).count()
    assert told > 20


def test_people_were_told_when_it_was_due_and_not_days_later(demo: Flask) -> None:
    sent = db.session.scalars(select(Notice).where(Notice.sent_at.is_not(None))).all()
    assert {notice.rule for notice in sent} >= {"closes_soon", "returned", "evaluation_reported", "round_opened"}
    late = [
        (n.rule, n.due_at, n.sent_at) for n in sent if not timedelta() <= n.sent_at - n.due_at < timedelta(minutes=11)
    ]
    assert late == []
    assert all(notice.planned_at <= notice.sent_at for notice in sent)


def test_people_worked_in_office_hours_and_the_clock_alone_at_night(demo: Flask) -> None:
    ours = ZoneInfo(demo_region.TIMEZONE)
    acts = db.session.scalars(select(Entry).where(Entry.chain.startswith("table:"), Entry.person_id.is_not(None))).all()
    hours = {entry.at.astimezone(ours).time() for entry in acts}
    assert time(9) <= min(hours) <= max(hours) < time(18)
    assert all(PUBLISHED.look(entry.at.astimezone(ours).date()).working for entry in acts)
    reminders = db.session.scalars(
        select(Notice).where(Notice.deadline.is_not(None), Notice.sent_at.is_not(None))
    ).all()
    assert {notice.sent_at.astimezone(ours).hour for notice in reminders} == {9}


def test_two_reviews_are_written_and_wait_to_be_decided_together(demo: Flask) -> None:
    session = db.session()
    for code, grade in (("104", "优"), ("109", "良")):
        table = table_of(code, 1)
        (review,) = session.scalars(select(Review).where(Review.table_id == table.id, Review.decided.is_(False)))
        (line,) = [one for one in worklist(session, review.person_id, now()) if one.table_id == table.id]
        assert (line.drafted, line.ready) == (grade, True)


def test_what_awaits_an_officer_is_what_the_worklist_calls_theirs(demo: Flask) -> None:
    session, at = db.session(), now()
    officers = session.scalars(select(Appointment.person_id).where(Appointment.role == Role.OFFICER).distinct()).all()
    theirs = {officer: [line.table_id for line in worklist(session, officer, at) if line.mine] for officer in officers}
    assert max(map(len, theirs.values())) > 1
    assert theirs == {officer: [one.table_id for one in awaiting(session, officer, at)] for officer in officers}
