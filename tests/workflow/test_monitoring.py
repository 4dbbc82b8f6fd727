"""The completion rate: whose denominator, when it is 不适用, what is still missing, when monitoring ends."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from forms import targets
from ledger import book
from tests import factories
from workflow import cycle as cycles
from workflow import loading
from workflow.acts import Moved, Recorded, Refused
from workflow.managing import NotAllowed
from workflow.models import Round, RoundListing
from workflow.monitoring import Listed, Rate, belongs_to_list, year_rate
from workflow.projects import Line, monitored
from workflow.states import State

THIRTY = targets.parse("≥30%")


def rate(monitored: int, projects: int, target: targets.Target | None = THIRTY) -> Rate:
    """A rate over all projects."""
    listed = [Listed(n, must_monitor=True) for n in range(projects)]
    return year_rate(listed, set(range(monitored)), "all", target)


@pytest.mark.parametrize(
    ("monitored", "projects", "met", "missing", "sentence"),
    [
        (3, 12, False, 1, "3/12 = 25.0%，目标≥30%，再完成1个项目即达标"),
        (4, 12, True, 0, "4/12 = 33.3%，目标≥30%，已达标"),
        (3, 10, True, 0, "3/10 = 30.0%，目标≥30%，已达标"),
        (0, 0, None, None, "没有列入本期的项目，完成率不适用"),
        (0, 1, False, 1, "0/1 = 0.0%，目标≥30%，再完成1个项目即达标"),
        # 29.96 prints as 30.0 and does not pass
        (749, 2500, False, 1, "749/2500 = 30.0%，目标≥30%，再完成1个项目即达标"),
    ],
)
def test_the_rate_is_exact_and_says_what_is_missing(
    monitored: int, projects: int, met: bool | None, missing: int | None, sentence: str
) -> None:
    found = rate(monitored, projects)
    assert (found.met, found.missing, found.sentence()) == (met, missing, sentence)


def test_a_target_no_number_of_projects_reaches_says_so() -> None:
    assert rate(1, 3, targets.parse(">100%")).sentence() == "1/3 = 33.3%，目标>100%，全部完成也达不到"


def test_without_a_committed_target_the_rate_is_told_and_never_judged() -> None:
    assert rate(1, 4, None).met is None
    assert rate(1, 4, None).sentence() == "1/4 = 25.0%，本表没有这项目标"


def test_the_framework_says_which_denominator_counts_and_the_other_stands_beside_it() -> None:
    listed = [Listed(1, True), Listed(2, True), Listed(3, False), Listed(4, False)]
    by_formula = year_rate(listed, {1, 3}, "all", THIRTY)
    by_prose = year_rate(listed, {1, 3}, "must_monitor", THIRTY)
    assert (by_formula.monitored, by_formula.projects) == (by_prose.other_monitored, by_prose.other_projects) == (2, 4)
    assert (by_prose.monitored, by_prose.projects) == (by_formula.other_monitored, by_formula.other_projects) == (1, 2)


def test_a_report_on_a_project_that_is_not_listed_counts_for_nothing() -> None:
    assert year_rate([Listed(1, True)], {7, 8}, "all", THIRTY).value == Fraction(0)


@pytest.mark.parametrize(
    ("listed", "opens", "entered", "on_the_list"),
    [
        (1, 3, 2, True),  # known before the round opened
        (3, 3, 2, True),  # at the very instant
        (4, 3, 2, False),  # added afterwards: counts from the next round
        (4, 3, 5, True),  # the table entered later than the round opened
        (6, 3, 5, False),
    ],
)
def test_a_list_is_frozen_by_instants_alone(listed: int, opens: int, entered: int, on_the_list: bool) -> None:
    def day(number: int) -> datetime:
        return datetime(2020, 8, number, tzinfo=UTC)

    assert belongs_to_list(day(listed), day(opens), day(entered)) is on_the_list


def monitored_world(projects: int = 12) -> factories.World:
    """A table in monitoring with that many projects on its first round's list."""
    world = factories.world().bring_to(State.APPROVED)
    world.list_projects(projects)
    world.clock.on(date(2020, 8, 3))
    world.tick()
    assert world.state() is State.MONITORING
    return world


