"""`flask --app wsgi migrations-in-step`: do the migrations lead to what the models say?

Autogenerate does not see CHECK constraints, so the shape of the migrated database is compared with one that the
models made: columns, keys, uniqueness, CHECKs, indexes and triggers, as the database itself wrote them down.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import upgrade
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from commands.errors import BadInput
from config.database import MIGRATIONS, Base, bare_app, db
from config.settings import Settings

_BOOKKEEPING = "alembic_version"
_CHECK = re.compile(r'(?:CONSTRAINT\s+"?(?P<name>\w+)"?\s+)?\bCHECK\s*\(', re.IGNORECASE)


def shape(connection: Connection) -> set[str]:
    """Everything the database enforces, one sentence each, comparable between two databases of one kind."""
    inspector = inspect(connection)
    found: set[str] = set()
    for table in inspector.get_table_names():
        if table == _BOOKKEEPING:
            continue
        found.add(f"table {table}")
        for column in inspector.get_columns(table):
            null = "NULL" if column["nullable"] else "NOT NULL"
            found.add(f"column {table}.{column['name']} {column['type']} {null} default {column['default']}")
        key = inspector.get_pk_constraint(table)
        found.add(f"primary key {table} {key['name']} {key['constrained_columns']}")
        for reference in inspector.get_foreign_keys(table):
            found.add(
                f"reference {table} {reference['name']} {reference['constrained_columns']} -> "
                f"{reference['referred_table']} {reference['referred_columns']} {reference['options']}"
            )
        for unique in inspector.get_unique_constraints(table):
            found.add(f"unique {table} {unique['name']} {unique['column_names']}")
    return found | (_of_sqlite(connection) if connection.dialect.name == "sqlite" else _of_postgresql(connection))


def _plain(sql: str) -> str:
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.replace('"', "").split()))


def _of_sqlite(connection: Connection) -> set[str]:
    found = set()
    rows = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    for kind, name, table, sql in rows:
        if table == _BOOKKEEPING:
            continue
        if kind == "table":
            found |= {f"check {table} {each}" for each in checks_in(sql)}
        else:
            found.add(f"{kind} {name} {_plain(sql)}")
    return found


def checks_in(create_table: str) -> Iterator[str]:
    """The CHECKs of a CREATE TABLE as SQLite keeps it, "name: condition", brackets and quotes followed."""
    for match in _CHECK.finditer(create_table):
        depth, quoted, end = 1, False, match.end()
        while depth and end < len(create_table):
            character = create_table[end]
            quoted ^= character == "'"
            if not quoted:
                depth += {"(": 1, ")": -1}.get(character, 0)
            end += 1
        yield f"{match['name']}: {_plain(create_table[match.end() : end - 1])}"


def _of_postgresql(connection: Connection) -> set[str]:
    found = set()
    for name, table, definition in connection.execute(
        text(
            "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype IN ('c', 'x') AND conrelid <> 0 AND connamespace = 'public'::regnamespace"
        )
    ):
        found.add(f"check {table} {name}: {definition}")
    for name, definition in connection.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> :own"),
        {"own": _BOOKKEEPING},
    ):
        found.add(f"index {name} {definition}")
    for table, name, definition in connection.execute(
        text("SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
    ):
        found.add(f"trigger {table} {name} {definition}")
    return found


def differences(migrated: Engine, modelled: Engine) -> list[str]:
    """What stands in one database and not in the other, sorted; empty when they are the same."""
    with migrated.connect() as connection:
        there = shape(connection)
        not_generated = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata
        )
    with modelled.connect() as connection:
        wanted = shape(connection)
    return [
        *(f"the migrations lack: {each}" for each in sorted(wanted - there)),
        *(f"only the migrations have: {each}" for each in sorted(there - wanted)),
        *(f"autogenerate would write: {each}" for each in not_generated),
    ]


@click.command("migrations-in-step")
def migrations_in_step() -> None:
    """Fail, naming the differences, when the migrations do not lead to what the models say (on scratch SQLite)."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Settings(
            environment="development", data=Path(folder), database_url=f"sqlite:///{folder}/migrated.sqlite3"
        )
        modelled = create_engine(f"sqlite:///{folder}/modelled.sqlite3")
        app = bare_app(scratch)
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            Base.metadata.create_all(modelled)
            found = differences(db.engine, modelled)
            db.session.remove()
            db.engine.dispose()
        modelled.dispose()
    if found:
        raise BadInput(
            "\n".join(["Models and migrations differ; `flask --app wsgi db migrate` writes a version:", *found])
        )
    click.echo("Models and migrations are in step.")
