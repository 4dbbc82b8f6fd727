"""Which notices are due, and why: from the cycle's dates, its tables, people and history. Pure.

`due` and `ahead` read the same calendar of reminders. A reminder stands on the region's calendar day at 09:00; its days
are counted in working days. It is one of those a table needs only if the table was already asked, by this deadline,
when it was due. Of several reminders of one deadline that are due together only the newest is sent, the older ones are
superseded: after an outage nobody gets a week's reminders at once.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import product
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from accounts.roles import LABELS as ROLES
from accounts.roles import OF_THE_DEPARTMENT, Role
from notifications import rules
from notifications.rules import RULES, Before, Daily, On, Opens, Overdue, Rule, Subject, Weekly
from notifications.words import WORDING
from notifications.world import Appointed, Extended, Happened, Table, World
from workflow.deadlines import last_date, local_date
from workflow.hands import days_between
from workflow.states import LABELS, STAGE_LABELS, Stage, State
from workflow.workdays import Calendar, Day

MORNING = time(9, 0)
HORIZON = timedelta(days=30)
"""[choice] What was due longer ago is not planned any more: the office has long found out by itself."""
MEANWHILE = timedelta(minutes=10)
"""A plan may have been made before a notice of holidays was committed whose own instant is a little earlier."""
REACH = timedelta(days=800)
"""How far the reminders of deadlines that are set already can lie: a year's last deadline is in the next one."""
LEDGER = "ledger"
"""The stage of what auditors are told of the ledger. It is one for all regions and years."""
HISTORY = "history"
"""The stage of notices that follow from an entry of the history."""
BUREAU = "bureau"
"""The stage of what is told of the tables in the bureau's hands."""
LONGEST_LIST = 40
"""Lines of one list; the count tells of all."""
IN_A_SUBJECT = 3
"""Departments that a list's subject names; the others are in its body."""


@dataclass(frozen=True)
class Notice:
    """Something to tell one person through one channel, and why."""

    rule: str
    table_id: int | None
    cycle_id: int
    stage: str
    occurrence: str
    """Which of the rule's occasions: the deadline's date with a distance, a day, or the history entry's id."""
    recipient: int
    channel: str
    due_at: datetime
    reason: str
    fields: Mapping[str, str]
    deadline: date | None = None
    entry_id: int | None = None
    why_provisional: str = ""
    """Why the day rests on working days that are only assumed; empty where they are known."""
    superseded: bool = False
    """Whether a newer reminder of the same deadline is due as well."""

    @property
    def provisional(self) -> bool:
        """Whether the day rests on working days that are only assumed."""
        return bool(self.why_provisional)

    @property
    def key(self) -> str:
        """What makes it this notice and no other, as one text."""
        return "|".join(
            str(part)
            for part in (
                self.cycle_id if self.stage != LEDGER else "-",
                self.stage,
                self.table_id or "-",
                self.rule,
                self.occurrence,
                self.recipient,
                self.channel,
            )
        )

    def words(self) -> tuple[str, str]:
        """Subject and body."""
        return WORDING[self.rule].filled(self.fields)


@dataclass(frozen=True)
class _Deadline:
    """One deadline of one table."""

    subject: Subject
    stage: str
    label: str
    opens_at: datetime
    until: datetime
    since: datetime
    """Since when the table is asked by this deadline: in its state, and with this date."""


@dataclass(frozen=True)
class _Occasion:
    """A rule's reminder of one deadline on one day."""

    rule: Rule
    table: Table
    deadline: _Deadline
    name: str
    due_at: datetime
    why_provisional: str

    @property
    def series(self) -> tuple[int, str]:
        """Of its occasions the newest replaces the others: a table has one deadline of a stage at a time."""
        return self.table.id, self.deadline.stage

    @property
    def audience(self) -> frozenset[Role]:
        """Of those the rule tells, who still has something to do, or is told of what others have to do."""
        return self.rule.audience & {*rules.TOLD_OF_OTHERS, *self.deadline.subject.asks[self.table.state]}


