"""A story told in the past: steps on days before today, played in their order on a clock that stands where they are.

Every step is one of the program's own acts, so that what it leaves behind is a true history.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import select

from accounts import people
from accounts.models import Department
from accounts.roles import Role
from commands.demo_region import cast
from config.database import db
from notifications.rules import told_of
from workflow import loading
from workflow.acts import Moved, Recorded, Refused, act, record
from workflow.deadlines import ends
from workflow.models import Cycle, Table
from workflow.review import CRITERIA
from workflow.workdays import PUBLISHED

OFFICE_OPENS = time(9, 10)
BETWEEN = timedelta(seconds=70)
"""Between two acts of one day."""
BEAT, MOMENT = timedelta(minutes=10), timedelta(seconds=20)
"""How often the worker looks for what is due, and how long it then takes. A real one looks every minute; this often is
enough to be believed, and a demo is made in half the time."""
MORNING = time(9, 0)
"""When reminders are due."""


class Story:
    """Steps by day, and the clock they are played on."""

    def __init__(self, today: date, timezone: str, *, tell: Callable[[datetime], object], told_since: int) -> None:
        """`tell` is the worker's part, from that day on: it writes and delivers the notices due at an instant."""
        self.today, self.timezone = today, timezone
        self._tell, self._told_since = tell, self._instant(self.day(told_since), time())
        self._tells_at: datetime | None = None
        self._steps: list[tuple[datetime, int, Callable[[], object]]] = []
        self._of_day: Counter[date] = Counter()
        self._at = self._instant(today, time())
        self._keys = 0
        self._ids: dict[str, int] = {}

    def now(self) -> datetime:
        """The clock."""
        return self._at

    def day(self, days: int) -> date:
        """The date so many days from today."""
        return self.today + timedelta(days=days)

    def workday(self, days: int) -> date:
        """The last working day up to then: on others no office begins anything."""
        return PUBLISHED.before(self.day(days), 0).on

    def end(self, days: int) -> datetime:
        """The deadline at the end of that day."""
        return ends(self.day(days), self.timezone)

    def on(self, days: int, do: Callable[[], object]) -> None:
        """Somebody does something on that day, or the last working day before it."""
        day = self.workday(days)
        if day >= self.today:
            raise ValueError("a story is about the past")
        at = self._instant(day, OFFICE_OPENS) + BETWEEN * self._of_day[day]
        self._of_day[day] += 1
        self._add(at, do)

    def at_dawn(self, day: date, do: Callable[[], object]) -> None:
        """The clock does something when that day begins."""
        self._add(self._instant(day, time(0, 5)), do)

    def play(self, until: datetime) -> None:
        """Let everything happen, in its order; every morning until then people are reminded."""
        day = self._told_since.date()
        while (morning := self._instant(day, MORNING)) < until - MOMENT:
            if PUBLISHED.look(day).working:
                self._add(morning, self.tell)
            day += timedelta(days=1)
        for at, _, do in sorted(self._steps, key=lambda step: step[:2]):
            self._let_the_worker_tell(at)
            self._at = at
            do()
        self._let_the_worker_tell(until)

    def tell(self) -> None:
        """There is something to be told: the worker finds it when it looks next."""
        if self._at >= self._told_since and self._tells_at is None:
            since_midnight = self._at - self._instant(self._at.date(), time())
            self._tells_at = self._at + -since_midnight % BEAT + MOMENT

    def _let_the_worker_tell(self, until: datetime) -> None:
        if self._tells_at is not None and self._tells_at < until:
            self._tell(self._tells_at)
            self._tells_at = None

    def key(self) -> str:
        """A key nobody used yet."""
        self._keys += 1
        return f"demo-{self._keys:05}"

    def person(self, login: str) -> int:
        """The id of somebody in the story."""
        if login not in self._ids:
            person = people.by_login(db.session(), login)
            if person is None:
                raise LookupError(f"the demo has no {login}")
            self._ids[login] = person.id
        return self._ids[login]

    def _add(self, at: datetime, do: Callable[[], object]) -> None:
        self._steps.append((at, len(self._steps), do))

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, ZoneInfo(self.timezone))


