"""Who sends what: all that waits for a person by one channel is taken by one delivery, under a lease."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from config.database import db, writing
from notifications.models import WAITING, Notice

LEASE = timedelta(minutes=10)
"""Longer than a delivery takes, from whose beginning it counts: no batch is begun after PATIENCE, e-mail begins no
message of a batch after two minutes and a robot none after one, and one message takes at most a few time-outs."""


_FIRST = aliased(Notice)


@dataclass(frozen=True)
class Claim:
    """What one delivery holds: nobody else touches these rows before the lease ends."""

    owner: str
    ids: tuple[int, ...]


def claim_batch(now: datetime, channels: Sequence[str], batch: int, lease: timedelta) -> Claim:
    """Take what waits and nobody holds for so many people, in the order in which their first is due, and commit that.

    A person is never split over two deliveries, which would send two messages: the first of their free rows stands for
    all of them. On PostgreSQL a first row that somebody is just claiming is skipped, and with it the person; on SQLite
    there is one writer at a time.
    """
    owner = uuid.uuid4().hex
    looking = db.session()
    looking.rollback()
    waits = select(Notice.id).where(_free(Notice, now), Notice.channel.in_(channels)).limit(1)
    nothing = looking.scalars(waits).one_or_none() is None
    looking.rollback()
    if nothing:  # most ticks: do not take the one writer's place of SQLite for it
        return Claim(owner, ())
    of_each_person = (
        select(func.min(Notice.id))
        .where(_free(Notice, now), Notice.channel.in_(channels))
        .group_by(Notice.recipient_id, Notice.channel)
    )
    firsts = (
        select(_FIRST.id)
        .where(_FIRST.id.in_(of_each_person), _free(_FIRST, now))  # asked again of a row that changed meanwhile
        .order_by(_FIRST.next_attempt_at, _FIRST.id)
    )
    with writing() as session:
        leading = session.scalars(firsts.limit(batch).with_for_update(skip_locked=True)).all()
        same = exists().where(
            _FIRST.id.in_(leading), _FIRST.recipient_id == Notice.recipient_id, _FIRST.channel == Notice.channel
        )
        theirs = select(Notice.id).where(_free(Notice, now), same)
        ids = session.scalars(theirs.with_for_update(skip_locked=True)).all() if leading else ()
        if ids:
            session.execute(
                update(Notice)
                .where(Notice.id.in_(ids))
                .values(leased_until=now + lease, lease_owner=owner)
                .execution_options(synchronize_session=False)
            )
    return Claim(owner, tuple(ids))


def _free(notice: type[Notice], now: datetime) -> ColumnElement[bool]:
    """Whether it may be tried now and nobody holds it."""
    return and_(
        notice.status.in_(WAITING),
        notice.next_attempt_at <= now,
        or_(notice.leased_until.is_(None), notice.leased_until <= now),
    )


def set_held(session: Session, claim: Claim, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Write to rows this claim still holds; one whose lease ran out belongs to whoever took it then."""
    if not ids:
        return 0
    done = session.execute(
        update(Notice)
        .where(Notice.id.in_(ids), Notice.lease_owner == claim.owner)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
