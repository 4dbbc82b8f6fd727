"""A table and its adjustments (目标调整), as each other's pages name them, and what an adjustment changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, bindparam, cast, func, select
from sqlalchemy.orm import Session, aliased

from accounts.models import Department, Region
from accounts.people import somebody
from accounts.scope import local_day
from config.database import BigId
from config.statements import Statement, together
from forms.document import Change, Document, differences_as_said
from ledger.models import ChainHead
from workflow.actors import actor_of
from workflow.models import Revision, Table
from workflow.states import State


@dataclass(frozen=True)
class Adjustment:
    """One adjustment of a table."""

    table_id: int
    number: int
    state: State
    reason: str


@dataclass(frozen=True)
class Family:
    """The table that the others adjust, and these in their order."""

    parent_id: int
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True)
class LastWords:
    """The family of a table, with the hashes of the last entries of all of them and of their year: while these are the
    same, nothing was written there."""

    family: Family
    hashes: tuple[str, ...]


_asked, _year = aliased(Table), aliased(ChainHead)
_parent = func.coalesce(_asked.adjusts_id, _asked.id)
LAST_WORDS = Statement(
    select(
        Table.id,
        Table.adjusts_id,
        Table.adjustment_number,
        Table.state,
        Table.adjustment_reason,
        ChainHead.hash,
        _year.hash,
        Department.id,
        Department.region_id,
        Department.path,
        Region.timezone,
    )
    .join(_asked, (Table.id == _parent) | (Table.adjusts_id == _parent))
    .join(Department, Department.id == Table.department_id)
    .join(Region, Region.id == Department.region_id)
    .outerjoin(ChainHead, ChainHead.chain == "table:" + cast(Table.id, String))
    .outerjoin(_year, _year.chain == "cycle:" + cast(Table.cycle_id, String))
    .where(_asked.id == bindparam("table", type_=BigId))
    .order_by(Table.adjustment_number, Table.id)
)


class _Place(NamedTuple):
    id: int
    region_id: int
    path: str


def last_words(session: Session, table_id: int, person_id: int, now: datetime) -> LastWords | None:
    """The last words of a table that the person may see; None as for dossier.find.

    One query, small and prepared: it is asked before a page is made, to see whether it need be made at all.
    """
    (rows,) = together(session, (LAST_WORDS, {"table": table_id}))
    reader = somebody(session, person_id)
    if not rows or reader is None:
        return None
    *_first, department_id, region_id, path, timezone = rows[0]
    if not actor_of(reader, _Place(department_id, region_id, path), local_day(now, timezone)).roles:
        return None
    adjustments = tuple(
        Adjustment(id_, number or 0, State(state), reason or "")
        for id_, adjusts, number, state, reason, *_rest in rows
        if adjusts is not None
    )
    parent_id = next(id_ for id_, adjusts, *_rest in rows if adjusts is None)
    return LastWords(Family(parent_id, adjustments), tuple(str(one) for row in rows for one in row[5:7]))


def family(session: Session, table: Table) -> Family:
    """The family of a table, whether it is the parent or one of the adjustments."""
    parent = table.adjusts_id or table.id
    rows = session.execute(
        select(Table.id, Table.adjustment_number, Table.state, Table.adjustment_reason)
        .where(Table.adjusts_id == parent)
        .order_by(Table.adjustment_number)
    )
    return Family(
        parent, tuple(Adjustment(id_, number or 0, State(state), reason or "") for id_, number, state, reason in rows)
    )


def changes(old: Document, new: Document, *, ignore_space: bool = False) -> tuple[Change, ...]:
    """What an adjustment changes, cell by cell as people fill them in: a target's parts follow from it as printed."""
    return differences_as_said(old, new, ignore_space=ignore_space)


@dataclass(frozen=True)
class InForce:
    """How the goals in force differ from the sheet of the table whose goals were adjusted."""

    beside: Mapping[str, str | None]
    """By place of the sheet: what is in force there; None where the row no longer is."""
    added: tuple[str, ...]
    """What the rows say that the sheet does not have."""


def in_force_beside(sheet: Document, goals: Document, decimals: int) -> InForce:
    """The goals in force as marks beside a sheet; amounts are compared with the form's decimals."""
    found = changes(goals.with_decimals(decimals), sheet.with_decimals(decimals))
    return InForce(
        {one.path: one.old for one in found if one.new is not None},
        tuple(one.old for one in found if one.new is None and one.old is not None),
    )


def goals_before(session: Session, adjustment: Table) -> Document:
    """The goals in force when an adjustment began: of the approved one before it, else of the table itself."""
    parent = adjustment.adjusts_id
    if parent is None:
        raise ValueError("this table adjusts nothing")
    text = session.scalars(
        select(Revision.document)
        .join(Table, (Table.id == Revision.table_id) & (Table.approved_revision == Revision.number))
        .where(
            (Table.id == parent)
            | (
                (Table.adjusts_id == parent)
                & (Table.adjustment_number < adjustment.adjustment_number)
                & (Table.state == State.APPROVED)
            )
        )
        .order_by(Table.adjustment_number.is_not(None).desc(), Table.adjustment_number.desc())
        .limit(1)
    ).one()
    return Document.from_json(text)
