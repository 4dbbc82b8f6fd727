"""Where somebody wants to be reached by a channel that needs more than their row. Entered and given up by themselves.

The ledger notes that, and whom it leads to: official words leave by it. It never holds the address or the secret.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Person
from config.database import writing
from ledger import book
from notifications import channels
from notifications.channels import Channel
from notifications.models import Target

ENTERED, GIVEN_UP = "target_entered", "target_given_up"


def of_person(session: Session, person_id: int) -> dict[str, channels.Target]:
    """Somebody's targets, by channel."""
    rows = session.scalars(select(Target).where(Target.person_id == person_id))
    return {row.channel: channels.Target(row.kind, row.address, row.secret) for row in rows}


def enter(person_id: int, channel: Channel, target: channels.Target, now: datetime) -> str | None:
    """Keep somebody's target, in place of the one before; or why it cannot be."""
    if channel.form is None:
        raise ValueError(f"{channel.name} needs no target")
    objection = channel.form.objection(target)
    if objection:
        return objection
    with writing() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        row = session.get(Target, (person_id, channel.name))
        values = (target.kind, target.address, target.secret)
        if row is not None and values == (row.kind, row.address, row.secret):
            return None
        if row is None:
            row = Target(person_id=person_id, channel=channel.name, since=now)
            session.add(row)
        row.kind, row.address, row.secret = values
        _note(session, person, ENTERED, now, channel.name, channel.form.host(target))
    return None


def give_up(person_id: int, channel: Channel, now: datetime) -> bool:
    """Forget somebody's target; False when there was none."""
    if channel.form is None:
        return False
    with writing() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        row = session.get(Target, (person_id, channel.name))
        if row is None:
            return False
        host = channel.form.host(channels.Target(row.kind, row.address, row.secret))
        session.delete(row)
        _note(session, person, GIVEN_UP, now, channel.name, host)
    return True


def _note(session: Session, person: Person, act: str, now: datetime, channel: str, host: str) -> None:
    book.append(
        session,
        f"person:{person.id}",
        act,
        at=now,
        person_id=person.id,
        person_name=person.name,
        role="self",
        body={"channel": channel, "host": host},
    )
