"""Projects, their reports and confirmations, the waiver, and what the clock writes about rounds."""

from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from accounts.models import Person
from accounts.roles import Role
from forms import amounts
from workflow import loading, reporting, rounds
from workflow.deadlines import last_date, local_date
from workflow.effects import Doing, Impossible, Outdated
from workflow.facts import Reason
from workflow.lifecycle import CLOCK
from workflow.models import (
    Project,
    ProjectReport,
    ReportDraft,
    Round,
    Waiver,
)
from workflow.records.kind import kind, money_of, refuse, text_of
from workflow.states import State

_BEFORE_EVALUATION = frozenset(
    {State.DRAFT, State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.APPROVED, State.MONITORING}
)


@kind("list_project", "登记监控项目", _BEFORE_EVALUATION, {Role.EDITOR, Role.REVIEWER})
def _list_project(doing: Doing) -> dict[str, Any]:
    """details: code, name, budget (万元 text), must_monitor, why_not_monitored, must_evaluate, why_not_evaluated.
    The same code again changes that project, unless `new` says that it must not be one listed already."""
    details = doing.attempt.details
    code, name = text_of(doing, "code", "项目编码"), text_of(doing, "name", "项目名称")
    project = _project(doing, code)
    if project is None:
        project = Project(table_id=doing.table.id, code=code, listed_at=doing.now)
    elif details.get("new"):
        raise refuse("project_listed", f"编码 {code} 已是项目“{project.name}”的，请换一个编码，或从项目列表打开它来改")
    namesake = doing.session.scalars(
        select(Project).where(Project.table_id == doing.table.id, Project.name == name, Project.code != code)
    ).one_or_none()
    if namesake is not None:
        raise refuse("project_twice", f"“{name}”已经列为项目 {namesake.code}")
    must_monitor, must_evaluate = details.get("must_monitor", True), details.get("must_evaluate", True)
    project.name, project.budget = name, money_of(doing, "budget", f"“{name}”的年初预算")
    project.must_monitor = bool(must_monitor)
    project.why_not_monitored = None if must_monitor else text_of(doing, "why_not_monitored", "不监控的理由")
    project.must_evaluate = bool(must_evaluate)
    project.why_not_evaluated = None if must_evaluate else text_of(doing, "why_not_evaluated", "不自评的理由")
    doing.session.add(project)
    return {"code": code, "name": name, "must_monitor": project.must_monitor, "must_evaluate": project.must_evaluate}


@kind("evaluate_project", "登记项目自评", {State.MONITORING, State.SELF_EVALUATION}, {Role.EDITOR})
def _evaluate_project(doing: Doing) -> dict[str, Any]:
    """details: code, on (date), score (hundredths of a point)."""
    code, on, score = (
        text_of(doing, "code", "项目编码"),
        doing.attempt.details.get("on"),
        doing.attempt.details.get("score"),
    )
    project = _project(doing, code)
    if project is None:
        raise refuse("no_project", f"没有项目 {code}")
    if not isinstance(on, date) or not isinstance(score, int) or not 0 <= score <= 10000:
        raise refuse("bad_score", "项目自评要有日期，得分在 0 到 100 之间")
    project.evaluated_on, project.evaluation_score = on, score
    return {"code": code, "name": project.name, "on": on.isoformat(), "score": score}


@kind("report_project", "填监控报告", {State.MONITORING}, {Role.EDITOR})
def _report_project(doing: Doing) -> dict[str, Any]:
    """details: round_id, code, year_start, adjusted, executed, expected (万元 texts),
    indicators [{name, target, actual, expected, likelihood, deviation, why, measure}]."""
    opened = _open_round(doing)
    project = _listed_project(doing)
    report = _report(doing, opened.id, project.id)
    if report is None:
        report = ProjectReport(round_id=opened.id, project_id=project.id, table_id=doing.table.id)
    elif report.confirmed_at is not None:
        raise refuse("confirmed", f"“{project.name}”本期报告已经确认，不能再改")
    report.indicators = [
        {key: str(value) for key, value in row.items()} for row in doing.attempt.details.get("indicators") or []
    ]
    gone = Fraction(opened.period_to.month, 12)
    money, wrong = reporting.read_money(doing.attempt.details, project.name)
    wrong += reporting.against_indicators(report.indicators, gone)
    if wrong:
        raise Impossible(*wrong)
    for name, amount in money.items():
        setattr(report, name, amount)
    report.reported_by, report.reported_for, report.reported_at = doing.person_id, doing.attempt.for_id, doing.now
    report.returned_by = report.returned_at = report.return_reason = None
    doing.session.add(report)
    if (draft := _draft(doing, opened.id, project.id)) is not None:
        doing.session.delete(draft)
    told = {name: amounts.text_of(getattr(report, name), grouped=True) for name in reporting.MONEY}
    return {"round": opened.name, "code": project.code, "name": project.name, **told}


