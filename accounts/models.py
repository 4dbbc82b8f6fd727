"""Regions, departments as a tree, people, their appointments, and who stands in for whom."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    case,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Mapped, aliased, foreign, mapped_column, relationship

from accounts.roles import LENT, OF_A_DEPARTMENT, Role
from config.database import Base, BigId, UTCInstant

_roles = ", ".join(f"'{role}'" for role in Role)
_of_a_department = ", ".join(f"'{role}'" for role in sorted(OF_A_DEPARTMENT))


class Region(Base):
    """行政区: one finance bureau and the departments whose tables it reviews."""

    __tablename__ = "accounts_region"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")


class Department(Base):
    """部门 or one of its units 单位. `path` is "/1/5/" for department 5 under department 1: a subtree is a prefix."""

    __tablename__ = "accounts_department"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("accounts_region.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_department.id"))
    path: Mapped[str] = mapped_column(String(200), default="")
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(60))
    submits: Mapped[bool] = mapped_column(default=True)
    """Whether it has a table of its own each year (a grouping node or the bureau's own offices do not)."""

    region: Mapped[Region] = relationship(lazy="joined")

    __table_args__ = (
        UniqueConstraint("region_id", "code"),
        UniqueConstraint("region_id", "name"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        Index("ix_accounts_department_region_path", "region_id", "path"),
    )


class Person(Base):
    """Somebody with an account. `disabled_at` ends it at the next request."""

    __tablename__ = "accounts_person"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCInstant)

    appointments: Mapped[list["Appointment"]] = relationship(back_populates="person", lazy="raise_on_sql")
    if TYPE_CHECKING:
        posts: Mapped[list["Post"]]
        """All they hold: what they are appointed to, and what they stand in for (accounts.people.find loads it)."""


class Appointment(Base):
    """任职: a person is something, somewhere, from a day (inclusive) until a day (exclusive, or open)."""

    __tablename__ = "accounts_appointment"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"), index=True)
    role: Mapped[Role] = mapped_column(String(40))
    region_id: Mapped[int] = mapped_column(ForeignKey("accounts_region.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_department.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The first day itself when it was ended at once on that day, or called off before it."""

    person: Mapped[Person] = relationship(back_populates="appointments")
    department: Mapped[Department | None] = relationship()
    region: Mapped[Region] = relationship()

    __table_args__ = (
        UniqueConstraint("person_id", "role", "region_id", "department_id", "starts_on"),
        CheckConstraint(f"role IN ({_roles})", name="role_is_known"),
        CheckConstraint(f"(role IN ({_of_a_department})) = (department_id IS NOT NULL)", name="scope_fits_the_role"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_no_earlier_than_it_starts"),
        Index("ix_accounts_appointment_department_role", "department_id", "role"),
        Index("ix_accounts_appointment_region_role", "region_id", "role"),
    )


class StandIn(Base):
    """代理人: from a day until a day, `deputy` may do what `absent` is appointed to, besides `absent` themselves.

    What is lent are the absent person's own appointments alone, never what is lent to them: there are no chains.
    """

    __tablename__ = "accounts_stand_in"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    absent_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day on which it no longer holds; the first day itself when it was called off before it began."""
    reason: Mapped[str] = mapped_column(Text)
    named_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    named_at: Mapped[datetime] = mapped_column(UTCInstant)

    absent: Mapped[Person] = relationship(foreign_keys=absent_id)
    deputy: Mapped[Person] = relationship(foreign_keys=deputy_id)

    __table_args__ = (
        CheckConstraint("absent_id <> deputy_id", name="nobody_stands_in_for_themselves"),
        CheckConstraint("ends_on >= starts_on", name="ends_no_earlier_than_it_starts"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
    )


_place, _lender = aliased(Department), aliased(Person)
_own = (
    select(
        Appointment.person_id.label("holder_id"),
        Appointment.id.label("appointment_id"),
        literal(0).label("stand_in_id"),
        Appointment.role.label("role"),
        Appointment.region_id.label("region_id"),
        Region.timezone.label("timezone"),
        Appointment.department_id.label("department_id"),
        _place.path.label("path"),
        Appointment.starts_on.label("starts_on"),
        Appointment.ends_on.label("ends_on"),
        type_coerce(null(), BigId).label("lender_id"),
        type_coerce(null(), String(100)).label("lender_name"),
    )
    .outerjoin(Region, Region.id == Appointment.region_id)  # outer, so that it is left out where nobody asks for it
    .outerjoin(_place, _place.id == Appointment.department_id)
)
_lent = (
    select(
        StandIn.deputy_id,
        Appointment.id,
        StandIn.id,
        Appointment.role,
        Appointment.region_id,
        Region.timezone,
        Appointment.department_id,
        _place.path,
        case((StandIn.starts_on > Appointment.starts_on, StandIn.starts_on), else_=Appointment.starts_on),
        case(
            (or_(Appointment.ends_on.is_(None), StandIn.ends_on < Appointment.ends_on), StandIn.ends_on),
            else_=Appointment.ends_on,
        ),
        _lender.id,
        _lender.name,
    )
    .join(Appointment, Appointment.person_id == StandIn.absent_id)
    .join(_lender, _lender.id == StandIn.absent_id)
    .outerjoin(Region, Region.id == Appointment.region_id)  # outer, so that it is left out where nobody asks for it
    .outerjoin(_place, _place.id == Appointment.department_id)
    .where(or_(*(Appointment.role == role for role in sorted(LENT))), _lender.disabled_at.is_(None))
)
_posts = union_all(_own, _lent).subquery("posts")


class Post(Base):
    """What somebody holds, by their own appointment or as a stand-in: a view, nothing of its own is kept.

    In force from `starts_on` (inclusive) until `ends_on` (exclusive, or open); of a stand-in, both periods' overlap,
    which may be empty. `lender_id` and `lender_name` say for whom.
    """

    __table__ = _posts
    __mapper_args__ = {"primary_key": [_posts.c.appointment_id, _posts.c.stand_in_id]}  # noqa: RUF012

    holder_id: Mapped[int]
    appointment_id: Mapped[int]
    stand_in_id: Mapped[int]
    role: Mapped[Role]
    region_id: Mapped[int]
    timezone: Mapped[str]
    department_id: Mapped[int | None]
    path: Mapped[str | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    lender_id: Mapped[int | None]
    lender_name: Mapped[str | None]


Person.posts = relationship(  # here, because a view of rows needs their classes first
    Post, primaryjoin=Person.id == foreign(_posts.c.holder_id), viewonly=True, lazy="raise_on_sql"
)
