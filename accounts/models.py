"""Regions, departments as a tree, people and their appointments."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.roles import OF_A_DEPARTMENT, Role
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

    person: Mapped[Person] = relationship(back_populates="appointments")
    department: Mapped[Department | None] = relationship()
    region: Mapped[Region] = relationship()

    __table_args__ = (
        UniqueConstraint("person_id", "role", "region_id", "department_id", "starts_on"),
        CheckConstraint(f"role IN ({_roles})", name="role_is_known"),
        CheckConstraint(f"(role IN ({_of_a_department})) = (department_id IS NOT NULL)", name="scope_fits_the_role"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_it_starts"),
        Index("ix_accounts_appointment_department_role", "department_id", "role"),
        Index("ix_accounts_appointment_region_role", "region_id", "role"),
    )
