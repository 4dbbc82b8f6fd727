"""提醒: who is told what, when, why; the plan ahead and the ledger behind in one list."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from notifications import targets, trials
from notifications.channels import Channel
from notifications.channels.registry import channels
from notifications.overview import STATUSES, Day, Line, Wanted, off_between, overview
from web.access import roles
from web.answering import key, me, number_asked
from workflow import cycle as cycles
from workflow.deadlines import local_date

reminders = Blueprint("reminders", __name__)
PAGE = 50
YEARS = range(2000, 3000)
BACK, AHEAD = timedelta(days=3), timedelta(days=14)
LONGEST = timedelta(days=92)
FIRST = ("inbox", "email")
"""The channels that everybody has stand before the others."""


@reminders.get("/reminders")
@roles(Role.MANAGER)
def show() -> str:
    """The list of some days, by department, person and status."""
    session, at = db.session(), now()
    every = cycles.cycles_managed(session, me(), at)
    chosen = number_asked("cycle")
    cycle = next((c for c in every if c.id == chosen), every[0] if every and chosen is None else None)
    if cycle is None and chosen is not None:
        abort(404)
    if cycle is None:
        return render_template("bureau/reminders.html", cycle=None, cycles=())
    today = local_date(at, cycle.region.timezone)
    first = _day("from", today - BACK)
    last = max(first, min(_day("to", today + AHEAD), first + LONGEST))
    status = request.args.get("status", "")
    wanted = Wanted(
        first,
        last,
        request.args.get("department", "").strip(),
        request.args.get("person", "").strip(),
        status if status in STATUSES else "",
    )
    page = number_asked("page") or 1
    found = overview(session, cycle, at, wanted, offset=(page - 1) * PAGE, limit=PAGE)
    groups: list[tuple[list[Day], Day, list[list[Line]]]] = []
    days = {day.on: day for day in found.days}
    before = None
    for on, lines in groupby(found.lines, lambda line: line.on):
        groups.append((off_between(found.days, before, on) if before else [], days[on], _messages(lines)))
        before = on
    return render_template(
        "bureau/reminders.html",
        cycle=cycle,
        cycles=every,
        found=found,
        groups=groups,
        wanted=wanted,
        statuses=STATUSES,
        channels={way.name: way.label for way in _ways()},
        ways=_ways(),
        email=current_user.person.email,
        entered=targets.of_person(session, me()),
        tried=trials.newest(session, me(), [way.name for way in _ways()]),
        page=page,
        pages=-(-found.total // PAGE),
        today=today,
        one_day=timedelta(days=1),
    )


def _messages(lines: Iterable[Line]) -> list[list[Line]]:
    """The notices that say one thing to one person, whatever the channel: planned together, they are neighbours."""
    same = attrgetter("due_at", "rule", "recipient", "table_id", "subject", "reason")
    return [sorted(each, key=lambda line: _place(line.channel)) for _same, each in groupby(lines, same)]


def _place(channel: str) -> tuple[int, str]:
    """Where a channel stands among the others."""
    return FIRST.index(channel) if channel in FIRST else len(FIRST), channel


def _day(name: str, otherwise: date) -> date:
    """A day from the address; a default where there is none."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise
    return found if found.year in YEARS else otherwise


def _ways() -> list[Channel]:
    found = channels(current_app.config["MUBIAO"]).values()
    return sorted(found, key=lambda way: _place(way.name))


@reminders.post("/reminders/<int:cycle_id>/try/<channel>")
@roles(Role.MANAGER)
def try_channel(cycle_id: int, channel: str) -> Response:
    """Plan one notice to oneself; the next tick sends it, and the page shows how it ended."""
    at = now()
    cycle = next((one for one in cycles.cycles_managed(db.session(), me(), at) if one.id == cycle_id), None)
    way = next((one for one in _ways() if one.name == channel), None)
    if cycle is None or way is None:
        abort(404)
    if trials.plan_one(me(), cycle_id, way, at, key()):
        flash(_("已排上，后台程序下一次运行时发出，结果显示在下面"), "done")
    else:
        flash(_("上一条试发还没有结果，或者不到一分钟；请看下面的结果"), "notice")
    return redirect(url_for("reminders.show", cycle=cycle_id) + "#trials", 303)
