"""The desk: what waits for a person, what they wait for, and their tables; in a fixed number of queries.

What may be begun is told from states, roles, windows and counts alone, without loading a sheet; the table's own page
(workflow.acts.may) has the last word. `things` is pure.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from accounts.models import Department, Person, Post
from accounts.people import somebody
from accounts.roles import LABELS as ROLE_LABELS
from accounts.roles import OF_THE_DEPARTMENT, Role
from accounts.scope import holds_on, local_day
from forms.document import Document
from ledger import book
from ledger.models import Entry
from workflow import guards as g
from workflow import loading
from workflow.actors import Actor, actor_of
from workflow.asked import REFUSED, Asked
from workflow.asking import last_of
from workflow.deadlines import day_words, last_date, local_date, short_day
from workflow.facts import Facts, Period, Reason
from workflow.holidays import calendar_for
from workflow.listing import NO_DRAFT, Draft, drafts_of
from workflow.models import (
    Cycle,
    Extension,
    Project,
    ProjectReport,
    Remark,
    Revision,
    RoundListing,
    Table,
    Waiver,
)
from workflow.monitoring import SoFar
from workflow.records import RECORDS
from workflow.results import Appraisal, appraisal
from workflow.scope import OFFICE_TIMEZONE, tables_seen_by
from workflow.states import Stage, State
from workflow.turns import asked_until
from workflow.urging import urged_too_often
from workflow.workdays import Calendar

Add = Callable[..., None]


@dataclass(frozen=True)
class Return:
    """Who sent a table back last: the bureau, with its grade, or its own department's reviewer."""

    inside: bool
    who: str
    on: date
    grade: str | None


@dataclass(frozen=True)
class Standing:
    """One table as the desk's rules see it: plain values."""

    table_id: int
    department: str
    fiscal_year: int
    state: State
    since: date
    adjustment: int | None
    pass_number: int
    grade: str | None
    submitted_by: int | None
    endorsed_by: int | None
    returned: bool
    actor: Actor
    until: datetime | None
    timezone: str
    calendar: Calendar
    facts: Facts
    rounds: tuple[Period, ...] = ()
    amendment_waits: bool = False
    amended_on: date | None = None
    """When the amendment that waits for its answer was proposed, where the reader waits for it."""
    amendment_declined: bool = False
    musts: tuple[int, int] = (0, 0)
    """必改: how many, and how many of them answered."""
    advice: tuple[int, int] = (0, 0)
    projects: int = 0
    listed: int = 0
    """On the frozen list of the round that is open."""
    reported: int = 0
    so_far: SoFar | None = None
    """Of the reports in the round that is open, and in the year."""
    to_confirm: int = 0
    """Reported by somebody else than the reader and not confirmed."""
    appraised: Appraisal | None = None
    """Its self-evaluation, where the reader is of its department."""
    waived: bool = False
    no_projects_said: bool = False
    named: bool = False
    """Whether its department must be said: the reader sees tables of several."""
    last_return: Return | None = None
    """Of a returned draft."""
    request: Asked | None = None
    """The newest extension that its department asked for, where it still matters."""
    draft: Draft = NO_DRAFT
    """The reader's own saved review, where it waits for them as an officer."""
    holders: tuple[str, ...] = ()
    """Who has it in hand, where somebody else must know that it is late: the department's people in the role asked."""
    urged: tuple[datetime, ...] = ()
    """When it was urged, where the reader may urge it."""

    @property
    def roles(self) -> frozenset[str]:
        """What the reader is to its department, stand-in or not."""
        return self.actor.roles

    @property
    def name(self) -> str:
        """The table as a list names it."""
        tail = f"目标调整 {self.adjustment}" if self.adjustment else "绩效目标表"
        return f"{self.fiscal_year}年度{tail}"

    @property
    def may_be_urged(self) -> bool:
        """Whether it was not urged on this working day yet."""
        return urged_too_often(self.urged, self.facts.now, self.timezone, self.calendar) is None

    @property
    def today(self) -> date:
        """The date in its region."""
        return local_date(self.facts.now, self.timezone)

    @property
    def called(self) -> str:
        """The name with its department in front, where the reader has several."""
        return f"{self.department} {self.name}" if self.named else self.name

    @property
    def deadline(self) -> date | None:
        """The last local day it is asked for."""
        return last_date(self.until, self.timezone) if self.until else None

    @property
    def asks_for_time(self) -> bool:
        """Whether an extension was asked for and nobody answered yet."""
        return self.request is not None and self.request.waits

    def open_round(self, now: datetime) -> Period | None:
        """The round that is open for this table."""
        return next((period for period in self.rounds if period.is_open(now)), None)


