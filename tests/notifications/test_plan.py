"""The plan alone: values in, notices out. No database, no clock, no app."""

import os
import subprocess
import sys
from datetime import date, timedelta

import pytest

from accounts.models import Appointment
from accounts.roles import Role
from accounts.scope import in_force
from config.settings import ROOT
from notifications.plan import ahead, due, over, why_gone, why_over
from notifications.rules import BY_CODE
from notifications.world import Appointed, Extended
from tests.notifications.worlds import (
    EDITOR,
    EVER,
    HEAD,
    MANAGER,
    OFFICER,
    PEOPLE,
    REVIEWER,
    a_round,
    at,
    happened,
    inbox_of,
    later,
    occasions,
    table,
    window,
    world,
)
from workflow.states import Stage, State

WHOLE_YEAR = (at("2019-01-01 00:00"), at("2021-12-31 23:00"))

REMINDERS = [
    # closes on   the editor's reminders before and on that day, at 09:00
    ("2019-12-06", ["11-27", "12-03", "12-05", "12-06"]),  # a Friday without holidays near it
    ("2019-10-08", ["09-23", "09-27", "09-30", "10-08"]),  # after National Day; Sunday 29 September was worked
    ("2019-10-05", ["09-20", "09-26", "09-29", "09-30"]),  # within the holiday: the last working day stands for the day
    ("2019-12-08", ["11-27", "12-03", "12-05", "12-06"]),  # a Sunday, the same
    ("2019-12-31", ["12-20", "12-26", "12-30", "12-31"]),  # the year's last day
    ("2020-01-19", ["01-09", "01-15", "01-17", "01-19"]),  # a Sunday that was worked, for the Spring Festival
    ("2020-02-29", ["02-19", "02-25", "02-27", "02-28"]),  # the day that most years do not have
]


@pytest.mark.parametrize(("closes", "days"), REMINDERS, ids=[closes for closes, _ in REMINDERS])
def test_an_editor_is_reminded_7_3_and_1_working_days_before_the_window_closes_and_on_the_day(closes, days):
    plan = ahead(*WHOLE_YEAR, world(windows={Stage.ENTRY: window("2019-09-01", closes)}))
    before = [n for n in occasions(plan) if n[0] in {"closes_soon", "closes_today"}]
    assert before == list(zip(["closes_soon"] * 3 + ["closes_today"], [f"{d} 09:00" for d in days], strict=True))


@pytest.mark.parametrize(
    ("closes", "reason"),
    [
        ("2019-12-06", "“目标编报”2019-12-06 截止，当日提醒；表在“草拟”，通知填报人"),
        (
            "2021-01-03",  # the Sunday of the New Year's holiday
            "“目标编报”2021-01-03 截止，截止日 01-03 休息，提前到最后一个工作日 12-31 提醒；表在“草拟”，通知填报人",
        ),
    ],
)
def test_the_last_reminder_says_why_it_comes_before_the_deadlines_own_day(closes: str, reason: str):
    plan = ahead(*WHOLE_YEAR, world(windows={Stage.ENTRY: window("2019-09-01", closes)}))
    assert {n.reason for n in plan if n.rule == "closes_today" and n.recipient == EDITOR} == {reason}


def test_the_year_of_a_draft_that_nobody_sends():
    assert occasions(ahead(*WHOLE_YEAR, world())) == [
        ("opens", "11-04 09:00"),
        ("closes_soon", "11-27 09:00"),
        ("closes_soon", "12-03 09:00"),
        ("closes_soon", "12-05 09:00"),
        ("closes_today", "12-06 09:00"),
        ("overdue", "12-09 09:00"),
        ("overdue", "12-10 09:00"),
        ("overdue", "12-11 09:00"),
        ("overdue", "12-12 09:00"),
        ("overdue", "12-13 09:00"),
    ]


def test_overdue_is_told_on_working_days_only():
    """30 September is followed by the seven days of National Day; Saturday 12 October was worked."""
    plan = ahead(*WHOLE_YEAR, world(windows={Stage.ENTRY: window("2019-09-01", "2019-09-30")}))
    late = [day for rule, day in occasions(plan) if rule == "overdue"]
    assert late == [f"10-{day} 09:00" for day in ("08", "09", "10", "11", "12")]


def test_managers_get_one_list_of_the_overdue_departments_a_day_and_not_a_notice_for_each():
    other = table(id=2, department_id=6, department="林业局")
    listed = inbox_of(ahead(*WHOLE_YEAR, world(table(), other)), MANAGER)
    assert [n.rule for n in listed] == ["overdue_list"] * 5
    subject, body = listed[0].words()
    assert subject == "2020 年度“目标编报”逾期：林业局、水利厅"
    assert "林业局（2019-12-06 24:00 截止）\n水利厅（2019-12-06 24:00 截止）" in body


@pytest.mark.parametrize(
    ("state", "asked"),
    [
        (State.DRAFT, {EDITOR, REVIEWER}),
        (State.INTERNAL_REVIEW, {REVIEWER}),
        (State.FINANCE_REVIEW, set()),
        (State.APPROVED, set()),
        (State.VOID, set()),
    ],
)
def test_only_who_still_has_something_to_do_is_reminded_of_the_entry_window(state, asked):
    assert {n.recipient for n in due(at("2019-12-05 09:00"), world(table(state)))} == asked


