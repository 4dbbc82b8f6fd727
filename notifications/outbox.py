"""Planned once, delivered at least once, seen once: from the plan to rows, from rows to people.

Planning inserts on the notice's unique key, so that it may run as often, as late and in as many places as it likes.
Delivering claims rows in batches under a lease and commits the claim; asks the plan again whether each still holds;
sends; marks. A crash in between leaves the lease to expire, and the notice is taken again.
"""

import random
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, case, cast, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from accounts.models import Person, Region
from config.database import commit_without_waiting, db, writing
from ledger.models import Entry
from notifications import plan
from notifications.channels import Channel, Outcome, Outgoing, Result
from notifications.channels import Target as To
from notifications.gathering import fresh_history, gather, living_cycles, newest_cycles, table_of
from notifications.models import TRIAL, WAITING, Cursor, Notice, Status, Target
from notifications.preferences import WHY_NOT, Switch, switched_off
from notifications.rules import BY_CODE, EMAIL, INBOX, RE_EVALUATION, RESUBMISSION, ROUND
from workflow.deadlines import last_date, local_date
from workflow.models import Cycle, Extension, Round, Table, Window
from workflow.states import Stage

LEASE = timedelta(minutes=10)
"""Longer than a delivery takes, from whose beginning it counts: no batch is begun after PATIENCE, e-mail begins no
message of a batch after two minutes and a robot none after one, and one message takes at most a few time-outs."""
PATIENCE = 150.0
"""Seconds after which a delivery begins no further batch; what is left waits for the next tick, held by nobody."""
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
"""Pauses between attempts double; twelve attempts last 16 to 20 hours: a night's outage is outlasted."""
ROWS_TOGETHER = 200
"""Rows in one INSERT, below what SQLite takes in one statement."""
MARKED_TOGETHER = 10
"""Results written in one transaction; so many messages at most go out twice after a crash."""

SUPERSEDED = "后面的一次提醒已经到期"
GIVEN_UP = "本人已撤下这个接收地址"


# Planning


def plan_due(now: datetime) -> int:
    """Write down every notice that is due and not yet known; how many there were."""
    reading = db.session()
    reading.rollback()
    ends, entries = fresh_history(reading)
    of_cycle = _by_cycle(reading, entries)
    cycles = sorted({*of_cycle, *living_cycles(reading), *newest_cycles(reading)})
    reading.rollback()
    planned, failures = 0, []
    for cycle_id in cycles:
        try:
            planned += _plan_cycle(cycle_id, now, of_cycle.get(cycle_id, []), ends)
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("some cycles could not be planned", failures)
    return planned


def _by_cycle(session: Session, entries: Sequence[Entry]) -> dict[int, list[Entry]]:
    tables = sorted({table_of(entry) for entry in entries})
    cycle_of: dict[int, int] = {}
    for part in _parts(tables, ROWS_TOGETHER):
        for table_id, cycle_id in session.execute(select(Table.id, Table.cycle_id).where(Table.id.in_(part))):
            cycle_of[table_id] = cycle_id
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[cycle_of[table_of(entry)]].append(entry)
    return found


def _plan_cycle(cycle_id: int, now: datetime, entries: Sequence[Entry], ends: Mapping[str, int]) -> int:
    reading = db.session()
    reading.rollback()
    notices = plan.due(now, gather(reading, cycle_id, now, entries=entries))
    known = set(
        reading.scalars(select(Notice.key).where(Notice.cycle_id == cycle_id, Notice.due_at > now - plan.HORIZON))
    )
    # What is told of the ledger may have been planned with another year.
    of_all = [notice.key for notice in notices if notice.stage == plan.LEDGER and notice.key not in known]
    for part in _parts(of_all, ROWS_TOGETHER):
        known |= set(reading.scalars(select(Notice.key).where(Notice.key.in_(part))))
    chains = {entry.chain: ends[entry.chain] for entry in entries}
    unknown = [notice for notice in notices if notice.key not in known]
    off = switched_off(reading, {notice.recipient for notice in unknown})
    reading.rollback()
    fresh = [_row(notice, now, off) for notice in unknown]
    if not fresh and not chains:
        return 0
    with writing() as session:
        planned = sum(_insert(session, part) for part in _parts(fresh, ROWS_TOGETHER))
        _advance(session, chains)
    return planned


