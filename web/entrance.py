"""Signing in and out, and changing one's password."""

import json
from typing import TypedDict
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import get_babel, lazy_gettext
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from accounts import passwords, people
from accounts.refusals import Refused
from config.clock import now
from config.settings import Settings
from web.access import open_to_all, signed_in_with_any_password
from web.session import of

entrance = Blueprint("entrance", __name__)
LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
DEMO_ACCOUNTS = "demo-accounts.json"


class DemoAccount(TypedDict):
    """One line of data/demo-accounts.json, which `serve` writes for the demo region."""

    login: str
    password: str
    name: str
    role: str
    place: str


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Login and password."""

    login = StringField(lazy_gettext("账号"))
    password = PasswordField(lazy_gettext("密码"))


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The password in use, and the new one twice."""

    current = PasswordField(lazy_gettext("现在的密码"))
    new = PasswordField(lazy_gettext("新密码"))
    again = PasswordField(lazy_gettext("再输入一次新密码"))


def demo_accounts(settings: Settings) -> list[DemoAccount]:
    """The demo's accounts to print on the sign-in page; none outside development."""
    file = settings.data / DEMO_ACCOUNTS
    if settings.environment != "development" or not file.is_file():
        return []
    accounts: list[DemoAccount] = json.loads(file.read_text(encoding="utf-8"))
    return accounts


def safe_way_back(target: str | None) -> str:
    """A path of this site to go on to; the desk for anything that could lead elsewhere."""
    if target and target.startswith("/") and "\\" not in target and all(character >= " " for character in target):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and not target.startswith("//"):
            return target
    return url_for("desk.mine")


@entrance.get("/sign-in")
@open_to_all
def sign_in() -> str | Response:
    """The form; who is signed in already goes on."""
    if current_user.is_authenticated:
        return redirect(safe_way_back(request.args.get("next")))
    return _sign_in_page(SignInForm(), {})


@entrance.post("/sign-in")
@open_to_all
def sign_in_post() -> str | Response | tuple[str, int]:
    """Let in, or give the form back with the sentence."""
    form = SignInForm()
    form.validate()
    login, password = (form.login.data or "").strip(), form.password.data or ""
    missing = {}
    if not login:
        missing["login"] = _("请输入账号")
    if not password:
        missing["password"] = _("请输入密码")
    if missing:
        return _sign_in_page(form, missing), 422
    person = people.sign_in(login, password, now(), address=request.remote_addr or "")
    if isinstance(person, Refused):
        return _sign_in_page(form, {"login": _(person.reason)}), 422
    language = session.get("language")
    session.clear()  # nothing of the visitor before becomes part of this person's session
    if language:
        session["language"] = language
    session.permanent = True
    login_user(of(person))
    return redirect(safe_way_back(request.args.get("next")))


def _sign_in_page(form: SignInForm, errors: dict[str, str]) -> str:
    settings: Settings = current_app.config["MUBIAO"]
    return render_template("sign-in.html", form=form, errors=errors, accounts=demo_accounts(settings))


@entrance.post("/sign-out")
@signed_in_with_any_password
def sign_out() -> Response:
    """End this session."""
    logout_user()
    session.clear()
    flash(_("您已退出登录。"), "notice")
    answer = redirect(url_for("entrance.sign_in"))
    answer.headers["Clear-Site-Data"] = '"cache"'  # what was read here stays on no shared machine
    return answer


@entrance.get("/password")
@signed_in_with_any_password
def change_password() -> str:
    """The form for a new password."""
    return _password_page(PasswordForm(), {})


@entrance.post("/password")
@signed_in_with_any_password
def change_password_post() -> str | Response | tuple[str, int]:
    """Take the new password, or give the form back with the sentence."""
    form = PasswordForm()
    form.validate()
    if form.new.data != form.again.data:
        return _password_page(form, {"again": _("两次输入的新密码不一样，请重新输入")}), 422
    refused = people.change_password(
        current_user.person.id, current=form.current.data or "", new=form.new.data or "", now=now()
    )
    if refused is not None:
        field = refused.code if refused.code in {"current", "new"} else "current"
        return _password_page(form, {field: _(refused.reason)}), 422
    login_user(of(current_user.person))  # the session's seal is made of the password
    flash(_("密码已修改。其他地方的登录已失效。"), "done")
    return redirect(url_for("desk.mine"))


def _password_page(form: PasswordForm, errors: dict[str, str]) -> str:
    first: bool = current_user.person.must_change_password
    return render_template(
        "password.html", form=form, errors=errors, first=first, wanted=[_(rule) for rule in passwords.WANTED]
    )


@entrance.post("/language")
@open_to_all
def choose_language() -> Response:
    """Remember the language of this browser's pages."""
    code = request.form.get("language", "")
    if code in offered_languages():
        session["language"] = code
    return redirect(safe_way_back(request.form.get("next")))


def offered_languages() -> dict[str, str]:
    """The languages of this installation, code to name: Chinese, and those whose catalogue is there."""
    there = {str(locale) for locale in get_babel().instance.list_translations()}
    return {code: name for code, name in LANGUAGES.items() if code == "zh_CN" or code in there}
