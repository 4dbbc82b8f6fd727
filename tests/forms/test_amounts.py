"""万元 as people write it, and whole 分."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import amounts
from forms.amounts import MAX_CENTS, AmountError


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("2115.4", 2_115_400_000),
        ("2,115.4", 2_115_400_000),
        ("２１１５．４", 2_115_400_000),
        ("2，115.4", 2_115_400_000),
        ("12,345.67", 12_345_670_000),
        (" 0.0 ", 0),
        ("3300", 3_300_000_000),
        ("0.000001", 1),
        ("9000000000", MAX_CENTS),
    ],
)
def test_an_amount_is_understood_to_the_cent(text: str, cents: int) -> None:
    assert amounts.parse(text) == cents


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "为空"),
        ("NaN", "不是数字"),
        ("1e999", "不是数字"),
        ("Infinity", "不是数字"),
        ("约2000", "不是数字"),
        ("2115.4万元", "不是数字"),
        ("1 234", "不是数字"),
        ("①", "不是数字"),
        ("+5", "不是数字"),
        ("5.", "不是数字"),
        ("-5", "小于 0"),
        ("－５", "小于 0"),
        ("1,23.5", "千分位"),
        ("12,34,567", "千分位"),
        ("0.0000001", "不足 1 分"),
        ("9000000000.000001", "超出"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_chinese_reason(text: str, reason: str) -> None:
    with pytest.raises(AmountError, match=reason):
        amounts.parse(text)


def test_an_adjustment_may_be_negative_where_that_is_allowed() -> None:
    assert amounts.parse("-5", negative=True) == -5_000_000


@pytest.mark.parametrize(
    ("cents", "decimals", "text"),
    [
        (2_115_400_000, 1, "2115.4"),
        (0, 1, "0.0"),
        (3_300_000_000, 0, "3300"),
        (123_456, 1, "0.123456"),
        (1, 2, "0.000001"),
        (2_115_450_000, 1, "2115.45"),
        (2_115_400_000, 4, "2115.4000"),
    ],
)
def test_printing_never_loses_a_cent(cents: int, decimals: int, text: str) -> None:
    assert amounts.text_of(cents, decimals) == text


@given(st.integers(0, MAX_CENTS), st.sampled_from([0, 1, 2, 4]), st.booleans())
def test_what_is_printed_reads_back_as_the_same_amount(cents: int, decimals: int, grouped: bool) -> None:
    assert amounts.parse(amounts.text_of(cents, decimals, grouped=grouped)) == cents


def test_the_decimals_stay_as_printed() -> None:
    assert str(amounts.amount("1,000.50")) == "1000.50"
    assert amounts.decimals_of(Decimal("1000.50")) == 2
