"""A year's holidays as people paste them: read whole, or every problem named with its line and the way out."""

from datetime import date

import pytest

from workflow.holiday_lines import LONGEST, SAMPLE, Days, Unreadable, read
from workflow.workdays import PUBLISHED, Arrangement, Calendar, differences

THE_NOTICE_OF_2026 = """
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
"""


def test_plain_lines_say_days_off_with_their_holiday_and_working_weekends() -> None:
    found = read("2027-01-01..2027-01-03 休 元旦\n\n2027-01-09 班\n2027-4-5 休", 2027)
    assert found == Days(
        {date(2027, 1, 1): "元旦", date(2027, 1, 2): "元旦", date(2027, 1, 3): "元旦", date(2027, 4, 5): ""},
        frozenset({date(2027, 1, 9)}),
    )


def test_a_real_notice_pasted_whole_says_what_the_package_knows() -> None:
    found = read(THE_NOTICE_OF_2026, 2026)
    entered = Arrangement(2026, 1, "国办发明电〔2025〕7 号", None, frozenset(found.off), found.working)  # type: ignore[arg-type]
    assert differences(PUBLISHED, Calendar(frozenset({entered})), 2026) == ()
    assert found.off[date(2026, 2, 17)] == "春节"


@pytest.mark.parametrize(
    ("text", "year"), [(THE_NOTICE_OF_2026, 2026), (SAMPLE, 2026), ("1月1日放假，1月9日上班", 2027)]
)
def test_what_was_read_is_written_as_lines_that_say_the_same(text: str, year: int) -> None:
    found = read(text, year)
    assert read(found.lines, year) == found


def test_a_weekend_day_off_needs_no_holiday() -> None:
    assert read("2027-01-02 休", 2027).off == {date(2027, 1, 2): ""}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("2027-01-01 休\n2028-01-01 休", 2, "2028-01-01 不在 2027 年；请删去，属于 2028 年的日子登记在 2028 年"),
        ("2027-01-01 休\n2027-01-01..2027-01-02 休", 2, "2027-01-01 在第 1 行已经写过，同一天只能写一次"),
        ("2027-01-09 班\n2027-01-09 休", 2, "2027-01-09 在第 1 行已经写过"),
        ("2027-01-04 班", 1, "2027-01-04 是周一，本来就上班；“班”只写周六、周日"),
        ("2027-02-30 休", 1, "没有 2027 年 2 月 30 日这一天"),
        ("2027-01-03..2027-01-01 休", 1, "前后颠倒；请把早的日期写在前面"),
        ("2027-01-01 元旦", 1, "“2027-01-01元旦”没有看懂；请写成"),
        ("1月1日至放假", 1, "没有写到哪一天为止"),
        ("1月1日放假，另行通知", 1, "“另行通知”没有看懂"),
        ("春节：2月6日至12日放假调休，共8天", 1, "写的是“共8天”，前面写的日期是 7 天；请核对日期和天数"),
        ("2月5日放假，补休", 1, "“补休”没有看懂"),
        ("1月9日（周日）上班", 1, "2027-01-09 写的是周日，实际是周六；请核对日期"),
        (
            "1月1日（星期五）至3日（农历廿六、星期天，共三日）、4月5日（周二）放假",
            1,
            "2027-04-05 写的是周二，实际是周一",
        ),
        ("1月1日至3日（周四至周日）放假", 1, "2027-01-01 写的是周四，实际是周五"),
        ("  \n ", 0, "没有写哪些天放假、哪些天上班"),
        ("休" * (LONGEST + 1), 0, "不像是一年的安排"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_way_out(text: str, line: int, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text, 2027)
    (problem,) = refused.value.problems
    assert problem.line == line
    assert words in problem.text


def test_days_counted_with_the_weekend_they_adjoin_are_not_counted_again() -> None:
    assert len(read("清明节：4月5日放假，与周末连休，共3天", 2027).off) == 1


def test_a_line_that_states_days_and_weekdays_wrongly_is_told_of_each() -> None:
    with pytest.raises(Unreadable) as refused:
        read("春节：2月5日至11日放假调休，共8天。2月13日（周日）上班", 2027)
    assert [problem.sentence for problem in refused.value.problems] == [
        "第 1 行：写的是“共8天”，前面写的日期是 7 天；请核对日期和天数",
        "第 1 行：2027-02-13 写的是周日，实际是周六；请核对日期",
    ]


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Unreadable) as refused:
        read("2027-01-04 班\n2028-01-01 休\n随便", 2027)
    assert [problem.line for problem in refused.value.problems] == [1, 2, 3]
