"""The working calendar changes: what was not sent moves to its new day, what was sent stays, and the preview says so.

Entry until Wednesday 13 January 2027. By weekdays alone people are reminded on the 4th, 8th, 12th and 13th; with New
Year's Day off and Saturday the 9th worked, on the 5th, 9th, 12th and 13th.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from notifications import gathering, outbox
from notifications.channels.inbox import Inbox
from notifications.models import Notice, Status
from notifications.overview import AHEAD, Wanted, overview
from notifications.plan import ahead, moved
from notifications.recalendaring import effects
from tests import factories
from tests.notifications.worlds import EDITOR, MANAGER, at, inbox_of, occasions, window, world
from workflow import holidays
from workflow.holidays import Wish
from workflow.managing import NotAllowed
from workflow.models import Cycle, HolidayNotice
from workflow.states import Stage, State
from workflow.workdays import Arrangement, Calendar

pytestmark = pytest.mark.usefixtures("published_until_2026")
WISH = Wish(2027, 1, "国办发明电〔2026〕7 号", "2027-01-01..2027-01-03 休 元旦\n2027-01-09 班")
NEW_YEARS_DAY = Arrangement(
    2027, 1, WISH.source, at("2026-12-31 10:00"),
    frozenset({date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)}), frozenset({date(2027, 1, 9)}),
)  # fmt: skip
KNOWN = Calendar(frozenset({NEW_YEARS_DAY}))
CLOSING = {Stage.ENTRY: window("2026-12-01", "2027-01-13")}
WINTER = (at("2026-12-15 00:00"), at("2027-02-28 00:00"))


def test_a_notice_moves_reminders_and_makes_them_certain():
    before, after = world(windows=CLOSING), world(windows=CLOSING, calendar=KNOWN)
    days = ["01-04", "01-08", "01-12", "01-13", "01-14", "01-15", "01-18", "01-19", "01-20"]
    assert [on[:5] for _, on in occasions(ahead(*WINTER, before))] == days
    assert [on[:5] for _, on in occasions(ahead(*WINTER, after))] == ["01-05", "01-09", *days[2:]]
    assert all(n.provisional and "（日期暂定：2027 年" in n.reason for n in inbox_of(ahead(*WINTER, before), EDITOR))
    assert not any(n.provisional or "暂定" in n.reason for n in ahead(*WINTER, after))
    assert not any("暂定" in n.reason for n in inbox_of(ahead(*WINTER, after), MANAGER))


def test_what_moves_is_named_with_both_days_and_the_rest_is_counted():
    before, after = world(windows=CLOSING), world(windows=CLOSING, calendar=KNOWN)
    found, settled = moved(at("2026-12-20 09:00"), before, after)
    assert {(one.words, one.was, one.now) for one in found} == {
        ("提前 7 个工作日", date(2027, 1, 4), date(2027, 1, 5)),
        ("提前 3 个工作日", date(2027, 1, 8), date(2027, 1, 9)),
    }
    # The day before, the day itself; five days late for those who have it and for managers, three for the head.
    assert settled == 15
    assert moved(at("2026-12-20 09:00"), after, after) == ((), 0)


def test_what_is_over_does_not_move_any_more():
    before, after = world(windows=CLOSING), world(windows=CLOSING, calendar=KNOWN)
    found, _ = moved(at("2027-01-07 09:00"), before, after)
    assert {one.words for one in found} == {"提前 3 个工作日"}


@pytest.fixture
def year(app: Flask) -> factories.World:
    """A year whose entry closes on 13 January 2027."""
    made = factories.world()
    made.set_window(Stage.ENTRY, date(2026, 12, 1), date(2027, 1, 13))
    return made


def put(year: factories.World, day: date, hour: int = 2, minute: int = 0) -> datetime:
    year.clock.at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    return year.clock.at


def plan_and_send(year: factories.World, day: date) -> None:
    at_ten = put(year, day)
    outbox.plan_due(at_ten)
    outbox.deliver(at_ten, {"inbox": Inbox()})


def enter(year: factories.World, wish: Wish = WISH) -> None:
    holidays.enter(region_id=year.region_id, wish=wish, person_id=year.manager, now=year.clock)


def of_the_editor(year: factories.World, count: int) -> list[Notice]:
    """The editor's notices in the inbox of one reminder: so many working days before."""
    session = db.session()
    session.rollback()
    return list(
        session.scalars(
            select(Notice)
            .where(
                Notice.recipient_id == year.own.editor,
                Notice.channel == "inbox",
                Notice.occurrence == f"2027-01-13-{count}",
            )
            .order_by(Notice.id)
            .execution_options(populate_existing=True)
        )
    )


