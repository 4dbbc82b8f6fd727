"""The database: one SQLAlchemy for all rooms, the column type for instants, and the two kinds of transaction.

The same schema serves SQLite (embedded) and PostgreSQL. SQLite's own driver starts transactions late and as readers,
which answers "locked" under two writers; here every transaction begins explicitly, and writers begin IMMEDIATE.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, event, text
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

from config.settings import ROOT, Settings

T = TypeVar("T")
MIGRATIONS = str(ROOT / "migrations")


class Base(DeclarativeBase):
    """All rows; constraint names follow one convention so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate()

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys: BIGINT, where SQLite only counts up an INTEGER."""


class UTCInstant(TypeDecorator[datetime]):
    """An aware instant, stored as UTC. A naive one is refused: nobody could say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a time zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def bare_app(settings: Settings) -> Flask:
    """A Flask app that knows its database and nothing of pages: what commands, tasks and tests stand on."""
    app = Flask("mubiao", root_path=str(ROOT / "web"))
    url = make_url(settings.database)
    engine: dict[str, Any] = {"connect_args": {"timeout": 15}}
    if url.get_backend_name() != "sqlite":
        within = round(settings.database_seconds * 1000)
        engine = {
            "pool_size": settings.database_connections,
            "max_overflow": 0,
            "pool_timeout": WAITING_FOR_A_CONNECTION,
            "connect_args": {
                "connect_timeout": 5,
                "options": f"-c statement_timeout={within} -c lock_timeout={within // 2}"
                f" -c idle_in_transaction_session_timeout={3 * within}",
            },
        }
    app.config.update(
        SECRET_KEY=settings.secret_key,
        DEBUG=settings.debug,
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine,
        MUBIAO=settings,
    )
    db.init_app(app)
    app.teardown_appcontext(_let_go)  # before Flask-SQLAlchemy's own, which would raise
    migrate.init_app(app, db, directory=MIGRATIONS, render_as_batch=True, compare_type=True)
    return app


WAITING_FOR_A_CONNECTION = 5.0
"""Seconds that a request waits while all connections are in use; then it is answered 503."""
UNUSED = 5.0
"""Seconds after which a kept connection is tried before it is used again: less often than asking each time, and an act
that meets a connection broken since is repeated (see `persevering`)."""


def persevering(attempt: Callable[[], T]) -> T:
    """Run a transaction, and run it again where the database broke off: a lost connection, a deadlock's victim.

    Only for what carries a key (ledger.keys): whether the first attempt was committed before the connection was lost
    nobody can know, and with the key twice is once.
    """
    for pause in (0.05, 0.4):
        try:
            return attempt()
        except DBAPIError as error:
            if not _broke_off(error):
                raise
            let_go()
            time.sleep(pause)
    return attempt()


def let_go() -> None:
    """End the session of this request or task; where its connection broke, the connection with it, without a word:
    whoever used it was told, and what it had not committed is undone already."""
    try:
        db.session.remove()
    except DBAPIError:
        with suppress(DBAPIError):
            db.session().invalidate()
        db.session.registry.clear()


def _let_go(error: BaseException | None) -> None:  # noqa: ARG001 - as Flask calls it
    let_go()


def breaks_off(error: DBAPIError) -> bool:
    """Whether an error tells of the database's state (gone, blocked, full) and not of what was asked of it."""
    state, words = getattr(error.orig, "sqlstate", None) or "", str(error.orig)
    return _broke_off(error) or state in _GIVEN_UP or state.startswith("53") or "database is locked" in words


_GIVEN_UP = {"55P03", "57014"}
"""A lock or a statement that took too long."""


def _broke_off(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state.startswith(("08", "57P")) or state in {"40001", "40P01"}:
        return True
    # Not even connected: the driver then has words of its own and no state.
    return state == "" and isinstance(error, OperationalError) and "connection" in str(error.orig)


@contextmanager
def writing() -> Iterator[Session]:
    """One writing transaction: ends what the request was reading, commits on success, rolls back on any error.

    On SQLite it takes the one writer's place at once (BEGIN IMMEDIATE), so that it waits at its beginning instead of
    failing at its end.
    """
    session = db.session()
    session.rollback()
    session.info[_WRITING] = session.connection(execution_options={"mubiao_writing": True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[_WRITING]


def commit_without_waiting(session: Session) -> None:
    """Let this transaction's commit return before it is on the disk, where the database can (on PostgreSQL it is there
    within a second). A crash of the program loses nothing; one of the database may take the last ones back, whole. Only
    for what is safe to do again."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_WITHOUT_WAITING)


_WITHOUT_WAITING = text("SET LOCAL synchronous_commit = off")
_WRITING = "mubiao_writing"


def connection_of(session: Session) -> Connection:
    """The connection of the session's transaction; asking the session itself takes as long as a small query."""
    found: Connection | None = session.info.get(_WRITING)
    return session.connection() if found is None else found


@event.listens_for(Engine, "do_connect")
def _make_folder(dialect: Dialect, record: Any, arguments: Any, named: Any) -> None:  # noqa: ARG001
    """The embedded file's folder is made when somebody connects: commands without a database leave no trace."""
    if dialect.name == "sqlite" and arguments and arguments[0] not in {"", ":memory:"}:
        Path(arguments[0]).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


@event.listens_for(Pool, "checkin")
def _note_use(connection: Any, record: Any) -> None:  # noqa: ARG001
    record.info["used"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _try_when_unused(connection: Any, record: Any, fairy: Any) -> None:  # noqa: ARG001
    """Ask a connection that lay unused whether it still works; where not, the pool takes another one."""
    if type(connection).__module__.partition(".")[0] == "sqlite3":
        return
    if time.monotonic() - record.info.get("used", time.monotonic()) < UNUSED:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, record: Any) -> None:  # noqa: ARG001
    if type(connection).__module__.partition(".")[0] != "sqlite3":
        return
    connection.isolation_level = None  # BEGIN is ours to say, below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        immediate = connection.get_execution_options().get("mubiao_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
