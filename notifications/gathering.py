"""Brings the world of one cycle from the rows: one set of queries for a cycle, however many tables it has."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from accounts.models import Department, Person, Post
from accounts.roles import Role
from ledger import reading
from ledger.book import said
from ledger.models import ChainHead, Entry
from notifications import world as w
from notifications.models import Cursor, Target
from workflow.deadlines import local_date
from workflow.holidays import calendar_of
from workflow.models import (
    Cycle,
    Extension,
    Project,
    ProjectReport,
    Revision,
    Round,
    RoundFrozen,
    RoundListing,
    Table,
    Window,
)
from workflow.rates import rates, waived
from workflow.states import Stage, State
from workflow.turns import Hand, in_the_hand_of

TABLE_CHAIN = "table:"
ENDED = (State.COMPLETED, State.VOID)
TOLD = (Role.EDITOR, Role.REVIEWER, Role.HEAD, Role.OFFICER, Role.MANAGER, Role.AUDITOR)
TOGETHER = 500
"""Values in one list of a query; SQLite takes no more than some thousands."""


def living_cycles(session: Session) -> list[int]:
    """Cycles in which some table still has a way to go."""
    return list(
        session.scalars(select(Table.cycle_id).where(Table.state.not_in(ENDED)).distinct().order_by(Table.cycle_id))
    )


def newest_cycles(session: Session) -> list[int]:
    """Each region's newest year: its auditors are told of the ledger by it, even when all its tables have ended."""
    return list(session.scalars(select(func.max(Cycle.id)).group_by(Cycle.region_id)))


def fresh_history(session: Session) -> tuple[dict[str, int], list[Entry]]:
    """Entries of tables that no notice was made from yet, and how far that brings each chain."""
    behind = (
        select(ChainHead.chain, func.coalesce(Cursor.position, 0).label("position"))
        .outerjoin(Cursor, Cursor.chain == ChainHead.chain)
        .where(
            ChainHead.chain.startswith(TABLE_CHAIN),
            or_(Cursor.position.is_(None), Cursor.position < ChainHead.position),
        )
        .subquery()
    )
    entries = list(
        session.scalars(
            select(Entry)
            .join(behind, and_(Entry.chain == behind.c.chain, Entry.position > behind.c.position))
            .order_by(Entry.chain, Entry.position)
        )
    )
    return {entry.chain: entry.position for entry in entries}, entries


def table_of(entry: Entry) -> int:
    """The table whose history an entry belongs to."""
    return int(entry.chain.removeprefix(TABLE_CHAIN))


def gather(
    session: Session,
    cycle_id: int,
    now: datetime,
    *,
    entries: Iterable[Entry] = (),
    only: Collection[int] | None = None,
) -> w.World:
    """One cycle as of now. `only` narrows it to some tables; ended ones are left out unless something happened."""
    cycle = session.get_one(Cycle, cycle_id)
    timezone = cycle.region.timezone
    happened = tuple(
        w.Happened(
            entry.id,
            table_of(entry),
            entry.act,
            entry.at,
            entry.person_id,
            entry.person_name,
            said(entry),
            entry.from_version,
        )
        for entry in entries
    )
    rounds = tuple(
        w.Round(r.id, r.number, r.name, r.opens_at, r.closes_at)
        for r in session.scalars(select(Round).where(Round.cycle_id == cycle_id).order_by(Round.number))
    )
    wanted = Table.state.not_in(ENDED) if only is None else _among(Table.id, only)
    if happened:
        wanted = or_(wanted, _among(Table.id, {entry.table_id for entry in happened}))
    tables = _tables(session, cycle, rounds, wanted, now)
    people, names = _people(session, cycle.region_id, now, timezone, None if only is None else tables)
    return w.World(
        cycle_id=cycle_id,
        fiscal_year=cycle.fiscal_year,
        timezone=timezone,
        calendar=calendar_of(session, cycle.region_id),
        windows={
            Stage(window.stage): w.Window(window.opens_at, window.closes_at)
            for window in session.scalars(select(Window).where(Window.cycle_id == cycle_id))
        },
        rounds=rounds,
        tables=tables,
        people=people,
        names=names,
        happened=happened,
        head=_head(session),
        reached=_reached(session),
    )


