"""Tables in a PDF, however their rules are drawn and wherever their pages end."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from playwright.sync_api import sync_playwright

from forms.reading import Unreadable
from forms.reading.grid import Cell, Grid, Source
from forms.reading.pdf import MOST_PAGES, page_picture, read_pdf
from tests.forms.pdf_pages import WAYS, Rules, Sheet, in_form, pdf, plain
from tests.forms.pdf_tables import Meant, drawn, some_table

COLUMNS = (50.0, 120.0, 300.0, 400.0, 545.0)
ROWS = (100.0, 130.0, 160.0, 200.0, 260.0)
EXPECTED = [
    (0, 0, 1, 2, "名称合并 two words"),
    (0, 2, 1, 1, "指标值"),
    (0, 3, 1, 1, "≥95%"),
    (1, 0, 2, 1, "年\n度\n目\n标"),
    (1, 1, 1, 1, "网络安全\n第二行"),
    (1, 2, 1, 1, "面积100m2"),
    (2, 2, 1, 1, "竖排"),
]


def _sheet(way: Rules) -> Sheet:
    """A table of 4 × 4 whose first row joins two columns, and its first column two rows."""
    sheet = Sheet()
    for row, y in enumerate(ROWS):
        for column in range(4):
            if (row, column) != (2, 0):
                way(sheet, COLUMNS[column], y, COLUMNS[column + 1], y)
    for column, x in enumerate(COLUMNS):
        for row in range(4):
            if (row, column) != (0, 1):
                way(sheet, x, ROWS[row], x, ROWS[row + 1])
    sheet.text(52, 115, "名称合并 two words")
    sheet.text(302, 115, "指标值")
    sheet.text(402, 115, "≥95%")
    for at, word in enumerate("年度目标"):
        sheet.text(80, 142 + at * 12, word)
    sheet.text(122, 145, "网络安全")
    sheet.text(122, 157, "第二行")
    sheet.text(302, 145, "面积100m")
    sheet.text(345, 141, "2", 6)
    sheet.text(320, 195, "竖排", turn=1)
    sheet.text(50, 80, "部门：某某        单位：万元")
    sheet.text(280, 800, "第 1 页 共 2 页")
    return sheet


def _read(*sheets: Sheet) -> Source:
    return read_pdf(pdf(sheets), "表.pdf")


def _texts(grid: Grid) -> list[tuple[int, int, int, int, str]]:
    return [(cell.row, cell.column, cell.rows, cell.columns, cell.text) for cell in grid.cells if cell.text]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_table_reads_the_same_however_its_rules_are_drawn(way: Rules) -> None:
    source = _read(_sheet(way))
    assert [_texts(grid) for grid in source.grids] == [EXPECTED]
    assert not any(cell.doubt for cell in source.grids[0].cells)
    assert [line.text for line in source.lines] == ["部门：某某 单位：万元", "第 1 页 共 2 页"]


@pytest.mark.parametrize("depth", [1, 3])
def test_a_table_inside_of_moved_forms_reads_the_same(depth: int) -> None:
    assert _texts(_read(in_form(_sheet(plain), depth)).grids[0]) == EXPECTED


def judged(meant: Sequence[Meant], source: Source) -> tuple[int, int, list[str]]:
    """How many cells with text were read rightly, how many are in doubt, and what is wrong without doubt.

    Rows are compared by what stands beside each other, for a row read in two halves shifts those below.
    """
    cells = [cell for grid in source.grids for cell in grid.cells]
    read = {_squeezed(cell.text): cell for cell in cells if cell.text and not cell.doubt}
    wanted = {_squeezed(cell.text): cell for cell in meant if cell.text}
    silent = [f"not meant: {text}" for text in read if text not in wanted]
    if len(source.grids) > 1:
        silent.append(f"{len(source.grids)} tables")
    matched = {text: cell for text, cell in read.items() if text in wanted}
    in_doubt = "".join(_squeezed(cell.text) for cell in cells if cell.doubt)
    for text, cell in wanted.items():
        if text not in matched and not set(text) <= set(in_doubt):
            silent.append(f"lost: {text}")
        elif text in matched and (matched[text].column, matched[text].columns) != (cell.column, cell.columns):
            silent.append(f"in another column: {text}")
    for text, cell in matched.items():
        for other_text, other in matched.items():
            if _beside(cell, other) != _beside(wanted[text], wanted[other_text]):
                silent.append(f"beside: {text} {other_text}")
    return len(matched), len(wanted) - len(matched), silent


def _beside(one: Cell | Meant, other: Cell | Meant) -> bool:
    return one.row < other.row + other.rows and other.row < one.row + one.rows


def _squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("seed", range(40))
def test_no_cell_of_a_table_over_pages_is_wrong_without_being_in_doubt(seed: int) -> None:
    table = drawn(Random(seed))
    _, _, silent = judged(table.cells, read_pdf(pdf(table.sheets), "表.pdf"))
    assert silent == []


@pytest.mark.slow
def test_nearly_all_cells_of_many_tables_are_right_and_none_is_wrong_in_silence() -> None:
    right = unsure = 0
    for seed in range(1000, 1800):
        table = drawn(Random(seed))
        good, doubtful, silent = judged(table.cells, read_pdf(pdf(table.sheets), "表.pdf"))
        assert silent == [], seed
        right, unsure = right + good, unsure + doubtful
    assert right > 0.9 * (right + unsure)


def test_the_judge_sees_a_cell_that_was_read_wrongly() -> None:
    table = drawn(Random(3))
    source = read_pdf(pdf(table.sheets), "表.pdf")
    other = [*table.cells[:-1], replace(table.cells[-1], text="另一句话")]
    assert judged(other, source)[2] != []


@pytest.mark.parametrize(
    ("width", "height", "rotate", "turn"), [(595, 842, 90, 1), (842, 595, 270, 3), (595, 842, 0, 1)]
)
def test_a_page_that_lies_on_its_side_is_read_upright_and_its_picture_fits(
    width: int, height: int, rotate: int, turn: int
) -> None:
    upright, turned = _sheet(plain), Sheet(width, height, rotate)
    # The whole page turned counterclockwise by a quarter, or clockwise.
    matrix = "0 1 -1 0 595 0" if turn == 1 else "0 -1 1 0 0 595"
    turned.raw(f"q {matrix} cm 0.7 0 0 0.7 0 0 cm " + "\n".join(upright.parts) + " Q")
    data = pdf([turned])
    grid = read_pdf(data, "表.pdf").grids[0]
    assert _texts(grid) == EXPECTED
    box = grid.cells[0].place.box
    assert box is not None
    assert box.top < box.bottom < 842
    assert page_picture(data, 1, 1.0).startswith(b"\x89PNG")


def test_boxes_are_counted_from_the_upper_left_corner_in_points() -> None:
    cell = _read(_sheet(plain)).grids[0].cells[0]
    assert str(cell.place) == "第 1 页"
    assert cell.place.box == pytest.approx((50, 100, 300, 130), abs=0.5)


def _two(first: Sequence[str], second: Sequence[str], *, heading: bool = False, title: str = "") -> Source:
    """Two pages, each with rows of three columns, "甲|乙|丙"."""
    sheets = []
    for rows in (first, second):
        sheet = Sheet()
        y = 60.0 + 660 - 30 * len(rows) if rows is first else 60.0
        if rows is second and title:
            sheet.text(60, 40, title)
        for row in ["名称|数值|说明", *rows] if heading else rows:
            for at, text in enumerate(row.split("|")):
                left, right = 60 + 150 * at, 210 + 150 * at
                for edge in ((left, y, right, y), (left, y + 30, right, y + 30), (left, y, left, y + 30)):
                    plain(sheet, *edge)
                plain(sheet, right, y, right, y + 30)
                sheet.text(left + 4, y + 14, text)
            y += 30
        sheet.text(280, 815, "- 3 -")
        sheets.append(sheet)
    return _read(*sheets)


def test_a_heading_that_is_printed_again_on_the_next_page_is_dropped() -> None:
    (grid,) = _two(["甲|1|子"], ["乙|2|丑"], heading=True).grids
    assert [cell.text for cell in grid.cells if cell.column == 0] == ["名称", "甲", "乙"]
    assert (grid.breaks, grid.name) == ({2}, "第 1-2 页")


def test_a_title_between_two_tables_keeps_them_apart() -> None:
    assert len(_two(["甲|1|子"], ["乙|2|丑"]).grids) == 1
    assert len(_two(["甲|1|子"], ["乙|2|丑"], title="第二张表").grids) == 2


def test_a_row_whose_sentence_goes_on_below_the_page_is_one_row() -> None:
    (grid,) = _two(["甲|1|一二三四五六七八九十甲乙丙丁"], ["||接着写完。"]).grids
    assert [(cell.column, cell.text, cell.doubt) for cell in grid.cells] == [
        (0, "甲", False),
        (1, "1", False),
        (2, "一二三四五六七八九十甲乙丙丁\n接着写完。", False),
    ]


def test_a_row_that_may_or_may_not_go_on_below_the_page_is_in_doubt() -> None:
    (grid,) = _two(["甲|1|句子完了。"], ["||又一句。"]).grids
    assert all(cell.doubt for cell in grid.cells)


def test_text_that_runs_over_the_edge_of_its_cell_is_in_doubt() -> None:
    (grid,) = _two(["甲|1|子", "甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己庚||丑"], []).grids
    assert [cell.doubt for cell in grid.cells if cell.row == 1] == [True, True, False]


@pytest.mark.parametrize("code", [0xE001, 0xE802])
def test_a_character_without_a_known_meaning_is_in_doubt(code: int) -> None:
    sheet = _sheet(plain)
    sheet.text(402, 145, f"年度目标{chr(code)}", font="F2")
    grid = _read(sheet).grids[0]
    assert [cell.doubt for cell in grid.cells if cell.row == 1 and cell.column == 3] == [True]


def test_the_radical_that_some_fonts_give_for_a_character_is_that_character() -> None:
    sheet = _sheet(plain)
    sheet.text(402, 145, "\u2f6c标", font="F2")
    assert "目标" in [cell.text for cell in _read(sheet).grids[0].cells]


@pytest.mark.parametrize(
    ("sheets", "says"),
    [
        ([Sheet(picture=True)], "扫描件或图片"),
        ([Sheet()], "没有文字"),
        ([Sheet()] * (MOST_PAGES + 1), "301 页"),
    ],
    ids=["scan", "empty", "too long"],
)
def test_what_has_no_text_or_is_far_too_long_is_refused(sheets: list[Sheet], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        _read(*sheets)


def test_a_scan_with_unseen_text_below_it_is_refused() -> None:
    sheet = Sheet(picture=True)
    sheet.text(60, 60, "机器认出的字", mode=3)
    with pytest.raises(Unreadable, match="扫描件或图片"):
        _read(sheet)


def test_a_page_that_is_a_picture_is_named_among_pages_with_text() -> None:
    source = _read(_sheet(plain), Sheet(picture=True))
    assert [line.text for line in source.lines][-1] == "［第 2 页是图片，其中的文字没有读出］"


def test_a_file_whose_letters_have_no_meaning_is_refused() -> None:
    sheet = Sheet()
    sheet.text(60, 60, "".join(chr(0xE000 + at) for at in range(20)), font="F2")
    with pytest.raises(Unreadable, match="文字编码已损坏"):
        _read(sheet)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.5\n", b"no pdf", pdf([Sheet()])[:300]])
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"已损坏|没有"):
        read_pdf(data, "表.pdf")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium here")
@pytest.mark.parametrize("collapse", ["collapse", "separate"])
@pytest.mark.parametrize("rule", ["1px solid", "1px dashed", "1px dotted", "3px double"])
def test_tables_that_a_browser_prints_are_read_without_a_wrong_cell(rule: str, collapse: str) -> None:
    style = f"table{{border-collapse:{collapse};table-layout:fixed}}td{{border:{rule} #000;padding:2pt 4pt}}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page()
        for seed in range(6):
            cells, widths, heading = some_table(Random(seed))
            page.set_content(f"<style>{style}</style>{_html(cells, widths, heading)}")
            _, _, silent = judged(cells, read_pdf(page.pdf(format="A4"), "表.pdf"))
            assert silent == [], seed
        browser.close()


def _html(cells: Sequence[Meant], widths: Sequence[float], heading: int) -> str:
    rows = [
        "".join(
            f"<td rowspan={cell.rows} colspan={cell.columns}>{cell.text}</td>"
            for cell in sorted(cells, key=lambda cell: cell.column)
            if cell.row == row
        )
        for row in range(max(cell.row + cell.rows for cell in cells))
    ]
    head, body = ("".join(f"<tr>{row}</tr>" for row in part) for part in (rows[:heading], rows[heading:]))
    columns = "".join(f'<col style="width:{width}pt">' for width in widths)
    return f"<table style='width:{sum(widths)}pt'>{columns}<thead>{head}</thead><tbody>{body}</tbody></table>"


def test_text_that_hangs_below_a_cell_cut_by_the_page_belongs_to_it() -> None:
    sheet = Sheet()
    for x in (60, 120, 300):
        plain(sheet, x, 60, x, 100 if x == 60 else 140)
    for edge in ((60, 60, 300, 60), (120, 140, 300, 140), (120, 100, 300, 100), (60, 100, 60, 140)):
        plain(sheet, *edge)
    sheet.text(64, 134, "年度")
    sheet.text(64, 148, "目标")
    sheet.text(124, 74, "甲")
    sheet.text(124, 114, "乙")
    cells = {cell.text: cell.doubt for cell in _read(sheet).grids[0].cells}
    assert cells == {"年度\n目标": True, "甲": False, "乙": False}


def test_a_drawing_of_very_many_lines_is_refused() -> None:
    sheet = _sheet(plain)
    sheet.raw("0 0 m " + "9 9 l 0 0 l " * 210_000 + "S")
    with pytest.raises(Unreadable, match="太复杂"):
        _read(sheet)


def test_cells_that_have_their_borders_each_for_themselves_are_in_columns_without_strips_between() -> None:
    sheet = Sheet()
    for row in range(2):
        for column in range(2):
            for inset in (0, 1.5):  # a double border around each, and a gap to the next
                left, top = 60 + 104 * column + inset, 60 + 34 * row + inset
                right, bottom = left + 101 - 2 * inset, top + 31 - 2 * inset
                for edge in ((left, top, right, top), (left, bottom, right, bottom)):
                    plain(sheet, *edge)
                for edge in ((left, top, left, bottom), (right, top, right, bottom)):
                    plain(sheet, *edge)
            sheet.text(70 + 104 * column, 80 + 34 * row, f"{row}行{column}列")
    (grid,) = _read(sheet).grids
    assert _texts(grid) == [(row, column, 1, 1, f"{row}行{column}列") for row in range(2) for column in range(2)]
