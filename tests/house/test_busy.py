"""The database breaks off, blocks or is full: nothing is done twice, and people are told to come again."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from accounts.models import Person
from config import database
from config.database import Base, db
from config.settings import Settings
from ledger import book
from ledger.models import Effect
from tests import factories
from tests.conftest import SECRET
from tests.house.processes import free_port
from tests.web.conftest import enter
from web.application import create_app
from workflow.acts import Moved, Refused
from workflow.models import Table
from workflow.states import State


@pytest.fixture
def hasty(databases, tmp_path) -> Iterator[Flask]:
    """The pages on PostgreSQL, with two connections and little patience."""
    settings = Settings(
        environment="development",
        secret_key=SECRET,
        data=tmp_path,
        database_url=databases.new("postgresql"),
        database_connections=2,
        database_seconds=1,
    )
    app = create_app(settings)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        Base.metadata.create_all(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


def end_all_connections_but_mine(app: Flask) -> None:
    """What a restart of the server does to a pool."""
    engine = create_engine(app.config["MUBIAO"].database)
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()


def test_what_somebody_blocks_is_answered_503_and_come_again(hasty: Flask) -> None:
    world = factories.world()
    pages = create_app(
        hasty.config["MUBIAO"]
    )  # a second one: an app's requests share what the context around them keeps
    pages.config["PROPAGATE_EXCEPTIONS"] = False
    browser = pages.test_client()
    enter(browser, world.own.officer)
    token = browser.get("/stand-in").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    db.session.remove()
    blocking = create_engine(hasty.config["MUBIAO"].database)
    with Session(blocking) as session:
        session.execute(select(Person.id).where(Person.id == world.own.officer).with_for_update())
        answer = browser.post("/stand-in", data={"csrf_token": token, "key": "blocked-once"})
    blocking.dispose()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "系统正忙" in answer.text
    assert browser.post("/stand-in", data={"csrf_token": token, "key": "blocked-once"}).status_code == 422
    with pages.app_context():
        db.engine.dispose()


def test_who_is_signed_in_is_told_that_the_database_is_away(tmp_path) -> None:
    """The page that says so asks nobody who reads it."""
    settings = Settings(
        environment="development",
        secret_key=SECRET,
        data=tmp_path,
        database_url=f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/nobody",
    )
    pages = create_app(settings)
    pages.config["PROPAGATE_EXCEPTIONS"] = False
    browser = pages.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = "1.a-seal"
    assert browser.get("/").status_code == 503
    with pages.app_context():
        db.engine.dispose()


def test_with_every_connection_taken_a_page_is_answered_503(hasty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world = factories.world()
    browser = hasty.test_client()
    enter(browser, world.own.officer)
    db.session.remove()
    monkeypatch.setattr(db.engine.pool, "_timeout", 0.2)
    taken = [db.engine.connect() for _connection in range(2)]
    assert browser.get("/").status_code == 503
    for connection in taken:
        connection.close()
    assert browser.get("/").status_code == 200


def test_after_the_server_came_back_the_next_page_is_answered(hasty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world = factories.world()
    browser = hasty.test_client()
    enter(browser, world.own.officer)
    assert browser.get("/").status_code == 200
    db.session.remove()
    end_all_connections_but_mine(hasty)
    monkeypatch.setattr(database, "UNUSED", -1.0)  # as if it had lain unused for longer
    assert browser.get("/").status_code == 200


def test_a_connection_that_broke_is_let_go_without_a_word(hasty: Flask) -> None:
    """It breaks after the answer was made, when the session ends: the answer is sent all the same."""
    db.session().execute(text("SELECT 1"))
    end_all_connections_but_mine(hasty)
    database.let_go()
    assert db.session().execute(text("SELECT 1")).scalar_one() == 1


def test_flask_alone_would_raise_there(hasty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    db.session().execute(text("SELECT 1"))
    end_all_connections_but_mine(hasty)
    with pytest.raises(OperationalError):
        db.session.remove()
    database.let_go()


def approve_and_lose_the_answer(app: Flask, monkeypatch: pytest.MonkeyPatch, *, forget: bool) -> Moved | Refused:
    """The commit arrives, the word of it does not; `forget` takes away what the key remembers."""
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    lost = iter([True])
    commit = Session.commit

    def commits_and_breaks_off(session: Session) -> None:
        if forget:
            session.execute(delete(Effect))
        commit(session)
        if next(lost, False):
            session.close()
            end_all_connections_but_mine(app)
            raise OperationalError("COMMIT", {}, _Gone())

    monkeypatch.setattr(Session, "commit", commits_and_breaks_off)
    outcome = world.act("approve", world.own.officer)
    monkeypatch.undo()
    db.session.remove()
    chain = f"table:{world.own.table_id}"
    assert [entry.act for entry in book.history(db.session(), chain)].count("approve") == 1
    return outcome


def test_a_move_whose_answer_was_lost_is_not_made_twice(hasty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(approve_and_lose_the_answer(hasty, monkeypatch, forget=False), Moved)


def test_without_its_key_it_would_not_know_its_own_work(hasty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: told that somebody was first, though it was itself."""
    outcome = approve_and_lose_the_answer(hasty, monkeypatch, forget=True)
    assert isinstance(outcome, Refused)
    assert outcome.kind == "stale"


class _Gone(Exception):
    """What the driver says of a connection that is gone."""

    sqlstate = "57P01"


def test_two_threads_that_block_each_other_both_come_through(hasty: Flask) -> None:
    """One of them is the deadlock's victim, and is run again."""
    world = factories.world()
    ids = [world.own.table_id, world.neighbour.table_id]
    db.session.remove()
    both, done = threading.Barrier(2), list[int]()

    def lock(first: int, second: int) -> None:
        meet = iter([True])

        def attempt() -> int:
            with database.writing() as session:
                session.execute(select(Table.id).where(Table.id == first).with_for_update())
                if next(meet, False):
                    both.wait(timeout=10)
                session.execute(text("SET LOCAL lock_timeout = '20s'"))
                session.execute(text("SET LOCAL statement_timeout = '20s'"))
                session.execute(select(Table.id).where(Table.id == second).with_for_update())
                return first

        with hasty.app_context():
            done.append(database.persevering(attempt))
            db.session.remove()

    threads = [threading.Thread(target=lock, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(ids)
