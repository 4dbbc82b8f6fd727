"""What a table's self-evaluation says so far, indicator by indicator of the goals in force."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import targets
from forms.document import Document, Indicator
from workflow import evaluation, loading
from workflow.models import IndicatorResult, Table
from workflow.monitoring import Rate


@dataclass(frozen=True)
class ResultLine:
    """One indicator with what was written about it."""

    number: int
    indicator: Indicator
    in_words: bool
    """Its target is words: people judge whether it was reached."""
    computed: str | None
    """The actual value where the program computes it itself; nobody types it."""
    result: IndicatorResult | None
    gap: str | None
    """What is missing, in words."""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.gap is None


@dataclass(frozen=True)
class Appraisal:
    """All indicators of a table."""

    lines: tuple[ResultLine, ...]

    @property
    def complete(self) -> int:
        """How many indicators lack nothing."""
        return sum(line.complete for line in self.lines)

    def so_far(self, whose: str = "") -> str:
        """How far it is, the rows that the program computes apart: the same words wherever it is told. `whose` stands
        before what people filled in ("您")."""
        computed = sum(line.complete and line.computed is not None for line in self.lines)
        missing = len(self.lines) - self.complete
        by_program = f"系统计算 {computed} 行，" if computed else ""
        left = f"还差 {missing} 行" if missing else "完整"
        return f"{by_program}{whose}填了 {self.complete - computed} 行，{left}"

    def count(self, verdict: str) -> int:
        """How many were given that verdict."""
        return sum(line.result is not None and line.result.verdict == verdict for line in self.lines)


def appraisal(session: Session, table: Table, goals: Document | None, rate: Rate | None) -> Appraisal:
    """The self-evaluation of a table as it stands; no lines before goals are in force. One query.

    `goals` are those in force, `rate` is the table's completion rate of monitoring.
    """
    if goals is None:
        return Appraisal(())
    query = select(IndicatorResult).where(IndicatorResult.table_id == table.id)
    results = {result.number: result for result in session.scalars(query)}
    computed = None if rate is None or rate.value is None else evaluation.decimal_text(rate.value)
    lines = []
    for number, indicator in enumerate(goals.indicators, start=1):
        rule, result = loading.rule_of(table, indicator), results.get(number)
        gap = evaluation.gap(loading.target_of(indicator), result, share=rule is not None and rule.share)
        lines.append(
            ResultLine(
                number=number,
                indicator=indicator,
                in_words=indicator.operator in {targets.QUALITATIVE, ""},
                computed=(computed or "") if rule and rule.rule == loading.MONITORING_COMPLETION else None,
                result=result,
                gap=None if gap is None else f"第 {number} 行“{indicator.level3}”{gap}",
            )
        )
    return Appraisal(tuple(lines))
