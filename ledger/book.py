"""Writing into the ledger and reading it back. Nothing is ever updated or deleted here."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from config.database import BigId
from config.statements import Statement, Values, at_once
from ledger import reading
from ledger.chain import GENESIS, SEALS, canonical, entry_hash
from ledger.models import ChainHead, Entry
from ledger.whole import Break, Head, Kind, entry_breaks, seal_breaks


@dataclass(frozen=True)
class Written:
    """An entry to be appended: everything the chain's hash covers but the hash itself (see ledger.models.Entry)."""

    chain: str
    position: int
    at: datetime
    act: str
    person_id: int | None
    person_name: str
    role: str
    from_version: int | None
    from_state: str | None
    to_state: str | None
    body: str
    previous_hash: str
    hash: str = ""


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
) -> int:
    """Append one entry to a chain, inside the caller's transaction, and return its id.

    Whoever appends to a chain waits for whoever does so now: the head row is locked until the transaction ends.
    """
    if chain == SEALS:
        raise ValueError(f"{chain!r} is the chain of the seals")
    session.flush()
    position, previous = claim(session, chain)
    entry_id = new_entry_id(session)
    entry = Written(
        chain, position, at, act, person_id, person_name, role, None, None, None, canonical(body or {}), previous
    )
    at_once(session, *appending(entry_id, entry))
    return entry_id


def appending(entry_id: int, entry: Written) -> tuple[tuple[Statement, Values], tuple[Statement, Values]]:
    """What writes an entry down: the row, and the end of its chain. The chain's head must be held."""
    digest = entry_hash(entry)
    row = entry.__dict__ | {"entry_id": entry_id, "hash": digest}
    end = {"of": entry.chain, "position": entry.position, "hash": digest, "entry_id": entry_id}
    return (INSERT, row), (MOVE_HEAD, end)


INSERT = Statement(
    insert(Entry).values(
        {column.key: bindparam(column.key) for column in Entry.__table__.columns if column.key != "id"}
        | {"id": bindparam("entry_id", type_=BigId)}
    )
)
MOVE_HEAD = Statement(
    update(ChainHead)
    .where(ChainHead.chain == bindparam("of"))
    .values(position=bindparam("position"), hash=bindparam("hash"), entry_id=bindparam("entry_id"))
)


class next_entry_id(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """The id that the next entry takes: drawn from the sequence, or on SQLite, with its one writer, the next free."""

    type = BigId
    inherit_cache = True


@compiles(next_entry_id, "postgresql")
def _from_the_sequence(element: next_entry_id, compiler: Any, **given: Any) -> str:  # noqa: ARG001
    return "nextval('ledger_entry_id_seq')"


@compiles(next_entry_id, "sqlite")
def _next_free(element: next_entry_id, compiler: Any, **given: Any) -> str:  # noqa: ARG001
    return "(SELECT coalesce(max(id), 0) + 1 FROM ledger_entry)"


def new_entry_id(session: Session) -> int:
    """The id that the next entry of this transaction takes."""
    return int(session.execute(select(next_entry_id())).scalar_one())


def move_end(session: Session, chain: str, position: int, last_hash: str, entry_id: int) -> None:
    """Note where a chain ends now; whoever does so has claimed its end."""
    at_once(session, (MOVE_HEAD, {"of": chain, "position": position, "hash": last_hash, "entry_id": entry_id}))


def claim(session: Session, chain: str) -> tuple[int, str]:
    """Lock the chain's end until the transaction ends; the next position and the hash before it.

    A chain's first entry has no row to lock. Whoever comes first inserts it, and whoever inserts at the same moment
    waits for that transaction, inserts nothing, and then waits in line like everybody else. Only columns are read:
    a head this session loaded earlier may be out of date.
    """
    end = select(ChainHead.position, ChainHead.hash).where(ChainHead.chain == chain).with_for_update()
    found = session.execute(end).one_or_none()
    if found is None:
        insert_head = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        first = insert_head(ChainHead).values(chain=chain, position=0, hash=GENESIS)
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
