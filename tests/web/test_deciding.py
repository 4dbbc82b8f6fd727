"""Where somebody decides: the review, the forms of events, what stands on the table's page, and what is said after."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Person
from config.database import db
from ledger.models import Entry
from tests.web.test_bureau import LATER, Office, carried_by, filled, text_of
from workflow import loading
from workflow.models import Remark, Review
from workflow.review import why_not_rewritten
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
    assert "意见 1（建议）" in text_of(html)
    assert f'href="{office.table}/fill#remark-1">去答复</a>' in html
    assert re.search(r'提示</span> <a href="[^"]*#indicators\[22\][^"]*">第 23 行', html)


def test_what_stands_against_submitting_is_told_with_the_way_to_it_and_nothing_is_primary(office: Office) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, must=True, path="", text="请改")
    world.moved("send_back", world.own.reviewer)
    html = office.enter(world.own.editor).get(f"{office.table}/do/submit")
    assert re.search(rf'意见 1（必改）还没有答复。 <a href="{office.table}#remarks-title">去看</a>', summary(html))
    assert "primary" not in html[html.index("<form") :]


@pytest.mark.parametrize(
    ("event", "who", "why"),
    [
        ("withdraw", "editor", "对方已经开始写意见，不能再撤回"),
        ("endorse", "editor", "内审通过由部门审核人办理"),
        ("recall", "reviewer", "现在是“部门内审”"),
        ("void", "officer", "作废由绩效处管理人办理"),
    ],
)
def test_an_event_that_cannot_be_is_told_with_its_reason_and_offers_no_button(
    event: str, who: str, why: str, office: Office
) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, must=False, path="", text="看一下")
    html = office.enter(getattr(world.own, who)).get(f"{office.table}/do/{event}")
    assert why in text_of(summary(html))
    form = html[html.index('<form class="panel') :]
    assert "<button" not in form
    assert "<textarea" not in form
    assert f'<a href="{office.table}">回到表</a>' in form


def test_an_event_refused_by_the_time_it_was_sent_keeps_what_was_typed_and_offers_no_button(office: Office) -> None:
    world = office.world.bring_to(State.EVALUATION_REVIEW)
    page = f"{office.table}/do/return_evaluation"
    seen = world.table().version
    world.moved("accept_evaluation", world.own.officer)
    answer = office.enter(world.own.officer).post(
        page, page, version=seen, opinion="请补充数据来源", until="2021-02-15"
    )
    assert answer.status_code == 409
    assert "您写的意见没有送出：请补充数据来源" in text_of(answer.text)
    assert "<button" not in answer.text[answer.text.index('<form class="panel') :]


def test_an_amendment_is_declined_with_a_reason_on_a_page_of_its_own(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    page = f"{office.table}/decline-amendment"
    accepting = office.enter(world.own.reviewer).get(f"{office.table}/do/accept_amendment")
    assert f'<a href="{page}">不接受修改…</a>' in accepting
    empty = office.post(page, page, reason=" ")
    assert (empty.status_code, "理由不能为空" in empty.text) == (422, True)
    assert office.post(page, page, reason="灌区改造今年没有资金").status_code == 303
    assert "由 水利厅专管 再协商修改或退回" in text_of(office.get(office.table))
    again = office.get(page)
    assert "已不接受修改：水利厅。现在是“财政审核”，由 水利厅专管 审核" in text_of(again)
    assert "<textarea" not in again
    review = text_of(office.enter(world.own.officer).get(f"{office.table}/review"))
    assert "部门不接受修改：灌区改造今年没有资金" in review
    assert "批复 部门不接受修改：灌区改造今年没有资金。请再协商修改，或退回" in review
    assert "部门不接受修改" in text_of(office.get("/worklist"))


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


# The review


def lacking(html: str) -> dict[str, str]:
    """What is marked as missing beside its field, by the field's id."""
    return dict(re.findall(r'<span class="lacks" id="([^"]+)-wrong">([^<]+)</span>', html))


def summary(html: str) -> str:
    """The error summary on top."""
    return html[html.index('<div class="summary"') : html.index("</ul>", html.index('<div class="summary"'))]


