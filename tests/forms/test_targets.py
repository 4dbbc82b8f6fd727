"""A target as printed, taken apart; and whether it is met."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import targets
from forms.targets import TargetError


@pytest.mark.parametrize(
    ("raw", "operator", "number", "unit"),
    [
        ("≧95%", "≥", "95", "%"),
        ("≥ 95 %", "≥", "95", "%"),
        ("⩾95%", "≥", "95", "%"),
        (">=95%", "≥", "95", "%"),
        ("≦10%", "≤", "10", "%"),
        ("⩽10%", "≤", "10", "%"),
        ("<=10%", "≤", "10", "%"),
        ("＞80%", ">", "80", "%"),
        ("＜3%", "<", "3", "%"),
        ("＝100%", "=", "100", "%"),
        ("=100％", "=", "100", "%"),
        ("100%", "=", "100", "%"),
        ("９５．５％", "=", "95.5", "%"),
        ("95.0%", "=", "95.0", "%"),
        ("≥3次", "≥", "3", "次"),
        ("12场", "=", "12", "场"),
        ("≦2小时", "≤", "2", "小时"),
        ("≥1,200人", "≥", "1200", "人"),
        ("≥3.5万人次", "≥", "3.5", "万人次"),
        ("4次/年", "=", "4", "次/年"),
        ("≤50mg", "≤", "50", "mg"),
        ("≥-5%", "≥", "-5", "%"),
        ("5年", "=", "5", "年"),
        ("优良", "定性", "优良", ""),
        ("显著提升", "定性", "显著提升", ""),
        ("2020年12月底前", "定性", "2020年12月底前", ""),
        ("2020年", "定性", "2020年", ""),
        ("3-5次", "定性", "3-5次", ""),
        ("1:50", "定性", "1:50", ""),
        ("100%完成", "定性", "100%完成", ""),
        ("5G基站改造", "定性", "5G基站改造", ""),
    ],
)
def test_a_target_in_plain_form_is_taken_apart_without_doubt(raw: str, operator: str, number: str, unit: str) -> None:
    target = targets.parse(raw)
    assert (target.operator, target.number, target.unit, target.doubt) == (operator, number, unit, "")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("95%以上", "≥95%"),
        ("95%及以上", "≥95%"),
        ("3%以下", "≤3%"),
        ("30分钟以内", "≤30分钟"),
        ("2小时内", "≤2小时"),
        ("不低于90%", "≥90%"),
        ("不少于3次", "≥3次"),
        ("大于等于80%", "≥80%"),
        ("大于80%", ">80%"),
        ("不超过5天", "≤5天"),
        ("不高于5%", "≤5%"),
        ("小于5%", "<5%"),
        ("达到85%", "≥85%"),
        ("》90％", ">90%"),
        ("〉90%", ">90%"),
        ("《5%", "<5%"),
        ("〈5%", "<5%"),
        ("≧95", "≥95"),
        ("95", "95"),
        ("≥优", "≥优"),
    ],
)
def test_what_a_person_would_understand_is_understood_and_asked_about(raw: str, shown: str) -> None:
    target = targets.parse(raw)
    assert str(target) == shown
    assert "请" in target.doubt


def test_an_empty_target_is_refused() -> None:
    with pytest.raises(TargetError, match="指标值为空"):
        targets.parse(" \n")


@pytest.mark.parametrize(
    ("target", "actual", "met"),
    [
        ("≥90%", "90", True),
        ("≥90%", "89.96", False),
        ("≥90%", "89.999999999999999999", False),
        (">90%", "90", False),
        (">90%", "90.0001", True),
        ("100%", "100", True),
        ("100%", "101", True),
        ("100%", "99.9", False),
        ("≤10%", "10", True),
        ("≤10%", "10.01", False),
        ("<10%", "10", False),
        ("<10%", "9.9", True),
        ("≥-5%", "-4", True),
    ],
)
def test_a_target_is_met_literally_and_unrounded(target: str, actual: str, met: bool) -> None:
    assert targets.is_met(targets.parse(target), Decimal(actual)) is met


def test_two_thirds_do_not_meet_what_is_a_little_more() -> None:
    assert targets.is_met(targets.parse("≥66.6666%"), Fraction(200, 3))
    assert not targets.is_met(targets.parse("≥66.6667%"), Fraction(200, 3))


def test_a_target_in_words_is_judged_by_people() -> None:
    with pytest.raises(TargetError, match="人工评定"):
        targets.is_met(targets.parse("优良"), Decimal(1))


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_any_text_is_some_target_and_what_it_prints_reads_the_same(raw: str) -> None:
    target = targets.parse(raw)
    if target.operator != targets.QUALITATIVE:
        again = targets.parse(str(target))
        assert (again.operator, again.number, again.unit) == (target.operator, target.number, target.unit)
    else:
        assert "".join(target.number.split()) == "".join(raw.split())


@pytest.mark.parametrize(
    ("raw", "sign", "unit", "parts", "whole"),
    [
        ("95", "≥", "%", ("≥", "95", "%"), "≥95%"),
        ("95", "", "%", ("=", "95", "%"), "95%"),
        ("≥95%", "≥", "%", ("≥", "95", "%"), "≥95%"),
        ("≥95%", "", "", ("≥", "95", "%"), "≥95%"),
        ("1,200", "大于等于", "人次", ("≥", "1200", "人次"), "≥1,200人次"),
        ("优良", "定性", "", ("定性", "优良", ""), "优良"),
        ("优良", "", "", ("定性", "优良", ""), "优良"),
        ("3", "定性", "次", ("定性", "3", "次"), "3"),
    ],
)
def test_a_target_in_columns_of_its_own_says_one_thing(
    raw: str, sign: str, unit: str, parts: tuple[str, str, str], whole: str
) -> None:
    target = targets.in_columns(raw, sign, unit)
    assert (target.operator, target.number, target.unit) == parts
    assert targets.in_one(raw, *parts) == whole


@pytest.mark.parametrize(
    ("raw", "sign", "unit", "words"),
    [
        ("优良", "≥", "", "不是数值"),
        ("≥95", "≤", "%", "请只写一处"),
        ("95%", "≥", "次", "请只写一处"),
        ("95", "约", "%", "不是比较符号"),
        ("", "≥", "%", "指标值为空"),
    ],
)
def test_columns_that_contradict_each_other_are_refused(raw: str, sign: str, unit: str, words: str) -> None:
    with pytest.raises(targets.TargetError, match=words):
        targets.in_columns(raw, sign, unit)


def test_of_a_sign_in_both_the_column_counts_where_they_differ() -> None:
    assert targets.in_one("≥95%", "≤", "95", "%") == "≤95%"
