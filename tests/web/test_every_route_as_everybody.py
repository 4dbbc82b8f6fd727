"""Every route, sent by real requests as every role, as the neighbour and signed out, against a table written by hand.

Letters: E editor, R department reviewer, O officer, M manager, A auditor, S system administrator, N an editor of the
neighbouring department; X is somebody not signed in. A row names who comes in; after the bar stands what the others
get. Signed out, everybody is sent to sign in, but for the routes that are open (`open`).
"""

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Person
from accounts.passwords import hashed
from config.database import db
from tests import factories
from tests.web.conftest import PASSWORD, sign_in
from web import access
from workflow import loading
from workflow.states import State

EVERYBODY = "EROMASN"
OF_THE_TABLE = "EROMA | 404"
ROUTES = {
    "GET /static/<path:filename>": "open",
    "GET /sign-in": "open",
    "POST /sign-in": "open",
    "POST /language": "open",
    "POST /sign-out": EVERYBODY,
    "GET /password": EVERYBODY,
    "POST /password": EVERYBODY,
    "GET /": EVERYBODY,
    "GET /tables/<int:table_id>": OF_THE_TABLE,
    "GET /tables/<int:table_id>/revisions/<int:number>": OF_THE_TABLE,
    "GET /tables/<int:table_id>/compare/<int:old>/<int:new>": OF_THE_TABLE,
    "GET /tables/<int:table_id>/do/<event>": OF_THE_TABLE,
    "POST /tables/<int:table_id>/do/<event>": OF_THE_TABLE,
}
CANARY = "金丝雀七七三一"
"""Stands in the neighbour's sheet; no page of anybody who may not see it ever holds it."""
CAME_IN = {200, 302, 303, 400, 409, 413, 422}


@dataclass
class Everybody:
    """Browsers by letter, and what fills the addresses' places."""

    browsers: dict[str, FlaskClient]
    places: dict[str, object]


@pytest.fixture
def everybody(pages: Flask) -> Everybody:
    """A table with two revisions before the bureau, and everybody signed in."""
    pages.config["WTF_CSRF_ENABLED"] = True
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    _sing(world)
    people = {
        "E": world.own.editor,
        "R": world.own.reviewer,
        "O": world.own.officer,
        "M": world.manager,
        "A": world.auditor,
        "S": world.administrator,
        "N": world.neighbour.editor,
    }
    browsers = {letter: _signed_in(pages, person_id) for letter, person_id in people.items()}
    browsers["X"] = pages.test_client()
    pages.config["WTF_CSRF_ENABLED"] = False
    places = {
        "table_id": world.own.table_id,
        "number": 1,
        "old": 1,
        "new": 2,
        "event": "approve",
        "filename": "mubiao.css",
    }
    return Everybody(browsers, places)


def _sing(world: factories.World) -> None:
    """Put the canary into the neighbour's sheet."""
    own, world.own = world.own, world.neighbour
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("edit_sheet", world.own.editor, changes=[["annual_goal", CANARY]], seen=seen)
    world.own = own


def _signed_in(pages: Flask, person_id: int) -> FlaskClient:
    person = db.session().get_one(Person, person_id)
    person.password_hash, person.must_change_password = hashed(PASSWORD), False
    login = person.login
    db.session().commit()
    browser = pages.test_client()
    assert sign_in(browser, login).status_code == 302
    return browser


def _addresses(pages: Flask, places: dict[str, object]) -> dict[str, str]:
    """Each route as "METHOD rule" with an address made of it."""
    found = {}
    for rule in pages.url_map.iter_rules():
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(places[part[1]]), rule.rule)
        for method in rule.methods & {"GET", "POST"}:
            found[f"{method} {rule.rule}"] = address
    return found


def test_the_table_names_every_route_and_no_other(pages: Flask) -> None:
    real = {f"{m} {rule.rule}" for rule in pages.url_map.iter_rules() for m in rule.methods & {"GET", "POST"}}
    assert real == set(ROUTES)


def test_everybody_gets_where_the_table_says_and_nowhere_else(pages: Flask, everybody: Everybody) -> None:
    wrong = []
    for route, address in sorted(_addresses(pages, everybody.places).items()):
        if route == "POST /sign-out":
            continue  # would end what the next rows need; tests/web/test_entrance.py has it
        method = route.split(" ")[0]
        allowed, _, otherwise = ROUTES[route].partition(" | ")
        for letter, browser in everybody.browsers.items():
            with browser.open(address, method=method, data={} if method == "POST" else None) as answer:
                at_the_door = answer.status_code == 302 and answer.location.startswith("/sign-in")
                if allowed == "open":
                    fits = answer.status_code in CAME_IN
                elif letter == "X":
                    fits = at_the_door
                elif letter in allowed:
                    fits = answer.status_code in CAME_IN and not at_the_door
                else:
                    fits = str(answer.status_code) == otherwise
                if not fits:
                    wrong.append((route, letter, answer.status_code))
                if letter in "EROSX" and CANARY in answer.text:
                    wrong.append((route, letter, "saw the neighbour's text"))
    assert wrong == []


def test_the_canary_sings_where_it_may(pages: Flask, everybody: Everybody) -> None:
    """The negative control: the one who may see the neighbour's sheet does see it."""
    theirs = everybody.browsers["N"].get("/")
    assert theirs.status_code == 200
    neighbour = re.search(r"/tables/(\d+)", theirs.text)
    assert neighbour is not None
    assert CANARY in everybody.browsers["N"].get(neighbour[0]).text


def test_a_missing_row_goes_red(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a route that the table forgets is noticed."""
    monkeypatch.delitem(ROUTES, "GET /")
    with pytest.raises(AssertionError):
        test_the_table_names_every_route_and_no_other(pages)


def test_a_door_left_open_goes_red(pages: Flask, everybody: Everybody, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the table's page shown to everybody."""
    monkeypatch.setattr(access, "ask", lambda: None)
    monkeypatch.setitem(ROUTES, "GET /tables/<int:table_id>", "EROMASN | 404")
    with pytest.raises(AssertionError):
        test_everybody_gets_where_the_table_says_and_nowhere_else(pages, everybody)
