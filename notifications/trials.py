"""“发一条给我”: a manager tries a channel. The request plans a row; the next tick delivers it, once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Person
from config.database import writing
from notifications.channels import Channel
from notifications.models import LABELS, WAITING, Notice, Status
from notifications.rules import TRIAL

LABEL = "试发"
SUBJECT = "试发：{channel}通了"
BODY = "这是您从“提醒”页试发的一条。收到它，说明发给您的通知能经{channel}到达。不需要办理。"
REASON = "本人试发"
PAUSE = timedelta(minutes=1)
"""Between two trials of one channel by one person: a button that is pressed often must not fill a mailbox."""


@dataclass(frozen=True)
class Trial:
    """Somebody's newest trial of a channel."""

    channel: str
    at: datetime
    status: str
    ended_at: datetime | None
    words: str
    """The server's words when it failed, or why it was not sent."""

    @property
    def waits(self) -> bool:
        """Whether the worker has not come to it yet."""
        return self.status in WAITING

    @property
    def status_words(self) -> str:
        """What became of it, as people say it."""
        return LABELS[Status(self.status)]


def plan_one(person_id: int, cycle_id: int, channel: Channel, now: datetime, key: str) -> bool:
    """Write down one notice to this person by this channel; False when the last one is not a minute old, or waits.

    `key` names this very wish: asked again with it, it was planned already.
    """
    own = "|".join((str(cycle_id), TRIAL, "-", TRIAL, key, str(person_id), channel.name))
    with writing() as session:
        session.scalars(select(Person.id).where(Person.id == person_id).with_for_update()).one()
        if session.scalars(select(Notice.id).where(Notice.key == own)).one_or_none() is not None:
            return True
        last = newest(session, person_id, (channel.name,)).get(channel.name)
        if last is not None and (last.waits or now - last.at < PAUSE):
            return False
        session.add(
            Notice(
                key=own,
                cycle_id=cycle_id,
                table_id=None,
                rule=TRIAL,
                stage=TRIAL,
                occurrence=now.isoformat(),
                recipient_id=person_id,
                channel=channel.name,
                due_at=now,
                planned_at=now,
                subject=SUBJECT.format(channel=channel.label),
                body=BODY.format(channel=channel.label),
                reason=REASON,
                next_attempt_at=now,
            )
        )
    return True


def newest(session: Session, person_id: int, channels: Collection[str]) -> dict[str, Trial]:
    """Somebody's newest trial of each of these channels."""
    last = (
        select(func.max(Notice.id))
        .where(Notice.recipient_id == person_id, Notice.channel.in_(channels), Notice.stage == TRIAL)
        .group_by(Notice.channel)
    )
    return {
        row.channel: Trial(row.channel, row.due_at, row.status, row.sent_at, row.error or row.why_not or "")
        for row in session.scalars(select(Notice).where(Notice.id.in_(last)))
    }
