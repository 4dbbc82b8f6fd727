"""“发一条给我”: the request plans a row, the tick sends it, and the page shows how it ended."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config.database import db
from notifications import outbox, trials
from notifications.channels import Outcome
from notifications.channels.email import Email
from notifications.channels.inbox import Inbox
from notifications.models import Notice, Status
from tests import factories
from tests.notifications.test_outbox import Recorder
from tests.web.conftest import enter, post, put_clock


@pytest.fixture
def office(pages: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> tuple[factories.World, FlaskClient]:
    """A manager at the reminders page. No page may speak with a mail server."""
    world = factories.world()
    put_clock(monkeypatch, world.clock)
    enter(browser, world.manager)
    return world, browser


def trial(world: factories.World) -> list[Notice]:
    """The trials that were planned."""
    session = db.session()
    session.rollback()
    return list(
        session.scalars(select(Notice).where(Notice.stage == "trial").execution_options(populate_existing=True))
    )


def test_a_trial_is_planned_by_the_page_and_sent_by_the_tick(
    office: tuple[factories.World, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, browser = office
    monkeypatch.setattr(Email, "send", lambda *_: pytest.fail("a page must not send"))
    answer = post(browser, f"/reminders/{world.cycle_id}/try/email", form="/reminders")
    assert answer.status_code == 303
    (planned,) = trial(world)
    assert (planned.status, planned.recipient_id, planned.channel) == (Status.PLANNED, world.manager, "email")
    assert 'hx-trigger="every 10s"' in browser.get("/reminders").text
    recorder = Recorder("email")
    outbox.deliver(world.clock(), {"email": recorder})
    assert [message.subject for message in recorder.taken] == ["试发：邮件通了"]
    page = browser.get("/reminders").text
    assert "已发" in page
    assert "every 10s" not in page


def test_a_trial_that_fails_is_over_and_shows_the_servers_words(office: tuple[factories.World, FlaskClient]) -> None:
    world, browser = office
    post(browser, f"/reminders/{world.cycle_id}/try/email", form="/reminders")
    outbox.deliver(world.clock(), {"email": Recorder("email", answer=Outcome.RETRY, words="451 disk full")})
    (failed,) = trial(world)
    assert (failed.status, failed.attempts) == (Status.DEAD, 1)
    assert "451 disk full" in browser.get("/reminders").text


def test_a_button_pressed_often_sends_once_a_minute(office: tuple[factories.World, FlaskClient]) -> None:
    world, browser = office
    for _ in range(5):
        assert post(browser, f"/reminders/{world.cycle_id}/try/inbox", form="/reminders").status_code == 303
    assert len(trial(world)) == 1
    outbox.deliver(world.clock(), {"inbox": Inbox()})
    post(browser, f"/reminders/{world.cycle_id}/try/inbox", form="/reminders")
    assert len(trial(world)) == 1
    world.clock.at += trials.PAUSE + timedelta(seconds=1)
    post(browser, f"/reminders/{world.cycle_id}/try/inbox", form="/reminders")
    assert len(trial(world)) == 2
    assert "试发：站内通了" in browser.get("/messages").text


def test_nobody_tries_in_a_year_they_do_not_manage(office: tuple[factories.World, FlaskClient]) -> None:
    world, browser = office
    elsewhere = factories.world()
    assert post(browser, f"/reminders/{elsewhere.cycle_id}/try/email", form="/reminders").status_code == 404
    assert post(browser, f"/reminders/{world.cycle_id}/try/nothing-of-the-kind", form="/reminders").status_code == 404
    assert not trial(world)


def test_a_robot_that_is_not_entered_leads_to_where_it_is(
    office: tuple[factories.World, FlaskClient], pages: Flask
) -> None:
    _, browser = office
    assert "MUBIAO_WEBHOOK_HOSTS" in browser.get("/reminders").text
    pages.config["MUBIAO"] = pages.config["MUBIAO"].model_copy(update={"webhook_hosts": "oapi.dingtalk.com"})
    page = browser.get("/reminders").text
    assert "您还没有登记" in page
    assert "try/webhook" not in page
