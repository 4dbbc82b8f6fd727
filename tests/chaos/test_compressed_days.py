"""Three beats and four workers live through sixty days in three minutes, wherever the server's own clock stands: what
was told on which day is what somebody would write down who reads the dates off a wall calendar."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from config.database import Base, bare_app, db
from config.settings import Settings
from notifications.models import Notice
from tests import factories
from tests.chaos.conftest import Tell
from tests.chaos.crew import BEAT, own_queue
from tests.chaos.dying import NO_KEY, TICKED, Orders
from tests.conftest import SECRET
from tests.house.processes import environment, module, started, wait_until, worker
from tests.notifications.smtp_server import Received, smtp_server
from workflow.states import State

CHINA = ZoneInfo("Asia/Shanghai")
SERVERS = ("UTC", "Asia/Shanghai", "America/New_York")
BEATS, WORKERS = 3, 4
FIRST = date(2019, 11, 5)
DAYS = 60
"""Until 3 January 2020."""
SPEED = DAYS * 86400 / 150
"""Sixty days in less than three minutes: nearly ten hours a second."""
LEAD = 25
"""Seconds that all of them have to start before the first day begins."""
TICK = 0.2
"""Seconds between two ticks of one beat: three of them wake the workers more often than once in each of those hours."""

# Read off a wall calendar, with the State Council's notices for 2019 and 2020: entry closes on Friday 6 December,
# review on Friday 20 December; until the end of the year only Saturdays and Sundays are free.
ENTRY_SOON = ("11-27", "12-03", "12-05")
ENTRY_TODAY = "12-06"
ENTRY_LATE = ("12-09", "12-10", "12-11", "12-12", "12-13")
REVIEW_OPENS = "11-25"
REVIEW_CLOSES = ("12-11", "12-17", "12-19", "12-20")
REVIEW_LATE = ("12-23", "12-24", "12-25", "12-26", "12-27")

HEAD_TOLD = ENTRY_LATE[2:]
MONDAYS = ("11-11", "11-18", "11-25", "12-02", "12-09", "12-16", "12-23", "12-30")

Told = Counter[tuple[str, int, str, str]]
"""(rule, person, channel, day): how many."""


def every_day() -> Iterator[str]:
    """All sixty."""
    for number in range(DAYS):
        yield f"{FIRST + timedelta(days=number):%m-%d}"


def expected(year: factories.World) -> Told:
    """One department never fills in its table; the other's lies at the bureau, untouched."""
    idle, bureau = year.neighbour, year.own.officer
    people = (idle.editor, idle.second_editor, idle.reviewer, idle.second_reviewer, idle.both)
    written: list[tuple[str, int, str]] = []
    for person in people:
        written += [("closes_soon", person, day) for day in ENTRY_SOON]
        written += [("closes_today", person, ENTRY_TODAY)]
        written += [("overdue", person, day) for day in ENTRY_LATE]
    written += [("overdue_head", idle.head, day) for day in HEAD_TOLD]
    written += [("bureau_waits", person, day) for person in (bureau, year.manager) for day in MONDAYS]
    written += [("review_opens", bureau, REVIEW_OPENS)]
    written += [("review_closes", bureau, day) for day in REVIEW_CLOSES]
    written += [("review_overdue", bureau, day) for day in REVIEW_LATE]
    written += [("overdue_list", year.manager, day) for day in (*ENTRY_LATE, *REVIEW_LATE)]
    written += [("ledger_head", year.auditor, day) for day in every_day()]
    return Counter((rule, person, channel, day) for rule, person, day in written for channel in ("inbox", "email"))


@dataclass
class Lived:
    """What the rows hold of these days, and how it went."""

    told: Told
    statuses: Counter[str]
    ticks: int
    longest: timedelta
    """The longest time between two ticks, by the clock of the programs."""
    twice: int
    """E-mails that came more than once."""


