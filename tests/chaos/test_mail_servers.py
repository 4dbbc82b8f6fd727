"""A thousand messages and a mail server that says no in every way and place it can: each ends sent or given up, and no
address holds up another. The short form runs in `make test`. The control sends as a program does that lets one broken
connection decide about a whole batch: there, people whose address is good are given up for what others' did."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from accounts.models import Person
from accounts.roles import Role
from config.database import db, writing
from config.settings import Settings
from notifications.channels import Outcome, Outgoing, Result
from notifications.channels.email import Email, message_id
from notifications.channels.inbox import Inbox
from notifications.models import WAITING, Notice, Status
from notifications.outbox import MOST_ATTEMPTS, deliver, plan_due
from tests import factories
from tests.chaos.conftest import Tell
from tests.notifications.smtp_server import Conduct, Received, Trouble, smtp_server

CODES = ("421", "450", "451", "452", "550", "552", "554")
STEPS = ("RCPT", "DATA", "END")
MEND = 2
"""How often a trouble strikes that passes."""
TIME_OUT = 0.25


def troubles() -> dict[str, Trouble]:
    """Every code at every step, for ever and passing; silence, a stream of bytes, and a close after the 250."""
    found = [Trouble(step, f"{code} because", times) for step in STEPS for code in CODES for times in (10**6, MEND)]
    found += [Trouble("SILENT", "", times) for times in (10**6, MEND)]
    found += [Trouble("DRIP", "", 1), Trouble("CLOSE", "", 10**6), Trouble("CLOSE", "", MEND)]
    return {f"bad{number}@example.org": trouble for number, trouble in enumerate(found)}


def ends_well(trouble: Trouble) -> bool:
    """Whether a message with this trouble arrives in the end."""
    return trouble.step == "CLOSE" or (trouble.times < 10**6 and not trouble.reply.startswith("5"))


@dataclass
class Outcomes:
    """What became of all messages."""

    notices: dict[str, Notice]
    """By address."""
    received: Received
    began: datetime
    rounds: int


def people(year: factories.World, count: int, bad: Sequence[str]) -> None:
    """So many who are told by e-mail, the bad addresses spread among them."""
    session = db.session()
    made = [
        factories.person(f"填报{number}", (Role.EDITOR, year.region_id, year.own.id)) for number in range(count - 5)
    ]
    session.commit()
    every = len(made) // len(bad)
    with writing() as session:
        for number, address in enumerate(bad):
            session.execute(update(Person).where(Person.id == made[number * every]).values(email=address))


def send_all(year: factories.World, mail: Email, received: Received, rounds: int = 2000) -> Outcomes:
    """Tell everybody of one event; put the clock on to the next attempt until nothing waits."""
    plan_due(year.clock())
    deliver(year.clock(), {"email": Inbox()})  # what the day tells anyway is not what is tried here
    year.recorded("urge", year.manager)
    began = at = year.clock() + timedelta(minutes=1)
    plan_due(at)
    number = 0
    while number < rounds:
        number += 1
        deliver(at, {"email": mail}, jitter=lambda: 0.5)
        session = db.session()
        session.rollback()
        following = session.scalars(
            select(func.min(Notice.next_attempt_at)).where(Notice.status.in_(WAITING), Notice.channel == "email")
        ).one()
        if following is None:
            break
        at = max(at + timedelta(seconds=1), following)
    session = db.session()
    session.rollback()
    rows = session.execute(
        select(Notice, Person.email)
        .join(Person, Person.id == Notice.recipient_id)
        .where(Notice.channel == "email", Notice.rule == "urged")
    )
    return Outcomes({row.email: row.Notice for row in rows}, received, began, number)


def by_smtp(port: int, tmp_path: Path, **given: object) -> Settings:
    """Settings that name the test's server."""
    return Settings(data=tmp_path, mail_host="127.0.0.1", mail_port=port, mail_timeout=TIME_OUT, **given)


