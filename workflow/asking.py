"""Extensions that departments asked for, as rows: the newest of each table, and those that wait for a manager."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from accounts.models import Person
from accounts.people import somebody
from accounts.roles import Role
from accounts.scope import local_day, roles_for
from workflow.asked import Asked
from workflow.deadlines import last_date
from workflow.holidays import calendar_for
from workflow.listing import deadlines_of
from workflow.models import Cycle, ExtensionRequest, Round, Table
from workflow.scope import tables_seen_by
from workflow.states import STAGE_LABELS, Stage, State


def last_of(session: Session, tables: object) -> dict[int, Asked]:
    """Of each of these tables (ids, or a query for them) the newest request, by the table's id. One query."""
    newest = (
        select(func.max(ExtensionRequest.id))
        .where(ExtensionRequest.table_id.in_(tables))  # type: ignore[arg-type]
        .group_by(ExtensionRequest.table_id)
    )
    rows = session.execute(
        select(ExtensionRequest, Person.name, Round.name)
        .join(Person, Person.id == ExtensionRequest.asked_by)
        .outerjoin(Round, Round.id == ExtensionRequest.round_id)
        .where(ExtensionRequest.id.in_(newest))
    )
    return {row.table_id: _asked(row, who, round_name) for row, who, round_name in rows}


def _asked(row: ExtensionRequest, who: str, round_name: str | None) -> Asked:
    return Asked(
        id=row.id,
        what=Stage(row.stage) if row.stage else int(row.round_id or 0),
        name=STAGE_LABELS[Stage(row.stage)] if row.stage else str(round_name),
        until=row.until,
        reason=row.reason,
        who=who,
        person_id=row.asked_by,
        at=row.asked_at,
        answer=row.answer,
        answered_at=row.answered_at,
        answer_reason=row.answer_reason or "",
        granted_until=row.granted_until,
    )


@dataclass(frozen=True)
class Waiting:
    """A request that waits for a manager's answer, with its table as it stands."""

    table_id: int
    cycle_id: int
    department: str
    fiscal_year: int
    state: State
    asked: Asked
    timezone: str
    wanted: date
    """The last day that was asked for."""
    days: int
    """Working days that this would add to the present deadline."""
    deadline: date | None
    left: int
    """Working days until the present deadline; negative after it."""
    overdue: bool
    provisional: str


def waiting(session: Session, person_id: int, now: datetime, cycle_id: int | None = None) -> list[Waiting]:
    """The requests that this person is to answer as a manager, the oldest first; of one year, or of all."""
    query = (
        tables_seen_by(session, person_id, now)
        .join(ExtensionRequest, ExtensionRequest.table_id == Table.id)
        .where(ExtensionRequest.answer.is_(None))
    )
    if cycle_id is not None:
        query = query.where(Table.cycle_id == cycle_id)
    rows = session.execute(
        query.add_columns(ExtensionRequest, Person.name, Round.name)
        .join(Person, Person.id == ExtensionRequest.asked_by)
        .outerjoin(Round, Round.id == ExtensionRequest.round_id)
        .options(joinedload(Table.department), joinedload(Table.cycle).joinedload(Cycle.region))
        .order_by(ExtensionRequest.asked_at, ExtensionRequest.id)
    ).all()
    reader = somebody(session, person_id)
    if not rows or reader is None:
        return []
    ends = deadlines_of(session, [row[0] for row in rows], now)
    found = []
    for table, request, who, round_name in rows:
        timezone, calendar = table.cycle.region.timezone, calendar_for(table.cycle)
        today, asked = local_day(now, timezone), _asked(request, who, round_name)
        if Role.MANAGER not in roles_for(reader, table.department, today) or not asked.matters_in(State(table.state)):
            continue
        until = ends[table.id]
        deadline, wanted = last_date(until, timezone) if until else None, last_date(asked.until, timezone)
        found.append(
            Waiting(
                table_id=table.id,
                cycle_id=table.cycle_id,
                department=table.department.short_name,
                fiscal_year=table.cycle.fiscal_year,
                state=State(table.state),
                asked=asked,
                timezone=timezone,
                wanted=wanted,
                days=calendar.between(deadline or today, wanted),
                deadline=deadline,
                left=calendar.between(today, deadline) if deadline else 0,
                overdue=deadline is not None and deadline < today,
                provisional=calendar.why_between(min(today, deadline or today), wanted),
            )
        )
    return found
