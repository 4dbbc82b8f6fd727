"""Workbooks are read as a person sees them: each cell once, with its place, in doubt where the file is."""

import datetime
import zipfile
from io import BytesIO

import pytest
import xlsxwriter

from forms.reading import xlsx as reader
from forms.reading.decoding import Unreadable
from forms.reading.grid import Cell, Grid, Place
from forms.reading.xlsx import read_xlsx
from tests.forms.office_files import STRICT_OFFICE, STRICT_SHEET, xlsx, xlsx_parts, zipped


def _rows(*cells: str) -> str:
    return f'<sheetData><row r="1">{"".join(cells)}</row></sheetData>'


def _grid(*sheets: str, **more: object) -> Grid:
    return read_xlsx(xlsx(*sheets, **more), "目标.xlsx").grids[0]


def _only(*sheets: str, **more: object) -> Cell:
    (cell,) = _grid(*sheets, **more).cells
    return cell


def _texts(grid: Grid) -> dict[str, str]:
    return {cell.place.at: cell.text for cell in grid.cells}


def _text(content: str) -> str:
    return f'<c r="A1" t="inlineStr"><is><t>{content}</t></is></c>'


def test_a_table_is_read_with_its_places_merged_cells_and_numbers() -> None:
    file = BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("财政厅")
    percent, money = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": '#,##0.00"万元"'})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range("A1:D1", "部门整体绩效目标表")
    sheet.merge_range("A2:A4", "产出指标")
    sheet.write_string("B2", "完成率")
    sheet.write_number("C2", 0.95, percent)
    sheet.write_number("C3", 2115.4, money)
    sheet.write_datetime("C4", datetime.date(2020, 9, 30), day)
    sheet.write_boolean("D2", True)
    sheet.write_rich_string("D3", "建成", book.add_format({"bold": True}), "三个", "中心")
    sheet.write_string("D4", "一行\n二行")
    sheet.write_blank("F9", None, money)
    book.close()
    source = read_xlsx(file.getvalue(), "目标.xlsx")
    (grid,) = source.grids
    assert (source.kind, source.lines, grid.name, grid.hidden) == ("xlsx", (), "财政厅", False)
    assert _texts(grid) == {
        "A1": "部门整体绩效目标表",
        "A2": "产出指标",
        "B2": "完成率",
        "C2": "95.0%",
        "D2": "TRUE",
        "C3": "2,115.40万元",
        "D3": "建成三个中心",
        "C4": "2020-09-30",
        "D4": "一行\n二行",
    }
    title, label = grid.covering[0, 3], grid.covering[3, 0]
    assert (title.rows, title.columns, title.place) == (1, 4, Place("xlsx", "财政厅", "A1"))
    assert (label.rows, label.columns, str(label.place)) == (3, 1, "财政厅!A2")
    assert (grid.height, grid.width) == (4, 4)
    assert [cell.text for cell in grid.row(2)] == ["产出指标", "2,115.40万元", "建成三个中心"]
    assert not any(cell.doubt or cell.hidden for cell in grid.cells)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A1" t="s"><v>0</v></c>', "共性指标"),
        ('<c r="A1" t="s"><v>1</v></c>', "建成3个中心"),
        ('<c r="A1" t="s"><v>2</v></c>', "漢字"),
        ('<c r="A1" t="s"><v>3</v></c>', "10⁴吨"),
        (_text("行一_x000D_\n行二"), "行一\n行二"),
        (_text("_x005F_x000D_"), "_x000D_"),
        (_text("_xD83D__xDE00_"), "😀"),
        (_text("零\u200b宽"), "零宽"),
        ('<c r="A1" t="str"><f>B1&amp;C1</f><v>合计</v></c>', "合计"),
        ('<c r="A1"><f>B1/C1</f><v>0.95</v></c>', "0.95"),
        ('<c r="A1" t="e"><f>B1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c r="A1" t="b"><v>0</v></c>', "FALSE"),
        ('<c r="A1" t="n"><v>0.1</v></c>', "0.1"),
        ('<c r="A1" s="1"><v>0.95</v></c>', "95%"),
        ('<c r="A1" s="1" t="d"><v>2020-01-01</v></c>', "4383100%"),
        ('<c r="A1" s="2" t="d"><v>2020-01-01T00:00:00</v></c>', "2020-01-01"),
        ('<c r="A1" s="2"><v>43831</v></c>', "2020-01-01"),
        ('<c r="A1" s="3"><v>28.8</v></c>', "28.8万元"),
        ('<c r="A1" s="3" t="inlineStr"><is><t>待定</t></is></c>', "待定"),
        ('<c r="A1" s="99"><v>7</v></c>', "7"),
        ("<c><v>7</v></c>", "7"),
    ],
)
def test_each_kind_of_cell_is_read_as_it_is_seen(cell: str, text: str) -> None:
    strings = (
        "<t>共性指标</t>",
        "<r><t>建成</t></r><r><rPr><b/></rPr><t>3</t></r><r><t>个中心</t></r>",
        '<t>漢字</t><rPh sb="0" eb="1"><t>かんじ</t></rPh><phoneticPr fontId="1"/>',
        '<r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>4</t></r><r><t>吨</t></r>',
    )
    read = _only(_rows(cell), strings=strings, formats=("0%", "yyyy-mm-dd", 'General"万元"'))
    assert (read.text, read.doubt, read.hidden, read.place.at) == (text, False, False, "A1")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A1"><f>SUM(B1:B9)</f></c>', ""),
        ('<c r="A1"><f>SUM(B1:B9)</f><v></v></c>', ""),
        ('<c r="A1" t="s"><v>9</v></c>', ""),
        ('<c r="A1"><v>12万</v></c>', "12万"),
        (_text("\ue003级"), "\ue003级"),
        ('<c r="A1" s="1"><v>5</v></c>', "5"),
        ('<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>', "1"),
    ],
)
def test_what_the_file_leaves_open_is_in_doubt(cell: str, text: str) -> None:
    read = {one.place.at: one for one in _grid(_rows(cell, '<c r="B1"><v>1</v></c>'), formats=("[DBNum2]0",)).cells}[
        "A1"
    ]
    assert (read.text, read.doubt) == (text, True)


