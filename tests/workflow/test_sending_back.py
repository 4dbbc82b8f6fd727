"""Until when the department's own reviewer may let a table be resubmitted: never silently beyond the bureau."""

from datetime import date, timedelta

import pytest
from flask import Flask

from config.database import db
from tests import factories
from tests.factories import World
from workflow import loading
from workflow.acts import Moved, Refused
from workflow.deadlines import ends
from workflow.guards import latest_when_sent_back
from workflow.states import Stage, State
from workflow.workdays import LAST_YEAR, PUBLISHED

CHINA = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("today", "bureaus", "latest"),
    [
        # While the bureau's deadline lies ahead, it is the limit: far away, tomorrow, on its own day.
        (date(2019, 11, 6), date(2019, 12, 6), date(2019, 12, 6)),
        (date(2019, 12, 5), date(2019, 12, 6), date(2019, 12, 6)),
        (date(2019, 12, 6), date(2019, 12, 6), date(2019, 12, 6)),
        # Once it has passed, five working days: from a weekend, across a weekend, across a holiday.
        (date(2019, 12, 7), date(2019, 12, 6), date(2019, 12, 13)),
        (date(2019, 12, 9), date(2019, 12, 6), date(2019, 12, 16)),
        (date(2019, 12, 30), date(2019, 12, 6), date(2020, 1, 7)),
        (date(2020, 1, 20), date(2019, 12, 6), date(2020, 2, 4)),
        # A Sunday on which people work counts.
        (date(2020, 1, 17), date(2019, 12, 6), date(2020, 1, 23)),
        # Where no window was ever set.
        (date(2019, 12, 9), None, date(2019, 12, 16)),
    ],
)
def test_the_limit_is_the_bureaus_deadline_and_after_it_five_working_days(
    today: date, bureaus: date | None, latest: date
) -> None:
    found = latest_when_sent_back(today, bureaus, PUBLISHED)
    assert found is not None
    assert found.on == latest


@pytest.mark.parametrize(
    ("bureaus", "latest"), [(None, None), (date(2020, 5, 20), date(2020, 5, 20)), (date(2020, 5, 8), date(2020, 5, 18))]
)
def test_an_adjustment_is_limited_only_once_the_bureau_returned_it(bureaus: date | None, latest: date | None) -> None:
    found = latest_when_sent_back(date(2020, 5, 11), bureaus, PUBLISHED, adjusts=True)
    assert (found and found.on) == latest


@pytest.mark.parametrize(
    ("on", "count", "day", "provisional"),
    [
        (date(2019, 12, 6), 0, date(2019, 12, 6), False),
        (date(2019, 12, 6), 1, date(2019, 12, 9), False),
        (date(2019, 12, 7), 1, date(2019, 12, 9), False),
        (date(2019, 12, 31), 1, date(2020, 1, 2), False),
        (date(LAST_YEAR, 12, 31), 1, None, True),
    ],
)
def test_working_days_ahead_skip_what_is_off(on: date, count: int, day: date | None, provisional: bool) -> None:
    found = PUBLISHED.ahead(on, count)
    assert found.provisional is provisional
    assert day is None or found.on == day


def send_back(world: World, until: date) -> Moved | Refused:
    """The reviewer sends the table back until the end of that day."""
    return world.act("send_back", world.own.reviewer, until=ends(until, CHINA))


def change_and_submit(world: World) -> None:
    """The editor changes the goal, and the table comes back to the reviewer."""
    seen = loading.sheet_edit(db.session(), world.table())
    goal = f"{world.goals().annual_goal}并验收。"
    world.recorded("edit_sheet", world.own.editor, seen=seen, changes=[["annual_goal", goal]])
    world.moved("submit", world.own.editor)


def test_a_reviewer_cannot_reopen_entry_beyond_the_window(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    refused = send_back(world, date(2019, 12, 7))
    assert isinstance(refused, Refused)
    assert "最晚到 2019-12-06：这是财政的截止日期" in refused.sentence()
    assert isinstance(send_back(world, date(2019, 12, 6)), Moved)


def test_an_extension_moves_the_limit_with_it(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    until = ends(date(2019, 12, 13), CHINA)
    world.recorded("extend", world.manager, stage=Stage.ENTRY, until=until, reason="停机一天")
    assert isinstance(send_back(world, date(2019, 12, 16)), Refused)
    assert isinstance(send_back(world, date(2019, 12, 13)), Moved)


def test_after_a_return_the_bureaus_own_deadline_counts_even_where_the_department_set_an_earlier_one(
    app: Flask,
) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.clock.on(date(2019, 12, 9))
    world.moved("return", world.own.officer, until=ends(date(2019, 12, 20), CHINA))
    change_and_submit(world)
    assert isinstance(send_back(world, date(2019, 12, 12)), Moved)
    change_and_submit(world)
    assert "2019-12-20" in send_back(world, date(2019, 12, 23)).sentence()  # type: ignore[union-attr]
    assert isinstance(send_back(world, date(2019, 12, 20)), Moved)


def test_when_the_bureaus_deadline_has_passed_a_few_working_days_are_left(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    world.clock.on(date(2019, 12, 9))
    refused = send_back(world, date(2019, 12, 17))
    assert isinstance(refused, Refused)
    assert "最晚到 2019-12-16：财政的截止日期已过，只能再开放 5 个工作日" in refused.sentence()
    assert isinstance(send_back(world, date(2019, 12, 16)), Moved)
    world.clock.at += timedelta(days=1)
    change_and_submit(world)  # entry is open until then
