"""Signing in and out, and the password page."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Person
from config.database import db
from config.settings import Settings
from ledger import book
from tests.conftest import SECRET
from tests.web.conftest import key_of, sign_in
from web.application import create_app


def test_the_right_password_leads_to_the_desk(browser: FlaskClient, person: Callable[..., Person]) -> None:
    person()
    answer = sign_in(browser)
    assert (answer.status_code, answer.location) == (302, "/")
    page = browser.get("/").text
    assert "田小禾 · 填报人" in page


def test_a_wrong_password_gives_the_form_back_with_login_and_reason(
    browser: FlaskClient, person: Callable[..., Person]
) -> None:
    person()
    wrong, unknown = sign_in(browser, password="wrong"), sign_in(browser, login="nobody")
    assert wrong.status_code == unknown.status_code == 422
    assert 'value="tian"' in wrong.text
    assert 'role="alert"' in wrong.text
    same = "账号或密码不对"
    assert same in wrong.text
    assert same in unknown.text
    assert "wrong" not in wrong.text.replace("field-wrong", "").replace('class="wrong"', "")


def test_an_empty_form_says_what_is_missing(browser: FlaskClient, app: Flask) -> None:
    page = sign_in(browser, login="", password="").text
    assert "请输入账号" in page
    assert "请输入密码" in page


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/password", "/password"),
        ("/?a=1", "/?a=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\tevil", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_never_leaves_the_house(
    wanted: str, reached: str, browser: FlaskClient, person: Callable[..., Person]
) -> None:
    person()
    key = key_of(browser.get("/sign-in").text)
    answer = browser.post(
        "/sign-in",
        query_string={"next": wanted},
        data={"csrf_token": key, "login": "tian", "password": "correct horse battery"},
    )
    assert answer.location == reached


def test_a_form_without_its_key_is_refused(browser: FlaskClient, person: Callable[..., Person]) -> None:
    person()
    answer = browser.post("/sign-in", data={"login": "tian", "password": "correct horse battery"})
    assert answer.status_code == 400
    assert "这一页打开得太久" in answer.text
    assert browser.get("/").status_code == 302


def test_signing_out_is_a_post_and_ends_the_session(browser: FlaskClient, person: Callable[..., Person]) -> None:
    person()
    sign_in(browser)
    assert browser.get("/sign-out").status_code == 405
    browser.post("/sign-out", data={"csrf_token": key_of(browser.get("/").text)})
    assert browser.get("/").status_code == 302


def test_signing_in_leaves_nothing_of_the_visitors_session(browser: FlaskClient, person: Callable[..., Person]) -> None:
    person()
    with browser.session_transaction() as session:
        session["planted"] = "by somebody else"
    sign_in(browser)
    with browser.session_transaction() as session:
        assert "planted" not in session


def test_two_different_new_passwords_are_refused(browser: FlaskClient, person: Callable[..., Person]) -> None:
    person()
    sign_in(browser)
    data = {"current": "correct horse battery", "new": "a brand new one", "again": "a brand new two"}
    answer = browser.post("/password", data={**data, "csrf_token": key_of(browser.get("/password").text)})
    assert answer.status_code == 422
    assert "两次输入的新密码不一样" in answer.text
    assert "brand new" not in answer.text


def demo_file(folder: Path) -> None:
    account = {"login": "tianhe", "password": "abcd-efgh", "name": "田小禾", "role": "填报人", "place": "省水利厅"}
    (folder / "demo-accounts.json").write_text(json.dumps([account]), encoding="utf-8")


def test_demo_accounts_are_printed_in_development_only(app: Flask, tmp_path: Path) -> None:
    demo_file(tmp_path)
    url = app.config["MUBIAO"].database
    development = Settings(environment="development", secret_key=SECRET, data=tmp_path, database_url=url)
    production = Settings(environment="production", secret_key=SECRET, data=tmp_path, database_url=url)
    assert "tianhe" in create_app(development).test_client().get("/sign-in").text
    assert "tianhe" not in create_app(production).test_client().get("/sign-in").text


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "192.0.2.7")])
def test_the_address_of_a_sign_in_is_the_persons_where_a_proxy_is_trusted(
    proxies: int, address: str, app: Flask, person: Callable[..., Person]
) -> None:
    who = person()
    browser = create_app(app.config["MUBIAO"].model_copy(update={"proxies": proxies})).test_client()
    key = key_of(browser.get("/sign-in").text)
    form = {"csrf_token": key, "login": "tian", "password": "correct horse battery"}
    browser.post("/sign-in", data=form, headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.7"})
    entry = book.history(db.session(), f"person:{who.id}")[-1]
    assert (entry.act, book.said(entry)["address"]) == ("sign_in", address)


def test_the_first_password_page_says_the_rules_before_anything_is_typed(
    browser: FlaskClient, person: Callable[..., Person]
) -> None:
    person(must_change=True)
    sign_in(browser)
    page = browser.get("/password").text
    assert "10 到 200 个字符；至少 4 个不同的字符" in page
    assert "设置新密码并进入</button>" in page
