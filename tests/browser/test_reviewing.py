"""The review in a browser: where the focus goes, what a chosen grade makes primary, what no mistake can send."""

import re
import time
from datetime import date

import pytest
from playwright.sync_api import Page, Route, expect

from config.database import db
from tests.browser.conftest import House, Somebody
from workflow.states import State


@pytest.fixture
def review(house: House) -> Page:
    """A table at the bureau, on its officer's screen, one click from the table's page."""
    world = house.world
    with house.app.app_context():
        world.bring_to(State.FINANCE_REVIEW)
        db.session.remove()
    officer = house.somebody(world.own.officer)
    officer.open(f"/tables/{world.own.table_id}")
    officer.page.locator("#actions").get_by_role("link", name="审核").click()
    expect(officer.page.get_by_role("heading", level=1)).to_contain_text("审核：水利厅")
    house.picture(officer, "review-empty")
    return officer.page


def focused(page: Page, what: str = "id") -> str:
    """An attribute of what has the focus."""
    return str(page.evaluate(f"document.activeElement.getAttribute('{what}')"))


def test_the_refused_review_puts_the_focus_on_the_first_fault_and_its_links_lead_to_the_others(review: Page) -> None:
    review.locator("label.grade", has_text="良").click()
    review.get_by_role("button", name="批复…", exact=True).click()
    expect(review.get_by_role("alert")).to_be_visible()
    assert focused(review, "name") == "point-规范完整"
    review.get_by_role("link", name="完整性的意见").click()
    assert focused(review) == "opinion-完整性"
    review.get_by_role("link", name="相关性·指标科学").click()
    assert focused(review, "name") == "point-指标科学"
    review.get_by_role("link", name="总体意见不能为空").click()
    assert focused(review) == "opinion"


def test_the_return_of_a_self_evaluation_begins_where_it_is_written_and_is_refused_where_it_lacks(house: House) -> None:
    world = house.world
    with house.app.app_context():
        world.bring_to(State.EVALUATION_REVIEW)
        db.session.remove()
    page = house.somebody(world.own.officer).open(f"/tables/{world.own.table_id}/evaluation-review")
    page.get_by_role("link", name="退回自评").click()
    expect(page.locator("#opinion")).to_be_focused()
    page.keyboard.type("请核对实际值")
    page.locator("#until").evaluate("field => field.form.noValidate = true")
    page.get_by_role("button", name="退回自评").click()
    expect(page.locator("#until")).to_be_focused()
    expect(page.locator("#until-wrong")).to_be_visible()
    expect(page.locator("#opinion")).to_have_value("请核对实际值")


