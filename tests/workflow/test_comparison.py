"""Two revisions side by side: the runs inside a text, and which remark asked for a change."""

import json
from dataclasses import dataclass

import pytest

from forms.document import Document, Indicator, Task
from tests.factories import sound_document
from workflow.comparison import FOLDED_FROM, compared, evaluated, outside_first, pieces, says_the_same, unchanged


@dataclass(frozen=True)
class Said:
    """A remark as the comparison needs it."""

    number: int
    path: str


def shown(runs) -> str:
    """The runs as text: -removed-, +added+, [folded]."""
    marks = {"removed": "-{}-", "added": "+{}+", "folded": "[{}]", "same": "{}"}
    return "".join(marks[run.kind].format(run.text) for run in runs)


def with_indicator(document: Document, at: int, **cells: str) -> Document:
    """The document with some cells of one row changed."""
    rows = list(document.indicators)
    rows[at] = rows[at].model_copy(update=cells)
    return document.model_copy(update={"indicators": tuple(rows)})


@pytest.mark.parametrize(
    ("old", "new", "left", "right"),
    [
        ("≥90%", "≥85%", "-≥90%-", "+≥85%+"),
        ("", "群众满意度调查", "", "+群众满意度调查+"),
        ("群众满意度调查", "", "-群众满意度调查-", ""),
        (
            "围绕决能部署确定全年重点任务",
            "围绕决策部署确定全年重点任务",
            "围绕决-能-部署确定全年重点任务",
            "围绕决+策+部署确定全年重点任务",
        ),
        (
            "完成八座水库的加固工程",
            "完成八座水库的加固工程并验收",
            "完成八座水库的加固工程",
            "完成八座水库的加固工程+并验收+",
        ),
    ],
)
def test_only_what_differs_is_marked(old: str, new: str, left: str, right: str) -> None:
    assert tuple(shown(side) for side in pieces(old, new)) == (left, right)


@pytest.mark.parametrize("around", [20, 400, 5000])
def test_both_sides_keep_every_letter_however_long(around: int) -> None:
    same = "".join(chr(0x4E00 + n % 900) + ("。" if n % 37 == 0 else "") for n in range(around))
    old, new = f"{same}原来的话{same}", f"{same}后来的说法{same}"
    left, right = pieces(old, new)
    assert "".join(run.text for run in left) == old
    assert "".join(run.text for run in right) == new
    assert any(run.kind == "removed" for run in left)


def test_a_long_unchanged_run_is_folded_on_both_sides() -> None:
    same = "坚持稳中求进" * 30
    left, right = pieces(f"旧{same}的最后一句话没有变", f"新{same}的最后一句话没有变")
    assert [run.kind for run in left] == ["removed", "same", "folded"]
    assert [run.kind for run in right] == ["added", "same", "folded"]
    assert len(same) > FOLDED_FROM


def test_a_change_names_the_remark_on_its_place_and_on_the_row_around_it() -> None:
    old = sound_document("水利厅")
    new = with_indicator(old, 5, definition="改过的说明文字，写明了计算方法和数据来源")
    (one,) = compared(old, new, [Said(1, "indicators[5]"), Said(2, "indicators[5].definition"), Said(3, "tasks")])
    assert [remark.number for remark in one.remarks] == [2, 1]
    assert not one.outside


def test_an_edit_that_no_remark_is_on_is_outside_and_comes_first() -> None:
    old = sound_document("水利厅")
    new = with_indicator(old, 5, target_raw="≥85%", target="85").model_copy(update={"annual_goal": "改过"})
    changes = compared(old, new, [Said(1, "annual_goal"), Said(2, "")])
    assert [one.change.path for one in outside_first(changes)] == ["indicators[5].target_raw", "annual_goal"]
    assert [one.outside for one in outside_first(changes)] == [True, False]


def test_a_remark_on_the_whole_table_hides_no_edit() -> None:
    old = sound_document("水利厅")
    (one,) = compared(old, with_indicator(old, 5, target_raw="≥85%"), [Said(7, "")])
    assert one.outside
    assert [remark.number for remark in one.general] == [7]


def test_an_inserted_row_does_not_move_the_remarks_of_the_rows_below() -> None:
    old = sound_document("水利厅")
    added = Indicator(level1="效益指标", level2="履职效益", level3="供水保证率", target_raw="≥95%")
    new = old.model_copy(update={"indicators": (*old.indicators[:20], added, *old.indicators[20:])})
    new = with_indicator(new, 23, definition="随机抽样调查，样本不少于三百份，写明问卷题目")
    changes = {one.change.path: one for one in compared(old, new, [Said(1, "indicators[22].definition")])}
    assert changes["indicators[20]"].outside
    assert [r.number for r in changes["indicators[23].definition"].remarks] == [1]


def test_a_row_that_is_gone_was_asked_for_by_the_remark_on_it() -> None:
    old = sound_document("水利厅")
    old = old.model_copy(update={"tasks": (*old.tasks, Task(name="重复的任务", content="和上一项相同"))})
    new = old.model_copy(update={"tasks": old.tasks[:1]})
    (one,) = compared(old, new, [Said(1, "tasks[1]")])
    assert (one.change.new, one.outside) == (None, False)


def test_cells_that_follow_from_the_target_are_no_change_of_their_own() -> None:
    old = sound_document("水利厅")
    new = with_indicator(old, 5, target_raw="≥85%", target="85")
    changes = compared(old, new, [])
    assert [one.change.path for one in changes] == ["indicators[5].target_raw"]
    assert unchanged(new, changes) == unchanged(new, ()) - 1


def reported(*rows: tuple[int, str, str]) -> str:
    """A frozen evaluation with these results (number, verdict, actual)."""
    names = ("number", "verdict", "actual")
    return json.dumps({"results": [dict(zip(names, row, strict=True)) | {"reason": ""} for row in rows]})


def test_an_evaluation_stands_beside_its_targets_and_tells_what_changed_since_its_return() -> None:
    goals = sound_document("水利厅")
    before = reported((1, "met", "96"), (2, "met", "95"))
    after = reported((1, "not_met", "90"), (2, "met", "95"))
    lines = evaluated(goals, after, before)
    assert [line.number for line in lines if line.changed] == [1]
    assert lines[0].result.actual == "90"
    assert lines[0].before.actual == "96"
    assert lines[2].result is None
    assert not any(line.changed for line in evaluated(goals, after))


@pytest.mark.parametrize(
    ("path", "change", "same"),
    [
        ("indicators[21]", {"definition": "受益县数 ÷ 应受益县数"}, True),  # white space is no change
        ("indicators[21]", {"definition": "另一种算法"}, False),
        ("indicators[21].target_raw", {"definition": "另一种算法"}, True),
        ("indicators[20]", {"definition": "另一种算法"}, True),
        ("indicators", {"definition": "另一种算法"}, False),
        ("annual_goal", {"definition": "另一种算法"}, True),
        ("", {"definition": "另一种算法"}, False),
        ("", {}, True),
    ],
)
def test_a_place_says_the_same_until_one_of_its_cells_says_something_else(path: str, change: dict, same: bool) -> None:
    was = sound_document("水利厅")
    assert says_the_same(path, was, with_indicator(was, 21, **change)) is same


def test_a_place_is_followed_to_where_its_row_stands_now_and_a_removed_row_does_not_say_the_same() -> None:
    was = sound_document("水利厅")
    without_20 = was.model_copy(update={"indicators": (*was.indicators[:20], *was.indicators[21:])})
    assert says_the_same("indicators[22]", was, without_20)
    assert not says_the_same("indicators[20]", was, without_20)
