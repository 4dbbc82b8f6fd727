"""Working days and deadlines: the convention once, the edges in a table."""

from datetime import UTC, date, datetime

import pytest

from workflow import deadlines, workdays


@pytest.mark.parametrize(
    ("on", "working", "why"),
    [
        (date(2019, 10, 1), False, "National Day"),
        (date(2019, 10, 12), True, "a Saturday worked for it"),
        (date(2019, 9, 29), True, "a Sunday worked for it"),
        (date(2019, 10, 13), False, "a plain Sunday"),
        (date(2020, 1, 31), False, "Spring Festival, prolonged by notice"),
        (date(2020, 2, 29), False, "a leap day on a Saturday"),
        (date(2019, 12, 31), True, "the last day of the year"),
    ],
)
def test_a_day_is_worked_as_the_notices_say(on: date, working: bool, why: str) -> None:
    assert workdays.look(on) == workdays.Day(on, working, provisional=False), why


@pytest.mark.parametrize(
    ("deadline", "count", "expected"),
    [
        (date(2019, 12, 6), 1, date(2019, 12, 5)),
        (date(2019, 12, 6), 3, date(2019, 12, 3)),
        (date(2019, 12, 6), 7, date(2019, 11, 27)),
        (date(2019, 10, 9), 1, date(2019, 10, 8)),
        (date(2019, 10, 9), 3, date(2019, 9, 29)),  # over the holiday, on the worked Sunday
        (date(2019, 10, 5), 0, date(2019, 9, 30)),
        (date(2020, 1, 2), 1, date(2019, 12, 31)),
    ],
)
def test_working_days_before_a_date(deadline: date, count: int, expected: date) -> None:
    found = workdays.before(deadline, count)
    assert (found.on, found.provisional) == (expected, False)


def test_beyond_the_published_years_a_day_is_provisional() -> None:
    later = date(workdays.LAST_YEAR + 1, 5, 3)
    assert workdays.look(later).provisional
    assert workdays.before(date(workdays.LAST_YEAR + 1, 1, 4), 3).provisional


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (date(2019, 11, 27), date(2019, 12, 4), 5),
        (date(2019, 9, 30), date(2019, 10, 8), 1),
        (date(2019, 12, 4), date(2019, 11, 27), -5),
        (date(2019, 12, 4), date(2019, 12, 4), 0),
    ],
)
def test_working_days_between_dates(start: date, end: date, count: int) -> None:
    assert workdays.between(start, end) == count


@pytest.mark.parametrize(
    ("on", "timezone", "instant"),
    [
        (date(2019, 12, 6), "Asia/Shanghai", datetime(2019, 12, 6, 16, tzinfo=UTC)),
        (date(2019, 12, 31), "Asia/Shanghai", datetime(2019, 12, 31, 16, tzinfo=UTC)),
        (date(2020, 2, 29), "Asia/Urumqi", datetime(2020, 2, 29, 18, tzinfo=UTC)),
        (date(2019, 11, 3), "America/New_York", datetime(2019, 11, 4, 5, tzinfo=UTC)),  # the clocks went back that day
    ],
)
def test_a_deadline_is_the_end_of_its_local_day(on: date, timezone: str, instant: datetime) -> None:
    assert deadlines.ends(on, timezone) == instant
    assert deadlines.last_date(instant, timezone) == on
