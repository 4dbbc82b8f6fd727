"""How commands say no: one clear sentence on stderr, exit code 2."""

import json
from typing import Any, TypeVar

import click
from flask import current_app
from flask.cli import ScriptInfo
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from accounts.refusals import Refused


class BadInput(click.ClickException):
    """What was asked cannot be done as it was asked; the message names the place and the way out."""

    exit_code = 2

    def show(self, file: Any = None) -> None:  # noqa: ARG002
        """The sentence alone, on stderr."""
        click.echo(self.message, err=True)


T = TypeVar("T")


def done(result: T | Refused) -> T:
    """The result of an act, or BadInput with its reason."""
    if isinstance(result, Refused):
        raise BadInput(result.reason)
    return result


def print_json(value: object) -> None:
    """A value on stdout as JSON that people can read too."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


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
