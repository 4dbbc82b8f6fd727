"""Until when a deadline can be moved: quick choices in working days, each with its date. Pure."""

from dataclasses import dataclass
from datetime import date

from workflow.workdays import Calendar, Day

QUICK = (3, 5, 10)
"""[choice] Working days a manager is offered; any other date can be typed."""


@dataclass(frozen=True)
class Choice:
    """So many working days, and the last day they lead to."""

    count: int
    day: Day


def since(today: date, last: date | None) -> date:
    """From when the quick choices count: the deadline that stands, or today where that has passed."""
    return max(today, last) if last else today


def choices(today: date, last: date | None, calendar: Calendar) -> tuple[Choice, ...]:
    """The quick choices by the region's calendar."""
    return tuple(Choice(count, calendar.ahead(since(today, last), count)) for count in QUICK)
