"""Keys: a wish that carries one has its effect once, and its answer again when it is repeated.

A key belongs to a person (0 is the clock) and remembers effects only: a refusal is judged anew. The same key with
another wish is refused. Callers serialise the acts of one key themselves (they hold a row that both would need).
"""

import hashlib
import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from config.statements import Statement, Values, at_once
from ledger.chain import instant_text
from ledger.models import Effect

REMEMBERED = timedelta(days=60)
"""[choice] How long an effect is remembered. A form left open for longer is told apart by its version."""


class Reused(Exception):
    """The key was used for another wish before."""

    text = "这次操作和之前用同一凭据的操作内容不同，请重新打开页面"


REMEMBER = Statement(
    insert(Effect).values(
        person_id=bindparam("owner"),
        key=bindparam("key"),
        fingerprint=bindparam("wish"),
        outcome=bindparam("outcome"),
        at=bindparam("at"),
    )
)


def wish(name: str, *given: Any) -> str:
    """What somebody wants, as one digest: of the act's name and all that was given."""
    text = json.dumps([name, *given], ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def remembered(session: Session, owner: int, key: str, wanted: str) -> Any:
    """What the wish of this key did before; None when it did nothing yet. Raises Reused for another wish."""
    found = session.execute(
        select(Effect.fingerprint, Effect.outcome).where(Effect.person_id == owner, Effect.key == key)
    ).one_or_none()
    return None if found is None else recalled(found.fingerprint, found.outcome, wanted)


def effects(session: Session, owner: int, sent: Collection[str]) -> dict[str, dict[str, Any]]:
    """What these keys of one person did, by key, whatever the wish was; without those that did nothing yet."""
    rows = session.execute(select(Effect.key, Effect.outcome).where(Effect.person_id == owner, Effect.key.in_(sent)))
    kept = {key: json.loads(outcome) for key, outcome in rows}
    return {key: outcome for key, outcome in kept.items() if isinstance(outcome, dict)}


def recalled(fingerprint: str, outcome: str, wanted: str) -> Any:
    """The outcome of a row that was read already. Raises Reused for another wish."""
    if fingerprint != wanted:
        raise Reused
    return json.loads(outcome)


def remembering(owner: int, key: str, wanted: str, outcome: Any, at: datetime) -> tuple[Statement, Values]:
    """What writes an outcome (anything JSON holds; instants as text) down."""
    text = json.dumps(outcome, ensure_ascii=False, default=_plain)
    return REMEMBER, {"owner": owner, "key": key, "wish": wanted, "outcome": text, "at": at}


def remember(session: Session, owner: int, key: str, wanted: str, outcome: Any, at: datetime) -> None:
    """Write an outcome down, in the caller's transaction."""
    at_once(session, remembering(owner, key, wanted, outcome, at))


def forget(session: Session, now: datetime) -> int:
    """Forget effects older than REMEMBERED; how many."""
    gone = session.execute(delete(Effect).where(Effect.at < now - REMEMBERED))
    return int(getattr(gone, "rowcount", 0))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return str(value)
