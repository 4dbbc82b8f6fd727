"""Monitoring of one table: is the rate met, what is missing, which project is nearest; reports and confirmations."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from config.clock import now
from config.database import db
from forms.document import Indicator
from forms.framework import Monitoring as Counting
from web.access import signed_in
from web.answering import STATUS, finish, key, me, new_key, refused, table_or_404, typed, whole_number
from web.figures import wan
from web.table.words import ASIDE, DUE, IN_THE_PAGE, LINKS
from workflow import loading, overview
from workflow.acts import Recorded, Refused, may, record
from workflow.deadlines import last_date, local_date
from workflow.dossier import OF_THE_GOALS, Dossier
from workflow.facts import Reason
from workflow.holidays import calendar_for
from workflow.models import Table
from workflow.monitoring import LIGHT_LABELS, Light
from workflow.projects import Line, Monitored, monitored
from workflow.reporting import DEVIATIONS, LIKELIHOODS, MONEY, ROW, missing, told_rows
from workflow.states import State
from workflow.workdays import Calendar

monitoring = Blueprint("monitoring", __name__)
LINKS["report_project"] = ("monitoring.show", "填监控报告")
LINKS["confirm_report"] = ("monitoring.show", "确认监控报告")
LINKS["list_project"] = ("monitoring.add_project", "登记监控项目")
ASIDE |= {"list_project", "waive_monitoring"}
IN_THE_PAGE["list_project"] = OF_THE_GOALS


def _no_project_yet(d: Dossier) -> bool:
    """Whether an approved table waits for its projects: without one it cannot be monitored."""
    listed = any(line.act == "list_project" for line in d.history)
    return d.state is State.APPROVED and d.table.adjusts_id is None and not listed


def _a_round_is_open(d: Dossier) -> bool:
    at = now()
    return any(period.is_open(at) for period in d.rounds)


DUE |= {"list_project": _no_project_yet, "report_project": _a_round_is_open, "confirm_report": _a_round_is_open}

LIKELY = tuple(word for word in ("能", "有可能", "不能") if word in LIKELIHOODS)
KINDS = tuple(word for word in ("经费", "制度", "人员", "硬件", "其他") if word in DEVIATIONS)
SPARE_ROWS = 2
MOST_ROWS = 40


@dataclass(frozen=True)
class Shown:
    """What every page here is made of."""

    table: Table
    found: Monitored
    answers: Mapping[str, Sequence[Reason]]
    today: date

    def may(self, name: str) -> bool:
        """Whether the reader can begin this now."""
        return name in self.answers and not self.answers[name]

    @property
    def round_open(self) -> bool:
        """Whether reports are taken now."""
        return self.found.period is not None and self.found.period.is_open(now())

    @property
    def counting(self) -> Counting:
        """Which projects the year's form divides by, and why."""
        return loading.framework_of(self.table.cycle).monitoring

    @property
    def calendar(self) -> Calendar:
        """The working calendar of the table's region."""
        return calendar_for(self.table.cycle)

    @property
    def last_day(self) -> date | None:
        """The last day of the round."""
        zone = self.table.cycle.region.timezone
        return last_date(self.found.period.until, zone) if self.found.period else None

    @property
    def own_indicators(self) -> list[Indicator]:
        """The department's own goals in force: a project usually reports on some of them."""
        framework, goals = loading.framework_of(self.table.cycle), self.found.known.goals
        return [row for row in goals.indicators if framework.common(row.level3) is None] if goals else []

    def line_of(self, project_id: int) -> Line:
        """A project of this table; 404 for any other."""
        line = next((line for line in self.found.lines if line.project.id == project_id), None)
        if line is None:
            abort(404)
        return line


@monitoring.get("/monitoring")
@signed_in
def tables() -> str:
    """The tables in monitoring that the reader may see."""
    at = now()
    lines = overview.monitored_tables(db.session(), me(), at)
    return render_template("monitoring/tables.html", lines=lines, today=local_date(at, "Asia/Shanghai"))


@monitoring.get("/tables/<int:table_id>/monitoring")
@signed_in
def show(table_id: int) -> str:
    """The rate, and the projects."""
    return _page(table_id, ())


