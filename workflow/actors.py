"""Who is acting: a person with the roles they hold over a table's department at this instant, or the clock."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, contains_eager
from sqlalchemy.orm.util import identity_key

from accounts import people
from accounts.models import Appointment, Department, Person
from accounts.roles import LABELS, Role
from accounts.scope import local_day, roles_for
from workflow.lifecycle import CLOCK

OF_THE_DEPARTMENT = frozenset({Role.EDITOR, Role.REVIEWER})


@dataclass(frozen=True)
class TheClock:
    """The system's own actor: moves tables when their time has come, and signs as 系统时钟."""

    name: str = "系统时钟"


THE_CLOCK = TheClock()
Acting = int | TheClock
"""Who acts: a person's id, or the clock."""


@dataclass(frozen=True)
class Actor:
    """Somebody (or the clock) with regard to one department; without roles, the table does not exist for them."""

    person_id: int | None
    name: str
    roles: frozenset[str]
    of_the_department: bool

    @property
    def key_owner(self) -> int:
        """Whose keys are looked up: 0 is the clock."""
        return self.person_id or 0

    def role_used(self, allowed: frozenset[str]) -> str:
        """The role this act is done in, for the history."""
        return min(self.roles & allowed, default=min(self.roles, default="none"))


def resolve(session: Session, acting: Acting, department: Department, now: datetime, *, lock: bool = False) -> Actor:
    """The actor as of now, read from the database each time: a role withdrawn a second ago is gone.

    With `lock`, person and appointments are held (FOR SHARE) until the transaction ends, so that a right withdrawn
    before the commit has never decided anything.
    """
    if isinstance(acting, TheClock):
        return Actor(None, acting.name, frozenset({CLOCK}), of_the_department=False)
    query = (
        select(Person)
        .outerjoin(Person.appointments)
        .outerjoin(Appointment.department)
        .options(contains_eager(Person.appointments).contains_eager(Appointment.department))
        .where(Person.id == acting)
        .execution_options(populate_existing=True)
    )
    if lock:
        session.execute(select(Person.id).where(Person.id == acting).with_for_update(read=True))
        session.execute(select(Appointment.id).where(Appointment.person_id == acting).with_for_update(read=True))
    person = None if lock else _read_already(session, acting)
    person = person or session.scalars(query).unique().one_or_none()
    if person is None:
        return Actor(acting, "", frozenset(), of_the_department=False)
    roles = roles_for(person, department, local_day(now, department.region.timezone))
    return Actor(acting, person.name, frozenset(roles), of_the_department=bool(roles & OF_THE_DEPARTMENT))


def _read_already(session: Session, person_id: int) -> Person | None:
    """Somebody whom this reading transaction has read with their appointments (whoever is signed in, on every page)."""
    person = session.identity_map.get(identity_key(Person, person_id))
    if isinstance(person, Person) and not {"appointments", "disabled_at"} & inspect(person).unloaded:
        return person
    return None


def label(role: str) -> str:
    """The word for a role in a history."""
    return LABELS[Role(role)] if role in set(Role) else ("系统" if role == CLOCK else role)


def somebody(session: Session, person_id: int) -> Person | None:
    """A person with appointments for reading what they may see: as this request has read them already, or read now."""
    return _read_already(session, person_id) or people.find(session, person_id)
