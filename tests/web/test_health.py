"""/health is open and says nothing private; /metrics is for who carries the token."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from notifications import tasks
from notifications.channels.inbox import Inbox
from tests import factories
from tests.web.conftest import put_clock

TOKEN = "a-token-that-only-prometheus-knows"


@pytest.fixture
def watched(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> factories.World:
    """A year whose background has just run, with an e-mail that the server refused."""
    world = factories.world()
    world.recorded("urge", world.manager)
    put_clock(monkeypatch, world.clock)
    tasks.tick(world.clock, {"inbox": Inbox()})
    tasks.seal(world.clock)
    return world


def test_health_is_well_while_the_background_runs_and_503_when_it_does_not(
    watched: factories.World, browser: FlaskClient
) -> None:
    well = browser.get("/health")
    assert well.status_code == 200
    assert "0 秒前" in well.text
    watched.clock.at += timedelta(minutes=12)
    dead = browser.get("/health")
    assert dead.status_code == 503
    assert "12 分钟前" in dead.text
    assert "停了" in dead.text


def test_health_says_nothing_private(
    watched: factories.World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(clock: object) -> None:
        raise RuntimeError("水利厅 secret-host.example")

    monkeypatch.setattr(tasks.sealing, "seal", fail)
    with pytest.raises(RuntimeError):
        tasks.seal(watched.clock)
    page = browser.get("/health").text
    assert "上一次出错" in page
    assert "secret-host" not in page
    assert "水利厅" not in page


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [
        (None, None, 401),
        (None, "Bearer ", 401),
        (None, "Bearer None", 401),
        (TOKEN, None, 401),
        (TOKEN, "Bearer wrong", 401),
        (TOKEN, "Bearer 口令", 401),
        (TOKEN, f"Basic {TOKEN}", 401),
        (TOKEN, f"Bearer {TOKEN}", 200),
    ],
)
def test_metrics_are_for_who_carries_the_token(
    watched: factories.World, pages: Flask, browser: FlaskClient, token: str | None, sent: str | None, status: int
) -> None:
    pages.config["MUBIAO"] = pages.config["MUBIAO"].model_copy(update={"metrics_token": token})
    headers = {"Authorization": sent.encode().decode("latin-1")} if sent else {}  # as a socket gives it
    answer = browser.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("mubiao_up" in answer.text) == (status == 200)
