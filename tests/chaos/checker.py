"""What must hold in the database whatever was done to the program: read anew after each trial, named where it does not.

A trial tells what its requests were answered and where it put a row back itself; everything else is read.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CheckConstraint, select, text
from sqlalchemy.orm import Session

from config.clock import Clock
from config.database import Base, db
from ledger import book, sealing
from ledger.models import Effect, Entry, Seal
from notifications import outbox, plan
from notifications.gathering import TABLE_CHAIN, gather, table_of
from notifications.models import Notice
from notifications.rules import NOBODY_THERE, RULES, On
from workflow.lifecycle import EVENTS
from workflow.models import Table
from workflow.records import RECORDS
from workflow.states import State

KEYED = EVENTS.keys() | RECORDS.keys()
"""Acts that carry a key: each of their entries has the one effect that names it."""


@dataclass(frozen=True)
class Answer:
    """What a request was answered: `status` None where the answer was lost on its way."""

    person_id: int
    key: str
    status: int | None
    location: str = ""

    @property
    def done(self) -> bool:
        """Whether it says that what was asked for is done."""
        return self.status is not None and 200 <= self.status < 400

    @property
    def refused(self) -> bool:
        """Whether it says that nothing was done."""
        return self.status is not None and 400 <= self.status < 500


@dataclass
class Told:
    """What a trial knows and the database does not say."""

    answers: list[Answer] = field(default_factory=list)
    put_back: dict[tuple[int, int], State] = field(default_factory=dict)
    """States that the trial itself put a table back into, by table and version."""


def what_does_not_hold(now: Clock, told: Told | None = None) -> list[str]:
    """Everything that does not hold, as sentences; empty when all does. Ticks once before it looks."""
    told = told or Told()
    outbox.plan_due(now())
    sealing.seal(now, everything=True)
    session = db.session()
    session.rollback()
    session.expire_all()
    entries = list(session.scalars(select(Entry).order_by(Entry.chain, Entry.position)))
    effects = list(session.execute(select(Effect.person_id, Effect.key, Effect.outcome)))
    found = [
        *_moves(session, entries, told.put_back),
        *_effects(entries, [outcome for _person, _key, outcome in effects]),
        *_answers(entries, effects, told.answers),
        *_notices(session, entries, now),
        *_ledger(session),
        *_constraints(session),
    ]
    session.rollback()
    return found


def _moves(session: Session, entries: Collection[Entry], put_back: Mapping[tuple[int, int], State]) -> Iterator[str]:
    """Each version is left once, without a gap, and the history leads to where the table is."""
    moves = defaultdict[str, list[Entry]](list)
    for entry in entries:
        if entry.from_version is not None:
            moves[entry.chain].append(entry)
    for table_id, now_state, now_version in session.execute(select(Table.id, Table.state, Table.version)).all():
        state, version = State.DRAFT, 1
        for entry in moves.pop(f"{TABLE_CHAIN}{table_id}", []):
            state = put_back.get((table_id, version), state)
            if entry.from_version != version:
                yield f"table {table_id}: after version {version} comes a move from {entry.from_version}"
            if entry.from_state != state:
                yield f"table {table_id}: a move from {entry.from_state}, where the history had led to {state}"
            state, version = State(entry.to_state), (entry.from_version or 0) + 1
        state = put_back.get((table_id, version), state)
        if (now_state, now_version) != (state, version):
            yield (
                f"table {table_id} is {now_state} in version {now_version}, "
                f"its history leads to {state} in version {version}"
            )
    for chain in moves:
        yield f"{chain} has moves and no table"


def _effects(entries: Collection[Entry], outcomes: Collection[str]) -> Iterator[str]:
    """Each keyed act's entry has one effect that names it, and each effect its entry: never half of the two."""
    named = Counter(number for outcome in outcomes if (number := _entry_of(outcome)) is not None)
    acts = {entry.id: f"{entry.act} in {entry.chain}" for entry in entries}
    for number, times in named.items():
        if number not in acts:
            yield f"an effect names entry {number}, which is not there"
        if times > 1:
            yield f"{times} effects name entry {number}"
    for entry in entries:
        if entry.chain.startswith(TABLE_CHAIN) and entry.act in KEYED and not named[entry.id]:
            yield f"entry {entry.id} ({acts[entry.id]}) has no effect"


