"""Who last wrote in which place, read from the history."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workflow.edits import RECENT, Edit, last_edits, removal

NOW = datetime(2019, 11, 26, 3, 0, tzinfo=UTC)
ROWS = {"tasks": [1], "indicators": [7, 8, 9]}


@dataclass(frozen=True)
class Line:
    act: str
    said: dict[str, Any]
    minutes: int = 1
    """How long ago."""
    who: str = "周敏"
    person_id: int = 5
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", NOW - timedelta(minutes=self.minutes))


def row(row_id: int, *cells: str, **given: Any) -> Line:
    return Line("save_row", {"part": "indicators", "row": row_id, "cells": list(cells)}, **given)


def test_the_newest_writing_of_a_place_counts() -> None:
    lines = [
        row(7, "target_raw", who="周敏"),
        row(7, "definition", who="王磊"),
        Line("save_cell", {"path": "annual_goal"}),
    ]
    found = last_edits(lines, ROWS)
    assert (found["indicators-7"].who, found["indicators-7"].columns) == ("周敏", ("target_raw",))
    assert set(found) == {"indicators-7", "annual_goal"}


def test_a_text_sent_again_is_no_writing() -> None:
    assert last_edits([row(7)], ROWS) == {}


@pytest.mark.parametrize(
    ("later", "places"),
    [
        ((), {"indicators-8", "budget.total"}),
        (
            (Line("add_row", {"part": "indicators", "at": 0}),),
            {"budget.total"},
        ),  # which row was meant is not known any more
        ((Line("import_sheet", {}),), set()),
    ],
)
def test_a_path_that_counts_rows_means_a_row_until_rows_come_and_go(later: tuple[Line, ...], places: set[str]) -> None:
    changed = Line("edit_sheet", {"paths": ["indicators[1].target_raw", "budget.total"]})
    assert set(last_edits([*later, changed], ROWS)) == places


def test_who_removed_a_row_is_found() -> None:
    lines = [Line("remove_row", {"part": "indicators", "row": 6, "at": 0}, who="王磊")]
    gone = removal(lines, "indicators", 6)
    assert gone is not None
    assert gone.who == "王磊"
    assert removal(lines, "tasks", 6) is None


def test_an_edit_is_recent_for_so_long_and_tells_its_time_as_the_region_does() -> None:
    edit = Edit(5, "周敏", NOW)
    assert edit.recent(NOW + RECENT - timedelta(seconds=1))
    assert not edit.recent(NOW + RECENT)
    assert edit.when(NOW, "Asia/Shanghai") == "11:00"
    assert edit.when(NOW + timedelta(days=1), "Asia/Shanghai") == "11-26 11:00"
