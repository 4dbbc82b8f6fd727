"""The ledger as a file that anybody can verify without this program: JSON lines, described in docs/ledger.md."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ledger import reading
from ledger.chain import canonical, instant_text
from ledger.models import ChainHead, Entry, Seal

FORMAT, VERSION = "mubiao-ledger", 1


def lines(session: Session, at: datetime) -> Iterator[str]:
    """The file's lines, each with its line feed: a header, the entries, the seals, the ends of the chains.

    Whoever exports while others write begins with `ledger.reading.snapshot`.
    """
    counts = {name: reading.count(session, rows) for name, rows in _PARTS.items()}
    yield _line("header", {"format": FORMAT, "version": VERSION, "exported_at": at, **counts})
    for entry in reading.entries(session):
        yield _line("entry", _columns(Entry, entry))
    for seal in reading.seals(session):
        yield _line("seal", _columns(Seal, seal))
    for end in reading.ends(session):
        yield _line("end", _columns(ChainHead, end))


_PARTS: dict[str, type[Entry] | type[Seal] | type[ChainHead]] = {"entries": Entry, "seals": Seal, "ends": ChainHead}


def _columns(model: type[Entry] | type[Seal] | type[ChainHead], row: object) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in model.__table__.columns}


def _line(kind: str, values: dict[str, Any]) -> str:
    plain = {name: instant_text(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return canonical({"kind": kind, **plain}) + "\n"
