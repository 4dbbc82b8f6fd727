"""MB102: 基本支出 and 项目支出 make up the total."""

from collections.abc import Iterator
from decimal import Decimal

from forms.checks.rule import Check, Finding, Severity
from forms.checks.sums import difference
from forms.document import ByUse, Document
from forms.framework import Framework


class UseSum(Check):
    """资金结构合计"""

    code = "MB102"
    name = "资金结构合计等于部门预算总额"
    severity = Severity.MUST
    why = "预算总额按用途拆分，基本支出与项目支出之和必须与总额一致到分。"
    good = "总额 500.0 = 基本支出 300.0 + 项目支出 200.0"
    bad = "总额 500.0，基本支出 300.0，项目支出 200.1"

    def find(self, document: Document, framework: Framework) -> Iterator[Finding]:  # noqa: ARG002
        """One finding when the sum is not the total."""
        budget = document.budget
        wrong = difference(budget.total, (budget.by_use.basic, budget.by_use.project))
        if wrong:
            parts, total, off = wrong
            yield self.finding(
                "budget.by_use",
                f"资金结构合计 {parts} 万元，与部门预算总额 {total} 万元相差 {off} 万元，"
                "请核对基本支出、项目支出和总额",
            )

    def spoil(self, document: Document) -> Document:
        """A tenth too much."""
        use = ByUse(basic=document.budget.by_use.basic, project=Decimal("200.1"))
        return document.model_copy(update={"budget": document.budget.model_copy(update={"by_use": use})})