def days(settings: Settings, server: str, count: int, received: Received, without: str = "") -> tuple[Lived, Told]:
    """Let them live through so many days, and write down what ought to be told in them."""
    year = factories.world()
    year.fill()
    for state in (State.INTERNAL_REVIEW, State.FINANCE_REVIEW):
        year.arrive(state)
    ought = expected(year)
    db.session.remove()
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=CHINA)
    end = start + timedelta(days=count)
    anchor = time.time() + LEAD  # then it is the first midnight
    ago = (anchor - start.timestamp()) / 86400
    journal = settings.data / "journal"
    journal.touch()
    orders = Orders(journal, lease=600 * SPEED, without=without)  # ten minutes of those that pass outside
    given = {
        "environment": "development",
        "secret_key": SECRET,
        "database_url": settings.database,
        "tick_seconds": str(TICK),
        "clock": f"-{ago:.9f}d*{SPEED:.6f}@{anchor:.6f}",
        "mail_host": "127.0.0.1",
        "mail_port": str(settings.mail_port),
        "queue": settings.queue,
        "broker_url": str(settings.broker_url),
    }
    with running(settings.data, given, {"TZ": server, **orders.as_environment()}) as ready:
        assert wait_until(ready, LEAD), "they were not up when the first day began"
        time.sleep(max(0, anchor + count * 86400 / SPEED - time.time()) + 1)
    ticks = sorted(
        datetime.fromisoformat(line.split("\t")[2]) for line in journal.read_text().splitlines() if TICKED in line
    )
    within = [start, *(at for at in ticks if start <= at < end), end]
    session = db.session()
    rows = [
        row
        for row in session.scalars(select(Notice))
        if start <= row.due_at < end and row.due_at.astimezone(CHINA).date() >= FIRST
    ]
    names = Counter(str(mail["Message-ID"]) for mail in received.parsed())
    days_told = {f"{start + timedelta(days=number):%m-%d}" for number in range(count)}
    return Lived(
        told=Counter(
            (row.rule, row.recipient_id, row.channel, f"{row.due_at.astimezone(CHINA):%m-%d}") for row in rows
        ),
        statuses=Counter(row.status for row in rows),
        ticks=len(within) - 2,
        longest=max(later - earlier for earlier, later in pairwise(within)),
        twice=sum(count - 1 for count in names.values()),
    ), Counter({what: count for what, count in ought.items() if what[3] in days_told})


@contextmanager
def running(folder: Path, given: Mapping[str, str], more: Mapping[str, str]) -> Iterator[object]:
    """The beats and the workers; yields what tells whether all of them are up."""
    with ExitStack() as stack:
        logs = []
        for number in range(BEATS):
            place = folder / f"beat{number}"  # each remembers for itself what it sent
            place.mkdir()
            logs.append(place / "log")
            stack.enter_context(started(module(*BEAT), environment(place, **given) | more, logs[-1]))
        for number in range(WORKERS):
            logs.append(folder / f"worker{number}.log")
            env = environment(folder, **given) | more
            stack.enter_context(started(worker("tests.chaos.dying_worker:celery"), env, logs[-1]))

        def ready() -> bool:
            said = [log.read_text(errors="replace") for log in logs]
            return all("beat: Starting" in each or "ready." in each for each in said)

        yield ready


@contextmanager
def settings_of(url: str, folder: Path, rabbitmq_url: str) -> Iterator[tuple[Settings, Received]]:
    """A database with its tables, a queue and a mail server of the trial's own."""
    with smtp_server() as (port, received), own_queue(rabbitmq_url) as queue:
        settings = Settings(
            environment="development", secret_key=SECRET, data=folder, database_url=url, mail_port=port, **queue
        )
        with bare_app(settings).app_context():
            Base.metadata.create_all(db.engine)
            yield settings, received
            db.session.remove()
            db.engine.dispose()


@pytest.mark.chaos
@pytest.mark.parametrize("server", SERVERS)
def test_sixty_days_of_three_beats_and_four_workers(
    server: str, databases, tmp_path: Path, rabbitmq_url: str, tell: Tell
) -> None:
    with settings_of(databases.new("postgresql"), tmp_path, rabbitmq_url) as (settings, received):
        lived, ought = days(settings, server, DAYS, received)
    tell(
        f"60 days, server in {server}",
        f"{BEATS} beats, {WORKERS} workers, {lived.ticks} ticks, at most {lived.longest.total_seconds() / 3600:.1f} h "
        "apart",
        f"{lived.told.total()} notices, {ought.total()} expected; {dict(lived.statuses)}; {lived.twice} e-mails twice",
    )
    assert lived.told == ought
    assert lived.statuses == Counter({"sent": ought.total()})
    assert lived.twice == 0


@pytest.mark.chaos
def test_without_the_unique_key_days_are_told_twice(databases, tmp_path: Path, rabbitmq_url: str) -> None:
    """The control: nothing but the planners' own look keeps two of them from planning the same."""
    with settings_of(databases.new("postgresql"), tmp_path, rabbitmq_url) as (settings, received):
        with db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE notifications_notice DROP CONSTRAINT uq_notifications_notice_key"))
        lived, ought = days(settings, "UTC", 10, received, NO_KEY)
    assert lived.told != ought
    assert max(lived.told.values()) > 1
