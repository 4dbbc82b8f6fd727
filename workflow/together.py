"""Several tables at once, each by its own act: what may be done with which, why not with the rest.

[choice] A table is approved together with others only where the officer's own review of its latest revision is complete
and saved: what is decided in a batch has been read and written one by one before. Nothing here is a rule of the
lifecycle: whether an approval stands is asked of workflow.acts for each table, and answered by it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import Clock
from ledger.models import Entry
from workflow import acts
from workflow.facts import Reason
from workflow.guards import at_the_bureau
from workflow.holidays import calendar_for
from workflow.listing import Waiting, worklist
from workflow.models import Cycle, Review, Revision, Table
from workflow.records.extending import urged_too_often
from workflow.scope import OFFICE_TIMEZONE, tables_seen_by
from workflow.states import LABELS
from workflow.turns import Hand

NO_REVIEW = Reason("review_none", "您对最新版次的评审表还没有写，请打开审核")


@dataclass(frozen=True)
class Written:
    """An officer's own review of a table's latest revision, as it was saved, and the version it is decided on."""

    version: int
    revision: int
    grade: str | None
    opinion: str
    review: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Chosen:
    """One table of a choice: `event` is what may be done with it (approve or urge), or None with the reasons."""

    line: Waiting
    event: str | None
    reasons: tuple[Reason, ...] = ()
    refused: str = ""
    """What the reasons stand against: approve or urge; empty where nobody is asked for anything."""
    written: Written | None = None
    urged: int = 0
    """How often it was urged before."""


def chosen(session: Session, ids: Collection[int], person_id: int, now: Clock) -> list[Chosen]:
    """What somebody may do with each of these tables, in the order of their worklist; others' tables are left out."""
    at = now()
    lines = [line for line in worklist(session, person_id, at, ended=True) if line.table_id in ids]
    in_review = [line.table_id for line in lines if line.hand is Hand.BUREAU]
    reviews = written(session, in_review, person_id, at)
    urged = _urged(session, [line.table_id for line in lines if line.hand is Hand.DEPARTMENT])
    years = session.scalars(select(Cycle).where(Cycle.id.in_({line.cycle_id for line in lines})))
    calendars = {year.id: calendar_for(year) for year in years}
    found = []
    for line in lines:
        review = reviews.get(line.table_id)
        if line.hand is Hand.BUREAU:
            against = against_approval(line.table_id, review, person_id, now)
            if any(reason.code == "role" for reason in against):  # who never approves could only urge
                found.append(Chosen(line, None, (at_the_bureau(line.state),), "urge"))
            else:
                found.append(Chosen(line, None if against else "approve", against, "approve", review))
        elif line.hand is Hand.DEPARTMENT:
            before = urged.get(line.table_id, [])
            often = urged_too_often(before, at, OFFICE_TIMEZONE, calendars[line.cycle_id])
            found.append(Chosen(line, None if often else "urge", (often,) if often else (), "urge", urged=len(before)))
        else:
            found.append(Chosen(line, None, (Reason("state", f"现在是“{LABELS[line.state]}”，没有等人办的事"),)))
    return found


def written(session: Session, ids: Collection[int], person_id: int, now: datetime) -> dict[int, Written]:
    """Somebody's own reviews of the latest revisions of these tables, decided ones too: asked again, an approval
    answers what it answered."""
    rows = session.execute(
        tables_seen_by(session, person_id, now)
        .with_only_columns(Table.id, Table.version, Revision.number, Review.grade, Review.opinion, Review.form)
        .join(Revision, (Revision.table_id == Table.id) & (Revision.number == Table.latest_revision))
        .join(Review, (Review.revision_id == Revision.id) & (Review.person_id == person_id))
        .where(Table.id.in_(ids))
    )
    return {table_id: Written(*rest) for table_id, *rest in rows}


def against_approval(table_id: int, review: Written | None, person_id: int, now: Clock) -> tuple[Reason, ...]:
    """What stands against approving a table as it was reviewed; empty when nothing does."""
    if review is None:
        refused = acts.asked("approve", table_id, person=person_id, now=now)
        other = [one for one in refused.reasons if one.code in {"role", "state", "own_department"}] if refused else []
        return tuple(other) or (NO_REVIEW,)
    refused = acts.asked("approve", table_id, person=person_id, now=now, opinion=review.opinion, **_details(review))
    return refused.reasons if refused else ()


def approve(
    session: Session, table_id: int, *, version: int, person_id: int, now: Clock, key: str
) -> acts.Moved | acts.Refused:
    """Approve a table as its officer reviewed it. `version` is the one they saw; `key` is this table's own."""
    review = written(session, [table_id], person_id, now()).get(table_id)
    session.rollback()
    if review is None:
        return acts.Refused("refused", against_approval(table_id, None, person_id, now))
    return acts.act(
        "approve",
        table_id,
        person=person_id,
        version=version,
        now=now,
        key=key,
        opinion=review.opinion,
        **_details(review),
    )


def _details(review: Written) -> dict[str, Any]:
    return {"revision": review.revision, "review": review.review, "grade": review.grade or ""}


def _urged(session: Session, ids: Collection[int]) -> dict[int, list[datetime]]:
    chains = {f"table:{table_id}": table_id for table_id in ids}
    found: dict[int, list[datetime]] = {}
    for chain, at in session.execute(select(Entry.chain, Entry.at).where(Entry.chain.in_(chains), Entry.act == "urge")):
        found.setdefault(chains[chain], []).append(at)
    return found
