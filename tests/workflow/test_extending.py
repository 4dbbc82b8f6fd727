"""Quick choices of an extension: working days, and the dates they lead to."""

from datetime import date

import pytest

from workflow.extending import choices, meanings, means
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


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (date(2019, 12, 1), "这一天已经过去"),
        (date(2019, 12, 2), "就是今天"),
        (date(2019, 12, 6), "还有 4 个工作日"),
        (date(2019, 12, 8), "还有 4 个工作日；提示：12-08 周日是休息日"),
        (date(2020, 1, 1), "还有 21 个工作日；提示：01-01 周三是休息日"),
    ],
)
def test_a_date_says_what_it_means_as_a_deadline(last: date, words: str) -> None:
    """Seen on Monday 2 December 2019."""
    today = date(2019, 12, 2)
    assert means(last, today, PUBLISHED) == words
    assert meanings(today, PUBLISHED).get(last.isoformat(), words) == words


def test_beyond_the_published_calendar_a_choice_is_provisional() -> None:
    assert all(choice.day.provisional for choice in choices(date(LAST_YEAR + 1, 3, 2), None, PUBLISHED))
