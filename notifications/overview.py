"""The plan ahead and the ledger behind, as one list: who is told what, when, why, and what became of it.

What is to come is read from the same calendar that planning uses (`plan.ahead`), never from a second one.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from accounts.models import Department, Person
from notifications import plan, trials
from notifications.gathering import gather
from notifications.models import NO_ADDRESS, NOWHERE, TOLD, UNREACHABLE, Notice, Status, told_status
from notifications.rules import BY_CODE, EMAIL, TRIAL
from workflow.deadlines import begins, ends, local_date
from workflow.holidays import calendar_of
from workflow.models import Cycle, Table
from workflow.workdays import Calendar

AHEAD = "ahead"
"""The status of what is not planned yet because its day has not come."""
FAILURES = (Status.FAILED, Status.DEAD)
LATELY = timedelta(days=14)
"""[choice] How far back a failure is still news."""
STATUSES: dict[str, str] = {AHEAD: "将发", **TOLD}


@dataclass(frozen=True)
class Wanted:
    """Which notices are asked for: days (both inclusive), and what their table, person and status must be. `on` picks
    one of the days to be listed; the others are still counted."""

    first: date
    last: date
    department: str = ""
    person: str = ""
    status: str = ""
    on: date | None = None

    def lists(self, day: date) -> bool:
        """Whether the notices of a day of the period are listed."""
        return self.on is None or day == self.on


@dataclass(frozen=True)
class Line:
    """One notice, sent, waiting or to come."""

    due_at: datetime
    on: date
    rule: str
    recipient: str
    department: str
    table_id: int | None
    channel: str
    subject: str
    reason: str
    status: str
    why_not: str | None
    sent_at: datetime | None
    attempts: int
    why_provisional: str = ""
    coming: bool = False
    """Whether nobody wrote it down yet."""
    within: str = ""
    """The subject of the message in which it is a line; empty where it is a message of its own."""

    @property
    def status_words(self) -> str:
        """The status as people say it."""
        return STATUSES[self.status]


@dataclass(frozen=True)
class Day:
    """One day of the strip: how many notices, and whether people work on it."""

    on: date
    working: bool
    why_provisional: str
    count: int


@dataclass(frozen=True)
class Overview:
    """One page of the list, with the days of the whole period."""

    lines: tuple[Line, ...]
    total: int
    """How many are listed, on all pages."""
    days: tuple[Day, ...]
    failed: int
    """How many of those listed failed or were given up."""
    assumed: tuple[str, ...] = ()
    """Why days of the period, or of the reminders to come, are only assumed; empty where none are."""


@dataclass(frozen=True)
class Failed:
    """What did not reach anybody lately: how many by status, since which day, and who, the newest first."""

    since: date
    counts: dict[str, int]
    whom: tuple[str, ...]


def running(cycles: Sequence[Cycle], living: Collection[int]) -> tuple[Cycle, ...]:
    """The years in which some table still has a way to go; where there is none, the newest."""
    return tuple(cycle for cycle in cycles if cycle.id in living) or tuple(cycles[:1])


def overview(
    session: Session, cycles: Sequence[Cycle], now: datetime, wanted: Wanted, *, offset: int = 0, limit: int = 50
) -> Overview:
    """The notices of some years of one region between two days, oldest first. The past is counted and cut by the
    database."""
    region = cycles[0].region
    timezone = region.timezone
    period = begins(wanted.first, timezone), begins(wanted.last + timedelta(days=1), timezone)
    counted = _past(cycles, *period, wanted).subquery()
    instants = [
        (local_date(due_at, timezone), status, count)
        for due_at, status, count in session.execute(
            select(counted.c.due_at, counted.c.status, func.count()).group_by(counted.c.due_at, counted.c.status)
        )
    ]
    behind = sum(count for on, _, count in instants if wanted.lists(on))
    ahead = [line for cycle in cycles for line in _coming(session, cycle, now, *period, wanted)]
    ahead.sort(key=lambda line: line.due_at)  # what is said to one person of one year stays together
    coming = [line for line in ahead if wanted.lists(line.on)]
    counts: Counter[date] = Counter()
    for on, _, count in instants:
        counts[on] += count
    counts.update(line.on for line in ahead)
    lines: list[Line] = []
    if offset < behind:
        days = period if wanted.on is None else (begins(wanted.on, timezone), ends(wanted.on, timezone))
        past = _past(cycles, *days, wanted).order_by(Notice.due_at, Notice.id)
        lines = [_line(*found, timezone) for found in session.execute(past.offset(offset).limit(limit))]
    first = max(0, offset - behind)
    lines += coming[first : first + limit - len(lines)]
    calendar = calendar_of(session, region.id)
    years = {wanted.first.year, wanted.last.year}
    assumed = {why for year in years if (why := calendar.why_provisional(year))}
    return Overview(
        lines=tuple(lines),
        total=behind + len(coming),
        days=tuple(_days(wanted, counts, calendar)),
        failed=sum(count for on, status, count in instants if status in FAILURES and wanted.lists(on)),
        assumed=tuple(sorted(assumed | {line.why_provisional for line in ahead if line.why_provisional})),
    )


def failed_lately(session: Session, cycles: Sequence[Cycle], now: datetime) -> Failed:
    """What of these years failed or was given up lately, by whatever day the list begins with."""
    timezone = cycles[0].region.timezone
    since = local_date(now - LATELY, timezone)
    until = ends(local_date(now, timezone), timezone)
    found = session.execute(
        select(Notice.status, Person.name, func.count(), func.max(Notice.due_at))
        .join(Person, Person.id == Notice.recipient_id)
        .where(*_of(cycles, begins(since, timezone), until), Notice.status.in_(FAILURES))
        .group_by(Notice.status, Person.id, Person.name)
        .order_by(func.max(Notice.due_at).desc(), Person.name)
    ).all()
    counts: Counter[str] = Counter()
    for status, _, count, _ in found:
        counts[status] += count
    return Failed(since, dict(sorted(counts.items())), tuple(dict.fromkeys(name for _, name, _, _ in found)))


def _of(cycles: Sequence[Cycle], start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    """What of these years was due in [start, end); the ledger's daily head is the auditors' own."""
    ids = [cycle.id for cycle in cycles]
    return Notice.cycle_id.in_(ids), Notice.due_at >= start, Notice.due_at < end, Notice.stage != plan.LEDGER


def _past(cycles: Sequence[Cycle], start: datetime, end: datetime, wanted: Wanted) -> Select[Notice, str, str, str]:
    leading = aliased(Notice)
    query = (
        select(Notice, Person.name, Department.short_name, leading.subject.label("within"))
        .join(Person, Person.id == Notice.recipient_id)
        .outerjoin(Table, Table.id == Notice.table_id)
        .outerjoin(Department, Department.id == Table.department_id)
        .outerjoin(leading, leading.id == Notice.within_id)
        .where(*_of(cycles, start, end))
    )
    if wanted.person:
        query = query.where(Person.name.icontains(wanted.person, autoescape=True))
    if wanted.department:
        query = query.where(
            or_(
                Department.name.icontains(wanted.department, autoescape=True),
                Department.short_name.icontains(wanted.department, autoescape=True),
            )
        )
    nowhere = and_(Notice.status == Status.SUPPRESSED, Notice.why_not.startswith(NOWHERE))
    if wanted.status == UNREACHABLE:
        query = query.where(nowhere)
    elif wanted.status:
        query = query.where(Notice.status == wanted.status, not_(nowhere))
    return query


def _coming(
    session: Session, cycle: Cycle, now: datetime, start: datetime, end: datetime, wanted: Wanted
) -> list[Line]:
    """What the calendar holds from now on and nobody wrote down yet."""
    if end <= now or wanted.status not in {"", AHEAD, UNREACHABLE}:
        return []
    timezone = cycle.region.timezone
    world = gather(session, cycle.id, now)
    names = {table.id: table.department for table in world.tables}
    short: dict[int, str] = {
        row.id: row.short_name
        for row in session.execute(
            select(Table.id, Department.short_name)
            .join(Department, Department.id == Table.department_id)
            .where(Table.cycle_id == cycle.id)
        )
    }
    people = {
        row.id: row
        for row in session.execute(
            select(Person.id, Person.name, Person.email).where(Person.id.in_({one.person_id for one in world.people}))
        )
    }
    since = max(start, now)
    # What was sent before the working calendar moved its day stays sent.
    known = set(
        session.scalars(select(Notice.key).where(Notice.cycle_id == cycle.id, Notice.due_at >= since - plan.HORIZON))
    )
    found = []
    for notice in plan.ahead(since, end, world):
        table = notice.table_id or 0
        who = people.get(notice.recipient)
        person = who.name if who else ""
        nowhere = notice.channel == EMAIL and not (who and who.email)
        status = UNREACHABLE if nowhere else AHEAD
        if (
            notice.key in known
            or wanted.status not in {"", status}
            or (wanted.person and wanted.person not in person)
            or (wanted.department and wanted.department not in names.get(table, "") + "\n" + short.get(table, ""))
        ):
            continue
        found.append(
            Line(
                due_at=notice.due_at,
                on=local_date(notice.due_at, timezone),
                rule=BY_CODE[notice.rule].label,
                recipient=person,
                department=short.get(table, ""),
                table_id=notice.table_id,
                channel=notice.channel,
                subject=notice.words()[0],
                reason=notice.reason,
                status=status,
                why_not=NO_ADDRESS if nowhere else None,
                sent_at=None,
                attempts=0,
                why_provisional=notice.why_provisional,
                coming=True,
            )
        )
    return found


def _line(notice: Notice, person: str, department: str | None, within: str | None, timezone: str) -> Line:
    rule = BY_CODE.get(notice.rule)
    return Line(
        due_at=notice.due_at,
        on=local_date(notice.due_at, timezone),
        rule=rule.label if rule else trials.LABEL if notice.stage == TRIAL else notice.rule,
        recipient=person,
        department=department or "",
        table_id=notice.table_id,
        channel=notice.channel,
        subject=notice.subject,
        reason=notice.reason,
        status=told_status(notice.status, notice.why_not),
        why_not=notice.why_not or notice.error,
        sent_at=notice.sent_at,
        attempts=notice.attempts,
        within=within or "",
    )


def _days(wanted: Wanted, counts: Counter[date], calendar: Calendar) -> Iterator[Day]:
    on = wanted.first
    while on <= wanted.last:
        kind = calendar.look(on)
        yield Day(on, kind.working, kind.why, counts[on])
        on += timedelta(days=1)


def off_between(days: Sequence[Day], after: date, before: date) -> list[Day]:
    """The days without work between two days, on which no reminder is sent."""
    return [day for day in days if after < day.on < before and not day.working and not day.count]
