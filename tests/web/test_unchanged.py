"""A page that says the same is answered 304; whatever it is made of changes its mark."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Appointment, StandIn
from config.database import db
from tests import factories
from tests.web.conftest import enter, put_clock
from workflow.states import State

pytestmark = pytest.mark.each_database


@pytest.fixture
def world(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> factories.World:
    """A table at the bureau, on the world's own day."""
    made = factories.world().bring_to(State.FINANCE_REVIEW)
    put_clock(monkeypatch, made.clock)
    return made


@pytest.fixture
def officer(world: factories.World, browser: FlaskClient) -> FlaskClient:
    enter(browser, world.own.officer)
    browser.get("/")
    return browser


def mark(browser: FlaskClient, world: factories.World) -> str:
    answer = browser.get(f"/tables/{world.own.table_id}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    return answer.headers["ETag"]


def ask(browser: FlaskClient, world: factories.World, seen: str) -> int:
    return browser.get(f"/tables/{world.own.table_id}", headers={"If-None-Match": seen}).status_code


def test_the_same_page_is_not_made_again(officer: FlaskClient, world: factories.World) -> None:
    seen = mark(officer, world)
    answer = officer.get(f"/tables/{world.own.table_id}", headers={"If-None-Match": seen})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Content-Security-Policy"]


def test_whatever_is_written_about_the_table_makes_it_anew(officer: FlaskClient, world: factories.World) -> None:
    seen = mark(officer, world)
    world.recorded("remark", world.own.officer, text="请写明", must=False)
    assert ask(officer, world, seen) == 200
    assert "请写明" in officer.get(f"/tables/{world.own.table_id}").text


def test_another_day_makes_it_anew(officer: FlaskClient, world: factories.World) -> None:
    seen = mark(officer, world)
    world.clock.at += timedelta(days=1)
    assert ask(officer, world, seen) == 200


def test_a_right_more_makes_it_anew(officer: FlaskClient, world: factories.World) -> None:
    seen = mark(officer, world)
    session = db.session()
    own, region = world.own, world.region_id
    session.add(
        Appointment(
            person_id=own.officer, role="department_reviewer", region_id=region, department_id=own.id,
            starts_on=date(2019, 1, 1), ends_on=None,
        )
    )  # fmt: skip
    session.commit()
    assert ask(officer, world, seen) == 200


def test_somebody_elses_mark_is_worth_nothing_and_who_may_not_see_it_gets_404(
    officer: FlaskClient, world: factories.World, pages: Flask
) -> None:
    seen = mark(officer, world)
    reviewer, neighbour = pages.test_client(), pages.test_client()
    db.session().rollback()
    enter(reviewer, world.own.reviewer)
    reviewer.get("/")
    assert ask(reviewer, world, seen) == 200
    db.session().rollback()
    enter(neighbour, world.neighbour.officer)
    assert ask(neighbour, world, seen) == 404


def test_a_right_lent_makes_it_there_and_a_right_ended_takes_it_away(world: factories.World, pages: Flask) -> None:
    deputy = pages.test_client()
    db.session().rollback()
    enter(deputy, world.neighbour.officer)
    session = db.session()
    lent = StandIn(
        absent_id=world.own.officer, deputy_id=world.neighbour.officer, starts_on=date(2019, 1, 1),
        ends_on=date(2021, 1, 1), reason="出差", named_by=world.own.officer, named_at=world.clock.at,
    )  # fmt: skip
    session.add(lent)
    session.commit()
    deputy.get("/")
    seen = mark(deputy, world)
    assert ask(deputy, world, seen) == 304
    session = db.session()
    session.get_one(StandIn, lent.id).ends_on = date(2019, 1, 1)
    session.commit()
    assert ask(deputy, world, seen) == 404


def test_a_new_session_gets_a_page_with_its_own_keys(world: factories.World, pages: Flask) -> None:
    """Signed in anew, the page kept from before would carry keys that are no longer taken."""
    marks = []
    for _session in range(2):
        browser = pages.test_client()
        db.session().rollback()
        enter(browser, world.own.officer)
        marks.append(mark(browser, world))
    assert marks[0] != marks[1]


def test_signing_out_clears_what_this_machine_kept(officer: FlaskClient, world: factories.World) -> None:
    token = officer.get("/").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    answer = officer.post("/sign-out", data={"csrf_token": token})
    assert answer.headers["Clear-Site-Data"] == '"cache"'
