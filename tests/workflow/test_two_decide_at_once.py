"""Several people decide the same table at the same moment: one decides, the others are told who was first."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from accounts.roles import Role
from config.database import BigId, db
from config.statements import Statement
from ledger.models import Entry
from tests import factories
from workflow import acts, bringing
from workflow.acts import Moved, Refused, act
from workflow.models import Table
from workflow.states import State

Outcome = Moved | Refused | BaseException


@dataclass
class Bureau:
    """A table with the bureau, and officers who all have it open on their screens."""

    app: Flask
    world: factories.World
    officers: list[int]

    @classmethod
    def of(cls, app: Flask, officers: int) -> "Bureau":
        world = factories.world()
        place = (Role.OFFICER, world.region_id, world.own.id)
        people = [factories.person(f"专管{n}", place) for n in range(officers)]
        db.session().commit()
        world.bring_to(State.FINANCE_REVIEW)
        return cls(app, world, people)

    def decide_at_once(self) -> list[Outcome]:
        """All officers decide in the same moment, half for approval and half for return; what each was answered."""
        table, start = self.world.table(), threading.Barrier(len(self.officers))
        plans = [
            (event, person, self.world.details(event, table))
            for person, event in zip(self.officers, ["approve", "return"] * len(self.officers), strict=False)
        ]
        version, table_id, outcomes = table.version, table.id, list[Outcome]()
        db.session().rollback()

        def decide(event: str, person: int, details: dict[str, object]) -> None:
            with self.app.app_context():
                start.wait()
                try:
                    outcome: Outcome = act(
                        event,
                        table_id,
                        person=person,
                        version=version,
                        now=self.world.clock,
                        key=factories.key(),
                        **details,  # type: ignore[arg-type]
                    )
                except BaseException as error:
                    outcome = error
                outcomes.append(outcome)
                db.session.remove()

        threads = [threading.Thread(target=decide, args=plan) for plan in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def bring_back(self) -> None:
        """Put the table before the bureau again: through the whole path where it was returned."""
        if self.world.state() is State.DRAFT:
            self.world.recorded(
                "edit_sheet",
                self.world.own.editor,
                changes=[["annual_goal", f"第{self.world.table().pass_number}轮的年度目标"]],
                seen=self.world.details("submit", self.world.table())["sheet_edit"],
            )
            self.world.moved("submit", self.world.own.editor)
            self.world.moved("endorse", self.world.own.reviewer)
        else:
            # An approval cannot be taken back by any event; the row alone is put back, to decide once more.
            db.session().execute(
                update(Table).where(Table.id == self.world.own.table_id).values(state=State.FINANCE_REVIEW)
            )
            db.session().commit()

    def moves(self, version: int) -> int:
        """How many entries of the history left that version."""
        session = db.session()
        session.rollback()
        chain = f"table:{self.world.own.table_id}"
        count = select(func.count()).select_from(Entry)
        return session.scalars(count.where(Entry.chain == chain, Entry.from_version == version)).one()


def one_decides_and_the_others_are_told(bureau: Bureau, rounds: int) -> None:
    for _ in range(rounds):
        version = bureau.world.table().version
        outcomes = bureau.decide_at_once()
        won = [o for o in outcomes if isinstance(o, Moved)]
        told = [o for o in outcomes if isinstance(o, Refused) and o.kind == "stale"]
        assert (len(won), len(told)) == (1, len(bureau.officers) - 1), outcomes
        assert "刚刚" in told[0].reasons[0].text
        assert bureau.moves(version) == 1
        bureau.bring_back()


@pytest.mark.on_postgresql
def test_sixteen_people_decide_on_postgresql_a_hundred_times(app: Flask) -> None:
    one_decides_and_the_others_are_told(Bureau.of(app, 16), rounds=100)


def test_eight_people_decide_on_sqlite_a_hundred_times(app: Flask) -> None:
    one_decides_and_the_others_are_told(Bureau.of(app, 8), rounds=100)


def _without_version_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_is_current", lambda row, version: True)
    monkeypatch.setattr(acts, "_unchanged", lambda: (Table.id == bindparam("table"),))
    monkeypatch.setattr(acts, "_setting", acts._setting.__wrapped__)


def _without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    unheld = select(Table.id).where(Table.id == bindparam("table", type_=BigId))
    monkeypatch.setattr(bringing, "LOCK", Statement(unheld))


def _goes_red(test: Callable[[], None]) -> None:
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        test()


def test_without_the_version_check_nobody_is_told_who_was_first(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau = Bureau.of(app, 8)
    _without_version_check(monkeypatch)
    _goes_red(lambda: one_decides_and_the_others_are_told(bureau, rounds=3))


@pytest.mark.on_postgresql
def test_without_version_check_and_lock_several_decide_on_postgresql(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = Bureau.of(app, 16)
    _without_version_check(monkeypatch)
    _without_lock(monkeypatch)
    _goes_red(lambda: one_decides_and_the_others_are_told(bureau, rounds=20))


@pytest.mark.on_postgresql
def test_the_version_check_alone_lets_one_decide_on_postgresql(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is there to take the time after it; taken away, the row's version still lets only one win."""
    bureau = Bureau.of(app, 16)
    _without_lock(monkeypatch)
    one_decides_and_the_others_are_told(bureau, rounds=10)


def test_without_begin_immediate_sqlite_answers_locked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def writing_as_reader() -> Iterator[Session]:
        session = db.session()
        session.rollback()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise

    bureau = Bureau.of(app, 8)
    monkeypatch.setattr(acts, "writing", writing_as_reader)
    _goes_red(lambda: one_decides_and_the_others_are_told(bureau, rounds=20))
