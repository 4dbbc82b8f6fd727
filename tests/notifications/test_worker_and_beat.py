"""The real programs: a beat that wakes, a worker that ticks, on files and on RabbitMQ. A reminder goes out once."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from kombu import Connection
from sqlalchemy import select

from config.database import Base, bare_app, db
from config.settings import Settings
from notifications.channels.email import message_id
from notifications.models import Heartbeat, Notice, Status
from tests.conftest import SECRET
from tests.factories import world as open_year
from tests.house.processes import environment, module, started, wait_until, worker

BEAT = ("celery", "-A", "wsgi:celery", "beat", "--pidfile", "", "--loglevel", "info")
LAST_DAY = datetime(2019, 12, 6, 2, tzinfo=UTC)
"""10:00 in China on the day entry closes."""


@pytest.fixture(params=["files", "RabbitMQ", "Redis"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings for a queue of the test's own."""
    if request.param == "files":
        yield {}
        return
    url = request.getfixturevalue("rabbitmq_url" if request.param == "RabbitMQ" else "redis_url")
    name = f"mubiao-test-notices-{os.getpid()}-{tmp_path.name}"
    yield {"queue": name, "broker_url": url}
    with Connection(url) as connection:
        channel = connection.default_channel
        if request.param == "Redis":
            channel.client.delete(name, f"_kombu.binding.{name}")
        else:
            channel.queue_delete(name)
            channel.exchange_delete(name)


def test_a_reminder_is_planned_sent_and_marked_once_by_real_programs(tmp_path, broker):
    ago = (datetime.now(UTC) - LAST_DAY).total_seconds() / 86400
    given = {"environment": "development", "secret_key": SECRET, "clock": f"-{ago:.6f}d", **broker}
    settings = Settings(data=tmp_path, tick_seconds=1.0, **given)
    env = environment(tmp_path, tick_seconds="1", **given)
    with bare_app(settings).app_context(), ExitStack() as running:
        Base.metadata.create_all(db.engine)
        year = open_year()
        year.clock.on(date(2019, 11, 20))
        editor, table_id = year.own.editor, year.own.table_id

        def reminder(channel: str) -> list[Notice]:
            session = db.session()
            session.rollback()
            query = select(Notice).where(
                Notice.rule == "closes_today",
                Notice.table_id == table_id,
                Notice.recipient_id == editor,
                Notice.channel == channel,
            )
            return list(session.scalars(query.execution_options(populate_existing=True)))

        def ticked() -> datetime | None:
            session = db.session()
            session.rollback()
            return session.scalars(select(Heartbeat.at).where(Heartbeat.name == "deliver")).one_or_none()

        assert not reminder("email")
        logs = {name: tmp_path / f"{name}.log" for name in ("worker", "beat")}
        running.enter_context(started(worker("wsgi:celery"), env, logs["worker"]))
        running.enter_context(started(module(*BEAT), env, logs["beat"]))
        arrived = wait_until(lambda: [n.status for n in reminder("email")] == [Status.SENT], 25)
        assert arrived, "".join(log.read_text() for log in logs.values())
        for _ in range(3):  # it goes on ticking, and nothing more comes of it
            seen = ticked()
            assert wait_until(lambda seen=seen: ticked() != seen, 10), logs["worker"].read_text()
        for channel in ("inbox", "email"):
            (notice,) = reminder(channel)
            assert (notice.status, notice.attempts) == (Status.SENT, 1)
        mails = [message_from_bytes(file.read_bytes()) for file in (tmp_path / "mail").iterdir()]
        assert [mail["Message-ID"] for mail in mails].count(message_id(notice.key, "localhost")) == 1
        db.session.remove()
        db.engine.dispose()
