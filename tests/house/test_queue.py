"""The queue: tasks run in the app's context, on files and on RabbitMQ; what a dead worker held is not lost there."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu import Connection

from config.database import bare_app
from config.queue import broker_folder, make_celery, prepare_folders, sweep_unreadable
from config.settings import Settings
from tests.conftest import SECRET
from tests.house.processes import environment, module, started, wait_until, worker

ELSEWHERE = """
from config.database import bare_app
from config.queue import make_celery
from config.settings import settings

celery = make_celery(bare_app(settings()), settings(), tasks=["jobs"], beat={
    "tick": {"task": "jobs.mark", "schedule": 1.0, "args": [str(settings().data / "ticked")]},
})
"""
JOBS = """
import time
from pathlib import Path

from celery import shared_task
from flask import current_app


@shared_task
def mark(path):
    with Path(path).open("a") as file:
        file.write(f"{current_app.name}\\n")


@shared_task
def linger(path):
    with Path(path).open("a") as file:
        file.write("begun\\n")
    time.sleep(3)
    with Path(path).open("a") as file:
        file.write("done\\n")
"""
BEAT = ("celery", "-A", "elsewhere:celery", "beat", "--pidfile", "", "--loglevel", "info")


@pytest.fixture(params=["files", "RabbitMQ"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings for a queue of the test's own."""
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    (tmp_path / "jobs.py").write_text(JOBS)
    if request.param == "files":
        yield {"queue": "mubiao"}
        return
    url = request.getfixturevalue("rabbitmq_url")
    name = f"mubiao-test-{os.getpid()}-{tmp_path.name}"
    yield {"queue": name, "broker_url": url}
    with Connection(url) as connection:
        channel = connection.default_channel
        channel.queue_delete(name)
        channel.exchange_delete(name)


def ours(tmp_path: Path, broker: dict[str, str]) -> tuple[dict[str, str], Celery]:
    """The environment of the programs, and the same queue for this process to send with."""
    env = {**environment(tmp_path, environment="development", **broker), "PYTHONPATH": str(tmp_path)}
    settings = Settings(environment="development", secret_key=SECRET, data=tmp_path, **broker)
    prepare_folders(settings)
    return env, make_celery(bare_app(settings), settings, tasks=[], beat={})


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_task_runs_in_the_apps_context(broker: dict[str, str], tmp_path: Path) -> None:
    env, celery = ours(tmp_path, broker)
    mark, log = tmp_path / "mark", tmp_path / "log"
    with started(worker("elsewhere:celery"), env, log):
        celery.send_task("jobs.mark", args=[str(mark)])
        assert wait_until(lambda: lines(mark) == ["mubiao"]), log.read_text()
    celery.close()


def test_beat_ticks_into_the_same_queue(broker: dict[str, str], tmp_path: Path) -> None:
    env, celery = ours(tmp_path, broker)
    log = tmp_path / "log"
    with started(worker("elsewhere:celery"), env, log), started(module(*BEAT), env, tmp_path / "beat-log"):
        assert wait_until(lambda: len(lines(tmp_path / "ticked")) >= 2), log.read_text()
    assert list(tmp_path.glob("beat-schedule*"))
    celery.close()


@pytest.mark.parametrize("broker", ["RabbitMQ"], indirect=True)
def test_what_a_killed_worker_held_is_done_by_the_next(broker: dict[str, str], tmp_path: Path) -> None:
    env, celery = ours(tmp_path, broker)
    trace = tmp_path / "trace"
    with started(worker("elsewhere:celery"), env, tmp_path / "first") as process:
        celery.send_task("jobs.linger", args=[str(trace)])
        assert wait_until(lambda: lines(trace) == ["begun"]), (tmp_path / "first").read_text()
        os.killpg(process.pid, signal.SIGKILL)
    with started(worker("elsewhere:celery"), env, tmp_path / "second"):
        assert wait_until(lambda: lines(trace) == ["begun", "begun", "done"]), (tmp_path / "second").read_text()
    celery.close()


def test_messages_are_json_and_nothing_waits_for_results(tmp_path: Path) -> None:
    settings = Settings(environment="development", secret_key=SECRET, data=tmp_path, broker_url="amqp://nobody//")
    conf = make_celery(bare_app(settings), settings, tasks=[], beat={}).conf
    assert (conf.accept_content, conf.task_serializer, conf.result_backend) == (["json"], "json", None)
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert conf.broker_transport_options == {"confirm_publish": True}
    assert (conf.timezone, conf.enable_utc) == ("UTC", True)


@pytest.fixture
def files(tmp_path: Path) -> Settings:
    settings = Settings(environment="development", secret_key=SECRET, data=tmp_path)
    prepare_folders(settings)
    return settings


@pytest.mark.parametrize("content", [b"", b'{"body": "cut', b"\xff\xfe"])
def test_a_message_file_that_cannot_be_read_is_swept(content: bytes, files: Settings) -> None:
    bad, good = broker_folder(files) / "1_a.mubiao.msg", broker_folder(files) / "2_b.mubiao.msg"
    bad.write_bytes(content)
    good.write_text('{"body": ""}')
    assert sweep_unreadable(files, older_than=0) == [bad]
    assert not bad.exists()
    assert good.exists()


def test_a_message_file_that_may_still_be_being_written_is_left_alone(files: Settings) -> None:
    young = broker_folder(files) / "1_a.mubiao.msg"
    young.touch()
    assert sweep_unreadable(files, older_than=5) == []
    an_hour_ago = time.time() - 3600
    os.utime(young, (an_hour_ago, an_hour_ago))
    assert sweep_unreadable(files, older_than=5) == [young]


def test_an_empty_message_file_kills_a_worker_of_the_file_broker(tmp_path: Path) -> None:
    """Why there is a sweep. When this one fails, Celery has learnt to live with it and the sweep may go."""
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    (tmp_path / "jobs.py").write_text(JOBS)
    env, celery = ours(tmp_path, {"queue": "mubiao"})
    log = tmp_path / "log"
    with started(worker("elsewhere:celery"), env, log) as process:
        assert wait_until(lambda: "ready." in log.read_text()), log.read_text()
        (tmp_path / "broker" / "1_a.mubiao.msg").touch()
        assert wait_until(lambda: process.poll() is not None), log.read_text()
    celery.close()
