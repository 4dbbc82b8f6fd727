"""`flask --app wsgi serve` (`make run`): web, worker and beat on this machine, on the embedded defaults."""

import fcntl
import http.client
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade

from commands import demo_region
from commands.errors import BadInput
from commands.supervisor import Program, Supervisor
from config.database import MIGRATIONS, bare_app, db
from config.queue import prepare_folders, sweep_unreadable
from config.settings import ROOT, Settings

_PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What the programs see of this shell beside MUBIAO_*: what runs must not depend on who starts it."""


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1; MUBIAO_PORT or 8000 when left out.")
def serve(port: int | None) -> None:
    """Try everything on this machine: a demo region, the pages, the worker and beat. Ctrl-C ends all of it."""
    if os.environ.get("MUBIAO_ENVIRONMENT", "development") != "development":
        raise BadInput(
            "serve 只用于在自己的机器上试用，而 MUBIAO_ENVIRONMENT 指定了别的环境；"
            "请去掉这个变量再试，正式部署见 docs/deploying.md"
        )
    settings = _for_development(port)
    _refuse_busy(settings.port)
    prepare_folders(settings)
    with _alone_in(settings.data):
        accounts = _prepare(bare_app(settings))
        supervisor = Supervisor(_programs(settings), env=_environment(settings), folder=ROOT, say=_say)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: supervisor.stop())
        well = supervisor.run(ready=lambda: _answers(settings.port), when_ready=lambda: _welcome(settings, accounts))
    if not well:
        raise click.exceptions.Exit(1)
    _say("已全部停止。")


def _for_development(port: int | None) -> Settings:
    given = Settings()
    port = port or given.port
    return given.model_copy(
        update={
            "environment": "development",
            "data": given.data.resolve(),
            "port": port,
            "address": given.address if "address" in given.model_fields_set else f"http://127.0.0.1:{port}",
        }
    )


def _environment(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("MUBIAO_")}
    return {
        **kept,
        "PYTHONUNBUFFERED": "1",
        "MUBIAO_ENVIRONMENT": "development",
        "MUBIAO_DATA": str(settings.data),
        "MUBIAO_PORT": str(settings.port),
        "MUBIAO_ADDRESS": settings.address,
    }


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BadInput(
                f"端口 {port} 不能用（{error.strerror}）：请停止占用它的程序，或用 MUBIAO_PORT=8001 换一个端口"
            ) from error


@contextmanager
def _alone_in(data: Path) -> Iterator[None]:
    """Hold the data folder: two brokers in one folder would take each other's messages."""
    with (data / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadInput(f"另一个 serve 正在使用数据目录 {data}：请先停止它，或用 MUBIAO_DATA 换一个目录") from error
        yield


def _prepare(app: Flask) -> list[demo_region.Account]:
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        db.session.remove()
    accounts = demo_region.ensure(app, say=_say)
    with app.app_context():
        db.engine.dispose()  # the programs open the database themselves
    return accounts


def _programs(settings: Settings) -> list[Program]:
    python = sys.executable
    celery = [python, "-m", "celery", "--quiet", "-A", "wsgi:celery"]

    def sweep() -> None:
        for file in sweep_unreadable(settings):
            _say(f"移除了读不出的消息文件 {file.name}（消息只用来唤醒，不影响数据）。")

    web = [
        *(python, "-m", "gunicorn", "--bind", f"127.0.0.1:{settings.port}", "--worker-class", "gthread"),
        *("--workers", "1", "--threads", "4", "--graceful-timeout", "5", "--log-level", "warning"),
        *("--no-control-socket", "wsgi:app"),
    ]
    # One process that does one thing at a time: nothing to orphan when it is killed, and half the memory of a pool.
    worker = [*celery, "worker", "--pool", "solo", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    beat = [*celery, "beat", "--pidfile", ""]
    return [
        Program("web", web),
        Program("worker", [*worker, "--loglevel", "warning"], before_start=sweep),
        Program("beat", [*beat, "--loglevel", "warning"]),
    ]


def _answers(port: int) -> bool:
    """Whether the pages are there: the port alone opens before the app is loaded."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/static/mark.svg")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(settings: Settings, accounts: list[demo_region.Account]) -> None:
    _say(f"\n目标已启动：{settings.address}　（Ctrl-C 全部停止）")
    if accounts:
        _say(f"演示账号（密码都是 {accounts[0].password}）：")
        for account in accounts:
            _say(f"  {account.login:<10} {account.name}　{account.role}　{account.place}")
    else:
        _say("数据库里已有自己的数据，没有添加演示账号。")


def _say(words: str) -> None:
    click.echo(words)
    sys.stdout.flush()
