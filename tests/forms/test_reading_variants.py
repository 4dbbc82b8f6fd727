"""Reading the form, not the seed: sheets of invented departments, printed by code that knows nothing of the reader."""

import difflib
from random import Random

import pytest

from forms.document import Document, squeezed
from forms.framework import Framework
from forms.reading import Reading, read
from forms.reading.blocks import HABITS
from tests.forms import variants
from tests.forms.verdict import Verdict, verdict


def _verdict(seed: int, labels: str, *, harsh: bool = False) -> Verdict:
    rng = Random(seed)
    printed = variants.document(rng)
    style = (variants.harsh if harsh else variants.style)(rng, printed, labels)
    text = variants.render(printed, style, rng)
    return verdict(printed, read(text.encode(), name=f"{seed}.txt"))


def test_the_printer_prints_the_seed_nearly_line_by_line(seed: Document, seed_text: str) -> None:
    printed = variants.render(seed, variants.Style(), Random(2))
    lines = [[squeezed(line) for line in text.split("\n") if line.strip()] for text in (printed, seed_text)]
    assert difflib.SequenceMatcher(None, *lines, autojunk=False).ratio() > 0.85


def test_the_variants_differ_in_everything_the_form_leaves_open(henan: Framework) -> None:
    sheets = [variants.document(Random(seed)) for seed in range(60)]
    assert {len(sheet.tasks) for sheet in sheets} == {1, 2, 3, 4, 5, 6, 7, 8}
    assert len({sheet.department for sheet in sheets}) > 15
    orders = {tuple(dict.fromkeys(row.level2 for row in sheet.indicators)) for sheet in sheets}
    assert len(orders) > 10
    own = [row for sheet in sheets for row in sheet.indicators if henan.common(row.level3) is None]
    assert {row.operator for row in own} == {"≥", ">", "≤", "<", "=", "定性"}
    assert any(len(row.definition) > 40 for row in own)
    assert any(not row.definition for row in own)


@pytest.mark.parametrize("seed", range(60))
def test_a_variant_in_the_seeds_layout_reads_right_in_every_cell(seed: int) -> None:
    found = _verdict(seed, "before_last")
    assert found.wrong == ()
    assert found.right == found.cells > 100


@pytest.mark.parametrize("seed", range(1000, 1012))
@pytest.mark.parametrize("labels", ["first", "after"])
def test_labels_before_or_after_their_rows_are_understood_from_the_common_blocks(seed: int, labels: str) -> None:
    assert _verdict(seed, labels).wrong == ()


@pytest.mark.parametrize("seed", range(2000, 2015))
@pytest.mark.parametrize("labels", ["before_last", "first", "middle", "after"])
def test_in_harsh_layouts_what_is_not_right_is_asked_about(seed: int, labels: str) -> None:
    found = _verdict(seed, labels, harsh=True)
    assert found.silent == ()
    assert found.right > 0.8 * found.cells


def test_the_verdict_sees_a_cell_that_is_silently_wrong(seed: Document) -> None:
    row = seed.indicators[3].model_copy(update={"level3": "别的"})
    wrong = seed.model_copy(update={"indicators": (*seed.indicators[:3], row, *seed.indicators[4:])})
    assert verdict(seed, Reading(wrong)).silent == ("indicators[3].level3",)
    assert verdict(seed, Reading(wrong, unsure=("indicators[3].level3",))).silent == ()


def test_the_verdict_sees_a_row_that_is_silently_missing(seed: Document) -> None:
    less = seed.model_copy(update={"tasks": seed.tasks[:1]})
    assert set(verdict(seed, Reading(less)).silent) == {"tasks[1].name", "tasks[1].content"}


def test_every_way_the_printer_sets_labels_is_a_habit_the_reader_can_learn() -> None:
    assert {"before_last", "first", "after"} <= set(HABITS)
