"""A department asks for more time: what it may ask, what the manager answers, and what became of it."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from config.database import db
from ledger import book
from tests import factories
from workflow import asking, desk, loading
from workflow.acts import Moved, Recorded, Refused, may
from workflow.asked import of_history
from workflow.deadlines import ends
from workflow.models import Extension, ExtensionRequest
from workflow.states import Stage, State

LATE = date(2019, 12, 9)
"""Entry closed on Friday, 6 December 2019."""
WANTED = date(2019, 12, 13)


@pytest.fixture
def world(app: Flask) -> factories.World:
    """A draft on the working day after its deadline."""
    found = factories.world()
    found.fill()
    found.clock.on(LATE)
    return found


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


def asked(world: factories.World) -> int:
    outcome = world.asks_for_time(WANTED)
    assert isinstance(outcome, Recorded), outcome
    return int(outcome.said["request"])


def until(day: date) -> object:
    return ends(day, "Asia/Shanghai")


@pytest.mark.each_database
def test_after_the_deadline_a_department_asks_and_what_is_granted_opens_entry(world: factories.World) -> None:
    number = asked(world)
    assert codes(world.act("submit", world.own.editor)) == ["window_closed"]
    granted = world.recorded(
        "extend", world.manager, request=number, until=until(date(2019, 12, 11)), reason="同意两天"
    )
    assert (granted.said["stage"], granted.said["asked_until"]) == (Stage.ENTRY, "2019-12-13T16:00:00.000000Z")
    assert isinstance(world.act("submit", world.own.editor), Moved)
    row = db.session().scalars(select(ExtensionRequest)).one()
    assert (row.answer, row.answered_by, row.answer_reason) == ("granted", world.manager, "同意两天")
    assert row.granted_until == until(date(2019, 12, 11))


@pytest.mark.each_database
def test_what_is_refused_leaves_the_deadline_and_may_be_asked_again(world: factories.World) -> None:
    number = asked(world)
    world.recorded("refuse_extension", world.manager, request=number, reason="已经延过一次")
    assert db.session().scalars(select(Extension)).all() == []
    assert codes(world.act("submit", world.own.editor)) == ["window_closed"]
    assert asked(world) != number


def test_one_request_waits_at_a_time(world: factories.World) -> None:
    asked(world)
    assert codes(world.asks_for_time(date(2019, 12, 20), world.own.reviewer)) == ["request_open"]


def test_the_database_keeps_a_second_open_request_out(world: factories.World) -> None:
    asked(world)
    row = {
        "table_id": world.own.table_id, "stage": Stage.ENTRY, "until": until(WANTED), "reason": "忙",
        "asked_by": world.own.editor, "asked_at": world.clock.at,
    }  # fmt: skip
    with pytest.raises(IntegrityError):
        db.session().execute(insert(ExtensionRequest).values(row))
    db.session().rollback()
    with pytest.raises(IntegrityError):
        db.session().execute(insert(ExtensionRequest).values(row | {"stage": Stage.EVALUATION, "answer": "refused"}))


def test_a_request_is_answered_once(world: factories.World) -> None:
    number = asked(world)
    world.recorded("refuse_extension", world.manager, request=number, reason="不同意")
    assert codes(world.record("refuse_extension", world.manager, request=number, reason="再说一次")) == ["no_request"]
    late = {"request": number, "until": until(WANTED), "reason": "同意"}
    assert codes(world.record("extend", world.manager, **late)) == ["no_request"]


def test_extending_what_was_asked_for_answers_it_named_or_not(world: factories.World) -> None:
    asked(world)
    world.recorded("extend", world.manager, stage=Stage.ENTRY, until=until(date(2019, 12, 20)), reason="全省顺延")
    assert db.session().scalars(select(ExtensionRequest.answer)).one() == "granted"


def test_extending_something_else_leaves_it_waiting(world: factories.World) -> None:
    number = asked(world)
    other = {"stage": Stage.EVALUATION, "until": until(date(2021, 4, 30)), "reason": "机构改革"}
    world.recorded("extend", world.manager, **other)
    assert db.session().scalars(select(ExtensionRequest.answer)).one() is None
    assert codes(world.record("extend", world.manager, request=number, **other)) == ["extend_what"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"reason": " "}, "opinion_empty"),
        ({"until": None}, "until_missing"),
        ({"until": until(date(2019, 12, 8))}, "until_past"),
        ({"stage": Stage.EVALUATION}, "extend_what"),
    ],
)
def test_a_request_says_until_when_and_why_for_what_is_asked_now(
    given: dict[str, object], why: str, world: factories.World
) -> None:
    assert codes(world.asks_for_time(WANTED, **given)) == [why]


def test_before_the_deadline_only_a_later_day_makes_sense(app: Flask) -> None:
    world = factories.world()
    assert codes(world.asks_for_time(date(2019, 12, 6))) == ["until_early"]
    assert isinstance(world.asks_for_time(date(2019, 12, 9)), Recorded)


def test_nobody_but_the_department_asks_and_nobody_but_a_manager_answers(world: factories.World) -> None:
    for person in (world.own.officer, world.manager):
        assert codes(world.asks_for_time(WANTED, person)) == ["role"]
    assert codes(world.asks_for_time(WANTED, world.neighbour.editor)) == ["not_found"]
    number = asked(world)
    for person in (world.own.officer, world.own.reviewer):
        assert codes(world.record("refuse_extension", person, request=number, reason="不")) == ["role"]


def test_nobody_answers_their_own_request(world: factories.World) -> None:
    """Somebody who is manager of the region and reviewer of the department at once."""
    both = factories.person(
        "兼任",
        (factories.Role.MANAGER, world.region_id, None),
        (factories.Role.REVIEWER, world.region_id, world.own.id),
    )
    db.session().commit()
    world.asks_for_time(WANTED, both)
    number = db.session().scalars(select(ExtensionRequest.id)).one()
    assert codes(world.record("refuse_extension", both, request=number, reason="不")) == ["own_request"]
    assert codes(world.record("extend", both, request=number, until=until(WANTED), reason="好")) == ["own_request"]


@pytest.mark.parametrize(
    ("state", "why"),
    [(State.FINANCE_REVIEW, "state"), (State.APPROVED, "state"), (State.EVALUATION_REVIEW, "state")],
)
def test_while_the_bureau_has_it_a_department_has_nothing_to_ask(state: State, why: str, app: Flask) -> None:
    world = factories.world().bring_to(state)
    assert why in codes(world.asks_for_time(date(2022, 1, 1)))


@pytest.mark.parametrize("day", [date(2020, 8, 20), date(2020, 9, 2)])
def test_in_monitoring_it_is_the_round_that_is_asked_also_when_it_is_over(day: date, app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.clock.on(day)
    given = {"stage": None, "round_id": world.rounds[0]}
    assert codes(world.asks_for_time(date(2020, 9, 11), stage=None, round_id=None)) == ["extend_what"]
    outcome = world.asks_for_time(date(2020, 9, 11), **given)
    assert isinstance(outcome, Recorded)
    assert outcome.said["name"] == "1—7月"
    world.recorded(
        "extend", world.manager, request=outcome.said["request"], until=until(date(2020, 9, 11)), reason="行"
    )
    assert [period.until for period in loading.periods(db.session(), world.table())[1]] == [until(date(2020, 9, 11))]


def test_an_adjustment_has_no_window_to_extend(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    opened = world.recorded("open_adjustment", world.own.editor, reason="追加预算")
    world.own.table_id = opened.said["table"]
    assert codes(world.asks_for_time(date(2020, 1, 31))) == ["is_adjustment"]


def test_rows_and_history_tell_the_same_requests(world: factories.World) -> None:
    first = asked(world)
    world.recorded("refuse_extension", world.manager, request=first, reason="不同意")
    second = asked(world)

    def told_by_rows_and_by_history() -> tuple[list[object], ...]:
        session = db.session()
        session.rollback()
        history = of_history(book.history(session, f"table:{world.own.table_id}"))
        rows = asking.last_of(session, [world.own.table_id]).values()
        return tuple(
            [(one.id, one.what, one.name, one.until, one.answer, one.granted_until) for one in found]
            for found in (rows, history[-1:])
        )

    waiting = told_by_rows_and_by_history()
    assert waiting[0] == waiting[1] == [(second, Stage.ENTRY, "目标编报", until(WANTED), None, None)]
    world.recorded("extend", world.manager, request=second, until=until(date(2019, 12, 11)), reason="同意")
    answered = told_by_rows_and_by_history()
    assert answered[0] == answered[1]
    assert answered[0][0][-2:] == ("granted", until(date(2019, 12, 11)))


def test_may_says_when_a_request_can_be_made_and_answered(world: factories.World) -> None:
    def answers(person: int, name: str) -> list[str]:
        session = db.session()
        session.rollback()
        return [one.code for one in may(session, world.table(), person, world.clock.at)[name]]

    assert answers(world.own.editor, "ask_extension") == []
    assert answers(world.manager, "refuse_extension") == ["no_request"]
    asked(world)
    assert answers(world.own.reviewer, "ask_extension") == ["request_open"]
    assert answers(world.manager, "refuse_extension") == []


def things(world: factories.World, person: int) -> list[tuple[str, str]]:
    """What the desk offers about the own department's table."""
    session = db.session()
    session.rollback()
    found = desk.waiting_for(session, person, world.clock.at)
    return [(thing.act, thing.detail) for thing in found.things if thing.table_id == world.own.table_id]


