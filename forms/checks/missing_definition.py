"""MB201: an indicator says what it means."""

from collections.abc import Iterator

from forms.checks.rule import Check, Finding, Severity
from forms.document import Document
from forms.framework import Framework


class MissingDefinition(Check):
    """缺少指标值说明"""

    code = "MB201"
    name = "指标有指标值说明"
    severity = Severity.ADVICE
    why = "没有说明的指标，年底各方对口径理解不同，自评结果容易被退回。"
    good = "群众满意度：问卷调查，满意和基本满意的样本数/有效样本总数"
    bad = "群众满意度：指标值说明为空"

    def find(self, document: Document, framework: Framework) -> Iterator[Finding]:
        """One finding for each indicator without a definition, where the form has a column for it; the framework's own
        wording is offered as the fix."""
        for at, row in enumerate(document.indicators if framework.columns.definition else ()):
            if not row.definition:
                common = framework.common(row.level3)
                yield self.finding(
                    f"indicators[{at}].definition",
                    f"指标“{row.level3}”没有指标值说明，建议写明口径和数据来源",
                    common.definition if common else None,
                )

    def spoil(self, document: Document) -> Document:
        """The first indicator loses its definition."""
        row = document.indicators[0].model_copy(update={"definition": ""})
        return document.model_copy(update={"indicators": (row, *document.indicators[1:])})
