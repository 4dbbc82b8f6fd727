"""What tests stand on: databases of their own, an app, and honest words about a service that is not there.

A test that touches the database takes `app`. It runs on SQLite; with `@pytest.mark.each_database` it runs on
PostgreSQL as well. Rows are gone after each test, the tables stay.
"""

import importlib.util
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, make_url, text

import commands.registry  # noqa: F401 - the command line knows every room, and so every table
from accounts import passwords
from config.database import Base, bare_app, db
from config.settings import Settings
from workflow import workdays

POSTGRES = os.environ.get("MUBIAO_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("MUBIAO_TEST_REDIS", "redis://127.0.0.1:6379/13")
RABBITMQ = os.environ.get("MUBIAO_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
SECRET = "tests-tests-tests-tests-tests-tests"
MISSING = pytest.StashKey[str]()
DATABASES = ("sqlite", "postgresql")


def _absent(url: str, default_port: int) -> str | None:
    """What to say about a service that does not answer; None when it does."""
    place = make_url(url)
    try:
        socket.create_connection((place.host or "127.0.0.1", place.port or default_port), timeout=2).close()
    except OSError as error:
        return f"{place.host}:{place.port or default_port} ({error.strerror or error})"
    return None


def need(service: str, variable: str, absent: str | None) -> None:
    """Skip the test when a service is absent; where CI=true that is a failure instead."""
    if absent is None:
        return
    message = f"{service} at {absent}; {variable} names another one"
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(f"missing service: {message}")
    pytest.skip(f"missing service: {message}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One closing line that names what was missing, so that a green run cannot hide what it did not try."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for service in ("PostgreSQL", "RabbitMQ", "Redis", "Chromium"):
        found = [reason for reason in skipped if f"missing service: {service}" in reason]
        if found:
            where = found[0].split("missing service: ", 1)[1].rstrip("')")
            terminalreporter.write_line(f"NOT TRIED: {len(found)} tests, missing {where}", yellow=True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "each_database: the test runs on SQLite and on PostgreSQL")
    config.addinivalue_line("markers", "on_postgresql: the test runs on PostgreSQL alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        definition = metafunc.definition
        kinds = DATABASES if definition.get_closest_marker("each_database") else DATABASES[:1]
        if definition.get_closest_marker("on_postgresql"):
            kinds = DATABASES[1:]
        metafunc.parametrize("database_kind", kinds, indirect=True)


@pytest.fixture
def published_until_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package knows the holidays of 2026 and of no later year, whatever its version."""
    monkeypatch.setattr(workdays, "LAST_YEAR", 2026)


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Hash passwords with next to no effort; tests/accounts/test_passwords.py uses the real one."""
    with passwords.effort(time_cost=1, memory_kib=8, parallelism=1):
        yield


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for this test process."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """ "sqlite" or "postgresql"."""
    kind: str = request.param
    return kind


class _Databases:
    """The databases of one test process, made at first need and dropped at the end."""

    def __init__(self, folder: Path, worker: str) -> None:
        self.folder = folder
        self.name = f"mubiao_test_{worker}_{os.getpid()}"
        self.number = 0
        self.apps: dict[str, Flask] = {}
        self.made: list[str] = []
        self.blank: str | None = None

    def empty(self, kind: str) -> str:
        """The URL of a database without any table. PostgreSQL's is one for all tests: dropping one takes a second."""
        if kind == "sqlite":
            return self.new(kind)
        self.blank = self.blank or self.new(kind)
        engine = create_engine(self.blank)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        return self.blank

    def new(self, kind: str) -> str:
        """The URL of a new, empty database."""
        self.number += 1
        if kind == "sqlite":
            return f"sqlite:///{self.folder / f'{self.name}_{self.number}.sqlite3'}"
        need("PostgreSQL", "MUBIAO_TEST_POSTGRES", _absent(POSTGRES, 5432))
        name = f"{self.name}_{self.number}"
        self._on_server(f'CREATE DATABASE "{name}"')
        self.made.append(name)
        return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)

    def app(self, kind: str) -> Flask:
        """The app on this process's database of that kind, with every table."""
        if kind not in self.apps:
            settings = Settings(
                environment="development", secret_key=SECRET, data=self.folder / kind, database_url=self.new(kind)
            )
            app = bare_app(settings)
            app.testing = True
            with app.app_context():
                Base.metadata.create_all(db.engine)
            self.apps[kind] = app
        return self.apps[kind]

    def drop(self) -> None:
        for app in self.apps.values():
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
        for name in self.made:
            self._on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _on_server(self, statement: str) -> None:
        engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


@pytest.fixture(scope="session")
def databases(session_folder: Path, worker_id: str) -> Iterator[_Databases]:
    """Makes databases; see `app` and `empty_database_url` for the usual needs."""
    made = _Databases(session_folder, worker_id)
    yield made
    made.drop()


@pytest.fixture
def app(database_kind: str, databases: _Databases) -> Iterator[Flask]:
    """A bare app in whose context the test runs, on a database with all tables and no rows."""
    app = databases.app(database_kind)
    with app.app_context():
        yield app
        db.session.remove()
        _empty(app)


@pytest.fixture
def database_url(app: Flask) -> str:
    """The URL of the database that `app` uses."""
    url: str = app.config["MUBIAO"].database
    return url


@pytest.fixture
def empty_database_url(database_kind: str, databases: _Databases) -> str:
    """The URL of a database without any table, the test's own as long as it runs."""
    return databases.empty(database_kind)


def _empty(app: Flask) -> None:
    """Delete all rows. References are not watched meanwhile: tables refer to each other in circles."""
    engine = db.engine
    deletes = [table.delete() for table in reversed(Base.metadata.sorted_tables)]
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=OFF")
            for delete in deletes:
                connection.execute(delete)
            connection.commit()
            raw.execute("PRAGMA foreign_keys=ON")
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for delete in deletes:
                connection.execute(delete)


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """A RabbitMQ that answers; tests take a queue name of their own in it."""
    need("RabbitMQ", "MUBIAO_TEST_RABBITMQ", _absent(RABBITMQ, 5672))
    return RABBITMQ


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis that answers; tests take a queue name of their own in it."""
    if importlib.util.find_spec("redis") is None:
        need("Redis", "`make test`", "no place: this environment has no redis package")
    need("Redis", "MUBIAO_TEST_REDIS", _absent(REDIS, 6379))
    return REDIS


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for all browser tests; Debian's, never one that a test tool downloads."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    need("Chromium", "PATH", None if path else "no place on PATH (apt-get install chromium)")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()
