"""Filling in the sheet row by row: two people, two rows; what the form gives stays; rows come and go."""

import pytest
from flask import Flask

from config.database import db
from forms import cells, store
from tests import factories
from tests.factories import World, sound_document
from workflow import dossier, filling, uploads
from workflow.acts import Recorded, Refused
from workflow.edits import asked_in_row
from workflow.facts import RemarkFacts
from workflow.states import State


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


@pytest.fixture
def world(app: Flask) -> World:
    return factories.world().bring_to(State.DRAFT)


def rows(world: World, part: str = "indicators") -> list:
    read = store.indicator_rows if part == "indicators" else store.task_rows
    return list(read(db.session(), world.table().sheet_id))


def save(world: World, person: int, row, seen: int | None = None, part: str = "indicators", **texts: str):
    return world.record("save_row", person, part=part, row=row.id, cells=texts, seen=row.edit if seen is None else seen)


def blocks(world: World) -> dict[str, filling.Block]:
    session = db.session()
    found = dossier.of(session, world.table(), world.own.editor, world.clock())
    return {block.key: block for block in filling.blocks(found)}


def test_two_people_save_two_rows(world: World) -> None:
    first, second = rows(world)[-2:]
    assert isinstance(save(world, world.own.editor, first, target_raw="≥88%"), Recorded)
    assert isinstance(save(world, world.own.second_editor, second, target_raw="≥91%"), Recorded)
    assert [row.target_raw for row in world.goals().indicators[-2:]] == ["≥88%", "≥91%"]


def test_the_second_of_one_row_is_told_so_and_overwrites_nothing(world: World) -> None:
    row, seen = rows(world)[-1], rows(world)[-1].edit
    save(world, world.own.editor, row, seen, target_raw="≥88%")
    late = save(world, world.own.second_editor, row, seen, target_raw="≥91%")
    assert codes(late) == ["row_changed"]
    assert isinstance(late, Refused)
    assert late.kind == "stale"
    assert world.goals().indicators[-1].target_raw == "≥88%"


def test_of_a_common_indicator_the_target_alone_is_filled_in(world: World) -> None:
    common = rows(world)[0]
    assert isinstance(save(world, world.own.editor, common, target_raw="≥97%"), Recorded)
    assert world.goals().indicators[0].target_raw == "≥97%"
    assert codes(save(world, world.own.editor, rows(world)[0], definition="我的算法")) == ["cell_given"]
    assert codes(save(world, world.own.editor, rows(world)[0], level3="别的名称")) == ["cell_given"]


def test_a_second_level_brings_its_first_level_along(world: World) -> None:
    row = rows(world)[-1]
    assert isinstance(save(world, world.own.editor, row, level2="履职目标实现"), Recorded)
    assert world.goals().indicators[-1].level1 == "产出指标"
    assert codes(save(world, world.own.editor, rows(world)[-1], level2="没有这一级")) == ["no_block"]


def test_a_row_of_another_table_is_no_row_here(world: World) -> None:
    theirs = store.indicator_rows(db.session(), world.table(world.neighbour).sheet_id)[0]
    assert codes(save(world, world.own.editor, theirs, target_raw="≥1%")) == ["row_gone"]


def test_a_new_indicator_stands_at_the_end_of_its_block(world: World) -> None:
    world.recorded("add_row", world.own.editor, part="indicators", block="履职目标实现")
    found = world.goals().indicators
    at = next(at for at, row in enumerate(found) if not row.level3)
    assert (found[at].level1, found[at - 1].level2, found[at + 1].level2) == ("产出指标", "履职目标实现", "履职效益")
    assert codes(world.record("add_row", world.own.editor, part="indicators", block="没有")) == ["no_block"]


def test_a_new_task_stands_at_the_end(world: World) -> None:
    assert world.recorded("add_row", world.own.editor, part="tasks").said == {"part": "tasks", "at": 1}
    assert [task.name for task in world.goals().tasks] == ["水库除险加固", ""]


def test_an_own_row_can_be_removed_and_a_common_one_cannot(world: World) -> None:
    common, own = rows(world)[0], rows(world)[-1]
    given = world.record("remove_row", world.own.editor, part="indicators", row=common.id, seen=common.edit)
    assert codes(given) == ["row_given"]
    world.recorded("remove_row", world.own.editor, part="indicators", row=own.id, seen=own.edit)
    assert own.level3 not in [row.level3 for row in world.goals().indicators]


def remove(world: World, row):
    return world.record("remove_row", world.own.editor, part="indicators", row=row.id, seen=row.edit)


def test_a_deleted_row_is_put_back_in_its_place_once(world: World) -> None:
    before, own = world.goals(), rows(world)[-2]
    gone = own.id
    assert isinstance(remove(world, own), Recorded)
    world.recorded("restore_row", world.own.editor, part="indicators", row=gone)
    assert world.goals() == before
    assert codes(world.record("restore_row", world.own.editor, part="indicators", row=gone)) == ["not_removed"]


def test_a_deleted_task_is_put_back_in_its_place(world: World) -> None:
    world.recorded("add_row", world.own.editor, part="tasks")
    before, first = world.goals(), store.task_rows(db.session(), world.table().sheet_id)[0]
    gone = first.id
    world.recorded("remove_row", world.own.editor, part="tasks", row=gone, seen=first.edit)
    world.recorded("restore_row", world.own.editor, part="tasks", row=gone)
    assert world.goals() == before


