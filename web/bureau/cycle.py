"""年度与窗口: opening a year, its windows and rounds, extensions, waivers, urging one table."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from forms import framework as frameworks
from notifications.rules import told_of
from web.access import roles
from web.answering import (
    STATUS,
    dossier_or_404,
    end_of_day,
    finish,
    key,
    me,
    new_key,
    number_asked,
    refused,
    rows_chosen,
    table_or_404,
    typed,
)
from web.bureau.results import of_each, refused_alike, results_page
from web.table.results import line_of
from workflow import cycle as cycles
from workflow import dossier
from workflow.acts import Recorded, Refused, record
from workflow.asking import waiting
from workflow.deadlines import last_date, local_date
from workflow.dossier import Dossier
from workflow.facts import Reason
from workflow.holders import holders
from workflow.holidays import calendar_of
from workflow.listing import worklist
from workflow.loading import framework_of
from workflow.managing import NotAllowed
from workflow.models import Cycle
from workflow.outcomes import names
from workflow.records import RECORDS
from workflow.scope import OFFICE_TIMEZONE
from workflow.states import STAGE_LABELS, Stage, State
from workflow.statistics import standing
from workflow.together import told_among
from workflow.turns import STAGE_OF
from workflow.urging import copied_to

cycle = Blueprint("cycle", __name__)
YEARS = range(2000, 3000)
"""Years that a date field may be in; others are slips of the keyboard."""


@cycle.get("/cycle")
@roles(Role.MANAGER)
def show() -> str:
    """The year chosen, else the newest; without any, the form that opens one."""
    return _page(number_asked("cycle"), ())


@cycle.post("/cycle/open")
@roles(Role.MANAGER)
def open_year() -> Response | tuple[str, int]:
    """Open a fiscal year."""
    sent = key()
    try:
        cycle_id = cycles.open_cycle(
            region_id=_region(),
            fiscal_year=_year(),
            framework=typed("framework"),
            person_id=me(),
            now=now,
            key=sent,
        )
    except NotAllowed as error:
        return _page(None, error.reasons, _("年度没有开立"), "open"), _status(error)
    flash(_("%(year)s 年度已开立", year=typed("fiscal_year")), "done")
    return redirect(url_for("cycle.show", cycle=cycle_id), 303)


def _status(error: NotAllowed) -> int:
    return STATUS.get(error.reason.code, 422)


def _region() -> int:
    chosen = request.form.get("region", 0, type=int)
    if chosen not in {region.id for region in cycles.regions_managed(db.session(), me(), now())}:
        raise NotAllowed("not_found", _("没有找到这个行政区"))
    return chosen


def _year() -> int:
    year = request.form.get("fiscal_year", 0, type=int)
    if year not in YEARS:
        raise NotAllowed("year", _("年度要写四位数字，例如 2027"))
    return year


@cycle.post("/cycle/<int:cycle_id>/windows")
@roles(Role.MANAGER)
def set_window(cycle_id: int) -> Response | tuple[str, int]:
    """Set the dates of one stage."""
    _mine(cycle_id)
    stage = typed("stage")
    if stage not in set(Stage):
        abort(400)
    label = STAGE_LABELS[Stage(stage)]
    try:
        cycles.set_window(
            cycle_id=cycle_id,
            stage=Stage(stage),
            opens_on=_day("opens_on", _("“%(stage)s”的开始日期", stage=label)),
            closes_on=_day("closes_on", _("“%(stage)s”的截止日期", stage=label)),
            person_id=me(),
            now=now,
            key=key(),
        )
    except NotAllowed as error:
        return _page(cycle_id, error.reasons, _("窗口没有保存"), f"window-{stage}"), _status(error)
    flash(
        _(
            "“%(stage)s”的窗口已保存：%(opens)s 至 %(closes)s 24:00",
            stage=label,
            opens=typed("opens_on"),
            closes=typed("closes_on"),
        ),
        "done",
    )
    return redirect(url_for("cycle.show", cycle=cycle_id), 303)


@cycle.post("/cycle/<int:cycle_id>/rounds")
@roles(Role.MANAGER)
def add_round(cycle_id: int) -> Response | tuple[str, int]:
    """Add the next monitoring round."""
    _mine(cycle_id)
    name = typed("name")
    try:
        if not name:
            raise NotAllowed("name_empty", _("监控期要有名称，例如 1—7月"))
        cycles.add_round(
            cycle_id=cycle_id,
            name=name,
            period=(_day("period_from", _("监控月份的起日")), _day("period_to", _("监控月份的止日"))),
            opens_on=_day("opens_on", _("监控期的开始日期")),
            closes_on=_day("closes_on", _("监控期的截止日期")),
            person_id=me(),
            now=now,
            key=key(),
        )
    except NotAllowed as error:
        return _page(cycle_id, error.reasons, _("监控期没有加上"), "round"), _status(error)
    flash(_("监控期“%(name)s”已加上", name=name), "done")
    return redirect(url_for("cycle.show", cycle=cycle_id), 303)


@cycle.post("/cycle/<int:cycle_id>/extensions")
@roles(Role.MANAGER)
def extend_several(cycle_id: int) -> Response | str | tuple[str, int]:
    """Extend a stage or a round for every chosen table; each answers for itself."""
    found = _mine(cycle_id)
    sent = key()
    chosen = rows_chosen("table")
    if not chosen:
        reasons = refused("none_chosen", "没有选中表。先勾选要延期的表")
        return _page(cycle_id, reasons, _("没有延期"), "extend"), 422
    names = {line.table_id: line.department for line in standing(db.session(), me(), found, now()).lines}
    asked = _extension(found.region.timezone)
    results = of_each(
        chosen,
        names,
        lambda table_id: record("extend", table_id, person=me(), now=now, key=f"{sent}-{table_id}", **asked),
    )
    if reasons := refused_alike(results):
        return _page(cycle_id, reasons, _("没有延期"), "extend"), 422
    return results_page(_("延期的结果"), _("已延期"), results, "cycle.show")


@cycle.post("/cycle/requests/grant")
@roles(Role.MANAGER)
def grant_several() -> Response | str | tuple[str, int]:
    """Grant every chosen request, each until its own date or all until one; each answers for itself."""
    sent = key()
    chosen = dict(_pair(each) for each in request.form.getlist("request") if _pair(each) != (0, 0))
    if not chosen:
        reasons = refused("none_chosen", "没有选中申请。先勾选要批准的延期申请")
        return _page(None, reasons, _("没有批准"), "requests"), 422

    def granted(table_id: int) -> Recorded | Refused:
        table = dossier.find(db.session(), table_id, me(), now())
        timezone = table.cycle.region.timezone if table else OFFICE_TIMEZONE
        until = end_of_day("until", timezone) or end_of_day(f"wanted-{table_id}", timezone)
        details = {"request": chosen[table_id], "until": until, "reason": typed("reason")}
        return record("extend", table_id, person=me(), now=now, key=f"{sent}-{table_id}", **details)

    names = {line.table_id: line.department for line in worklist(db.session(), me(), now(), ended=True)}
    results = of_each(sorted(chosen), names, granted)
    if reasons := refused_alike(results):
        return _page(None, reasons, _("没有批准"), "requests"), 422
    return results_page(_("批准延期的结果"), _("已批准"), results, "cycle.show")


def _pair(text: str) -> tuple[int, int]:
    """A request as the list sends it: its table's id and its own; (0, 0) for anything else."""
    found = _REQUEST.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


