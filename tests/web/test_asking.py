"""申请延期 on the pages: the department asks, the manager answers, both read what became of it."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from tests.web.test_bureau import Office, text_of
from workflow.models import Extension, ExtensionRequest
from workflow.states import State


@pytest.fixture
def office(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Two drafts on the Monday after their deadline, 6 December 2019."""
    made = Office(pages, monkeypatch)
    made.world.fill()
    made.world.clock.on(date(2019, 12, 9))
    return made


def asked(office: Office, reason: str = "主管处室合并") -> None:
    """The department asks until 13 December."""
    page = f"{office.table}/ask-extension"
    office.enter(office.world.own.editor)
    answer = office.post(page, page, stage="goal_entry", until="2019-12-13", reason=reason)
    assert answer.status_code == 303


def number() -> int:
    session = db.session()
    session.rollback()
    found = session.scalars(select(ExtensionRequest.id).order_by(ExtensionRequest.id.desc())).first()
    session.rollback()
    return found or 0


def test_a_late_department_finds_the_way_to_ask_on_its_desk_and_on_its_table(office: Office) -> None:
    office.enter(office.world.own.editor)
    for page in ("/", office.table):
        assert f'href="{office.table}/ask-extension"' in office.get(page)
    form = text_of(office.get(f"{office.table}/ask-extension"))
    assert "目标编报，截止 12-06 周五 24:00，逾期 1 个工作日" in form
    assert "答复以前截止日期不变" in form


def test_what_was_asked_stands_on_the_table_and_on_the_desk(office: Office) -> None:
    asked(office)
    table = text_of(office.get(office.table))
    assert "已申请延期：水利厅，目标编报延到 12-13（周五） 24:00" in table
    assert "等财政绩效处答复" in table
    desk = text_of(office.get("/"))
    assert "申请延到 12-13 周五，等答复" in desk
    assert "绩效处答复 2020年度绩效目标表的延期申请" in desk
    assert f'href="{office.table}/ask-extension"' not in office.get("/")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"until": "2019-12-13", "reason": " "}, "理由不能为空"),
        ({"until": "", "reason": "处室合并"}, "要写明想延到哪一天"),
        ({"until": "2019-12-06", "reason": "处室合并"}, "想延到的日期已经过去"),
    ],
)
def test_a_request_that_lacks_something_comes_back_with_what_was_typed(
    typed: dict[str, str], why: str, office: Office
) -> None:
    page = f"{office.table}/ask-extension"
    answer = office.enter(office.world.own.editor).post(page, page, stage="goal_entry", **typed)
    assert answer.status_code == 422
    assert why in answer.text
    assert f">{typed['reason'].strip()}" in answer.text
    assert f'value="{typed["until"]}"' in answer.text


def test_the_manager_reads_it_on_desk_worklist_year_and_table(office: Office) -> None:
    asked(office)
    office.enter(office.world.manager)
    assert "申请延到 12-13 周五，理由：主管处室合并" in text_of(office.get("/"))
    for page in ("/worklist", "/cycle"):
        shown = text_of(office.get(page))
        assert "等答复的延期申请 1 个" in shown
        assert "12-13 周五 多 5 个工作日" in shown
    office.enter(office.world.own.officer)
    assert "等答复的延期申请" not in office.get("/worklist")


def test_the_manager_grants_another_day_than_was_asked(office: Office) -> None:
    asked(office)
    page = f"{office.table}/extend"
    office.enter(office.world.manager)
    form = office.get(page)
    assert 'name="until" type="date" value="2019-12-13"' in form
    assert "主管处室合并" in form
    given = {"what": "goal_entry", "asked": "goal_entry", "request": number()}
    assert office.post(page, page, until="2019-12-11", reason="两天够用", **given).status_code == 303
    office.enter(office.world.own.editor)
    assert "已批准，延到 12-11 周三 24:00" in text_of(office.get(office.table))
    assert "批准到 12-11 周三" in text_of(office.get("/"))


def test_the_manager_says_why_not(office: Office) -> None:
    asked(office)
    page = f"{office.table}/requests/{number()}/refuse"
    office.enter(office.world.manager)
    empty = office.post(page, page, reason="")
    assert (empty.status_code, "理由不能为空" in empty.text) == (422, True)
    assert office.post(page, page, reason="已经延过一次").status_code == 303
    again = office.post(page, page, reason="再说一次")
    assert (again.status_code, "已经答复过" in again.text) == (422, True)
    office.enter(office.world.own.editor)
    for where in (office.table, "/"):
        assert "没有同意：已经延过一次" in text_of(office.get(where))


def test_another_tables_request_is_none_of_this_one(office: Office) -> None:
    asked(office)
    office.enter(office.world.manager)
    there = office.browser.get(f"/tables/{office.world.neighbour.table_id}/requests/{number()}/refuse")
    assert there.status_code == 404


def test_chosen_requests_are_granted_together_each_until_its_own_day(office: Office) -> None:
    world = office.world
    asked(office)
    first = f"{world.own.table_id}-{number()}"
    own, world.own = world.own, world.neighbour
    world.asks_for_time(date(2019, 12, 18))
    second = f"{world.own.table_id}-{number()}"
    world.own = own
    office.enter(world.manager)
    given = {f"wanted-{world.own.table_id}": "2019-12-13", f"wanted-{world.neighbour.table_id}": "2019-12-18"}
    answer = office.post("/cycle/requests/grant", "/cycle", request=[first, second], reason="同意", **given)
    assert "已批准 2 张，跳过 0 张" in text_of(answer.text)
    rows = db.session().execute(select(Extension.table_id, ExtensionRequest.until == Extension.until).join(
        ExtensionRequest, ExtensionRequest.table_id == Extension.table_id
    ))  # fmt: skip
    assert dict(rows.all()) == {world.own.table_id: True, world.neighbour.table_id: True}


def test_granting_together_says_what_is_missing_and_keeps_what_was_typed(office: Office) -> None:
    asked(office)
    office.enter(office.world.manager)
    none = office.post("/cycle/requests/grant", "/cycle", reason="同意")
    assert (none.status_code, "没有选中申请" in none.text, 'value="同意"' in none.text) == (422, True, True)
    chosen = f"{office.world.own.table_id}-{number()}"
    bare = office.post(
        "/cycle/requests/grant", "/cycle", request=chosen, **{f"wanted-{office.world.own.table_id}": "2019-12-13"}
    )
    assert (bare.status_code, "延期理由不能为空" in bare.text) == (422, True)
    assert f'value="{chosen}" aria-label="选中 水利厅" checked' in bare.text


def test_once_the_table_is_with_the_bureau_the_way_to_ask_is_gone(
    pages: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(pages, monkeypatch)
    office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(office.world.own.editor)
    assert "ask-extension" not in office.get(office.table)
    assert "现在是“财政审核”，不能申请延期" in text_of(office.get(f"{office.table}/ask-extension"))
