"""Every route says who may come in, and the say is kept."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from accounts import people
from accounts.actor import COMMAND_LINE
from accounts.models import Appointment, Person
from accounts.roles import Role
from config.clock import now
from config.database import writing
from tests.web.conftest import address, key_of, sign_in
from web import access
from web.application import BLUEPRINTS, create_app


def test_every_route_declares_who_may_come_in(pages: Flask) -> None:
    rules = list(pages.url_map.iter_rules())
    assert len(rules) >= 8
    assert all(access.declared(pages, rule.endpoint) for rule in rules)


def test_a_route_that_declares_nothing_keeps_the_app_from_starting(app: Flask) -> None:
    silent = Blueprint("silent", __name__)
    silent.get("/silent")(lambda: "anybody?")
    with pytest.raises(access.UndeclaredRoute, match="/silent"):
        create_app(app.config["MUBIAO"], blueprints=[*BLUEPRINTS, silent])


def test_a_route_added_after_the_start_is_closed(pages: Flask, browser: FlaskClient, person) -> None:
    person()
    pages.add_url_rule("/late", "late", lambda: "anybody?")
    assert browser.get("/late").status_code == 403
    sign_in(browser)
    assert browser.get("/late").status_code == 403


OPEN = {"/sign-in", "/language", "/static/<path:filename>", "/health"}
FOR_A_TOKEN = {"/metrics"}


def test_the_open_routes_are_these_and_no_others(pages: Flask) -> None:
    found = {rule.rule for rule in pages.url_map.iter_rules() if not access.declared(pages, rule.endpoint).signed_in}
    assert found == OPEN | FOR_A_TOKEN
    tokens = {rule.rule for rule in pages.url_map.iter_rules() if access.declared(pages, rule.endpoint).metrics_token}
    assert tokens == FOR_A_TOKEN


def test_all_others_send_a_stranger_to_sign_in(pages: Flask, browser: FlaskClient) -> None:
    closed = [rule for rule in pages.url_map.iter_rules() if rule.rule not in OPEN | FOR_A_TOKEN]
    assert closed
    for rule in closed:
        for method in rule.methods & {"GET", "POST"}:
            pages.config["WTF_CSRF_ENABLED"] = False
            answer = browser.open(address(rule), method=method)
            assert (answer.status_code, answer.location.split("?")[0]) == (302, "/sign-in"), rule


@pytest.fixture
def managers_page(app: Flask) -> Flask:
    """The app with one page for bureau managers."""
    one = Blueprint("one", __name__)
    one.get("/managers")(access.roles(Role.MANAGER)(lambda: "for managers"))
    return create_app(app.config["MUBIAO"], blueprints=[*BLUEPRINTS, one])


@pytest.mark.parametrize("role", [None, *Role])
def test_a_page_for_one_role_is_closed_to_the_others(role: Role | None, managers_page: Flask, person) -> None:
    person(role=role)
    browser = managers_page.test_client()
    sign_in(browser)
    assert browser.get("/managers").status_code == (200 if role is Role.MANAGER else 403)


def test_a_role_that_ends_is_gone_at_the_next_request(managers_page: Flask, person: Callable[..., Person]) -> None:
    person(role=Role.MANAGER)
    browser = managers_page.test_client()
    sign_in(browser)
    assert browser.get("/managers").status_code == 200
    with writing() as session:
        held = session.query(Appointment).one()
        people.end_appointment(session, held, held.starts_on.replace(year=2021), by=COMMAND_LINE, now=now())
    assert browser.get("/managers").status_code == 403


def test_a_disabled_account_is_out_at_the_next_request(browser: FlaskClient, person: Callable[..., Person]) -> None:
    who = person()
    sign_in(browser)
    assert browser.get("/").status_code == 200
    with writing() as session:
        people.disable(session, session.get_one(Person, who.id), reason="离职", by=COMMAND_LINE, now=now())
    assert browser.get("/").status_code == 302
    assert browser.get("/sign-in").status_code == 200


def test_a_changed_password_ends_the_sessions_elsewhere(pages: Flask, person: Callable[..., Person]) -> None:
    person()
    here, elsewhere = pages.test_client(), pages.test_client()
    sign_in(here)
    sign_in(elsewhere)
    data = {"current": "correct horse battery", "new": "a brand new one", "again": "a brand new one"}
    answer = here.post("/password", data={**data, "csrf_token": key_of(here.get("/password").text)})
    assert answer.status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_an_altered_session_is_nobodys(pages: Flask, browser: FlaskClient, person: Callable[..., Person]) -> None:
    first, second = person("tian"), person("another")
    sign_in(browser)
    with browser.session_transaction() as session:
        session["_user_id"] = session["_user_id"].replace(f"{first.id}.", f"{second.id}.")
    assert browser.get("/").status_code == 302


def test_the_pages_of_a_first_password_are_the_change_and_the_way_out(
    pages: Flask, browser: FlaskClient, person: Callable[..., Person]
) -> None:
    person(must_change=True)
    sign_in(browser)
    for rule in pages.url_map.iter_rules():
        declared = access.declared(pages, rule.endpoint)
        if "GET" in rule.methods and declared.signed_in and not declared.before_password_change:
            assert browser.get(address(rule)).location == "/password"
    page = browser.get("/password")
    assert page.status_code == 200
    assert "初始密码" in page.text
    data = {"current": "correct horse battery", "new": "a brand new one", "again": "a brand new one"}
    browser.post("/password", data={**data, "csrf_token": key_of(page.text)})
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    ("sent_from", "way_back"),
    [
        ("http://localhost/tables/1/fill", "?next=/tables/1/fill"),
        ("http://elsewhere.example/tables/1", ""),
        ("", ""),
    ],
)
def test_a_form_sent_after_the_session_is_over_leads_to_sign_in_and_back_to_its_page(
    pages: Flask, sent_from: str, way_back: str
) -> None:
    pages.config["WTF_CSRF_ENABLED"] = True
    headers = {"Referer": sent_from} if sent_from else {}
    answer = pages.test_client().post(
        "/tables/1/fill/add", data={"csrf_token": "of a session that is over"}, headers=headers
    )
    assert answer.status_code == 302
    assert unquote(answer.location) == f"/sign-in{way_back}"
