"""The grid in a real browser, by keyboard: saved as it is left, nothing lost without network or after signing out."""

import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from config.database import db
from tests.factories import World
from tests.web.conftest import PASSWORD, let_in
from tests.web.test_department import world  # noqa: F401 - a fixture
from web import answering
from workflow import loading

PATIENCE = 30_000
"""Milliseconds for a machine that does much else meanwhile; what is waited for ends the waiting."""


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """What is expected may take as long as what is done."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def address(pages: Flask) -> Iterator[str]:
    """The pages, served to this machine."""
    server = make_server("127.0.0.1", 0, pages, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def editing(world: World, address: str, chromium: Browser) -> Iterator[Page]:  # noqa: F811 - the fixture above
    """The grid of the department's draft, opened by its editor."""
    assert answering.now is world.clock
    context = chromium.new_context(base_url=address, viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.errors = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.errors.append(str(error)))  # type: ignore[attr-defined]
    sign_in(page, let_in(world.own.editor), f"/tables/{world.own.table_id}/fill")
    yield page
    assert page.errors == []  # type: ignore[attr-defined]
    context.close()


def sign_in(page: Page, login: str, there: str) -> None:
    page.goto(f"/sign-in?next={there}")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{there}")  # its scripts have run
    page.wait_for_selector("#fill")


def cell(page: Page, row: int, column: str):
    return page.get_by_label(f"第 {row} 行 {column}", exact=True)


def state_of(page: Page, row: int):
    return page.locator("tr", has=cell(page, row, "指标值")).locator(".save-state")


def test_enter_saves_the_row_and_leads_down(editing: Page, world: World) -> None:  # noqa: F811
    cell(editing, 22, "指标值").focus()
    editing.keyboard.press("Control+A")
    editing.keyboard.type("95")
    editing.keyboard.press("Enter")
    expect(cell(editing, 23, "指标值")).to_be_focused()
    expect(state_of(editing, 22)).to_have_text("已保存 10:00")
    expect(editing.locator("#progress .figure").first).to_contain_text("1")
    expect(editing.locator("#actions")).to_contain_text("没有单位")
    assert world.goals().indicators[21].target_raw == "95"


def test_escape_undoes_the_cell(editing: Page, world: World) -> None:  # noqa: F811
    cell(editing, 22, "指标值").focus()
    editing.keyboard.type("写错了")
    editing.keyboard.press("Escape")
    expect(cell(editing, 22, "指标值")).to_have_value("100%")
    editing.keyboard.press("Tab")
    assert world.goals().indicators[21].target_raw == "100%"


def test_without_network_the_text_stays_and_is_sent_when_the_page_is_opened_again(
    editing: Page,
    world: World,  # noqa: F811
) -> None:
    editing.context.set_offline(True)
    cell(editing, 23, "指标值说明").fill("问卷：满意样本数÷有效样本数")
    editing.keyboard.press("Tab")
    expect(state_of(editing, 23)).to_contain_text("未保存：断网，文字留在本机")
    editing.goto("about:blank")  # an open page would send it as soon as the network is back
    editing.context.set_offline(False)
    editing.goto(f"/tables/{world.own.table_id}/fill")
    expect(cell(editing, 23, "指标值说明")).to_have_value("问卷：满意样本数÷有效样本数")
    # Sent now, or already as the network came back: then the page that is opened has nothing to send.
    expect(state_of(editing, 23)).to_have_text(re.compile(r"^(已保存 10:00)?$"))
    assert world.goals().indicators[22].definition == "问卷：满意样本数÷有效样本数"


def test_after_signing_in_again_what_was_typed_is_back(editing: Page, world: World) -> None:  # noqa: F811
    editing.context.clear_cookies()
    editing.get_by_role("textbox", name="年度履职目标").fill("全年办成三件实事。")
    editing.keyboard.press("Tab")
    expect(editing.locator("#annual_goal .save-state")).to_contain_text("登录已过期，文字留在本机")
    sign_in(editing, let_in(world.own.editor), f"/tables/{world.own.table_id}/fill")
    expect(editing.locator("#annual_goal .save-state")).to_contain_text("已保存")
    assert world.goals().annual_goal == "全年办成三件实事。"


