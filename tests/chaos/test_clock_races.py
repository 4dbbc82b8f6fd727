"""Somebody acts in the moment in which the clock would remind them, or in which they are granted more time.

How the order is known: PostgreSQL's own snapshots. One that is taken before a reminder's claim begins, or right after a
submission holds its table, shows the other side's transaction if and only if that was committed by then.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, select, text
from sqlalchemy.orm import Session

from config.database import db
from notifications import outbox
from notifications.channels.inbox import Inbox
from notifications.models import Notice, Status
from notifications.outbox import delivering
from notifications.outbox.rechecking import Verdicts
from notifications.rules import ENTRY
from tests import factories
from tests.chaos.conftest import Tell
from tests.chaos.site import at_once
from workflow import acts, bringing, loading
from workflow.acts import Moved, Recorded, Refused
from workflow.deadlines import ends
from workflow.models import Extension, Table
from workflow.states import Stage

NOW, COMMITTED_BY = (
    text("SELECT pg_current_snapshot()::text"),
    text("SELECT pg_visible_in_snapshot(CAST(:transaction AS xid8), CAST(:snapshot AS pg_snapshot))"),
)
TRANSACTION = text("SELECT pg_current_xact_id()::text")


class Letters(Inbox):
    """A second way that never fails."""

    name = "email"


WAYS = {"inbox": Inbox(), "email": Letters()}


def _seed() -> int:
    return random.SystemRandom().randrange(10**9)


@dataclass
class Races:
    """A draft that could be sent for review, raced again and again."""

    app: Flask
    world: factories.World
    chance: random.Random = field(default_factory=lambda: random.Random(_seed()))
    transactions: dict[str, str] = field(default_factory=dict)
    """By who acted: the number of the transaction that they committed last."""
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, app: Flask, today: date) -> "Races":
        world = factories.world()
        world.fill()
        world.clock.on(today)
        return cls(app, world)

    def submit(self) -> Moved | Refused:
        """The department submits."""
        return acts.act(
            "submit", self.world.own.table_id, person=self.world.own.editor, version=self.version, now=self.world.clock,
            key=factories.key(), sheet_edit=self.sheet_edit,
        )  # fmt: skip

    def ready(self) -> None:
        """Note what the department sees before it submits."""
        table = self.world.table()
        self.version, self.sheet_edit = table.version, loading.sheet_edit(db.session(), table)
        self.transactions.clear()
        db.session.remove()

    def in_a_session(self, who: str, act: Callable[[], Any], wait: float, linger: float = 0.0) -> Callable[[], Any]:
        """Somebody's act as a thread of its own does it, after a wait; it stays uncommitted for a while."""

        def note(session: Session) -> None:
            self.transactions[who] = session.execute(TRANSACTION).scalar_one()
            time.sleep(linger)

        def do() -> Any:
            with self.app.app_context():
                time.sleep(wait)
                event.listen(db.session(), "before_commit", note)
                try:
                    return act()
                finally:
                    db.session.remove()

        return do

    def committed_by(self, who: str, snapshot: str) -> bool:
        """Whether what somebody did was committed when a snapshot was taken."""
        given = {"transaction": self.transactions[who], "snapshot": snapshot}
        return bool(db.session().execute(COMMITTED_BY, given).scalar_one())

    def draft_again(self, submitted: object) -> None:
        """Withdraw what was submitted."""
        if isinstance(submitted, Moved):
            self.world.moved("withdraw", self.world.own.editor)

    def told(self, tell: Tell, trial: str, done: str) -> None:
        """A line of the closing table."""
        said = ", ".join(f"{count} {what}" for what, count in sorted(self.outcomes.items()))
        tell(trial, done, f"{said}; {len(self.wrong)} findings")


# Submitting while the clock reminds


class Reminding(Races):
    """The day of the first reminder: the tick plans, claims and delivers while the department submits."""

    takes: float = 0.05
    """Seconds from the beginning of a race to the claim, as the last ones had it: submissions fall before and after."""

    def run(self, times: int) -> None:
        claims = Claims()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delivering, "claim_batch", claims.claim_batch)
            for _time in range(times):
                self._race(claims)

    def _race(self, claims: "Claims") -> None:
        session = db.session()
        session.rollback()
        session.execute(delete(Notice))
        session.commit()
        self.ready()
        claims.snapshots.clear()
        began, pause = time.monotonic(), self.chance.uniform(0, 0.02)

        def tick() -> None:
            outbox.plan_due(self.world.clock())
            time.sleep(pause)
            self.takes = (self.takes + time.monotonic() - began) / 2
            outbox.deliver(self.world.clock(), WAYS)

        submitted, ticked = at_once(
            self.in_a_session("department", self.submit, self.chance.uniform(0, 1.2) * self.takes),
            self.in_a_session("clock", tick, self.chance.uniform(0, 0.01)),
        )
        self._judge(submitted, ticked, claims)
        self.draft_again(submitted)

    def _judge(self, submitted: object, ticked: object, claims: "Claims") -> None:
        session = db.session()
        session.rollback()
        if not isinstance(submitted, Moved) or ticked is not None:
            self.wrong.append(f"{submitted!r}, {ticked!r}")
            return
        query = select(Notice).where(Notice.table_id == self.world.own.table_id, Notice.stage == ENTRY.name)
        reminders = [row for row in session.scalars(query) if row.id in claims.snapshots]
        before = {row.id: self.committed_by("department", claims.snapshots[row.id]) for row in reminders}
        for row in reminders:
            if row.status == Status.SENT and before[row.id]:
                self.wrong.append(f"{row.rule} sent to {row.recipient_id}, whose table was submitted before the claim")
        if not reminders:
            self.outcomes["submitted before the plan"] += 1
        else:
            first = all(before.values())
            self.outcomes["submitted between plan and claim" if first else "submitted after the claim began"] += 1


