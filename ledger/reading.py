"""The ledger's rows as streams: what verifying and exporting go through, however many there are, with flat memory."""

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ledger.chain import SEALS
from ledger.models import ChainHead, Entry, Seal
from ledger.whole import End, EntryRow, Head, SealRow, settled_before

TOGETHER = 1000
"""Rows held at once."""


def snapshot(session: Session) -> None:
    """End what the session was reading, and begin to read the ledger as it is at one instant, whoever writes."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def entries(session: Session) -> Iterator[EntryRow]:
    """Every entry beside its chain's end and its seal, in the order of chain and position."""
    return cast(
        Iterator[EntryRow],
        _stream(
            session,
            select(
                *Entry.__table__.columns,
                ChainHead.position.label("end_position"),
                ChainHead.hash.label("end_hash"),
                ChainHead.entry_id.label("end_entry_id"),
                Seal.position.label("seal_position"),
            )
            .select_from(Entry)
            .outerjoin(ChainHead, ChainHead.chain == Entry.chain)
            .outerjoin(Seal, Seal.entry_id == Entry.id)
            .order_by(Entry.chain, Entry.position),
        ),
    )


def seals(session: Session) -> Iterator[SealRow]:
    """Every seal beside the entry it seals, in the order of positions."""
    return cast(
        Iterator[SealRow],
        _stream(
            session,
            select(
                *Seal.__table__.columns,
                Entry.chain.label("chain"),
                Entry.position.label("chain_position"),
                Entry.hash.label("hash_now"),
            )
            .select_from(Seal)
            .outerjoin(Entry, Entry.id == Seal.entry_id)
            .order_by(Seal.position),
        ),
    )


def ends(session: Session) -> Iterator[ChainHead]:
    """Every chain's end, that of the seals too."""
    return cast(Iterator[ChainHead], _stream(session, select(*ChainHead.__table__.columns).order_by(ChainHead.chain)))


def orphaned_ends(session: Session) -> Iterator[ChainHead]:
    """The ends of chains that have no entry."""
    there = select(Entry.id).where(Entry.chain == ChainHead.chain).exists()
    columns = ChainHead.__table__.columns
    query = select(*columns).where(ChainHead.chain != SEALS, ~there).order_by(ChainHead.chain)
    return cast(Iterator[ChainHead], _stream(session, query))


def end_of_seals(session: Session) -> End | None:
    """Where the chain of the seals ends, by the row that says so."""
    columns = (ChainHead.position, ChainHead.hash, ChainHead.entry_id)
    row = session.execute(select(*columns).where(ChainHead.chain == SEALS)).one_or_none()
    return End(*row) if row else None


def last_seal(session: Session) -> Seal | None:
    """The newest seal: the head that auditors are told."""
    return session.scalars(select(Seal).order_by(Seal.position.desc()).limit(1)).one_or_none()


def head(session: Session) -> Head | None:
    """The newest seal's position and hash; None before the first."""
    seal = last_seal(session)
    return Head(seal.position, seal.hash) if seal else None


def highest_settled(session: Session) -> int:
    """The highest id of an entry that had long been sealed when the newest seal was set; 0 when there is none."""
    last = last_seal(session)
    if last is None:
        return 0
    long_ago = Seal.sealed_at <= settled_before(last.sealed_at)
    return session.scalars(select(func.max(Seal.entry_id)).where(long_ago)).one() or 0


def count(session: Session, rows: type[Entry] | type[Seal] | type[ChainHead]) -> int:
    """How many rows there are."""
    return session.scalars(select(func.count()).select_from(rows)).one()


def _stream(session: Session, query: Select[Any]) -> Iterator[Any]:
    return iter(session.execute(query, execution_options={"yield_per": TOGETHER}))
