"""The one way a table moves, and the one way anything else about it is written.

`act` and `record` each are one transaction: lock, take the time, ask who and whether, write, add to the history,
commit. Nothing else sets a state. `may` answers what a person can do now, and why not the rest, from the same rules.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Select, select, update
from sqlalchemy.orm import Session

from config.clock import Clock
from config.database import db, writing
from ledger import book
from ledger.chain import instant_text
from ledger.models import Entry
from workflow import loading
from workflow.actors import Acting, Actor, label, resolve
from workflow.effects import EFFECTS, Doing, Impossible, Written
from workflow.facts import Attempt, Reason
from workflow.lifecycle import EVENTS, judge
from workflow.models import Effect, Table
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
    wish = _fingerprint(event, table_id, version, opinion, details)
    try:
        with writing() as session:
            table = session.scalars(_locked(table_id)).one_or_none()
            at = now()
            actor = _actor(session, person, table, at)
            if table is None or actor is None:
                return Refused("not_found", (NOT_FOUND,))
            if remembered := _remembered(session, actor, key, wish, Moved):
                return remembered
            if not _is_current(table, version):
                return _stale(session, table)
            attempt = _attempt(actor, opinion, details)
            facts = loading.load(session, table, at, declared.needs)
            to_state, reasons = judge(event, facts, attempt)
            if to_state is None:
                return Refused("refused", reasons)
            from_state = State(table.state)
            written = EFFECTS[event](Doing(session, table, attempt, at))
            _write(session, table, version, to_state, at, written)
            written.then()
            entry = book.append(
                session,
                f"table:{table_id}",
                event,
                at=at,
                person_id=actor.person_id,
                person_name=actor.name,
                role=actor.role_used(declared.roles),
                body={"opinion": attempt.opinion} | written.said if attempt.opinion else written.said,
                move=(version, from_state, to_state),
            )
            moved = Moved(event, table_id, from_state, to_state, version + 1, at, entry.id, written.said)
            _remember(session, actor, key, wish, moved, at)
            return moved
    except _Stale:
        with writing() as session:
            return _stale(session, session.get_one(Table, table_id))
    except Impossible as error:
        return Refused(error.kind, (error.reason,))


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
    wish = _fingerprint(kind, table_id, None, None, details)
    try:
        with writing() as session:
            table = session.scalars(_locked(table_id)).one_or_none()
            at = now()
            actor = _actor(session, person, table, at)
            if table is None or actor is None:
                return Refused("not_found", (NOT_FOUND,))
            if remembered := _remembered(session, actor, key, wish, Recorded):
                return remembered
            attempt = _attempt(actor, details.get("reason") or details.get("text"), details)
            if reasons := _against_record(session, declared, table, at, attempt):
                return Refused("refused", reasons)
            said = declared.effect(Doing(session, table, attempt, at))
            session.flush()
            entry = book.append(
                session,
                f"table:{table_id}",
                kind,
                at=at,
                person_id=actor.person_id,
                person_name=actor.name,
                role=actor.role_used(declared.roles),
                body=said,
            )
            recorded = Recorded(kind, table_id, at, entry.id, said)
            _remember(session, actor, key, wish, recorded, at)
            return recorded
    except Impossible as error:
        return Refused(error.kind, (error.reason,))


def asked(
    event: str, table_id: int, *, person: Acting, now: Clock, opinion: str | None = None, **details: Any
) -> Refused | None:
    """What stands against an event now, without trying it and without a lock; None when nothing does."""
    session = db.session()
    session.rollback()
    table, at = session.get(Table, table_id), now()
    actor = _actor(session, person, table, at, lock=False)
    if table is None or actor is None:
        return Refused("not_found", (NOT_FOUND,))
    facts = loading.load(session, table, at, EVENTS[event].needs)
    _, reasons = judge(event, facts, _attempt(actor, opinion, details))
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
    attempt, state = _attempt(actor, None, details), State(table.state)
    needs = frozenset().union(
        *(event.needs for event in EVENTS.values() if state in event.sources and actor.roles & event.roles),
        *(kind.needs for kind in RECORDS.values() if not kind.against(state, attempt)),
    )
    facts = loading.load(session, table, now, needs, known)
    for event in EVENTS.values():
        _, answers[event.name] = judge(event.name, facts, attempt)
    for kind in RECORDS.values():
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
        "grade",
        "review_incomplete",
        "review_malformed",
        "revision_stale",
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


def _attempt(actor: Actor, opinion: str | None, details: dict[str, Any]) -> Attempt:
    return Attempt(
        person_id=actor.person_id,
        name=actor.name,
        roles=actor.roles,
        of_the_department=actor.of_the_department,
        opinion=(opinion or "").strip(),
        details=details,
    )


def _against_record(
    session: Session, kind: RecordKind, table: Table, at: datetime, attempt: Attempt
) -> tuple[Reason, ...]:
    against = kind.against(State(table.state), attempt)
    if against:
        return against
    facts = loading.load(session, table, at, kind.needs)
    return kind.reasons(facts, attempt)


def _is_current(table: Table, version: int) -> bool:
    """Whether what the person saw is what there is."""
    return table.version == version


def _unchanged(table: Table, version: int) -> tuple[Any, ...]:
    """What must still be so when the move is written: the row's own last word on who was first."""
    return Table.id == table.id, Table.state == table.state, Table.version == version


def _write(session: Session, table: Table, version: int, to_state: State, at: datetime, written: Written) -> None:
    stays = to_state == table.state
    columns = written.columns | {"state": to_state, "version": version + 1}
    if not stays:
        columns |= {"state_since": at, "begun_at": None}
    changed = session.execute(
        update(Table).where(*_unchanged(table, version)).values(columns).execution_options(synchronize_session=False)
    )
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        raise _Stale
    session.expire(table)


def _stale(session: Session, table: Table) -> Refused:
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


def _fingerprint(name: str, table_id: int, version: int | None, opinion: str | None, details: dict[str, Any]) -> str:
    wish = json.dumps(
        [name, table_id, version, opinion, details], ensure_ascii=False, sort_keys=True, default=_json_value
    )
    return hashlib.sha256(wish.encode()).hexdigest()


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return str(value)


def _remembered(session: Session, actor: Actor, key: str, wish: str, outcome: type[T]) -> T | Refused | None:
    effect = session.get(Effect, (actor.key_owner, key))
    if effect is None:
        return None
    if effect.fingerprint != wish:
        return Refused("key_reused", (Reason("key_reused", "这次操作和之前用同一凭据的操作内容不同，请重新打开页面"),))
    kept = dict(effect.outcome) | {"at": effect.at}
    for state in ("from_state", "to_state"):
        if state in kept:
            kept[state] = State(kept[state])
    return outcome(**kept)


def _remember(session: Session, actor: Actor, key: str, wish: str, outcome: Moved | Recorded, at: datetime) -> None:
    kept = json.loads(json.dumps(outcome.__dict__, default=_json_value))
    session.add(Effect(person_id=actor.key_owner, key=key, fingerprint=wish, outcome=kept, at=at))
    session.flush()