@dataclass(frozen=True)
class Thing:
    """One thing a person can do now. `act` is the event or record it begins with, `verb` the word on its button."""

    table_id: int
    act: str
    verb: str
    title: str
    detail: str
    department: str
    deadline: date | None
    days_left: int | None
    """Working days; negative when the deadline has passed."""
    provisional: str = ""
    """Why these working days are only assumed; empty where they are known."""
    besides: tuple[str, ...] = ()
    """The records that can be begun about the same instead, each with a button of its own."""


@dataclass(frozen=True)
class Late:
    """A table that is late in somebody else's hands, for who is told of it and does nothing with it."""

    table_id: int
    title: str
    detail: str
    deadline: date
    days: int
    """Working days since the deadline."""
    provisional: str = ""
    """Why these working days are only assumed; empty where they are known."""


@dataclass(frozen=True)
class Due:
    """A table that somebody else has in hand and still has time for, for who is told of it and does nothing with it."""

    table_id: int
    title: str
    detail: str
    deadline: date
    left: int
    """Working days until the deadline."""
    provisional: str = ""
    """Why these working days are only assumed; empty where they are known."""


@dataclass(frozen=True)
class Waited:
    """A table in somebody else's hands, since when, for how many working days, and for what."""

    table_id: int
    since: date
    days: int
    text: str


@dataclass(frozen=True)
class OpenRemark:
    """A remark on a table that the person may answer, with the document it was made on."""

    table_id: int
    department: str
    state: State
    remark: Remark
    document: Document | None


@dataclass(frozen=True)
class Desk:
    """All that the desk shows of tables."""

    things: tuple[Thing, ...]
    waited: tuple[Waited, ...]
    mine: tuple[Standing, ...]
    """Tables of the person's own department."""
    counts: dict[State, int] = field(default_factory=dict)
    """Of all tables they see."""
    remarks: tuple[OpenRemark, ...] = ()
    next_deadline: date | None = None
    ready: int = 0
    """Tables whose review the person has written whole: they can be approved together."""
    late: tuple[Late, ...] = ()
    """What is late of the departments that the person is head of, the latest first."""
    due: tuple[Due, ...] = ()
    """What their departments are still asked for, the nearest deadline first."""
    several: bool = False
    """Whether these are tables of several departments, so that each must be named."""

    @property
    def order(self) -> str:
        """In which order the things stand, in words."""
        late = sum(thing.days_left is not None and thing.days_left < 0 for thing in self.things)
        if late and late == len(self.things):
            return "逾期最久的在前"
        return "逾期最久的在前，其余按截止日期" if late else "按截止日期，最近的在前"


def things(table: Standing, now: datetime) -> list[Thing]:
    """What the reader can begin with one table now. Pure."""
    found: list[Thing] = []

    def add(
        act: str,
        verb: str,
        title: str,
        detail: str = "",
        deadline: date | None = table.deadline,
        *,
        besides: tuple[str, ...] = (),
    ) -> None:
        left, assumed = None, ""
        if deadline:
            left = table.calendar.between(table.today, deadline)
            assumed = table.calendar.why_between(table.today, deadline)
        title = _naming(table, title)
        found.append(
            Thing(table.table_id, act, verb, title, detail, table.department, deadline, left, assumed, besides)
        )

    may = _Allowed(table)
    _about_time(table, may, add)
    _late_for_the_bureau(table, may, add)
    match table.state:
        case State.DRAFT:
            _of_a_draft(table, may, add)
        case State.INTERNAL_REVIEW:
            if may.hold(Role.REVIEWER, g.not_the_submitter):
                add("endorse", "内审", f"内审 {table.name}", "通过后报财政部门，或写明意见退回填报人")
        case State.FINANCE_REVIEW if table.amendment_waits:
            if may.hold(Role.REVIEWER):
                add(
                    "accept_amendment",
                    "看协商修改",
                    f"{table.name}：接受协商修改",
                    "财政部门提出了小的修改，等部门接受",
                )
        case State.FINANCE_REVIEW:
            if may.hold(Role.OFFICER, g.not_of_the_department):
                declined = "部门不接受修改，请再协商修改或退回" if table.amendment_declined else ""
                detail = declined or f"第 {table.pass_number} 轮{_drafted(table.draft)}"
                add("approve", "审核", f"审核 {table.department} {table.name}", detail)
        case State.APPROVED if table.adjustment is None:
            _before_monitoring(table, may, add, now)
        case State.MONITORING:
            _in_monitoring(table, may, add, now)
        case State.SELF_EVALUATION:
            so_far = table.appraised.so_far() if table.appraised else ""
            if not _filled_in(table) and may.hold(Role.EDITOR, g.evaluation_open):
                add("record_result", "填自评", f"{table.name}：填绩效自评", so_far)
            if _filled_in(table) and may.hold(Role.REVIEWER, g.evaluation_open):
                add("report_evaluation", "看自评", f"{table.name}：报送自评", so_far)
        case State.EVALUATION_REVIEW:
            if may.hold(Role.OFFICER, g.not_of_the_department):
                add("accept_evaluation", "复核", f"复核 {table.department} {table.fiscal_year}年度自评")
        case _:
            pass
    return found