def test_a_head_is_told_from_the_third_overdue_day_on_and_of_nothing_before():
    assert occasions(ahead(*WHOLE_YEAR, world()), HEAD) == [
        ("overdue_head", f"12-{day} 09:00") for day in (11, 12, 13)
    ]  # fmt: skip


def test_a_head_gets_one_list_a_day_that_says_where_each_table_stands_and_for_how_long_it_is_late():
    """The second table is one of the department below, of which the same person is head."""
    below = table(State.INTERNAL_REVIEW, id=2, department_id=6, department="水文站", path="/1/5/6/")
    others = table(id=3, department_id=7, department="林业局", path="/1/7/")
    people = (*PEOPLE, Appointed(HEAD, Role.HEAD, 6, EVER))
    notices = ahead(at("2019-12-11 00:00"), at("2019-12-12 00:00"), world(table(), below, others, people=people))
    (notice,) = inbox_of(notices, HEAD)
    assert notice.words() == (
        "2020 年度“目标编报”逾期，请督促：水利厅、水文站",
        "您负责的部门有逾期未办的表：\n\n"
        "水利厅 2020 年度绩效目标表：现在“草拟”，2019-12-06 24:00 截止，已逾期 3 个工作日\n"
        "水文站 2020 年度绩效目标表：现在“部门内审”，2019-12-06 24:00 截止，已逾期 3 个工作日\n\n"
        "填报人和部门审核人已经收到提醒。您不用在系统里办理；请督促他们尽快办理，或请他们申请延期。",
    )


def test_a_head_is_not_told_of_what_is_late_at_the_bureau():
    found = ahead(*WHOLE_YEAR, world(table(State.FINANCE_REVIEW), windows=REVIEWING))
    assert not inbox_of(found, HEAD)


REVIEWING = {Stage.REVIEW: window("2019-11-25", "2019-12-20")}


def test_officers_are_reminded_of_all_tables_in_their_hands_by_one_list():
    mine = table(State.FINANCE_REVIEW)
    too = table(State.FINANCE_REVIEW, id=2, department_id=6, department="林业局", path="/1/5/6/")
    done = table(State.APPROVED, id=3, department_id=7, department="教育厅", path="/1/5/7/")
    others = table(State.FINANCE_REVIEW, id=4, department_id=8, department="公安厅", path="/1/8/")
    notices = due(at("2019-12-19 09:00"), world(mine, too, done, others, windows=REVIEWING))
    (notice,) = inbox_of(notices, OFFICER)
    assert notice.words()[0] == "2020 年度“财政审核”临近截止：您还有 2 个部门的表未办"
    assert "林业局（2019-12-20 24:00 截止）\n水利厅（2019-12-20 24:00 截止）" in notice.words()[1]
    assert {n.recipient for n in notices} == {OFFICER}


def test_the_year_of_a_review_that_nobody_does():
    found = ahead(*WHOLE_YEAR, world(table(State.FINANCE_REVIEW), windows=REVIEWING))
    assert occasions(found, OFFICER) == [
        ("review_opens", "11-25 09:00"),
        *(("review_closes", f"12-{day} 09:00") for day in (11, 17, 19, 20)),
        *(("review_overdue", f"12-{day} 09:00") for day in (23, 24, 25, 26, 27)),
    ]
    assert {rule for rule, _ in occasions(found, MANAGER)} == {"overdue_list"}


def test_after_an_outage_a_list_names_only_what_no_newer_list_names():
    """The neighbour's review was extended: on Monday its own list is due, while the first has been overdue a day."""
    granted = Extended(at("2019-12-25 00:00"), at("2019-12-02 10:00"))
    extended = table(
        State.FINANCE_REVIEW, id=2, department_id=6, department="林业局", path="/1/5/6/",
        extended_stages={Stage.REVIEW: granted},
    )  # fmt: skip
    both = world(table(State.FINANCE_REVIEW), extended, windows=REVIEWING)
    told = {n.rule: n for n in inbox_of(due(at("2019-12-23 10:00"), both), OFFICER)}
    assert told.keys() == {"review_closes", "review_overdue"}
    assert "水利厅" not in told["review_closes"].words()[1]
    assert "林业局" not in told["review_overdue"].words()[1]


def test_an_officer_of_a_department_above_is_one_and_an_officer_of_the_department_itself_is_none():
    above = Appointed(21, Role.OFFICER, 1, EVER)
    biased = (Appointed(22, Role.OFFICER, 5, EVER), Appointed(22, Role.EDITOR, 5, EVER))
    heading = (Appointed(24, Role.OFFICER, 5, EVER), Appointed(24, Role.HEAD, 5, EVER))
    elsewhere = Appointed(23, Role.OFFICER, 15, EVER)
    people = (*PEOPLE, above, *biased, *heading, elsewhere)
    notices = due(at("2019-12-19 09:00"), world(table(State.FINANCE_REVIEW), windows=REVIEWING, people=people))
    assert {n.recipient for n in notices} == {OFFICER, 21}


def test_a_reminder_is_due_at_nine_in_the_region_and_not_before():
    assert "closes_today" not in {n.rule for n in due(at("2019-12-06 08:59"), world())}
    assert "closes_today" in {n.rule for n in due(at("2019-12-06 09:00"), world())}


