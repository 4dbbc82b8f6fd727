"""What departments write: filling in row by row, importing, answering, the desk, the list, adjustments."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from config.database import db
from forms import cells, store
from forms.amounts import text_of as money_text
from forms.document import Document, differences, squeezed
from tests import factories
from tests.factories import World
from tests.forms import variants
from tests.web.conftest import key_of, let_in, sign_in
from web import answering
from web.department import adjusting, answers, desk, fill, importing, tables
from web.table import events, page, results
from workflow import cycle as cycles
from workflow import edits, loading
from workflow.models import Table
from workflow.states import Stage, State


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A department's draft, and pages that live by the world's clock."""
    made = factories.world().bring_to(State.DRAFT)
    for module in (answering, adjusting, answers, desk, fill, importing, tables, page, events, results):
        monkeypatch.setattr(module, "now", made.clock)
    return made


@pytest.fixture
def editor(world: World, browser: FlaskClient) -> FlaskClient:
    """A browser in which the department's editor is signed in."""
    sign_in(browser, let_in(world.own.editor))
    return browser


def path(world: World, tail: str = "/fill") -> str:
    return f"/tables/{world.own.table_id}{tail}"


def send(browser: FlaskClient, where: str, *, swapped: bool = False, **fields: object) -> TestResponse:
    """Send a form as a page's script or button does."""
    data = {"csrf_token": key_of(browser.get("/password").text), "key": factories.key() + "-form"}
    headers = {"HX-Request": "true"} if swapped else {}
    return browser.post(where, data=data | fields, headers=headers)


def last_row(world: World):
    return store.indicator_rows(db.session(), world.table().sheet_id)[-1]


def seen(html: str, name: str) -> str:
    """What a field's row carries along on the page."""
    found = re.search(rf'name="{re.escape(name)}/seen" value="([^"]+)"', html)
    assert found, name
    return found[1]


def row_fields(html: str, row, **cells: str) -> dict[str, str]:
    name = f"indicators-{row.id}"
    said = {"level3": row.level3, "target_raw": row.target_raw, "definition": row.definition} | cells
    return {f"{name}/{column}": text for column, text in said.items()} | {f"{name}/seen": seen(html, name)}


def row_path(world: World, row) -> str:
    return path(world, f"/fill/rows/indicators/{row.id}")


# Filling in


def test_a_row_is_saved_as_it_is_left_and_the_answer_is_what_stands_beside_it(
    world: World, editor: FlaskClient
) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    answer = send(editor, row_path(world, row), swapped=True, **row_fields(html, row, target_raw="95"))
    assert answer.status_code == 200
    assert 'data-state="saved" data-said="已保存 10:00"' in answer.text
    assert "没有单位" in answer.text
    assert "<html" not in answer.text
    assert 'id="progress" hx-swap-oob="true"' in answer.text
    assert world.goals().indicators[-1].target_raw == "95"


