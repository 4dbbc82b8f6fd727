"""The Chinese working calendar: statutory holidays and the working Saturdays and Sundays (调休) that pay for them.

The data come from the kept package `chinese_calendar`. Beyond its last published year a day is judged by its weekday
alone and marked provisional (暂定): a deadline must not move in silence when the notice for that year appears.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
from chinese_calendar import constants

FIRST_YEAR = min(constants.holidays).year
LAST_YEAR = max(constants.holidays).year


@dataclass(frozen=True)
class Day:
    """A date, whether people work on it, and whether that is only assumed."""

    on: date
    working: bool
    provisional: bool


def look(on: date) -> Day:
    """What kind of day it is."""
    if FIRST_YEAR <= on.year <= LAST_YEAR:
        return Day(on, bool(chinese_calendar.is_workday(on)), provisional=False)
    return Day(on, on.weekday() < 5, provisional=True)


def before(on: date, count: int) -> Day:
    """The working day that lies `count` working days before a date (0: the date itself, or the last one before it)."""
    day, provisional = look(on), False
    while not day.working:
        provisional = provisional or day.provisional
        day = look(day.on - timedelta(days=1))
    for _ in range(count):
        provisional = provisional or day.provisional
        day = look(day.on - timedelta(days=1))
        while not day.working:
            provisional = provisional or day.provisional
            day = look(day.on - timedelta(days=1))
    return Day(day.on, working=True, provisional=provisional or day.provisional)


def ahead(on: date, count: int) -> Day:
    """The working day that lies `count` working days after a date."""
    day, provisional = look(on), False
    for _ in range(count):
        day = look(day.on + timedelta(days=1))
        while not day.working:
            provisional = provisional or day.provisional
            day = look(day.on + timedelta(days=1))
        provisional = provisional or day.provisional
    return Day(day.on, working=day.working, provisional=provisional)


def between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; negative when `end` lies before."""
    if end < start:
        return -between(end, start)
    return sum(look(start + timedelta(days=n)).working for n in range(1, (end - start).days + 1))
