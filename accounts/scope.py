"""What a person may see, and what they are to a department, on one day.

`reached_by` is the one answer for queries, `roles_for` the one answer for rows at hand; a test keeps the two
in step. A day is the local date of the region. Posts (own appointments and those somebody stands in for) hold from
`starts_on` (inclusive) until `ends_on` (exclusive, or open).
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, or_

from accounts.models import Appointment, Department, Person, Post
from accounts.roles import Role

SEES_THE_REGION = frozenset({Role.MANAGER, Role.AUDITOR})
"""See every department of their region."""
SEES_THE_SUBTREE = frozenset({Role.OFFICER})
"""See the departments below the one they are appointed for, too."""


class Place(Protocol):
    """A department, as these rules see it."""

    @property
    def id(self) -> int: ...
    @property
    def region_id(self) -> int: ...
    @property
    def path(self) -> str: ...


class Held(Protocol):
    """A post, as these rules see it (accounts.models.Post)."""

    @property
    def role(self) -> str: ...
    @property
    def region_id(self) -> int: ...
    @property
    def department_id(self) -> int | None: ...
    @property
    def path(self) -> str | None: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date | None: ...


class Period(Protocol):
    """Anything that holds from a day until a day."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date | None: ...


P = TypeVar("P", bound=Period)
H = TypeVar("H", bound=Held)


def local_day(now: datetime, timezone: str) -> date:
    """The date on the wall of an office in that time zone at an (aware) instant."""
    return now.astimezone(ZoneInfo(timezone)).date()


def in_force(period: Period, day: date) -> bool:
    """Whether the day lies in the period."""
    return period.starts_on <= day and (period.ends_on is None or day < period.ends_on)


def appointments_in_force(appointments: Iterable[P], day: date) -> list[P]:
    """Those that hold on that day, in the order given."""
    return [appointment for appointment in appointments if in_force(appointment, day)]


def posts_for(posts: Iterable[H], department: Place, day: date) -> list[H]:
    """Which of somebody's posts (accounts.people.find) reach one department on a day.

    An administrator is nothing to any department: they keep accounts.
    """
    return [post for post in posts if in_force(post, day) and _reaches(post, department)]


def roles_for(person: Person, department: Department, day: date) -> frozenset[Role]:
    """What a person is with regard to one department on a day, stand-in or not; nothing for a disabled person."""
    if person.disabled_at is not None:
        return frozenset()
    return frozenset(Role(post.role) for post in posts_for(person.posts, department, day))


def _reaches(post: Held, department: Place) -> bool:
    if post.role in SEES_THE_REGION:
        return post.region_id == department.region_id
    if post.department_id is None:
        return False
    if post.department_id == department.id:
        return True
    return post.role in SEES_THE_SUBTREE and post.path is not None and department.path.startswith(post.path)


def holds_on(day: date, of: type[Post] | type[Appointment] = Post) -> ColumnElement[bool]:
    """The same rule as `in_force`, for a query of posts, or of appointments alone."""
    return and_(of.starts_on <= day, or_(of.ends_on.is_(None), of.ends_on > day))


def roles_held(person: Person, now: datetime) -> frozenset[Role]:
    """All a person is, anywhere, at an instant, by the date of each region; which pages they find in their bar.

    Needs the person's posts loaded (`accounts.people.find`).
    """
    if person.disabled_at is not None:
        return frozenset()
    return frozenset(Role(post.role) for post in person.posts if in_force(post, local_day(now, post.timezone)))


def reached_by(person: Person | None, day: date) -> ColumnElement[bool]:
    """Which departments' tables a person may see on a day, as a condition on `Department` in a query. Every query of
    tables goes through this; the same rule as `roles_for`.

    Made from the person's posts (`accounts.people.find`), which every page has read already: no query of rights stands
    inside the query of tables.
    """
    posts = appointments_in_force(person.posts, day) if person is not None and person.disabled_at is None else []
    own = {post.department_id for post in posts} - {None}
    regions = {post.region_id for post in posts if post.role in SEES_THE_REGION}
    above = {post.path for post in posts if post.role in SEES_THE_SUBTREE and post.path is not None}
    return or_(
        false(),
        *([Department.id.in_(sorted(own))] if own else []),
        *([Department.region_id.in_(sorted(regions))] if regions else []),
        # A path holds digits and slashes alone, nothing that LIKE would read as its own.
        *(Department.path.like(f"{path}%") for path in sorted(above)),
    )
