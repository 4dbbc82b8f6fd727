"""The one way a table moves, and the one way anything else about it is written.

`act` and `record` each are one transaction: lock, take the time, ask who and whether, write, add to the history,
commit. Nothing else sets a state. `may` answers what a person can do now, and why not the rest, from the same rules.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.clock import Clock
from config.database import db, persevering, writing
from config.statements import Statement, Values, at_once
from ledger import book, keys
from ledger.chain import canonical
from ledger.models import Entry
from workflow import bringing, loading
from workflow.actors import Acting, Actor, label, resolve
from workflow.effects import EFFECTS, Doing, Impossible, Written
from workflow.facts import Attempt, Facts, Reason
from workflow.lifecycle import EVENTS, Event, Need, judge
from workflow.models import Table
from workflow.records import RECORDS, RecordKind
from workflow.states import LABELS, State

T = TypeVar("T", "Moved", "Recorded")
NOT_FOUND = Reason("not_found", "没有找到这张表")


@dataclass(frozen=True)
class Moved:
    """What an event did: the states it led from and to, the new version, and its entry in the history."""

    event: str
    table_id: int
    from_state: State
    to_state: State
    version: int
    at: datetime
    entry_id: int
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recorded:
    """What an act that moves nothing did, and its entry in the history."""

    kind: str
    table_id: int
    at: datetime
    entry_id: int
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """Nothing happened: not_found, stale, key_reused, or refused with the guards' reasons."""

    kind: str
    reasons: tuple[Reason, ...]

    def sentence(self) -> str:
        """All reasons as one text."""
        return "；".join(reason.text for reason in self.reasons)


class _Stale(Exception):
    """The row was another one when it was written: somebody moved the table in between."""


def act(
    event: str,
    table_id: int,
    *,
    person: Acting,
    version: int,
    now: Clock,
    key: str,
    opinion: str | None = None,
    **details: Any,
) -> Moved | Refused:
    """Move a table by one event, or say why not. One transaction; KeyError for an event that does not exist.

    `version` is the one the person saw. `key` names this very wish: asked again with it, an effect answers what it
    answered, a refusal is judged anew. `now` is asked after the lock is held. Details by event: submit sheet_edit;
    approve, return, amend, accept_amendment and the evaluation's decisions revision; approve and return grade and
    review; send_back, return and return_evaluation until; amend grade and changes.
    """
    declared = EVENTS[event]
    wish = keys.wish(event, table_id, version, opinion, details)
    try:
        return persevering(lambda: _act(declared, table_id, person, version, now, key, wish, opinion, details))
    except (_Stale, IntegrityError) as error:
        return _stale_now(table_id, version, error)
    except keys.Reused as reused:
        return Refused("key_reused", (Reason("key_reused", reused.text),))
    except Impossible as error:
        return Refused(error.kind, error.reasons)


def _act(
    declared: Event,
    table_id: int,
    person: Acting,
    version: int,
    now: Clock,
    key: str,
    wish: str,
    opinion: str | None,
    details: dict[str, Any],
) -> Moved | Refused:
    event = declared.name
    with writing() as session:
        brought = bringing.bring(session, table_id, person, key)
        at = now()
        actor = brought.actor(person, at) if brought else None
        if brought is None or actor is None or not actor.roles:
            return Refused("not_found", (NOT_FOUND,))
        row = brought.row
        if row.fingerprint is not None and row.outcome is not None:
            return _again(keys.recalled(row.fingerprint, row.outcome, wish), Moved)
        if not _is_current(row, version):
            return _stale(session, row)
        attempt = actor.attempt(declared.roles, _hands(row), opinion, details)
        facts = _facts(session, brought, at, declared.needs)
        to_state, reasons = judge(event, facts, attempt)
        if to_state is None:
            return Refused("refused", reasons)
        written = EFFECTS[event](Doing(session, row, attempt, at))
        move = _move(row, to_state, at, written)
        if written.then is not None:
            _won(at_once(session, move))
            session.expire_all()
            written.then()
            session.flush()
        if row.position == 0:
            book.claim(session, f"table:{table_id}")
        # What `then` wrote may have drawn ids of its own.
        entry_id = row.next_entry_id if written.then is None else book.new_entry_id(session)
        said = ({"opinion": attempt.opinion} if attempt.opinion else {}) | _for(attempt) | written.said
        entry = book.Written(
            chain=f"table:{table_id}",
            position=row.position + 1,
            at=at,
            act=event,
            person_id=actor.person_id,
            person_name=attempt.name,
            role=actor.role_used(declared.roles),
            from_version=row.version,
            from_state=row.state,
            to_state=to_state,
            body=canonical(said),
            previous_hash=row.hash,
        )
        moved = Moved(event, table_id, State(row.state), to_state, row.version + 1, at, entry_id, written.said)
        rest = (
            *book.appending(entry_id, entry),
            keys.remembering(actor.key_owner, key, wish, moved.__dict__, at),
            *written.rows,
        )
        if written.then is None:
            _won(at_once(session, move, *rest))
        else:
            at_once(session, *rest)
        return moved


