"""How the programs in the background are: told by rows that the tick writes. Whoever asks calls no broker.

A worker that is dead writes nothing, so its silence is measured against now, by who reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.database import db, writing
from notifications.models import WAITING, Gauge, Heartbeat, Notice, Status

STEPS = {
    "advance": "推进年度",
    "plan": "排出提醒",
    "deliver": "发送通知",
    "gauge": "清点数量",
    "seal": "封存台账",
}
"""What the background does at every tick, and what people call it."""
MISSED = 10
"""Ticks without success after which a step counts as standing still: longer than a slow mail server can hold one."""
DEAD_FOR = timedelta(days=1)
WAITING_OF, OLDEST, FAILING, DEAD = "waiting:", "oldest_due", "failing", "dead_within_a_day"


def gauge(now: datetime) -> None:
    """Count what waits, by channel, what fails and what was given up of late, and note since when the oldest is due."""
    session = db.session()
    session.rollback()
    waiting = session.execute(
        select(Notice.channel, func.count(), func.min(Notice.due_at))
        .where(Notice.status.in_(WAITING), Notice.due_at <= now)
        .group_by(Notice.channel)
    ).all()
    failing = session.scalars(select(func.count()).where(Notice.status == Status.FAILED)).one()
    dead = session.scalars(
        select(func.count()).where(Notice.status == Status.DEAD, Notice.due_at > now - DEAD_FOR)
    ).one()
    known = set(session.scalars(select(Gauge.name).where(Gauge.name.startswith(WAITING_OF))))
    session.rollback()
    values = {**dict.fromkeys(known, 0), FAILING: failing, DEAD: dead, OLDEST: 0}
    oldest: datetime | None = None
    for channel, count, since in waiting:
        values[f"{WAITING_OF}{channel}"] = count
        oldest = min(oldest or since, since)
    if oldest is not None:
        values[OLDEST] = int(oldest.timestamp())
    with writing() as writer:
        insert = (postgresql if writer.get_bind().dialect.name == "postgresql" else sqlite).insert(Gauge)
        insert = insert.values([{"name": name, "value": value, "at": now} for name, value in values.items()])
        writer.execute(
            insert.on_conflict_do_update(
                index_elements=["name"], set_={"value": insert.excluded.value, "at": insert.excluded.at}
            )
        )


@dataclass(frozen=True)
class Step:
    """One step of the background, as its last success tells."""

    name: str
    at: datetime | None
    age: timedelta | None
    failing: bool
    """Whether its last attempt failed."""
    well: bool

    @property
    def label(self) -> str:
        """What people call it."""
        return STEPS[self.name]


@dataclass(frozen=True)
class Health:
    """Whether what should happen by itself does."""

    steps: tuple[Step, ...]
    waiting: dict[str, int]
    failing: int
    dead: int
    oldest_age: timedelta | None
    """For how long the oldest notice that is due has waited; None: nothing waits."""

    @property
    def well(self) -> bool:
        """Whether every step runs."""
        return all(step.well for step in self.steps)


def health(session: Session, now: datetime, tick_seconds: float) -> Health:
    """As of now: ages are measured by who reads."""
    beats = {row.name: row for row in session.scalars(select(Heartbeat))}
    gauges = {row.name: row.value for row in session.scalars(select(Gauge))}
    oldest = gauges.get(OLDEST, 0)
    return Health(
        steps=tuple(_step(name, beats.get(name), now, timedelta(seconds=tick_seconds * MISSED)) for name in STEPS),
        waiting={
            name.removeprefix(WAITING_OF): value
            for name, value in sorted(gauges.items())
            if name.startswith(WAITING_OF)
        },
        failing=gauges.get(FAILING, 0),
        dead=gauges.get(DEAD, 0),
        oldest_age=timedelta(seconds=max(now.timestamp() - oldest, 0)) if oldest else None,
    )


def _step(name: str, beat: Heartbeat | None, now: datetime, patience: timedelta) -> Step:
    if beat is None or beat.at is None:
        return Step(name, None, None, beat is not None, False)
    age = max(now - beat.at, timedelta())
    return Step(name, beat.at, age, beat.failed_at is not None, age <= patience)


def ago(age: timedelta) -> str:
    """An age as people say it."""
    seconds = int(age.total_seconds())
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds // size} {unit}前"
    return f"{seconds} 秒前"


def metrics(found: Health) -> str:
    """For Prometheus, in its text format: plain gauges."""
    lines: list[str] = []

    def tell(name: str, says: str, values: Sequence[tuple[str, float]]) -> None:
        lines.extend([f"# HELP mubiao_{name} {says}", f"# TYPE mubiao_{name} gauge"])
        lines.extend(f"mubiao_{name}{label} {value:g}" for label, value in values)

    ages = [(f'{{step="{s.name}"}}', s.age.total_seconds()) for s in found.steps if s.age is not None]
    tell("up", "Whether every step of the background runs.", [("", float(found.well))])
    tell("step_age_seconds", "Seconds since a step of the tick last succeeded.", ages)
    tell(
        "step_failing",
        "Whether the last attempt of a step failed.",
        [(f'{{step="{s.name}"}}', float(s.failing)) for s in found.steps],
    )
    tell(
        "notices_waiting",
        "Notices that are due and not sent, as last counted.",
        [(f'{{channel="{channel}"}}', count) for channel, count in found.waiting.items()],
    )
    tell("notices_failing", "Notices whose last attempt failed.", [("", found.failing)])
    tell("notices_dead_within_a_day", "Notices given up that were due within a day.", [("", found.dead)])
    oldest = found.oldest_age.total_seconds() if found.oldest_age else 0.0
    tell("notices_oldest_due_seconds", "For how long the oldest due notice has waited.", [("", oldest)])
    return "\n".join(lines) + "\n"
