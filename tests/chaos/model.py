"""The year of a table as plain Python, written from the rules and not from the program: what the program is held to.

It knows the events and records, who may do them, and what they change; no database, no Flask, and nothing of
workflow's guards or lifecycle. Instants are aware datetimes, days are dates on the wall in China (UTC+8 all year).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction

import chinese_calendar

CHINA = timezone(timedelta(hours=8))
EDITOR, REVIEWER, HEAD, OFFICER = "editor", "department_reviewer", "department_head", "bureau_officer"
MANAGER, AUDITOR, CLOCK = "bureau_manager", "auditor", "clock"
INSIDE, READING = {EDITOR, REVIEWER, HEAD}, {HEAD, AUDITOR}
"""Who belongs to the department; who acts neither for themselves nor for others."""
DRAFT, INTERNAL, FINANCE, APPROVED = "draft", "internal_review", "finance_review", "approved"
MONITORING, EVALUATION, CHECK = "monitoring", "self_evaluation", "evaluation_review"
COMPLETED, VOID = "completed", "void"
ALIVE = {DRAFT, INTERNAL, FINANCE, APPROVED, MONITORING, EVALUATION, CHECK}

EVENTS: dict[str, tuple[set[str], str | None, set[str]]] = {
    "submit": ({DRAFT}, INTERNAL, {EDITOR}),
    "endorse": ({INTERNAL}, FINANCE, {REVIEWER}),
    "send_back": ({INTERNAL}, DRAFT, {REVIEWER}),
    "withdraw": ({INTERNAL}, DRAFT, {EDITOR}),
    "recall": ({FINANCE}, INTERNAL, {REVIEWER}),
    "amend": ({FINANCE}, None, {OFFICER}),
    "accept_amendment": ({FINANCE}, None, {REVIEWER}),
    "approve": ({FINANCE}, APPROVED, {OFFICER}),
    "return": ({FINANCE}, DRAFT, {OFFICER}),
    "begin_monitoring": ({APPROVED}, MONITORING, {CLOCK, MANAGER}),
    "finish_monitoring": ({MONITORING}, EVALUATION, {CLOCK}),
    "report_evaluation": ({EVALUATION}, CHECK, {REVIEWER}),
    "return_evaluation": ({CHECK}, EVALUATION, {OFFICER}),
    "accept_evaluation": ({CHECK}, COMPLETED, {OFFICER}),
    "void": (ALIVE, VOID, {MANAGER}),
}
"""From, to (None: it stays), who."""

RECORDS: dict[str, tuple[set[str], set[str]]] = {
    "import_sheet": ({DRAFT}, {EDITOR}),
    "upload_sheet": ({DRAFT}, {EDITOR}),
    "discard_upload": ({DRAFT}, {EDITOR}),
    "carry_over": ({DRAFT}, {EDITOR}),
    "confirm_cells": ({DRAFT}, {EDITOR}),
    "edit_sheet": ({DRAFT}, {EDITOR}),
    "save_row": ({DRAFT}, {EDITOR}),
    "save_cell": ({DRAFT}, {EDITOR}),
    "add_row": ({DRAFT}, {EDITOR}),
    "remove_row": ({DRAFT}, {EDITOR}),
    "restore_row": ({DRAFT}, {EDITOR}),
    "remark": ({INTERNAL, FINANCE, CHECK}, {REVIEWER, OFFICER}),
    "rewrite_remark": ({INTERNAL, FINANCE, CHECK}, {REVIEWER, OFFICER}),
    "remove_remark": ({INTERNAL, FINANCE, CHECK}, {REVIEWER, OFFICER}),
    "answer_remark": ({DRAFT, EVALUATION}, {EDITOR}),
    "decline_amendment": ({FINANCE}, {REVIEWER}),
    "draft_review": ({FINANCE}, {OFFICER}),
    "ask_extension": ({DRAFT, INTERNAL, MONITORING, EVALUATION}, {EDITOR, REVIEWER}),
    "refuse_extension": (ALIVE, {MANAGER}),
    "extend": (ALIVE, {MANAGER}),
    "urge": (ALIVE, {MANAGER, OFFICER}),
    "open_adjustment": ({APPROVED, MONITORING}, {EDITOR, REVIEWER}),
    "list_project": ({DRAFT, INTERNAL, FINANCE, APPROVED, MONITORING}, {EDITOR, REVIEWER}),
    "evaluate_project": ({MONITORING, EVALUATION}, {EDITOR}),
    "draft_report": ({MONITORING}, {EDITOR}),
    "report_project": ({MONITORING}, {EDITOR}),
    "confirm_report": ({MONITORING}, {REVIEWER}),
    "return_report": ({MONITORING}, {REVIEWER}),
    "waive_monitoring": ({MONITORING}, {MANAGER}),
    "record_result": ({EVALUATION}, {EDITOR}),
    "round_opened": ({MONITORING}, {CLOCK}),
    "monitoring_blocked": ({APPROVED}, {CLOCK}),
}
"""In which states, and who."""

ENTRY_RECORDS = {
    "import_sheet",
    "upload_sheet",
    "carry_over",
    "confirm_cells",
    "edit_sheet",
    "save_row",
    "save_cell",
    "add_row",
    "remove_row",
    "restore_row",
}


def day_of(at: datetime) -> date:
    """The date on the wall."""
    return at.astimezone(CHINA).date()


def begins(on: date) -> datetime:
    """The instant at which a day begins."""
    return datetime(on.year, on.month, on.day, tzinfo=CHINA)


@dataclass
class Span:
    """[opens, closes)."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class Content:
    """What the sheet says, as far as this model changes it."""

    goal: str
    total: str
    target: int
    """Percent that the completion rate of monitoring is to reach."""
    tasks: tuple[tuple[str, str], ...]

    def blocks(self) -> bool:
        """Whether a check finds what must be mended: a cell that must be filled in, a sum that is none."""
        return not self.goal or self.total != "2000" or not self.tasks or any(not a or not b for a, b in self.tasks)


