"""Lists of tables for people: what each may see, its state, until when it is asked for. Few queries."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from accounts.models import Department
from workflow.deadlines import last_date
from workflow.facts import Period
from workflow.models import Cycle, Extension, Table
from workflow.scope import tables_seen_by
from workflow.states import Stage, State
from workflow.turns import asked_until


@dataclass(frozen=True)
class Listed:
    """One table as a list shows it; `deadline` is the last local day it is asked for, or None."""

    table_id: int
    department: str
    fiscal_year: int
    state: State
    adjustment: int | None
    deadline: date | None


def tables_of(
    session: Session, person_id: int, now: datetime, *, state: State | None = None, words: str = ""
) -> list[Listed]:
    """The tables a person may see, the nearest deadline first, those without one last; of a state alone, or of
    departments whose name holds some words."""
    wanted = tables_seen_by(person_id, now)
    if state is not None:
        wanted = wanted.where(Table.state == state)
    if words:
        wanted = wanted.where(
            or_(
                Department.name.contains(words, autoescape=True), Department.short_name.contains(words, autoescape=True)
            )
        )
    tables = session.scalars(wanted.options(contains_eager(Table.department), joinedload(Table.cycle))).all()
    cycles = {
        cycle.id: cycle
        for cycle in session.scalars(
            select(Cycle)
            .where(Cycle.id.in_({table.cycle_id for table in tables}))
            .options(joinedload(Cycle.windows), joinedload(Cycle.rounds), joinedload(Cycle.region))
        ).unique()
    }
    extended: dict[tuple[int, str | int | None], datetime] = {}
    for table_id, stage, round_id, until in session.execute(
        select(Extension.table_id, Extension.stage, Extension.round_id, func.max(Extension.until))
        .where(Extension.table_id.in_(tables_seen_by(person_id, now).with_only_columns(Table.id)))
        .group_by(Extension.table_id, Extension.stage, Extension.round_id)
    ):
        extended[table_id, stage or round_id] = until
    listed = [_listed(table, cycles[table.cycle_id], extended, now) for table in tables]
    return sorted(listed, key=lambda one: (one.deadline or date.max, -one.fiscal_year, one.department))


def _listed(
    table: Table, cycle: Cycle, extended: dict[tuple[int, str | int | None], datetime], now: datetime
) -> Listed:
    def period(name: str, key: str | int, opens_at: datetime, closes_at: datetime) -> Period:
        return Period(name, opens_at, closes_at, max(closes_at, extended.get((table.id, key), closes_at)))

    until = asked_until(
        State(table.state),
        now,
        windows={Stage(w.stage): period(w.stage, w.stage, w.opens_at, w.closes_at) for w in cycle.windows},
        rounds=[period(r.name, r.id, r.opens_at, r.closes_at) for r in cycle.rounds],
        resubmit_until=table.resubmit_until,
        evaluation_until=table.evaluation_until,
        adjusts=table.adjusts_id is not None,
    )
    return Listed(
        table_id=table.id,
        department=table.department.short_name,
        fiscal_year=cycle.fiscal_year,
        state=State(table.state),
        adjustment=table.adjustment_number,
        deadline=last_date(until, cycle.region.timezone) if until else None,
    )


def counts_by_state(session: Session, cycle_id: int) -> dict[State, int]:
    """How many of a cycle's own tables (adjustments aside) are in each state."""
    counts = defaultdict(int)
    for state, count in session.execute(
        select(Table.state, func.count())
        .where(Table.cycle_id == cycle_id, Table.adjusts_id.is_(None))
        .group_by(Table.state)
    ):
        counts[State(state)] = count
    return {state: counts[state] for state in State}