def _filled_in(table: Standing) -> bool:
    """Whether the self-evaluation lacks nothing but being reported."""
    return table.appraised is not None and table.appraised.whole


def _drafted(draft: Draft) -> str:
    if draft.grade is None:
        return ""
    return f"，评审表{'已写好' if draft.whole else '没有写完'}，拟评“{draft.grade}”"


@dataclass(frozen=True)
class _Allowed:
    table: Standing

    def hold(self, role: Role, *guards: g.Guard) -> bool:
        """Whether the person holds the role here and nothing of these guards stands against them."""
        return role in self.table.roles and not self.against(role, *guards)

    def against(self, role: Role, *guards: g.Guard) -> tuple[Reason, ...]:
        """What the guards have against it, done in that role."""
        facts = self.table.facts
        attempt = self.table.actor.attempt(frozenset({role}), facts.submitters | facts.endorsers)
        return g.all_reasons(guards, facts, attempt)


def _naming(table: Standing, text: str) -> str:
    """A text about a table with its department in front, where the reader has several and it is not said yet."""
    return f"{table.department} {text}" if table.named and table.department not in text else text


def _of_a_draft(table: Standing, may: _Allowed, add: Add) -> None:
    if Role.EDITOR in table.roles and not may.against(Role.EDITOR, g.entry_open):
        if table.returned:
            add("save_row", "继续修改", f"{table.name}：改后重新送审", _answered(table))
        else:
            add("save_row", "填报", f"{table.name}：填报并送审")


def _about_time(table: Standing, may: _Allowed, add: Add) -> None:
    """A request that a manager is to answer; and, for the department whose time is over, the way to ask for more."""
    asked, facts = table.request, table.facts
    if asked is not None and asked.waits and may.hold(Role.MANAGER):
        wanted, on = last_date(asked.until, table.timezone), local_date(asked.at, table.timezone)
        said = (
            f"{short_day(on, table.today)} {asked.who} 申请延到 {day_words(wanted, table.today)}，理由：{asked.reason}"
        )
        add("extend", "批准或不同意…", f"{table.department} {table.name}：申请延期（{asked.name}）", said)
    found = g.extensible(facts)
    if isinstance(found, Reason) or found.until > facts.now or table.asks_for_time or table.state not in ASKS_FOR_TIME:
        return
    if not any(may.hold(Role(role)) for role in RECORDS["ask_extension"].roles):
        return
    refused = asked if asked is not None and asked.answer == REFUSED else None
    detail = f"上次申请没有同意，理由：{refused.answer_reason}" if refused else "可以说明理由，向财政绩效处申请延期"
    add("ask_extension", "申请延期…", f"{table.name}：“{found.name}”已经截止", detail)


ASKS_FOR_TIME = RECORDS["ask_extension"].states
"""Where a department may ask for more time."""


@dataclass(frozen=True)
class _WhenLate:
    """What it means that a table is late in a state: which guard says so, the words, in whose hands it is then."""

    open_: g.Guard
    what: str
    asked: Role


WHEN_LATE = {
    State.DRAFT: _WhenLate(g.entry_open, "逾期没有送审", Role.EDITOR),
    State.INTERNAL_REVIEW: _WhenLate(g.entry_open, "逾期，还在部门内审", Role.REVIEWER),
    State.SELF_EVALUATION: _WhenLate(g.evaluation_open, "逾期没有报送自评", Role.REVIEWER),
}
TOLD_WHEN_LATE = frozenset({Role.MANAGER, Role.HEAD})
"""Who is told that a table of a department is late, and in whose hands."""


def _is_late(table: Standing, may: _Allowed, role: Role) -> _WhenLate | None:
    """What is late about a table whose department's time is over."""
    when = WHEN_LATE.get(table.state)
    closed = when is not None and any(one.code == "window_closed" for one in may.against(role, when.open_))
    return when if closed else None


def _hands(table: Standing, asked: Role) -> str:
    """Since when a late table stands where it is, and in whose hands."""
    there = (
        f"在{ROLE_LABELS[asked]}{'、'.join(table.holders)}手里" if table.holders else f"没有人任{ROLE_LABELS[asked]}"
    )
    return f"{short_day(table.since, table.today)} 起{there}"


