"""E-mail against a small SMTP server of our own: batches, refusals, silence; and the files of development."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from accounts.models import Person
from config.database import writing
from config.settings import Settings
from notifications.channels import Outcome, Outgoing
from notifications.channels.email import BadAddress, Email, _Letter, compose, message_id
from notifications.channels.inbox import Inbox
from notifications.models import Status
from notifications.outbox import deliver, plan_due
from tests.factories import world as open_year
from tests.notifications.smtp_server import Conduct, smtp_server
from tests.notifications.test_outbox import rows

AT = datetime(2019, 12, 2, 2, 11, tzinfo=UTC)


def letter(number: int = 1, **given: str | None) -> Outgoing:
    """A notice on its way to p<number>@example.org."""
    values = {
        "name": "周审核",
        "address": f"p{number}@example.org",
        "subject": "等待您内审",
        "body": "请核对。",
    } | given
    return Outgoing(id=number, key=f"1|history|1|submitted|9|{number}|email", at=AT, **values)


def by_smtp(port: int, tmp_path: Path, **given: object) -> Settings:
    """Settings that name the test's server."""
    return Settings(data=tmp_path, mail_host="127.0.0.1", mail_port=port, mail_timeout=0.5, **given)


def outcomes(settings: Settings, *letters: Outgoing, **given: float) -> list[tuple[int, Outcome, str]]:
    """What came of each letter, by its number."""
    return sorted((r.id, r.outcome, r.words) for r in Email(settings, **given).send(letters))


@pytest.fixture(params=[False, True], ids=["one by one", "pipelined"])
def either_way(request, monkeypatch):
    """Commands go out one by one, or together where the server says that it takes them so."""
    monkeypatch.setattr(Conduct, "pipelining", request.param)


both_ways = pytest.mark.usefixtures("either_way")


@both_ways
def test_a_batch_goes_over_one_connection(tmp_path):
    with smtp_server() as (port, received):
        found = outcomes(by_smtp(port, tmp_path), *(letter(n) for n in range(1, 6)))
    assert [outcome for _, outcome, _ in found] == [Outcome.SENT] * 5
    assert (received.connections, len(received.messages)) == (1, 5)


@both_ways
def test_a_message_arrives_in_chinese_with_a_message_id_made_from_its_key(tmp_path):
    with smtp_server() as (port, received):
        outcomes(by_smtp(port, tmp_path, mail_from="office@mubiao.example"), letter(subject="水利厅：等待您内审" * 8))
    (mail,) = received.parsed()
    assert mail["Subject"] == "水利厅：等待您内审" * 8
    assert mail["To"].addresses[0].display_name == "周审核"
    assert mail["Message-ID"] == message_id(letter().key, "mubiao.example")
    assert mail["Date"].datetime == AT
    assert "请核对" in mail.get_content()
    assert all(len(line) <= 998 and line.isascii() for line in received.messages[0][1].decode().splitlines())


def test_the_same_notice_has_the_same_message_id_and_another_has_another():
    assert message_id("a", "x") == message_id("a", "x") != message_id("b", "x")


@pytest.mark.parametrize("given", [{"subject": "急\r\nBcc: all@example.org"}, {"name": "周\nBcc: all@example.org"}])
def test_no_text_adds_a_header_of_its_own(tmp_path, given):
    with smtp_server() as (port, received):
        outcomes(by_smtp(port, tmp_path), letter(**given))
    (mail,) = received.parsed()
    assert mail["Bcc"] is None
    assert [to for to, _ in received.messages] == ["p1@example.org"]


@pytest.mark.parametrize(
    "address",
    ["no-at-sign", "a@b\r\nBcc: c@d.org", "a@b, c@d.org", "<a@b>", "@example.org", "周@example.org", "a@", "a b@c.org"],
)
def test_an_address_that_is_none_is_given_up_and_named(tmp_path, address):
    with smtp_server() as (port, received):
        ((_, outcome, words), ok) = outcomes(by_smtp(port, tmp_path), letter(1, address=address), letter(2))
    assert (outcome, ok[1]) == (Outcome.DEAD, Outcome.SENT)
    assert "电子邮箱写得不对" in words
    assert len(received.messages) == 1
    with pytest.raises(BadAddress):
        compose(letter(address=address), Settings())