_REQUEST = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


@cycle.get("/tables/<int:table_id>/requests/<int:number>/refuse")
@roles(Role.MANAGER)
def ask_refusal(table_id: int, number: int) -> str:
    """The form that says why more time is not given."""
    return _record_form(table_id, "refuse_extension", (), number)


@cycle.post("/tables/<int:table_id>/requests/<int:number>/refuse")
@roles(Role.MANAGER)
def refuse_request(table_id: int, number: int) -> Response | tuple[str, int]:
    """Refuse it; the deadline stays."""
    return _record(table_id, "refuse_extension", {"request": number, "reason": typed("reason")}, number)


def _extension(timezone: str) -> dict[str, object]:
    """What the extension form says: `what` is a stage, or round: and its id."""
    what = typed("what")
    round_id = what.removeprefix("round:")
    answers = typed("request") if what and what == typed("asked") else ""
    return {
        "request": int(answers) if answers.isdecimal() and len(answers) < 10 else None,
        "stage": None if what.startswith("round:") or not what else what,
        "round_id": int(round_id)
        if what.startswith("round:") and round_id.isdecimal() and len(round_id) < 10
        else None,
        "until": end_of_day("until", timezone),
        "reason": typed("reason"),
    }


@cycle.get("/tables/<int:table_id>/extend")
@roles(Role.MANAGER)
def ask_extension(table_id: int) -> str:
    """The form of an extension for one table."""
    return _record_form(table_id, "extend", ())