def _late_for_the_bureau(table: Standing, may: _Allowed, add: Add) -> None:
    """What a manager must know of a department whose time is over."""
    if Role.MANAGER not in table.roles or table.asks_for_time:
        return
    if late := _is_late(table, may, Role.MANAGER):
        urge = ("urge",) if table.may_be_urged else ()
        detail = f"{_hands(table, late.asked)}；可以按部门延期，{'或催办' if urge else '这个工作日已经催办过'}"
        add("extend", "延期…", f"{table.department} {table.name}：{late.what}", detail, besides=urge)


def late_for_the_head(table: Standing, now: datetime) -> Late | None:
    """What the head of a department must know of one of its tables that is late; None where it is not. Pure."""
    if Role.HEAD not in table.roles or table.deadline is None:
        return None
    if table.state is State.MONITORING:
        what, detail = "监控没有达标", "最后一个监控期已结束，绩效监控完成率没有达到本表目标"
        late = bool(table.rounds) and now >= table.rounds[-1].until and not table.waived
    else:
        found = _is_late(table, _Allowed(table), Role.HEAD)
        late, what, detail = (True, found.what, _hands(table, found.asked)) if found else (False, "", "")
    if not late:
        return None
    if table.asks_for_time:
        detail += "；已申请延期，等绩效处答复"
    return Late(
        table.table_id,
        _naming(table, f"{table.name}：{what}"),
        detail,
        table.deadline,
        table.calendar.between(table.deadline, table.today),
        table.calendar.why_between(table.deadline, table.today),
    )


WHEN_DUE = {
    State.DRAFT: (g.entry_open, "填报并送审"),
    State.INTERNAL_REVIEW: (g.entry_open, "部门内审"),
    State.SELF_EVALUATION: (g.evaluation_open, "填报并报送自评"),
}
"""What a department is asked for in a state while the guard holds."""


def due_for_the_head(table: Standing, now: datetime) -> Due | None:
    """What the head of a department must know that one of its tables is asked for, and in whose hands; None where it is
    late already, or nobody is asked. Pure."""
    if Role.HEAD not in table.roles or table.deadline is None:
        return None
    if table.state is State.MONITORING:
        period = table.open_round(now)
        what = f"{period.name}监控" if period else ""
        detail = table.so_far.sentence() if table.so_far else ""
    else:
        open_, what = WHEN_DUE.get(table.state, (g.entry_open, ""))
        asked = WHEN_LATE[table.state].asked if what else Role.EDITOR
        what = "" if _Allowed(table).against(Role.HEAD, open_) else what
        detail = _hands(table, asked) if what else ""
        if table.state is State.SELF_EVALUATION and table.appraised:
            detail = table.appraised.so_far()
    if not what:
        return None
    return Due(
        table.table_id,
        _naming(table, f"{table.name}：{what}"),
        detail,
        table.deadline,
        table.calendar.between(table.today, table.deadline),
        table.calendar.why_between(table.today, table.deadline),
    )


def _answered(table: Standing) -> str:
    last = table.last_return
    parts = []
    for word, (count, answered) in (("必改", table.musts), ("建议", table.advice)):
        if count:
            parts.append(f"{count} 条{word}（已答复 {answered} 条）")
    left = "，".join(parts) or "没有写在行上的意见"
    if last is None:
        return f"已退回。{left}"
    who = f"{short_day(last.on, table.today)} {'部门内审' if last.inside else '财政部门'} {last.who} 退回"
    return f"{who}，评级“{last.grade}”。{left}" if last.grade else f"{who}。{left}"


def _before_monitoring(table: Standing, may: _Allowed, add: Add, now: datetime) -> None:
    if table.projects or table.no_projects_said:
        return
    first = table.rounds[0] if table.rounds else None
    day = local_date(first.opens_at, table.timezone) if first else None
    opened = first is not None and first.opens_at <= now
    # Nothing closes on that day: once it is over it is told, and is no deadline.
    since = f"“{first.name}”{short_day(day, table.today)} 已经开始，" if first and day and opened else ""
    if may.hold(Role.EDITOR):
        detail = f"{since}没有项目就不能进入运行监控"
        add("list_project", "登记监控项目", f"{table.name}：登记监控项目", detail, None if opened else day)
    if opened and may.hold(Role.MANAGER):
        detail = f"{since}没有登记监控项目；可以说明为什么没有"
        add("begin_monitoring", "看这张表", f"{table.department} {table.name}：不能进入监控", detail, None)


