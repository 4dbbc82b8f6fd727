"""Worlds for tests: a region, its bureau, departments with people, a year, and a table brought to where it is needed.

Everything is made by the program's own acts; only people and departments are put in as rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from accounts.models import Appointment, Department, Person, Region
from accounts.roles import OF_A_DEPARTMENT, Role
from config.database import db
from forms import framework, store
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task
from workflow import clock as workflow_clock
from workflow import cycle as cycles
from workflow import loading
from workflow.actors import THE_CLOCK, Acting
from workflow.acts import Moved, Recorded, Refused, act, record
from workflow.deadlines import ends
from workflow.models import Project, Round, Table
from workflow.review import CRITERIA
from workflow.states import Stage, State

YEAR = 2020
FORM = "henan-2020"
THE_YEAR = [state for state in State if state is not State.VOID]
_keys = count(1)


def key() -> str:
    """A key nobody used yet."""
    return f"test-{next(_keys)}"


class SettableClock:
    """A clock that stands where it is put."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def on(self, day: date, hour: int = 2) -> "SettableClock":
        """Put it on a date, by default at 10:00 in China."""
        self.at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        return self


def full_review(grade: str = "良") -> dict[str, Any]:
    """A review form with nothing missing."""
    return {
        "points": {point: grade for pair in CRITERIA.values() for point in pair},
        "opinions": dict.fromkeys(CRITERIA, "符合要求"),
    }


def sound_report(**given: Any) -> dict[str, Any]:
    """What a report of a project says when nothing stands against it: 60 of 100 万元, 60 % of its goal."""
    money = {"year_start": "100", "adjusted": "100", "executed": "60", "expected": "100"}
    row = {"name": "年度任务完成率", "target": "100%", "actual": "60%", "expected": "100%", "likelihood": "能"}
    return {**money, "indicators": [row], **given}


def sound_document(department: str, year: int = YEAR) -> Document:
    """A sheet that no check objects to with 必改."""
    blank = framework.load(FORM).blank(department, year)
    own = (
        ("产出指标", "重点工作任务完成", "水库除险加固", "≥85%", "≥", "85", "%", "工作完成率"),
        ("产出指标", "履职目标实现", "履职目标实现率", "≥85%", "≥", "85", "%", "已实现目标数÷年度目标数"),
        ("效益指标", "履职效益", "受益县覆盖率", "100%", "=", "100", "%", "受益县数÷应受益县数"),
        ("效益指标", "满意度", "群众满意度", "≥90%", "≥", "90", "%", "随机抽样调查"),
    )
    names = ("level1", "level2", "level3", "target_raw", "operator", "target", "unit", "definition")
    return Document(
        form=FORM,
        fiscal_year=year,
        department=department,
        annual_goal="保障全省供水安全，完成年度水利工程建设任务。",
        tasks=(Task(name="水库除险加固", content="完成八座水库的除险加固并通过验收。"),),
        budget=Budget(
            unit="万元",
            total="2000.0",
            by_source=BySource(fiscal="1900.0", other="100.0"),
            by_use=ByUse(basic="900.0", project="1100.0"),
        ),
        indicators=(*blank.indicators, *(Indicator(**dict(zip(names, row, strict=True))) for row in own)),
    )


@dataclass
class Office:
    """A department with its people: two editors, two reviewers, its head, the officer it is assigned to."""

    id: int
    name: str
    editor: int
    second_editor: int
    reviewer: int
    second_reviewer: int
    both: int
    """Somebody who is editor and reviewer at once."""
    head: int
    officer: int
    table_id: int = 0


