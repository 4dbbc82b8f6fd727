"""Document <-> rows, and edits. Every write compares the edit number that was seen in the UPDATE's own WHERE.

The functions write in the caller's transaction and never commit. When one raises, roll back: part of it may be written.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, cast, get_args

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from forms import amounts, targets
from forms.cells import values_of
from forms.document import (
    Budget,
    BySource,
    ByUse,
    Document,
    Indicator,
    Task,
    plain,
    same_indicators,
    same_tasks,
    steps,
)
from forms.models import AMOUNTS, TASK_AMOUNTS, WEIGHT_STEPS, IndicatorRow, Sheet, TaskRow

Row = TaskRow | IndicatorRow

_ROWS: dict[str, type[TaskRow] | type[IndicatorRow]] = {"tasks": TaskRow, "indicators": IndicatorRow}
_TEXTS = {
    "tasks": ("name", "content"),
    "indicators": ("level1", "level2", "level3", "target_raw", "definition"),
}
_AMOUNT_COLUMNS = {
    "budget.total": "total",
    "budget.by_source.fiscal": "fiscal",
    "budget.by_source.other": "other",
    "budget.by_use.basic": "basic",
    "budget.by_use.project": "project",
}


class StoreError(Exception):
    """An edit that cannot be made; the message is one Chinese sentence."""


class NoSuchSheet(StoreError):
    """The sheet is not there."""


class NoSuchCell(StoreError):
    """The path names no cell of the sheet that can be edited."""


class EditedMeanwhile(StoreError):
    """Somebody else changed it since `seen`; `now` is its present edit number."""

    def __init__(self, seen: int, now: int) -> None:
        super().__init__("这里已被他人修改，请刷新后核对再保存")
        self.seen = seen
        self.now = now


def add(session: Session, document: Document) -> Sheet:
    """A new sheet with this content."""
    sheet = Sheet(**_sheet_values(document))
    session.add(sheet)
    session.flush()
    session.add_all(TaskRow(sheet_id=sheet.id, position=at, **_values(row)) for at, row in enumerate(document.tasks))
    session.add_all(
        IndicatorRow(sheet_id=sheet.id, position=at, **_values(row)) for at, row in enumerate(document.indicators)
    )
    session.flush()
    return sheet


def document_of(session: Session, sheet_id: int) -> Document:
    """What the sheet says now."""
    return read(session, sheet_id).document


class Opened(NamedTuple):
    """A sheet read once: what it says, its edit number, and the rows that say so."""

    document: Document
    edit: int
    tasks: Sequence[TaskRow]
    indicators: Sequence[IndicatorRow]


def read(session: Session, sheet_id: int) -> Opened:
    """What the sheet says now. Three queries, whatever its length."""
    sheet = _sheet(session, sheet_id)
    tasks, indicators = task_rows(session, sheet_id), indicator_rows(session, sheet_id)

    def amount(name: str) -> Decimal | None:
        cents = getattr(sheet, name)
        return None if cents is None else amounts.from_cents(cents, sheet.decimals)

    document = Document(
        form=sheet.form,
        fiscal_year=sheet.fiscal_year,
        department=sheet.department,
        project=sheet.project_name,
        annual_goal=sheet.annual_goal,
        budget=Budget(
            total=amount("total"),
            by_source=BySource(fiscal=amount("fiscal"), other=amount("other")),
            by_use=ByUse(basic=amount("basic"), project=amount("project")),
        ),
        tasks=tuple(_task(row, sheet.decimals) for row in tasks),
        indicators=tuple(_indicator(row) for row in indicators),
    )
    return Opened(document, sheet.edit, tasks, indicators)


def task_rows(session: Session, sheet_id: int) -> Sequence[TaskRow]:
    """The tasks in order, as they stand in the database."""
    query = select(TaskRow).where(TaskRow.sheet_id == sheet_id).order_by(TaskRow.position)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def indicator_rows(session: Session, sheet_id: int) -> Sequence[IndicatorRow]:
    """The indicators in order, as they stand in the database."""
    query = select(IndicatorRow).where(IndicatorRow.sheet_id == sheet_id).order_by(IndicatorRow.position)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def replace(session: Session, sheet_id: int, document: Document, *, seen: int) -> int:
    """Make the sheet say what the document says; rows that stay keep their id. The sheet's new edit number."""
    edit = _claim(session, sheet_id, seen, _sheet_values(document))
    tasks = task_rows(session, sheet_id)
    partners = same_tasks([_task(row) for row in tasks], document.tasks)
    _replace_rows(session, sheet_id, table=TaskRow, old=tasks, new=document.tasks, partners=partners)
    rows = indicator_rows(session, sheet_id)
    partners = same_indicators([_indicator(row) for row in rows], document.indicators)
    _replace_rows(session, sheet_id, table=IndicatorRow, old=rows, new=document.indicators, partners=partners)
    return edit


