"""The projects of one table as monitoring sees them: money, lights, reports, and why each counts or not."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow import loading, reporting
from workflow.actors import THE_CLOCK
from workflow.deadlines import local_date
from workflow.facts import Attempt, Period, Reason
from workflow.lifecycle import CLOCK, Need, judge
from workflow.models import Project, ProjectReport, ReportDraft, Round, RoundListing, Table
from workflow.monitoring import Measured, Rate, SoFar, goal_progress, light, progress
from workflow.states import State


@dataclass(frozen=True)
class Line:
    """One project."""

    project: Project
    report: ProjectReport | None
    """Of the round looked at; None when there is none yet."""
    latest: ProjectReport | None
    """Of the round looked at, or the last one before it: what its money is shown by."""
    measured_in: Round | None
    """The round of that report: a light is measured by the months which that round looks back on."""
    money: Measured
    goals: Measured
    rate: Fraction | None
    """Executed in percent of the adjusted budget."""
    counts: bool
    why: str
    """Why it counts, or why not."""
    draft: ReportDraft | None = None
    """What was typed for a report of the round looked at and not sent."""
    lacks: tuple[Reason, ...] = ()
    """What that draft lacks before it can be sent."""
    confirmed_in: str | None = None
    """The first round in which a report of it was confirmed."""

    @property
    def waits(self) -> bool:
        """Whether its report waits for the department's confirmation."""
        return self.report is not None and self.report.confirmed_at is None and not self.returned

    @property
    def returned(self) -> bool:
        """Whether the department's reviewer sent its report of this round back."""
        return self.report is not None and self.report.returned_at is not None

    @property
    def confirmed(self) -> bool:
        """Whether its report of this round is confirmed."""
        return self.report is not None and self.report.confirmed_at is not None


@dataclass(frozen=True)
class Monitored:
    """All of a table's monitoring at one instant, looked at through the last round that opened."""

    round: Round | None
    period: Period | None
    rounds: tuple[tuple[Round, Period], ...]
    rate: Rate | None
    lines: tuple[Line, ...]
    listed: frozenset[int]
    """The projects on the round's frozen list."""
    next_event: str | None
    """What the clock does with the table next, once its time has come."""
    against: tuple[Reason, ...]
    """What stands against that now."""
    known: loading.Known = field(default_factory=loading.Known, repr=False)
    """What was read of the table for this, so that nobody reads it again."""

    @property
    def waiting(self) -> list[Line]:
        """The projects whose reports wait for a confirmation."""
        return [line for line in self.lines if line.waits]

    @property
    def measured_in(self) -> list[Round]:
        """The rounds that the lights are measured by, in their order."""
        used = {line.measured_in.id for line in self.lines if line.measured_in}
        return [each for each, _period in self.rounds if each.id in used]

    @property
    def so_far(self) -> SoFar | None:
        """How far the reports of the listed projects are; None before a round and a rate."""
        if self.round is None or self.rate is None:
            return None
        listed = [line for line in self.lines if line.project.id in self.listed]
        return SoFar(
            round=self.round.name,
            reported=sum(line.report is not None and not line.returned for line in listed),
            confirmed=sum(line.confirmed for line in listed),
            monitored=self.rate.monitored,
            projects=self.rate.projects,
        )

    @property
    def cells(self) -> list[str]:
        """One word for each project of the denominator, in the order of a bar: done, waiting, ahead."""
        if self.rate is None:
            return []
        waiting = sum(line.waits and not line.counts and line.project.id in self.listed for line in self.lines)
        ahead = self.rate.projects - self.rate.monitored
        waiting = min(waiting, ahead)
        return ["done"] * self.rate.monitored + ["waiting"] * waiting + ["ahead"] * (ahead - waiting)

    def total(self, name: str) -> int:
        """A sum over all projects, in 分: year_start, adjusted or executed."""
        if name == "year_start":
            return sum(line.project.budget for line in self.lines)
        return sum(
            getattr(line.latest, name) if line.latest else (line.project.budget if name == "adjusted" else 0)
            for line in self.lines
        )

    @property
    def total_rate(self) -> Fraction | None:
        """Executed in percent of the adjusted budgets of all projects."""
        adjusted = self.total("adjusted")
        return Fraction(self.total("executed") * 100, adjusted) if adjusted else None


