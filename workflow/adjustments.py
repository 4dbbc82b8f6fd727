"""A table and its adjustments (目标调整), as each other's pages name them, and what an adjustment changes."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.document import Change, Document, differences, steps
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


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    """What an adjustment changes, cell by cell as people fill them in: a target's parts follow from it as printed."""
    return tuple(change for change in differences(old, new) if steps(change.path)[-1] not in PARTS_OF_A_TARGET)


PARTS_OF_A_TARGET = frozenset({"operator", "target", "unit"})


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
