"""MB202: two indicators of one block do not share a name."""

from collections.abc import Iterator

from forms.checks.rule import Check, Finding, Severity
from forms.document import Document, squeezed
from forms.framework import Framework


class SameNameTwice(Check):
    """同一二级指标下重名"""

    code = "MB202"
    name = "同一二级指标下不重名"
    severity = Severity.ADVICE
    why = "同名的指标在监控和自评时分不清，通常是重复填写或漏改名称。"
    good = "企业满意度、群众满意度"
    bad = "群众满意度、群众满意度"

    def find(self, document: Document, framework: Framework) -> Iterator[Finding]:  # noqa: ARG002
        """One finding for each indicator whose name already stands in its block, white space aside."""
        seen: dict[tuple[str, str], int] = {}
        for at, row in enumerate(document.indicators):
            name = squeezed(row.level3)
            first = seen.setdefault((row.level2, name), at)
            if name and first != at:
                yield self.finding(
                    f"indicators[{at}].level3",
                    f"“{row.level2}”下第 {first + 1} 个和第 {at + 1} 个指标都叫“{row.level3}”，建议合并或改名",
                )

    def spoil(self, document: Document) -> Document:
        """The first indicator stands there twice."""
        return document.model_copy(update={"indicators": (document.indicators[0], *document.indicators)})