def monitored(session: Session, table: Table, now: datetime) -> Monitored:
    """The projects of a table and how they stand. A fixed number of queries, whatever the number of projects."""
    event = NEXT_BY_THE_CLOCK.get(State(table.state))
    brought = loading.Known(
        periods=loading.periods(session, table), goals=loading.goals_in_force(session, table) if event else None
    )
    facts = loading.load(session, table, now, {Need.MONITORING}, brought) if event else None
    known = facts.monitoring if facts else None
    rounds = tuple(zip(table.cycle.rounds, brought.periods[1] if brought.periods else (), strict=True))
    opened = [(each, period) for each, period in rounds if period.opens_at <= now]
    current, period = opened[-1] if opened and table.entered_monitoring_at else (None, None)
    theirs = (ReportDraft.project_id == Project.id) & (ReportDraft.round_id == (current.id if current else None))
    projects = session.execute(
        select(Project, ReportDraft)
        .outerjoin(ReportDraft, theirs)
        .where(Project.table_id == table.id)
        .order_by(Project.code)
    ).all()
    reports: dict[int, list[tuple[Round, ProjectReport]]] = {}
    for each, report in session.execute(
        select(Round, ProjectReport)
        .join(ProjectReport, ProjectReport.round_id == Round.id)
        .where(ProjectReport.table_id == table.id)
        .order_by(Round.number)
    ):
        reports.setdefault(report.project_id, []).append((each, report))
    listed: frozenset[int] = frozenset()
    if current is not None:
        listing = select(RoundListing.project_id).where(
            RoundListing.round_id == current.id, RoundListing.table_id == table.id
        )
        listed = frozenset(session.scalars(listing))
    only_must = loading.framework_of(table.cycle).monitoring.denominator == "must_monitor"
    lines = [
        _with_draft(
            _line(project, reports.get(project.id, []), current, listed, table=table, only_must=only_must),
            draft,
            current,
        )
        for project, draft in projects
    ]
    return Monitored(
        round=current,
        period=period,
        rounds=rounds,
        rate=(known.rate if known else loading.rate(session, table, now)) if current else None,
        lines=tuple(sorted(lines, key=_next_step)),
        listed=listed,
        next_event=event,
        against=judge(event, facts, Attempt(None, THE_CLOCK.name, frozenset({CLOCK})))[1] if event and facts else (),
        known=replace(brought, monitoring=known),
    )


NEXT_BY_THE_CLOCK = {State.APPROVED: "begin_monitoring", State.MONITORING: "finish_monitoring"}


def _next_step(line: Line) -> tuple[int, str]:
    """Whose next step is nearest stands first: to be confirmed, to be reported, done."""
    return (0 if line.waits else 2 if line.counts else 1, line.project.code)


def _with_draft(line: Line, draft: ReportDraft | None, current: Round | None) -> Line:
    if draft is None or current is None or line.confirmed:
        return line
    gone = Fraction(current.period_to.month, 12)
    lacks = reporting.missing(draft.amounts, draft.indicators, gone, line.project.name)
    return replace(line, draft=draft, lacks=tuple(lacks))


def _line(
    project: Project,
    reports: Sequence[tuple[Round, ProjectReport]],
    current: Round | None,
    listed: frozenset[int],
    *,
    table: Table,
    only_must: bool,
) -> Line:
    report = next((report for each, report in reports if current is not None and each.id == current.id), None)
    measured_in, latest = reports[-1] if reports else (None, None)
    confirmed = next((each for each, report in reports if report.confirmed_at is not None), None)
    counts, why = _counting(
        project, current, confirmed, report, listed, timezone=table.cycle.region.timezone, only_must=only_must
    )
    executed = Fraction(latest.executed, latest.adjusted) if latest and latest.adjusted else None
    gone = Fraction(measured_in.period_to.month, 12) if measured_in else None
    return Line(
        project=project,
        report=report,
        latest=latest,
        measured_in=measured_in,
        money=Measured(light(executed, gone), progress(executed, gone)),
        goals=goal_progress(latest.indicators if latest else (), gone),
        rate=None if executed is None else executed * 100,
        counts=counts,
        why=why,
        confirmed_in=None if confirmed is None else confirmed.name,
    )


def _counting(
    project: Project,
    current: Round | None,
    confirmed: Round | None,
    report: ProjectReport | None,
    listed: frozenset[int],
    *,
    timezone: str,
    only_must: bool,
) -> tuple[bool, str]:
    aside = "" if project.must_monitor else f"（不在应监控之列：{project.why_not_monitored}）"
    if current is None:
        return False, f"本表还没有进入监控{aside}"
    if project.id not in listed:
        return False, f"{local_date(project.listed_at, timezone):%m-%d} 才列入，从下一个监控期起计算"
    if only_must and not project.must_monitor:
        return False, f"不计入分母{aside}"
    if confirmed is not None:
        return True, f"{confirmed.name}已确认{aside}"
    if report is None:
        return False, f"还没有填报{aside}"
    if report.returned_at is not None:
        return False, f"部门审核人 {local_date(report.returned_at, timezone):%m-%d} 退回：{report.return_reason}{aside}"
    return False, f"部门还没有确认{aside}"
