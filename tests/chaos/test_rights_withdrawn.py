"""A right is withdrawn in the moment in which somebody decides by it: what comes after the withdrawal is not decided.

How the order is known: a move and a withdrawal draw the id of their entry while they hold the person's row, the one
FOR SHARE, the other for itself, and hold it until they are committed. So of the two the smaller id was committed
first, and a decision with the greater one was made by somebody who had no right any more.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, delete, event, select, update

from accounts import standing_in
from accounts.keeping import Keeper
from accounts.models import Appointment, Person, StandIn
from accounts.roles import Role
from accounts.scope import local_day
from config.database import BigId, db
from config.statements import Statement
from ledger.models import Entry
from tests import factories
from tests.chaos.checker import Told, what_does_not_hold
from tests.chaos.conftest import Tell
from tests.chaos.deciders import Row
from tests.chaos.site import at_once
from tests.conftest import SECRET
from workflow import acts, bringing
from workflow.acts import Moved, Refused
from workflow.handing_over import hand_over
from workflow.models import Table
from workflow.states import State

WITHDRAWN = ("appointment_ended", "disabled", "stand_in_ended")
"""What the ledger calls the end of a right."""
LINGERING = 0.004
"""Seconds that a withdrawal stays uncommitted after all is written, so that decisions meet it there."""


@dataclass
class Races:
    """An officer, a deputy who stands in for them, and a table with the bureau that either decides."""

    app: Flask
    world: factories.World
    deputy: int
    arrangement: int
    row: Row
    told: Told
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, app: Flask) -> "Races":
        world = factories.world().bring_to(State.FINANCE_REVIEW)
        deputy = factories.person("代理", (Role.OFFICER, world.region_id, world.neighbour.id))
        session = db.session()
        today = local_day(world.clock.at, standing_in.TIMEZONE)
        made = StandIn(
            absent_id=world.own.officer, deputy_id=deputy, starts_on=today - timedelta(days=1),
            ends_on=today + timedelta(days=60), reason="出差", named_by=world.own.officer, named_at=world.clock.at,
        )  # fmt: skip
        session.add(made)
        session.commit()
        return cls(app, world, deputy, made.id, Row.of(world.own.table_id), Told())

    def ways(self) -> dict[str, tuple[int, Callable[[], object]]]:
        """Each way to end a right: who decides meanwhile, and what ends it."""
        world, officer, now = self.world, self.world.own.officer, self.world.clock.at
        appointment = db.session().scalars(select(Appointment.id).where(Appointment.person_id == officer)).one()
        db.session.remove()
        yesterday = local_day(now, standing_in.TIMEZONE) - timedelta(days=1)

        def keeper() -> Keeper:
            return Keeper(world.administrator, now, factories.key(), SECRET.encode())

        def end() -> object:
            return keeper().end_appointment(appointment, yesterday)

        def give() -> object:
            return hand_over(keeper(), officer, world.neighbour.officer, [appointment], "轮岗")

        def disable() -> object:
            return keeper().disable(officer, "离职")

        def come_back() -> object:
            return standing_in.end_own(officer, self.arrangement, key=factories.key(), now=now)

        return {
            "appointment ended": (officer, end),
            "handed over": (officer, give),
            "account disabled": (officer, disable),
            "stand-in ended": (self.deputy, come_back),
            "lender's appointment ended": (self.deputy, end),
        }

    def run(self, times: int, seed: int) -> None:
        """Race each way so many times, all ways in turn."""
        chance, ways = random.Random(seed), self.ways()
        for _time in range(times):
            for name, (decider, withdraw) in ways.items():
                self._race(name, decider, withdraw, chance)

    def _race(self, name: str, decider: int, withdraw: Callable[[], object], chance: random.Random) -> None:
        version = self.row.put_back(self.told)
        table = db.session().get_one(Table, self.row.table_id)
        details = self.world.details("approve", table)
        last = db.session().scalars(select(Entry.id).order_by(Entry.id.desc()).limit(1)).one()
        db.session.remove()
        waits = chance.uniform(0, 0.012), chance.uniform(0, 0.006)

        def decide() -> Moved | Refused:
            return acts.act(
                "approve", self.row.table_id, person=decider, version=version, now=self.world.clock,
                key=factories.key(), **details,
            )  # fmt: skip

        decided, withdrawn = at_once(
            self._in_a_session(decide, waits[0], 0), self._in_a_session(withdraw, waits[1], LINGERING)
        )
        self._judge(name, decided, withdrawn, last)
        self._give_back()

    def _in_a_session(self, act: Callable[[], Any], wait: float, linger: float) -> Callable[[], Any]:
        def do() -> Any:
            with self.app.app_context():
                time.sleep(wait)
                if linger:
                    event.listen(db.session(), "before_commit", lambda _session: time.sleep(linger))
                try:
                    return act()
                finally:
                    db.session.remove()

        return do

    def _judge(self, name: str, decided: object, withdrawn: object, last: int) -> None:
        session = db.session()
        session.rollback()
        new = list(session.execute(select(Entry.id, Entry.act).where(Entry.id > last).order_by(Entry.id)))
        ends = [number for number, act in new if act in WITHDRAWN]
        approvals = [number for number, act in new if act == "approve"]
        db.session.remove()
        if isinstance(decided, Exception) or isinstance(withdrawn, Exception) or len(ends) != 1:
            self.wrong.append(f"{name}: {decided!r}, {withdrawn!r}, ended {len(ends)} times")
        elif isinstance(decided, Moved) != (len(approvals) == 1):
            self.wrong.append(f"{name}: answered {decided}, {len(approvals)} approvals in the ledger")
        elif approvals and approvals[0] > ends[0]:
            self.wrong.append(f"{name}: approved in entry {approvals[0]} after the right had ended in {ends[0]}")
        self.outcomes["decided first" if approvals else "withdrawn first"] += 1

    def _give_back(self) -> None:
        """Give the right back as it was, past the program."""
        officer, session = self.world.own.officer, db.session()
        session.execute(
            delete(Appointment).where(
                Appointment.person_id == self.world.neighbour.officer,
                Appointment.department_id == self.world.own.id,
            )
        )
        session.execute(update(Appointment).where(Appointment.person_id == officer).values(ends_on=None))
        session.execute(update(Person).where(Person.id == officer).values(disabled_at=None))
        until = local_day(self.world.clock.at, standing_in.TIMEZONE) + timedelta(days=60)
        session.execute(update(StandIn).where(StandIn.id == self.arrangement).values(ends_on=until))
        session.commit()
        db.session.remove()


def _seed() -> int:
    return random.SystemRandom().randrange(10**9)


def raced(app: Flask, times: int) -> Races:
    races = Races.begin(app)
    races.run(times, _seed())
    races.row.put_back(races.told)
    return races


@pytest.mark.on_postgresql
def test_nobody_decides_after_their_right_ended(app: Flask) -> None:
    races = raced(app, 8)
    assert (races.wrong, what_does_not_hold(races.world.clock, races.told)) == ([], [])


@pytest.mark.chaos
@pytest.mark.on_postgresql
def test_in_a_thousand_races_nobody_decides_after_their_right_ended(app: Flask, tell: Tell) -> None:
    races = raced(app, 200)
    broken = what_does_not_hold(races.world.clock, races.told)
    tell(
        "4 rights withdrawn meanwhile",
        "200 races each: " + ", ".join(races.ways()),
        f"{races.outcomes['decided first']} decided first, {races.outcomes['withdrawn first']} not decided any more; "
        f"{len(races.wrong) + len(broken)} findings",
    )
    assert (races.wrong, broken) == ([], [])
    assert min(races.outcomes["decided first"], races.outcomes["withdrawn first"]) > 50


@pytest.mark.on_postgresql
def test_without_holding_rights_somebody_decides_by_one_that_has_ended(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a move that does not hold the rows of those whose rights it uses."""
    unheld = select(Table.id).where(Table.id == bindparam("table", type_=BigId)).with_for_update(of=Table)
    monkeypatch.setattr(bringing, "LOCK", Statement(unheld))
    monkeypatch.setattr(bringing, "hold_lenders", lambda session, person_id: None)
    races = raced(app, 12)
    assert any("after the right had ended" in each for each in races.wrong)
