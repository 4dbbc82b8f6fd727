"""提醒: who is told what, when, why; the plan ahead and the ledger behind in one list."""

from datetime import date, timedelta
from itertools import groupby

from flask import Blueprint, abort, render_template, request

from accounts.roles import Role
from config.clock import now
from config.database import db
from notifications.overview import STATUSES, Day, Wanted, off_between, overview
from web.access import roles
from web.answering import me, number_asked
from workflow import cycle as cycles
from workflow.deadlines import local_date

reminders = Blueprint("reminders", __name__)
PAGE = 50
YEARS = range(2000, 3000)
BACK, AHEAD = timedelta(days=3), timedelta(days=14)
LONGEST = timedelta(days=92)
CHANNELS = {"inbox": "站内", "email": "邮件"}


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
    groups: list[tuple[list[Day], Day, list[object]]] = []
    days = {day.on: day for day in found.days}
    before = None
    for on, lines in groupby(found.lines, lambda line: line.on):
        groups.append((off_between(found.days, before, on) if before else [], days[on], list(lines)))
        before = on
    return render_template(
        "bureau/reminders.html",
        cycle=cycle,
        cycles=every,
        found=found,
        groups=groups,
        wanted=wanted,
        statuses=STATUSES,
        channels=CHANNELS,
        page=page,
        pages=-(-found.total // PAGE),
        today=today,
        one_day=timedelta(days=1),
    )


def _day(name: str, otherwise: date) -> date:
    """A day from the address; a default where there is none."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise
    return found if found.year in YEARS else otherwise