class People:
    """Who is what to which table on a day."""

    def __init__(self, appointed: Iterable[Appointed]) -> None:
        self._of: dict[tuple[Role, int | None], list[Appointed]] = defaultdict(list)
        self._found: dict[tuple[int, frozenset[Role], date], dict[int, Role]] = {}
        for one in appointed:
            self._of[one.role, one.department_id].append(one)

    def holds(self, person_id: int, table: Table | None, wanted: frozenset[Role], day: date) -> bool:
        """Whether somebody has one of the roles for a table; without one, whether they have it anywhere."""
        if table is not None:
            return person_id in self.roles(table, wanted, day)
        return person_id in self.anywhere(wanted, day)

    def anywhere(self, wanted: frozenset[Role], day: date) -> set[int]:
        """The people with one of the roles, wherever they hold it."""
        return {
            one.person_id
            for (role, _), appointed in self._of.items()
            if role in wanted
            for one in appointed
            if one.holds_on(day)
        }

    def roles(self, table: Table, wanted: frozenset[Role], day: date) -> Mapping[int, Role]:
        """The people with one of the roles; who holds several counts with the first, editor before reviewer.

        An officer reaches the departments below theirs too, but never the one they belong to: they cannot decide it.
        """
        asked = table.id, frozenset(wanted), day  # each of a table's reminders asks the same
        if asked not in self._found:
            self._found[asked] = self._roles(table, wanted, day)
        return self._found[asked]

    def _roles(self, table: Table, wanted: frozenset[Role], day: date) -> dict[int, Role]:
        found: dict[int, Role] = {}
        own = set().union(*(self._holding(role, table, day) for role in OF_THE_DEPARTMENT))
        for role in Role:
            if role in wanted:
                for person_id in sorted(self._holding(role, table, day)):
                    if role is not Role.OFFICER or person_id not in own:
                        found.setdefault(person_id, role)
        return found

    def _holding(self, role: Role, table: Table, day: date) -> set[int]:
        places: Collection[int | None] = {table.department_id}
        if role is Role.MANAGER:
            places = {None}
        elif role is Role.OFFICER:
            places = table.places
        return {one.person_id for place in places for one in self._of[role, place] if one.holds_on(day)}


def due(now: datetime, world: World, again: "Collection[Planned] | None" = None) -> tuple[Notice, ...]:
    """Every notice that is due by now, the older reminders of a deadline marked as superseded. `again` names what was
    planned before and is asked about again: the reminders of single tables are then told of those occasions alone."""
    people = People(world.people)
    asked = None if again is None else {(one.rule, one.occurrence, one.table_id) for one in again}
    occasions = list(_calendar(world, since=now - HORIZON, until=now + timedelta(microseconds=1)))
    newest: dict[tuple[int, str], datetime] = {}
    for one in occasions:
        newest[one.series] = max(newest.get(one.series, one.due_at), one.due_at)
    marked = (
        (one, one.due_at < newest[one.series])
        for one in occasions
        if asked is None or one.rule.as_list or (one.rule.code, one.name, one.table.id) in asked
    )
    weeks = list(_weeks(world, since=now - HORIZON, until=now + timedelta(microseconds=1)))
    weekly = [(week, week.due_at < weeks[-1].due_at) for week in weeks]
    return (
        *_notices(marked, world, people, lambda _: now),
        *_weekly(weekly, world, people, lambda _: now),
        *_told(world, people, now),
        *_daily(world, people, now),
    )


def ahead(start: datetime, end: datetime, world: World) -> tuple[Notice, ...]:
    """The reminders that fall into [start, end) if everything stays as it is, each as it will be on its day."""
    on_time = ((one, False) for one in _calendar(world, since=start, until=end))
    weekly = [(week, False) for week in _weeks(world, since=start, until=end)]
    people = People(world.people)
    found = (*_notices(on_time, world, people, lambda at: at), *_weekly(weekly, world, people, lambda at: at))
    return tuple(sorted(found, key=lambda notice: (notice.due_at, notice.key)))


class Planned(Protocol):
    """What was planned before, as far as it tells why it is not due any more."""

    @property
    def key(self) -> str: ...
    @property
    def occurrence(self) -> str: ...
    @property
    def planned_at(self) -> datetime: ...
    @property
    def rule(self) -> str: ...
    @property
    def table_id(self) -> int | None: ...
    @property
    def stage(self) -> str: ...
    @property
    def deadline(self) -> date | None: ...
    @property
    def recipient(self) -> int: ...
    @property
    def due_at(self) -> datetime: ...


def why_gone(notice: Planned, now: datetime, world: World) -> str:
    """Why a notice that was planned is not due any more, as a sentence."""
    if now - notice.due_at > HORIZON:
        return f"已经过了 {HORIZON.days} 天，不再通知"
    rule = rules.BY_CODE.get(notice.rule)
    table = next((table for table in world.tables if table.id == notice.table_id), None)
    if rule is None or (notice.table_id is not None and table is None):
        return "这条规则或这张表已经不在"
    people, day = People(world.people), local_date(now, world.timezone)
    if not people.holds(notice.recipient, table, rule.audience, day):
        return "收件人已不任相应的职务"
    if isinstance(rule.when, Daily):
        return "当天没有送到，以后一天的为准"
    if table is None:
        return "名单上的表都已经办完"
    if rule is rules.NOBODY_THERE:
        return f"已经有人可以接着办；表在“{LABELS[table.state]}”"
    for deadline in _deadlines(table, world):
        if deadline.stage != notice.stage or not notice.deadline:
            continue
        if (last := last_date(deadline.until, world.timezone)) != notice.deadline:
            return f"期限已改为 {last}"
        if notice.recipient in people.roles(table, rule.audience & deadline.subject.asks[table.state].keys(), day):
            return "要办的事已经办完"
    return f"表已到“{LABELS[table.state]}”"