def test_what_was_never_deleted_or_went_with_an_import_is_not_put_back(world: World) -> None:
    own = rows(world)[-1]
    gone = own.id
    assert codes(world.record("restore_row", world.own.editor, part="indicators", row=gone)) == ["not_removed"]
    remove(world, own)
    world.fill()
    assert codes(world.record("restore_row", world.own.editor, part="indicators", row=gone)) == ["not_removed"]


def must(number: int) -> RemarkFacts:
    return RemarkFacts(number, must=True, path="", answered=False)


@pytest.mark.parametrize(
    ("open_musts", "reason"),
    [
        ([(must(1), "indicators[7]")], "意见 1（必改）在这一行，先答复"),
        (
            [(must(4), "indicators[7].definition"), (must(2), "indicators[7]")],
            "意见 2（必改）、意见 4（必改）在这一行，先答复",
        ),
        ([(must(1), "indicators[70]"), (must(2), "indicators"), (must(3), ""), (must(4), None)], None),
        ([], None),
    ],
)
def test_a_row_with_an_unanswered_must_stays(
    open_musts: list[tuple[RemarkFacts, str | None]], reason: str | None
) -> None:
    found = asked_in_row("indicators[7]", open_musts)
    assert (found.text if found else None) == reason


def test_a_row_is_deleted_only_after_its_must_was_answered(world: World) -> None:
    world.arrive(State.INTERNAL_REVIEW)
    at = len(world.goals().indicators) - 1
    remark = {"path": f"indicators[{at}]", "text": "口径不清", "must": True}
    world.recorded("remark", world.own.reviewer, **remark)
    world.moved("send_back", world.own.reviewer)
    assert codes(remove(world, rows(world)[-1])) == ["must_in_row"]
    world.recorded("answer_remark", world.own.editor, number=1, answer="changed", text="已删除这一行")
    assert isinstance(remove(world, rows(world)[-1]), Recorded)


def test_a_row_that_a_colleague_just_changed_is_not_removed(world: World) -> None:
    own, seen = rows(world)[-1], rows(world)[-1].edit
    save(world, world.own.second_editor, own, target_raw="≥91%")
    assert codes(world.record("remove_row", world.own.editor, part="indicators", row=own.id, seen=seen)) == [
        "row_changed"
    ]


def test_an_amount_is_saved_whatever_else_changed_on_the_sheet(world: World) -> None:
    seen = cells.mark("2000.00")
    save(world, world.own.second_editor, rows(world)[-1], target_raw="≥91%")
    world.recorded("save_cell", world.own.editor, path="budget.total", text="2,100", seen=seen)
    assert str(world.goals().budget.total) == "2100.0"
    late = world.record("save_cell", world.own.second_editor, path="budget.total", text="1", seen=seen)
    assert codes(late) == ["cell_changed"]


def test_department_and_year_are_not_filled_in(world: World) -> None:
    for path in ("department", "fiscal_year", "form", "indicators[0].level3"):
        assert codes(world.record("save_cell", world.own.editor, path=path, text="x", seen=cells.mark("x"))) == [
            "bad_cell"
        ]


def test_nothing_is_saved_once_the_table_was_submitted(world: World) -> None:
    row = rows(world)[-1]
    world.moved("submit", world.own.editor)
    assert codes(save(world, world.own.editor, row, target_raw="≥1%")) == ["state"]


def test_progress_counts_rows_that_say_everything(world: World) -> None:
    found = blocks(world)
    assert [(b.done, b.of) for b in found.values()][:3] == [(1, 1), (1, 1), (5, 5)]
    assert all(block.complete for block in found.values())
    save(world, world.own.editor, rows(world)[-1], definition="")
    assert (blocks(world)["level3"].done, blocks(world)["level3"].of) == (1, 2)
    assert not blocks(world)["level3"].complete


def test_what_the_form_gives_is_locked(world: World) -> None:
    found = blocks(world)
    assert {row.locked for row in found["level1"].rows} == {frozenset({"level2", "level3", "definition"})}
    assert {row.locked for row in found["level3"].rows} == {frozenset({"level2"})}


def test_a_remark_stays_with_its_row_when_rows_come_before_it(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    at = len(world.goals().indicators) - 1
    world.recorded("remark", world.own.reviewer, must=True, path=f"indicators[{at}]", text="请说明抽样")
    world.moved("send_back", world.own.reviewer)
    world.recorded("add_row", world.own.editor, part="indicators", block="履职目标实现")
    last = blocks(world)["level3"].rows[-1]
    assert last.at == at + 1
    assert [remark.text for remark in last.remarks] == ["请说明抽样"]
    world.recorded("answer_remark", world.own.editor, number=1, answer="changed", text="这一行不再列入")
    world.recorded("remove_row", world.own.editor, part="indicators", row=last.id, seen=last.edit)
    found = dossier.of(db.session(), world.table(), world.own.editor, world.clock())
    assert found.path_now(found.remarks[0]) is None


def test_a_file_waits_for_its_sender_and_is_forgotten_once_it_is_the_sheet(world: World) -> None:
    given = {"name": "a.txt", "data": b"first", "sha256": uploads.digest(b"first")}
    world.recorded("upload_sheet", world.own.editor, **given)
    world.recorded("upload_sheet", world.own.editor, **given | {"name": "b.txt"})
    session, table = db.session(), world.table()
    waits = uploads.waiting(session, table.id, world.own.editor)
    assert waits is not None
    assert (waits.name, waits.data) == ("b.txt", b"first")
    assert uploads.waiting(session, table.id, world.own.second_editor) is None
    seen = world.details("submit", table)["sheet_edit"]
    world.recorded("import_sheet", world.own.editor, document=sound_document(world.own.name), seen=seen)
    assert uploads.waiting(db.session(), table.id, world.own.editor) is None
