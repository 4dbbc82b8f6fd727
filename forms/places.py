"""The places of a sheet as people say them, without a sheet at hand. Pure."""

import re

from forms.document import steps

FIELDS = {
    "name": "任务名称", "content": "主要内容", "total": "总额", "fiscal": "财政性资金", "other": "其他资金",
    "level1": "一级指标", "level2": "二级指标", "level3": "三级指标", "operator": "指标性质", "target_raw": "指标值",
    "unit": "计量单位", "weight": "权重", "definition": "指标值说明",
}  # fmt: skip
"""The cells of a row."""
CELLS = {
    "department": "部门名称", "project": "项目名称", "annual_goal": "年度履职目标", "fiscal_year": "年度",
    "tasks": "年度主要任务", "indicators": "绩效指标", "budget": "预算", "budget.total": "部门预算总额",
    "budget.by_source": "资金来源", "budget.by_source.fiscal": "财政性资金", "budget.by_source.other": "其他资金",
    "budget.by_use": "资金结构", "budget.by_use.basic": "基本支出", "budget.by_use.project": "项目支出",
}  # fmt: skip
"""The cells that stand alone, and the parts."""
ROW = re.compile(r"(tasks|indicators)\[(\d+)\]")


def in_words(path: str) -> str:
    """A path by the number of its row alone: "指标第 4 行 指标值". What is no path is given back as it is."""
    row = ROW.match(path)
    if row is None:
        return CELLS.get(path, path)
    number = int(row[2]) + 1
    field = steps(path)[-1]
    tail = f" {FIELDS[field]}" if isinstance(field, str) and field in FIELDS else ""
    return (f"主要任务第 {number} 项" if row[1] == "tasks" else f"指标第 {number} 行") + tail
