"""A workbook, a PDF and last year's table become the sheet, at the screen: read, compared, confirmed, submitted."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from config.database import db
from forms.document import squeezed
from tests.browser.conftest import House, Somebody
from tests.web.test_import_beside import file_of, printed
from workflow.states import State


def read_in(house: House, somebody: Somebody, file: Path) -> None:
    somebody.open(f"/tables/{house.world.own.table_id}/import")
    somebody.page.set_input_files("#file", file)
    somebody.press("读入并核对")


@pytest.mark.parametrize("script", [True, False])
def test_a_workbook_is_compared_confirmed_and_submitted(house: House, tmp_path: Path, script: bool) -> None:
    house.at(date(2019, 11, 5))
    editor = house.somebody(house.world.own.editor, script=script)
    file = tmp_path / "目标表.xlsx"
    file.write_bytes(file_of(house.world, "xlsx"))
    read_in(house, editor, file)
    house.picture(editor, f"import-read-{script}")
    page = editor.page
    link = page.locator("#annual_goal .to-original")
    there = link.get_attribute("href")
    assert there is not None
    link.click()
    marked = page.locator(f"[id='{there.removeprefix('#')}']")
    expect(marked).to_be_in_viewport()
    assert marked.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    house.picture(editor, f"import-jumped-{script}")
    marked.locator(".to-read").first.click()
    expect(page.locator("#annual_goal")).to_be_in_viewport()
    page.locator(".sheets a").first.click()
    assert editor.reads("目录")
    if script:
        assert editor.violations() == []
    page.go_back()
    editor.press("用它替换现在的表")
    assert editor.reads("读自文件，请核对")
    house.picture(editor, f"fill-unsure-{script}")
    while page.locator("a:has-text('全部确认')").count():
        page.locator("a:has-text('全部确认')").first.click()
        page.wait_for_load_state()
        house.picture(editor, f"confirm-{script}")
        page.locator("button.primary").click()
        page.wait_for_load_state()
    assert not editor.reads("读自文件，请核对")
    with house.app.app_context():
        assert squeezed(house.world.goals().annual_goal) == squeezed(printed(house.world).annual_goal)
        db.session.remove()


def test_last_years_table_begins_this_years(house: House) -> None:
    with house.app.app_context():
        house.world.bring_to(State.APPROVED).open_next_year()
        db.session.remove()
    house.at(date(2020, 11, 5))
    editor = house.somebody(house.world.own.editor)
    editor.open(f"/tables/{house.world.own.table_id}/fill")
    house.picture(editor, "fill-empty")
    editor.press("从上一年度的表开始…")
    house.picture(editor, "last-year")
    editor.press("从上一年度的表开始")
    assert editor.reads("沿用上一年度")
    house.picture(editor, "fill-carried")
    goal = editor.page.locator("[name='annual_goal/text']")
    goal.fill("保障全省供水安全，新的一年。")
    goal.blur()
    expect(editor.page.locator("#n-annual_goal")).not_to_contain_text("沿用上一年度")
    assert editor.violations() == []