@cycle.post("/tables/<int:table_id>/extend")
@roles(Role.MANAGER)
def extend(table_id: int) -> Response | tuple[str, int]:
    """Extend a stage or a round for one table."""
    return _record(table_id, "extend", _extension(table_or_404(table_id).cycle.region.timezone))


@cycle.get("/tables/<int:table_id>/waive")
@roles(Role.MANAGER)
def ask_waiver(table_id: int) -> str:
    """The form of a waiver."""
    return _record_form(table_id, "waive_monitoring", ())


@cycle.post("/tables/<int:table_id>/waive")
@roles(Role.MANAGER)
def waive(table_id: int) -> Response | tuple[str, int]:
    """Let the table go on below its target."""
    return _record(table_id, "waive_monitoring", {"reason": typed("reason")})


@cycle.get("/tables/<int:table_id>/urge")
@roles(Role.MANAGER, Role.OFFICER)
def ask_urge(table_id: int) -> str:
    """The form that urges one table."""
    return _record_form(table_id, "urge", ())


@cycle.post("/tables/<int:table_id>/urge")
@roles(Role.MANAGER, Role.OFFICER)
def urge(table_id: int) -> Response | tuple[str, int]:
    """Urge one table."""
    return _record(table_id, "urge", {"text": typed("text")})


def _record(
    table_id: int, kind: str, details: dict[str, object], number: int | None = None
) -> Response | tuple[str, int]:
    outcome = record(kind, table_id, person=me(), now=now, key=key(), **details)
    return finish(
        outcome,
        done=line_of,
        to=url_for("table.show", table_id=table_id),
        again=lambda reasons: _record_form(table_id, kind, reasons, number),
    )


def _record_form(table_id: int, kind: str, reasons: Sequence[Reason], number: int | None = None) -> str:
    found = dossier_or_404(table_id)
    asked = next((one for one in found.requests if one.id == number), None) if number else found.request
    if number and asked is None:
        abort(404)
    today = local_date(now(), found.timezone)
    often = found.urged_too_often(now()) if kind == "urge" else None
    return render_template(
        "bureau/record.html",
        d=found,
        kind=RECORDS[kind],
        reasons=reasons or found.answers[kind] or [one for one in [often] if one],
        often=often,
        periods=_periods(found.table.cycle),
        asked=_asked_now(found),
        **(_of_the_urge(found) if kind == "urge" else {}),
        request_open=asked,
        request_what="" if asked is None else asked.what if isinstance(asked.what, Stage) else f"round:{asked.what}",
        today=today,
        sent=request.form,
        key=new_key(),
    )


def _of_the_urge(found: Dossier) -> dict[str, object]:
    """Who receives the next urge, and whom it is copied to."""
    held = holders(db.session(), found.table.department, now())
    people = {role: [one.name for one in held[role]] for role in held}
    told = told_among(people, told_of("urge", {}))
    return {"told": told, "names": names, "copied": copied_to(found.next_urge, people[Role.HEAD])}


