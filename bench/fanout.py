"""bench/fanout: many notices at once, from rows to a mail server, through a real worker on RabbitMQ; and the next
thousand that are due, in a small and in a huge year.

The yardsticks: what the same mail server takes from two clients that do nothing but send, over one connection each,
with PIPELINING; a Celery task and a connection for each message; the same thousand where there are 6,000 tables.
"""

import cProfile
import os
import pstats
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from celery import Celery
from flask import Flask
from kombu import Connection
from sqlalchemy import func, select, update

from accounts.models import Person
from bench import crowd, ground
from bench.sink import Sink, sink
from config.database import db, writing
from config.queue import make_celery
from config.settings import ROOT, Settings
from notifications import outbox, plan, tasks
from notifications.channels import Outcome, Outgoing, Result
from notifications.channels.email import Email, compose
from notifications.gathering import gather
from notifications.models import Notice, Status
from notifications.outbox import planning
from workflow.models import Table

RABBITMQ = os.environ.get("MUBIAO_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")
ROUNDS = 6
DEPARTMENTS = 500
"""Each with two people, who are told by e-mail on the last day of entry."""
ONE_BY_ONE = 200
"""Messages of a round that are sent one by one: a rate needs no more."""
SMALL, HUGE = 6_000, 600_000
"""Tables of a year."""
NEXT = 1_000
ON_THE_DISK = 0.005
"""Seconds that a server takes for a message that it keeps; a disk of these machines takes 2 to 7 ms."""
LAST_DAY = datetime(2019, 12, 6, 2, tzinfo=UTC)
"""10:00 in China on the day entry closes."""
SEND_ONE = "bench.send_one"
"""What bench.one_by_one calls its task; importing it would make its app."""


# From rows to a mail server


