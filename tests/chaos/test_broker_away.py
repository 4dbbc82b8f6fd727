"""The broker cannot be reached while people decide: every decision is taken as ever, and everybody is told of it soon
after the broker is back. No request ever speaks with the broker."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select

from accounts.models import Region
from accounts.roles import Role
from config.database import db
from notifications.models import Heartbeat, Notice, Status
from tests import factories
from tests.chaos.conftest import Tell
from tests.chaos.crew import BEAT, own_queue
from tests.chaos.relay import Relay, relay
from tests.chaos.site import Browser, Site, at_once, serving
from tests.conftest import SECRET
from tests.house.processes import environment, module, started, wait_until, worker
from tests.notifications.smtp_server import Received, smtp_server
from workflow import cycle as cycles
from workflow.models import Table

MANAGERS = 4
WITHIN = 60.0
"""Seconds in which everybody is told once the broker is back: beat and worker try again at growing distances."""


@dataclass
class Bureau:
    """A year with many tables, and managers with a browser each."""

    tables: list[int]
    managers: list[int]

    @classmethod
    def of(cls, count: int) -> "Bureau":
        session = db.session()
        region = Region(code=f"R{uuid4().hex[:8]}", name="样例省")
        session.add(region)
        session.flush()
        for number in range(count):
            place = factories.department(region.id, f"部门{number}")
            factories.person(f"填报{number}", (Role.EDITOR, region.id, place))
        managers = [factories.person(f"绩效处{number}", (Role.MANAGER, region.id, None)) for number in range(MANAGERS)]
        session.commit()
        cycle_id = cycles.open_cycle(
            region_id=region.id,
            fiscal_year=factories.YEAR,
            framework=factories.FORM,
            person_id=managers[0],
            now=lambda: datetime.now(UTC),
        )
        tables = list(db.session().scalars(select(Table.id).where(Table.cycle_id == cycle_id)))
        db.session.remove()
        return cls(tables, managers)


@dataclass
class Decided:
    """What the browsers were answered, how often, and after how many seconds."""

    statuses: Counter[int]
    seconds: list[float]

    def words(self) -> str:
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        return f"{statuses}, p95 {quantiles(self.seconds, n=20)[-1] * 1000:.0f} ms"


def decide(browsers: list[Browser], tables: list[int]) -> Decided:
    """Void every table, some by each browser at the same time."""
    seen = Decided(Counter(), [])

    def some(browser: Browser, mine: list[int]) -> None:
        for table in mine:
            began = time.monotonic()
            form = {"key": uuid4().hex, "version": 1, "opinion": "机构合并"}
            seen.statuses[browser.post(f"/tables/{table}/do/void", form).status] += 1
            seen.seconds.append(time.monotonic() - began)

    failed = [
        each
        for each in at_once(
            *(
                lambda browser=browser, number=number: some(browser, tables[number :: len(browsers)])
                for number, browser in enumerate(browsers)
            )
        )
        if each is not None
    ]
    assert failed == []
    return seen


@contextmanager
def office(
    database_url: str, folder: Path, rabbitmq_url: str, *, workers: int, served: str = "wsgi:app"
) -> Iterator[tuple[Site, Relay, dict[str, str]]]:
    """The pages, with the broker behind a wire; and the settings that worker and beat need."""
    url = make_url(rabbitmq_url)
    with own_queue(rabbitmq_url) as queue, relay(url.port or 5672) as wire:
        over_wire = url.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        named = {"queue": queue["queue"], "broker_url": over_wire}
        with serving(database_url, folder, workers=workers, app=served, **named) as site:
            yield site, wire, named


def told() -> Counter[tuple[str, str]]:
    """Notices of the decisions by channel and status."""
    session = db.session()
    session.rollback()
    found = session.execute(
        select(Notice.channel, Notice.status, func.count())
        .where(Notice.rule == "voided")
        .group_by(Notice.channel, Notice.status)
    )
    counts = Counter({(channel, status): count for channel, status, count in found})
    db.session.remove()
    return counts


def ticked() -> datetime | None:
    """When the last tick was."""
    session = db.session()
    session.rollback()
    found = session.scalars(select(Heartbeat.at).where(Heartbeat.name == "deliver")).one_or_none()
    db.session.remove()
    return found


@pytest.mark.chaos
@pytest.mark.on_postgresql
def test_two_hundred_decisions_while_the_broker_is_away(
    app: Flask, database_url: str, tmp_path: Path, rabbitmq_url: str, tell: Tell
) -> None:
    bureau = Bureau.of(200)
    with (
        smtp_server() as (port, received),
        office(database_url, tmp_path, rabbitmq_url, workers=2) as (site, wire, named),
    ):
        env = environment(
            tmp_path, environment="development", secret_key=SECRET, database_url=database_url, tick_seconds="1",
            mail_host="127.0.0.1", mail_port=str(port), **named,
        )  # fmt: skip
        logs = [tmp_path / "worker.log", tmp_path / "beat.log"]
        with started(worker("wsgi:celery"), env, logs[0]), started(module(*BEAT), env, logs[1]):
            assert wait_until(ticked, 60), "".join(log.read_text() for log in logs)
            browsers = [Browser.of(site, person) for person in bureau.managers]
            wire.cut()
            time.sleep(2)  # what was on its way is done by now
            before = ticked()
            decided = decide(browsers, bureau.tables)
            time.sleep(2)
            away = told()
            seen = ticked()
            wire.restore()
            began = time.monotonic()
            everybody = Counter({(channel, str(Status.SENT)): 200 for channel in ("inbox", "email")})
            assert wait_until(lambda: told() == everybody, 3 * WITHIN), "".join(log.read_text() for log in logs)
            within = time.monotonic() - began
        for browser in browsers:
            browser.connection.close()
    tell(
        "broker away",
        "200 decisions by 4 browsers over 2 processes while RabbitMQ cannot be reached",
        f"{decided.words()}; all 400 notices sent {within:.0f} s after it was back",
    )
    assert decided.statuses == Counter({303: 200})
    assert (away, seen) == (Counter(), before)  # it was away
    assert arrived(received) == Counter({1: 200})
    assert within < WITHIN


def arrived(received: Received) -> Counter[int]:
    """How many addresses got how many e-mails."""
    return Counter(Counter(address for address, _ in received.messages).values())


@pytest.mark.on_postgresql
@pytest.mark.parametrize(
    ("served", "accepted"),
    [("wsgi:app", True), ("tests.chaos.unprotected:publishing_in_the_request()", False)],
    ids=["as it is", "control"],
)
def test_decisions_are_taken_without_a_broker(
    app: Flask, database_url: str, tmp_path: Path, rabbitmq_url: str, served: str, accepted: bool
) -> None:
    """The control is a server that wakes the worker from within the request: it cannot without a broker."""
    bureau = Bureau.of(4)
    with (
        office(database_url, tmp_path, rabbitmq_url, workers=1, served=served) as (site, wire, _named),
        Browser.of(site, bureau.managers[0]) as browser,
    ):
        wire.cut()
        decided = decide([browser], bureau.tables)
    assert (decided.statuses == Counter({303: 4})) == accepted, decided
