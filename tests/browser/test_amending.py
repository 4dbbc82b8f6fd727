"""协商修改 in a browser: the text of the chosen place is there at once, and the cursor stays where it was."""

import pytest
from playwright.sync_api import Page, expect

from config.database import db
from tests.browser.conftest import House
from workflow.states import State


@pytest.fixture
def amending(house: House) -> Page:
    """The form at its officer's screen, begun from the sixth row of the review."""
    world = house.world
    with house.app.app_context():
        world.bring_to(State.FINANCE_REVIEW)
        db.session.remove()
    officer = house.somebody(world.own.officer)
    officer.open(f"/tables/{world.own.table_id}/review")
    house.picture(officer, "review-with-links")
    officer.page.get_by_role("link", name="协商修改这一行：第 6 行").click()
    expect(officer.page.get_by_role("heading", level=1)).to_contain_text("协商修改")
    house.picture(officer, "amend-row")
    assert officer.violations() == []
    return officer.page


def test_a_row_of_the_review_opens_its_own_places_with_their_texts(amending: Page) -> None:
    expect(amending.get_by_label("第 4 处 改成")).to_have_value("≥90%")
    assert amending.locator("option[value^='tasks']").count() == 0


def test_choosing_a_place_brings_its_text_at_once_and_what_was_typed_stays(amending: Page) -> None:
    amending.get_by_role("link", name="列出全部位置").click()
    amending.get_by_label("第 2 处 理由").fill("写了一半")
    place = amending.get_by_label("第 1 处 位置")
    place.focus()
    place.select_option(value="indicators[5].target_raw")
    expect(amending.get_by_label("第 1 处 改成")).to_have_value("≥90%")
    expect(place).to_be_focused()
    expect(amending.get_by_label("第 2 处 理由")).to_have_value("写了一半")
    place.select_option(value="annual_goal")
    expect(amending.get_by_label("第 1 处 改成")).not_to_have_value("≥90%")


def test_places_are_found_by_typing(amending: Page) -> None:
    amending.get_by_role("link", name="列出全部位置").click()
    amending.get_by_label("找位置").press_sequentially("预算执行率")
    expect(amending.locator("#path-1 option[value='annual_goal']")).to_have_count(0)
    expect(amending.locator("#path-1 option[value='indicators[5].target_raw']")).to_have_count(1)
    expect(amending.get_by_label("找位置")).to_be_focused()


def test_the_reviewer_declines_with_a_reason_beside_what_was_proposed(house: House) -> None:
    world = house.world
    with house.app.app_context():
        world.bring_to(State.FINANCE_REVIEW).moved("amend", world.own.officer)
        db.session.remove()
    reviewer = house.somebody(world.own.reviewer)
    page = reviewer.open(f"/tables/{world.own.table_id}/do/accept_amendment")
    page.locator("form.panel").get_by_role("link", name="不接受修改…").click()
    expect(page.get_by_text("保障全省供水安全。")).to_be_visible()
    assert reviewer.violations() == []
    house.picture(reviewer, "decline")
    page.get_by_label("不接受的理由").fill("灌区改造今年没有资金")
    page.get_by_role("button", name="不接受修改：").click()
    expect(page.get_by_text("已告知不接受修改")).to_be_focused()