class Claims:
    """Takes a snapshot before each claim begins, and keeps it by the notices claimed."""

    def __init__(self) -> None:
        self.claim = outbox.claim_batch
        self.snapshots: dict[int, str] = {}

    def claim_batch(self, *given: Any, **named: Any) -> Any:
        """A claim, and what was committed before it."""
        session = db.session()
        session.rollback()
        snapshot = session.execute(NOW).scalar_one()
        session.rollback()
        claim = self.claim(*given, **named)
        self.snapshots |= dict.fromkeys(claim.ids, snapshot)
        return claim


def reminded(app: Flask, times: int) -> Reminding:
    races = Reminding.begin(app, date(2019, 11, 27))
    races.run(times)
    return races


@pytest.mark.on_postgresql
def test_nobody_is_reminded_of_what_they_did_before_the_reminder_was_claimed(app: Flask) -> None:
    races = reminded(app, 12)
    assert races.wrong == []


@pytest.mark.chaos
@pytest.mark.on_postgresql
def test_in_500_races_nobody_is_reminded_of_what_they_did(app: Flask, tell: Tell) -> None:
    races = reminded(app, 500)
    races.told(tell, "submitting while reminded", "500 races of a submission and a tick")
    assert races.wrong == []
    assert (
        min(races.outcomes["submitted between plan and claim"], races.outcomes["submitted after the claim began"]) > 50
    )


def hold_everything(rows: Iterable[Notice], now: datetime) -> Verdicts:
    """Nothing is asked again before it is sent."""
    return Verdicts(hold={row.id: (row.subject, row.body) for row in rows})


@pytest.mark.on_postgresql
def test_without_asking_again_people_are_reminded_of_what_they_did(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(delivering, "recheck", hold_everything)
    races = reminded(app, 16)
    assert any("before the claim" in each for each in races.wrong)


# Submitting while more time is granted


class Granting(Races):
    """The window closed last night: the manager extends it for the department, which submits in the same moment."""

    def run(self, times: int) -> None:
        held = Held()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bringing, "bring", held.bring)
            for _time in range(times):
                self._race(held)

    def _race(self, held: "Held") -> None:
        self.ready()

        def grant() -> Recorded | Refused:
            until = ends(date(2019, 12, 20), "Asia/Shanghai")
            return self.world.record("extend", self.world.manager, stage=Stage.ENTRY, until=until, reason="系统停机")

        submitted, granted = at_once(
            self.in_a_session("department", self.submit, self.chance.uniform(0, 0.02)),
            self.in_a_session("manager", grant, self.chance.uniform(0, 0.012), self.chance.uniform(0, 0.004)),
        )
        self._judge(submitted, granted, held)
        self.draft_again(submitted)
        session = db.session()
        session.rollback()
        session.execute(delete(Extension))
        session.commit()

    def _judge(self, submitted: object, granted: object, held: "Held") -> None:
        if not isinstance(submitted, Moved | Refused) or not isinstance(granted, Recorded):
            self.wrong.append(f"{submitted!r}, {granted!r}")
            return
        refused = isinstance(submitted, Refused)
        if isinstance(submitted, Refused) and [reason.code for reason in submitted.reasons] != ["window_closed"]:
            self.wrong.append(f"refused for {submitted.sentence()}")
        granted_first = self.committed_by("manager", held.snapshot)
        if refused and granted_first:
            self.wrong.append("refused as too late after more time had been granted")
        if not refused and not granted_first:
            self.wrong.append("submitted after the deadline before more time was granted")
        self.outcomes["refused before the grant" if refused else "submitted after the grant"] += 1


class Held:
    """Takes a snapshot as soon as a move holds its table: nobody can commit anything about it from then on."""

    def __init__(self) -> None:
        self.bringing = bringing.bring
        self.snapshot = ""

    def bring(self, session: Session, *given: Any) -> Any:
        """What is brought for a move, and what was committed when it held its table."""
        found = self.bringing(session, *given)
        self.snapshot = session.execute(NOW).scalar_one()
        return found


def granted(app: Flask, times: int) -> Granting:
    races = Granting.begin(app, date(2019, 12, 9))
    races.run(times)
    return races


@pytest.mark.on_postgresql
def test_nobody_is_too_late_once_more_time_was_granted(app: Flask) -> None:
    races = granted(app, 12)
    assert races.wrong == []


@pytest.mark.chaos
@pytest.mark.on_postgresql
def test_in_500_races_nobody_is_too_late_once_more_time_was_granted(app: Flask, tell: Tell) -> None:
    races = granted(app, 500)
    races.told(tell, "submitting while granted", "500 races of a submission and an extension")
    assert races.wrong == []
    assert min(races.outcomes.values()) > 50
    assert len(races.outcomes) == 2


@pytest.mark.on_postgresql
def test_with_windows_read_before_the_table_is_held_somebody_granted_time_is_too_late(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the guards are told of the windows was read before the lock."""
    bring, seen = bringing.bring, threading.local()

    def read_then_lock(session: Session, table_id: int, *given: Any) -> Any:
        seen.periods = loading.periods(session, session.get_one(Table, table_id))
        return bring(session, table_id, *given)

    monkeypatch.setattr(bringing, "bring", read_then_lock)
    monkeypatch.setattr(loading, "periods", _remembered(seen, loading.periods))
    races = granted(app, 25)
    assert "refused as too late after more time had been granted" in races.wrong


def _remembered(seen: threading.local, read: Callable[..., Any]) -> Callable[..., Any]:
    """The windows as they were seen before the lock, where somebody saw them."""
    return lambda *given: getattr(seen, "periods", None) or read(*given)
