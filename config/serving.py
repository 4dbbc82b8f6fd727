"""Whether this process may serve people with its settings, and how it says no: before it starts, in plain words."""

import sys

import click
from flask.cli import ScriptInfo
from flask.helpers import get_debug_flag
from pydantic import ValidationError

from config.settings import Settings, settings

REFUSED_TO_SERVE = 3
"""Exit code of a program that must not serve with its settings (gunicorn stops for good on a worker's 3)."""
BAD_INPUT = 2


def settings_or_exit() -> Settings:
    """The process's settings; ends the process with one sentence for each variable that cannot be read."""
    try:
        return settings()
    except ValidationError as error:
        for each in error.errors():
            name = "_".join(str(part) for part in each["loc"]).upper()
            say(f"MUBIAO_{name.removeprefix('MUBIAO_')}: {each['msg']}.")
        say("`flask --app wsgi settings` lists every variable once these are put right.")
        raise SystemExit(BAD_INPUT) from None


def say_refusals(setting: Settings, *, debugger: bool = False) -> bool:
    """Print why this program must not serve people; whether there was anything to print.

    `debugger`: the server was asked for Flask's debug mode on its own command line.
    """
    found = setting.refusals_to_serve()
    if debugger and setting.environment != "development":
        found = [*found, "the server is started with its debugger"]
    for sentence in found:
        say(f"Refusing to serve: {sentence}.")
    if found:
        say(
            "Set these variables, or MUBIAO_ENVIRONMENT=development on a machine of your own; "
            "`flask --app wsgi settings` explains them all."
        )
    return bool(found)


def refuse_unsafe_start(setting: Settings) -> None:
    """End a web server (or whatever else loads the app to serve it) that must not start.

    The flask command line may load the app with any settings, except for its own `run`. It is told by the command
    it is in, not by the variable it sets: that one is inherited by whatever is started from it.
    """
    command = click.get_current_context(silent=True)
    in_flask = command is not None and command.find_object(ScriptInfo) is not None
    runs = in_flask and command is not None and command.info_name == "run"
    if in_flask and not runs:
        return
    if say_refusals(setting, debugger=runs and get_debug_flag()):
        raise SystemExit(REFUSED_TO_SERVE)


def say(words: str) -> None:
    """On stderr at once: logging may not be there yet, and the process is about to end."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