def _asked_now(found: Dossier) -> tuple[str, str, date] | None:
    """What the table is measured by in its state: what an extension would name, its words, its own last day."""
    stage = STAGE_OF.get(found.state)
    if stage is not None and stage in found.windows:
        return stage, STAGE_LABELS[stage], last_date(found.windows[stage].closes_at, found.timezone)
    rounds = found.table.cycle.rounds if found.state is State.MONITORING else []
    for one, period in zip(rounds, found.rounds, strict=False):
        if period.until == found.until:
            words = _("监控期 %(name)s", name=period.name)
            return f"round:{one.id}", words, last_date(period.closes_at, found.timezone)
    return None


def _periods(found: Cycle) -> list[tuple[str, str]]:
    """What can be extended: the stages that have dates, and the rounds."""
    timezone = found.region.timezone
    stages = [
        (
            w.stage,
            _("%(name)s（截至 %(day)s）", name=STAGE_LABELS[Stage(w.stage)], day=last_date(w.closes_at, timezone)),
        )
        for w in found.windows
    ]
    rounds = [
        (f"round:{r.id}", _("监控期 %(name)s（截至 %(day)s）", name=r.name, day=last_date(r.closes_at, timezone)))
        for r in found.rounds
    ]
    return stages + rounds


def _mine(cycle_id: int) -> Cycle:
    """A year the reader sets; 404 for another region's."""
    found = next((c for c in cycles.cycles_managed(db.session(), me(), now()) if c.id == cycle_id), None)
    if found is None:
        abort(404)
    return found


def _day(name: str, what: str) -> date:
    try:
        found = date.fromisoformat(typed(name))
        if found.year not in YEARS:
            raise ValueError(name)
        return found
    except ValueError:
        raise NotAllowed("no_date", _("%(what)s没有写，或不是日期", what=what)) from None


def _page(cycle_id: int | None, reasons: Sequence[Reason], title: str = "", part: str = "") -> str:
    session, at = db.session(), now()
    every = cycles.cycles_managed(session, me(), at)
    found = next((c for c in every if c.id == cycle_id), every[0] if every and cycle_id is None else None)
    if found is None and cycle_id is not None:
        abort(404)
    state = request.values.get("state", "")
    year = standing(session, me(), found, at) if found else None
    alive = list(year.late_first) if year else []
    if state == "late":
        alive = [line for line in alive if line.overdue]
    elif state in set(State):
        alive = [line for line in alive if line.state == state]
    regions = cycles.regions_managed(session, me(), at)
    today = local_date(at, found.region.timezone if found else regions[0].timezone)
    calendar = calendar_of(session, found.region_id if found else regions[0].id)
    assumed = [calendar.why_between(today, last) for last in (found.last_days if found else ()) if last >= today]
    return render_template(
        "bureau/cycle.html",
        cycle=found,
        cycles=every,
        regions=regions,
        frameworks=[(name, _form_title(frameworks.load(name))) for name in frameworks.available()],
        form_title=_form_in_use(framework_of(found), found.region.name) if found else "",
        stages=STAGE_LABELS,
        windows={Stage(w.stage): w for w in found.windows} if found else {},
        standing=year,
        lines=alive,
        below={line.table_id: line for line in year.below} if year else {},
        state=state,
        asked=waiting(session, me(), at, found.id) if found else [],
        periods=_periods(found) if found else [],
        reasons=reasons,
        reasons_title=title,
        part=part,
        sent=request.form,
        chosen=set(request.form.getlist("table")),
        today=today,
        calendar=calendar,
        assumed=assumed + [line.provisional for line in alive],
        standings={w.stage: _standing(w.opens_at, w.closes_at, at) for w in found.windows} if found else {},
    )


def _form_title(form: frameworks.Framework) -> str:
    """A form as people call it: whose it is, of which year, its title."""
    return f"{form.region} {form.year} 年 {form.title}"


def _form_in_use(form: frameworks.Framework, region: str) -> str:
    """The form of a region's year, and that it is another region's where it is."""
    return (
        _form_title(form) if form.region in {region, frameworks.ANYWHERE} else _("沿用%(form)s", form=_form_title(form))
    )


def _standing(opens_at: datetime, closes_at: datetime, at: datetime) -> str:
    if at < opens_at:
        return str(_("未开始"))
    return str(_("开放中") if at < closes_at else _("已截止"))
