"""Cells on a grid become the sheet they print, whatever the form and its layout; nothing is wrong in silence."""

from random import Random

import pytest

from forms.document import Document
from forms.reading import Reading
from forms.reading.grid import Grid, Line
from forms.reading.ruled import understand
from forms.reading.which_form import recognise
from tests.forms import ruled_sheets as sheets
from tests.forms.verdict import verdict

PLAIN = sheets.Layout()


def read(grid: Grid, lines: tuple[Line, ...] = ()) -> Reading:
    found = recognise(grid, lines)
    assert found is not None
    document, notes = understand(grid, lines, found.words, found.framework, found.heads)
    return Reading(document, tuple(notes.unplaced), tuple(notes.unsure))


def check(printed: Document, reading: Reading) -> None:
    found = verdict(printed, reading)
    assert not found.silent, [(path, dict(reading.document.cells()).get(path)) for path in found.silent]
    assert not found.wrong, [(path, dict(reading.document.cells()).get(path)) for path in found.wrong]


@pytest.mark.parametrize("key", sheets.GIVEN)
@pytest.mark.parametrize("seed", range(20))
def test_a_given_form_in_its_plainest_layout_is_read_right_and_without_a_doubt(key: str, seed: int) -> None:
    rng = Random(f"{key} {seed}")
    printed = sheets.document(rng, key)
    reading = read(*sheets.drawn(printed, PLAIN, rng))
    check(printed, reading)
    asked = [path for path in reading.unsure if not path.startswith("indicators") or "target" not in path]
    assert not asked
    assert not reading.unplaced


@pytest.mark.parametrize("key", sheets.GIVEN)
@pytest.mark.parametrize("seed", range(60))
def test_a_given_form_is_read_right_in_any_layout(key: str, seed: int) -> None:
    rng = Random(f"layout {key} {seed}")
    printed = sheets.document(rng, key)
    check(printed, read(*sheets.drawn(printed, sheets.layout(rng), rng)))


@pytest.mark.parametrize("seed", range(60))
def test_a_form_that_nobody_gave_is_read_by_the_words_it_prints(seed: int) -> None:
    rng = Random(f"strange {seed}")
    printed, layout = sheets.strange(rng)
    check(printed, read(*sheets.drawn(printed, layout, rng)))
