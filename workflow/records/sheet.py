"""Filling in the sheet: from a file, cell by cell, and row by row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from accounts.roles import Role
from forms import amounts, cells, marks, store, targets
from forms.document import Document, Indicator, Task, follow, plain, steps
from forms.framework import Framework
from forms.models import TASK_AMOUNTS, IndicatorRow, Sheet, TaskRow
from ledger import book
from workflow import guards as g
from workflow import last_year, loading, uploads
from workflow.altered import altered
from workflow.edits import Edit, asked_in_row, last_edits, path_of, removal, removed
from workflow.effects import Doing, Impossible, Outdated
from workflow.facts import Reason
from workflow.importing import mismatches
from workflow.models import Remark, Revision
from workflow.records.kind import kind, refuse
from workflow.states import State


@kind("import_sheet", "导入目标表", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _import_sheet(doing: Doing) -> dict[str, Any]:
    """details: document (forms.document.Document), seen (the sheet's edit number), source {name, sha256}, unsure (the
    paths that reading was not sure of): they are to be confirmed before the sheet is submitted."""
    document = doing.attempt.details["document"]
    if not isinstance(document, Document):
        raise TypeError("import_sheet takes a Document")
    if wrong := mismatches(document, doing.table.department, doing.table.cycle):
        raise Impossible(wrong[0])
    unsure = marks.to_confirm(doing.attempt.details.get("unsure", ()), document, _framework(doing))
    marked = dict.fromkeys(unsure, marks.UNSURE)
    sheet = doing.table.sheet_id
    edit = _edited(doing, lambda seen: store.replace(doing.session, sheet, document, seen=seen, marked=marked))
    uploads.discard(doing.session, doing.table.id, doing.person_id)
    said = {"sha256": document.digest(), "source": doing.attempt.details.get("source"), "edit": edit}
    return said | ({"unsure": len(unsure)} if unsure else {})


@kind("carry_over", "从上一年度的表开始", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _carry_over(doing: Doing) -> dict[str, Any]:
    """details: seen (the sheet's edit number), replace (True where a sheet that says something may be lost). The goals
    in force of the year before, every cell marked as carried over until it is touched."""
    table, framework = doing.table, _framework(doing)
    goals = last_year.goals_of_last_year(doing.session, table)
    if against := last_year.against_beginning(table, goals):
        raise Impossible(against)
    if goals is None:
        raise TypeError("goals that nothing stands against are there")
    if doing.attempt.details.get("replace") is not True and not last_year.is_empty(
        loading.sheet_of(doing.session, table), framework
    ):
        raise refuse("not_empty", "表里已有内容，从上一年度的表开始会把它们全部替换；确认要替换再办", "replace")
    document = last_year.begun_with(goals, table, framework)
    marked = dict.fromkeys(marks.carried_over(document, framework), marks.CARRIED)
    edit = _edited(doing, lambda seen: store.replace(doing.session, table.sheet_id, document, seen=seen, marked=marked))
    return {"year": table.cycle.fiscal_year - 1, "sha256": document.digest(), "edit": edit}


@kind("upload_sheet", "读入文件", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _upload_sheet(doing: Doing) -> dict[str, Any]:
    """details: name, sha256, data (bytes). Keeps a file that could be read until its sender accepts it or gives it up;
    the sheet stays as it is."""
    name, data = str(doing.attempt.details["name"]), doing.attempt.details["data"]
    kept = uploads.keep(doing.session, doing.table.id, doing.person_id, name=name, data=data, now=doing.now)
    return {"name": name, "sha256": kept.sha256, "bytes": len(data)}


@kind("discard_upload", "放弃导入", {State.DRAFT}, {Role.EDITOR})
def _discard_upload(doing: Doing) -> dict[str, Any]:
    """The file that waited is forgotten."""
    return {"discarded": uploads.discard(doing.session, doing.table.id, doing.person_id)}


@kind("confirm_cells", "确认读入的内容", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _confirm_cells(doing: Doing) -> dict[str, Any]:
    """details: cells {place: forms.cells.mark of what stood there}. Says that these cells are as they should be; they
    say what they said. A place is a path, or a cell of a row by the row's id ("indicators-7.target_raw"), so that it
    stays the same when rows move."""
    opened = store.read(doing.session, doing.table.sheet_id)
    ids = {"tasks": [row.id for row in opened.tasks], "indicators": [row.id for row in opened.indicators]}
    paths = set()
    for place, seen in doing.attempt.details["cells"].items():
        path = path_of(place, ids)
        if path is None or path not in opened.marks:
            continue  # written or confirmed since
        if cells.mark(marks.said_at(opened.document, path)) != seen:
            raise Outdated(_changed(doing, place.partition(".")[0], "cell", path))
        paths.add(path)
    gone = store.confirm(doing.session, doing.table.sheet_id, paths)
    return {"paths": list(gone)}


@kind("edit_sheet", "填报", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _edit_sheet(doing: Doing) -> dict[str, Any]:
    """details: changes [[path, text], …], seen (the sheet's edit number)."""
    changes, framework = doing.attempt.details["changes"], _framework(doing)
    document = loading.sheet_of(doing.session, doing.table)
    written: dict[str, tuple[str, str]] = {}

    def write(seen: int) -> int:
        edit = seen
        for path, text in changes:
            try:
                cells.must_be_settable(path, framework)
                written[path] = (cells.text_at(document, path), _as_kept(path, text))
                edit = store.set_cell(
                    doing.session, doing.table.sheet_id, path, text, seen=edit, apart=framework.columns.apart
                )
            except (cells.BadCell, store.NoSuchCell, amounts.AmountError, targets.TargetError) as error:
                raise refuse("bad_cell", str(error), path) from error
        return edit

    edit = _edited(doing, write)
    return {"edit": edit, "paths": [path for path, _ in changes], **altered(written)}


@kind("save_row", "填报", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _save_row(doing: Doing) -> dict[str, Any]:
    """details: part ("tasks" or "indicators"), row (its id), cells {column: text}, seen (the row's edit number).
    Two people save two rows; the second of one row is told so. Giving level2 gives the row its place on the form."""
    details = doing.attempt.details
    part, row, at = _row(doing)
    texts = {str(name): str(text) for name, text in details["cells"].items()}
    if part == "indicators":
        texts = _allowed(doing, cast(IndicatorRow, row), texts, f"indicators[{at}]")
    path = f"{part}[{at}]"
    apart = _framework(doing).columns.apart
    now = store.texts_of(row, _decimals(doing))
    if all(now.get(name) == plain(text) for name, text in texts.items()):
        return {"part": part, "row": row.id, "at": at, "cells": [], "edit": row.edit}  # sent again: it says so already
    written = {name: (now.get(name, ""), plain(text)) for name, text in texts.items()}
    try:
        edit = store.save_row(doing.session, part, row.id, texts, seen=_seen(doing), apart=apart)
    except store.EditedMeanwhile as error:
        raise Outdated(_changed(doing, f"{part}-{row.id}", "row", path)) from error
    except (store.NoSuchCell, amounts.AmountError, targets.TargetError) as error:
        raise refuse("bad_cell", str(error), path) from error
    name = texts.get(_NAME[part], str(getattr(row, _NAME[part])))
    told = {"part": part, "row": row.id, "at": at, "name": name, "cells": sorted(texts), "edit": edit}
    return told | altered(written)


@kind("save_cell", "填报", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _save_cell(doing: Doing) -> dict[str, Any]:
    """details: path (of a cell that stands alone), text, seen (forms.cells.mark of what stood there)."""
    path, text = str(doing.attempt.details.get("path")), str(doing.attempt.details.get("text"))
    document = loading.sheet_of(doing.session, doing.table)
    if steps(path)[0] in {"tasks", "indicators"} or not _framework(doing).has(path):
        raise refuse("bad_cell", f"“{path:.60}”不由填报人填写")
    try:
        was = cells.text_at(document, path)
        if cells.mark(was) != doing.attempt.details.get("seen"):
            raise Outdated(_changed(doing, path, "cell", path))
        edit = store.set_cell(
            doing.session, doing.table.sheet_id, path, text, seen=loading.sheet_edit(doing.session, doing.table)
        )
    except (cells.BadCell, store.NoSuchCell, amounts.AmountError) as error:
        raise refuse("bad_cell", str(error), path) from error
    return {"path": path, "edit": edit, **altered({path: (was, _as_kept(path, text))})}


@kind("add_row", "加一行", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _add_row(doing: Doing) -> dict[str, Any]:
    """details: part, block (of an indicator: the second level it goes under). Tells the place of the new, empty row."""
    details, framework = doing.attempt.details, _framework(doing)
    document = loading.sheet_of(doing.session, doing.table)
    seen, sheet = loading.sheet_edit(doing.session, doing.table), doing.table.sheet_id
    if details.get("part") == "tasks":
        store.add_row(doing.session, sheet, "tasks", Task(), seen=seen)
        return {"part": "tasks", "at": len(document.tasks)}
    block = str(details.get("block"))
    if details.get("part") != "indicators" or block not in framework.blocks:
        raise refuse("no_block", f"表样中没有“{block:.40}”这一部分，请选择表样中的二级指标")
    at = framework.place_for(document.indicators, block)
    row = Indicator(level1=framework.level1_of(block), level2=block)
    store.add_row(doing.session, sheet, "indicators", row, at=at, seen=seen)
    return {"part": "indicators", "at": at, "block": block}


@kind("remove_row", "删除行", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _remove_row(doing: Doing) -> dict[str, Any]:
    """details: part, row (its id), seen (the row's edit number). A common indicator stays, and so does a row in which
    a 必改 waits for its answer. The history keeps the texts, so that the row can be put back."""
    part, row, at = _row(doing)
    document = loading.sheet_of(doing.session, doing.table)
    if part == "indicators" and _framework(doing).given(document.indicators[at]):
        raise refuse("row_given", f"“{document.indicators[at].level3}”是表样给定的共性指标，不能删除", f"{part}[{at}]")
    if row.edit != _seen(doing):
        raise Outdated(_changed(doing, f"{part}-{row.id}", "row", f"{part}[{at}]"))
    if asked := asked_in_row(f"{part}[{at}]", _open_musts(doing, document)):
        raise Impossible(asked)
    row_id, texts, marked = row.id, store.texts_of(row, _decimals(doing)), dict(row.marks)
    store.remove_row(doing.session, doing.table.sheet_id, part, at, seen=loading.sheet_edit(doing.session, doing.table))
    said = {"part": part, "row": row_id, "at": at, "name": texts[_NAME[part]], "texts": texts}
    return said | ({"marks": marked} if marked else {})


@kind("restore_row", "恢复删除的行", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _restore_row(doing: Doing) -> dict[str, Any]:
    """details: part, row (the id it had). Puts a deleted row back in its place with its texts, once a deletion."""
    part, row_id = str(doing.attempt.details.get("part")), doing.attempt.details.get("row")
    gone = removed(_told(doing), part, row_id) if isinstance(row_id, int) else None
    if gone is None:
        raise refuse("not_removed", "没有可以恢复的行：已经恢复过，或者之后导入了文件")
    texts, at, document = gone.said["texts"], int(gone.said["at"]), loading.sheet_of(doing.session, doing.table)
    seen = loading.sheet_edit(doing.session, doing.table)
    row: Task | Indicator
    if part == "tasks":
        row, at = Task(**texts), min(at, len(document.tasks))
    else:
        neighbours = document.indicators[max(at - 1, 0) : at + 1]
        if not any(one.level2 == texts["level2"] for one in neighbours):
            at = _framework(doing).place_for(document.indicators, texts["level2"])
        row = Indicator(**{**texts, **cells.written(texts, {}, _framework(doing).columns.apart)})
        at = min(at, len(document.indicators))
    marked = gone.said.get("marks")  # what was to be confirmed is so again
    store.add_row(doing.session, doing.table.sheet_id, part, row, at=at, seen=seen, marked=marked)
    return {"part": part, "row": row_id, "at": at, "name": gone.said["name"]}


_OWN_OF_A_COMMON_ONE = frozenset({"target_raw", "operator", "unit", "weight"})
_NAME = {"tasks": "name", "indicators": "level3"}


def _as_kept(path: str, text: str) -> str:
    """A text as its cell holds it; an amount without what parts its thousands."""
    way = steps(path)
    if way[0] == "budget" or (way[0] == "tasks" and way[-1] in TASK_AMOUNTS):
        return str(amounts.amount(text)) if text.strip() else ""
    return plain(text)


def _framework(doing: Doing) -> Framework:
    return loading.framework_of(doing.table.cycle)


def _decimals(doing: Doing) -> int:
    """With how many decimals the sheet prints its amounts."""
    return doing.session.scalars(select(Sheet.decimals).where(Sheet.id == doing.table.sheet_id)).one()


def _open_musts(doing: Doing, document: Document) -> list[tuple[Remark, str | None]]:
    """The 必改 without an answer, each with where its place stands now."""
    sheets = {
        revision.id: Document.from_json(revision.document)
        for revision in doing.session.scalars(
            select(Revision).where(Revision.table_id == doing.table.id, Revision.kind != "evaluation")
        )
    }
    return [
        (r, follow(r.path, sheets[r.revision_id], document) if r.path and r.revision_id in sheets else r.path)
        for r in loading.remarks_of(doing.session, doing.table)
        if r.must and r.answer is None
    ]


_CALLED = {"row": "这一行", "cell": "这一格"}


def _changed(doing: Doing, place: str, what: str, path: str) -> Reason:
    """That somebody was first, with who and when as far as the history knows."""
    opened = store.read(doing.session, doing.table.sheet_id)
    rows = {"tasks": [row.id for row in opened.tasks], "indicators": [row.id for row in opened.indicators]}
    edit = last_edits(_told(doing), rows).get(place)
    done = f"{_by(doing, edit)}改了{_CALLED[what]}" if edit else f"{_CALLED[what]}已有改动"
    return Reason(f"{what}_changed", f"您看到之后{done}，请核对两边的文字再保存", path)


def _by(doing: Doing, edit: Edit) -> str:
    who = "您在别处" if edit.person_id == doing.attempt.person_id else edit.who
    return f" {who} {edit.when(doing.now, doing.table.cycle.region.timezone)} "


@dataclass(frozen=True)
class _Line:
    """A line of the history as workflow.edits reads it."""

    act: str
    said: dict[str, Any]
    person_id: int | None
    who: str
    at: datetime


def _told(doing: Doing) -> list[_Line]:
    entries = reversed(book.history(doing.session, f"table:{doing.table.id}"))
    return [_Line(entry.act, book.said(entry), entry.person_id, entry.person_name, entry.at) for entry in entries]


def _row(doing: Doing) -> tuple[str, TaskRow | IndicatorRow, int]:
    """The row an act is about, which must be one of this very table's."""
    part, row_id = doing.attempt.details.get("part"), doing.attempt.details.get("row")
    read = {"tasks": store.task_rows, "indicators": store.indicator_rows}.get(str(part))
    if read is None:
        raise refuse("no_part", f"没有“{part!s:.40}”这一部分")
    rows = cast(Sequence[TaskRow | IndicatorRow], read(doing.session, doing.table.sheet_id))
    row = next((row for row in rows if row.id == row_id), None)
    if row is None:
        gone = removal(_told(doing), str(part), row_id) if isinstance(row_id, int) else None
        by = f"{_by(doing, gone)}删除了这一行".strip() if gone else "这一行已经不在表里"
        raise Outdated(Reason("row_gone", f"{by}；您的文字还在页面上，需要时可另加一行"))
    return str(part), row, row.position


def _allowed(doing: Doing, row: IndicatorRow, texts: dict[str, str], path: str) -> dict[str, str]:
    """What of an indicator's texts may be written: of a common one the target alone, or the form's own words."""
    framework = _framework(doing)
    given = framework.given(Indicator(level2=row.level2, level3=row.level3))
    if given is not None:
        theirs = {"level3": given.name, "level2": given.level2, "definition": given.definition}
        for name, text in texts.items():
            if name not in _OWN_OF_A_COMMON_ONE and plain(text) not in {getattr(row, name), theirs.get(name)}:
                raise refuse("cell_given", f"“{row.level3}”的名称和说明由表样给定，只能填写指标值", f"{path}.{name}")
    if "level2" in texts and texts["level2"] != row.level2:
        if texts["level2"] not in framework.blocks:
            raise refuse("no_block", f"表样中没有“{texts['level2']:.40}”，请选择表样中的二级指标", f"{path}.level2")
        texts["level1"] = framework.level1_of(texts["level2"])
    elif "level1" in texts and texts["level1"] != row.level1:
        raise refuse("no_block", "一级指标随二级指标而定，请选择二级指标", f"{path}.level1")
    return texts


def _seen(doing: Doing) -> int:
    seen = doing.attempt.details.get("seen")
    if not isinstance(seen, int):
        raise refuse("seen_missing", "要说明改的是哪一次看到的内容")
    return seen


def _edited(doing: Doing, write: Callable[[int], int]) -> int:
    try:
        return write(_seen(doing))
    except store.EditedMeanwhile as error:
        raise Outdated(Reason("sheet_changed", "您看到之后表里又有改动，请先看过最新内容")) from error
