"""Until when a deadline can be moved: quick choices in working days, each with its date. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from workflow.deadlines import WEEKDAYS
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


MEANT_FOR = 92
"""[choice] So many days ahead a page says of each what it would mean as a deadline."""


def means(last: date, today: date, calendar: Calendar) -> str:
    """What a date means as a deadline: how many working days are left until it, and whether nobody works on it."""
    if last < today:
        return "这一天已经过去"
    count = calendar.between(today, last)
    said = f"还有 {count} 个工作日" if last > today else "就是今天"
    if not calendar.look(last).working:
        said += f"；提示：{last:%m-%d} 周{WEEKDAYS[last.weekday()]}是休息日"
    return f"{said}（暂定：{why}）" if (why := calendar.why_between(today, last)) else said


def meanings(today: date, calendar: Calendar) -> dict[str, str]:
    """The same of each of the coming days."""
    days = (today + timedelta(days=ahead) for ahead in range(MEANT_FOR))
    return {day.isoformat(): means(day, today, calendar) for day in days}


def choices(today: date, last: date | None, calendar: Calendar) -> tuple[Choice, ...]:
    """The quick choices by the region's calendar."""
    return tuple(Choice(count, calendar.ahead(since(today, last), count)) for count in QUICK)
