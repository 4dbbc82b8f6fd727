"""Signing in, passwords, appointments; and that all of it stands in the ledger."""

import threading
import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import passwords, people
from accounts.actor import COMMAND_LINE
from accounts.models import Appointment, Person, Region
from accounts.refusals import Refused
from accounts.roles import Role
from config.database import db, writing
from ledger import book
from tests.accounts.conftest import NOW, PASSWORD, Place

Somebody = Callable[..., Person]
Appointed = Callable[..., Appointment]


def acts(session: Session, chain: str) -> list[str]:
    return [entry.act for entry in book.history(session, chain)]


@pytest.mark.each_database
def test_the_right_password_lets_in_and_is_written_down(somebody: Somebody, reading: Session) -> None:
    person = somebody("tian")
    came_in = people.sign_in(" ＴＩＡＮ ", PASSWORD, NOW, address="192.0.2.7")
    assert isinstance(came_in, Person)
    assert came_in.id == person.id
    entry = book.history(reading, f"person:{person.id}")[-1]
    assert (entry.act, book.said(entry)["address"]) == ("sign_in", "192.0.2.7")


def test_a_wrong_password_an_unknown_login_and_a_disabled_account_hear_the_same(
    somebody: Somebody, reading: Session
) -> None:
    somebody("tian")
    gone = somebody("gone")
    with writing() as session:
        people.disable(session, session.get_one(Person, gone.id), reason="离职", by=COMMAND_LINE, now=NOW)
    answers = [
        people.sign_in("tian", "wrong password", NOW),
        people.sign_in("nobody", PASSWORD, NOW),
        people.sign_in("gone", PASSWORD, NOW),
        people.sign_in("gone", "wrong password", NOW),
    ]
    assert answers == [people.SIGN_IN_REFUSED] * 4


def test_failures_are_written_down_where_they_belong(somebody: Somebody, reading: Session) -> None:
    person = somebody("tian")
    people.sign_in("tian", "wrong password", NOW)
    people.sign_in("my secret password", "tian", NOW)
    assert acts(reading, f"person:{person.id}") == ["created", "sign_in_failed"]
    (unknown,) = book.history(reading, "signin")
    assert unknown.act == "sign_in_failed"
    assert "secret" not in unknown.body


@pytest.mark.each_database
@pytest.mark.parametrize("login", ["\0", "ti\0an", "x" * 5000, "' OR 1=1 --", "％"])
def test_odd_logins_are_refused_like_any_other(login: str, app: Flask) -> None:
    assert people.sign_in(login, PASSWORD, NOW) == people.SIGN_IN_REFUSED