def set_cell(session: Session, sheet_id: int, path: str, text: str, *, seen: int) -> int:
    """Write one cell; `seen` is the sheet's edit number, because a path counts rows. The sheet's new edit number.

    Paths: `department`, `annual_goal`, `budget.total`, `tasks[1].content`, `indicators[0].target_raw`, … A target is
    taken apart anew, an empty amount is none. NoSuchCell for another path, AmountError for a text that is no amount.
    """
    if path in ("department", "annual_goal"):
        return _claim(session, sheet_id, seen, {path: plain(text)})
    if path in _AMOUNT_COLUMNS:
        return _claim(session, sheet_id, seen, _amount_values(_sheet(session, sheet_id), path, text))
    match steps(path):
        case (str(part), int(at), str(cell)) if path == f"{part}[{at}].{cell}" and cell in _TEXTS.get(part, ()):
            edit = _claim(session, sheet_id, seen, {})
            table = _ROWS[part]
            _write(
                session,
                update(table).where(table.sheet_id == sheet_id, table.position == at),
                {**values_of(cell, text), "edit": table.edit + 1},
                NoSuchCell(f"没有“{path}”这一格，请刷新后重试"),
            )
            return edit
    raise NoSuchCell(f"没有“{path:.60}”这一格，或者它不能直接修改")


def save_row(session: Session, part: str, row_id: int, cells: Mapping[str, str], *, seen: int) -> int:
    """Write cells of one row; `seen` is that row's edit number, so that two people may edit two rows. Its new one."""
    table = _table(part)
    if not set(cells) <= set(_TEXTS[part]):
        raise NoSuchCell(f"“{'、'.join(sorted(set(cells) - set(_TEXTS[part])))}”不是可以修改的列")
    sheet_id = session.scalar(select(table.sheet_id).where(table.id == row_id))
    if sheet_id is None:
        raise NoSuchCell("这一行已被删除，请刷新后重试")
    values: dict[str, Any] = {}
    for cell, text in cells.items():
        values |= values_of(cell, text)
    # The sheet first, as everywhere: two writers that lock in one order never wait for each other.
    _write(session, update(Sheet).where(Sheet.id == sheet_id), {"edit": Sheet.edit + 1}, NoSuchSheet("该表不存在"))
    now = session.scalar(select(table.edit).where(table.id == row_id))
    _write(
        session,
        update(table).where(table.id == row_id, table.edit == seen),
        {**values, "edit": table.edit + 1},
        EditedMeanwhile(seen, now or 0),
    )
    return seen + 1


def add_row(
    session: Session, sheet_id: int, part: str, row: Task | Indicator, *, at: int | None = None, seen: int
) -> int:
    """Insert a row into `tasks` or `indicators` before place `at` (at the end if None). The sheet's new edit number."""
    table = _table(part)
    if isinstance(row, Task) != (part == "tasks"):
        raise NoSuchCell(f"“{part}”中不能加入这样的行")
    edit = _claim(session, sheet_id, seen, {})
    count = len(_rows(session, sheet_id, part))
    place = count if at is None else at
    if not 0 <= place <= count:
        raise NoSuchCell(f"没有第 {place + 1} 行，请刷新后重试")
    session.execute(
        update(table)
        .where(table.sheet_id == sheet_id, table.position >= place)
        .values(position=table.position + 1)
        .execution_options(synchronize_session=False)
    )
    session.add(table(sheet_id=sheet_id, position=place, **_values(row)))
    session.flush()
    return edit


def remove_row(session: Session, sheet_id: int, part: str, at: int, *, seen: int) -> int:
    """Delete the row at place `at` of `tasks` or `indicators`. The sheet's new edit number."""
    table = _table(part)
    edit = _claim(session, sheet_id, seen, {})
    rows = _rows(session, sheet_id, part)
    if not 0 <= at < len(rows):
        raise NoSuchCell(f"没有第 {at + 1} 行，请刷新后重试")
    session.delete(rows[at])
    session.flush()
    session.execute(
        update(table)
        .where(table.sheet_id == sheet_id, table.position > at)
        .values(position=table.position - 1)
        .execution_options(synchronize_session=False)
    )
    return edit


