"""What a monitoring report must say before it is taken."""

from fractions import Fraction

import pytest

from workflow.reporting import against_indicators, against_money

HALF_A_YEAR = Fraction(1, 2)
WAN = 1_000_000
ROW = {"name": "完成率", "actual": "60%", "likelihood": "能"}


@pytest.mark.parametrize(
    ("adjusted", "executed", "expected", "code"),
    [
        (100, 0, 0, None),
        (100, 100, 100, None),
        (100, 60, 120, None),
        (100, 101, 120, "executed_above_budget"),
        (100, 60, 59, "expected_below_executed"),
    ],
)
def test_amounts_must_fit_each_other(adjusted: int, executed: int, expected: int, code: str | None) -> None:
    found = against_money(adjusted=adjusted * WAN, executed=executed * WAN, expected=expected * WAN)
    assert [reason.code for reason in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([ROW], []),
        ([], ["[0].name"]),
        ([ROW | {"actual": " "}], ["[0].actual"]),
        ([ROW | {"name": ""}], ["[0].name"]),
        ([ROW | {"actual": ""}, ROW], []),
        ([ROW, ROW | {"likelihood": "也许"}], ["[1].likelihood"]),
        ([ROW | {"likelihood": "不能"}], ["[0].deviation", "[0].why", "[0].measure"]),
        ([ROW | {"likelihood": "不能", "deviation": "经费", "why": "晚到"}], ["[0].measure"]),
        ([ROW | {"likelihood": "也许", "actual": ""}, ROW | {"likelihood": "不能", "deviation": "经费", "why": "晚到"}],
         ["[0].likelihood", "[1].measure"]),
    ],
)  # fmt: skip
def test_a_report_says_how_far_at_least_one_goal_is_and_why_where_it_deviates(
    rows: list[dict[str, str]], places: list[str]
) -> None:
    assert [reason.path for reason in against_indicators(rows, HALF_A_YEAR)] == [
        f"indicators{place}" for place in places
    ]


@pytest.mark.parametrize(
    ("target", "actual", "words"),
    [
        ("≥12条", "8条", None),
        ("≥12 条", "8", None),
        ("12", "8条", None),
        ("≥95％", "96%", None),
        ("很多", "若干", None),
        ("6月底前", "已开工", None),
        ("≥12条", "", None),
        ("≥12条", "若干", "至今完成“若干”不是数值，请只写数字和单位，如 8条"),
        ("≥12条", "3公里", "至今完成“3公里”的单位不同，请换算成“条”"),
    ],
)
def test_what_was_reached_is_counted_as_its_target_is(target: str, actual: str, words: str | None) -> None:
    found = against_indicators([ROW, ROW | {"target": target, "actual": actual}], HALF_A_YEAR)
    assert [reason.path for reason in found] == (["indicators[1].actual"] if words else [])
    assert all(words and reason.text.endswith(words) for reason in found)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"actual": "3条"}, "“完成率”是红灯（进度 50%），选“能”要写原因说明"),
        ({"actual": "3条", "why": "汛期后集中开工"}, None),
        ({"actual": "4条"}, None),
        ({"target": "≤12条", "actual": "13条"}, "“完成率”是红灯（进度 108%），选“能”要写原因说明"),
    ],
)
def test_a_red_light_beside_being_sure_needs_its_reason(given: dict[str, str], words: str | None) -> None:
    found = against_indicators([ROW | {"target": "≥12条"} | given], HALF_A_YEAR)
    assert [(reason.text, reason.path) for reason in found] == ([(words, "indicators[0].why")] if words else [])


def test_all_faults_of_a_row_are_told_at_once() -> None:
    row = ROW | {"target": "≥12条", "actual": "若干", "likelihood": "不能"}
    fields = [str(reason.path).rpartition(".")[2] for reason in against_indicators([row], HALF_A_YEAR)]
    assert fields == ["actual", "deviation", "why", "measure"]
