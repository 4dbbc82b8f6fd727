"""On time by the date that stood at first, on time after an extension, or late by so many working days."""

from datetime import date, datetime

import pytest
from flask import Flask

from config.database import db
from tests import factories
from tests.notifications.worlds import at
from workflow.deadlines import ends
from workflow.models import Cycle
from workflow.punctual import Kept, punctual
from workflow.states import Stage, State
from workflow.statistics import with_names
from workflow.workdays import PUBLISHED

CHINA = "Asia/Shanghai"

CASES = [
    # reported, extended to, now, how it stands to Friday 6 December 2019, as it stood at first and as it was extended
    ("12-06 23:59", None, "12-20 10:00", Kept.ON_TIME, 0),
    ("12-07 00:00", None, "12-20 10:00", Kept.LATE, 0),  # Saturday: no working day has passed
    ("12-09 09:00", None, "12-20 10:00", Kept.LATE, 1),
    ("12-06 10:00", "2019-12-11", "12-20 10:00", Kept.ON_TIME, 0),  # an extension that was not needed
    ("12-11 23:59", "2019-12-11", "12-20 10:00", Kept.EXTENDED, 0),
    ("12-13 10:00", "2019-12-11", "12-20 10:00", Kept.LATE, 2),  # counted from the date that was given
    (None, None, "12-06 10:00", Kept.OPEN, 0),
    (None, "2019-12-11", "12-10 10:00", Kept.OPEN, 0),
    (None, None, "12-10 10:00", Kept.LATE, 2),
]


def instant(text: str) -> datetime:
    return at(f"2019-{text}")


@pytest.mark.parametrize(("reported", "extended", "now", "kept", "late"), CASES)
def test_a_report_is_measured_by_the_first_date_and_by_the_extended_one(
    reported: str | None, extended: str | None, now: str, kept: Kept, late: int
) -> None:
    closes = ends(date(2019, 12, 6), CHINA)
    until = ends(date.fromisoformat(extended), CHINA) if extended else closes
    found = punctual(instant(reported) if reported else None, closes, until, instant(now), PUBLISHED, CHINA)
    assert (found.kept, found.late) == (kept, late)


@pytest.mark.each_database
def test_the_figures_name_each_department_with_both_dates(app: Flask) -> None:
    """One reported after an extension, the other not at all."""
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    until = ends(date(2019, 12, 11), CHINA)
    world.recorded("extend", world.manager, stage=Stage.ENTRY, until=until, reason="单位搬迁")
    world.clock.on(date(2019, 12, 10))
    world.moved("endorse", world.own.reviewer)
    session = db.session()
    session.rollback()
    found = with_names(session, world.manager, session.get_one(Cycle, world.cycle_id), world.clock.at)
    told = {one.department: (one.by_first.words, one.by_extended.words) for one in found.punctual}
    assert told == {
        "水利厅": ("逾期 2 个工作日", "延期后按时"),
        "林业局": ("逾期 2 个工作日", "逾期 2 个工作日"),
    }
