"""Brings what the guards need from the rows, and no more than an event asks for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from forms import checks, marks, store, targets
from forms.checks import Finding
from forms.document import Document, Indicator
from forms.framework import Computes, Framework, FrameworkError, parse
from forms.models import Sheet
from ledger.book import said
from ledger.chain import canonical, digest
from ledger.models import Entry
from workflow import evaluation, holidays
from workflow.asked import OF_REQUESTS, of_history
from workflow.facts import Facts, MonitoringFacts, Period, Reason, RemarkFacts, RequestFacts, RevisionFacts
from workflow.lifecycle import Need
from workflow.models import (
    Cycle,
    Extension,
    GoalsInForce,
    IndicatorResult,
    Project,
    ProjectReport,
    Remark,
    Revision,
    Round,
    RoundListing,
    Table,
    Waiver,
)
from workflow.monitoring import Listed, Rate, year_rate
from workflow.states import Stage, State
from workflow.workdays import Calendar

MONITORING_COMPLETION = "monitoring_completion"
"""What a framework's indicator computes from when it is the completion rate of monitoring."""


@lru_cache(maxsize=32)
def _framework(text: str) -> Framework:
    return parse(text)


@lru_cache(maxsize=64)
def _document(text: str) -> Document:
    return Document.from_json(text)


def framework_of(cycle: Cycle) -> Framework:
    """The framework the cycle began with."""
    return _framework(cycle.framework)


def rule_of(table: Table, indicator: Indicator) -> Computes | None:
    """How an indicator's value comes about by the year's framework; None for a block that the form does not have."""
    try:
        return framework_of(table.cycle).for_indicator(indicator.level1, indicator.level2, indicator.level3)
    except FrameworkError:
        return None


def computes_itself(table: Table, indicator: Indicator) -> bool:
    """Whether the program computes an indicator's actual value, so that nobody types it."""
    rule = rule_of(table, indicator)
    return rule is not None and rule.rule == MONITORING_COMPLETION


def target_of(indicator: Indicator) -> targets.Target:
    """An indicator's target as a rule can use it."""
    return targets.Target(indicator.operator, indicator.target, indicator.unit)


def latest_revision(session: Session, table: Table) -> Revision | None:
    """The table's newest revision, whatever its kind."""
    return session.scalars(
        select(Revision).where(Revision.table_id == table.id, Revision.number == table.latest_revision)
    ).one_or_none()


def goals_in_force(session: Session, table: Table) -> Document | None:
    """The document that was approved (or adjusted) last; None before any approval."""
    text = session.scalars(
        select(Revision.document)
        .join(GoalsInForce, GoalsInForce.revision_id == Revision.id)
        .where(GoalsInForce.table_id == table.id)
    ).one_or_none()
    return None if text is None else Document.from_json(text)


def goals_of(session: Session, tables: Sequence[Table]) -> dict[int, Document]:
    """The goals in force of each table that has any, by its id. One query."""
    rows = session.execute(
        select(GoalsInForce.table_id, Revision.document)
        .join(Revision, Revision.id == GoalsInForce.revision_id)
        .where(GoalsInForce.table_id.in_([table.id for table in tables]))
    )
    return {table_id: Document.from_json(text) for table_id, text in rows}


@dataclass(frozen=True)
class Known:
    """What a page has read of a table already, so that asking what its reader may do reads it no second time."""

    entries: Sequence[Entry] | None = None
    periods: tuple[dict[Stage, Period], tuple[Period, ...]] | None = None
    calendar: Calendar | None = None
    remarks: Sequence[Remark] | None = None
    latest: Revision | None = None
    sheet: store.Opened | None = None
    findings: Sequence[Finding] | None = None
    goals: Document | None = None
    results: Mapping[int, IndicatorResult] | None = None
    monitoring: MonitoringFacts | None = None
    remark_facts: tuple[RemarkFacts, ...] | None = None
    revision_facts: RevisionFacts | None = None


