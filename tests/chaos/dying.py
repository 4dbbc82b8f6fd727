"""How a worker of the trials keeps a journal of what it sent and marked, and dies, as by kill -9, where it is told to.

It is told by variables that no other program reads; `tests.chaos.dying_worker` is the program.
"""

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from config.settings import Settings
from notifications import outbox, tasks
from notifications.channels import Channel, Outcome, Outgoing, Result
from notifications.channels.email import Email
from notifications.channels.inbox import Inbox
from notifications.models import Notice
from notifications.outbox import delivering, planning

AFTER_CLAIM, BEFORE_SMTP, AFTER_250, BEFORE_COMMIT = "after claim", "before SMTP", "after 250", "before commit"
POINTS = (AFTER_CLAIM, BEFORE_SMTP, AFTER_250, BEFORE_COMMIT)
SENT, MARKED, DIED, TICKED = "sent", "marked", "died", "ticked"
MARK_FIRST, NO_KEY = "mark first", "no key"


@dataclass
class Orders:
    """What a trial tells its worker. Lease and patience may be shorter than real ones, and are related as those are."""

    journal: Path
    point: str = ""
    times: int = 1
    """At which time it comes to the point it dies."""
    lease: float = 600
    patience: float = 150
    batch: int = 100
    without: str = ""
    """Which protection is off: a control."""

    def as_environment(self) -> dict[str, str]:
        """For a process."""
        return {f"TRIAL_{name.upper()}": str(value) for name, value in vars(self).items()}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Orders":
        """What a process was told."""
        kinds: dict[str, Any] = {"journal": Path, "times": int, "lease": float, "patience": float, "batch": int}
        given = {name: environment[f"TRIAL_{name.upper()}"] for name in cls.__dataclass_fields__}
        return cls(**{name: kinds.get(name, str)(value) for name, value in given.items()})


@dataclass
class Dying:
    """The worker's journal and its end."""

    orders: Orders
    came: int = 0
    marking: bool = field(default=False)

    def note(self, what: str, of: str = "") -> None:
        """One line, whole or not at all, whoever writes at the same time."""
        line = f"{os.getpid()}\t{what}\t{of}\n".encode()
        file = os.open(self.orders.journal, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(file, line)
        os.close(file)

    def reaches(self, point: str) -> None:
        """Here it may die."""
        if point != self.orders.point:
            return
        self.came += 1
        if self.came == self.orders.times:
            self.note(DIED, point)
            os.kill(os.getpid(), signal.SIGKILL)


def arm(orders: Orders) -> None:
    """Patch this process as it was told."""
    dying = Dying(orders)
    _watch_claims(dying)
    _watch_marks(dying)
    mail = MarkFirst if orders.without == MARK_FIRST else Watched

    def ways(given: Settings) -> dict[str, Channel]:
        return {"inbox": Inbox(), "email": mail(given, dying)}

    tasks.channels = ways  # type: ignore[assignment]
    outbox.deliver = partial(
        delivering.deliver, batch=orders.batch, lease=timedelta(seconds=orders.lease), patience=orders.patience
    )
    ticking = tasks.tick

    def tick(clock_now: Any, given: Any) -> None:
        began: datetime = clock_now()
        ticking(clock_now, given)
        dying.note(TICKED, began.isoformat())

    tasks.tick = tick
    if orders.without == NO_KEY:
        planning._insert = _insert_without_key
    if orders.without == MARK_FIRST:
        delivering.MARKED_TOGETHER = 1


def _insert_without_key(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Whoever found nothing inserts; the moment between the two is as long as on a slow machine."""
    time.sleep(0.1)
    return len(session.scalars(Notice.__table__.insert().values(list(rows)).returning(Notice.id)).all())


def _watch_claims(dying: Dying) -> None:
    claim_batch = delivering.claim_batch

    def claim(*given: Any) -> Any:
        claimed = claim_batch(*given)
        if claimed.ids:
            dying.reaches(AFTER_CLAIM)
        return claimed

    delivering.claim_batch = claim


def _watch_marks(dying: Dying) -> None:
    write = delivering._Marks.write

    def writing(marks: Any, results: Sequence[Result]) -> None:
        of_mail = {each.leading.id: each.key for each in marks.messages.values() if each.leading.channel == "email"}
        sent = [of_mail[each.id] for each in results if each.id in of_mail and each.outcome is Outcome.SENT]
        dying.marking = bool(sent)
        write(marks, results)
        dying.marking = False
        for key in sent:
            dying.note(MARKED, key)

    delivering._Marks.write = writing

    @event.listens_for(Session, "before_commit")
    def before_commit(_session: Session) -> None:
        if dying.marking:
            dying.reaches(BEFORE_COMMIT)


class Watched(Email):
    """E-mail that writes down what a server has taken."""

    def __init__(self, given: Settings, dying: Dying) -> None:
        super().__init__(given)
        self.dying = dying

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        keys = {message.id: message.key for message in batch}
        self.dying.reaches(BEFORE_SMTP)
        for result in super().send(batch):
            if result.outcome is Outcome.SENT:
                self.dying.note(SENT, keys[result.id])
                self.dying.reaches(AFTER_250)
            yield result


class MarkFirst(Watched):
    """The control: what is to be sent is marked as sent, and then sent."""

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        yield from (Result(message.id, Outcome.SENT) for message in batch)
        for _result in super().send(batch):
            pass
