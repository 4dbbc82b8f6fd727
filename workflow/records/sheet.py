"""Filling in the sheet: from a file, and cell by cell."""

from collections.abc import Callable
from typing import Any

from accounts.roles import Role
from forms import amounts, cells, store, targets
from forms.document import Document
from workflow import guards as g
from workflow.effects import Doing, Impossible
from workflow.importing import mismatches
from workflow.records.kind import kind, refuse
from workflow.states import State


@kind("import_sheet", "导入目标表", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _import_sheet(doing: Doing) -> dict[str, Any]:
    """details: document (forms.document.Document), seen (the sheet's edit number), source {name, sha256}."""
    document = doing.attempt.details["document"]
    if not isinstance(document, Document):
        raise TypeError("import_sheet takes a Document")
    if wrong := mismatches(document, doing.table.department, doing.table.cycle):
        raise Impossible(wrong[0])
    edit = _edited(doing, lambda seen: store.replace(doing.session, doing.table.sheet_id, document, seen=seen))
    return {"sha256": document.digest(), "source": doing.attempt.details.get("source"), "edit": edit}


@kind("edit_sheet", "填报", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _edit_sheet(doing: Doing) -> dict[str, Any]:
    """details: changes [[path, text], …], seen (the sheet's edit number)."""
    changes = doing.attempt.details["changes"]

    def write(seen: int) -> int:
        edit = seen
        for path, text in changes:
            try:
                cells.must_be_settable(path)
                edit = store.set_cell(doing.session, doing.table.sheet_id, path, text, seen=edit)
            except (cells.BadCell, store.NoSuchCell, amounts.AmountError, targets.TargetError) as error:
                raise refuse("bad_cell", str(error), path) from error
        return edit

    return {"edit": _edited(doing, write), "paths": [path for path, _ in changes]}


def _edited(doing: Doing, write: Callable[[int], int]) -> int:
    seen = doing.attempt.details.get("seen")
    if not isinstance(seen, int):
        raise refuse("seen_missing", "要说明改的是哪一次看到的内容")
    try:
        return write(seen)
    except store.EditedMeanwhile as error:
        raise refuse("sheet_changed", "您看到之后表里又有改动，请先看过最新内容") from error
