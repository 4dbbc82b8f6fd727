"""Workers and beats die by kill -9, at random and where it hurts: no notice is lost, none is twice on a desk, and an
e-mail comes twice only where its sender died between the server's 250 and the commit. Each such one is counted."""

import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Person
from accounts.roles import Role
from config.database import Base, bare_app, db
from config.settings import Settings
from notifications.channels.email import message_id
from notifications.channels.inbox import Inbox
from notifications.models import WAITING, Notice, Status
from notifications.outbox import deliver, plan_due
from tests import factories
from tests.chaos.conftest import Tell
from tests.chaos.crew import AT_RANDOM, Crew, a_beat, a_worker, own_queue
from tests.chaos.dying import AFTER_250, BEFORE_COMMIT, BEFORE_SMTP, DIED, MARK_FIRST, MARKED, POINTS, SENT, Orders
from tests.conftest import SECRET
from tests.house.processes import environment, module, run
from tests.notifications.smtp_server import Conduct, Received, smtp_server
from workflow.states import Stage

DAY = datetime(2019, 11, 18, 2, tzinfo=UTC)
"""A Monday on which no reminder is due."""
WAVES, PEOPLE = 20, 50


@dataclass
class Trial:
    """One department with so many people, who are all told of each extension."""

    settings: Settings
    year: factories.World
    addresses: set[str]
    shift: float
    waves: int = 0
    journal: Path = field(init=False)

    def __post_init__(self) -> None:
        self.journal = self.settings.data / "journal"
        self.journal.touch()

    @classmethod
    def of(cls, settings: Settings, people: int) -> "Trial":
        year = factories.world()
        more = [
            factories.person(f"填报{number}", (Role.EDITOR, year.region_id, year.own.id))
            for number in range(people - 5)
        ]
        db.session().commit()
        whom = {
            *more,
            year.own.editor,
            year.own.second_editor,
            year.own.reviewer,
            year.own.second_reviewer,
            year.own.both,
        }
        addresses = set(db.session().scalars(select(Person.email).where(Person.id.in_(whom))))
        made = cls(settings, year, {str(each) for each in addresses}, time.time() - DAY.timestamp())
        plan_due(made.now())
        deliver(made.now(), {"email": Inbox(), "inbox": Inbox()})  # what the year tells anyway is not what is tried
        return made

    def now(self) -> datetime:
        """As the programs' clocks have it."""
        return datetime.fromtimestamp(time.time() - self.shift, UTC)

    def wave(self) -> None:
        """One more thing that all of them are told."""
        self.waves += 1
        self.year.clock.at = self.now()
        until = datetime(2019, 12, 12, 16, tzinfo=UTC) + timedelta(days=self.waves)
        self.year.recorded("extend", self.year.manager, stage=Stage.ENTRY, until=until, reason="系统故障")
        db.session.remove()

    def environment(self, **given: object) -> dict[str, str]:
        """For a process that is told how to die."""
        settings = self.settings
        orders = Orders(self.journal, **{"lease": 4, "patience": 1, "batch": 10} | given)  # type: ignore[arg-type]
        named = {"database_url": settings.database, "mail_port": str(settings.mail_port), "queue": settings.queue}
        if settings.broker_url:
            named["broker_url"] = settings.broker_url
        env = environment(
            settings.data, environment="development", secret_key=SECRET, mail_host="127.0.0.1", tick_seconds="0.7",
            clock=f"-{self.shift / 86400:.6f}d", **named,
        )  # fmt: skip
        return env | orders.as_environment()

    def waiting(self) -> int:
        """How many notices are not ended, those not planned yet among them."""
        session = db.session()
        session.rollback()
        ended = session.scalars(
            select(func.count()).select_from(Notice).where(Notice.rule == "extended", Notice.status.not_in(WAITING))
        ).one()
        db.session.remove()
        return self.waves * len(self.addresses) * 2 - int(ended)


@dataclass
class Found:
    """What came of it, by the rows, by what the mail server got, and by the journal."""

    lost: int
    on_a_desk_twice: int
    wrong: list[str]
    twice: int
    """E-mails that came more than once."""
    deaths: Counter[str]


