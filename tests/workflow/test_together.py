"""Several tables at once: what may be approved or urged together, and why not the rest."""

from typing import Any

import pytest
from flask import Flask

from config.database import db
from tests import factories
from tests.factories import World, full_review
from workflow import together
from workflow.acts import Moved
from workflow.states import State


@pytest.fixture
def world(app: Flask) -> World:
    """A table with the bureau."""
    return factories.world().bring_to(State.FINANCE_REVIEW)


def review(world: World, **given: Any) -> None:
    """Save the officer's review as far as it goes."""
    complete = {"review": full_review(), "grade": "良", "opinion": "同意", "revision": world.table().latest_revision}
    world.recorded("draft_review", world.own.officer, **complete | given)


def one(world: World, person: int) -> together.Chosen:
    """What this person may do with the table."""
    session = db.session()
    session.rollback()
    (found,) = together.chosen(session, [world.own.table_id], person, world.clock)
    return found


@pytest.mark.each_database
def test_a_table_reviewed_completely_may_be_approved_with_others(world: World) -> None:
    review(world)
    assert (one(world, world.own.officer).event, one(world, world.own.officer).line.ready) == ("approve", True)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"grade": "中"}, "批复要评 优 或 良；评 中 或 差 的要退回"),
        ({"grade": None}, "批复要评 优 或 良；评 中 或 差 的要退回"),
        ({"opinion": ""}, "意见不能为空"),
        ({"review": {"points": {}, "opinions": {}}}, "评审表还缺："),
    ],
)
def test_a_review_that_is_not_complete_or_leads_back_approves_nothing(
    given: dict[str, Any], why: str, world: World
) -> None:
    review(world, **given)
    found = one(world, world.own.officer)
    assert (found.event, found.line.ready) == (None, False)
    assert why in found.reasons[0].text


def test_without_a_review_of_ones_own_nothing_is_approved(world: World) -> None:
    review(world)
    colleague = factories.person("另一专管", (factories.Role.OFFICER, world.region_id, world.own.id))
    db.session().commit()
    assert one(world, colleague).reasons == (together.NO_REVIEW,)


def test_an_open_must_stands_against_it(world: World) -> None:
    review(world)
    world.recorded("remark", world.own.officer, must=True, path="", text="请补充")
    assert "意见 1（必改）还没有答复" in one(world, world.own.officer).reasons[0].text


def test_a_review_of_an_earlier_revision_approves_nothing_in_a_batch(world: World) -> None:
    review(world)
    world.moved("amend", world.own.officer)
    world.moved("accept_amendment", world.own.reviewer)
    assert one(world, world.own.officer).reasons == (together.NO_REVIEW,)


def test_who_may_not_decide_the_table_is_told_so(world: World) -> None:
    found = one(world, world.manager)
    said = "催办只催部门；这张表在财政审核，由财政审核人办理"
    assert (found.event, found.refused, [reason.text for reason in found.reasons]) == (None, "urge", [said])


def test_a_table_with_the_department_is_urged_once_a_working_day(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    assert one(world, world.own.officer).event == "urge"
    world.recorded("urge", world.own.officer)
    found = one(world, world.own.officer)
    assert found.urged == 1
    assert (found.event, [reason.code for reason in found.reasons]) == (None, ["urged_today"])


def test_a_table_nobody_is_asked_for_is_left_alone(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    assert one(world, world.own.officer).reasons[0].text == "现在是“已批复”，没有等人办的事"


def test_an_approval_sent_twice_answers_twice_and_happens_once(world: World) -> None:
    review(world)
    given = {"version": world.table().version, "person_id": world.own.officer, "now": world.clock, "key": "once-a-key"}
    first = together.approve(db.session(), world.own.table_id, **given)
    assert isinstance(first, Moved)
    assert together.approve(db.session(), world.own.table_id, **given) == first
    assert world.table().grade == "良"
