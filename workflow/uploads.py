"""A file that was read for a table and waits for its sender to accept it or give it up. One per person and table."""

import hashlib
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from workflow.models import Upload


def digest(data: bytes) -> str:
    """The name of a file's content: SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def keep(session: Session, table_id: int, person_id: int, *, name: str, data: bytes, now: datetime) -> Upload:
    """Keep a file in place of the one that waited before. Writes in the caller's transaction."""
    discard(session, table_id, person_id)
    kept = Upload(
        table_id=table_id, person_id=person_id, name=name[:200], sha256=digest(data), data=data, uploaded_at=now
    )
    session.add(kept)
    session.flush()
    return kept


def waiting(session: Session, table_id: int, person_id: int) -> Upload | None:
    """The person's own file that waits for this table."""
    return session.scalars(
        select(Upload).where(Upload.table_id == table_id, Upload.person_id == person_id)
    ).one_or_none()


def discard(session: Session, table_id: int, person_id: int) -> bool:
    """Forget the file that waits; whether there was one. Writes in the caller's transaction."""
    gone = session.execute(delete(Upload).where(Upload.table_id == table_id, Upload.person_id == person_id))
    return cast("CursorResult[object]", gone).rowcount > 0
