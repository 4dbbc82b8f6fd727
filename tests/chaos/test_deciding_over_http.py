"""Many decide the same table in the same moment, each in a browser of their own: one decides, the others are told."""

import sqlite3
import threading
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from config.clock import now
from config.database import db
from tests.chaos.checker import Told, what_does_not_hold
from tests.chaos.conftest import Tell
from tests.chaos.deciders import Bureau, decision, race
from tests.chaos.site import at_once, serving

UNPROTECTED = "tests.chaos.unprotected"


def one_decides(
    database_url: str, folder: Path, *, workers: int, officers: int, rounds: int, app: str = "wsgi:app"
) -> tuple[Counter, Counter, list[str]]:
    """Race, and ask the database afterwards."""
    told = Told()
    with serving(database_url, folder, workers=workers, app=app) as site:
        seen, winners = race(site, officers, rounds, told)
    return seen, winners, what_does_not_hold(now, told)


def _holds(officers: int, rounds: int) -> tuple[Counter, Counter, list[str]]:
    """What one_decides finds where each round has one winner and everybody else is told 409."""
    return Counter({303: rounds, 409: rounds * (officers - 1)}), Counter({1: rounds}), []


@pytest.mark.on_postgresql
def test_sixteen_decide_in_five_rounds_over_four_processes(app: Flask, database_url: str, tmp_path: Path) -> None:
    assert one_decides(database_url, tmp_path, workers=4, officers=16, rounds=5) == _holds(16, 5)


@pytest.mark.chaos
@pytest.mark.on_postgresql
def test_sixteen_decide_in_five_hundred_rounds_over_four_processes(
    app: Flask, database_url: str, tmp_path: Path, tell: Tell
) -> None:
    found = one_decides(database_url, tmp_path, workers=4, officers=16, rounds=500)
    tell("1 decide at once", "16 browsers × 500 rounds, 4 processes, PostgreSQL", _words(found))
    assert found == _holds(16, 500)


@pytest.mark.on_postgresql
def test_without_the_version_check_it_goes_red(app: Flask, database_url: str, tmp_path: Path) -> None:
    """The control: somebody is not told who was first."""
    seen, _winners, _found = one_decides(
        database_url, tmp_path, workers=4, officers=16, rounds=2, app=f"{UNPROTECTED}:without_version_check()"
    )
    assert seen != _holds(16, 2)[0]


def test_eight_decide_in_ten_rounds_on_sqlite(app: Flask, database_url: str, tmp_path: Path) -> None:
    assert one_decides(database_url, tmp_path, workers=2, officers=8, rounds=10) == _holds(8, 10)


@pytest.mark.chaos
def test_eight_decide_in_a_hundred_rounds_on_sqlite(app: Flask, database_url: str, tmp_path: Path, tell: Tell) -> None:
    found = one_decides(database_url, tmp_path, workers=2, officers=8, rounds=100)
    tell("2 the embedded database", "8 browsers × 100 rounds, 2 processes, SQLite", _words(found))
    assert found == _holds(8, 100)


def test_without_begin_immediate_somebody_is_told_to_come_again(app: Flask, database_url: str, tmp_path: Path) -> None:
    """The control: writers that begin as readers find the file locked."""
    seen, _winners, _found = one_decides(
        database_url, tmp_path, workers=2, officers=8, rounds=10, app=f"{UNPROTECTED}:without_begin_immediate()"
    )
    assert seen.keys() & {500, 503}, seen


def test_readers_do_not_wait_for_a_writer_nor_for_each_other(app: Flask, database_url: str, tmp_path: Path) -> None:
    """While somebody holds the one writer's place, eight pages are read and one decision waits for its turn."""
    told = Told()
    with serving(database_url, tmp_path, workers=2, threads=8) as site, Bureau.of(site, 8, told) as bureau:
        readers = [browser.twin() for browser in bureau.browsers]
        version = bureau.row.put_back(told)
        db.session.remove()
        path, form = f"/tables/{bureau.row.table_id}/review/approve", decision("approve", version, 1)
        decided: list[int] = []
        deciding = threading.Thread(target=lambda: decided.append(bureau.browsers[0].post(path, form).status))
        writer = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        try:
            writer.execute("BEGIN IMMEDIATE")
            deciding.start()
            read = at_once(*(lambda browser=browser: browser.get("/").status for browser in readers))
            assert (read, decided) == ([200] * 8, [])
        finally:
            writer.execute("ROLLBACK")
            writer.close()
            for reader in readers:
                reader.connection.close()
        deciding.join()
        assert decided == [303]


def _words(found: tuple[Counter, Counter, list[str]]) -> str:
    seen, winners, broken = found
    statuses = ", ".join(f"{count} × {status}" for status, count in sorted(seen.items()))
    alone = "one winner in each round" if set(winners) == {1} else f"winners: {dict(winners)}"
    return f"{statuses}; {alone}; {len(broken)} findings"