@kind("draft_report", "写监控报告草稿", {State.MONITORING}, {Role.EDITOR})
def _draft_report(doing: Doing) -> dict[str, Any]:
    """details: round_id, code, seen (the draft's edit number, 0 for none), amounts {name: 万元 text}, indicators as of
    report_project; nothing of it need be whole. A draft that says nothing, or what was reported, is none. Tells how
    much a report would still lack."""
    opened, project, details = _open_round(doing), _listed_project(doing), doing.attempt.details
    report = _report(doing, opened.id, project.id)
    if report is not None and report.confirmed_at is not None:
        raise refuse("confirmed", f"“{project.name}”本期报告已经确认，不能再改")
    texts = {name: str(details.get("amounts", {}).get(name, "")) for name in reporting.MONEY}
    rows = [{key: str(value) for key, value in row.items()} for row in details.get("indicators") or []]
    draft, told = _draft(doing, opened.id, project.id), {"round": opened.name, "code": project.code}
    told["name"] = project.name
    if reporting.says_nothing(texts, rows) or (report is not None and _says_so(report, texts, rows)):
        if draft is not None:
            _must_have_seen(doing, draft)
            doing.session.delete(draft)
        return {**told, "given_up": draft is not None, "edit": 0}
    if draft is not None:
        _must_have_seen(doing, draft)
    else:
        draft = ReportDraft(round_id=opened.id, project_id=project.id, table_id=doing.table.id, edit=0)
    draft.amounts, draft.indicators, draft.edit = texts, rows, draft.edit + 1
    draft.written_by, draft.written_at = doing.person_id, doing.now
    doing.session.add(draft)
    lacks = reporting.missing(texts, rows, Fraction(opened.period_to.month, 12), project.name)
    return {**told, "lacks": len(lacks), "edit": draft.edit}


def _must_have_seen(doing: Doing, draft: ReportDraft) -> None:
    """Two people at one report: the second is told, and keeps what they typed."""
    if doing.attempt.details.get("seen") == draft.edit:
        return
    who = doing.session.scalars(select(Person.name).where(Person.id == draft.written_by)).one()
    at = f"{draft.written_at.astimezone(ZoneInfo(doing.table.cycle.region.timezone)):%H:%M}"
    by = "您在别处" if draft.written_by == doing.person_id else who
    raise Outdated(
        Reason("draft_changed", f"您打开之后 {by} {at} 改了这份草稿；您的文字还在页面上，请另开一页看过再存")
    )


def _says_so(report: ProjectReport, texts: dict[str, str], rows: list[dict[str, str]]) -> bool:
    """Whether a draft says what was reported already."""
    money, _wrong = reporting.read_money(texts, "")
    told = [dict(row) for _number, row in reporting.told_rows(rows)]
    return told == report.indicators and money == {name: getattr(report, name) for name in reporting.MONEY}


@kind("confirm_report", "确认监控报告", {State.MONITORING}, {Role.REVIEWER})
def _confirm_report(doing: Doing) -> dict[str, Any]:
    """details: round_id, code. Tells the rate before and after, and whether this one reached the target."""
    opened = _open_round(doing)
    project = _listed_project(doing)
    report = _report(doing, opened.id, project.id)
    if report is None:
        raise refuse("not_reported", f"“{project.name}”本期还没有报告")
    if report.confirmed_at is not None:
        raise refuse("confirmed", f"“{project.name}”本期报告已经确认过")
    if {report.reported_by, report.reported_for} & doing.attempt.people:
        raise refuse("own_report", "自己填的报告要由本部门另一位审核人确认")
    if report.returned_at is not None:
        raise refuse("returned", f"“{project.name}”本期报告已经退回，填报人重新填报后才能确认")
    before = loading.rate(doing.session, doing.table, doing.now)
    report.confirmed_by, report.confirmed_at = doing.person_id, doing.now
    doing.session.flush()
    after = loading.rate(doing.session, doing.table, doing.now)
    if before is None or after is None:
        raise RuntimeError("an open round has a rate")
    return {
        "round": opened.name,
        "code": project.code,
        "name": project.name,
        "monitored": after.monitored,
        "projects": after.projects,
        "rate": after.sentence(),
        "reached": before.met is False and after.met is True,
    }


