"""Whether the ledger is whole, pure: rows of entries and seals in, everything that does not hold out, one at a time.

docs/verify_ledger.py does the same to an exported file without this program; a test keeps the two in step.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, Protocol

from ledger.chain import GENESIS, SEALS, Chained, Sealed, entry_hash, seal_hash

SETTLED = timedelta(hours=1)
"""[choice] Longer than any transaction that writes: once an entry has been sealed for so long, no entry with a smaller
id is still to come. What comes all the same was put in afterwards."""


class Kind(StrEnum):
    """How a place of the ledger does not hold."""

    CHANGED = "changed"
    UNLINKED = "unlinked"
    MISSING = "missing"
    REPEATED = "repeated"
    END = "end"
    GONE = "gone"
    LATE = "late"
    LOST = "lost"
    EXCHANGED = "exchanged"
    NOTED = "noted"
    CUT = "cut"


WORDS = {
    Kind.CHANGED: "写入之后被改动",
    Kind.UNLINKED: "与前一条接不上",
    Kind.MISSING: "缺少这一条",
    Kind.REPEATED: "位次重复或次序颠倒",
    Kind.END: "链尾与登记的不一致，可能被截断",
    Kind.GONE: "整条链的记录都不见了",
    Kind.LATE: "没有封存，而在它之后的记录早已封存，可能是事后插入",
    Kind.LOST: "所封存的记录不见了",
    Kind.EXCHANGED: "所封存的记录与封存时的不是同一条",
    Kind.NOTED: "与记下的校验码不符",
    Kind.CUT: "记下的位置已不存在，尾部被截断",
}


@dataclass(frozen=True)
class Break:
    """Where the ledger does not hold, and how. The chain of the seals is called `ledger.chain.SEALS`."""

    chain: str
    position: int
    kind: Kind

    @property
    def what(self) -> str:
        """How, in words."""
        return WORDS[self.kind]


@dataclass(frozen=True)
class Head:
    """Where the chain of the seals stood at some time, as somebody noted it outside."""

    position: int
    hash: str

    def __str__(self) -> str:
        """As `ledger verify --head` takes it."""
        return f"{self.position}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """A head as somebody noted it, "N:HASH". ValueError when it is none."""
        position, _, noted = (part.strip() for part in text.partition(":"))
        if not (position.isascii() and position.isdecimal() and 0 < int(position) < 2**63):
            raise ValueError(text)
        if len(noted) != 64 or set(noted.lower()) - set("0123456789abcdef"):
            raise ValueError(text)
        return cls(int(position), noted.lower())


@dataclass(frozen=True)
class End:
    """Where a chain ends, by the row that says so."""

    position: int
    hash: str
    entry_id: int | None


class EntryRow(Chained, Protocol):
    """An entry beside its chain's end and its seal's position; None where there is none."""

    id: Any
    end_position: Any
    end_hash: Any
    end_entry_id: Any
    seal_position: Any


class SealRow(Sealed, Protocol):
    """A seal beside the entry it seals: chain, position and hash as they are now; None where it is gone."""

    chain: Any
    chain_position: Any
    hash_now: Any


def settled_before(last_sealed_at: datetime) -> datetime:
    """Up to when something must have been sealed for the ids below it to be settled, seen from the newest seal."""
    return last_sealed_at - SETTLED


def entry_breaks(rows: Iterable[EntryRow], settled: int) -> Iterator[Break]:
    """What is wrong with entries, given in the order of chain and position. `settled`: the highest settled id, or 0."""
    for chain, entries in groupby(rows, key=lambda row: row.chain):
        expected, before = 1, GENESIS
        for entry in entries:
            yield from _in_line(chain, entry, expected, before)
            if entry.hash != entry_hash(entry):
                yield Break(chain, entry.position, Kind.CHANGED)
            if entry.seal_position is None and entry.id <= settled:
                yield Break(chain, entry.position, Kind.LATE)
            expected, before, last = entry.position + 1, entry.hash, entry
        if (last.end_position, last.end_hash, last.end_entry_id) != (last.position, last.hash, last.id):
            yield Break(chain, last.position, Kind.END)


def seal_breaks(rows: Iterable[SealRow], end: End | None, noted: Iterable[Head]) -> Iterator[Break]:
    """What is wrong with seals, given in the order of positions, with their end, and with heads noted outside."""
    wanted: dict[int, set[str]] = {}
    for head in noted:
        wanted.setdefault(head.position, set()).add(head.hash)
    expected, before, last = 1, GENESIS, None
    for seal in rows:
        yield from _in_line(SEALS, seal, expected, before)
        if seal.chain is None:
            yield Break(SEALS, seal.position, Kind.LOST)
        else:
            if seal.hash != seal_hash(seal, seal.chain, seal.chain_position):
                yield Break(SEALS, seal.position, Kind.CHANGED)
            if seal.hash_now != seal.entry_hash:
                yield Break(SEALS, seal.position, Kind.EXCHANGED)
        if wanted.pop(seal.position, {seal.hash}) != {seal.hash}:
            yield Break(SEALS, seal.position, Kind.NOTED)
        expected, before, last = seal.position + 1, seal.hash, End(seal.position, seal.hash, seal.entry_id)
    if last is None and end is not None:
        yield Break(SEALS, end.position, Kind.GONE)
    elif last is not None and last != end:
        yield Break(SEALS, last.position, Kind.END)
    for position in sorted(wanted):
        yield Break(SEALS, position, Kind.CUT)


def _in_line(chain: str, link: Chained | Sealed, expected: int, before: str) -> Iterator[Break]:
    """Whether an entry or seal stands where it should and follows from the one before it."""
    if link.position > expected:
        yield Break(chain, expected, Kind.MISSING)
    elif link.position < expected:
        yield Break(chain, link.position, Kind.REPEATED)
    if link.previous_hash != before:
        yield Break(chain, link.position, Kind.UNLINKED)