def moved_away(notices: Iterable[Planned], now: datetime, world: World) -> dict[str, str]:
    """Which of the notices that are not due any more have only been moved by the working calendar, and why, as a
    sentence by the notice's key: a table's reminder that is still to come; a list that was due by the calendar it was
    planned with. They are told again when their new day has come."""
    notices = list(notices)
    if not notices:
        return {}
    people, today = People(world.people), local_date(now, world.timezone)
    coming = {(one.table.id, one.rule.code, one.name): one for one in _calendar(world, since=now, until=now + REACH)}
    due_by: dict[Calendar, set[str]] = {}
    found = {}
    for notice in notices:
        planned_at = notice.planned_at - MEANWHILE
        changed = world.calendar.changed_by(planned_at)
        source = changed.words if changed else "随程序提供的安排已更新"
        then = coming.get((notice.table_id or 0, notice.rule, notice.occurrence))
        if then is not None and notice.recipient in people.roles(then.table, then.audience, today):
            day = local_date(then.due_at, world.timezone)
            found[notice.key] = f"工作日历改变（来源：{source}），改在 {day} 提醒"
        elif changed is not None and notice.table_id is None:
            as_it_was = world.calendar.as_known_at(planned_at)
            if as_it_was not in due_by:
                due_by[as_it_was] = {one.key for one in due(now, replace(world, calendar=as_it_was))}
            if notice.key in due_by[as_it_was]:
                found[notice.key] = f"工作日历改变（来源：{source}）"
    return found


@dataclass(frozen=True)
class Moved:
    """A reminder of one table that two worlds put on different days (None: on none)."""

    rule: Rule
    department: str
    label: str
    deadline: date
    name: str
    was: date | None
    now: date | None

    @property
    def words(self) -> str:
        """Which of the rule's reminders it is."""
        return occasion_words(self.rule, self.name)


def moved(now: datetime, before: World, after: World) -> tuple[tuple[Moved, ...], int]:
    """The reminders from now on that fall on another day in the second world, by their new day; and how many others
    were assumed in the first and are certain in the second."""
    old, new = (
        {_which(one): one for one in _calendar(world, since=now - HORIZON, until=now + REACH)}
        for world in (before, after)
    )
    found, settled = [], 0
    for which in old.keys() | new.keys():
        was, then = old.get(which), new.get(which)
        one = then or was
        if one is None or max(each.due_at for each in (was, then) if each) < now:
            continue
        if was and then and was.due_at == then.due_at:
            settled += bool(was.why_provisional) and not then.why_provisional
            continue
        days = [local_date(each.due_at, after.timezone) if each else None for each in (was, then)]
        last = last_date(one.deadline.until, after.timezone)
        found.append(Moved(one.rule, one.table.department, one.deadline.label, last, one.name, *days))
    found.sort(key=lambda one: (one.now or one.was or date.max, one.department, one.label))
    return tuple(found), settled


def _which(one: _Occasion) -> tuple[int, str, str, str]:
    return one.table.id, one.deadline.stage, one.rule.code, one.name


def occasion_words(rule: Rule, name: str) -> str:
    """Which of a dated rule's reminders an occasion is, in words."""
    if isinstance(rule.when, Before) and not name.endswith("-0"):
        return f"提前 {name.rpartition('-')[2]} 个工作日"
    if isinstance(rule.when, Before):
        return "截止前最后一个工作日"
    if isinstance(rule.when, Overdue):
        return f"逾期第 {name.rpartition('+')[2]} 个工作日"
    return rule.label


class Standing(Protocol):
    """Where a table stands, as far as it tells whether something it was asked is over."""

    @property
    def state(self) -> str: ...
    @property
    def state_since(self) -> datetime: ...
    @property
    def version(self) -> int: ...
    @property
    def resubmit_until(self) -> datetime | None: ...


def over(rule: Rule, stage: str, due_at: datetime, table: Standing, from_version: int | None = None) -> bool:
    """Whether what a notice asks is over: its table has moved on since it was due, or since the event that it tells of.

    What only tells what happened (批复) asks nothing, and is never over. A draft that nobody returned is asked by the
    window from its first day: withdrawing it puts no earlier reminder aside.
    """
    moved = table.state_since > due_at or (from_version is not None and table.version > from_version + 1)
    if isinstance(rule.when, Opens | Before | Overdue):
        first_draft = table.state == State.DRAFT and table.resubmit_until is None
        return moved and not (stage == rules.ENTRY.name and first_draft)
    return moved and rule.lapses


