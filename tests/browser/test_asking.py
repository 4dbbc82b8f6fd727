"""申请延期 in a browser: a late department asks, is refused, asks again with a better reason, and goes on."""

from datetime import date

from playwright.sync_api import expect

from config.database import db
from tests.browser.conftest import House


def test_a_late_department_asks_is_refused_asks_again_and_is_granted(house: House) -> None:
    world = house.world
    with house.app.app_context():
        world.fill()
        db.session.remove()
    house.at(date(2019, 12, 9))
    editor, manager = house.somebody(world.own.editor), house.somebody(world.manager)

    page = editor.open("/")
    page.get_by_role("link", name="申请延期…").first.click()
    page.get_by_label("想延到").fill("2019-12-13")
    expect(page.get_by_text("还有 4 个工作日")).to_be_visible()
    page.get_by_label("申请理由").fill("忙")
    house.picture(editor, "ask-extension")
    assert editor.violations() == []
    page.get_by_role("button", name="申请延期：目标编报").click()
    expect(page.get_by_text("已申请延期：")).to_be_focused()
    house.picture(editor, "asked")
    assert editor.violations() == []

    there = manager.open("/worklist")
    house.picture(manager, "worklist-requests")
    assert manager.violations() == []
    there.get_by_role("link", name="不同意…").click()
    there.get_by_label("理由", exact=True).fill("没有说明原因")
    house.picture(manager, "refuse-extension")
    assert manager.violations() == []
    there.get_by_role("button", name="不同意延期：").click()
    expect(there.get_by_text("已答复不同意延期：")).to_be_visible()

    page = editor.open("/")
    expect(page.get_by_text("上次申请没有同意，理由：没有说明原因")).to_be_visible()
    house.picture(editor, "desk-refused")
    page.get_by_role("link", name="申请延期…").first.click()
    page.get_by_label("想延到").fill("2019-12-13")
    page.get_by_label("申请理由").fill("主管处室合并，预算数要重核")
    page.get_by_role("button", name="申请延期：目标编报").click()

    there = manager.open("/")
    there.get_by_role("link", name="批准或不同意…").first.click()
    expect(there.get_by_text("主管处室合并，预算数要重核")).to_be_visible()
    there.get_by_label("新的截止日期").fill("2019-12-11")
    there.get_by_label("理由", exact=True).fill("两天够用")
    house.picture(manager, "grant-extension")
    assert manager.violations() == []
    there.get_by_role("button", name="延期：水利厅").click()

    page = editor.open(f"/tables/{world.own.table_id}")
    expect(page.get_by_text("已批准，延到 12-11 周三 24:00")).to_be_visible()
    expect(page.get_by_role("link", name="送审")).to_be_visible()
    house.picture(editor, "granted")


def test_several_requests_are_granted_together_by_keyboard(house: House) -> None:
    world = house.world
    house.at(date(2019, 12, 9))
    with house.app.app_context():
        for office in (world.own, world.neighbour):
            own, world.own = world.own, office
            world.asks_for_time(date(2019, 12, 13))
            world.own = own
        db.session.remove()
    manager = house.somebody(world.manager)
    page = manager.open("/cycle")
    panel = page.locator("form[aria-labelledby=asked-title]")
    for box in panel.get_by_role("checkbox").all():
        box.focus()
        page.keyboard.press("Space")
    house.picture(manager, "cycle-requests")
    assert manager.violations() == []
    panel.get_by_label("批准的理由").fill("全省系统停机两天")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已批准 2 张，跳过 0 张")).to_be_visible()