def _in_monitoring(table: Standing, may: _Allowed, add: Add, now: datetime) -> None:
    period = table.open_round(now)
    if period is None:
        over = bool(table.rounds) and now >= table.rounds[-1].until
        if over and not table.waived and may.hold(Role.MANAGER):
            why = "最后一个监控期已结束，完成率没有达标；可以延期，或说明理由放行"
            title = f"{table.department} {table.name}：监控没有达标"
            besides = ("extend", *(("urge",) if table.may_be_urged else ()))
            add("waive_monitoring", "放行…", title, why, besides=besides)
        return
    so_far = table.so_far.sentence() if table.so_far else ""
    day = last_date(period.until, table.timezone)
    if table.reported < table.listed and may.hold(Role.EDITOR):
        missing = table.listed - table.reported
        title = f"{table.fiscal_year}年度 {period.name}监控：还有 {missing} 个项目没有报告"
        add("report_project", "填报项目", title, so_far, day)
    if table.to_confirm and may.hold(Role.REVIEWER):
        title = f"{table.fiscal_year}年度 {period.name}监控：确认 {table.to_confirm} 个项目的报告"
        add("confirm_report", "确认报告", title, so_far, day)


def waited_for(table: Standing, person_id: int) -> str | None:
    """What a person waits for with one table that others have, or None. Pure."""
    ours, officer = bool(table.roles & OF_THE_DEPARTMENT), Role.OFFICER in table.roles
    if ours and table.asks_for_time:
        return f"绩效处答复 {table.called}的延期申请"
    match table.state:
        case State.DRAFT if officer and table.returned:
            return f"{_whose(table)} 改后重新报送"
        case State.INTERNAL_REVIEW if ours and table.submitted_by == person_id:
            return f"部门审核人内审 {table.called}"
        case State.FINANCE_REVIEW if table.amendment_waits and officer:
            return f"{_whose(table)} 接受协商修改"
        case State.FINANCE_REVIEW if ours and not table.amendment_waits:
            return f"财政部门审核 {table.called}"
        case State.SELF_EVALUATION if _filled_in(table) and ours and Role.REVIEWER not in table.roles:
            return f"部门审核人报送 {table.called}的自评"
        case State.EVALUATION_REVIEW if ours:
            return f"财政部门复核 {table.called}的自评"
    return None


def waited_since(table: Standing) -> date:
    """Since when they wait: an amendment is proposed while the table stays where it is. Pure."""
    if table.request is not None and table.asks_for_time and table.roles & OF_THE_DEPARTMENT:
        return local_date(table.request.at, table.timezone)
    return table.amended_on or table.since


def _whose(table: Standing) -> str:
    """A department's table in few words: an adjustment is said to be one."""
    return f"{table.department} {table.name}" if table.adjustment else table.department


def waiting_for(session: Session, person_id: int, now: datetime) -> Desk:
    """The desk of a person at an instant."""
    standings = _standings(session, person_id, now)
    found = [thing for table in standings for thing in things(table, now)]
    found.sort(key=lambda thing: (thing.deadline or date.max, thing.department, thing.title))
    day = local_day(now, OFFICE_TIMEZONE)
    waited = [
        Waited(table.table_id, since := waited_since(table), max(0, table.calendar.between(since, table.today)), text)
        for table in standings
        if (text := waited_for(table, person_id))
    ]
    whole = {table.table_id for table in standings if table.draft.whole and not table.amendment_declined}
    counts: dict[State, int] = defaultdict(int)
    for table in standings:
        counts[table.state] += 1
    ahead = [table.deadline for table in standings if table.deadline and table.deadline >= day]
    return Desk(
        things=tuple(found),
        waited=tuple(sorted(waited, key=lambda one: one.since)),
        mine=tuple(
            sorted((t for t in standings if t.roles & OF_THE_DEPARTMENT), key=lambda t: (-t.fiscal_year, t.table_id))
        ),
        counts={state: counts[state] for state in State if counts[state]},
        remarks=_remarks(session, standings),
        next_deadline=min(ahead, default=None),
        ready=sum(thing.act == "approve" and thing.table_id in whole for thing in found),
        late=tuple(sorted(filter(None, (late_for_the_head(table, now) for table in standings)), key=_latest_first)),
        due=tuple(sorted(filter(None, (due_for_the_head(table, now) for table in standings)), key=_nearest_first)),
        several=any(table.named for table in standings),
    )


def _latest_first(late: Late) -> tuple[date, str]:
    return late.deadline, late.title


def _nearest_first(due: Due) -> tuple[date, str]:
    return due.deadline, due.title