@pytest.mark.each_database
def test_what_waited_and_moved_is_set_aside_with_the_reason_and_told_on_its_new_day(year: factories.World) -> None:
    outbox.plan_due(put(year, date(2027, 1, 8)))
    (waiting,) = of_the_editor(year, 3)
    assert (waiting.status, waiting.provisional) == (Status.PLANNED, True)
    put(year, date(2027, 1, 8), minute=20)
    enter(year)
    outbox.deliver(year.clock.at, {"inbox": Inbox()})
    (aside,) = of_the_editor(year, 3)
    assert aside.status == Status.SUPPRESSED
    assert aside.why_not == "工作日历改变（来源：国办发明电〔2026〕7 号，2027 年第 1 版），改在 2027-01-09 提醒"
    for _ in range(3):
        plan_and_send(year, date(2027, 1, 8))
    assert [one.id for one in of_the_editor(year, 3)] == [aside.id]
    plan_and_send(year, date(2027, 1, 9))
    plan_and_send(year, date(2027, 1, 9))
    kept, told = of_the_editor(year, 3)
    assert (kept.status, told.status, told.provisional) == (Status.SUPPRESSED, Status.SENT, False)
    assert (told.due_at, told.key) == (at("2027-01-09 09:00"), aside.key.partition("|moved:")[0])


def test_a_reminder_already_sent_stays_and_is_not_sent_again(year: factories.World) -> None:
    plan_and_send(year, date(2027, 1, 4))
    (sent,) = of_the_editor(year, 7)
    put(year, date(2027, 1, 4), hour=3)
    enter(year)
    plan_and_send(year, date(2027, 1, 5))
    (still,) = of_the_editor(year, 7)
    assert (still.id, still.status, still.due_at) == (sent.id, Status.SENT, at("2027-01-04 09:00"))


def test_the_list_of_what_comes_does_not_promise_a_sent_reminder_again(year: factories.World) -> None:
    plan_and_send(year, date(2027, 1, 4))
    put(year, date(2027, 1, 4), hour=3)
    enter(year)
    session = db.session()
    cycle = session.get_one(Cycle, year.cycle_id)
    found = overview(session, [cycle], year.clock.at, Wanted(date(2027, 1, 1), date(2027, 1, 9)), limit=500)
    assert {line.on for line in found.lines if line.status == AHEAD} == {date(2027, 1, 9)}


def test_what_was_done_meanwhile_is_not_blamed_on_the_calendar(year: factories.World) -> None:
    year.clock.on(date(2027, 1, 8))
    year.fill()
    outbox.plan_due(put(year, date(2027, 1, 8)))
    put(year, date(2027, 1, 8), minute=20)
    enter(year)
    year.moved("submit", year.own.editor)
    outbox.deliver(year.clock.at, {"inbox": Inbox()})
    assert {one.why_not for one in of_the_editor(year, 3)} == {"表已到“部门内审”"}


def test_a_list_of_the_manager_that_moved_is_blamed_on_the_calendar(year: factories.World) -> None:
    """By weekdays the first list of late departments is due on Thursday the 14th, which the notice makes a day off."""
    outbox.plan_due(put(year, date(2027, 1, 14)))
    put(year, date(2027, 1, 14), minute=20)
    enter(year, replace(WISH, text="2027-01-14 休"))
    outbox.deliver(year.clock.at, {"inbox": Inbox()})
    query = select(Notice).where(Notice.rule == "overdue_list", Notice.channel == "inbox")
    (listed,) = db.session().scalars(query.execution_options(populate_existing=True))
    assert listed.why_not == "工作日历改变（来源：国办发明电〔2026〕7 号，2027 年第 1 版）"