@monitoring.post("/tables/<int:table_id>/monitoring/confirm")
@signed_in
def confirm(table_id: int) -> Response | tuple[str, int]:
    """Confirm one or several reports; each has its own result."""
    shown, sent = _shown(table_or_404(table_id)), key()
    wanted = [shown.line_of(int(each)) for each in request.form.getlist("project") if each.isdigit()]
    if not wanted:
        return _page(table_id, refused("none_chosen", "没有选中要确认的项目，请先在表里勾选")), 422
    names = [(line.project.id, line.project.code, line.project.name) for line in wanted]
    round_id = shown.found.round.id if shown.found.round else None

    def confirmed(project_id: int, code: str) -> Recorded | Refused:
        own = f"{sent[:40]}-{project_id}"
        return record("confirm_report", table_id, person=me(), now=now, key=own, round_id=round_id, code=code)

    results = [(name, confirmed(project_id, code)) for project_id, code, name in names]
    reasons = [
        Reason(outcome.reasons[0].code, _("“%(name)s”没有确认：%(why)s", name=name, why=outcome.sentence()))
        for name, outcome in results
        if isinstance(outcome, Refused)
    ]
    done = [(name, outcome) for name, outcome in results if isinstance(outcome, Recorded)]
    if not done:
        kinds = {outcome.kind for _name, outcome in results if isinstance(outcome, Refused)}
        return _page(table_id, reasons), STATUS.get(min(kinds), 404)
    for name, outcome in done:
        flash(_("已确认：%(name)s。完成率 %(rate)s", name=name, rate=outcome.said["rate"]), "done")
    for reason in reasons:
        flash(reason.text, "refused")
    return redirect(url_for("monitoring.show", table_id=table_id), 303)


@monitoring.get("/tables/<int:table_id>/projects/add")
@signed_in
def add_project(table_id: int) -> str:
    """The form of a new project."""
    return _project_form(table_id, None, ())


@monitoring.post("/tables/<int:table_id>/projects/add")
@signed_in
def add_project_post(table_id: int) -> Response | tuple[str, int]:
    """List it."""
    return _list_project(table_id, None)


@monitoring.get("/tables/<int:table_id>/projects/<int:project_id>")
@signed_in
def project(table_id: int, project_id: int) -> str:
    """The form that changes a project, with its self-evaluation."""
    return _project_form(table_id, project_id, ())


@monitoring.post("/tables/<int:table_id>/projects/<int:project_id>")
@signed_in
def project_post(table_id: int, project_id: int) -> Response | tuple[str, int]:
    """Change it."""
    return _list_project(table_id, project_id)


@monitoring.post("/tables/<int:table_id>/projects/<int:project_id>/evaluate")
@signed_in
def evaluate(table_id: int, project_id: int) -> Response | tuple[str, int]:
    """Note when and with what score a project was self-evaluated."""
    line = _shown(table_or_404(table_id)).line_of(project_id)
    code, name = line.project.code, line.project.name
    on, score = _day("on"), _hundredths("score")
    outcome = record("evaluate_project", table_id, person=me(), now=now, key=key(), code=code, on=on, score=score)
    return finish(
        outcome,
        done=_("已登记项目自评：%(name)s", name=name),
        to=url_for("monitoring.show", table_id=table_id),
        again=lambda reasons: _project_form(table_id, project_id, reasons),
    )


@monitoring.get("/tables/<int:table_id>/monitoring/reports/<int:project_id>")
@signed_in
def report(table_id: int, project_id: int) -> str:
    """A project's report in the round looked at: to be written, or to be read."""
    return _report_form(table_id, project_id, ())


@monitoring.post("/tables/<int:table_id>/monitoring/reports/<int:project_id>")
@signed_in
def report_post(table_id: int, project_id: int) -> Response | tuple[str, int]:
    """Report it."""
    line = _shown(table_or_404(table_id)).line_of(project_id)
    code, name = line.project.code, line.project.name
    outcome = record(
        "report_project",
        table_id,
        person=me(),
        now=now,
        key=key(),
        round_id=request.form.get("round_id", type=int),
        code=code,
        **_amounts_sent(),
        indicators=[row for _number, row in told_rows(_rows_sent())],
    )
    return finish(
        outcome,
        done=_("已填报：%(name)s。部门审核人确认后计入完成率。", name=name),
        to=url_for("monitoring.show", table_id=table_id),
        again=lambda reasons: _report_form(table_id, project_id, reasons),
    )