def test_an_empty_text_that_a_formula_gave_is_empty_without_doubt() -> None:
    assert _texts(_grid(_rows('<c r="A1" t="str"><f>""</f><v></v></c>', '<c r="B1"><v>1</v></c>'))) == {"B1": "1"}


def test_results_that_the_writer_never_calculated_are_in_doubt() -> None:
    sheet = _rows('<c r="A1"><f>1+1</f><v>0</v></c>', '<c r="B1"><v>1</v></c>')
    doubts = {cell.place.at: cell.doubt for cell in _grid(sheet, after='<calcPr fullCalcOnLoad="1"/>').cells}
    assert doubts == {"A1": True, "B1": False}
    assert not any(cell.doubt for cell in _grid(sheet, after='<calcPr calcId="1"/>').cells)


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    sheet = _rows('<c r="A1" s="1"><v>42369</v></c>')
    assert _only(sheet, formats=("yyyy-mm-dd",), before='<workbookPr date1904="1"/>').text == "2020-01-01"


def test_a_workbook_of_the_strict_kind_reads_the_same() -> None:
    sheet = _rows('<c r="A1" t="s"><v>0</v></c>', '<c r="B1" s="1"><v>0.5</v></c>')
    grid = _grid(sheet, strings=("<t>指标</t>",), formats=("0%",), ns=STRICT_SHEET, office=STRICT_OFFICE)
    assert _texts(grid) == {"A1": "指标", "B1": "50%"}


def test_hidden_rows_columns_sheets_and_values_are_marked_and_not_lost() -> None:
    sheet = (
        '<cols><col min="2" max="2" hidden="1"/><col min="3" max="3" width="0"/>'
        '<col min="9" max="16384" hidden="1"/></cols>'
        '<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c><c r="C1"><v>3</v></c>'
        '<c r="D1" s="1"><v>4</v></c></row><row r="2" hidden="1"><c r="A2"><v>5</v></c></row>'
        '<row r="3" ht="0"><c r="A3"><v>6</v></c></row><row r="4"><c r="A4"><v>7</v></c></row></sheetData>'
        '<mergeCells><mergeCell ref="A3:A4"/></mergeCells>'
    )
    parts = xlsx_parts(sheet, _rows('<c r="A1"><v>8</v></c>'), names=("目标", "存档"), formats=(";;;",))
    parts["xl/workbook.xml"] = str(parts["xl/workbook.xml"]).replace('name="存档"', 'name="存档" state="veryHidden"')
    seen, put_away = read_xlsx(zipped(parts), "目标.xlsx").grids
    assert {cell.text: cell.hidden for cell in seen.cells if cell.text != "7"} == {
        "1": False,
        "2": True,
        "3": True,
        "4": True,
        "5": True,
        "6": False,  # merged over a row that is seen
    }
    assert (seen.hidden, put_away.hidden, put_away.name) == (False, True, "存档")


