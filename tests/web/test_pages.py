"""What every page has: headers, cookies, error pages with a way out, the desk's list."""

import re
from datetime import date
from pathlib import Path

import pytest
from flask import Blueprint, Flask, abort
from flask.testing import FlaskClient

from accounts.roles import Role
from config.settings import ROOT, Settings
from tests.conftest import SECRET
from tests.web.conftest import key_of, sign_in
from web import access
from web.application import BLUEPRINTS, create_app
from workflow.deadlines import day_words


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nothing-here", "/static/mubiao.css"])
def test_every_answer_carries_the_security_headers(path: str, browser: FlaskClient) -> None:
    with browser.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(("environment", "secure"), [("development", False), ("production", True)])
def test_the_session_cookie_is_out_of_reach(environment: str, secure: bool, app: Flask, tmp_path: Path) -> None:
    settings = Settings(
        environment=environment, secret_key=SECRET, data=tmp_path, database_url=app.config["MUBIAO"].database
    )
    cookie = create_app(settings).test_client().get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is secure


def test_no_template_has_inline_script_or_style() -> None:
    templates = list((ROOT / "web/templates").rglob("*.html"))
    assert templates
    for template in templates:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", text), template
        assert not re.search(r"(src|href)=\"(https?:)?//", text), template


def test_every_chinese_word_of_a_template_can_be_translated() -> None:
    """Chinese stands inside _('…') alone; comments aside."""
    for template in (ROOT / "web/templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"_\('[^']*'", "", text)
        assert not re.search(r"[\u4e00-\u9fff]", text), template


@pytest.fixture
def breaking(app: Flask) -> FlaskClient:
    """A browser on the app with one route that fails in every way."""
    one = Blueprint("one", __name__)

    @one.get("/fail/<int:code>")
    @access.open_to_all
    def fail(code: int) -> str:
        if code == 500:
            raise RuntimeError("a secret of the house")
        abort(code)

    made = create_app(app.config["MUBIAO"], blueprints=[*BLUEPRINTS, one])
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made.test_client()


@pytest.mark.parametrize("code", [400, 403, 404, 409, 413, 500])
def test_an_error_page_says_what_happened_and_the_way_out(code: int, breaking: FlaskClient) -> None:
    answer = breaking.get(f"/fail/{code}", headers={"X-Request-ID": "abcdef-123456"})
    assert answer.status_code == code
    assert "<h1>" in answer.text
    assert "回到工作台" in answer.text
    assert "abcdef-123456" in answer.text
    assert "secret" not in answer.text


def test_the_error_pages_differ(breaking: FlaskClient) -> None:
    codes = (400, 403, 404, 409, 413, 500)
    titles = {re.search("<h1>(.*)</h1>", breaking.get(f"/fail/{code}").text)[1] for code in codes}
    assert len(titles) == 6


def test_an_upload_that_is_too_large_is_refused(browser: FlaskClient, pages: Flask) -> None:
    pages.config["MAX_CONTENT_LENGTH"] = 1000
    answer = browser.post("/sign-in", data={"login": "x" * 2000})
    assert answer.status_code == 413
    assert "文件太大" in answer.text


def test_a_broken_database_still_gives_an_error_page(tmp_path: Path) -> None:
    settings = Settings(
        environment="development", secret_key=SECRET, data=tmp_path, database_url=f"sqlite:///{tmp_path}/empty.sqlite3"
    )
    pages = create_app(settings)
    pages.config["PROPAGATE_EXCEPTIONS"] = False
    browser = pages.test_client()
    key = key_of(browser.get("/sign-in").text)
    answer = browser.post("/sign-in", data={"csrf_token": key, "login": "tian", "password": "whatever it is"})
    assert answer.status_code == 500
    assert "系统出了错" in answer.text


@pytest.mark.parametrize(("role", "words"), [(Role.EDITOR, "年度开始填报后"), (None, "您今天没有任职")])
def test_an_empty_desk_says_why(role: Role | None, words: str, browser: FlaskClient, person) -> None:
    person(role=role)
    sign_in(browser)
    assert words in browser.get("/").text


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 12, 4), "12-04 周五"),
        (date(2026, 12, 31), "12-31 周四"),
        (date(2027, 1, 1), "2027-01-01 周五"),
        (date(2026, 11, 29), "11-29 周日"),
    ],
)
def test_a_date_names_its_weekday_and_another_year(day: date, words: str) -> None:
    assert day_words(day, date(2026, 11, 24)) == words


STATES = (
    "draft",
    "internal_review",
    "finance_review",
    "approved",
    "monitoring",
    "self_evaluation",
    "evaluation_review",
    "completed",
    "void",
)


def test_every_state_has_its_colours() -> None:
    css = (ROOT / "web/static/mubiao.css").read_text(encoding="utf-8")
    for state in STATES:
        assert f".state-{state} {{" in css