@monitoring.post("/tables/<int:table_id>/monitoring/reports/<int:project_id>/draft")
@signed_in
def draft_report(table_id: int, project_id: int) -> Response | tuple[str, int]:
    """Keep what was typed as it is, without reporting it; asked for by the page itself, the answer is its state."""
    table = table_or_404(table_id)
    line = _shown(table).line_of(project_id)
    code, given_up = line.project.code, "give_up" in request.form
    outcome = record(
        "draft_report",
        table_id,
        person=me(),
        now=now,
        key=key("draft_key"),
        round_id=request.form.get("round_id", type=int),
        code=code,
        seen=whole_number("seen"),
        amounts={} if given_up else _amounts_sent(),
        indicators=[] if given_up else _rows_typed(),
    )
    if "HX-Request" in request.headers:
        return _draft_state(table_id, project_id, outcome)
    return finish(
        outcome,
        done=_("草稿已经删去") if given_up else _("草稿已存，还没有填报"),
        to=url_for("monitoring.report", table_id=table_id, project_id=project_id),
        again=lambda reasons: _report_form(table_id, project_id, reasons, title=_("草稿没有存上")),
    )


def _draft_state(table_id: int, project_id: int, outcome: Recorded | Refused) -> tuple[str, int]:
    """The state of a draft alone: kept or why not, what is missing, and the key of the next save."""
    if isinstance(outcome, Refused) and outcome.kind == "not_found":
        abort(404)
    shown = _shown(table_or_404(table_id))
    line = shown.line_of(project_id)
    refused_so = outcome.reasons if isinstance(outcome, Refused) else ()
    page = render_template(
        "monitoring/draft-state.html",
        s=shown,
        line=line,
        reasons=refused_so,
        draft_key=new_key(),
        seen=whole_number("seen") if refused_so else outcome.said["edit"],  # type: ignore[union-attr]
        gaps=_gaps(shown, line, _amounts_sent(), _rows_sent()),
        me=me(),
    )
    return page, STATUS[outcome.kind] if isinstance(outcome, Refused) else 200


@monitoring.post("/tables/<int:table_id>/monitoring/reports/<int:project_id>/return")
@signed_in
def return_report(table_id: int, project_id: int) -> Response | tuple[str, int]:
    """Send a report back to the editors with a reason."""
    line = _shown(table_or_404(table_id)).line_of(project_id)
    code, name = line.project.code, line.project.name
    round_id, reason = request.form.get("round_id", type=int), typed("reason")
    outcome = record(
        "return_report", table_id, person=me(), now=now, key=key(), round_id=round_id, code=code, reason=reason
    )
    return finish(
        outcome,
        done=_("已退回：%(name)s。填报人会收到理由。", name=name),
        to=url_for("monitoring.show", table_id=table_id),
        again=lambda reasons: _report_form(table_id, project_id, reasons, returning=True),
    )


def _shown(table: Table) -> Shown:
    at, session = now(), db.session()
    found = monitored(session, table, at)
    answers = may(session, table, me(), at, known=found.known)
    return Shown(table, found, answers, local_date(at, table.cycle.region.timezone))


def _page(table_id: int, reasons: Sequence[Reason]) -> str:
    return render_template(
        "monitoring/table.html",
        s=_shown(table_or_404(table_id)),
        reasons=reasons,
        chosen=request.form.getlist("project"),
        all_chosen="all" in request.args,
        key=new_key(),
        lights=Light,
        light_labels=LIGHT_LABELS,
    )


def _list_project(table_id: int, project_id: int | None) -> Response | tuple[str, int]:
    shown, code = _shown(table_or_404(table_id)), typed("code")
    if project_id is not None:
        code = shown.line_of(project_id).project.code
    outcome = record(
        "list_project",
        table_id,
        person=me(),
        now=now,
        key=key(),
        code=code,
        new=project_id is None,
        name=typed("name"),
        budget=typed("budget"),
        must_monitor=typed("must_monitor") != "no",
        why_not_monitored=typed("why_not_monitored"),
        must_evaluate=typed("must_evaluate") != "no",
        why_not_evaluated=typed("why_not_evaluated"),
    )
    return finish(
        outcome,
        done=_("已登记监控项目：%(name)s", name=typed("name")),
        to=url_for("monitoring.show", table_id=table_id),
        again=lambda reasons: _project_form(table_id, project_id, reasons),
    )


def _project_form(table_id: int, project_id: int | None, reasons: Sequence[Reason]) -> str:
    shown = _shown(table_or_404(table_id))
    line = shown.line_of(project_id) if project_id is not None else None
    return render_template(
        "monitoring/project.html", s=shown, line=line, sent=request.form, reasons=reasons, key=new_key()
    )


