"""A file beside its reading: each cell leads to where it was read and back; what is not sure is confirmed."""

import io
import re
from random import Random

import pytest
from flask.testing import FlaskClient

from forms.document import Document
from forms.reading.original import MOST_ROWS, PAGES_AT_ONCE, Table, original
from tests import factories
from tests.factories import World
from tests.forms import ruled_sheets
from tests.forms.pdf_pages import Sheet, pdf
from tests.forms.ruled_sheets import Layout, drawn
from tests.forms.test_reading_files import word_file, workbook
from tests.web.conftest import enter, key_of, post, put_clock
from workflow.states import State

NOTE = "本页由办公室打印"


@pytest.fixture
def world(pages: object, monkeypatch: pytest.MonkeyPatch) -> World:
    made = factories.world()
    put_clock(monkeypatch, made.clock)
    return made


@pytest.fixture
def editor(world: World, browser: FlaskClient) -> FlaskClient:
    enter(browser, world.own.editor)
    return browser


def printed(world: World) -> Document:
    """A sheet of the department's with one target that is no plain one."""
    made = ruled_sheets.document(Random(7), factories.FORM)
    *rows, last = made.indicators
    odd = last.model_copy(update={"target_raw": "85%以上", "operator": "≥", "target": "85", "unit": "%"})
    return made.model_copy(
        update={"department": world.own.name, "fiscal_year": factories.YEAR, "indicators": (*rows, odd)}
    )


def file_of(world: World, kind: str) -> bytes:
    grid, lines = drawn(printed(world), Layout(remarks=(NOTE,)), Random(7))
    return (
        workbook([("封面", grid_of("目录"), ()), ("目标表", grid, lines)])
        if kind == "xlsx"
        else word_file([(grid, lines)])
    )


def grid_of(text: str) -> ruled_sheets.Grid:
    place = ruled_sheets.Place("xlsx", "封面", "A1")
    return ruled_sheets.Grid("封面", (ruled_sheets.Cell(0, 0, text, place),))


def upload(editor: FlaskClient, world: World, data: bytes, name: str) -> str:
    where = f"/tables/{world.own.table_id}/import"
    fields = {"csrf_token": key_of(editor.get("/password").text), "key": factories.key() + "-upload"}
    sent = editor.post(where, data=fields | {"file": (io.BytesIO(data), name)})
    assert sent.status_code == 303, sent.text
    return str(editor.get(where).text)


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
def test_each_cell_of_the_reading_leads_to_the_originals_and_back(world: World, editor: FlaskClient, kind: str) -> None:
    html = upload(editor, world, file_of(world, kind), f"表.{kind}")
    cell = re.search(r'<td class="long" id="annual_goal">.*?href="#(o-\w+)" data-to="\1 ?[^"]*"[^>]*>([^<]*)</a>', html)
    assert cell is not None
    assert cell[2].startswith("原文 ")
    there = re.search(rf'id="{cell[1]}" class="used.*?</td>', html, re.DOTALL)
    assert there is not None
    assert 'href="#annual_goal"' in there[0]


def test_the_original_says_what_found_no_cell(world: World, editor: FlaskClient) -> None:
    html = upload(editor, world, file_of(world, "xlsx"), "表.xlsx")
    assert re.search(rf'class="unplaced"[^>]*>[^<]*{NOTE}', html)


def test_a_workbooks_other_sheets_are_a_link_away(world: World, editor: FlaskClient) -> None:
    html = upload(editor, world, file_of(world, "xlsx"), "表.xlsx")
    assert '<a href="?part=2#original" aria-current="true">目标表</a>' in html
    other = editor.get(f"/tables/{world.own.table_id}/import?part=1").text
    assert ">目录<" in other
    assert re.search(r'class="to-original" href="\?part=2#o-', other)
    assert editor.get(f"/tables/{world.own.table_id}/import?part=9").status_code == 200


def test_a_text_is_shown_with_its_lines_numbered(world: World, editor: FlaskClient) -> None:
    world.fill()
    text = editor.get(f"/tables/{world.own.table_id}/import/sheet.txt").data
    html = upload(editor, world, text, "表.txt")
    line = re.search(r'id="annual_goal">.*?href="#o-(\d+)".*?原文 第 (\d+) 行', html)
    assert line is not None
    assert line[1] == line[2]
    assert world.goals().annual_goal in text.decode().split("\n")[int(line[1]) - 1]


