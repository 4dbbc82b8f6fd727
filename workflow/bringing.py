"""What a move is told of its table: locked first, then read, all of it plain values and none of it the sheet.

The reading begins after the locks are held, so that it sees what whoever was waited for has committed; a query that
locks and reads at once would see, on PostgreSQL, the rows that it waited for anew and all others as they were before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from accounts.models import Department, Person, Post, Region
from accounts.scope import local_day
from accounts.standing_in import hold_lenders
from config.database import BigId
from config.statements import Statement, Values, array, gathered, rows_of, together
from ledger.book import next_entry_id
from ledger.chain import GENESIS
from ledger.models import ChainHead, Effect
from workflow.actors import THE_CLOCK_ITSELF, Acting, Actor, TheClock, actor_of
from workflow.facts import RemarkFacts, RevisionFacts
from workflow.lifecycle import Need
from workflow.models import Remark, Revision, Table
from workflow.states import State

BROUGHT = frozenset({Need.REVISION, Need.REMARKS})
"""The needs of guards that are brought here; the others are loaded by workflow.loading."""


class Row(NamedTuple):
    """A table's own row, with what hangs on it one to one."""

    id: int
    cycle_id: int
    department_id: int
    sheet_id: int
    state: State
    version: int
    pass_number: int
    latest_revision: int
    submitted_by: int | None
    submitted_for: int | None
    endorsed_by: int | None
    endorsed_for: int | None
    begun_at: datetime | None
    resubmit_until: datetime | None
    evaluation_until: datetime | None
    returned_sha256: str | None
    adjusts_id: int | None
    adjustment_number: int | None
    timezone: str
    region_id: int
    path: str
    parent_state: State | None
    revision_id: int | None
    revision_kind: str | None
    revision_sha256: str | None
    revision_accepted_at: datetime | None
    revision_declined: str | None
    position: int
    """Where its chain ends, and the hash there; 0 for a table of which nothing was written yet."""
    hash: str
    next_entry_id: int
    fingerprint: str | None
    """Of an effect that the same key had before."""
    outcome: str | None
    person_name: str | None
    disabled_at: datetime | None

    @property
    def submitters(self) -> frozenset[int]:
        """As Table.submitters."""
        return frozenset({self.submitted_by, self.submitted_for} - {None})  # type: ignore[arg-type]

    @property
    def endorsers(self) -> frozenset[int]:
        """As Table.endorsers."""
        return frozenset({self.endorsed_by, self.endorsed_for} - {None})  # type: ignore[arg-type]

    @property
    def latest(self) -> RevisionFacts | None:
        """The latest revision as guards see it."""
        if self.revision_kind is None or self.revision_sha256 is None:
            return None
        accepted = self.revision_accepted_at is not None
        return RevisionFacts(
            self.latest_revision, self.revision_kind, accepted, self.revision_sha256, self.revision_declined
        )


class PostRow(NamedTuple):
    """A post (accounts.models.Post) as plain values."""

    appointment_id: int
    role: str
    region_id: int
    department_id: int | None
    path: str | None
    starts_on: date
    ends_on: date | None
    lender_id: int | None
    lender_name: str | None


class _Holder(NamedTuple):
    id: int
    name: str
    disabled_at: datetime | None
    posts: Sequence[PostRow]


class _Place(NamedTuple):
    id: int
    region_id: int
    path: str


_parent = aliased(Table)
_table = bindparam("table", type_=BigId)
_person = bindparam("person", type_=BigId)

_posts = (
    select(
        gathered(
            array(
                Post.appointment_id,
                Post.role,
                Post.region_id,
                Post.department_id,
                Post.path,
                Post.starts_on,
                Post.ends_on,
                Post.lender_id,
                Post.lender_name,
            )
        )
    )
    .where(Post.holder_id == _person)
    .scalar_subquery()
)
_remarks = (
    select(gathered(array(Remark.number, Remark.must, Remark.path, Remark.answer.is_not(None))))
    .where(Remark.table_id == _table)
    .scalar_subquery()
)

