"""MB104: a target is sign, number and unit in plain form, so that everybody reads, computes and scores the same."""

from collections.abc import Iterator

from forms import targets
from forms.checks.rule import Check, Finding, Severity
from forms.document import Document, Indicator
from forms.framework import Framework


class TargetGrammar(Check):
    """指标值写法"""

    code = "MB104"
    name = "指标值写法规范"
    severity = Severity.MUST
    why = "指标值要用于监控和评分，符号、数字、单位必须写全，不能靠猜。共性指标的值是数值，不能改成文字。"
    good = "≥95%、100%、≤2小时；个性指标可以用“优良”等定性表述"
    bad = "95%以上、≥95（没有单位）、》90%"

    def find(self, document: Document, framework: Framework) -> Iterator[Finding]:
        """One finding for each target that is in doubt, or whose parts say other than its text."""
        for at, row in enumerate(document.indicators):
            if row.target_raw and framework.columns.apart:
                yield from self._in_columns(f"indicators[{at}].target_raw", row)
            elif row.target_raw:
                yield from self._target(f"indicators[{at}].target_raw", row, framework)

    def _target(self, path: str, row: Indicator, framework: Framework) -> Iterator[Finding]:
        target = targets.parse(row.target_raw)
        common = framework.common(row.level3)
        usual = targets.parse(common.target) if common else None
        if target.doubt:
            fix = None
            if target.operator != targets.QUALITATIVE:
                unit = target.unit or (usual.unit if usual else "")
                fix = str(targets.Target(target.operator, target.number, unit)) if unit else None
            yield self.finding(path, f"指标“{row.level3}”的指标值{target.doubt}", fix)
        elif usual and target.operator == targets.QUALITATIVE:
            yield self.finding(
                path, f"共性指标“{row.level3}”的指标值“{row.target_raw}”不是数值，请填写数值，例如 {usual}", str(usual)
            )
        if (row.operator, row.target, row.unit) != (target.operator, target.number, target.unit):
            yield self.finding(
                path, f"指标“{row.level3}”的指标值“{row.target_raw}”与所存的符号、数值、单位不一致，请重新填写指标值"
            )

    def _in_columns(self, path: str, row: Indicator) -> Iterator[Finding]:
        """Sign and unit stand in columns of their own: together with the value they must say one thing."""
        try:
            target = targets.in_columns(row.target_raw, row.operator, row.unit)
        except targets.TargetError as error:
            yield self.finding(path, f"指标“{row.level3}”：{error}")
            return
        if target.operator != targets.QUALITATIVE and not target.unit:
            yield self.finding(path, f"指标“{row.level3}”的指标值“{row.target_raw}”没有单位，请补充（例如 % 或 次）")

    def spoil(self, document: Document) -> Document:
        """A target as people say it."""
        target = targets.parse("95%以上")
        row = document.indicators[0].model_copy(
            update={
                "target_raw": "95%以上",
                "operator": target.operator,
                "target": target.number,
                "unit": target.unit,
            }
        )
        return document.model_copy(update={"indicators": (row, *document.indicators[1:])})
