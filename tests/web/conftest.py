"""The pages over a database, a browser, and people to sign in as."""

import re
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.routing import Rule

from accounts import people
from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region
from accounts.models import Department, Person, Region
from accounts.passwords import hashed
from accounts.roles import OF_A_DEPARTMENT, Role
from config.clock import now
from config.database import db, writing
from web.application import create_app

PASSWORD = "correct horse battery"


@pytest.fixture
def pages(app: Flask) -> Iterator[Flask]:
    """The real app, on the database that `app` keeps clean, with an answer to every exception."""
    made = create_app(app.config["MUBIAO"])
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def browser(pages: Flask) -> FlaskClient:
    """A browser without cookies."""
    return pages.test_client()


@pytest.fixture
def person(app: Flask) -> Callable[..., Person]:
    """Makes somebody with a role at the water department (or in the region)."""

    def make(login: str = "tian", role: Role | None = Role.EDITOR, *, must_change: bool = False) -> Person:
        with writing() as session:
            region = session.query(Region).first()
            if region is None:
                region = add_region(session, code="990000", name="云岭省", by=COMMAND_LINE, now=now())
                assert isinstance(region, Region)
                add_department(session, region, code="101", name="水利厅", by=COMMAND_LINE, now=now())
            made = people.create(
                session,
                login=login,
                name="田小禾",
                email=None,
                password_hash=hashed(PASSWORD),
                by=COMMAND_LINE,
                now=now(),
            )
            assert isinstance(made, Person)
            made.must_change_password = must_change
            if role:
                place = session.query(Department).one() if role in OF_A_DEPARTMENT else region
                people.appoint(session, made, role, place, date(2020, 1, 1), None, by=COMMAND_LINE, now=now())
        return made

    return make


def key_of(page: str) -> str:
    """The form key in a page."""
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def sign_in(browser: FlaskClient, login: str = "tian", password: str = PASSWORD, query: str = ""):
    """Open the sign-in page, fill it in and send it."""
    key = key_of(browser.get("/sign-in").text)
    return browser.post(f"/sign-in{query}", data={"csrf_token": key, "login": login, "password": password})


def address(rule: Rule) -> str:
    """A path that a route answers to, whatever stands in its places."""
    return re.sub(r"<[^>]+>", "1", rule.rule)


def let_in(person_id: int) -> str:
    """Give somebody of tests.factories the password of these tests; returns their login."""
    session = db.session()
    someone = session.get_one(Person, person_id)
    someone.password_hash, someone.must_change_password = hashed(PASSWORD), False
    login = someone.login
    session.commit()
    return login


def enter(browser: FlaskClient, person_id: int) -> None:
    """Give somebody of a factories' world a password, and sign in as them."""
    who = db.session().get_one(Person, person_id)
    who.password_hash, who.must_change_password = hashed(PASSWORD), False
    login = who.login
    db.session().commit()
    sign_in(browser, login)


def post(browser: FlaskClient, path: str, data: dict[str, object] | None = None, *, form: str | None = None):
    """Open the page a form stands on (the path itself unless named), and send the form with what is typed."""
    page = browser.get(form or path).text
    keys = {"csrf_token": key_of(page)}
    if 'name="key" value="' in page:
        keys["key"] = page.split('name="key" value="', 1)[1].split('"', 1)[0]
    return browser.post(path, data=keys | (data or {}))


class counted_queries:  # noqa: N801 - reads like a function: `with counted_queries() as queries`
    """The statements sent to the database meanwhile."""

    def __enter__(self) -> list[str]:
        self.found: list[str] = []
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self.found

    def __exit__(self, *error: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, statement, *_more) -> None:
        self.found.append(statement)


def put_clock(monkeypatch: pytest.MonkeyPatch, clock: Callable[[], datetime]) -> None:
    """Let every page ask this clock."""
    asking = [
        module for name, module in sys.modules.items() if name.startswith("web") and vars(module).get("now") is now
    ]
    assert asking
    for module in asking:
        monkeypatch.setattr(module, "now", clock)
