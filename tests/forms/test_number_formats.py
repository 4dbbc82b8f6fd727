"""Numbers in workbooks are read as their format shows them."""

import random
from decimal import ROUND_HALF_UP, Decimal

import pytest

from forms.reading.number_formats import BUILT_IN, Seen, seen, seen_text


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("0.95", "0%", "95%"),
        ("0.94999999999999996", "0%", "95%"),
        ("0.95", "0.0%", "95.0%"),
        ("0.285", "0%", "29%"),
        ("-0.5", "0%", "-50%"),
        ("1.005", "0.00", "1.01"),
        ("2.5", "0", "3"),
        ("-2.5", "0", "-3"),
        ("7", "000", "007"),
        ("1234.5", "#,##0.00", "1,234.50"),
        ("1234567.5", "#,##0.00", "1,234,567.50"),
        ("123", "#,##0", "123"),
        ("1234567", "#,##0,", "1,235"),
        ("5", "0.##", "5"),
        ("5.25", "0.0#", "5.25"),
        ("0.5", "#.##", ".5"),
        ("0", "#,###", ""),
        ("28.8", '0.0"万元"', "28.8万元"),
        ("28.8", 'General"万元"', "28.8万元"),
        ("28.8", "G/通用格式", "28.8"),
        ("28.8", "0.0万元", "28.8万元"),
        ("95", '"≥"0"%"', "≥95%"),
        ("95", '[>=90]"优"0;[>=60]"中"0;"差"0', "优95"),
        ("60", '[>=90]"优"0;[>=60]"中"0;"差"0', "中60"),
        ("1", '[>=90]"优"0;[>=60]"中"0;"差"0', "差1"),
        ("12345", "0\\.0,", "1.2"),
        ("123456789", '0!.0000"万元"', "12345.6789万元"),
        ("-5", "0.00;(0.00)", "(5.00)"),
        ("-3", "0;[Red]-0", "-3"),
        ("-3", "0;[红色]0", "3"),
        ("0", "0;-0;;@", ""),
        ("0", BUILT_IN[43], "-"),
        ("1234.5", BUILT_IN[43], "1,234.50"),
        ("-1234.5", BUILT_IN[44], "¥-1,234.50"),
        ("5", "[$¥-804]#,##0.00", "¥5.00"),
        ("12345", "0.00E+00", "1.23E+04"),
        ("0.00012", "0.0E+0", "1.2E-4"),
        ("9.99E9", "0.0E+00", "1.0E+10"),
        ("5", "@", "5"),
        ("3", "第0号", "第3号"),
    ],
)
def test_a_number_is_read_as_its_format_shows_it(stored: str, code: str, shown: str) -> None:
    assert seen(stored, code) == Seen(shown)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("0.30000000000000004", "0.3"),
        ("2115.4", "2115.4"),
        ("2115.4000000000001", "2115.4"),
        ("2115.400000000005", "2115.4"),
        ("1234567.8901", "1234567.8901"),
        ("12345678.9012", "12345678.9012"),
        ("0.3333333333333333", "0.333333333"),
        ("66.666666666666671", "66.66666667"),
        ("100", "100"),
        ("-0", "0"),
        ("1E2", "100"),
        ("123456789012", "123456789012"),
        ("1.5E-7", "0.00000015"),
        ("1E+20", "100000000000000000000"),
    ],
)
def test_a_number_without_a_format_is_read_without_the_noise_of_its_calculation(stored: str, shown: str) -> None:
    assert seen(stored, "General") == Seen(shown)


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("43831", "yyyy-mm-dd", "2020-01-01"),
        ("43831", BUILT_IN[14], "2020-01-01"),
        ("43831", "yyyy/m/d;@", "2020/1/1"),
        ("43831", 'yyyy"年"m"月"d"日"', "2020年1月1日"),
        ("43831", "[$-F800]dddd, mmmm dd, yyyy", "2020年1月1日"),
        ("43831", "e年m月", "2020年1月"),
        ("43831", "mmm-yy", "Jan-20"),
        ("43831", "aaaa", "星期三"),
        ("43831", "[$-804]ddd", "周三"),
        ("43831", "dddd", "Wednesday"),
        ("43831.5", "yyyy/m/d h:mm", "2020/1/1 12:00"),
        ("43831.999999", "yyyy-mm-dd hh:mm:ss", "2020-01-02 00:00:00"),
        ("0.75", "h:mm AM/PM", "6:00 PM"),
        ("0.75", '上午/下午h"时"mm"分"', "下午6时00分"),
        ("0.5", "hh:mm:ss", "12:00:00"),
        ("1.5", "[h]:mm", "36:00"),
        ("0.00001234", "mm:ss.00", "00:01.06"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("59", "yyyy-mm-dd", "1900-02-28"),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("2958465", "yyyy-mm-dd", "9999-12-31"),
    ],
)
def test_a_date_is_read_as_its_format_shows_it(stored: str, code: str, shown: str) -> None:
    assert seen(stored, code) == Seen(shown)


def test_a_workbook_may_count_its_days_from_1904() -> None:
    assert seen("42369", "yyyy-mm-dd", since_1904=True) == Seen("2020-01-01")


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ("5", "[DBNum1]General"),
        ("0.5", "# ?/?"),
        ("60", "yyyy-mm-dd"),  # the 29 February 1900 that never was
        ("-1", "yyyy-mm-dd"),
        ("2958466", "yyyy-mm-dd"),
        ("5", "[<1]0;[<2]0"),
        ("5", "0" * 501),
        ("abc", "0"),
        ("nan", "0"),
        ("1e999", "0"),
    ],
)
def test_what_a_format_shows_beyond_our_knowledge_is_the_plain_number_in_doubt(stored: str, code: str) -> None:
    assert seen(stored, code) == Seen(stored, sure=False)


def test_a_format_that_shows_nothing_keeps_its_number_from_sight() -> None:
    assert seen("5", ";;;") == Seen("5", veiled=True)
    assert seen_text("内部", ";;;") == Seen("内部", veiled=True)


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("财政", "@", "财政"),
        ("财政", "0.00", "财政"),
        ("财政", '@"局"', "财政局"),
        ("无", "0;-0;0;@", "无"),
        ("无", '0;0;0;"－"', "－"),
    ],
)
def test_a_text_is_shown_as_it_is_unless_its_format_adds_to_it(text: str, code: str, shown: str) -> None:
    assert seen_text(text, code) == Seen(shown)


def test_the_short_way_for_common_formats_shows_the_same_as_the_long_way() -> None:
    dice = random.Random(7)
    for _ in range(2000):
        stored = repr(
            dice.choice([dice.uniform(-2, 2), dice.uniform(-1e7, 1e7), dice.randint(-(10**9), 10**9) / 1000, -0.0])
        )
        for code in ("0", "0.00", "#,##0.0", "0%", "0.0%"):
            # A colour changes nothing but the way taken.
            assert seen(stored, code) == seen(stored, f"[Red]{code}")


def test_two_decimals_are_rounded_half_up_as_a_person_would() -> None:
    dice = random.Random(8)
    for _ in range(2000):
        exact = Decimal(dice.randint(0, 10**7)) / 1000
        assert seen(str(float(exact)), "0.00").text == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