def trial(tmp_path: Path, count: int, mail: type[Email] = Email) -> tuple[Outcomes, dict[str, Trouble]]:
    """All troubles at once among `count` addresses, and every code at MAIL now and then as well."""
    year = factories.world()
    conduct = Conduct(trouble=troubles(), mail=[f"{code} because" if code else "250 ok" for code in at_mail()])
    people(year, count, list(conduct.trouble))
    with smtp_server(conduct) as (port, received):
        found = send_all(year, mail(by_smtp(port, tmp_path)), received)
    return found, troubles()


def at_mail() -> Iterator[str]:
    """The codes for MAIL, each after nine messages that pass."""
    for code in CODES * 2:
        yield from [""] * 9
        yield code


def holds(found: Outcomes, bad: dict[str, Trouble], count: int) -> None:
    """What must be true of every message."""
    assert len(found.notices) == count
    assert {notice.status for notice in found.notices.values()} == {Status.SENT, Status.DEAD}
    arrived = Counter(address for address, _ in found.received.messages)
    for address, trouble in bad.items():
        notice = found.notices[address]
        assert (notice.status == Status.SENT) == ends_well(trouble), (address, trouble, notice.error)
        if trouble.reply.startswith("5"):
            assert (notice.attempts, notice.error) == (1, trouble.reply) or notice.attempts <= 2
        elif notice.status == Status.DEAD:
            assert notice.attempts == MOST_ATTEMPTS
            assert trouble.reply in notice.error
    good = found.notices.keys() - bad.keys()
    assert {found.notices[address].status for address in good} == {Status.SENT}
    assert {arrived[address] for address in good} == {1}
    # What others' addresses did costs a good one no attempt; only the 450s at its own MAIL did, once.
    assert Counter(found.notices[address].attempts for address in good).keys() <= {1, 2}
    slowest = max(found.notices[address].sent_at for address in good)
    assert slowest - found.began < timedelta(minutes=10)
    ids = {notice.key: message_id(notice.key, "localhost") for notice in found.notices.values()}
    assert {mail["Message-ID"] for mail in found.received.parsed()} <= set(ids.values())


@pytest.mark.chaos
def test_a_thousand_messages_to_a_server_that_refuses_in_every_way(app: Flask, tmp_path: Path, tell: Tell) -> None:
    found, bad = trial(tmp_path, 1000)
    holds(found, bad, 1000)
    ended = Counter(notice.status for notice in found.notices.values())
    tell("mail server", f"1,000 messages, {len(bad)} bad addresses", f"{dict(ended)}, {found.rounds} deliveries")


@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "pipelined"])
def test_a_server_that_refuses_in_every_way_holds_up_nobody(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipelining: bool
) -> None:
    monkeypatch.setattr(Conduct, "pipelining", pipelining)
    found, bad = trial(tmp_path, 150)
    holds(found, bad, 150)


@pytest.mark.parametrize("conduct", [Conduct(starttls=True), Conduct(greeting="421 go away")], ids=["TLS", "greeting"])
def test_a_server_that_is_of_no_use_at_all_ends_every_message_with_its_words(
    app: Flask, tmp_path: Path, conduct: Conduct
) -> None:
    year = factories.world()
    with smtp_server(conduct) as (port, received):
        mail = Email(by_smtp(port, tmp_path, mail_starttls=conduct.starttls))
        found = send_all(year, mail, received)
    assert {(n.status, n.attempts) for n in found.notices.values()} == {(Status.DEAD, MOST_ATTEMPTS)}
    assert all(n.error for n in found.notices.values())
    assert not received.messages  # above all not without TLS


class AllOrNothing(Email):
    """The control: what breaks the connection is held against all that were to follow over it."""

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        for result in super().send(batch):
            if result.outcome is Outcome.POSTPONED:
                yield Result(result.id, Outcome.RETRY, "the connection broke")
            else:
                yield result

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, connections=1)


def test_the_trial_goes_red_when_one_broken_connection_decides_about_a_batch(app: Flask, tmp_path: Path) -> None:
    found, bad = trial(tmp_path, 150, AllOrNothing)
    with pytest.raises(AssertionError):
        holds(found, bad, 150)
    good = [notice for address, notice in found.notices.items() if address not in bad]
    assert any(notice.attempts > 2 for notice in good)