def _reached(session: Session) -> dict[str, dict[int, datetime]]:
    """Who entered a target, by channel."""
    found: dict[str, dict[int, datetime]] = defaultdict(dict)
    for row in session.execute(select(Target.channel, Target.person_id, Target.since)):
        found[row.channel][row.person_id] = row.since
    return dict(found)


def _head(session: Session) -> w.LedgerHead | None:
    seal = reading.last_seal(session)
    return w.LedgerHead(seal.position, seal.hash, seal.sealed_at) if seal else None


def _among(id_: Any, wanted: Collection[int]) -> ColumnElement[bool]:
    """Rows whose id is in a list, however long that is."""
    ordered = sorted(wanted)
    parts = [ordered[at : at + TOGETHER] for at in range(0, len(ordered), TOGETHER)]
    return or_(false(), *(id_.in_(part) for part in parts))


def _tables(
    session: Session, cycle: Cycle, rounds: tuple[w.Round, ...], wanted: ColumnElement[bool], now: datetime
) -> tuple[w.Table, ...]:
    here = and_(Table.cycle_id == cycle.id, wanted)
    rows = session.execute(
        select(
            Table.id,
            Table.department_id,
            Department.name,
            Department.path,
            Table.state,
            Table.state_since,
            Table.version,
            Table.resubmit_until,
            Table.evaluation_until,
            Table.adjustment_number,
        )
        .join(Department, Department.id == Table.department_id)
        .where(here)
        .order_by(Table.id)
    ).all()
    stages: dict[int, dict[Stage, w.Extended]] = defaultdict(dict)
    extended_rounds: dict[int, dict[int, w.Extended]] = defaultdict(dict)
    # The longest counts; of two with the same end, the one granted first.
    for table_id, stage, round_id, until, granted_at in session.execute(
        select(Extension.table_id, Extension.stage, Extension.round_id, Extension.until, Extension.granted_at)
        .join(Table, Table.id == Extension.table_id)
        .where(here)
        .order_by(Extension.until, Extension.granted_at.desc())
    ):
        extended = w.Extended(until, granted_at)
        if stage is not None:
            stages[table_id][Stage(stage)] = extended
        elif round_id is not None:
            extended_rounds[table_id][round_id] = extended
    monitored = any(row.state == State.MONITORING for row in rows)
    unconfirmed = _unconfirmed(session, here, rounds, now) if monitored else {}
    below = _below_target(session, cycle, here, rounds, now) if monitored else {}
    amended = _amended(session, here) if any(row.state == State.FINANCE_REVIEW for row in rows) else {}
    return tuple(
        w.Table(
            id=row.id,
            department_id=row.department_id,
            department=row.name,
            path=row.path,
            state=State(row.state),
            state_since=row.state_since,
            version=row.version,
            resubmit_until=row.resubmit_until,
            evaluation_until=row.evaluation_until,
            adjustment=row.adjustment_number,
            extended_stages=stages.get(row.id, {}),
            extended_rounds=extended_rounds.get(row.id, {}),
            unconfirmed=unconfirmed.get(row.id, {}),
            at_bureau_since=_at_bureau_since(State(row.state), row.state_since, amended.get(row.id)),
            below_target=below.get(row.id, ()),
        )
        for row in rows
    )


@dataclass(frozen=True)
class _Amended:
    """The amendment that is the latest revision of a table: it waits, or was answered at an instant."""

    answered_at: datetime | None


def _amended(session: Session, here: ColumnElement[bool]) -> dict[int, _Amended]:
    """The tables under review whose latest revision is an amendment."""
    rows = session.execute(
        select(Revision.table_id, func.coalesce(Revision.accepted_at, Revision.declined_at))
        .join(Table, (Table.id == Revision.table_id) & (Table.latest_revision == Revision.number))
        .where(here, Table.state == State.FINANCE_REVIEW, Revision.kind == "amendment")
    )
    return {table_id: _Amended(answered_at) for table_id, answered_at in rows}


