"""Freezing a round's list: which projects are the denominator of a table's rate in that round."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow.models import Project, Round, RoundFrozen, RoundListing, Table
from workflow.monitoring import belongs_to_list


def freeze_open(session: Session, table: Table, *, entered: datetime, now: datetime) -> list[str]:
    """Freeze the table's list for every round that has opened and has none yet; returns the rounds' names.

    `entered` is when the table entered monitoring. What is on a list depends on instants alone, never on when this
    runs: a project listed after the round opened (or after the table entered, if later) counts from the next round.
    """
    frozen = set(session.scalars(select(RoundFrozen.round_id).where(RoundFrozen.table_id == table.id)))
    opened = session.scalars(
        select(Round).where(Round.cycle_id == table.cycle_id, Round.opens_at <= now).order_by(Round.number)
    ).all()
    names = []
    for opened_round in opened:
        if opened_round.id in frozen:
            continue
        session.add(RoundFrozen(round_id=opened_round.id, table_id=table.id, frozen_at=now))
        for project in session.scalars(select(Project).where(Project.table_id == table.id).order_by(Project.id)):
            if belongs_to_list(project.listed_at, opened_round.opens_at, entered):
                session.add(
                    RoundListing(
                        round_id=opened_round.id,
                        table_id=table.id,
                        project_id=project.id,
                        must_monitor=project.must_monitor,
                    )
                )
        names.append(opened_round.name)
    session.flush()
    return names