def test_the_confirmation_that_reaches_the_target_says_so_and_no_other(app: Flask) -> None:
    world = monitored_world()
    assert world.confirm("P1", "P2", "P3").said["reached"] is False
    assert world.confirm("P4").said["reached"] is True
    assert world.confirm("P5").said["reached"] is False


def test_a_report_counts_once_the_reviewer_confirms_it(app: Flask) -> None:
    world = monitored_world()
    world.report("P1")
    found = loading.rate(db.session(), world.table(), world.clock.at)
    assert found is not None
    assert found.monitored == 0


def test_nobody_confirms_their_own_report(app: Flask) -> None:
    world = monitored_world()
    world.recorded("report_project", world.own.both, round_id=world.rounds[0], code="P1", **factories.sound_report())
    refused = world.record("confirm_report", world.own.both, round_id=world.rounds[0], code="P1")
    assert isinstance(refused, Refused)
    assert refused.reasons[0].code == "own_report"


def test_below_the_target_the_table_stays_and_is_told_what_is_missing(app: Flask) -> None:
    world = monitored_world()
    world.confirm("P1", "P2", "P3")
    world.clock.on(date(2020, 9, 1))
    [ticked] = world.tick()
    assert isinstance(ticked.outcome, Refused)
    assert "3/12 = 25.0%，目标≧30%，再完成1个项目即达标" in ticked.outcome.reasons[0].text.replace("≥", "≧")
    assert world.state() is State.MONITORING


def test_a_longer_round_lets_the_department_catch_up_and_then_it_moves_on_by_itself(app: Flask) -> None:
    world = monitored_world()
    world.confirm("P1", "P2", "P3")
    world.clock.on(date(2020, 9, 1))
    late = world.record("report_project", world.own.editor, round_id=world.rounds[0], code="P4")
    assert isinstance(late, Refused)
    assert late.reasons[0].code == "round_closed"
    until = world.clock.at + timedelta(days=10)
    world.recorded("extend", world.manager, round_id=world.rounds[0], until=until, reason="汛期")
    world.confirm("P4")
    assert all(isinstance(ticked.outcome, Refused) for ticked in world.tick())
    world.clock.at = until
    [ticked] = world.tick()
    assert isinstance(ticked.outcome, Moved)
    assert world.table().monitoring_ended_as == "met"


def test_the_manager_waives_with_a_reason_and_it_is_on_record(app: Flask) -> None:
    world = monitored_world()
    world.clock.on(date(2020, 9, 1))
    assert isinstance(world.record("waive_monitoring", world.manager, reason=""), Refused)
    world.recorded("waive_monitoring", world.manager, reason="项目因疫情全部顺延")
    world.tick()
    assert world.state() is State.SELF_EVALUATION
    assert world.table().monitoring_ended_as == "waived"