def looked_at(trial: Trial, received: Received, killed: set[int] = frozenset()) -> Found:  # type: ignore[assignment]
    """Count everything anew. `killed`: those who were killed from outside, and wrote nothing about it."""
    session = db.session()
    session.rollback()
    rows = session.scalars(select(Notice).where(Notice.rule == "extended")).all()
    mails = [row for row in rows if row.channel == "email"]
    desks = Counter((row.recipient_id, row.entry_id) for row in rows if row.channel == "inbox")
    copies = Counter(
        (address, str(mail["Message-ID"]))
        for (address, _), mail in zip(received.messages, received.parsed(), strict=True)
        if address in trial.addresses  # auditors are told of the ledger besides
    )
    senders, marked, died = defaultdict[str, list[int]](list), Counter[str](), Counter[str]()
    dead = set(killed)
    for line in trial.journal.read_text().splitlines():
        number, what, of = line.split("\t")
        if what == SENT:
            senders[of].append(int(number))
        if what == MARKED:
            marked[of] += 1
        if what == DIED:
            died[of] += 1
            dead.add(int(number))
    arrived = defaultdict[str, int](int)
    for (_, name), count in copies.items():
        arrived[name] += count
    names = {row.key: message_id(row.key, "localhost") for row in mails}
    wrong = [f"{count} × {row}" for row, count in Counter(row.status for row in rows).items() if row != Status.SENT]
    wrong += [
        f"{len(found)} rows by {way}"
        for way, found in (("e-mail", mails), ("inbox", desks))
        if len(found) != trial.waves * len(trial.addresses)
    ]
    wrong += [
        f"{address} got {count} different e-mails"
        for address, count in Counter(address for address, _ in copies).items()
        if count > trial.waves
    ]
    wrong += [f"{len(set(arrived) - set(names.values()))} e-mails of no notice"] * bool(
        set(arrived) - set(names.values())
    )
    for key, name in names.items():
        if arrived[name] > 1 and (marked[key] > 1 or not set(senders[key][:-1]) <= dead):
            wrong.append(f"{key} came {arrived[name]} times, by {senders[key]}, and not for a death after the 250")
    db.session.remove()
    return Found(
        lost=sum(arrived[name] == 0 for name in names.values()) + trial.waves * len(trial.addresses) - len(names),
        on_a_desk_twice=sum(count - 1 for count in desks.values()),
        wrong=wrong,
        twice=sum(count - 1 for count in arrived.values()),
        deaths=died,
    )


# The short form: a process that ticks once, and dies at each place


def dies_at(trial: Trial, received: Received, points: tuple[str, ...], without: str = "") -> Found:
    """One wave; at each of these places a sender dies, and one that lives comes after the last."""
    trial.wave()
    for point in (*points, ""):
        run(module("tests.chaos.dying_worker"), trial.environment(point=point, times=2, lease=0.5, without=without))
        time.sleep(0.5)
    return looked_at(trial, received)


@pytest.fixture
def mail(tmp_path: Path, app: Flask, database_url: str) -> Iterator[tuple[Trial, Received]]:
    """A trial of thirty people, and a mail server."""
    with smtp_server() as (port, received):
        settings = Settings(
            environment="development", secret_key=SECRET, data=tmp_path, database_url=database_url,
            mail_host="127.0.0.1", mail_port=port,
        )  # fmt: skip
        yield Trial.of(settings, 30), received


def test_a_sender_that_dies_at_any_place_loses_nothing(mail: tuple[Trial, Received]) -> None:
    found = dies_at(*mail, POINTS)
    assert found.deaths == Counter(dict.fromkeys(POINTS, 1))
    assert (found.lost, found.on_a_desk_twice, found.wrong) == (0, 0, [])
    # It died at the second message of the first connection, and at the second ten that were to be marked.
    assert 2 <= found.twice <= 12


def test_marking_before_sending_is_found_to_lose_mail(mail: tuple[Trial, Received]) -> None:
    """The control: the same deaths, and what was marked was never sent."""
    found = dies_at(*mail, (BEFORE_SMTP,), without=MARK_FIRST)
    assert found.lost > 0


