"""`reminders …`: which reminders will be due, and what was told to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from accounts.models import Person
from commands.errors import BadInput, print_json
from commands.on_database import OnDatabase
from config.clock import now
from config.database import db
from notifications.gathering import gather, living_cycles
from notifications.models import NO_ADDRESS, TOLD, UNREACHABLE_WORDS, Notice, told_status
from notifications.plan import ahead
from notifications.rules import EMAIL
from workflow.deadlines import begins, ends, local_date
from workflow.models import Cycle

DAYS_AHEAD = 30
"""How far the preview looks when nobody says how far."""

_DAY = click.DateTime(["%Y-%m-%d"])
_CYCLE = click.option("--cycle", "cycle_id", type=int, metavar="ID", help="只看这个年度。")
_JSON = click.option("--json", "as_json", is_flag=True, help="标准输出只写 JSON。")


@click.group(cls=OnDatabase)
def reminders() -> None:
    """提醒：将要发的，和已经发的。"""


@reminders.command("plan")
@_CYCLE
@click.option("--from", "first", type=_DAY, metavar="YYYY-MM-DD", help="从哪一天起（含）；默认今天。")
@click.option("--to", "last", type=_DAY, metavar="YYYY-MM-DD", help=f"到哪一天止（含）；默认 {DAYS_AHEAD} 天。")
@_JSON
def plan_command(cycle_id: int | None, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """预告：各表停在现在的状态时，这些日子会提醒谁。与实际发送用同一份计划。"""
    session, at = db.session(), now()
    rows: list[dict[str, Any]] = []
    for one in _cycles(session, cycle_id):
        period = _period(first, last, local_date(at, one.timezone))
        world = gather(session, one.id, at)
        for notice in ahead(begins(period[0], one.timezone), ends(period[1], one.timezone), world):
            rows.append(
                {
                    "due_at": _local(notice.due_at, one.timezone),
                    "cycle": notice.cycle_id,
                    "table": notice.table_id,
                    "rule": notice.rule,
                    "recipient": notice.recipient,
                    "channel": notice.channel,
                    "subject": notice.words()[0],
                    "reason": notice.reason,
                    "provisional": notice.provisional,
                    "key": notice.key,
                }
            )
    known = _people(session, {row["recipient"] for row in rows})
    rows = [row | _whom(known[row["recipient"]], row["channel"]) for row in rows]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['due_at']}  {row['name']}  {row['channel']}  {row['subject']}{_cannot(row)}\n    {row['reason']}"
        )
    click.echo(f"共 {len(rows)} 条提醒" if rows else "这段时间没有提醒")


@reminders.command("ledger")
@_CYCLE
@_JSON
def ledger_command(cycle_id: int | None, as_json: bool) -> None:
    """台账：通知了谁、什么时候、结果如何、为什么。"""
    session = db.session()
    zones = {one.id: one.timezone for one in _cycles(session, cycle_id, every=True)}
    leading = aliased(Notice)
    query = (
        select(Notice, Person.name, leading.subject)
        .join(Person, Person.id == Notice.recipient_id)
        .outerjoin(leading, leading.id == Notice.within_id)
        .where(Notice.cycle_id.in_(zones))
        .order_by(Notice.due_at, Notice.id)
    )
    rows = [_entry(notice, name, within, zones[notice.cycle_id]) for notice, name, within in session.execute(query)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        status = TOLD[told_status(row["status"], row["why_not"])]
        within = f"并入“{row['within_subject']}”" if row["within"] else ""
        why = "；".join(each for each in (within, row["why_not"] or row["error"]) if each)
        said = f"{status}（{why}）" if why else status
        click.echo(f"{row['due_at']}  {row['name']}  {row['channel']}  {row['subject']}  {said}\n    {row['reason']}")
    click.echo(f"共 {len(rows)} 条通知" if rows else "还没有通知")


def _entry(notice: Notice, name: str, within: str | None, timezone: str) -> dict[str, Any]:
    instants = {"due_at": notice.due_at, "sent_at": notice.sent_at, "read_at": notice.read_at}
    plain = (
        "key", "rule", "stage", "occurrence", "channel", "subject", "reason", "status", "why_not", "error", "attempts",
        "provisional",
    )  # fmt: skip
    return {
        "id": notice.id,
        "cycle": notice.cycle_id,
        "table": notice.table_id,
        "entry": notice.entry_id,
        "recipient": notice.recipient_id,
        "name": name,
        "within": notice.within_id,
        "within_subject": within,
        **{field: getattr(notice, field) for field in plain},
        **{field: _local(at, timezone) if at else None for field, at in instants.items()},
    }


@dataclass(frozen=True)
class _Cycle:
    id: int
    timezone: str


def _cycles(session: Session, cycle_id: int | None, *, every: bool = False) -> list[_Cycle]:
    """The cycle asked for, or all that are still on their way (or `every` one)."""
    if cycle_id is not None and session.get(Cycle, cycle_id) is None:
        raise BadInput(f"没有年度 {cycle_id}")
    wanted: Iterable[int] = [cycle_id] if cycle_id is not None else living_cycles(session)
    query = select(Cycle).order_by(Cycle.id)
    if cycle_id is not None or not every:
        query = query.where(Cycle.id.in_(wanted))
    return [_Cycle(cycle.id, cycle.region.timezone) for cycle in session.scalars(query)]


def _period(first: datetime | None, last: datetime | None, today: date) -> tuple[date, date]:
    start = first.date() if first else today
    end = last.date() if last else start + timedelta(days=DAYS_AHEAD)
    if end < start:
        raise BadInput(f"截止日期 {end} 早于起始日期 {start}")
    return start, end


def _local(at: datetime, timezone: str) -> str:
    return at.astimezone(ZoneInfo(timezone)).isoformat(timespec="minutes")


def _people(session: Session, person_ids: set[int]) -> dict[int, tuple[str, str | None]]:
    """Name and e-mail address of people."""
    return {
        person_id: (name, email)
        for person_id, name, email in session.execute(select(Person.id, Person.name, Person.email))
        if person_id in person_ids
    }


def _whom(known: tuple[str, str | None], channel: str) -> dict[str, str | None]:
    """Who is told, and why they cannot be reached; None where they can."""
    name, email = known
    return {"name": name, "unreachable": NO_ADDRESS if channel == EMAIL and not email else None}


def _cannot(row: dict[str, Any]) -> str:
    return f"  {UNREACHABLE_WORDS}（{row['unreachable']}）" if row["unreachable"] else ""
