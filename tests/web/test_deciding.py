"""Where somebody decides: the review, the forms of events, what stands on the table's page, and what is said after."""

import re
from datetime import date

import pytest
from flask import Flask

from accounts.models import Person
from config.database import db
from tests.web.test_bureau import Office, text_of
from workflow import loading
from workflow.states import State


@pytest.fixture
def office(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A world at the first morning of entry."""
    return Office(pages, monkeypatch)


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2019, 11, 25), "最晚 12-06 周五：这是财政的截止日期，再往后只有财政绩效处能按部门延期"),
        (date(2019, 12, 9), "最晚 12-16 周一：财政的截止日期已过，只能再开放 5 个工作日"),
    ],
)
def test_the_internal_review_says_until_when_it_may_send_back(on: date, words: str, office: Office) -> None:
    office.world.bring_to(State.INTERNAL_REVIEW)
    office.world.clock.on(on)
    assert words in office.enter(office.world.own.reviewer).get(f"{office.table}/internal-review")


# What the table's page offers


def offered(html: str) -> list[tuple[str, bool]]:
    """What stands in the bottom bar as possible: the words, and whether it is the primary button."""
    bar = html[html.index('<div class="can">') :]
    found = re.findall(r'<a class="(primary|secondary) button" href="[^"]*">([^<]*)</a>', bar)
    return [(words, kind == "primary") for kind, words in found]


@pytest.mark.parametrize(
    ("state", "who", "words", "address"),
    [
        (State.INTERNAL_REVIEW, "reviewer", "内审", "internal-review"),
        (State.FINANCE_REVIEW, "officer", "审核", "review"),
        (State.EVALUATION_REVIEW, "officer", "复核自评", "evaluation-review"),
    ],
)
def test_the_way_from_the_table_to_its_review_is_one_step(
    state: State, who: str, words: str, address: str, office: Office
) -> None:
    world = office.world.bring_to(state)
    html = office.enter(getattr(world.own, who)).get(office.table)
    assert offered(html)[0] == (words, True)
    assert f'href="{office.table}/{address}">{words}</a>' in html
    assert not {"批复", "退回", "内审通过", "内审退回", "复核通过"} & {each for each, _ in offered(html)}


def test_an_approval_is_decided_on_the_review_alone(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(office.world.own.officer)
    assert office.browser.get(f"{office.table}/do/approve").location == f"{office.table}/review"
    assert office.post(f"{office.table}/do/approve", office.table).status_code == 404


@pytest.mark.parametrize(
    ("state", "who", "undoing"),
    [
        (State.INTERNAL_REVIEW, "editor", "撤回送审"),
        (State.FINANCE_REVIEW, "reviewer", "撤回上报"),
        (State.APPROVED, "manager", "作废"),
    ],
)
def test_what_undoes_or_voids_stands_last_and_is_never_primary(
    state: State, who: str, undoing: str, office: Office
) -> None:
    world = office.world.bring_to(state)
    html = office.enter(world.manager if who == "manager" else getattr(world.own, who)).get(office.table)
    assert offered(html)[-1] == (undoing, False)


def test_submitting_comes_before_writing_on_once_nothing_stands_against_it(office: Office) -> None:
    office.world.bring_to(State.DRAFT)
    words = [each for each, _ in offered(office.enter(office.world.own.editor).get(office.table))]
    assert words[:2] == ["送审", "填报"]


# The forms of events


def test_submitting_says_who_receives_it_what_is_frozen_and_what_comes_next(office: Office) -> None:
    office.world.bring_to(State.DRAFT)
    page = text_of(office.enter(office.world.own.both).get(f"{office.table}/do/submit"))
    assert "现在的内容冻结为版次 1" in page
    assert "交给部门审核人 水利厅审核乙、水利厅审核甲 内审" in page  # not to oneself, who is a reviewer too
    assert "内审要在 12-06 周五 24:00 前通过" in page
    assert "检查没有提示，意见都已答复" in page


def test_submitting_warns_where_nobody_could_review_it(office: Office) -> None:
    world = office.world.bring_to(State.DRAFT)
    for reviewer in (world.own.reviewer, world.own.second_reviewer):
        db.session().get_one(Person, reviewer).disabled_at = world.clock.at
    db.session().commit()
    assert "没有人能内审" in office.enter(world.own.both).get(f"{office.table}/do/submit")


def test_submitting_lists_advice_that_is_still_open_with_the_way_to_it(office: Office) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, must=False, path="tasks[0]", text="任务可再细分")
    world.moved("send_back", world.own.reviewer)
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("edit_sheet", world.own.editor, seen=seen, changes=[["indicators[22].definition", ""]])
    html = office.enter(world.own.editor).get(f"{office.table}/do/submit")
    assert "建议 1" in text_of(html)
    assert f'href="{office.table}#remark-1">去答复</a>' in html
    assert re.search(r'提示</span> <a href="[^"]*#indicators\[22\][^"]*">第 23 行', html)


def test_an_amendment_is_seen_whole_before_it_is_accepted(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    html = office.enter(world.own.reviewer).get(f"{office.table}/do/accept_amendment")
    page = text_of(html)
    assert "水利厅专管 于 11-04 10:00 提议的修改，成为版次 2" in page
    assert re.search(
        r"年度履职目标.*完成年度水利工程建设任务.*保障全省供水安全。.*与预算不符的部分删去.*接受修改：水利厅", page
    )
    assert html.index("与预算不符的部分删去") < html.index('<button class="primary">接受修改')


IN_REVIEW = "由 水利厅兼任、水利厅审核乙、水利厅审核甲 内审，截至 12-06（周五）"
AGAIN = {"opinion": "请补充", "until": "2021-02-15"}


@pytest.mark.parametrize(
    ("state", "who", "event", "words", "sent"),
    [
        (State.DRAFT, "editor", "submit", f"已送审：水利厅，版次 1。现在是“部门内审”，{IN_REVIEW}", {}),
        (State.INTERNAL_REVIEW, "editor", "withdraw", "已撤回送审：水利厅。现在是“草拟”", {}),
        (State.FINANCE_REVIEW, "reviewer", "recall", "已撤回上报：水利厅。现在是“部门内审”", {}),
        (State.DRAFT, "manager", "void", "已作废：水利厅，内容和历史都保留", {"opinion": "机构合并"}),
        (State.EVALUATION_REVIEW, "officer", "accept_evaluation", "复核已通过：水利厅，现在是“已完成”", {}),
        (State.EVALUATION_REVIEW, "officer", "return_evaluation", "请在 02-15（周一） 24:00 前重新报送自评", AGAIN),
    ],
)
def test_after_an_event_the_line_says_where_the_table_is_now(
    state: State, who: str, event: str, words: str, sent: dict[str, str], office: Office
) -> None:
    world = office.world.bring_to(state)
    office.enter(world.manager if who == "manager" else getattr(world.own, who))
    page, seen = f"{office.table}/do/{event}", loading.sheet_edit(db.session(), world.table())
    assert office.post(page, page, sheet_edit=seen, **sent).status_code == 303
    html = office.get(office.table)
    assert words in text_of(html)
    assert re.search(r'class="notice notice-result" role="status" tabindex="-1" data-focus>', html)