def test_after_an_outage_only_the_newest_reminder_of_a_deadline_is_sent_and_the_others_are_superseded():
    notices = [n for n in due(at("2019-12-06 10:00"), world()) if (n.recipient, n.channel) == (EDITOR, "inbox")]
    assert {n.occurrence: n.superseded for n in notices if n.rule != "opens"} == {
        "2019-12-06-7": True,
        "2019-12-06-3": True,
        "2019-12-06-1": True,
        "2019-12-06-0": False,
    }


def test_a_late_reminder_counts_the_days_from_today():
    (notice,) = inbox_of(due(at("2019-12-04 18:00"), world()), EDITOR)
    assert notice.occurrence == "2019-12-06-3"
    assert notice.words()[0] == "水利厅 2020 年度绩效目标表：“目标编报”还有 2 个工作日截止"


def test_what_was_due_more_than_thirty_days_ago_is_not_told_any_more():
    assert not due(at("2020-01-14 09:00"), world())


def test_an_extension_plans_anew_and_the_old_deadline_is_forgotten():
    granted = Extended(at("2019-12-13 00:00"), at("2019-12-05 16:00"))
    extended = world(table(extended_stages={Stage.ENTRY: granted}))
    assert occasions(ahead(at("2019-12-05 17:00"), at("2020-02-01 00:00"), extended)) == [
        ("closes_soon", "12-09 09:00"),
        ("closes_soon", "12-11 09:00"),
        ("closes_today", "12-12 09:00"),
        *(("overdue", f"12-{day} 09:00") for day in (13, 16, 17, 18, 19)),
    ]


def test_reminders_that_lay_before_the_extension_was_granted_are_not_sent_after_it():
    granted = Extended(at("2019-12-13 00:00"), at("2019-12-10 16:00"))
    assert not due(at("2019-12-10 17:00"), world(table(extended_stages={Stage.ENTRY: granted})))


def test_a_shorter_extension_than_the_window_changes_nothing():
    granted = Extended(at("2019-12-01 00:00"), at("2019-11-05 16:00"))
    assert ahead(*WHOLE_YEAR, world(table(extended_stages={Stage.ENTRY: granted}))) == ahead(*WHOLE_YEAR, world())


def test_a_returned_table_has_the_deadline_of_its_return():
    returned = table(resubmit_until=at("2019-12-17 00:00"), state_since=at("2019-12-10 15:00"))
    assert occasions(ahead(*WHOLE_YEAR, world(returned)))[:3] == [
        ("closes_soon", "12-11 09:00"),
        ("closes_soon", "12-13 09:00"),
        ("closes_today", "12-16 09:00"),
    ]
    (notice,) = inbox_of(due(at("2019-12-13 09:00"), world(returned)), EDITOR)
    assert "“退回后重新报送”2019-12-16 24:00 截止" in notice.words()[1]


def test_an_extension_beyond_the_deadline_of_a_return_counts():
    granted = Extended(at("2019-12-21 00:00"), at("2019-12-16 15:00"))
    returned = table(
        resubmit_until=at("2019-12-17 00:00"),
        state_since=at("2019-12-10 15:00"),
        extended_stages={Stage.ENTRY: granted},
    )
    assert ("closes_today", "12-20 09:00") in occasions(ahead(*WHOLE_YEAR, world(returned)))


def test_a_missed_deadline_of_a_return_says_that_the_window_is_still_open():
    returned = table(resubmit_until=at("2019-11-21 00:00"), state_since=at("2019-11-18 15:00"))
    (notice,) = inbox_of(due(at("2019-11-21 09:00"), world(returned)), EDITOR)
    assert notice.rule == "overdue"
    assert "“目标编报”到 2019-12-06 24:00 仍开放" in notice.words()[1]


def test_an_adjustment_is_not_reminded_of_a_window_but_of_its_return():
    assert not ahead(*WHOLE_YEAR, world(table(adjustment=1)))
    returned = table(adjustment=1, resubmit_until=at("2020-06-12 00:00"), state_since=at("2020-06-01 10:00"))
    (notice, *_) = inbox_of(ahead(*WHOLE_YEAR, world(returned)), EDITOR)
    assert "水利厅 2020 年度绩效目标表（第 1 次目标调整）" in notice.words()[0]


def test_a_deadline_with_an_hour_says_the_hour():
    returned = table(resubmit_until=at("2019-12-17 17:30"), state_since=at("2019-12-10 15:00"))
    (notice,) = inbox_of(due(at("2019-12-17 09:00"), world(returned)), EDITOR)
    assert notice.words()[0].endswith("2019-12-17 17:30 截止")


ROUND = {"windows": {}, "rounds": (a_round("2020-08-03", "2020-08-31"),)}


@pytest.mark.parametrize(
    ("unconfirmed", "below", "before", "after"),
    [(2, {1}, True, True), (0, {1}, True, True), (2, (), True, False), (0, (), False, False)],
)
def test_a_round_reminds_while_listed_projects_are_unconfirmed_or_the_rate_is_below_target(
    unconfirmed, below, before, after
):
    monitored = table(State.MONITORING, unconfirmed={1: unconfirmed}, below_target=below)
    rules = {n.rule for n in ahead(*WHOLE_YEAR, world(monitored, **ROUND))}
    assert (bool(rules & {"closes_soon", "closes_today"}), "overdue" in rules) == (before, after)


