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
    assert [reason.path for reason in against_indicators(rows)] == [f"indicators{place}" for place in places]
