"""What the bureau does about time: extend, urge."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from accounts.roles import Role
from ledger.chain import instant_text
from ledger.models import Entry
from workflow import guards as g
from workflow import loading
from workflow.deadlines import local_date
from workflow.effects import Doing, Impossible
from workflow.facts import Reason
from workflow.models import (
    Extension,
)
from workflow.records.kind import ALIVE, kind, refuse, text_of
from workflow.states import STAGE_LABELS, Stage

URGES_A_DAY = 1
"""[choice] At most one urge a day and table, so that it keeps meaning something."""


def _future(doing: Doing) -> datetime:
    until = doing.attempt.details.get("until")
    if not isinstance(until, datetime) or until.tzinfo is None:
        raise refuse("until_missing", "要给出新的截止时间")
    if until <= doing.now:
        raise refuse("until_past", "新的截止时间已经过去")
    return until


@kind("extend", "延期", ALIVE, {Role.MANAGER})
def _extend(doing: Doing) -> dict[str, Any]:
    """details: stage or round_id, until (aware instant), reason."""
    reason, until = text_of(doing, "reason", "延期理由"), _future(doing)
    stage, round_id = doing.attempt.details.get("stage"), doing.attempt.details.get("round_id")
    if (stage is None) == (round_id is None):
        raise refuse("extend_what", "延期要指明是哪个阶段，或哪个监控期")
    if stage is not None and stage not in set(Stage):
        raise refuse("stage_unknown", f"没有“{stage}”这个阶段")
    period = (
        loading.periods(doing.session, doing.table)[0].get(Stage(stage))
        if stage is not None
        else (loading.round_period(doing.session, doing.table, int(str(round_id))) or (None, None))[1]
    )
    if period is None:
        raise refuse("extend_what", "这个阶段（监控期）还没有设定起止日期")
    if until <= period.closes_at:
        raise refuse("until_early", "新的截止时间要晚于原来的截止时间")
    doing.session.add(
        Extension(
            table_id=doing.table.id,
            stage=stage,
            round_id=round_id,
            until=until,
            reason=reason,
            granted_by=doing.person_id,
            granted_at=doing.now,
        )
    )
    name = STAGE_LABELS[Stage(stage)] if stage is not None else period.name
    return {"stage": stage, "round_id": round_id, "name": name, "until": instant_text(until), "reason": reason}


def urged_too_often(before: Sequence[datetime], now: datetime, timezone: str) -> Reason | None:
    """What stands against one more urge, given the instants of those before. Pure."""
    today = local_date(now, timezone)
    if [local_date(at, timezone) for at in before].count(today) < URGES_A_DAY:
        return None
    return Reason("urged_today", "这张表今天已经催办过，下一个工作日可以再催")


@kind("urge", "催办", ALIVE, {Role.MANAGER, Role.OFFICER}, g.departments_turn)
def _urge(doing: Doing) -> dict[str, Any]:
    """details: text (optional)."""
    chain = f"table:{doing.table.id}"
    before = doing.session.scalars(select(Entry.at).where(Entry.chain == chain, Entry.act == "urge")).all()
    if often := urged_too_often(before, doing.now, doing.table.cycle.region.timezone):
        raise Impossible(often)
    return {"count": len(before) + 1, "text": str(doing.attempt.details.get("text") or "").strip()}
