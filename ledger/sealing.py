"""Sealing: every entry, of whatever chain, is taken up into the installation's one chain.

Moves never wait for it: it runs on its own, and locks nothing that appending to a chain of entries locks. On SQLite,
where there is one writer at a time, each batch is short.
"""

from datetime import datetime

import structlog
from sqlalchemy import Row, Select, insert, select
from sqlalchemy.orm import Session

from config.clock import Clock
from config.database import db, writing
from ledger import book
from ledger.chain import SEALS, seal_hash
from ledger.models import Entry, Seal
from ledger.whole import SETTLED

BATCH = 500
"""Entries sealed in one transaction."""

log = structlog.get_logger("ledger")


def seal(now: Clock, *, everything: bool = False, batch: int = BATCH) -> int:
    """Seal what is not sealed yet, in the order of ids, batch by batch; how many entries that were.

    On PostgreSQL ids are handed out before the commit, so an entry may appear below others that were sealed already.
    It is looked for above the id that is settled (`ledger.whole.SETTLED`), and sealed then. `everything` looks at the
    whole ledger, for an entry that took longer.
    """
    above = 0 if everything else _settled(now())
    sealed = 0
    while _waits(above):
        with writing() as session:
            heads = _seal_batch(session, above, now, batch)
        if not heads:  # somebody else sealed them meanwhile
            break
        last, above = heads[-1], heads[-1].entry_id
        sealed += len(heads)
        log.info("ledger sealed", position=last.position, hash=last.hash, sealed_at=last.sealed_at.isoformat())
    return sealed


def _seal_batch(session: Session, above: int, now: Clock, size: int) -> list[Seal]:
    """Seal some entries under the lock of the chain's end, so that several sealers stand in one line."""
    position, previous = book.claim(session, SEALS)
    at = now()
    seals: list[Seal] = []
    for entry in session.execute(_unsealed(above).limit(size)):
        made = Seal(position=position, entry_id=entry.id, entry_hash=entry.hash, previous_hash=previous, sealed_at=at)
        made.hash = seal_hash(made, entry.chain, entry.position)
        seals.append(made)
        position, previous = position + 1, made.hash
    if seals:
        columns = [column.name for column in Seal.__table__.columns]
        session.execute(insert(Seal), [{name: getattr(one, name) for name in columns} for one in seals])
        book.move_end(session, SEALS, seals[-1].position, seals[-1].hash, seals[-1].entry_id)
    return seals


def _unsealed(above: int) -> Select[int, str, int, str]:
    return (
        select(Entry.id, Entry.chain, Entry.position, Entry.hash)
        .outerjoin(Seal, Seal.entry_id == Entry.id)
        .where(Entry.id > above, Seal.position.is_(None))
        .order_by(Entry.id)
    )


def _settled(now: datetime) -> int:
    """An id below which every entry is sealed: that of one sealed long ago, so that only the last hour is looked at."""
    session = db.session()
    session.rollback()
    query = (
        select(Seal.entry_id)
        .where(Seal.sealed_at <= now - SETTLED)
        .order_by(Seal.sealed_at.desc(), Seal.position.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none() or 0


def _waits(above: int) -> bool:
    """Whether there is anything to seal; asked first, so that SQLite's one writer is not disturbed for nothing."""
    session = db.session()
    session.rollback()
    found: Row[int, str, int, str] | None = session.execute(_unsealed(above).limit(1)).first()
    session.rollback()
    return found is not None