class Basis(Protocol):
    """A table's own row, as loaded (Table) or as brought for one move (workflow.bringing.Row)."""

    @property
    def state(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def submitters(self) -> frozenset[int]: ...
    @property
    def endorsers(self) -> frozenset[int]: ...
    @property
    def begun_at(self) -> datetime | None: ...
    @property
    def resubmit_until(self) -> datetime | None: ...
    @property
    def evaluation_until(self) -> datetime | None: ...
    @property
    def adjusts_id(self) -> int | None: ...
    @property
    def returned_sha256(self) -> str | None: ...


def facts_of(table: Basis, now: datetime, timezone: str, **values: Any) -> Facts:
    """The facts that stand on the table's own row, with others that were brought."""
    return Facts(
        now=now,
        timezone=timezone,
        state=State(table.state),
        version=table.version,
        submitters=table.submitters,
        endorsers=table.endorsers,
        begun=table.begun_at is not None,
        resubmit_until=table.resubmit_until,
        evaluation_until=table.evaluation_until,
        adjusts=table.adjusts_id is not None,
        returned_sha256=table.returned_sha256,
        **values,
    )


def load(session: Session, table: Table, now: datetime, needs: Collection[Need], known: Known | None = None) -> Facts:
    """The facts for one table at one instant."""
    cycle = table.cycle
    values: dict[str, Any] = {}
    known, needs = known or Known(), frozenset(needs)
    if table.adjusts_id is not None:
        state, goals = session.execute(_adjusted(table.adjusts_id)).one()
        values["parent_state"] = State(state)
        if Need.ADJUSTED in needs and goals is not None:
            # As the adjustment's sheet began: with the form's decimals.
            values["goals_sha256"] = _document(goals).with_decimals(framework_of(cycle).decimals).digest()
    if Need.WINDOWS in needs:
        values["windows"], rounds = known.periods or periods(session, table)
        values["rounds"] = {each.id: period for each, period in zip(cycle.rounds, rounds, strict=True)}
    if Need.CALENDAR in needs:
        values["calendar"] = known.calendar or holidays.calendar_for(table.cycle)
    if needs & {Need.RETURN, Need.REQUESTS}:
        entries = _about_time(session, table, needs) if known.entries is None else known.entries
        values["returned_until"] = returned_until(entries) if Need.RETURN in needs else None
        values["requests"] = open_requests(entries) if Need.REQUESTS in needs else None
    if Need.REMARKS in needs:
        values["remarks"] = known.remark_facts or tuple(
            RemarkFacts(r.number, r.must, r.path, r.answer is not None)
            for r in (remarks_of(session, table) if known.remarks is None else known.remarks)
        )
    revision = Need.REVISION in needs or (Need.AMENDMENT in needs and table.state == State.FINANCE_REVIEW)
    if revision and known.revision_facts:
        values["latest"] = known.revision_facts
    elif revision and (latest := known.latest or latest_revision(session, table)):
        accepted = latest.accepted_at is not None
        values["latest"] = RevisionFacts(latest.number, latest.kind, accepted, latest.sha256, latest.decline_reason)
    if Need.SHEET in needs:
        sheet = known.sheet or store.read(session, table.sheet_id)
        findings = checks.run(sheet.document, framework_of(cycle)) if known.findings is None else known.findings
        values["findings"] = tuple(findings)
        values["unconfirmed"] = marks.unsure(sheet.marks)
        values["sheet_sha256"] = sheet.document.digest()
        values["sheet_edit"] = sheet.edit
    if Need.MONITORING in needs:
        values["monitoring"] = known.monitoring or monitoring_facts(session, table, now, known)
    if Need.EVALUATION in needs:
        values["evaluation_gaps"] = tuple(evaluation_gaps(session, table, known))
    return facts_of(table, now, cycle.region.timezone, **values)


def _adjusted(parent_id: int) -> Select[State, str]:
    """Where the table stands that an adjustment adjusts, and its goals in force."""
    return (
        select(Table.state, Revision.document)
        .outerjoin(GoalsInForce, GoalsInForce.table_id == Table.id)
        .outerjoin(Revision, Revision.id == GoalsInForce.revision_id)
        .where(Table.id == parent_id)
    )


def _about_time(session: Session, table: Table, needs: Collection[Need]) -> Sequence[Entry]:
    """The entries of a table's history that the deadlines given to it and asked for follow from."""
    acts = ["return"] if Need.RETURN in needs else []
    acts += OF_REQUESTS if Need.REQUESTS in needs else ()
    chosen = select(Entry).where(Entry.chain == f"table:{table.id}", Entry.act.in_(acts))
    return session.scalars(chosen.order_by(Entry.position)).all()


def returned_until(entries: Sequence[Entry]) -> datetime | None:
    """The deadline that the bureau's last return gave, by the table's history; None before any."""
    last = next((entry for entry in reversed(entries) if entry.act == "return"), None)
    return None if last is None else datetime.fromisoformat(said(last)["until"])


def open_requests(entries: Sequence[Entry]) -> tuple[RequestFacts, ...]:
    """The extensions asked for that wait for an answer, by the table's history."""
    return tuple(
        RequestFacts(
            one.id,
            one.what if isinstance(one.what, Stage) else None,
            None if isinstance(one.what, Stage) else one.what,
            frozenset({one.person_id} - {None}),  # type: ignore[arg-type]
        )
        for one in of_history(entries)
        if one.waits
    )


def remarks_of(session: Session, table: Table) -> Sequence[Remark]:
    """The table's remarks by number."""
    return session.scalars(select(Remark).where(Remark.table_id == table.id).order_by(Remark.number)).all()


def sheet_of(session: Session, table: Table) -> Document:
    """What the table's live sheet says now."""
    return store.document_of(session, table.sheet_id)


def sheet_edit(session: Session, table: Table) -> int:
    """The sheet's edit number: how many changes it has seen."""
    return session.scalars(select(Sheet.edit).where(Sheet.id == table.sheet_id)).one()


def periods(session: Session, table: Table) -> tuple[dict[Stage, Period], tuple[Period, ...]]:
    """The cycle's windows by stage and its rounds in order, each with this table's longest extension."""
    rows = session.execute(
        select(Extension.stage, Extension.round_id, func.max(Extension.until))
        .where(Extension.table_id == table.id)
        .group_by(Extension.stage, Extension.round_id)
    )
    extended: dict[Any, datetime] = {stage or round_id: until for stage, round_id, until in rows}
    windows = {
        Stage(w.stage): Period(w.stage, w.opens_at, w.closes_at, max(w.closes_at, extended.get(w.stage, w.closes_at)))
        for w in table.cycle.windows
    }
    rounds = tuple(
        Period(r.name, r.opens_at, r.closes_at, max(r.closes_at, extended.get(r.id, r.closes_at)))
        for r in table.cycle.rounds
    )
    return windows, rounds


def round_period(session: Session, table: Table, round_id: int) -> tuple[Round, Period] | None:
    """One round of the table's cycle with its period for this table; None where there is no such round."""
    found = next((each for each in table.cycle.rounds if each.id == round_id), None)
    return (found, periods(session, table)[1][found.number - 1]) if found else None


def monitoring_facts(session: Session, table: Table, now: datetime, known: Known | None = None) -> MonitoringFacts:
    """Rounds, the year's rate, and what the manager waived."""
    known = known or Known()
    waivers = {w.kind: w.reason for w in session.scalars(select(Waiver).where(Waiver.table_id == table.id))}
    projects = session.scalars(select(func.count()).select_from(Project).where(Project.table_id == table.id)).one()
    return MonitoringFacts(
        rounds=(known.periods or periods(session, table))[1],
        rate=rate(session, table, now, known.goals),
        projects=projects,
        waived="monitoring" in waivers,
        no_projects_because=waivers.get("no_projects"),
    )


def rate(session: Session, table: Table, now: datetime, goals: Document | None = None) -> Rate | None:
    """The year's completion rate: over the frozen list of the last round opened; None before any. `goals` are those in
    force, where the caller has them."""
    opened = [each for each in table.cycle.rounds if each.opens_at <= now]
    if not opened:
        return None
    confirmed_ever = (
        exists()
        .where(ProjectReport.project_id == RoundListing.project_id, ProjectReport.table_id == table.id)
        .where(ProjectReport.confirmed_at.is_not(None))
    )
    listed, confirmed = [], set()
    for project_id, must, done in session.execute(
        select(RoundListing.project_id, RoundListing.must_monitor, confirmed_ever).where(
            RoundListing.round_id == opened[-1].id, RoundListing.table_id == table.id
        )
    ):
        listed.append(Listed(project_id, must))
        if done:
            confirmed.add(project_id)
    framework = framework_of(table.cycle)
    target = committed_target(table, goals) if goals is not None else monitoring_target(session, table)
    return year_rate(listed, confirmed, framework.monitoring.denominator, target)


def monitoring_target(session: Session, table: Table) -> targets.Target | None:
    """The table's own committed target for the completion rate, from the goals in force; None where it is no number."""
    return committed_target(table, goals_in_force(session, table))


def committed_target(table: Table, goals: Document | None) -> targets.Target | None:
    """The target for the completion rate that these goals of a table commit it to; None where it is no number."""
    for indicator in goals.indicators if goals else ():
        if computes_itself(table, indicator):
            target = target_of(indicator)
            return None if target.operator in {targets.QUALITATIVE, ""} else target
    return None


def results_of(session: Session, tables: Sequence[Table]) -> dict[int, dict[int, IndicatorResult]]:
    """What was written in the self-evaluation of each table, by its id and the indicator's number. One query."""
    found: dict[int, dict[int, IndicatorResult]] = {table.id: {} for table in tables}
    for result in session.scalars(select(IndicatorResult).where(IndicatorResult.table_id.in_(found))):
        found[result.table_id][result.number] = result
    return found


def gap_of(table: Table, number: int, indicator: Indicator, result: IndicatorResult | None) -> Reason | None:
    """What the self-evaluation of one indicator lacks; None where nothing does."""
    rule = rule_of(table, indicator)
    gap = evaluation.gap(target_of(indicator), result, share=rule is not None and rule.share)
    if gap is None:
        return None
    code = "result_missing" if result is None else "reason_missing"
    return Reason(code, f"第 {number} 行“{indicator.level3}”{gap}", f"indicators[{number - 1}]")


def evaluation_gaps(session: Session, table: Table, known: Known | None = None) -> list[Reason]:
    """What the self-evaluation still lacks, indicator by indicator of the goals in force."""
    known = known or Known()
    goals = known.goals or goals_in_force(session, table)
    results = results_of(session, [table])[table.id] if known.results is None else known.results
    found = (
        gap_of(table, number, indicator, results.get(number))
        for number, indicator in enumerate(goals.indicators if goals else (), start=1)
    )
    return [gap for gap in found if gap is not None]


def revision_document(revision: Revision) -> Document:
    """What a frozen revision of the goals says."""
    return Document.from_json(revision.document)


def evaluation_json(session: Session, table: Table) -> tuple[str, str]:
    """The self-evaluation as it stands, as canonical JSON with its SHA-256: what its revision freezes."""
    rows = session.scalars(
        select(IndicatorResult).where(IndicatorResult.table_id == table.id).order_by(IndicatorResult.number)
    )
    text = canonical(
        {"results": [{"number": r.number, "verdict": r.verdict, "actual": r.actual, "reason": r.reason} for r in rows]}
    )
    return text, digest(text)
