"""Lists of tables for people: what each may see, its state, until when it is asked for. Few queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from accounts.models import Department, Person
from accounts.people import somebody
from accounts.roles import OF_THE_DEPARTMENT, Role
from accounts.scope import local_day, roles_for
from ledger.models import ChainHead, Entry
from workflow.actors import signer
from workflow.deadlines import last_date, local_date
from workflow.facts import Period
from workflow.hands import TURNED_BY_A_RECORD, Clock, clock
from workflow.holidays import calendar_for
from workflow.models import Cycle, Extension, Remark, Review, Revision, Table
from workflow.review import TO_APPROVAL, ReviewForm
from workflow.scope import tables_seen_by
from workflow.states import Stage, State
from workflow.turns import HANDS, Hand, asked_until, in_the_hand_of


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
    session: Session,
    person_id: int,
    now: datetime,
    *,
    state: State | None = None,
    words: str = "",
    fiscal_year: int | None = None,
) -> list[Listed]:
    """The tables a person may see, the nearest deadline first, those without one last; of a state or a year alone, or
    of departments whose name holds some words."""
    query = _narrowed(tables_seen_by(session, person_id, now), state, words)
    if fiscal_year is not None:
        query = query.where(Table.cycle_id.in_(select(Cycle.id).where(Cycle.fiscal_year == fiscal_year)))
    tables = _brought(session, query)
    ends = deadlines_of(session, tables, now)
    listed = [_listed(table, ends[table.id]) for table in tables]
    return sorted(listed, key=lambda one: (one.deadline or date.max, -one.fiscal_year, one.department))


def _narrowed(query: Select[Table], state: State | None, words: str) -> Select[Table]:
    if state is not None:
        query = query.where(Table.state == state)
    if words:
        query = query.where(
            or_(
                Department.name.icontains(words, autoescape=True),
                Department.short_name.icontains(words, autoescape=True),
            )
        )
    return query


def _brought(session: Session, query: Select[Table]) -> Sequence[Table]:
    return session.scalars(
        query.options(contains_eager(Table.department).joinedload(Department.region), joinedload(Table.cycle))
    ).all()


def deadlines_of(session: Session, tables: Sequence[Table], now: datetime) -> dict[int, datetime | None]:
    """Until when each of the tables is asked to be dealt with (see turns.asked_until), by its id."""
    cycles = {
        cycle.id: cycle
        for cycle in session.scalars(
            select(Cycle)
            .where(Cycle.id.in_({table.cycle_id for table in tables}))
            .options(
                joinedload(Cycle.windows),
                joinedload(Cycle.rounds),
                joinedload(Cycle.region),
                joinedload(Cycle.holidays),
            )
        ).unique()
    }
    extended: dict[tuple[int, str | int | None], datetime] = {}
    for table_id, stage, round_id, until in session.execute(
        select(Extension.table_id, Extension.stage, Extension.round_id, func.max(Extension.until))
        .where(Extension.table_id.in_([table.id for table in tables]))
        .group_by(Extension.table_id, Extension.stage, Extension.round_id)
    ):
        extended[table_id, stage or round_id] = until
    return {table.id: _asked_until(table, cycles[table.cycle_id], extended, now) for table in tables}


def _asked_until(
    table: Table, cycle: Cycle, extended: dict[tuple[int, str | int | None], datetime], now: datetime
) -> datetime | None:
    def period(name: str, key: str | int, opens_at: datetime, closes_at: datetime) -> Period:
        return Period(name, opens_at, closes_at, max(closes_at, extended.get((table.id, key), closes_at)))

    return asked_until(
        State(table.state),
        now,
        windows={Stage(w.stage): period(w.stage, w.stage, w.opens_at, w.closes_at) for w in cycle.windows},
        rounds=[period(r.name, r.id, r.opens_at, r.closes_at) for r in cycle.rounds],
        resubmit_until=table.resubmit_until,
        evaluation_until=table.evaluation_until,
        adjusts=table.adjusts_id is not None,
    )


def _listed(table: Table, until: datetime | None) -> Listed:
    cycle = table.cycle
    return Listed(
        table_id=table.id,
        department=table.department.short_name,
        fiscal_year=cycle.fiscal_year,
        state=State(table.state),
        adjustment=table.adjustment_number,
        deadline=last_date(until, cycle.region.timezone) if until else None,
    )


BEFORE_A_GRADE = (State.DRAFT, State.INTERNAL_REVIEW, State.FINANCE_REVIEW)
"""What grade a table has here was given in the pass before."""
ENDED = (State.COMPLETED, State.VOID)


@dataclass(frozen=True)
class LastAct:
    """The newest entry of a table's history."""

    act: str
    who: str
    on: date


