"""An administrator hands out a first password: shown once, copied with one press."""

from playwright.sync_api import expect

from tests.browser.conftest import House


def test_a_first_password_is_copied_with_one_press(house: House) -> None:
    page = house.somebody(house.world.administrator).open("/people/new")
    page.get_by_label("姓名").fill("木子林")
    page.locator("#login").fill("muzi")
    page.get_by_role("button", name="新建账号").click()
    secret = page.locator("#secret").inner_text()
    page.get_by_role("button", name="复制初始密码").click()
    expect(page.get_by_text("已复制")).to_be_visible()
    page.get_by_role("link", name="记下了，去登记任职").click()
    page.locator("#email").click()
    page.keyboard.press("Control+v")
    expect(page.locator("#email")).to_have_value(secret)
