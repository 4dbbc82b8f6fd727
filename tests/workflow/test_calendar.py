"""Working days and deadlines: the convention once, the edges in a table."""

from datetime import UTC, date, datetime, timedelta

import pytest

from workflow import deadlines
from workflow.workdays import LAST_YEAR, PUBLISHED, Arrangement, Calendar, Day, differences


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
    assert PUBLISHED.look(on) == Day(on, working), why


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
    found = PUBLISHED.before(deadline, count)
    assert (found.on, found.provisional) == (expected, False)


@pytest.mark.parametrize(
    ("on", "first"),
    [
        (date(2019, 12, 8), date(2019, 12, 2)),  # a Sunday belongs to the week before it
        (date(2019, 12, 9), date(2019, 12, 9)),
        (date(2019, 10, 9), date(2019, 10, 8)),  # Monday was the last day of National Day
        (date(2020, 1, 29), None),  # the week of the Spring Festival
        (date(2020, 1, 1), date(2019, 12, 30)),
    ],
)
def test_the_first_working_day_of_a_week(on: date, first: date | None) -> None:
    found = PUBLISHED.first_of_week(on)
    assert (found and found.on) == first
    assert found is None or not found.provisional


def test_a_weeks_first_working_day_is_assumed_where_a_day_before_it_is() -> None:
    found = PUBLISHED.first_of_week(date(LAST_YEAR + 1, 5, 3))
    assert found is not None
    assert found.provisional


def test_beyond_the_published_years_a_day_is_provisional() -> None:
    later = date(LAST_YEAR + 1, 5, 3)
    assert PUBLISHED.look(later).provisional
    assert PUBLISHED.before(date(LAST_YEAR + 1, 1, 4), 3).provisional


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
    assert PUBLISHED.between(start, end) == count


def test_a_long_span_is_counted_as_it_would_be_day_by_day() -> None:
    for start, days in ((date(2003, 12, 30), 800), (date(2019, 12, 31), 1), (date(2024, 2, 29), 1100)):
        each = (start + timedelta(days=n) for n in range(1, days + 1))
        assert PUBLISHED.between(start, start + timedelta(days=days)) == sum(
            PUBLISHED.look(day).working for day in each
        )
    assert PUBLISHED.between(date(9999, 12, 30), date.max) == 1


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


AT = datetime(2026, 11, 20, tzinfo=UTC)


def notice(year: int, *off: str, working: tuple[str, ...] = (), number: int = 1, hours: int = 0) -> Arrangement:
    """What a notice of a year says, entered on 20 November 2026 or some hours later."""
    days = [frozenset(date.fromisoformat(f"{year}-{day}") for day in each) for each in (off, working)]
    return Arrangement(year, number, f"国办发明电〔{year - 1}〕{number} 号", AT + timedelta(hours=hours), *days)


def calendar(*entered: Arrangement) -> Calendar:
    return Calendar(frozenset(entered))


LATER = LAST_YEAR + 1


def test_a_year_that_nobody_published_says_why_its_days_are_assumed() -> None:
    why = f"{LATER} 年节假日安排尚未公布，按周一至周五推算"
    assert PUBLISHED.look(date(LATER, 1, 1)).why == why
    assert PUBLISHED.why_between(date(LAST_YEAR, 12, 1), date(LATER, 3, 31)) == why
    assert PUBLISHED.why_between(date(LAST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)) == ""


@pytest.mark.usefixtures("published_until_2026")
def test_one_notice_makes_its_year_known_and_no_other() -> None:
    entered = calendar(notice(2027, "01-01", working=("01-09",)))
    assert entered.look(date(2027, 1, 1)) == Day(date(2027, 1, 1), working=False)
    assert entered.look(date(2027, 1, 9)) == Day(date(2027, 1, 9), working=True)
    assert entered.look(date(2027, 1, 10)) == Day(date(2027, 1, 10), working=False)
    assert entered.look(date(2028, 1, 3)).provisional == PUBLISHED.look(date(2028, 1, 3)).provisional is True


def test_working_days_are_counted_by_the_notice() -> None:
    entered = calendar(notice(2027, "01-01", working=("01-09",)))
    assert (entered.before(date(2027, 1, 13), 3), entered.before(date(2027, 1, 4), 1)) == (
        Day(date(2027, 1, 9), working=True),
        Day(date(2026, 12, 31), working=True),
    )
    assert entered.ahead(date(2026, 12, 31), 1) == Day(date(2027, 1, 4), working=True)
    assert entered.between(date(2026, 12, 31), date(2027, 1, 11)) == 7
    assert [day.on.day for day in entered.following(date(2027, 1, 7), 3)] == [8, 9, 11]


def test_a_later_version_replaces_the_earlier_and_both_stay_known() -> None:
    first, second = notice(2027, "01-01"), notice(2027, "01-04", number=2, hours=5)
    both = calendar(second, first)
    assert both.look(date(2027, 1, 1)).working
    assert not both.look(date(2027, 1, 4)).working
    assert both.as_known_at(AT) == calendar(first)
    assert both.changed_by(AT) == second
    assert both.changed_by(AT + timedelta(hours=5)) is None


def test_a_notice_wins_over_the_package_and_differs_day_by_day() -> None:
    prolonged = calendar(notice(2020, "01-01", "02-03"))
    assert not prolonged.look(date(2020, 2, 3)).working
    differing = {then.on: then.working for _, then in differences(PUBLISHED, prolonged, 2020)}
    assert differing[date(2020, 2, 3)] is False
    assert differing[date(2020, 1, 19)] is False  # a Sunday that the package knows as worked
    assert date(2020, 1, 1) not in differing


def test_calendars_of_the_same_notices_are_the_same() -> None:
    assert hash(calendar(notice(2027, "01-01"))) == hash(calendar(notice(2027, "01-01")))
    assert calendar(notice(2027, "01-01")) != calendar(notice(2027, "01-04"))