def _entry_of(outcome: str) -> int | None:
    kept = json.loads(outcome)
    number = kept.get("entry_id") if isinstance(kept, dict) else None
    return number if isinstance(number, int) else None


def _answers(entries: Collection[Entry], effects: Collection[Any], answers: Collection[Answer]) -> Iterator[str]:
    """Whoever was told that it is done has an effect under their key, whoever was refused has none."""
    there = {entry.id for entry in entries}
    kept = defaultdict[tuple[int, str], list[str]](list)
    for person_id, key, outcome in effects:
        kept[person_id, key].append(outcome)
    for answer in answers:
        own = kept[answer.person_id, answer.key]
        numbers = [_entry_of(outcome) for outcome in own]
        if answer.done and (len(own) != 1 or (numbers[0] is not None and numbers[0] not in there)):
            yield f"{answer} claims an effect, and there is none"
        if answer.done and answer.location.startswith("/sign-in"):
            yield f"{answer} leads to the door"
        if answer.refused and own:
            yield f"{answer} refuses what has an effect"


def _notices(session: Session, entries: Collection[Entry], now: Clock) -> Iterator[str]:
    """What a rule answers is told to everybody it concerns, and nobody is told of what no rule answers."""
    of_tables = [entry for entry in entries if entry.chain.startswith(TABLE_CHAIN)]
    cycle_of = dict(session.execute(select(Table.id, Table.cycle_id)).all())
    by_cycle = defaultdict[int, list[Entry]](list)
    for entry in of_tables:
        if (table_id := table_of(entry)) in cycle_of:
            by_cycle[cycle_of[table_id]].append(entry)
    planned = list(session.execute(select(Notice.key, Notice.rule, Notice.entry_id)))
    known, at = {key for key, _rule, _entry_id in planned}, now()
    for cycle_id, happened in by_cycle.items():
        due = plan.due(at, gather(session, cycle_id, at, entries=happened))
        for notice in due:
            if notice.stage == plan.HISTORY and notice.key not in known:
                yield f"{notice.key} is due and was not planned"
    answered = {entry.id: _rules_of(entry) for entry in of_tables}
    for key, rule, entry_id in planned:
        if entry_id is not None and rule not in answered.get(entry_id, set()):
            yield f"notice {key} tells of entry {entry_id}, which gives no cause for it"


def _rules_of(entry: Entry) -> set[str]:
    """The rules that an entry gives cause to."""
    fitting = [rule for rule in RULES if isinstance(rule.when, On) and rule.when.fits(entry.act, book.said(entry))]
    return {rule.code for rule in fitting} | {NOBODY_THERE.code for rule in fitting if rule.asks}


def _ledger(session: Session) -> Iterator[str]:
    """The chains hold, and every entry is sealed."""
    for one in book.verify(session):
        yield f"the ledger breaks in {one.chain} at {one.position}: {one.kind}"
    sealed = select(Seal.entry_id)
    for number in session.scalars(select(Entry.id).where(Entry.id.not_in(sealed))):
        yield f"entry {number} is not sealed"


def _constraints(session: Session) -> Iterator[str]:
    """Every CHECK, asked of every row, and what the database says of its own references."""
    for table in Base.metadata.sorted_tables:
        for check in table.constraints:
            if not isinstance(check, CheckConstraint):
                continue
            broken = session.execute(
                text(f"SELECT count(*) FROM {table.name} WHERE NOT ({check.sqltext})")  # noqa: S608 - of our models
            ).scalar_one()
            if broken:
                yield f"{broken} rows of {table.name} break {check.name}"
    if session.get_bind().dialect.name == "sqlite":
        yield from (f"the file: {row}" for row in session.execute(text("PRAGMA integrity_check")) if row[0] != "ok")
        yield from (f"a reference to nothing: {row}" for row in session.execute(text("PRAGMA foreign_key_check")))
    else:
        unchecked = text("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        yield from (f"{name} was never validated" for name in session.scalars(unchecked))