def _row(notice: plan.Notice, now: datetime, off: frozenset[Switch]) -> dict[str, Any]:
    """The notice as a row. One that its recipient switched off is kept too, so that nobody plans it later."""
    subject, body = notice.words()
    status, why_not = Status.PLANNED, None
    if notice.superseded:
        status, why_not = Status.SUPERSEDED, SUPERSEDED
    elif (notice.recipient, notice.rule, notice.channel) in off:
        status, why_not = Status.SUPPRESSED, WHY_NOT
    return {
        "key": notice.key,
        "cycle_id": notice.cycle_id,
        "table_id": notice.table_id,
        "rule": notice.rule,
        "stage": notice.stage,
        "occurrence": notice.occurrence,
        "deadline": notice.deadline,
        "entry_id": notice.entry_id,
        "recipient_id": notice.recipient,
        "channel": notice.channel,
        "due_at": notice.due_at,
        "planned_at": now,
        "provisional": notice.provisional,
        "subject": subject,
        "body": body,
        "reason": notice.reason,
        "status": status,
        "why_not": why_not,
        "next_attempt_at": notice.due_at if status is Status.PLANNED else None,
        "attempts": 0,
    }


def _dialect_insert(session: Session) -> Any:
    """INSERT that knows ON CONFLICT, of the database in use."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Insert what nobody inserted before; how many those were."""
    insert = _dialect_insert(session)(Notice).values(list(rows)).on_conflict_do_nothing(index_elements=["key"])
    return len(session.scalars(insert.returning(Notice.id)).all())


def _advance(session: Session, chains: Mapping[str, int]) -> None:
    """Note how far each chain was expanded; never backwards."""
    for part in _parts(sorted(chains.items()), ROWS_TOGETHER):
        insert = _dialect_insert(session)(Cursor).values([{"chain": c, "position": p} for c, p in part])
        session.execute(
            insert.on_conflict_do_update(
                index_elements=["chain"],
                set_={"position": insert.excluded.position},
                where=Cursor.position < insert.excluded.position,
            )
        )


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[at : at + size] for at in range(0, len(values), size))


# Delivering


