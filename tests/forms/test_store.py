"""The live sheet as rows."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Table, create_engine, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.database import Base
from forms import store
from forms.amounts import MAX_CENTS, AmountError
from forms.document import Document, Indicator, Task
from forms.models import IndicatorRow, Sheet, TaskRow
from forms.store import EditedMeanwhile, NoSuchCell, NoSuchSheet
from tests.forms.documents import documents

TABLES: list[Table] = [Base.metadata.tables[row.__tablename__] for row in (Sheet, TaskRow, IndicatorRow)]


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, tables=TABLES)
    with Session(engine) as session:
        yield session
    engine.dispose()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=documents)
def test_rows_in_the_database_and_back_equal_the_document(session: Session, document: Document) -> None:
    sheet = store.add(session, document)
    session.expire_all()
    assert store.document_of(session, sheet.id) == document


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(old=documents, new=documents)
def test_a_replaced_sheet_says_what_the_new_document_says(session: Session, old: Document, new: Document) -> None:
    sheet = store.add(session, old)
    assert store.replace(session, sheet.id, new, seen=1) == 2
    assert store.document_of(session, sheet.id) == new


def test_the_seed_comes_back_with_the_decimals_it_prints(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    assert store.document_of(session, sheet.id).to_json() == seed.to_json()


@pytest.mark.parametrize(
    ("path", "typed", "held"),
    [
        ("annual_goal", " 新的目标\n", "新的目标"),
        ("department", "某局", "某局"),
        ("budget.total", "２，000.25", Decimal("2000.25")),
        ("budget.by_use.project", "", None),
        ("tasks[1].content", "新内容", "新内容"),
        ("tasks[0].name", "新名称", "新名称"),
        ("indicators[21].definition", "实际/计划", "实际/计划"),
        ("indicators[0].level3", "新指标", "新指标"),
    ],
)
def test_one_cell_is_written_and_nothing_else_changes(
    session: Session, seed: Document, path: str, typed: str, held: object
) -> None:
    sheet = store.add(session, seed)
    assert store.set_cell(session, sheet.id, path, typed, seen=1) == 2
    before, after = dict(seed.cells()), dict(store.document_of(session, sheet.id).cells())
    assert after[path] == held
    assert {cell for cell in before if before[cell] != after[cell]} == {path}


def test_a_new_target_is_taken_apart_anew(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    store.set_cell(session, sheet.id, "indicators[0].target_raw", "≦3次", seen=1)
    row = store.document_of(session, sheet.id).indicators[0]
    assert (row.target_raw, row.operator, row.target, row.unit) == ("≦3次", "≤", "3", "次")
    store.set_cell(session, sheet.id, "indicators[0].target_raw", " ", seen=2)
    row = store.document_of(session, sheet.id).indicators[0]
    assert (row.target_raw, row.operator, row.target, row.unit) == ("", "", "", "")


@pytest.mark.parametrize(
    "path",
    [
        "form", "fiscal_year", "budget.unit", "tasks", "tasks[0]", "tasks[9].name", "indicators[0].operator",
        "indicators[0].id", "tasks[0].sheet_id", "tasks[-1].name", "xtasks[0].name", "tasks[0].name; DROP", "",
    ],
)  # fmt: skip
def test_what_is_no_cell_to_edit_is_refused(session: Session, seed: Document, path: str) -> None:
    sheet = store.add(session, seed)
    with pytest.raises(NoSuchCell):
        store.set_cell(session, sheet.id, path, "x", seen=1)


def test_an_amount_that_is_none_is_refused_before_anything_is_written(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    with pytest.raises(AmountError):
        store.set_cell(session, sheet.id, "budget.total", "NaN", seen=1)
    assert store.document_of(session, sheet.id) == seed
    assert sheet.edit == 1


def test_rows_keep_their_identity_when_cells_change_and_rows_move(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    ids = {row.level3: row.id for row in store.indicator_rows(session, sheet.id)}
    changed = seed.indicators[5].model_copy(update={"definition": "改过"})
    rows = (*seed.indicators[:5], changed, *seed.indicators[7:], seed.indicators[6])
    store.replace(session, sheet.id, seed.model_copy(update={"indicators": rows}), seen=1)
    after = store.indicator_rows(session, sheet.id)
    assert {row.level3: row.id for row in after} == ids
    assert [row.edit for row in after if row.edit > 1] == [2]


def test_a_row_is_added_and_removed_in_its_place(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    ids = [row.id for row in store.task_rows(session, sheet.id)]
    edit = store.add_row(session, sheet.id, "tasks", Task(name="第二项", content="内容"), at=1, seen=1)
    document = store.document_of(session, sheet.id)
    assert [task.name for task in document.tasks] == [seed.tasks[0].name, "第二项", seed.tasks[1].name]
    edit = store.remove_row(session, sheet.id, "tasks", 1, seen=edit)
    assert edit == 3
    assert store.document_of(session, sheet.id) == seed
    assert [row.id for row in store.task_rows(session, sheet.id)] == ids
    assert [row.position for row in store.task_rows(session, sheet.id)] == [0, 1]


def test_a_row_is_added_at_the_end_unless_a_place_is_said(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    store.add_row(session, sheet.id, "indicators", Indicator(level3="最后"), seen=1)
    assert store.document_of(session, sheet.id).indicators[-1].level3 == "最后"


def test_rows_only_go_where_they_belong(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    with pytest.raises(NoSuchCell):
        store.add_row(session, sheet.id, "tasks", Indicator(), seen=1)
    with pytest.raises(NoSuchCell):
        store.add_row(session, sheet.id, "projects", Task(), seen=1)
    with pytest.raises(NoSuchCell):
        store.add_row(session, sheet.id, "tasks", Task(), at=3, seen=1)
    with pytest.raises(NoSuchCell):
        store.remove_row(session, sheet.id, "tasks", 2, seen=2)


def test_who_saw_an_older_sheet_is_told_so(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    store.set_cell(session, sheet.id, "annual_goal", "甲改的", seen=1)
    with pytest.raises(EditedMeanwhile, match="已被他人修改") as refused:
        store.set_cell(session, sheet.id, "annual_goal", "乙改的", seen=1)
    assert (refused.value.seen, refused.value.now) == (1, 2)
    assert store.document_of(session, sheet.id).annual_goal == "甲改的"
    for attempt in (
        lambda: store.replace(session, sheet.id, seed, seen=1),
        lambda: store.add_row(session, sheet.id, "tasks", Task(), seen=1),
        lambda: store.remove_row(session, sheet.id, "tasks", 0, seen=1),
        lambda: store.set_cell(session, sheet.id, "tasks[0].name", "x", seen=1),
    ):
        with pytest.raises(EditedMeanwhile):
            attempt()


def test_two_people_may_save_two_rows_but_not_one(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    first, second = store.task_rows(session, sheet.id)
    assert store.save_row(session, "tasks", first.id, {"content": "甲"}, seen=1) == 2
    assert store.save_row(session, "tasks", second.id, {"content": "乙"}, seen=1) == 2
    with pytest.raises(EditedMeanwhile):
        store.save_row(session, "tasks", first.id, {"content": "丙"}, seen=1)
    document = store.document_of(session, sheet.id)
    assert [task.content for task in document.tasks] == ["甲", "乙"]


def test_saving_a_row_counts_as_a_change_of_its_sheet(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    row = store.indicator_rows(session, sheet.id)[0]
    store.save_row(session, "indicators", row.id, {"target_raw": "≥96%"}, seen=1)
    with pytest.raises(EditedMeanwhile):
        store.replace(session, sheet.id, seed, seen=1)
    assert store.document_of(session, sheet.id).indicators[0].target == "96"


def test_a_row_that_is_gone_or_a_column_that_is_not_its_own_cannot_be_saved(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    row = store.task_rows(session, sheet.id)[0]
    with pytest.raises(NoSuchCell):
        store.save_row(session, "tasks", row.id, {"sheet_id": "2"}, seen=1)
    with pytest.raises(NoSuchCell):
        store.save_row(session, "tasks", 999, {"name": "x"}, seen=1)


def test_a_sheet_that_is_not_there_is_named_so(session: Session) -> None:
    with pytest.raises(NoSuchSheet):
        store.document_of(session, 7)
    with pytest.raises(NoSuchSheet):
        store.set_cell(session, 7, "annual_goal", "x", seen=1)


def test_the_comparison_stands_in_the_update_itself(session: Session, seed: Document) -> None:
    sheet = store.add(session, seed)
    said: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda c, cur, sql, *rest: said.append(sql))
    store.set_cell(session, sheet.id, "annual_goal", "x", seen=1)
    updates = [sql for sql in said if sql.startswith("UPDATE forms_sheet")]
    assert len(updates) == 1
    assert "forms_sheet.edit = ?" in updates[0].split("WHERE")[1]


@pytest.mark.parametrize("cents", [-1, MAX_CENTS + 1])
@pytest.mark.parametrize("column", ["total", "fiscal", "other", "basic", "project"])
def test_the_database_itself_refuses_amounts_out_of_range(
    session: Session, seed: Document, column: str, cents: int
) -> None:
    sheet = store.add(session, seed)
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE forms_sheet SET {column} = {cents} WHERE id = {sheet.id}"))  # noqa: S608


def test_of_two_writers_at_once_one_is_told(tmp_path: Path, seed: Document) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'sheet.db'}")
    Base.metadata.create_all(engine, tables=TABLES)
    with Session(engine) as session:
        sheet_id = store.add(session, seed).id
        session.commit()
    with Session(engine) as one:
        seen = one.get_one(Sheet, sheet_id).edit
        one.rollback()
        with Session(engine) as other:
            store.set_cell(other, sheet_id, "annual_goal", "先到", seen=seen)
            other.commit()
        with pytest.raises(EditedMeanwhile):
            store.set_cell(one, sheet_id, "annual_goal", "后到", seen=seen)
        one.rollback()
        assert store.document_of(one, sheet_id).annual_goal == "先到"
    engine.dispose()