def test_a_row_can_be_saved_again_with_the_number_the_answer_gave(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    first = send(editor, row_path(world, row), swapped=True, **row_fields(html, row, target_raw="≥95%"))
    again = send(editor, row_path(world, row), swapped=True, **row_fields(first.text, row, target_raw="≥96%"))
    assert again.status_code == 200
    assert world.goals().indicators[-1].target_raw == "≥96%"


def test_a_second_editor_is_shown_both_texts_and_overwrites_nothing(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    world.recorded(
        "save_row", world.own.second_editor, part="indicators", row=row.id, cells={"target_raw": "≥97%"}, seen=row.edit
    )
    answer = send(editor, row_path(world, row), swapped=True, **row_fields(html, row, target_raw="≥60%"))
    assert answer.status_code == 409
    assert "≥97%" in answer.text
    assert "您看到之后 水利厅填报乙 10:00 改了这一行" in answer.text
    assert world.goals().indicators[-1].target_raw == "≥97%"
    mine = send(editor, row_path(world, row), swapped=True, **row_fields(answer.text, row, target_raw="≥60%"))
    assert mine.status_code == 200
    assert world.goals().indicators[-1].target_raw == "≥60%"


def test_without_script_too_both_texts_and_the_name_are_shown(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    world.recorded(
        "save_row", world.own.second_editor, part="indicators", row=row.id, cells={"target_raw": "≥97%"}, seen=row.edit
    )
    answer = send(editor, row_path(world, row), **row_fields(html, row, target_raw="≥60%"))
    assert answer.status_code == 409
    assert answer.text.count("您看到之后 水利厅填报乙 10:00 改了这一行") == 2  # on top, and beside the row
    assert ">≥60%</textarea>" in answer.text
    assert 'data-text="≥97%"' in answer.text


def test_a_cell_that_a_colleague_changed_meanwhile_names_them(world: World, editor: FlaskClient) -> None:
    fields = {"budget.total/text": "2,100", "budget.total/seen": seen(editor.get(path(world)).text, "budget.total")}
    given = {"path": "budget.total", "text": "2,200", "seen": fields["budget.total/seen"]}
    world.recorded("save_cell", world.own.second_editor, **given)
    answer = send(editor, path(world, "/fill/cells/budget.total"), swapped=True, **fields)
    assert answer.status_code == 409
    assert "您看到之后 水利厅填报乙 10:00 改了这一格" in answer.text
    assert 'data-text="2200' in answer.text


def test_what_a_colleague_changed_a_moment_ago_is_marked_for_others_and_not_for_long(
    world: World, editor: FlaskClient
) -> None:
    row = last_row(world)
    world.recorded(
        "save_row", world.own.second_editor, part="indicators", row=row.id, cells={"target_raw": "≥97%"}, seen=row.edit
    )
    given = {"path": "annual_goal", "text": "另一个目标", "seen": seen(editor.get(path(world)).text, "annual_goal")}
    world.recorded("save_cell", world.own.editor, **given)
    html = editor.get(path(world)).text
    assert html.count("水利厅填报乙 10:00 改过</span> 指标值") == 1
    assert html.count("改过</span>") == 1  # one's own is no news
    world.clock.at += edits.RECENT
    assert "改过</span>" not in editor.get(path(world)).text


def test_the_answer_to_a_saved_row_marks_what_a_colleague_changed_in_it(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    world.recorded(
        "save_row", world.own.second_editor, part="indicators", row=row.id, cells={"target_raw": "≥97%"}, seen=row.edit
    )
    answer = send(editor, row_path(world, row), swapped=True, **row_fields(html, row, target_raw="≥97%"))
    assert answer.status_code == 200  # it says so already
    assert "水利厅填报乙 10:00 改过</span> 指标值" in answer.text


def test_who_else_is_at_the_sheet_is_said_on_opening_it_and_after_every_save(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    assert '<p id="colleagues" class="colleagues" role="status"></p>' in html
    world.recorded(
        "save_row", world.own.second_editor, part="indicators", row=row.id, cells={"target_raw": "≥97%"}, seen=row.edit
    )
    words = f"水利厅填报乙 正在填第 {row.position + 1} 行 {row.level3}（10:00）"
    fields = {"annual_goal/text": "另一个目标", "annual_goal/seen": seen(html, "annual_goal")}
    answer = send(editor, path(world, "/fill/cells/annual_goal"), swapped=True, **fields)
    assert answer.status_code == 200
    assert 'id="colleagues" class="colleagues" role="status" hx-swap-oob="true"' in answer.text
    assert words in answer.text
    html = editor.get(path(world)).text
    assert words in html
    assert html.count("正在填") == 1  # one's own is no news
    world.clock.at += edits.RECENT
    assert words not in editor.get(path(world)).text


def next_year(world: World) -> World:
    """The same world one fiscal year on: two rows as the year before, one with a new name, the goals elsewhere."""
    world.open_next_year()
    sheet = factories.sound_document(world.own.name, factories.YEAR + 1)
    *same, last = sheet.indicators
    changed = same[-1].model_copy(update={"target_raw": "95%", "target": "95", "definition": "另一种算法"})
    renamed = last.model_copy(update={"level3": "办事群众满意度"})
    document = sheet.model_copy(update={"indicators": (*same[:-1], changed, renamed)})
    world.recorded(
        "import_sheet", world.own.editor, document=document, seen=loading.sheet_edit(db.session(), world.table())
    )
    return world


def row_of(html: str, at: int) -> str:
    """One indicator's row of the grid."""
    return html.split(f'id="indicators[{at}]"', 1)[1].split("</tr>", 1)[0]


def test_last_years_goals_stand_beside_this_years(world: World, editor: FlaskClient) -> None:
    for state in (State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.APPROVED):
        world.arrive(state)
    next_year(world)
    html = editor.get(path(world)).text
    assert "去年 ≥85%" in row_of(html, 19)
    assert "与去年相同" in row_of(html, 19)
    assert "去年 100%" in row_of(html, 21)
    assert "去年：受益县数÷应受益县数" in row_of(html, 21)
    assert "去年没有这一行" in row_of(html, 22)
    assert html.count("去年没有这一行") == 1


def test_without_goals_in_force_the_year_before_nothing_is_said_of_it(world: World, editor: FlaskClient) -> None:
    next_year(world)
    assert "去年" not in editor.get(path(world)).text


def test_an_amount_that_is_none_stays_in_its_field_with_the_reason(world: World, editor: FlaskClient) -> None:
    html = editor.get(path(world)).text
    fields = {"budget.total/text": "很多", "budget.total/seen": seen(html, "budget.total")}
    swapped = send(editor, path(world, "/fill/cells/budget.total"), swapped=True, **fields)
    assert swapped.status_code == 422
    assert "金额“很多”不是数字" in swapped.text
    whole = send(editor, path(world, "/fill/cells/budget.total"), **fields)
    assert whole.status_code == 422
    assert ">很多</textarea>" in whole.text
    assert "data-focus" in whole.text
    assert str(world.goals().budget.total) == "2000.0"


def block_fields(html: str) -> dict[str, str]:
    """Every field of the page as a browser without script would send it."""
    fields = dict(re.findall(r'name="([^"]+/seen)" value="([^"]+)"', html))
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>', html):
        fields[name] = text
    return fields


def test_without_script_a_part_is_saved_by_its_button(world: World, editor: FlaskClient) -> None:
    fields = block_fields(editor.get(path(world)).text)
    row = last_row(world)
    answer = send(
        editor, path(world, "/fill/blocks/level3"), **fields | {f"indicators-{row.id}/definition": "问卷抽样"}
    )
    assert answer.status_code == 303
    assert world.goals().indicators[-1].definition == "问卷抽样"
    budget = send(editor, path(world, "/fill/blocks/budget"), **fields | {"budget.total/text": "2,100"})
    assert budget.status_code == 303
    assert money_text(int(world.goals().budget.total * 1_000_000)) == "2100.0"


def test_without_script_a_colleagues_other_row_is_no_conflict_and_the_same_row_is(
    world: World, editor: FlaskClient
) -> None:
    fields, rows = (
        block_fields(editor.get(path(world)).text),
        store.indicator_rows(db.session(), world.table().sheet_id),
    )
    for row in rows[-2:]:
        world.recorded(
            "save_row", world.own.second_editor, part="indicators", row=row.id, cells={"target_raw": "≥97%"},
            seen=row.edit,
        )  # fmt: skip
    typed = fields | {f"indicators-{rows[-1].id}/target_raw": "≥61%"}
    answer = send(editor, path(world, "/fill/blocks/level3"), **typed)
    assert answer.status_code == 409
    assert ">≥61%</textarea>" in answer.text
    assert answer.text.count("表里现在是") == 1
    assert [row.target_raw for row in world.goals().indicators[-2:]] == ["≥97%", "≥97%"]


def test_what_the_form_gives_has_no_field_but_its_target(world: World, editor: FlaskClient) -> None:
    html, common = editor.get(path(world)).text, store.indicator_rows(db.session(), world.table().sheet_id)[0]
    assert f'name="indicators-{common.id}/target_raw"' in html
    assert f'name="indicators-{common.id}/level3"' not in html
    forged = {
        f"indicators-{common.id}/level3": "改名",
        f"indicators-{common.id}/target_raw": "≥98%",
        f"indicators-{common.id}/seen": seen(html, f"indicators-{common.id}"),
    }
    assert send(editor, path(world, f"/fill/rows/indicators/{common.id}"), swapped=True, **forged).status_code == 200
    assert (world.goals().indicators[0].level3, world.goals().indicators[0].target_raw) == (common.level3, "≥98%")


def test_rows_are_added_and_removed(world: World, editor: FlaskClient) -> None:
    count = len(world.goals().indicators)
    added = send(editor, path(world, "/fill/add"), part="indicators", block="满意度")
    assert added.status_code == 303
    assert len(world.goals().indicators) == count + 1
    row, html = last_row(world), editor.get(path(world)).text
    name, gone = f"indicators-{row.id}", row.id
    removed = send(editor, path(world, f"/fill/remove/indicators/{row.id}"), **{f"{name}/seen": seen(html, name)})
    assert removed.status_code == 303
    assert len(world.goals().indicators) == count
    said = editor.get(removed.location).text
    assert f"已删除第 {count + 1} 行“空行”。" in said
    assert "撤销" not in editor.get(path(world)).text
    assert "<strong>删除行</strong>" in editor.get(f"/tables/{world.own.table_id}").text
    back = send(editor, path(world, f"/fill/restore/indicators/{gone}"))
    assert back.status_code == 303
    assert len(world.goals().indicators) == count + 1
    assert "撤销" not in editor.get(removed.location).text
    again, html = last_row(world), editor.get(path(world)).text
    name = f"indicators-{again.id}"
    send(editor, path(world, f"/fill/remove/indicators/{again.id}"), **{f"{name}/seen": seen(html, name)})
    assert len(world.goals().indicators) == count
    refused = send(editor, path(world, "/fill/add"), part="indicators", block="没有这一块")
    assert refused.status_code == 422
    assert "表样中没有“没有这一块”" in refused.text


def test_a_window_that_closes_while_typing_gives_the_reason_beside_the_text(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    world.clock.on(date(2019, 12, 7))
    answer = send(editor, row_path(world, row), swapped=True, **row_fields(html, row, target_raw="≥95%"))
    assert answer.status_code == 422
    assert "已于 2019-12-06 24:00 截止" in answer.text
    assert "现在不能填报" in editor.get(path(world)).text


def test_fields_that_were_tampered_with_are_refused(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    fields = row_fields(html, row, target_raw="≥1%")
    assert send(editor, row_path(world, row), **fields | {f"indicators-{row.id}/seen": "x"}).status_code == 400
    assert send(editor, row_path(world, row), **fields | {"key": ""}).status_code == 400
    assert send(editor, path(world, "/fill/cells/department"), **{"department/text": "x"}).status_code == 404
    assert send(editor, path(world, "/fill/blocks/nothing")).status_code == 404


def test_a_row_a_colleague_removed_keeps_its_text_on_the_page(world: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(world)).text, last_row(world)
    fields = row_fields(html, row, target_raw="≥95%")
    world.recorded("remove_row", world.own.second_editor, part="indicators", row=row.id, seen=row.edit)
    answer = send(editor, row_path(world, row), swapped=True, **fields)
    assert answer.status_code == 409
    assert "水利厅填报乙 10:00 删除了这一行" in answer.text


# Importing


def upload(browser: FlaskClient, world: World, data: bytes, name: str = "table.txt") -> TestResponse:
    token = key_of(browser.get("/password").text)
    head = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
        for field, text in (("csrf_token", token), ("key", f"{factories.key()}-upload"))
    )
    head += f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + data + b"\r\n--edge--\r\n"
    return browser.post(
        path(world, "/import"), input_stream=io.BytesIO(body), content_type="multipart/form-data; boundary=edge",
        content_length=len(body),
    )  # fmt: skip


def test_a_file_is_looked_at_before_it_becomes_the_sheet(
    world: World, editor: FlaskClient, sheet: Document, sheet_text: bytes
) -> None:
    before = world.goals()
    answer = upload(editor, world, sheet_text)
    assert answer.status_code == 303
    html = editor.get(path(world, "/import")).text
    assert "读出的内容" in html
    assert "原文" in html
    assert "用它替换现在的表" in html
    assert world.goals() == before
    accepted = send(editor, path(world, "/import/accept"), **kept(html))
    assert accepted.status_code == 303
    assert squeezed(world.goals().annual_goal) == squeezed(sheet.annual_goal)
    assert "目标表文件" in editor.get(path(world, "/import")).text


def kept(html: str) -> dict[str, str]:
    return {name: re.search(rf'name="{name}" value="([^"]*)"', html)[1] for name in ("sha256", "seen")}


@pytest.fixture
def sheet() -> Document:
    """Another sheet of the department."""
    return variants.document(Random(5)).model_copy(update={"department": "水利厅", "fiscal_year": factories.YEAR})


@pytest.fixture
def sheet_text(sheet: Document) -> bytes:
    """The same as the text of a printed form."""
    return variants.render(sheet, variants.Style(), Random(5)).encode()


def test_what_cannot_be_read_is_refused_in_a_sentence(world: World, editor: FlaskClient) -> None:
    for data, words in (
        (b"", "是空的"),
        ("今天天气很好".encode(), "不像部门整体绩效目标表"),
        (b"%PDF-1.7\n...", "已损坏"),
        (b"a" * (20 * 1024 * 1024 + 1), "超过 20 MB"),
    ):
        answer = upload(editor, world, data)
        assert answer.status_code == 422
        assert words in answer.text
    assert send(editor, path(world, "/import")).status_code == 422
    assert upload(editor, world, b"a" * (32 * 1024 * 1024)).status_code == 413


def test_a_file_of_another_department_is_refused_on_the_preview_already(
    world: World, editor: FlaskClient, sheet_text: bytes
) -> None:
    upload(editor, world, sheet_text.replace("水利厅".encode(), "农业厅".encode()))
    html = editor.get(path(world, "/import")).text
    assert "文件写的部门是“农业厅”，这里是“水利厅”" in html
    assert "/import/accept" not in html
    assert send(editor, path(world, "/import/discard")).status_code == 303
    assert "目标表文件" in editor.get(path(world, "/import")).text


def test_a_file_that_cannot_be_used_is_told_so_and_nothing_pleasant_beside_it(
    world: World, editor: FlaskClient, sheet_text: bytes
) -> None:
    upload(editor, world, sheet_text.replace("水利厅".encode(), "农业厅".encode()))
    assert "已读入" not in editor.get(path(world, "/import")).text
    upload(editor, world, sheet_text)
    assert "已读入“table.txt”" in editor.get(path(world, "/import")).text


def test_the_preview_shows_old_beside_new_for_each_cell_that_differs(world: World, editor: FlaskClient) -> None:
    text = editor.get(path(world, "/import/sheet.txt")).data
    goal = world.goals().annual_goal
    upload(editor, world, text)
    same = editor.get(path(world, "/import")).text
    assert "与现有内容没有不同" in same
    assert "<del>" not in same
    upload(editor, world, text.replace(goal.encode(), "保障全省供水安全。".encode()))
    html = editor.get(path(world, "/import")).text
    assert "与现有内容不同的 1 格" in html
    assert f"<del>{goal}</del>" in html
    assert "<ins>保障全省供水安全。</ins>" in html


def test_the_sheet_as_it_stands_is_a_file_that_fits_and_reads_back(world: World, editor: FlaskClient) -> None:
    page = editor.get(path(world, "/import")).text
    assert f'href="{path(world, "/import/sheet.txt")}"' in page
    assert "读回来以后" not in page
    before = world.goals()
    answer = editor.get(path(world, "/import/sheet.txt"))
    assert answer.mimetype == "text/plain"
    assert quote("水利厅2020年度绩效目标表.txt") in answer.headers["Content-Disposition"]
    upload(editor, world, answer.data)
    accepted = send(editor, path(world, "/import/accept"), **kept(editor.get(path(world, "/import")).text))
    assert accepted.status_code == 303
    assert not differences(before, world.goals(), ignore_space=True)
    assert editor.get(path(world, "/import/sheet.docx")).status_code == 404


def test_a_sheet_that_would_not_come_back_whole_says_where(world: World, editor: FlaskClient) -> None:
    seen = loading.sheet_edit(db.session(), world.table())
    changes = [["annual_goal", "任务名称 主要内容"]]
    world.recorded("edit_sheet", world.own.editor, changes=changes, seen=seen)
    page = editor.get(path(world, "/import")).text
    assert "读回来以后有" in page
    assert "年度履职目标" in page


def test_a_sheet_that_changed_since_the_preview_is_not_replaced(
    world: World, editor: FlaskClient, sheet_text: bytes
) -> None:
    upload(editor, world, sheet_text)
    form, row = kept(editor.get(path(world, "/import")).text), last_row(world)
    world.recorded(
        "save_row", world.own.second_editor, part="indicators", row=row.id, cells={"target_raw": "≥97%"}, seen=row.edit
    )
    answer = send(editor, path(world, "/import/accept"), **form)
    assert answer.status_code == 409
    assert "您看到之后表里又有改动" in answer.text
    other = send(editor, path(world, "/import/accept"), **form | {"sha256": "0" * 64})
    assert other.status_code == 409
    assert world.goals().indicators[-1].target_raw == "≥97%"


# On to submitting


def ending(html: str) -> str:
    """What the end of the grid says of submitting."""
    return html.split('id="submit"', 1)[1].split("</section>", 1)[0]


def test_at_the_end_of_the_grid_stands_the_way_to_submit(world: World, editor: FlaskClient) -> None:
    html = ending(editor.get(path(world)).text)
    assert "没有什么挡着送审" in html
    assert f'href="/tables/{world.own.table_id}/do/submit"' in html


def test_what_still_stands_against_submitting_is_listed_place_by_place_with_links(
    returned: World, editor: FlaskClient
) -> None:
    rows = store.indicator_rows(db.session(), returned.table().sheet_id)
    for row in rows[-2:]:
        returned.recorded(
            "save_row", returned.own.editor, part="indicators", row=row.id, cells={"target_raw": "95"}, seen=row.edit
        )
    whole = editor.get(path(returned)).text
    html = ending(whole)
    assert "还有 3 处要先办" in html
    assert html.count("阻断") == 2
    for anchor in ("indicators[21]", "indicators[22]", "remark-1"):
        assert f'href="#{anchor}"' in html
        assert f'id="{anchor}"' in whole
    assert "没有答复：写得太笼统" in html
    assert "看还差的 3 处" in whole
    at = f"indicators-{rows[-1].id}"
    mended = send(
        editor,
        path(returned, f"/fill/rows/indicators/{rows[-1].id}"),
        swapped=True,
        **{f"{at}/target_raw": "≥95%", f"{at}/seen": seen(whole, at)},
    )
    assert "还有 2 处要先办" in ending(mended.text)


def test_a_reason_without_a_place_is_listed_too(returned: World, editor: FlaskClient) -> None:
    send(editor, path(returned, "/remarks/1/answer"), back="fill", number="1", answer="changed", text="改在任务里")
    html = ending(editor.get(path(returned)).text)
    assert "还有 1 处要先办" in html
    assert "退回后表的内容没有改动" in html


def test_what_no_remark_names_is_listed_before_it_is_sent(returned: World, editor: FlaskClient) -> None:
    assert "退回范围外" not in ending(editor.get(path(returned)).text)
    returned.write_goal("完成八座水库的除险加固。")
    row = last_row(returned)
    at = f"indicators-{row.id}"
    whole = editor.get(path(returned)).text
    assert "退回范围外" not in ending(whole)
    saved = send(
        editor,
        path(returned, f"/fill/rows/indicators/{row.id}"),
        swapped=True,
        **{f"{at}/target_raw": "≥95%", f"{at}/seen": seen(whole, at)},
    )
    for html in (ending(saved.text), editor.get(path(returned, "/do/submit")).text):
        assert "退回范围外改动 1 处" in html
        assert "#indicators[22]" in html
        assert "退回时：≥90%" in html


def test_a_submission_takes_what_the_department_says_to_it(returned: World, editor: FlaskClient) -> None:
    returned.write_goal("完成八座水库的除险加固。")
    returned.recorded("answer_remark", returned.own.editor, number=1, answer="changed", text="")
    version, edit = returned.table().version, returned.details("submit", returned.table())["sheet_edit"]
    send(editor, path(returned, "/do/submit"), version=version, sheet_edit=edit, opinion="按新口径统计")
    assert returned.state() is State.INTERNAL_REVIEW
    assert "按新口径统计" in editor.get(path(returned, "")).text


def test_an_adjustment_is_filled_in_before_it_can_be_sent(approved: World, editor: FlaskClient) -> None:
    opened = send(editor, path(approved, "/adjust"), reason="汛期提前").location
    approved.own.table_id = int(opened.rsplit("/", 1)[1])
    html = editor.get(opened).text
    assert 'class="primary button" href="' + path(approved) in html
    assert "目标调整与现行目标没有不同，先填报要改的地方" in html
    approved.write_goal("完成九座水库的除险加固。")
    assert 'class="primary button" href="' + path(approved, "/do/submit") in editor.get(opened).text


# Answering


@pytest.fixture
def returned(world: World, editor: FlaskClient) -> World:
    """The table came back from inside with one 必改 and one 建议."""
    world.moved("submit", world.own.editor)
    world.recorded("remark", world.own.reviewer, must=True, path="annual_goal", text="写得太笼统")
    world.recorded("remark", world.own.reviewer, must=False, path="indicators[0]", text="请核对")
    world.moved("send_back", world.own.reviewer)
    return world


@pytest.mark.parametrize("back", ["fill", "table"])
def test_a_remark_is_answered_from_both_pages(back: str, returned: World, editor: FlaskClient) -> None:
    where = path(returned, "" if back == "table" else "/fill")
    assert "答复意见 1" in editor.get(where).text
    answer = send(editor, path(returned, "/remarks/1/answer"), back=back, number="1", answer="changed", text="已补充")
    assert answer.location.startswith(where + "#remark-1")
    html = editor.get(where).text
    assert "已补充" in html
    assert html.index("改答复") < html.index('name="number" value="1"')


@pytest.mark.parametrize("back", ["fill", "table"])
def test_declining_without_a_reason_gives_the_form_back(back: str, returned: World, editor: FlaskClient) -> None:
    answer = send(editor, path(returned, "/remarks/2/answer"), back=back, number="2", answer="declined", text=" ")
    assert answer.status_code == 422
    assert re.search(r'value="declined" checked', answer.text)
    assert "答复没有保存：意见 2（建议），第 1 行 年度履职目标相关性" in summary_of(answer)
    assert '<a href="#answer-text-2">意见 2（建议）选了“不采纳”，请写明理由。' in summary_of(answer)
    assert re.search('id="answer-wrong-2">第 1 行 年度履职目标相关性：意见 2', answer.text)


@pytest.mark.parametrize("back", ["fill", "table"])
def test_an_answer_that_says_nothing_names_its_remark_and_its_place(
    back: str, returned: World, editor: FlaskClient
) -> None:
    answer = send(editor, path(returned, "/remarks/1/answer"), back=back, number="1", text="")
    assert answer.status_code == 422
    assert "答复没有保存：意见 1（必改），年度履职目标" in summary_of(answer)
    assert '<a href="#answer-1">意见 1（必改）的答复没有写：请选“已改”或“不采纳”。' in summary_of(answer)
    assert answer.text.count('id="answer-1"') == 1
    assert "data-focus" in answer.text
    assert send(editor, path(returned, "/remarks/9/answer"), back=back, number="9").status_code == 404


def summary_of(answer: TestResponse) -> str:
    """The error summary of a page."""
    return answer.text.split('class="summary"', 1)[1].split("</div>", 1)[0]


@pytest.mark.parametrize("tail", ["", "/fill"])
def test_what_a_remark_speaks_of_stands_above_the_field_of_its_answer(
    tail: str, returned: World, editor: FlaskClient
) -> None:
    html = editor.get(path(returned, tail)).text
    beside = html.split('id="now-2"', 1)[1].split('class="answer"', 1)[0]
    row = returned.goals().indicators[0]
    for text in (row.level3, row.target_raw, row.definition[:20]):
        assert text in beside
    assert re.search('class="asked">年度履职目标<', html.split('id="now-1"', 1)[1])


def test_a_row_saved_meanwhile_is_told_anew_above_the_answer(returned: World, editor: FlaskClient) -> None:
    html, row = editor.get(path(returned)).text, store.indicator_rows(db.session(), returned.table().sheet_id)[0]
    fields = {
        f"indicators-{row.id}/target_raw": "≥97%",
        f"indicators-{row.id}/seen": seen(html, f"indicators-{row.id}"),
    }
    answer = send(editor, row_path(returned, row), swapped=True, **fields)
    assert "≥97%" in answer.text.split('id="now-2" hx-swap-oob="true"', 1)[1].split("</dl>", 1)[0]


def test_a_row_that_may_not_be_deleted_says_why_in_itself(world: World, editor: FlaskClient) -> None:
    at = len(world.goals().indicators) - 1
    world.moved("submit", world.own.editor)
    world.recorded("remark", world.own.reviewer, must=True, path=f"indicators[{at}]", text="请核对")
    world.moved("send_back", world.own.reviewer)
    row, html = last_row(world), editor.get(path(world)).text
    name, where = f"indicators-{row.id}", path(world, f"/fill/remove/indicators/{row.id}")
    fields = {f"{name}/seen": seen(html, name)}
    swapped = send(editor, where, swapped=True, **fields)
    assert swapped.status_code == 422
    assert swapped.text.strip().startswith(f'<div class="notes" id="n-{name}" data-state="saved"')
    assert "没有删除：意见 1（必改）在这一行，先答复" in swapped.text
    whole = send(editor, where, **fields)
    assert whole.status_code == 422
    assert f'<a href="#indicators[{at}]">第 {at + 1} 行' in summary_of(whole)
    beside = whole.text.split(f'id="n-{name}"', 1)[1].split("</td>", 1)[0]
    assert re.search('没有删除：意见 1（必改）在这一行，先答复。 <a href="#remark-1">去答复', beside)
    assert len(world.goals().indicators) == at + 1


def test_a_deleted_row_leads_script_to_the_page_that_offers_it_back(world: World, editor: FlaskClient) -> None:
    row, html = last_row(world), editor.get(path(world)).text
    name = f"indicators-{row.id}"
    where = path(world, f"/fill/remove/indicators/{row.id}")
    answer = send(editor, where, swapped=True, **{f"{name}/seen": seen(html, name)})
    assert answer.status_code == 204
    assert "撤销" in editor.get(answer.headers["HX-Redirect"]).text


# The desk and the list


def test_an_answer_that_says_changed_where_nothing_changed_is_warned_of_and_taken(
    returned: World, editor: FlaskClient
) -> None:
    before = "这一处与版次 1 相同，还没有改动"
    assert editor.get(path(returned)).text.count(before) == 2
    send(editor, path(returned, "/remarks/1/answer"), back="fill", number="1", answer="changed", text="改在任务里")
    for where in (path(returned), path(returned, "")):
        assert "答复是“已改”，但这一处与版次 1 相同，没有改动" in editor.get(where).text
    html = editor.get(path(returned)).text
    fields = {"annual_goal/text": "完成八座水库除险加固。", "annual_goal/seen": seen(html, "annual_goal")}
    swapped = send(editor, path(returned, "/fill/cells/annual_goal"), swapped=True, **fields)
    assert 'id="same-1" hx-swap-oob="true"></p>' in swapped.text
    html = editor.get(path(returned)).text
    assert "没有改动。" in html  # remark 2, on another row, is not answered yet
    assert "答复是“已改”，但" not in html


def test_the_desk_shows_what_waits_and_the_remarks_to_answer(returned: World, editor: FlaskClient) -> None:
    html = editor.get("/").text
    assert "等我办的 1 件" in html
    assert "改后重新送审" in html
    assert html.count("button primary") == 1
    assert f'href="{path(returned)}"' in html
    assert "第 1 行" in html
    assert "1 条必改未答复" in html


def test_a_desk_without_work_says_so_and_names_the_next_deadline(world: World, browser: FlaskClient) -> None:
    sign_in(browser, let_in(world.own.reviewer))
    html = browser.get("/").text
    assert "没有等您办的事。" in html
    assert "下一个截止 12-06 周五" in html


def test_the_list_has_the_nearest_deadline_first_and_can_be_narrowed(world: World, browser: FlaskClient) -> None:
    until = world.clock.at + timedelta(days=60)
    world.recorded("extend", world.manager, stage=Stage.ENTRY, until=until, reason="单位搬迁")
    world.moved("submit", world.own.editor)
    sign_in(browser, let_in(world.manager))
    html = browser.get("/tables").text
    assert html.index("林业局</a>") < html.index("水利厅</a>")
    assert "水利厅</a>" not in browser.get("/tables?q=林业").text
    assert "林业局</a>" not in browser.get("/tables?state=internal_review").text
    assert "没有符合条件的表" in browser.get("/tables?q=%25").text


def test_who_sees_several_years_narrows_the_list_to_one(world: World, browser: FlaskClient) -> None:
    sign_in(browser, let_in(world.manager))
    assert 'name="year"' not in browser.get("/tables").text
    given = {"person_id": world.manager, "now": world.clock, "framework": factories.FORM}
    cycles.open_cycle(region_id=world.region_id, fiscal_year=2021, **given)
    page = browser.get("/tables?year=2021").text
    assert '<option value="2021" selected>2021</option>' in page
    assert "2021 年度" in page
    assert "2020 年度" not in page
    assert "没有符合条件的表" in browser.get("/tables?year=1999").text


# Adjustments


@pytest.fixture
def approved(world: World, editor: FlaskClient) -> World:
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    world.moved("approve", world.own.officer)
    return world


def test_an_adjustment_is_opened_with_its_reason_and_both_pages_link_each_other(
    approved: World, editor: FlaskClient
) -> None:
    refused = send(editor, path(approved, "/adjust"), reason=" ")
    assert refused.status_code == 422
    assert '<a href="#reason">调整理由不能为空。' in summary_of(refused)
    assert 'aria-describedby="reason-wrong"' in refused.text
    opened = send(editor, path(approved, "/adjust"), reason="汛期提前，工程量增加")
    assert opened.status_code == 303
    assert opened.location in editor.get(path(approved, "")).text
    html = editor.get(opened.location).text
    assert "汛期提前，工程量增加" in html
    assert f'href="{path(approved, "")}"' in html
    again = send(editor, path(approved, "/adjust"), reason="再调整")
    assert again.status_code == 422
    assert "已有一个目标调整在办" in again.text
    assert ">再调整</textarea>" in again.text


def test_old_and_new_stand_side_by_side_before_and_after_the_approval(approved: World, editor: FlaskClient) -> None:
    opened = send(editor, path(approved, "/adjust"), reason="汛期提前").location
    compare = f"{opened}/adjustment"
    assert "还没有不同" in editor.get(compare).text
    parent, approved.own.table_id = approved.own.table_id, int(opened.rsplit("/", 1)[1])
    row = last_row(approved)
    approved.recorded(
        "save_row", approved.own.editor, part="indicators", row=row.id, cells={"target_raw": "≥70%"}, seen=row.edit
    )
    for state in ("draft", "approved"):
        assert approved.state() == state
        html = editor.get(compare).text
        assert "<del>≥90%</del>" in html
        assert "<ins>≥70%</ins>" in html
        assert html.count("<del>") == 1
        if state == "draft":
            approved.moved("submit", approved.own.editor)
            approved.moved("endorse", approved.own.reviewer)
            approved.moved("approve", approved.own.officer)
    assert editor.get(f"/tables/{parent}/adjustment").status_code == 404


def test_an_adjustment_is_compared_with_the_goals_in_force_and_again_as_a_row_is_saved(
    approved: World, editor: FlaskClient
) -> None:
    opened = send(editor, path(approved, "/adjust"), reason="汛期提前").location
    approved.own.table_id = int(opened.rsplit("/", 1)[1])
    row = last_row(approved)
    at, whole = f"indicators-{row.id}", editor.get(path(approved)).text
    same = rf'id="was-{row.id}-definition"[^>]*>与现行目标相同<'
    assert re.search(same, whole)
    assert re.search(rf'id="was-{row.id}-target"[^>]*>现行目标 ≥90%<', whole)
    saved = send(
        editor,
        path(approved, f"/fill/rows/indicators/{row.id}"),
        swapped=True,
        **{f"{at}/definition": "入户调查", f"{at}/seen": seen(whole, at)},
    ).text
    assert re.search(rf'id="was-{row.id}-definition" hx-swap-oob="true">现行目标：随机抽样调查<', saved)
    assert not re.search(same, saved)


def test_a_table_whose_goals_were_adjusted_says_what_is_in_force_now(approved: World, editor: FlaskClient) -> None:
    opened = send(editor, path(approved, "/adjust"), reason="汛期提前").location
    parent, approved.own.table_id = f"/tables/{approved.own.table_id}", int(opened.rsplit("/", 1)[1])
    row = last_row(approved)
    approved.recorded(
        "save_row", approved.own.editor, part="indicators", row=row.id, cells={"target_raw": "≥70%"}, seen=row.edit
    )
    approved.recorded("add_row", approved.own.editor, part="tasks")
    added = store.task_rows(db.session(), approved.table().sheet_id)[-1]
    cells_of = {"name": "灌区改造", "content": "改造两处灌区。"}
    approved.recorded("save_row", approved.own.editor, part="tasks", row=added.id, cells=cells_of, seen=added.edit)
    approved.moved("submit", approved.own.editor)
    approved.moved("endorse", approved.own.reviewer)
    assert "目标已调整" not in editor.get(parent).text
    approved.moved("approve", approved.own.officer)
    html = editor.get(parent).text
    assert re.search(r"目标已调整（第 1 次，\S*11-04 批复），现行目标以", html)
    assert f'<a href="{opened}">调整表</a>' in html
    assert "调整后新增：灌区改造" in html
    target = html.split('id="indicators[22].target_raw"', 1)[1].split("</td>", 1)[0]
    assert "≥90%" in target
    assert "现行</span> ≥70%" in target
    assert html.count("现行</span>") == 1
    for elsewhere in (opened, f"{parent}/revisions/1"):
        assert "现行</span>" not in editor.get(elsewhere).text


# Whose page it is, and what it costs

PLACES = [
    ("GET", "/fill"),
    ("POST", "/fill/rows/indicators/1"),
    ("POST", "/fill/cells/annual_goal"),
    ("POST", "/fill/blocks/level1"),
    ("POST", "/fill/add"),
    ("POST", "/fill/remove/tasks/1"),
    ("GET", "/import"),
    ("POST", "/import"),
    ("POST", "/import/accept"),
    ("POST", "/import/discard"),
    ("POST", "/remarks/1/answer"),
    ("GET", "/adjust"),
    ("POST", "/adjust"),
    ("GET", "/adjustment"),
]


@pytest.mark.parametrize(("method", "tail"), PLACES)
def test_another_departments_table_is_none_at_all(method: str, tail: str, world: World, editor: FlaskClient) -> None:
    there = f"/tables/{world.neighbour.table_id}{tail}"
    answer = editor.get(there) if method == "GET" else send(editor, there)
    assert answer.status_code == 404
    assert "林业" not in answer.text


def test_who_is_no_editor_does_not_fill_in(world: World, browser: FlaskClient) -> None:
    sign_in(browser, let_in(world.own.officer))
    assert browser.get(path(world)).status_code == 403
    assert browser.get(path(world, "/import")).status_code == 403


@pytest.fixture
def queries() -> Iterator[Callable[[Callable[[], object]], int]]:
    """Counts what a call asks the database."""
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    def count(call: Callable[[], object]) -> int:
        event.listen(db.engine, "before_cursor_execute", note)
        asked.clear()
        try:
            call()
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(asked)

    return count


def test_a_long_sheet_costs_as_many_queries_as_a_short_one_and_little_to_send(
    world: World, editor: FlaskClient, pages: Flask, queries: Callable[[Callable[[], object]], int]
) -> None:
    def ask() -> None:
        with pages.app_context():
            asked.append(queries(lambda: editor.get(path(world))))

    asked: list[int] = []
    ask()
    for _number in range(17):
        world.recorded("add_row", world.own.editor, part="indicators", block="满意度")
    assert len(world.goals().indicators) == 40
    ask()
    assert asked[0] == asked[1]
    assert asked[0] > 5
    assert len(editor.get(path(world)).data) < 150 * 1024


def test_the_desk_of_many_tables_costs_as_much_as_that_of_one(
    world: World, pages: Flask, queries: Callable[[Callable[[], object]], int]
) -> None:
    asked = []
    for person in (world.own.reviewer, world.manager):
        browser = pages.test_client()
        sign_in(browser, let_in(person))
        with pages.app_context():
            asked.append(queries(lambda browser=browser: browser.get("/")))
    assert db.session().query(Table).count() == 2
    assert asked[0] == asked[1] > 5


def test_a_place_in_an_address_is_no_way_out_of_the_page(world: World, editor: FlaskClient) -> None:
    assert send(editor, path(world, f"/fill/cells/{quote('budget.total/../../x')}")).status_code == 404


def test_the_history_tells_edits_that_follow_each_other_as_one_line(world: World, editor: FlaskClient) -> None:
    for target in ("≥71%", "≥72%", "≥73%"):
        row = last_row(world)
        world.recorded(
            "save_row", world.own.editor, part="indicators", row=row.id, cells={"target_raw": target}, seen=row.edit
        )
    html = editor.get(path(world, "")).text
    assert html.count("<strong>填报</strong>") == 1
    assert "3 处" in html


def test_an_answer_changed_on_an_unchanged_place_is_warned_of_before_submitting(
    world: World, editor: FlaskClient
) -> None:
    world.arrive(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, path="annual_goal", text="请写明范围", must=True)
    world.moved("send_back", world.own.reviewer)
    world.recorded("answer_remark", world.own.editor, number=1, answer="changed", text="改在任务里")
    for shown in (path(world), f"/tables/{world.own.table_id}/do/submit"):
        html = editor.get(shown).text
        assert "意见 1（必改） 答复是“已改”，但这一处没有改动：请写明范围" in html
        assert "去核对" in html


def test_an_answer_can_be_changed_until_the_table_is_sent(world: World, editor: FlaskClient) -> None:
    world.arrive(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, path="annual_goal", text="请写明范围", must=True)
    world.moved("send_back", world.own.reviewer)
    world.recorded("answer_remark", world.own.editor, number=1, answer="declined", text="范围见附件")
    for shown in ("", "/fill"):
        html = editor.get(path(world, shown)).text
        form = html[html.index("改答复") :]
        assert re.search(r'name="answer" value="declined" checked', form)
        assert "范围见附件</textarea>" in form
    world.recorded("answer_remark", world.own.editor, number=1, answer="changed", text="已写明")
    assert re.search(r'name="answer" value="changed" checked', editor.get(path(world, "")).text)
    world.moved("submit", world.own.editor)
    assert "改答复" not in editor.get(path(world, "")).text


def test_what_cannot_be_submitted_shows_why_and_no_button(world: World, editor: FlaskClient) -> None:
    asked = f"/tables/{world.own.table_id}/do/submit"
    ready = editor.get(asked).text
    assert "冻结为版次 1" in ready
    assert re.search("<button[^>]*>送审：", ready)
    world.recorded(
        "save_cell", world.own.editor, path="annual_goal", text="", seen=cells.mark(world.goals().annual_goal)
    )
    blocked = editor.get(asked).text
    assert "冻结为版次" not in blocked
    assert not re.search("<button[^>]*>送审：", blocked)
    assert "现在不能送审" in blocked
