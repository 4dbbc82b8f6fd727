"""A manager enters the notice of holidays for 2027: what was assumed becomes certain, and moves."""

from datetime import date

import pytest
from playwright.sync_api import expect

from config.database import db
from tests.browser.conftest import House
from workflow.states import Stage

pytestmark = pytest.mark.usefixtures("published_until_2026")
WHY = "2027 年节假日安排尚未公布，按周一至周五推算"
NOTICE = "元旦：1月1日（周五）至3日（周日）放假，共3天。1月9日（周六）上班。"


def test_a_manager_enters_a_notice_and_what_was_assumed_becomes_certain_and_moves(house: House) -> None:
    with house.app.app_context():
        house.world.set_window(Stage.ENTRY, date(2026, 12, 1), date(2027, 1, 13))
        db.session.remove()
    house.at(date(2027, 1, 4))
    editor, manager = house.somebody(house.world.own.editor), house.somebody(house.world.manager)
    expect(editor.page.locator(".notice-assumed")).to_contain_text(WHY)
    expect(editor.page.locator(".thing").first).to_contain_text("剩 7 个工作日 暂定")
    assert editor.violations() == []
    house.picture(editor, "calendar-desk")
    for path in ("/worklist", "/reminders"):
        expect(manager.open(path).locator(".notice-assumed")).to_contain_text(WHY)
        assert manager.violations() == []
        house.picture(manager, f"calendar{path.replace('/', '-')}")

    page = manager.open("/cycle")
    expect(page.locator(".notice-assumed")).to_contain_text(WHY)
    assert manager.violations() == []
    house.picture(manager, "calendar-cycle")
    page.locator("#main, main").get_by_role("link", name="工作日历", exact=True).click()
    expect(page.get_by_role("row", name="2027 暂定")).to_contain_text(WHY)
    page.get_by_label("来源").fill("国办发明电〔2026〕7 号")
    page.get_by_label("放假和上班的日子").fill("2027-01-04 班")
    house.picture(manager, "calendar-empty")
    manager.press("看看会变什么…")
    expect(page.get_by_role("alert")).to_contain_text("第 1 行：2027-01-04 是周一，本来就上班")
    expect(page.get_by_label("放假和上班的日子")).to_have_value("2027-01-04 班")
    assert manager.violations() == []
    house.picture(manager, "calendar-refused")
    page.get_by_label("放假和上班的日子").fill(NOTICE)
    manager.press("看看会变什么…")
    preview = page.get_by_role("region", name="登记前先看")
    expect(preview).to_contain_text("提前 3 个工作日 01-08 → 01-09")
    expect(preview).to_contain_text("01-09 周六：放假（暂定） → 上班")
    assert manager.violations() == []
    house.picture(manager, "calendar-preview")
    for width in (400, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="登记 2027 年安排").press("Enter")
    page.wait_for_load_state()
    expect(page.locator("body")).to_contain_text("2027 年的节假日安排已登记")
    expect(page.get_by_role("row", name="2027 确定")).to_contain_text("国办发明电〔2026〕7 号 · 第 1 版")
    assert manager.violations() == []
    house.picture(manager, "calendar-entered")

    editor.open("/")
    expect(editor.page.locator(".thing").first).to_contain_text("剩 8 个工作日")
    assert not editor.reads("暂定")
    page = manager.open("/reminders")
    expect(page.locator(".notice-assumed")).to_have_count(0)
    coming = page.locator("tr.coming")
    assert coming.count() > 0
    assert "暂定" not in "".join(coming.all_inner_texts())
    expect(page.get_by_role("row", name="01-09 周六").first).to_be_visible()
    house.picture(manager, "calendar-reminders-after")
