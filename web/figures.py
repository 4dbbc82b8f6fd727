"""How figures are printed: money in 万元, rates with one decimal, what is missing in words."""

from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import gettext as _

from forms import amounts
from workflow import extending
from workflow.deadlines import last_date
from workflow.workdays import Calendar


def wan(cents: int | None, decimals: int = 1) -> str:
    """分 as 万元 with thousand commas."""
    return str(_("（空）")) if cents is None else amounts.text_of(cents, decimals, grouped=True)


def percent(value: Fraction | None) -> str:
    """A percentage with one decimal; 不适用 where there is none, never 0."""
    if value is None:
        return str(_("不适用"))
    tenths = int(value * 10 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10} %"


def whole_percent(value: Fraction | None) -> str:
    """A percentage without decimals, cut and never rounded up: 59.9 must not look like 60."""
    return "" if value is None else f"{int(value)} %"


def days_left(last: date, today: date, calendar: Calendar) -> str:
    """剩 5 个工作日; 今天截止; 已过 2 个工作日. By the region's calendar; 暂定 where that only assumes them."""
    left = calendar.between(today, last)
    if last == today:
        return str(_("今天截止"))
    said = _("剩 %(count)s 个工作日", count=left) if left >= 0 else _("已过 %(count)s 个工作日", count=-left)
    return f"{said}{_assumed(last, today, calendar)}"


def day_means(text: str, today: date, calendar: Calendar) -> str:
    """What a date typed as a deadline means; empty for what is no date."""
    try:
        return extending.means(date.fromisoformat(text), today, calendar)
    except (ValueError, OverflowError):
        return ""


def days_late(last: date, today: date, calendar: Calendar) -> str:
    """逾期 2 个工作日; 已截止 where no working day has passed since."""
    late = -calendar.between(today, last)
    said = _("逾期 %(count)s 个工作日", count=late) if late else _("已截止")
    return f"{said}{_assumed(last, today, calendar)}"


def _assumed(last: date, today: date, calendar: Calendar) -> str:
    return str(_("（暂定）")) if calendar.why_between(today, last) else ""


def last_day(until: datetime, timezone: str) -> date:
    """A half-open deadline as the last day of it."""
    return last_date(until, timezone)


def local_second(at: datetime, timezone: str = "Asia/Shanghai") -> str:
    """An instant to the second by the clock of the region, as a record shows it."""
    return f"{at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M:%S}"


def register(app: Flask) -> None:
    """Give the templates these filters."""
    for filter_ in (wan, percent, whole_percent, days_left, days_late, day_means, last_day, local_second):
        app.add_template_filter(filter_, filter_.__name__)
    app.add_template_global(extending.choices, "deadline_choices")
    app.add_template_global(extending.meanings, "deadline_meanings")
