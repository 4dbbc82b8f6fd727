"""The queue: tasks run in the app's context, on files and on RabbitMQ; what a dead worker held is not lost there."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu import Connection

from config.database import bare_app
from config.queue import another_kind, broker_folder, make_celery, prepare_folders, sweep_unreadable
from config.serving import REFUSED_TO_SERVE
from config.settings import ROOT, Settings
from tests.conftest import SECRET
from tests.house.processes import environment, module, run, started, wait_until, worker

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

ON_RABBITMQ = pytest.mark.parametrize("broker", ["RabbitMQ"], indirect=True)


@pytest.fixture(params=["files", "RabbitMQ", "Redis"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings for a queue of the test's own."""
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    (tmp_path / "jobs.py").write_text(JOBS)
    if request.param == "files":
        yield {"queue": "mubiao"}
        return
    url = request.getfixturevalue("rabbitmq_url" if request.param == "RabbitMQ" else "redis_url")
    name = f"mubiao-test-{os.getpid()}-{tmp_path.name}"
    yield {"queue": name, "broker_url": url}
    with Connection(url) as connection:
        channel = connection.default_channel
        if request.param == "Redis":
            channel.client.delete(name, f"_kombu.binding.{name}")
        else:
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


@ON_RABBITMQ
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


@ON_RABBITMQ
def test_the_queue_is_a_quorum_queue_read_one_by_one_and_no_others_are_made(
    broker: dict[str, str], tmp_path: Path
) -> None:
    env, celery = ours(tmp_path, broker)
    log = tmp_path / "log"
    with started(worker("elsewhere:celery"), env, log):
        assert wait_until(lambda: "ready." in log.read_text()), log.read_text()
        assert "Global QoS is disabled" in log.read_text()  # prefetch is counted for each consumer
        with Connection(broker["broker_url"]) as connection:
            # Declaring it as it is does nothing, as another kind it is refused.
            assert another_kind(Settings(**broker)) is None
            with pytest.raises(connection.channel_errors, match="x-queue-type"):
                connection.default_channel.queue_declare(broker["queue"], durable=True, auto_delete=False)
            with pytest.raises(connection.channel_errors, match="celery_delayed_0"):
                connection.channel().queue_declare("celery_delayed_0", passive=True)
    celery.close()


@ON_RABBITMQ
@pytest.mark.parametrize("program", [worker("elsewhere:celery"), module(*BEAT)], ids=["worker", "beat"])
def test_a_queue_of_another_kind_from_before_is_told_in_a_sentence(
    broker: dict[str, str], tmp_path: Path, program: list[str]
) -> None:
    with Connection(broker["broker_url"]) as connection:
        connection.default_channel.queue_declare(broker["queue"], durable=True, auto_delete=False)
    env, celery = ours(tmp_path, broker)
    ended = run(program, env)
    assert ended.returncode == REFUSED_TO_SERVE, ended.stderr
    assert f"rabbitmqctl delete_queue {broker['queue']}" in ended.stderr
    assert "Traceback" not in ended.stderr
    celery.close()


def test_a_broker_that_is_not_there_yet_is_waited_for() -> None:
    assert another_kind(Settings(broker_url="amqp://127.0.0.1:1//")) is None


def test_redis_hands_out_again_what_a_silent_worker_held_for_an_hour(tmp_path: Path) -> None:
    settings = Settings(environment="development", secret_key=SECRET, data=tmp_path, broker_url="redis://nobody/0")
    conf = make_celery(bare_app(settings), settings, tasks=[], beat={}).conf
    assert conf.broker_transport_options == {"visibility_timeout": 3600}
    assert not conf.task_queues[0].queue_arguments


def test_nothing_is_sent_with_a_delay() -> None:
    """A delayed message on a quorum queue would hold its worker; what is due later is a row with an instant."""
    rooms = ("config", "ledger", "accounts", "workflow", "notifications", "commands", "web")
    sources = [
        file.read_text("utf-8")
        for room in rooms
        for file in (ROOT / room).rglob("*.py")
        if "node_modules" not in file.parts
    ]
    assert len(sources) > 100
    assert not [text for text in sources if re.search(r"\b(countdown|eta)\s*=", text)]


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