@dataclass
class Fanout:
    """Notices to send again and again, and the three ways to do so."""

    server: Sink
    ticking: Celery
    one_by_one: Celery
    ids: list[int]
    letters: list[bytes]

    def waiting(self) -> int:
        """How many messages are not sent yet; all of them wait after this."""
        again = {"status": Status.PLANNED, "next_attempt_at": Notice.due_at, "sent_at": None, "attempts": 0}
        with writing() as session:
            session.execute(update(Notice).where(Notice.id.in_(self.ids)).values(again))
        return len(self.ids)

    def by_the_outbox(self) -> float:
        """One wake-up call; a message a second."""
        return self._rate(self.waiting(), lambda: self.ticking.send_task(tasks.TICK))

    def by_two_ticks(self) -> float:
        """Two wake-up calls, one for each process of the worker."""
        return self._rate(self.waiting(), lambda: [self.ticking.send_task(tasks.TICK) for _time in range(2)])

    def one_by_one_each(self) -> float:
        """A task for each message."""
        self.waiting()
        some = self.ids[:ONE_BY_ONE]

        def publish() -> None:
            for number in some:
                self.one_by_one.send_task(SEND_ONE, (number,))

        return self._rate(len(some), publish)

    def pipelined(self) -> float:
        """Two clients that do nothing else."""
        half = len(self.letters) // 2
        parts = [self.letters[:half], self.letters[half:]]

        def send() -> None:
            threads = [threading.Thread(target=_pipelined, args=(self.server.port, part)) for part in parts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return self._rate(len(self.letters), send)

    def _rate(self, count: int, begin: Callable[[], object]) -> float:
        before, begun = self.server.taken.value, time.perf_counter()
        begin()
        while self.server.taken.value < before + count:
            time.sleep(0.0005)
            assert time.perf_counter() - begun < 120, f"{self.server.taken.value - before} of {count} arrived"
        taken = time.perf_counter() - begun
        self._settled()
        assert self.server.taken.value == before + count
        return count / taken

    def _settled(self) -> None:
        """Wait until nothing more is being done about any of them."""
        session = db.session()
        held = select(func.count()).select_from(Notice).where(Notice.lease_owner.is_not(None))
        until = time.monotonic() + 30
        while session.scalars(held).one():
            session.rollback()
            time.sleep(0.01)
            assert time.monotonic() < until, "a worker holds notices and does nothing"
        session.rollback()
        time.sleep(0.2)


def _pipelined(port: int, letters: Sequence[bytes]) -> None:
    """Send messages over one connection; each goes out with the next one's envelope."""
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
        answers.readline()
        connection.sendall(b"EHLO localhost\r\n")
        while answers.readline()[3:4] == b"-":
            pass
        connection.sendall(letters[0])
        for _line in range(3):
            answers.readline()
        for letter in letters[1:]:
            connection.sendall(letter)
            for _line in range(4):  # 250 for the message before, 250, 250, 354
                answers.readline()
        connection.sendall(b"\r\n.\r\n")
        answers.readline()


def _letters(rows: Sequence[tuple[Notice, Person]], settings: Settings) -> list[bytes]:
    """What the pipelined clients send: the end of the message before, the envelope, the message."""
    found = []
    for notice, person in rows:
        raw = compose(
            Outgoing(notice.id, notice.key, person.name, person.email, notice.subject, notice.body, LAST_DAY), settings
        )
        envelope = f"MAIL FROM:<{settings.mail_from}>\r\nRCPT TO:<{person.email}>\r\nDATA\r\n".encode()
        end = b"\r\n.\r\n" if found else b""
        found.append(end + envelope + raw.removesuffix(b"\r\n"))
    return found


@contextmanager
def worker(app: str, given: dict[str, str], folder: Path) -> Iterator[None]:
    """A Celery worker as docs/deploying.md starts it, until the block is left."""
    command = [
        sys.executable, "-m", "celery", "-A", app, "worker", "--concurrency", "2", "--loglevel", "warning",
        "-n", f"bench-{uuid4().hex[:8]}@%h",
    ]  # fmt: skip
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env |= {f"MUBIAO_{name.upper()}": value for name, value in given.items()}
    with (folder / f"{app.partition(':')[0]}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def fanout(url: str, folder: Path, server: Sink) -> Iterator[Fanout]:
    """All that is due on the last day of entry planned, the inbox delivered, the e-mails waiting; workers running."""
    crowd.gathered(DEPARTMENTS)
    outbox.plan_due(LAST_DAY)
    outbox.deliver(LAST_DAY, {"inbox": Nowhere()})
    session = db.session()
    waiting = select(Notice, Person).join(Person, Person.id == Notice.recipient_id)
    rows = [
        (row.Notice, row.Person)
        for row in session.execute(waiting.where(Notice.status == Status.PLANNED).order_by(Notice.due_at, Notice.id))
    ]
    ago = (datetime.now(UTC) - LAST_DAY).total_seconds() / 86400
    common = {
        "environment": "development", "secret_key": "bench" * 8, "data": str(folder), "database_url": url,
        "broker_url": RABBITMQ, "clock": f"-{ago:.6f}d", "mail_host": "127.0.0.1", "mail_port": str(server.port),
    }  # fmt: skip
    queues = {name: f"mubiao-bench-{os.getpid()}-{name}" for name in ("outbox", "one")}
    made = {name: Settings.model_validate(common | {"queue": queue}) for name, queue in queues.items()}
    apps = {name: make_celery(Flask(name), given, tasks=(), beat={}) for name, given in made.items()}
    letters = _letters(rows, made["outbox"])
    ids = [notice.id for notice, _person in rows]
    session.rollback()
    try:
        with (
            worker("wsgi:celery", common | {"queue": queues["outbox"]}, folder),
            worker("bench.one_by_one:celery", common | {"queue": queues["one"]}, folder),
        ):
            yield Fanout(server, apps["outbox"], apps["one"], ids, letters)
    finally:
        with Connection(RABBITMQ) as connection:
            for queue in queues.values():
                connection.default_channel.queue_delete(queue)
                connection.default_channel.exchange_delete(queue)


def sent_to_a_mail_server(takes: float = 0.0) -> None:
    """Measure and print the first part: against a server that forgets each message at once, or one that takes so many
    seconds for each, as when it is written to the disk before the 250 (RFC 5321, 6.1)."""
    with ground.app() as app, tempfile.TemporaryDirectory() as folder, sink(takes) as server:
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        with fanout(url, Path(folder), server) as bench:
            ways: dict[str, Callable[[], float]] = {
                "two pipelined clients": bench.pipelined,
                "the outbox, one tick": bench.by_the_outbox,
                "the outbox, a tick for each process": bench.by_two_ticks,
                "a task and a connection for each": bench.one_by_one_each,
            }
            rates: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(ROUNDS + 1):
                for name, way in ways.items():
                    found = way()
                    if number:  # the first round warms up
                        rates[name].append(found)
            middle = {name: statistics.median(each) for name, each in rates.items()}
            count = bench.waiting()
        kind = f"that takes {takes * 1000:g} ms for each message" if takes else "that forgets each message at once"
        ground.heading(f"{count} notices by e-mail, from rows to a mail server {kind}; messages a second")
        for name, each in middle.items():
            print(f"  {name:<52} {each:>8.0f}")
        ours = max(middle["the outbox, one tick"], middle["the outbox, a tick for each process"])
        goals = {"two pipelined clients": 0.8} | ({} if takes else {"a task and a connection for each": 7.0})
        for name, goal in goals.items():
            ratio = ours / middle[name]
            ground.line(f"the outbox / {name}", ratio, f"goal {goal}", held=ratio >= goal)
        if takes:
            return
        settings = app.config["MUBIAO"].model_copy(update={"mail_host": "127.0.0.1", "mail_port": server.port})
        where_it_goes("One delivery in this process", lambda: outbox.deliver(LAST_DAY, {"email": Email(settings)}))


# The next thousand


class Nowhere:
    """A channel that takes everything at once."""

    name = "email"
    label = "nowhere"
    form = None

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        """Everything arrives."""
        for message in batch:
            yield Result(message.id, Outcome.SENT)


class Due:
    """A year with so many tables, in which a thousand notices are due."""

    def __init__(self, app: Flask, tables: int) -> None:
        self.app = app
        with app.app_context():
            world = crowd.gathered(tables)
            session = db.session()
            some = session.scalars(select(Table.id).where(Table.cycle_id == world.cycle_id).order_by(Table.id.desc()))
            notices = plan.due(LAST_DAY, gather(session, world.cycle_id, LAST_DAY, only=some.fetchmany(NEXT // 2)))
            wanted = [one for one in notices if one.channel == "email" and not one.superseded]
            session.rollback()
            with writing() as session:
                for at in range(0, len(wanted), planning.ROWS_TOGETHER):
                    rows = [
                        planning._row(one, LAST_DAY, frozenset()) for one in wanted[at : at + planning.ROWS_TOGETHER]
                    ]
                    planning._insert(session, rows)
            session = db.session()
            self.ids = list(session.scalars(select(Notice.id).where(Notice.status == Status.PLANNED)))
            assert len(self.ids) == NEXT, len(self.ids)
            db.session.remove()

    def wait_again(self) -> tuple[()]:
        """None of them was sent."""
        again = {"status": Status.PLANNED, "next_attempt_at": Notice.due_at, "sent_at": None, "attempts": 0}
        with self.app.app_context():
            with writing() as session:
                session.execute(update(Notice).where(Notice.id.in_(self.ids)).values(again))
            db.session.remove()
        return ()

    def deliver(self) -> None:
        """Claim, ask again, deliver, mark."""
        with self.app.app_context():
            assert outbox.deliver(LAST_DAY, {"email": Nowhere()}).sent == NEXT
            db.session.remove()


def the_next_thousand() -> None:
    """Measure and print the second part."""
    with ExitStack() as stack:
        made = {count: Due(stack.enter_context(ground.app(f"_{count}")), count) for count in (SMALL, HUGE)}
        contestants = [ground.Contestant(str(count), due.deliver, due.wait_again) for count, due in made.items()]
        taken = ground.interleaved(contestants, times=1, rounds=ROUNDS)
        ground.heading(f"The next {NEXT} due notices: claimed, asked again, delivered to nowhere, marked; ms")
        for count in made:
            ground.line(f"of a year with {count} tables", taken[str(count)] * 1000)
        ratio = taken[str(HUGE)] / taken[str(SMALL)]
        ground.line(f"{HUGE} tables / {SMALL} tables", ratio, "goal 1.5", held=ratio <= 1.5)
        made[HUGE].wait_again()
        where_it_goes(f"Of {HUGE} tables", made[HUGE].deliver)


def where_it_goes(title: str, call: Callable[[], object]) -> None:
    """Print by what the time of one call is spent, in the program's own functions."""
    profile = cProfile.Profile()
    profile.runcall(call)
    figures: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    whole = sum(own for _calls, _primitive, own, _with, _callers in figures.values())
    ground.heading(f"{title}: where the time goes, as shares (a function with all that it calls)")
    told = (
        ("claiming.py", "claim_batch"), ("delivering.py", "_claimed"), ("gathering.py", "gather"), ("plan.py", "due"),
        ("plan.py", "moved_away"), ("email.py", "of"), ("email.py", "_hand_over"), ("delivering.py", "write"),
    )  # fmt: skip
    for (file, _line, name), (_calls, _primitive, _own, cumulative, _callers) in figures.items():
        if (file.rpartition("/")[2], name) in told and "notifications" in file:
            ground.line(f"{file.rpartition('/')[2]} {name}", cumulative / whole)


def main() -> None:
    """Both parts, or the one that is named."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends this ends its workers too
    asked = sys.argv[1:]
    parts: dict[str, Callable[[], None]] = {
        "server": sent_to_a_mail_server,
        "disk": partial(sent_to_a_mail_server, ON_THE_DISK),
        "next": the_next_thousand,
    }
    for name, part in parts.items():
        if not asked or name in asked:
            part()


if __name__ == "__main__":
    main()
