"""What waits for an administrator: who and what is not complete yet. `holding` and `without` are pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from accounts import attempts
from accounts.directory import departments_kept, kept
from accounts.models import Appointment, Department, Person, Region
from accounts.roles import NEEDED_BY_A_TABLE, OF_A_DEPARTMENT, Role
from accounts.scope import SEES_THE_SUBTREE, holds_on, local_day
from ledger import book
from ledger.models import Entry

OFFICE_TIMEZONE = "Asia/Shanghai"


class Lack(StrEnum):
    """What an account may lack; the lists of people can be narrowed to each."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    """None was ever made: nobody can sign in with the account."""
    APPOINTMENT = "appointment"
    OWN_PASSWORD = "own_password"  # noqa: S105 - a word, not a password
    PATIENCE = "patience"
    """Too many wrong passwords from one place: whoever tries there has to wait."""


@dataclass(frozen=True)
class Held:
    """One role that somebody holds at a department today, and whether they have a password to sign in with."""

    role: Role
    department_id: int
    name: str
    can_sign_in: bool = True


@dataclass(frozen=True)
class Attention:
    """People by what they lack, and departments by the role that nobody holds there."""

    people: dict[Lack, tuple[Person, ...]]
    departments: dict[Role, tuple[Department, ...]]

    @property
    def count(self) -> int:
        """How many kinds of things wait."""
        return sum(bool(found) for found in (*self.people.values(), *self.departments.values()))


def waiting(session: Session, regions: Collection[Region], now: datetime) -> Attention:
    """All that is not complete in the regions somebody keeps, in a fixed number of queries."""
    return Attention(
        {
            lack: tuple(
                session.scalars(
                    select(Person)
                    .where(kept(regions), condition(session, lack, now))
                    .order_by(Person.name, Person.login)
                )
            )
            for lack in Lack
        },
        departments_without(session, regions, now),
    )


def how_many(session: Session, regions: Collection[Region], lack: Lack, now: datetime) -> int:
    """How many accounts of the regions lack it."""
    return session.execute(
        select(func.count()).select_from(Person).where(kept(regions), condition(session, lack, now))
    ).scalar_one()


def condition(session: Session, lack: Lack, now: datetime) -> ColumnElement[bool]:
    """Which accounts lack it, as a condition of a query of people; a disabled account lacks nothing."""
    enabled = Person.disabled_at.is_(None)
    if lack is Lack.PASSWORD:
        return and_(enabled, Person.password_hash.is_(None))
    if lack is Lack.OWN_PASSWORD:
        return and_(enabled, Person.must_change_password, Person.password_hash.is_not(None))
    if lack is Lack.PATIENCE:
        return and_(enabled, Person.id.in_(held_back(session, now)))
    day = local_day(now, OFFICE_TIMEZONE)
    now_or_later = or_(Appointment.ends_on.is_(None), Appointment.ends_on > day)
    return and_(enabled, ~exists().where(Appointment.person_id == Person.id, now_or_later))


def held_back(session: Session, now: datetime) -> set[int]:
    """Whose account some address has to wait for now (see accounts.attempts)."""
    tries: dict[str, list[attempts.Attempt]] = {}
    for entry in session.scalars(
        select(Entry)
        .where(
            Entry.act.in_(("sign_in", "sign_in_failed")), Entry.at > now - attempts.WITHIN, Entry.person_id.is_not(None)
        )
        .order_by(Entry.id.desc())
    ):
        one = attempts.Attempt(entry.at, book.said(entry).get("address", ""), entry.act == "sign_in_failed")
        tries.setdefault(entry.chain, []).append(one)
    return {
        int(chain.removeprefix("person:"))
        for chain, latest in tries.items()
        if any(attempts.held_back(latest, address, now) for address in {one.address for one in latest})
    }


def departments_without(
    session: Session, regions: Collection[Region], now: datetime
) -> dict[Role, tuple[Department, ...]]:
    """The departments with a table of their own in which nobody who can sign in holds a role that a table needs."""
    departments = [department for department in departments_kept(session, regions) if department.submits]
    found = without(departments, held_today(session, regions, now))
    return {role: lacking for role, lacking in found.items() if role in NEEDED_BY_A_TABLE}


def held_today(session: Session, regions: Collection[Region], now: datetime) -> list[Held]:
    """Who holds which role at a department today, by name; disabled accounts hold nothing."""
    rows = session.execute(
        select(Appointment.role, Appointment.department_id, Person.name, Person.password_hash.is_not(None))
        .join(Person, Person.id == Appointment.person_id)
        .where(
            Appointment.region_id.in_([region.id for region in regions]),
            Person.disabled_at.is_(None),
            holds_on(local_day(now, OFFICE_TIMEZONE), Appointment),
        )
        .order_by(Person.name, Person.id)
    )
    return [Held(Role(role), place, name, bool(can)) for role, place, name, can in rows if place is not None]


def holding(departments: Sequence[Department], held: Iterable[Held]) -> dict[int, dict[Role, tuple[Held, ...]]]:
    """Who holds the roles that departments have, by department id and role.

    An officer reaches the departments below theirs, as in accounts.scope.
    """
    at: dict[tuple[Role, int], list[Held]] = {}
    for one in held:
        at.setdefault((one.role, one.department_id), []).append(one)

    def reached(role: Role, department: Department) -> tuple[Held, ...]:
        above = [int(part) for part in department.path.split("/") if part] if role in SEES_THE_SUBTREE else []
        places = dict.fromkeys((*above, department.id))
        return tuple(one for place in places for one in at.get((role, place), ()))

    return {
        department.id: {role: reached(role, department) for role in Role if role in OF_A_DEPARTMENT}
        for department in departments
    }


def without(departments: Sequence[Department], held: Iterable[Held]) -> dict[Role, tuple[Department, ...]]:
    """The departments that lack somebody who can sign in, by role."""
    found = holding(departments, held)
    return {
        role: tuple(each for each in departments if not any(one.can_sign_in for one in found[each.id][role]))
        for role in Role
        if role in OF_A_DEPARTMENT
    }
