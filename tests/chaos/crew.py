"""Workers and beats of a trial, started again when they die, as a supervisor does."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from uuid import uuid4

from kombu import Connection

from config.queue import sweep_unreadable
from config.settings import Settings
from tests.chaos.site import kill
from tests.house.processes import module, started, worker

BEAT = ("celery", "-A", "wsgi:celery", "beat", "--pidfile", "", "--loglevel", "info")
AT_RANDOM = "at random"


@contextmanager
def own_queue(url: str) -> Iterator[dict[str, str]]:
    """Settings for a queue of the trial's own on RabbitMQ, gone afterwards."""
    name = f"mubiao-trial-{uuid4().hex[:10]}"
    yield {"queue": name, "broker_url": url}
    with Connection(url) as connection:
        connection.default_channel.queue_delete(name)
        connection.default_channel.exchange_delete(name)


@dataclass
class Place:
    """A program of the crew: how it is started the next time, and the process that runs now."""

    command: Callable[[], list[str]]
    env: Callable[[], Mapping[str, str]]
    process: Popen[bytes] | None = None
    struck: bool = False
    """Whether we killed it from outside."""
    since: float = 0.0


@dataclass
class Crew:
    """The programs, and how they died so far."""

    folder: Path
    places: list[Place]
    settings: Settings
    stack: ExitStack = field(default_factory=ExitStack)
    deaths: Counter[str] = field(default_factory=Counter)
    killed: set[int] = field(default_factory=set)
    number: int = 0

    def __enter__(self) -> "Crew":
        self.mend()
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def mend(self) -> None:
        """Start what does not run."""
        for place in self.places:
            if place.process is not None and place.process.poll() is None:
                continue
            if place.process is not None:
                self.deaths[AT_RANDOM if place.struck else "by itself"] += 1
                self.killed.add(place.process.pid)
                sweep_unreadable(self.settings, older_than=0.5)
            self.number += 1
            log = self.folder / f"crew-{self.number}.log"
            place.process = self.stack.enter_context(started(place.command(), dict(place.env()), log))
            place.struck, place.since = False, time.monotonic()

    def strike(self) -> None:
        """kill -9 of one that runs, in the middle of whatever it does."""
        running = [each for each in self.places if each.process is not None and each.process.poll() is None]
        place = random.choice(running)
        assert place.process is not None
        place.struck = True
        kill(place.process.pid)
        place.process.wait(10)

    def logs(self) -> str:
        """The end of what the last ones said."""
        files = sorted(self.folder.glob("crew-*.log"), key=lambda file: file.stat().st_mtime)[-4:]
        return "\n".join(f"{file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in files)


def a_worker(env: Callable[[], Mapping[str, str]]) -> Place:
    """A worker that may be told to die."""
    return Place(lambda: worker("tests.chaos.dying_worker:celery"), env)


def a_beat(env: Callable[[], Mapping[str, str]]) -> Place:
    """A beat."""
    return Place(lambda: module(*BEAT), env)
