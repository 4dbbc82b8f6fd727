"""On a telephone: the head of a page leaves room for the page, and everything in it is in reach."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House

MOST = 64
"""Pixels that the head may take."""


def head_of(page: Page) -> float:
    """How high the head of a page is."""
    box = page.locator("header.bar").bounding_box()
    assert box is not None
    return box["height"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("who", ["editor", "head", "officer", "manager", "administrator"])
def test_the_head_takes_little_of_a_telephone_and_its_menu_holds_all_pages(
    who: str, script: bool, house: House
) -> None:
    house.at(date(2019, 11, 4))
    person = getattr(house.world.own, who, None) or getattr(house.world, who)
    somebody = house.somebody(person, width=400, script=script)
    page = somebody.page
    assert head_of(page) <= MOST
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()
    page.get_by_text("菜单").click()
    stops = page.get_by_role("navigation", name="主要页面").get_by_role("link")
    assert stops.count() >= 4 if who != "head" else stops.count() >= 3
    for stop in stops.all():
        box = stop.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= 400
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    if script:
        assert somebody.violations() == []
    stops.nth(1).click()
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()
    assert head_of(page) <= MOST
    page.get_by_text("菜单").click()
    house.picture(somebody, f"menu-{who}")


def test_the_menu_is_not_there_where_the_pages_have_room(house: House) -> None:
    page = house.somebody(house.world.own.editor).page
    expect(page.get_by_text("菜单")).to_be_hidden()
    expect(page.get_by_role("navigation", name="主要页面")).to_be_visible()
