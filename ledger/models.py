"""One row per thing that happened. A table's moves are rows here: the history row *is* the event."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, BigId, UTCInstant


class Entry(Base):
    """What somebody did, in the chain of what it was done to.

    `chain` names that ("table:17", "person:4", "cycle:1"), `position` counts from 1 in it. A move of a table carries
    `from_version` (each version is left once) and the two states; other acts carry none of the three.
    `body` is canonical JSON; `hash` covers the whole row and the hash before it (see ledger.chain).
    """

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    chain: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTCInstant)
    act: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(BigId)
    person_name: Mapped[str] = mapped_column(String(220))
    """Who did it; of a stand-in both names: 李明（代王芳）."""
    role: Mapped[str] = mapped_column(String(40))
    from_version: Mapped[int | None]
    from_state: Mapped[str | None] = mapped_column(String(40))
    to_state: Mapped[str | None] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("chain", "position"),
        UniqueConstraint("chain", "from_version"),
        CheckConstraint("position >= 1", name="position_counts_from_one"),
        CheckConstraint(
            "(from_version IS NULL AND from_state IS NULL AND to_state IS NULL)"
            " OR (from_version IS NOT NULL AND from_state IS NOT NULL AND to_state IS NOT NULL)",
            name="a_move_has_version_and_states",
        ),
        Index("ix_ledger_entry_act_id", "act", "id"),
    )


class ChainHead(Base):
    """Where a chain ends: the row that appending locks, so that two entries never claim one place.

    The chain of the seals has its row here too; its `entry_id` is the entry sealed last.
    """

    __tablename__ = "ledger_chain_head"

    chain: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    entry_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ledger_entry.id"))


class Effect(Base):
    """What a keyed act did: replayed with the same key, it answers this again. Refusals are not kept."""

    __tablename__ = "ledger_effect"

    person_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """0 is the clock."""
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(Text)
    """JSON."""
    at: Mapped[datetime] = mapped_column(UTCInstant, index=True)


class Seal(Base):
    """One entry taken up into the installation's chain, which holds the entries of all chains in one order.

    `position` counts from 1 without a gap; `hash` covers the row, the entry's place in its own chain and the hash of
    the seal before it (see ledger.chain).
    """

    __tablename__ = "ledger_seal"

    position: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigId, ForeignKey("ledger_entry.id"), unique=True)
    entry_hash: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        CheckConstraint("position >= 1", name="position_counts_from_one"),
        Index("ix_ledger_seal_sealed_at_position", "sealed_at", "position"),
    )