@dataclass
class Case:
    """One department's table of one year; what is done to it, day by day. Each method schedules and returns itself."""

    story: Story
    year: int
    code: str
    _id: int | None = None

    def submit(self, on: int) -> Self:
        """The editor sends it for review."""
        return self.move(on, "submit", Role.EDITOR, sheet_edit=self.sheet_edit_seen)

    def send_back(self, on: int, opinion: str, until: int) -> Self:
        """The department's reviewer returns it."""
        return self.move(on, "send_back", Role.REVIEWER, opinion=opinion, until=self.story.end(until))

    def endorse(self, on: int) -> Self:
        """The department's reviewer sends it on to the bureau."""
        return self.move(on, "endorse", Role.REVIEWER)

    def approve(self, on: int, grade: str = "良", opinion: str = "目标与职责、预算相匹配，同意批复。") -> Self:
        """The officer approves it."""
        review = review_form(grade)
        return self.move(
            on, "approve", Role.OFFICER, revision=self.revision, grade=grade, review=review, opinion=opinion
        )

    def review(self, on: int, grade: str, opinion: str) -> Self:
        """The officer writes the whole review and does not decide yet."""
        return self.note(
            on, "draft_review", Role.OFFICER, revision=self.revision, review=review_form(grade), grade=grade,
            opinion=opinion,
        )  # fmt: skip

    def send_home(self, on: int, grade: str, opinion: str, until: int) -> Self:
        """The officer returns it."""
        return self.move(
            on, "return", Role.OFFICER, revision=self.revision, grade=grade, review=review_form(grade),
            opinion=opinion, until=self.story.end(until),
        )  # fmt: skip

    def amend(self, on: int, *changes: tuple[str, str, str]) -> Self:
        """The officer agrees small changes: (path, value, reason)."""
        agreed = [{"path": path, "value": value, "reason": reason} for path, value, reason in changes]
        return self.move(on, "amend", Role.OFFICER, revision=self.revision, grade="良", changes=agreed)

    def remark(self, on: int, who: Role, kind: str, path: str, text: str) -> Self:
        """Somebody remarks on a place: 必改 or 建议."""
        return self.note(on, "remark", who, must=kind == "必改", path=path, text=text)

    def answer(self, on: int, number: int, answer: str, text: str = "") -> Self:
        """The editor answers a remark."""
        return self.note(on, "answer_remark", Role.EDITOR, number=number, answer=answer, text=text)

    def edit(self, on: int, *changes: tuple[str, str]) -> Self:
        """The editor changes cells: (path, text)."""
        return self.note(
            on, "edit_sheet", Role.EDITOR, changes=[list(change) for change in changes], seen=self.sheet_edit_seen
        )

    def manager(self, on: int, kind: str, **details: Any) -> Self:
        """The manager extends, waives or urges."""
        return self.note(on, kind, Role.MANAGER, **details)

    def move(self, on: int, event: str, who: Role, **details: Any) -> Self:
        """Fire an event; a detail that is a function is asked when its time has come."""
        self.story.on(on, lambda: self._act(event, who, details))
        return self

    def note(self, on: int, kind: str, who: Role, **details: Any) -> Self:
        """Write something that moves nothing."""
        self.story.on(on, lambda: self._record(kind, who, details))
        return self

    def adjustment(self) -> "Case":
        """The table of its adjustment, once that is opened."""
        return _Adjustment(self.story, self.year, self.code)

    def table(self) -> Table:
        """The table as it is now."""
        session = db.session()
        session.rollback()
        if self._id is None:
            self._id = session.scalars(self._query()).one()
        return session.get_one(Table, self._id)

    def _query(self) -> Any:
        return (
            select(Table.id)
            .join(Department, Department.id == Table.department_id)
            .join(Cycle, Cycle.id == Table.cycle_id)
            .where(Department.code == self.code, Cycle.fiscal_year == self.year, Table.adjusts_id.is_(None))
        )

    def _person(self, who: Role) -> int:
        return self.story.person(cast.MANAGER if who is Role.MANAGER else cast.login_of(who, self.code))

    def _act(self, event: str, who: Role, details: dict[str, Any]) -> None:
        table, brought = self.table(), _asked(details)
        self._must(
            event,
            act(
                event, table.id, person=self._person(who), version=table.version, now=self.story.now,
                key=self.story.key(), **brought,
            ),
        )  # fmt: skip

    def _record(self, kind: str, who: Role, details: dict[str, Any]) -> None:
        table, brought = self.table(), _asked(details)
        self._must(
            kind,
            record(kind, table.id, person=self._person(who), now=self.story.now, key=self.story.key(), **brought),
        )

    def _must(self, what: str, outcome: Moved | Recorded | Refused) -> None:
        if isinstance(outcome, Refused):
            raise RuntimeError(f"the demo's {what} of {self.code} in {self.year} is refused: {outcome.sentence()}")
        if isinstance(outcome, Moved) or told_of(what, outcome.said):
            self.story.tell()

    def sheet_edit_seen(self) -> int:
        """The sheet's edit number."""
        return loading.sheet_edit(db.session(), self.table())

    def revision(self) -> int:
        """The latest revision's number."""
        return self.table().latest_revision


class _Adjustment(Case):
    """The adjustment of a table, once it is opened."""

    def _query(self) -> Any:
        parent = super()._query().scalar_subquery()
        return select(Table.id).where(Table.adjusts_id == parent)


def review_form(grade: str) -> dict[str, Any]:
    """A review form filled in throughout."""
    words = {"优": "符合要求", "良": "基本符合要求，个别表述可再明确", "中": "有待补充", "差": "不符合要求"}[grade]
    return {
        "points": {point: grade for pair in CRITERIA.values() for point in pair},
        "opinions": {criterion: f"{criterion}{words}。" for criterion in CRITERIA},
    }


def _asked(details: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in details.items()}
