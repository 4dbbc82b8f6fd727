"""One table's whole year, played on a scratch database with a simulated clock and invented people.

The walk is a scenario, not a rule: it goes through the same reading, acts, plan and outbox that serve people, and
tries on the way what must be refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from accounts import people
from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region
from accounts.models import Department, Person, Region
from accounts.roles import Role
from commands.errors import done
from config.database import db, writing
from forms.document import Document
from notifications import outbox
from notifications.channels import Channel
from notifications.models import Notice, Status
from workflow import clock as workflow_clock
from workflow import cycle as cycles
from workflow import loading
from workflow.actors import THE_CLOCK
from workflow.acts import Moved, Recorded, Refused, act, record
from workflow.deadlines import ends
from workflow.lifecycle import CLOCK, Need
from workflow.models import Table
from workflow.review import CRITERIA
from workflow.states import Stage, State

TIMEZONE = "Asia/Shanghai"
PROJECTS = 12
ROUND = "1—7月"
PLACES = {"own": "", "other": "演示省水文地质中心"}


class WalkStopped(Exception):
    """The table cannot go on; the message says at which step and why."""


@dataclass(frozen=True)
class Step:
    """One attempt at one event."""

    event: str
    from_state: str
    to_state: str
    person: str
    role: str
    at: datetime
    result: str
    reasons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The step as `demo walk --json` prints it."""
        return {
            "event": self.event,
            "from": self.from_state,
            "to": self.to_state,
            "person": self.person,
            "role": self.role,
            "at": _local(self.at),
            "result": self.result,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True)
class Somebody:
    """A person of the scenario, in the role they act in."""

    id: int
    name: str
    role: str


@dataclass
class Cast:
    """Who plays: the editor is reviewer too, so that they can be seen not to endorse their own submission."""

    editor: Somebody
    editor_as_reviewer: Somebody
    reviewer: Somebody
    officer: Somebody
    other_officer: Somebody
    manager: Somebody


