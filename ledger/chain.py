"""The chains, pure: what the hash of an entry and of a seal covers. docs/ledger.md says the same in words."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Protocol

GENESIS = "0" * 64
"""The hash before the first entry of a chain, and before the first seal."""
SEALS = "seals"
"""The installation's chain, which takes up the entries of all others; no chain of entries bears this name."""


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


class Sealed(Protocol):
    """A seal as the chain sees it; `ledger.models.Seal` is one."""

    position: Any
    entry_id: Any
    entry_hash: Any
    previous_hash: Any
    hash: Any
    sealed_at: Any


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


def seal_hash(seal: Sealed, chain: str, chain_position: int) -> str:
    """The hash of one seal: every column, with the place of the entry it seals in the entry's own chain."""
    return digest(
        canonical(
            [
                seal.position,
                seal.entry_id,
                chain,
                chain_position,
                seal.entry_hash,
                seal.previous_hash,
                instant_text(seal.sealed_at),
            ]
        )
    )
