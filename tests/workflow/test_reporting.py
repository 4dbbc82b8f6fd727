"""What a monitoring report must say before it is taken."""

import pytest

from workflow.reporting import against_indicators, against_money

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
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([ROW], None),
        ([], "indicators[0].name"),
        ([ROW | {"actual": " "}], "indicators[0].actual"),
        ([ROW | {"name": ""}], "indicators[0].name"),
        ([ROW | {"actual": ""}, ROW], None),
        ([ROW, ROW | {"likelihood": "也许"}], "indicators[1].likelihood"),
        ([ROW | {"likelihood": "不能"}], "indicators[0].deviation"),
        ([ROW | {"likelihood": "不能", "deviation": "经费", "why": "晚到"}], "indicators[0].measure"),
    ],
)
def test_a_report_says_how_far_at_least_one_goal_is(rows: list[dict[str, str]], place: str | None) -> None:
    found = against_indicators(rows)
    assert (found.path if found else None) == place
