"""Who holds which role over a department today, by name: whom a table is handed to, and who is told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from accounts.models import Department, Person, Post
from accounts.roles import Role
from accounts.scope import holds_on, local_day
from workflow.actors import OF_THE_DEPARTMENT


@dataclass(frozen=True)
class Holder:
    """Somebody who holds a role over a department."""

    person_id: int
    name: str


def holders(session: Session, department: Department, now: datetime) -> dict[Role, tuple[Holder, ...]]:
    """Who holds which role over a department at an instant, by name; an officer who belongs to it cannot decide it and
    is left out, as is who keeps accounts or audits; stand-ins are among them. One query; the same answer as
    `roles_for`, from the other side."""
    above = [int(part) for part in department.path.split("/") if part]
    rows = session.execute(
        select(Post.role, Person.id, Person.name)
        .join(Person, Person.id == Post.holder_id)
        .where(
            Person.disabled_at.is_(None),
            Post.region_id == department.region_id,
            holds_on(local_day(now, department.region.timezone)),
            or_(
                and_(Post.role.in_(OF_THE_DEPARTMENT), Post.department_id == department.id),
                and_(Post.role == Role.OFFICER, Post.department_id.in_({department.id, *above})),
                Post.role == Role.MANAGER,
            ),
        )
        .order_by(Person.name, Person.id)
    )
    found: dict[Role, dict[int, Holder]] = {role: {} for role in (*OF_THE_DEPARTMENT, Role.OFFICER, Role.MANAGER)}
    for role, person_id, name in rows:
        found[Role(role)][person_id] = Holder(person_id, name)
    own = found[Role.EDITOR].keys() | found[Role.REVIEWER].keys()
    found[Role.OFFICER] = {who: holder for who, holder in found[Role.OFFICER].items() if who not in own}
    return {role: tuple(people.values()) for role, people in found.items()}
