"""The roster: one spreadsheet, a result for every line, safe to import again."""

import io
from collections.abc import Callable
from datetime import date

import pytest
import xlsxwriter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import people
from accounts.actor import COMMAND_LINE
from accounts.models import Appointment, Department, Person
from accounts.roles import Role
from accounts.roster import LineResult, NotARoster, Outcome, import_roster, read_roster
from config.database import writing
from ledger import book
from ledger.models import Entry
from tests.accounts.conftest import NOW, Place

HEADS = "地区代码,部门编码,部门名称,简称,上级部门编码,姓名,账号,邮箱,角色,起始日期,截止日期"


def csv(*lines: str) -> bytes:
    return "\n".join((HEADS, *lines)).encode()


def bring(content: bytes) -> list[LineResult]:
    return import_roster(read_roster(content, "名册.csv"), by=COMMAND_LINE, now=NOW)


def outcomes(results: list[LineResult]) -> list[str]:
    return [str(result.outcome) for result in results]


@pytest.mark.each_database
def test_departments_people_and_appointments_come_from_one_file(place: Place, reading: Session) -> None:
    results = bring(
        csv(
            "990000,104,林业厅,林业厅,,,,,,,",
            "990000,104001,林科院,,104,,,,,,",
            "990000,104,,,,甲一,jiayi,jiayi@example.org,填报人,2026-01-01,2026-12-31",
            "990000,,,,,乙二,yier,,绩效处管理人,,",
        )
    )
    assert outcomes(results) == ["added"] * 4
    below = reading.scalars(select(Department).where(Department.code == "104001")).one()
    above = reading.scalars(select(Department).where(Department.code == "104")).one()
    assert below.path == f"{above.path}{below.id}/"
    kept = {row.person_id: row for row in reading.scalars(select(Appointment))}
    assert sorted((str(row.role), row.starts_on, row.ends_on) for row in kept.values()) == [
        ("bureau_manager", date(2026, 3, 2), None),
        ("editor", date(2026, 1, 1), date(2027, 1, 1)),
    ]


def test_the_last_day_in_the_file_still_counts(place: Place, reading: Session) -> None:
    bring(csv("990000,101,,,,甲一,jiayi,,填报人,2026-01-01,2026-06-30"))
    assert reading.scalars(select(Appointment.ends_on)).one() == date(2026, 7, 1)


def test_a_new_persons_first_password_is_told_once_and_works(place: Place, reading: Session) -> None:
    content = csv("990000,101,,,,甲一,jiayi,,填报人,,")
    (result,) = bring(content)
    assert result.first_password
    assert result.first_password not in repr(result)
    came_in = people.sign_in("jiayi", result.first_password, NOW)
    assert isinstance(came_in, Person)
    assert came_in.must_change_password
    (again,) = bring(content)
    assert (again.outcome, again.first_password) == (Outcome.UNCHANGED, None)


@pytest.mark.each_database
def test_importing_again_changes_nothing_and_writes_nothing_down(place: Place, reading: Session) -> None:
    content = csv(
        "990000,104,林业厅,,,,,,,,",
        "990000,104,,,,甲一,jiayi,a@example.org,填报人,2026-01-01,2026-12-31",
        "990000,104,,,,甲一,jiayi,,财政审核人,,",
        "990000,,,,,乙二,yier,,审计查阅人,,",
    )
    assert outcomes(bring(content)) == ["added"] * 4
    before = reading.scalar(select(func.count()).select_from(Entry))
    reading.rollback()
    assert outcomes(bring(content)) == ["unchanged"] * 4
    assert reading.scalar(select(func.count()).select_from(Entry)) == before
    assert book.verify(reading) == []


