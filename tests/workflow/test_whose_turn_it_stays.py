"""What one side has begun or was given is not taken away by the other: amendments, deadlines, adjustments, waivers."""

from datetime import date, timedelta

import pytest
from flask import Flask

from config.database import db
from tests import factories
from workflow.acts import Moved, Refused, may
from workflow.states import State

pytestmark = pytest.mark.each_database


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


def test_an_officer_who_amends_has_begun_to_write(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    assert codes(world.act("recall", world.own.reviewer)) == ["begun"]
    world.moved("accept_amendment", world.own.reviewer)
    assert codes(world.act("recall", world.own.reviewer)) == ["begun"]


def test_a_shorter_deadline_inside_leaves_the_bureaus_own(app: Flask) -> None:
    """Returned by the bureau until 20 December, sent back inside until the 12th: on the 15th both may still go on."""
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.clock.on(date(2019, 12, 8))
    world.moved("return", world.own.officer, until=world.clock.at + timedelta(days=12))
    world.recorded("edit_sheet", world.own.editor, changes=[["annual_goal", "加快灌区改造。"]], seen=_edit(world))
    world.moved("submit", world.own.editor)
    world.moved("send_back", world.own.reviewer, until=world.clock.at + timedelta(days=4))
    world.clock.on(date(2019, 12, 15))
    world.recorded("edit_sheet", world.own.editor, changes=[["annual_goal", "修好八座水库。"]], seen=_edit(world))
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)


def test_goals_are_not_adjusted_once_the_table_evaluates_itself(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    opened = world.recorded("open_adjustment", world.own.editor, reason="项目变更")
    parent, adjustment = world.own.table_id, int(opened.said["table"])
    world.own.table_id = adjustment
    world.write_goal("加快灌区改造。")
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    world.own.table_id = parent
    world.list_projects()
    world.clock.on(date(2020, 8, 3))
    world.tick()
    world.confirm("P1", "P2")
    world.clock.on(date(2020, 9, 1))
    world.tick()
    assert world.state() is State.SELF_EVALUATION
    world.own.table_id = adjustment
    assert codes(world.act("approve", world.own.officer)) == ["parent_moved_on"]


def test_the_manager_is_told_that_monitoring_can_begin_with_a_reason(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    assert may(db.session(), world.table(), world.manager, world.clock.at)["begin_monitoring"] == ()
    assert codes(world.act("begin_monitoring", world.manager, opinion=" ")) == ["opinion_empty"]
    assert isinstance(world.act("begin_monitoring", world.manager), Moved)


def _edit(world: factories.World) -> int:
    details = world.details("submit", world.table())
    return int(details["sheet_edit"])
