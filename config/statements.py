"""Statements prepared once: where a transaction must be quick, several go to the database in one trip.

On PostgreSQL they are sent together and answered together (libpq's pipeline mode); each still sees what was committed
before it began, as any statement of the transaction does. On SQLite, which has no way to go, they follow one another.

Their binds are numbered as the database itself takes them ($1, ?), once: the driver has nothing to look for in a text
of some thousand characters each time.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from psycopg import RawCursor
from sqlalchemy import JSON, BindParameter, Dialect, Select, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import FunctionElement

from config.database import connection_of

Values = Mapping[str, Any]
Rows = list[tuple[Any, ...]]
_Process = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Prepared:
    """A statement as one database takes it."""

    sql: str
    order: Sequence[str]
    """The binds by position."""
    fixed: Values
    """Values that the statement itself brings along."""
    binds: Mapping[str, _Process]
    results: Sequence[_Process]


class Statement:
    """A select, insert, update or delete with `bindparam`s for what changes, compiled once for each database.

    Only a select gives rows. It holds no `IN` of a list: how long that is belongs to one execution.
    """

    def __init__(self, clause: Executable, **on: Executable) -> None:
        """`on` gives, by the database's name, what says the same there in its own words."""
        self._clause = clause
        self._on = on
        self._prepared: dict[str, _Prepared] = {}

    def prepared(self, dialect: Dialect) -> _Prepared:
        """The statement for that database."""
        found = self._prepared.get(dialect.name)
        if found is None:
            found = self._prepared[dialect.name] = _prepare(self._on.get(dialect.name, self._clause), dialect)
        return found


class array(FunctionElement[Any]):  # noqa: N801 - reads as the SQL function it is
    """Columns as one JSON array."""

    type = JSON()
    inherit_cache = True


class gathered(FunctionElement[Any]):  # noqa: N801
    """The arrays of all rows as one JSON array of arrays; None where there is no row. See `rows_of`."""

    type = JSON()
    inherit_cache = True


def _as(name: str) -> Callable[..., str]:
    def rendered(element: FunctionElement[Any], compiler: Any, **given: Any) -> str:
        return f"{name}({compiler.process(element.clauses, **given)})"

    return rendered


compiles(array, "sqlite")(_as("json_array"))
compiles(array, "postgresql")(_as("json_build_array"))
compiles(gathered, "sqlite")(_as("json_group_array"))
compiles(gathered, "postgresql")(_as("json_agg"))


def rows_of(value: Any) -> list[list[Any]]:
    """What `gathered` gave, as rows: booleans may be 0 and 1 in it, dates and instants are texts."""
    if value is None:
        return []
    found: list[list[Any]] = json.loads(value) if isinstance(value, str) else value
    return found


def upsert(table: type[DeclarativeBase], key: Sequence[str], columns: Sequence[str]) -> Statement:
    """Insert a row, or set its other columns where its key is taken; a bind for each column, named like it."""
    values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in (*key, *columns)}
    on_sqlite, on_postgresql = sqlite.insert(table).values(values), postgresql.insert(table).values(values)
    return Statement(
        on_sqlite.on_conflict_do_update(index_elements=key, set_={name: on_sqlite.excluded[name] for name in columns}),
        postgresql=on_postgresql.on_conflict_do_update(
            index_elements=key, set_={name: on_postgresql.excluded[name] for name in columns}
        ),
    )


def _prepare(clause: Executable, dialect: Dialect) -> _Prepared:
    assert isinstance(clause, ClauseElement)  # noqa: S101 - every executable that compiles is one
    numbered = postgresql.psycopg.dialect(paramstyle="numeric_dollar") if dialect.name == "postgresql" else dialect  # type: ignore[no-untyped-call]
    compiled: Any = clause.compile(dialect=numbered)
    binds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    types: list[Any] = (
        [described["type"] for described in clause.column_descriptions] if isinstance(clause, Select) else []
    )
    return _Prepared(
        sql=compiled.string,
        order=compiled.positiontup,
        fixed={name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required},
        binds=binds,
        results=[type_.dialect_impl(dialect).result_processor(dialect, None) for type_ in types],
    )


