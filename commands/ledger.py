"""`flask --app wsgi ledger …`: the audit."""

import click

from commands.errors import print_json
from commands.on_database import OnDatabase
from config.database import db
from ledger import book


@click.group("ledger", cls=OnDatabase)
def ledger() -> None:
    """The append-only audit."""


@ledger.command("verify")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout and nothing else.")
def ledger_verify(as_json: bool) -> None:
    """Recompute every chain; exit code 1 when one does not hold."""
    found = book.verify(db.session())
    if as_json:
        print_json([{"chain": each.chain, "position": each.position, "what": each.what} for each in found])
    else:
        for each in found:
            click.echo(f"{each.chain} 第 {each.position} 条：{each.what}")
        click.echo(f"审计链有 {len(found)} 处不符" if found else "审计链完整")
    if found:
        raise click.exceptions.Exit(1)
