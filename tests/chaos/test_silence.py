"""Nothing runs for thirty days while people go on working; then it starts again. Each person who still has something to
hear gets one e-mail, nobody else any, and none asks for what has been decided meanwhile."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask

from notifications import merging, tasks
from tests.chaos.conftest import Tell
from tests.factories import Office, World
from tests.factories import world as open_year
from tests.notifications.test_outbox import Recorder, rows
from workflow.states import State

LAST_TICK, FIRST_TICK = date(2019, 11, 6), date(2019, 12, 6)
"""Entry closes on the very day on which everything runs again; what opened is told before the silence."""

Told = dict[int, tuple[str, int]]
"""By person: what the subject of their one e-mail says, and how many more notices are listed in it."""


def department(place: Office) -> tuple[int, ...]:
    """Everybody who fills in or reviews."""
    return place.editor, place.second_editor, place.reviewer, place.second_reviewer, place.both


def approved_and_idle(year: World) -> Told:
    """One table is approved on 27 November. The other is never touched: urged twice, asked more time for."""
    year.fill()
    year.clock.on(date(2019, 11, 7))
    year.arrive(State.INTERNAL_REVIEW)
    year.arrive(State.FINANCE_REVIEW)
    for day in (12, 20):
        year.recorded("urge", year.manager, office=year.neighbour)
        year.clock.on(date(2019, 11, day + 1))
    year.asks_for_time(date(2019, 12, 12), year.neighbour.editor, office=year.neighbour)
    year.clock.on(date(2019, 11, 27))
    year.arrive(State.APPROVED)
    return {
        **dict.fromkeys(department(year.own), ("已批复", 0)),
        **dict.fromkeys(department(year.neighbour), ("截止", 2)),  # today's reminder, the two urges
        year.manager: ("申请延期", 0),
        year.auditor: ("台账封存", 0),
    }


def under_review_and_void(year: World) -> Told:
    """One table waits inside since 2 December. The other's department is merged on 10 November."""
    year.fill()
    year.clock.on(date(2019, 11, 10))
    year.moved("void", year.manager, office=year.neighbour)
    year.clock.on(date(2019, 12, 2))
    year.arrive(State.INTERNAL_REVIEW)
    place = year.own
    return {
        **dict.fromkeys((place.reviewer, place.second_reviewer, place.both), ("截止", 1)),  # and: it waits for you
        **dict.fromkeys((*department(year.neighbour), year.neighbour.officer), ("作废", 0)),
        year.auditor: ("台账封存", 0),
    }


def at_the_bureau(year: World) -> Told:
    """One table came to the bureau on 20 November, five days before its review opened. The other lies."""
    year.fill()
    year.clock.on(date(2019, 11, 20))
    year.arrive(State.INTERNAL_REVIEW)
    year.arrive(State.FINANCE_REVIEW)
    return {
        year.own.officer: ("等您审核", 2),  # the week's list; and: the review opened, it was handed in
        year.manager: ("审核", 0),  # the week's list of the bureau
        **dict.fromkeys(department(year.neighbour), ("截止", 0)),
        year.auditor: ("台账封存", 0),
    }


REGIONS: tuple[Callable[[World], Told], ...] = (approved_and_idle, under_review_and_void, at_the_bureau)


@dataclass
class Morning:
    """What arrived on the first morning, and what ought to have."""

    mails: list[tuple[int, str, str]]
    """(person, subject, body)."""
    ought: Told
    asleep: tuple[int, ...]
    """Departments of decided tables: their people are asked nothing."""

    def wrong(self) -> list[str]:
        """Everything that is not as it ought to be, as sentences."""
        counts = Counter(person for person, _, _ in self.mails)
        found = [f"person {each} got {count} e-mails" for each, count in counts.items() if count != 1]
        found += [f"person {each} has nothing to hear" for each in counts.keys() - self.ought.keys()]
        found += [f"person {each} heard nothing" for each in self.ought.keys() - counts.keys()]
        for person, subject, body in self.mails:
            says, more = self.ought.get(person, ("", 0))
            if says not in subject or (f"另有 {more} 件" in body) != (more > 0) or body.count("\n· ") != more:
                found.append(f"person {person} read {subject!r}, {body!r}")
            if person in self.asleep and any(word in subject + body for word in ("截止", "逾期", "等待您", "送审")):
                found.append(f"person {person} was asked for what is decided: {subject!r}")
        return found


def after_silence(worlds: int) -> Morning:
    """Live through it in so many regions."""
    ought, asleep, years = Told(), list[int](), list[World]()
    quiet = {"email": Recorder("email"), "inbox": Recorder("inbox")}
    for number in range(worlds):
        year = open_year()
        year.clock.on(LAST_TICK)
        years.append(year)
        tasks.tick(year.clock, quiet)
        ought |= (story := REGIONS[number % len(REGIONS)])(year)
        if story is approved_and_idle:
            asleep += department(year.own)
        if story is under_review_and_void:
            asleep += department(year.neighbour)
    mail, clock = Recorder("email"), years[-1].clock
    clock.on(FIRST_TICK).at += timedelta(hours=1)
    tasks.seal(clock)
    tasks.tick(clock, {"email": mail, "inbox": Recorder("inbox")})
    whose = {row.id: row.recipient_id for row in rows(channel="email")}
    return Morning([(whose[each.id], each.subject, each.body) for each in mail.taken], ought, tuple(asleep))


@pytest.mark.each_database
def test_after_thirty_days_of_silence_everybody_gets_at_most_one_mail(app: Flask) -> None:
    morning = after_silence(3)
    assert morning.wrong() == []
    assert len(morning.mails) == len(morning.ought) == 30


@pytest.mark.chaos
@pytest.mark.on_postgresql
def test_after_thirty_days_of_silence_in_thirty_regions(app: Flask, tell: Tell) -> None:
    morning = after_silence(30)
    wrong = morning.wrong()
    counts = Counter(person for person, _, _ in morning.mails)
    tell(
        "30 days of silence",
        f"30 regions, 60 departments, one tick after 30 days; {len(morning.ought)} people have something to hear",
        f"{len(morning.mails)} e-mails, {max(counts.values())} to one person at most; {len(wrong)} findings",
    )
    assert wrong == []


def test_without_merging_it_goes_red(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: each notice a message of its own."""
    monkeypatch.setattr(merging, "LATE", timedelta(days=10**4))
    assert any("got 3 e-mails" in each for each in after_silence(3).wrong())
