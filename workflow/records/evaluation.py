"""The self-evaluation, indicator by indicator."""

from typing import Any

from sqlalchemy import select

from accounts.roles import Role
from forms import targets
from workflow import evaluation, loading
from workflow import guards as g
from workflow.effects import Doing
from workflow.models import (
    IndicatorResult,
)
from workflow.records.kind import kind, refuse
from workflow.states import State


@kind("record_result", "填自评", {State.SELF_EVALUATION}, {Role.EDITOR}, g.evaluation_open)
def _record_result(doing: Doing) -> dict[str, Any]:
    """details: number (1 = first indicator of the goals in force), actual (text; may be left out where the indicator
    computes itself), verdict (for 不适用, and for targets in words), reason."""
    details, goals = doing.attempt.details, loading.goals_in_force(doing.session, doing.table)
    number = details.get("number")
    if goals is None or not isinstance(number, int) or not 1 <= number <= len(goals.indicators):
        raise refuse("no_indicator", f"没有第 {number} 行指标")
    indicator = goals.indicators[number - 1]
    rule = loading.rule_of(doing.table, indicator)
    target, reason = loading.target_of(indicator), str(details.get("reason") or "").strip()
    actual, verdict = str(details.get("actual") or "").strip(), details.get("verdict")
    by_system = loading.computes_itself(doing.table, indicator)
    if by_system:
        rate = loading.rate(doing.session, doing.table, doing.now)
        if rate is None or rate.value is None:
            verdict, actual = "not_applicable", ""
        else:
            verdict, actual = None, evaluation.decimal_text(rate.value)
    if verdict == "not_applicable":
        actual = ""
    elif target.operator == targets.QUALITATIVE:
        if verdict not in {"met", "not_met"} or not actual:
            raise refuse(
                "verdict_missing",
                f"第 {number} 行的目标是文字，要写实际情况并选 完成 或 未完成",
                f"indicators[{number - 1}]",
            )
    else:
        try:
            share = rule is not None and rule.share
            verdict = evaluation.judge(target, evaluation.number(actual, share=share, unit=target.unit)).verdict
        except ValueError as error:
            raise refuse("bad_actual", f"第 {number} 行：{error}", f"indicators[{number - 1}]") from error
    result = doing.session.scalars(
        select(IndicatorResult).where(IndicatorResult.table_id == doing.table.id, IndicatorResult.number == number)
    ).one_or_none()
    if result is None:
        result = IndicatorResult(table_id=doing.table.id, number=number)
    result.verdict, result.actual, result.reason = str(verdict), actual, reason
    result.written_by, result.written_at = doing.person_id, doing.now
    doing.session.add(result)
    told = {"number": number, "name": indicator.level3, "verdict": verdict, "actual": actual, "reason": reason}
    return told | ({"computed": True} if by_system else {})
