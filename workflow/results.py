"""What a table's self-evaluation says so far, indicator by indicator of the goals in force."""

from collections.abc import Mapping
from dataclasses import dataclass

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

    @property
    def whole(self) -> bool:
        """Whether no indicator lacks anything."""
        return self.complete == len(self.lines)

    def so_far(self, whose: str = "") -> str:
        """How far it is, the rows that the program computes apart: the same words wherever it is told. `whose` stands
        before what people filled in ("您")."""
        if not any(line.result for line in self.lines):
            return f"还没有开始填，共 {len(self.lines)} 行" if self.lines else "还没有生效的目标"
        computed = sum(line.complete and line.computed is not None for line in self.lines)
        missing = len(self.lines) - self.complete
        by_program = f"系统计算 {computed} 行，" if computed else ""
        unexplained = sum(line.result is not None and not line.complete for line in self.lines)
        why = f"（其中 {unexplained} 行已填，缺原因）" if unexplained else ""
        left = f"还差 {missing} 行{why}" if missing else "完整"
        return f"{by_program}{whose}填了 {self.complete - computed} 行，{left}"

    def verdicts(self) -> str:
        """How many of the complete ones were given which verdict, in words."""
        return evaluation.tally(line.result.verdict for line in self.lines if line.result and line.complete)


def appraisal(
    table: Table, goals: Document | None, results: Mapping[int, IndicatorResult], rate: Rate | None = None
) -> Appraisal:
    """The self-evaluation of a table as it stands; no lines before goals are in force.

    `goals` are those in force, `results` what was written by the indicators' numbers, `rate` the table's completion
    rate of monitoring, which only who shows each row needs.
    """
    if goals is None:
        return Appraisal(())
    computed = None if rate is None or rate.value is None else evaluation.decimal_text(rate.value)
    lines = []
    for number, indicator in enumerate(goals.indicators, start=1):
        result = results.get(number)
        gap = loading.gap_of(table, number, indicator, result)
        lines.append(
            ResultLine(
                number=number,
                indicator=indicator,
                in_words=indicator.operator in {targets.QUALITATIVE, ""},
                computed=(computed or "") if loading.computes_itself(table, indicator) else None,
                result=result,
                gap=None if gap is None else gap.text,
            )
        )
    return Appraisal(tuple(lines))
