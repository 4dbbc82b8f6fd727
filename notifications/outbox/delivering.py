"""From rows to people: claim, ask the plan again, put together, send, mark."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from accounts.models import Person
from config.database import commit_without_waiting, db, writing
from notifications.channels import Channel, Outcome, Outgoing, Result
from notifications.channels import Target as To
from notifications.merging import Together, Words, named, together, worded
from notifications.models import Notice, Status, Target
from notifications.outbox.claiming import LEASE, Claim, claim_batch, set_held
from notifications.outbox.rechecking import Verdicts, recheck
from notifications.rules import TRIAL

PATIENCE = 150.0
"""Seconds after which a delivery begins no further batch; what is left waits for the next tick, held by nobody."""
PEOPLE_TOGETHER = 100
"""People whose notices one claim takes."""
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
"""Pauses between attempts double; twelve attempts last 16 to 20 hours: a night's outage is outlasted."""
MARKED_TOGETHER = 10
"""Results written in one transaction; so many messages at most go out twice after a crash."""


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
class _Reached:
    """The recipient of a claimed notice, and where they are reached."""

    name: str
    email: str | None
    to: To | None


@dataclass(frozen=True)
class _Message:
    """Notices that go out as one, with what each says of itself, and what the whole says."""

    notices: tuple[Notice, ...]
    own: Mapping[int, Words]
    words: Words
    altered: bool
    """Whether others go out in it than were put together before."""

    @property
    def leading(self) -> Notice:
        """The one that stands whole."""
        return self.notices[0]

    @property
    def key(self) -> str:
        """What makes it this message and no other."""
        return named(self.leading.key, (notice.key for notice in self.notices[1:]))

    @property
    def attempts(self) -> int:
        """How often it was tried, or one of those in it."""
        return max(notice.attempts for notice in self.notices)

    def texts(self) -> Iterator[tuple[Notice, Words]]:
        """Each notice with what its row keeps: of the leading one, what went out."""
        yield self.leading, self.words
        yield from ((notice, self.own[notice.id]) for notice in self.notices[1:])


