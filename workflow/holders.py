"""Who holds which role over a department today, by name: whom a table is handed to, and who is told."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from accounts.models import Department, Person, Post
from accounts.roles import OF_THE_DEPARTMENT, Role
from accounts.scope import holds_on, local_day


@dataclass(frozen=True)
class Holder:
    """Somebody who holds a role over a department."""

    person_id: int
    name: str


def holders(session: Session, department: Department, now: datetime) -> dict[Role, tuple[Holder, ...]]:
    """Who holds which role over a department at an instant; see `holders_of`. One query."""
    return holders_of(session, [department], now)[department.id]


def holders_of(
    session: Session, departments: Sequence[Department], now: datetime
) -> dict[int, dict[Role, tuple[Holder, ...]]]:
    """Who holds which role over each department of one region at an instant, by department id, people by name.

    An officer who belongs to it cannot decide it and is left out, as is who keeps accounts or audits; stand-ins are
    among them. One query; the same answer as `roles_for`, from the other side.
    """
    if not departments:
        return {}
    above = {each.id: {int(part) for part in each.path.split("/") if part} | {each.id} for each in departments}
    region = departments[0].region
    rows = session.execute(
        select(Post.role, Post.department_id, Person.id, Person.name)
        .join(Person, Person.id == Post.holder_id)
        .where(
            Person.disabled_at.is_(None),
            Post.region_id == region.id,
            holds_on(local_day(now, region.timezone)),
            or_(
                and_(Post.role.in_(OF_THE_DEPARTMENT), Post.department_id.in_(above)),
                and_(Post.role == Role.OFFICER, Post.department_id.in_(set().union(*above.values()))),
                Post.role == Role.MANAGER,
            ),
        )
        .order_by(Person.name, Person.id)
    )
    held: dict[tuple[Role, int | None], dict[int, Holder]] = defaultdict(dict)
    for role, place, person_id, name in rows:
        held[Role(role), None if role == Role.MANAGER else place][person_id] = Holder(person_id, name)
    return {each.id: _of_one(held, each.id, above[each.id]) for each in departments}


def _of_one(
    held: dict[tuple[Role, int | None], dict[int, Holder]], department_id: int, above: set[int]
) -> dict[Role, tuple[Holder, ...]]:
    found = {role: dict(held.get((role, department_id), {})) for role in OF_THE_DEPARTMENT}
    own = {person_id for people in found.values() for person_id in people}
    officers = {id_: one for place in above for id_, one in held.get((Role.OFFICER, place), {}).items()}
    found[Role.OFFICER] = {id_: one for id_, one in officers.items() if id_ not in own}
    found[Role.MANAGER] = held.get((Role.MANAGER, None), {})
    return {
        role: tuple(sorted(people.values(), key=lambda one: (one.name, one.person_id)))
        for role, people in found.items()
    }
