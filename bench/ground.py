"""What measurements stand on: a database of their own on PostgreSQL, dropped at the end, and rounds that interleave."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import create_engine, make_url, text

from config.database import Base, bare_app, db
from config.settings import Settings

POSTGRES = os.environ.get("MUBIAO_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
ROUNDS = 9


@contextmanager
def database() -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database."""
    name = f"mubiao_bench_{os.getpid()}"
    server = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        server.dispose()


@contextmanager
def app() -> Iterator[Flask]:
    """A bare app on such a database with all tables, in its context."""
    with database() as url, TemporaryDirectory() as folder:
        settings = Settings(environment="development", secret_key="bench" * 8, data=Path(folder), database_url=url)
        made = bare_app(settings)
        with made.app_context():
            Base.metadata.create_all(db.engine)
            yield made
            db.session.remove()
            db.engine.dispose()


def interleaved(contestants: dict[str, Callable[[], None]], *, times: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds per call of each contestant: all take turns in every round, and the median round counts.

    A contestant prepares nothing here: what a call needs before or after must be in `contestants` of nobody's time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant()
    for _round in range(rounds):
        for name, contestant in contestants.items():
            begun = time.perf_counter()
            for _time in range(times):
                contestant()
            seconds[name].append((time.perf_counter() - begun) / times)
    return {name: statistics.median(each) for name, each in seconds.items()}


def table(title: str, lines: list[tuple[str, float, str]]) -> None:
    """Print lines of (name, ratio, remark)."""
    print(f"\n{title}")
    for name, ratio, remark in lines:
        print(f"  {name:<44} {ratio:>8.2f}  {remark}")
