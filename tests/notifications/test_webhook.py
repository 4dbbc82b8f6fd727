"""Robots: what is said to each kind, what an answer means, and that no target leads anywhere but where it may."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from config.settings import Settings
from ledger.models import Entry
from notifications import outbox, targets
from notifications.channels import Outcome, Outgoing, Result, Target
from notifications.channels.webhook import (
    DINGTALK,
    PLAIN,
    WECOM,
    Answer,
    Webhook,
    judged,
    signature,
    without_secrets,
)
from notifications.models import Notice, Status
from tests.factories import world as open_year
from tests.notifications.webhook_server import Answering, Running, answer, drip, silence, webhook_server

AT = datetime(2019, 12, 2, 2, 11, tzinfo=UTC)
SECRET = "SECabcdefgh12345678"
WELL = b'{"errcode": 0, "errmsg": "ok"}'


def letter(target: Target | None, number: int = 1, **given: str) -> Outgoing:
    """A notice on its way to a robot."""
    words = {"subject": "等待您内审", "body": "请核对。"} | given
    return Outgoing(number, f"1|history|{number}", "周审核", None, at=AT, target=target, **words)


def robot(server: Running, kind: str = PLAIN, secret: str = "", path: str = "/hook") -> Target:
    """A target at the test's server."""
    return Target(kind, f"http://127.0.0.1:{server.port}{path}", secret)


def channel(server: Running, **given: object) -> Webhook:
    """A channel that may call the test's server."""
    hosts = f"127.0.0.1:{server.port}+loopback,robot.example:{server.port}+loopback"
    return Webhook(Settings(webhook_hosts=hosts, webhook_seconds=0.5), clock=lambda: 1575252660.0, **given)


def one(way: Webhook, message: Outgoing) -> Result:
    """What became of one message."""
    (result,) = way.send([message])
    return result


# What is said


def test_wecom_is_told_in_a_text_message_cut_to_what_it_takes() -> None:
    with webhook_server(answer(200, WELL)) as server:
        found = one(channel(server), letter(robot(server, WECOM, path="/send?key=abc-def"), body="请核对。" * 400))
    assert found.outcome is Outcome.SENT
    (call,) = server.calls
    assert call.path == "/send?key=abc-def"
    said = json.loads(call.body)
    assert said["msgtype"] == "text"
    assert said["text"]["content"].startswith("等待您内审\n\n请核对。")
    assert 2030 < len(said["text"]["content"].encode()) <= 2048


