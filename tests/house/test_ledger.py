"""Appending to a chain when others do so too, and what verify finds."""

import threading
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from config.database import db, writing
from ledger import book, export, reading, sealing
from ledger.chain import GENESIS, SEALS, entry_hash, seal_hash
from ledger.models import ChainHead, Entry, Seal
from ledger.whole import Break, End, Head, Kind

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
    ("tampering", "kind"),
    [
        ("UPDATE ledger_entry SET body = '{ }' WHERE position = 2", Kind.CHANGED),
        ("DELETE FROM ledger_entry WHERE position = 2", Kind.MISSING),
        ("DELETE FROM ledger_chain_head", Kind.END),
        ("UPDATE ledger_chain_head SET position = 2", Kind.END),
        ("UPDATE ledger_chain_head SET entry_id = 1", Kind.END),
        ("DELETE FROM ledger_entry", Kind.GONE),
    ],
)
def test_tampering_shows_before_anything_is_sealed(app: Flask, tampering: str, kind: Kind) -> None:
    with writing() as session:
        for _ in range(3):
            note(session, "person:1")
    tamper(tampering)
    assert kind in {found.kind for found in book.verify(db.session())}


# Sealing


def clock() -> datetime:
    return NOW


def sealed() -> list[Seal]:
    """The seals as they stand."""
    session = db.session()
    session.rollback()
    return list(session.scalars(select(Seal).order_by(Seal.position).execution_options(populate_existing=True)))


def found(*noted: Head) -> list[Break]:
    """What verifying finds now, whatever this test read before."""
    reading.snapshot(db.session())
    return book.verify(db.session(), noted)


def entries(count: int, chains: int = 2) -> None:
    with writing() as session:
        for number in range(count):
            note(session, f"person:{number % chains + 1}")


def tamper(*statements: str) -> None:
    """Change rows with references unwatched until the end."""
    engine = db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
        if engine.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = DEFAULT")
            connection.commit()


@pytest.mark.each_database
def test_every_entry_is_sealed_once_in_one_chain_whatever_the_batches(app: Flask) -> None:
    entries(7)
    assert sealing.seal(clock, batch=3) == 7
    assert sealing.seal(clock) == 0
    entries(2)
    assert sealing.seal(clock) == 2
    assert [one.position for one in sealed()] == list(range(1, 10))
    assert len({one.entry_id for one in sealed()}) == 9
    assert found() == []


@pytest.mark.each_database
@pytest.mark.parametrize("round_", range(3))
def test_several_sealers_at_once_give_one_chain(app: Flask, round_: int) -> None:
    entries(60, chains=5)
    barrier = threading.Barrier(6)
    failures: list[BaseException] = []
    counts: list[int] = []

    def work() -> None:
        with app.app_context():
            try:
                barrier.wait(10)
                counts.append(sealing.seal(clock, batch=7))
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    sealing.seal(clock)  # who lost a race may have left the rest to the winner
    assert [one.position for one in sealed()] == list(range(1, 61))
    assert found() == []


@pytest.mark.on_postgresql
def test_an_entry_that_appears_below_sealed_ones_is_sealed_then(app: Flask) -> None:
    """Its id was handed out before theirs, and its transaction ended after them."""
    slow = Session(db.engine)
    note(slow, "person:1")
    with writing() as session:
        note(session, "person:2")
    assert sealing.seal(clock) == 1
    slow.commit()
    slow.close()
    assert found() == []
    assert sealing.seal(clock) == 1
    assert [one.entry_id for one in sealed()] == sorted((one.entry_id for one in sealed()), reverse=True)
    assert found() == []


@pytest.mark.on_postgresql
def test_a_move_does_not_wait_while_entries_are_being_sealed(app: Flask) -> None:
    entries(3)
    with writing() as session:
        book.claim(session, SEALS)
        other = Session(db.engine)
        other.execute(text("SET LOCAL lock_timeout = '2s'"))
        note(other, "person:1")
        other.commit()
        other.close()
    assert sealing.seal(clock) == 4


@pytest.mark.each_database
def test_what_is_long_settled_is_not_looked_at_again(app: Flask) -> None:
    """An entry put in below what was sealed over an hour ago waits for the full look; verifying names it till then."""
    later = NOW + timedelta(hours=2)
    entries(3, chains=1)
    tamper("UPDATE ledger_entry SET id = id + 1000000", "UPDATE ledger_chain_head SET entry_id = entry_id + 1000000")
    assert sealing.seal(clock) == 3
    with writing() as session:
        note(session, "person:9")
    tamper(
        "UPDATE ledger_entry SET id = 500000 WHERE chain = 'person:9'",
        "UPDATE ledger_chain_head SET entry_id = 500000 WHERE chain = 'person:9'",
    )
    assert sealing.seal(lambda: later) == 0
    assert found() == []
    with writing() as session:
        note(session, "person:8")
    tamper(
        "UPDATE ledger_entry SET id = 2000000 WHERE chain = 'person:8'",
        "UPDATE ledger_chain_head SET entry_id = 2000000 WHERE chain = 'person:8'",
    )
    assert sealing.seal(lambda: later) == 1
    assert found() == [Break("person:9", 1, Kind.LATE)]
    assert sealing.seal(lambda: later, everything=True) == 1
    assert found() == []