def test_a_round_extended_for_one_table_closes_later_for_it_alone():
    monitored = table(State.MONITORING, below_target={1})
    granted = Extended(at("2020-09-12 00:00"), at("2020-08-20 10:00"))
    extended = later(monitored, id=2, department_id=5, extended_rounds={71: granted})
    notices = ahead(*WHOLE_YEAR, world(monitored, extended, **ROUND))
    closing = {n.table_id: n.occurrence for n in notices if n.rule == "closes_today"}
    assert closing == {1: "2020-08-31-0", 2: "2020-09-11-0"}


def test_a_round_that_has_not_opened_is_judged_by_its_own_list():
    """Two rounds; the rate is met over the first one's list, and would not be over what the second will freeze."""
    rounds = {"windows": {}, "rounds": (*ROUND["rounds"], a_round("2020-11-02", "2020-11-30", 2))}
    monitored = table(State.MONITORING, unconfirmed={1: 0, 2: 3}, below_target={2})
    reminded = {n.stage for n in ahead(*WHOLE_YEAR, world(monitored, **rounds)) if n.rule == "overdue"}
    assert reminded == {"monitoring:2"}


def test_a_returned_evaluation_has_the_deadline_of_its_return():
    returned = table(State.SELF_EVALUATION, evaluation_until=at("2021-04-16 00:00"), state_since=at("2021-04-12 15:00"))
    windows = {Stage.EVALUATION: window("2021-01-18", "2021-03-31")}
    notices = ahead(*WHOLE_YEAR, world(returned, windows=windows))
    assert occasions(notices)[:2] == [("closes_soon", "04-14 09:00"), ("closes_today", "04-15 09:00")]


def test_a_table_that_came_after_a_reminder_was_due_does_not_get_it():
    """Endorsed on the afternoon before: the reminders of the days before are not its own."""
    came = table(State.FINANCE_REVIEW, state_since=at("2019-12-19 15:00"))
    assert not due(at("2019-12-19 16:00"), world(came, windows=REVIEWING))


def test_a_withdrawn_draft_is_reminded_as_before():
    drawn_back = table(state_since=at("2019-12-05 15:00"))
    assert [n.rule for n in inbox_of(due(at("2019-12-05 16:00"), world(drawn_back)), EDITOR)] == ["closes_soon"]


def test_days_beyond_the_published_calendar_are_marked_provisional():
    windows = {Stage.ENTRY: window("2038-11-01", "2038-12-03")}
    notices = ahead(at("2038-11-01 00:00"), at("2038-12-31 00:00"), world(windows=windows))
    assert all(n.provisional for n in notices if n.rule != "opens")
    assert "年节假日安排尚未公布，按周一至周五推算" in notices[-1].reason
    assert "年节假日安排尚未公布，按周一至周五推算" in notices[-1].words()[1]
    assert not any(n.provisional for n in ahead(*WHOLE_YEAR, world()))


# People


def test_whoever_left_is_not_told_and_whoever_came_is():
    people = (
        Appointed(31, Role.EDITOR, 5, EVER, date(2019, 12, 5)),
        Appointed(32, Role.EDITOR, 5, date(2019, 12, 5)),
        Appointed(33, Role.EDITOR, 5, date(2019, 12, 6)),
    )
    assert {n.recipient for n in due(at("2019-12-05 09:00"), world(people=people))} == {32}


def test_a_preview_asks_who_is_there_on_the_day_of_the_reminder():
    people = (Appointed(31, Role.EDITOR, 5, EVER, date(2019, 12, 5)), Appointed(32, Role.EDITOR, 5, date(2019, 12, 5)))
    told = {(n.occurrence, n.recipient) for n in ahead(*WHOLE_YEAR, world(people=people)) if n.rule == "closes_soon"}
    assert told == {("2019-12-06-7", 31), ("2019-12-06-3", 31), ("2019-12-06-1", 32)}


def test_who_is_editor_and_reviewer_is_told_once():
    people = (Appointed(31, Role.REVIEWER, 5, EVER), Appointed(31, Role.EDITOR, 5, EVER))
    (notice,) = inbox_of(due(at("2019-12-05 09:00"), world(people=people)), 31)
    assert "填好目标表并送审" in notice.words()[1]


@pytest.mark.parametrize("day", [date(2019, 12, 4), date(2019, 12, 5), date(2019, 12, 6)])
@pytest.mark.parametrize("ends", [None, date(2019, 12, 5), date(2019, 12, 6)])
@pytest.mark.parametrize("starts", [date(2019, 12, 4), date(2019, 12, 5)])
def test_an_appointment_holds_for_the_plan_when_it_holds_for_the_accounts(starts, ends, day):
    row = Appointment(person_id=1, role=Role.EDITOR, region_id=1, department_id=5, starts_on=starts, ends_on=ends)
    assert Appointed(1, Role.EDITOR, 5, starts, ends).holds_on(day) == in_force(row, day)


# History


