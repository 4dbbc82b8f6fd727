"""The audit of single cells: an edit's entry says what stood there and what stands there now."""

import importlib.util
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.clock import now
from config.database import db, writing
from config.settings import ROOT
from forms import cells, store
from ledger import book, export, sealing
from tests import factories
from tests.web.conftest import enter
from workflow import loading
from workflow.altered import MOST


@pytest.fixture
def world(pages: Flask) -> factories.World:
    """A region whose department has a sheet."""
    made = factories.world()
    made.fill()
    return made


@pytest.fixture
def auditor(world: factories.World, browser: FlaskClient) -> FlaskClient:
    """A browser in which the region's auditor is signed in."""
    enter(browser, world.auditor)
    return browser


def rows_of(auditor: FlaskClient) -> str:
    """The list of what was filled in, with its words alone."""
    html = auditor.get("/audit?act=填报").text.split("<tbody>")[1].split("</tbody>")[0]
    return re.sub(r"\s+", " ", re.sub(r"</?(?!del|ins)[a-z][^>]*>", " ", html))


def save_row(world: factories.World, at: int, **texts: str) -> None:
    row = store.indicator_rows(db.session(), world.table().sheet_id)[at]
    world.recorded("save_row", world.own.editor, part="indicators", row=row.id, cells=texts, seen=row.edit)


def without_what_changed(world: factories.World, act: str, **said: Any) -> None:
    """An entry as it was written before what changed was kept."""
    with writing() as session:
        book.append(
            session, f"table:{world.own.table_id}", act, at=world.clock(), person_id=world.own.editor,
            person_name="水利厅填报甲", role="editor", body=said,
        )  # fmt: skip


def test_an_edited_row_shows_each_changed_cell_old_and_new(auditor: FlaskClient, world: factories.World) -> None:
    kept = loading.sheet_of(db.session(), world.table()).indicators[20]
    save_row(world, 20, target_raw="≥96%", level3=kept.level3, definition=kept.definition)
    told = rows_of(auditor)
    assert f"指标值 原 <del> {kept.target_raw}</del>" in told.replace("<del>", "<del> ")
    assert "现 <ins>≥96%</ins>" in told
    assert told.count("<ins>") == 1


def test_an_edited_amount_shows_the_amounts(auditor: FlaskClient, world: factories.World) -> None:
    seen = cells.mark("2000.0")
    world.recorded("save_cell", world.own.editor, path="budget.total", text="2,100", seen=seen)
    assert "部门预算总额 原 <del>2000.0</del> 现 <ins>2100</ins>" in rows_of(auditor)


def test_a_long_text_shows_its_changed_part_and_how_much_is_left_out(
    auditor: FlaskClient, world: factories.World
) -> None:
    long = "完成年度水利工程建设任务。" * 60
    world.write_goal(long)
    world.write_goal(long.replace("年度", "全年", 1) + "完")
    world.write_goal("新" * (MOST + 50))
    told = rows_of(auditor)
    assert "<ins>" in told
    assert "（太长，后面 50 字没有记）" in told


def test_an_entry_from_before_says_that_it_was_not_kept(auditor: FlaskClient, world: factories.World) -> None:
    without_what_changed(world, "save_row", part="indicators", row=1, at=3, name="甲", cells=["target_raw"], edit=2)
    assert "原文和新文：未记录" in rows_of(auditor)
    save_row(world, 20, target_raw="≥96%")
    assert rows_of(auditor).count("未记录") == 1


def test_a_row_that_was_sent_again_changed_nothing_and_lacks_nothing(
    auditor: FlaskClient, world: factories.World
) -> None:
    save_row(world, 20, target_raw=loading.sheet_of(db.session(), world.table()).indicators[20].target_raw)
    assert "未记录" not in rows_of(auditor)


def test_old_and_new_entries_of_one_chain_verify_with_and_without_the_program(world: factories.World) -> None:
    without_what_changed(world, "save_cell", path="annual_goal", edit=2)
    save_row(world, 20, target_raw="≥96%")
    without_what_changed(world, "edit_sheet", edit=3, paths=["annual_goal"])
    world.write_goal("保障供水\n“安全” \\ 𠮷 " + "新" * 900)
    sealing.seal(now)
    session = db.session()
    session.rollback()
    assert book.verify(session) == []
    spec = importlib.util.spec_from_file_location("verify_ledger", ROOT / "docs/verify_ledger.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    lines = list(export.lines(session, now()))
    assert script.verify(lines)[0] == []
    forged = [line.replace("≥96%", "≥69%") for line in lines]
    assert forged != lines
    assert ("table:1", "changed") in {(chain, kind) for chain, _, kind in script.verify(forged)[0]}
