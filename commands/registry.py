"""Every command of `flask --app wsgi …`, in one list. A new one adds its line here."""

import click
from flask import Flask

from commands.departments import departments, region
from commands.ledger import ledger
from commands.migrations_in_step import migrations_in_step
from commands.people import people
from commands.serve import serve
from commands.settings import settings_command

COMMANDS: tuple[click.Command, ...] = (
    departments,
    ledger,
    migrations_in_step,
    people,
    region,
    serve,
    settings_command,
)


def register(app: Flask) -> None:
    """Give an app all commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
