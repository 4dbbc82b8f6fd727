"""The one deadline function. A deadline is a local date of the region, inclusive: "12-06" means until 24:00 that day.

Stored and compared as the half-open UTC instant at which that day has ended there.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = "一二三四五六日"


def day_words(day: date, today: date) -> str:
    """A date as pages write it: 12-04 周三, with the year where it differs from today's."""
    return f"{short_day(day, today)} 周{WEEKDAYS[day.weekday()]}"


def short_day(day: date, today: date) -> str:
    """The same without its weekday, where there is no room for it."""
    year = f"{day.year}-" if day.year != today.year else ""
    return f"{year}{day:%m-%d}"


def begins(on: date, timezone: str) -> datetime:
    """The instant at which a local date begins."""
    return datetime.combine(on, time.min, ZoneInfo(timezone)).astimezone(UTC)


def ends(on: date, timezone: str) -> datetime:
    """The instant at which a local date has ended: the deadline of something due on it."""
    return begins(on + timedelta(days=1), timezone)


def local_date(at: datetime, timezone: str) -> date:
    """The date an instant falls on in a region."""
    return at.astimezone(ZoneInfo(timezone)).date()


def last_date(until: datetime, timezone: str) -> date:
    """The last local date that lies wholly or partly before a half-open deadline, as people say it."""
    return local_date(until - timedelta(microseconds=1), timezone)