ANSWERED_IN = frozenset({State.DRAFT, State.SELF_EVALUATION})


def _remarks(session: Session, standings: Sequence[Standing]) -> tuple[OpenRemark, ...]:
    """The remarks that the person's departments have still to answer or answered in this pass; open and 必改 first."""
    tables = {t.table_id: t for t in standings if Role.EDITOR in t.roles and t.state in ANSWERED_IN and any(_open(t))}
    if not tables:
        return ()
    rows = session.execute(
        select(Remark, Revision)
        .join(Revision, Revision.id == Remark.revision_id)
        .where(Remark.table_id.in_(tables))
        .order_by(Remark.answer.is_not(None), Remark.must.desc(), Remark.table_id, Remark.number)
    )
    documents: dict[int, Document] = {}
    found = []
    for remark, revision in rows:
        if revision.kind != "evaluation" and revision.id not in documents:
            documents[revision.id] = Document.from_json(revision.document)
        table = tables[remark.table_id]
        found.append(OpenRemark(table.table_id, table.department, table.state, remark, documents.get(revision.id)))
    return tuple(found)


def _open(table: Standing) -> tuple[int, int]:
    return table.musts[0] - table.musts[1], table.advice[0] - table.advice[1]


def _standings(session: Session, person_id: int, now: datetime) -> list[Standing]:
    person = somebody(session, person_id)
    tables = session.scalars(
        tables_seen_by(session, person_id, now)
        .where(Table.state.not_in((State.VOID,)))
        .options(contains_eager(Table.department), joinedload(Table.cycle))
    ).all()
    if person is None or not tables:
        return []
    cycles = {
        cycle.id: cycle
        for cycle in session.scalars(
            select(Cycle)
            .where(Cycle.id.in_({table.cycle_id for table in tables}))
            .options(
                joinedload(Cycle.windows),
                joinedload(Cycle.rounds),
                joinedload(Cycle.region),
                joinedload(Cycle.holidays),
            )
        ).unique()
    }
    seen = tables_seen_by(session, person_id, now).with_only_columns(Table.id)
    counted = _counted(session, seen.scalar_subquery(), person_id)
    states = {table.id: State(table.state) for table in tables}
    standings = [
        _standing(
            table,
            cycles[table.cycle_id],
            person,
            counted,
            states.get(table.adjusts_id or 0),
            now,
        )
        for table in tables
    ]
    several = len({table.department_id for table in tables}) > 1
    places = {table.id: table.department_id for table in tables}
    returns, amended, urges = _returns(session, standings), _amended(session, standings), _urges(session, standings)
    holders = _holders(session, standings, places, now)
    evaluated = {
        one.table_id for one in standings if one.state is State.SELF_EVALUATION and one.roles & OF_THE_DEPARTMENT
    }
    requests = last_of(session, seen)
    reviewing = any(one.state is State.FINANCE_REVIEW and Role.OFFICER in one.roles for one in standings)
    drafts = drafts_of(session, seen, person_id) if reviewing else {}
    appraised = _appraised(session, [table for table in tables if table.id in evaluated])
    return [
        replace(
            one,
            named=several,
            last_return=returns.get(one.table_id),
            amended_on=amended.get(one.table_id),
            urged=urges.get(one.table_id, ()),
            appraised=appraised.get(one.table_id),
            request=asked if (asked := requests.get(one.table_id)) and asked.matters_in(one.state) else None,
            draft=NO_DRAFT if one.amendment_waits else drafts.get(one.table_id, NO_DRAFT),
            holders=holders.get((places[one.table_id], when.asked), ()) if (when := WHEN_LATE.get(one.state)) else (),
        )
        for one in standings
    ]


def _appraised(session: Session, tables: Sequence[Table]) -> dict[int, Appraisal]:
    """The self-evaluations of the reader's own department."""
    if not tables:
        return {}
    goals, results = loading.goals_of(session, tables), loading.results_of(session, tables)
    return {table.id: appraisal(table, goals.get(table.id), results[table.id]) for table in tables}


def _returns(session: Session, standings: Sequence[Standing]) -> dict[int, Return]:
    """Who sent each returned draft of the reader's back last."""
    tables = {
        f"table:{one.table_id}": one
        for one in standings
        if one.state is State.DRAFT and one.returned and Role.EDITOR in one.roles
    }
    if not tables:
        return {}
    found = {}
    for entry in session.scalars(
        select(Entry)
        .where(Entry.chain.in_(tables), Entry.act.in_(("return", "send_back")))
        .order_by(Entry.chain, Entry.position)
    ):
        one, inside = tables[entry.chain], entry.act == "send_back"
        on = local_date(entry.at, one.timezone)
        grade = None if inside else book.said(entry).get("grade")
        found[one.table_id] = Return(inside, entry.person_name, on, grade)
    return found