@dataclass
class World:
    """A region in its year, with a clock that tests set."""

    region_id: int
    manager: int
    auditor: int
    administrator: int
    own: Office
    neighbour: Office
    clock: SettableClock
    cycle_id: int = 0
    rounds: list[int] = field(default_factory=list)
    submitter: int | None = None
    """Who submits on the way through the year; the editor unless a test says otherwise."""
    others: tuple[Office, ...] = ()
    """The departments beyond these two, where a test asked for some."""

    def of(self, office: Office) -> "World":
        """The same world with another department as the one that acts."""
        return replace(self, own=office)

    def table(self, office: Office | None = None) -> Table:
        """The department's table as it is now."""
        session = db.session()
        session.rollback()
        return session.get_one(Table, (office or self.own).table_id)

    def state(self) -> State:
        """Where the department's table is now."""
        return State(self.table().state)

    def act(self, event: str, person: Acting, office: Office | None = None, **given: Any) -> Moved | Refused:
        """Fire an event with everything it needs brought along, unless given otherwise."""
        table = self.table(office)
        details: dict[str, Any] = self.details(event, table) | given
        version = details.pop("version", table.version)
        return act(
            event, table.id, person=person, version=version, now=self.clock, key=details.pop("key", key()), **details
        )

    def details(self, event: str, table: Table) -> dict[str, Any]:
        """What a careful person brings along with an event."""
        session = db.session()
        until = self.clock.at + timedelta(days=5)
        return {
            "submit": {"sheet_edit": loading.sheet_edit(session, table)},
            "send_back": {"opinion": "目标写得太笼统", "until": until},
            "amend": {
                "revision": table.latest_revision,
                "grade": "良",
                "changes": [{"path": "annual_goal", "value": "保障全省供水安全。", "reason": "与预算不符的部分删去"}],
            },
            "accept_amendment": {"revision": table.latest_revision},
            "approve": {
                "revision": table.latest_revision, "grade": "良", "review": full_review(), "opinion": "同意批复",
            },
            "return": {
                "revision": table.latest_revision, "grade": "中", "review": full_review("中"), "opinion": "请改后重报",
                "until": until,
            },
            "return_evaluation": {"revision": table.latest_revision, "opinion": "请补充原因", "until": until},
            "accept_evaluation": {"revision": table.latest_revision},
            "begin_monitoring": {"opinion": "本年没有项目支出"},
            "void": {"opinion": "机构合并"},
        }.get(event, {})  # fmt: skip

    def record(self, kind: str, person: Acting, office: Office | None = None, **details: Any) -> Recorded | Refused:
        """Write something that moves nothing."""
        table_id = (office or self.own).table_id
        return record(kind, table_id, person=person, now=self.clock, key=details.pop("key", key()), **details)

    def moved(self, event: str, person: Acting, **given: Any) -> Moved:
        """Fire an event that must succeed."""
        outcome = self.act(event, person, **given)
        assert isinstance(outcome, Moved), outcome
        return outcome

    def recorded(self, kind: str, person: Acting, **details: Any) -> Recorded:
        """Write something that must succeed."""
        outcome = self.record(kind, person, **details)
        assert isinstance(outcome, Recorded), outcome
        return outcome

    def set_window(self, stage: Stage, opens: date, closes: date) -> None:
        """Set the window of a stage, as the manager does."""
        cycles.set_window(
            cycle_id=self.cycle_id,
            stage=stage,
            opens_on=opens,
            closes_on=closes,
            person_id=self.manager,
            now=self.clock,
        )

    def open_next_year(self, form: str = FORM) -> "World":
        """The same departments one fiscal year on, in November, with empty drafts of that form."""
        session, self.clock.at = db.session(), datetime(YEAR, 11, 2, 2, tzinfo=UTC)
        self.cycle_id = cycles.open_cycle(
            region_id=self.region_id, fiscal_year=YEAR + 1, framework=form, person_id=self.manager, now=self.clock
        )
        self.set_window(Stage.ENTRY, date(YEAR, 11, 2), date(YEAR, 12, 6))
        for place in (self.own, self.neighbour, *self.others):
            its = select(Table.id).where(Table.cycle_id == self.cycle_id, Table.department_id == place.id)
            place.table_id = session.scalars(its).one()
        return self

    def fill(self) -> None:
        """Import a sound sheet into the department's table."""
        session = db.session()
        seen = loading.sheet_edit(session, self.table())
        self.recorded("import_sheet", self.own.editor, document=sound_document(self.own.name), seen=seen)

    def write_goal(self, text: str) -> None:
        """Write another annual goal into the department's table."""
        seen = loading.sheet_edit(db.session(), self.table())
        self.recorded("edit_sheet", self.own.editor, changes=[["annual_goal", text]], seen=seen)

    def list_projects(self, count: int = 4) -> None:
        """List projects P1 … Pn of 100 万元 each."""
        for number in range(1, count + 1):
            self.recorded("list_project", self.own.editor, code=f"P{number}", name=f"项目{number}", budget="100")

    def report(self, *codes: str, round_number: int = 1) -> None:
        """Report projects in a round."""
        for code in codes:
            self.recorded(
                "report_project", self.own.editor, round_id=self.rounds[round_number - 1], code=code, **sound_report()
            )

    def confirm(self, *codes: str, round_number: int = 1) -> Recorded:
        """Report and confirm projects in a round; the last confirmation."""
        self.report(*codes, round_number=round_number)
        for code in codes:
            last = self.recorded("confirm_report", self.own.reviewer, round_id=self.rounds[round_number - 1], code=code)
        return last

    def asks_for_time(self, last: date, person: Acting | None = None, **given: Any) -> Recorded | Refused:
        """The department asks for more time for the goals' entry, unless told otherwise, until the end of a day."""
        until = ends(last, "Asia/Shanghai")
        details = {"stage": Stage.ENTRY, "round_id": None, "until": until, "reason": "主管处室合并，数字要重核"} | given
        return self.record("ask_extension", person or self.own.editor, **details)

    def tick(self) -> list[workflow_clock.Ticked]:
        """Let the clock do what is due."""
        return workflow_clock.advance(self.clock)

    def evaluate(self) -> None:
        """Fill in every indicator as exactly met."""
        for number, indicator in enumerate(self.goals().indicators, start=1):
            self.recorded(
                "record_result", self.own.editor, number=number, actual=indicator.target, reason="按年初计划完成"
            )

    def goals(self) -> Document:
        """The sheet as it stands."""
        return store.document_of(db.session(), self.table().sheet_id)

    def arrive(self, state: State) -> None:
        """Take the step that leads from the state before to this one."""
        steps: dict[State, Callable[[], object]] = {
            State.DRAFT: self.fill,
            State.INTERNAL_REVIEW: lambda: self.moved("submit", self.submitter or self.own.editor),
            State.FINANCE_REVIEW: lambda: self.moved("endorse", self.own.reviewer),
            State.APPROVED: lambda: self.moved("approve", self.own.officer),
            State.MONITORING: self.tick,
            State.SELF_EVALUATION: self.tick,
            State.EVALUATION_REVIEW: lambda: self.moved("report_evaluation", self.own.reviewer),
            State.COMPLETED: lambda: self.moved("accept_evaluation", self.own.officer),
        }
        steps[state]()
        assert self.state() is state

    def make_ready(self) -> None:
        """Do what the table needs before it can leave the state it is in."""
        state = self.state()
        if state is State.APPROVED:
            self.list_projects()
            self.clock.on(date(YEAR, 8, 3))
        elif state is State.MONITORING:
            self.confirm("P1", "P2")
            self.clock.on(date(YEAR, 9, 1))
        elif state is State.SELF_EVALUATION:
            self.clock.on(date(YEAR + 1, 2, 1))
            self.evaluate()

    def bring_to(self, state: State) -> "World":
        """Bring the department's table to a state, through all states before it."""
        for passed in THE_YEAR[: THE_YEAR.index(state) + 1]:
            self.arrive(passed)
            if passed is not state:
                self.make_ready()
        return self


