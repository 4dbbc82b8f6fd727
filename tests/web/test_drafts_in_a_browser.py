"""In a real browser: what was typed into a form outlives the session, and is offered back after signing in again."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from config.database import db
from tests import factories
from tests.factories import World
from tests.web.conftest import PASSWORD, let_in, put_clock
from tests.web.test_filling_in_a_browser import PATIENCE, address, patient  # noqa: F401 - fixtures
from workflow.models import IndicatorResult, ProjectReport, Remark
from workflow.states import State

Opened = Callable[[int, str], Page]


@pytest.fixture
def world(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    made = factories.world()
    put_clock(monkeypatch, made.clock)
    return made


@pytest.fixture
def opened(address: str, chromium: Browser) -> Iterator[Opened]:  # noqa: F811 - the fixture above
    """Opens a page at which somebody signs in first."""
    context = chromium.new_context(base_url=address, viewport={"width": 1366, "height": 768})
    page, errors = context.new_page(), []
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: errors.append(str(error)))

    def at(person_id: int, there: str) -> Page:
        page.goto(f"/sign-in?next={there}")
        sign_in(page, let_in(person_id))
        return page

    yield at
    assert errors == []
    context.close()


def sign_in(page: Page, login: str) -> None:
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#page-title")
    page.wait_for_load_state()  # its scripts have run


def offer(page: Page):
    return page.locator(".draft-offer")


def test_a_monitoring_report_is_offered_back_and_then_reported(world: World, opened: Opened) -> None:
    world.bring_to(State.MONITORING)
    project = factories.project_ids(world.own.table_id)["P1"]
    page = opened(world.own.editor, f"/tables/{world.own.table_id}/monitoring/reports/{project}")
    expect(offer(page)).to_be_hidden()
    page.context.clear_cookies()  # from here on nothing reaches the server
    page.get_by_label("已执行").fill("61.5")
    page.get_by_label("第 1 行 指标").fill("堤防加固完成率")
    page.get_by_label("第 1 行 至今完成").fill("40%")
    page.get_by_label("第 1 行 能否完成").select_option("不能")
    page.get_by_label("第 1 行 偏差原因").select_option("经费")
    page.get_by_label("第 1 行 原因说明").fill("资金六月才到位，前期工作推迟。")
    page.get_by_label("第 1 行 改进措施").fill("下半年加快招标。")
    page.get_by_label("已执行").focus()
    expect(page.locator("#draft-state")).to_contain_text("登录已过期，文字留在本机")
    page.get_by_role("button", name="填报：项目1").click()
    expect(page.get_by_label("密码", exact=True)).to_be_visible()
    sign_in(page, let_in(world.own.editor))
    expect(page.get_by_label("已执行")).to_have_value("")  # it is offered, not put in behind one's back
    offer(page).get_by_role("button", name="放回格里").click()
    expect(page.get_by_label("第 1 行 原因说明")).to_have_value("资金六月才到位，前期工作推迟。")
    page.get_by_role("button", name="填报：项目1").click()
    expect(page.get_by_text("已填报：项目1")).to_be_visible()
    db.session().rollback()
    report = db.session().query(ProjectReport).one()
    assert (report.executed, report.indicators[0]["deviation"]) == (61_500_000, "经费")
    page.goto(f"/tables/{world.own.table_id}/monitoring/reports/{project}")
    expect(offer(page)).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_report_is_kept_as_it_is_written_and_says_what_is_missing(world: World, opened: Opened) -> None:
    world.bring_to(State.MONITORING)
    project = factories.project_ids(world.own.table_id)["P1"]
    page = opened(world.own.editor, path := f"/tables/{world.own.table_id}/monitoring/reports/{project}")
    state = page.locator("#draft-state")
    expect(state).to_contain_text("还差 2 处才能填报")
    page.get_by_label("已执行").fill("61.5")
    expect(state).to_contain_text("未保存")
    page.keyboard.press("Tab")
    expect(state).to_contain_text("存的草稿，还没有填报")
    expect(state).to_contain_text("还差 1 处才能填报")
    page.get_by_label("第 1 行 指标").fill("堤防加固完成率")
    page.get_by_label("第 1 行 至今完成").fill("100%")
    page.keyboard.press("Tab")
    expect(state).to_contain_text("已经填全，可以填报")
    assert page.evaluate("Object.keys(localStorage)") == []
    page.goto(path)
    expect(offer(page)).to_be_hidden()
    expect(page.get_by_label("已执行")).to_have_value("61.5")
    page.get_by_role("button", name="填报：项目1").click()
    expect(page.get_by_text("已填报：项目1")).to_be_visible()


def test_a_report_that_was_refused_is_still_kept(world: World, opened: Opened) -> None:
    world.bring_to(State.MONITORING)
    project = factories.project_ids(world.own.table_id)["P1"]
    page = opened(world.own.editor, path := f"/tables/{world.own.table_id}/monitoring/reports/{project}")
    page.route("**/draft", lambda route: route.abort())  # what the server did not get either
    page.get_by_label("已执行").fill("约六十")
    page.get_by_role("button", name="填报：项目1").click()
    expect(page.locator("#wrong-executed")).to_contain_text("不是数字")
    page.goto(path)
    offer(page).get_by_role("button", name="放回格里").click()
    expect(page.get_by_label("已执行")).to_have_value("约六十")


def test_a_text_for_which_there_is_no_cell_any_more_is_shown_all_the_same(world: World, opened: Opened) -> None:
    world.bring_to(State.MONITORING)
    project = factories.project_ids(world.own.table_id)["P1"]
    page = opened(world.own.editor, path := f"/tables/{world.own.table_id}/monitoring/reports/{project}")
    page.route("**/draft", lambda route: route.abort())
    page.get_by_label("第 2 行 原因说明").fill("写在第二行的话")
    page.evaluate(
        "const name = Object.keys(localStorage)[0];"
        "localStorage.setItem(name, localStorage.getItem(name).replace('why-1', 'why-9'))"
    )
    page.goto(path)
    expect(offer(page)).to_contain_text("写在第二行的话")
    expect(offer(page).get_by_role("button", name="放回格里")).to_be_hidden()
    offer(page).get_by_role("button", name="不要了").click()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_self_evaluation_is_offered_back_and_saved_as_it_is_put_in(world: World, opened: Opened) -> None:
    world.bring_to(State.SELF_EVALUATION)
    world.clock.on(date(factories.YEAR + 1, 2, 1))
    page = opened(world.own.editor, f"/tables/{world.own.table_id}/evaluation")
    page.context.clear_cookies()
    page.get_by_label("第 2 行 原因或说明").fill("专家评议通过，纪要附后。")
    page.keyboard.press("Tab")
    expect(page.locator("#state-2")).to_contain_text("登录已过期，文字留在本机")
    page.locator("#state-2").get_by_role("link", name="去登录").click()
    sign_in(page, let_in(world.own.editor))
    expect(offer(page).get_by_role("button", name="放回格里")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("第 2 行 原因或说明")).to_have_value("专家评议通过，纪要附后。")
    expect(page.get_by_label("第 2 行 原因或说明")).to_be_focused()
    page.get_by_label("第 2 行 实际").fill("100")
    page.keyboard.press("Tab")
    expect(page.locator("#state-2")).to_contain_text("已保存")
    db.session().rollback()
    assert db.session().query(IndicatorResult).one().reason == "专家评议通过，纪要附后。"
    page.reload()
    expect(offer(page)).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage)") == []


@pytest.mark.parametrize("where", ["", "/fill"])
def test_an_answer_to_a_remark_is_offered_back(world: World, opened: Opened, where: str) -> None:
    world.bring_to(State.INTERNAL_REVIEW)
    for text in ("请写明数量", "请写明口径"):
        world.recorded("remark", world.own.reviewer, must=True, path="annual_goal", text=text)
    world.moved("send_back", world.own.reviewer)
    page = opened(world.own.editor, f"/tables/{world.own.table_id}{where}")
    second = page.locator("form.answer").nth(1)
    second.get_by_label("不采纳，因为").check()
    second.locator("textarea").fill("口径已由省里统一规定。")
    page.context.clear_cookies()
    second.get_by_role("button", name="答复意见 2").click()
    sign_in(page, let_in(world.own.editor))
    second = page.locator("form.answer").nth(1)
    expect(page.locator("form.answer").nth(0).locator(".draft-offer")).to_be_hidden()
    second.get_by_role("button", name="放回格里").click()
    second.get_by_role("button", name="答复意见 2").click()
    expect(page.get_by_text("已答复意见 2")).to_be_visible()
    db.session().rollback()
    answered = db.session().query(Remark).filter_by(number=2).one()
    assert (answered.answer, answered.answer_text) == ("declined", "口径已由省里统一规定。")
    assert page.evaluate("Object.keys(localStorage)") == []