def test_zeros_that_the_sheet_does_not_show_are_empty() -> None:
    sheet = '<sheetViews><sheetView showZeros="0"/></sheetViews>' + _rows(
        '<c r="A1"><v>0</v></c>', '<c r="B1"><v>1</v></c>'
    )
    assert _texts(_grid(sheet)) == {"B1": "1"}


def test_a_merged_cell_has_the_words_of_its_first_and_doubt_where_others_lie_below() -> None:
    cells = _rows('<c r="A1"><v>1</v></c>', '<c r="B1"><v>2</v></c>', '<c r="D1"><v>3</v></c>')
    cell = _grid(cells + '<mergeCells><mergeCell ref="A1:C1"/></mergeCells>').covering[0, 2]
    assert (cell.text, cell.columns, cell.doubt) == ("1", 3, True)


def test_of_two_merged_ranges_that_overlap_the_first_holds_in_doubt_and_no_word_is_lost() -> None:
    cells = _rows('<c r="A1"><v>1</v></c>', '<c r="C1"><v>3</v></c>', '<c r="D1"><v>4</v></c>')
    grid = _grid(cells + '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="B1:C1"/></mergeCells>')
    assert [(cell.text, cell.columns, cell.doubt) for cell in grid.cells] == [
        ("1", 2, True),
        ("3", 1, False),
        ("4", 1, False),
    ]


def test_ranges_merged_over_whole_rows_end_where_the_table_ends() -> None:
    rows = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="C2"><v>2</v></c></row></sheetData>'
    grid = _grid(rows + '<mergeCells><mergeCell ref="A1:XFD1"/><mergeCell ref="A9:XFD1048576"/></mergeCells>')
    assert [(cell.place.at, cell.rows, cell.columns) for cell in grid.cells] == [("A1", 1, 3), ("C2", 1, 1)]


def test_cells_without_addresses_follow_one_another() -> None:
    sheet = "<sheetData><row><c><v>1</v></c><c/><c><v>2</v></c></row><row><c><v>3</v></c></row></sheetData>"
    assert _texts(_grid(sheet)) == {"A1": "1", "C1": "2", "A2": "3"}


def test_all_sheets_come_in_the_order_of_the_workbook_and_charts_are_left_out() -> None:
    parts = xlsx_parts(*(_rows(f'<c r="A1"><v>{at}</v></c>') for at in range(4)), names=("目录", "甲", "图", "乙"))
    relations = str(parts["xl/_rels/workbook.xml.rels"])
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(
        'worksheet" Target="worksheets/sheet3', 'chartsheet" Target="worksheets/sheet3'
    )
    assert [grid.name for grid in read_xlsx(zipped(parts), "目标").grids] == ["目录", "甲", "乙"]


def test_a_workbook_without_a_word_is_refused() -> None:
    with pytest.raises(Unreadable, match="没有文字"):
        read_xlsx(xlsx("<sheetData/>"), "目标.xlsx")


# ---- what may be wrong with a file, by accident or on purpose


