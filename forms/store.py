"""Document <-> rows, and edits. Every write compares the edit number that was seen in the UPDATE's own WHERE.

The functions write in the caller's transaction and never commit. When one raises, roll back: part of it may be written.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, cast, get_args

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from forms import amounts, marks, targets
from forms.cells import written
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
    weight_of,
)
from forms.models import AMOUNTS, TASK_AMOUNTS, WEIGHT_STEPS, IndicatorRow, Sheet, TaskRow

Row = TaskRow | IndicatorRow

_ROWS: dict[str, type[TaskRow] | type[IndicatorRow]] = {"tasks": TaskRow, "indicators": IndicatorRow}
_CELLS: dict[str, frozenset[str]] = {
    "tasks": frozenset({"name", "content", *TASK_AMOUNTS}),
    "indicators": frozenset({"level1", "level2", "level3", "target_raw", "operator", "unit", "weight", "definition"}),
}
"""What can be written in a row; operator and unit where the form prints columns for them."""
_TEXTS = {"department": "department", "project": "project_name", "annual_goal": "annual_goal"}
"""The texts that stand alone -> their columns."""
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
    """A new sheet with this content, in which nothing is marked."""
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
    """A sheet read once: what it says, its edit number, the rows that say so, and what is to be looked at."""

    document: Document
    edit: int
    tasks: Sequence[TaskRow]
    indicators: Sequence[IndicatorRow]
    marks: Mapping[str, str]
    """By path (forms.marks), in the order of the form."""


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
    return Opened(document, sheet.edit, tasks, indicators, _marks(sheet, tasks, indicators))


def _marks(sheet: Sheet, tasks: Sequence[TaskRow], indicators: Sequence[IndicatorRow]) -> dict[str, str]:
    found = dict(sheet.marks)
    for part, rows in (("tasks", tasks), ("indicators", indicators)):
        for at, row in enumerate(cast("Sequence[Row]", rows)):
            found |= {f"{part}[{at}].{cell}": mark for cell, mark in row.marks.items()}
    return found


def texts_of(row: Row, decimals: int) -> dict[str, str]:
    """What the cells of a row say, as texts; `decimals` of the sheet's amounts."""
    held: Task | Indicator = _task(row, decimals) if isinstance(row, TaskRow) else _indicator(row)
    part = "tasks" if isinstance(row, TaskRow) else "indicators"
    values = {name: getattr(held, name) for name in type(held).model_fields if name in _CELLS[part]}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def task_rows(session: Session, sheet_id: int) -> Sequence[TaskRow]:
    """The tasks in order, as they stand in the database."""
    query = select(TaskRow).where(TaskRow.sheet_id == sheet_id).order_by(TaskRow.position)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def indicator_rows(session: Session, sheet_id: int) -> Sequence[IndicatorRow]:
    """The indicators in order, as they stand in the database."""
    query = select(IndicatorRow).where(IndicatorRow.sheet_id == sheet_id).order_by(IndicatorRow.position)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def replace(
    session: Session, sheet_id: int, document: Document, *, seen: int, marked: Mapping[str, str] | None = None
) -> int:
    """Make the sheet say what the document says; rows that stay keep their id. The sheet's new edit number.

    `marked` is all that is to be looked at from now on, by path: the marks of before go.
    """
    found = marked or {}
    alone = {"marks": marks.standing_alone(found)}
    edit = _claim(session, sheet_id, seen, _sheet_values(document) | alone)
    tasks = task_rows(session, sheet_id)
    partners = same_tasks([_task(row) for row in tasks], document.tasks)
    new = _marked([_values(row) for row in document.tasks], found, "tasks")
    _replace_rows(session, sheet_id, table=TaskRow, old=tasks, new=new, partners=partners)
    rows = indicator_rows(session, sheet_id)
    partners = same_indicators([_indicator(row) for row in rows], document.indicators)
    new = _marked([_values(row) for row in document.indicators], found, "indicators")
    _replace_rows(session, sheet_id, table=IndicatorRow, old=rows, new=new, partners=partners)
    return edit


def _marked(rows: list[dict[str, Any]], found: Mapping[str, str], part: str) -> list[dict[str, Any]]:
    return [row | {"marks": mine} for row, mine in zip(rows, marks.split(found, part, len(rows)), strict=True)]


def set_cell(
    session: Session, sheet_id: int, path: str, text: str, *, seen: int, apart: Collection[str] = frozenset()
) -> int:
    """Write one cell; `seen` is the sheet's edit number, because a path counts rows. The sheet's new edit number.

    Paths: `department`, `project`, `annual_goal`, `budget.total`, `tasks[1].content`, `indicators[0].target_raw`, … A
    target is taken apart anew (`apart` as in forms.cells.written), an empty amount is none. What was marked there is
    not any more. NoSuchCell for another path, AmountError for a text that is no amount.
    """
    if path in _TEXTS or path in _AMOUNT_COLUMNS:
        sheet = _sheet(session, sheet_id)
        values = _amount_values(sheet, path, text) if path in _AMOUNT_COLUMNS else {_TEXTS[path]: plain(text)}
        return _claim(session, sheet_id, seen, values | {"marks": marks.without(sheet.marks, {path})})
    match steps(path):
        case (str(part), int(at), str(cell)) if path == f"{part}[{at}].{cell}" and cell in _CELLS.get(part, ()):
            edit = _claim(session, sheet_id, seen, {})
            table = _ROWS[part]
            query = select(table).where(table.sheet_id == sheet_id, table.position == at)
            row = cast("Row | None", session.scalar(query.execution_options(populate_existing=True)))
            otherwise = NoSuchCell(f"没有“{path}”这一格，请刷新后重试")
            if row is None:
                raise otherwise
            values = _written(session, row, {cell: text}, apart)
            _write(session, update(table).where(table.id == row.id), values, otherwise)
            return edit
    raise NoSuchCell(f"没有“{path:.60}”这一格，或者它不能直接修改")