@dataclass
class Revision:
    """What was frozen."""

    kind: str
    content: Content
    accepted: bool = False
    declined: bool = False


@dataclass
class Remark:
    """An opinion, and whether it was answered."""

    number: int
    must: bool
    by: int
    text: str = "写具体"
    delivered: bool = False
    answered: bool = False


@dataclass
class Project:
    """A project as listed."""

    listed: datetime
    must: bool


@dataclass
class Report:
    """A project's report in one round."""

    by: frozenset[int]
    reported_by: int
    confirmed: bool = False
    returned: bool = False


ELSEWHERE = {"officer elsewhere": "bureau", "editor elsewhere": "neighbour"}
"""What people of the neighbour are: nothing to this department, but of some side when stand-ins are named."""


@dataclass
class Post:
    """An appointment to the department or the region: [since, until)."""

    role: str
    since: date
    until: date | None = None

    @property
    def side(self) -> str:
        """Where one works by it: only people of one side stand in for each other."""
        return "own" if self.role in INSIDE else ELSEWHERE.get(self.role, "bureau")

    def holds(self, on: date) -> bool:
        """Whether it is in force."""
        return self.since <= on and (self.until is None or on < self.until)


@dataclass
class Person:
    """Somebody with their posts."""

    id: int
    posts: list[Post] = field(default_factory=list)


@dataclass
class StandIn:
    """One acts for another in [since, until)."""

    absent: int
    deputy: int
    since: date
    until: date

    def holds(self, on: date) -> bool:
        """Whether it is in force."""
        return self.since <= on < self.until


@dataclass(frozen=True)
class Acting:
    """Who acts, as what, and for whom."""

    person: int | None
    roles: frozenset[str]
    lender: int | None

    @property
    def people(self) -> frozenset[int]:
        """Whoever acts here, in person or in name."""
        return frozenset(each for each in (self.person, self.lender) if each is not None)

    @property
    def inside(self) -> bool:
        """Whether they belong to the department."""
        return bool(self.roles & INSIDE)


