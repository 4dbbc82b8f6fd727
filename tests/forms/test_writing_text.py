"""A sheet written as the text of its form is read back as it was, white space aside; where it is not, that is told."""

from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from commands.demo_region import sheets
from commands.demo_region.places import PLACES, Place
from forms import framework as frameworks
from forms.document import Document, differences
from forms.reading import read
from forms.writing import altered, write
from tests.forms import variants

FORM = frameworks.load("henan-2020")
SEED = Path(__file__).parents[1] / "seed/henan-cac-2020.txt"


def read_back(sheet: Document) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """What differs, what found no place, what is not certain."""
    reading = read(write(sheet, FORM, "txt"), name="sheet.txt", framework=FORM.key)
    changed = [change.path for change in differences(sheet, reading.document, ignore_space=True)]
    return changed, reading.unplaced, reading.unsure


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.code)
def test_every_sheet_of_the_demo_comes_back_whole_and_certain(place: Place) -> None:
    for make in (sheets.sheet, sheets.wrong_sheet, sheets.thin_sheet):
        sheet = make(place, 2026, 2024)
        assert read_back(sheet) == ([], (), ())
        assert altered(sheet, FORM) == ()


def test_the_seed_comes_back_whole() -> None:
    sheet = read(SEED.read_bytes(), name=SEED.name).document
    assert read_back(sheet)[:2] == ([], ())


def test_nearly_all_invented_sheets_come_back_and_the_others_are_told() -> None:
    told = 0
    for number in range(60):
        sheet = variants.document(Random(number))
        changed, _unplaced, _unsure = read_back(sheet)
        assert altered(sheet, FORM) == tuple(changed)
        told += bool(changed)
    assert told <= 6, told


def test_what_does_not_come_back_is_told() -> None:
    """A content that looks like the heads of the columns."""
    sheet = sheets.sheet(PLACES[0], 2026, 2024)
    first, *others = sheet.tasks
    odd = first.model_copy(update={"name": "", "content": "一级指标 二级指标 三级指标 指标值 指标值说明"})
    assert altered(sheet.model_copy(update={"tasks": (odd, *others)}), FORM) != ()


def test_an_amount_keeps_every_decimal_it_has() -> None:
    sheet = sheets.sheet(PLACES[0], 2026, 2024)
    total = (sheet.budget.total or Decimal(0)) + Decimal("0.0003")
    budget = sheet.budget.model_copy(update={"total": total})
    text = write(sheet.model_copy(update={"budget": budget}), FORM, "txt").decode()
    assert f"{total:,f}" in text