def test_what_differs_is_changed(place: Place, reading: Session) -> None:
    bring(csv("990000,101,水利厅,,,甲一,jiayi,,填报人,2026-01-01,"))
    results = bring(csv("990000,101,水务厅,水务,,甲乙,jiayi,a@example.org,填报人,2026-01-01,2026-12-31"))
    assert outcomes(results) == ["changed"]
    assert reading.scalars(select(Department.name).where(Department.code == "101")).one() == "水务厅"
    assert reading.scalars(select(Person.name)).one() == "甲乙"
    assert reading.scalars(select(Appointment.ends_on)).one() == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("880000,101,,,,甲一,jiayi,,填报人,,", ["第 2 行", "地区代码", "先登记"]),
        ("990000,999,,,,甲一,jiayi,,填报人,,", ["部门编码", "999", "改正"]),
        ("990000,,,,,甲一,jiayi,,填报人,,", ["部门编码", "填报人"]),
        ("990000,105,某局,,777,,,,,,", ["上级部门编码", "777"]),
        ("990000,105,某局,,105,,,,,,", ["上级部门编码", "自己"]),
        ("990000,101,,,,甲一,jiayi,,处长,,", ["角色", "处长", "绩效处管理人"]),
        ("990000,101,,,,甲一,jiayi,,填报人,2026-13-01,", ["起始日期", "2026-13-01", "2026-01-31"]),
        ("990000,101,,,,甲一,jiayi,,填报人,2026-06-01,2026-05-01", ["截止日期早于"]),
        ("990000,101,,,,甲一,jiayi,not-an-address,填报人,,", ["邮箱", "not-an-address"]),
        ("990000,101,,,,,jiayi,,填报人,,", ["姓名", "不能为空"]),
        ("990000,101,,,,甲一,,,填报人,,", ["账号", "空的"]),
        ("990000,101,,,,甲一,jia yi,,填报人,,", ["账号", "空格"]),
        ("990000,,无编码局,,,,,,,,", ["部门编码"]),
        ("990000,105,水利厅,,,,,,,,", ["已经登记"]),
        (f"990000,105,{'长' * 201},,,,,,,,", ["部门名称", "200"]),
        ("990000,,,,,,,a@example.org,,,", ["不知道登记什么"]),
    ],
)
def test_a_wrong_line_names_its_place_and_leaves_nothing_behind(
    line: str, words: list[str], place: Place, reading: Session
) -> None:
    def counts() -> list[int | None]:
        found = [reading.scalar(select(func.count()).select_from(each)) for each in (Department, Person, Entry)]
        reading.rollback()
        return found

    before = counts()
    refused, good = bring(csv(line, "990000,106,审计厅,,,,,,,,"))
    assert refused.outcome is Outcome.REFUSED
    assert refused.first_password is None
    for word in words:
        assert word in refused.reason
    assert good.outcome is Outcome.ADDED
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [1, 0, 1]


def test_a_unit_may_stand_above_its_department(place: Place) -> None:
    results = bring(csv("990000,104001,林科院,,104,甲一,jiayi,,填报人,,", "990000,104,林业厅,,,,,,,,"))
    assert outcomes(results) == ["added", "added"]
    assert [result.line for result in results] == [2, 3]


def test_departments_above_each_other_are_refused(place: Place) -> None:
    results = bring(csv("990000,201,甲局,,202,,,,,,", "990000,202,乙局,,201,,,,,,"))
    assert outcomes(results) == ["refused", "refused"]


def test_one_login_is_not_two_people_of_the_same_file(place: Place) -> None:
    results = bring(csv("990000,101,,,,甲一,jiayi,,填报人,,", "990000,103,,,,乙二,jiayi,,填报人,,"))
    assert outcomes(results) == ["added", "refused"]
    assert "第 2 行是甲一" in results[1].reason


def test_the_same_separation_of_duties_holds_for_a_file(place: Place) -> None:
    results = bring(csv("990000,,,,,甲一,jiayi,,系统管理员,,", "990000,101,,,,甲一,jiayi,,填报人,,"))
    assert outcomes(results) == ["added", "refused"]
    assert "三权分立" in results[1].reason


