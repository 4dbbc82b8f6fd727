"""The bureau's list and figures: whose turn, since when, until when; one sentence for a year."""

from datetime import date, timedelta

import pytest
from flask import Flask

from config.database import db
from tests import factories
from workflow.listing import counts_seen, cycles_seen, worklist
from workflow.models import Cycle
from workflow.states import Stage, State
from workflow.statistics import standing, with_names
from workflow.turns import HANDS, Hand, in_the_hand_of


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_in_somebodys_hand_or_says_nobodys(state: State) -> None:
    assert in_the_hand_of(state) is HANDS[state]


def test_an_amendment_that_waits_is_in_the_departments_hand() -> None:
    assert in_the_hand_of(State.FINANCE_REVIEW) is Hand.BUREAU
    assert in_the_hand_of(State.FINANCE_REVIEW, amendment_waits=True) is Hand.DEPARTMENT
    assert in_the_hand_of(State.DRAFT, amendment_waits=True) is Hand.DEPARTMENT


def test_a_table_with_the_bureau_is_the_officers_turn_until_an_amendment_waits(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    (line,) = worklist(db.session(), world.own.officer, world.clock.at)
    assert (line.mine, line.hand, line.last.act) == (True, Hand.BUREAU, "endorse")
    world.moved("amend", world.own.officer)
    (line,) = worklist(db.session(), world.own.officer, world.clock.at)
    assert (line.mine, line.hand) == (False, Hand.DEPARTMENT)


@pytest.mark.each_database
def test_a_manager_sees_whose_turn_it_is_but_it_is_never_theirs(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    lines = worklist(db.session(), world.manager, world.clock.at)
    assert [(line.department, line.hand, line.mine) for line in lines] == [
        ("水利厅", Hand.BUREAU, False),
        ("林业局", Hand.DEPARTMENT, False),
    ]


@pytest.mark.parametrize(
    ("today", "left", "overdue"),
    [
        (date(2019, 12, 4), 2, False),
        (date(2019, 12, 6), 0, False),
        (date(2019, 12, 7), 0, True),
        (date(2019, 12, 9), -1, True),
    ],
)
def test_the_days_left_are_working_days(today: date, left: int, overdue: bool, app: Flask) -> None:
    """Entry closes on Friday, 6 December."""
    world = factories.world()
    world.clock.on(today)
    line = worklist(db.session(), world.manager, world.clock.at)[0]
    assert (line.deadline, line.left, line.overdue) == (date(2019, 12, 6), left, overdue)


def test_an_extension_moves_a_table_down_the_list(app: Flask) -> None:
    world = factories.world()
    until = world.clock.at + timedelta(days=60)
    world.recorded("extend", world.manager, stage=Stage.ENTRY, until=until, reason="单位搬迁")
    assert [line.department for line in worklist(db.session(), world.manager, world.clock.at)] == ["林业局", "水利厅"]


def test_what_has_ended_is_listed_only_when_asked_for(app: Flask) -> None:
    world = factories.world()
    world.moved("void", world.manager)
    session, at = db.session(), world.clock.at
    assert [line.department for line in worklist(session, world.manager, at)] == ["林业局"]
    assert [line.department for line in worklist(session, world.manager, at, state=State.VOID)] == ["水利厅"]
    assert len(worklist(session, world.manager, at, ended=True)) == 2
    assert counts_seen(session, world.manager, at)[State.VOID] == 1


def test_years_are_seen_by_whoever_sees_a_table_in_them(app: Flask) -> None:
    world, elsewhere = factories.world(), factories.world()
    assert [cycle.id for cycle in cycles_seen(db.session(), world.own.officer, world.clock.at)] == [world.cycle_id]
    assert cycles_seen(db.session(), elsewhere.administrator, world.clock.at) == []


def the_year(world: factories.World, person_id: int | None = None):
    """How the world's year stands."""
    session = db.session()
    session.rollback()
    return standing(session, person_id or world.manager, session.get_one(Cycle, world.cycle_id), world.clock.at)


def test_the_sentence_of_a_year_begins_with_who_is_late(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    assert the_year(world).sentence() == "没有部门到期未报，1 张表在财政办理，都在时限内。"
    world.clock.on(date(2019, 12, 9))
    assert the_year(world).sentence() == "1 个部门到期未报，1 张表在财政办理，都在时限内。"
    world.clock.on(date(2019, 12, 23))
    assert the_year(world).sentence() == "1 个部门到期未报，1 张表在财政超过时限。"
    assert the_year(world, world.own.officer).sentence() == "没有部门到期未报，1 张表在财政超过时限。"


def test_a_number_that_leaves_out_an_amended_table_says_so(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    assert the_year(world).bureau_note == ""
    world.moved("amend", world.own.officer)
    assert the_year(world).bureau_note == "不含 1 张已协商修改、等部门接受的"


def test_late_tables_are_named_with_who_has_them(app: Flask) -> None:
    world, session = factories.world().bring_to(State.FINANCE_REVIEW), db.session()
    session.rollback()
    world.clock.on(date(2019, 12, 23))
    found = with_names(session, world.manager, session.get_one(Cycle, world.cycle_id), world.clock.at)
    assert found.names[world.own.table_id] == ("水利厅专管",)
    assert len(found.names[world.neighbour.table_id]) == 3
    assert not found.late_elsewhere


@pytest.mark.each_database
def test_rates_of_many_tables_are_those_of_each(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    assert [(line.department, line.rate.sentence()) for line in the_year(world).below] == [
        ("水利厅", "0/4 = 0.0%，目标≥30%，再完成2个项目即达标")
    ]
    world.confirm("P1", "P2")
    year = the_year(world)
    assert year.below == ()
    assert [(line.rate.monitored, line.rate.projects) for line in year.rates] == [(2, 4)]


def test_a_rate_that_was_let_go_says_so(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.recorded("waive_monitoring", world.manager, reason="项目年底才启动")
    assert [line.waived for line in the_year(world).below] == [True]
