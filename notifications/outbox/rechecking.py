"""Whether what was claimed still holds: the plan is asked again, as of now; it alone knows what is due."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.database import db
from ledger.models import Entry
from notifications import plan
from notifications.gathering import gather
from notifications.merging import Words
from notifications.models import Notice, Status
from notifications.outbox.planning import SUPERSEDED
from notifications.preferences import WHY_NOT, switched_off
from notifications.rules import EMAIL, INBOX, TRIAL

GIVEN_UP = "本人已撤下这个接收地址"


@dataclass
class Verdicts:
    """Which of the claimed notices still hold, with their words as they read now."""

    hold: dict[int, Words] = field(default_factory=dict)
    gone: dict[int, tuple[Status, str]] = field(default_factory=dict)
    moved: dict[int, str] = field(default_factory=dict)
    """Those of another day by now, because the working calendar changed, and why."""
    failures: list[Exception] = field(default_factory=list)
    """Of cycles that could not be asked; their notices stay claimed until the lease ends."""


def recheck(rows: Iterable[Notice], now: datetime) -> Verdicts:
    """What becomes of claimed notices."""
    session = db.session()
    verdicts = Verdicts()
    of_cycle: dict[int, list[Notice]] = defaultdict(list)
    for row in rows:
        if row.stage == TRIAL:  # the plan knows nothing of it: somebody wanted it sent
            verdicts.hold[row.id] = (row.subject, row.body)
        else:
            of_cycle[row.cycle_id].append(row)
    for cycle_id, notices in of_cycle.items():
        try:
            _recheck_cycle(session, cycle_id, notices, now, verdicts)
        except Exception as error:
            verdicts.failures.append(error)
            session.rollback()
    session.rollback()  # nothing is kept open while a mail server takes its time
    return verdicts


def _recheck_cycle(
    session: Session, cycle_id: int, notices: Sequence[Notice], now: datetime, verdicts: Verdicts
) -> None:
    tables = {row.table_id for row in notices if row.table_id is not None}
    whole = any(row.table_id is None for row in notices)
    entries = session.scalars(select(Entry).where(Entry.id.in_({row.entry_id for row in notices} - {None}))).all()
    world = gather(session, cycle_id, now, entries=entries, only=None if whole else tables)
    current = {notice.key: notice for notice in plan.due(now, world, again=notices)}
    off = switched_off(session, {row.recipient_id for row in notices})
    moved = plan.moved_away([row for row in notices if row.key not in current], now, world)
    for row in notices:
        notice = current.get(row.key)
        if (row.recipient_id, row.rule, row.channel) in off:
            verdicts.gone[row.id] = (Status.SUPPRESSED, WHY_NOT)
        elif row.channel not in (INBOX, EMAIL) and row.recipient_id not in world.reached.get(row.channel, {}):
            verdicts.gone[row.id] = (Status.SUPPRESSED, GIVEN_UP)
        elif row.key in moved:
            verdicts.moved[row.id] = moved[row.key]
        elif notice is None:
            verdicts.gone[row.id] = (Status.SUPPRESSED, plan.why_gone(row, now, world))
        elif notice.superseded:
            verdicts.gone[row.id] = (Status.SUPERSEDED, SUPERSEDED)
        else:
            verdicts.hold[row.id] = notice.words()
