"""Every route, sent by real requests as every role, as the neighbour and signed out, against a table written by hand.

Letters: E editor, R department reviewer, H the department's head, O officer, M manager, A auditor, S system
administrator, N an editor of the neighbouring department; X is somebody not signed in. A row names who comes in / for
whom there is no such thing (404) / who may not do it (403). Signed out, everybody is sent to sign in, but for the
routes that are open (`open`), and those for a program with the token of the settings (`token`), at which no person
comes in.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import Person
from accounts.passwords import hashed
from accounts.roles import Role
from config.database import db
from notifications.channels.inbox import Inbox
from notifications.models import Notice
from notifications.rules import INBOX
from notifications.tasks import tick
from tests import factories
from tests.web.conftest import PASSWORD, sign_in
from web import access
from workflow import loading
from workflow.models import Project
from workflow.states import State

EVERYBODY = "ERHOMASN / /"
OF_THE_TABLE = "ERHOMA / SN /"
EDITOR = "E / N / RHOMAS"
REVIEWER = "R / / EHOMASN"
OFFICER = "O / / ERHMASN"
MANAGER = "M / / ERHOASN"
OF_THE_DEPARTMENT = "ER / N / HOMAS"
WHO_REVIEWS = "OR / / EHMASN"
BUREAU = "MO / / ERHASN"
ADMINISTRATOR = "S / / ERHOMAN"
AUDITOR = "A / / ERHOMSN"
ROUTES = {
    "GET /static/<path:filename>": "open",
    "GET /sign-in": "open",
    "POST /sign-in": "open",
    "POST /language": "open",
    "POST /sign-out": EVERYBODY,
    "GET /password": EVERYBODY,
    "POST /password": EVERYBODY,
    "GET /": EVERYBODY,
    "GET /health": "open",
    "GET /metrics": "token",
    "GET /tables": EVERYBODY,
    "GET /monitoring": EVERYBODY,
    "GET /evaluation": EVERYBODY,
    "GET /messages": EVERYBODY,
    "POST /messages/<int:notice_id>/read": "O / ERHMASN /",
    "POST /messages/read": EVERYBODY,
    "GET /messages/preferences": EVERYBODY,
    "POST /messages/preferences": EVERYBODY,
    "POST /messages/targets/<channel>": EVERYBODY,
    "POST /messages/targets/<channel>/give-up": EVERYBODY,
    "GET /tables/<int:table_id>": OF_THE_TABLE,
    "GET /tables/<int:table_id>/revisions/<int:number>": OF_THE_TABLE,
    "GET /tables/<int:table_id>/compare": EVERYBODY,
    "GET /tables/<int:table_id>/compare/<int:old>/<int:new>": OF_THE_TABLE,
    "GET /tables/<int:table_id>/do/<event>": OF_THE_TABLE,
    "POST /tables/<int:table_id>/do/<event>": OF_THE_TABLE,
    "GET /tables/<int:table_id>/fill": EDITOR,
    "POST /tables/<int:table_id>/fill/add": EDITOR,
    "POST /tables/<int:table_id>/fill/blocks/<key_of_block>": EDITOR,
    "POST /tables/<int:table_id>/fill/cells/<path>": EDITOR,
    "GET /tables/<int:table_id>/fill/confirm/<key_of_block>": EDITOR,
    "POST /tables/<int:table_id>/fill/confirm/<key_of_block>": EDITOR,
    "GET /tables/<int:table_id>/fill/last-year": EDITOR,
    "POST /tables/<int:table_id>/fill/last-year": EDITOR,
    "POST /tables/<int:table_id>/fill/remove/<part>/<int:row_id>": EDITOR,
    "POST /tables/<int:table_id>/fill/restore/<part>/<int:row_id>": EDITOR,
    "POST /tables/<int:table_id>/fill/rows/<part>/<int:row_id>": EDITOR,
    "GET /tables/<int:table_id>/import": EDITOR,
    "POST /tables/<int:table_id>/import": EDITOR,
    "GET /tables/<int:table_id>/import/pages/<int:page>.png": "/ EN / RHOMAS",  # no PDF waits
    "GET /tables/<int:table_id>/import/sheet.<ending>": EDITOR,
    "POST /tables/<int:table_id>/import/accept": EDITOR,
    "POST /tables/<int:table_id>/import/discard": EDITOR,
    "POST /tables/<int:table_id>/remarks/<int:number>/answer": EDITOR,
    "GET /tables/<int:table_id>/adjust": OF_THE_DEPARTMENT,
    "POST /tables/<int:table_id>/adjust": OF_THE_DEPARTMENT,
    "GET /tables/<int:table_id>/adjustment": "/ ERHOMASN /",  # the table is no adjustment
    "GET /tables/<int:table_id>/internal-review": REVIEWER,
    "POST /tables/<int:table_id>/internal-review": REVIEWER,
    "GET /tables/<int:table_id>/review": OFFICER,
    "POST /tables/<int:table_id>/review": OFFICER,
    "GET /tables/<int:table_id>/review/<decision>": OFFICER,
    "POST /tables/<int:table_id>/review/<decision>": OFFICER,
    "GET /tables/<int:table_id>/evaluation-review": OFFICER,
    "GET /tables/<int:table_id>/decline-amendment": REVIEWER,
    "POST /tables/<int:table_id>/decline-amendment": REVIEWER,
    "GET /tables/<int:table_id>/amend": OFFICER,
    "POST /tables/<int:table_id>/amend": OFFICER,
    "GET /tables/<int:table_id>/to-review": WHO_REVIEWS,
    "POST /tables/<int:table_id>/remarks": WHO_REVIEWS,
    "POST /tables/<int:table_id>/remarks/<int:number>/rewrite": WHO_REVIEWS,
    "POST /tables/<int:table_id>/remarks/<int:number>/remove": WHO_REVIEWS,
    "GET /tables/<int:table_id>/extend": MANAGER,
    "POST /tables/<int:table_id>/extend": MANAGER,
    "GET /tables/<int:table_id>/ask-extension": OF_THE_DEPARTMENT,
    "POST /tables/<int:table_id>/ask-extension": OF_THE_DEPARTMENT,
    "GET /tables/<int:table_id>/requests/<int:number>/refuse": MANAGER,
    "POST /tables/<int:table_id>/requests/<int:number>/refuse": MANAGER,
    "POST /cycle/requests/grant": MANAGER,
    "GET /tables/<int:table_id>/waive": MANAGER,
    "POST /tables/<int:table_id>/waive": MANAGER,
    "GET /tables/<int:table_id>/urge": BUREAU,
    "POST /tables/<int:table_id>/urge": BUREAU,
    "GET /worklist": BUREAU,
    "POST /worklist/urge": BUREAU,
    "POST /worklist/chosen": BUREAU,
    "POST /worklist/approve": "O / / ERHMASN",
    "GET /statistics": BUREAU,
    "GET /cycle": MANAGER,
    "POST /cycle/open": MANAGER,
    "POST /cycle/<int:cycle_id>/windows": MANAGER,
    "POST /cycle/<int:cycle_id>/rounds": MANAGER,
    "POST /cycle/<int:cycle_id>/extensions": MANAGER,
    "GET /cycle/calendar": MANAGER,
    "POST /cycle/calendar": MANAGER,
    "POST /cycle/calendar/preview": MANAGER,
    "GET /reminders": MANAGER,
    "POST /reminders/<int:cycle_id>/try/<channel>": MANAGER,
    "GET /tables/<int:table_id>/monitoring": OF_THE_TABLE,
    "POST /tables/<int:table_id>/monitoring/confirm": OF_THE_TABLE,
    "GET /tables/<int:table_id>/monitoring/reports/<int:project_id>": OF_THE_TABLE,
    "POST /tables/<int:table_id>/monitoring/reports/<int:project_id>": OF_THE_TABLE,
    "POST /tables/<int:table_id>/monitoring/reports/<int:project_id>/draft": OF_THE_TABLE,
    "POST /tables/<int:table_id>/monitoring/reports/<int:project_id>/return": OF_THE_TABLE,
    "GET /tables/<int:table_id>/projects/add": OF_THE_TABLE,
    "POST /tables/<int:table_id>/projects/add": OF_THE_TABLE,
    "GET /tables/<int:table_id>/projects/<int:project_id>": OF_THE_TABLE,
    "POST /tables/<int:table_id>/projects/<int:project_id>": OF_THE_TABLE,
    "POST /tables/<int:table_id>/projects/<int:project_id>/evaluate": OF_THE_TABLE,
    "GET /tables/<int:table_id>/evaluation": OF_THE_TABLE,
    "POST /tables/<int:table_id>/evaluation": OF_THE_TABLE,
    "POST /tables/<int:table_id>/evaluation/rows/<int:number>": OF_THE_TABLE,
    "GET /people": ADMINISTRATOR,
    "GET /people/new": ADMINISTRATOR,
    "POST /people/new": ADMINISTRATOR,
    "GET /people/import": ADMINISTRATOR,
    "POST /people/import": ADMINISTRATOR,
    "GET /people/<int:person_id>": ADMINISTRATOR,
    "POST /people/<int:person_id>/correct": ADMINISTRATOR,
    "POST /people/<int:person_id>/disable": ADMINISTRATOR,
    "POST /people/<int:person_id>/enable": ADMINISTRATOR,
    "POST /people/<int:person_id>/first-password": ADMINISTRATOR,
    "POST /people/<int:person_id>/appointments": ADMINISTRATOR,
    "POST /people/<int:person_id>/appointments/<int:appointment_id>/end": ADMINISTRATOR,
    "GET /people/<int:person_id>/hand-over": ADMINISTRATOR,
    "POST /people/<int:person_id>/hand-over": ADMINISTRATOR,
    "GET /people/<int:person_id>/stand-in": ADMINISTRATOR,
    "POST /people/<int:person_id>/stand-in": ADMINISTRATOR,
    "POST /people/<int:person_id>/stand-in/<int:arrangement_id>/end": ADMINISTRATOR,
    "GET /stand-in": EVERYBODY,
    "POST /stand-in": EVERYBODY,
    "POST /stand-in/<int:arrangement_id>/end": EVERYBODY,
    "GET /appointments": ADMINISTRATOR,
    "GET /departments": ADMINISTRATOR,
    "GET /departments/new": ADMINISTRATOR,
    "POST /departments/new": ADMINISTRATOR,
    "GET /departments/<int:department_id>": ADMINISTRATOR,
    "POST /departments/<int:department_id>": ADMINISTRATOR,
    "GET /sign-ins": ADMINISTRATOR,
    "GET /audit": AUDITOR,
    "POST /audit/verify": AUDITOR,
    "GET /audit/ledger": AUDITOR,
    "POST /audit/ledger/verify": AUDITOR,
    "GET /audit/ledger/export": AUDITOR,
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
    world = factories.world()
    world.asks_for_time(date(2019, 12, 13))
    world.bring_to(State.FINANCE_REVIEW)
    tick(world.clock, {INBOX: Inbox()})
    world.recorded("remark", world.own.officer, must=False, path="annual_goal", text="建议写明数量")
    world.moved("amend", world.own.officer)
    world.list_projects(1)
    _sing(world)
    people = {
        "E": world.own.editor,
        "R": world.own.reviewer,
        "H": world.own.head,
        "O": world.own.officer,
        "M": world.manager,
        "A": world.auditor,
        "S": world.administrator,
        "N": world.neighbour.editor,
    }
    browsers = {letter: _signed_in(pages, person_id) for letter, person_id in people.items()}
    browsers["X"] = pages.test_client()
    pages.config["WTF_CSRF_ENABLED"] = False
    project = db.session().scalars(select(Project.id)).one()
    told = (
        db.session()
        .scalars(select(Notice.id).where(Notice.recipient_id == world.own.officer, Notice.channel == INBOX))
        .first()
    )
    places = {
        "project_id": project,
        "notice_id": told,
        "cycle_id": world.cycle_id,
        "person_id": world.neighbour.reviewer,
        "appointment_id": 1,
        "arrangement_id": 1,
        "department_id": world.neighbour.id,
        "key_of_block": "tasks",
        "path": "annual_goal",
        "part": "tasks",
        "row_id": 1,
        "table_id": world.own.table_id,
        "number": 1,
        "old": 1,
        "new": 2,
        "event": "accept_amendment",
        "decision": "approve",
        "ending": "txt",
        "page": 1,
        "filename": "mubiao.css",
        "channel": "webhook",
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
        allowed, missing, forbidden = ROUTES[route].split("/") if "/" in ROUTES[route] else (ROUTES[route], "", "")
        for letter, browser in everybody.browsers.items():
            with browser.open(address, method=method, data={} if method == "POST" else None) as answer:
                at_the_door = answer.status_code == 302 and answer.location.startswith("/sign-in")
                if ROUTES[route] == "token":
                    fits = answer.status_code == 401
                elif ROUTES[route] == "open":
                    fits = answer.status_code in CAME_IN | {503}  # /health says so where nothing runs
                elif letter == "X":
                    fits = at_the_door
                elif letter in allowed:
                    fits = answer.status_code in CAME_IN and not at_the_door
                else:
                    fits = answer.status_code == (404 if letter in missing else 403) and letter in missing + forbidden
                if not fits:
                    wrong.append((route, letter, answer.status_code))
                if letter in "ERHOSX" and CANARY in answer.text:
                    wrong.append((route, letter, "saw the neighbour's text"))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_head_who_may_review_goes_red(pages: Flask, everybody: Everybody, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the door of the officer's review opened to heads."""
    door = access.declared(pages, "review.finance")
    assert door is not None
    monkeypatch.setattr(
        pages.view_functions["review.finance"], "mubiao_access", replace(door, roles=door.roles | {Role.HEAD})
    )
    with pytest.raises(AssertionError, match="review', 'H'"):
        test_everybody_gets_where_the_table_says_and_nowhere_else(pages, everybody)


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
    monkeypatch.setitem(ROUTES, "GET /tables/<int:table_id>", "ERHOMASN / /")
    with pytest.raises(AssertionError):
        test_everybody_gets_where_the_table_says_and_nowhere_else(pages, everybody)
