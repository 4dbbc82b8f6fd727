"""Messages: the inbox, what is unread, marking as read, and which come by e-mail."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.database import db
from notifications import outbox, preferences
from notifications.channels.inbox import Inbox
from notifications.models import Notice, Status
from tests import factories
from tests.web.conftest import counted_queries, enter, post, sign_in
from workflow.states import State


@pytest.fixture
def told(pages: Flask) -> factories.World:
    """Everybody was told that entry opened."""
    world = factories.world()
    world.clock.on(date(factories.YEAR - 1, 11, 4))
    outbox.plan_due(world.clock())
    outbox.deliver(world.clock(), {"inbox": Inbox()})
    return world


def tell(world: factories.World) -> None:
    """Let the beat tell what is due."""
    db.session().rollback()
    outbox.plan_due(world.clock())
    outbox.deliver(world.clock(), {"inbox": Inbox()})


def test_the_bar_counts_what_is_unread_and_the_inbox_shows_it(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    page = browser.get("/messages").text
    assert '<span class="badge">1' in page
    assert "目标编报" in page
    assert "林业局" not in page


def test_opening_the_table_marks_the_message_as_read(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    notice = outbox.inbox(told.own.editor)[0].notice
    table = f"/tables/{told.own.table_id}"
    answer = post(browser, f"/messages/{notice.id}/read", {"next": table}, form="/messages")
    assert (answer.status_code, answer.location) == (303, table)
    db.session().rollback()
    assert outbox.unread(told.own.editor) == 0


def test_what_was_asked_and_is_done_is_told_as_done_and_counted_no_more(pages: Flask, browser: FlaskClient) -> None:
    """The officer is told that a table waits, and decides it from the worklist without opening the message."""
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    tell(world)
    enter(browser, world.own.officer)
    waiting = browser.get("/messages").text
    assert '<span class="badge">1' in waiting
    assert "已办结</span>" not in waiting
    world.arrive(State.APPROVED)
    tell(world)
    over = browser.get("/messages").text
    assert 'class="badge"' not in over
    assert 'tag-over">已办结</span>' in over
    assert "已办结" in browser.get("/").text
    seen = db.session().query(Notice).filter_by(recipient_id=world.own.officer, channel="inbox", rule="endorsed").one()
    assert (seen.status, seen.read_at) == (Status.SENT, None)  # nobody saw it: the ledger says so


def test_what_tells_of_a_decision_stays_unread_until_it_is_seen(pages: Flask, browser: FlaskClient) -> None:
    world = factories.world().bring_to(State.APPROVED)
    tell(world)
    world.list_projects(1)
    world.clock.on(date(factories.YEAR, 8, 3))
    world.arrive(State.MONITORING)
    (approved,) = [one for one in outbox.inbox(world.own.editor) if one.notice.rule == "approved"]
    assert approved.fresh
    assert not approved.over


def test_all_are_marked_as_read_at_once(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    assert post(browser, "/messages/read", form="/messages").status_code == 303
    assert "没有未读的消息" in browser.get("/messages").text


def test_somebody_elses_message_does_not_exist(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.neighbour.editor)
    notice = outbox.inbox(told.own.editor)[0].notice
    assert post(browser, f"/messages/{notice.id}/read", form="/messages").status_code == 404


def test_a_forged_way_on_leads_home(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    notice = outbox.inbox(told.own.editor)[0].notice
    answer = post(browser, f"/messages/{notice.id}/read", {"next": "https://elsewhere.example/"}, form="/messages")
    assert answer.location == "/"


def test_an_unchecked_kind_comes_by_e_mail_no_more(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    kinds = preferences.kinds_for(db.session(), told.own.editor, {"editor"})
    wanted = [kind.name for kind in kinds if kind.label != "逾期"]
    assert post(browser, "/messages/preferences", {"email": wanted}).status_code == 303
    db.session().rollback()
    assert preferences.switched_off(db.session(), {told.own.editor}) == {(told.own.editor, "overdue", "email")}


def test_an_empty_inbox_says_what_will_come(pages: Flask, browser: FlaskClient, person) -> None:
    person()
    sign_in(browser)
    assert "还没有消息" in browser.get("/messages").text


def test_more_messages_take_no_more_queries(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    with counted_queries() as queries:
        browser.get("/messages")
    assert len(queries) <= 8
