"""Writing into the ledger and reading it back. Nothing is ever updated or deleted here."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ledger import reading
from ledger.chain import GENESIS, SEALS, canonical, entry_hash
from ledger.models import ChainHead, Entry
from ledger.whole import Break, Head, Kind, entry_breaks, seal_breaks


def append(
    session: Session,
    chain: str,
    act: str,
    *,
    at: datetime,
    person_id: int | None,
    person_name: str,
    role: str,
    body: dict[str, Any] | None = None,
    move: tuple[int, str, str] | None = None,
) -> Entry:
    """Append one entry to a chain, inside the caller's transaction, and return it (flushed, so it has its id).

    `move` is (version left, state left, state reached). Whoever appends to a chain waits for whoever does so now:
    the head row is locked until the transaction ends.
    """
    if chain == SEALS:
        raise ValueError(f"{chain!r} is the chain of the seals")
    position, previous = claim(session, chain)
    from_version, from_state, to_state = move or (None, None, None)
    entry = Entry(
        chain=chain,
        position=position,
        at=at,
        act=act,
        person_id=person_id,
        person_name=person_name,
        role=role,
        from_version=from_version,
        from_state=from_state,
        to_state=to_state,
        body=canonical(body or {}),
        previous_hash=previous,
    )
    entry.hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    move_end(session, chain, position, entry.hash, entry.id)
    return entry


def move_end(session: Session, chain: str, position: int, last_hash: str, entry_id: int) -> None:
    """Note where a chain ends now; whoever does so has claimed its end."""
    session.execute(
        update(ChainHead)
        .where(ChainHead.chain == chain)
        .values(position=position, hash=last_hash, entry_id=entry_id)
        .execution_options(synchronize_session="fetch")
    )


def claim(session: Session, chain: str) -> tuple[int, str]:
    """Lock the chain's end until the transaction ends; the next position and the hash before it.

    A chain's first entry has no row to lock. Whoever comes first inserts it, and whoever inserts at the same moment
    waits for that transaction, inserts nothing, and then waits in line like everybody else. Only columns are read:
    a head this session loaded earlier may be out of date.
    """
    end = select(ChainHead.position, ChainHead.hash).where(ChainHead.chain == chain).with_for_update()
    found = session.execute(end).one_or_none()
    if found is None:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        first = insert(ChainHead).values(chain=chain, position=0, hash=GENESIS)
        session.execute(first.on_conflict_do_nothing(index_elements=[ChainHead.chain]))
        found = session.execute(end).one()
    return found.position + 1, found.hash


def history(session: Session, chain: str) -> list[Entry]:
    """All entries of one chain, oldest first."""
    return list(session.scalars(select(Entry).where(Entry.chain == chain).order_by(Entry.position)))


def said(entry: Entry) -> dict[str, Any]:
    """The entry's body as a value."""
    value = json.loads(entry.body)
    assert isinstance(value, dict)  # noqa: S101 - append() writes nothing else
    return value


def breaks(session: Session, noted: Iterable[Head] = ()) -> Iterator[Break]:
    """Everything in the ledger that does not hold, one at a time; `noted` are heads that somebody kept outside.

    Whoever reads while others write begins with `ledger.reading.snapshot`.
    """
    yield from entry_breaks(reading.entries(session), reading.highest_settled(session))
    for end in reading.orphaned_ends(session):
        yield Break(end.chain, end.position, Kind.GONE)
    yield from seal_breaks(reading.seals(session), reading.end_of_seals(session), noted)


def verify(session: Session, noted: Iterable[Head] = ()) -> list[Break]:
    """Everything in the ledger that does not hold, as a list; empty when it is whole."""
    return list(breaks(session, noted))
