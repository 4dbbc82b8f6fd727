"""A table goes through its year."""

from flask import Flask

from config.database import db
from ledger import book
from tests import factories
from workflow.states import State


def test_a_table_goes_from_draft_to_completed_and_its_history_chains_without_a_gap(app: Flask) -> None:
    world = factories.world().bring_to(State.COMPLETED)

    history = book.history(db.session(), f"table:{world.own.table_id}")
    moves = [(e.from_state, e.to_state, e.from_version) for e in history if e.from_version is not None]

    assert world.state() is State.COMPLETED
    assert [a for a, _, _ in moves][1:] == [b for _, b, _ in moves][:-1]
    assert [version for _, _, version in moves] == list(range(1, len(moves) + 1))
    assert book.verify(db.session()) == []