# Real workers and a beat


@contextmanager
def crew_of(trial: Trial, ways: deque[tuple[str, int]]) -> Iterator[Crew]:
    """Two workers, each told how to die next as long as there are ways left, and a beat."""

    def told() -> dict[str, str]:
        point, times = ways.popleft() if ways else ("", 1)
        return trial.environment(point=point, times=times)

    places = [a_worker(told), a_worker(told), a_beat(trial.environment)]
    with Crew(trial.settings.data, places, trial.settings) as crew:
        yield crew


def killed_often(trial: Trial, received: Received, kills: int) -> tuple[Found, Crew]:
    """So many deaths while there is always something to send; then they may live, and finish."""
    named = [(POINTS[number % 4], random.randint(1, 3)) for number in range(kills)]
    ways = deque(named)
    with crew_of(trial, ways) as crew:
        until, strike_at = time.monotonic() + 400, time.monotonic() + 4
        while (trial.waves < WAVES or trial.waiting()) and time.monotonic() < until:
            enough = sum(crew.deaths.values()) >= kills
            behind = trial.waves - 2 > sum(crew.deaths.values()) * WAVES / kills
            if trial.waves < WAVES and (enough or not behind) and trial.waiting() == 0:
                trial.wave()
            crew.mend()
            if enough:
                ways.clear()
            elif time.monotonic() > strike_at:
                crew.strike()
                strike_at = time.monotonic() + random.uniform(1.5, 6)
            time.sleep(0.1)
        assert trial.waiting() == 0, crew.logs()
        time.sleep(3)  # and nothing more comes of it
        return looked_at(trial, received, crew.killed), crew


def _holds(found: Found, crew: Crew, kills: int) -> None:
    assert sum(crew.deaths.values()) >= kills
    assert found.deaths.keys() == set(POINTS), found.deaths
    assert crew.deaths["by itself"] == found.deaths.total()  # nothing else ends a program
    assert crew.deaths[AT_RANDOM] > kills / 5
    assert (found.lost, found.on_a_desk_twice, found.wrong) == (0, 0, [])
    deaths = found.deaths[AFTER_250] + found.deaths[BEFORE_COMMIT] + crew.deaths[AT_RANDOM]
    assert found.twice <= deaths * 10  # as many as are marked together


def _words(found: Found, crew: Crew, trial: Trial) -> str:
    places = ", ".join(f"{count} {point}" for point, count in sorted(found.deaths.items()))
    return (
        f"{trial.waves * len(trial.addresses)} e-mails, as many on desks; {found.lost} lost, {found.on_a_desk_twice} "
        f"twice on a desk, {found.twice} e-mails twice; died {crew.deaths[AT_RANDOM]} at random, {places}"
    )


@pytest.mark.chaos
@pytest.mark.parametrize("broker", ["RabbitMQ", "files"])
def test_fifty_deaths_of_workers_and_beat(
    broker: str, databases, tmp_path: Path, tell: Tell, request: pytest.FixtureRequest
) -> None:
    url = databases.new("postgresql" if broker == "RabbitMQ" else "sqlite")
    with smtp_server(Conduct(slow=0.01)) as (port, received):
        given = {"data": tmp_path, "database_url": url, "mail_host": "127.0.0.1", "mail_port": port}
        if broker == "files":
            _fifty(Settings(environment="development", secret_key=SECRET, **given), received, broker, tell)
            return
        with own_queue(request.getfixturevalue("rabbitmq_url")) as queue:
            _fifty(Settings(environment="development", secret_key=SECRET, **given, **queue), received, broker, tell)


def _fifty(settings: Settings, received: Received, broker: str, tell: Tell) -> None:
    with bare_app(settings).app_context():
        Base.metadata.create_all(db.engine)
        trial = Trial.of(settings, PEOPLE)
        found, crew = killed_often(trial, received, 50)
        tell(f"senders killed, {broker}", "50 × kill -9 of two workers and a beat", _words(found, crew, trial))
        db.session.remove()
        db.engine.dispose()
    _holds(found, crew, 50)