def _urges(session: Session, standings: Sequence[Standing]) -> dict[int, tuple[datetime, ...]]:
    """When the tables of a manager that are over their time were urged."""
    chains = {
        f"table:{one.table_id}": one.table_id
        for one in standings
        if Role.MANAGER in one.roles
        and (one.state in WHEN_LATE or one.state is State.MONITORING)
        and (one.until is None or one.until <= one.facts.now)
    }
    found: dict[int, tuple[datetime, ...]] = {}
    if chains:
        urged = select(Entry.chain, Entry.at).where(Entry.chain.in_(chains), Entry.act == "urge")
        for chain, at in session.execute(urged):
            found[chains[chain]] = (*found.get(chains[chain], ()), at)
    return found


def _amended(session: Session, standings: Sequence[Standing]) -> dict[int, date]:
    """When the amendments were proposed whose answer an officer waits for."""
    tables = {one.table_id: one for one in standings if one.amendment_waits and Role.OFFICER in one.roles}
    if not tables:
        return {}
    rows = session.execute(
        select(Revision.table_id, Revision.made_at)
        .join(Table, (Table.id == Revision.table_id) & (Table.latest_revision == Revision.number))
        .where(Revision.table_id.in_(tables), Revision.kind == "amendment")
    )
    return {table_id: local_date(at, tables[table_id].timezone) for table_id, at in rows}


def _holders(
    session: Session, standings: Sequence[Standing], places: dict[int, int], now: datetime
) -> dict[tuple[int | None, Role], tuple[str, ...]]:
    """Who in each department has the late tables that somebody else must know of, and those that its head is told of
    before, by department and role."""
    told = {
        places[one.table_id]
        for one in standings
        if TOLD_WHEN_LATE & one.roles and one.state in WHEN_LATE and one.until is not None
        if Role.HEAD in one.roles or one.until <= now
    }
    if not told:
        return {}
    found: dict[tuple[int | None, Role], tuple[str, ...]] = defaultdict(tuple)
    for department_id, role, name in session.execute(
        select(Post.department_id, Post.role, Person.name)
        .join(Person, Person.id == Post.holder_id)
        .where(
            Post.department_id.in_(told),
            Post.role.in_(OF_THE_DEPARTMENT),
            holds_on(local_day(now, OFFICE_TIMEZONE)),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.name)
    ):
        found[department_id, Role(role)] += (name,)
    return found


@dataclass
class _Counted:
    """What is counted per table, all tables at once."""

    extended: dict[tuple[int, str | int | None], datetime]
    of: dict[tuple[str, int], int]
    """By what was counted and the table: musts, musts_answered, advice, advice_answered, amendments, projects,
    waived:… for each kind of waiver."""
    rounds: dict[tuple[int, int], "_OfRound"]


@dataclass(frozen=True)
class _OfRound:
    """The projects on a table's list of one round, counted; `must_` counts those that must be monitored."""

    listed: int = 0
    reported: int = 0
    confirmed: int = 0
    to_confirm: int = 0
    monitored: int = 0
    """With a confirmed report in any round of the year."""
    must_listed: int = 0
    must_monitored: int = 0