@kind("return_report", "退回监控报告", {State.MONITORING}, {Role.REVIEWER})
def _return_report(doing: Doing) -> dict[str, Any]:
    """details: round_id, code, reason. The report keeps its text and waits to be reported again."""
    opened = _open_round(doing)
    project, reason = _listed_project(doing), text_of(doing, "reason", "退回理由")
    report = _report(doing, opened.id, project.id)
    if report is None:
        raise refuse("not_reported", f"“{project.name}”本期还没有报告")
    if report.confirmed_at is not None:
        raise refuse("confirmed", f"“{project.name}”本期报告已经确认，不能再退回")
    if report.returned_at is not None:
        raise refuse("returned", f"“{project.name}”本期报告已经退回，等填报人重新填报")
    if report.reported_by == doing.attempt.person_id:
        raise refuse("own_report", "自己填的报告不用退回，可以直接修改后重新填报")
    report.returned_by, report.returned_at, report.return_reason = doing.person_id, doing.now, reason
    return {"round": opened.name, "code": project.code, "name": project.name, "reason": reason}


@kind("waive_monitoring", "放行", {State.MONITORING}, {Role.MANAGER})
def _waive_monitoring(doing: Doing) -> dict[str, Any]:
    """details: reason."""
    reason = text_of(doing, "reason", "放行理由")
    given = select(Waiver).where(Waiver.table_id == doing.table.id, Waiver.kind == "monitoring")
    if doing.session.scalars(given).one_or_none() is not None:
        raise refuse("waived", "这张表已经放行过")
    doing.session.add(
        Waiver(
            table_id=doing.table.id, kind="monitoring", reason=reason, granted_by=doing.person_id, granted_at=doing.now
        )
    )
    return {"reason": reason}


@kind("round_opened", "监控期开始", {State.MONITORING}, {CLOCK})
def _round_opened(doing: Doing) -> dict[str, Any]:
    entered = doing.table.entered_monitoring_at
    if entered is None:
        raise RuntimeError("a monitored table has entered monitoring")
    return {"rounds": rounds.freeze_open(doing.session, doing.table, entered=entered, now=doing.now)}


@kind("monitoring_blocked", "不能进入监控", {State.APPROVED}, {CLOCK})
def _monitoring_blocked(doing: Doing) -> dict[str, Any]:
    """details: reasons (texts): why the clock could not begin monitoring; department and manager are told."""
    return {"reasons": list(doing.attempt.details["reasons"])}


def _project(doing: Doing, code: str) -> Project | None:
    return doing.session.scalars(
        select(Project).where(Project.table_id == doing.table.id, Project.code == code)
    ).one_or_none()


def _listed_project(doing: Doing) -> Project:
    code = text_of(doing, "code", "项目编码")
    project = _project(doing, code)
    if project is None:
        raise refuse("no_project", f"没有项目 {code}")
    return project


def _report(doing: Doing, round_id: int, project_id: int) -> ProjectReport | None:
    return doing.session.scalars(
        select(ProjectReport).where(ProjectReport.round_id == round_id, ProjectReport.project_id == project_id)
    ).one_or_none()


def _draft(doing: Doing, round_id: int, project_id: int) -> ReportDraft | None:
    return doing.session.scalars(
        select(ReportDraft).where(ReportDraft.round_id == round_id, ReportDraft.project_id == project_id)
    ).one_or_none()


def _open_round(doing: Doing) -> Round:
    round_id = doing.attempt.details.get("round_id")
    found = loading.round_period(doing.session, doing.table, round_id) if isinstance(round_id, int) else None
    if found is None:
        raise refuse("no_round", "没有这个监控期")
    listed, period = found
    if not period.is_open(doing.now):
        timezone = doing.table.cycle.region.timezone
        if doing.now < period.opens_at:
            raise refuse("round_not_open", f"“{period.name}”{local_date(period.opens_at, timezone)} 起才开放")
        end = last_date(period.until, timezone)
        raise refuse("round_closed", f"“{period.name}”已于 {end} 24:00 截止，只有财政绩效处能延期")
    return listed