@dataclass
class Walk:
    """The year of one document; `channels` are where its notices go."""

    document: Document
    channels: Mapping[str, Channel]
    at: datetime = field(init=False)
    cast: Cast = field(init=False)
    table_id: int = field(init=False)
    cycle_id: int = field(init=False)
    round_id: int = field(init=False)
    steps: list[Step] = field(default_factory=list)
    rates: list[dict[str, Any]] = field(default_factory=list)
    _keys: int = 0

    def __post_init__(self) -> None:
        self.year = self.document.fiscal_year or 0
        self.at = _instant(date(self.year - 1, 10, 28))

    def now(self) -> datetime:
        """The simulated clock."""
        return self.at

    def run(self) -> None:
        """Play the year. WalkStopped where a step that must succeed does not."""
        self._open_the_year()
        self._submit_and_internal_review()
        self._finance_review()
        self._come_back_late()
        self._monitoring()
        self._self_evaluation()

    def as_json(self) -> dict[str, Any]:
        """The year as one value; see the command for its shape."""
        session = db.session()
        session.rollback()
        rate = loading.rate(session, self._table(), self.at)
        target = rate.target if rate else None
        return {
            "final_state": self._state(),
            "steps": [step.as_json() for step in self.steps],
            "monitoring": {
                "target": str(target) if target else None,
                "rounds": [{"name": ROUND, "projects": rate.projects if rate else 0, "history": self.rates}],
            },
            "notices": [
                {
                    "at": _local(notice.sent_at or notice.due_at),
                    "to": name,
                    "channel": notice.channel,
                    "rule": notice.rule,
                    "delivered": notice.status in {Status.SENT, Status.READ},
                }
                for notice, name in session.execute(
                    select(Notice, Person.name)
                    .join(Person, Person.id == Notice.recipient_id)
                    .order_by(Notice.due_at, Notice.id)
                )
            ],
        }

    # The scenario

    def _open_the_year(self) -> None:
        region_id = self._people()
        given: dict[str, Any] = {"person_id": self.cast.manager.id, "now": self.now}
        self.cycle_id = cycles.open_cycle(
            region_id=region_id, fiscal_year=self.year, framework=self.document.form, **given
        )
        for stage, opens, closes in (
            (Stage.ENTRY, date(self.year - 1, 11, 4), date(self.year - 1, 12, 6)),
            (Stage.REVIEW, date(self.year - 1, 11, 25), date(self.year - 1, 12, 20)),
            (Stage.EVALUATION, date(self.year + 1, 1, 18), date(self.year + 1, 3, 31)),
            (Stage.EVALUATION_REVIEW, date(self.year + 1, 4, 1), date(self.year + 1, 4, 30)),
        ):
            cycles.set_window(cycle_id=self.cycle_id, stage=stage, opens_on=opens, closes_on=closes, **given)
        self.round_id = cycles.add_round(
            cycle_id=self.cycle_id,
            name=ROUND,
            period=(date(self.year, 1, 1), date(self.year, 7, 31)),
            opens_on=date(self.year, 8, 3),
            closes_on=date(self.year, 8, 31),
            **given,
        )
        session = db.session()
        self.table_id = session.scalars(
            select(Table.id)
            .join(Department, Department.id == Table.department_id)
            .where(Department.name == self.document.department)
        ).one()

    def _submit_and_internal_review(self) -> None:
        cast = self.cast
        self._until(date(self.year - 1, 11, 5))
        imported = self._record(
            "import_sheet", cast.editor, document=self.document, seen=self._sheet_edit(), source={"name": "file"}
        )
        self._note("import_sheet", State.DRAFT, State.DRAFT, cast.editor, imported)
        self._refused("approve", cast.officer, grade="良", review=_review("良"), opinion="同意", revision=0)
        self._until(date(self.year - 1, 11, 6))
        seen = self._version()
        self._moved("submit", cast.editor, sheet_edit=self._sheet_edit())
        self._refused("endorse", cast.reviewer, version=seen)
        self._refused("endorse", cast.editor_as_reviewer)
        self._until(date(self.year - 1, 11, 7))
        self._record("remark", cast.reviewer, text="请再核对这一处。", must=True, path=self._weak_place())
        self._moved(
            "send_back", cast.reviewer, opinion="有一处请核对后再送。", until=self._end(date(self.year - 1, 11, 15))
        )
        self._until(date(self.year - 1, 11, 8))
        self._correct("已按内审意见核对。")
        self._answer()
        self._moved("submit", cast.editor, sheet_edit=self._sheet_edit())
        self._until(date(self.year - 1, 11, 11))
        self._moved("endorse", cast.reviewer)

    def _finance_review(self) -> None:
        cast = self.cast
        self._until(date(self.year - 1, 11, 26))
        decided = {"grade": "中", "review": _review("中"), "until": self._end(date(self.year - 1, 12, 4))}
        self._refused(
            "approve", cast.other_officer, grade="良", review=_review("良"), opinion="同意", revision=self._revision()
        )
        self._record("remark", cast.officer, text="请写明计算方法和数据来源。", must=True, path=self._weak_place())
        self._record("remark", cast.officer, text="请核对任务内容有无重复。", must=False, path="tasks[0]")
        self._refused("return", cast.officer, opinion="", revision=self._revision(), **decided)
        self._moved("return", cast.officer, opinion="请按意见修改后重新报送。", revision=self._revision(), **decided)

    def _come_back_late(self) -> None:
        cast = self.cast
        self._until(date(self.year - 1, 11, 27))
        self._refused("submit", cast.editor, sheet_edit=self._sheet_edit())
        self._until(date(self.year - 1, 12, 3))
        self._correct("计算方法和数据来源：以年终总结和佐证材料为准。")
        self._answer()
        self._until(date(self.year - 1, 12, 9))
        self._refused("submit", cast.editor, sheet_edit=self._sheet_edit())
        self._record(
            "extend", cast.manager, stage=Stage.ENTRY, until=self._end(date(self.year - 1, 12, 13)), reason="单位搬迁"
        )
        self._until(date(self.year - 1, 12, 10))
        self._moved("submit", cast.editor, sheet_edit=self._sheet_edit())
        self._moved("endorse", cast.reviewer)
        self._until(date(self.year - 1, 12, 16))
        self._moved(
            "approve", cast.officer, grade="良", review=_review("良"), opinion="同意批复。", revision=self._revision()
        )

    def _monitoring(self) -> None:
        cast = self.cast
        self._until(date(self.year, 3, 2))
        share = _evenly(self.document, PROJECTS)
        for number in range(1, PROJECTS + 1):
            self._record(
                "list_project", cast.editor, code=f"P{number:02}", name=f"项目{number}", budget=share, must_monitor=True
            )
        self._until(date(self.year, 8, 3))
        self._expect(State.MONITORING)
        self._note_rate()
        self._until(date(self.year, 8, 10))
        needed = self._missing()
        for number in range(1, max(needed, 1)):
            self._report_and_confirm(number, share)
        self._until(date(self.year, 9, 1))
        if needed:
            self._expect(State.MONITORING)
            self._record(
                "extend", cast.manager, round_id=self.round_id, until=self._end(date(self.year, 9, 18)), reason="防汛"
            )
            self._until(date(self.year, 9, 10))
            self._report_and_confirm(needed, share)
        self._until(date(self.year, 9, 21))
        self._expect(State.SELF_EVALUATION)

    def _self_evaluation(self) -> None:
        cast = self.cast
        self._until(date(self.year + 1, 2, 10))
        goals = loading.goals_in_force(db.session(), self._table())
        if goals is None:
            raise WalkStopped("没有生效的目标")
        for number, indicator in enumerate(goals.indicators, start=1):
            words = indicator.operator in {"定性", ""}
            actual = indicator.target if not words else "已按目标完成"
            if indicator.operator in {">", "<"}:
                actual = str(float(indicator.target) + (1 if indicator.operator == ">" else -1))
            verdict = "met" if words else None
            self._record(
                "record_result", cast.editor, number=number, actual=actual, verdict=verdict, reason="按年初计划完成"
            )
        self._until(date(self.year + 1, 3, 15))
        self._moved("report_evaluation", cast.reviewer)
        self._until(date(self.year + 1, 4, 6))
        self._moved(
            "return_evaluation",
            cast.officer,
            opinion="请补充第 1 行的完成情况说明。",
            until=self._end(date(self.year + 1, 4, 14)),
            revision=self._revision(),
        )
        self._until(date(self.year + 1, 4, 9))
        first = goals.indicators[0]
        self._record(
            "record_result",
            cast.editor,
            number=1,
            actual=first.target,
            verdict="met" if first.operator in {"定性", ""} else None,
            reason="按年初计划完成，佐证材料已附。",
        )
        self._moved("report_evaluation", cast.reviewer)
        self._until(date(self.year + 1, 4, 19))
        self._moved("accept_evaluation", cast.officer, revision=self._revision())
        self._until(date(self.year + 1, 4, 21))

    # What the scenario is told with

    def _people(self) -> int:
        """The region, two departments and everybody who plays; the region's id."""
        own, other = self.document.department, PLACES["other"]
        day = date(self.year - 2, 1, 1)
        with writing() as session:
            by: dict[str, Any] = {"by": COMMAND_LINE, "now": self.at}
            region = done(add_region(session, code="000000", name="演示省", **by))
            place = done(add_department(session, region, code="001", name=own, short_name=own[:20], **by))
            elsewhere = done(add_department(session, region, code="002", name=other, short_name=other[:20], **by))

            def somebody(name: str, role: Role, where: Department | Region, login: str) -> Somebody:
                person = people.by_login(session, login) or done(
                    people.create(
                        session, login=login, name=name, email=f"{login}@example.org", password_hash=None, **by
                    )
                )
                done(people.appoint(session, person, role, where, day, None, **by))
                return Somebody(person.id, name, role)

            self.cast = Cast(
                editor=somebody("田小禾", Role.EDITOR, place, "editor"),
                editor_as_reviewer=somebody("田小禾", Role.REVIEWER, place, "editor"),
                reviewer=somebody("安之和", Role.REVIEWER, place, "reviewer"),
                officer=somebody("江知远", Role.OFFICER, place, "officer"),
                other_officer=somebody("秦望舒", Role.OFFICER, elsewhere, "other-officer"),
                manager=somebody("顾南舟", Role.MANAGER, region, "manager"),
            )
            return region.id

    def _until(self, day: date) -> None:
        """Let the days pass until the morning of one, with a tick on each."""
        target = _instant(day)
        while self.at < target:
            self.at = min(self.at + timedelta(days=1), target)
            self._tick()

    def _tick(self) -> None:
        before = self._state() if self.steps else State.DRAFT
        for ticked in workflow_clock.advance(self.now):
            if ticked.name in {"begin_monitoring", "finish_monitoring"}:
                self._note_clock(ticked.name, State(before), ticked.outcome)
        outbox.plan_due(self.at)
        outbox.deliver(self.at, self.channels)

    def _note_clock(self, event: str, before: State, outcome: Moved | Recorded | Refused) -> None:
        clock = Somebody(0, THE_CLOCK.name, CLOCK)
        reasons = tuple(reason.text for reason in outcome.reasons) if isinstance(outcome, Refused) else ()
        said = [(step.event, step.reasons) for step in self.steps if step.role == CLOCK]
        if reasons and said[-1:] == [(event, reasons)]:
            return  # refused for the same reason as yesterday
        after = outcome.to_state if isinstance(outcome, Moved) else before
        self._note(event, before, after, clock, outcome)

    def _moved(self, event: str, person: Somebody, **details: Any) -> None:
        outcome = self._act(event, person, **details)
        if isinstance(outcome, Refused):
            raise WalkStopped(f"“{event}”没有成功：{outcome.sentence()}")

    def _refused(self, event: str, person: Somebody, **details: Any) -> None:
        outcome = self._act(event, person, **details)
        if isinstance(outcome, Moved):
            raise WalkStopped(f"“{event}”本应被拒绝，却成功了")

    def _act(self, event: str, person: Somebody, *, version: int | None = None, **details: Any) -> Moved | Refused:
        before = State(self._state())
        seen = self._version() if version is None else version
        outcome = act(event, self.table_id, person=person.id, version=seen, now=self.now, key=self._key(), **details)
        after = outcome.to_state if isinstance(outcome, Moved) else before
        self._note(event, before, after, person, outcome)
        return outcome

    def _record(self, kind: str, person: Somebody, **details: Any) -> Recorded:
        outcome = record(kind, self.table_id, person=person.id, now=self.now, key=self._key(), **details)
        if isinstance(outcome, Refused):
            raise WalkStopped(f"“{kind}”没有成功：{outcome.sentence()}")
        return outcome

    def _note(
        self, event: str, before: State, after: State, person: Somebody, outcome: Moved | Recorded | Refused
    ) -> None:
        refused = isinstance(outcome, Refused)
        reasons = tuple(reason.text for reason in outcome.reasons) if isinstance(outcome, Refused) else ()
        self.steps.append(
            Step(event, before, after, person.name, person.role, self.at, "refused" if refused else "moved", reasons)
        )

    def _expect(self, state: State) -> None:
        if self._state() != state:
            raise WalkStopped(f"应在“{state}”，实际在“{self._state()}”：{self.steps[-1].reasons}")

    def _correct(self, text: str) -> None:
        """Mend the weak place: write a definition, or add to the goal where no definition is missing."""
        path = self._weak_place()
        document = self._document()
        old = document.annual_goal if path == "annual_goal" else ""
        self._record("edit_sheet", self.cast.editor, changes=[[path, old + text]], seen=self._sheet_edit())

    def _answer(self) -> None:
        for remark in loading.load(db.session(), self._table(), self.at, {Need.REMARKS}).remarks or ():
            if not remark.answered:
                self._record(
                    "answer_remark", self.cast.editor, number=remark.number, answer="changed", text="已核对并修改"
                )

    def _weak_place(self) -> str:
        """Where an officer would look: the first indicator without a definition, else the annual goal."""
        rows = self._document().indicators
        missing = [number for number, row in enumerate(rows) if not row.definition]
        return f"indicators[{missing[0]}].definition" if missing else "annual_goal"

    def _report_and_confirm(self, number: int, share: str) -> None:
        code = f"P{number:02}"
        money = {"year_start": share, "adjusted": share, "executed": share, "expected": share}
        row = {"name": "年度任务完成率", "target": "100%", "actual": "100%", "expected": "100%", "likelihood": "能"}
        self._record("report_project", self.cast.editor, round_id=self.round_id, code=code, indicators=[row], **money)
        self._record("confirm_report", self.cast.reviewer, round_id=self.round_id, code=code)
        self._note_rate()

    def _note_rate(self) -> None:
        rate = loading.rate(db.session(), self._table(), self.at)
        if rate is not None:
            value = None if rate.value is None else float(rate.value)
            self.rates.append({"at": _local(self.at), "monitored": rate.monitored, "rate": value})

    def _missing(self) -> int:
        rate = loading.rate(db.session(), self._table(), self.at)
        return (rate.missing or 0) if rate else 0

    def _table(self) -> Table:
        session = db.session()
        session.rollback()
        return session.get_one(Table, self.table_id)

    def _state(self) -> str:
        return str(self._table().state)

    def _version(self) -> int:
        return self._table().version

    def _revision(self) -> int:
        return self._table().latest_revision

    def _sheet_edit(self) -> int:
        return loading.sheet_edit(db.session(), self._table())

    def _document(self) -> Document:
        return loading.sheet_of(db.session(), self._table())

    def _end(self, day: date) -> datetime:
        return ends(day, TIMEZONE)

    def _key(self) -> str:
        self._keys += 1
        return f"walk-{self._keys}"


def _instant(day: date) -> datetime:
    """The morning of a day: half past nine, when the office has opened and the day's reminders are out."""
    return datetime.combine(day, time(9, 30), ZoneInfo(TIMEZONE)).astimezone(UTC)


def _local(at: datetime) -> str:
    return at.astimezone(ZoneInfo(TIMEZONE)).isoformat(timespec="seconds")


def _review(grade: str) -> dict[str, Any]:
    return {
        "points": {point: grade for pair in CRITERIA.values() for point in pair},
        "opinions": {
            criterion: f"{criterion}{'基本符合要求' if grade == '良' else '有待补充'}。" for criterion in CRITERIA
        },
    }


def _evenly(document: Document, count: int) -> str:
    """The project budget spread over that many projects, in 万元 with four decimals."""
    return f"{float(document.budget.by_use.project or 0) / count:.4f}"
