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
from notifications.gathering import living_cycles
from notifications.overview import STATUSES, Day, Line, Wanted, failed_lately, off_between, overview, running
from web.access import roles
from web.answering import key, me, number_asked
from workflow import cycle as cycles
from workflow.deadlines import local_date
from workflow.models import Cycle

reminders = Blueprint("reminders", __name__)
PAGE = 50
YEARS = range(2000, 3000)
AHEAD = timedelta(days=14)
LONGEST = timedelta(days=92)
FIRST = ("inbox", "email")
"""The channels that everybody has stand before the others."""


@reminders.get("/reminders")
@roles(Role.MANAGER)
def show() -> str:
    """The list of some days, by department, person and status."""
    session, at = db.session(), now()
    every = cycles.cycles_managed(session, me(), at)
    if not every:
        return render_template("bureau/reminders.html", cycles=())
    offered, chosen = _years(every)
    region = offered[0].region
    shown = (chosen,) if chosen else running(offered, living_cycles(session))
    today = local_date(at, region.timezone)
    first = _day("from") or today
    last = max(first, min(_day("to") or today + AHEAD, first + LONGEST))
    on = _day("on")
    status = request.args.get("status", "")
    wanted = Wanted(
        first,
        last,
        request.args.get("department", "").strip(),
        request.args.get("person", "").strip(),
        status if status in STATUSES else "",
        on if on is not None and first <= on <= last else None,
    )
    page = number_asked("page") or 1
    found = overview(session, shown, at, wanted, offset=(page - 1) * PAGE, limit=PAGE)
    groups: list[tuple[list[Day], Day, list[list[Line]]]] = []
    days = {day.on: day for day in found.days}
    before = None
    for on, lines in groupby(found.lines, lambda line: line.on):
        groups.append((off_between(found.days, before, on) if before else [], days[on], _messages(lines)))
        before = on
    return render_template(
        "bureau/reminders.html",
        region=region,
        regions=list(dict.fromkeys(cycle.region for cycle in every)),
        cycles=offered,
        shown=shown,
        chosen=chosen,
        failed=failed_lately(session, shown, at),
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


def _years(every: list[Cycle]) -> tuple[list[Cycle], Cycle | None]:
    """The years of the region asked for, and which of them alone is asked for. Years of two regions are never mixed:
    their days begin, and their holidays fall, by calendars of their own."""
    of_region, one = number_asked("region"), number_asked("cycle")
    theirs = [cycle for cycle in every if of_region in {None, cycle.region_id}]
    chosen = next((cycle for cycle in theirs if cycle.id == one), None)
    if not theirs or (one is not None and chosen is None and of_region is None):
        abort(404)
    region_id = (chosen or theirs[0]).region_id
    return [cycle for cycle in theirs if cycle.region_id == region_id], chosen


def _day(name: str) -> date | None:
    """A day from the address; None where there is none."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if found.year in YEARS else None


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
    shown = url_for("reminders.show", cycle=number_asked("cycle"), region=number_asked("region"))
    return redirect(shown + "#trials", 303)
