"""What an entry keeps of an edited cell: the part that changed, bounded, with how much is left out."""

import pytest

from ledger.chain import canonical
from workflow.altered import AROUND, MOST, MOST_PLACES, altered, read

LONG = "保障全省供水安全，完成年度水利工程建设任务。" * 40


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("≥90%", "≥96%", {"old": "≥90%", "new": "≥96%"}),
        ("", "新写的一句", {"old": "", "new": "新写的一句"}),
        ("删掉的一句", "", {"old": "删掉的一句", "new": ""}),
        ("啊啊", "啊啊啊", {"old": "啊啊", "new": "啊啊啊"}),
        (
            LONG + "甲" + LONG,
            LONG + "乙" + LONG,
            {
                "old": LONG[-AROUND:] + "甲" + LONG[:AROUND],
                "new": LONG[-AROUND:] + "乙" + LONG[:AROUND],
                "before": len(LONG) - AROUND,
                "after": len(LONG) - AROUND,
            },
        ),
        ("", LONG, {"old": "", "new": LONG[:MOST], "new_cut": len(LONG) - MOST}),
    ],
)
def test_the_changed_part_is_kept_with_a_few_letters_around_it(old: str, new: str, kept: dict[str, object]) -> None:
    assert altered({"definition": (old, new)}) == {"altered": {"definition": kept}}


def test_what_says_the_same_is_not_kept_and_an_amount_is_an_amount() -> None:
    assert altered({"name": ("一样", "一样"), "budget.total": ("2000.0", "2000")}) == {"altered": {}}


def test_an_entry_stays_small_whatever_is_written() -> None:
    said = altered({f"indicators[{at}].definition": ("旧" * 30_000, "新" * 30_000) for at in range(80)})
    assert said["altered_more"] == 80 - MOST_PLACES
    assert len(canonical(said)) < MOST_PLACES * (2 * MOST + 120)


def test_what_was_kept_is_read_in_runs_with_the_words_of_its_place() -> None:
    said = altered({"definition": (LONG + "共三座水库除险加固", LONG + "共八座水库除险加固，另建两座")})
    (one,) = read(said, {"definition": "指标值说明"})
    assert one.place == "指标值说明"
    assert one.before == len(LONG) + 1 - AROUND
    assert [piece.text for piece in one.old if piece.kind == "removed"] == ["三"]
    assert [piece.text for piece in one.new if piece.kind == "added"] == ["八", "，另建两座"]


def test_an_older_entry_says_nothing_of_its_cells() -> None:
    assert read({"cells": ["definition"], "edit": 3}, {}) == ()
