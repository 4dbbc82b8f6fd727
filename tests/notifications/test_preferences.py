"""Who switched off what by which channel, and that the outbox keeps to it."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.roles import Role
from config.database import db
from notifications import outbox, preferences
from notifications.channels.inbox import Inbox
from notifications.models import Notice, Status
from tests.factories import World
from tests.factories import world as open_year


@pytest.fixture
def year(app: Flask) -> World:
    """A year of two departments on the morning its entry opens."""
    made = open_year()
    made.clock.on(date(2019, 11, 4))
    return made


def told(person: int, channel: str) -> list[tuple[str, str | None]]:
    """What became of somebody's notices of one channel."""
    session = db.session()
    session.rollback()
    found = session.scalars(select(Notice).where(Notice.recipient_id == person, Notice.channel == channel))
    return [(notice.status, notice.why_not) for notice in found]


def test_what_is_switched_off_is_kept_as_not_sent_and_says_why(year: World) -> None:
    preferences.choose(year.own.editor, "email", ["opens"], among=["opens"], now=year.clock())
    outbox.plan_due(year.clock())
    assert told(year.own.editor, "email") == [(Status.SUPPRESSED, preferences.WHY_NOT)]
    assert told(year.own.editor, "inbox") == [(Status.PLANNED, None)]
    assert told(year.own.second_editor, "email") == [(Status.PLANNED, None)]


def test_switching_off_after_planning_still_holds_at_sending(year: World) -> None:
    outbox.plan_due(year.clock())
    preferences.choose(year.own.editor, "email", ["opens"], among=["opens"], now=year.clock())
    recorder = Inbox()
    outbox.deliver(year.clock(), {"inbox": recorder, "email": recorder})
    assert told(year.own.editor, "email") == [(Status.SUPPRESSED, preferences.WHY_NOT)]
    assert told(year.own.editor, "inbox") == [(Status.SENT, None)]


def test_switching_on_again_does_not_send_what_was_missed(year: World) -> None:
    preferences.choose(year.own.editor, "email", ["opens"], among=["opens"], now=year.clock())
    outbox.plan_due(year.clock())
    preferences.choose(year.own.editor, "email", [], among=["opens"], now=year.clock())
    outbox.plan_due(year.clock())
    assert told(year.own.editor, "email") == [(Status.SUPPRESSED, preferences.WHY_NOT)]


def test_the_inbox_cannot_be_switched_off(year: World) -> None:
    with pytest.raises(ValueError, match="inbox"):
        preferences.choose(year.own.editor, "inbox", ["opens"], among=["opens"], now=year.clock())


def test_rules_of_one_label_are_one_kind(year: World) -> None:
    kinds = preferences.kinds_for(db.session(), year.manager, {Role.MANAGER})
    labels = [kind.label for kind in kinds]
    assert len(labels) == len(set(labels))
    assert {"逾期", "没有人接着办", "不能进入监控"} <= set(labels)
