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

    @property
    def days(self) -> frozenset[date]:
        """The span, day by day."""
        return frozenset(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


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
                if isinstance(said, _Wrong):
                    problems.append(Problem(number, str(said)))
                    continue
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
    yield from sorted(said.days)


PLAIN = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:\.\.|…|~|至|到)\s*(\d{4}-\d{1,2}-\d{1,2}))?\s*([休班])\s*(.*)")


def _line(line: str, year: int) -> Iterator[_Said | _Wrong]:
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


BRACKETS = re.compile(r"[（(]([^（）()]*)[）)]")
NAMED_WEEKDAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
HEADING = re.compile(r"(?:[一二三四五六七八九十]+、)?([^：:\d]{1,12})[：:]")
DAY = r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:<[一二三四五六日]+>)*[至到、和—-]?"
CLAUSE = re.compile(rf"((?:{DAY})+)(放假(?:调休)?|补休|上班)")
ONE_DAY = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日((?:<[一二三四五六日]+>)*)([至到、和—-]?)")
COUNT = re.compile(r"(?:共|放假)(\d+)天")
WITH_THE_WEEKEND = "与周末连休"


def _sentence(line: str, year: int) -> Iterator[_Said | _Wrong]:
    """The spans of a sentence of a notice; a month or year that is not repeated is that of the date before. What it
    states of them besides, their weekdays and how many they are, must be true: else one of the two is mistyped."""
    said = re.sub(r"\s", "", BRACKETS.sub(_weekdays, line))
    heading = HEADING.match(said)
    name = heading[1] if heading else ""
    off: frozenset[date] = frozenset()
    clauses = list(filter(None, re.split("[，,。；;]", said[heading.end() if heading else 0 :])))
    for clause in clauses:
        if clause == WITH_THE_WEEKEND:
            continue
        if count := COUNT.fullmatch(clause):
            # The days of the weekend that a holiday adjoins are counted, and not written.
            if int(count[1]) != len(off) and WITH_THE_WEEKEND not in clauses:
                yield _Wrong(f"写的是“{clause}”，前面写的日期是 {len(off)} 天；请核对日期和天数")
            continue
        found = CLAUSE.fullmatch(clause)
        if found is None:
            like = f"“{year}-01-01..{year}-01-03 休 元旦”或“{year}-01-04 班”"
            raise _Wrong(f"“{_without_marks(clause)[:30]}”没有看懂；请写成{like}")
        for span in _spans(found[1], year, works=found[2] == "上班", name=name):
            if isinstance(span, _Said) and not span.works:
                off |= span.days
            yield span


def _spans(days: str, year: int, *, works: bool, name: str) -> Iterator[_Said | _Wrong]:
    """The spans of one clause, with each stated weekday that is not its date's."""
    at_year, month, begun = year, 0, None
    for said_year, said_month, day, weekdays, joined in ONE_DAY.findall(days):
        at_year, month = int(said_year or at_year), int(said_month or month)
        on = _date(at_year, month, int(day))
        stated = re.sub("[<>]", "", weekdays)
        # “1月1日至3日（周四至周六）” tells of both ends; of several single days only the last is told apart.
        for end, weekday in ((begun, stated[:-1][-1:]), (on, stated[-1:])):
            if end and weekday and weekday != WEEKDAYS[end.weekday()]:
                yield _Wrong(f"{end} 写的是周{weekday}，实际是周{WEEKDAYS[end.weekday()]}；请核对日期")
        if joined and joined not in "、和":
            begun = on
        else:
            yield _Said(begun or on, on, works, "" if works else name)
            begun = None
    if begun is not None:
        raise _Wrong(f"“{_without_marks(days)[:30]}”没有写到哪一天为止；请补上日期")


def _weekdays(bracket: re.Match[str]) -> str:
    """What a bracket says of weekdays, as a mark; all else in it says nothing of days."""
    named = "".join(NAMED_WEEKDAY.findall(bracket[1])).replace("天", "日")
    return f"<{named}>" if named else ""


def _without_marks(text: str) -> str:
    return re.sub("<[^>]*>", "", text)