DONE, CHANGED, PAST = "已办结", "期限已改", "期限已过"


def why_over(
    rule: Rule,
    stage: str,
    due_at: datetime,
    table: Standing,
    from_version: int | None,
    *,
    deadline: date | None,
    in_force: date | None,
    today: date,
) -> str:
    """Why what a notice asks is over, in a word; empty while it is not.

    A reminder is over as well once its deadline was replaced by another one (`in_force`, where the table has one), and
    one that tells of days still left once they have passed: then nothing that it says is true any more.
    """
    if over(rule, stage, due_at, table, from_version):
        return DONE
    if deadline is None or not isinstance(rule.when, Opens | Before | Overdue):
        return ""
    if in_force is not None and in_force != deadline:
        return CHANGED
    return PAST if today > deadline and not isinstance(rule.when, Overdue) else ""


# The calendar of reminders


def _calendar(world: World, *, since: datetime, until: datetime) -> Iterator[_Occasion]:
    """The occasions in [since, until) on which some table needs reminding."""
    for table in world.tables:
        for deadline in _deadlines(table, world):
            for occasion in _occasions(table, deadline, world):
                if since <= occasion.due_at < until and _needed(occasion, world):
                    yield occasion


def _deadlines(table: Table, world: World) -> Iterator[_Deadline]:
    """The deadlines by which a table is asked for something in its state. [choice] A returned table has the deadline of
    its return, or a later extension; an adjustment has no window, only what a return set."""
    if table.state in rules.ENTRY.asks:
        if table.resubmit_until is not None:
            extended = table.extended_stages.get(Stage.ENTRY)
            yield _deadline(table, rules.RESUBMISSION, table.state_since, table.resubmit_until, extended)
        elif table.adjustment is None:
            yield from _of_window(table, rules.ENTRY, Stage.ENTRY, world)
    elif table.state in rules.REVIEW.asks and table.adjustment is None:
        yield from _of_window(table, rules.REVIEW, Stage.REVIEW, world)
    elif table.state in rules.EVALUATION.asks:
        if table.evaluation_until is not None:
            extended = table.extended_stages.get(Stage.EVALUATION)
            yield _deadline(table, rules.RE_EVALUATION, table.state_since, table.evaluation_until, extended)
        else:
            yield from _of_window(table, rules.EVALUATION, Stage.EVALUATION, world)
    elif table.state in rules.EVALUATION_REVIEW.asks:
        yield from _of_window(table, rules.EVALUATION_REVIEW, Stage.EVALUATION_REVIEW, world)
    elif table.state in rules.ROUND.asks:
        for one in world.rounds:
            extended = table.extended_rounds.get(one.id)
            yield _deadline(
                table, rules.ROUND, one.opens_at, one.closes_at, extended, f"{rules.ROUND.name}:{one.number}", one.name
            )


def _of_window(table: Table, subject: Subject, stage: Stage, world: World) -> Iterator[_Deadline]:
    window = world.windows.get(stage)
    if window is not None:
        yield _deadline(table, subject, window.opens_at, window.closes_at, table.extended_stages.get(stage))


def _deadline(
    table: Table,
    subject: Subject,
    opens_at: datetime,
    until: datetime,
    extended: Extended | None,
    stage: str | None = None,
    label: str | None = None,
) -> _Deadline:
    # A draft that nobody returned is asked from the first day; withdrawing it does not begin anything anew.
    since = opens_at if subject is rules.ENTRY and table.state is State.DRAFT else table.state_since
    if extended is not None and extended.until > until:
        until, since = extended.until, max(since, extended.granted_at)
    return _Deadline(subject, stage or subject.name, label or subject.label, opens_at, until, since)


def _occasions(table: Table, deadline: _Deadline, world: World) -> Iterator[_Occasion]:
    """All reminders of one deadline, whether they are needed or not."""
    opens, last = local_date(deadline.opens_at, world.timezone), last_date(deadline.until, world.timezone)
    for rule, name, day in reminder_days(opens, last, world.calendar):
        if deadline.subject in rule.subjects:
            yield _Occasion(rule, table, deadline, name, _morning(day.on, world.timezone), day.why)


@lru_cache(maxsize=1000)  # the same few dates are asked for every table, every minute
def reminder_days(opens: date, last: date, calendar: Calendar) -> tuple[tuple[Rule, str, Day], ...]:
    """The working day on which each dated rule reminds of a deadline, and the occasion's name."""
    found: list[tuple[Rule, str, Day]] = []
    for rule in RULES:
        if isinstance(rule.when, Opens):
            found.append((rule, opens.isoformat(), Day(opens, working=True)))
        elif isinstance(rule.when, Before):
            found += [(rule, f"{last}-{count}", calendar.before(last, count)) for count in rule.when.days]
        elif isinstance(rule.when, Overdue):
            days = calendar.following(last, rule.when.days)
            found += [(rule, f"{last}+{n}", day) for n, day in enumerate(days, start=1) if n >= rule.when.first]
    return tuple(found)