Asked = tuple[Statement, Values]


def together(session: Session, *asked: Asked) -> list[Rows]:
    """Run statements in the session's transaction, in one trip; the rows of each."""
    connection = connection_of(session)
    driver: Any = connection.connection.driver_connection
    dialect = connection.dialect
    ready = [(statement.prepared(dialect), values) for statement, values in asked]
    one_trip = driver.pipeline() if dialect.name == "postgresql" and len(ready) > 1 else nullcontext()
    with _errors_of(connection), one_trip:
        cursors = [_run(driver, dialect, prepared.sql, _bound(prepared, values)) for prepared, values in ready]
        return [_rows(cursor, prepared) for cursor, (prepared, _values) in zip(cursors, ready, strict=True)]


def at_once(session: Session, *asked: Asked) -> int:
    """Write in the session's transaction; how many rows the first of these statements touched.

    On PostgreSQL all of it is one statement, in which none sees what another wrote: no two may write the same row.
    """
    connection = connection_of(session)
    driver: Any = connection.connection.driver_connection
    dialect = connection.dialect
    ready = [(statement.prepared(dialect), values) for statement, values in asked]
    with _errors_of(connection):
        if dialect.name != "postgresql" or len(ready) == 1:
            counts = [
                _run(driver, dialect, prepared.sql, _bound(prepared, values)).rowcount for prepared, values in ready
            ]
            return int(counts[0])
        bound = [value for prepared, values in ready for value in _bound(prepared, values)]
        sql = _as_one(tuple((prepared.sql, len(prepared.order)) for prepared, _values in ready))
        return int(_run(driver, dialect, sql, bound).fetchone()[0])


def _run(driver: Any, dialect: Dialect, sql: str, bound: Sequence[Any]) -> Any:
    cursor = RawCursor(driver) if dialect.name == "postgresql" else driver.cursor()
    return cursor.execute(sql, bound)


@lru_cache(maxsize=256)
def _as_one(statements: tuple[tuple[str, int], ...]) -> str:
    """Several writing statements as one, each with how many binds it has: WITH each AS (… RETURNING …), answering how
    many rows the first touched."""
    parts, before = [], 0
    for number, (sql, binds) in enumerate(statements):
        renumbered = _BIND.sub(partial(_shifted, before), sql.partition(" RETURNING ")[0])
        parts.append(f"w{number} AS ({renumbered} RETURNING 1)")
        before += binds
    return f"WITH {', '.join(parts)} SELECT count(*) FROM w0"  # noqa: S608 - compiled statements, values are bound


_BIND = re.compile(r"\$(\d+)")


def _shifted(by: int, bind: re.Match[str]) -> str:
    return f"${by + int(bind[1])}"


@contextmanager
def _errors_of(connection: Connection) -> Iterator[None]:
    """The driver's errors as SQLAlchemy raises them; a connection that broke is given up."""
    dialect = connection.dialect
    driver_error = dialect.loaded_dbapi.Error
    try:
        yield
    except driver_error as error:
        broken = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if broken:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, driver_error, connection_invalidated=broken, dialect=dialect
        ) from error


def _bound(prepared: _Prepared, values: Values) -> list[Any]:
    bound = []
    for name in prepared.order:
        value, process = values[name] if name in values else prepared.fixed[name], prepared.binds[name]
        bound.append(value if process is None else process(value))
    return bound


def _rows(cursor: Any, prepared: _Prepared) -> Rows:
    if not prepared.results:
        return []
    return [
        tuple(
            value if process is None else process(value) for value, process in zip(row, prepared.results, strict=True)
        )
        for row in cursor.fetchall()
    ]
