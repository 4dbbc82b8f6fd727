"""A manager enters a notice of holidays: who may, what it changes, and that nothing of it is ever lost."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config.database import db, writing
from ledger import book
from tests import factories
from workflow import holidays
from workflow.acts import Refused
from workflow.deadlines import ends
from workflow.holidays import Wish
from workflow.listing import worklist
from workflow.managing import NotAllowed
from workflow.models import HolidayNotice
from workflow.states import Stage, State
from workflow.workdays import PUBLISHED, Calendar

pytestmark = pytest.mark.usefixtures("published_until_2026")
WISH = Wish(2027, 1, "国办发明电〔2026〕7 号", "2027-01-01..2027-01-03 休 元旦\n2027-01-09 班")


@pytest.fixture
def world(app: Flask) -> factories.World:
    return factories.world()


def entered(world: factories.World, wish: Wish = WISH, key: str | None = None, person: int = 0) -> int:
    return holidays.enter(
        region_id=world.region_id, wish=wish, person_id=person or world.manager, now=world.clock, key=key
    )


def calendar(world: factories.World) -> Calendar:
    session = db.session()
    session.rollback()
    return holidays.calendar_of(session, world.region_id)


@pytest.mark.each_database
def test_a_notice_makes_the_year_known_and_is_kept_in_the_ledger(world: factories.World) -> None:
    assert calendar(world) == PUBLISHED
    entered(world)
    assert not calendar(world).look(date(2027, 1, 1)).working
    assert calendar(world).look(date(2027, 1, 9)).working
    entry = book.history(db.session(), f"region:{world.region_id}")[-1]
    assert (entry.act, entry.person_id) == ("enter_holidays", world.manager)
    said = book.said(entry)
    assert (said["source"], said["fiscal_year"], said["number"]) == (WISH.source, 2027, 1)
    assert (said["off"], said["working"]) == (["2027-01-01", "2027-01-02", "2027-01-03"], ["2027-01-09"])


def test_only_the_regions_manager_enters_one(world: factories.World) -> None:
    for person in (world.own.officer, world.own.editor, world.administrator, world.auditor):
        with pytest.raises(NotAllowed, match="由绩效处管理人设定"):
            entered(world, person=person)
    assert db.session().scalars(select(HolidayNotice)).all() == []


def test_another_regions_calendar_stays_as_it_is(world: factories.World) -> None:
    entered(world)
    assert holidays.calendar_of(db.session(), 999) == PUBLISHED


@pytest.mark.each_database
def test_a_later_version_replaces_the_earlier_and_both_stay_on_record(world: factories.World) -> None:
    entered(world)
    entered(world, Wish(2027, 2, "国办发明电〔2027〕1 号", "2027-01-04 休"))
    assert calendar(world).look(date(2027, 1, 1)).working
    assert not calendar(world).look(date(2027, 1, 4)).working
    found = holidays.entered_in(db.session(), world.region_id)
    assert [(one.arrangement.number, one.counts) for one in found] == [(2, True), (1, False)]
    assert found[1].days.off[date(2027, 1, 1)] == "元旦"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish(2027, 3, "甲", WISH.text), "2027 年第 3 版已登记过（国办发明电〔2026〕7 号）；要修订它，请写第 4 版"),
        (Wish(2027, 2, "甲", WISH.text), "早于已登记的第 3 版，登记了也不起作用"),
        (Wish(2027, 0, "甲", WISH.text), "版次要写 1 到 999 的整数"),
        (Wish(2027, 4, "", WISH.text), "没有写来源；请写通知的文号"),
        (Wish(2027, 4, "甲" * 201, WISH.text), "来源超过 200 字"),
        (Wish(27, 1, "甲", WISH.text), "年度要写四位数字"),
        (Wish(2028, 1, "甲", WISH.text), "第 1 行：2027-01-01 不在 2028 年"),
    ],
)
def test_what_cannot_be_entered_is_refused_with_the_reason(world: factories.World, wish: Wish, words: str) -> None:
    entered(world)
    entered(world, Wish(2027, 3, WISH.source, "2027-01-01 休"))
    with pytest.raises(NotAllowed) as refused:
        entered(world, wish)
    assert words in str(refused.value)
    assert len(db.session().scalars(select(HolidayNotice)).all()) == 2


def test_the_same_version_twice_is_refused_and_the_database_says_so_too(world: factories.World) -> None:
    entered(world)
    with pytest.raises(NotAllowed, match=r"2027 年第 1 版已登记过.*请写第 2 版"):
        entered(world)
    with pytest.raises(IntegrityError), writing() as session:
        session.add(
            HolidayNotice(
                region_id=world.region_id, year=2027, number=1, source="甲", off={}, working=[],
                entered_by=world.manager, entered_at=world.clock(),
            )
        )  # fmt: skip


def test_a_form_sent_twice_enters_once(world: factories.World) -> None:
    assert entered(world, key="one-form-1") == entered(world, key="one-form-1")
    assert len(db.session().scalars(select(HolidayNotice)).all()) == 1
    with pytest.raises(NotAllowed, match="同一凭据"):
        entered(world, Wish(2028, 1, "甲", "2028-01-01 休"), key="one-form-1")


def test_the_worklist_counts_by_the_notice_and_says_while_days_are_assumed(world: factories.World) -> None:
    world.clock.on(date(2026, 12, 31))
    world.set_window(Stage.ENTRY, date(2026, 12, 1), date(2027, 1, 8))

    def line():
        session = db.session()
        session.rollback()
        found = worklist(session, world.manager, world.clock())
        return next(one for one in found if one.table_id == world.own.table_id)

    assert (line().left, line().provisional) == (6, "2027 年节假日安排尚未公布，按周一至周五推算")
    entered(world)
    assert (line().left, line().provisional) == (5, "")


def test_the_bureaus_passed_deadline_leaves_working_days_by_the_notice(world: factories.World) -> None:
    """Sent back on Thursday 31 December 2026 after the window closed: five working days are left."""
    world.bring_to(State.INTERNAL_REVIEW)
    world.clock.at = datetime(2026, 12, 31, 2, tzinfo=UTC)
    entered(world)
    late = world.act("send_back", world.own.reviewer, opinion="补充", until=ends(date(2027, 1, 9), "Asia/Shanghai"))
    assert isinstance(late, Refused)
    assert "最晚到 2027-01-08" in late.sentence()
    world.moved("send_back", world.own.reviewer, until=ends(date(2027, 1, 8), "Asia/Shanghai"))
