"""Notices as rows: outbox, inbox and the ledger of what was told are one table."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, BigId, UTCInstant
from notifications.rules import INBOX


class Status(StrEnum):
    """What became of a notice."""

    PLANNED = "planned"
    FAILED = "failed"
    """An attempt failed; the next one has its instant."""
    SENT = "sent"
    READ = "read"
    SUPPRESSED = "suppressed"
    """Its reason was gone before it was sent."""
    SUPERSEDED = "superseded"
    """A newer reminder of the same deadline took its place."""
    DEAD = "dead"
    """Given up."""


WAITING = (Status.PLANNED, Status.FAILED)
LABELS = {
    Status.PLANNED: "待发",
    Status.FAILED: "发送失败，将重试",
    Status.SENT: "已发",
    Status.READ: "已读",
    Status.SUPPRESSED: "不再需要",
    Status.SUPERSEDED: "由后一次提醒代替",
    Status.DEAD: "发送失败，不再试",
}

NOWHERE = "没有登记电子邮箱"
"""How every reason begins that there is no address to write to."""
NO_ADDRESS = f"{NOWHERE}，由系统管理员登记"
UNREACHABLE, UNREACHABLE_WORDS = "unreachable", "发不出去"
"""[choice] What was suppressed for want of an address is told apart from what nobody needs any more. It is no failure:
nothing was tried, and no gauge or alarm counts it."""


def told_status(status: str, why_not: str | None) -> str:
    """The status as lists tell it."""
    nowhere = status == Status.SUPPRESSED and (why_not or "").startswith(NOWHERE)
    return UNREACHABLE if nowhere else status


TOLD: dict[str, str] = {**{str(status): word for status, word in LABELS.items()}, UNREACHABLE: UNREACHABLE_WORDS}
"""The words of each status that lists tell."""

_statuses = ", ".join(f"'{status}'" for status in Status)


class Notice(Base):
    """One thing told to one person through one channel. `key` says which; nobody plans it twice."""

    __tablename__ = "notifications_notice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("workflow_cycle.id"))
    table_id: Mapped[int | None] = mapped_column(ForeignKey("workflow_table.id"))
    rule: Mapped[str] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(40))
    occurrence: Mapped[str] = mapped_column(String(40))
    deadline: Mapped[date | None]
    """Of a reminder: the last day of what it reminds of."""
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    """Of an event's notice: the entry of the history."""
    recipient_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    channel: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime] = mapped_column(UTCInstant)
    planned_at: Mapped[datetime] = mapped_column(UTCInstant)
    provisional: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    """Why it was planned."""
    status: Mapped[str] = mapped_column(String(20), default=Status.PLANNED)
    why_not: Mapped[str | None] = mapped_column(Text)
    """Why it was not sent: suppressed or superseded."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    leased_until: Mapped[datetime | None] = mapped_column(UTCInstant)
    lease_owner: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    read_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    error: Mapped[str | None] = mapped_column(Text)
    """The server's words about the last attempt that failed."""
    within_id: Mapped[int | None] = mapped_column(ForeignKey("notifications_notice.id"))
    """The notice in whose message it goes out as a line (notifications.merging); it ends with that one."""

    __table_args__ = (
        CheckConstraint(f"status IN ({_statuses})", name="status_is_known"),
        CheckConstraint(
            "(status IN ('planned', 'failed')) = (next_attempt_at IS NOT NULL)", name="what_waits_has_its_next_attempt"
        ),
        CheckConstraint("(status IN ('sent', 'read')) = (sent_at IS NOT NULL)", name="sent_means_when"),
        CheckConstraint("(status = 'read') = (read_at IS NOT NULL)", name="read_means_when"),
        CheckConstraint(
            "(status IN ('suppressed', 'superseded')) = (why_not IS NOT NULL)", name="not_sending_says_why"
        ),
        CheckConstraint(
            "status NOT IN ('failed', 'dead') OR (attempts >= 1 AND error IS NOT NULL)", name="failing_keeps_the_words"
        ),
        CheckConstraint("(leased_until IS NULL) = (lease_owner IS NULL)", name="a_lease_has_owner_and_end"),
        CheckConstraint("leased_until IS NULL OR status IN ('planned', 'failed')", name="only_what_waits_is_leased"),
        CheckConstraint("(stage = 'history') = (entry_id IS NOT NULL)", name="of_the_history_means_an_entry"),
        CheckConstraint(
            f"within_id IS NULL OR (within_id <> id AND channel <> '{INBOX}'"
            " AND status NOT IN ('suppressed', 'superseded'))",
            name="within_another_that_goes_out",
        ),
        Index("ix_notifications_notice_status_next_attempt_at", "status", "next_attempt_at"),
        Index("ix_notifications_notice_recipient_channel", "recipient_id", "channel", "status", "sent_at"),
        Index("ix_notifications_notice_cycle_due_at", "cycle_id", "due_at"),
        Index("ix_notifications_notice_table", "table_id"),
    )

    @property
    def recipient(self) -> int:
        """Whom it is for, as the plan calls it."""
        return self.recipient_id


class Cursor(Base):
    """How far the history of one table has been turned into notices.

    One cursor per chain, by the entry's position in it. Row ids are no use: on PostgreSQL a lower id may become visible
    after a higher one, and a cursor over ids would pass it by. Positions of one chain are handed out under the lock of
    its head and become visible in their order, without a gap.
    """

    __tablename__ = "notifications_cursor"

    chain: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]


class Heartbeat(Base):
    """When a step of the tick last succeeded and last failed; health pages read it and ask no broker."""

    __tablename__ = "notifications_heartbeat"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime | None] = mapped_column(UTCInstant)
    failed_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (CheckConstraint("(failed_at IS NULL) = (error IS NULL)", name="a_failure_has_when_and_why"),)


class SwitchedOff(Base):
    """Somebody wants no notices of one rule through one channel. The inbox cannot be switched off."""

    __tablename__ = "notifications_switched_off"

    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (CheckConstraint(f"channel <> '{INBOX}'", name="the_inbox_stays"),)


class Target(Base):
    """Where somebody wants to be reached by a channel that needs more than their row: a robot's address, and its key.

    Both are secrets: whoever has the address can write there. They are kept here alone and shown to nobody.
    """

    __tablename__ = "notifications_target"

    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime] = mapped_column(UTCInstant)
    """When they first entered one: nothing older is sent there."""

    __table_args__ = (CheckConstraint("address <> ''", name="a_target_is_somewhere"),)


class Gauge(Base):
    """How much waits, as the tick last counted it; health and metrics read it and count nothing themselves."""

    __tablename__ = "notifications_gauge"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UTCInstant)