def test_monitoring_begins_only_with_a_project_and_department_and_manager_are_told_once(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    world.clock.on(date(2020, 8, 3))
    world.tick()
    world.clock.on(date(2020, 8, 4))
    world.tick()
    assert world.state() is State.APPROVED
    acts = [entry.act for entry in book.history(db.session(), f"table:{world.own.table_id}")]
    assert acts.count("monitoring_blocked") == 1
    world.moved("begin_monitoring", world.manager, opinion="本年没有项目支出")
    world.clock.on(date(2020, 9, 1))
    world.tick()
    assert world.table().monitoring_ended_as == "not_applicable"


def test_ticking_often_late_or_twice_leaves_the_same_history(app: Flask) -> None:
    world = monitored_world()
    for _ in range(3):
        world.tick()
    acts = [entry.act for entry in book.history(db.session(), f"table:{world.own.table_id}")]
    assert acts.count("begin_monitoring") == 1
    assert db.session().scalars(select(RoundListing.project_id)).all().__len__() == 12


def test_a_second_round_freezes_its_own_list_and_the_years_rate_is_over_that_one(app: Flask) -> None:
    world = factories.world()
    second = cycles.add_round(
        cycle_id=world.cycle_id,
        name="1—10月",
        period=(date(2020, 1, 1), date(2020, 10, 31)),
        opens_on=date(2020, 11, 2),
        closes_on=date(2020, 11, 30),
        person_id=world.manager,
        now=world.clock,
    )
    world.bring_to(State.APPROVED)
    world.list_projects(3)
    world.clock.on(date(2020, 8, 3))
    world.tick()
    world.confirm("P1")
    world.recorded("list_project", world.own.editor, code="P4", name="追加", budget="5")
    world.clock.on(date(2020, 11, 2))
    assert [ticked.name for ticked in world.tick()] == ["round_opened"]
    found = loading.rate(db.session(), world.table(), world.clock.at)
    assert found is not None
    assert (found.monitored, found.projects) == (1, 4)
    assert db.session().get_one(Round, second).number == 2


def test_the_manager_sets_the_year_and_nobody_else(app: Flask) -> None:
    world = factories.world()
    with pytest.raises(NotAllowed, match="绩效处管理人"):
        cycles.open_cycle(
            region_id=world.region_id,
            fiscal_year=2021,
            framework=factories.FORM,
            person_id=world.own.officer,
            now=world.clock,
        )
    with pytest.raises(NotAllowed, match="已经开立"):
        cycles.open_cycle(
            region_id=world.region_id,
            fiscal_year=2020,
            framework=factories.FORM,
            person_id=world.manager,
            now=world.clock,
        )
    with pytest.raises(NotAllowed, match="没有表样"):
        cycles.open_cycle(
            region_id=world.region_id, fiscal_year=2021, framework="none", person_id=world.manager, now=world.clock
        )


def returned(world: factories.World, person: int | None = None, **given: object) -> Recorded | Refused:
    """P1's report sent back by the department's reviewer."""
    wanted = {"round_id": world.rounds[0], "code": "P1", "reason": "没有写已执行数的来源"} | given
    return world.record("return_report", person or world.own.reviewer, **wanted)


def line_of(world: factories.World, code: str) -> Line:
    found = monitored(db.session(), world.table(), world.clock())
    return next(line for line in found.lines if line.project.code == code)


def test_a_report_sent_back_keeps_its_text_and_waits_to_be_reported_again(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.report("P1")
    assert isinstance(returned(world), Recorded)
    line = line_of(world, "P1")
    assert (line.returned, line.waits, line.counts) == (True, False, False)
    assert line.report is not None
    assert line.report.executed == 60_000_000
    assert line.why == "部门审核人 08-03 退回：没有写已执行数的来源"
    confirmed = world.record("confirm_report", world.own.reviewer, round_id=world.rounds[0], code="P1")
    assert codes(confirmed) == ["returned"]
    world.report("P1")
    assert (line_of(world, "P1").returned, line_of(world, "P1").waits) == (False, True)
    world.recorded("confirm_report", world.own.reviewer, round_id=world.rounds[0], code="P1")


def test_a_report_is_sent_back_by_the_departments_reviewer_alone_and_with_a_reason(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    assert codes(returned(world)) == ["not_reported"]
    world.report("P1")
    for person in (world.own.editor, world.own.officer, world.manager):
        assert codes(returned(world, person)) == ["role"]
    assert codes(returned(world, world.neighbour.reviewer)) == ["not_found"]
    assert codes(returned(world, reason="  ")) == ["reason_empty"]
    assert isinstance(returned(world), Recorded)
    assert codes(returned(world)) == ["returned"]


def test_nobody_sends_back_their_own_report(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.recorded("report_project", world.own.both, round_id=world.rounds[0], code="P1", **factories.sound_report())
    assert codes(returned(world, world.own.both)) == ["own_report"]


def test_what_is_confirmed_or_of_a_closed_round_is_not_sent_back(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.confirm("P1")
    assert codes(returned(world)) == ["confirmed"]
    world.report("P2")
    world.clock.on(date(2020, 9, 1))
    assert codes(returned(world, code="P2")) == ["round_closed"]


def test_an_extended_round_takes_returns_too(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.report("P1")
    until = datetime(2020, 9, 10, 16, tzinfo=UTC)
    world.recorded("extend", world.manager, round_id=world.rounds[0], until=until, reason="防汛")
    world.clock.on(date(2020, 9, 2))
    assert isinstance(returned(world), Recorded)


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]
