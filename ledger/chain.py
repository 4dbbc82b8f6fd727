"""The chain, pure: what an entry's hash covers and whether a list of entries is whole."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

GENESIS = "0" * 64
"""The hash before the first entry of a chain."""


class Chained(Protocol):
    """An entry as the chain sees it; `ledger.models.Entry` is one."""

    @property
    def chain(self) -> Any: ...
    @property
    def position(self) -> Any: ...
    @property
    def at(self) -> Any: ...
    @property
    def act(self) -> Any: ...
    @property
    def person_id(self) -> Any: ...
    @property
    def person_name(self) -> Any: ...
    @property
    def role(self) -> Any: ...
    @property
    def from_version(self) -> Any: ...
    @property
    def from_state(self) -> Any: ...
    @property
    def to_state(self) -> Any: ...
    @property
    def body(self) -> Any: ...
    @property
    def previous_hash(self) -> Any: ...
    @property
    def hash(self) -> Any: ...


def canonical(value: Any) -> str:
    """JSON that is the same text for the same value: sorted keys, no spaces, Chinese as itself. Raises on NaN."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str) -> str:
    """SHA-256 of the UTF-8 text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def instant_text(at: datetime) -> str:
    """An instant as the chain writes it: UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry_hash(entry: Chained) -> str:
    """The hash of one entry: every column but the row id, with the hash before it."""
    return digest(
        canonical(
            [
                entry.chain,
                entry.position,
                instant_text(entry.at),
                entry.act,
                entry.person_id,
                entry.person_name,
                entry.role,
                entry.from_version,
                entry.from_state,
                entry.to_state,
                entry.body,
                entry.previous_hash,
            ]
        )
    )


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and how."""

    chain: str
    position: int
    what: str


def breaks(entries: Iterable[Chained]) -> list[Break]:
    """What is wrong in one chain's entries, given in the order of their positions; empty when it is whole."""
    found: list[Break] = []
    expected, before = 1, GENESIS
    for entry in entries:
        if entry.position != expected:
            found.append(Break(entry.chain, expected, f"entry {expected} is missing, {entry.position} follows"))
        if entry.previous_hash != before:
            found.append(Break(entry.chain, entry.position, "does not follow from the entry before it"))
        if entry.hash != entry_hash(entry):
            found.append(Break(entry.chain, entry.position, "was changed after it was written"))
        expected, before = entry.position + 1, entry.hash
    return found