def person(name: str, *posts: tuple[Role, int, int | None], starts: date = date(2019, 1, 1)) -> int:
    """Somebody with appointments (role, region, department); returns the id."""
    session = db.session()
    somebody = Person(
        login=f"{name}-{next(_keys)}", name=name, email=f"p{next(_keys)}@example.org", password_hash="-"
    )  # fmt: skip
    session.add(somebody)
    session.flush()
    for role, region_id, department_id in posts:
        place = department_id if role in OF_A_DEPARTMENT else None
        session.add(
            Appointment(
                person_id=somebody.id,
                role=role,
                region_id=region_id,
                department_id=place,
                starts_on=starts,
                ends_on=None,
            )
        )
    session.flush()
    return somebody.id


def department(region_id: int, name: str) -> int:
    """A department that submits a table; returns the id."""
    session = db.session()
    made = Department(region_id=region_id, code=f"D{next(_keys):06}", name=name, short_name=name[:4])
    session.add(made)
    session.flush()
    made.path = f"/{made.id}/"
    session.flush()
    return made.id


def office(region_id: int, name: str) -> Office:
    """A department with its people."""
    place = department(region_id, name)
    return Office(
        id=place,
        name=name,
        editor=person(f"{name}填报甲", (Role.EDITOR, region_id, place)),
        second_editor=person(f"{name}填报乙", (Role.EDITOR, region_id, place)),
        reviewer=person(f"{name}审核甲", (Role.REVIEWER, region_id, place)),
        second_reviewer=person(f"{name}审核乙", (Role.REVIEWER, region_id, place)),
        both=person(f"{name}兼任", (Role.EDITOR, region_id, place), (Role.REVIEWER, region_id, place)),
        head=person(f"{name}负责人", (Role.HEAD, region_id, place)),
        officer=person(f"{name}专管", (Role.OFFICER, region_id, place)),
    )