@pytest.fixture
def meanwhile(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else writes and seals in the middle of verifying."""
    real = reading.end_of_seals

    def write() -> None:
        with app.app_context():
            entries(2)
            sealing.seal(clock)
            db.session.remove()

    def end_of_seals(session: Session) -> End | None:
        other = threading.Thread(target=write)
        other.start()
        other.join(30)
        return real(session)

    entries(5)
    sealing.seal(clock)
    monkeypatch.setattr(reading, "end_of_seals", end_of_seals)


@pytest.mark.each_database
def test_verifying_sees_the_ledger_of_one_instant_whoever_writes_meanwhile(meanwhile: None) -> None:
    assert found() == []


@pytest.mark.on_postgresql
def test_without_a_snapshot_the_end_would_be_another_one(meanwhile: None) -> None:
    """The negative control: each statement of PostgreSQL sees what was committed before it."""
    assert book.verify(db.session()) == [Break(SEALS, 5, Kind.END)]


def test_a_chain_of_entries_cannot_take_the_name_of_the_seals(app: Flask) -> None:
    with pytest.raises(ValueError, match="chain of the seals"):
        note(db.session(), SEALS)


@pytest.mark.each_database
def test_a_cut_tail_with_its_seals_and_ends_shows_by_a_head_noted_before(app: Flask) -> None:
    entries(5, chains=1)
    sealing.seal(clock)
    noted = reading.head(db.session())
    third = sealed()[2]
    tamper(
        "DELETE FROM ledger_seal WHERE position > 3",
        "DELETE FROM ledger_entry WHERE position > 3",
        "UPDATE ledger_chain_head SET position = 3, (hash, entry_id) = (SELECT hash, id FROM ledger_entry"
        " WHERE position = 3)",
        "UPDATE ledger_chain_head SET hash = (SELECT hash FROM ledger_seal WHERE position = 3) WHERE chain = 'seals'",
    )
    assert found() == []
    assert found(noted) == [Break(SEALS, 5, Kind.CUT)]
    assert found(Head(3, third.hash)) == []
    assert found(Head(3, GENESIS)) == [Break(SEALS, 3, Kind.NOTED)]


def _many(count: int) -> None:
    """So many sealed entries, written straight into the tables."""
    previous, previous_seal = GENESIS, GENESIS
    with writing() as session:
        entry = seal = None
        for start in range(1, count + 1, 1000):
            made, sealed_ = [], []
            for number in range(start, min(start + 1000, count + 1)):
                entry = Entry(
                    id=number, chain="person:1", position=number, at=NOW, act="noted", person_id=None,
                    person_name="某人", role="test", body="{}", previous_hash=previous,
                )  # fmt: skip
                entry.hash = previous = entry_hash(entry)
                seal = Seal(
                    position=number, entry_id=number, entry_hash=entry.hash, previous_hash=previous_seal, sealed_at=NOW
                )
                seal.hash = previous_seal = seal_hash(seal, entry.chain, number)
                made.append({c.name: getattr(entry, c.name) for c in Entry.__table__.columns})
                sealed_.append({c.name: getattr(seal, c.name) for c in Seal.__table__.columns})
            session.execute(insert(Entry), made)
            session.execute(insert(Seal), sealed_)
        session.add(ChainHead(chain="person:1", position=count, hash=entry.hash, entry_id=count))
        session.add(ChainHead(chain=SEALS, position=count, hash=seal.hash, entry_id=count))


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.each_database
def test_verifying_and_exporting_hold_no_more_for_many_entries_than_for_few(app: Flask) -> None:
    def verify() -> None:
        assert next(book.breaks(db.session()), None) is None
        assert sum(1 for _ in export.lines(db.session(), NOW)) > count

    peaks = []
    for count in (3_000, 15_000):
        tamper("DELETE FROM ledger_seal", "DELETE FROM ledger_chain_head", "DELETE FROM ledger_entry")
        _many(count)
        db.session.remove()
        verify()
        db.session.remove()
        peaks.append(_peak(verify))
    assert peaks[1] < peaks[0] * 1.5
