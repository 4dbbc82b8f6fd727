"""Quick choices of an extension: working days, and the dates they lead to."""

from datetime import date

import pytest

from workflow.extending import choices
from workflow.workdays import LAST_YEAR, PUBLISHED


@pytest.mark.parametrize(
    ("today", "last", "days"),
    [
        # Before the deadline they count from it; 6 December 2019 is a Friday.
        (date(2019, 12, 2), date(2019, 12, 6), [date(2019, 12, 11), date(2019, 12, 13), date(2019, 12, 20)]),
        # After it, from today.
        (date(2019, 12, 10), date(2019, 12, 6), [date(2019, 12, 13), date(2019, 12, 17), date(2019, 12, 24)]),
        # Without any, from today; across National Day of 2019 and the Saturday worked for it.
        (date(2019, 9, 30), None, [date(2019, 10, 10), date(2019, 10, 12), date(2019, 10, 18)]),
    ],
)
def test_quick_choices_count_working_days(today: date, last: date | None, days: list[date]) -> None:
    assert [choice.day.on for choice in choices(today, last, PUBLISHED)] == days


def test_beyond_the_published_calendar_a_choice_is_provisional() -> None:
    assert all(choice.day.provisional for choice in choices(date(LAST_YEAR + 1, 3, 2), None, PUBLISHED))