def _table(part: str) -> type[TaskRow] | type[IndicatorRow]:
    if part not in _ROWS:
        raise NoSuchCell(f"没有“{part:.40}”这一部分")
    return _ROWS[part]


def _rows(session: Session, sheet_id: int, part: str) -> Sequence[Row]:
    return task_rows(session, sheet_id) if part == "tasks" else indicator_rows(session, sheet_id)


def _sheet(session: Session, sheet_id: int) -> Sheet:
    sheet = session.scalar(select(Sheet).where(Sheet.id == sheet_id).execution_options(populate_existing=True))
    if sheet is None:
        raise NoSuchSheet("该表不存在，请返回列表重新选择")
    return sheet


def _claim(session: Session, sheet_id: int, seen: int, values: Mapping[str, Any]) -> int:
    """Write the sheet's own columns if nobody changed it since `seen`, and count the edit."""
    session.flush()
    statement = update(Sheet).where(Sheet.id == sheet_id, Sheet.edit == seen)
    result = session.execute(
        statement.values(**values, edit=Sheet.edit + 1).execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise EditedMeanwhile(seen, _sheet(session, sheet_id).edit)
    _sheet(session, sheet_id)
    return seen + 1


def _write(session: Session, statement: Any, values: Mapping[str, Any], otherwise: StoreError) -> None:
    session.flush()
    result = session.execute(statement.values(**values).execution_options(synchronize_session=False))
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise otherwise


def _replace_rows(
    session: Session,
    sheet_id: int,
    *,
    table: type[TaskRow] | type[IndicatorRow],
    old: Sequence[Row],
    new: Sequence[Task | Indicator],
    partners: Mapping[int, int],
) -> None:
    for at in set(range(len(old))) - set(partners.values()):
        session.delete(old[at])
    for at, row in enumerate(new):
        values = _values(row)
        if at not in partners:
            session.add(table(sheet_id=sheet_id, position=at, **values))
            continue
        kept = old[partners[at]]
        if any(getattr(kept, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(kept, name, value)
            kept.edit += 1
        kept.position = at
    session.flush()


def _sheet_values(document: Document) -> dict[str, Any]:
    budget = document.budget
    held = dict(
        zip(
            AMOUNTS,
            (budget.total, budget.by_source.fiscal, budget.by_source.other, budget.by_use.basic, budget.by_use.project),
            strict=True,
        )
    )
    tasks = [value for task in document.tasks for value in (task.total, task.fiscal, task.other)]
    printed = [amounts.decimals_of(value) for value in [*held.values(), *tasks] if value is not None]
    return {
        "form": document.form,
        "fiscal_year": document.fiscal_year,
        "department": document.department,
        "project_name": document.project,
        "annual_goal": document.annual_goal,
        **{name: None if value is None else amounts.to_cents(value) for name, value in held.items()},
        "decimals": min(6, max(printed)) if printed else 1,
    }


def _amount_values(sheet: Sheet, path: str, text: str) -> dict[str, Any]:
    column = _AMOUNT_COLUMNS[path]
    if not text.strip():
        return {column: None}
    value = amounts.amount(text)
    return {column: amounts.to_cents(value), "decimals": max(sheet.decimals, min(6, amounts.decimals_of(value)))}


def _values(row: Task | Indicator) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in type(row).model_fields}
    if isinstance(row, Task):
        held = {name: values[name] for name in TASK_AMOUNTS}
        return values | {name: None if value is None else amounts.to_cents(value) for name, value in held.items()}
    return values | {"weight": None if row.weight is None else int(row.weight * WEIGHT_STEPS)}


def _task(row: TaskRow, decimals: int = 0) -> Task:
    held = {name: getattr(row, name) for name in TASK_AMOUNTS}
    shown = {name: None if cents is None else amounts.from_cents(cents, decimals) for name, cents in held.items()}
    return Task(name=row.name, content=row.content, **shown)


def _indicator(row: IndicatorRow) -> Indicator:
    assert row.operator in get_args(targets.Operator)  # noqa: S101 - narrows the type; written by us alone
    values = {name: getattr(row, name) for name in Indicator.model_fields}
    weight = None if row.weight is None else (Decimal(row.weight) / WEIGHT_STEPS).normalize()
    return Indicator(**{**values, "weight": weight and Decimal(f"{weight:f}")})
