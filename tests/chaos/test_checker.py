"""The checker finds nothing after a year that went well, and something after each way to spoil it."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, text, update

from config.database import db
from ledger.models import Effect, Entry, Seal
from notifications.models import Notice
from tests import factories
from tests.chaos.checker import Answer, Told, what_does_not_hold
from workflow.models import Table
from workflow.states import State

KEY = "decided-once"


@pytest.fixture
def decided(app: Flask) -> factories.World:
    """A table that was approved a moment ago."""
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("approve", world.own.officer, key=KEY)
    return world


@pytest.mark.each_database
def test_a_whole_year_is_clean(app: Flask) -> None:
    world = factories.world().bring_to(State.COMPLETED)
    assert what_does_not_hold(world.clock) == []


@pytest.mark.each_database
def test_what_was_answered_fits_what_was_done(decided: factories.World) -> None:
    officer = decided.own.officer
    fits = Told([Answer(officer, KEY, 303, "/tables/1"), Answer(officer, KEY, None), Answer(officer, "other", 409)])
    assert what_does_not_hold(decided.clock, fits) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("never-done", 303, "/tables/1"), "claims an effect"),
        ((KEY, 409, ""), "refuses what has an effect"),
        ((KEY, 302, "/sign-in"), "leads to the door"),
    ],
)
def test_an_answer_that_does_not_fit_is_found(decided: factories.World, answer: tuple, said: str) -> None:
    found = what_does_not_hold(decided.clock, Told([Answer(decided.own.officer, *answer)]))
    assert [said in each for each in found] == [True]


def _spoil(statement: object) -> Callable[[], None]:
    def do() -> None:
        db.session().execute(statement)  # type: ignore[call-overload]
        db.session().commit()

    return do


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_spoil(update(Table).values(version=Table.version + 1)), "its history leads to"),
        (
            _spoil(update(Table).where(Table.state == State.APPROVED).values(state=State.FINANCE_REVIEW)),
            "its history leads to",
        ),
        (_spoil(delete(Effect).where(Effect.key == KEY)), "has no effect"),
        (_spoil(update(Entry).where(Entry.act == "approve").values(from_version=7)), "comes a move from 7"),
        (_spoil(update(Entry).where(Entry.act == "approve").values(person_name="别人")), "the ledger breaks"),
        (_spoil(update(Notice).where(Notice.rule == "approved").values(key=Notice.key + "x")), "was not planned"),
        (
            _spoil(text("UPDATE ledger_effect SET outcome = replace(outcome, '\"entry_id\": ', '\"entry_id\": 9')")),
            "which is not there",
        ),
    ],
)
def test_each_way_to_spoil_it_is_found(decided: factories.World, spoil: Callable[[], None], said: str) -> None:
    assert what_does_not_hold(decided.clock) == []
    spoil()
    found = what_does_not_hold(decided.clock)
    assert any(said in each for each in found), found


def test_a_check_that_does_not_hold_is_found(decided: factories.World) -> None:
    session = db.session()
    session.execute(text("PRAGMA ignore_check_constraints=ON"))
    session.execute(update(Table).values(version=0))
    session.commit()
    found = what_does_not_hold(decided.clock)
    session.execute(text("PRAGMA ignore_check_constraints=OFF"))
    assert any("version_counts_from_one" in each for each in found), found


def test_a_missing_seal_is_found(decided: factories.World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert what_does_not_hold(decided.clock) == []
    monkeypatch.setattr("ledger.sealing.seal", lambda *_given, **_more: 0)
    db.session().execute(delete(Seal).where(Seal.position == 1))
    db.session().commit()
    assert any("is not sealed" in each for each in what_does_not_hold(decided.clock))
