"""What an administrator looks up: people, departments and appointments of their regions, and who signed in when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from accounts.models import Appointment, Department, Person, Region
from accounts.roles import Role
from accounts.scope import holds_on, in_force, local_day
from ledger import book
from ledger.models import Entry

SIGN_INS = ("sign_in", "sign_in_failed", "sign_in_held_back")


def regions_kept_by(session: Session, person_id: int, now: datetime) -> list[Region]:
    """The regions whose accounts somebody keeps today: where they are appointed administrator."""
    rows = session.execute(
        select(Region, Appointment)
        .join(Appointment, Appointment.region_id == Region.id)
        .join(Person, Person.id == Appointment.person_id)
        .where(Appointment.person_id == person_id, Appointment.role == Role.ADMINISTRATOR, Person.disabled_at.is_(None))
        .order_by(Region.code)
    )
    return [region for region, held in rows if in_force(held, local_day(now, region.timezone))]


def kept(regions: Collection[Region]) -> ColumnElement[bool]:
    """People with an appointment in one of the regions, and people with none anywhere yet."""
    theirs = exists().where(
        Appointment.person_id == Person.id, Appointment.region_id.in_([region.id for region in regions])
    )
    return or_(theirs, ~exists().where(Appointment.person_id == Person.id))


def search(
    session: Session,
    regions: Collection[Region],
    text: str = "",
    *,
    only: ColumnElement[bool] | None = None,
    day: date,
    limit: int = 50,
    offset: int = 0,
) -> list[Person]:
    """People whose name, login, e-mail or department holds the text, `only` those that fit the condition.

    By the department they have to do with today (its code; the first of several), then by name: whoever answers for a
    department finds its people together. Then come those of the whole region, then those without appointment. Their
    appointments are loaded.
    """
    held = (
        select(
            Appointment.person_id,
            func.min(Department.code).label("code"),
        )
        .outerjoin(Department, Department.id == Appointment.department_id)
        .where(holds_on(day, Appointment))
        .group_by(Appointment.person_id)
        .subquery()
    )
    query = (
        select(Person)
        .outerjoin(held, held.c.person_id == Person.id)
        .where(kept(regions))
        .options(selectinload(Person.appointments).joinedload(Appointment.department))
        .order_by(held.c.person_id.is_(None), held.c.code.is_(None), held.c.code, Person.name, Person.login)
        .limit(limit)
        .offset(offset)
    )
    if only is not None:
        query = query.where(only)
    if text.strip():
        wanted = text.strip()
        there = exists().where(
            Appointment.person_id == Person.id,
            Appointment.department_id == Department.id,
            or_(
                Department.name.contains(wanted, autoescape=True),
                Department.short_name.contains(wanted, autoescape=True),
            ),
        )
        query = query.where(
            or_(
                Person.name.contains(wanted, autoescape=True),
                Person.login.contains(wanted.casefold(), autoescape=True),
                Person.email.contains(wanted, autoescape=True),
                there,
            )
        )
    return list(session.scalars(query))


def person_kept(session: Session, regions: Collection[Region], person_id: int) -> Person | None:
    """One of these people, with appointments; None for anybody else."""
    return session.scalars(
        select(Person)
        .where(Person.id == person_id, kept(regions))
        .options(selectinload(Person.appointments).joinedload(Appointment.department))
        .execution_options(populate_existing=True)
    ).one_or_none()


def departments_kept(session: Session, regions: Collection[Region]) -> list[Department]:
    """All departments of the regions as a tree: each after the one it is below, by code."""
    query = select(Department).where(Department.region_id.in_([region.id for region in regions]))
    found = {department.id: department for department in session.scalars(query)}

    def place(department: Department) -> tuple[tuple[int, str], ...]:
        ids = [int(part) for part in department.path.strip("/").split("/") if part]
        return tuple((found[id_].region_id, found[id_].code) for id_ in ids if id_ in found)

    return sorted(found.values(), key=place)


def department_kept(session: Session, regions: Collection[Region], department_id: int) -> Department | None:
    """One of these departments; None for any other."""
    return session.scalars(
        select(Department).where(
            Department.id == department_id, Department.region_id.in_([region.id for region in regions])
        )
    ).one_or_none()


def appointments_kept(
    session: Session, regions: Collection[Region], *, role: str = "", text: str = "", limit: int = 50, offset: int = 0
) -> list[Appointment]:
    """The appointments in the regions, the latest to begin first."""
    query: Select[Appointment] = (
        select(Appointment)
        .join(Person, Person.id == Appointment.person_id)
        .outerjoin(Department, Department.id == Appointment.department_id)
        .where(Appointment.region_id.in_([region.id for region in regions]))
        .options(joinedload(Appointment.person), joinedload(Appointment.department))
        .order_by(Appointment.starts_on.desc(), Appointment.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if role in set(Role):
        query = query.where(Appointment.role == role)
    if text.strip():
        wanted = text.strip()
        query = query.where(
            or_(
                Person.name.contains(wanted, autoescape=True),
                Person.login.contains(wanted.casefold(), autoescape=True),
                Department.name.contains(wanted, autoescape=True),
                Department.short_name.contains(wanted, autoescape=True),
            )
        )
    return list(session.scalars(query))


@dataclass(frozen=True)
class SignIn:
    """One try to sign in."""

    at: datetime
    name: str
    login: str
    address: str
    act: str
    why: str


def sign_ins(
    session: Session, regions: Collection[Region], *, text: str = "", failed: bool = False, limit: int, offset: int = 0
) -> list[SignIn]:
    """Who signed in or tried to, newest first; tries with unknown logins belong to nobody and are shown to all."""
    acts = SIGN_INS[1:] if failed else SIGN_INS
    query = (
        select(Entry, Person.login)
        .outerjoin(Person, and_(Person.id == Entry.person_id, kept(regions)))
        .where(Entry.act.in_(acts), or_(Person.id.is_not(None), Entry.person_id.is_(None)))
        .order_by(Entry.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if text.strip():
        wanted = text.strip()
        query = query.where(
            or_(
                Entry.person_name.contains(wanted, autoescape=True),
                Person.login.contains(wanted.casefold(), autoescape=True),
            )
        )
    found = []
    for entry, login in session.execute(query):
        said = book.said(entry)
        found.append(
            SignIn(
                at=entry.at,
                name=entry.person_name,
                login=login or said.get("login", ""),
                address=said.get("address", ""),
                act=entry.act,
                why=said.get("why", "") if entry.person_id is not None else "unknown",
            )
        )
    return found
