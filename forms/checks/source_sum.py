"""MB101: 财政性资金 and 其他资金 make up the total."""

from collections.abc import Iterator
from decimal import Decimal

from forms.checks.rule import Check, Finding, Severity
from forms.checks.sums import difference
from forms.document import BySource, Document
from forms.framework import Framework


class SourceSum(Check):
    """资金来源合计"""

    code = "MB101"
    name = "资金来源合计等于部门预算总额"
    severity = Severity.MUST
    why = "预算总额按来源拆分，各项之和必须与总额一致到分，否则批复的金额无法确定。"
    good = "总额 500.0 = 财政性资金 480.0 + 其他资金 20.0"
    bad = "总额 500.0，财政性资金 48.0（小数点错位），其他资金 20.0"

    def find(self, document: Document, framework: Framework) -> Iterator[Finding]:  # noqa: ARG002
        """One finding when the sum is not the total."""
        budget = document.budget
        wrong = difference(budget.total, (budget.by_source.fiscal, budget.by_source.other))
        if wrong:
            parts, total, off = wrong
            yield self.finding(
                "budget.by_source",
                f"资金来源合计 {parts} 万元，与部门预算总额 {total} 万元相差 {off} 万元，"
                "请核对财政性资金、其他资金和总额",
            )

    def spoil(self, document: Document) -> Document:
        """A lost decimal place."""
        source = BySource(fiscal=Decimal("48.0"), other=document.budget.by_source.other)
        return document.model_copy(update={"budget": document.budget.model_copy(update={"by_source": source})})
