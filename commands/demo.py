"""`demo walk FILE`: a table goes through its whole year before your eyes, on a scratch database.

Needs no settings, secret or database. Exit codes: 0 done, 2 bad input (one sentence on stderr, nothing written).
"""

import shutil
import sqlite3
import tempfile
from pathlib import Path

import click
from flask_migrate import upgrade

from commands.errors import BadInput, print_json
from commands.files import document_in
from commands.walk import Walk, WalkStopped
from config.database import MIGRATIONS, bare_app, db
from config.settings import Settings
from forms import checks, framework
from forms.document import Document
from notifications.channels.registry import channels
from workflow.lifecycle import EVENTS
from workflow.states import LABELS, State


@click.group()
def demo() -> None:
    """演示：不需要设置，不动任何已有数据。"""


@demo.command("walk")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="标准输出只写 JSON。")
@click.option("--keep", "kept", metavar="DB", type=click.Path(path_type=Path), help="把演示用的数据库留在这个文件里。")
def walk_command(file: Path, as_json: bool, kept: Path | None) -> None:
    """让文件里的目标表走完一整年：编报、内审、审核、退回、批复、监控、自评。"""
    if kept is not None and kept.exists():
        raise BadInput(f"文件“{kept}”已经存在，请换一个文件名")
    if kept is not None and not kept.absolute().parent.is_dir():
        raise BadInput(f"没有文件夹“{kept.absolute().parent}”，请先建立")
    document = _sound(file)
    with tempfile.TemporaryDirectory(prefix="mubiao-walk-") as folder:
        database = Path(folder) / "walk.sqlite3"
        settings = Settings(
            _env_file=None, environment="development", data=Path(folder), database_url=f"sqlite:///{database}"
        )
        app = bare_app(settings)
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            walk = Walk(document, channels(settings))
            try:
                walk.run()
            except WalkStopped as error:
                raise BadInput(f"这张表走不完一年：{error}") from error
            result = walk.as_json()
            db.session.remove()
            db.engine.dispose()
        if kept is not None:
            _keep(database, kept)
    if as_json:
        print_json(result)
        return
    for step in walk.steps:
        verb = EVENTS[step.event].label if step.event in EVENTS else "导入"
        came_to = f"→ {LABELS[State(step.to_state)]}" if step.result == "moved" else f"未成：{'；'.join(step.reasons)}"
        click.echo(f"{step.at:%Y-%m-%d}  {step.person}　{verb}　{came_to}")
    monitored = result["monitoring"]["rounds"][0]
    click.echo(
        f"监控完成率：目标 {result['monitoring']['target'] or '无'}，"
        + "，".join(f"{h['monitored']}/{monitored['projects']}" for h in monitored["history"])
    )
    sent = sum(notice["delivered"] for notice in result["notices"])
    click.echo(
        f"通知 {len(result['notices'])} 条，已送达 {sent} 条。最后的状态：{LABELS[State(result['final_state'])]}"
    )


def _sound(file: Path) -> Document:
    """The file's document, if it can go through a year."""
    document = document_in(file)
    if document.fiscal_year is None:
        raise BadInput(f"文件“{file.name}”里没有读到年度，无法开始一年")
    blocking = [
        finding
        for finding in checks.run(document, framework.load(document.form))
        if finding.severity is checks.Severity.MUST
    ]
    if blocking:
        first = f"{blocking[0].path} {blocking[0].message}"
        raise BadInput(f"文件“{file.name}”有 {len(blocking)} 处必改，改好才能送审。第一处：{first}")
    return document


def _keep(database: Path, kept: Path) -> None:
    with sqlite3.connect(database) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(database, kept)
