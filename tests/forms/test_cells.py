"""One cell of a frozen document, set from text: the same as editing its row."""

import pytest

from forms import cells
from forms.document import Document
from forms.framework import load

FORM = load("henan-2020")


@pytest.fixture
def document() -> Document:
    """An empty sheet with the common indicators."""
    return FORM.blank("省水利厅", 2020)


def test_a_text_is_set_and_nothing_else(document: Document) -> None:
    changed = cells.with_text(document, "annual_goal", " 新的目标 ", FORM)
    assert changed == document.model_copy(update={"annual_goal": "新的目标"})


def test_a_target_is_taken_apart_anew(document: Document) -> None:
    row = cells.with_text(document, "indicators[5].target_raw", "≧８８％", FORM).indicators[5]
    assert (row.target_raw, row.operator, row.target, row.unit) == ("≧８８％", "≥", "88", "%")


def test_an_amount_keeps_the_decimals_as_written_and_may_be_emptied(document: Document) -> None:
    filled = cells.with_text(document, "budget.by_use.basic", "1,234.50", FORM)
    assert cells.text_at(filled, "budget.by_use.basic") == "1234.50"
    assert cells.text_at(cells.with_text(filled, "budget.by_use.basic", "", FORM), "budget.by_use.basic") == ""


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("indicators[99].definition", "x", "没有“indicators\\[99\\].definition”"),
        ("tasks[0].content", "x", "没有"),
        ("nowhere", "x", "没有"),
        ("", "x", "没有"),
        ("indicators[0]", "x", "不是一个单元格"),
        ("indicators[0].operator", "≤", "不由填报人填写"),
        ("department", "林业局", "不由填报人填写"),
        ("budget.total", "很多", "不是数字"),
        ("budget.total", "-5", "小于 0"),
    ],
)
def test_what_cannot_stand_there_is_said(document: Document, path: str, text: str, words: str) -> None:
    with pytest.raises(cells.BadCell, match=words):
        cells.with_text(document, path, text, FORM)
