"""Every command of `flask --app wsgi …`, in one list. A new one adds its line here."""

import click
from flask import Flask

from commands.cycle import cycle
from commands.demo import demo
from commands.departments import departments, region
from commands.ledger import ledger
from commands.lifecycle import lifecycle
from commands.migrations_in_step import migrations_in_step
from commands.people import people
from commands.reminders import reminders
from commands.serve import serve
from commands.settings import settings_command
from commands.table import table

COMMANDS: tuple[click.Command, ...] = (
    cycle,
    demo,
    departments,
    ledger,
    lifecycle,
    migrations_in_step,
    people,
    region,
    reminders,
    serve,
    settings_command,
    table,
)


def register(app: Flask) -> None:
    """Give an app all commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