@dataclass(frozen=True)
class _Week:
    """A week on whose first working day something waits in the bureau's hands: when it is told, and of what, what came
    first in front."""

    monday: date
    """What the week is called by: its list is told once, on whatever day the calendar puts it."""
    due_at: datetime
    on: Day
    tables: tuple[Table, ...]


def _weeks(world: World, *, since: datetime, until: datetime) -> Iterator[_Week]:
    """The weeks whose list falls into [since, until), in their order. A table is on it once it came to the bureau."""
    came = [(table.at_bureau_since, table.id, table) for table in world.tables if table.at_bureau_since is not None]
    came.sort()
    monday = local_date(since, world.timezone)
    monday -= timedelta(days=monday.weekday())
    while came and _morning(monday, world.timezone) < until:
        first = world.calendar.first_of_week(monday)
        due_at = _morning(first.on, world.timezone) if first else until
        there = tuple(table for at, _, table in came if at <= due_at)
        if first and there and since <= due_at < until:
            yield _Week(monday, due_at, first, there)
        monday += timedelta(days=7)


@lru_cache(maxsize=1000)
def _working_days_between(calendar: Calendar, start: date, end: date) -> int:
    return calendar.between(start, end)


@lru_cache(maxsize=1000)
def _morning(on: date, timezone: str) -> datetime:
    return datetime.combine(on, MORNING, ZoneInfo(timezone)).astimezone(UTC)


def _needed(occasion: _Occasion, world: World) -> bool:
    """Whether the table was asked when the reminder was due, and still has not done it."""
    deadline, table = occasion.deadline, occasion.table
    if occasion.due_at < max(deadline.since, deadline.opens_at):
        return False
    overdue = isinstance(occasion.rule.when, Overdue)
    if not overdue and occasion.due_at >= deadline.until:
        return False
    if deadline.subject is not rules.ROUND:
        return True
    opened_last = max(one.number for one in world.rounds if one.opens_at <= occasion.due_at)
    below_target = opened_last in table.below_target
    if overdue:
        return below_target
    number = int(deadline.stage.partition(":")[2])
    return below_target or table.unconfirmed.get(number, 1) > 0


# Notices in words


def _notices(
    occasions: Iterable[tuple[_Occasion, bool]],
    world: World,
    people: People,
    seen_at: Callable[[datetime], datetime],
) -> Iterator[Notice]:
    """The notices of occasions, each with whether it is superseded, as they read at `seen_at(due_at)`."""
    lists: dict[tuple[str, str, datetime], list[tuple[_Occasion, bool]]] = defaultdict(list)
    for occasion, superseded in occasions:
        if occasion.rule.as_list:
            lists[occasion.rule.code, occasion.deadline.stage, occasion.due_at].append((occasion, superseded))
        else:
            yield from _reminders(occasion, superseded, world, people, seen_at(occasion.due_at))
    for (_, _, due_at), listed in lists.items():
        yield from _lists(listed, world, people, seen_at(due_at))


def _reminders(occasion: _Occasion, superseded: bool, world: World, people: People, at: datetime) -> Iterator[Notice]:
    """What one table's occasion tells to each person concerned."""
    rule, table, deadline = occasion.rule, occasion.table, occasion.deadline
    day, last = local_date(at, world.timezone), last_date(deadline.until, world.timezone)
    asks = deadline.subject.asks[table.state]
    recipients = people.roles(table, occasion.audience, day)
    if not recipients:
        return
    fields = _of_table(table, world) | {
        "stage": deadline.label,
        "opened": local_date(deadline.opens_at, world.timezone).isoformat(),
        "deadline": moment(deadline.until, world.timezone),
        "left": str(max(_working_days_between(world.calendar, day, last), 0)),
        "late": str(max(_working_days_between(world.calendar, last, day), 0)),
        "missed": _missed(table, deadline, world, at),
        "provisional": _provisional(occasion.why_provisional),
    }
    for person_id, role in recipients.items():
        for channel in world.ways(person_id, rule.outside, occasion.due_at):
            yield Notice(
                rule=rule.code,
                table_id=table.id,
                cycle_id=world.cycle_id,
                stage=deadline.stage,
                occurrence=occasion.name,
                recipient=person_id,
                channel=channel,
                due_at=occasion.due_at,
                reason=_reason(occasion, role, world.timezone),
                fields=fields | {"asked": asks[role]},
                deadline=last,
                why_provisional=occasion.why_provisional,
                superseded=superseded,
            )


