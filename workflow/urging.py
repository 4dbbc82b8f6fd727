"""Urging: how often a table may be urged, and when the department's head is told of it too. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from workflow.deadlines import day_words, local_date
from workflow.facts import Reason
from workflow.states import State
from workflow.turns import STAGE_OF
from workflow.workdays import Calendar

URGES_A_WORKING_DAY = 1
"""[choice] At most one urge a working day and table, so that it keeps meaning something; a day off counts with the
working day before it."""
HEAD_TOLD_FROM = 3
"""[choice] Once may be overlooked, twice put off; from the third urge in one stage on somebody above should know."""


class Step(Protocol):
    """An entry of a table's history, as far as urges are counted by it."""

    @property
    def act(self) -> str: ...
    @property
    def from_state(self) -> str | None: ...
    @property
    def to_state(self) -> str | None: ...


def urged_in_stage(steps: Iterable[Step]) -> int:
    """How often a table was urged since it came into its present stage, by its history, the oldest entry first.

    [choice] Drafting and reviewing inside are one stage, so that a table that only goes round inside its department
    begins no new count; what the bureau returns begins one.
    """
    count = 0
    for step in steps:
        if step.act == "urge":
            count += 1
        elif step.to_state is not None and _stage(step.from_state) != _stage(step.to_state):
            count = 0
    return count


def _stage(state: str | None) -> str | None:
    return None if state is None else STAGE_OF.get(State(state), state)


def urged_too_often(before: Sequence[datetime], now: datetime, timezone: str, calendar: Calendar) -> Reason | None:
    """What stands against one more urge, given the instants of those before."""
    today = local_date(now, timezone)
    days = [calendar.before(local_date(at, timezone), 0).on for at in before]
    if days.count(calendar.before(today, 0).on) < URGES_A_WORKING_DAY:
        return None
    again = calendar.ahead(today, 1)
    assumed = f"（暂定：{again.why}）" if again.why else ""
    return Reason(
        "urged_today",
        f"这张表这个工作日已经催办过（共 {len(before)} 次），{day_words(again.on, today)} 起可以再催{assumed}",
    )


def copied_to(count: int, heads: Sequence[str]) -> str:
    """Whom the `count`th urge of a stage is copied to, as a sentence for who urges."""
    if count < HEAD_TOLD_FROM:
        known = f" {'、'.join(heads)}" if heads else "，不过这个部门没有部门负责人"
        return f"本阶段第 {HEAD_TOLD_FROM} 次起抄送部门负责人{known}"
    return f"抄送部门负责人 {'、'.join(heads)}" if heads else "这个部门没有部门负责人，没有人可抄送"
