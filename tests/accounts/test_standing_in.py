"""Who may stand in for whom, and what that lends."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import people, scope, standing_in
from accounts.actor import COMMAND_LINE
from accounts.models import Appointment, Department, Person, StandIn
from accounts.refusals import Refused
from accounts.roles import Role
from config.database import writing
from tests.accounts.conftest import NOW, TODAY, Place

Appointed = Callable[..., Appointment]
Somebody = Callable[..., Person]
pytestmark = pytest.mark.each_database
FRIDAY = TODAY + timedelta(days=5)


def stand_in(absent: Person, deputy: Person, starts: date = TODAY, ends: date = FRIDAY) -> StandIn | Refused:
    """Name one, and answer what came of it."""
    with writing() as session:
        return standing_in.name_stand_in(
            session,
            session.get_one(Person, absent.id),
            session.get_one(Person, deputy.id),
            starts,
            ends,
            "出差",
            by=COMMAND_LINE,
            now=NOW,
            timezone="Asia/Shanghai",
        )


def roles(session: Session, person: Person, place: Place, day: date) -> set[str]:
    session.rollback()
    found = people.find(session, person.id)
    assert found is not None
    seen = select(Department.id).where(scope.reached_by(found, day))
    held = scope.roles_for(found, place.water, day)
    assert (place.water.id in set(session.scalars(seen))) is bool(held)  # the query and the rule agree
    return set(held)


@pytest.fixture
def officers(place: Place, somebody: Somebody, appointed: Appointed) -> tuple[Person, Person]:
    """Two officers: one for the water department, one for the archives."""
    absent, deputy = somebody("fang", name="方远"), somebody("han", name="韩梅")
    appointed(absent, Role.OFFICER, place.water)
    appointed(deputy, Role.OFFICER, place.archives)
    return absent, deputy


def test_a_stand_in_is_what_the_absent_one_is_from_the_first_day_to_the_last(
    officers: tuple[Person, Person], place: Place, reading: Session
) -> None:
    """[2 March, 7 March)"""
    absent, deputy = officers
    assert isinstance(stand_in(absent, deputy), StandIn)
    days = {day: roles(reading, deputy, place, TODAY + timedelta(days=day)) for day in (-1, 0, 4, 5)}
    assert days == {-1: set(), 0: {Role.OFFICER}, 4: {Role.OFFICER}, 5: set()}
    assert roles(reading, absent, place, TODAY) == {Role.OFFICER}


def test_a_head_lends_nothing_and_stands_in_for_nobody(
    place: Place, somebody: Somebody, appointed: Appointed, reading: Session
) -> None:
    absent, deputy = somebody("fang", name="方远"), somebody("han", name="韩梅")
    appointed(absent, Role.HEAD, place.water)
    appointed(deputy, Role.REVIEWER, place.water)
    refused = stand_in(absent, deputy)
    assert isinstance(refused, Refused)
    assert refused.reason == "被代理人在这段时间没有可以代理的任职"
    refused = stand_in(deputy, absent)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("代理人要和被代理人在同一个部门任填报人或审核人")
    assert absent.id not in {each.id for each in standing_in.candidates(reading, deputy.id, NOW)}


def test_what_ends_for_the_absent_one_ends_for_the_stand_in(
    officers: tuple[Person, Person], place: Place, reading: Session
) -> None:
    absent, deputy = officers
    stand_in(absent, deputy)
    with writing() as session:
        held = people.appointments_of(session, session.get_one(Person, absent.id))[0]
        assert people.end_appointment(session, held, TODAY + timedelta(days=2), by=COMMAND_LINE, now=NOW) is None
    assert roles(reading, deputy, place, TODAY + timedelta(days=1)) == {Role.OFFICER}
    assert roles(reading, deputy, place, TODAY + timedelta(days=2)) == set()


def test_a_disabled_account_lends_nothing(officers: tuple[Person, Person], place: Place, reading: Session) -> None:
    absent, deputy = officers
    stand_in(absent, deputy)
    with writing() as session:
        people.disable(session, session.get_one(Person, absent.id), reason="离职", by=COMMAND_LINE, now=NOW)
    assert roles(reading, deputy, place, TODAY) == set()


def test_ended_today_it_lends_nothing_from_this_moment(
    officers: tuple[Person, Person], place: Place, reading: Session
) -> None:
    absent, deputy = officers
    made = stand_in(absent, deputy)
    assert isinstance(made, StandIn)
    with writing() as session:
        kept = session.get_one(StandIn, made.id)
        end = standing_in.end_stand_in(session, kept, by=COMMAND_LINE, now=NOW, timezone="Asia/Shanghai")
        assert end is None
        again = standing_in.end_stand_in(session, kept, by=COMMAND_LINE, now=NOW, timezone="Asia/Shanghai")
        assert isinstance(again, Refused)
    assert roles(reading, deputy, place, TODAY) == set()
    assert isinstance(stand_in(absent, deputy), StandIn)  # and the days are free again


def test_there_are_no_chains(
    officers: tuple[Person, Person], somebody: Somebody, appointed: Appointed, place: Place, reading: Session
) -> None:
    """C stands in for B, B for A: what A is does not reach C, and B cannot take it on while away."""
    absent, deputy = officers
    third = somebody("yu", name="于兰")
    appointed(third, Role.OFFICER, place.archives)
    stand_in(absent, deputy)
    assert isinstance(stand_in(deputy, third), StandIn)
    assert roles(reading, third, place, TODAY) == set()
    refused = stand_in(third, deputy)
    assert isinstance(refused, Refused)
    assert "代理不能接力" in refused.reason


@pytest.mark.parametrize(
    ("role", "where", "starts", "ends", "why"),
    [
        (Role.OFFICER, "archives", 0, 0, "早于第一天"),
        (Role.OFFICER, "archives", -9, -2, "已经过去"),
        (Role.OFFICER, "archives", 0, 400, "最长一年"),
        (Role.AUDITOR, "region", 0, 5, "三权分立"),
        (Role.ADMINISTRATOR, "region", 0, 5, "三权分立"),
        (Role.EDITOR, "water", 0, 5, "同一个部门"),
    ],
)
def test_who_cannot_stand_in_is_told_why(
    role: Role, where: str, starts: int, ends: int, why: str, place: Place, somebody: Somebody, appointed: Appointed
) -> None:
    absent, deputy = somebody("fang", name="方远"), somebody("han", name="韩梅")
    appointed(absent, Role.OFFICER, place.water)
    appointed(deputy, role, getattr(place, where))
    refused = stand_in(absent, deputy, TODAY + timedelta(days=starts), TODAY + timedelta(days=ends))
    assert isinstance(refused, Refused)
    assert why in refused.reason


def test_two_stand_ins_at_once_are_refused(
    officers: tuple[Person, Person], somebody: Somebody, appointed: Appointed, place: Place
) -> None:
    absent, deputy = officers
    third = somebody("yu", name="于兰")
    appointed(third, Role.OFFICER, place.archives)
    stand_in(absent, deputy)
    refused = stand_in(absent, third, FRIDAY - timedelta(days=1), FRIDAY + timedelta(days=9))
    assert isinstance(refused, Refused)
    assert "已经有代理人（2026-03-02 至 2026-03-06）" in refused.reason
    assert isinstance(stand_in(absent, third, FRIDAY, FRIDAY + timedelta(days=9)), StandIn)


def test_accounts_and_records_are_lent_to_nobody(place: Place, somebody: Somebody, appointed: Appointed) -> None:
    absent, deputy = somebody("fang", name="方远"), somebody("han", name="韩梅")
    appointed(absent, Role.ADMINISTRATOR, place.region)
    appointed(deputy, Role.MANAGER, place.region)
    refused = stand_in(absent, deputy)
    assert isinstance(refused, Refused)
    assert "没有可以代理的任职" in refused.reason
