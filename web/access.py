"""Who may come in: every route says so with one of these decorators, and one hook asks at every request.

A route that says nothing keeps the app from starting: open is a decision one can see.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])
_DECLARED = "mubiao_access"


@dataclass(frozen=True)
class Access:
    """Who may open a route: anybody, or who is signed in, or who holds one of these roles somewhere today."""

    signed_in: bool
    roles: frozenset[Role] = frozenset()
    before_password_change: bool = False
    """Whether somebody who still has their first password may open it."""
    metrics_token: bool = False
    """Whether it is for a program that carries the token of the settings, and for nobody else."""


class UndeclaredRoute(Exception):
    """Routes that do not say who may come in."""


def _declare(view: View, access: Access) -> View:
    setattr(view, _DECLARED, access)
    return view


def open_to_all(view: View) -> View:
    """Anybody, without signing in."""
    return _declare(view, Access(signed_in=False, before_password_change=True))


def with_metrics_token(view: View) -> View:
    """A program with MUBIAO_METRICS_TOKEN; without that setting, nobody."""
    return _declare(view, Access(signed_in=False, before_password_change=True, metrics_token=True))


def signed_in(view: View) -> View:
    """Whoever is signed in. What they see there is a matter of scope, not of this."""
    return _declare(view, Access(signed_in=True))


def signed_in_with_any_password(view: View) -> View:
    """Whoever is signed in, even with a first password: the way to change it, and the way out."""
    return _declare(view, Access(signed_in=True, before_password_change=True))


def roles(*wanted: Role) -> Callable[[View], View]:
    """Whoever holds one of these roles today, somewhere. Where, is a matter of scope."""
    if not wanted:
        raise ValueError("name at least one role")
    return lambda view: _declare(view, Access(signed_in=True, roles=frozenset(wanted)))


def declared(app: Flask, endpoint: str) -> Access | None:
    """What the route of an endpoint declares."""
    access: Access | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return access


def check_every_route(app: Flask) -> None:
    """Raise UndeclaredRoute, naming them, when routes do not say who may come in."""
    silent = sorted(
        f"{rule.rule} ({rule.endpoint})" for rule in app.url_map.iter_rules() if declared(app, rule.endpoint) is None
    )
    if silent:
        raise UndeclaredRoute(
            f"these routes do not say who may come in: {', '.join(silent)}; "
            "give each @open_to_all, @signed_in or @roles(...) of web.access"
        )


def to_sign_in() -> Response:
    """On to sign in, and from there back to the page: the one asked for, or the one a form was sent from."""
    if request.method != "POST":
        return redirect(url_for("entrance.sign_in", next=request.full_path.rstrip("?")))
    flash(_("登录已过期，刚才的内容没有存进系统；浏览器留下的文字，重新登录后在原来的页面可以放回。"), "notice")
    sent_from = urlsplit(request.referrer or "")
    there = sent_from.path if sent_from.netloc == request.host else None
    return redirect(url_for("entrance.sign_in", next=there))


def lost_session() -> bool:
    """Whether somebody sent a form whose session is over, so that its key fits nothing any more."""
    wanted = request.endpoint and declared(current_app, request.endpoint)
    return bool(wanted and wanted.signed_in and not current_user.is_authenticated)


def _carries_token() -> bool:
    settings: Settings = current_app.config["MUBIAO"]
    token, sent = settings.metrics_token, request.authorization
    if not token or sent is None or sent.type != "bearer" or not sent.token:
        return False
    return hmac.compare_digest(sent.token.encode(), token.encode())


def ask() -> Response | None:
    """Before every request: let it pass, send it to sign in or to change the password, or refuse it (403)."""
    if request.endpoint is None:
        return None
    access = declared(current_app, request.endpoint)
    if access is None:  # added after the start, where check_every_route did not see it
        abort(403)
    if access.metrics_token and not _carries_token():
        return Response("", 401, {"WWW-Authenticate": "Bearer"})
    if not access.signed_in:
        return None
    if not current_user.is_authenticated:
        return to_sign_in()
    if current_user.person.must_change_password and not access.before_password_change:
        return redirect(url_for("entrance.change_password"))
    if access.roles and not access.roles & current_user.roles:
        abort(403)
    return None
