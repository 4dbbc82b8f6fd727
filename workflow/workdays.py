"""The Chinese working calendar: statutory holidays and the working weekend days (调休) that pay for them. Pure.

The data come from the kept package `chinese_calendar` and from the notices (国务院办公厅关于部分节假日安排的通知) that
a region's manager entered; for a year that has one, the notice counts, and of several the latest version. For a year
that neither knows a day is judged by its weekday alone and marked provisional (暂定), with the reason: a deadline must
not move in silence when the notice for that year appears.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate

from chinese_calendar import constants

FIRST_YEAR: int = min(constants.holidays).year
LAST_YEAR: int = max(constants.holidays).year
WEEKEND = (5, 6)


@dataclass(frozen=True)
class Day:
    """A date and whether people work on it; `why` says why that is only assumed, and is empty where it is known."""

    on: date
    working: bool
    why: str = ""

    @property
    def provisional(self) -> bool:
        """Whether it is only assumed."""
        return bool(self.why)


@dataclass(frozen=True)
class Arrangement:
    """What a notice says of one year: the days off, and the Saturdays and Sundays on which people work."""

    year: int
    number: int
    """Its version among the notices of that year; the highest counts."""
    source: str
    entered_at: datetime
    off: frozenset[date]
    working: frozenset[date]

    def works_on(self, on: date) -> bool:
        """Whether people work on a day of its year."""
        return on in self.working or (on.weekday() not in WEEKEND and on not in self.off)

    @property
    def words(self) -> str:
        """How it is called as a source."""
        return f"{self.source}，{self.year} 年第 {self.number} 版"


@dataclass(frozen=True)
class Calendar:
    """The working calendar of one region: what the package knows, and every notice entered there."""

    entered: frozenset[Arrangement] = frozenset()

    @cached_property
    def arrangements(self) -> Mapping[int, Arrangement]:
        """The notice that counts for each year that has any."""
        return {one.year: one for one in sorted(self.entered, key=lambda one: one.number)}

    def as_known_at(self, at: datetime) -> "Calendar":
        """The calendar before the notices that were entered after an instant."""
        return Calendar(frozenset(one for one in self.entered if one.entered_at <= at))

    def changed_by(self, at: datetime) -> Arrangement | None:
        """The newest of the notices that were entered after an instant."""
        later = [one for one in self.entered if one.entered_at > at]
        return max(later, key=lambda one: (one.entered_at, one.number), default=None)

    def why_provisional(self, year: int) -> str:
        """Why the working days of a year are only assumed; empty where they are known."""
        if year in self.arrangements or FIRST_YEAR <= year <= LAST_YEAR:
            return ""
        missing = "没有收录" if year < FIRST_YEAR else "尚未公布"
        return f"{year} 年节假日安排{missing}，按周一至周五推算"

    def look(self, on: date) -> Day:
        """What kind of day it is."""
        return Day(on, _works_on(self.arrangements.get(on.year), on), self.why_provisional(on.year))

    def before(self, on: date, count: int) -> Day:
        """The working day that lies `count` working days before a date (0: the date itself, or the last before it)."""
        day = self.look(on)
        why = day.why
        while count or not day.working:
            count -= day.working
            day = self.look(day.on - timedelta(days=1))
            why = why or day.why
        return Day(day.on, working=True, why=why)

    def ahead(self, on: date, count: int) -> Day:
        """The working day that lies `count` working days after a date."""
        day = self.look(on)
        why = day.why
        while count:
            day = self.look(day.on + timedelta(days=1))
            count -= day.working
            why = why or day.why
        return Day(day.on, day.working, why)

    def following(self, on: date, count: int) -> Iterator[Day]:
        """The first `count` working days after a date."""
        day, why = Day(on, working=True), ""
        while count:
            day = self.look(day.on + timedelta(days=1))
            why = why or day.why
            if day.working:
                count -= 1
                yield Day(day.on, working=True, why=why)

    def first_of_week(self, on: date) -> Day | None:
        """The first working day of the week, Monday to Sunday, that a date lies in; None where nobody works in it."""
        monday = on - timedelta(days=on.weekday())
        days = [self.look(monday + timedelta(days=n)) for n in range(7)]
        first = next((n for n, day in enumerate(days) if day.working), None)
        if first is None:
            return None
        return Day(days[first].on, working=True, why=next((day.why for day in days[: first + 1] if day.why), ""))

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` lies before."""
        if end < start:
            return -self.between(end, start)
        whole = sum(self._worked(year)[-1] for year in range(start.year, end.year))
        return whole + self._worked(end.year)[_number(end)] - self._worked(start.year)[_number(start)]

    def _worked(self, year: int) -> tuple[int, ...]:
        return _worked(self.arrangements.get(year), year)

    def why_between(self, start: date, end: date) -> str:
        """Why the number of working days between two dates is only assumed; empty where it is known."""
        years = range(min(start, end).year, max(start, end).year + 1)
        return next((why for year in years if (why := self.why_provisional(year))), "")


def _works_on(arranged: Arrangement | None, on: date) -> bool:
    """Whether people work on a day: by the notice for its year, by what the package knows, else by its weekday (the
    package's own function looks its whole table through for each day)."""
    if arranged is not None:
        return arranged.works_on(on)
    return on in constants.workdays or (on.weekday() not in WEEKEND and on not in constants.holidays)


@lru_cache(maxsize=256)
def _worked(arranged: Arrangement | None, year: int) -> tuple[int, ...]:
    """How many working days a year has up to each of its days and with it, by the day's number; 0 before the first."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range(_number(date(year, 12, 31))))
    return (0, *accumulate(_works_on(arranged, day) for day in days))


def _number(on: date) -> int:
    return on.timetuple().tm_yday


PUBLISHED = Calendar()
"""What the package alone knows, for what belongs to no region; whoever knows a region asks for its calendar."""


def in_the_package(year: int) -> bool:
    """Whether the package knows a year."""
    return FIRST_YEAR <= year <= LAST_YEAR


def differences(one: Calendar, other: Calendar, year: int) -> tuple[tuple[Day, Day], ...]:
    """The days of a year on which people work by one calendar and not by the other: each as both see it."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1))
    pairs = ((one.look(day), other.look(day)) for day in days)
    return tuple((was, now) for was, now in pairs if was.working != now.working)