def world(*others: str, form: str = FORM) -> World:
    """A region with two departments, and others of these names, whose year is open, on the first morning of entry."""
    session = db.session()
    region = Region(code=f"R{next(_keys)}", name="样例省")
    session.add(region)
    session.flush()
    made = World(
        region_id=region.id,
        manager=person("绩效处", (Role.MANAGER, region.id, None)),
        auditor=person("审计", (Role.AUDITOR, region.id, None)),
        administrator=person("系统", (Role.ADMINISTRATOR, region.id, None)),
        own=office(region.id, "水利厅"),
        neighbour=office(region.id, "林业局"),
        others=tuple(office(region.id, name) for name in others),
        clock=SettableClock(datetime(YEAR - 1, 10, 8, 2, tzinfo=UTC)),
    )
    session.commit()
    made.cycle_id = cycles.open_cycle(
        region_id=region.id, fiscal_year=YEAR, framework=form, person_id=made.manager, now=made.clock
    )
    given: dict[str, Any] = {"cycle_id": made.cycle_id, "person_id": made.manager, "now": made.clock}
    for stage, opens, closes in (
        (Stage.ENTRY, date(YEAR - 1, 11, 4), date(YEAR - 1, 12, 6)),
        (Stage.REVIEW, date(YEAR - 1, 11, 25), date(YEAR - 1, 12, 20)),
        (Stage.EVALUATION, date(YEAR + 1, 1, 18), date(YEAR + 1, 3, 31)),
        (Stage.EVALUATION_REVIEW, date(YEAR + 1, 4, 1), date(YEAR + 1, 4, 30)),
    ):
        made.set_window(stage, opens, closes)
    made.rounds.append(
        cycles.add_round(
            name="1—7月",
            period=(date(YEAR, 1, 1), date(YEAR, 7, 31)),
            opens_on=date(YEAR, 8, 3),
            closes_on=date(YEAR, 8, 31),
            **given,
        )
    )
    session = db.session()
    for place in (made.own, made.neighbour, *made.others):
        place.table_id = session.scalars(select(Table.id).where(Table.department_id == place.id)).one()
    made.clock.on(date(YEAR - 1, 11, 4))
    return made


def project_ids(table_id: int) -> dict[str, int]:
    """The table's projects by code."""
    return {p.code: p.id for p in db.session().scalars(select(Project).where(Project.table_id == table_id))}


def rounds_of(cycle_id: int) -> list[Round]:
    """The cycle's rounds in order."""
    return list(db.session().scalars(select(Round).where(Round.cycle_id == cycle_id).order_by(Round.number)))


__all__ = ["THE_CLOCK", "Office", "SettableClock", "World", "key", "sound_document", "world"]