@dataclass
class Table:
    """One table, or an adjustment of one."""

    content: Content
    parent: "Table | None" = None
    gone: tuple[int, int, tuple[str, str]] | None = None
    """The task deleted last, which can be put back: the row's id, its place, its texts."""
    unsure: bool = False
    """Whether its goal was read from a file without certainty, and nobody has written or confirmed it since."""
    state: str = DRAFT
    version: int = 1
    passed: int = 1
    revisions: list[Revision] = field(default_factory=list)
    submitters: frozenset[int] = frozenset()
    endorsers: frozenset[int] = frozenset()
    begun: bool = False
    resubmit_until: datetime | None = None
    bureau_until: datetime | None = None
    evaluation_until: datetime | None = None
    returned: Content | None = None
    grade: str | None = None
    remarks: list[Remark] = field(default_factory=list)
    extensions: dict[str, datetime] = field(default_factory=dict)
    """By stage, or by "round N"."""
    projects: dict[str, Project] = field(default_factory=dict)
    frozen: dict[int, list[tuple[str, bool]]] = field(default_factory=dict)
    reports: dict[tuple[int, str], Report] = field(default_factory=dict)
    reviews: dict[tuple[int, int], bool] = field(default_factory=dict)
    """By revision and person: whether it decided."""
    in_force: Content | None = None
    indicators_in_force: int = 0
    entered: datetime | None = None
    waived: bool = False
    ended_as: str | None = None
    results: dict[int, bool] = field(default_factory=dict)
    """By indicator: whether its reason is still missing."""
    requested: dict[str, int] = field(default_factory=dict)
    """The extensions asked for that nobody answered, named as in `extensions`, and by whom."""
    urged_on: date | None = None
    adjustments: list["Table"] = field(default_factory=list)

    def open_remarks(self) -> int:
        """How many are not answered."""
        return sum(not each.answered for each in self.remarks)

    def must_open(self) -> bool:
        """Whether something that must be changed is not answered."""
        return any(each.must and not each.answered for each in self.remarks)

    def amendment_waits(self) -> bool:
        """Whether the latest revision is an amendment that nobody accepted or declined."""
        return self.amended() and not self.revisions[-1].declined

    def amended(self) -> bool:
        """Whether the latest revision is an amendment that nobody accepted."""
        return bool(self.revisions) and self.revisions[-1].kind == "amendment" and not self.revisions[-1].accepted

    def agreed(self) -> Content:
        """What the department last sent or accepted."""
        return next(r.content for r in reversed(self.revisions) if r.kind == "submission" or r.accepted)

    def was_declined(self, content: Content) -> bool:
        """Whether the department declined this since it last sent or accepted something."""
        sent = max(at for at, r in enumerate(self.revisions) if r.kind == "submission" or r.accepted)
        return any(r.declined and r.content == content for r in self.revisions[sent:])

    def runs(self) -> bool:
        """Whether its goals can be adjusted."""
        return self.state in {APPROVED, MONITORING}