def test_who_has_no_address_is_sent_nothing_for_that_reason(tmp_path):
    assert outcomes(Settings(data=tmp_path), letter(address=None), letter(2, address="")) == [
        (1, Outcome.SUPPRESSED, "没有登记电子邮箱，由系统管理员登记"),
        (2, Outcome.SUPPRESSED, "没有登记电子邮箱，由系统管理员登记"),
    ]
    assert not (tmp_path / "mail").exists()


@both_ways
@pytest.mark.parametrize(
    ("conduct", "outcome", "words"),
    [
        (Conduct(rcpt={"p1@example.org": "450 mailbox busy"}), Outcome.RETRY, "450 mailbox busy"),
        (Conduct(rcpt={"p1@example.org": "550 no such mailbox"}), Outcome.DEAD, "550 no such mailbox"),
        (Conduct(data={"p1@example.org": "451 disk full"}), Outcome.RETRY, "451 disk full"),
        (Conduct(data={"p1@example.org": "554 it is spam"}), Outcome.DEAD, "554 it is spam"),
    ],
)
def test_a_refused_message_keeps_the_servers_words_and_does_not_stop_the_others(tmp_path, conduct, outcome, words):
    with smtp_server(conduct) as (port, received):
        found = outcomes(by_smtp(port, tmp_path), letter(1), letter(2))
    assert found == [(1, outcome, words), (2, Outcome.SENT, "")]
    assert received.connections == 1


@both_ways
@pytest.mark.parametrize(
    ("conduct", "given", "words"),
    [
        (Conduct(greeting="554 not today"), {}, "554 not today"),
        (Conduct(sender="553 who are you"), {}, "553 who are you"),
        (Conduct(login="535 wrong password"), {"mail_user": "office", "mail_password": "x"}, "535 wrong password"),
        (Conduct(), {"mail_user": "office", "mail_password": "x"}, "SMTPNotSupportedError"),
        (Conduct(), {"mail_starttls": True}, "SMTPNotSupportedError"),
    ],
)
def test_what_is_the_installations_fault_lets_every_message_wait(tmp_path, conduct, given, words):
    with smtp_server(conduct) as (port, received):
        found = outcomes(by_smtp(port, tmp_path, **given), letter(1), letter(2))
    assert [outcome for _, outcome, _ in found] == [Outcome.RETRY] * 2
    assert all(words in said for _, _, said in found)
    assert not received.messages


@both_ways
def test_an_accepted_sign_in_sends(tmp_path):
    with smtp_server(Conduct(login="235 welcome")) as (port, _):
        found = outcomes(by_smtp(port, tmp_path, mail_user="office", mail_password="x"), letter())
    assert found == [(1, Outcome.SENT, "")]


def test_a_line_that_begins_with_a_full_stop_arrives_as_it_was_written(tmp_path, monkeypatch):
    """Base64 has none; were there one alone on a line, it would end the message."""
    monkeypatch.setattr(Conduct, "pipelining", True)
    sent = _Letter(1, "a@b.c", "p1@example.org", "name", b"Subject: x\r\n\r\n.\r\n..\r\n.end")
    with smtp_server() as (port, received):
        server = Email(by_smtp(port, tmp_path))._connect()
        server.hand_over(sent)
        server.quit()
    ((_, raw),) = received.messages
    assert raw.replace(b"\r\n..", b"\r\n.") == sent.raw + b"\r\n"


@pytest.mark.parametrize(
    ("conduct", "outcome", "words"),
    [
        (Conduct(rcpt={"p1@example.org": "550 no such mailbox"}, takes_any_data=True), Outcome.DEAD, "550 no such"),
        (Conduct(mail=["451 not now"], takes_any_data=True), Outcome.RETRY, "451 not now"),
        (Conduct(mail=["421 enough"]), Outcome.RETRY, "421 enough"),
    ],
)
def test_a_server_that_asks_for_a_message_for_nobody_gets_none(tmp_path, monkeypatch, conduct, outcome, words):
    """With all commands sent at once, DATA is on its way before the refusal is known."""
    monkeypatch.setattr(Conduct, "pipelining", True)
    with smtp_server(conduct) as (port, received):
        (first, second) = outcomes(by_smtp(port, tmp_path), letter(1), letter(2))
    assert (first[1], first[2][: len(words)], second[1]) == (outcome, words, Outcome.SENT)
    assert [to for to, _ in received.messages] == ["p2@example.org"]
    assert set(received.for_nobody) <= {b""}