def record(
    kind: str,
    table_id: int,
    *,
    person: Acting,
    now: Clock,
    key: str,
    **details: Any,
) -> Recorded | Refused:
    """Write something about a table that does not move it (a remark, an edit, an extension, a confirmation …).

    Same scope, key and history as `act`; see workflow.records for the kinds and their details.
    """
    declared = RECORDS[kind]
    wish = keys.wish(kind, table_id, None, None, details)
    try:
        return persevering(lambda: _record(declared, table_id, person, now, key, wish, details))
    except keys.Reused as reused:
        return Refused("key_reused", (Reason("key_reused", reused.text),))
    except Impossible as error:
        return Refused(error.kind, error.reasons)


def done_before(kind: str, table_id: int, *, person: int, keys_sent: Collection[str]) -> dict[str, Recorded]:
    """What records of this kind did under these keys, by key; for a wish that can only be recognised by its key.

    A file that was accepted is used up, and a row that was saved looks untouched: asked again, neither could say any
    more what was wanted of it.
    """
    found = keys.effects(db.session(), person, keys_sent)
    done = {key: _again(outcome, Recorded) for key, outcome in found.items() if outcome.get("kind") == kind}
    return {key: recorded for key, recorded in done.items() if recorded.table_id == table_id}


def _record(
    declared: RecordKind, table_id: int, person: Acting, now: Clock, key: str, wish: str, details: dict[str, Any]
) -> Recorded | Refused:
    kind = declared.name
    with writing() as session:
        table = session.scalars(_locked(table_id)).one_or_none()
        at = now()
        actor = _actor(session, person, table, at)
        if table is None or actor is None:
            return Refused("not_found", (NOT_FOUND,))
        if (done := keys.remembered(session, actor.key_owner, key, wish)) is not None:
            return _again(done, Recorded)
        opinion = details.get("reason") or details.get("text")
        attempt = actor.attempt(declared.roles, _hands(table), opinion, details)
        if reasons := _against_record(session, declared, table, at, attempt):
            return Refused("refused", reasons)
        said = declared.effect(Doing(session, table, attempt, at))
        session.flush()
        entry_id = book.append(
            session,
            f"table:{table_id}",
            kind,
            at=at,
            person_id=actor.person_id,
            person_name=attempt.name,
            role=actor.role_used(declared.roles),
            body=_for(attempt) | said,
        )
        recorded = Recorded(kind, table_id, at, entry_id, said)
        keys.remember(session, actor.key_owner, key, wish, recorded.__dict__, at)
        return recorded


def asked(
    event: str,
    table_id: int,
    *,
    person: Acting,
    now: Clock,
    version: int | None = None,
    opinion: str | None = None,
    **details: Any,
) -> Refused | None:
    """What stands against an event now, without trying it and without a lock; None when nothing does. `version` as in
    `act`, where the person saw one."""
    session = db.session()
    session.rollback()
    table, at = session.get(Table, table_id), now()
    actor = _actor(session, person, table, at, lock=False)
    if table is None or actor is None:
        return Refused("not_found", (NOT_FOUND,))
    if version is not None and table.version != version:
        return _stale(session, table)
    facts = loading.load(session, table, at, EVENTS[event].needs)
    _, reasons = judge(event, facts, actor.attempt(EVENTS[event].roles, _hands(table), opinion, details))
    session.rollback()
    return Refused("refused", reasons) if reasons else None


def may(
    session: Session,
    table: Table,
    person: Acting,
    now: datetime,
    *,
    known: loading.Known | None = None,
    **details: Any,
) -> dict[str, tuple[Reason, ...]]:
    """Every event and kind of record with what stands against it now; an empty tuple means yes.

    What a person would bring along when doing it (an opinion, a grade, a deadline, the revision on their screen) is
    taken as given: this tells what can be begun. Empty as a whole where the table does not exist for the person.
    `known` as in workflow.loading.load.
    """
    actor = resolve(session, person, table.department, now)
    if not actor.roles:
        return {}
    answers: dict[str, tuple[Reason, ...]] = {}
    state, hands = State(table.state), _hands(table)
    needs = frozenset().union(
        *(event.needs for event in EVENTS.values() if state in event.sources and actor.roles & event.roles),
        *(kind.needs for kind in RECORDS.values() if state in kind.states and actor.roles & kind.roles),
    )
    facts = loading.load(session, table, now, needs, known)
    for event in EVENTS.values():
        _, answers[event.name] = judge(event.name, facts, actor.attempt(event.roles, hands, None, details))
    for kind in RECORDS.values():
        attempt = actor.attempt(kind.roles, hands, None, details)
        answers[kind.name] = kind.against(state, attempt) or kind.reasons(facts, attempt)
    return {
        name: tuple(reason for reason in reasons if reason.code not in BROUGHT_ALONG)
        for name, reasons in answers.items()
    }


