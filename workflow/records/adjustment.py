"""Opening an adjustment of goals in force."""

from typing import Any

from sqlalchemy import select

from accounts.roles import Role
from forms import store
from workflow import guards as g
from workflow import loading
from workflow.effects import Doing
from workflow.models import (
    Table,
)
from workflow.records.kind import kind, refuse, text_of
from workflow.states import State


@kind(
    "open_adjustment", "目标调整", {State.APPROVED, State.MONITORING}, {Role.EDITOR, Role.REVIEWER}, g.not_an_adjustment
)
def _open_adjustment(doing: Doing) -> dict[str, Any]:
    """details: reason. A table of its own that begins with the goals in force; one open at a time."""
    reason = text_of(doing, "reason", "调整理由")
    others = doing.session.scalars(select(Table).where(Table.adjusts_id == doing.table.id)).all()
    if any(other.state not in {State.APPROVED, State.VOID} for other in others):
        raise refuse("adjustment_open", "这张表已有一个目标调整在办，办完再开新的")
    goals = loading.goals_in_force(doing.session, doing.table)
    if goals is None:
        raise RuntimeError("an approved table has goals in force")
    sheet = store.add(doing.session, goals.with_decimals(loading.framework_of(doing.table.cycle).decimals))
    number = 1 + max((other.adjustment_number or 0 for other in others), default=0)
    adjustment = Table(
        cycle_id=doing.table.cycle_id,
        region_id=doing.table.region_id,
        department_id=doing.table.department_id,
        sheet_id=sheet.id,
        state_since=doing.now,
        adjusts_id=doing.table.id,
        adjustment_number=number,
        adjustment_reason=reason,
    )
    doing.session.add(adjustment)
    doing.session.flush()
    return {"adjustment": number, "table": adjustment.id, "reason": reason}
