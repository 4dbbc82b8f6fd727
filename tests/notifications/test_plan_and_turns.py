"""What a list says a table is asked for until, and what people are reminded of, are the same day."""

from datetime import date, datetime
from typing import Any

import pytest

from notifications.plan import ahead
from notifications.world import Extended
from tests.notifications.worlds import CHINA, EDITOR, at, occasions, table, window, world
from workflow.deadlines import ends, last_date
from workflow.facts import Period
from workflow.states import Stage, State
from workflow.turns import asked_until

WINDOWS = {Stage.ENTRY: ("2019-11-04", "2019-12-06"), Stage.EVALUATION: ("2019-11-04", "2019-12-12")}


def until(text: str) -> datetime:
    """The end of a local day."""
    return ends(date.fromisoformat(text), CHINA)


@pytest.mark.parametrize(
    ("state", "given", "extended"),
    [
        (State.DRAFT, {}, None),
        (State.INTERNAL_REVIEW, {}, None),
        (State.DRAFT, {}, "2019-12-10"),
        (State.DRAFT, {"resubmit_until": until("2019-12-04")}, None),
        (State.DRAFT, {"resubmit_until": until("2019-12-11")}, None),
        (State.DRAFT, {"resubmit_until": until("2019-12-04")}, "2019-12-10"),
        (State.SELF_EVALUATION, {}, None),
        (State.SELF_EVALUATION, {"evaluation_until": until("2019-12-17")}, None),
    ],
)
def test_lists_and_reminders_name_the_same_day(state: State, given: dict[str, Any], extended: str | None) -> None:
    windows = {stage: window(*days) for stage, days in WINDOWS.items()}
    granted = {Stage.ENTRY: Extended(until(extended), at("2019-11-05 09:00"))} if extended else {}
    listed = asked_until(
        state,
        at("2019-11-20 10:00"),
        windows={
            each: Period("", w.opens_at, w.closes_at, granted[each].until if each in granted else w.closes_at)
            for each, w in windows.items()
        },
        **given,
    )
    assert listed is not None
    year = world(table(state, extended_stages=granted, **given), windows=windows)
    notices = ahead(at("2019-11-20 10:00"), at("2020-01-20 10:00"), year)
    reminded = [
        due
        for rule, due in (o for person in (EDITOR, EDITOR + 1) for o in occasions(notices, person))
        if rule == "closes_today"
    ]
    assert reminded
    assert set(reminded) == {f"{last_date(listed, CHINA):%m-%d} 09:00"}