@both_ways
@pytest.mark.parametrize(
    ("silent_after", "outcome_of_each"),
    [
        (0, [Outcome.RETRY] * 5),
        (2, [Outcome.SENT, Outcome.RETRY, Outcome.SENT, Outcome.RETRY, Outcome.SENT]),
        (1, [Outcome.RETRY] * 4 + [Outcome.POSTPONED]),
    ],
    ids=["from the start: once for all", "with every second message", "with every message: after four, no more"],
)
def test_a_silent_server_costs_a_few_time_outs_and_not_one_for_each_message(tmp_path, silent_after, outcome_of_each):
    """Silent after the second message: whether that arrived nobody knows, so it is sent again under the same id."""
    began = time.monotonic()
    with smtp_server(Conduct(silent_after=silent_after)) as (port, _):
        found = outcomes(by_smtp(port, tmp_path), *(letter(n) for n in range(1, 6)), connections=4)
    assert [outcome for _, outcome, _ in found] == outcome_of_each
    assert time.monotonic() - began < 3


def test_a_greeting_that_never_ends_is_cut_off(tmp_path):
    began = time.monotonic()
    with smtp_server(Conduct(endless=True)) as (port, _):
        found = outcomes(by_smtp(port, tmp_path), letter(1), letter(2))
    assert [outcome for _, outcome, _ in found] == [Outcome.RETRY] * 2
    assert time.monotonic() - began < 5


@both_ways
def test_a_server_that_takes_two_messages_a_connection_gets_the_rest_over_others(tmp_path):
    with smtp_server(Conduct(hang_up_after=2)) as (port, received):
        found = outcomes(by_smtp(port, tmp_path), *(letter(n) for n in range(1, 11)), connections=4)
    assert [outcome for _, outcome, _ in found] == [Outcome.SENT] * 8 + [Outcome.POSTPONED] * 2
    assert received.connections == 4


def test_a_server_that_is_not_there_lets_every_message_wait(tmp_path):
    with smtp_server() as (port, _):
        pass
    ((_, outcome, words),) = outcomes(by_smtp(port, tmp_path), letter())
    assert (outcome, "refused" in words) == (Outcome.RETRY, True)


def test_a_slow_server_does_not_hold_a_batch_longer_than_its_lease(tmp_path):
    with smtp_server(Conduct(slow=0.2)) as (port, _):
        found = outcomes(by_smtp(port, tmp_path), *(letter(n) for n in range(1, 6)), patience=0.3)
    assert [outcome for _, outcome, _ in found] == [Outcome.SENT] * 2 + [Outcome.POSTPONED] * 3


def test_without_a_server_messages_are_files_named_by_their_message_id(tmp_path):
    settings = Settings(data=tmp_path)
    for _ in range(2):
        assert outcomes(settings, letter()) == [(1, Outcome.SENT, "")]
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == message_id(letter().key, "").strip("<>@") + ".eml"
    assert file.read_bytes().startswith(b"Message-ID: <")


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path):
    settings = Settings(data=tmp_path)
    blocked = message_id(letter().key, "").strip("<>@") + ".eml"
    (tmp_path / "mail" / blocked).mkdir(parents=True)
    ((_, outcome, words),) = outcomes(settings, letter())
    assert outcome is Outcome.RETRY
    assert "directory" in words


@pytest.mark.each_database
def test_a_refusal_ends_up_in_the_ledger_in_the_servers_words(app, tmp_path):
    year = open_year()
    with writing() as session:
        session.execute(update(Person).where(Person.id == year.own.editor).values(email="p1@example.org"))
        session.execute(update(Person).where(Person.id == year.own.reviewer).values(email=None))
    year.recorded("urge", year.manager)
    plan_due(year.clock())
    conduct = Conduct(rcpt={"p1@example.org": "550 no such mailbox"})
    with smtp_server(conduct) as (port, received):
        deliver(year.clock(), {"inbox": Inbox(), "email": Email(by_smtp(port, tmp_path))})
    (refused,) = rows(rule="urged", recipient_id=year.own.editor, channel="email")
    assert (refused.status, refused.error) == (Status.DEAD, "550 no such mailbox")
    (nowhere,) = rows(rule="urged", recipient_id=year.own.reviewer, channel="email")
    assert (nowhere.status, nowhere.why_not) == (Status.SUPPRESSED, "没有登记电子邮箱，由系统管理员登记")
    assert {n.status for n in rows(rule="urged", channel="inbox")} == {Status.SENT}
    assert len(received.messages) == len(rows(channel="email", status="sent")) > 0
