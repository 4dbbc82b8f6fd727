"""Everything about one table that its page shows, in a fixed number of queries whatever the table's length."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.models import Department
from accounts.roles import Role
from forms import checks, store
from forms.checks import Finding
from forms.document import Document, follow
from forms.framework import Framework
from forms.models import IndicatorRow, TaskRow
from ledger import book
from ledger.models import Entry
from workflow import holidays, loading
from workflow.actors import signer
from workflow.acts import may
from workflow.asked import Asked, of_history
from workflow.comparison import Compared, EvaluatedLine, compared, evaluated, says_the_same
from workflow.deadlines import day_words, last_date, local_date, short_day
from workflow.facts import Period, Reason
from workflow.guards import Extensible, Latest, extensible, limit_when_sent_back
from workflow.hands import TURNED_BY_A_RECORD, Clock
from workflow.holders import holders
from workflow.lifecycle import EVENTS, UNDOING, Need
from workflow.listing import clock_of
from workflow.models import Cycle, IndicatorResult, Remark, Review, Revision, Table
from workflow.monitoring import Rate
from workflow.outcomes import Done
from workflow.records import RECORDS
from workflow.review import why_not_rewritten
from workflow.scope import tables_seen_by
from workflow.states import LABELS, Stage, State, stages
from workflow.turns import STAGE_OF, asked_until
from workflow.urging import urged_in_stage, urged_too_often
from workflow.workdays import Calendar

OF_THE_GOALS = frozenset({State.DRAFT, State.INTERNAL_REVIEW, State.FINANCE_REVIEW})
"""While the sheet itself is what is worked on."""
OF_THE_EVALUATION = frozenset({State.SELF_EVALUATION, State.EVALUATION_REVIEW, State.COMPLETED})


@dataclass(frozen=True)
class Happened:
    """One line of the history."""

    at: datetime
    who: str
    verb: str
    act: str
    said: dict[str, Any]
    from_state: str | None
    to_state: str | None
    times: int = 1
    """How many entries a line stands for: one after another, by one person, all of one kind."""
    person_id: int | None = None


SAVED_OFTEN = dict.fromkeys(("save_row", "save_cell", "add_row", "edit_sheet"), "edit_sheet") | {
    "draft_review": "draft_review",
    "record_result": "record_result",
    "draft_report": "draft_report",
}
"""Acts that a page does by itself while somebody writes, and what a run of them is called."""


@dataclass(frozen=True)
class StageLine:
    """One stage of the bar: its word, what is or was to be done there, and how it stands."""

    number: int
    state: State
    label: str
    lines: tuple[str, ...]
    standing: str
    """now, gone, returned or ahead."""


@dataclass(frozen=True)
class Dossier:
    """One table with its sheet, revisions, remarks, history, and what its reader may do."""

    table: Table
    framework: Framework
    document: Document
    sheet_edit: int
    findings: tuple[Finding, ...]
    revisions: tuple[Revision, ...]
    remarks: tuple[Remark, ...]
    history: tuple[Happened, ...]
    answers: dict[str, tuple[Reason, ...]]
    stages: tuple[StageLine, ...]
    names: dict[int, str]
    until: datetime | None
    calendar: Calendar
    """The working calendar of its region."""
    sent_back_until: Latest | None
    """The last day that the department's reviewer may give when sending it back; None where
    nothing limits it, and where it is not being reviewed inside."""
    rate: Rate | None
    windows: dict[Stage, Period] = field(default_factory=dict)
    rounds: tuple[Period, ...] = ()
    _followed: dict[int, dict[int, str | None]] = field(default_factory=dict, repr=False)
    goals: Document | None = None
    """The goals in force; None before any approval."""
    results: Mapping[int, IndicatorResult] = field(default_factory=dict)
    """What is written in its self-evaluation, by the indicators' numbers; from that stage on."""
    clock: Clock | None = None
    """How long it was in whose hands."""
    returned_until: datetime | None = None
    """The deadline that the bureau's last return gave."""
    requests: tuple[Asked, ...] = ()
    """The extensions its department asked for, the oldest first."""
    rows: tuple[Sequence[TaskRow], Sequence[IndicatorRow]] = ((), ())
    """What the document was read from."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """What of it is to be looked at, by path (forms.marks)."""

    @property
    def state(self) -> State:
        """Where the table is."""
        return State(self.table.state)

    @property
    def deadline(self) -> date | None:
        """The last local day on which whoever has the table is asked to act."""
        return last_date(self.until, self.timezone) if self.until else None

    @property
    def timezone(self) -> str:
        """The region's."""
        return self.table.cycle.region.timezone

    @property
    def told(self) -> list[Happened]:
        """The history as pages tell it: what one person saved in a row on one day is one line."""
        lines: list[Happened] = []
        for line in self.history:
            last, written = lines[-1] if lines else None, SAVED_OFTEN.get(line.act)
            if (
                last is not None
                and written is not None
                and written == SAVED_OFTEN.get(last.act)
                and (last.who, local_date(last.at, self.timezone)) == (line.who, local_date(line.at, self.timezone))
            ):
                lines[-1] = replace(last, act=written, verb=verb(written), times=last.times + 1)
            else:
                lines.append(line)
        return lines

    def may(self, name: str) -> bool:
        """Whether the reader can begin this event or record now."""
        return name in self.answers and not self.answers[name]

    def cannot(self) -> list[tuple[str, tuple[Reason, ...]]]:
        """The events of the table's state that the reader's roles may fire but that something stands against."""
        return [
            (event.name, self.answers[event.name])
            for event in EVENTS.values()
            if self.state in event.sources
            and self.answers.get(event.name)
            and not {"role", "state"} & {reason.code for reason in self.answers[event.name]}
        ]

    def path_now(self, remark: Remark, shown: Document | None = None) -> str | None:
        """Where a remark's place stands in the sheet as it is now (or as shown): rows move, remarks stay with them.
        "" for the whole table, None where the row is gone."""
        return self._places(shown or self.document)[remark.number]

    def remarks_at(self, path: str, shown: Document | None = None) -> list[Remark]:
        """The remarks on one place or inside it."""
        places, inside = self._places(shown or self.document), (f"{path}.", f"{path}[")
        return [
            r for r in self.remarks if (at := places[r.number]) is not None and (at == path or at.startswith(inside))
        ]

    def _places(self, shown: Document) -> dict[int, str | None]:
        """Where each remark stands in a document."""
        if id(shown) not in self._followed:
            texts = {r.id: r.document for r in self.revisions if r.kind != "evaluation"}
            self._followed[id(shown)] = {
                r.number: follow(r.path, _document_of(texts[r.revision_id]), shown)
                if r.path and r.revision_id in texts
                else r.path
                for r in self.remarks
            }
        return self._followed[id(shown)]

    def untouched(self, remark: Remark) -> int | None:
        """The number of the revision a remark was made on, where its place still says what it said there. Only while
        the goals are drafted or reviewed; None once it says something else."""
        made_on = next((r for r in self.revisions if r.id == remark.revision_id and r.kind != "evaluation"), None)
        if made_on is None or self.state not in OF_THE_GOALS:
            return None
        same = says_the_same(remark.path, _document_of(made_on.document), self.document)
        return made_on.number if same else None

    def open_musts(self) -> list[Remark]:
        """必改 without an answer."""
        return [remark for remark in self.remarks if remark.must and remark.answer is None]

    def claimed(self) -> frozenset[int]:
        """The numbers of the remarks that were answered 已改 although their places have not changed since."""
        return frozenset(
            remark.number for remark in self.remarks if remark.answer == "changed" and self.untouched(remark)
        )

    @property
    def urged(self) -> int:
        """How often it was urged."""
        return sum(line.act == "urge" for line in self.history)

    @property
    def next_urge(self) -> int:
        """Which urge of its present stage the next one is."""
        return urged_in_stage(reversed(self.history)) + 1

    def urged_too_often(self, now: datetime) -> Reason | None:
        """What stands against urging it once more today."""
        before = [line.at for line in self.history if line.act == "urge"]
        return urged_too_often(before, now, self.timezone, self.calendar)

    @property
    def request(self) -> Asked | None:
        """The extension asked for that waits for an answer and still matters where the table is."""
        return next((one for one in self.requests if one.waits and one.matters_in(self.state)), None)

    def extensible(self, now: datetime) -> Extensible | None:
        """What its department may ask to have extended now."""
        facts = loading.facts_of(
            self.table,
            now,
            self.timezone,
            windows=self.windows,
            rounds=dict(zip((each.id for each in self.table.cycle.rounds), self.rounds, strict=True)),
            returned_until=self.returned_until,
        )
        found = extensible(facts)
        return None if isinstance(found, Reason) else found

    def may_rewrite(self, remark: Remark, person_id: int) -> bool:
        """Whether this person can still rewrite or take back what they wrote."""
        delivered = remark.made_at <= self.table.state_since
        answered = remark.answer is not None
        return (
            self.may("remove_remark")
            and why_not_rewritten(person_id, remark.made_by, answered=answered, delivered=delivered) is None
        )

    def revision(self, number: int | None) -> Revision | None:
        """One of its revisions by number."""
        return next((revision for revision in self.revisions if revision.number == number), None)

    @property
    def latest(self) -> Revision | None:
        """The newest revision, whatever its kind."""
        return self.revision(self.table.latest_revision)

    def returned(self, *acts: str) -> Revision | None:
        """The revision that the last return (by one of these events) sent back; None before any."""
        number = next((line.said.get("revision") for line in self.history if line.act in acts), None)
        return self.revision(number)

    @property
    def last_submission(self) -> int:
        """The number of the latest revision that the department made itself; 0 before any."""
        return max((revision.number for revision in self.revisions if revision.kind == "submission"), default=0)

    def compared(self, old: int, new: int) -> tuple[Compared, ...]:
        """What differs between two revisions of the goals, with the remarks made on the way from one to the other."""
        found = next(r for r in self.revisions if r.number == new)
        return self._since(old, _document_of(found.document), range(*sorted((old, new))))

    def outside_now(self) -> tuple[Compared, ...]:
        """Where the draft differs from what was returned last although no remark names the place: what its reviewers
        will read as 退回范围外. Empty where it is no draft that was returned."""
        returned = self.returned("return", "send_back")
        if self.state is not State.DRAFT or returned is None:
            return ()
        changes = self._since(returned.number, self.document, range(returned.number, self.table.latest_revision + 1))
        return tuple(one for one in changes if one.outside)

    def explained(self, since: int) -> tuple[str, ...]:
        """What the department said with its submissions after a revision, the latest first; not of what it withdrew."""
        moves = [line for line in self.history if line.from_state is not None]
        followed = zip([None, *moves], moves, strict=False)
        return tuple(
            line.said["opinion"]
            for later, line in followed
            if line.act == "submit" and line.said["revision"] > since and line.said.get("opinion")
            if later is None or later.act != "withdraw"
        )

    def _since(self, old: int, new: Document, on: Container[int]) -> tuple[Compared, ...]:
        """What differs from a revision, with the remarks made on the revisions of these numbers."""
        sheets = {r.id: _document_of(r.document) for r in self.revisions if r.kind != "evaluation"}
        between = {r.id for r in self.revisions if r.number in on}
        remarks = [remark for remark in self.remarks if remark.revision_id in between]
        return compared(
            next(sheets[r.id] for r in self.revisions if r.number == old),
            new,
            remarks,
            {remark.number: sheets[remark.revision_id] for remark in remarks if remark.revision_id in sheets},
        )

    def answered_alone(self, old: int, new: int, changes: Sequence[Compared]) -> list[Remark]:
        """The remarks made on the way from one revision to another that were answered, and that none of the changes
        shows: declined, or said to be changed though nothing was."""
        between = {r.id for r in self.revisions if old <= r.number < new}
        shown = {remark.number for change in changes for remark in change.remarks}
        return [r for r in self.remarks if r.answer and r.revision_id in between and r.number not in shown]

    def was_returned(self, old: int, new: int) -> bool:
        """Whether a return, by the bureau or inside, lies between two revisions."""
        return any(
            line.act in {"return", "send_back"} and old <= int(line.said.get("revision", 0)) < new
            for line in self.history
        )

    def evaluation(self) -> tuple[EvaluatedLine, ...]:
        """The reported evaluation beside the goals in force, against the one returned last; empty before any report."""
        reports = [r for r in self.revisions if r.kind == "evaluation"]
        if not reports or self.goals is None:
            return ()
        returned = self.returned("return_evaluation")
        before = None if returned is None or returned.number == reports[-1].number else returned.document
        computed = partial(loading.computes_itself, self.table)
        return evaluated(self.goals, reports[-1].document, before, computed=computed)


