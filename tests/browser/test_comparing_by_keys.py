"""The comparison read with the keyboard: from change to change, with a list of the keys that can be switched off."""

import pytest
from playwright.sync_api import Page, expect

from config.database import db
from tests.browser.conftest import House
from workflow import loading
from workflow.states import State

CHANGED = (("annual_goal", "保障全省供水安全，完成八项工程。"), ("indicators[5].target_raw", "≥85%"))


@pytest.fixture
def comparison(house: House) -> Page:
    """The two revisions of a table that came back from a return, on the officer's screen."""
    world = house.world
    with house.app.app_context():
        world.bring_to(State.FINANCE_REVIEW)
        world.moved("return", world.own.officer)
        seen = loading.sheet_edit(db.session(), world.table())
        world.recorded("edit_sheet", world.own.editor, seen=seen, changes=[list(each) for each in CHANGED])
        world.moved("submit", world.own.editor)
        db.session.remove()
    return house.somebody(world.own.officer).open(f"/tables/{world.own.table_id}/compare/1/2")


def place(page: Page) -> str:
    """Which change one is on, as the page says."""
    return page.locator("[data-keys-place]").inner_text()


def focused(page: Page) -> str:
    """What stands where the cursor is."""
    return str(page.evaluate("document.activeElement.innerText"))


def test_n_and_p_lead_from_change_to_change_and_stop_at_the_ends(comparison: Page) -> None:
    comparison.keyboard.press("n")
    assert (place(comparison), "年度履职目标" in focused(comparison)) == ("1/2", True)
    comparison.keyboard.press("n")
    assert (place(comparison), "预算执行率" in focused(comparison)) == ("2/2", True)
    comparison.keyboard.press("n")
    assert place(comparison) == "2/2"
    comparison.keyboard.press("p")
    assert place(comparison) == "1/2"


def test_a_question_mark_lists_the_keys_and_escape_leads_back(comparison: Page) -> None:
    comparison.keyboard.press("?")
    keys = comparison.get_by_role("dialog", name="快捷键")
    expect(keys).to_contain_text("N 下一处变化")
    comparison.keyboard.press("n")  # the list is being read: nothing moves behind it
    comparison.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert place(comparison) == ""
    comparison.get_by_role("button", name="快捷键").click()
    expect(keys).to_be_visible()


def test_keys_are_off_while_choosing_and_with_control(comparison: Page) -> None:
    comparison.get_by_label("旧版次").focus()
    comparison.keyboard.press("n")
    assert place(comparison) == ""
    comparison.get_by_label("旧版次").blur()
    comparison.keyboard.press("Control+p")
    assert place(comparison) == ""


def test_keys_can_be_switched_off_in_this_browser(comparison: Page) -> None:
    comparison.keyboard.press("?")
    comparison.get_by_label("在这个浏览器里使用单键快捷键").uncheck()
    comparison.keyboard.press("Escape")
    comparison.reload()
    comparison.keyboard.press("n")
    comparison.keyboard.press("?")
    expect(comparison.get_by_role("dialog", name="快捷键")).to_be_hidden()
    assert place(comparison) == ""
    comparison.get_by_role("button", name="快捷键").click()
    comparison.get_by_label("在这个浏览器里使用单键快捷键").check()
    comparison.keyboard.press("Escape")
    comparison.keyboard.press("n")
    assert place(comparison) == "1/2"
