"""A real table's year, tampered with in every way we can think of: all of it shows, with and without the program."""

import importlib.util
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from commands.files import document_in
from commands.walk import Walk
from config.database import db
from config.settings import ROOT
from ledger import book, export, sealing, whole
from ledger.chain import SEALS
from ledger.whole import Head
from notifications.channels.inbox import Inbox
from tests.chaos.tampering import Ledger, tamperings
from tests.conftest import _Databases, _empty

SEED = ROOT / "tests/seed/henan-cac-2020.txt"
EXPORTED = datetime(2021, 4, 30, tzinfo=UTC)
CONSTANT = "c" * 64


def _script() -> ModuleType:
    """docs/verify_ledger.py, as a module of its own."""
    spec = importlib.util.spec_from_file_location("verify_ledger", ROOT / "docs/verify_ledger.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = _script()


class _Later:
    """A clock that goes on by twenty-five minutes with each look: one for every batch of seals."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(minutes=25)
        return self.at


@pytest.fixture(scope="module")
def walked(databases: _Databases) -> Ledger:
    """The ledger of the seed's whole year, sealed in some ten batches over hours."""
    app = databases.app("sqlite")
    with app.app_context():
        try:
            walk = Walk(document_in(SEED), {"inbox": Inbox()})
            walk.run()
            sealing.seal(_Later(walk.at), batch=10)
            db.session.remove()
            with db.engine.connect() as connection:
                return Ledger.load(connection)
        finally:
            db.session.remove()
            _empty(app)


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """A connection on which references are not watched."""
    with db.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        if connection.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=OFF")
        yield connection
        if connection.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _instead(connection: Connection, ledger: Ledger) -> Iterator[Session]:
    """A session that sees this ledger, which is gone afterwards."""
    transaction = connection.begin()
    try:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        ledger.write(connection)
        yield Session(connection)
    finally:
        transaction.rollback()


def _found(connection: Connection, ledger: Ledger, noted: list[Head]) -> tuple[set, set]:
    """What the program finds in a ledger and what the script finds in its export."""
    with _instead(connection, ledger) as session:
        by_the_program = {(one.chain, one.position, str(one.kind)) for one in book.verify(session, noted)}
        lines = list(export.lines(session, EXPORTED))
    found, _counts, _head = script.verify(lines, [(head.position, head.hash) for head in noted])
    return by_the_program, set(found)


def _trial(connection: Connection, ledger: Ledger, count: int, noted: list[Head]) -> tuple[int, int, list[str]]:
    """How many of so many tamperings the program and the script find, and in which they disagree or find nothing."""
    seed = int(os.environ.get("MUBIAO_TEST_SEED") or random.SystemRandom().randrange(10**9))
    by_the_program = by_the_script = 0
    wrong = [f"MUBIAO_TEST_SEED={seed} does the same again"]
    for said, tampered in tamperings(ledger, count, random.Random(seed)):
        program, alone = _found(connection, tampered, noted)
        by_the_program += bool(program)
        by_the_script += bool(alone)
        if program != alone:
            wrong.append(f"they disagree: {said}: {sorted(program ^ alone)}")
        if not program:
            wrong.append(f"not found: {said}")
    return by_the_program, by_the_script, wrong


@pytest.mark.each_database
def test_a_ledger_that_nobody_touched_is_whole(walked: Ledger, connection: Connection) -> None:
    assert len({row["sealed_at"] for row in walked.seals}) > 5
    assert _found(connection, walked, [walked.head(), Head(3, walked.seals[2]["hash"])]) == (set(), set())


@pytest.mark.each_database
def test_sixty_tamperings_are_found(walked: Ledger, connection: Connection) -> None:
    program, alone, wrong = _trial(connection, walked, 60, [walked.head()])
    assert (program, alone, wrong[1:]) == (60, 60, []), "\n".join(wrong)


@pytest.mark.chaos
@pytest.mark.each_database
def test_six_hundred_tamperings_are_found(walked: Ledger, connection: Connection) -> None:
    program, alone, wrong = _trial(connection, walked, 600, [walked.head()])
    assert (program, alone, wrong[1:]) == (600, 600, []), "\n".join(wrong)


def test_without_a_head_noted_outside_some_are_not_found(walked: Ledger, connection: Connection) -> None:
    """The negative control, and what docs/ledger.md says that the ledger cannot."""
    program, alone, wrong = _trial(connection, walked, 60, [])
    assert program == alone < 60
    assert {each.partition(":")[0] for each in wrong[1:]} == {"not found"}
    assert any("cut, with seals and ends" in each for each in wrong)
    assert any("all sealed anew" in each for each in wrong)


def test_with_hashing_off_some_are_not_found(
    walked: Ledger, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: entries whose hash says nothing of what is in them."""
    monkeypatch.setattr(whole, "entry_hash", lambda entry: CONSTANT)
    monkeypatch.setattr(script, "entry_hash", lambda entry: CONSTANT)
    ledger = walked.copy()
    for name in {row["chain"] for row in ledger.ends} - {SEALS}:
        ledger.rehash(name)
    ledger.reseal()
    assert _found(connection, ledger, [ledger.head()]) == (set(), set())
    program, alone, _wrong = _trial(connection, ledger, 60, [ledger.head()])
    assert program < 60
    assert alone < 60