EVENTS = [
    # act, the state it leads to, what the entry says, whom it is told to, words that must be there
    ("submit", State.INTERNAL_REVIEW, {}, {REVIEWER}, "等待您内审"),
    ("endorse", State.FINANCE_REVIEW, {}, {OFFICER}, "水利厅：目标表已上报"),
    ("send_back", State.DRAFT, {"opinion": "太笼统", "until": "2019-12-09T16:00:00.000000Z"}, {EDITOR, REVIEWER},
     "2019-12-09 24:00 前重新送审"),
    ("return", State.DRAFT, {"opinion": "太笼统", "grade": "中", "until": "2019-12-09T16:00:00.000000Z"},
     {EDITOR, REVIEWER}, "财政退回（评级中）"),
    ("withdraw", State.DRAFT, {}, {REVIEWER}, "送审已撤回"),
    ("recall", State.INTERNAL_REVIEW, {}, {OFFICER}, "上报已撤回"),
    ("transferred", State.FINANCE_REVIEW, {"from_name": "方远", "to_name": "韩梅", "reason": "轮岗"}, {OFFICER},
     "移交给 韩梅 审核"),
    ("amend", State.FINANCE_REVIEW, {"grade": "良"}, {REVIEWER}, "等待您接受"),
    ("accept_amendment", State.FINANCE_REVIEW, {}, {OFFICER}, "已接受协商修改"),
    ("decline_amendment", State.FINANCE_REVIEW, {"revision": 2, "reason": "与省里的规划不一致"}, {OFFICER},
     "不接受协商修改"),
    ("approve", State.APPROVED, {"opinion": "同意", "grade": "优"}, {EDITOR, REVIEWER}, "已批复（评级优）"),
    ("adjusted", State.APPROVED, {"adjustment": 1}, {EDITOR, REVIEWER}, "第 1 次目标调整已生效"),
    ("extend", State.DRAFT, {"stage": "goal_entry", "name": "目标编报", "until": "2019-12-12T16:00:00Z",
     "reason": "系统故障"}, {EDITOR, REVIEWER}, "“目标编报”延期至 2019-12-12 24:00"),
    ("extend", State.MONITORING, {"stage": None, "round_id": 7, "name": "1—7月", "until": "2020-09-12T16:00:00Z",
     "reason": "汛期"}, {EDITOR, REVIEWER}, "“1—7月”延期"),
    ("extend", State.FINANCE_REVIEW, {"stage": "finance_review", "name": "财政审核", "until": "2019-12-26T16:00:00Z",
     "reason": "人手"}, {OFFICER}, "水利厅：“财政审核”延期"),
    ("ask_extension", State.DRAFT, {"stage": "goal_entry", "name": "目标编报", "until": "2019-12-12T16:00:00Z",
     "reason": "处室合并"}, {MANAGER}, "水利厅：申请延期至 2019-12-12 24:00"),
    ("refuse_extension", State.DRAFT, {"stage": "goal_entry", "name": "目标编报", "until": "2019-12-12T16:00:00Z",
     "reason": "时间够用"}, {EDITOR, REVIEWER}, "没有同意“目标编报”延期"),
    ("begin_monitoring", State.MONITORING, {"rounds": ["1—7月"]}, {EDITOR, REVIEWER}, "进入绩效运行监控"),
    ("round_opened", State.MONITORING, {"rounds": ["1—10月"]}, {EDITOR, REVIEWER}, "监控期“1—10月”开始"),
    ("confirm_report", State.MONITORING, {"reached": True, "rate": "2/4", "name": "水库"}, {EDITOR, REVIEWER},
     "完成率已达标"),
    ("return_report", State.MONITORING, {"name": "水库", "reason": "没有来源"}, {EDITOR}, "“水库”的监控报告被退回"),
    ("monitoring_blocked", State.APPROVED, {"reasons": ["没有登记监控项目"]}, {EDITOR, REVIEWER, MANAGER},
     "还不能进入运行监控"),
    ("finish_monitoring", State.SELF_EVALUATION, {"rate": "2/4 = 50.0%"}, {EDITOR, REVIEWER}, "进入绩效自评"),
    ("report_evaluation", State.EVALUATION_REVIEW, {}, {OFFICER}, "自评已报送"),
    ("return_evaluation", State.SELF_EVALUATION, {"opinion": "补原因", "until": "2021-04-15T16:00:00Z"},
     {EDITOR, REVIEWER}, "自评退回"),
    ("accept_evaluation", State.COMPLETED, {}, {EDITOR, REVIEWER}, "自评复核通过"),
    ("urge", State.DRAFT, {"count": 1, "text": "只差你们了"}, {EDITOR, REVIEWER}, "请尽快办理（第 1 次催办）"),
    ("void", State.VOID, {"opinion": "机构合并"}, {EDITOR, REVIEWER, OFFICER}, "已作废"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "state", "said", "told", "words"), EVENTS, ids=[f"{e[0]}-{e[1]}" for e in EVENTS])
def test_an_event_is_told_at_once_to_whom_it_concerns(act, state, said, told, words):
    now = at("2019-12-02 10:11")
    there = table(state, state_since=now)
    notices = due(now, world(there, windows={}, happened=(happened(act, **said),)))
    assert {n.recipient for n in notices} == told
    assert words in notices[0].words()[0]
    assert all(n.due_at == now and n.entry_id == 900 for n in notices)