@dataclass(frozen=True)
class Waiting:
    """One table of the bureau's worklist: in whose hand, since when, until when, and how it stands."""

    table_id: int
    cycle_id: int
    department: str
    fiscal_year: int
    state: State
    adjustment: int | None
    hand: Hand
    mine: bool
    """Whether it waits for the reader's own decision as an officer."""
    clock: Clock
    in_hand_since: date
    """How long it was in whose hands, in working days."""
    deadline: date | None
    left: int
    """Working days until the deadline; negative after it."""
    overdue: bool
    provisional: str
    """Why the working days until the deadline are only assumed; empty where they are known."""
    pass_number: int
    open_musts: int
    grade: str | None
    last: LastAct | None
    of_last_pass: bool = False
    """Whether the grade is that of a review before the table came back: it is being worked on, or waits, anew."""
    drafted: str | None = None
    """The grade of the reader's own saved review of the latest revision, while it decided nothing."""
    ready: bool = False
    """Whether that review is complete and leads to an approval."""
    declined: bool = False
    """Whether the department does not accept the amendment that was proposed last."""


def _of_the_reader(table: Table, hand: Hand, reader: Person | None, now: datetime) -> bool:
    """Whether a table waits for this person's own decision as an officer."""
    if hand is not Hand.BUREAU or reader is None:
        return False
    roles = roles_for(reader, table.department, local_day(now, table.cycle.region.timezone))
    return Role.OFFICER in roles and not roles & OF_THE_DEPARTMENT


def _hand(table: Table, amended: dict[int, bool]) -> Hand:
    return in_the_hand_of(State(table.state), amendment_waits=amended.get(table.id) is False)


def _order(table: Table, one: Listed) -> tuple[date, date, str, int]:
    since = local_date(table.state_since, table.cycle.region.timezone)
    return one.deadline or date.max, since, one.department, one.adjustment or 0


def awaiting(session: Session, person_id: int, now: datetime) -> list[Listed]:
    """The tables that wait for a person's own decision as an officer, in the worklist's order."""
    of_the_bureau = [state for state, hand in HANDS.items() if hand is Hand.BUREAU]
    query = tables_seen_by(session, person_id, now).where(Table.state.in_(of_the_bureau))
    tables, reader = _brought(session, query), somebody(session, person_id)
    ends, amended = deadlines_of(session, tables, now), _amended(session, query.with_only_columns(Table.id))
    found = [
        (table, _listed(table, ends[table.id]))
        for table in tables
        if _of_the_reader(table, _hand(table, amended), reader, now)
    ]
    return [one for table, one in sorted(found, key=lambda each: _order(*each))]


def _amended(session: Session, ids: Select[int]) -> dict[int, bool]:
    """The tables whose latest revision is an amendment that was not accepted, each with whether it was declined."""
    return {
        table_id: reason is not None
        for table_id, reason in session.execute(
            select(Revision.table_id, Revision.decline_reason)
            .join(Table, Table.id == Revision.table_id)
            .where(
                Revision.table_id.in_(ids),
                Revision.number == Table.latest_revision,
                Revision.kind == "amendment",
                Revision.accepted_at.is_(None),
            )
        )
    }


