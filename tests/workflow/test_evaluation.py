"""The self-evaluation of an indicator: met or not, literally and unrounded, and when a reason is compulsory."""

from decimal import Decimal
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import select

from config.database import db
from forms import targets
from tests import factories
from workflow import evaluation, loading
from workflow.acts import Moved, Refused
from workflow.models import IndicatorResult, Revision
from workflow.results import appraisal
from workflow.states import State


@pytest.mark.parametrize(
    ("target", "actual", "verdict", "reason_needed"),
    [
        ("≥90%", "89.96", "not_met", True),  # prints as 90.0 and does not pass
        ("≥90%", "90", "met", False),
        (">90%", "90", "not_met", True),
        ("≤10%", "10", "met", False),
        ("≤10%", "10.01", "not_met", True),
        ("<2小时", "2", "not_met", True),
        ("=100%", "100", "met", False),
        ("100%", "99.9", "not_met", True),
        ("≥3次", "3.9", "met", True),  # 1.3 times the target: it was set too low
        ("≥3次", "3.8", "met", False),
        ("≤3次", "0", "met", False),
        ("=0起", "0", "met", False),
    ],
)
def test_a_target_is_met_literally(target: str, actual: str, verdict: str, reason_needed: bool) -> None:
    found = evaluation.judge(targets.parse(target), Decimal(actual))
    assert (found.verdict, found.reason_needed is not None) == (verdict, reason_needed)


@pytest.mark.parametrize("actual", ["", "很好", "NaN", "1e999x", "九成"])
def test_an_actual_that_is_no_number_is_refused_in_words(actual: str) -> None:
    with pytest.raises(ValueError, match="不是数字"):
        evaluation.number(actual, share=False)


def test_an_actual_may_carry_the_unit_of_its_target_and_no_other() -> None:
    assert evaluation.number("13 万人", share=False, unit="万人") == 13
    with pytest.raises(ValueError, match="“3公里”不是数字，请按“万人”写数字"):
        evaluation.number("3公里", share=False, unit="万人")


@pytest.mark.parametrize(
    ("target", "actual", "meant"),
    [("≥90%", "0.95", "95%"), ("≥90%", "9.5", ""), ("≥0.9%", "0.5", ""), ("≥9次", "1", "")],
)
def test_a_share_written_as_a_fraction_is_asked_about(target: str, actual: str, meant: str) -> None:
    needed = evaluation.judge(targets.parse(target), Decimal(actual)).reason_needed
    assert needed == "没有完成，要写原因" + (f"；这里填百分数，若指 {meant} 请改" if meant else "")


def test_a_share_above_a_hundred_is_an_error_of_entry_and_a_control_rate_is_not() -> None:
    with pytest.raises(ValueError, match="不会超过 100%"):
        evaluation.number("100.1%", share=True)
    assert evaluation.number("１２０．５％", share=False) == Decimal("120.5")


def test_a_computed_actual_keeps_its_precision() -> None:
    assert evaluation.decimal_text(Fraction(100, 3)) == "33.3333333333"
    assert evaluation.decimal_text(Fraction(30)) == "30"


def evaluating() -> factories.World:
    """A table in self-evaluation, its window open, nothing entered."""
    world = factories.world().bring_to(State.SELF_EVALUATION)
    world.clock.at = world.clock.at.replace(year=2021, month=2, day=1)
    return world


def test_every_indicator_is_judged_before_the_evaluation_is_reported(app: Flask) -> None:
    world = evaluating()
    refused = world.act("report_evaluation", world.own.reviewer)
    assert isinstance(refused, Refused)
    assert refused.reasons[0].text.endswith("等 23 处")


def test_the_completion_rate_of_monitoring_computes_itself(app: Flask) -> None:
    world = evaluating()
    world.recorded("record_result", world.own.editor, number=16, actual="99", reason="超额")
    result = db.session().scalars(select(IndicatorResult)).one()
    assert (result.actual, result.verdict) == ("50", "met")


def test_not_met_without_a_reason_is_not_reported(app: Flask) -> None:
    world = evaluating()
    world.evaluate()
    world.recorded("record_result", world.own.editor, number=6, actual="80")
    refused = world.act("report_evaluation", world.own.reviewer)
    assert isinstance(refused, Refused)
    assert refused.reasons[0].path == "indicators[5]"
    world.recorded("record_result", world.own.editor, number=6, actual="80", reason="项目招标推迟")
    assert isinstance(world.act("report_evaluation", world.own.reviewer), Moved)


def test_not_applicable_says_why(app: Flask) -> None:
    world = evaluating()
    world.evaluate()
    world.recorded("record_result", world.own.editor, number=5, verdict="not_applicable")
    assert isinstance(world.act("report_evaluation", world.own.reviewer), Refused)
    world.recorded("record_result", world.own.editor, number=5, verdict="not_applicable", reason="不分配专项资金")
    assert isinstance(world.act("report_evaluation", world.own.reviewer), Moved)


def test_a_share_above_a_hundred_is_refused_with_its_row(app: Flask) -> None:
    world = evaluating()
    refused = world.record("record_result", world.own.editor, number=22, actual="104")
    assert isinstance(refused, Refused)
    assert refused.reasons[0].text.startswith("第 22 行：")


def test_a_returned_evaluation_comes_back_as_a_new_revision(app: Flask) -> None:
    world = factories.world().bring_to(State.EVALUATION_REVIEW)
    world.recorded("remark", world.own.officer, text="请补充佐证", must=True, path="indicators[5]")
    world.moved("return_evaluation", world.own.officer)
    world.recorded("answer_remark", world.own.editor, number=1, answer="changed", text="已补充")
    world.recorded("record_result", world.own.editor, number=6, actual="95", reason="已附决算表")
    world.moved("report_evaluation", world.own.reviewer)
    kinds = db.session().scalars(select(Revision.kind).order_by(Revision.number)).all()
    assert kinds == ["submission", "evaluation", "evaluation"]
    world.moved("accept_evaluation", world.own.officer)
    assert world.state() is State.COMPLETED


def test_the_page_and_the_report_find_the_same_gaps(app: Flask) -> None:
    """`evaluation.gap` is what the page tells beside a row, `loading.evaluation_gaps` what reporting is judged by."""
    world = evaluating()
    world.recorded("record_result", world.own.editor, number=5, verdict="not_applicable")
    world.recorded("record_result", world.own.editor, number=6, actual="1")
    world.recorded("record_result", world.own.editor, number=7, actual="1", reason="未按时完成")
    session, table = db.session(), world.table()
    goals = loading.goals_in_force(session, table)
    rate = loading.rate(session, table, world.clock(), goals)
    results = loading.results_of(session, [table])[table.id]
    shown = [line.gap for line in appraisal(table, goals, results, rate).lines if line.gap]
    assert shown == [reason.text for reason in loading.evaluation_gaps(session, table)]
    assert len(shown) == len(world.goals().indicators) - 1
