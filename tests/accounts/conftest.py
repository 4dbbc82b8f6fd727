"""A region as accounts see it, and a hand that acts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from accounts import people
from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region
from accounts.models import Appointment, Department, Person, Region
from accounts.passwords import hashed
from accounts.roles import Role
from config.database import db, writing

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Place:
    """A region with a water department that has an institute below it, and a department of archives."""

    region: Region
    water: Department
    institute: Department
    archives: Department


@pytest.fixture
def place(app: Flask) -> Place:
    with writing() as session:
        region = add_region(session, code="990000", name="云岭省", by=COMMAND_LINE, now=NOW)
        assert isinstance(region, Region)

        def department(code: str, name: str, parent: Department | None = None) -> Department:
            made = add_department(session, region, code=code, name=name, parent=parent, by=COMMAND_LINE, now=NOW)
            assert isinstance(made, Department)
            return made

        water = department("101", "水利厅")
        institute = department("101001", "水文院", water)
        archives = department("103", "档案馆")
    return Place(region, water, institute, archives)


@pytest.fixture
def somebody(app: Flask) -> Callable[..., Person]:
    """Makes a person with a password."""

    def make(login: str = "tian", *, name: str = "田小禾", password: str | None = PASSWORD) -> Person:
        with writing() as session:
            made = people.create(
                session,
                login=login,
                name=name,
                email=None,
                password_hash=hashed(password) if password else None,
                by=COMMAND_LINE,
                now=NOW,
            )
            assert isinstance(made, Person)
        return made

    return make


@pytest.fixture
def appointed(app: Flask) -> Callable[..., Appointment]:
    """Appoints, and fails the test when that is refused."""

    def make(
        person: Person,
        role: Role,
        scope: Region | Department,
        starts_on: date = date(2026, 1, 1),
        ends_on: date | None = None,
    ) -> Appointment:
        with writing() as session:
            made = people.appoint(
                session, session.merge(person), role, scope, starts_on, ends_on, by=COMMAND_LINE, now=NOW
            )
            assert isinstance(made, Appointment), made
        return made

    return make


@pytest.fixture
def reading(app: Flask):
    """The session of whoever looks."""
    return db.session()
