"""Two clocks: working days in the department's hands and in the bureau's, by pass."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from config.database import db
from ledger import book
from tests import factories
from workflow import dossier
from workflow.hands import Clock, Spent, clock, median
from workflow.listing import clocks_of, worklist
from workflow.models import Cycle
from workflow.states import State
from workflow.statistics import with_names
from workflow.turns import Hand
from workflow.workdays import PUBLISHED

OPENS = datetime(2019, 11, 3, 16, tzinfo=UTC)
"""Monday, 4 November 2019, 0:00 in China."""


@dataclass(frozen=True)
class Step:
    """One step of a history."""

    act: str
    at: datetime
    to_state: str | None = None


def on(month_day: str, hour: int = 10) -> datetime:
    """That hour in China of a day of 2019."""
    return datetime(2019, int(month_day[:2]), int(month_day[3:]), hour - 8, tzinfo=UTC)


def read(*steps: tuple[str, str, str | None], now: str) -> Clock:
    """Both clocks after these steps (day, act, state it led to)."""
    told = [Step("opened", on("10-08")), *(Step(act, on(day), to) for day, act, to in steps)]
    return clock(told, on(now), PUBLISHED, "Asia/Shanghai", opens_at=OPENS)


SENT = (("11-06", "submit", "internal_review"), ("11-08", "endorse", "finance_review"))
RETURNED = (*SENT, ("11-13", "return", "draft"))
AGAIN = (*RETURNED, ("11-15", "submit", "internal_review"), ("11-18", "endorse", "finance_review"))

HISTORIES = [
    # steps, the day it is, working days of (department, bureau) in each pass, who has it, since how many
    ((), "10-30", [(0, 0)], Hand.DEPARTMENT, 0),  # the window is not open yet
    ((), "11-08", [(4, 0)], Hand.DEPARTMENT, 4),  # Monday to Friday
    ((), "11-10", [(4, 0)], Hand.DEPARTMENT, 4),  # a weekend costs nobody a day
    (SENT, "11-08", [(4, 0)], Hand.BUREAU, 0),  # handed on today
    (SENT, "11-13", [(4, 3)], Hand.BUREAU, 3),
    (RETURNED, "11-13", [(4, 3), (0, 0)], Hand.DEPARTMENT, 0),
    (AGAIN, "11-19", [(4, 3), (3, 1)], Hand.BUREAU, 1),
    ((*AGAIN, ("11-20", "approve", "approved")), "12-31", [(4, 3), (3, 2)], Hand.NOBODY, 0),
    # While an amendment waits it is the department's; declined or accepted, the bureau's again.
    ((*SENT, ("11-11", "amend", "finance_review")), "11-13", [(6, 1)], Hand.DEPARTMENT, 2),
    ((*SENT, ("11-11", "amend", "finance_review"), ("11-13", "decline_amendment", None)), "11-14", [(6, 2)],
     Hand.BUREAU, 1),
    ((*SENT, ("11-11", "amend", "finance_review"), ("11-13", "accept_amendment", "finance_review")), "11-14",
     [(6, 2)], Hand.BUREAU, 1),
    # Inside the department a table stays in one hand, and its days run on.
    ((("11-06", "submit", "internal_review"), ("11-07", "send_back", "draft")), "11-08",
     [(3, 0), (1, 0)], Hand.DEPARTMENT, 4),
    ((*SENT, ("11-11", "recall", "internal_review")), "11-12", [(5, 1)], Hand.DEPARTMENT, 1),
    ((("11-06", "void", "void"),), "12-31", [(2, 0)], Hand.NOBODY, 0),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "now", "passes", "hand", "in_hand"), HISTORIES)
def test_each_side_is_charged_its_own_working_days(
    steps: tuple[tuple[str, str, str | None], ...],
    now: str,
    passes: list[tuple[int, int]],
    hand: Hand,
    in_hand: int,
) -> None:
    found = read(*steps, now=now)
    assert [(one.department, one.bureau) for one in found.passes] == passes
    assert (found.hand, found.in_hand) == (hand, in_hand)


@pytest.mark.parametrize("steps", [steps for steps, *_ in HISTORIES[3:7]])
def test_both_clocks_together_are_the_days_since_the_window_opened(
    steps: tuple[tuple[str, str, str | None], ...],
) -> None:
    total = read(*steps, now="12-06").total
    assert total.department + total.bureau == PUBLISHED.between(date(2019, 11, 4), date(2019, 12, 6))


def test_the_clocks_are_told_in_words_and_the_present_pass_beside_the_whole() -> None:
    assert read(*SENT, now="11-13").words == "部门 4 个工作日，财政 3 个工作日"
    assert read(*AGAIN, now="11-19").words == (
        "部门 7 个工作日，财政 4 个工作日；本次报送（第 2 轮）：部门 3 个工作日，财政 1 个工作日"
    )


@pytest.mark.parametrize(("days", "words"), [([3], "3"), ([1, 9, 2], "2"), ([1, 2], "1.5"), ([2, 4], "3")])
def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle(days: list[int], words: str) -> None:
    assert median(days) == words


@pytest.fixture
def world(app: Flask) -> factories.World:
    """A table returned once and back at the bureau."""
    found = factories.world()
    found.arrive(State.DRAFT)
    for day, state in ((6, State.INTERNAL_REVIEW), (8, State.FINANCE_REVIEW)):
        found.clock.on(date(2019, 11, day))
        found.arrive(state)
    found.clock.on(date(2019, 11, 13))
    found.moved("return", found.own.officer)
    seen = book.history(db.session(), f"table:{found.own.table_id}")
    assert seen[-1].act == "return"
    return found


@pytest.mark.each_database
def test_worklist_and_page_read_the_same_clock(world: factories.World) -> None:
    world.clock.on(date(2019, 11, 15))
    session = db.session()
    session.rollback()
    line = next(one for one in worklist(session, world.manager, world.clock.at) if one.table_id == world.own.table_id)
    assert line.clock.passes == (Spent(4, 3), Spent(2, 0))
    assert (line.clock.hand, line.clock.in_hand) == (Hand.DEPARTMENT, 2)
    table = dossier.find(session, world.own.table_id, world.manager, world.clock.at)
    assert table is not None
    assert dossier.of(session, table, world.manager, world.clock.at).clock == line.clock
    assert clocks_of(session, [table], world.clock.at) == {table.id: line.clock}


def test_figures_say_which_officer_took_how_long(world: factories.World) -> None:
    session = db.session()
    session.rollback()
    found = with_names(session, world.manager, session.get_one(Cycle, world.cycle_id), world.clock.at)
    (one,) = found.officers
    assert (one.name, one.tables, one.median, one.longest, one.department) == ("水利厅专管", 1, "3", 3, "水利厅")
    assert found.medians == {Hand.DEPARTMENT: "5.5", Hand.BUREAU: "3"}


def test_an_adjustments_clock_begins_with_its_first_step(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    world.clock.on(date(2019, 12, 2))
    world.own.table_id = world.recorded("open_adjustment", world.own.editor, reason="追加预算").said["table"]
    world.write_goal("调整后的目标")
    world.clock.on(date(2019, 12, 4))
    world.moved("submit", world.own.editor)
    world.clock.on(date(2019, 12, 6))
    assert clocks_of(db.session(), [world.table()], world.clock.at)[world.own.table_id].total == Spent(2, 0)