@pytest.mark.parametrize("meanwhile", ["another password", "disabled"])
def test_what_changes_while_the_password_is_checked_counts(
    meanwhile: str, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checking takes a while and holds no lock: an account that is closed in between stays closed."""
    somebody("tian")

    def slow_check(password: str, kept: str | None) -> bool:
        with writing() as session:
            person = people.by_login(session, "tian")
            assert person is not None
            if meanwhile == "disabled":
                people.disable(session, person, reason="离职", by=COMMAND_LINE, now=NOW)
            else:
                people.new_first_password(session, person, password_hash="other", by=COMMAND_LINE, now=NOW)
        return True

    monkeypatch.setattr(passwords, "fits", slow_check)
    assert people.sign_in("tian", PASSWORD, NOW) == people.SIGN_IN_REFUSED


@pytest.mark.each_database
def test_an_address_that_was_wrong_ten_times_waits_and_another_does_not(somebody: Somebody, reading: Session) -> None:
    person = somebody("tian")
    for second in range(10):
        people.sign_in("tian", "wrong", NOW + timedelta(seconds=second), address="192.0.2.7")
    soon = NOW + timedelta(minutes=14)
    assert people.sign_in("tian", PASSWORD, soon, address="192.0.2.7") == people.SIGN_IN_REFUSED
    assert acts(reading, f"person:{person.id}")[-1] == "sign_in_held_back"
    reading.rollback()
    assert isinstance(people.sign_in("tian", PASSWORD, soon, address="192.0.2.8"), Person)
    later = NOW + timedelta(minutes=15)
    assert isinstance(people.sign_in("tian", PASSWORD, later, address="192.0.2.7"), Person)


def test_nobody_signs_in_without_a_password(somebody: Somebody) -> None:
    somebody("tian", password=None)
    assert people.sign_in("tian", "", NOW) == people.SIGN_IN_REFUSED


def test_signing_in_renews_a_hash_of_less_effort(somebody: Somebody, reading: Session) -> None:
    person = somebody("tian")
    before = reading.get_one(Person, person.id).password_hash
    reading.rollback()
    with passwords.effort(time_cost=2, memory_kib=64, parallelism=1):
        assert isinstance(people.sign_in("tian", PASSWORD, NOW), Person)
        after = reading.get_one(Person, person.id).password_hash
        assert after != before
        assert passwords.fits(PASSWORD, after)


def test_a_changed_password_replaces_the_old_one(somebody: Somebody, reading: Session) -> None:
    person = somebody("tian")
    assert people.change_password(person.id, current=PASSWORD, new="a brand new one", now=NOW) is None
    assert people.sign_in("tian", PASSWORD, NOW) == people.SIGN_IN_REFUSED
    came_in = people.sign_in("tian", "a brand new one", NOW)
    assert isinstance(came_in, Person)
    assert not came_in.must_change_password
    assert "password_changed" in acts(reading, f"person:{person.id}")


@pytest.mark.parametrize(
    ("current", "new", "code"),
    [("wrong", "a brand new one", "current"), (PASSWORD, "short", "new"), (PASSWORD, PASSWORD, "new")],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_poor_one(
    current: str, new: str, code: str, somebody: Somebody
) -> None:
    person = somebody("tian")
    refused = people.change_password(person.id, current=current, new=new, now=NOW)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert isinstance(people.sign_in("tian", PASSWORD, NOW), Person)


def test_no_password_stands_in_the_ledger(somebody: Somebody, reading: Session) -> None:
    person = somebody("tian")
    people.sign_in("tian", PASSWORD, NOW)
    people.change_password(person.id, current=PASSWORD, new="a brand new one", now=NOW)
    bodies = " ".join(entry.body for entry in book.history(reading, f"person:{person.id}"))
    assert PASSWORD not in bodies
    assert "brand new" not in bodies
    assert "argon2" not in bodies


def test_an_administrator_cannot_decide_as_well(place: Place, somebody: Somebody, appointed: Appointed) -> None:
    person = somebody()
    appointed(person, Role.ADMINISTRATOR, place.region)
    with writing() as session:
        refused = people.appoint(
            session,
            session.get_one(Person, person.id),
            Role.EDITOR,
            place.water,
            date(2026, 6, 1),
            None,
            by=COMMAND_LINE,
            now=NOW,
        )
    assert isinstance(refused, Refused)
    assert "三权分立" in refused.reason


@pytest.mark.parametrize(("role", "where"), [(Role.EDITOR, "region"), (Role.MANAGER, "water")])
def test_a_role_fits_its_scope(role: Role, where: str, place: Place, somebody: Somebody) -> None:
    person = somebody()
    with writing() as session:
        refused = people.appoint(
            session,
            session.get_one(Person, person.id),
            role,
            getattr(place, where),
            date(2026, 1, 1),
            None,
            by=COMMAND_LINE,
            now=NOW,
        )
    assert isinstance(refused, Refused)
    assert refused.code == "scope"


def test_prolonging_an_appointment_asks_the_same_as_making_it(
    place: Place, somebody: Somebody, appointed: Appointed
) -> None:
    person = somebody()
    first = appointed(person, Role.MANAGER, place.region, date(2026, 1, 1), date(2026, 7, 1))
    appointed(person, Role.ADMINISTRATOR, place.region, date(2026, 7, 1))
    with writing() as session:
        refused = people.end_appointment(
            session, session.get_one(Appointment, first.id), None, by=COMMAND_LINE, now=NOW
        )
    assert isinstance(refused, Refused)


def test_what_somebody_was_is_ended_not_deleted(
    place: Place, somebody: Somebody, appointed: Appointed, reading: Session
) -> None:
    person = somebody()
    made = appointed(person, Role.EDITOR, place.water)
    with writing() as session:
        held = session.get_one(Appointment, made.id)
        assert people.end_appointment(session, held, date(2026, 3, 1), by=COMMAND_LINE, now=NOW) is None
    assert reading.scalars(select(Appointment.ends_on)).all() == [date(2026, 3, 1)]
    assert acts(reading, f"person:{person.id}") == ["created", "appointed", "appointment_ended"]


@pytest.mark.each_database
def test_of_two_appointments_at_one_moment_that_exclude_each_other_one_is_made(
    app: Flask, place: Place, somebody: Somebody, reading: Session
) -> None:
    """The second is asked for while the first is made but not yet committed."""
    person_id, region_id = somebody().id, place.region.id
    reading.rollback()
    first_is_made, results = threading.Event(), {}

    def appoint(role: Role) -> None:
        with app.app_context():
            if role is Role.ADMINISTRATOR:
                first_is_made.wait(10)
            with writing() as session:
                person, region = session.get_one(Person, person_id), session.get_one(Region, region_id)
                made = people.appoint(session, person, role, region, date(2026, 1, 1), None, by=COMMAND_LINE, now=NOW)
                results[role] = type(made)
                if role is Role.MANAGER:
                    first_is_made.set()
                    time.sleep(0.5)
            db.session.remove()

    threads = [threading.Thread(target=appoint, args=(role,)) for role in (Role.MANAGER, Role.ADMINISTRATOR)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == {Role.MANAGER: Appointment, Role.ADMINISTRATOR: Refused}


def test_a_login_belongs_to_one_person(somebody: Somebody) -> None:
    somebody("tian")
    with writing() as session:
        refused = people.create(
            session, login="TIAN", name="另一人", email=None, password_hash=None, by=COMMAND_LINE, now=NOW
        )
    assert isinstance(refused, Refused)


@pytest.mark.parametrize("login", ["", "a", "with space", "a" * 81, "a:b", "a/b"])
def test_a_login_has_a_shape(login: str, app: Flask) -> None:
    with writing() as session:
        refused = people.create(
            session, login=login, name="某人", email=None, password_hash=None, by=COMMAND_LINE, now=NOW
        )
    assert isinstance(refused, Refused)
