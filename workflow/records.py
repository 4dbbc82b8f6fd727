"""Acts that move nothing: each kind declared once with who, when and what must hold, and the effect it has.

Every kind goes through workflow.acts.record: same lock, scope, key and history as a move.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update

from accounts.roles import Role
from forms import amounts, cells, store, targets
from forms.document import Document
from ledger.chain import instant_text
from ledger.models import Entry
from workflow import evaluation, loading, rounds
from workflow import guards as g
from workflow.deadlines import last_date, local_date
from workflow.effects import Doing, Impossible
from workflow.facts import Attempt, Facts, Reason
from workflow.importing import mismatches
from workflow.lifecycle import CLOCK, NEEDS, Need, who
from workflow.models import (
    Extension,
    IndicatorResult,
    Project,
    ProjectReport,
    Remark,
    Review,
    Revision,
    Table,
    Waiver,
)
from workflow.review import GRADES, ReviewForm
from workflow.states import LABELS, STAGE_LABELS, Stage, State

Effect = Callable[[Doing], dict[str, Any]]
LIKELIHOODS = frozenset({"能", "有可能", "不能"})
DEVIATIONS = frozenset({"经费", "制度", "人员", "硬件", "其他"})
URGES_A_DAY = 1
"""[choice] At most one urge a day and table, so that it keeps meaning something."""


@dataclass(frozen=True)
class RecordKind:
    """One kind: its word, in which states, who may, what must hold, what it writes (and tells the history)."""

    name: str
    label: str
    states: frozenset[State]
    roles: frozenset[str]
    guards: tuple[g.Guard, ...]
    effect: Effect

    @property
    def needs(self) -> frozenset[Need]:
        """What its guards must be told."""
        return frozenset().union(*(NEEDS.get(guard, frozenset()) for guard in self.guards))

    def against(self, state: State, attempt: Attempt) -> tuple[Reason, ...]:
        """What role and state have against it."""
        found = []
        if not attempt.roles & self.roles:
            found.append(Reason("role", f"{self.label}由{who(self.roles)}办理"))
        if state not in self.states:
            found.append(Reason("state", f"现在是“{LABELS[state]}”，不能{self.label}"))
        return tuple(found)

    def reasons(self, facts: Facts, attempt: Attempt) -> tuple[Reason, ...]:
        """What the guards have against it."""
        return g.all_reasons(self.guards, facts, attempt)


RECORDS: dict[str, RecordKind] = {}

_ALIVE = frozenset(State) - {State.COMPLETED, State.VOID}
_BEFORE_EVALUATION = frozenset(
    {State.DRAFT, State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.APPROVED, State.MONITORING}
)


def _kind(
    name: str, label: str, states: set[State] | frozenset[State], roles: set[str], *guards: g.Guard
) -> Callable[[Effect], Effect]:
    def declare(effect: Effect) -> Effect:
        if name in RECORDS:
            raise ValueError(f"the kind {name} is declared twice")
        RECORDS[name] = RecordKind(name, label, frozenset(states), frozenset(roles), guards, effect)
        return effect

    return declare


def _refuse(code: str, text: str, path: str | None = None) -> Impossible:
    return Impossible(Reason(code, text, path))


def _text(doing: Doing, name: str, what: str) -> str:
    value = str(doing.attempt.details.get(name) or "").strip()
    if not value:
        raise _refuse(f"{name}_empty", f"{what}不能为空")
    return value


def _money(doing: Doing, name: str, what: str) -> int:
    try:
        return amounts.parse(str(doing.attempt.details.get(name, "")))
    except amounts.AmountError as error:
        raise _refuse("bad_amount", f"{what}：{error}") from error


def _future(doing: Doing) -> datetime:
    until = doing.attempt.details.get("until")
    if not isinstance(until, datetime) or until.tzinfo is None:
        raise _refuse("until_missing", "要给出新的截止时间")
    if until <= doing.now:
        raise _refuse("until_past", "新的截止时间已经过去")
    return until


def _begin_to_write(doing: Doing) -> None:
    doing.session.execute(
        update(Table)
        .where(Table.id == doing.table.id, Table.begun_at.is_(None))
        .values(begun_at=doing.now)
        .execution_options(synchronize_session=False)
    )
    doing.session.expire(doing.table, ["begun_at"])


# The sheet


@_kind("import_sheet", "导入目标表", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _import_sheet(doing: Doing) -> dict[str, Any]:
    """details: document (forms.document.Document), seen (the sheet's edit number), source {name, sha256}."""
    document = doing.attempt.details["document"]
    if not isinstance(document, Document):
        raise TypeError("import_sheet takes a Document")
    if wrong := mismatches(document, doing.table.department, doing.table.cycle):
        raise Impossible(wrong[0])
    edit = _edited(doing, lambda seen: store.replace(doing.session, doing.table.sheet_id, document, seen=seen))
    return {"sha256": document.digest(), "source": doing.attempt.details.get("source"), "edit": edit}


@_kind("edit_sheet", "填报", {State.DRAFT}, {Role.EDITOR}, g.entry_open)
def _edit_sheet(doing: Doing) -> dict[str, Any]:
    """details: changes [[path, text], …], seen (the sheet's edit number)."""
    changes = doing.attempt.details["changes"]

    def write(seen: int) -> int:
        edit = seen
        for path, text in changes:
            try:
                cells.must_be_settable(path)
                edit = store.set_cell(doing.session, doing.table.sheet_id, path, text, seen=edit)
            except (cells.BadCell, store.NoSuchCell, amounts.AmountError, targets.TargetError) as error:
                raise _refuse("bad_cell", str(error), path) from error
        return edit

    return {"edit": _edited(doing, write), "paths": [path for path, _ in changes]}


def _edited(doing: Doing, write: Callable[[int], int]) -> int:
    seen = doing.attempt.details.get("seen")
    if not isinstance(seen, int):
        raise _refuse("seen_missing", "要说明改的是哪一次看到的内容")
    try:
        return write(seen)
    except store.EditedMeanwhile as error:
        raise _refuse("sheet_changed", "您看到之后表里又有改动，请先看过最新内容") from error


# Reviewing


@_kind(
    "remark",
    "提意见",
    {State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.EVALUATION_REVIEW},
    {Role.REVIEWER, Role.OFFICER},
    g.turn_to_review,
    g.not_the_submitter,
)
def _remark(doing: Doing) -> dict[str, Any]:
    """details: must (bool), path ("" for the whole table), text."""
    text = _text(doing, "text", "意见")
    path = str(doing.attempt.details.get("path") or "")
    revision = loading.latest_revision(doing.session, doing.table)
    if revision is None:
        raise RuntimeError("a table in review has a revision")
    if path and revision.kind != "evaluation":
        try:
            cells.value_at(loading.revision_document(revision), path)
        except cells.BadCell as error:
            raise _refuse("bad_cell", str(error), path) from error
    number = (
        1
        + doing.session.scalars(
            select(func.coalesce(func.max(Remark.number), 0)).where(Remark.table_id == doing.table.id)
        ).one()
    )
    must = bool(doing.attempt.details.get("must"))
    doing.session.add(
        Remark(
            table_id=doing.table.id,
            revision_id=revision.id,
            number=number,
            state=State(doing.table.state),
            must=must,
            path=path,
            text=text,
            made_by=doing.person_id,
            made_at=doing.now,
        )
    )
    _begin_to_write(doing)
    return {"number": number, "must": must, "path": path, "text": text, "revision": revision.number}


@_kind("answer_remark", "答复意见", {State.DRAFT, State.SELF_EVALUATION}, {Role.EDITOR}, g.answering_open)
def _answer_remark(doing: Doing) -> dict[str, Any]:
    """details: number, answer ("changed" or "declined"), text (compulsory when declined)."""
    number, answer = doing.attempt.details.get("number"), doing.attempt.details.get("answer")
    remark = doing.session.scalars(
        select(Remark).where(Remark.table_id == doing.table.id, Remark.number == number)
    ).one_or_none()
    if remark is None:
        raise _refuse("no_remark", f"没有第 {number} 条意见")
    if answer not in {"changed", "declined"}:
        raise _refuse("answer_unknown", "答复要选 已改 或 不采纳")
    text = str(doing.attempt.details.get("text") or "").strip()
    if answer == "declined" and not text:
        raise _refuse("text_empty", "不采纳要写理由")
    remark.answer, remark.answer_text = answer, text
    remark.answered_by, remark.answered_at = doing.person_id, doing.now
    return {"number": number, "answer": answer, "text": text}


@_kind(
    "draft_review", "写评审表", {State.FINANCE_REVIEW}, {Role.OFFICER}, g.not_of_the_department, g.on_latest_revision
)
def _draft_review(doing: Doing) -> dict[str, Any]:
    """details: revision (seen), review (as far as filled in), grade, opinion."""
    try:
        form = ReviewForm.of(doing.attempt.details.get("review") or {})
    except ValueError as error:
        raise _refuse("review_malformed", str(error)) from error
    grade = doing.attempt.details.get("grade")
    if grade is not None and grade not in GRADES:
        raise _refuse("grade", "评级只能是 优、良、中、差")
    revision = doing.session.scalars(
        select(Revision).where(
            Revision.table_id == doing.table.id, Revision.number == doing.attempt.details["revision"]
        )
    ).one()
    review = doing.session.scalars(
        select(Review).where(Review.revision_id == revision.id, Review.person_id == doing.person_id)
    ).one_or_none()
    if review is None:
        review = Review(table_id=doing.table.id, revision_id=revision.id, person_id=doing.person_id)
    review.form, review.grade, review.written_at = form.as_json(), grade, doing.now
    review.opinion = str(doing.attempt.details.get("opinion") or "")
    doing.session.add(review)
    _begin_to_write(doing)
    return {"revision": revision.number, "grade": grade, "missing": list(form.missing())}


# Time


@_kind("extend", "延期", _ALIVE, {Role.MANAGER})
def _extend(doing: Doing) -> dict[str, Any]:
    """details: stage or round_id, until (aware instant), reason."""
    reason, until = _text(doing, "reason", "延期理由"), _future(doing)
    stage, round_id = doing.attempt.details.get("stage"), doing.attempt.details.get("round_id")
    if (stage is None) == (round_id is None):
        raise _refuse("extend_what", "延期要指明是哪个阶段，或哪个监控期")
    if stage is not None and stage not in set(Stage):
        raise _refuse("stage_unknown", f"没有“{stage}”这个阶段")
    period = (
        loading.windows(doing.session, doing.table).get(Stage(stage))
        if stage is not None
        else (loading.round_period(doing.session, doing.table, int(str(round_id))) or (None, None))[1]
    )
    if period is None:
        raise _refuse("extend_what", "这个阶段（监控期）还没有设定起止日期")
    if until <= period.closes_at:
        raise _refuse("until_early", "新的截止时间要晚于原来的截止时间")
    doing.session.add(
        Extension(
            table_id=doing.table.id,
            stage=stage,
            round_id=round_id,
            until=until,
            reason=reason,
            granted_by=doing.person_id,
            granted_at=doing.now,
        )
    )
    name = STAGE_LABELS[Stage(stage)] if stage is not None else period.name
    return {"stage": stage, "round_id": round_id, "name": name, "until": instant_text(until), "reason": reason}


@_kind("urge", "催办", _ALIVE, {Role.MANAGER, Role.OFFICER})
def _urge(doing: Doing) -> dict[str, Any]:
    """details: text (optional)."""
    timezone = doing.table.cycle.region.timezone
    chain = f"table:{doing.table.id}"
    dates = [
        local_date(at, timezone)
        for at in doing.session.scalars(select(Entry.at).where(Entry.chain == chain, Entry.act == "urge"))
    ]
    today = local_date(doing.now, timezone)
    if dates.count(today) >= URGES_A_DAY:
        raise _refuse("urged_today", "这张表今天已经催办过，下一个工作日可以再催")
    return {"count": len(dates) + 1, "text": str(doing.attempt.details.get("text") or "").strip()}


# Projects and monitoring


@_kind("list_project", "列项目", _BEFORE_EVALUATION, {Role.EDITOR, Role.REVIEWER})
def _list_project(doing: Doing) -> dict[str, Any]:
    """details: code, name, budget (万元 text), must_monitor, why_not_monitored, must_evaluate, why_not_evaluated.
    The same code again changes that project."""
    details = doing.attempt.details
    code, name = _text(doing, "code", "项目编码"), _text(doing, "name", "项目名称")
    project = _project(doing, code)
    if project is None:
        project = Project(table_id=doing.table.id, code=code, listed_at=doing.now)
    namesake = doing.session.scalars(
        select(Project).where(Project.table_id == doing.table.id, Project.name == name, Project.code != code)
    ).one_or_none()
    if namesake is not None:
        raise _refuse("project_twice", f"“{name}”已经列为项目 {namesake.code}")
    must_monitor, must_evaluate = details.get("must_monitor", True), details.get("must_evaluate", True)
    project.name, project.budget = name, _money(doing, "budget", f"“{name}”的年初预算")
    project.must_monitor = bool(must_monitor)
    project.why_not_monitored = None if must_monitor else _text(doing, "why_not_monitored", "不监控的理由")
    project.must_evaluate = bool(must_evaluate)
    project.why_not_evaluated = None if must_evaluate else _text(doing, "why_not_evaluated", "不自评的理由")
    doing.session.add(project)
    return {"code": code, "name": name, "must_monitor": project.must_monitor, "must_evaluate": project.must_evaluate}


@_kind("evaluate_project", "登记项目自评", {State.MONITORING, State.SELF_EVALUATION}, {Role.EDITOR})
def _evaluate_project(doing: Doing) -> dict[str, Any]:
    """details: code, on (date), score (hundredths of a point)."""
    code, on, score = (
        _text(doing, "code", "项目编码"),
        doing.attempt.details.get("on"),
        doing.attempt.details.get("score"),
    )
    project = _project(doing, code)
    if project is None:
        raise _refuse("no_project", f"没有项目 {code}")
    if not isinstance(on, date) or not isinstance(score, int) or not 0 <= score <= 10000:
        raise _refuse("bad_score", "项目自评要有日期，得分在 0 到 100 之间")
    project.evaluated_on, project.evaluation_score = on, score
    return {"code": code, "on": on.isoformat(), "score": score}


@_kind("report_project", "填监控报告", {State.MONITORING}, {Role.EDITOR})
def _report_project(doing: Doing) -> dict[str, Any]:
    """details: round_id, code, year_start, adjusted, executed, expected (万元 texts),
    indicators [{name, actual, expected, likelihood, deviation, why, measure}]."""
    period_name, round_id = _open_round(doing)
    project = _listed_project(doing)
    report = _report(doing, round_id, project.id)
    if report is None:
        report = ProjectReport(round_id=round_id, project_id=project.id, table_id=doing.table.id)
    elif report.confirmed_at is not None:
        raise _refuse("confirmed", f"“{project.name}”本期报告已经确认，不能再改")
    for name, what in (
        ("year_start", "年初预算"),
        ("adjusted", "调整后预算"),
        ("executed", "已执行"),
        ("expected", "预计全年执行"),
    ):
        setattr(report, name, _money(doing, name, f"“{project.name}”的{what}"))
    report.indicators = _indicator_reports(doing)
    report.reported_by, report.reported_at = doing.person_id, doing.now
    doing.session.add(report)
    return {"round": period_name, "code": project.code, "name": project.name}


def _indicator_reports(doing: Doing) -> list[dict[str, str]]:
    found = []
    for row in doing.attempt.details.get("indicators") or []:
        name = str(row.get("name", "")).strip()
        if row.get("likelihood") not in LIKELIHOODS:
            raise _refuse("likelihood", f"“{name}”的完成可能性要选 能、有可能 或 不能")
        if row["likelihood"] != "能":
            if row.get("deviation") not in DEVIATIONS:
                raise _refuse("deviation", f"“{name}”有偏差，原因要选 经费、制度、人员、硬件 或 其他")
            if not str(row.get("why", "")).strip() or not str(row.get("measure", "")).strip():
                raise _refuse("deviation", f"“{name}”有偏差，要写原因说明和改进措施")
        found.append({key: str(value) for key, value in row.items()})
    return found


@_kind("confirm_report", "确认监控报告", {State.MONITORING}, {Role.REVIEWER})
def _confirm_report(doing: Doing) -> dict[str, Any]:
    """details: round_id, code. Tells the rate before and after, and whether this one reached the target."""
    period_name, round_id = _open_round(doing)
    project = _listed_project(doing)
    report = _report(doing, round_id, project.id)
    if report is None:
        raise _refuse("not_reported", f"“{project.name}”本期还没有报告")
    if report.confirmed_at is not None:
        raise _refuse("confirmed", f"“{project.name}”本期报告已经确认过")
    if report.reported_by == doing.attempt.person_id:
        raise _refuse("own_report", "自己填的报告要由本部门另一位审核人确认")
    before = loading.rate(doing.session, doing.table, doing.now)
    report.confirmed_by, report.confirmed_at = doing.person_id, doing.now
    doing.session.flush()
    after = loading.rate(doing.session, doing.table, doing.now)
    if before is None or after is None:
        raise RuntimeError("an open round has a rate")
    return {
        "round": period_name,
        "code": project.code,
        "name": project.name,
        "monitored": after.monitored,
        "projects": after.projects,
        "rate": after.sentence(),
        "reached": before.met is False and after.met is True,
    }


@_kind("waive_monitoring", "放行", {State.MONITORING}, {Role.MANAGER})
def _waive_monitoring(doing: Doing) -> dict[str, Any]:
    """details: reason."""
    reason = _text(doing, "reason", "放行理由")
    given = select(Waiver).where(Waiver.table_id == doing.table.id, Waiver.kind == "monitoring")
    if doing.session.scalars(given).one_or_none() is not None:
        raise _refuse("waived", "这张表已经放行过")
    doing.session.add(
        Waiver(
            table_id=doing.table.id, kind="monitoring", reason=reason, granted_by=doing.person_id, granted_at=doing.now
        )
    )
    return {"reason": reason}


@_kind("round_opened", "监控期开始", {State.MONITORING}, {CLOCK})
def _round_opened(doing: Doing) -> dict[str, Any]:
    entered = doing.table.entered_monitoring_at
    if entered is None:
        raise RuntimeError("a monitored table has entered monitoring")
    return {"rounds": rounds.freeze_open(doing.session, doing.table, entered=entered, now=doing.now)}


@_kind("monitoring_blocked", "不能进入监控", {State.APPROVED}, {CLOCK})
def _monitoring_blocked(doing: Doing) -> dict[str, Any]:
    """details: reasons (texts): why the clock could not begin monitoring; department and manager are told."""
    return {"reasons": list(doing.attempt.details["reasons"])}


def _project(doing: Doing, code: str) -> Project | None:
    return doing.session.scalars(
        select(Project).where(Project.table_id == doing.table.id, Project.code == code)
    ).one_or_none()


def _listed_project(doing: Doing) -> Project:
    code = _text(doing, "code", "项目编码")
    project = _project(doing, code)
    if project is None:
        raise _refuse("no_project", f"没有项目 {code}")
    return project


def _report(doing: Doing, round_id: int, project_id: int) -> ProjectReport | None:
    return doing.session.scalars(
        select(ProjectReport).where(ProjectReport.round_id == round_id, ProjectReport.project_id == project_id)
    ).one_or_none()


def _open_round(doing: Doing) -> tuple[str, int]:
    round_id = doing.attempt.details.get("round_id")
    found = loading.round_period(doing.session, doing.table, round_id) if isinstance(round_id, int) else None
    if found is None:
        raise _refuse("no_round", "没有这个监控期")
    listed, period = found
    if not period.is_open(doing.now):
        timezone = doing.table.cycle.region.timezone
        if doing.now < period.opens_at:
            raise _refuse("round_not_open", f"“{period.name}”{local_date(period.opens_at, timezone)} 起才开放")
        end = last_date(period.until, timezone)
        raise _refuse("round_closed", f"“{period.name}”已于 {end} 24:00 截止，只有财政绩效处能延期")
    return period.name, listed.id


# Self-evaluation


@_kind("record_result", "填自评", {State.SELF_EVALUATION}, {Role.EDITOR}, g.evaluation_open)
def _record_result(doing: Doing) -> dict[str, Any]:
    """details: number (1 = first indicator of the goals in force), actual (text; may be left out where the indicator
    computes itself), verdict (for 不适用, and for targets in words), reason."""
    details, goals = doing.attempt.details, loading.goals_in_force(doing.session, doing.table)
    number = details.get("number")
    if goals is None or not isinstance(number, int) or not 1 <= number <= len(goals.indicators):
        raise _refuse("no_indicator", f"没有第 {number} 行指标")
    indicator = goals.indicators[number - 1]
    rule = loading.rule_of(doing.table, indicator)
    target, reason = loading.target_of(indicator), str(details.get("reason") or "").strip()
    actual, verdict = str(details.get("actual") or "").strip(), details.get("verdict")
    if rule is not None and rule.rule == loading.MONITORING_COMPLETION:
        rate = loading.rate(doing.session, doing.table, doing.now)
        if rate is None or rate.value is None:
            verdict, actual = "not_applicable", ""
        else:
            verdict, actual = None, evaluation.decimal_text(rate.value)
    if verdict == "not_applicable":
        actual = ""
    elif target.operator == targets.QUALITATIVE:
        if verdict not in {"met", "not_met"} or not actual:
            raise _refuse(
                "verdict_missing",
                f"第 {number} 行的目标是文字，要写实际情况并选 完成 或 未完成",
                f"indicators[{number - 1}]",
            )
    else:
        try:
            verdict = evaluation.judge(target, evaluation.number(actual, share=rule is not None and rule.share)).verdict
        except ValueError as error:
            raise _refuse("bad_actual", f"第 {number} 行：{error}", f"indicators[{number - 1}]") from error
    result = doing.session.scalars(
        select(IndicatorResult).where(IndicatorResult.table_id == doing.table.id, IndicatorResult.number == number)
    ).one_or_none()
    if result is None:
        result = IndicatorResult(table_id=doing.table.id, number=number)
    result.verdict, result.actual, result.reason = str(verdict), actual, reason
    result.written_by, result.written_at = doing.person_id, doing.now
    doing.session.add(result)
    return {"number": number, "verdict": verdict, "actual": actual, "reason": reason}


# Adjustment


@_kind(
    "open_adjustment", "目标调整", {State.APPROVED, State.MONITORING}, {Role.EDITOR, Role.REVIEWER}, g.not_an_adjustment
)
def _open_adjustment(doing: Doing) -> dict[str, Any]:
    """details: reason. A table of its own that begins with the goals in force; one open at a time."""
    reason = _text(doing, "reason", "调整理由")
    others = doing.session.scalars(select(Table).where(Table.adjusts_id == doing.table.id)).all()
    if any(other.state not in {State.APPROVED, State.VOID} for other in others):
        raise _refuse("adjustment_open", "这张表已有一个目标调整在办，办完再开新的")
    goals = loading.goals_in_force(doing.session, doing.table)
    if goals is None:
        raise RuntimeError("an approved table has goals in force")
    sheet = store.add(doing.session, goals)
    number = 1 + max((other.adjustment_number or 0 for other in others), default=0)
    adjustment = Table(
        cycle_id=doing.table.cycle_id,
        region_id=doing.table.region_id,
        department_id=doing.table.department_id,
        sheet_id=sheet.id,
        state_since=doing.now,
        adjusts_id=doing.table.id,
        adjustment_number=number,
        adjustment_reason=reason,
    )
    doing.session.add(adjustment)
    doing.session.flush()
    return {"adjustment": number, "table": adjustment.id, "reason": reason}
