"""The stage bar: when each stage is due, this table's own deadlines, and the year where it is not today's."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from config.database import db
from ledger.models import Entry
from tests import factories
from tests.factories import World
from workflow import dossier
from workflow.actors import signer
from workflow.deadlines import begins, ends
from workflow.dossier import when_due
from workflow.facts import Period
from workflow.lifecycle import CLOCK
from workflow.states import YEAR, Stage, State

CHINA = "Asia/Shanghai"


def period(opens: date, closes: date, until: date | None = None, name: str = "") -> Period:
    """Open on these days (inclusive), for this table until a later one."""
    return Period(name, begins(opens, CHINA), ends(closes, CHINA), ends(until or closes, CHINA))


ENTRY = period(date(2019, 11, 4), date(2019, 12, 6))
EXTENDED = period(date(2019, 11, 4), date(2019, 12, 6), date(2019, 12, 13))
ROUNDS = (
    period(date(2020, 8, 3), date(2020, 8, 31), name="1—7月"),
    period(date(2020, 11, 2), date(2020, 11, 20), date(2020, 12, 4), name="1—10月"),
)


@pytest.mark.parametrize(
    ("today", "window", "until", "rounds", "lines"),
    [
        (date(2019, 11, 6), ENTRY, date(2019, 12, 6), (), ["11-04 至 12-06"]),
        (date(2020, 1, 6), ENTRY, date(2019, 12, 6), (), ["2019-11-04 至 12-06"]),
        (date(2019, 1, 6), period(date(2019, 12, 25), date(2020, 1, 10)), None, (), ["12-25 至 2020-01-10"]),
        (date(2019, 12, 9), EXTENDED, date(2019, 12, 13), (), ["延期至 12-13 周五"]),
        (date(2019, 12, 9), ENTRY, date(2019, 12, 20), (), ["退回后截至 12-20 周五"]),
        (date(2019, 12, 9), EXTENDED, date(2020, 1, 3), (), ["退回后截至 2020-01-03 周五"]),
        (date(2020, 5, 9), None, date(2020, 5, 20), (), ["退回后截至 05-20 周三"]),
        (date(2020, 5, 9), None, None, (), []),
        (date(2020, 5, 9), None, None, ROUNDS, ["1—7月 08-03 至 08-31", "1—10月 延期至 12-04 周五"]),
        (date(2019, 11, 6), None, None, ROUNDS[:1], ["1—7月 2020-08-03 至 08-31"]),
    ],
)
def test_a_stage_says_when_it_is_due(
    today: date, window: Period | None, until: date | None, rounds: tuple[Period, ...], lines: list[str]
) -> None:
    end = ends(until, CHINA) if until else None
    assert when_due(window, end if end or window is None else window.until, rounds, today, CHINA) == lines


def bar(world: World) -> dict[State, tuple[str, ...]]:
    """The lines of the bar as the department sees them."""
    session, at = db.session(), world.clock.at
    session.rollback()
    table: Any = dossier.find(session, world.own.table_id, world.own.editor, at)
    return {stage.state: stage.lines for stage in dossier.of(session, table, world.own.editor, at).stages}


def test_after_a_return_the_deadline_it_gave_stands_where_entry_is_due(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    assert bar(world)[State.FINANCE_REVIEW] == ("11-25 至 12-20",)
    world.moved("return", world.own.officer, until=ends(date(2019, 12, 12), CHINA))
    found = bar(world)
    assert found[State.DRAFT] == ("退回后截至 12-12 周四",)
    assert found[State.INTERNAL_REVIEW] == ("退回后截至 12-12 周四",)
    assert found[State.FINANCE_REVIEW] == ("11-04 水利厅专管 退回（中）", "11-25 至 12-20")


def test_an_extension_stands_in_the_bar_of_its_table_alone(app: Flask) -> None:
    world = factories.world()
    until = ends(date(2019, 12, 13), CHINA)
    world.recorded("extend", world.manager, stage=Stage.ENTRY, until=until, reason="停机")
    assert bar(world)[State.DRAFT] == ("延期至 12-13 周五",)
    session = db.session()
    other: Any = dossier.find(session, world.neighbour.table_id, world.neighbour.editor, world.clock.at)
    stages = dossier.of(session, other, world.neighbour.editor, world.clock.at).stages
    assert stages[0].lines == ("11-04 至 12-06",)


def test_what_happened_in_another_year_carries_it(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    assert bar(world)[State.DRAFT] == ("2019-11-04 水利厅填报甲 送审",)


def test_what_was_undone_takes_nothing_that_happened_out_of_the_bar(app: Flask) -> None:
    """Returned, sent again and called back: the return still stands, also once it is endorsed again."""
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=False, path="annual_goal", text="请写明数量")
    world.moved("return", world.own.officer)
    world.recorded("answer_remark", world.own.editor, number=1, answer="declined", text="按表样")
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    world.moved("recall", world.own.reviewer)
    assert bar(world)[State.FINANCE_REVIEW] == ("11-04 水利厅专管 退回（中）", "11-25 至 12-20")
    world.moved("endorse", world.own.reviewer)
    assert bar(world)[State.FINANCE_REVIEW] == ("11-04 水利厅专管 退回（中）", "11-25 至 12-20")


def test_what_the_clock_did_reads_as_having_happened_by_itself(app: Flask) -> None:
    """Also in entries of earlier versions, whose clock signed by another name."""
    world = factories.world().bring_to(State.MONITORING)
    assert bar(world)[State.APPROVED] == ("08-03 系统自动 进入监控",)
    older = Entry(person_name="系统时钟", role=CLOCK)
    assert (signer(older), signer(Entry(person_name="水利厅填报甲", role="editor"))) == ("系统自动", "水利厅填报甲")


def test_the_bar_of_an_adjustment_ends_with_its_approval(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    assert list(bar(world)) == list(YEAR)
    world.own.table_id = world.recorded("open_adjustment", world.own.editor, reason="汛期提前").said["table"]
    assert list(bar(world)) == [State.DRAFT, State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.APPROVED]
