"""The database's server and the processes that answer requests are killed under load: nothing is ever half done.

Several reviewers pass their tables on and take them back, without a pause. Who gets no answer asks again with the same
key, as their browser would, until there is one.
"""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update

import commands.registry  # noqa: F401 - every table is known
from config.clock import now
from config.database import Base, bare_app, db
from config.settings import Settings
from tests import factories
from tests.chaos.checker import Answer, Told, what_does_not_hold
from tests.chaos.cluster import Cluster, own_cluster
from tests.chaos.conftest import Tell
from tests.chaos.site import Browser, Site, kill, serving
from tests.conftest import SECRET
from tests.house.processes import wait_until
from workflow.models import Window
from workflow.states import State

PEOPLE = 4
WITHIN = 10.0
"""Seconds in which there must be a good answer again."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[Cluster, Flask]]:
    """A cluster with every table, and an app on it in whose context the test runs."""
    with own_cluster() as made:
        settings = Settings(environment="development", secret_key=SECRET, data=tmp_path, database_url=made.url)
        app = bare_app(settings)
        with app.app_context():
            Base.metadata.create_all(db.engine)
            yield made, app
            db.session.remove()
            db.engine.dispose()


@dataclass
class Load:
    """People who work without a pause, and what they were answered."""

    site: Site
    people: list[tuple[Browser, int, int]]
    """A browser, its table, and the version that it is in."""
    answers: list[Answer] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    last_good: float = 0.0
    refused: int = 0
    """How many were refused what nobody but them had a hand in; they stop."""
    stopping: bool = False

    @classmethod
    def of(cls, site: Site) -> "Load":
        people = []
        for _number in range(PEOPLE):
            world = factories.world().bring_to(State.INTERNAL_REVIEW)
            open_until = datetime(2099, 6, 30, 16, tzinfo=UTC)
            db.session().execute(update(Window).where(Window.cycle_id == world.cycle_id).values(closes_at=open_until))
            db.session().commit()
            table = world.table()
            place = table.id, table.version
            people.append((Browser.of(site, world.own.reviewer), *place))
        db.session.remove()
        return cls(site, people)

    @contextmanager
    def working(self) -> Iterator[None]:
        """They work meanwhile, and finish what they have begun."""
        threads = [threading.Thread(target=self._work, args=person) for person in self.people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping = True
            for thread in threads:
                thread.join()
            for browser, _table, _version in self.people:
                browser.connection.close()

    def good_again(self, since: float) -> float:
        """Wait for an answer that says that something is done; how many seconds after that moment it came."""
        assert wait_until(lambda: self.last_good > since or self.refused == PEOPLE, 60), self.site.log.read_text()[
            -3000:
        ]
        return self.last_good - since

    def _work(self, browser: Browser, table: int, version: int) -> None:
        for event in cycle(("endorse", "recall")):
            if self.stopping:
                return
            form = {"key": uuid4().hex, "version": version, "opinion": ""}
            while not (answer := self._asked(browser, f"/tables/{table}/do/{event}", form)).done:
                if answer.refused:
                    self.refused += 1
                    return
                time.sleep(0.05)
            version += 1

    def _asked(self, browser: Browser, path: str, form: dict[str, object]) -> Answer:
        key = str(form["key"])
        try:
            reply = browser.post(path, form)
            answer = Answer(browser.person_id, key, reply.status, reply.location)
            self.seen[str(reply.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            answer = Answer(browser.person_id, key, None)
            self.seen[f"no answer ({type(error).__name__})"] += 1
        self.answers.append(answer)
        if answer.done:
            self.last_good = time.monotonic()
        return answer


def killed(
    app: Flask, url: str, folder: Path, times: int, strike: Callable[[Site], None], *, served: str = "wsgi:app"
) -> tuple[Load, list[float], list[str]]:
    """Strike so many times under load; how long until the next good answer each time, and what does not hold."""
    again, found = list[float](), list[str]()
    with serving(url, folder, workers=3, app=served) as site:
        load = Load.of(site)
        with load.working():
            for _time in range(times):
                load.good_again(time.monotonic())
                time.sleep(random.uniform(0, 0.3))
                began = time.monotonic()
                strike(site)
                again.append(load.good_again(began))
                db.session.remove()
                db.engine.dispose()
        found = what_does_not_hold(now, Told(load.answers))
    return load, again, found


def strike_database(cluster: Cluster) -> Callable[[Site], None]:
    def strike(_site: Site) -> None:
        cluster.kill()
        cluster.start()

    return strike


def strike_worker(site: Site) -> None:
    workers = site.workers()
    if workers:
        kill(random.choice(workers))


def _words(load: Load, again: list[float], found: list[str]) -> str:
    seen = ", ".join(f"{count} × {what}" for what, count in sorted(load.seen.items()))
    return f"{seen}; good again after {max(again):.1f} s at most; {len(found)} findings"


def test_the_database_killed_once(cluster: tuple[Cluster, Flask], tmp_path: Path) -> None:
    made, app = cluster
    load, _again, found = killed(app, made.url, tmp_path, 1, strike_database(made))
    assert found == []
    assert load.seen.keys().isdisjoint({"500", "404", "409", "422"})


def test_workers_killed_three_times(cluster: tuple[Cluster, Flask], tmp_path: Path) -> None:
    made, app = cluster
    load, _again, found = killed(app, made.url, tmp_path, 3, strike_worker)
    assert found == []
    assert load.seen.keys() <= {"303", *(each for each in load.seen if each.startswith("no answer"))}


@pytest.mark.chaos
def test_the_database_killed_twenty_times(cluster: tuple[Cluster, Flask], tmp_path: Path, tell: Tell) -> None:
    made, app = cluster
    load, again, found = killed(app, made.url, tmp_path, 20, strike_database(made))
    tell("5 the database killed", "20 × kill -9 of PostgreSQL under load", _words(load, again, found))
    assert found == []
    assert load.seen.keys().isdisjoint({"500", "404", "409", "422"})
    assert max(again) < WITHIN


@pytest.mark.chaos
def test_workers_killed_fifty_times(cluster: tuple[Cluster, Flask], tmp_path: Path, tell: Tell) -> None:
    made, app = cluster
    load, again, found = killed(app, made.url, tmp_path, 50, strike_worker)
    tell(
        "5 answering processes killed", "50 × kill -9 of a process that answers, under load", _words(load, again, found)
    )
    assert found == []
    assert load.seen.keys() <= {"303", *(each for each in load.seen if each.startswith("no answer"))}
    assert max(again) < WITHIN


def test_a_move_and_its_key_in_two_transactions_are_found_half_done(
    cluster: tuple[Cluster, Flask], tmp_path: Path
) -> None:
    """The control: a process that dies between the two leaves the half of it."""
    made, app = cluster
    _load, _again, found = killed(
        app, made.url, tmp_path, 6, strike_worker, served="tests.chaos.unprotected:in_two_transactions()"
    )
    assert found
