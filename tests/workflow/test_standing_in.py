"""A stand-in does what the absent one may do, under both names, and never decides what either of them sent."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from accounts.models import StandIn
from accounts.roles import Role
from config.database import db
from ledger import book
from tests import factories
from workflow.acts import Moved, Refused, may
from workflow.models import Table
from workflow.scope import tables_seen_by
from workflow.states import State

pytestmark = pytest.mark.each_database
LONG = (date(2019, 1, 1), date(2021, 12, 31))


def lend(absent: int, deputy: int) -> None:
    """Let one stand in for the other through the whole year."""
    named_at = datetime(2019, 1, 1, tzinfo=UTC)
    db.session().add(
        StandIn(
            absent_id=absent, deputy_id=deputy, starts_on=LONG[0], ends_on=LONG[1], reason="出差", named_by=absent,
            named_at=named_at,
        )
    )  # fmt: skip
    db.session().commit()


def last_entry(world: factories.World) -> tuple[str, str, dict[str, object]]:
    session = db.session()
    session.rollback()
    entry = book.history(session, f"table:{world.own.table_id}")[-1]
    return entry.person_name, entry.role, book.said(entry)


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


def test_an_officers_stand_in_approves_under_both_names(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    deputy = world.neighbour.officer
    assert codes(world.act("approve", deputy)) == ["not_found"]
    lend(world.own.officer, deputy)
    assert world.own.table_id in {
        t.id for t in db.session().scalars(tables_seen_by(db.session(), deputy, world.clock.at))
    }
    assert may(db.session(), world.table(), deputy, world.clock.at)["approve"] == ()
    assert isinstance(world.act("approve", deputy), Moved)
    name, role, said = last_entry(world)
    assert (name, role, said["for"]) == ("林业局专管（代水利厅专管）", Role.OFFICER, world.own.officer)
    table = world.table()
    assert (table.approved_by, table.approved_for) == (deputy, world.own.officer)


def test_nobody_endorses_as_the_stand_in_of_who_submitted(app: Flask) -> None:
    """The one who is both submits; their stand-in, an editor, would endorse in their name."""
    world = factories.world()
    world.submitter = world.own.both
    world.bring_to(State.INTERNAL_REVIEW)
    lend(world.own.both, world.own.second_editor)
    outcome = world.act("endorse", world.own.second_editor)
    assert codes(outcome) == ["own_submission"]
    assert "所代理的人" in outcome.reasons[0].text  # type: ignore[union-attr]


def test_nobody_endorses_what_was_submitted_in_their_name(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    lend(world.own.both, world.own.second_reviewer)
    assert isinstance(world.act("submit", world.own.second_reviewer), Moved)
    assert world.table().submitted_for == world.own.both
    assert codes(world.act("endorse", world.own.both)) == ["own_submission"]
    assert codes(world.act("endorse", world.own.second_reviewer)) == ["own_submission"]
    assert isinstance(world.act("endorse", world.own.reviewer), Moved)


def test_an_own_role_comes_before_a_lent_one(app: Flask) -> None:
    """Standing in for the submitter does not take away what one may do oneself."""
    world = factories.world()
    world.submitter = world.own.both
    world.bring_to(State.INTERNAL_REVIEW)
    lend(world.own.both, world.own.reviewer)
    assert isinstance(world.act("endorse", world.own.reviewer), Moved)
    assert last_entry(world)[0] == "水利厅审核甲"


def test_a_submitters_stand_in_may_take_it_back(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    assert codes(world.act("withdraw", world.own.second_editor)) == ["not_submitter"]
    lend(world.own.editor, world.own.reviewer)
    assert isinstance(world.act("withdraw", world.own.reviewer), Moved)
    assert last_entry(world)[0] == "水利厅审核甲（代水利厅填报甲）"


def test_who_endorsed_decides_nothing_at_the_bureau_by_standing_in(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    lend(world.own.officer, world.own.reviewer)
    assert codes(world.act("approve", world.own.reviewer)) == ["own_department"]


def test_nobody_confirms_a_report_made_in_their_name(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    lend(world.own.both, world.own.second_reviewer)
    given = {"round_id": world.rounds[0], "code": "P1"}
    world.recorded("report_project", world.own.second_reviewer, **given, **factories.sound_report())
    assert codes(world.record("confirm_report", world.own.both, **given)) == ["own_report"]
    assert codes(world.record("confirm_report", world.own.second_reviewer, **given)) == ["own_report"]
    world.recorded("confirm_report", world.own.reviewer, **given)


def test_outside_its_days_a_stand_in_is_nothing(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    lend(world.own.officer, world.neighbour.officer)
    world.clock.on(LONG[1])
    assert codes(world.act("approve", world.neighbour.officer)) == ["not_found"]
    assert db.session().get_one(Table, world.own.table_id).state == State.FINANCE_REVIEW
