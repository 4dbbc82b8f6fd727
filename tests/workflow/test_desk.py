"""What waits for whom: told from states, roles, windows and counts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from accounts.roles import Role
from config.database import db
from forms import cells
from tests import factories
from tests.factories import World
from workflow import desk
from workflow.states import State


def acts(world: World, person: int) -> list[str]:
    db.session().rollback()
    return [thing.act for thing in desk.waiting_for(db.session(), person, world.clock()).things]


def of(world: World, person: int) -> desk.Desk:
    db.session().rollback()
    return desk.waiting_for(db.session(), person, world.clock())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.DRAFT, {"editor": ["save_row"]}),
        (State.INTERNAL_REVIEW, {"reviewer": ["endorse"], "second_reviewer": ["endorse"]}),
        (State.FINANCE_REVIEW, {"officer": ["approve"]}),
        (State.APPROVED, {"editor": ["list_project"]}),
        (State.MONITORING, {"editor": ["report_project"]}),
        (State.SELF_EVALUATION, {}),
        (State.EVALUATION_REVIEW, {"officer": ["accept_evaluation"]}),
        (State.COMPLETED, {}),
    ],
)
def test_each_state_waits_for_those_who_can_do_something(
    state: State, expected: dict[str, list[str]], app: Flask
) -> None:
    world = factories.world().bring_to(state)
    for who in ("editor", "reviewer", "second_reviewer", "officer"):
        assert acts(world, getattr(world.own, who)) == expected.get(who, []), who


def test_nothing_waits_for_somebody_without_appointment(app: Flask) -> None:
    world = factories.world()
    assert of(world, factories.person("路人")) == desk.Desk((), (), ())


def test_a_draft_whose_window_is_closed_waits_for_the_manager_instead(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    assert acts(world, world.manager) == []
    world.clock.on(date(2019, 12, 7))
    assert acts(world, world.own.editor) == ["ask_extension"]
    assert acts(world, world.manager) == ["extend", "extend"]


def test_nobody_is_asked_to_review_what_they_submitted(app: Flask) -> None:
    world = factories.world()
    world.submitter = world.own.both
    world.bring_to(State.INTERNAL_REVIEW)
    assert acts(world, world.own.both) == []
    assert [one.text for one in of(world, world.own.both).waited] == ["部门审核人内审 2020年度绩效目标表"]


@pytest.mark.each_database
def test_a_return_tells_what_is_left_to_answer(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    for must, path in ((True, "annual_goal"), (True, "tasks[0]"), (False, "indicators[0]")):
        world.recorded("remark", world.own.officer, must=must, path=path, text="请补充")
    world.moved("return", world.own.officer)
    world.recorded("answer_remark", world.own.editor, number=2, answer="changed", text="已改在目标里")
    mine = of(world, world.own.editor)
    assert (
        mine.things[0].detail
        == "11-04 财政部门 水利厅专管 退回，评级“中”。2 条必改（已答复 1 条），1 条建议（已答复 0 条）"
    )
    assert [one.remark.number for one in mine.remarks] == [1, 3, 2]
    assert of(world, world.own.reviewer).remarks == ()
    assert [one.text for one in of(world, world.own.officer).waited] == ["水利厅 改后重新报送"]


def test_who_sent_a_draft_back_last_is_told_the_department_inside_or_the_bureau(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("return", world.own.officer)
    seen = cells.mark(world.goals().annual_goal)
    world.recorded("save_cell", world.own.editor, path="annual_goal", text="保障供水，完成年度任务。", seen=seen)
    world.moved("submit", world.own.editor)
    world.moved("send_back", world.own.reviewer)
    detail = of(world, world.own.editor).things[0].detail
    assert detail == "11-04 部门内审 水利厅审核甲 退回。没有写在行上的意见"


def test_who_works_for_several_departments_reads_which_one_each_thing_is_about(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=True, path="", text="请补充")
    world.moved("return", world.own.officer)
    both = factories.person(
        "两处", *((Role.EDITOR, world.region_id, place) for place in (world.own.id, world.neighbour.id))
    )
    db.session().commit()
    found = of(world, both)
    assert {thing.title for thing in found.things} == {
        "水利厅 2020年度绩效目标表：改后重新送审",
        "林业局 2020年度绩效目标表：填报并送审",
    }
    assert found.several
    assert [one.department for one in found.remarks] == ["水利厅"]
    assert not of(world, world.own.editor).several


@pytest.mark.each_database
def test_a_late_internal_review_waits_for_the_manager_with_who_has_it_since_when(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    world.clock.on(date(2019, 12, 9))
    late = {thing.department: thing for thing in of(world, world.manager).things}
    assert late["水利厅"].title == "水利厅 2020年度绩效目标表：逾期，还在部门内审"
    assert late["水利厅"].detail == (
        "11-04 起在部门审核人水利厅兼任、水利厅审核乙、水利厅审核甲手里；可以按部门延期，或催办"
    )
    assert late["林业局"].detail.startswith("10-08 起在填报人林业局兼任、林业局填报乙、林业局填报甲手里")
    assert late["水利厅"].besides == ("urge",)
    world.recorded("urge", world.manager)
    late = {thing.department: thing for thing in of(world, world.manager).things}
    assert (late["水利厅"].besides, late["林业局"].besides) == ((), ("urge",))
    assert late["水利厅"].detail.endswith("可以按部门延期，这个工作日已经催办过")


@pytest.mark.each_database
def test_a_head_reads_what_of_the_department_is_late_and_in_whose_hands_and_has_nothing_to_do(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    assert of(world, world.own.head).late == ()
    world.clock.on(date(2019, 12, 9))
    found = of(world, world.own.head)
    (late,) = found.late
    assert (late.title, late.days) == ("2020年度绩效目标表：逾期，还在部门内审", 1)
    assert late.detail == "11-04 起在部门审核人水利厅兼任、水利厅审核乙、水利厅审核甲手里"
    assert (found.things, found.remarks) == ((), ())
    assert [one.table_id for one in found.mine] == [world.own.table_id]
    assert of(world, world.own.reviewer).late == of(world, world.manager).late == ()


def test_a_head_reads_that_more_time_was_asked_for(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    world.clock.on(date(2019, 12, 9))
    world.asks_for_time(date(2019, 12, 20))
    (late,) = of(world, world.own.head).late
    assert late.detail.endswith("手里；已申请延期，等绩效处答复")


def test_a_head_reads_that_the_rate_was_missed_until_it_is_waived(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    assert of(world, world.own.head).late == ()
    world.clock.on(date(2020, 9, 1))
    world.tick()
    assert [one.title for one in of(world, world.own.head).late] == ["2020年度绩效目标表：监控没有达标"]
    world.recorded("waive_monitoring", world.manager, reason="项目已终止")
    assert of(world, world.own.head).late == ()


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("state", "day", "title", "detail"),
    [
        (State.DRAFT, date(2019, 11, 4), "填报并送审", "10-08 起在填报人水利厅兼任、水利厅填报乙、水利厅填报甲手里"),
        (State.INTERNAL_REVIEW, date(2019, 12, 6), "部门内审", "11-04 起在部门审核人水利厅兼任、水利厅审核乙"),
        (State.MONITORING, date(2020, 8, 31), "1—7月监控", "4 个项目"),
        (State.SELF_EVALUATION, date(2021, 2, 1), "填报并报送自评", "还没有开始填"),
    ],
)  # fmt: skip
def test_a_head_reads_what_the_department_is_asked_for_and_until_when(
    state: State, day: date, title: str, detail: str, app: Flask
) -> None:
    world = factories.world().bring_to(state)
    world.clock.on(day)
    found = of(world, world.own.head)
    (due,) = found.due
    assert due.title == f"2020年度绩效目标表：{title}"
    assert detail in due.detail
    assert due.left >= 0
    assert (found.late, found.things) == ((), ())
    assert of(world, world.own.reviewer).due == ()


@pytest.mark.parametrize(
    ("state", "day"), [(State.FINANCE_REVIEW, date(2019, 12, 6)), (State.APPROVED, date(2020, 2, 3))]
)
def test_what_the_bureau_or_nobody_has_is_not_due_from_the_department(state: State, day: date, app: Flask) -> None:
    world = factories.world().bring_to(state)
    world.clock.on(day)
    assert of(world, world.own.head).due == ()


def test_what_is_late_is_no_longer_due(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    world.clock.on(date(2019, 12, 9))
    found = of(world, world.own.head)
    assert (len(found.late), found.due) == (1, ())


def test_a_head_who_reviews_too_has_the_reviewers_things_beside_what_is_late(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    both = factories.person("双肩挑", *((role, world.region_id, world.own.id) for role in (Role.HEAD, Role.REVIEWER)))
    db.session().commit()
    assert acts(world, both) == ["endorse"]
    world.clock.on(date(2019, 12, 9))
    assert len(of(world, both).late) == 1


def test_the_latest_of_the_late_come_first(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    until = world.clock.at + timedelta(days=40)
    world.recorded("extend", world.manager, stage="goal_entry", until=until, reason="单位搬迁")
    world.clock.on(date(2020, 1, 6))
    assert [thing.department for thing in of(world, world.manager).things] == ["林业局", "水利厅"]


def test_a_self_evaluation_that_missed_its_window_waits_for_the_manager(app: Flask) -> None:
    world = factories.world().bring_to(State.SELF_EVALUATION)
    world.clock.on(date(2021, 4, 6))
    titles = [thing.title for thing in of(world, world.manager).things]
    assert "水利厅 2020年度绩效目标表：逾期没有报送自评" in titles


def test_an_amendment_waits_for_the_department(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    assert acts(world, world.own.reviewer) == ["accept_amendment"]
    assert acts(world, world.own.officer) == []


def test_an_officer_waits_for_the_answer_to_an_amendment_since_the_day_it_was_proposed(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.clock.on(date(2019, 11, 14))
    world.moved("amend", world.own.officer)
    world.clock.on(date(2019, 11, 18))
    waited = of(world, world.own.officer).waited
    assert [(one.days, one.text) for one in waited] == [(2, "水利厅 接受协商修改")]  # a weekend lies between
    assert [one.since for one in waited] == [date(2019, 11, 14)]


def test_what_an_officer_waits_for_is_called_an_adjustment_where_it_is_one(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    db.session().rollback()
    (seen,) = [one for one in desk._standings(db.session(), world.own.officer, world.clock()) if one.amendment_waits]
    assert desk.waited_for(replace(seen, adjustment=2), world.own.officer) == "水利厅 2020年度目标调整 2 接受协商修改"


def test_a_remark_to_answer_says_in_which_state_its_table_is(app: Flask) -> None:
    world = factories.world().bring_to(State.EVALUATION_REVIEW)
    world.recorded("remark", world.own.officer, must=True, path="indicators[0]", text="请写明原因")
    world.moved("return_evaluation", world.own.officer, until=world.clock.at + timedelta(days=9))
    (waiting,) = of(world, world.own.editor).remarks
    assert (waiting.state, waiting.remark.number) == (State.SELF_EVALUATION, 1)


@pytest.mark.each_database
def test_reports_wait_to_be_written_and_then_for_another_person_to_confirm(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    assert of(world, world.own.editor).things[0].title == "2020年度 1—7月监控：还有 4 个项目没有报告"
    world.report("P1", "P2")
    assert (
        of(world, world.own.editor).things[0].detail
        == "本期（1—7月）已报 2 个，已确认 0 个；全年已监控 0 个，共 4 个项目"
    )
    assert acts(world, world.own.reviewer) == ["confirm_report"]
    assert set(acts(world, world.own.both)) == {"confirm_report", "report_project"}


def test_a_report_that_was_sent_back_is_the_editors_again(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.report("P1", "P2", "P3", "P4")
    assert acts(world, world.own.editor) == []
    world.recorded("return_report", world.own.reviewer, round_id=world.rounds[0], code="P1", reason="没有写来源")
    assert acts(world, world.own.editor) == ["report_project"]
    assert of(world, world.own.reviewer).things[0].title.endswith("确认 3 个项目的报告")


def test_a_table_below_its_target_waits_for_the_manager_until_it_is_waived(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.clock.on(date(2020, 9, 1))
    world.tick()
    assert "waive_monitoring" in acts(world, world.manager)
    (blocked,) = (thing for thing in of(world, world.manager).things if thing.act == "waive_monitoring")
    assert blocked.besides == ("extend", "urge")
    world.recorded("waive_monitoring", world.manager, reason="项目已终止")
    assert "waive_monitoring" not in acts(world, world.manager)


def test_a_table_that_cannot_begin_monitoring_waits_for_the_manager(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    world.clock.on(date(2020, 8, 3))
    assert "begin_monitoring" in acts(world, world.manager)
    world.list_projects(1)
    assert "begin_monitoring" not in acts(world, world.manager)


def test_the_self_evaluation_waits_for_the_editor_then_for_the_reviewer(app: Flask) -> None:
    world = factories.world().bring_to(State.SELF_EVALUATION)
    world.clock.on(date(2021, 2, 1))
    assert (acts(world, world.own.editor), acts(world, world.own.reviewer)) == (["record_result"], [])
    whole = len(world.goals().indicators)
    assert of(world, world.own.editor).things[0].detail == "还没有开始填，共 23 行"
    first = world.goals().indicators[0]
    reason = "按年初计划完成"
    world.recorded("record_result", world.own.editor, number=1, actual=first.target, reason=reason)
    assert f"还差 {whole - 1} 行" in of(world, world.own.editor).things[0].detail
    assert acts(world, world.own.reviewer) == []
    world.evaluate()
    assert acts(world, world.own.reviewer) == ["report_evaluation"]
    assert acts(world, world.own.editor) == []
    assert [each.text for each in of(world, world.own.editor).waited] == ["部门审核人报送 2020年度绩效目标表的自评"]


def test_an_adjustment_waits_like_a_table_of_its_own(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    world.list_projects(1)
    world.recorded("open_adjustment", world.own.editor, reason="汛期提前")
    found = of(world, world.own.editor)
    assert [thing.title for thing in found.things] == ["2020年度目标调整 1：填报并送审"]
    assert found.things[0].deadline is None


def test_the_nearest_deadline_comes_first(app: Flask) -> None:
    world = factories.world()
    until = world.clock.at + timedelta(days=60)
    world.recorded("extend", world.manager, stage="goal_entry", until=until, reason="单位搬迁")
    world.clock.on(date(2020, 2, 1))
    late = of(world, world.manager).things
    assert [thing.department for thing in late] == ["林业局", "水利厅"]
    assert late[0].days_left is not None
    assert late[0].days_left < 0


def queries(ask: Callable[[], object]) -> int:
    counted: list[str] = []

    def note(*given: object) -> None:
        counted.append(str(given[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(counted)


def test_the_desk_asks_as_many_queries_for_one_table_as_for_many(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    one = queries(lambda: of(world, world.own.editor))
    many = queries(lambda: of(world, world.manager))
    assert one == many <= 10


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ((-3, -1), "逾期最久的在前"),
        ((-3, 2), "逾期最久的在前，其余按截止日期"),
        ((0, 2), "按截止日期，最近的在前"),
        ((2, None), "按截止日期，最近的在前"),
    ],
)
def test_the_list_says_in_which_order_it_stands(left: tuple[int | None, ...], words: str) -> None:
    things = tuple(desk.Thing(1, "extend", "延期…", "", "", "水利厅", None, days) for days in left)
    assert desk.Desk(things, (), ()).order == words