def _counted(session: Session, among: Any, person_id: int) -> _Counted:
    extended: dict[tuple[int, str | int | None], datetime] = {}
    for table_id, stage, round_id, until in session.execute(
        select(Extension.table_id, Extension.stage, Extension.round_id, func.max(Extension.until))
        .where(Extension.table_id.in_(among))
        .group_by(Extension.table_id, Extension.stage, Extension.round_id)
    ):
        extended[table_id, stage or round_id] = until

    def count(what: Any, column: Any, *conditions: Any) -> Any:
        return select(what, column, func.count()).where(column.in_(among), *conditions).group_by(column)

    answered = Remark.answer.is_not(None)
    amended = (
        Revision.kind == "amendment",
        Revision.accepted_at.is_(None),
        exists().where(Table.id == Revision.table_id, Table.latest_revision == Revision.number),
    )
    counts = union_all(
        count(literal("musts"), Remark.table_id, Remark.must),
        count(literal("musts_answered"), Remark.table_id, Remark.must, answered),
        count(literal("advice"), Remark.table_id, ~Remark.must),
        count(literal("advice_answered"), Remark.table_id, ~Remark.must, answered),
        count(literal("amendments"), Revision.table_id, *amended, Revision.declined_at.is_(None)),
        count(literal("amendments_declined"), Revision.table_id, *amended, Revision.declined_at.is_not(None)),
        count(literal("projects"), Project.table_id),
        count(literal("waived:").concat(Waiver.kind), Waiver.table_id).group_by(Waiver.kind),
    )
    of = {(what, table_id): number for what, table_id, number in session.execute(counts)}
    ever = aliased(ProjectReport)
    monitored = exists().where(ever.project_id == RoundListing.project_id, ever.confirmed_at.is_not(None))
    rounds = {
        (table_id, round_id): _OfRound(*counts)
        for table_id, round_id, *counts in session.execute(
            select(
                RoundListing.table_id,
                RoundListing.round_id,
                func.count(),
                func.count(ProjectReport.id) - func.count(ProjectReport.returned_at),
                func.count(ProjectReport.confirmed_at),
                _sum(
                    ProjectReport.confirmed_at.is_(None)
                    & ProjectReport.returned_at.is_(None)
                    & (ProjectReport.reported_by != person_id)
                ),
                _sum(monitored),
                _sum(RoundListing.must_monitor),
                _sum(RoundListing.must_monitor & monitored),
            )
            .outerjoin(
                ProjectReport,
                (ProjectReport.round_id == RoundListing.round_id)
                & (ProjectReport.project_id == RoundListing.project_id),
            )
            .where(RoundListing.table_id.in_(among))
            .group_by(RoundListing.table_id, RoundListing.round_id)
        )
    }
    return _Counted(extended, of, rounds)


def _sum(condition: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _so_far(cycle: Cycle, round_name: str, found: _OfRound) -> SoFar:
    every = loading.framework_of(cycle).monitoring.denominator == "all"
    return SoFar(
        round=round_name,
        reported=found.reported,
        confirmed=found.confirmed,
        monitored=found.monitored if every else found.must_monitored,
        projects=found.listed if every else found.must_listed,
    )


def _standing(
    table: Table,
    cycle: Cycle,
    person: Person,
    counted: _Counted,
    parent_state: State | None,
    now: datetime,
) -> Standing:
    timezone = cycle.region.timezone

    def period(name: str, key: str | int, opens_at: datetime, closes_at: datetime) -> Period:
        until = max(closes_at, counted.extended.get((table.id, key), closes_at))
        return Period(name, opens_at, closes_at, until)

    windows = {Stage(w.stage): period(w.stage, w.stage, w.opens_at, w.closes_at) for w in cycle.windows}
    rounds = tuple(period(r.name, r.id, r.opens_at, r.closes_at) for r in cycle.rounds)
    now_open = next((r for r, p in zip(cycle.rounds, rounds, strict=True) if p.is_open(now)), None)
    found = counted.rounds.get((table.id, now_open.id if now_open else 0), _OfRound())

    def of(what: str) -> int:
        return counted.of.get((what, table.id), 0)

    state = State(table.state)
    facts = Facts(
        now=now,
        timezone=timezone,
        state=state,
        version=table.version,
        submitters=table.submitters,
        endorsers=table.endorsers,
        begun=table.begun_at is not None,
        resubmit_until=table.resubmit_until,
        evaluation_until=table.evaluation_until,
        adjusts=table.adjusts_id is not None,
        parent_state=parent_state,
        windows=windows,
        rounds=dict(zip((each.id for each in cycle.rounds), rounds, strict=True)),
    )
    department: Department = table.department
    return Standing(
        table_id=table.id,
        department=department.short_name,
        fiscal_year=cycle.fiscal_year,
        state=state,
        since=local_date(table.state_since, timezone),
        adjustment=table.adjustment_number,
        pass_number=table.pass_number,
        grade=table.grade,
        submitted_by=table.submitted_by,
        endorsed_by=table.endorsed_by,
        returned=table.returned_sha256 is not None,
        actor=actor_of(person, department, local_day(now, timezone)),
        until=asked_until(
            state,
            now,
            windows=windows,
            rounds=rounds,
            resubmit_until=table.resubmit_until,
            evaluation_until=table.evaluation_until,
            adjusts=table.adjusts_id is not None,
        ),
        timezone=timezone,
        calendar=calendar_for(cycle),
        facts=facts,
        rounds=rounds,
        amendment_waits=of("amendments") > 0,
        amendment_declined=of("amendments_declined") > 0,
        musts=(of("musts"), of("musts_answered")),
        advice=(of("advice"), of("advice_answered")),
        projects=of("projects"),
        listed=found.listed,
        reported=found.reported,
        so_far=_so_far(cycle, now_open.name, found) if now_open else None,
        to_confirm=found.to_confirm,
        waived=of("waived:monitoring") > 0,
        no_projects_said=of("waived:no_projects") > 0,
    )