@lru_cache(maxsize=64)
def _document_of(text: str) -> Document:
    return Document.from_json(text)


def find(session: Session, table_id: int, person_id: int, now: datetime) -> Table | None:
    """A table that the person may see; None for another department's as for one that does not exist."""
    return (
        session.scalars(
            tables_seen_by(session, person_id, now)
            .where(Table.id == table_id)
            .options(
                joinedload(Table.department).joinedload(Department.region),
                joinedload(Table.cycle).joinedload(Cycle.region),
                joinedload(Table.cycle).joinedload(Cycle.windows),
                joinedload(Table.cycle).joinedload(Cycle.rounds),
                joinedload(Table.cycle).joinedload(Cycle.holidays),
                joinedload(Table.in_force),
            )
        )
        .unique()
        .one_or_none()
    )


def of(session: Session, table: Table, person_id: int, now: datetime) -> Dossier:
    """The dossier of a table that the person may see."""
    sheet = store.read(session, table.sheet_id)
    document = sheet.document
    framework = loading.framework_of(table.cycle)
    revisions = tuple(
        session.scalars(select(Revision).where(Revision.table_id == table.id).order_by(Revision.number)).all()
    )
    remarks = tuple(loading.remarks_of(session, table))
    entries = book.history(session, f"table:{table.id}")
    windows, rounds = loading.periods(session, table)
    calendar = holidays.calendar_for(table.cycle)
    findings = tuple(checks.run(document, framework))
    goals = _goals(session, table, revisions)
    evaluated = State(table.state) in OF_THE_EVALUATION
    results = loading.results_of(session, [table])[table.id] if evaluated else {}
    known = loading.Known(
        periods=(windows, rounds),
        calendar=calendar,
        remarks=remarks,
        latest=revisions[-1] if revisions else None,
        sheet=sheet,
        findings=findings,
        entries=entries,
        goals=goals,
        results=results if evaluated else None,
    )
    until = _asked_until(table, windows, rounds, now)
    monitored = table.entered_monitoring_at is not None
    return Dossier(
        table=table,
        framework=framework,
        document=document,
        sheet_edit=sheet.edit,
        findings=findings,
        revisions=revisions,
        remarks=remarks,
        history=tuple(_happened(entry) for entry in reversed(entries)),
        answers=may(session, table, person_id, now, known=known),
        stages=_stages(table, entries, windows, rounds, now),
        names={entry.person_id: entry.person_name for entry in entries if entry.person_id is not None},
        until=until,
        calendar=calendar,
        sent_back_until=_sent_back_until(session, table, now, known),
        rate=loading.rate(session, table, now, goals) if monitored else None,
        windows=windows,
        rounds=rounds,
        goals=goals,
        results=results,
        clock=clock_of(table, [e for e in entries if e.from_state or e.act in TURNED_BY_A_RECORD], now),
        returned_until=loading.returned_until(entries),
        requests=of_history(entries),
        rows=(sheet.tasks, sheet.indicators),
        marks=sheet.marks,
    )


