"""代理: naming one's own stand-in, seeing for whom one stands in, and ending either."""

from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts import standing_in
from accounts.models import Person
from accounts.people import why_not_chosen
from accounts.refusals import Refused
from accounts.scope import local_day
from accounts.separation import period_text
from config.clock import now
from config.database import db
from web.access import signed_in
from web.answering import key, me, new_key, status_of, typed

stand_in = Blueprint("stand_in", __name__)


@stand_in.get("/stand-in")
@signed_in
def mine() -> str:
    """The page."""
    return _page(None)


@stand_in.post("/stand-in")
@signed_in
def name() -> Response | tuple[str, int]:
    """Name a stand-in."""
    deputy_id, starts_on, last_day = request.form.get("deputy", 0, type=int), day("starts_on"), day("last_day")
    refused = standing_in.name_own(me(), deputy_id, starts_on, last_day, typed("reason"), key=key(), now=now())
    done = "" if refused else _("%(named)s。办理时历史里写明两个人的姓名；您自己仍可办理。", named=named())
    return _answer(refused, done)


@stand_in.post("/stand-in/<int:arrangement_id>/end")
@signed_in
def end(arrangement_id: int) -> Response | tuple[str, int]:
    """End one from today on."""
    refused = standing_in.end_own(me(), arrangement_id, key=key(), now=now())
    return _answer(refused, _("代理已结束，从现在起不再代办。"))


def named() -> str:
    """What the form that was sent has named, in words: who, from which day to which."""
    deputy = db.session().get(Person, request.form.get("deputy", 0, type=int))
    first, last = day("starts_on"), day("last_day")
    if deputy is None or first is None or last is None:
        raise RuntimeError("a stand-in was named without a person or a day")
    period = period_text(first, last + timedelta(days=1))
    text: str = _("已登记由 %(name)s 代理，%(period)s", name=deputy.name, period=period)
    return text


def day(field: str) -> date | None:
    """A date field; None when it is empty or no date."""
    try:
        return date.fromisoformat(typed(field))
    except ValueError:
        return None


def _answer(refused: Refused | None, done: str) -> Response | tuple[str, int]:
    if refused is None:
        flash(done, "done")
        return redirect(url_for("stand_in.mine"), 303)
    if refused.code == "not_found":
        abort(404)
    return _page(refused), status_of(refused)


def _page(refused: Refused | None) -> str:
    session, today = db.session(), local_day(now(), standing_in.TIMEZONE)
    found = standing_in.arrangements_of(session, me())
    return render_template(
        "stand-in.html",
        refused=refused,
        sent=request.form,
        candidates=standing_in.candidates(session, me(), now()),
        away=[each for each in found if each.absent_id == me()],
        covers=[each for each in found if each.deputy_id == me()],
        today=today,
        period_text=period_text,
        why_not_chosen=why_not_chosen,
        key=new_key(),
    )
