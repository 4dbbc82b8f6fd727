"""The same sheet as a workbook and as a Word file: read as the same document, every cell right."""

import io
from random import Random
from zipfile import ZipFile

import pytest
import xlsxwriter

from forms.reading import Unreadable, read, read_all
from forms.reading.grid import Grid, Line
from tests.forms import ruled_sheets as sheets
from tests.forms.verdict import verdict


def workbook(pages: list[tuple[str, Grid, tuple[Line, ...]]]) -> bytes:
    """A workbook with a sheet for each grid; lines stand above it. Numbers are stored as numbers."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    centred, share = book.add_format({"align": "center"}), book.add_format({"num_format": "0%"})
    for name, grid, lines in pages:
        sheet = book.add_worksheet(name)
        for at, line in enumerate(lines):
            sheet.write_string(at, 0, line.text)
        for cell in grid.cells:
            top, left = cell.row + len(lines), cell.column
            if cell.rows > 1 or cell.columns > 1:
                sheet.merge_range(top, left, top + cell.rows - 1, left + cell.columns - 1, cell.text, centred)
            elif cell.text in ("100%", "85%"):
                sheet.write_number(top, left, int(cell.text[:-1]) / 100, share)
            elif cell.text.isdigit() and len(cell.text) < 10:
                sheet.write_number(top, left, int(cell.text))
            else:
                sheet.write_string(top, left, cell.text)
    book.close()
    return out.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word_file(tables: list[tuple[Grid, tuple[Line, ...]]]) -> bytes:
    """A Word file with the lines as paragraphs and a table for each grid."""
    body = "".join("".join(_paragraphs(line.text) for line in lines) + _table(grid) for grid, lines in tables)
    out = io.BytesIO()
    with ZipFile(out, "w") as parts:
        parts.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/word/document.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        parts.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            'officeDocument" Target="word/document.xml"/></Relationships>',
        )
        parts.writestr(
            "word/document.xml", f'<?xml version="1.0"?><w:document {_W}><w:body>{body}</w:body></w:document>'
        )
    return out.getvalue()


def _paragraphs(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f'<w:p><w:r><w:t xml:space="preserve">{line}</w:t></w:r></w:p>' for line in escaped.split("\n"))


def _table(grid: Grid) -> str:
    rows = []
    for row in range(grid.height):
        cells, column = [], 0
        while column < grid.width:
            cell = grid.covering.get((row, column))
            columns = cell.columns if cell else 1
            merged = ""
            if cell and cell.rows > 1:
                merged = '<w:vMerge w:val="restart"/>' if cell.row == row else "<w:vMerge/>"
            inside = _paragraphs(cell.text) if cell and cell.row == row else "<w:p/>"
            cells.append(f'<w:tc><w:tcPr><w:gridSpan w:val="{columns}"/>{merged}</w:tcPr>{inside}</w:tc>')
            column += columns
        rows.append(f"<w:tr>{''.join(cells)}</w:tr>")
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


@pytest.mark.parametrize("key", sheets.GIVEN)
@pytest.mark.parametrize("seed", range(25))
def test_a_sheet_is_the_same_from_a_workbook_and_from_a_word_file(key: str, seed: int) -> None:
    rng = Random(f"files {key} {seed}")
    printed = sheets.document(rng, key)
    grid, lines = sheets.drawn(printed, sheets.layout(rng), rng)
    from_workbook = read(workbook([("表", grid, lines)]), name="表.xlsx")
    from_word = read(word_file([(grid, lines)]), name="表.docx")
    for reading in (from_workbook, from_word):
        assert not verdict(printed, reading).wrong
    assert from_workbook.document == from_word.document
    assert from_workbook.unsure == from_word.unsure


def test_every_cell_says_where_it_came_from() -> None:
    rng = Random("places")
    printed = sheets.document(rng, "henan-2024")
    grid, lines = sheets.drawn(printed, sheets.Layout(), rng)
    reading = read(workbook([("目标表", grid, lines)]), name="表.xlsx")
    assert str(reading.places["department"][0]) == "目标表!D4"
    filled = {path for path, value in reading.document.cells() if value not in ("", None)}
    assert filled - set(reading.places) <= {"form", "budget.unit"}


def test_a_workbook_of_all_departments_is_read_sheet_by_sheet_beside_its_contents() -> None:
    rng = Random("whole workbook")
    printed = [sheets.document(rng, "shaanxi-2020") for _ in range(5)]
    pages = [(f"{at + 1}", *sheets.drawn(each, sheets.Layout(), rng)) for at, each in enumerate(printed)]
    contents = Grid("目录", pages[0][1].cells[:1])
    data = workbook([("目录", contents, ()), *pages])
    parts = read_all(data, name="全部.xlsx")
    assert [part.name for part in parts] == ["1", "2", "3", "4", "5"]
    for each, part in zip(printed, parts, strict=True):
        assert part.reading is not None
        assert not verdict(each, part.reading).wrong
    with pytest.raises(Unreadable, match="5 张绩效目标表"):
        read(data, name="全部.xlsx")


def test_several_forms_in_one_word_file_are_told_apart() -> None:
    rng = Random("several")
    printed = [sheets.document(rng, "project-2020") for _ in range(3)]
    data = word_file([sheets.drawn(each, sheets.Layout(title_outside=True), rng) for each in printed])
    parts = read_all(data, name="项目.docx")
    assert len(parts) == 3
    for each, part in zip(printed, parts, strict=True):
        assert part.reading is not None
        assert not verdict(each, part.reading).wrong


def test_a_blank_form_is_called_blank() -> None:
    rng = Random("blank")
    printed = sheets.document(rng, "henan-2020")
    empty = printed.model_copy(
        update={
            "annual_goal": "", "tasks": (), "budget": type(printed.budget)(),
            "indicators": tuple(row for row in printed.indicators if sheets.framework.load("henan-2020").given(row)),
        }
    )  # fmt: skip
    grid, lines = sheets.drawn(empty, sheets.Layout(), rng)
    with pytest.raises(Unreadable, match="空白表"):
        read(workbook([("表", grid, lines)]), name="表.xlsx")


def test_a_budget_book_is_no_goal_table() -> None:
    rows = [("项目", "本年预算", "上年预算"), ("基本支出", "100", "90"), ("项目支出", "20", "30")]
    cells = [
        sheets.Cell(at, column, text, sheets.Place("xlsx", "表", ""))
        for at, row in enumerate(rows)
        for column, text in enumerate(row)
    ]
    for data in (workbook([("表", Grid("表", tuple(cells)), ())]), word_file([(Grid("表", tuple(cells)), ())])):
        with pytest.raises(Unreadable, match="不像绩效目标表"):
            read(data, name="预算.xlsx")


def test_what_the_file_hides_is_handed_back_and_not_read() -> None:
    out = io.BytesIO()
    rng = Random("hidden")
    printed = sheets.document(rng, "shaanxi-2020")
    grid, _ = sheets.drawn(printed, sheets.Layout(), rng)
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("表")
    for cell in grid.cells:
        if cell.rows > 1 or cell.columns > 1:
            sheet.merge_range(
                cell.row, cell.column, cell.row + cell.rows - 1, cell.column + cell.columns - 1, cell.text
            )
        else:
            sheet.write_string(cell.row, cell.column, cell.text)
    last = grid.height
    for column, text in enumerate(("", "产出指标", "数量指标", "不给人看的", "≥1次")):
        sheet.write_string(last, column, text)
    sheet.set_row(last, None, None, {"hidden": True})
    book.close()
    reading = read(out.getvalue(), name="表.xlsx")
    assert not verdict(printed, reading).wrong
    assert "（隐藏）不给人看的" in reading.unplaced