def _goals(session: Session, table: Table, revisions: Sequence[Revision]) -> Document | None:
    """The goals in force: of a revision at hand, or of an adjustment's."""
    if table.in_force is None:
        return None
    own = next((revision for revision in revisions if revision.id == table.in_force.revision_id), None)
    return _document_of(own.document) if own is not None else loading.goals_in_force(session, table)


def review_begun(session: Session, table: Table, person_id: int) -> Review | None:
    """The officer's own review that decided nothing yet: on the latest revision, else carried over from an earlier one
    (after an amendment the opinion need not be written anew)."""
    return session.scalars(
        select(Review)
        .join(Revision, Revision.id == Review.revision_id)
        .where(Review.table_id == table.id, Review.person_id == person_id, Review.decided.is_(False))
        .order_by(Revision.number.desc())
        .limit(1)
    ).one_or_none()


def verb(act: str) -> str:
    """The word for an entry of a table's history."""
    if act in EVENTS:
        return EVENTS[act].label
    if act in RECORDS:
        return RECORDS[act].label
    return {"opened": "开立", "adjusted": "目标调整生效", "transferred": "移交审核"}.get(act, act)


def _happened(entry: Entry) -> Happened:
    return Happened(
        entry.at,
        signer(entry),
        verb(entry.act),
        entry.act,
        book.said(entry),
        entry.from_state,
        entry.to_state,
        person_id=entry.person_id,
    )


