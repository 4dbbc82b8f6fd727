"""What was read without certainty is confirmed before it is submitted; last year's table begins this year's draft."""

from dataclasses import replace

import pytest
from flask import Flask

from config.database import db
from forms import cells, marks, store
from forms.document import Document
from forms.framework import load
from tests import factories
from tests.factories import World, sound_document
from workflow import guards, lifecycle, loading
from workflow.acts import Moved, Recorded, Refused
from workflow.states import State

FORM = load(factories.FORM)


@pytest.fixture
def world(app: Flask) -> World:
    return factories.world()


def read_in(world: World, *unsure: str, document: Document | None = None) -> None:
    """Take a file over of which reading was not sure in these places."""
    sheet = document or sound_document(world.own.name)
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("import_sheet", world.own.editor, document=sheet, seen=seen, unsure=unsure)


def opened(world: World) -> store.Opened:
    session = db.session()
    session.rollback()
    return store.read(session, world.table().sheet_id)


def marked(world: World) -> dict[str, str]:
    return dict(opened(world).marks)


def seen_at(world: World, path: str) -> str:
    return cells.mark(marks.said_at(opened(world).document, path))


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


@pytest.mark.parametrize(
    ("unsure", "left"),
    [
        (["annual_goal"], ["annual_goal"]),
        (["indicators[19].target"], ["indicators[19].target_raw"]),
        (["indicators[19].operator", "indicators[19].target_raw"], ["indicators[19].target_raw"]),
        (["indicators[19].level1"], ["indicators[19].level2"]),
        (["department", "fiscal_year", "budget.unit"], []),
        (["tasks", "budget.total"], ["tasks", "budget.total"]),
        (["indicators[0].level3", "indicators[0].definition"], []),
        (["indicators[0].target_raw"], ["indicators[0].target_raw"]),
        (["indicators[99].target_raw"], []),
    ],
)
def test_what_a_person_has_to_confirm(unsure: list[str], left: list[str]) -> None:
    """Of a target's parts its cell; not what the form gives (row 1 is a common indicator), nor what the table says."""
    assert list(marks.to_confirm(unsure, sound_document("水利厅"), FORM)) == left


def test_what_was_read_without_certainty_keeps_the_table_from_being_submitted(world: World) -> None:
    read_in(world, "annual_goal", "indicators[20].target")
    refused = world.act("submit", world.own.editor)
    assert codes(refused) == ["unconfirmed"]
    assert "年度履职目标、指标第 21 行 指标值" in refused.reasons[0].text


def test_taken_away_the_guard_lets_it_through(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    read_in(world, "annual_goal")
    declared = lifecycle.EVENTS["submit"]
    left = tuple(guard for guard in declared.guards if guard is not guards.all_confirmed)
    monkeypatch.setitem(lifecycle.EVENTS, "submit", replace(declared, guards=left))
    assert isinstance(world.act("submit", world.own.editor), Moved)


def test_a_confirmed_cell_may_be_submitted_and_the_ledger_says_who_confirmed_it(world: World) -> None:
    read_in(world, "annual_goal", "indicators[20].target")
    row = opened(world).indicators[20]
    places = {
        "annual_goal": seen_at(world, "annual_goal"),
        f"indicators-{row.id}.target_raw": seen_at(world, "indicators[20].target_raw"),
    }
    said = world.recorded("confirm_cells", world.own.editor, cells=places).said
    assert said["paths"] == ["annual_goal", "indicators[20].target_raw"]
    assert marked(world) == {}
    assert isinstance(world.act("submit", world.own.editor), Moved)


def test_a_cell_is_not_confirmed_by_who_saw_something_else_there(world: World) -> None:
    read_in(world, "annual_goal")
    seen = seen_at(world, "annual_goal")
    other = sound_document(world.own.name).model_copy(update={"annual_goal": "另一份文件里的目标。"})
    read_in(world, "annual_goal", document=other)
    assert codes(world.record("confirm_cells", world.own.editor, cells={"annual_goal": seen})) == ["cell_changed"]
    assert marked(world) == {"annual_goal": "unsure"}


def test_what_is_written_needs_no_confirmation_any_more(world: World) -> None:
    read_in(world, "annual_goal", "indicators[20].target", "indicators[20].definition")
    world.write_goal("保障全省供水安全。")
    row = opened(world).indicators[20]
    given = {"part": "indicators", "row": row.id, "seen": row.edit, "cells": {"target_raw": "≥90%"}}
    world.recorded("save_row", world.own.editor, **given)
    assert marked(world) == {"indicators[20].definition": "unsure"}


def test_a_row_put_back_is_to_be_confirmed_as_before(world: World) -> None:
    read_in(world, "tasks[0].content")
    task = opened(world).tasks[0]
    world.recorded("remove_row", world.own.editor, part="tasks", row=task.id, seen=task.edit)
    assert marked(world) == {}
    world.recorded("restore_row", world.own.editor, part="tasks", row=task.id)
    assert marked(world) == {"tasks[0].content": "unsure"}


def test_another_file_brings_its_own_doubts_alone(world: World) -> None:
    read_in(world, "annual_goal")
    read_in(world, "budget.total")
    assert marked(world) == {"budget.total": "unsure"}


# Last year's table


def this_year(world: World, form: str = factories.FORM) -> World:
    return world.bring_to(State.APPROVED).open_next_year(form)


def carry_over(world: World, **given: object) -> Recorded | Refused:
    seen = loading.sheet_edit(db.session(), world.table())
    return world.record("carry_over", world.own.editor, seen=seen, **given)


def test_last_years_goals_become_this_years_draft_marked_cell_by_cell(world: World) -> None:
    this_year(world)
    outcome = carry_over(world)
    assert isinstance(outcome, Recorded), outcome
    now = opened(world)
    assert now.document == sound_document(world.own.name, factories.YEAR + 1)
    assert set(now.marks.values()) == {"carried"}
    expected = {"annual_goal", "budget.total", "tasks[0].name", "indicators[0].target_raw", "indicators[22].definition"}
    assert expected <= now.marks.keys()
    assert not {"department", "indicators[0].level3", "indicators[0].definition"} & now.marks.keys()


def test_a_carried_cell_is_advice_and_goes_once_it_is_touched(world: World) -> None:
    this_year(world)
    carry_over(world)
    world.write_goal("保障全省供水安全。")
    assert "annual_goal" not in marked(world)
    assert isinstance(world.act("submit", world.own.editor), Moved)


def test_a_draft_that_says_something_is_replaced_only_when_that_is_meant(world: World) -> None:
    this_year(world).write_goal("新的一年的目标。")
    assert codes(carry_over(world)) == ["not_empty"]
    assert world.goals().annual_goal == "新的一年的目标。"
    assert isinstance(carry_over(world, replace=True), Recorded)
    assert world.goals().annual_goal == sound_document("").annual_goal


def test_without_a_table_of_last_year_or_with_another_form_it_says_why_not(world: World) -> None:
    assert codes(carry_over(world)) == ["no_last_year"]
    assert codes(carry_over(this_year(world, "henan-2024"))) == ["other_form"]
