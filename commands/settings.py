"""`flask --app wsgi settings`: every MUBIAO_* variable with its meaning and default. The one list there is."""

from typing import Any

import click

from commands.errors import print_json
from config.settings import DEFAULT_SECRET, ROOT, Settings


def described() -> list[dict[str, Any]]:
    """Each variable as {variable, default, meaning}; a default inside this folder is given relative to it."""
    prefix = str(Settings.model_config["env_prefix"])
    found = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if default == DEFAULT_SECRET:
            default = "(one for development, refused elsewhere)"
        elif name == "data":
            default = str(default.relative_to(ROOT))
        found.append({"variable": f"{prefix}{name.upper()}", "default": default, "meaning": field.description})
    return found


@click.command("settings")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout and nothing else.")
def settings_command(as_json: bool) -> None:
    """List every MUBIAO_* variable, what it means and what it is when nobody sets it."""
    if as_json:
        print_json(described())
        return
    for each in described():
        default = each["default"]
        click.echo(f"{each['variable']}  [{'unset' if default in (None, '') else default}]")
        click.echo(f"    {each['meaning']}")