def _lists(listed: list[tuple[_Occasion, bool]], world: World, people: People, at: datetime) -> Iterator[Notice]:
    """What a rule tells on one day of many tables: to each person one list of those that concern them."""
    day = local_date(at, world.timezone)
    of_person: dict[int, list[tuple[_Occasion, bool]]] = defaultdict(list)
    role_of: dict[int, Role] = {}
    for occasion, superseded in listed:
        for person_id, role in people.roles(occasion.table, occasion.audience, day).items():
            role_of.setdefault(person_id, role)
            of_person[person_id].append((occasion, superseded))
    for person_id, theirs in of_person.items():
        shown = [occasion for occasion, superseded in theirs if not superseded] or [one for one, _ in theirs]
        yield from _list(shown, person_id, role_of[person_id], all(superseded for _, superseded in theirs), world, at)


def _list(
    occasions: list[_Occasion], person_id: int, role: Role, superseded: bool, world: World, at: datetime
) -> Iterator[Notice]:
    first = occasions[0]
    rule, deadline = first.rule, first.deadline
    lines = sorted(
        {f"{one.table.department}（{moment(one.deadline.until, world.timezone)} 截止）" for one in occasions}
    )
    count = len({one.table.department_id for one in occasions})
    more = [f"等 {count} 个部门"] if len(lines) > LONGEST_LIST else []
    names = sorted({one.table.department for one in occasions})
    assumed = next((one.why_provisional for one in occasions if one.why_provisional), "")
    fields = {
        "year": str(world.fiscal_year),
        "stage": deadline.label,
        "asked": deadline.subject.asks[first.table.state].get(role, ""),
        "missed": deadline.subject.missed,
        "count": str(count),
        "departments": "\n".join(lines[:LONGEST_LIST] + more),
        "tables": "\n".join(_late_lines(occasions, world, at)),
        "names": "、".join(names[:IN_A_SUBJECT]) + (f"等 {count} 个部门" if count > IN_A_SUBJECT else ""),
        "provisional": _provisional(assumed),
    }
    day = local_date(first.due_at, world.timezone).isoformat()
    for channel in world.ways(person_id, rule.outside, first.due_at):
        yield Notice(
            rule=rule.code,
            table_id=None,
            cycle_id=world.cycle_id,
            stage=deadline.stage,
            occurrence=day,
            recipient=person_id,
            channel=channel,
            due_at=first.due_at,
            reason=f"{day} “{deadline.label}”{rule.label} {count} 个部门；通知{ROLES[role]}{_provisional(assumed)}",
            fields=fields,
            why_provisional=assumed,
            superseded=superseded,
        )


def _late_lines(occasions: Iterable[_Occasion], world: World, at: datetime) -> list[str]:
    """Each table of a list by its name, with where it stands and for how long it has been late."""
    day, found = local_date(at, world.timezone), set()
    for one in occasions:
        late = max(_working_days_between(world.calendar, last_date(one.deadline.until, world.timezone), day), 0)
        until = moment(one.deadline.until, world.timezone)
        title, state = _of_table(one.table, world)["table"], LABELS[one.table.state]
        found.add(f"{title}：现在“{state}”，{until} 截止，已逾期 {late} 个工作日")
    return _cut(sorted(found), "张表")


def _cut(lines: list[str], what: str) -> list[str]:
    """The lines of a list; of too many, the first and how many there are."""
    return lines if len(lines) <= LONGEST_LIST else [*lines[:LONGEST_LIST], f"等 {len(lines)} {what}"]


WAITS_FOR = {State.FINANCE_REVIEW: "审核", State.EVALUATION_REVIEW: "复核"}
"""What the bureau does with a table in its hands."""


def _weekly(
    weeks: Iterable[tuple[_Week, bool]], world: World, people: People, seen_at: Callable[[datetime], datetime]
) -> Iterator[Notice]:
    """What waits in the bureau's hands: to each officer their tables, to each manager all of them by officer. Who is
    both reads the manager's."""
    for (week, superseded), rule in product(weeks, (rule for rule in RULES if isinstance(rule.when, Weekly))):
        at = seen_at(week.due_at)
        day = local_date(at, world.timezone)
        of_officer: dict[int | None, list[Table]] = defaultdict(list)
        for table in week.tables:
            for officer in people.roles(table, rule.audience & {Role.OFFICER}, day) or (None,):
                of_officer[officer].append(table)
        managers = people.anywhere(rule.audience & {Role.MANAGER}, day)
        for officer, theirs in of_officer.items():
            if officer is not None and officer not in managers:
                lines = [_waiting_line(table, world, at) for table in theirs]
                yield from _week_list(rule, week, officer, Role.OFFICER, theirs, lines, superseded, world, at)
        lines = _lines_by_officer(of_officer, world, at)
        for manager in sorted(managers):
            yield from _week_list(rule, week, manager, Role.MANAGER, week.tables, lines, superseded, world, at)