def test_what_is_not_sure_is_confirmed_on_the_page_before_the_table_goes_on(world: World, editor: FlaskClient) -> None:
    html = upload(editor, world, file_of(world, "xlsx"), "表.xlsx")
    assert "请核对" in html
    fill = f"/tables/{world.own.table_id}/fill"
    sent = post(
        editor, f"/tables/{world.own.table_id}/import/accept", hidden(html), form=f"/tables/{world.own.table_id}/import"
    )
    assert sent.status_code == 303, sent.text
    page = editor.get(fill).text
    assert "读自文件，请核对" in page
    assert "读自文件的内容还没有核对" in page
    place = re.search(r'name="confirm" value="(indicators-\d+\.target_raw=\w+)"', page)
    assert place is not None
    block = re.search(r'form="f-(level\d)" name="confirm" value="' + re.escape(place[1]), page)
    assert block is not None
    answer = post(editor, f"{fill}/blocks/{block[1]}", {"confirm": place[1]} | seen_fields(page), form=fill)
    assert answer.status_code == 303
    assert place[1] not in editor.get(fill).text
    for part in re.findall(rf'href="{fill}/confirm/(\w+)"', editor.get(fill).text):
        look = editor.get(f"{fill}/confirm/{part}").text
        cells = re.findall(r'name="cell" value="([^"]+)"', look)
        assert post(editor, f"{fill}/confirm/{part}", {"cell": cells}, form=f"{fill}/confirm/{part}").status_code == 303
    assert "读自文件" not in editor.get(fill).text


def hidden(html: str) -> dict[str, str]:
    return {name: re.search(rf'name="{name}" value="([^"]*)"', html)[1] for name in ("sha256", "seen")}


def seen_fields(page: str) -> dict[str, str]:
    """What the page's rows and cells carry along."""
    return dict(re.findall(r'name="([\w.-]+/seen)" value="([^"]*)"', page)) | dict(
        re.findall(r'<textarea name="(annual_goal/text)"[^>]*>([^<]*)<', page)
    )


def page_of(grid: ruled_sheets.Grid) -> bytes:
    """The grid as a PDF of one large page, every cell with a rule around it."""
    wide, letters = 150, 14
    high = [14.0 * max((len(c.text) // letters + 1 for c in grid.row(row) if c.rows == 1), default=1) + 6
            for row in range(grid.height)]  # fmt: skip
    tops = [60 + sum(high[:row]) for row in range(grid.height + 1)]
    sheet = Sheet(width=100 + wide * grid.width, height=tops[-1] + 60)
    for cell in grid.cells:
        left, right = 50 + wide * cell.column, 50 + wide * (cell.column + cell.columns)
        top, bottom = tops[cell.row], tops[cell.row + cell.rows]
        for side in (
            (left, top, right, top),
            (left, bottom, right, bottom),
            (left, top, left, bottom),
            (right, top, right, bottom),
        ):
            sheet.line(*side)
        per_line = letters * cell.columns
        for at in range(0, len(cell.text), per_line):
            sheet.text(left + 3, top + 13 + 14 * (at // per_line), cell.text[at : at + per_line])
    return pdf([sheet])


def test_the_pages_of_a_pdf_are_pictures_with_what_was_read_boxed(world: World, editor: FlaskClient) -> None:
    grid, _ = drawn(printed(world), Layout(), Random(7))
    html = upload(editor, world, page_of(grid), "表.pdf")
    cell = re.search(r'<td class="long" id="annual_goal">.*?href="#(o-\w+)".*?原文 第 1 页', html)
    assert cell is not None
    assert re.search(rf'href="#annual_goal"[^>]*><rect id="{cell[1]}" class="used"', html)
    address = re.search(r'<image href="([^"]+)"', html)
    assert address is not None
    picture = editor.get(address[1])
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert editor.get(address[1].replace("1.png", "9.png")).status_code == 404


def test_the_pages_of_a_long_pdf_are_shown_some_at_a_time() -> None:
    pages = [Sheet() for _ in range(PAGES_AT_ONCE + 1)]
    for page in pages:
        page.text(50, 50, "年度绩效目标")
    seen = original(pdf(pages), name="a.pdf")
    assert [section.name for section in seen.sections][-2:] == [
        f"第 1—{PAGES_AT_ONCE} 页",
        f"第 {PAGES_AT_ONCE + 1} 页",
    ]


def test_a_long_sheet_is_shown_as_far_as_there_is_room() -> None:
    place = ruled_sheets.Place("xlsx", "表", "A1")
    cells = tuple(ruled_sheets.Cell(row, 0, f"第{row}行", place) for row in range(MOST_ROWS + 5))
    (section,) = original(workbook([("表", ruled_sheets.Grid("表", cells), ())]), name="a.xlsx").sections
    (table,) = section.parts
    assert isinstance(table, Table)
    assert len(table.rows) == MOST_ROWS
    assert section.left_out == 5


def test_only_its_sender_sees_the_pages_of_a_file(world: World, editor: FlaskClient) -> None:
    assert editor.get(f"/tables/{world.own.table_id}/import/pages/1.png").status_code == 404
    assert world.state() is State.DRAFT
