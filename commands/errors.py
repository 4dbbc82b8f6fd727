"""How commands say no: one clear sentence on stderr, exit code 2."""

import json
from typing import Any, TypeVar

import click

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