@dataclass
class Year:
    """The region's year: windows, rounds, people, tables."""

    now: datetime
    windows: dict[str, Span]
    rounds: list[Span]
    people: dict[int, Person]
    indicators: int
    """How many the sheet has."""
    stand_ins: list[StandIn] = field(default_factory=list)

    # --- who ---------------------------------------------------------------------------------------------------

    def own_roles(self, person: int) -> set[str]:
        """What somebody holds themselves today."""
        today = day_of(self.now)
        return {post.role for post in self.people[person].posts if post.holds(today)} - ELSEWHERE.keys()

    def acting(self, person: int | None, allowed: set[str]) -> Acting:
        """Somebody with what they hold and what is lent to them; None is the clock."""
        if person is None:
            return Acting(None, frozenset({CLOCK}), None)
        own, lent = self.own_roles(person), {}
        for each in self.stand_ins:
            if each.deputy == person and each.holds(day_of(self.now)):
                for role in self.own_roles(each.absent) - own - READING:
                    lent[role] = each.absent
        lender = None if own & allowed else next((lent[role] for role in sorted(lent) if role in allowed), None)
        return Acting(person, frozenset(own | lent.keys()), lender)

    def name_stand_in(self, absent: int, deputy: int, since: date, until: date) -> bool:
        """Whether one can stand in for the other; then it is so."""
        today, one, other = day_of(self.now), self.people[absent], self.people[deputy]
        sides = [
            {p.side for p in person.posts if p.role not in READING and _meet(since, until, p.since, p.until)}
            for person in (one, other)
        ]
        if absent == deputy or not sides[0] & sides[1] or until <= since or until <= today:
            return False
        busy = {absent, deputy}
        if any(
            each.absent in busy and each.since < each.until and _meet(since, until, each.since, each.until)
            for each in self.stand_ins
        ):
            return False
        self.stand_ins.append(StandIn(absent, deputy, since, until))
        return True

    def end_stand_in(self, each: StandIn) -> bool:
        """It ends today."""
        today = day_of(self.now)
        end = max(today, each.since)
        if each.until <= end:
            return False
        each.until = end
        return True

    def hand_over(self, giver: int, taker: int, tables: Iterable[Table]) -> bool:
        """An officer gives this department to another one today, with the reviews begun at the bureau."""
        today = day_of(self.now)
        held = [p for p in self.people[giver].posts if p.role == OFFICER and p.holds(today)]
        if giver == taker or not held or any(p.since >= today for p in held):
            return False
        theirs = self.own_roles(taker)
        if theirs & INSIDE:
            return False
        for post in held:
            post.until = today
        if OFFICER not in theirs:
            self.people[taker].posts.append(Post(OFFICER, today))
        for table in tables:
            if table.state not in {FINANCE, CHECK}:
                continue
            for (revision, person), decided in list(table.reviews.items()):
                if person == giver and not decided and (revision, taker) not in table.reviews:
                    del table.reviews[revision, person]
                    table.reviews[revision, taker] = False
        return True

    # --- when --------------------------------------------------------------------------------------------------

    def _open(self, table: Table, stage: str, reopened: Iterable[datetime | None]) -> bool:
        if any(until is not None and self.now < until for until in reopened):
            return True
        window = self.windows[stage]
        until = max(window.closes, table.extensions.get(stage, window.closes))
        return window.opens <= self.now < until

    def entry_open(self, table: Table) -> bool:
        """The window, an extension, or a deadline that was given for coming back."""
        if table.parent is not None:
            return table.parent.runs()
        return self._open(table, "entry", (table.resubmit_until, table.bureau_until))

    def evaluation_open(self, table: Table) -> bool:
        """The same of the self-evaluation."""
        return self._open(table, "evaluation", (table.evaluation_until,))

    def extensible(self, table: Table) -> tuple[str, datetime] | None:
        """What a department may ask more time for, named as in `extensions`, and until when it is open."""
        if table.parent is not None:
            return None
        if table.state == MONITORING:
            ends = {
                f"round {number}": max(span.closes, table.extensions.get(f"round {number}", span.closes))
                for number, span in enumerate(self.rounds, start=1)
                if span.opens <= self.now
            }
            still = [name for name, end in ends.items() if self.now < end]
            name = still[0] if still else next(reversed(ends), None)
            return None if name is None else (name, ends[name])
        name = "evaluation" if table.state == EVALUATION else "entry"
        window = self.windows[name]
        if self.now < window.opens:
            return None
        back = (table.evaluation_until,) if name == "evaluation" else (table.resubmit_until, table.bureau_until)
        ends_ = [window.closes, table.extensions.get(name, window.closes), *(end for end in back if end)]
        return name, max(ends_)

    def last_day_back(self, table: Table) -> date | None:
        """Until when the department's reviewer may reopen entry; None: not limited."""
        ends = [table.bureau_until] if table.bureau_until else []
        if table.parent is None:
            window = self.windows["entry"]
            ends.append(max(window.closes, table.extensions.get("entry", window.closes)))
        today = day_of(self.now)
        last = max((day_of(end - timedelta(microseconds=1)) for end in ends), default=None)
        if last is not None and today <= last:
            return last
        if table.parent is not None and last is None:
            return None
        return fifth_workday(today)

    def round_open(self, table: Table, number: int) -> bool:
        """Whether reports of a round are taken."""
        span = self.rounds[number - 1]
        return span.opens <= self.now < self.round_until(table, number)

    def round_until(self, table: Table, number: int) -> datetime:
        """Its end for this table."""
        closes = self.rounds[number - 1].closes
        return max(closes, table.extensions.get(f"round {number}", closes))

    # --- monitoring --------------------------------------------------------------------------------------------

    def rate(self, table: Table) -> tuple[int, int, int | None] | None:
        """Monitored, projects, target in percent; None before any round."""
        opened = [number for number, span in enumerate(self.rounds, 1) if span.opens <= self.now]
        if not opened:
            return None
        listed = [code for code, _must in table.frozen.get(opened[-1], [])]
        done = {code for (_round, code), report in table.reports.items() if report.confirmed}
        return sum(code in done for code in listed), len(listed), table.in_force.target if table.in_force else None

    def rate_met(self, table: Table) -> bool | None:
        """Whether the target is reached; None is 不适用."""
        rate = self.rate(table)
        if rate is None or not rate[1] or rate[2] is None:
            return None
        return Fraction(rate[0] * 100, rate[1]) >= rate[2]

    def freeze(self, table: Table) -> bool:
        """Fix the lists of the rounds that have opened; whether there was one."""
        entered, found = table.entered, False
        assert entered is not None
        for number, span in enumerate(self.rounds, 1):
            if span.opens <= self.now and number not in table.frozen:
                until = max(span.opens, entered)
                table.frozen[number] = [(c, p.must) for c, p in table.projects.items() if p.listed <= until]
                found = True
        return found

    def tick(self, table: Table) -> list[str]:
        """What the clock does with a table now."""
        done: list[str] = []
        opened = [span for span in self.rounds if span.opens <= self.now]
        if table.parent is not None or not opened:
            return done
        if table.state == APPROVED:
            if table.projects:
                self.apply("begin_monitoring", table, self.acting(None, {CLOCK}))
                return ["begin_monitoring"]
            return ["monitoring_blocked"]
        if table.state == MONITORING:
            if self.freeze(table):
                done.append("round_opened")
            if self.may_event("finish_monitoring", table, None):
                self.apply("finish_monitoring", table, self.acting(None, {CLOCK}))
                done.append("finish_monitoring")
        return done

    # --- events ------------------------------------------------------------------------------------------------

    def may_event(self, event: str, table: Table, person: int | None) -> bool:
        """Whether somebody can begin to do it now; what they bring along is taken as given."""
        sources, _target, allowed = EVENTS[event]
        who = self.acting(person, allowed)
        if table.state not in sources or not who.roles & allowed:
            return False
        outsider = not (who.inside or who.people & (table.submitters | table.endorsers))
        match event:
            case "submit":
                same = table.returned is not None and table.content == table.returned
                answered = bool(table.remarks) and not table.open_remarks()
                return (
                    self.entry_open(table)
                    and not table.content.blocks()
                    and not table.unsure
                    and not table.must_open()
                    and (not same or answered)
                    and (table.parent is None or table.content != table.parent.in_force)
                )
            case "endorse":
                mine = who.people & table.submitters
                return not mine and self.entry_open(table) and not table.content.blocks() and not table.must_open()
            case "send_back":
                return not who.people & table.submitters
            case "withdraw":
                return bool(who.people & table.submitters) and not table.begun
            case "recall":
                return bool(who.people & table.endorsers) and not table.begun
            case "amend" | "return" | "return_evaluation" | "accept_evaluation":
                return outsider
            case "accept_amendment":
                return table.amendment_waits()
            case "approve":
                running = table.parent is None or table.parent.runs()
                return outsider and running and not table.amended() and not table.must_open()
            case "begin_monitoring":
                # The manager says why there is no project; the clock says nothing.
                opened = any(span.opens <= self.now for span in self.rounds)
                return (
                    table.parent is None
                    and (bool(table.projects) or person is not None)
                    and (opened or person is not None)
                )
            case "finish_monitoring":
                if not self.rounds or self.now < self.round_until(table, len(self.rounds)):
                    return False
                return self.rate_met(table) is not False or table.waived
            case "report_evaluation":
                complete = len(table.results) == table.indicators_in_force and not any(table.results.values())
                return self.evaluation_open(table) and complete
            case "void":
                return True
        raise KeyError(event)

    def would(
        self, event: str, table: Table, person: int | None, *, until: datetime | None = None, given: bool = True
    ) -> bool:
        """Whether it happens: as `may_event`, with what was brought along. `given` False: an opinion, reason, grade or
        the revision seen is not as it must be."""  # fmt: skip
        if not self.may_event(event, table, person) or not given:
            return False
        if event in {"send_back", "return", "return_evaluation"} and (until is None or until <= self.now):
            return False
        if event == "send_back" and until is not None and (last := self.last_day_back(table)) is not None:
            return day_of(until - timedelta(microseconds=1)) <= last
        if event == "void":
            return all(each.state in {APPROVED, VOID} for each in table.adjustments)
        return True

    def apply(self, event: str, table: Table, who: Acting, *, until: datetime | None = None, grade: str | None = None,
              goal: str | None = None) -> None:  # fmt: skip
        """What it changes."""
        target, person = EVENTS[event][1], who.person or 0
        latest = len(table.revisions)
        match event:
            case "submit":
                table.revisions.append(Revision("submission", table.content))
                table.submitters, table.endorsers = who.people, frozenset()
            case "endorse":
                table.endorsers = who.people
            case "withdraw":
                table.submitters = frozenset()
            case "recall":
                table.endorsers = frozenset()
            case "send_back" | "return":
                table.resubmit_until, table.returned = until, table.content
                table.submitters = table.endorsers = frozenset()
                table.passed += 1
                if event == "return":
                    table.grade, table.bureau_until = grade, until
                    table.reviews[latest, person] = True
            case "amend":
                sent = table.agreed()
                table.revisions.append(Revision("amendment", _with_goal(sent, goal or sent.goal)))
                table.grade, table.begun = "良", True
            case "accept_amendment":
                table.revisions[-1].accepted = True
                table.content = table.revisions[-1].content
            case "approve":
                table.grade, table.resubmit_until, table.returned = grade, None, None
                table.reviews[latest, person] = True
                for each in filter(None, (table, table.parent)):
                    each.in_force, each.indicators_in_force = table.revisions[-1].content, self.indicators
            case "begin_monitoring":
                table.entered = self.now
                self.freeze(table)
            case "finish_monitoring":
                met = self.rate_met(table)
                table.ended_as = "not_applicable" if met is None else "met" if met else "waived"
            case "report_evaluation":
                table.revisions.append(Revision("evaluation", table.content))
            case "return_evaluation":
                table.evaluation_until = until
        table.version += 1
        if target is not None:
            table.state, table.begun = target, False
            for remark in table.remarks:
                remark.delivered = True

    # --- records -----------------------------------------------------------------------------------------------

    def may_record(self, kind: str, table: Table, person: int | None) -> bool:
        """Whether somebody can begin to write it now."""
        states, allowed = RECORDS[kind]
        who = self.acting(person, allowed)
        if table.state not in states or not who.roles & allowed:
            return False
        outsider = not (who.inside or who.people & (table.submitters | table.endorsers))
        if kind in ENTRY_RECORDS:
            return self.entry_open(table)
        if kind in {"remark", "rewrite_remark", "remove_remark"}:
            turn = REVIEWER in who.roles if table.state == INTERNAL else OFFICER in who.roles and outsider
            return turn and (kind != "remark" or not who.people & table.submitters)
        if kind == "answer_remark":
            return self.evaluation_open(table) if table.state == EVALUATION else self.entry_open(table)
        if kind == "draft_review":
            return outsider
        if kind == "decline_amendment":
            return table.amendment_waits()
        if kind == "urge":
            return table.state != CHECK and (table.state != FINANCE or table.amendment_waits())
        if kind == "ask_extension":
            found = self.extensible(table)
            return found is not None and found[0] not in table.requested
        if kind == "refuse_extension":
            return any(asker not in who.people for asker in table.requested.values())
        if kind == "open_adjustment":
            return table.parent is None
        if kind == "record_result":
            return self.evaluation_open(table)
        return True


def workday_on_or_before(day: date) -> date:
    """A working day itself, else the last one before it, by the official calendar."""
    while not chinese_calendar.is_workday(day):
        day -= timedelta(days=1)
    return day


def fifth_workday(after: date) -> date:
    """The fifth working day after a date, by the official calendar."""
    day, left = after, 5
    while left:
        day += timedelta(days=1)
        left -= bool(chinese_calendar.is_workday(day))
    return day


def _with_goal(content: Content, goal: str) -> Content:
    return Content(goal, content.total, content.target, content.tasks)


def _meet(since: date, until: date, start: date, end: date | None) -> bool:
    return start < until and (end is None or since < end)
