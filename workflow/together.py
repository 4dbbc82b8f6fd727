"""Several tables at once, each by its own act: what may be done with which, why not with the rest.

[choice] A table is approved together with others only where the officer's own review of its latest revision is complete
and saved: what is decided in a batch has been read and written one by one before. Nothing here is a rule of the
lifecycle: whether an approval stands is asked of workflow.acts for each table, and answered by it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from accounts.models import Person, Post
from accounts.roles import Role
from accounts.scope import holds_on, local_day
from config.clock import Clock
from ledger.models import Entry
from workflow import acts
from workflow.facts import Reason
from workflow.guards import at_the_bureau
from workflow.holidays import calendar_for
from workflow.listing import Waiting, worklist
from workflow.models import Cycle, Review, Revision, Table
from workflow.scope import OFFICE_TIMEZONE, tables_seen_by
from workflow.states import LABELS
from workflow.turns import Hand
from workflow.urging import HEAD_TOLD_FROM, copied_to, urged_in_stage, urged_too_often

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
    """How often it was urged before in its present stage."""
    copied: str = ""
    """Whom one more urge is copied to, from the one on that is copied at all."""
    told: tuple[str, ...] = ()
    """Who receives it."""


def chosen(
    session: Session, ids: Collection[int], person_id: int, now: Clock, audience: Collection[Role] = ()
) -> list[Chosen]:
    """What somebody may do with each of these tables, in the order of their worklist; others' tables are left out.
    `audience` are the roles that are told of an urge."""
    at = now()
    lines = [line for line in worklist(session, person_id, at, ended=True) if line.table_id in ids]
    in_review = [line.table_id for line in lines if line.hand is Hand.BUREAU]
    reviews = written(session, in_review, person_id, at)
    departments = [line.table_id for line in lines if line.hand is Hand.DEPARTMENT]
    steps = _steps(session, departments)
    urged = {table_id: urged_in_stage(each) for table_id, each in steps.items()}
    people = people_of(session, departments, {*audience, Role.HEAD}, at)
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
            count = urged.get(line.table_id, 0)
            before = [step.at for step in steps.get(line.table_id, ()) if step.act == "urge"]
            often = urged_too_often(before, at, OFFICE_TIMEZONE, calendars[line.cycle_id])
            theirs = people.get(line.table_id, {})
            copied = copied_to(count + 1, theirs.get(Role.HEAD, ())) if count + 1 >= HEAD_TOLD_FROM else ""
            event, against = (None, (often,)) if often else ("urge", ())
            told = told_among(theirs, audience)
            found.append(Chosen(line, event, against, "urge", urged=count, copied=copied, told=told))
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


def _steps(session: Session, ids: Collection[int]) -> dict[int, list[Any]]:
    """The urges of these tables and the moves between them, by table, the oldest first."""
    chains = {f"table:{table_id}": table_id for table_id in ids}
    found: dict[int, list[Any]] = {}
    for step in session.execute(
        select(Entry.chain, Entry.act, Entry.at, Entry.from_state, Entry.to_state)
        .where(Entry.chain.in_(chains), or_(Entry.act == "urge", Entry.from_state.is_not(None)))
        .order_by(Entry.chain, Entry.position)
    ):
        found.setdefault(chains[step.chain], []).append(step)
    return found


def people_of(
    session: Session, ids: Collection[int], among: Collection[Role], now: datetime
) -> dict[int, dict[Role, tuple[str, ...]]]:
    """Who holds these roles in the departments of these tables, by table and role, by name. One query."""
    found: dict[int, dict[Role, tuple[str, ...]]] = {}
    if not ids:
        return found
    for table_id, role, name in session.execute(
        select(Table.id, Post.role, Person.name)
        .join(Post, Post.department_id == Table.department_id)
        .join(Person, Person.id == Post.holder_id)
        .where(
            Table.id.in_(ids),
            Post.role.in_(among),
            holds_on(local_day(now, OFFICE_TIMEZONE)),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.name, Person.id)
    ):
        theirs = found.setdefault(table_id, {})
        theirs[Role(role)] = (*theirs.get(Role(role), ()), name)
    return found


def told_among(people: Mapping[Role, Sequence[str]], audience: Collection[Role]) -> tuple[str, ...]:
    """Those of a department who are told, each once, in the order of the roles."""
    return tuple(dict.fromkeys(name for role in Role if role in audience for name in people.get(role, ())))
