"""工作日历: a manager sees which years are known and from where, previews a notice, and enters it."""

import html
import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from tests.factories import World
from tests.web.test_bureau import Office
from workflow import holidays
from workflow.models import HolidayNotice
from workflow.states import Stage, State

pytestmark = pytest.mark.usefixtures("published_until_2026")
PAGE, PREVIEW = "/cycle/calendar", "/cycle/calendar/preview"
SOURCE = "国办发明电〔2026〕7 号"
TYPED = {"year": "2027", "number": "1", "source": SOURCE, "text": "2027-01-01..2027-01-03 休 元旦\r\n2027-01-09 班"}
WHY = "2027 年节假日安排尚未公布，按周一至周五推算"


@pytest.fixture
def office(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The manager on 21 December 2026; entry closes on 13 January 2027."""
    made = Office(pages, monkeypatch)
    made.world.set_window(Stage.ENTRY, date(2026, 12, 1), date(2027, 1, 13))
    made.world.clock.on(date(2026, 12, 21))
    return made.enter(made.world.manager)


def words(page: str) -> str:
    """What a page says, without its tags and the room between them."""
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", page)))


def typed(office: Office, **changed: str) -> dict[str, str]:
    return {"region": str(office.world.region_id), **TYPED, **changed}


def notices() -> list[HolidayNotice]:
    session = db.session()
    session.rollback()
    return list(session.scalars(select(HolidayNotice)))


def test_the_page_says_which_years_are_known_and_from_where(office: Office) -> None:
    said = words(office.get(PAGE))
    assert "2026确定随程序提供（国务院办公厅公布的安排）" in said
    assert f"2027暂定{words(WHY)}" in said


def test_a_preview_names_days_deadlines_and_reminders_and_writes_nothing(office: Office) -> None:
    answer = office.post(PREVIEW, PAGE, **typed(office))
    said = words(answer.text)
    assert answer.status_code == 200
    assert "变化的日子2天2027-01-01周五：上班（暂定）→放假2027-01-09周六：放假（暂定）→上班" in said
    assert "2020目标编报2027-01-13周三剩17个工作日（暂定）剩17个工作日" in said
    assert "提前7个工作日2027-01-04→2027-01-05；提前3个工作日2027-01-08→2027-01-09" in said
    assert "改期4次，由暂定转为确定30次" in said
    assert "水利厅“目标编报”提前7个工作日：2027-01-04→2027-01-05" in said
    assert "登记2027年安排" in said
    assert notices() == []


def test_a_notice_is_entered_once_and_its_year_is_known_then(office: Office) -> None:
    shown = office.post(PREVIEW, PAGE, **typed(office)).text
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.split("preview-end", 1)[1]))
    sent["text"] = TYPED["text"]
    for _ in range(2):
        assert office.browser.post(PAGE, data=sent).status_code == 303
    (entered,) = notices()
    assert (entered.source, entered.entered_by) == (SOURCE, office.world.manager)
    said = words(office.get(PAGE))
    assert f"2027确定{words(SOURCE)}·第1版" in said
    assert "放假3天，周末上班1天" in said
    assert "暂定" not in said


@pytest.mark.parametrize("path", [PREVIEW, PAGE])
def test_what_cannot_be_entered_comes_back_with_its_text_and_every_reason(office: Office, path: str) -> None:
    answer = office.post(path, PAGE, **typed(office, source="", text="2027-01-04 班\n2028-01-01 休"))
    assert answer.status_code == 422
    said = words(answer.text)
    assert "没有写来源" in said
    assert "第1行：2027-01-04是周一，本来就上班" in said
    assert "第2行：2028-01-01不在2027年" in said
    assert "2027-01-04 班\n2028-01-01 休</textarea>" in answer.text
    assert notices() == []


@pytest.mark.parametrize("changed", [{"year": "二〇二七"}, {"number": "一"}, {"number": "9" * 30}, {"year": "9" * 30}])
def test_a_year_or_version_that_is_no_number_is_refused(office: Office, changed: dict[str, str]) -> None:
    assert office.post(PAGE, PAGE, **typed(office, **changed)).status_code == 422
    assert notices() == []


def test_a_disagreement_with_the_package_is_shown_day_by_day_before_saving_and_after(office: Office) -> None:
    lines = {"year": "2026", "text": "2026-01-01..2026-01-03 休 元旦"}
    shown = words(office.post(PREVIEW, PAGE, **typed(office, **lines)).text)
    assert "提示随程序提供的2026年安排与这份通知有" in shown
    assert "01-04周日：上班→放假" in shown
    office.post(PAGE, PAGE, **typed(office, **lines))
    kept = words(office.get(PAGE))
    assert "第1版代替随程序提供的安排" in kept
    assert "与随程序提供的安排有" in kept


def test_a_revision_begins_from_what_is_in_force(office: Office) -> None:
    office.post(PAGE, PAGE, **typed(office))
    page = office.get(f"{PAGE}?revise=2027")
    assert "2027-01-01..2027-01-03 休 元旦\n2027-01-09 班</textarea>" in page
    assert re.search(r'name="number"[^>]*value="2"', page)
    office.post(PAGE, PAGE, **typed(office, number="2", text="2027-01-01 休"))
    assert "已被后一版代替" in office.get(PAGE)


def test_another_regions_calendar_is_not_there(office: Office) -> None:
    assert office.browser.get(f"{PAGE}?region=999").status_code == 404
    assert office.post(PAGE, PAGE, **typed(office, region="999")).status_code == 404
    assert notices() == []


def enter(world: World) -> None:
    wish = holidays.Wish(2027, 1, SOURCE, TYPED["text"])
    holidays.enter(region_id=world.region_id, wish=wish, person_id=world.manager, now=world.clock)


@pytest.mark.parametrize("path", ["/", "/worklist", "/cycle", "/reminders?from=2026-12-28&to=2027-01-13"])
def test_assumed_days_are_marked_with_the_word_and_the_reason_once_a_page(office: Office, path: str) -> None:
    if path == "/":
        office.enter(office.world.own.editor)
    page = office.get(path)
    assert page.count('class="notice notice-assumed"') == 1
    note = page.split("notice-assumed", 1)[1].split("</p>", 1)[0]
    assert WHY in note
    assert ("看工作日历" in note) == (path != "/")
    assert "暂定" in page.split("notice-assumed", 1)[1].split("</p>", 1)[1]
    enter(office.world)
    assert "暂定" not in office.get(path)


def test_a_tables_own_pages_count_by_the_notice(office: Office) -> None:
    office.world.clock.on(date(2027, 1, 8))
    record = f"{office.table}/extend"
    assert "剩3个工作日（暂定）" in words(office.get(record))
    assert "3个工作日：01-18周一（暂定）" in words(office.get(record))
    enter(office.world)
    assert "剩4个工作日" in words(office.get(record))
    assert "（暂定）" not in office.get(record)


def test_what_is_entered_is_read_in_the_audit_records(office: Office) -> None:
    enter(office.world)
    office.enter(office.world.auditor)
    said = words(office.get("/audit"))
    assert "登记节假日安排" in said
    assert words(SOURCE) in said
    assert office.world.state() is State.DRAFT