LOCK = Statement(
    select(Table.id)
    .join(Person, Person.id == _person)
    .where(Table.id == _table)
    .with_for_update(of=Table)
    .suffix_with("FOR SHARE OF accounts_person", dialect="postgresql")
)
"""The table for this move alone, and the person's rights for as long as it takes (accounts.standing_in.hold_rights)."""
LOCK_FOR_THE_CLOCK = Statement(select(Table.id).where(Table.id == _table).with_for_update())
LOOK = Statement(
    select(
        Table.id,
        Table.cycle_id,
        Table.department_id,
        Table.sheet_id,
        Table.state,
        Table.version,
        Table.pass_number,
        Table.latest_revision,
        Table.submitted_by,
        Table.submitted_for,
        Table.endorsed_by,
        Table.endorsed_for,
        Table.begun_at,
        Table.resubmit_until,
        Table.evaluation_until,
        Table.returned_sha256,
        Table.adjusts_id,
        Table.adjustment_number,
        Region.timezone,
        Department.region_id,
        Department.path,
        _parent.state,
        Revision.id,
        Revision.kind,
        Revision.sha256,
        Revision.accepted_at,
        Revision.decline_reason,
        func.coalesce(ChainHead.position, 0),
        func.coalesce(ChainHead.hash, GENESIS),
        next_entry_id(),
        Effect.fingerprint,
        Effect.outcome,
        Person.name,
        Person.disabled_at,
        _remarks,
        _posts,
    )
    .select_from(Table)
    .join(Department, Department.id == Table.department_id)
    .join(Region, Region.id == Department.region_id)
    .outerjoin(ChainHead, ChainHead.chain == bindparam("chain"))
    .outerjoin(_parent, _parent.id == Table.adjusts_id)
    .outerjoin(Revision, (Revision.table_id == Table.id) & (Revision.number == Table.latest_revision))
    .outerjoin(Effect, (Effect.person_id == _person) & (Effect.key == bindparam("key")))
    .outerjoin(Person, Person.id == _person)
    .where(Table.id == _table)
)


@dataclass(frozen=True)
class Brought:
    """All that was brought for one move."""

    row: Row
    remarks: tuple[RemarkFacts, ...]
    posts: tuple[PostRow, ...]

    def actor(self, acting: Acting, now: datetime) -> Actor:
        """Who acts, as of now."""
        if isinstance(acting, TheClock):
            return THE_CLOCK_ITSELF
        row = self.row
        holder = _Holder(acting, row.person_name or "", row.disabled_at, self.posts)
        return actor_of(holder, _Place(row.department_id, row.region_id, row.path), local_day(now, row.timezone))


def bring(session: Session, table_id: int, acting: Acting, key: str) -> Brought | None:
    """Lock a table and the rights of who acts until the transaction ends, then read; None where there is no such table.

    Two queries, whatever the table holds; two more where somebody acts as a stand-in, whose lender is held too.
    """
    person = 0 if isinstance(acting, TheClock) else acting
    given = {"table": table_id, "person": person, "chain": f"table:{table_id}", "key": key}
    together(session, (LOCK if person else LOCK_FOR_THE_CLOCK, given))
    found = _look(session, given)
    if found is not None and any(post.lender_id is not None for post in found.posts):
        hold_lenders(session, person)
        found = _look(session, given)
    return found


def _look(session: Session, given: Values) -> Brought | None:
    (rows,) = together(session, (LOOK, given))
    if not rows:
        return None
    *row, remarks, posts = rows[0]
    return Brought(
        row=Row(*row),
        remarks=tuple(
            RemarkFacts(number, bool(must), path, bool(answered))
            for number, must, path, answered in sorted(rows_of(remarks))
        ),
        posts=tuple(_post(*each) for each in rows_of(posts)),
    )


def _post(id_: int, role: str, region: int, department: int | None, path: str | None, *rest: Any) -> PostRow:
    starts, ends, *lender = rest
    ends_on = None if ends is None else date.fromisoformat(ends)
    return PostRow(id_, role, region, department, path, date.fromisoformat(starts), ends_on, *lender)
