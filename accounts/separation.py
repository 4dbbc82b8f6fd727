"""三权分立: who keeps the accounts or reads the records decides nothing, and nobody holds a role twice. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from accounts.roles import LABELS, Role

APART = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
"""Roles that tolerate no other role beside them: they watch over, or are watched by, all the others."""


class Held(Protocol):
    """An appointment as these rules see it."""

    @property
    def role(self) -> Role: ...
    @property
    def region_id(self) -> int: ...
    @property
    def department_id(self) -> int | None: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date | None: ...


def overlap(starts: date, ends: date | None, other_starts: date, other_ends: date | None) -> bool:
    """Whether two periods share a day; starts count, ends do not, None is open. What was called off has no day."""
    first = max(starts, other_starts)
    return (ends is None or first < ends) and (other_ends is None or first < other_ends)


def period_text(starts: date, ends: date | None) -> str:
    """A period for people: the day before `ends` is its last one."""
    if ends == starts:
        return f"{starts:%Y-%m-%d} 起，已收回"
    return f"{starts:%Y-%m-%d} 起" if ends is None else f"{starts:%Y-%m-%d} 至 {date.fromordinal(ends.toordinal() - 1)}"


def objection(
    role: Role, region_id: int, department_id: int | None, starts: date, ends: date | None, held: Iterable[Held]
) -> str | None:
    """Why a person who holds these appointments cannot get this one too; None when nothing speaks against it."""
    for other in held:
        if not overlap(starts, ends, other.starts_on, other.ends_on):
            continue
        period = period_text(other.starts_on, other.ends_on)
        if other.role == role and (other.region_id, other.department_id) == (region_id, department_id):
            return f"已经任{LABELS[role]}（{period}），同一任职不能重叠；请先截止原任职，或改起始日期"
        if other.role != role and APART & {role, other.role}:
            return (
                f"{LABELS[role]}不能与{LABELS[Role(other.role)]}（{period}）由同一人同时担任（三权分立）；"
                "请先截止原任职，或另选一人"
            )
    return None
