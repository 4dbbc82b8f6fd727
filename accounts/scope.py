"""What a person may see, and what they are to a department, on one day.

`departments_seen_by` is the one answer for queries, `roles_for` the one answer for rows at hand; a test keeps the two
in step. A day is the local date of the region. Appointments hold from `starts_on` (inclusive) until `ends_on`
(exclusive, or open).
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from accounts.models import Appointment, Department, Person
from accounts.roles import Role

SEES_THE_REGION = frozenset({Role.MANAGER, Role.AUDITOR})
"""See every department of their region."""
SEES_THE_SUBTREE = frozenset({Role.OFFICER})
"""See the departments below the one they are appointed for, too."""


class Period(Protocol):
    """Anything that holds from a day until a day."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date | None: ...


P = TypeVar("P", bound=Period)


def local_day(now: datetime, timezone: str) -> date:
    """The date on the wall of an office in that time zone at an (aware) instant."""
    return now.astimezone(ZoneInfo(timezone)).date()


def in_force(period: Period, day: date) -> bool:
    """Whether the day lies in the period."""
    return period.starts_on <= day and (period.ends_on is None or day < period.ends_on)


def appointments_in_force(appointments: Iterable[P], day: date) -> list[P]:
    """Those that hold on that day, in the order given."""
    return [appointment for appointment in appointments if in_force(appointment, day)]


def roles_for(person: Person, department: Department, day: date) -> frozenset[Role]:
    """What a person is with regard to one department on a day; nothing for a disabled person.

    Needs the person's appointments and their departments loaded (`accounts.people.find`). An administrator is nothing
    to any department: they keep accounts.
    """
    if person.disabled_at is not None:
        return frozenset()
    return frozenset(
        Role(appointment.role)
        for appointment in appointments_in_force(person.appointments, day)
        if _reaches(appointment, department)
    )


def _reaches(appointment: Appointment, department: Department) -> bool:
    if appointment.role in SEES_THE_REGION:
        return appointment.region_id == department.region_id
    if appointment.department_id is None:
        return False
    if appointment.department_id == department.id:
        return True
    place = appointment.department
    return appointment.role in SEES_THE_SUBTREE and place is not None and department.path.startswith(place.path)


def holds_on(day: date) -> ColumnElement[bool]:
    """The same rule as `in_force`, for a query of appointments."""
    return and_(Appointment.starts_on <= day, or_(Appointment.ends_on.is_(None), Appointment.ends_on > day))


def roles_held(person: Person, now: datetime) -> frozenset[Role]:
    """All a person is, anywhere, at an instant, by the date of each region; which pages they find in their bar.

    Needs the person's appointments with their regions loaded (`accounts.people.find`).
    """
    if person.disabled_at is not None:
        return frozenset()
    return frozenset(
        Role(each.role) for each in person.appointments if in_force(each, local_day(now, each.region.timezone))
    )


def departments_seen_by(person_id: int, day: date) -> Select[int]:
    """The ids of the departments whose tables a person may see on a day. Every query of tables goes through this."""
    place = aliased(Department)
    theirs = and_(
        Appointment.person_id == person_id,
        holds_on(day),
        exists().where(Person.id == Appointment.person_id, Person.disabled_at.is_(None)),
    )
    own = select(Appointment.department_id).where(theirs, Appointment.department_id.is_not(None))
    regions = select(Appointment.region_id).where(theirs, Appointment.role.in_(SEES_THE_REGION))
    below = (
        select(Appointment.id)
        .join(place, place.id == Appointment.department_id)
        # A path holds digits and slashes alone, nothing that LIKE would read as its own.
        .where(theirs, Appointment.role.in_(SEES_THE_SUBTREE), Department.path.like(place.path + "%"))
        .correlate(Department)
        .exists()
    )
    return select(Department.id).where(or_(Department.id.in_(own), Department.region_id.in_(regions), below))