def test_dingtalk_is_signed_by_time_and_key_in_the_address() -> None:
    with webhook_server(answer(200, WELL)) as server:
        target = robot(server, DINGTALK, SECRET, "/robot/send?access_token=abc&long=" + "x" * 420)
        assert one(channel(server), letter(target)).outcome is Outcome.SENT
    query = parse_qs(urlsplit(server.calls[0].path).query)
    assert query["access_token"] == ["abc"]
    assert query["timestamp"] == ["1575252660000"]
    digest = hmac.new(SECRET.encode(), f"1575252660000\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(digest).decode()]


def test_a_program_of_the_office_gets_json_an_id_and_a_signature_it_can_check() -> None:
    with webhook_server(answer(204)) as server:
        way = channel(server)
        results = list(way.send([letter(robot(server, PLAIN, SECRET)), letter(robot(server, PLAIN, SECRET))]))
    assert [result.outcome for result in results] == [Outcome.SENT] * 2
    first, again = server.calls
    said = json.loads(first.body)
    assert (said["to"], said["subject"], said["body"], said["at"]) == (
        "周审核", "等待您内审", "请核对。", "2019-12-02T02:11:00+00:00",
    )  # fmt: skip
    assert first.headers["x-mubiao-id"] == again.headers["x-mubiao-id"] == said["id"]
    timestamp = first.headers["x-mubiao-timestamp"]
    expected = hmac.new(SECRET.encode(), timestamp.encode() + b"." + first.body, hashlib.sha256).hexdigest()
    assert first.headers["x-mubiao-signature"] == f"sha256={expected}" == signature(SECRET, timestamp, first.body)


# What an answer means


@pytest.mark.parametrize(
    ("kind", "status", "body", "outcome", "words"),
    [
        (PLAIN, 200, b"", Outcome.SENT, ""),
        (PLAIN, 400, b"no such field", Outcome.DEAD, "400 no such field"),
        (PLAIN, 404, b"", Outcome.DEAD, "404"),
        (PLAIN, 408, b"", Outcome.RETRY, "408"),
        (PLAIN, 429, b"slow down", Outcome.RETRY, "429 slow down"),
        (PLAIN, 500, b"", Outcome.RETRY, "500"),
        (PLAIN, 503, b"", Outcome.RETRY, "503"),
        (WECOM, 200, WELL, Outcome.SENT, ""),
        (
            WECOM,
            200,
            b'{"errcode": 93000, "errmsg": "invalid webhook url"}',
            Outcome.RETRY,
            "93000 invalid webhook url",
        ),
        (DINGTALK, 200, b'{"errcode": 310000, "errmsg": "sign not match"}', Outcome.RETRY, "310000 sign not match"),
        (DINGTALK, 200, b"<html>sign in to the network</html>", Outcome.RETRY, "sign in to the network"),
        (WECOM, 200, b"[]", Outcome.RETRY, "看不懂"),
        (WECOM, 404, WELL, Outcome.DEAD, "404"),
    ],
)
def test_an_answer_is_believed_for_what_it_says(
    kind: str, status: int, body: bytes, outcome: Outcome, words: str
) -> None:
    found, said = judged(kind, Answer(status, body))
    assert found is outcome
    assert words in said


def test_words_shown_repeat_neither_address_nor_key() -> None:
    target = Target(WECOM, "https://h.example/cgi-bin/0123456789/send?key=aaaa-bbbb-cccc", SECRET)
    words = without_secrets(f"bad {target.address} and key aaaa-bbbb-cccc, {SECRET}, 0123456789", target)
    assert words == "bad ‹隐去› and key ‹隐去›, ‹隐去›, ‹隐去›"


# Where it may lead


def refusing(answering: Answering, **given: object) -> tuple[Result, Running, float]:
    """What became of a message to a server that answers so, and how long it took."""
    with webhook_server(answering) as server:
        began = time.monotonic()
        found = one(channel(server, **given), letter(robot(server)))
        took = time.monotonic() - began
    return found, server, took


def test_the_control_an_ordinary_target_is_reached() -> None:
    found, server, _ = refusing(answer(200))
    assert found.outcome is Outcome.SENT
    assert server.connections == 1


def test_a_redirect_is_never_followed() -> None:
    with webhook_server(answer(200)) as elsewhere:
        found, server, _ = refusing(answer(302, headers=f"Location: http://127.0.0.1:{elsewhere.port}/\r\n"))
    assert found.outcome is Outcome.RETRY
    assert "转向一律不跟随" in found.words
    assert (server.connections, elsewhere.connections) == (1, 0)


@pytest.mark.parametrize(
    ("hosts", "address"),
    [
        ("", "https://qyapi.weixin.qq.com/x"),
        ("qyapi.weixin.qq.com", "https://evil.example/x"),
        ("qyapi.weixin.qq.com", "https://qyapi.weixin.qq.com.evil.example/x"),
        ("qyapi.weixin.qq.com", "https://qyapi.weixin.qq.com@evil.example/x"),
        ("qyapi.weixin.qq.com", "https://evil.example#@qyapi.weixin.qq.com/x"),
        ("qyapi.weixin.qq.com", "https://qyapi.weixin.qq.com:8443/x"),
        ("qyapi.weixin.qq.com", "http://qyapi.weixin.qq.com/x"),
        ("qyapi.weixin.qq.com", "ftp://qyapi.weixin.qq.com/x"),
        ("qyapi.weixin.qq.com", "https://qyapi.weixin.qq.com/x\r\nHost: a"),
        ("qyapi.weixin.qq.com", "https://qyapi.weixin.qq.com:x/"),
        ("qyapi.weixin.qq.com", "https://[::1/"),
        ("qyapi.weixin.qq.com", "file:///etc/passwd"),
    ],
)
def test_what_is_not_on_the_list_is_not_even_looked_up(hosts: str, address: str) -> None:
    asked: list[str] = []

    def ask(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"]

    way = Webhook(Settings(webhook_hosts=hosts), ask=ask)
    assert one(way, letter(Target(PLAIN, address))).outcome is Outcome.DEAD
    assert way.form is not None
    assert way.form.objection(Target(PLAIN, address))
    assert not asked


@pytest.mark.parametrize("resolved", [["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["93.184.216.34", "::1"]])
def test_a_public_name_that_leads_inside_is_not_connected_to(resolved: list[str]) -> None:
    with webhook_server(answer(200)) as server:
        settings = Settings(webhook_hosts=f"robot.example:{server.port}")
        way = Webhook(settings, ask=lambda host, port: resolved)
        found = one(way, letter(Target(PLAIN, f"https://robot.example:{server.port}/hook")))
    assert found.outcome is Outcome.DEAD
    assert "没有连接" in found.words
    assert server.connections == 0


def test_the_address_that_was_judged_is_the_one_connected_to() -> None:
    """A name that answers otherwise the second time is not asked a second time."""
    answers = [["127.0.0.1"], ["10.255.255.1"]]
    with webhook_server(answer(200)) as server:
        way = channel(server, ask=lambda host, port: answers.pop(0))
        found = one(way, letter(Target(PLAIN, f"http://robot.example:{server.port}/hook")))
    assert found.outcome is Outcome.SENT
    assert answers == [["10.255.255.1"]]
    assert server.calls[0].headers["host"] == f"robot.example:{server.port}"


def test_of_ten_megabytes_little_is_read() -> None:
    found, server, _ = refusing(answer(200, b"x" * 10_000_000))
    assert found.outcome is Outcome.SENT
    assert server.written < 10_000_000


@pytest.mark.parametrize(
    "answering",
    [silence, drip(), drip(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"), drip(b"HTTP/1.1 200 OK\r\nX-A: ")],
    ids=["silence", "head byte by byte", "body byte by byte", "header byte by byte"],
)
def test_who_is_slow_is_cut_off(answering: Answering) -> None:
    found, _, took = refusing(answering)
    assert found.outcome is Outcome.RETRY
    assert "秒内没有答完" in found.words
    assert took < 3


def test_a_name_server_that_is_silent_is_not_waited_for() -> None:
    found, server, took = refusing(answer(200), ask=lambda host, port: time.sleep(2) or ["127.0.0.1"])
    assert found.outcome is Outcome.RETRY
    assert server.connections == 0
    assert took < 1.9


def test_who_was_silent_once_is_not_waited_for_again_in_the_batch() -> None:
    with webhook_server(silence) as server, webhook_server(answer(200)) as well:
        hosts = f"127.0.0.1:{server.port}+loopback,127.0.0.1:{well.port}+loopback"
        way = Webhook(Settings(webhook_hosts=hosts, webhook_seconds=0.3))
        batch = [letter(robot(server), number) for number in range(20)] + [letter(robot(well), 20)]
        began = time.monotonic()
        outcomes = [result.outcome for result in way.send(batch)]
    assert outcomes == [Outcome.RETRY] * 20 + [Outcome.SENT]
    assert server.connections == 1
    assert time.monotonic() - began < 3


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    """The server speaks no TLS at all: nothing is said to it in the clear instead."""
    with webhook_server(answer(200)) as server:
        found = one(channel(server), letter(Target(PLAIN, f"https://127.0.0.1:{server.port}/hook")))
    assert found.outcome is Outcome.RETRY
    assert not server.calls or not server.calls[0].body


# From the row to the robot


@pytest.mark.each_database
def test_a_robot_is_told_what_its_owner_is_told_and_secrets_stay_in_their_row(app: Flask) -> None:
    year = open_year()
    year.clock.on(date(2019, 11, 12))
    with webhook_server(answer(200, b'{"errcode": 1, "errmsg": "no: ' + SECRET.encode() + b'"}')) as server:
        target = robot(server, DINGTALK, SECRET, "/send?access_token=0123456789abcdef")
        way = channel(server)
        assert targets.enter(year.own.editor, way, target, year.clock()) is None
        year.recorded("urge", year.manager)
        outbox.plan_due(year.clock())
        outbox.deliver(year.clock(), {"webhook": way})
    session = db.session()
    session.rollback()
    (notice,) = session.scalars(select(Notice).where(Notice.channel == "webhook"))
    assert (notice.recipient_id, notice.status) == (year.own.editor, Status.FAILED)
    assert notice.error == "1 no: ‹隐去›"
    entered = session.scalars(select(Entry).where(Entry.act == targets.ENTERED)).one()
    assert json.loads(entered.body) == {"channel": "webhook", "host": "127.0.0.1"}
    assert SECRET not in repr(target) + repr(targets.of_person(session, year.own.editor))
    assert targets.give_up(year.own.editor, way, year.clock())
    assert not targets.give_up(year.own.editor, way, year.clock())