@dataclass
class Delivered:
    """What one delivery did, by status; `postponed` had no time left."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    suppressed: int = 0
    superseded: int = 0
    postponed: int = 0


@dataclass(frozen=True)
class _Claim:
    """What one delivery holds: nobody else touches these rows before the lease ends."""

    owner: str
    ids: tuple[int, ...]


@dataclass
class _Verdicts:
    """Which of the claimed notices still hold, with their words as they read now."""

    hold: dict[int, tuple[str, str]] = field(default_factory=dict)
    gone: dict[int, tuple[Status, str]] = field(default_factory=dict)
    moved: dict[int, str] = field(default_factory=dict)
    """Those of another day by now, because the working calendar changed, and why."""
    failures: list[Exception] = field(default_factory=list)
    """Of cycles that could not be asked; their notices stay claimed until the lease ends."""


def deliver(
    now: datetime,
    channels: Mapping[str, Channel],
    batch: int = 100,
    *,
    lease: timedelta = LEASE,
    jitter: Callable[[], float] = random.random,
    patience: float = PATIENCE,
) -> Delivered:
    """Send everything that waits and may be tried now, batch by batch.

    What fails is raised only after all else was tried, and its notices are down for another attempt.
    """
    delivered = Delivered()
    failures: list[Exception] = []
    began = time.monotonic()
    while time.monotonic() - began < patience and (claim := claim_batch(now, tuple(channels), batch, lease)).ids:
        rows, people = _claimed(claim)
        verdicts = _recheck(rows, now)
        failures += verdicts.failures
        _mark_gone(claim, verdicts, delivered)
        waiting: dict[str, list[Notice]] = defaultdict(list)
        for row in rows:
            if row.id in verdicts.hold:
                waiting[row.channel].append(row)
        for name, notices in waiting.items():
            outgoing = [_outgoing(row, verdicts.hold[row.id], people, now) for row in notices]
            marks = _Marks(claim, now, {row.id: row for row in notices}, verdicts.hold, jitter, delivered)
            try:
                for results in _grouped(channels[name].send(outgoing), MARKED_TOGETHER):
                    marks.write(results)
            except Exception as error:
                failures.append(error)
                words = f"{type(error).__name__}: {error}"
                marks.write([Result(row.id, Outcome.RETRY, words) for row in notices if row.id not in marks.done])
    if failures:
        raise ExceptionGroup("some notices could not be sent", failures)
    return delivered


def claim_batch(now: datetime, channels: Sequence[str], batch: int, lease: timedelta) -> _Claim:
    """Take what waits and nobody holds, in the order it is due, and commit that.

    On PostgreSQL rows that somebody is just claiming are skipped; on SQLite there is one writer at a time.
    """
    owner = uuid.uuid4().hex
    free = (
        select(Notice.id)
        .where(
            Notice.status.in_(WAITING),
            Notice.next_attempt_at <= now,
            Notice.channel.in_(channels),
            or_(Notice.leased_until.is_(None), Notice.leased_until <= now),
        )
        .order_by(Notice.next_attempt_at, Notice.id)
    )
    looking = db.session()
    looking.rollback()
    nothing = looking.scalars(free.limit(1)).one_or_none() is None
    looking.rollback()
    if nothing:  # most ticks: do not take the one writer's place of SQLite for it
        return _Claim(owner, ())
    with writing() as session:
        ids = session.scalars(free.limit(batch).with_for_update(skip_locked=True)).all()
        if ids:
            session.execute(
                update(Notice)
                .where(Notice.id.in_(ids))
                .values(leased_until=now + lease, lease_owner=owner)
                .execution_options(synchronize_session=False)
            )
    return _Claim(owner, tuple(ids))


@dataclass(frozen=True)
class _Reached:
    """The recipient of a claimed notice, and where they are reached."""

    name: str
    email: str | None
    to: To | None


def _claimed(claim: _Claim) -> tuple[list[Notice], dict[int, _Reached]]:
    """The rows of a claim, and by row whom they reach."""
    session = db.session()
    session.rollback()
    rows = session.execute(
        select(Notice, Person.name, Person.email, Target.kind, Target.address, Target.secret)
        .join(Person, Person.id == Notice.recipient_id)
        .outerjoin(Target, (Target.person_id == Notice.recipient_id) & (Target.channel == Notice.channel))
        .where(Notice.id.in_(claim.ids), Notice.lease_owner == claim.owner)
        .order_by(Notice.due_at, Notice.id)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        session.expunge(row.Notice)  # they outlive several transactions, and are only read
    return [row.Notice for row in rows], {
        row.Notice.id: _Reached(row.name, row.email, To(row.kind, row.address, row.secret) if row.address else None)
        for row in rows
    }


def _recheck(rows: Iterable[Notice], now: datetime) -> _Verdicts:
    """Ask the plan again, as of now; it alone knows what is due."""
    session = db.session()
    verdicts = _Verdicts()
    of_cycle: dict[int, list[Notice]] = defaultdict(list)
    for row in rows:
        if row.stage == TRIAL:  # the plan knows nothing of it: somebody wanted it sent
            verdicts.hold[row.id] = (row.subject, row.body)
        else:
            of_cycle[row.cycle_id].append(row)
    for cycle_id, notices in of_cycle.items():
        try:
            _recheck_cycle(session, cycle_id, notices, now, verdicts)
        except Exception as error:
            verdicts.failures.append(error)
            session.rollback()
    session.rollback()  # nothing is kept open while a mail server takes its time
    return verdicts


def _recheck_cycle(
    session: Session, cycle_id: int, notices: Sequence[Notice], now: datetime, verdicts: _Verdicts
) -> None:
    tables = {row.table_id for row in notices if row.table_id is not None}
    whole = any(row.table_id is None for row in notices)
    entries = session.scalars(select(Entry).where(Entry.id.in_({row.entry_id for row in notices} - {None}))).all()
    world = gather(session, cycle_id, now, entries=entries, only=None if whole else tables)
    current = {notice.key: notice for notice in plan.due(now, world, again=notices)}
    off = switched_off(session, {row.recipient_id for row in notices})
    moved = plan.moved_away([row for row in notices if row.key not in current], now, world)
    for row in notices:
        notice = current.get(row.key)
        if (row.recipient_id, row.rule, row.channel) in off:
            verdicts.gone[row.id] = (Status.SUPPRESSED, WHY_NOT)
        elif row.channel not in (INBOX, EMAIL) and row.recipient_id not in world.reached.get(row.channel, {}):
            verdicts.gone[row.id] = (Status.SUPPRESSED, GIVEN_UP)
        elif row.key in moved:
            verdicts.moved[row.id] = moved[row.key]
        elif notice is None:
            verdicts.gone[row.id] = (Status.SUPPRESSED, plan.why_gone(row, now, world))
        elif notice.superseded:
            verdicts.gone[row.id] = (Status.SUPERSEDED, SUPERSEDED)
        else:
            # Once an attempt was made, the words stay: it may have arrived.
            verdicts.hold[row.id] = (row.subject, row.body) if row.attempts else notice.words()


def _outgoing(row: Notice, words: tuple[str, str], people: Mapping[int, _Reached], now: datetime) -> Outgoing:
    whom = people[row.id]
    return Outgoing(row.id, row.key, whom.name, whom.email, *words, at=now, target=whom.to)


def _grouped(results: Iterable[Result], size: int) -> Iterator[list[Result]]:
    """Results in groups; when the channel breaks, what it told before is still told, and then it breaks."""
    group: list[Result] = []
    try:
        for result in results:
            group.append(result)
            if len(group) == size:
                yield group
                group = []
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group


_DONE: dict[str, Any] = {"next_attempt_at": None, "leased_until": None, "lease_owner": None}
_AGAIN: dict[str, Any] = {"leased_until": None, "lease_owner": None}


def _set(session: Session, claim: _Claim, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Write to rows this claim still holds; one whose lease ran out belongs to whoever took it then."""
    done = session.execute(
        update(Notice)
        .where(Notice.id.in_(ids), Notice.lease_owner == claim.owner)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _mark_gone(claim: _Claim, verdicts: _Verdicts, delivered: Delivered) -> None:
    if not verdicts.gone and not verdicts.moved:
        return
    alike: dict[tuple[Status, str], list[int]] = defaultdict(list)
    for id_, verdict in verdicts.gone.items():
        alike[verdict].append(id_)
    with writing() as session:
        for id_, why in verdicts.moved.items():
            # It gives up its key, so that the plan can plan it again on its new day; what was sent keeps it for good.
            values = {"status": Status.SUPPRESSED, "why_not": why, "key": Notice.key.concat(f"|moved:{id_}")}
            delivered.suppressed += _set(session, claim, [id_], _DONE | values)
        for (status, why), ids in alike.items():
            count = _set(session, claim, ids, _DONE | {"status": status, "why_not": why})
            if status is Status.SUPPRESSED:
                delivered.suppressed += count
            else:
                delivered.superseded += count


@dataclass
class _Marks:
    """Writes down what came of a channel's batch."""

    claim: _Claim
    now: datetime
    rows: Mapping[int, Notice]
    words: Mapping[int, tuple[str, str]]
    jitter: Callable[[], float]
    delivered: Delivered
    done: set[int] = field(default_factory=set)

    def write(self, results: Sequence[Result]) -> None:
        """One transaction for some results, and one statement for those that ended alike. Nobody waits for the disk: a
        mark that a power cut takes back lets a message go out twice, as one does that was not written yet."""
        if not results:
            return
        alike: dict[tuple[str, tuple[tuple[str, Any], ...]], list[int]] = defaultdict(list)
        for result in results:
            counted, values = self._values(result)
            alike[counted, tuple(values.items())].append(result.id)
        with writing() as session:
            commit_without_waiting(session)
            for (counted, given), ids in alike.items():
                count = _set(session, self.claim, ids, dict(given))
                setattr(self.delivered, counted, getattr(self.delivered, counted) + count)
        self.done.update(result.id for result in results)

    def _values(self, result: Result) -> tuple[str, dict[str, Any]]:
        row = self.rows[result.id]
        attempts = row.attempts + 1
        if result.outcome is Outcome.POSTPONED:
            return "postponed", _AGAIN | {"next_attempt_at": self.now + timedelta(seconds=1)}
        if result.outcome is Outcome.SENT:
            subject, body = self.words[result.id]
            said = {} if (row.subject, row.body) == (subject, body) else {"subject": subject, "body": body}
            sent = {"status": Status.SENT, "sent_at": self.now, "attempts": attempts, "error": None}
            return "sent", _DONE | sent | said
        if result.outcome is Outcome.SUPPRESSED:
            return "suppressed", _DONE | {"status": Status.SUPPRESSED, "why_not": result.words}
        failed = {"attempts": attempts, "error": result.words}
        if result.outcome is Outcome.DEAD or attempts >= MOST_ATTEMPTS or row.stage == TRIAL:
            return "dead", _DONE | failed | {"status": Status.DEAD}
        again = self.now + pause(attempts, self.jitter())
        return "failed", _AGAIN | failed | {"status": Status.FAILED, "next_attempt_at": again}


def pause(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many attempts: doubling, and spread by a random share (0 to 1) of half its length, so
    that what failed together does not come back together."""
    doubled: timedelta = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return doubled * (1 + jitter / 2)


# The inbox


@dataclass(frozen=True)
class Received:
    """A notice in somebody's inbox, and why what it asked is over (empty while it is not)."""

    notice: Notice
    over: str

    @property
    def fresh(self) -> bool:
        """Whether it is to be read yet: not seen, and not over."""
        return self.notice.status == Status.SENT and not self.over


def inbox(person_id: int, now: datetime, *, limit: int = 50, offset: int = 0) -> list[Received]:
    """What a person was told on their desk, newest first."""
    rows = db.session().execute(
        _with_its_table(Notice)
        .where(_in_inbox(person_id), Notice.status.in_((Status.SENT, Status.READ)))
        .order_by(Notice.sent_at.desc(), Notice.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [Received(row.Notice, _over(row.Notice, row, now)) for row in rows]


def unread(person_id: int, now: datetime) -> int:
    """How many of them they have not read, without those of which what was asked is over."""
    rows = db.session().execute(
        _with_its_table(Notice.rule, Notice.stage, Notice.due_at, Notice.deadline).where(
            _in_inbox(person_id), Notice.status == Status.SENT
        )
    )
    return sum(not _over(row, row, now) for row in rows)


def _with_its_table(*columns: Any) -> Select[Any]:
    """Notices, each with where its table stands now, the version that its entry's event (of a record: the event before
    it) led from, and the deadline of its stage that is in force."""
    earlier = aliased(Entry)
    before = (
        select(func.max(earlier.from_version))
        .where(earlier.chain == Entry.chain, earlier.position < Entry.position)
        .correlate(Entry)
        .scalar_subquery()
    )
    return (
        select(
            *columns,
            Table.state,
            Table.state_since,
            Table.version,
            Table.resubmit_until,
            func.coalesce(Entry.from_version, before).label("from_version"),
            case(
                (Notice.stage == RESUBMISSION.name, Table.resubmit_until),
                (Notice.stage == RE_EVALUATION.name, Table.evaluation_until),
                else_=func.coalesce(Window.closes_at, Round.closes_at),
            ).label("set_until"),
            select(func.max(Extension.until))
            .where(
                Extension.table_id == Notice.table_id,
                or_(Extension.stage == _WINDOW_OF, Extension.round_id == Round.id),
            )
            .correlate(Notice, Round)
            .scalar_subquery()
            .label("extended_until"),
            Region.timezone,
        )
        .join(Cycle, Cycle.id == Notice.cycle_id)
        .join(Region, Region.id == Cycle.region_id)
        .outerjoin(Table, Table.id == Notice.table_id)
        .outerjoin(Entry, Entry.id == Notice.entry_id)
        .outerjoin(Window, (Window.cycle_id == Notice.cycle_id) & (Window.stage == Notice.stage))
        .outerjoin(
            Round,
            (Round.cycle_id == Notice.cycle_id)
            & (Notice.stage == literal(f"{ROUND.name}:").concat(cast(Round.number, String))),
        )
    )


_WINDOW_OF = case(
    (Notice.stage == RESUBMISSION.name, literal(str(Stage.ENTRY))),
    (Notice.stage == RE_EVALUATION.name, literal(str(Stage.EVALUATION))),
    else_=Notice.stage,
)
"""The stage whose extension moves the deadline of a reminder."""


def _over(notice: Any, table: Any, now: datetime) -> str:
    """`table` is a row of the query above: with no state where the notice is of no single table."""
    rule = BY_CODE.get(notice.rule)
    if rule is None or table.state is None:
        return ""
    ends = [until for until in (table.set_until, table.extended_until) if until is not None]
    return plan.why_over(
        rule,
        notice.stage,
        notice.due_at,
        table,
        table.from_version,
        deadline=notice.deadline,
        in_force=last_date(max(ends), table.timezone) if table.set_until is not None else None,
        today=local_date(now, table.timezone),
    )


def mark_all_read(person_id: int, now: datetime) -> int:
    """Note that a person read everything in their inbox; how many that were."""
    with writing() as session:
        rows = session.scalars(
            select(Notice).where(_in_inbox(person_id), Notice.status == Status.SENT).with_for_update()
        ).all()
        for row in rows:
            row.status, row.read_at = Status.READ, now
        return len(rows)


def mark_read(person_id: int, notice_id: int, now: datetime) -> bool:
    """Note that a person read a notice; False when there is no such notice in their inbox. Reading twice is once."""
    with writing() as session:
        row = session.scalars(
            select(Notice).where(Notice.id == notice_id, _in_inbox(person_id)).with_for_update()
        ).one_or_none()
        if row is None or row.status not in (Status.SENT, Status.READ):
            return False
        if row.status == Status.SENT:
            row.status, row.read_at = Status.READ, now
        return True


def _in_inbox(person_id: int) -> Any:
    return (Notice.recipient_id == person_id) & (Notice.channel == INBOX)
