"""Command groups that need the database, and say so in one sentence when it is not there."""

from typing import Any

import click
from flask import current_app
from flask.cli import ScriptInfo
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from commands.errors import BadInput


class OnDatabase(click.Group):
    """A group whose commands need the database: without it, or without its tables, they say so in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a database that is not there, or has no tables yet, becomes BadInput."""
        if not current_app:
            ctx.with_resource(ctx.ensure_object(ScriptInfo).load_app().app_context())
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            raise BadInput(_about(error)) from error


def _about(error: DatabaseError) -> str:
    text = str(error.orig)
    if "no such table" in text or "UndefinedTable" in type(error.orig).__name__:
        return "数据库里还没有表：请先运行 flask --app wsgi db upgrade"
    first = text.strip().splitlines()[0]
    return f"数据库不能用（{first}）：请核对 MUBIAO_DATABASE_URL，并确认数据库已经启动"