def test_the_desks_show_the_way_to_ask_the_request_and_its_refusal(world: factories.World) -> None:
    assert things(world, world.own.editor) == [("ask_extension", "可以说明理由，向财政绩效处申请延期")]
    number = asked(world)
    assert things(world, world.own.editor) == []
    waited = desk.waiting_for(db.session(), world.own.editor, world.clock.at).waited
    assert [(one.days, one.text) for one in waited] == [(0, "绩效处答复 2020年度绩效目标表的延期申请")]
    assert things(world, world.manager) == [
        ("extend", "12-09 水利厅填报甲 申请延到 12-13 周五，理由：主管处室合并，数字要重核")
    ]
    world.recorded("refuse_extension", world.manager, request=number, reason="已经延过一次")
    assert things(world, world.own.editor) == [("ask_extension", "上次申请没有同意，理由：已经延过一次")]


@pytest.mark.each_database
def test_a_manager_reads_which_requests_wait_and_what_they_would_add(world: factories.World) -> None:
    asked(world)
    (one,) = asking.waiting(db.session(), world.manager, world.clock.at)
    assert (one.department, one.wanted, one.days, one.left) == ("水利厅", WANTED, 5, -1)
    assert asking.waiting(db.session(), world.own.officer, world.clock.at) == []
    assert asking.waiting(db.session(), factories.world().manager, world.clock.at) == []


def test_what_the_table_is_not_asked_for_any_more_waits_for_nobody(world: factories.World) -> None:
    """The officer's window was extended for all, and the table went to the bureau."""
    world.clock.on(date(2019, 12, 5))
    asked(world)
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    assert asking.waiting(db.session(), world.manager, world.clock.at) == []
    assert things(world, world.manager) == []