def _sent_back_until(session: Session, table: Table, now: datetime, known: loading.Known) -> Latest | None:
    if State(table.state) is not State.INTERNAL_REVIEW:
        return None
    return limit_when_sent_back(loading.load(session, table, now, {Need.WINDOWS, Need.RETURN, Need.CALENDAR}, known))


def done(
    session: Session,
    table: Table,
    said: dict[str, Any],
    person_id: int,
    now: datetime,
    audience: Collection[Role],
) -> Done:
    """A table after an act of a person, of which these roles are told."""
    windows, rounds = loading.periods(session, table)
    until = _asked_until(table, windows, rounds, now)
    timezone = table.cycle.region.timezone
    people = holders(session, table.department, now) if audience else {}
    asked = [role for role in Role if role in audience and role is not Role.HEAD]
    told = {one.person_id: one.name for role in asked for one in people.get(role, ())}
    opens = next((period for period in rounds if now < period.opens_at), None)
    extended = said.get("until") if "stage" in said else None
    return Done(
        department=table.department.short_name,
        state=State(table.state),
        today=local_date(now, timezone),
        until=last_date(until, timezone) if until else None,
        told=tuple(name for id_, name in told.items() if id_ != person_id),
        heads=tuple(one.name for one in people.get(Role.HEAD, ())),
        said=said,
        next_round=(opens.name, local_date(opens.opens_at, timezone)) if opens else None,
        extended_to=last_date(datetime.fromisoformat(extended), timezone) if extended else None,
        adjustment=table.adjustment_number,
        fiscal_year=table.cycle.fiscal_year,
    )


