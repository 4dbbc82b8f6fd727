"""Where the ledger stands, as an auditor reads it, and whether the whole of it may be handed to them as a download."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Appointment, Person, Region
from accounts.roles import Role
from accounts.scope import in_force, local_day
from ledger import reading
from ledger.models import Entry, Seal
from ledger.whole import Head

LARGEST = 10_000
"""[choice] Entries that a page still hands out, some ten megabytes; above that the command line writes the file."""


@dataclass(frozen=True)
class Standing:
    """How far the ledger is sealed, how long it is, and why it is not handed out (None when it is)."""

    head: Head | None
    sealed_at: datetime | None
    entries: int
    waiting: int
    why_not: str | None


def standing(session: Session, person_id: int, now: datetime) -> Standing:
    """The ledger as it stands."""
    seal = reading.last_seal(session)
    entries, seals = reading.count(session, Entry), reading.count(session, Seal)
    return Standing(
        head=Head(seal.position, seal.hash) if seal else None,
        sealed_at=seal.sealed_at if seal else None,
        entries=entries,
        waiting=max(entries - seals, 0),
        why_not=why_not(entries, audits_all=_audits_all(session, person_id, now)),
    )


def why_not(entries: int, *, audits_all: bool) -> str | None:
    """Why a page does not hand out the ledger; None when it does.

    The ledger is one for all regions: only whole can it be verified, and whole it shows what all of them did.
    """
    if not audits_all:
        return "台账是各地区共有的一本，只交给审计所有地区的人。可请系统管理员在服务器上导出后核对。"
    if entries > LARGEST:
        return f"台账超过 {LARGEST} 条，请系统管理员在服务器上导出。"
    return None


def _audits_all(session: Session, person_id: int, now: datetime) -> bool:
    """Whether somebody is auditor of every region today, by the date of each."""
    held = session.scalars(
        select(Appointment)
        .join(Person, Person.id == Appointment.person_id)
        .where(Appointment.person_id == person_id, Appointment.role == Role.AUDITOR, Person.disabled_at.is_(None))
    ).all()
    regions = session.scalars(select(Region)).all()
    return all(
        any(one.region_id == region.id and in_force(one, local_day(now, region.timezone)) for one in held)
        for region in regions
    )
