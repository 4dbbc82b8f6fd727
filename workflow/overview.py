"""The tables of a person in monitoring and in self-evaluation, each with how it stands. A fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from workflow import loading
from workflow.deadlines import last_date
from workflow.holidays import calendar_for
from workflow.listing import deadlines_of
from workflow.models import Cycle, ProjectReport, Round, RoundListing, Table
from workflow.monitoring import Listed, Rate, year_rate
from workflow.results import appraisal
from workflow.scope import tables_seen_by
from workflow.states import State
from workflow.workdays import Calendar


@dataclass(frozen=True)
class InMonitoring:
    """One table in monitoring."""

    table_id: int
    department: str
    fiscal_year: int
    round: str | None
    """The last round that opened."""
    rate: Rate | None
    waiting: int
    """Reports that wait for the department's confirmation."""
    deadline: date | None
    calendar: Calendar
    """The working calendar of its region."""


@dataclass(frozen=True)
class InEvaluation:
    """One table in self-evaluation or its review."""

    table_id: int
    department: str
    fiscal_year: int
    state: State
    so_far: str
    """How far it is, in the words of the page itself."""
    deadline: date | None
    calendar: Calendar
    """The working calendar of its region."""


def monitored_tables(session: Session, person_id: int, now: datetime) -> list[InMonitoring]:
    """The tables in monitoring that a person may see, below the target first, then by deadline."""
    tables = _tables(session, person_id, now, State.MONITORING)
    goals = loading.goals_of(session, tables)
    ids = [table.id for table in tables]
    last: dict[int, Round] = {}
    for opened in session.scalars(
        select(Round)
        .where(Round.cycle_id.in_({table.cycle_id for table in tables}), Round.opens_at <= now)
        .order_by(Round.number)
    ):
        last[opened.cycle_id] = opened
    listed: dict[tuple[int, int], list[Listed]] = defaultdict(list)
    for row in session.scalars(select(RoundListing).where(RoundListing.table_id.in_(ids))):
        listed[row.table_id, row.round_id].append(Listed(row.project_id, row.must_monitor))
    confirmed: dict[int, set[int]] = defaultdict(set)
    waiting: dict[tuple[int, int], int] = defaultdict(int)
    for table_id, round_id, project_id, at in session.execute(
        select(
            ProjectReport.table_id, ProjectReport.round_id, ProjectReport.project_id, ProjectReport.confirmed_at
        ).where(ProjectReport.table_id.in_(ids), ProjectReport.returned_at.is_(None))
    ):
        if at is not None:
            confirmed[table_id].add(project_id)
        else:
            waiting[table_id, round_id] += 1
    ends = deadlines_of(session, tables, now)
    found = []
    for table in tables:
        opened_last = last.get(table.cycle_id)
        rate = None
        if opened_last is not None:
            denominator = loading.framework_of(table.cycle).monitoring.denominator
            rate = year_rate(
                listed[table.id, opened_last.id],
                confirmed[table.id],
                denominator,
                loading.committed_target(table, goals.get(table.id)),
            )
        found.append(
            InMonitoring(
                table_id=table.id,
                department=table.department.short_name,
                fiscal_year=table.cycle.fiscal_year,
                round=opened_last.name if opened_last else None,
                rate=rate,
                waiting=waiting[table.id, opened_last.id] if opened_last else 0,
                deadline=_day(table, ends),
                calendar=calendar_for(table.cycle),
            )
        )
    return sorted(
        found, key=lambda one: (one.rate is None or one.rate.met is not False, one.deadline or date.max, one.department)
    )


def evaluated_tables(session: Session, person_id: int, now: datetime) -> list[InEvaluation]:
    """The tables in self-evaluation and in its review that a person may see, the nearest deadline first."""
    tables = _tables(session, person_id, now, State.SELF_EVALUATION, State.EVALUATION_REVIEW)
    goals = loading.goals_of(session, tables)
    results = loading.results_of(session, tables)
    ends = deadlines_of(session, tables, now)
    found = [
        InEvaluation(
            table_id=table.id,
            department=table.department.short_name,
            fiscal_year=table.cycle.fiscal_year,
            state=State(table.state),
            so_far=appraisal(table, goals.get(table.id), results[table.id]).so_far(),
            deadline=_day(table, ends),
            calendar=calendar_for(table.cycle),
        )
        for table in tables
    ]
    return sorted(found, key=lambda one: (one.deadline or date.max, one.department))


def _tables(session: Session, person_id: int, now: datetime, *states: State) -> list[Table]:
    return list(
        session.scalars(
            tables_seen_by(session, person_id, now)
            .where(Table.state.in_(states), Table.adjusts_id.is_(None))
            .options(contains_eager(Table.department), joinedload(Table.cycle).joinedload(Cycle.region))
        )
    )


def _day(table: Table, ends: dict[int, datetime | None]) -> date | None:
    until = ends.get(table.id)
    return last_date(until, table.cycle.region.timezone) if until else None