def test_who_signed_in_again_lands_on_the_row_that_was_typed_in_last(editing: Page, world: World) -> None:  # noqa: F811
    editing.context.clear_cookies()
    for row, column in ((23, "指标值说明"), (22, "指标值")):
        cell(editing, row, column).fill("96%")
        editing.keyboard.press("Tab")
        expect(state_of(editing, row)).to_contain_text("登录已过期")
    other = editing.context.new_page()  # in another tab
    sign_in(other, let_in(world.own.editor), f"/tables/{world.own.table_id}/fill")
    for page in (other, editing):
        if page is editing:
            other.close()
            cell(editing, 23, "指标值").fill("97%")
            editing.reload()
        last = cell(page, 23 if page is editing else 22, "指标值")
        expect(last).to_be_focused()
        expect(last).to_be_in_viewport(ratio=1)


def test_of_two_texts_for_one_row_a_person_chooses(editing: Page, world: World) -> None:  # noqa: F811
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("edit_sheet", world.own.second_editor, changes=[["indicators[21].target_raw", "97%"]], seen=seen)
    cell(editing, 22, "指标值").fill("60%")
    editing.keyboard.press("Tab")
    expect(state_of(editing, 22)).to_contain_text("已有别的改动")
    expect(editing.get_by_text("您看到之后 水利厅填报乙 10:00 改了这一行")).to_be_visible()
    expect(cell(editing, 22, "指标值")).to_have_class(re.compile("colleagues-cell"))
    expect(cell(editing, 22, "指标值说明")).not_to_have_class(re.compile("colleagues-cell"))
    assert world.goals().indicators[21].target_raw == "97%"
    editing.reload()  # opened again, the page asks again
    expect(cell(editing, 22, "指标值")).to_have_value("60%")
    expect(state_of(editing, 22)).to_contain_text("已有别的改动")
    assert world.goals().indicators[21].target_raw == "97%"
    editing.get_by_role("button", name="用表里的").click()
    expect(cell(editing, 22, "指标值")).to_have_value("97%")
    cell(editing, 22, "指标值").fill("61%")
    editing.keyboard.press("Tab")
    expect(state_of(editing, 22)).to_have_text("已保存 10:00")
    assert world.goals().indicators[21].target_raw == "61%"


def returned_with_a_must(world: World) -> None:  # noqa: F811
    world.moved("submit", world.own.editor)
    world.recorded("remark", world.own.reviewer, must=True, path="indicators[22].definition", text="请写明口径")
    world.moved("send_back", world.own.reviewer)


def test_a_link_to_a_remark_shows_remark_row_and_answer_together(editing: Page, world: World) -> None:  # noqa: F811
    returned_with_a_must(world)
    editing.goto("/")
    editing.get_by_role("link", name="去答复").click()
    for shown in (cell(editing, 23, "指标值说明"), editing.locator("#remark-1"), editing.locator("#answer-text-1")):
        expect(shown).to_be_in_viewport(ratio=1)
    editing.set_viewport_size({"width": 400, "height": 768})
    editing.goto("/")
    editing.get_by_role("link", name="去答复").click()
    for shown in (editing.locator("#now-1 .asked").last, editing.locator("#answer-text-1")):
        expect(shown).to_be_in_viewport(ratio=1)


def test_a_row_that_may_not_be_deleted_says_why_where_it_stands(editing: Page, world: World) -> None:  # noqa: F811
    returned_with_a_must(world)
    editing.goto(there := f"/tables/{world.own.table_id}/fill")
    editing.get_by_role("button", name="删除这一行：第 23 行").click()
    row = editing.locator("tr", has=cell(editing, 23, "指标值"))
    expect(row.locator(".notes .wrong")).to_have_text("没有删除：意见 1（必改）在这一行，先答复。 去答复意见 1（必改）")
    expect(row.locator(".save-state")).to_contain_text("没有删除")
    assert editing.url.endswith(there)
    row.get_by_role("link", name="去答复").click()
    expect(editing.locator("#answer-text-1")).to_be_in_viewport()
