"""The queue: Celery on RabbitMQ, on Redis, or on files in the data folder. Messages only wake; rows hold the work.

Nothing is sent with a delay (eta, countdown): what is to happen later stands in a row with its instant.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from celery import Celery, Task
from celery.signals import beat_init, setup_logging, worker_init
from celery.worker.consumer import Consumer
from flask import Flask
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import OperationalError

from config import logging
from config.serving import REFUSED_TO_SERVE, say, say_refusals
from config.settings import Settings

VISIBILITY = 3600
"""Seconds after which Redis hands a message out again whose worker is silent; a tick takes some minutes at most."""
CONFLICT = 406
"""RabbitMQ's code for a queue that exists with other properties."""


def broker_folder(settings: Settings) -> Path:
    """Where the embedded broker keeps its message files."""
    return settings.data / "broker"


def beat_schedule_file(settings: Settings) -> Path:
    """Where beat remembers when it last sent what."""
    return settings.data / "beat-schedule"


def make_celery(app: Flask, settings: Settings, *, tasks: Sequence[str], beat: dict[str, Any]) -> Celery:
    """The Celery app whose tasks run inside an app context.

    `tasks` names the modules that define tasks, `beat` is Celery's beat_schedule. There is no result backend: what a
    task did stands in rows.
    """

    class InContext(Task):  # type: ignore[misc]
        """A task that has the app and a database session, which ends with it."""

        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("mubiao", task_cls=InContext, include=list(tasks), set_as_current=True)
    queue = settings.queue
    celery.conf.update(
        broker_url=settings.broker_url or "filesystem://localhost",
        broker_connection_retry_on_startup=True,
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        event_serializer="json",
        timezone="UTC",
        enable_utc=True,
        task_queues=[_one_queue(settings)],
        task_default_queue=queue,
        task_default_exchange=queue,
        task_default_routing_key=queue,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_consumer="config.queue:WithoutDelays",
        worker_enable_remote_control=settings.broker_url is not None,
        worker_hijack_root_logger=False,
        beat_schedule=beat,
        beat_schedule_filename=str(beat_schedule_file(settings)),
    )
    if settings.broker_url is None:
        celery.conf.broker_transport_options = _file_broker(settings)
    elif _on_rabbitmq(settings):
        celery.conf.broker_transport_options = {"confirm_publish": True}
    else:
        celery.conf.broker_transport_options = {"visibility_timeout": VISIBILITY}
    celery.set_default()
    _watch_start(settings)
    return celery


class WithoutDelays(Consumer):  # type: ignore[misc]
    """Celery's consumer, but for the 28 queues that it makes beside a quorum queue to delay messages in."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps of its start."""

        default_steps: ClassVar = [
            step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in str(step)
        ]


def _on_rabbitmq(settings: Settings) -> bool:
    return settings.broker_url is not None and settings.broker_url.startswith(("amqp:", "amqps:", "pyamqp:"))


def _one_queue(settings: Settings) -> Queue:
    """On RabbitMQ a quorum queue: kept by a majority of the nodes, so that no single one loses it."""
    name = settings.queue
    exchange = Exchange(name, type="direct")  # type: ignore[no-untyped-call]
    kind = {"x-queue-type": "quorum"} if _on_rabbitmq(settings) else None
    return Queue(name, exchange, routing_key=name, queue_arguments=kind)  # type: ignore[no-untyped-call]


def another_kind(settings: Settings) -> str | None:
    """What to say when RabbitMQ has a queue of this name that is no quorum queue; None when all is well or unknown."""
    if not _on_rabbitmq(settings):
        return None
    with Connection(settings.broker_url, connect_timeout=5) as connection:  # type: ignore[no-untyped-call]
        try:
            _one_queue(settings)(connection.default_channel).declare()  # type: ignore[no-untyped-call]
        except connection.channel_errors as error:
            if getattr(error, "reply_code", None) != CONFLICT:
                return None
            return (
                f"RabbitMQ has a queue {settings.queue!r} that is no quorum queue, from an earlier version. Stop the "
                f"programs and delete it (rabbitmqctl delete_queue {settings.queue}; its messages only wake, nothing "
                "is lost), or set MUBIAO_QUEUE to a new name"
            )
        except (OSError, OperationalError, *connection.connection_errors):
            return None  # not there yet: Celery waits for it and says so
    return None


def _file_broker(settings: Settings) -> dict[str, Any]:
    folder = broker_folder(settings)
    return {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.25,  # seconds between looks into the folder
    }


def _watch_start(settings: Settings) -> None:
    """When a worker or beat starts: refuse with unsafe settings, make the folders, take over logging.

    Celery logs and forgets an Exception of a signal's receiver, but lets SystemExit pass.
    """

    def starting(**_: object) -> None:
        if say_refusals(settings):
            raise SystemExit(REFUSED_TO_SERVE)
        objection = another_kind(settings)
        if objection:
            say(f"Refusing to start: {objection}.")
            raise SystemExit(REFUSED_TO_SERVE)
        prepare_folders(settings)

    def log(**_: object) -> None:
        logging.configure(settings)

    worker_init.connect(starting, weak=False, dispatch_uid="mubiao-starting")
    beat_init.connect(starting, weak=False, dispatch_uid="mubiao-starting")
    setup_logging.connect(log, weak=False, dispatch_uid="mubiao-logging")


def prepare_folders(settings: Settings) -> None:
    """Make what the embedded broker and beat write into."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # passwords' hashes will stand in it
    if settings.broker_url is None:
        (broker_folder(settings) / "control").mkdir(parents=True, exist_ok=True)


def sweep_unreadable(settings: Settings, *, older_than: float = 1.0) -> list[Path]:
    """Remove message files of the embedded broker that would kill a worker, and name them.

    A program that dies while it writes leaves an empty or cut file; a worker of this broker dies of reading it.
    Files younger than `older_than` seconds may still be being written. Losing one loses nothing: messages only wake.
    """
    if settings.broker_url is not None:
        return []
    removed = []
    folder = broker_folder(settings)
    for file in [*folder.glob("*.msg"), *(folder / "control").glob("*.exchange")]:
        try:
            if time.time() - file.stat().st_mtime < older_than:
                continue
            json.loads(file.read_bytes())
        except FileNotFoundError:  # taken by a worker meanwhile
            continue
        except ValueError:
            file.unlink(missing_ok=True)
            removed.append(file)
    return removed
