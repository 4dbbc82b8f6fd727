"""The notices of holidays that a region's manager enters, and the region's working calendar made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Person, Region
from config.clock import Clock
from config.database import writing
from ledger import book, keys
from workflow import holiday_lines
from workflow.deadlines import local_date
from workflow.holiday_lines import Days
from workflow.managing import NotAllowed, done, manager_of, remember
from workflow.models import Cycle, HolidayNotice
from workflow.workdays import LAST_YEAR, Arrangement, Calendar

YEARS = range(2000, 3000)
LONGEST_SOURCE = 200
MOST_VERSIONS = 999


@lru_cache(maxsize=64)
def _calendar(entered: frozenset[Arrangement]) -> Calendar:
    return Calendar(entered)  # the same object for the same notices, so that what is kept by calendar is found at once


def calendar_of(session: Session, region_id: int) -> Calendar:
    """The working calendar of a region. One query."""
    notices = session.scalars(select(HolidayNotice).where(HolidayNotice.region_id == region_id))
    return _calendar(frozenset(map(_arrangement, notices)))


def calendar_for(cycle: Cycle) -> Calendar:
    """The working calendar of a year's region, from the notices that were read with the year."""
    return _calendar(frozenset(map(_arrangement, cycle.holidays)))


def _arrangement(row: HolidayNotice) -> Arrangement:
    off = frozenset(date.fromisoformat(day) for day in row.off)
    working = frozenset(date.fromisoformat(day) for day in row.working)
    return Arrangement(row.year, row.number, row.source, row.entered_at, off, working)


@dataclass(frozen=True)
class Entered:
    """One notice on record."""

    arrangement: Arrangement
    days: Days
    who: str
    counts: bool
    """Whether it is the one that counts for its year; else a later version has replaced it."""


def entered_in(session: Session, region_id: int) -> list[Entered]:
    """Every notice of a region, the newest year first, within a year the latest version first."""
    rows = session.execute(
        select(HolidayNotice, Person.name)
        .join(Person, Person.id == HolidayNotice.entered_by)
        .where(HolidayNotice.region_id == region_id)
        .order_by(HolidayNotice.year.desc(), HolidayNotice.number.desc())
    ).all()
    latest: dict[int, int] = {}
    for row, _ in rows:
        latest.setdefault(row.year, row.number)
    return [Entered(_arrangement(row), _days(row), who, latest[row.year] == row.number) for row, who in rows]


def _days(row: HolidayNotice) -> Days:
    off = {date.fromisoformat(day): name for day, name in row.off.items()}
    return Days(off, frozenset(date.fromisoformat(day) for day in row.working))


@dataclass(frozen=True)
class Wish:
    """A notice as it was typed."""

    year: int
    number: int
    source: str
    text: str


def read(wish: Wish, earlier: Iterable[Arrangement]) -> Days:
    """The days of a notice as typed, beside those that were entered before; NotAllowed with all that is wrong."""
    last = max((one for one in earlier if one.year == wish.year), key=lambda one: one.number, default=None)
    wrong = []
    if wish.year not in YEARS:
        raise NotAllowed("year", f"年度要写四位数字，例如 {LAST_YEAR + 1}")
    if not wish.source:
        wrong.append("没有写来源；请写通知的文号，例如 国办发明电〔2026〕7 号")
    if len(wish.source) > LONGEST_SOURCE:
        wrong.append(f"来源超过 {LONGEST_SOURCE} 字，请只写文号或标题")
    if not 1 <= wish.number <= MOST_VERSIONS:
        wrong.append(f"版次要写 1 到 {MOST_VERSIONS} 的整数")
    elif last is not None and wish.number <= last.number:
        said = "已登记过" if wish.number == last.number else f"早于已登记的第 {last.number} 版，登记了也不起作用"
        wrong.append(f"{wish.year} 年第 {wish.number} 版{said}（{last.source}）；要修订它，请写第 {last.number + 1} 版")
    try:
        days = holiday_lines.read(wish.text, wish.year)
    except holiday_lines.Unreadable as error:
        raise NotAllowed("holidays", *wrong, *(problem.sentence for problem in error.problems)) from error
    if wrong:
        raise NotAllowed("holidays", *wrong)
    return days


def with_notice(calendar: Calendar, wish: Wish, at: datetime) -> Calendar:
    """The calendar as it would be with a notice; NotAllowed where it cannot be entered."""
    days = read(wish, calendar.entered)
    added = Arrangement(wish.year, wish.number, wish.source, at, frozenset(days.off), days.working)
    return Calendar(calendar.entered | {added})


def enter(*, region_id: int, wish: Wish, person_id: int, now: Clock, key: str | None = None) -> int:
    """Enter a notice; returns its id. It counts from that moment on for everything that counts working days.

    NotAllowed for anybody but a manager of the region, and for what cannot be read whole.
    """
    wanted = keys.wish("enter_holidays", region_id, wish.year, wish.number, wish.source, wish.text)
    with writing() as session:
        session.execute(select(Region.id).where(Region.id == region_id).with_for_update())
        at = now()
        region, manager = manager_of(session, region_id, person_id, at)
        if (known := done(session, person_id, key, wanted)) is not None:
            return int(known)
        days = read(wish, calendar_of(session, region_id).entered)
        row = HolidayNotice(
            region_id=region_id,
            year=wish.year,
            number=wish.number,
            source=wish.source,
            off={day.isoformat(): name for day, name in sorted(days.off.items())},
            working=sorted(day.isoformat() for day in days.working),
            entered_by=person_id,
            entered_at=at,
        )
        session.add(row)
        session.flush()
        book.append(
            session,
            f"region:{region.id}",
            "enter_holidays",
            at=at,
            person_id=manager.person_id,
            person_name=manager.name,
            role=manager.role,
            body={
                "fiscal_year": wish.year,
                "number": wish.number,
                "source": wish.source,
                "off": list(row.off),
                "working": list(row.working),
            },
        )
        remember(session, person_id, key, wanted, row.id, at)
        return row.id


def next_number(calendar: Calendar, year: int) -> int:
    """The version that the next notice of a year has."""
    arranged = calendar.arrangements.get(year)
    return arranged.number + 1 if arranged else 1


def years_shown(calendar: Calendar, periods: Sequence[date], now: datetime, timezone: str) -> list[int]:
    """The years that matter to a region: this one and the next, those of its deadlines ahead, those of its notices."""
    today = local_date(now, timezone)
    ahead = {day.year for day in periods if day >= today}
    return sorted({today.year, today.year + 1, *ahead, *calendar.arrangements})
