"""MB103: what every sheet must say: department, goal, tasks, amounts, and indicators under each first level."""

from collections.abc import Iterator

from forms.checks.rule import Check, Finding, Severity
from forms.document import Document
from forms.framework import Framework

_AMOUNTS = {
    "budget.total": "部门预算总额",
    "budget.by_source.fiscal": "财政性资金",
    "budget.by_source.other": "其他资金",
    "budget.by_use.basic": "基本支出",
    "budget.by_use.project": "项目支出",
}


class RequiredCells(Check):
    """必填项"""

    code = "MB103"
    name = "必填项不能为空"
    severity = Severity.MUST
    why = "缺少部门、目标、任务、金额或指标的表无法审核，也无法作为监控和自评的依据。没有金额的项目填 0。"
    good = "每项主要任务都有名称和内容，五个金额都已填写，每个一级指标下至少有一个指标"
    bad = "第 1 项主要任务没有写主要内容"

    def find(self, document: Document, framework: Framework) -> Iterator[Finding]:
        """One finding for each empty cell that the form has."""
        if document.fiscal_year is None:
            yield self.finding("fiscal_year", "没有年度，请填写四位数的年份")
        if not document.department:
            yield self.finding("department", "没有部门（单位）名称，请填写")
        if not document.annual_goal:
            yield self.finding("annual_goal", "没有年度履职目标，请填写")
        if framework.subject == "project" and not document.project:
            yield self.finding("project", "没有项目名称，请填写")
        if framework.labels.tasks and not document.tasks:
            yield self.finding("tasks", "没有年度主要任务，请至少填写一项")
        for at, task in enumerate(document.tasks):
            if not task.name:
                yield self.finding(f"tasks[{at}].name", f"第 {at + 1} 项主要任务没有任务名称，请填写")
            if not task.content:
                yield self.finding(f"tasks[{at}].content", f"主要任务“{task.name}”没有主要内容，请填写")
        cells = dict(document.cells())
        for path, label in _AMOUNTS.items():
            if path in framework.amounts and cells[path] is None:
                yield self.finding(path, f"没有填写{label}（万元），没有金额请填 0")
        yield from self._indicators(document, framework)

    def _indicators(self, document: Document, framework: Framework) -> Iterator[Finding]:
        for level in () if framework.fallback else framework.levels:
            if not any(row.level1 == level.name for row in document.indicators):
                yield self.finding("indicators", f"“{level.name}”下没有指标，请至少填写一个")
        for at, row in enumerate(document.indicators):
            shown = f"指标“{row.level3}”" if row.level3 else f"第 {at + 1} 个指标"
            if not row.level3:
                yield self.finding(f"indicators[{at}].level3", f"{shown}没有名称，请填写三级指标")
            if framework.level1_of(row.level2) != row.level1 or not row.level2:
                yield self.finding(f"indicators[{at}].level2", f"{shown}没有归入表样中的一级、二级指标，请选择")
            if not row.target_raw:
                common = framework.common(row.level3)
                yield self.finding(
                    f"indicators[{at}].target_raw",
                    f"{shown}没有指标值，请填写，例如 ≥95%",
                    common.target if common else None,
                )

    def spoil(self, document: Document) -> Document:
        """A task without content."""
        first = document.tasks[0].model_copy(update={"content": ""})
        return document.model_copy(update={"tasks": (first, *document.tasks[1:])})
