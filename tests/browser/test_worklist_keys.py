"""The worklist by single keys: row to row, choose, open, the batch verb; and nothing of it while typing."""

import pytest
from playwright.sync_api import Page, expect

from config.database import db
from tests.browser.conftest import House
from tests.factories import full_review
from workflow.states import State


@pytest.fixture
def worklist(house: House) -> Page:
    """The manager's list: one table with the bureau, one with its department."""
    with house.app.app_context():
        house.world.bring_to(State.FINANCE_REVIEW)
        db.session.remove()
    return house.somebody(house.world.manager).open("/worklist")


def place(page: Page) -> str:
    """Which row one is on, as the page says."""
    return page.locator("[data-keys-place]").inner_text()


def chosen(page: Page) -> int:
    """How many rows are ticked."""
    return page.locator(".pick input:checked").count()


def test_j_and_k_lead_from_row_to_row_and_x_chooses_the_row(worklist: Page) -> None:
    worklist.keyboard.press("j")
    worklist.keyboard.press("j")
    assert place(worklist) == "2/2"
    worklist.keyboard.press("x")
    assert chosen(worklist) == 1
    expect(worklist.locator("tr.row-chosen")).to_contain_text("林业局")
    expect(worklist.get_by_text("已选 1 张")).to_be_visible()
    worklist.keyboard.press("k")
    worklist.keyboard.press("x")
    assert (place(worklist), chosen(worklist)) == ("1/2", 2)
    worklist.keyboard.press("x")
    assert chosen(worklist) == 1


def test_o_opens_the_table_of_the_row(worklist: Page, house: House) -> None:
    worklist.keyboard.press("j")
    worklist.keyboard.press("o")
    worklist.wait_for_url(f"{house.address}/tables/{house.world.own.table_id}")


def test_a_leads_to_what_may_be_done_with_the_choice_and_does_nothing_yet(worklist: Page) -> None:
    for key in ("j", "x", "j", "x", "a"):
        worklist.keyboard.press(key)
    expect(worklist.get_by_role("heading", name="选中的 2 张")).to_be_visible()
    expect(worklist.get_by_role("button", name="催办 1 张")).to_be_visible()
    worklist.get_by_role("button", name="催办 1 张").click()
    expect(worklist.get_by_text("已催办 1 张，跳过 0 张")).to_be_visible()


def test_keys_rest_while_typing(worklist: Page) -> None:
    worklist.keyboard.press("/")
    worklist.keyboard.type("jxa?")
    expect(worklist.get_by_label("部门", exact=True)).to_have_value("jxa?")
    assert (chosen(worklist), place(worklist)) == (0, "")


def test_the_list_of_keys_opens_and_switches_them_off_in_this_browser(worklist: Page) -> None:
    worklist.keyboard.press("?")
    keys = worklist.get_by_role("dialog", name="快捷键")
    for words in ("J 下一行", "K 上一行", "O 打开", "X 选中", "A 催办选中的表", "/ 查部门"):
        expect(keys).to_contain_text(words)
    keys.get_by_label("在这个浏览器里使用单键快捷键").uncheck()
    keys.get_by_role("button", name="关闭列表").click()
    worklist.reload()
    worklist.keyboard.press("j")
    assert place(worklist) == ""
    worklist.get_by_role("button", name="快捷键").click()
    expect(keys).to_be_visible()


def test_what_may_be_done_and_the_list_of_keys_are_accessible(house: House) -> None:
    world = house.world
    with house.app.app_context():
        world.bring_to(State.FINANCE_REVIEW)
        given = {"review": full_review(), "grade": "良", "opinion": "同意", "revision": world.table().latest_revision}
        world.recorded("draft_review", world.own.officer, **given)
        db.session.remove()
    officer = house.somebody(world.own.officer)
    page = officer.open("/worklist?pick=ready")
    page.keyboard.press("?")
    assert officer.violations() == []
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="批复 1 张")).to_be_visible()
    assert officer.violations() == []
    house.picture(officer, "chosen")
    page.get_by_role("button", name="批复 1 张").click()
    expect(page.get_by_text("已批复 1 张，跳过 0 张")).to_be_visible()
    assert officer.violations() == []