def test_one_cell_at_the_farthest_corner_costs_nothing() -> None:
    grid = _grid(
        '<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    )
    assert (len(grid.cells), grid.height, grid.width) == (2, reader.MOST_ROWS, reader.MOST_COLUMNS)
    assert [[cell.text for cell in grid.row(at)] for at in (0, 1, grid.height - 1)] == [["1"], [], ["2"]]


def test_a_row_of_16384_columns_is_read_whole() -> None:
    grid = _grid("<sheetData><row>" + "<c><v>1</v></c>" * reader.MOST_COLUMNS + "</row></sheetData>")
    assert (grid.width, grid.cells[-1].place.at) == (reader.MOST_COLUMNS, "XFD1")


@pytest.mark.parametrize(
    "sheet",
    [
        "<sheetData><row>" + "<c><v>1</v></c>" * (reader.MOST_COLUMNS + 1) + "</row></sheetData>",
        '<sheetData><row r="1048577"><c r="A1048577"><v>1</v></c></row></sheetData>',
        '<sheetData><row r="0"><c r="A0"><v>1</v></c></row></sheetData>',
        '<sheetData><row r="-1"/></sheetData>',
        '<sheetData><row r="1"><c r="XFE1"><v>1</v></c></row></sheetData>',
        '<sheetData><row r="1"><c r="1"><v>1</v></c></row></sheetData>',
        _rows('<c r="A1"><v>1</v></c>') + '<mergeCells><mergeCell ref="A1:ABCD1"/></mergeCells>',
        "<sheetData><row>",
    ],
)
def test_places_that_no_sheet_has_mean_a_damaged_file(sheet: str) -> None:
    with pytest.raises(Unreadable, match="已损坏"):
        read_xlsx(xlsx(sheet), "目标.xlsx")


def test_a_million_rows_are_refused_and_what_to_do_is_said() -> None:
    parts = xlsx_parts("<sheetData>" + '<row><c s="1"/></row>' * 1_000_000 + "</sheetData>")
    file = zipped(parts, compress=zipfile.ZIP_STORED)
    with pytest.raises(Unreadable, match="行、列或文字太多，不像绩效目标表，请只保留"):
        read_xlsx(file, "目标.xlsx")


def test_a_workbook_with_too_many_cells_is_refused_and_below_the_limit_read(monkeypatch: pytest.MonkeyPatch) -> None:
    file = xlsx(*[_rows('<c r="A1"><v>1</v></c>', '<c r="B1"><v>1</v></c>')] * 3)
    assert len(read_xlsx(file, "目标.xlsx").grids) == 3
    monkeypatch.setattr(reader, "MOST_CELLS", 5)
    with pytest.raises(Unreadable, match="超过 5 个"):
        read_xlsx(file, "目标.xlsx")


def test_too_many_shared_strings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = xlsx(_rows('<c r="A1" t="s"><v>0</v></c>'), strings=["<t>甲</t>"] * 9)
    monkeypatch.setattr(reader, "MOST_STRINGS", 8)
    with pytest.raises(Unreadable, match="文字太多"):
        read_xlsx(file, "目标.xlsx")


def test_a_merged_range_over_millions_of_places_is_refused() -> None:
    rows = (
        '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="9999"><c r="XFD9999"><v>2</v></c></row></sheetData>'
    )
    with pytest.raises(Unreadable, match="合并单元格太大"):
        read_xlsx(xlsx(rows + '<mergeCells><mergeCell ref="A1:XFD9999"/></mergeCells>'), "目标.xlsx")


def test_overlapping_ranges_in_thousands_are_over_in_a_moment() -> None:
    rows = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="900"><c r="Z900"><v>2</v></c></row></sheetData>'
    grid = _grid(rows + "<mergeCells>" + '<mergeCell ref="A1:Z900"/>' * 20 + "</mergeCells>")
    assert len(grid.cells) == 1


def test_formats_of_cells_may_name_what_is_not_there() -> None:
    parts = xlsx_parts(_rows('<c r="A1" s="1"><v>1</v></c>'))
    del parts["xl/styles.xml"], parts["xl/sharedStrings.xml"]
    parts["xl/_rels/workbook.xml.rels"] = str(parts["xl/_rels/workbook.xml.rels"]).replace("sharedStrings", "other")
    with pytest.raises(Unreadable, match="已损坏"):
        read_xlsx(zipped(parts), "目标.xlsx")
    parts["xl/_rels/workbook.xml.rels"] = str(parts["xl/_rels/workbook.xml.rels"]).replace("/styles", "/none")
    assert read_xlsx(zipped(parts), "目标.xlsx").grids[0].cells[0].text == "1"


def test_links_to_outside_are_not_followed() -> None:
    parts = xlsx_parts(_rows('<c r="A1"><v>1</v></c>'))
    parts["xl/_rels/workbook.xml.rels"] = str(parts["xl/_rels/workbook.xml.rels"]).replace(
        'Target="worksheets/sheet1.xml"', 'Target="file:///etc/passwd" TargetMode="External"'
    )
    with pytest.raises(Unreadable, match="已损坏"):
        read_xlsx(zipped(parts), "目标.xlsx")


def test_a_word_file_is_no_workbook() -> None:
    with pytest.raises(Unreadable, match="已损坏"):
        read_xlsx(zipped({"word/document.xml": "<w/>"}), "目标.docx")
