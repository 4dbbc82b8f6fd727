"""Messages: the inbox, what is unread, marking as read, and which come by e-mail."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.database import db
from notifications import outbox, preferences, targets
from notifications.channels import Target
from notifications.channels.inbox import Inbox
from notifications.models import Notice, Status
from tests import factories
from tests.web.conftest import counted_queries, enter, post, put_clock, sign_in
from workflow.states import Stage, State


@pytest.fixture
def told(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> factories.World:
    """Everybody was told that entry opened, on that day."""
    world = factories.world()
    put_clock(monkeypatch, world.clock)
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
    notice = outbox.inbox(told.own.editor, told.clock())[0].notice
    table = f"/tables/{told.own.table_id}"
    answer = post(browser, f"/messages/{notice.id}/read", {"next": table}, form="/messages")
    assert (answer.status_code, answer.location) == (303, table)
    db.session().rollback()
    assert outbox.unread(told.own.editor, told.clock()) == 0


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


def test_a_reminder_whose_deadline_was_put_off_since_stays_away_after_a_withdrawal(
    told: factories.World, browser: FlaskClient
) -> None:
    """Told of the window and of its last days, then extended: of all that, nothing is to be read any more."""
    told.bring_to(State.DRAFT)
    told.clock.on(date(2019, 12, 6))
    tell(told)
    enter(browser, told.own.editor)
    assert '<span class="badge">' in browser.get("/messages").text
    told.recorded("extend", told.manager, stage=Stage.ENTRY, until=told.clock.at + timedelta(days=7), reason="系统维护")
    tell(told)
    told.moved("submit", told.own.editor)
    told.moved("withdraw", told.own.editor)
    found = outbox.inbox(told.own.editor, told.clock())
    kinds = {one.notice.rule: one.over for one in found if one.notice.deadline}
    assert kinds == {"opens": "期限已改", "closes_today": "期限已改"}
    assert "期限已改</span>" in browser.get("/messages").text
    told.clock.on(date(2019, 12, 30))
    assert not [one for one in outbox.inbox(told.own.editor, told.clock()) if one.notice.deadline and not one.over]


def test_that_an_amendment_was_declined_is_over_once_it_is_amended_anew(pages: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    world.recorded("decline_amendment", world.own.reviewer, revision=world.table().latest_revision, reason="做不到")
    tell(world)

    def told_of_it() -> str:
        db.session().rollback()
        found = outbox.inbox(world.own.officer, world.clock())
        return next(one.over for one in found if one.notice.rule == "amendment_declined")

    assert told_of_it() == ""
    other = [{"path": "annual_goal", "value": "保障全省供水安全。", "reason": "与预算相符"}]
    world.moved("amend", world.own.officer, changes=other)
    assert told_of_it() == "已办结"


def test_what_tells_of_a_decision_stays_unread_until_it_is_seen(pages: Flask, browser: FlaskClient) -> None:
    world = factories.world().bring_to(State.APPROVED)
    tell(world)
    world.list_projects(1)
    world.clock.on(date(factories.YEAR, 8, 3))
    world.arrive(State.MONITORING)
    (approved,) = [one for one in outbox.inbox(world.own.editor, world.clock()) if one.notice.rule == "approved"]
    assert approved.fresh
    assert not approved.over


def test_all_are_marked_as_read_at_once(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    assert post(browser, "/messages/read", form="/messages").status_code == 303
    assert "没有未读的消息" in browser.get("/messages").text


def test_somebody_elses_message_does_not_exist(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.neighbour.editor)
    notice = outbox.inbox(told.own.editor, told.clock())[0].notice
    assert post(browser, f"/messages/{notice.id}/read", form="/messages").status_code == 404


def test_a_forged_way_on_leads_home(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    notice = outbox.inbox(told.own.editor, told.clock())[0].notice
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


ADDRESS = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef"
KEY = "SECa-key-that-is-typed-once"


@pytest.fixture
def robots(pages: Flask) -> None:
    """An installation that allows DingTalk's robots."""
    pages.config["MUBIAO"] = pages.config["MUBIAO"].model_copy(update={"webhook_hosts": "oapi.dingtalk.com"})


def test_a_robot_is_entered_shown_masked_switched_and_given_up(
    told: factories.World, robots: None, browser: FlaskClient
) -> None:
    enter(browser, told.own.editor)
    settings = "/messages/preferences"
    sent = {"kind": "dingtalk", "address": ADDRESS, "secret": KEY}
    assert post(browser, "/messages/targets/webhook", sent, form=settings).status_code == 303
    db.session().rollback()
    assert targets.of_person(db.session(), told.own.editor) == {"webhook": Target("dingtalk", ADDRESS, KEY)}
    page = browser.get(settings).text
    assert "oapi.dingtalk.com …cdef" in page
    assert "0123456789abcdef" not in page
    assert KEY not in page
    post(browser, settings, {"email": ["opens"], "webhook": []})
    db.session().rollback()
    off = preferences.switched_off(db.session(), {told.own.editor})
    assert (told.own.editor, "opens", "webhook") in off
    assert (told.own.editor, "opens", "email") not in off
    assert post(browser, "/messages/targets/webhook/give-up", form=settings).status_code == 303
    db.session().rollback()
    assert targets.of_person(db.session(), told.own.editor) == {}


def test_a_robot_elsewhere_is_refused_with_the_address_kept_and_the_key_not(
    told: factories.World, robots: None, browser: FlaskClient
) -> None:
    enter(browser, told.own.editor)
    sent = {"kind": "json", "address": "https://elsewhere.example/hook", "secret": KEY}
    answer = post(browser, "/messages/targets/webhook", sent, form="/messages/preferences")
    assert answer.status_code == 422
    assert "https://elsewhere.example:443 不在允许的主机之列" in answer.text
    assert 'value="https://elsewhere.example/hook"' in answer.text
    assert KEY not in answer.text


def test_where_no_host_is_allowed_nobody_is_asked_for_a_robot(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    assert "机器人" not in browser.get("/messages/preferences").text
    sent = {"kind": "dingtalk", "address": ADDRESS}
    assert post(browser, "/messages/targets/webhook", sent, form="/messages/preferences").status_code == 422


def test_only_a_channel_that_wants_one_takes_a_target(told: factories.World, browser: FlaskClient) -> None:
    enter(browser, told.own.editor)
    for channel in ("email", "inbox", "pigeon"):
        assert post(browser, f"/messages/targets/{channel}", form="/messages/preferences").status_code == 404
