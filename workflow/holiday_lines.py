"""A year's holidays as a manager pastes them: lines of days off and working weekend days, read or refused whole. Pure.

Two ways of writing are read, even side by side: lines (`2026-01-01..2026-01-03 休 元旦`, `2026-01-04 班`), and the
sentences of the State Council's notices (`元旦：1月1日（周四）至3日（周六）放假调休。1月4日（周日）上班`). What is
not understood is never passed over: it is named with its line.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from workflow.deadlines import WEEKDAYS
from workflow.workdays import WEEKEND

SAMPLE = "2026-01-01..2026-01-03 休 元旦\n2026-01-04 班"
"""How plain lines look; the page shows it beside the field."""
LONGEST = 20_000
"""Characters that a notice of one year may have; the real ones have some hundreds."""


@dataclass(frozen=True)
class Days:
    """What the lines say: each day off with the holiday's name (or none), and the working weekend days."""

    off: Mapping[date, str]
    working: frozenset[date]

    @property
    def lines(self) -> str:
        """The same as plain lines, so that a later version can begin from it."""
        said = [*self._runs(), *((day, f"{day} 班") for day in self.working)]
        return "\n".join(line for _, line in sorted(said))

    def _runs(self) -> Iterator[tuple[date, str]]:
        days = sorted(self.off)
        while days:
            first = last = days.pop(0)
            while days and days[0] == last + timedelta(days=1) and self.off[days[0]] == self.off[first]:
                last = days.pop(0)
            span = f"{first}" if first == last else f"{first}..{last}"
            yield first, f"{span} 休 {self.off[first]}".rstrip()


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line (0: with the whole), and what to do about it."""

    line: int
    text: str

    @property
    def sentence(self) -> str:
        """The same with its place."""
        return f"第 {self.line} 行：{self.text}" if self.line else self.text


class Unreadable(Exception):
    """The lines cannot be taken as they are; every problem is told at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("；".join(problem.sentence for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class _Said:
    """One span of days of one line."""

    first: date
    last: date
    works: bool
    name: str = ""


class _Wrong(Exception):
    pass


def read(text: str, year: int) -> Days:
    """The days that lines say of a year; Unreadable with all that is wrong with them."""
    off: dict[date, str] = {}
    working: set[date] = set()
    line_of: dict[date, int] = {}
    problems: list[Problem] = []
    if len(text) > LONGEST:
        raise Unreadable((Problem(0, f"文字超过 {LONGEST} 字，不像是一年的安排；请只粘贴放假和上班的日期"),))
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            for said in _line(line, year):
                for day in _days(said, year):
                    if day in line_of:
                        raise _Wrong(f"{day} 在第 {line_of[day]} 行已经写过，同一天只能写一次；请删去一处")
                    line_of[day] = number
                    if not said.works:
                        off[day] = said.name
                    elif day.weekday() in WEEKEND:
                        working.add(day)
                    else:
                        week = WEEKDAYS[day.weekday()]
                        raise _Wrong(f"{day} 是周{week}，本来就上班；“班”只写周六、周日，请核对日期或删去")
        except _Wrong as wrong:
            problems.append(Problem(number, str(wrong)))
    if not problems and not line_of:
        problems.append(Problem(0, "没有写哪些天放假、哪些天上班；请照示例每行写一段日期"))
    if problems:
        raise Unreadable(tuple(problems))
    return Days(off, frozenset(working))


def _days(said: _Said, year: int) -> Iterator[date]:
    if said.last < said.first:
        raise _Wrong(f"{said.first} 至 {said.last} 前后颠倒；请把早的日期写在前面")
    for end in (said.first, said.last):
        if end.year != year:
            raise _Wrong(f"{end} 不在 {year} 年；请删去，属于 {end.year} 年的日子登记在 {end.year} 年")
    yield from (said.first + timedelta(days=n) for n in range((said.last - said.first).days + 1))


PLAIN = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:\.\.|…|~|至|到)\s*(\d{4}-\d{1,2}-\d{1,2}))?\s*([休班])\s*(.*)")


def _line(line: str, year: int) -> Iterator[_Said]:
    line = line.strip()
    if not line:
        return
    plain = PLAIN.fullmatch(line)
    if plain is None:
        yield from _sentence(line, year)
        return
    first, last, what, name = plain.groups()
    yield _Said(_iso(first), _iso(last or first), what == "班", name.strip())


def _iso(text: str) -> date:
    return _date(*(int(part) for part in text.split("-")))


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _Wrong(f"没有 {year} 年 {month} 月 {day} 日这一天；请核对日期") from None


BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
HEADING = re.compile(r"(?:[一二三四五六七八九十]+、)?([^：:\d]{1,12})[：:]")
CLAUSE = re.compile(r"((?:(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日[至到、和—-]?)+)(放假(?:调休)?|补休|上班)")
ONE_DAY = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日([至到、和—-]?)")
WITHOUT_DAYS = re.compile(r"共\d+天|与周末连休|放假\d+天")


def _sentence(line: str, year: int) -> Iterator[_Said]:
    """The spans of a sentence of a notice; a month or year that is not repeated is that of the date before."""
    said = re.sub(r"\s", "", BRACKETS.sub("", line))
    heading = HEADING.match(said)
    name = heading[1] if heading else ""
    for clause in filter(None, re.split("[，,。；;]", said[heading.end() if heading else 0 :])):
        if WITHOUT_DAYS.fullmatch(clause):
            continue
        found = CLAUSE.fullmatch(clause)
        if found is None:
            raise _Wrong(f"“{clause[:30]}”没有看懂；请写成“{year}-01-01..{year}-01-03 休 元旦”或“{year}-01-04 班”")
        works = found[2] == "上班"
        at_year, month, begun = year, 0, None
        for said_year, said_month, day, joined in ONE_DAY.findall(found[1]):
            at_year, month = int(said_year or at_year), int(said_month or month)
            on = _date(at_year, month, int(day))
            if joined and joined not in "、和":
                begun = on
            else:
                yield _Said(begun or on, on, works, "" if works else name)
                begun = None
        if begun is not None:
            raise _Wrong(f"“{clause[:30]}”没有写到哪一天为止；请补上日期")
