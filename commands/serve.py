import click
@click.command("serve")
def serve() -> None:
    """x"""
