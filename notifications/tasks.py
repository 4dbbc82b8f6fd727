"""The tick: what time brings about, what is due, what waits; and the sealing of the ledger, which nobody waits for.

A message only wakes them; losing one loses nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from celery import shared_task
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from config.clock import Clock, now
from config.database import db, writing
from config.settings import Settings
from ledger import sealing
from notifications import health, outbox
from notifications.channels import Channel
from notifications.channels.registry import channels
from notifications.models import Heartbeat
from workflow import clock

TICK, SEAL = "notifications.tick", "ledger.seal"
MODULES = ("notifications.tasks",)
"""What a worker imports to know these tasks."""


def beat_schedule(settings: Settings) -> dict[str, Any]:
    """For Celery's beat. A task that found no worker in time is void: the next one does all that it would have done."""
    every = settings.tick_seconds
    options = {"expires": max(every * 0.9, 1.0)}
    return {
        "tick": {"task": TICK, "schedule": every, "options": options},
        "seal": {"task": SEAL, "schedule": every, "options": options},
    }


def tick(clock_now: Clock, ways: Mapping[str, Channel]) -> None:
    """One tick; every step may be repeated, and be done in several places at once.

    A step that fails does not keep the others from being done; what went wrong is raised at the end.
    """
    steps: dict[str, Callable[[], object]] = {
        "advance": lambda: clock.advance(clock_now),
        "plan": lambda: outbox.plan_due(clock_now()),
        "deliver": lambda: outbox.deliver(clock_now(), ways),
        "gauge": lambda: health.gauge(clock_now()),
    }
    errors: dict[str, Exception] = {}
    for name, step in steps.items():
        try:
            step()
        except Exception as error:
            errors[name] = error
    _beat(steps, errors, clock_now())
    if errors:
        raise ExceptionGroup("a tick did not do all it should", list(errors.values()))


def _beat(names: Iterable[str], errors: Mapping[str, Exception], at: datetime) -> None:
    """Note when each step last succeeded, or last failed and why; success forgets the failure before it."""
    with writing() as session:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        for name in names:
            error = errors.get(name)
            values: dict[str, Any] = (
                {"at": at, "failed_at": None, "error": None}
                if error is None
                else {"failed_at": at, "error": f"{type(error).__name__}: {error}"}
            )
            insert = dialect.insert(Heartbeat).values(name=name, **values)
            session.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))


@shared_task(name=TICK)  # type: ignore[untyped-decorator]
def tick_task() -> None:
    """The tick as beat wakes it."""
    settings: Settings = current_app.config["MUBIAO"]
    try:
        tick(now, channels(settings))
    finally:
        db.session.remove()


def seal(clock_now: Clock) -> None:
    """Seal what is new in the ledger, and note that it was done or why not."""
    try:
        sealing.seal(clock_now)
    except Exception as error:
        _beat(["seal"], {"seal": error}, clock_now())
        raise
    _beat(["seal"], {}, clock_now())


@shared_task(name=SEAL)  # type: ignore[untyped-decorator]
def seal_task() -> None:
    """Sealing as beat wakes it."""
    try:
        seal(now)
    finally:
        db.session.remove()
