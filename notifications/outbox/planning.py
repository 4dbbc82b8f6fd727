"""From the plan to rows: what is due is inserted on the notice's key, however often, late and in how many places."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.database import db, writing
from ledger.models import Entry
from notifications import plan
from notifications.gathering import fresh_history, gather, living_cycles, newest_cycles, table_of
from notifications.models import Cursor, Notice, Status
from notifications.preferences import WHY_NOT, Switch, switched_off
from workflow.models import Table

ROWS_TOGETHER = 200
"""Rows in one INSERT, below what SQLite takes in one statement."""
SUPERSEDED = "后面的一次提醒已经到期"


def plan_due(now: datetime) -> int:
    """Write down every notice that is due and not yet known; how many there were."""
    reading = db.session()
    reading.rollback()
    ends, entries = fresh_history(reading)
    of_cycle = _by_cycle(reading, entries)
    cycles = sorted({*of_cycle, *living_cycles(reading), *newest_cycles(reading)})
    reading.rollback()
    planned, failures = 0, []
    for cycle_id in cycles:
        try:
            planned += _plan_cycle(cycle_id, now, of_cycle.get(cycle_id, []), ends)
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("some cycles could not be planned", failures)
    return planned


def _by_cycle(session: Session, entries: Sequence[Entry]) -> dict[int, list[Entry]]:
    tables = sorted({table_of(entry) for entry in entries})
    cycle_of: dict[int, int] = {}
    for part in _parts(tables, ROWS_TOGETHER):
        for table_id, cycle_id in session.execute(select(Table.id, Table.cycle_id).where(Table.id.in_(part))):
            cycle_of[table_id] = cycle_id
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[cycle_of[table_of(entry)]].append(entry)
    return found


def _plan_cycle(cycle_id: int, now: datetime, entries: Sequence[Entry], ends: Mapping[str, int]) -> int:
    reading = db.session()
    reading.rollback()
    notices = plan.due(now, gather(reading, cycle_id, now, entries=entries))
    known = set(
        reading.scalars(select(Notice.key).where(Notice.cycle_id == cycle_id, Notice.due_at > now - plan.HORIZON))
    )
    # What is told of the ledger may have been planned with another year.
    of_all = [notice.key for notice in notices if notice.stage == plan.LEDGER and notice.key not in known]
    for part in _parts(of_all, ROWS_TOGETHER):
        known |= set(reading.scalars(select(Notice.key).where(Notice.key.in_(part))))
    chains = {entry.chain: ends[entry.chain] for entry in entries}
    unknown = [notice for notice in notices if notice.key not in known]
    off = switched_off(reading, {notice.recipient for notice in unknown})
    reading.rollback()
    fresh = [_row(notice, now, off) for notice in unknown]
    if not fresh and not chains:
        return 0
    with writing() as session:
        planned = sum(_insert(session, part) for part in _parts(fresh, ROWS_TOGETHER))
        _advance(session, chains)
    return planned


def _row(notice: plan.Notice, now: datetime, off: frozenset[Switch]) -> dict[str, Any]:
    """The notice as a row. One that its recipient switched off is kept too, so that nobody plans it later."""
    subject, body = notice.words()
    status, why_not = Status.PLANNED, None
    if notice.superseded:
        status, why_not = Status.SUPERSEDED, SUPERSEDED
    elif (notice.recipient, notice.rule, notice.channel) in off:
        status, why_not = Status.SUPPRESSED, WHY_NOT
    return {
        "key": notice.key,
        "cycle_id": notice.cycle_id,
        "table_id": notice.table_id,
        "rule": notice.rule,
        "stage": notice.stage,
        "occurrence": notice.occurrence,
        "deadline": notice.deadline,
        "entry_id": notice.entry_id,
        "recipient_id": notice.recipient,
        "channel": notice.channel,
        "due_at": notice.due_at,
        "planned_at": now,
        "provisional": notice.provisional,
        "subject": subject,
        "body": body,
        "reason": notice.reason,
        "status": status,
        "why_not": why_not,
        "next_attempt_at": notice.due_at if status is Status.PLANNED else None,
        "attempts": 0,
    }


def _dialect_insert(session: Session) -> Any:
    """INSERT that knows ON CONFLICT, of the database in use."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Insert what nobody inserted before; how many those were."""
    insert = _dialect_insert(session)(Notice).values(list(rows)).on_conflict_do_nothing(index_elements=["key"])
    return len(session.scalars(insert.returning(Notice.id)).all())


def _advance(session: Session, chains: Mapping[str, int]) -> None:
    """Note how far each chain was expanded; never backwards."""
    for part in _parts(sorted(chains.items()), ROWS_TOGETHER):
        insert = _dialect_insert(session)(Cursor).values([{"chain": c, "position": p} for c, p in part])
        session.execute(
            insert.on_conflict_do_update(
                index_elements=["chain"],
                set_={"position": insert.excluded.position},
                where=Cursor.position < insert.excluded.position,
            )
        )


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[at : at + size] for at in range(0, len(values), size))
