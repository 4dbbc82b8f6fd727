"""The department's reviewer does not accept an amendment: the table stays, the reason stands, the officer goes on."""

from datetime import timedelta

import pytest
from flask import Flask

from config.database import db
from tests import factories
from workflow import desk
from workflow.acts import Moved, Recorded, Refused, may
from workflow.listing import awaiting, worklist
from workflow.models import Revision
from workflow.states import State
from workflow.together import chosen
from workflow.turns import Hand

WHY = "灌区改造今年没有资金"
OTHER = [{"path": "indicators[5].target_raw", "value": "≥95%", "reason": "与去年一致"}]


@pytest.fixture
def world(app: Flask) -> factories.World:
    found = factories.world().bring_to(State.FINANCE_REVIEW)
    found.moved("amend", found.own.officer)
    return found


def decline(world: factories.World, person: int | None = None, **given: object) -> Recorded | Refused:
    wanted = {"revision": world.table().latest_revision, "reason": WHY} | given
    return world.record("decline_amendment", person or world.own.reviewer, **wanted)


def codes(outcome: Moved | Recorded | Refused) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


@pytest.mark.each_database
def test_what_was_declined_is_not_approved_and_the_refusal_tells_the_departments_words(world: factories.World) -> None:
    assert isinstance(decline(world), Recorded)
    assert world.state() is State.FINANCE_REVIEW
    refused = world.act("approve", world.own.officer)
    assert codes(refused) == ["amendment_declined"]
    assert refused.sentence() == f"部门不接受修改：{WHY}。请再协商修改，或退回"


def test_it_is_declined_once_and_not_accepted_any_more(world: factories.World) -> None:
    assert isinstance(decline(world), Recorded)
    assert codes(decline(world)) == ["no_amendment"]
    assert codes(world.act("accept_amendment", world.own.reviewer)) == ["no_amendment"]


def test_what_was_accepted_is_not_declined_any_more(world: factories.World) -> None:
    world.moved("accept_amendment", world.own.reviewer)
    assert codes(decline(world)) == ["no_amendment"]


def test_without_an_amendment_there_is_nothing_to_decline(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    assert codes(decline(world)) == ["no_amendment"]


def test_declining_gives_its_reason_and_names_the_revision_that_was_seen(world: factories.World) -> None:
    assert codes(decline(world, reason=" ")) == ["opinion_empty"]
    assert codes(decline(world, revision=1)) == ["revision_stale"]


def test_only_the_departments_reviewer_declines(world: factories.World) -> None:
    assert codes(decline(world, world.own.editor)) == ["role"]
    assert codes(decline(world, world.own.officer)) == ["role"]
    assert codes(decline(world, world.neighbour.reviewer)) == ["not_found"]


def test_may_offers_it_to_the_reviewer_while_the_amendment_waits(world: factories.World) -> None:
    def answer() -> tuple[object, ...]:
        return may(db.session(), world.table(), world.own.reviewer, world.clock.at)["decline_amendment"]

    assert answer() == ()
    assert isinstance(decline(world), Recorded)
    assert answer()


@pytest.mark.each_database
def test_another_amendment_opens_it_anew_and_carries_nothing_that_was_declined(world: factories.World) -> None:
    before = world.goals().indicators[5].target_raw
    world.moved("amend", world.own.officer, changes=OTHER)
    assert isinstance(decline(world), Recorded)
    world.moved("amend", world.own.officer)
    world.moved("accept_amendment", world.own.reviewer)
    goals = world.goals()
    assert (goals.annual_goal, goals.indicators[5].target_raw) == ("保障全省供水安全。", before)
    world.moved("approve", world.own.officer)


def test_what_was_declined_is_not_proposed_again_unchanged(world: factories.World) -> None:
    said = db.session().query(Revision).order_by(Revision.number.desc()).first()
    assert said is not None
    assert said.changes is not None
    same = [{"path": one["path"], "value": one["new"], "reason": one["reason"]} for one in said.changes]
    assert isinstance(decline(world), Recorded)
    refused = world.act("amend", world.own.officer, changes=same)
    assert codes(refused) == ["amendment_again"]
    assert refused.sentence() == "与部门没有接受的修改相同；请改动或退回"
    world.moved("amend", world.own.officer, changes=[*same, *OTHER])
    assert isinstance(decline(world), Recorded)
    assert codes(world.act("amend", world.own.officer, changes=[*OTHER, *same])) == ["amendment_again"]
    assert codes(world.act("amend", world.own.officer, changes=same)) == ["amendment_again"]
    better = [one | {"reason": "资金已另行安排"} for one in same]
    world.moved("amend", world.own.officer, changes=better)


@pytest.mark.each_database
def test_an_amendment_takes_the_place_of_the_one_that_waits(world: factories.World) -> None:
    """What the department accepts is what the last amendment lists, and no more."""
    goal = world.goals().annual_goal
    world.moved("amend", world.own.officer, changes=OTHER)
    world.moved("accept_amendment", world.own.reviewer)
    assert (world.goals().annual_goal, world.goals().indicators[5].target_raw) == (goal, "≥95%")


def test_a_table_whose_amendment_was_declined_can_be_returned(world: factories.World) -> None:
    assert isinstance(decline(world), Recorded)
    world.moved("return", world.own.officer, until=world.clock.at + timedelta(days=9))
    seen = world.table().returned_sha256
    assert seen == world.goals().digest()


@pytest.mark.each_database
def test_it_is_the_officers_turn_again_and_desk_and_worklist_say_why(world: factories.World) -> None:
    assert isinstance(decline(world), Recorded)
    (thing,) = desk.waiting_for(db.session(), world.own.officer, world.clock.at).things
    assert (thing.act, thing.detail) == ("approve", "部门不接受修改，请再协商修改或退回")
    assert desk.waiting_for(db.session(), world.own.reviewer, world.clock.at).things == ()
    (line,) = worklist(db.session(), world.own.officer, world.clock.at)
    assert (line.hand, line.mine, line.declined) == (Hand.BUREAU, True, True)
    assert [one.table_id for one in awaiting(db.session(), world.own.officer, world.clock.at)] == [world.own.table_id]
    world.moved("amend", world.own.officer, changes=OTHER)
    (line,) = worklist(db.session(), world.own.officer, world.clock.at)
    assert (line.hand, line.declined) == (Hand.DEPARTMENT, False)
    assert awaiting(db.session(), world.own.officer, world.clock.at) == []


def test_a_complete_review_of_what_was_declined_is_not_offered_for_the_batch(world: factories.World) -> None:
    latest = world.table().latest_revision
    draft = {"revision": latest, "review": factories.full_review("良"), "grade": "良", "opinion": "同意"}
    world.recorded("draft_review", world.own.officer, **draft)
    assert isinstance(decline(world), Recorded)
    (line,) = worklist(db.session(), world.own.officer, world.clock.at)
    assert line.ready is False
    (one,) = chosen(db.session(), [world.own.table_id], world.own.officer, world.clock)
    assert (one.event, [reason.code for reason in one.reasons]) == (None, ["amendment_declined"])


def test_the_revision_keeps_who_declined_it_when_and_why(world: factories.World) -> None:
    at = world.clock.at
    assert isinstance(decline(world), Recorded)
    latest = db.session().query(Revision).order_by(Revision.number.desc()).first()
    assert latest is not None
    assert (latest.declined_by, latest.declined_at, latest.decline_reason) == (world.own.reviewer, at, WHY)
    assert latest.accepted_at is None