def deliver(
    now: datetime,
    channels: Mapping[str, Channel],
    batch: int = PEOPLE_TOGETHER,
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
        verdicts = recheck(rows, now)
        failures += verdicts.failures
        messages = _composed(rows, verdicts, now)
        _settle(claim, rows, verdicts, messages, delivered)
        waiting: dict[str, list[_Message]] = defaultdict(list)
        for message in messages:
            waiting[message.leading.channel].append(message)
        for name, theirs in waiting.items():
            outgoing = [_outgoing(message, people, now) for message in theirs]
            marks = _Marks(claim, now, {message.leading.id: message for message in theirs}, jitter, delivered)
            try:
                for results in _grouped(channels[name].send(outgoing), MARKED_TOGETHER):
                    marks.write(results)
            except Exception as error:
                failures.append(error)
                words = f"{type(error).__name__}: {error}"
                marks.write([Result(each, Outcome.RETRY, words) for each in marks.messages if each not in marks.done])
    if failures:
        raise ExceptionGroup("some notices could not be sent", failures)
    return delivered


def _claimed(claim: Claim) -> tuple[list[Notice], dict[int, _Reached]]:
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


def _composed(rows: Iterable[Notice], verdicts: Verdicts, now: datetime) -> list[_Message]:
    """What goes out, of all that holds."""
    before: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.within_id is not None:
            before[row.within_id].add(row.id)
    held = [row for row in rows if row.id in verdicts.hold]
    return [_message(each, verdicts.hold, before.get(each.leading.id, set())) for each in together(held, now)]


def _message(given: Together[Notice], fresh: Mapping[int, Words], before: set[int]) -> _Message:
    altered = {notice.id for notice in given.within} != before
    if given.leading.attempts and not altered:
        # Once an attempt was made, the words stay: it may have arrived.
        stored = {notice.id: (notice.subject, notice.body) for notice in given.notices}
        return _Message(given.notices, stored, stored[given.leading.id], altered)
    words = worded(fresh[given.leading.id], [fresh[notice.id] for notice in given.within])
    return _Message(given.notices, fresh, words, altered)


def _outgoing(message: _Message, people: Mapping[int, _Reached], now: datetime) -> Outgoing:
    whom = people[message.leading.id]
    return Outgoing(message.leading.id, message.key, whom.name, whom.email, *message.words, at=now, target=whom.to)


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


def _settle(
    claim: Claim, rows: Iterable[Notice], verdicts: Verdicts, messages: Iterable[_Message], delivered: Delivered
) -> None:
    """Write what is gone and what goes out within what, in one transaction: who waits within another waits with it."""
    altered = [message for message in messages if message.altered]
    within = {row.id: message.leading.id for message in messages for row in message.notices[1:]}
    others = [row.id for row in rows if row.within_id is not None and row.id not in within]
    if not (verdicts.gone or verdicts.moved or altered or others):
        return
    alike: dict[tuple[Status, str], list[int]] = defaultdict(list)
    for id_, verdict in verdicts.gone.items():
        alike[verdict].append(id_)
    with writing() as session:
        set_held(session, claim, others, {"within_id": None})
        for id_, why in verdicts.moved.items():
            # It gives up its key, so that the plan can plan it again on its new day; what was sent keeps it for good.
            values = {"status": Status.SUPPRESSED, "why_not": why, "key": Notice.key.concat(f"|moved:{id_}")}
            delivered.suppressed += set_held(session, claim, [id_], _DONE | values)
        for (status, why), ids in alike.items():
            count = set_held(session, claim, ids, _DONE | {"status": status, "why_not": why})
            if status is Status.SUPPRESSED:
                delivered.suppressed += count
            else:
                delivered.superseded += count
        for message in altered:
            subject, body = message.words
            set_held(session, claim, [message.leading.id], {"subject": subject, "body": body})
            ids = [row.id for row in message.notices[1:]]
            set_held(session, claim, ids, {"within_id": message.leading.id})


@dataclass
class _Marks:
    """Writes down what came of a channel's batch."""

    claim: Claim
    now: datetime
    messages: Mapping[int, _Message]
    """By the leading notice's id."""
    jitter: Callable[[], float]
    delivered: Delivered
    done: set[int] = field(default_factory=set)

    def write(self, results: Sequence[Result]) -> None:
        """One transaction for some results, and one statement for those that ended alike; what is within a message ends
        with it. Nobody waits for the disk: a mark that a power cut takes back lets a message go out twice, as one does
        that was not written yet."""
        if not results:
            return
        alike: dict[tuple[str, tuple[tuple[str, Any], ...]], list[int]] = defaultdict(list)
        for result in results:
            message = self.messages[result.id]
            counted, values = self._values(message, result)
            for row, (subject, body) in message.texts():
                altered = "attempts" in values and (row.subject, row.body) != (subject, body)
                said = {"subject": subject, "body": body} if altered else {}
                alike[counted, tuple((values | said).items())].append(row.id)
        with writing() as session:
            commit_without_waiting(session)
            for (counted, given), ids in alike.items():
                count = set_held(session, self.claim, ids, dict(given))
                setattr(self.delivered, counted, getattr(self.delivered, counted) + count)
        self.done.update(result.id for result in results)

    def _values(self, message: _Message, result: Result) -> tuple[str, dict[str, Any]]:
        attempts = message.attempts + 1
        if result.outcome is Outcome.POSTPONED:
            return "postponed", _AGAIN | {"next_attempt_at": self.now + timedelta(seconds=1)}
        if result.outcome is Outcome.SENT:
            sent = {"status": Status.SENT, "sent_at": self.now, "attempts": attempts, "error": None}
            return "sent", _DONE | sent
        if result.outcome is Outcome.SUPPRESSED:
            return "suppressed", _DONE | {"status": Status.SUPPRESSED, "why_not": result.words, "within_id": None}
        failed = {"attempts": attempts, "error": result.words}
        if result.outcome is Outcome.DEAD or attempts >= MOST_ATTEMPTS or message.leading.stage == TRIAL:
            return "dead", _DONE | failed | {"status": Status.DEAD}
        again = self.now + pause(attempts, self.jitter())
        return "failed", _AGAIN | failed | {"status": Status.FAILED, "next_attempt_at": again}


def pause(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many attempts: doubling, and spread by a random share (0 to 1) of half its length, so
    that what failed together does not come back together."""
    doubled: timedelta = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return doubled * (1 + jitter / 2)