def weekly_lists() -> list[tuple[str, str | None]]:
    """What became of the officer's weekly lists, the oldest first."""
    query = select(Notice).where(
        Notice.rule == "bureau_waits", Notice.channel == "inbox", Notice.subject.contains("您")
    )
    session = db.session()
    session.rollback()
    found = session.scalars(query.order_by(Notice.due_at, Notice.id).execution_options(populate_existing=True))
    return [(notice.status, notice.why_not) for notice in found]


def test_a_weeks_list_that_moved_is_told_on_its_new_day_and_one_that_was_sent_is_not_told_again(
    year: factories.World,
) -> None:
    year.clock.on(date(2027, 1, 6))
    year.bring_to(State.FINANCE_REVIEW)
    outbox.plan_due(put(year, date(2027, 1, 11)))
    put(year, date(2027, 1, 11), minute=20)
    enter(year, replace(WISH, text="2027-01-11 休"))
    outbox.deliver(year.clock.at, {"inbox": Inbox()})
    moved_away = (Status.SUPPRESSED, "工作日历改变（来源：国办发明电〔2026〕7 号，2027 年第 1 版）")
    assert weekly_lists() == [moved_away]
    plan_and_send(year, date(2027, 1, 12))
    assert weekly_lists() == [moved_away, (Status.SENT, None)]
    put(year, date(2027, 1, 12), hour=3)
    enter(year, replace(WISH, number=2, text="2027-01-11..2027-01-12 休"))
    plan_and_send(year, date(2027, 1, 13))
    assert weekly_lists() == [moved_away, (Status.SENT, None)]


def test_the_preview_says_what_would_change_and_changes_nothing(year: factories.World) -> None:
    put(year, date(2026, 12, 20))
    session = db.session()
    found = effects(session, year.region_id, WISH, year.clock.at)
    assert [(then.on, then.working) for _, then in found.days] == [(date(2027, 1, 1), False), (date(2027, 1, 9), True)]
    assert found.against_package == ()
    (entry,) = found.deadlines
    assert (entry.label, entry.last, entry.left_before, entry.left_after) == ("目标编报", date(2027, 1, 13), 18, 18)
    assert (entry.assumed_before, entry.assumed_after) == (True, False)
    shifted = [(one.words, one.was.day, one.now.day) for one in entry.shifted]
    assert shifted == [("提前 7 个工作日", 4, 5), ("提前 3 个工作日", 8, 9)]
    assert len(found.moved) == 4  # both departments
    assert session.scalars(select(HolidayNotice)).all() == []


def test_the_preview_names_each_day_on_which_a_notice_disagrees_with_the_package(year: factories.World) -> None:
    found = effects(db.session(), year.region_id, Wish(2026, 1, "甲", "2026-01-01..2026-01-02 休"), year.clock.at)
    assert date(2026, 1, 4) in {then.on for _, then in found.against_package}
    assert date(2026, 1, 2) not in {then.on for _, then in found.against_package}


def test_a_preview_of_what_cannot_be_entered_is_refused(year: factories.World) -> None:
    with pytest.raises(NotAllowed, match="本来就上班"):
        effects(db.session(), year.region_id, replace(WISH, text="2027-01-04 班"), year.clock.at)


def test_what_a_newer_package_moved_is_told_on_its_new_day_too(
    year: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No notice was entered since it was planned, and yet its day is another one."""
    outbox.plan_due(put(year, date(2027, 1, 8)))
    monkeypatch.setattr(gathering, "calendar_of", lambda *_: KNOWN)
    outbox.deliver(year.clock.at, {"inbox": Inbox()})
    (aside,) = of_the_editor(year, 3)
    assert aside.why_not == "工作日历改变（来源：随程序提供的安排已更新），改在 2027-01-09 提醒"
    plan_and_send(year, date(2027, 1, 9))
    assert [one.status for one in of_the_editor(year, 3)] == [Status.SUPPRESSED, Status.SENT]