@pytest.mark.parametrize(
    ("count", "told"), [(1, {EDITOR, REVIEWER}), (2, {EDITOR, REVIEWER}), (3, {EDITOR, REVIEWER, HEAD}),
                        (4, {EDITOR, REVIEWER, HEAD})],
)  # fmt: skip
def test_from_the_third_urge_on_the_head_is_told_too(count, told):
    entry = happened("urge", count=count, text="只差你们了")
    notices = due(entry.at, world(windows={}, happened=(entry,)))
    assert {n.recipient for n in notices} == told
    for notice in inbox_of(notices, HEAD):
        assert notice.words() == (
            f"水利厅：已催办 {count} 次，抄送您（2020 年度绩效目标表）",
            f"周审核 于 2019-12-02 10:11 催办，这张表在现阶段已经催办 {count} 次，所以抄送部门负责人。\n\n只差你们了\n"
            "表：水利厅 2020 年度绩效目标表，现在“草拟”\n\n您不用在系统里办理；请督促承办的人尽快办理。",
        )


def test_a_head_who_reviews_too_is_told_of_an_urge_once():
    people = (*PEOPLE, Appointed(HEAD, Role.REVIEWER, 5, EVER))
    entry = happened("urge", count=3, text="")
    (notice,) = inbox_of(due(entry.at, world(windows={}, happened=(entry,), people=people)), HEAD)
    assert notice.rule == "urged"


@pytest.mark.parametrize(
    ("asked", "words"),
    [("2019-12-12T16:00:00Z", "您申请到 2019-12-12 24:00，批准到 2019-12-10 24:00。"), (None, "")],
)
def test_a_granted_extension_says_what_was_asked_for_and_what_was_given(asked, words):
    said = {"stage": "goal_entry", "name": "目标编报", "until": "2019-12-10T16:00:00Z", "reason": "同意"}
    entry = happened("extend", **said | ({"request": 3, "asked_until": asked} if asked else {}))
    (notice,) = inbox_of(due(entry.at, world(windows={}, happened=(entry,))), EDITOR)
    assert f"开放至 2019-12-10 24:00。{words}\n" in notice.words()[1]


@pytest.mark.parametrize(
    ("act", "said"),
    [("confirm_report", {"reached": False}), ("approve", {"adjusts": 1}), ("edit_sheet", {}), ("remark", {})],
)
def test_some_entries_of_the_history_are_told_to_nobody(act, said):
    assert not due(at("2019-12-02 10:12"), world(windows={}, happened=(happened(act, **said),)))


def test_nobody_is_told_what_they_did_themselves():
    entry = happened("approve", person=EDITOR, grade="优")
    approved = table(State.APPROVED)
    assert {n.recipient for n in due(at("2019-12-02 10:12"), world(approved, windows={}, happened=(entry,)))} == {
        REVIEWER
    }


NO_REVIEWER = tuple(one for one in PEOPLE if one.role is not Role.REVIEWER)
ONLY_THE_SUBMITTER = (*NO_REVIEWER, Appointed(EDITOR, Role.REVIEWER, 5, EVER))


@pytest.mark.parametrize("people", [NO_REVIEWER, ONLY_THE_SUBMITTER], ids=["no reviewer", "only who submitted"])
def test_managers_are_told_when_a_table_waits_for_nobody(people):
    entry = happened("submit", person=EDITOR)
    sent = table(State.INTERNAL_REVIEW, state_since=entry.at)
    (notice,) = inbox_of(due(entry.at, world(sent, windows={}, happened=(entry,), people=people)), MANAGER)
    assert notice.words()[0] == "水利厅 2020 年度绩效目标表：送审后没有人可以接着办"
    assert "接着要由部门审核人办理" in notice.words()[1]
    assert why_gone(notice, entry.at, world(sent)) == "已经有人可以接着办；表在“部门内审”"
    assert not inbox_of(due(entry.at, world(sent, windows={}, happened=(entry,))), MANAGER)


def test_what_asks_for_something_is_not_told_once_the_table_has_moved_on():
    moved_on = table(State.FINANCE_REVIEW, state_since=at("2019-12-02 11:00"))
    assert not due(at("2019-12-02 11:01"), world(moved_on, windows={}, happened=(happened("submit"),)))


@pytest.mark.parametrize(
    ("rule", "stage", "given", "expected"),
    [
        ("endorsed", "history", {"state": State.FINANCE_REVIEW, "state_since": at("2019-12-02 10:11")}, False),
        ("endorsed", "history", {"state": State.APPROVED, "state_since": at("2019-12-05 09:00")}, True),
        ("approved", "history", {"state": State.MONITORING, "state_since": at("2020-08-03 00:05")}, False),
        ("closes_soon", Stage.ENTRY, {"state": State.INTERNAL_REVIEW, "state_since": at("2019-12-03 09:00")}, True),
        ("closes_soon", Stage.ENTRY, {"state": State.DRAFT, "state_since": at("2019-12-03 09:00")}, False),
        (
            "closes_soon",
            Stage.ENTRY,
            {"state": State.DRAFT, "state_since": at("2019-12-03 09:00"), "resubmit_until": at("2019-12-10 00:00")},
            True,
        ),
    ],
    ids=["it waits", "it was decided", "news", "it was sent", "it was withdrawn", "it was returned"],
)
def test_what_a_notice_asks_is_over_once_its_table_has_moved_on(rule, stage, given, expected):
    assert over(BY_CODE[rule], stage, at("2019-12-02 10:11"), table(**given)) is expected


def test_a_proposed_amendment_asks_until_another_event_answers_it():
    """It was proposed from version 3, and accepting it moves the table on without changing its state."""
    proposed = BY_CODE["amendment_proposed"], "history", at("2019-12-02 10:11")
    assert not over(*proposed, table(State.FINANCE_REVIEW, version=4), 3)
    assert over(*proposed, table(State.FINANCE_REVIEW, version=5), 3)