BROUGHT_ALONG = frozenset(
    {
        "opinion_empty",
        "deadline_missing",
        "deadline_past",
        "until_missing",
        "until_past",
        "until_early",
        "grade",
        "review_incomplete",
        "review_malformed",
        "revision_stale",
        "remarks_stale",
        "sheet_changed",
        "no_changes",
        "change_without_reason",
    }
)
"""Reasons about what comes with the act itself and not about whether it may be begun."""


def _locked(table_id: int) -> Select[Table]:
    """The table's row, held until the transaction ends (on SQLite the whole transaction already is the one writer)."""
    return select(Table).where(Table.id == table_id).with_for_update(of=Table).execution_options(populate_existing=True)


def _actor(session: Session, person: Acting, table: Table | None, at: datetime, *, lock: bool = True) -> Actor | None:
    if table is None:
        return None
    actor = resolve(session, person, table.department, at, lock=lock)
    return actor if actor.roles else None


def _hands(table: Table | bringing.Row) -> frozenset[int]:
    """Who had a hand in sending the table on: none of them decides it."""
    return table.submitters | table.endorsers


def _for(attempt: Attempt) -> dict[str, Any]:
    """Whom a stand-in acted for, as the history keeps it beside both names."""
    return {"for": attempt.for_id} if attempt.for_id is not None else {}


def _against_record(
    session: Session, kind: RecordKind, table: Table, at: datetime, attempt: Attempt
) -> tuple[Reason, ...]:
    against = kind.against(State(table.state), attempt)
    if against:
        return against
    facts = loading.load(session, table, at, kind.needs)
    return kind.reasons(facts, attempt)


def _facts(session: Session, brought: bringing.Brought, at: datetime, needs: Collection[Need]) -> Facts:
    """What the guards are told: what was brought, or more where the event asks for the sheet or the year's windows."""
    row = brought.row
    if not set(needs) <= bringing.BROUGHT:
        known = loading.Known(remark_facts=brought.remarks, revision_facts=row.latest)
        return loading.load(session, session.get_one(Table, row.id), at, needs, known)
    parent = None if row.parent_state is None else State(row.parent_state)
    return loading.facts_of(row, at, row.timezone, remarks=brought.remarks, latest=row.latest, parent_state=parent)


def _is_current(row: bringing.Row, version: int) -> bool:
    """Whether what the person saw is what there is."""
    return row.version == version


def _unchanged() -> tuple[ColumnElement[bool], ...]:
    """What must still be so when the move is written: the row's own last word on who was first."""
    return (
        Table.id == bindparam("table"),
        Table.state == bindparam("left_state"),
        Table.version == bindparam("left_version"),
    )


@lru_cache(maxsize=64)
def _setting(columns: tuple[str, ...]) -> Statement:
    """The one statement that moves a table and sets these columns with it."""
    return Statement(update(Table).where(*_unchanged()).values({name: bindparam(f"new_{name}") for name in columns}))


def _move(row: bringing.Row, to_state: State, at: datetime, written: Written) -> tuple[Statement, Values]:
    columns = written.columns | {"state": to_state, "version": row.version + 1}
    if to_state != row.state:
        columns |= {"state_since": at, "begun_at": None}
    values = {f"new_{name}": value for name, value in columns.items()}
    seen = {"table": row.id, "left_state": row.state, "left_version": row.version}
    return _setting(tuple(sorted(columns))), values | seen


def _won(touched: int) -> None:
    """If the move met no row, somebody else was first."""
    if touched != 1:
        raise _Stale


def _stale_now(table_id: int, version: int, error: Exception) -> Refused:
    """Somebody else was first: the row was another one, or the ledger has a move from this version already."""
    with writing() as session:
        table = session.get_one(Table, table_id)
        if table.version == version:
            raise error  # nobody was: what the database refused is a defect
        return _stale(session, table)


def _stale(session: Session, table: Table | bringing.Row) -> Refused:
    last = session.scalars(
        select(Entry)
        .where(Entry.chain == f"table:{table.id}", Entry.from_version.is_not(None))
        .order_by(Entry.position.desc())
        .limit(1)
    ).one_or_none()
    said = f"这张表已有变化，现在是“{LABELS[State(table.state)]}”"
    if last is not None:
        verb = EVENTS[last.act].label if last.act in EVENTS else last.act
        said += f"（{label(last.role)}{last.person_name} 刚刚{verb}）"
    return Refused("stale", (Reason("stale", f"{said}，请看过最新内容再办"),))


def _again(done: dict[str, Any], outcome: type[T]) -> T:
    """An outcome as it was remembered."""
    kept = done | {"at": datetime.fromisoformat(done["at"])}
    for state in ("from_state", "to_state"):
        if state in kept:
            kept[state] = State(kept[state])
    return outcome(**kept)