def _week_list(
    rule: Rule, week: _Week, person_id: int, role: Role, tables: Sequence[Table], lines: list[str], superseded: bool,
    world: World, at: datetime,
) -> Iterator[Notice]:  # fmt: skip
    day, assumed = local_date(week.due_at, world.timezone).isoformat(), _provisional(week.on.why)
    for channel in world.ways(person_id, rule.outside, week.due_at):
        yield Notice(
            rule=rule.code,
            table_id=None,
            cycle_id=world.cycle_id,
            stage=BUREAU,
            occurrence=week.monday.isoformat(),
            recipient=person_id,
            channel=channel,
            due_at=week.due_at,
            reason=f"{day} {rule.label} {len(tables)} 张表；通知{ROLES[role]}{assumed}",
            fields={
                "year": str(world.fiscal_year),
                "count": str(len(tables)),
                "whom": "您" if role is Role.OFFICER else "财政",
                "doing": _doing(tables),
                "longest": str(_longest(tables, world, at)),
                "lines": "\n".join(_cut(lines, "行")),
                "provisional": assumed,
            },
            why_provisional=week.on.why,
            superseded=superseded,
        )


def _waiting_line(table: Table, world: World, at: datetime) -> str:
    """For an officer: a table by its name, and for how long it has waited."""
    return f"{_of_table(table, world)['table']}：{LABELS[table.state]}，{_days_waited(table, world, at)} 个工作日"


def _lines_by_officer(of_officer: Mapping[int | None, list[Table]], world: World, at: datetime) -> list[str]:
    """For managers: how many tables wait for whom and for how long at most, the longest first; of those that wait for
    nobody, the departments."""
    found = []
    for officer, tables in of_officer.items():
        longest, doing = _longest(tables, world, at), _doing(tables)
        whom = "没有人" if officer is None else f"等 {world.names.get(officer, officer)} "
        names = f"：{'、'.join(sorted({table.department for table in tables}))}" if officer is None else ""
        found.append((-longest, f"{len(tables)} 张表{whom}{doing}，最久 {longest} 个工作日{names}"))
    return [line for _, line in sorted(found)]


def _doing(tables: Iterable[Table]) -> str:
    """What these tables wait for."""
    states = {table.state for table in tables}
    return "或".join(word for state, word in WAITS_FOR.items() if state in states)


def _longest(tables: Iterable[Table], world: World, at: datetime) -> int:
    return max(_days_waited(table, world, at) for table in tables)


def _days_waited(table: Table, world: World, at: datetime) -> int:
    """For how many working days the bureau has had it."""
    return days_between(table.at_bureau_since or at, at, world.calendar, world.timezone)


def _told(world: World, people: People, now: datetime) -> Iterator[Notice]:
    """What the history gives cause to tell, to everybody concerned but who did it, and to each once: by the first rule
    that fits."""
    tables = {table.id: table for table in world.tables}
    day = local_date(now, world.timezone)
    for entry in world.happened:
        table = tables.get(entry.table_id)
        if table is None or now - entry.at > HORIZON:
            continue
        already: set[int] = set()
        for rule in RULES:
            if not isinstance(rule.when, On) or not rule.when.fits(entry.act, entry.said):
                continue
            if over(rule, HISTORY, entry.at, table, entry.from_version):
                continue
            told, fields = rule, _of_table(table, world) | _of_entry(entry, world.timezone)
            recipients = set(people.roles(table, rule.audience, day)) - {entry.person_id}
            if rule.asks and not recipients:
                told = rules.NOBODY_THERE
                recipients = set(people.roles(table, told.audience, day))
                missing = "、".join(ROLES[role] for role in Role if role in rule.audience)
                fields |= {"event": rule.label, "missing": missing}
            fresh, already = recipients - already, already | recipients
            for person_id in sorted(fresh):
                for channel in world.ways(person_id, told.outside, entry.at):
                    yield Notice(
                        rule=told.code,
                        table_id=table.id,
                        cycle_id=world.cycle_id,
                        stage=HISTORY,
                        occurrence=str(entry.entry_id),
                        recipient=person_id,
                        channel=channel,
                        due_at=entry.at,
                        reason=f"{fields['on']} {fields['actor']}：{told.label}",
                        fields=fields,
                        entry_id=entry.entry_id,
                    )