@pytest.mark.parametrize(
    ("rule", "in_force", "today", "expected"),
    [
        ("closes_soon", "2019-12-06", "2019-12-06", ""),
        ("closes_soon", "2019-12-06", "2019-12-07", "期限已过"),
        ("closes_soon", "2019-12-13", "2019-12-06", "期限已改"),
        ("closes_today", "2019-12-13", "2019-12-20", "期限已改"),
        ("overdue", "2019-12-06", "2019-12-20", ""),
        ("overdue", "2019-12-13", "2019-12-09", "期限已改"),
        ("returned", "2019-12-13", "2019-12-20", ""),
    ],
    ids=[
        "its last day", "the day after", "extended", "extended and missed again", "still late", "extended when late",
        "an event has no day",
    ],
)  # fmt: skip
def test_a_reminder_is_over_when_its_day_has_passed_or_its_deadline_was_replaced(rule, in_force, today, expected):
    """Of a draft that was withdrawn, whose window closes on 6 December."""
    withdrawn = table(state_since=at("2019-12-03 09:00"))
    days = {"deadline": date(2019, 12, 6), "in_force": date.fromisoformat(in_force), "today": date.fromisoformat(today)}
    if rule == "returned":
        withdrawn, days = table(), days | {"deadline": None}
    assert why_over(BY_CODE[rule], Stage.ENTRY, at("2019-12-02 10:11"), withdrawn, None, **days) == expected


def test_an_approval_is_told_even_when_the_table_has_moved_on():
    moved_on = table(State.MONITORING, state_since=at("2019-12-02 11:00"))
    assert due(at("2019-12-02 11:01"), world(moved_on, windows={}, happened=(happened("approve", grade="优"),)))


# What waits for the bureau


def held(since: str, number: int = 1, **given):
    """A table that came to the bureau at that time."""
    return table(given.pop("state", State.FINANCE_REVIEW), id=number, at_bureau_since=at(since), **given)


def weekly(person: int, *tables, start: str = "2019-12-01 00:00", end: str = "2019-12-31 00:00", **given):
    """What somebody is told of what waits for the bureau."""
    found = ahead(at(start), at(end), world(*tables, windows={}, names={OFFICER: "江知远"}, **given))
    return [n for n in inbox_of(found, person) if n.rule == "bureau_waits"]


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2019-12-01", "2019-12-31", ["12-02", "12-09", "12-16", "12-23", "12-30"]),
        ("2019-09-30", "2019-10-14", ["09-30", "10-08"]),  # National Day: the first week's Monday was worked
        ("2020-01-13", "2020-02-10", ["01-13", "01-20", "02-03"]),  # nobody worked in the week of the Spring Festival
        ("2021-02-15", "2021-02-22", ["02-18"]),  # its first four days were off
        ("2019-12-02 09:01", "2019-12-09 09:00", []),  # due at nine, the end not included
    ],
)
def test_the_bureau_is_told_on_the_first_working_day_of_each_week(start, end, days):
    one = held("2019-09-02 10:00")
    found = ahead(*(at(each if ":" in each else f"{each} 00:00") for each in (start, end)), world(one, windows={}))
    told = [day for rule, day in occasions(found, OFFICER) if rule == "bureau_waits"]
    assert told == [f"{day} 09:00" for day in days]


def test_an_officer_reads_how_many_tables_wait_and_for_how_long_at_most():
    too = held("2019-11-20 10:00", 2, department_id=6, department="林业局", path="/1/5/6/")
    others = held("2019-11-01 10:00", 3, department_id=7, department="公安厅", path="/1/7/")
    (first, *_) = weekly(OFFICER, held("2019-11-27 15:00"), too, others)
    assert first.words() == (
        "2020 年度：2 张表等您审核，最久 8 个工作日",
        "截至今天，在财政手里的表：\n\n林业局 2020 年度绩效目标表：财政审核，8 个工作日\n"
        "水利厅 2020 年度绩效目标表：财政审核，3 个工作日\n\n"
        "等待的工作日从表到财政那天算起；等部门接受的协商修改不在内。",
    )
    assert first.reason == "2019-12-02 财政待办 2 张表；通知财政审核人"


def test_a_manager_reads_the_same_by_officer_and_where_there_is_nobody():
    nobodys = [
        held("2019-11-25 10:00", number, department_id=number, department=name, path=f"/{number}/", state=state)
        for number, name, state in ((7, "公安厅", State.FINANCE_REVIEW), (8, "档案馆", State.EVALUATION_REVIEW))
    ]
    (first, *_) = weekly(MANAGER, held("2019-11-20 10:00"), *nobodys)
    subject, body = first.words()
    assert subject == "2020 年度：3 张表等财政审核或复核，最久 8 个工作日"
    assert (
        "：\n\n1 张表等 江知远 审核，最久 8 个工作日\n2 张表没有人审核或复核，最久 5 个工作日：公安厅、档案馆\n\n"
        in body
    )


def test_who_is_officer_and_manager_reads_the_managers_list_alone():
    people = (*PEOPLE, Appointed(OFFICER, Role.MANAGER, None, EVER))
    (first, *_) = weekly(OFFICER, held("2019-11-20 10:00"), people=people)
    assert first.words()[0].startswith("2020 年度：1 张表等财政审核")


