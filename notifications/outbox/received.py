"""What a person was told on their desk: the inbox is the notices' own rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from accounts.models import Region
from config.database import db, writing
from ledger.models import Entry
from notifications import plan
from notifications.models import Notice, Status
from notifications.rules import BY_CODE, INBOX, RE_EVALUATION, RESUBMISSION, ROUND
from workflow.deadlines import last_date, local_date
from workflow.models import Cycle, Extension, Round, Table, Window
from workflow.states import Stage


@dataclass(frozen=True)
class Received:
    """A notice in somebody's inbox, and why what it asked is over (empty while it is not)."""

    notice: Notice
    over: str

    @property
    def fresh(self) -> bool:
        """Whether it is to be read yet: not seen, and not over."""
        return self.notice.status == Status.SENT and not self.over


def inbox(person_id: int, now: datetime, *, limit: int = 50, offset: int = 0) -> list[Received]:
    """What a person was told on their desk, newest first."""
    rows = db.session().execute(
        _with_its_table(Notice)
        .where(_in_inbox(person_id), Notice.status.in_((Status.SENT, Status.READ)))
        .order_by(Notice.sent_at.desc(), Notice.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [Received(row.Notice, _over(row.Notice, row, now)) for row in rows]


def unread(person_id: int, now: datetime) -> int:
    """How many of them they have not read, without those of which what was asked is over."""
    rows = db.session().execute(
        _with_its_table(Notice.rule, Notice.stage, Notice.due_at, Notice.deadline).where(
            _in_inbox(person_id), Notice.status == Status.SENT
        )
    )
    return sum(not _over(row, row, now) for row in rows)


def _with_its_table(*columns: Any) -> Select[Any]:
    """Notices, each with where its table stands now, the version that its entry's event (of a record: the event before
    it) led from, and the deadline of its stage that is in force."""
    earlier = aliased(Entry)
    before = (
        select(func.max(earlier.from_version))
        .where(earlier.chain == Entry.chain, earlier.position < Entry.position)
        .correlate(Entry)
        .scalar_subquery()
    )
    return (
        select(
            *columns,
            Table.state,
            Table.state_since,
            Table.version,
            Table.resubmit_until,
            func.coalesce(Entry.from_version, before).label("from_version"),
            case(
                (Notice.stage == RESUBMISSION.name, Table.resubmit_until),
                (Notice.stage == RE_EVALUATION.name, Table.evaluation_until),
                else_=func.coalesce(Window.closes_at, Round.closes_at),
            ).label("set_until"),
            select(func.max(Extension.until))
            .where(
                Extension.table_id == Notice.table_id,
                or_(Extension.stage == _WINDOW_OF, Extension.round_id == Round.id),
            )
            .correlate(Notice, Round)
            .scalar_subquery()
            .label("extended_until"),
            Region.timezone,
        )
        .join(Cycle, Cycle.id == Notice.cycle_id)
        .join(Region, Region.id == Cycle.region_id)
        .outerjoin(Table, Table.id == Notice.table_id)
        .outerjoin(Entry, Entry.id == Notice.entry_id)
        .outerjoin(Window, (Window.cycle_id == Notice.cycle_id) & (Window.stage == Notice.stage))
        .outerjoin(
            Round,
            (Round.cycle_id == Notice.cycle_id)
            & (Notice.stage == literal(f"{ROUND.name}:").concat(cast(Round.number, String))),
        )
    )


_WINDOW_OF = case(
    (Notice.stage == RESUBMISSION.name, literal(str(Stage.ENTRY))),
    (Notice.stage == RE_EVALUATION.name, literal(str(Stage.EVALUATION))),
    else_=Notice.stage,
)
"""The stage whose extension moves the deadline of a reminder."""


def _over(notice: Any, table: Any, now: datetime) -> str:
    """`table` is a row of the query above: with no state where the notice is of no single table."""
    rule = BY_CODE.get(notice.rule)
    if rule is None or table.state is None:
        return ""
    ends = [until for until in (table.set_until, table.extended_until) if until is not None]
    return plan.why_over(
        rule,
        notice.stage,
        notice.due_at,
        table,
        table.from_version,
        deadline=notice.deadline,
        in_force=last_date(max(ends), table.timezone) if table.set_until is not None else None,
        today=local_date(now, table.timezone),
    )


def mark_all_read(person_id: int, now: datetime) -> int:
    """Note that a person read everything in their inbox; how many that were."""
    with writing() as session:
        rows = session.scalars(
            select(Notice).where(_in_inbox(person_id), Notice.status == Status.SENT).with_for_update()
        ).all()
        for row in rows:
            row.status, row.read_at = Status.READ, now
        return len(rows)


def mark_read(person_id: int, notice_id: int, now: datetime) -> bool:
    """Note that a person read a notice; False when there is no such notice in their inbox. Reading twice is once."""
    with writing() as session:
        row = session.scalars(
            select(Notice).where(Notice.id == notice_id, _in_inbox(person_id)).with_for_update()
        ).one_or_none()
        if row is None or row.status not in (Status.SENT, Status.READ):
            return False
        if row.status == Status.SENT:
            row.status, row.read_at = Status.READ, now
        return True


def _in_inbox(person_id: int) -> Any:
    return (Notice.recipient_id == person_id) & (Notice.channel == INBOX)
