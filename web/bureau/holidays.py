"""工作日历: which years are known and from where; a manager enters a notice after seeing what it changes."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.models import Region
from accounts.roles import Role
from config.clock import now
from config.database import db
from notifications.recalendaring import Effects, effects
from web.access import roles
from web.answering import STATUS, key, me, new_key, number_asked, typed
from workflow import cycle as cycles
from workflow import holidays
from workflow.deadlines import local_date
from workflow.facts import Reason
from workflow.holiday_lines import SAMPLE
from workflow.managing import NotAllowed
from workflow.workdays import LAST_YEAR, PUBLISHED, differences, in_the_package

calendar = Blueprint("holidays", __name__)
FIRST_FEW = 12
"""Reminders that move which the preview lists; the count tells of all."""


@calendar.get("/cycle/calendar")
@roles(Role.MANAGER)
def show() -> str:
    """The years known and assumed, the notices on record, and the form for another."""
    return _page(_region(number_asked("region")), ())


@calendar.post("/cycle/calendar/preview")
@roles(Role.MANAGER)
def preview() -> str | tuple[str, int]:
    """What a notice would change; nothing is written."""
    key()
    region = _region(request.form.get("region", 0, type=int))
    try:
        found = effects(db.session(), region.id, _wish(), now())
    except NotAllowed as error:
        return _page(region, error.reasons), _status(error)
    return _page(region, (), found)


@calendar.post("/cycle/calendar")
@roles(Role.MANAGER)
def enter() -> Response | tuple[str, int]:
    """Enter a notice."""
    sent = key()
    region, wish = _region(request.form.get("region", 0, type=int)), _wish()
    try:
        holidays.enter(region_id=region.id, wish=wish, person_id=me(), now=now, key=sent)
    except NotAllowed as error:
        return _page(region, error.reasons), _status(error)
    flash(
        _(
            "%(year)s 年的节假日安排已登记（%(source)s，第 %(number)s 版）。工作日、截止前的天数和提醒都已按它重新计算",
            year=wish.year,
            source=wish.source,
            number=wish.number,
        ),
        "result",
    )
    return redirect(url_for("holidays.show", region=region.id), 303)


def _status(error: NotAllowed) -> int:
    return STATUS.get(error.reason.code, 422)


def _wish() -> holidays.Wish:
    return holidays.Wish(
        year=request.form.get("year", 0, type=int),
        number=request.form.get("number", 0, type=int),
        source=typed("source"),
        text=request.form.get("text", "").replace("\r\n", "\n"),
    )


def _region(chosen: int | None) -> Region:
    """The region asked for, else the first; 404 for one that the reader does not manage."""
    managed = cycles.regions_managed(db.session(), me(), now())
    region = next((each for each in managed if each.id == chosen), managed[0] if managed and chosen is None else None)
    if region is None:
        abort(404)
    return region


def _page(region: Region, reasons: Sequence[Reason], found: Effects | None = None) -> str:
    session, at = db.session(), now()
    known = holidays.calendar_of(session, region.id)
    managed = [one for one in cycles.cycles_managed(session, me(), at) if one.region_id == region.id]
    closing = [last for one in managed for last in one.last_days]
    entered = holidays.entered_in(session, region.id)
    revised = number_asked("revise")
    begins_from = next((one for one in entered if one.counts and one.arrangement.year == revised), None)
    years = holidays.years_shown(known, closing, at, region.timezone)
    year = revised or next((each for each in years if known.why_provisional(each)), LAST_YEAR + 1)
    return render_template(
        "bureau/holidays.html",
        region=region,
        regions=cycles.regions_managed(session, me(), at),
        calendar=known,
        years=years,
        in_the_package=in_the_package,
        differing={each: differences(PUBLISHED, known, each) for each in known.arrangements if in_the_package(each)},
        entered=entered,
        form={
            "year": year,
            "number": holidays.next_number(known, year),
            "source": "",
            "text": begins_from.days.lines if begins_from else "",
            **request.form,
        },
        sample=SAMPLE,
        reasons=reasons,
        found=found,
        few=FIRST_FEW,
        today=local_date(at, region.timezone),
        key=new_key(),
    )