def test_a_head_of_a_department_comes_by_the_file_and_is_of_one_department(place: Place, reading: Session) -> None:
    results = bring(csv("990000,101,,,,甲一,jiayi,,部门负责人,,", "990000,,,,,乙二,yier,,部门负责人,,"))
    assert outcomes(results) == ["added", "refused"]
    assert results[1].reason == "第 3 行：部门负责人要写明“部门编码”"
    assert reading.scalars(select(Appointment.role)).one() == Role.HEAD


def test_the_region_may_be_left_out_where_there_is_one(place: Place) -> None:
    content = "部门编码,部门名称\n108,统计局\n".encode()
    assert outcomes(bring(content)) == ["added"]


def test_heads_come_in_any_order_with_synonyms_below_a_title(place: Place, reading: Session) -> None:
    content = "云岭省人员名册,,,\n用户名,人员,岗位,单位编码\njiayi,甲一,部门审核人,101\n".encode()
    (result,) = bring(content)
    assert (result.line, result.outcome) == (3, Outcome.ADDED)
    assert reading.scalars(select(Appointment.role)).one() == Role.REVIEWER


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_may_be_utf8_or_gb18030(encoding: str) -> None:
    rows = read_roster(f"{HEADS}\n990000,101,水利厅,,,,,,,,\n".encode(encoding), "名册.csv")
    assert [row.text("部门名称") for row in rows] == ["水利厅"]


def xlsx(write: Callable[..., None]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book_:
        write(book_, book_.add_worksheet())
    return buffer.getvalue()


def test_a_spreadsheet_gives_dates_codes_and_line_numbers_as_people_see_them(place: Place, reading: Session) -> None:
    """Line 1 is empty, codes were taken for numbers, one date is a date and one is text."""

    def write(book_, sheet) -> None:
        sheet.write_row(1, 0, HEADS.split(","))
        sheet.write_row(2, 0, [990000, 101, "", "", "", "甲一", "jiayi", "", "填报人"])
        sheet.write_datetime(2, 9, date(2026, 1, 5), book_.add_format({"num_format": "yyyy/m/d"}))
        sheet.write(2, 10, "2026年12月31日")

    (result,) = bring(xlsx(write))
    assert (result.line, result.outcome) == (3, Outcome.ADDED)
    row = reading.scalars(select(Appointment)).one()
    assert (row.starts_on, row.ends_on) == (date(2026, 1, 5), date(2027, 1, 1))


@pytest.mark.parametrize(
    "text", ["2026-01-05", "2026/1/5", "2026.01.05", "2026年1月5日", "20260105", "２０２６－０１－０５", "46027"]
)
def test_a_date_may_be_written_in_many_ways(text: str, place: Place, reading: Session) -> None:
    bring(csv(f"990000,101,,,,甲一,jiayi,,填报人,{text},"))
    assert reading.scalars(select(Appointment.starts_on)).one() == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"PK\x03\x04 broken", "打不开"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧的 xls"),
        (b"\xff\xfe\x00\x00\x81", "另存为 xlsx"),
        ("一些文字\n没有表头\n".encode(), "没有找到表头"),
        (b"", "没有找到表头"),
        ("部门编码,部门编码,部门名称\n".encode(), "出现两次"),
    ],
)
def test_what_is_no_roster_is_refused_with_the_way_out(content: bytes, word: str) -> None:
    with pytest.raises(NotARoster, match=word):
        read_roster(content, "名册.xlsx")


def test_somebody_disabled_meanwhile_stays_disabled(place: Place, reading: Session) -> None:
    content = csv("990000,101,,,,甲一,jiayi,,填报人,,")
    bring(content)
    with writing() as session:
        person = session.scalars(select(Person)).one()
        people.disable(session, person, reason="离职", by=COMMAND_LINE, now=NOW)
    bring(content)
    assert reading.scalars(select(Person.disabled_at)).one() == NOW
