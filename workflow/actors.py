"""Who is acting: a person with the roles they hold over a table's department at this instant, for themselves or as
somebody's stand-in, or the clock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from accounts import people
from accounts.actor import signature
from accounts.models import Department
from accounts.roles import LABELS, OF_THE_DEPARTMENT, Role
from accounts.scope import Held, Place, local_day, posts_for
from accounts.standing_in import hold_rights
from workflow.facts import Attempt
from workflow.lifecycle import AUTOMATIC, CLOCK


@dataclass(frozen=True)
class TheClock:
    """The system's own actor: moves tables when their time has come, and signs as what happened by itself."""

    name: str = AUTOMATIC


THE_CLOCK = TheClock()
Acting = int | TheClock
"""Who acts: a person's id, or the clock."""


class PostHeld(Held, Protocol):
    """A post, with whom it is held for where it is lent."""

    @property
    def lender_id(self) -> int | None: ...
    @property
    def lender_name(self) -> str | None: ...


class Holder(Protocol):
    """Somebody with their posts, as read from their row or brought for one move."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def disabled_at(self) -> datetime | None: ...
    @property
    def posts(self) -> Sequence[PostHeld]: ...


@dataclass(frozen=True)
class Lender:
    """Somebody whose stand-in acts for them."""

    id: int
    name: str


@dataclass(frozen=True)
class Actor:
    """Somebody (or the clock) with regard to one department; without roles, the table does not exist for them."""

    person_id: int | None
    name: str
    roles: frozenset[str]
    of_the_department: bool
    lent: Mapping[str, tuple[Lender, ...]] = field(default_factory=dict)
    """The roles among these that they hold for somebody else alone, and for whom."""

    @property
    def key_owner(self) -> int:
        """Whose keys are looked up: 0 is the clock."""
        return self.person_id or 0

    def role_used(self, allowed: frozenset[str]) -> str:
        """The role an act is done in, for the history: one's own before a lent one."""
        usable = self.roles & allowed
        return min(usable - self.lent.keys(), default=min(usable, default=min(self.roles, default="none")))

    def lender(self, allowed: frozenset[str], decided_by: Collection[int | None] = ()) -> Lender | None:
        """For whom an act open to these roles is done; None where one's own role is enough.

        Of several, one who did not have a hand in the table before (`decided_by`) where there is one.
        """
        if self.roles & allowed - self.lent.keys():
            return None
        lenders = [lender for role in sorted(self.roles & allowed) for lender in self.lent[role]]
        return next((each for each in lenders if each.id not in decided_by), lenders[0] if lenders else None)

    def attempt(
        self,
        allowed: frozenset[str],
        decided_by: Collection[int | None] = (),
        opinion: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """What they want, as the guards see it, done in one of the allowed roles."""
        lender = self.lender(allowed, decided_by)
        return Attempt(
            person_id=self.person_id,
            name=signature(self.name, lender.name if lender else None),
            roles=self.roles,
            of_the_department=self.of_the_department,
            opinion=(opinion or "").strip(),
            details=dict(details or {}),
            for_id=None if lender is None else lender.id,
        )


THE_CLOCK_ITSELF = Actor(None, THE_CLOCK.name, frozenset({CLOCK}), of_the_department=False)


def actor_of(person: Holder, department: Place, day: date) -> Actor:
    """What a person is with regard to a department on a day; without roles for a disabled one. Pure.

    Needs the person's posts (accounts.people.find). A lent role counts as held, and names whom it is held for unless
    it is held by an own appointment too.
    """
    own: set[str] = set()
    lent: dict[str, tuple[Lender, ...]] = {}
    for post in posts_for(person.posts, department, day) if person.disabled_at is None else ():
        if post.lender_id is None or post.lender_name is None:
            own.add(Role(post.role))
        else:
            lent[Role(post.role)] = (*lent.get(post.role, ()), Lender(post.lender_id, post.lender_name))
    roles = frozenset(own | lent.keys())
    lent = {role: lenders for role, lenders in lent.items() if role not in own}
    return Actor(person.id, person.name, roles, bool(roles & OF_THE_DEPARTMENT), lent)


def resolve(session: Session, acting: Acting, department: Department, now: datetime, *, lock: bool = False) -> Actor:
    """The actor as of now, read from the database each time: a role withdrawn a second ago is gone.

    With `lock` the rights are held until the transaction ends (accounts.standing_in.hold_rights).
    """
    if isinstance(acting, TheClock):
        return THE_CLOCK_ITSELF
    if lock:
        hold_rights(session, acting)
    person = people.find(session, acting) if lock else people.somebody(session, acting)
    if person is None:
        return Actor(acting, "", frozenset(), of_the_department=False)
    return actor_of(person, department, local_day(now, department.region.timezone))


class Signed(Protocol):
    """An entry of a history, as far as it tells who did it."""

    @property
    def person_name(self) -> str: ...
    @property
    def role(self) -> str: ...


def signer(entry: Signed) -> str:
    """Who did it, as pages tell it: entries of earlier versions call the clock by another name."""
    return AUTOMATIC if entry.role == CLOCK else entry.person_name or label(entry.role)


def label(role: str) -> str:
    """The word for a role in a history."""
    return LABELS[Role(role)] if role in set(Role) else ("系统" if role == CLOCK else role)
