"""Runs the migrations of `flask --app wsgi db …` on the app's database, each in a transaction of its own.

Version files import nothing of the project: a column type of ours is written as what it is in the database, so that
an old migration still runs when the type has moved or gone.
"""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from config.database import UTCInstant


def _as_plain_type(kind: str, thing: Any, autogenerate: Any) -> str | Literal[False]:  # noqa: ARG001
    if kind == "type" and isinstance(thing, UTCInstant):
        return "sa.DateTime(timezone=True)"
    return False


def _leave_out_empty(migration: Any, revision: Any, directives: list[Any]) -> None:  # noqa: ARG001
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def _watch_references(connection: Connection, watch: bool) -> None:
    """SQLite alters a table by copying and dropping it, which references must not notice. Not inside a transaction."""
    raw = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and raw is not None:
        raw.cursor().execute(f"PRAGMA foreign_keys={'ON' if watch else 'OFF'}")


def _run() -> None:
    extension = current_app.extensions["migrate"]
    options: dict[str, Any] = {
        **extension.configure_args,
        "target_metadata": extension.db.metadata,
        "render_item": _as_plain_type,
        "process_revision_directives": _leave_out_empty,
        "transaction_per_migration": True,
        "transactional_ddl": True,  # SQLite too: our transactions begin by their own word
    }
    if context.is_offline_mode():
        context.configure(url=str(extension.db.engine.url), literal_binds=True, **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    with extension.db.engine.connect() as connection:
        _watch_references(connection, False)
        try:
            context.configure(connection=connection, **options)
            with context.begin_transaction():
                context.run_migrations()
            if connection.dialect.name == "sqlite":
                lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if lost:
                    raise RuntimeError(f"after the migration rows refer to rows that are gone: {lost[:5]}")
        finally:
            connection.rollback()
            _watch_references(connection, True)


_run()
