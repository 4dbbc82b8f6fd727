"""A channel is one file in the folder of channels: nothing else lists it."""

import importlib
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from config.settings import Settings
from notifications import channels as house
from notifications import outbox, targets
from notifications.channels.registry import NotAChannel, channels
from notifications.models import Notice, Status
from tests.factories import World
from tests.factories import world as open_year

PIGEON = """
from notifications.channels import Outcome, Result

TAKEN = []


class Form:
    kinds = {"loft": "鸽舍"}
    says = "鸽子飞到您的鸽舍。"
    closed = None

    def objection(self, target):
        return None if target.address.startswith("loft ") else "不是鸽舍"

    def masked(self, target):
        return "鸽舍"

    def host(self, target):
        return "loft"


class Pigeon:
    name, label, form = "pigeon", "鸽子", Form()

    def send(self, batch):
        for message in batch:
            TAKEN.append((message.target.address, message.subject))
            yield Result(message.id, Outcome.SENT)


def channel(settings):
    return Pigeon()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A folder of channels: the house's own, and one more file."""
    place = tmp_path / "loft"
    place.mkdir()
    (place / "__init__.py").touch()
    (place / "pigeon.py").write_text(PIGEON, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("loft")
    for name in [name for name in sys.modules if name.partition(".")[0] == "loft"]:
        del sys.modules[name]


@pytest.fixture
def year(app: Flask) -> World:
    """A year on the morning its entry opens."""
    made = open_year()
    made.clock.on(date(2019, 11, 4))
    return made


def told(person: int, channel: str) -> list[Notice]:
    """Somebody's notices of one channel."""
    session = db.session()
    session.rollback()
    query = select(Notice).where(Notice.recipient_id == person, Notice.channel == channel).order_by(Notice.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def test_the_house_has_its_channels() -> None:
    assert set(channels(Settings())) == {"inbox", "email", "webhook"}


def test_a_new_file_is_a_new_channel_that_plans_sends_and_marks(folder: ModuleType, year: World) -> None:
    ways = channels(Settings(), folder)
    pigeon = ways["pigeon"]
    assert targets.enter(year.own.editor, pigeon, house.Target("loft", "somewhere"), year.clock()) == "不是鸽舍"
    year.clock.on(date(2019, 11, 3), hour=1)
    assert targets.enter(year.own.editor, pigeon, house.Target("loft", "loft 7"), year.clock()) is None
    year.clock.on(date(2019, 11, 4))
    outbox.plan_due(year.clock())
    outbox.deliver(year.clock(), ways)
    (notice,) = told(year.own.editor, "pigeon")
    assert notice.status == Status.SENT
    taken = importlib.import_module("loft.pigeon").TAKEN
    assert taken == [("loft 7", notice.subject)]
    assert not told(year.own.second_editor, "pigeon")


def test_what_was_due_before_somebody_entered_a_target_is_not_sent_there(folder: ModuleType, year: World) -> None:
    pigeon = channels(Settings(), folder)["pigeon"]
    year.clock.on(date(2019, 11, 5))
    targets.enter(year.own.editor, pigeon, house.Target("loft", "loft 7"), year.clock())
    outbox.plan_due(year.clock())
    assert told(year.own.editor, "inbox")
    assert not told(year.own.editor, "pigeon")


def test_what_was_planned_for_a_target_given_up_is_not_sent_and_says_why(folder: ModuleType, year: World) -> None:
    ways = channels(Settings(), folder)
    targets.enter(year.own.editor, ways["pigeon"], house.Target("loft", "loft 7"), year.clock())
    year.recorded("urge", year.manager)
    outbox.plan_due(year.clock())
    assert targets.give_up(year.own.editor, ways["pigeon"], year.clock())
    outbox.deliver(year.clock(), ways)
    (notice,) = told(year.own.editor, "pigeon")
    assert (notice.status, notice.why_not) == (Status.SUPPRESSED, outbox.GIVEN_UP)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", "has no function channel"),
        (PIGEON.replace('"pigeon"', '"pigeon-of-a-long-name"'), "taken, empty or too long"),
        (PIGEON.replace('name, label, form = "pigeon", "鸽子", Form()', 'name, form = "dove", Form()'), "has no label"),
    ],
)
def test_half_a_channel_is_refused(folder: ModuleType, text: str, words: str) -> None:
    (Path(folder.__path__[0]) / "half.py").write_text(text, "utf-8")
    with pytest.raises(NotAChannel, match=words):
        channels(Settings(), folder)


def test_two_channels_of_one_name_are_refused(folder: ModuleType) -> None:
    (Path(folder.__path__[0]) / "second.py").write_text(PIGEON, "utf-8")
    with pytest.raises(NotAChannel, match="taken"):
        channels(Settings(), folder)
