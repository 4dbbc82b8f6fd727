"""Appending to a chain when others do so too, and what verify finds."""

import threading
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from config.database import db, writing
from ledger import book
from ledger.models import ChainHead

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def note(session: Session, chain: str, act: str = "noted") -> None:
    book.append(session, chain, act, at=NOW, person_id=None, person_name="某人", role="test")


@pytest.mark.each_database
@pytest.mark.parametrize("round_", range(3))
def test_entries_that_come_at_the_same_moment_stand_in_one_line(app: Flask, round_: int) -> None:
    """Eight threads write the first entries of one chain: nobody fails, positions are 1 to 8, and the chain holds."""
    barrier = threading.Barrier(8)
    failures: list[BaseException] = []

    def write() -> None:
        with app.app_context():
            try:
                barrier.wait(10)
                with writing() as session:
                    note(session, "person:1")
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert [entry.position for entry in book.history(db.session(), "person:1")] == list(range(1, 9))
    assert book.verify(db.session()) == []


@pytest.mark.each_database
def test_an_entry_rolled_back_leaves_no_trace(app: Flask) -> None:
    session = db.session()
    note(session, "person:1")
    session.rollback()
    assert book.verify(session) == []
    with writing() as session:
        note(session, "person:1")
    assert [entry.position for entry in book.history(db.session(), "person:1")] == [1]


def test_a_head_loaded_before_does_not_mislead_the_next_entry(app: Flask) -> None:
    with writing() as session:
        note(session, "person:1")
        session.get_one(ChainHead, "person:1")
        note(session, "person:1")
        note(session, "person:1")
    assert book.verify(db.session()) == []


@pytest.mark.parametrize(
    ("tampering", "word"),
    [
        ("UPDATE ledger_entry SET body = '{ }' WHERE position = 2", "changed"),
        ("DELETE FROM ledger_entry WHERE position = 2", "missing"),
        ("DELETE FROM ledger_chain_head", "noted end"),
        ("UPDATE ledger_chain_head SET position = 2", "noted end"),
    ],
)
def test_tampering_shows(app: Flask, tampering: str, word: str) -> None:
    with writing() as session:
        for _ in range(3):
            note(session, "person:1")
    with writing() as session:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(text(tampering))
    assert word in " ".join(found.what for found in book.verify(db.session()))
