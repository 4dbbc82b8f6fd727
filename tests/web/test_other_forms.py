"""Years of other forms on the pages: sign, unit and weight in cells of their own, money per task, a project's name."""

import re
from random import Random

import pytest
from flask.testing import FlaskClient

from config.database import db
from forms import cells, store
from forms.document import Document
from forms.framework import load
from tests import factories
from tests.factories import World
from tests.forms import ruled_sheets
from tests.web.conftest import counted_queries, enter, key_of, put_clock
from tests.web.test_costs import MOST_QUERIES
from workflow import loading
from workflow.acts import Recorded, Refused

FORMS = ("henan-2024", "shaanxi-2020", "project-2020")


def sheet_of(world: World, form: str) -> Document:
    made = ruled_sheets.document(Random(3), form)
    return made.model_copy(update={"department": world.own.name, "fiscal_year": factories.YEAR})


def year_of(form: str, monkeypatch: pytest.MonkeyPatch) -> World:
    world = factories.world(form=form)
    put_clock(monkeypatch, world.clock)
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("import_sheet", world.own.editor, document=sheet_of(world, form), seen=seen)
    return world


@pytest.mark.parametrize("form", FORMS)
def test_the_pages_show_the_cells_that_the_form_has_and_no_others(
    pages: object, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    world, framework = year_of(form, monkeypatch), load(form)
    enter(browser, world.own.editor)
    with counted_queries() as sent:
        fill = browser.get(f"/tables/{world.own.table_id}/fill").text
    assert len(sent) <= MOST_QUERIES
    sheet = browser.get(f"/tables/{world.own.table_id}").text
    for html in (fill, sheet):
        heads = set(re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', html))
        assert {head for name, head in framework.columns.heads if name != "level1"} <= heads
    cells = {name.rpartition("/")[2] for name in re.findall(r'name="(indicators-\d+/\w+)"', fill)} - {"seen"}
    assert cells == set(framework.row_cells["indicators"]) - {"level2"}
    assert {name.rpartition("/")[2] for name in re.findall(r'name="(tasks-\d+/\w+)"', fill)} - {"seen"} == set(
        framework.row_cells["tasks"]
    )
    assert ('name="project/text"' in fill) == (framework.subject == "project")
    assert ("权重合计" in fill) == (framework.weights is not None)
    assert 'name="budget.by_use.basic/text"' not in fill


def row_of(world: World, at: int = 0):
    session = db.session()
    session.rollback()
    return store.indicator_rows(session, world.table().sheet_id)[at]


def save(world: World, **cells: str) -> Recorded | Refused:
    row = row_of(world)
    given = {"part": "indicators", "row": row.id, "seen": row.edit, "cells": cells}
    return world.record("save_row", world.own.editor, **given)


def test_writing_the_value_keeps_sign_and_unit_in_their_columns(pages: object, monkeypatch: pytest.MonkeyPatch) -> None:
    world = year_of("henan-2024", monkeypatch)
    assert isinstance(save(world, target_raw="80", operator="≤", unit="次"), Recorded)
    assert isinstance(save(world, target_raw="85"), Recorded)
    row = world.goals().indicators[0]
    assert (row.target_raw, row.operator, row.target, row.unit) == ("85", "≤", "85", "次")
    assert row.goal == "≤85次"
    assert isinstance(save(world, weight="12.5"), Recorded)
    assert str(world.goals().indicators[0].weight) == "12.5"


def test_a_value_that_contradicts_its_sign_is_refused_and_nothing_is_lost(
    pages: object, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = year_of("henan-2024", monkeypatch)
    assert isinstance(save(world, target_raw="80", operator="≤", unit="次"), Recorded)
    outcome = save(world, target_raw="优良")
    assert isinstance(outcome, Refused)
    assert "不是数值" in outcome.reasons[0].text
    assert world.goals().indicators[0].goal == "≤80次"
    enter(browser, world.own.editor)
    page, row = browser.get(f"/tables/{world.own.table_id}/fill").text, row_of(world)
    seen = re.search(rf'name="(indicators-{row.id}/seen)" value="([^"]+)"', page)
    assert seen is not None
    fields = {"csrf_token": key_of(page), "key": factories.key() + "-form", seen[1]: seen[2]}
    fields |= {f"indicators-{row.id}/target_raw": "优良"}
    answer = browser.post(f"/tables/{world.own.table_id}/fill/rows/indicators/{row.id}", data=fields)
    assert answer.status_code == 422
    assert ">优良</textarea>" in answer.text


def test_a_tasks_money_is_written_in_its_row(pages: object, monkeypatch: pytest.MonkeyPatch) -> None:
    world = year_of("shaanxi-2020", monkeypatch)
    task = store.task_rows(db.session(), world.table().sheet_id)[0]
    given = {"part": "tasks", "row": task.id, "seen": task.edit, "cells": {"total": "1,234.56", "fiscal": "1234.56"}}
    assert isinstance(world.record("save_row", world.own.editor, **given), Recorded)
    assert str(world.goals().tasks[0].total) == "1234.56"


def test_a_project_has_its_name_and_may_be_renamed(pages: object, monkeypatch: pytest.MonkeyPatch) -> None:
    world = year_of("henan-2024", monkeypatch)
    seen = cells.mark(world.goals().project)
    assert isinstance(
        world.record("save_cell", world.own.editor, path="project", text="水库除险加固", seen=seen), Recorded
    )
    assert world.goals().project == "水库除险加固"


def test_the_weights_are_summed_beside_what_the_form_shares_out(
    pages: object, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = year_of("henan-2024", monkeypatch)
    enter(browser, world.own.editor)
    total = sum(row.weight or 0 for row in world.goals().indicators)
    assert f"{total} / 70" in browser.get(f"/tables/{world.own.table_id}/fill").text