def _report_form(
    table_id: int, project_id: int, reasons: Sequence[Reason], *, returning: bool = False, title: str = ""
) -> str:
    """A report to write or to read; `returning`: the reasons stand against sending it back."""
    shown = _shown(table_or_404(table_id))
    line = shown.line_of(project_id)
    typed_here = request.method == "POST" and not returning
    rows = _rows_sent() if typed_here else _rows_known(line)
    amounts = _amounts_sent() if typed_here else _amounts_known(line)
    told = {field: reason.text for reason in reasons if (field := _field_of(reason, rows)) and not returning}
    writable = not returning and (
        bool(reasons) or (shown.may("report_project") and shown.round_open and not line.confirmed)
    )
    return render_template(
        "monitoring/report.html",
        s=shown,
        line=line,
        rows=rows,
        amounts=amounts,
        called=MONEY,
        sent=request.form,
        reasons=reasons,
        title=title or (_("没有退回") if returning else _("没有填报")),
        wrong=told,
        key=new_key(),
        draft_key=new_key(),
        seen=_seen(line),
        gaps=_gaps(shown, line, amounts, rows) if writable and not reasons else [],
        likely=LIKELY,
        kinds=KINDS,
        me=me(),
        writable=writable,
        returning=returning,
    )


def _seen(line: Line) -> int:
    """Which draft the form was begun from; a colleague's that came meanwhile does not count as seen."""
    mine = line.draft is not None and (request.method == "GET" or line.draft.written_by == me())
    return line.draft.edit if line.draft and mine else request.form.get("seen", 0, type=int)


def _gaps(shown: Shown, line: Line, amounts: dict[str, str], rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    """What a report as it stands in the form still lacks: the field, and the words."""
    current = shown.found.round
    if current is None:
        return []
    lacks = missing(amounts, rows, Fraction(current.period_to.month, 12), line.project.name)
    return [(_field_of(reason, rows) or "", reason.text) for reason in lacks]


def _rows_known(line: Line) -> list[dict[str, str]]:
    """The rows of the draft, of this round's report, or the names and targets of the one before; then some to fill
    in."""
    if line.draft is not None:
        rows = [dict(row) for row in line.draft.indicators]
    elif line.report is not None:
        rows = [dict(row) for row in line.report.indicators]
    else:
        before = line.latest.indicators if line.latest else []
        rows = [{name: row.get(name, "") for name in ("name", "target", "expected")} for row in before]
    return [dict.fromkeys(ROW, "") | {"likelihood": LIKELY[0]} | row for row in rows + [{}] * SPARE_ROWS]


def _amounts_known(line: Line) -> dict[str, str]:
    """The amounts of the draft, of this round's report, or what the project and the report before let expect."""
    if line.draft is not None:
        return {name: line.draft.amounts.get(name, "") for name in MONEY}
    known, budget = line.report or line.latest, line.project.budget
    values = {name: getattr(known, name) if known else budget for name in MONEY}
    values["executed"] = line.report.executed if line.report else None
    return {name: "" if value is None else wan(value) for name, value in values.items()}


def _amounts_sent() -> dict[str, str]:
    return {name: typed(name) for name in MONEY}


def _rows_sent() -> list[dict[str, str]]:
    count = min(request.form.get("rows", 0, type=int), MOST_ROWS)
    return [{field: typed(f"{field}-{number}") for field in ROW} for number in range(count)]


def _rows_typed() -> list[dict[str, str]]:
    """The rows up to the last in which anything stands, so that each keeps its place."""
    rows = _rows_sent()
    while rows and not any(text for field, text in rows[-1].items() if field != "likelihood"):
        rows.pop()
    return rows


def _field_of(reason: Reason, rows: Sequence[Mapping[str, str]]) -> str | None:
    """The field of the report's form that a reason is about."""
    path = reason.path or ""
    if path in MONEY:
        return path
    found = re.fullmatch(r"indicators\[(\d+)\]\.(\w+)", path)
    if found is None or found[2] not in ROW:
        return None
    filled = [number for number, _row in told_rows(rows)]
    at = int(found[1])
    return f"{found[2]}-{filled[at] if at < len(filled) else 0}"


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(typed(name))
    except ValueError:
        return None


def _hundredths(name: str) -> Any:
    """A score as typed ("88.5") in hundredths of a point; None where it is none."""
    try:
        whole, _dot, part = typed(name).partition(".")
        return int(whole) * 100 + int((part + "00")[:2]) if len(part) <= 2 else None
    except ValueError:
        return None
