"""Who sees which departments, and what they are to them."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import people, scope
from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region, correct_department
from accounts.models import Appointment, Department, Person, Region
from accounts.roles import OF_A_DEPARTMENT, Role
from config.database import writing
from tests.accounts.conftest import NOW, TODAY, Place

Appointed = Callable[..., Appointment]
Somebody = Callable[..., Person]


def seen(session: Session, person: Person, day: date = TODAY) -> set[str]:
    session.rollback()
    return set(session.scalars(select(Department.name).where(scope.reached_by(people.find(session, person.id), day))))


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("role", "where", "names"),
    [
        (Role.EDITOR, "water", {"水利厅"}),
        (Role.REVIEWER, "water", {"水利厅"}),
        (Role.REVIEWER, "institute", {"水文院"}),
        (Role.OFFICER, "water", {"水利厅", "水文院"}),
        (Role.OFFICER, "institute", {"水文院"}),
        (Role.MANAGER, "region", {"水利厅", "水文院", "档案馆"}),
        (Role.AUDITOR, "region", {"水利厅", "水文院", "档案馆"}),
        (Role.ADMINISTRATOR, "region", set()),
    ],
)
def test_a_role_sees_its_departments(
    role: Role, where: str, names: set[str], place: Place, somebody: Somebody, appointed: Appointed, reading: Session
) -> None:
    person = somebody()
    appointed(person, role, getattr(place, where))
    assert seen(reading, person) == names


def test_without_an_appointment_nothing_is_seen(place: Place, somebody: Somebody, reading: Session) -> None:
    assert seen(reading, somebody()) == set()


def test_another_region_is_not_seen(place: Place, somebody: Somebody, appointed: Appointed, reading: Session) -> None:
    with writing() as session:
        other = add_region(session, code="980000", name="邻省", by=COMMAND_LINE, now=NOW)
        assert isinstance(other, Region)
        add_department(session, other, code="101", name="邻省水利厅", by=COMMAND_LINE, now=NOW)
    person = somebody()
    appointed(person, Role.MANAGER, other)
    assert seen(reading, person) == {"邻省水利厅"}


def test_a_disabled_person_sees_nothing(
    place: Place, somebody: Somebody, appointed: Appointed, reading: Session
) -> None:
    person = somebody()
    appointed(person, Role.MANAGER, place.region)
    with writing() as session:
        people.disable(session, session.get_one(Person, person.id), reason="离职", by=COMMAND_LINE, now=NOW)
    assert seen(reading, person) == set()
    found = people.find(reading, person.id)
    assert found is not None
    assert scope.roles_for(found, place.water, TODAY) == frozenset()


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_an_appointment_holds_from_its_first_day_to_the_day_before_its_end(
    day: date, holds: bool, place: Place, somebody: Somebody, appointed: Appointed, reading: Session
) -> None:
    """[2026-03-01, 2027-01-01)"""
    person = somebody()
    made = appointed(person, Role.EDITOR, place.water, date(2026, 3, 1), date(2027, 1, 1))
    assert bool(seen(reading, person, day)) is holds
    assert (made in scope.appointments_in_force([made], day)) is holds


@pytest.mark.parametrize(
    ("instant", "timezone", "day"),
    [
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "Asia/Shanghai", date(2025, 12, 31)),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "Asia/Shanghai", date(2026, 1, 1)),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "Asia/Urumqi", date(2025, 12, 31)),
    ],
)
def test_a_day_begins_when_it_does_in_the_region(instant: datetime, timezone: str, day: date) -> None:
    assert scope.local_day(instant, timezone) == day


def test_the_roles_held_change_at_the_regions_midnight(
    place: Place, somebody: Somebody, appointed: Appointed, reading: Session
) -> None:
    person = somebody()
    appointed(person, Role.EDITOR, place.water, date(2026, 3, 2))
    before, at = datetime(2026, 3, 1, 15, 59, tzinfo=UTC), datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    found = people.find(reading, person.id)
    assert found is not None
    assert scope.roles_held(found, before) == frozenset()
    assert scope.roles_held(found, at) == {Role.EDITOR}


@pytest.mark.each_database
def test_a_department_that_moves_takes_its_units_into_another_officers_sight(
    place: Place, somebody: Somebody, appointed: Appointed, reading: Session
) -> None:
    officer = somebody()
    appointed(officer, Role.OFFICER, place.archives)
    with writing() as session:
        correct_department(
            session,
            session.get_one(Department, place.water.id),
            name="水利厅",
            short_name="水利厅",
            parent=session.get_one(Department, place.archives.id),
            by=COMMAND_LINE,
            now=NOW,
        )
    assert seen(reading, officer) == {"档案馆", "水利厅", "水文院"}


def test_eleven_is_not_below_one(place: Place, somebody: Somebody, appointed: Appointed, reading: Session) -> None:
    """Paths end in a slash, so that /1/ is no beginning of /11/."""
    with writing() as session:
        region = session.get_one(Region, place.region.id)
        for number in range(12):
            add_department(session, region, code=f"2{number:02}", name=f"第{number}局", by=COMMAND_LINE, now=NOW)
    officer = somebody()
    appointed(officer, Role.OFFICER, place.water)
    assert seen(reading, officer) == {"水利厅", "水文院"}


@pytest.mark.each_database
def test_the_query_and_the_rule_give_the_same_answer(place: Place, somebody: Somebody, reading: Session) -> None:
    """Sixty people with random appointments: a department is seen exactly by who is something to it."""
    chance = random.Random(20260302)
    with writing() as session:
        other = add_region(session, code="980000", name="邻省", by=COMMAND_LINE, now=NOW)
        assert isinstance(other, Region)
        add_department(session, other, code="101", name="邻省水利厅", by=COMMAND_LINE, now=NOW)
    with writing() as session:
        departments = session.scalars(select(Department)).all()
        for number in range(60):
            person = Person(login=f"p{number}", name=f"第{number}人")
            if chance.random() < 0.1:
                person.disabled_at = NOW
            session.add(person)
            session.flush()
            for role in chance.sample(list(Role), chance.randint(0, 3)):
                department = chance.choice(departments)
                starts = date(2026, chance.randint(2, 4), 2)
                session.add(
                    Appointment(
                        person_id=person.id,
                        role=role,
                        region_id=department.region_id,
                        department_id=department.id if role in OF_A_DEPARTMENT else None,
                        starts_on=starts,
                        ends_on=chance.choice([None, date(2026, starts.month + 1, 2)]),
                    )
                )
    departments = reading.scalars(select(Department)).all()
    answers = set()
    for person_id in reading.scalars(select(Person.id)).all():
        found = people.find(reading, person_id)
        assert found is not None
        for day in (TODAY, date(2026, 4, 1), date(2026, 4, 2)):
            by_query = set(reading.scalars(select(Department.id).where(scope.reached_by(found, day))))
            by_rule = {each.id for each in departments if scope.roles_for(found, each, day)}
            assert by_query == by_rule
            answers.add(frozenset(by_query))
    assert len(answers) > 4  # the trial had something to tell apart