def _asked_until(
    table: Table, windows: dict[Stage, Period], rounds: tuple[Period, ...], now: datetime, state: State | None = None
) -> datetime | None:
    """Until when a table is asked to be dealt with, in the state it is in or in another."""
    return asked_until(
        state or State(table.state),
        now,
        windows=windows,
        rounds=rounds,
        resubmit_until=table.resubmit_until,
        evaluation_until=table.evaluation_until,
        adjusts=table.adjusts_id is not None,
    )


def _stages(
    table: Table, entries: Sequence[Entry], windows: dict[Stage, Period], rounds: tuple[Period, ...], now: datetime
) -> tuple[StageLine, ...]:
    """The bar: what happened in the stages gone (their last move that was not undoing), when the ones ahead are due."""
    timezone, now_at = table.cycle.region.timezone, State(table.state)
    today = local_date(now, timezone)
    left: dict[State, Entry] = {}
    for move in entries:
        if move.from_state is None or move.from_state == move.to_state:
            continue
        if move.act in UNDOING:
            left.setdefault(State(move.from_state), move)
        else:
            left[State(move.from_state)] = move
    year = stages(adjusts=table.adjusts_id is not None)
    place = year.index(now_at) if now_at in year else len(year)
    found = []
    for number, state in enumerate(year, start=1):
        entry = left.get(state)
        lines: list[str] = []
        if entry is not None and (number - 1 < place or entry.act in {"return", "send_back", "return_evaluation"}):
            day = short_day(local_date(entry.at, timezone), today)
            said = book.said(entry)
            grade = f"（{said['grade']}）" if said.get("grade") else ""
            lines.append(f"{day} {signer(entry)} {verb(entry.act)}{grade}")
        if number - 1 >= place:
            until = _asked_until(table, windows, rounds, now, state)
            window = windows.get(STAGE_OF[state]) if state in STAGE_OF and table.adjusts_id is None else None
            lines += when_due(window, until, rounds if state is State.MONITORING else (), today, timezone)
        standing = "now" if number - 1 == place else ("gone" if number - 1 < place else "ahead")
        if standing == "ahead" and entry is not None and entry.to_state is not None:
            standing = "returned"
        found.append(StageLine(number, state, LABELS[state], tuple(lines), standing))
    return tuple(found)


def when_due(
    window: Period | None, until: datetime | None, rounds: Sequence[Period], today: date, timezone: str
) -> list[str]:
    """When a stage of the bar is due: its rounds, or its window; where this table has a deadline of its own, that one.

    `until` is what the table is asked for in that stage (see turns.asked_until). A year stands where it is not today's.
    """

    def span(period: Period) -> str:
        opens, closes = local_date(period.opens_at, timezone), last_date(period.closes_at, timezone)
        if period.until > period.closes_at:
            return f"延期至 {day_words(last_date(period.until, timezone), today)}"
        return f"{short_day(opens, today)} 至 {short_day(closes, opens)}"

    if rounds:
        return [f"{period.name} {span(period)}" for period in rounds[:2]]
    if until is not None and (window is None or until != window.until):
        return [f"退回后截至 {day_words(last_date(until, timezone), today)}"]
    return [span(window)] if window is not None else []