def test_sending_back_inside_is_refused_where_it_lacks(house: House) -> None:
    world = house.world
    with house.app.app_context():
        world.bring_to(State.INTERNAL_REVIEW)
        db.session.remove()
    page = house.somebody(world.own.reviewer).open(f"/tables/{world.own.table_id}/internal-review")
    page.get_by_role("button", name="内审退回").click()
    expect(page.locator("#opinion")).to_be_focused()
    page.keyboard.type("请补充口径")
    page.get_by_role("button", name="内审退回").click()
    expect(page.locator("#until")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_visible()


def test_what_was_wrong_with_a_field_goes_once_it_is_filled_in_and_the_summary_stays(review: Page) -> None:
    review.get_by_role("button", name="退回…", exact=True).click()
    wrong = review.locator(".lacks")
    before = wrong.count()
    review.get_by_label("完整性的意见").fill("条目齐全")
    review.get_by_label("总体意见").fill("请按意见修改")
    review.locator("label.grade", has_text="中").click()
    review.locator("label[for='规范完整-中']").click()
    expect(wrong).to_have_count(before - 4)
    expect(review.locator("#opinion")).not_to_have_attribute("aria-invalid", "true")
    expect(review.get_by_role("alert")).to_contain_text("总体意见不能为空")


def test_on_a_telephone_what_can_be_done_stays_in_reach(house: House) -> None:
    world = house.world
    with house.app.app_context():
        world.bring_to(State.FINANCE_REVIEW)
        db.session.remove()
    page = house.somebody(world.own.officer, width=400).open(f"/tables/{world.own.table_id}/review")
    bar = page.locator(".actions .can")
    for place in (0, 1500, 3000):
        page.evaluate(f"scrollTo(0, {place})")
        box = bar.bounding_box()
        assert box is not None
        assert (round(box["y"] + box["height"]), box["height"] <= 60) == (768, True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_text("表格比屏幕宽，可左右滑动").last).to_be_visible()
    sheet, box = page.locator("#sheet").bounding_box(), bar.bounding_box()
    assert sheet is not None
    assert box is not None
    assert sheet["y"] + sheet["height"] <= box["y"]  # at the end it covers nothing


def test_the_chosen_grade_makes_its_decision_primary_and_shows_its_steps(review: Page) -> None:
    approve = review.get_by_role("button", name="批复…", exact=True)
    back = review.get_by_role("button", name="退回…", exact=True)
    expect(approve).to_have_class("secondary")
    expect(back).to_have_class("secondary")
    review.locator("label.grade", has_text="良").click()
    expect(approve).to_have_class("primary")
    expect(review.get_by_text("选“良”会发生什么")).to_be_visible()
    expect(review.get_by_text("要小改的，先协商修改")).to_be_visible()
    review.locator("label.grade", has_text="差").click()
    expect(approve).to_have_class("secondary")
    expect(back).to_have_class("primary")
    expect(review.get_by_text("不能进入下一步预算安排")).to_be_visible()
    expect(review.get_by_text("选“良”会发生什么")).to_be_hidden()


def test_a_remark_is_not_sent_before_its_kind_and_place_are_chosen(review: Page) -> None:
    form = review.locator("#remark-form")
    form.get_by_label("意见", exact=True).fill("请写明数量")
    form.get_by_role("button", name="写下意见").click()
    expect(review.get_by_text("还没有人提意见")).to_be_visible()
    form.get_by_label("位置").select_option(label="全表")
    form.get_by_label("建议").check()
    form.get_by_role("button", name="写下意见").click()
    expect(review.locator("#remark-1")).to_contain_text("意见 1（建议）")
    expect(form.get_by_label("位置")).to_have_value("")
    expect(form.get_by_label("建议")).not_to_be_checked()
    expect(form.get_by_label("必改")).not_to_be_checked()


def test_writing_a_remark_loses_nothing_that_stands_in_the_review(review: Page) -> None:
    review.locator("label.grade", has_text="中").click()
    review.get_by_label("完整性的意见").fill("条目齐全")
    review.get_by_label("总体意见").fill("写了一半的意见")
    form = review.locator("#remark-form")
    form.get_by_label("位置").select_option(label="全表")
    form.get_by_label("必改").check()
    form.get_by_label("意见", exact=True).fill("请写明数量")
    form.get_by_role("button", name="写下意见").click()
    expect(review.locator("#remark-1")).to_be_visible()
    expect(review.get_by_label("总体意见")).to_have_value("写了一半的意见")
    expect(review.get_by_label("完整性的意见")).to_have_value("条目齐全")
    expect(review.get_by_role("button", name="退回…", exact=True)).to_have_class("primary")
    expect(review.locator("#save-state")).to_have_text(re.compile("已保存|上次保存"))  # by this page, or the one before


def come_late(route: Route) -> None:
    """The next page is made at once, and arrives once the page before it had the time to save."""
    made = route.fetch()
    time.sleep(4)
    route.fulfill(response=made)


@pytest.mark.parametrize("leave", ["link", "slow link", "reload", "close"])
def test_who_leaves_while_typing_finds_all_of_it_again(review: Page, leave: str) -> None:
    review.locator("label.grade", has_text="中").click()
    review.locator("#until").fill("2026-12-18")
    review.locator("#opinion").press_sequentially("写了一半的总体意见")
    here, page = review.url, review
    if leave == "slow link":  # what is saved meanwhile is not on a page that was made before
        review.route("**/review?place=*", come_late)
    if "link" in leave:
        review.get_by_role("link", name="对这一处提意见：年度履职目标").click()
        review.wait_for_url("**place=annual_goal**")
    elif leave == "reload":
        review.reload()
    else:  # another tab, so that it is offered and not put in behind one's back
        page = review.context.new_page()
        review.close()
        page.goto(here)
        page.get_by_role("button", name="放回格里").click()
    expect(page.locator("#opinion")).to_have_value("写了一半的总体意见")
    expect(page.locator("#until")).to_have_value("2026-12-18")
    expect(page.get_by_role("radio", name="中", exact=True).last).to_be_checked()
    expect(page.get_by_role("button", name="退回…", exact=True)).to_have_class("primary")
    expect(page.get_by_text("已保存")).to_be_visible()
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.goto(here)
    expect(page.locator("#opinion")).to_have_value("写了一半的总体意见")
    expect(page.locator("#until")).to_have_value("2026-12-18")


def test_writing_a_remark_loses_nothing_of_an_internal_review(house: House) -> None:
    world = house.world
    house.at(date(2019, 11, 6))
    with house.app.app_context():
        world.bring_to(State.INTERNAL_REVIEW)
        db.session.remove()
    page = house.somebody(world.own.reviewer).open(f"/tables/{world.own.table_id}/internal-review")
    page.locator("#opinion").fill("有一处请核对")
    page.get_by_role("button", name="写下意见").click()  # refused by the browser: nothing was chosen
    form = page.locator("#remark-form")
    form.get_by_label("位置").select_option(label="全表")
    form.get_by_label("建议").check()
    form.get_by_label("意见", exact=True).fill("请写明数量")
    form.get_by_role("button", name="写下意见").click()
    expect(page.locator("#remark-1")).to_be_visible()
    expect(page.locator("#opinion")).to_have_value("有一处请核对")
    page.reload()
    expect(page.locator("#opinion")).to_have_value("有一处请核对")  # until it is sent, however often one leaves
    page.get_by_role("button", name="内审通过").click()
    expect(page.locator("#page-title")).to_contain_text("绩效目标表")
    assert page.evaluate("Object.keys(localStorage)") == []


def test_endorsing_asks_for_nothing_that_belongs_to_sending_back(house: House) -> None:
    world = house.world
    house.at(date(2019, 11, 6))
    with house.app.app_context():
        world.bring_to(State.INTERNAL_REVIEW)
        db.session.remove()
    page = house.somebody(world.own.reviewer).open(f"/tables/{world.own.table_id}/internal-review")
    until = page.locator("#until")
    assert until.get_attribute("max")
    until.fill("2099-12-31")
    page.get_by_role("button", name="内审退回").click()
    assert until.evaluate("field => !field.validity.valid")  # the browser kept it from being sent
    expect(page).to_have_url(f"{house.address}/tables/{world.own.table_id}/internal-review")
    page.get_by_role("button", name="内审通过").click()
    expect(page.locator("#page-title")).to_contain_text("绩效目标表")


def test_the_question_is_answered_by_one_enter_or_left_with_all_that_was_typed(house: House, review: Page) -> None:
    for group in review.locator(".steps").all():
        group.locator("label", has_text="良").click()
    for field in review.locator("input[name^='opinion-']").all():
        field.fill("基本符合要求")
    review.locator("label.grade", has_text="良").click()
    review.get_by_label("总体意见").fill("同意批复。")
    review.get_by_role("button", name="批复…", exact=True).click()
    confirm = review.get_by_role("button", name="批复这张表")
    expect(confirm).to_be_focused()
    officer = Somebody(review, house.address)
    assert officer.violations() == []
    house.picture(officer, "question")
    review.get_by_role("link", name="返回修改").click()
    expect(review.get_by_label("总体意见")).to_have_value("同意批复。")
    expect(review.get_by_label("可行性的意见")).to_have_value("基本符合要求")
    review.get_by_label("总体意见").fill("同意批复，注意进度。")
    review.get_by_role("button", name="批复…", exact=True).click()
    expect(review.get_by_text("同意批复，注意进度。")).to_be_visible()
    review.keyboard.press("Enter")
    expect(review.get_by_text("已批复：水利厅")).to_be_visible()
