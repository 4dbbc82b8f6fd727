"""Tables in a PDF, however their rules are drawn and wherever their pages end."""

from collections.abc import Sequence

import pytest

from forms.reading.grid import Cell, Grid, Source
from forms.reading.pdf import read_pdf
from tests.forms.pdf_pages import WAYS, Rules, Sheet, in_form, pdf, plain
from tests.forms.pdf_tables import Meant

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