def test_a_table_of_which_the_only_officer_is_head_waits_for_nobody():
    people = (Appointed(OFFICER, Role.OFFICER, 5, EVER), Appointed(OFFICER, Role.HEAD, 5, EVER), *PEOPLE[3:4])
    one = held("2019-11-20 10:00")
    assert not weekly(OFFICER, one, people=people)
    assert "1 张表没有人审核" in weekly(MANAGER, one, people=people)[0].words()[1]


def test_where_nothing_waits_for_the_bureau_nothing_is_told():
    assert not weekly(MANAGER, table(), table(State.FINANCE_REVIEW, id=2))


def test_a_table_is_on_the_list_from_the_week_after_it_came():
    came = held("2019-12-02 09:01")
    assert [n.occurrence for n in weekly(OFFICER, came)] == ["2019-12-09", "2019-12-16", "2019-12-23", "2019-12-30"]


def test_after_an_outage_only_the_newest_week_is_told_and_the_older_ones_are_superseded():
    notices = due(at("2019-12-17 10:00"), world(held("2019-12-03 10:00"), windows={}))
    told = {(n.recipient, n.occurrence): n.superseded for n in notices if n.channel == "inbox"}
    assert told == {
        (person, day): day == "2019-12-09" for person in (OFFICER, MANAGER) for day in ("2019-12-09", "2019-12-16")
    }
    assert {n.words()[0] for n in inbox_of(notices, OFFICER)} == {"2020 年度：1 张表等您审核，最久 10 个工作日"}


def test_why_a_weeks_list_is_not_due_any_more_is_said_in_a_sentence():
    now = at("2019-12-09 09:00")
    (notice,) = inbox_of(due(now, world(held("2019-12-03 10:00"), windows={})), OFFICER)
    assert why_gone(notice, now, world(table(State.APPROVED), windows={})) == "名单上的表都已经办完"
    assert why_gone(notice, now, world(people=PEOPLE[:2])) == "收件人已不任相应的职务"


def test_a_week_whose_days_are_only_assumed_says_so():
    (first, *_) = weekly(OFFICER, held("2038-11-20 10:00"), start="2038-12-01 00:00", end="2038-12-31 00:00")
    assert first.provisional
    assert "（日期暂定：2038 年节假日安排尚未公布" in first.words()[1]


# Why not


def test_why_a_reminder_is_not_due_any_more_is_said_in_a_sentence():
    now = at("2019-12-06 10:00")
    (notice,) = inbox_of(due(now, world()), EDITOR)
    granted = Extended(at("2019-12-13 00:00"), at("2019-12-06 09:30"))
    assert why_gone(notice, now, world(table(State.FINANCE_REVIEW))) == "表已到“财政审核”"
    assert why_gone(notice, now, world(table(extended_stages={Stage.ENTRY: granted}))) == "期限已改为 2019-12-12"
    assert why_gone(notice, now, world(people=PEOPLE[1:])) == "收件人已不任相应的职务"
    assert why_gone(notice, now, world(table(id=2))) == "这条规则或这张表已经不在"
    assert why_gone(notice, now + timedelta(days=31), world()) == "已经过了 30 天，不再通知"


def test_why_a_list_is_not_due_any_more_is_said_in_a_sentence():
    now = at("2019-12-23 09:00")
    (notice,) = inbox_of(due(now, world(table(State.FINANCE_REVIEW), windows=REVIEWING)), OFFICER)
    approved = world(table(State.APPROVED), windows=REVIEWING)
    assert why_gone(notice, now, approved) == "名单上的表都已经办完"
    assert why_gone(notice, now, world(approved.tables[0], people=PEOPLE[:2])) == "收件人已不任相应的职务"


# Where the server stands


_LIST = """
from notifications.plan import ahead
from tests.notifications.worlds import at, world
found = ahead(at("2019-01-01 00:00"), at("2021-01-01 00:00"), world())
print([(n.key, n.due_at.isoformat(), n.words()) for n in found])
"""


def test_the_list_is_the_same_wherever_the_server_stands():
    lists = {
        subprocess.run(
            [sys.executable, "-c", _LIST], cwd=ROOT, env=os.environ | {"TZ": zone}, capture_output=True, check=True
        ).stdout
        for zone in ("UTC", "Asia/Shanghai", "America/New_York")
    }
    assert len(lists) == 1
    assert lists != {b"[]\n"}


def test_nine_in_the_morning_is_the_regions_own_also_when_its_clocks_change():
    """New York put its clocks back on 3 November 2019: 09:00 is 13:00 UTC before and 14:00 UTC after."""
    zone = "America/New_York"
    closes = {Stage.ENTRY: window("2019-10-01", "2019-11-04", zone)}
    notices = ahead(*WHOLE_YEAR, world(windows=closes, timezone=zone))
    hours = {n.occurrence: n.due_at.hour for n in notices if n.rule in {"closes_soon", "closes_today"}}
    assert hours == {"2019-11-04-7": 13, "2019-11-04-3": 13, "2019-11-04-1": 13, "2019-11-04-0": 14}


def test_the_plan_and_its_rules_know_neither_flask_nor_the_database():
    code = "import sys, notifications.plan; print({'flask', 'sqlalchemy', 'celery'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"
