"""What time alone brings about: rounds open, tables enter monitoring and leave it. Called by a beat, as often as liked.

It only looks for what is due and goes through the same `act` and `record` as people, signed 系统自动. Running it twice,
late, or in three places at once changes nothing more.
"""

from dataclasses import dataclass

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from config.clock import Clock
from config.database import db
from workflow.actors import THE_CLOCK
from workflow.acts import Moved, Recorded, Refused, act, asked, record
from workflow.models import Extension, Round, RoundFrozen, Table
from workflow.states import State


@dataclass(frozen=True)
class Ticked:
    """One thing the clock tried on a table, and what came of it."""

    name: str
    table_id: int
    outcome: Moved | Recorded | Refused


def advance(now: Clock) -> list[Ticked]:
    """Do all that has become due by now: freeze opened rounds, begin and finish monitoring."""
    at = now()
    session = db.session()
    session.rollback()
    opened = exists().where(Round.cycle_id == Table.cycle_id, Round.opens_at <= at)
    in_cycle = aliased(Round)
    last_round = (
        select(func.max(in_cycle.number)).where(in_cycle.cycle_id == Table.cycle_id).correlate(Table).scalar_subquery()
    )
    unfrozen = (
        select(Table.id, Round.id)
        .join(Round, and_(Round.cycle_id == Table.cycle_id, Round.opens_at <= at))
        .where(
            Table.state == State.MONITORING,
            ~exists().where(RoundFrozen.table_id == Table.id, RoundFrozen.round_id == Round.id),
        )
        .order_by(Table.id, Round.number)
    )
    still_open = exists().where(Round.cycle_id == Table.cycle_id, Round.closes_at > at)
    extended = exists().where(
        Extension.table_id == Table.id, Extension.round_id == Round.id, Round.number == last_round, Extension.until > at
    )
    to_freeze = session.execute(unfrozen).all()
    to_begin = session.execute(
        select(Table.id, Table.version)
        .where(Table.state == State.APPROVED, Table.adjusts_id.is_(None), opened)
        .order_by(Table.id)
    ).all()
    to_finish = session.execute(
        select(Table.id, Table.version)
        .where(Table.state == State.MONITORING, opened, ~still_open, ~extended)
        .order_by(Table.id)
    ).all()
    session.rollback()
    done = []
    for table_id, round_id in to_freeze:
        outcome: Moved | Recorded | Refused = record(
            "round_opened", table_id, person=THE_CLOCK, now=now, key=f"round:{table_id}:{round_id}"
        )
        done.append(Ticked("round_opened", table_id, outcome))
    for event, due in (("begin_monitoring", to_begin), ("finish_monitoring", to_finish)):
        for table_id, version in due:
            against = asked(event, table_id, person=THE_CLOCK, now=now)
            outcome = against or act(
                event, table_id, person=THE_CLOCK, version=version, now=now, key=f"{event}:{table_id}:{version}"
            )
            done.append(Ticked(event, table_id, outcome))
            if event == "begin_monitoring" and isinstance(outcome, Refused) and outcome.kind == "refused":
                done.append(Ticked("monitoring_blocked", table_id, _tell_blocked(table_id, version, outcome, now)))
    return done


def _tell_blocked(table_id: int, version: int, refused: Refused, now: Clock) -> Recorded | Refused:
    """Written down once per approval, so that department and manager are told once."""
    return record(
        "monitoring_blocked",
        table_id,
        person=THE_CLOCK,
        now=now,
        key=f"blocked:{table_id}:{version}",
        reasons=[reason.text for reason in refused.reasons],
    )