def test_each_missing_part_of_a_review_is_marked_beside_itself_and_linked_from_the_summary(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    form = filled("良", opinion="") | {"point-规范完整": "", "opinion-可行性": ""}
    answer = office.enter(office.world.own.officer).post(page, page, do="approve", **form)
    assert answer.status_code == 422
    assert lacking(answer.text) == {
        "规范完整-优": "还没有评",
        "opinion-可行性": "还没有写",
        "opinion": "总体意见不能为空",
    }
    top = summary(answer.text)
    assert "data-focus" in top
    assert '<a href="#规范完整-优">完整性·规范完整</a>' in top
    assert '<a href="#opinion-可行性">可行性的意见</a>' in top
    assert '<a href="#opinion">总体意见不能为空</a>' in top


def test_a_decision_without_the_grade_it_needs_says_so_beside_the_grades(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    office.enter(office.world.own.officer)
    assert lacking(office.post(page, page, do="approve", **filled("中")).text)["grade-1"].startswith("批复要评")
    assert set(lacking(office.post(page, page, do="return", **filled("优")).text)) == {"grade-1", "until"}


def test_a_tampered_review_comes_back_without_falling(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    office.enter(office.world.own.officer)
    assert office.post(page, page, do="approve", **filled("良") | {"point-规范完整": "好"}).status_code == 422


def test_what_a_decision_needs_is_marked_before_anything_is_refused(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    html = office.enter(office.world.own.officer).get(f"{office.table}/review")
    asked_for = re.findall(r'<legend>\w+ <span class="must-word">(.*?)</span></legend>', html)
    assert asked_for == ["两点各评一级，并写一句意见"] * 4 + ["必填"]
    assert not lacking(html)


# The question


def asked(office: Office, event: str, **typed: str) -> str:
    """The address of the question after the review was filled in."""
    page = f"{office.table}/review"
    answer = office.enter(office.world.own.officer).post(page, page, do=event, **typed)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_an_approval_is_asked_about_once_more_and_nothing_has_happened_yet(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=False, path="", text="任务可再细分")
    html = office.get(asked(office, "approve", remarks="1", **filled("良")))
    page = text_of(html)
    assert "批复以后不能收回，要改只能走目标调整" in page
    assert re.search(r"版次 1，第 1 轮.*评级良.*预算总额[\d,.]+ 万元.*未答复意见 1（建议） 全表 任务可再细分", page)
    assert "一经批复，这张表（预算 2,000.0 万元）就是 2020 年度的目标，以后只能走目标调整。" in page
    assert "通知发给 水利厅兼任、水利厅填报乙、水利厅填报甲 等 5 人" in page
    assert '<button class="primary" autofocus>批复这张表</button>' in html
    assert f'href="{office.table}/review">返回修改</a>' in html
    assert world.state() is State.FINANCE_REVIEW


def test_a_return_says_its_deadline_in_words_with_its_working_days(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.world.clock.on(date(2019, 11, 27))
    page = text_of(office.get(asked(office, "return", until="2019-12-04", **filled("中"))))
    assert "12-04 周三 24:00 前，共 5 个工作日" in page
    assert "退回以后不能收回" in page
    assert "成为第 2 轮" in page


def test_everything_typed_is_kept_on_the_way_back(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    typed = filled("中", opinion="产出指标偏少", until="2019-12-16") | {"opinion-可行性": "条件基本具备"}
    question = office.get(asked(office, "return", **typed))
    back = re.search(r'href="([^"]+)">返回修改', question)
    assert back is not None
    html = office.get(back[1])
    assert "产出指标偏少" in html
    assert 'value="条件基本具备"' in html
    assert 'value="2019-12-16"' in html
    assert re.search(r'value="中" checked', html)


def test_what_is_confirmed_is_what_was_shown(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    question = asked(office, "approve", **filled("良"))
    carried = carried_by(office.get(question))
    world.recorded("draft_review", world.own.officer, revision=1, grade="优", opinion="又想了想")
    assert office.browser.post(question, data=carried).status_code == 303
    assert (office.row(Review).grade, office.row(Review).opinion) == ("良", filled("良")["opinion"])


def test_a_question_answered_twice_decides_once(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    question = asked(office, "approve", **filled("良"))
    carried = carried_by(office.get(question))
    answers = [office.browser.post(question, data=carried) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, office.table)] * 2
    approvals = db.session().query(Entry).filter_by(act="approve", chain=f"table:{world.own.table_id}").count()
    assert approvals == 1


@pytest.mark.parametrize(
    ("meanwhile", "status", "words"),
    [
        ("remark", 422, "您打开页面之后又有新的意见 1（建议），请看过再决定"),
        ("amend", 303, ""),
        ("return", 303, ""),
    ],
)
def test_what_changes_before_the_question_is_seen_is_told_instead_of_asking(
    meanwhile: str, status: int, words: str, office: Office
) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    question = asked(office, "approve", **filled("良"))
    if meanwhile == "remark":
        world.recorded("remark", world.own.officer, must=False, path="", text="又想到一点")
    else:
        world.moved(meanwhile, world.own.officer)
    answer = office.browser.get(question)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert "批复这张表" not in answer.text


def test_what_changes_while_the_question_is_open_is_refused_with_all_that_was_typed(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    question = asked(office, "approve", **filled("良", opinion="同意批复，注意进度"))
    carried = carried_by(office.get(question))
    world.recorded("remark", world.own.officer, must=True, path="", text="又想到一点")
    answer = office.browser.post(question, data=carried)
    assert answer.status_code == 422
    assert "请看过再决定" in summary(answer.text)
    assert "同意批复，注意进度" in answer.text
    assert world.state() is State.FINANCE_REVIEW


def test_an_incomplete_review_is_told_before_anything_is_asked_or_saved(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    office.enter(world.own.officer)
    assert office.post(page, page, do="approve", **filled("良", opinion="")).status_code == 422
    assert db.session().query(Review).count() == 0


def test_going_to_the_question_again_writes_nothing_new(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    for _time in range(3):
        asked(office, "approve", **filled("良"))
    assert db.session().query(Entry).filter_by(act="draft_review", chain=f"table:{world.own.table_id}").count() == 1


def test_only_what_cannot_be_taken_back_is_asked_about(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(office.world.own.officer)
    for event in ("endorse", "amend", "submit", "save"):
        assert office.browser.get(f"{office.table}/review/{event}").status_code == 404


def test_voiding_says_that_it_cannot_be_undone(office: Office) -> None:
    page = office.enter(office.world.manager).get(f"{office.table}/do/void")
    assert "作废以后不能恢复" in page


def decisions(html: str) -> dict[str, str]:
    """The buttons that decide, with their kind."""
    return {
        do: kind for kind, do in re.findall(r'<button class="(\w+)" form="review-form" name="do" value="(\w+)"', html)
    }


@pytest.mark.parametrize(
    ("grade", "primary"), [("优", "approve"), ("良", "approve"), ("中", "return"), ("差", "return")]
)
def test_nothing_is_primary_before_a_grade_and_then_what_the_grade_leads_to(
    grade: str, primary: str, office: Office
) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    office.enter(world.own.officer)
    assert "primary" not in decisions(office.get(page)).values()
    world.recorded("draft_review", world.own.officer, revision=1, grade=grade)
    assert [do for do, kind in decisions(office.get(page)).items() if kind == "primary"] == [primary]


def test_the_effect_of_each_grade_is_told_in_steps_for_this_table(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page = text_of(office.enter(world.own.officer).get(f"{office.table}/review"))
    assert "改动成为版次 2，由部门审核人 水利厅兼任、水利厅审核乙、水利厅审核甲 接受" in page
    assert "一经批复，这张表（预算 2,000.0 万元）就是 2020 年度的目标，以后只能走目标调整" in page
    assert "成为第 2 轮，再由您审核" in page
    world.moved("amend", world.own.officer)
    assert "协商修改 1 处（版次 2）正等部门审核人" in text_of(office.get(f"{office.table}/review"))
    world.moved("accept_amendment", world.own.reviewer)
    accepted = text_of(office.get(f"{office.table}/review"))
    assert "协商修改 1 处已由部门接受（版次 2），可以直接批复" in accepted
    assert "要小改的" not in accepted


def test_a_remark_on_a_row_is_written_there_and_keeps_the_reader_there(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    html = office.enter(world.own.officer).get(page)
    assert 'href="?place=indicators%5B3%5D#indicators[3]"' in html
    assert "remark-in-row" not in html
    row = office.get(f"{page}?place=indicators%5B3%5D").split('id="indicators[3]"')[1].split("</tr>")[0]
    assert "remark-in-row" in row
    sent = {"must": "yes", "path": "indicators[3]", "text": "请写明数量", "stay": "yes"}
    answer = office.post(f"{office.table}/remarks", page, **sent)
    assert answer.location.replace("%5B", "[").replace("%5D", "]") == f"{page}?written=1#indicators[3]"
    row = office.get(answer.location).split('id="indicators[3]"')[1].split("</tr>")[0]
    assert "已写下：意见 1（必改） 请写明数量" in text_of(row)


def test_an_officers_own_amendment_is_no_answer_of_the_department(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=False, path="indicators[3].target_raw", text="请核对")
    world.moved("return", world.own.officer)
    world.recorded("answer_remark", world.own.editor, number=1, answer="declined", text="已核对")
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    office.enter(world.own.officer)
    world.moved("amend", world.own.officer)
    page = office.get(f"{office.table}/review")
    panel = page.split('id="changes-title"')[1].split("</section>")[0]
    assert "不采纳：已核对" in text_of(panel)
    assert "<del>" not in panel
    assert 'id="amendment-title"' in page


@pytest.mark.parametrize("page", ["internal-review", "review"])
def test_a_remark_has_no_kind_and_no_place_until_somebody_chooses(page: str, office: Office) -> None:
    internal = page == "internal-review"
    world = office.world.bring_to(State.INTERNAL_REVIEW if internal else State.FINANCE_REVIEW)
    office.enter(world.own.reviewer if internal else world.own.officer)
    sent = {"must": "yes", "path": "annual_goal", "text": "请写明数量"}
    assert office.post(f"{office.table}/remarks", f"{office.table}/{page}", **sent).status_code == 303
    html = office.get(f"{office.table}/{page}")
    form = html[html.index('id="remark-form"') :]
    form = form[: form.index("</form>")]
    assert " checked" not in form
    assert " selected" not in form
    assert "意见 1（必改）已写下" in html
    refused = office.post(f"{office.table}/remarks", f"{office.table}/{page}", text="再看一处")
    assert refused.status_code == 422
    assert '<a href="#remark-place">要选意见写在哪一处' in summary(refused.text)
    assert '<a href="#remark-must">要选这条意见是必改还是建议' in summary(refused.text)
    assert "再看一处" in refused.text
    assert len(db.session().scalars(select(Remark)).all()) == 1


def test_a_remark_on_the_whole_table_is_chosen_as_such(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(office.world.own.officer)
    office.post(f"{office.table}/remarks", f"{office.table}/review", must="no", path="*", text="整体可以")
    assert (office.row(Remark).path, office.row(Remark).must) == ("", False)


def test_an_answer_that_changed_nothing_is_warned_of_beside_it(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    for path in ("annual_goal", "indicators[21]", "tasks[0].content"):
        world.recorded("remark", world.own.officer, must=True, path=path, text=f"请改 {path}")
    world.moved("return", world.own.officer)
    seen = loading.sheet_edit(db.session(), world.table())
    changes = [["annual_goal", "保障全省供水安全，完成八项工程。"]]
    world.recorded("edit_sheet", world.own.editor, seen=seen, changes=changes)
    for number in (1, 2, 3):
        world.recorded("answer_remark", world.own.editor, number=number, answer="changed", text="已改")
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    html = office.enter(world.own.officer).get(f"{office.table}/review")
    warned = {n: re.search(r"部门答复“已改”，但\w+没有变化", part) for n, part in remarks_shown(html).items()}
    assert {number: found and found[0] for number, found in warned.items()} == {
        "1": None,
        "2": "部门答复“已改”，但这一行没有变化",
        "3": "部门答复“已改”，但这一格没有变化",
    }
    assert "答复已改而没有变化 2" in text_of(html)


def test_what_was_answered_without_a_change_stands_among_the_changes_and_answers(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    for path in ("annual_goal", "indicators[21]", ""):
        world.recorded("remark", world.own.officer, must=True, path=path, text=f"请改 {path}")
    world.moved("return", world.own.officer)
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("edit_sheet", world.own.editor, seen=seen, changes=[["annual_goal", "完成八项工程。"]])
    world.recorded("answer_remark", world.own.editor, number=1, answer="changed", text="")
    for number in (2, 3):
        world.recorded("answer_remark", world.own.editor, number=number, answer="declined", text=f"按表样{number}")
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    html = office.enter(world.own.officer).get(f"{office.table}/review")
    panel = text_of(html.split('id="changes-title"')[1].split("</section>")[0])
    assert "退回后的变化与答复 3" in panel
    assert "部门：不采纳，内容没有变化" in panel
    assert panel.count("不采纳：按表样2") == panel.count("不采纳：按表样3") == 1


def remarks_shown(html: str) -> dict[str, str]:
    """The remarks of a page in their order, by number."""
    return dict(re.findall(r'<li class="remark" id="remark-(\d+)">(.*?)</li>', html, re.DOTALL))


def test_remarks_stand_open_first_then_musts_then_in_the_order_of_the_form(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    made = [
        (False, "annual_goal"), (True, "indicators[10]"), (True, "indicators[2].definition"), (True, "indicators[2]"),
        (True, "budget.total"), (False, ""), (True, "tasks[0]"),
    ]  # fmt: skip
    for must, path in made:
        world.recorded("remark", world.own.officer, must=must, path=path, text="请改")
    world.moved("return", world.own.officer)
    world.recorded("answer_remark", world.own.editor, number=7, answer="declined", text="按表样")
    html = office.enter(world.own.editor).get(office.table)
    assert list(remarks_shown(html)) == ["5", "4", "3", "2", "6", "1", "7"]


def test_a_remark_of_ones_own_is_taken_back_by_a_button_until_a_decision_delivers_it(office: Office) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, must=False, path="annual_goal", text="再具体些")
    world.moved("endorse", world.own.reviewer)
    world.clock.at += timedelta(hours=1)
    world.recorded("remark", world.own.officer, must=True, path="", text="写错了的意见")
    page, remove = f"{office.table}/review", f"{office.table}/remarks/{{}}/remove"
    html = office.enter(world.own.officer).get(page)
    assert re.findall(r'aria-label="删除意见 (\d+)（必改）">删除</button>', html) == ["2"]
    assert office.post(remove.format(2), page).status_code == 303
    assert "意见 2（必改）已删除，没有送达部门。原文：写错了的意见" in office.get(page)
    refused = office.post(remove.format(1), page)
    assert refused.status_code == 422
    assert "这条意见不是您写的，由写的人改或删" in refused.text
    assert office.row(Remark).text == "再具体些"


def test_a_remark_of_ones_own_is_rewritten_and_keeps_its_number_until_a_decision_delivers_it(office: Office) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, must=False, path="annual_goal", text="再具体些")
    world.moved("endorse", world.own.reviewer)
    world.clock.at += timedelta(hours=1)
    world.recorded("remark", world.own.officer, must=True, path="annual_goal", text="写错了的意见")
    world.recorded("remark", world.own.officer, must=False, path="", text="另一条")
    page, rewrite = f"{office.table}/review", f"{office.table}/remarks/{{}}/rewrite"
    html = office.enter(world.own.officer).get(page)
    assert re.findall(r'action="[^"]*/remarks/(\d+)/rewrite"', html) == ["2", "3"]
    assert office.post(rewrite.format(2), page, must="no", text="请写明服务人数").status_code == 303
    assert "意见 2（建议）已改写，随您的决定一并送达部门" in office.get(page)
    remarks = {one.number: (one.must, one.path, one.text) for one in db.session.scalars(select(Remark))}
    assert remarks[2] == (False, "annual_goal", "请写明服务人数")
    entry = db.session.scalars(select(Entry).where(Entry.act == "rewrite_remark")).one()
    assert "写错了的意见" in entry.body
    for number, text, words in (
        (2, "请写明服务人数", "意见 2（建议）没有改动"), (3, " ", "意见不能为空"), (1, "不是我的", "由写的人改或删"),
    ):  # fmt: skip
        refused = office.post(rewrite.format(number), page, must="no", rewriting=str(number), text=text)
        assert refused.status_code == 422
        assert words in refused.text
    world.moved("return", world.own.officer)
    assert office.post(rewrite.format(2), "/worklist", must="no", text="太晚了").status_code in {409, 422}


@pytest.mark.parametrize(
    ("person", "answered", "delivered", "words"),
    [
        (1, False, False, None),
        (2, False, False, "这条意见不是您写的，由写的人改或删"),
        (1, True, False, "这条意见已经送达部门，不能再改，也不能再删"),
        (1, False, True, "这条意见已经送达部门，不能再改，也不能再删"),
    ],
)
def test_what_was_delivered_is_answered_and_never_deleted(
    person: int, answered: bool, delivered: bool, words: str | None
) -> None:
    assert why_not_rewritten(person, 1, answered=answered, delivered=delivered) == words


# Where one is


@pytest.mark.parametrize(
    ("who", "path", "stop", "kind"),
    [
        ("officer", "/worklist", "审核清单", "page"),
        ("officer", "", "审核清单", "true"),
        ("officer", "/review", "审核清单", "true"),
        ("reviewer", "/decline-amendment", "绩效目标表", "true"),
        ("officer", "/amend", "审核清单", "true"),
        ("officer", "/compare/1/2", "审核清单", "true"),
        ("officer", "/do/accept_amendment", "审核清单", "true"),
        ("editor", "", "绩效目标表", "true"),
        ("editor", "/compare/1/2", "绩效目标表", "true"),
        ("editor", "/fill", "绩效目标表", "true"),
        ("editor", "/monitoring", "运行监控", "true"),
        ("manager", "/extend", "年度与窗口", "true"),
        ("manager", "/urge", "审核清单", "true"),
    ],
)
def test_the_bar_shows_which_part_a_page_belongs_to(who: str, path: str, stop: str, kind: str, office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    office.enter(world.manager if who == "manager" else getattr(world.own, who))
    html = office.get(path if path == "/worklist" else f"{office.table}{path}")
    nav = html[html.index('<nav class="stops"') : html.index("</nav>")]
    assert re.findall(r'aria-current="(\w+)">([^<]+)<', nav) == [(kind, stop)]


def test_the_review_of_an_evaluation_belongs_to_the_evaluations(office: Office) -> None:
    world = office.world.bring_to(State.EVALUATION_REVIEW)
    html = office.enter(world.own.officer).get(f"{office.table}/evaluation-review")
    assert 'aria-current="true">自评复核' in html


def test_a_remark_on_one_amount_is_marked_beside_that_amount(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    for path in ("budget", "budget.by_source", "budget.by_use.project"):
        world.recorded("remark", world.own.officer, must=False, path=path, text="请核对")
    html = office.enter(world.own.officer).get(f"{office.table}/review").split('id="sheet"')[1]
    rows = [row for row in html.split("</tr>") if 'class="amount"' in row]
    assert [re.findall(r'href="#remark-(\d)"', row) for row in rows] == [["1"], ["2"], [], [], ["3"]]


def test_the_question_of_a_return_says_which_row_each_open_remark_is_about(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=True, path="indicators[5].target_raw", text="请核对")
    world.recorded("remark", world.own.officer, must=False, path="", text="整体可以")
    page = f"{office.table}/review"
    question = office.enter(world.own.officer).post(page, page, do="return", until=LATER, **filled("中"))
    said = text_of(office.get(question.location))
    assert re.search(r"意见 1（必改） 第 6 行 \S+ 指标值 请核对", said)
    assert "意见 2（建议） 全表 整体可以" in said


def test_a_deleted_remark_is_told_at_the_top_and_one_begun_in_a_row_can_be_given_up(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.clock.at += timedelta(minutes=10)
    world.recorded("remark", world.own.officer, must=False, path="", text="写错了")
    page = f"{office.table}/review"
    office.enter(world.own.officer)
    assert office.post(f"{office.table}/remarks/1/remove", page).location == page
    row = office.get(f"{page}?place=indicators%5B3%5D").split('id="indicators[3]"')[1].split("</tr>")[0]
    assert f'<a href="{page}#indicators[3]">取消</a>' in row
    assert "autofocus data-focus" in row