def _daily(world: World, people: People, now: datetime) -> Iterator[Notice]:
    """What is told on every day, that day's alone: a day that was missed is told by the next."""
    day = local_date(now, world.timezone)
    due_at = _morning(day, world.timezone)
    if world.head is None or now < due_at:
        return
    head = world.head
    fields = {
        "position": str(head.position),
        "hash": head.hash,
        "sealed": f"{head.sealed_at.astimezone(ZoneInfo(world.timezone)):%Y-%m-%d %H:%M}",
        "head": f"{head.position}:{head.hash}",
    }
    for rule in RULES:
        if not isinstance(rule.when, Daily):
            continue
        for person_id in sorted(people.anywhere(rule.audience, day)):
            for channel in world.ways(person_id, rule.outside, due_at):
                yield Notice(
                    rule=rule.code,
                    table_id=None,
                    cycle_id=world.cycle_id,
                    stage=LEDGER,
                    occurrence=day.isoformat(),
                    recipient=person_id,
                    channel=channel,
                    due_at=due_at,
                    reason=f"{day} {rule.label}；通知{ROLES[Role.AUDITOR]}",
                    fields=fields,
                )


def _of_table(table: Table, world: World) -> dict[str, str]:
    title = f"{table.department} {world.fiscal_year} 年度绩效目标表"
    if table.adjustment is not None:
        title += f"（第 {table.adjustment} 次目标调整）"
    return {
        "year": str(world.fiscal_year),
        "department": table.department,
        "table": title,
        "state": LABELS[table.state],
    }


def _of_entry(entry: Happened, timezone: str) -> dict[str, str]:
    said = entry.said
    until = said.get("until")
    return {
        "actor": entry.person_name,
        "on": f"{entry.at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}",
        "until": moment(datetime.fromisoformat(until), timezone) if isinstance(until, str) else "",
        "asked_for": _asked_for(said, timezone),
        "text": _text(said.get("text")) or "请尽快办理。",
        "rounds": "、".join(said.get("rounds") or ()) or "还没有",
        "reasons": "\n".join(said.get("reasons") or ()),
    } | {name: _text(said.get(name)) for name in SAID}


SAID = ("count", "opinion", "grade", "name", "reason", "rate", "adjustment", "from_name", "to_name")
"""What a wording may say of an entry's own words."""


def _asked_for(said: Mapping[str, Any], timezone: str) -> str:
    """What a granted extension was asked for; empty where nobody asked."""
    asked, until = said.get("asked_until"), said.get("until")
    if not isinstance(asked, str) or not isinstance(until, str):
        return ""
    wanted, given = (moment(datetime.fromisoformat(each), timezone) for each in (asked, until))
    return f"您申请到 {wanted}，批准到 {given}。"


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def moment(until: datetime, timezone: str) -> str:
    """A half-open deadline as people say it: the last day, until 24:00 or the hour it ends at."""
    local = until.astimezone(ZoneInfo(timezone))
    if local.time() == time.min:
        return f"{last_date(until, timezone)} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"


def _provisional(why: str) -> str:
    return f"（日期暂定：{why}）" if why else ""


def _missed(table: Table, deadline: _Deadline, world: World, at: datetime) -> str:
    """What having missed the deadline means: a return's own deadline may pass while the window is still open."""
    stage = {rules.RESUBMISSION.name: Stage.ENTRY, rules.RE_EVALUATION.name: Stage.EVALUATION}.get(deadline.stage)
    if stage is None:
        return deadline.subject.missed
    if table.adjustment is not None:
        return "目标调整仍可报送。"
    window = world.windows.get(stage)
    if window is not None and window.opens_at <= at < window.closes_at:
        return f"“{STAGE_LABELS[stage]}”到 {moment(window.closes_at, world.timezone)} 仍开放。"
    return deadline.subject.missed


def _reason(occasion: _Occasion, role: Role, timezone: str) -> str:
    deadline, table = occasion.deadline, occasion.table
    last = last_date(deadline.until, timezone)
    if isinstance(occasion.rule.when, Opens):
        said = f"“{deadline.label}”{local_date(deadline.opens_at, timezone)} 开放"
    elif isinstance(occasion.rule.when, Before):
        count, on = occasion.name.rpartition("-")[2], local_date(occasion.due_at, timezone)
        ahead_by = f"提前 {count} 个工作日" if count != "0" else "当日"
        if count == "0" and on != last:
            ahead_by = f"截止日 {last:%m-%d} 休息，提前到最后一个工作日 {on:%m-%d} "
        said = f"“{deadline.label}”{last} 截止，{ahead_by}提醒"
    else:
        said = f"“{deadline.label}”{last} 已截止，逾期第 {occasion.name.rpartition('+')[2]} 个工作日"
    return f"{said}；表在“{LABELS[table.state]}”，通知{ROLES[role]}{_provisional(occasion.why_provisional)}"
