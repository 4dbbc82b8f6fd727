"""What is said after something was done: what happened, where the table is now, who has it and until when."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from accounts.models import Appointment, Person
from accounts.roles import OF_THE_DEPARTMENT, Role
from config.database import db
from tests import factories
from workflow.holders import holders
from workflow.lifecycle import CLOCK, EVENTS
from workflow.outcomes import WORDS, Done, names
from workflow.states import State

TODAY = date(2026, 12, 3)
UNTIL = date(2026, 12, 10)
ONE = ("李卫东",)


def said(act: str, state: State, **given: Any) -> str:
    """The line of an act of the science department on 3 December 2026."""
    return WORDS[act](Done(department="省科技厅", state=state, today=TODAY, **given))


@pytest.mark.parametrize(
    ("act", "state", "given", "line"),
    [
        (
            "submit", State.INTERNAL_REVIEW, {"said": {"revision": 2}, "told": ONE, "until": UNTIL},
            "已送审：省科技厅，版次 2。现在是“部门内审”，由 李卫东 内审，截至 12-10（周四）",
        ),
        (
            "submit", State.INTERNAL_REVIEW, {"said": {"revision": 1}},
            "已送审：省科技厅，版次 1。现在是“部门内审”，由部门审核人内审",
        ),
        (
            "endorse", State.FINANCE_REVIEW, {"told": ("陈立新",), "until": date(2027, 1, 4)},
            "已内审通过，上报财政：省科技厅。现在是“财政审核”，由 陈立新 审核，截至 2027-01-04（周一）",
        ),
        (
            "send_back", State.DRAFT, {"until": UNTIL, "told": ("张敏",)},
            "已内审退回：省科技厅，请在 12-10（周四） 24:00 前重新送审；通知发给 张敏",
        ),
        (
            "withdraw", State.DRAFT, {"until": UNTIL},
            "已撤回送审：省科技厅。现在是“草拟”，改好后可以再送审，截至 12-10（周四）",
        ),
        (
            "recall", State.INTERNAL_REVIEW, {},
            "已撤回上报：省科技厅。现在是“部门内审”，可以再内审通过，或者退回",
        ),
        (
            "amend", State.FINANCE_REVIEW, {"said": {"revision": 3, "changes": [{}, {}]}, "told": ONE},
            "已提出协商修改：省科技厅，2 处，成为版次 3。由 李卫东 接受；接受以前不能批复",
        ),
        (
            "accept_amendment", State.FINANCE_REVIEW, {"said": {"revision": 3}, "told": ("陈立新",), "until": UNTIL},
            "已接受修改：省科技厅，版次 3 的内容已写进表里。由 陈立新 批复，截至 12-10（周四）",
        ),
        (
            "decline_amendment", State.FINANCE_REVIEW, {"said": {"revision": 3}, "told": ("陈立新",), "until": UNTIL},
            "已告知不接受修改：省科技厅，版次 3 不算数，理由已送达。现在是“财政审核”，"
            "由 陈立新 再协商修改或退回，截至 12-10（周四）",
        ),
        (
            "ask_extension", State.DRAFT,
            {"said": {"name": "目标编报"}, "extended_to": UNTIL, "told": ("顾南",)},
            "已申请延期：省科技厅，目标编报延到 12-10（周四） 24:00。答复以前截止日期不变；通知发给 顾南",
        ),
        (
            "refuse_extension", State.DRAFT, {"said": {"name": "目标编报"}, "told": ONE},
            "已答复不同意延期：省科技厅，目标编报的截止日期不变；通知发给 李卫东",
        ),
        (
            "approve", State.APPROVED,
            {
                "said": {"revision": 3, "grade": "良"}, "next_round": ("1—7月", date(2027, 8, 3)), "told": ONE,
                "fiscal_year": 2027,
            },
            "已批复：省科技厅，评级“良”，版次 3 的目标今天 12-03（周四）起生效，用于 2027 年度；"
            "监控期“1—7月”2027-08-03（周二）开始；通知发给 李卫东",
        ),
        (
            "approve", State.APPROVED, {"said": {"revision": 1, "grade": "优"}, "adjustment": 2},
            "已批复：省科技厅目标调整 2，评级“优”，版次 1 的目标今天 12-03（周四）起生效，原目标不再使用",
        ),
        (
            "return", State.DRAFT, {"said": {"grade": "中"}, "until": UNTIL},
            "已退回：省科技厅（评级“中”），请在 12-10（周四） 24:00 前重新报送",
        ),
        (
            "begin_monitoring", State.MONITORING, {"said": {"projects": 4}, "until": UNTIL},
            "已进入监控：省科技厅，4 个项目，本期截至 12-10（周四）",
        ),
        (
            "report_evaluation", State.EVALUATION_REVIEW, {"said": {"revision": 4}, "told": ("陈立新",)},
            "已报送自评：省科技厅，版次 4。现在是“自评复核”，由 陈立新 复核",
        ),
        (
            "return_evaluation", State.SELF_EVALUATION, {"until": UNTIL},
            "已退回自评：省科技厅，请在 12-10（周四） 24:00 前重新报送自评",
        ),
        ("accept_evaluation", State.COMPLETED, {}, "复核已通过：省科技厅，现在是“已完成”，这一年到此办完"),
        ("void", State.VOID, {"told": ONE}, "已作废：省科技厅，内容和历史都保留，不能再办理；通知发给 李卫东"),
        (
            "extend", State.DRAFT, {"said": {"name": "目标编报"}, "extended_to": UNTIL, "told": ONE},
            "已延期：省科技厅，目标编报延到 12-10（周四） 24:00；通知发给 李卫东",
        ),
        (
            "urge", State.DRAFT, {"said": {"count": 2}, "told": ONE, "heads": ("钟山",)},
            "已催办：省科技厅，本阶段第 2 次；通知发给 李卫东；本阶段第 3 次起抄送部门负责人 钟山",
        ),
        (
            "urge", State.DRAFT, {"said": {"count": 3}, "told": ONE, "heads": ("钟山",)},
            "已催办：省科技厅，本阶段第 3 次；通知发给 李卫东；抄送部门负责人 钟山",
        ),
        (
            "urge", State.DRAFT, {"said": {"count": 4}, "told": ONE},
            "已催办：省科技厅，本阶段第 4 次；通知发给 李卫东；这个部门没有部门负责人，没有人可抄送",
        ),
        (
            "waive_monitoring", State.MONITORING, {},
            "已放行：省科技厅，监控完成率未达标也转入绩效自评",
        ),
        ("remark", State.DRAFT, {"said": {"number": 3, "must": True}}, "意见 3（必改）已写下，随您的决定一并送达部门"),
        ("remark", State.DRAFT, {"said": {"number": 4, "must": False}}, "意见 4（建议）已写下，随您的决定一并送达部门"),
        (
            "rewrite_remark", State.FINANCE_REVIEW, {"said": {"number": 3, "must": True, "text": "请改"}},
            "意见 3（必改）已改写，随您的决定一并送达部门",
        ),
        (
            "remove_remark", State.FINANCE_REVIEW, {"said": {"number": 3, "must": True, "text": "请改"}},
            "意见 3（必改）已删除，没有送达部门。原文：请改",
        ),
        ("draft_review", State.FINANCE_REVIEW, {"said": {"missing": []}}, "评审表已保存，各项都已填好"),
        (
            "draft_review", State.FINANCE_REVIEW, {"said": {"missing": ["完整性的意见", "相关性的意见"]}},
            "评审表已保存，还缺：完整性的意见、相关性的意见",
        ),
    ],
)  # fmt: skip
def test_a_line_says_what_happened_and_what_comes_next(act: str, state: State, given: Any, line: str) -> None:
    assert said(act, state, **given) == line


def test_every_event_that_people_fire_has_its_line() -> None:
    assert {name for name, event in EVENTS.items() if event.roles != {CLOCK}} <= set(WORDS)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ((), ""),
        (("甲",), " 甲 "),
        (("甲", "乙", "丙"), " 甲、乙、丙 "),
        (("甲", "乙", "丙", "丁"), " 甲、乙、丙 等 4 人"),
    ],
)
def test_of_many_people_the_first_are_named(people: tuple[str, ...], words: str) -> None:
    assert names(people) == words


def test_who_holds_a_role_over_a_department_is_found_by_name(app: Flask) -> None:
    world = factories.world()
    found = holders(db.session(), world.table().department, world.clock.at)
    assert [one.name for one in found[Role.REVIEWER]] == ["水利厅兼任", "水利厅审核乙", "水利厅审核甲"]
    assert [one.person_id for one in found[Role.OFFICER]] == [world.own.officer]
    assert [one.person_id for one in found[Role.MANAGER]] == [world.manager]


def test_who_has_left_or_belongs_to_the_department_is_not_counted_on(app: Flask) -> None:
    world, session = factories.world(), db.session()
    session.get_one(Person, world.own.reviewer).disabled_at = world.clock.at
    session.query(Appointment).filter_by(person_id=world.own.both).update({"ends_on": date(2019, 11, 1)})
    of_its_own = {"role": Role.OFFICER, "region_id": world.region_id, "department_id": world.own.id}
    session.add(Appointment(person_id=world.own.editor, starts_on=date(2019, 1, 1), **of_its_own))
    session.commit()
    found = holders(session, world.table().department, world.clock.at)
    assert [one.person_id for one in found[Role.REVIEWER]] == [world.own.second_reviewer]
    assert world.own.editor not in {one.person_id for one in found[Role.OFFICER]}
    assert set(found) == OF_THE_DEPARTMENT | {Role.OFFICER, Role.MANAGER}