def worklist(
    session: Session,
    person_id: int,
    now: datetime,
    *,
    state: State | None = None,
    words: str = "",
    cycle_id: int | None = None,
    ended: bool = False,
) -> list[Waiting]:
    """The tables a person may see, the reader's own turn first, then by whose turn it is and the nearest deadline.

    Those that have ended are left out unless asked for, by their state or with `ended`.
    """
    query = _narrowed(tables_seen_by(session, person_id, now), state, words)
    if state is None and not ended:
        query = query.where(Table.state.not_in(ENDED))
    if cycle_id is not None:
        query = query.where(Table.cycle_id == cycle_id)
    tables = _brought(session, query)
    ends = deadlines_of(session, tables, now)
    ids = query.with_only_columns(Table.id)
    musts: dict[int, int] = {
        row.table_id: row.open
        for row in session.execute(
            select(Remark.table_id, func.count().label("open"))
            .where(Remark.table_id.in_(ids), Remark.must, Remark.answer.is_(None))
            .group_by(Remark.table_id)
        )
    }
    amended = _amended(session, ids)
    drafts = drafts_of(session, ids, person_id)
    chains = {f"table:{table.id}": table.id for table in tables}
    last: dict[int, Entry] = {
        chains[entry.chain]: entry
        for entry in session.scalars(
            select(Entry).join(ChainHead, ChainHead.entry_id == Entry.id).where(ChainHead.chain.in_(chains))
        )
    }
    clocks = clocks_of(session, tables, now)
    reader = somebody(session, person_id)
    found = []
    for table in tables:
        timezone, one = table.cycle.region.timezone, _listed(table, ends[table.id])
        today, calendar = local_date(now, timezone), calendar_for(table.cycle)
        hand = _hand(table, amended)
        declined = one.state is State.FINANCE_REVIEW and amended.get(table.id, False)
        entry = last.get(table.id)
        draft = drafts.get(table.id, NO_DRAFT)
        waiting = Waiting(
            table_id=table.id,
            cycle_id=table.cycle_id,
            department=one.department,
            fiscal_year=one.fiscal_year,
            state=one.state,
            adjustment=one.adjustment,
            hand=hand,
            mine=_of_the_reader(table, hand, reader, now),
            clock=clocks[table.id],
            in_hand_since=local_date(clocks[table.id].since, timezone),
            deadline=one.deadline,
            left=calendar.between(today, one.deadline) if one.deadline else 0,
            overdue=one.deadline is not None and one.deadline < today,
            provisional=calendar.why_between(today, one.deadline) if one.deadline else "",
            pass_number=table.pass_number,
            open_musts=musts.get(table.id, 0),
            grade=table.grade,
            of_last_pass=one.state in BEFORE_A_GRADE,
            last=LastAct(entry.act, signer(entry), local_date(entry.at, timezone)) if entry else None,
            drafted=draft.grade,
            ready=draft.whole and hand is Hand.BUREAU and not declined,
            declined=declined,
        )
        found.append((_order(table, one), waiting))
    hands = list(Hand)
    found.sort(key=lambda each: (not each[1].mine, hands.index(each[1].hand), each[0]))
    return [waiting for _place, waiting in found]


@dataclass(frozen=True)
class Draft:
    """Somebody's saved review of a table's latest revision, while it decided nothing."""

    grade: str | None = None
    whole: bool = False
    """Whether it is complete and leads to an approval."""


NO_DRAFT = Draft()


def drafts_of(session: Session, ids: Select[int], person_id: int) -> dict[int, Draft]:
    """A person's saved reviews of these tables, by the table's id."""
    return {
        table_id: Draft(grade, not ReviewForm.of(form).missing() and grade in TO_APPROVAL and bool(opinion.strip()))
        for table_id, grade, form, opinion in session.execute(
            select(Review.table_id, Review.grade, Review.form, Review.opinion)
            .join(Revision, Revision.id == Review.revision_id)
            .join(Table, (Table.id == Revision.table_id) & (Table.latest_revision == Revision.number))
            .where(
                Review.table_id.in_(ids),
                Table.state == State.FINANCE_REVIEW,
                Review.person_id == person_id,
                Review.decided.is_(False),
            )
        )
    }


def clocks_of(session: Session, tables: Sequence[Table], now: datetime) -> dict[int, Clock]:
    """Both clocks of each of these tables, by its id. One query."""
    steps: dict[str, list[Any]] = {f"table:{table.id}": [] for table in tables}
    for row in session.execute(
        select(Entry.chain, Entry.act, Entry.at, Entry.to_state)
        .where(Entry.chain.in_(steps), or_(Entry.from_state.is_not(None), Entry.act.in_(TURNED_BY_A_RECORD)))
        .order_by(Entry.chain, Entry.position)
    ):
        steps[row.chain].append(row)
    return {table.id: clock_of(table, steps[f"table:{table.id}"], now) for table in tables}


def clock_of(table: Table, steps: Sequence[Any], now: datetime) -> Clock:
    """Both clocks of one table, by the steps of its history."""
    window = next((w for w in table.cycle.windows if w.stage == Stage.ENTRY), None)
    opens_at = window.opens_at if window is not None and table.adjusts_id is None else None
    return clock(steps, now, calendar_for(table.cycle), table.cycle.region.timezone, opens_at=opens_at)


def counts_seen(session: Session, person_id: int, now: datetime, cycle_id: int | None = None) -> dict[State, int]:
    """How many of the tables a person may see are in each state, adjustments counted as tables of their own."""
    query = tables_seen_by(session, person_id, now).with_only_columns(Table.state, func.count()).group_by(Table.state)
    if cycle_id is not None:
        query = query.where(Table.cycle_id == cycle_id)
    counts = {State(state): count for state, count in session.execute(query)}
    return {state: counts.get(state, 0) for state in State}


def cycles_seen(session: Session, person_id: int, now: datetime) -> list[Cycle]:
    """The years in which a person may see some table, the newest first."""
    ids = tables_seen_by(session, person_id, now).with_only_columns(Table.cycle_id)
    return list(
        session.scalars(
            select(Cycle)
            .where(Cycle.id.in_(ids))
            .options(joinedload(Cycle.region))
            .order_by(Cycle.fiscal_year.desc(), Cycle.id)
        )
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