def save_row(
    session: Session,
    part: str,
    row_id: int,
    cells: Mapping[str, str],
    *,
    seen: int,
    apart: Collection[str] = frozenset(),
) -> int:
    """Write cells of one row; `seen` is that row's edit number, so that two people may edit two rows. Its new one.
    What was marked in these cells is not any more. AmountError for a text that is no amount or weight."""
    table = _table(part)
    if not set(cells) <= _CELLS[part]:
        raise NoSuchCell(f"“{'、'.join(sorted(set(cells) - _CELLS[part]))}”不是可以修改的列")
    query = select(table).where(table.id == row_id)
    row = cast("Row | None", session.scalar(query.execution_options(populate_existing=True)))
    if row is None:
        raise NoSuchCell("这一行已被删除，请刷新后重试")
    # The sheet first, as everywhere: two writers that lock in one order never wait for each other.
    _write(session, update(Sheet).where(Sheet.id == row.sheet_id), {"edit": Sheet.edit + 1}, NoSuchSheet("该表不存在"))
    values, now = _written(session, row, cells, apart), session.scalar(select(table.edit).where(table.id == row_id))
    _write(
        session,
        update(table).where(table.id == row_id, table.edit == seen),
        values,
        EditedMeanwhile(seen, now or 0),
    )
    return seen + 1


def confirm(session: Session, sheet_id: int, paths: Collection[str]) -> tuple[str, ...]:
    """Take the marks at these paths away; those that stood there. What the cells say, and their edit numbers, stay."""
    opened = read(session, sheet_id)
    gone = tuple(path for path in opened.marks if path in paths)
    sheet = _sheet(session, sheet_id)
    sheet.marks = marks.without(sheet.marks, gone)
    for part, rows in (("tasks", opened.tasks), ("indicators", opened.indicators)):
        for at, row in enumerate(cast("Sequence[Row]", rows)):
            row.marks = {cell: mark for cell, mark in row.marks.items() if f"{part}[{at}].{cell}" not in gone}
    session.flush()
    return gone


def _written(session: Session, row: Row, texts: Mapping[str, str], apart: Collection[str]) -> dict[str, Any]:
    """The columns of a row after writing these texts into its cells; the sheet keeps the decimals an amount needs."""
    if not set(texts).isdisjoint({"operator", "unit"} - set(apart)):
        raise NoSuchCell("这张表的符号和单位写在指标值里，不单独填写")
    amounts_typed = {name: text for name, text in texts.items() if name in TASK_AMOUNTS and isinstance(row, TaskRow)}
    others = {name: text for name, text in texts.items() if name not in amounts_typed and name != "weight"}
    values: dict[str, Any] = dict(written(others, _goal_of(row), apart))
    if amounts_typed:
        sheet = _sheet(session, row.sheet_id)
        read_ = {name: _amount(sheet, text) for name, text in amounts_typed.items()}
        values |= {name: cents for name, (cents, _) in read_.items()}
        decimals = max(decimals for _, decimals in read_.values())
        _write(session, update(Sheet).where(Sheet.id == sheet.id), {"decimals": decimals}, NoSuchSheet("该表不存在"))
    if "weight" in texts:
        weight = weight_of(texts["weight"])
        values["weight"] = None if weight is None else int(cast("Decimal", weight) * WEIGHT_STEPS)
    return values | {"marks": marks.without(row.marks, texts), "edit": type(row).edit + 1}


def _goal_of(row: Row) -> dict[str, str]:
    if isinstance(row, TaskRow):
        return {}
    return {"target_raw": row.target_raw, "operator": row.operator, "unit": row.unit}


def add_row(
    session: Session,
    sheet_id: int,
    part: str,
    row: Task | Indicator,
    *,
    at: int | None = None,
    seen: int,
    marked: Mapping[str, str] | None = None,
) -> int:
    """Insert a row into `tasks` or `indicators` before place `at` (at the end if None). `marked` are its cells that are
    to be looked at. The sheet's new edit number."""
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
    session.add(table(sheet_id=sheet_id, position=place, marks=dict(marked or {}), **_values(row)))
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
    new: Sequence[Mapping[str, Any]],
    partners: Mapping[int, int],
) -> None:
    for at in set(range(len(old))) - set(partners.values()):
        session.delete(old[at])
    for at, values in enumerate(new):
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
    cents, decimals = _amount(sheet, text)
    return {_AMOUNT_COLUMNS[path]: cents, "decimals": decimals}


def _amount(sheet: Sheet, text: str) -> tuple[int | None, int]:
    """An amount in 分 (None for an empty text), and the decimals that the sheet then needs."""
    if not text.strip():
        return None, sheet.decimals
    value = amounts.amount(text)
    return amounts.to_cents(value), max(sheet.decimals, min(6, amounts.decimals_of(value)))


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