def _at_bureau_since(state: State, since: datetime, amended: _Amended | None) -> datetime | None:
    """Since when the bureau has it, as `hands.clock` says of its whole history; a test keeps the two in step."""
    waits = amended is not None and amended.answered_at is None
    if in_the_hand_of(state, amendment_waits=waits) is not Hand.BUREAU:
        return None
    return since if amended is None or amended.answered_at is None else max(since, amended.answered_at)


def _of_monitored(here: ColumnElement[bool]) -> Select[int]:
    return select(Table.id).where(here, Table.state == State.MONITORING)


def _unconfirmed(
    session: Session, here: ColumnElement[bool], rounds: tuple[w.Round, ...], now: datetime
) -> dict[int, dict[int, int]]:
    """By table and round's number: listed projects that must be monitored and have no confirmed report there."""
    monitored = _of_monitored(here)
    found: dict[int, dict[int, int]] = defaultdict(dict)
    frozen = (
        select(RoundFrozen.table_id, Round.number)
        .join(Round, Round.id == RoundFrozen.round_id)
        .where(RoundFrozen.table_id.in_(monitored))
    )
    for table_id, number in session.execute(frozen):
        found[table_id][number] = 0
    report = and_(
        ProjectReport.round_id == RoundListing.round_id,
        ProjectReport.project_id == RoundListing.project_id,
        ProjectReport.confirmed_at.is_not(None),
    )
    missing = (
        select(RoundListing.table_id, Round.number, func.count())
        .join(Round, Round.id == RoundListing.round_id)
        .outerjoin(ProjectReport, report)
        .where(RoundListing.table_id.in_(monitored), RoundListing.must_monitor, ProjectReport.id.is_(None))
        .group_by(RoundListing.table_id, Round.number)
    )
    for table_id, number, count in session.execute(missing):
        found[table_id][number] = count
    if later := [each.number for each in rounds if each.opens_at > now]:
        as_listed_now = (
            select(Table.id, func.count(Project.id))
            .outerjoin(Project, and_(Project.table_id == Table.id, Project.must_monitor))
            .where(here, Table.state == State.MONITORING)
            .group_by(Table.id)
        )
        for table_id, count in session.execute(as_listed_now):
            found[table_id] |= dict.fromkeys(later, count)
    return found


def _below_target(
    session: Session, cycle: Cycle, here: ColumnElement[bool], rounds: tuple[w.Round, ...], now: datetime
) -> dict[int, set[int]]:
    """By table: the numbers of the rounds in which the year's rate misses its own target, without a waiver."""
    opened = [each for each in rounds if each.opens_at <= now]
    excused = waived(session, here)
    found: dict[int, set[int]] = defaultdict(set)
    for last_opened, those in ((opened[-1].id if opened else None, opened), (None, rounds[len(opened) :])):
        if those:
            for table_id, rate in rates(session, cycle, last_opened, here).items():
                if rate.met is False and table_id not in excused:
                    found[table_id].update(each.number for each in those)
    return found


def _people(
    session: Session, region_id: int, now: datetime, timezone: str, tables: Iterable[w.Table] | None
) -> tuple[tuple[w.Appointed, ...], dict[int, str]]:
    """Posts that hold today or later, of people whose accounts are open: stand-ins are told too. Of the whole region,
    or, where tables are given, those that have to do with these: at their departments, above them, or with all. With
    what these people are called."""
    ended = local_date(now, timezone) - timedelta(days=1)
    near: ColumnElement[bool] = true()
    if tables is not None:
        places = {place for table in tables for place in table.places}
        near = or_(Post.department_id.is_(None), _among(Post.department_id, places))
    rows = session.execute(
        select(
            Post.holder_id,
            Post.role,
            Post.department_id,
            Post.starts_on,
            Post.ends_on,
            Person.name,
        )
        .join(Person, Person.id == Post.holder_id)
        .where(
            Post.region_id == region_id,
            Post.role.in_(TOLD),
            Person.disabled_at.is_(None),
            or_(Post.ends_on.is_(None), Post.ends_on > ended),
            near,
        )
        .order_by(Post.appointment_id, Post.stand_in_id)
    ).all()
    return (
        tuple(
            w.Appointed(row.holder_id, Role(row.role), row.department_id, row.starts_on, row.ends_on) for row in rows
        ),
        {row.holder_id: row.name for row in rows},
    )
