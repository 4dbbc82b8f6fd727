"""The demo: an invented region in the middle of three of its years, for an empty database on one's own machine."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from accounts import passwords, scope
from accounts.models import Person, Region
from commands.demo_region import cast, years
from commands.demo_region.cast import Account
from commands.demo_region.story import Story
from config.clock import now
from config.database import db
from config.settings import Settings
from notifications import outbox
from notifications.channels.inbox import Inbox
from notifications.rules import INBOX

FILE = "demo-accounts.json"
"""In the data folder: what the sign-in page prints in development."""
REGION, TIMEZONE = "云岭省", "Asia/Shanghai"
EVERYBODY_SINCE = timedelta(days=1100)
TOLD_SINCE = -120
"""From which day on people are told, counted from today. Nothing was due in the month before, so nothing comes late."""
READ_ON = -10
"""On which day those who sign in last read all that they had been told."""

__all__ = ["FILE", "Account", "ensure"]


def ensure(app: Flask, say: Callable[[str], None] = lambda _words: None) -> list[Account]:
    """The demo's accounts: made when the database has no region, read back when it is the demo's, else none.

    `say` is told before the demo is made, which takes a while.
    """
    settings: Settings = app.config["MUBIAO"]
    file = settings.data / FILE
    with app.app_context():
        try:
            if db.session.scalar(select(Region.id).limit(1)) is None:
                say("正在建立演示数据（约一分钟）…")
                accounts = _make()
                _write(file, accounts)
                return accounts
            if not file.is_file():
                return []
            accounts = [Account(**each) for each in json.loads(file.read_text(encoding="utf-8"))]
            known = set(db.session.scalars(select(Person.login)))
            if all(account.login in known for account in accounts):
                return accounts
            file.unlink()  # of another database
            return []
        finally:
            db.session.remove()


def _make() -> list[Account]:
    password = passwords.first_password()
    kept = passwords.hashed(password)
    at = now()
    today = scope.local_day(at, TIMEZONE)
    accounts = cast.seat(
        "990000",
        REGION,
        "省财政厅",
        since=today - EVERYBODY_SINCE,
        at=at - EVERYBODY_SINCE,
        password=password,
        kept=kept,
    )
    story = Story(today, TIMEZONE, tell=_tell, told_since=TOLD_SINCE)
    years.tell(story)
    for login, *_ in cast.SIGNING_IN:
        story.on(READ_ON, partial(_read, story, login))
    story.play(until=at)
    return accounts


def _read(story: Story, login: str) -> None:
    outbox.mark_all_read(story.person(login), story.now())


def _tell(at: datetime) -> None:
    outbox.plan_due(at)
    outbox.deliver(at, {INBOX: Inbox()})


def _write(file: Path, accounts: list[Account]) -> None:
    """Written aside and put in place, readable by its owner alone: passwords stand in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps([asdict(each) for each in accounts], ensure_ascii=False, indent=2), encoding="utf-8")
    os.replace(aside, file)
