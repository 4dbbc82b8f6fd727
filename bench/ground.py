"""What measurements stand on: a database of their own on PostgreSQL, dropped at the end, and rounds that interleave."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import create_engine, make_url, text

import commands.registry  # noqa: F401 - knows every room, and so every table
from config.database import Base, bare_app, db
from config.settings import Settings

POSTGRES = os.environ.get("MUBIAO_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
ROUNDS = 9


@contextmanager
def database(suffix: str = "") -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database; a suffix for who needs several at once."""
    name = f"mubiao_bench_{os.getpid()}{suffix}"
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
def app(suffix: str = "") -> Iterator[Flask]:
    """A bare app on such a database with all tables, in its context."""
    with database(suffix) as url, TemporaryDirectory() as folder:
        settings = Settings(environment="development", secret_key="bench" * 8, data=Path(folder), database_url=url)
        made = bare_app(settings)
        with made.app_context():
            Base.metadata.create_all(db.engine)
            yield made
            db.session.remove()
            db.engine.dispose()


@dataclass(frozen=True)
class Contestant:
    """One way to do the work. `prepare` is nobody's time; what it gives, `call` is given."""

    name: str
    call: Callable[..., object]
    prepare: Callable[[], tuple[object, ...]] = tuple


def interleaved(contestants: list[Contestant], *, times: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds a call of each contestant takes: call by call they take turns, and the median of the rounds counts."""
    seconds: dict[str, list[float]] = {one.name: [] for one in contestants}
    for number in range(rounds + 1):
        spent = dict.fromkeys(seconds, 0.0)
        for _time in range(times):
            for one in contestants:
                given = one.prepare()
                begun = time.perf_counter()
                one.call(*given)
                spent[one.name] += time.perf_counter() - begun
        if number:  # the first round warms up
            for name, total in spent.items():
                seconds[name].append(total / times)
    return {name: statistics.median(each) for name, each in seconds.items()}


def heading(title: str) -> None:
    """Print what is measured."""
    print(f"\n{title}")


def line(name: str, figure: float, goal: str = "", *, held: bool | None = None) -> None:
    """Print one ratio with its goal and whether it was reached."""
    word = "" if held is None else ("  reached" if held else "  MISSED")
    print(f"  {name:<52} {figure:>8.3f}  {goal}{word}")
