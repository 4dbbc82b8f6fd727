"""Sheets of several forms, laid out as cells on a grid the way offices do. Knows nothing of the reader.

A layout says what stands where; `workbook` and `word_file` (in test_reading_files) write the same grid as a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from forms import framework, targets
from forms.amounts import text_of, to_cents
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task
from forms.framework import Framework
from forms.reading.grid import Cell, Grid, Line, Place
from tests.forms import variants
from tests.forms import vocabulary as say

GIVEN = tuple(key for key in framework.available() if key != "general")
"""Every installed form, so that a new one is tried as soon as its file stands there; `general` is printed nowhere."""

UNITS = {"%": "%", "次": "次", "个": "个", "人": "人", "公里": "公里", "万元": "万元", "件": "件"}


@dataclass(frozen=True)
class Layout:
    """How a form is drawn. The defaults are the plainest."""

    merged: bool = True
    """Whether a level's label is one merged cell over its rows; else it stands in the first and the rest is blank."""
    repeated_labels: bool = False
    """Whether an unmerged label is written again in each row."""
    title_outside: bool = False
    side_label: bool = True
    """Whether 绩效指标 and the like stand upright at the left."""
    in_yuan: bool = False
    number_column: bool = False
    remarks: Sequence[str] = ()
    empty_rows: int = 0
    spread: int = 1
    """Over how many columns of the sheet each column of the form goes."""
    two_rows_of_heads: bool = False
    sum_row: bool = False
    line_breaks: bool = False
    wordings: dict[str, str] = field(default_factory=dict)


def document(rng: Random, key: str) -> Document:
    """A sheet of that form as an invented department might hand it in."""
    form = framework.load(key)
    if key == "henan-2020":
        return variants.document(rng)
    labels = form.labels
    names = rng.sample(say.TASKS, rng.randint(1, 5)) if labels.task_name else []
    decimals = rng.choice([1, 2, 2])
    tasks = tuple(_task(rng, name, form, decimals) for name in names)
    fiscal, other = _amount(rng, decimals), rng.choice([Decimal(0), _amount(rng, decimals)])
    if labels.task_total:
        fiscal = sum((task.fiscal or Decimal(0) for task in tasks), Decimal(0))
        other = sum((task.other or Decimal(0) for task in tasks), Decimal(0))
    return Document(
        form=key,
        fiscal_year=rng.randrange(2018, 2027),
        department=rng.choice(say.DEPARTMENTS),
        project=f"{rng.choice(say.TASKS)}项目" if form.subject == "project" else "",
        annual_goal="".join(rng.choice(say.LONG_DEFINITIONS) for _ in range(rng.randint(1, 4))),
        tasks=tasks,
        budget=Budget(
            total=fiscal + other,
            by_source=BySource(fiscal=fiscal, other=other),
            by_use=ByUse(basic=_amount(rng, decimals), project=_amount(rng, decimals)) if labels.basic else ByUse(),
        ),
        indicators=_indicators(rng, form),
    )


def _amount(rng: Random, decimals: int) -> Decimal:
    return Decimal(rng.randrange(1, 10 ** rng.randint(3, 8))).scaleb(-decimals)


def _task(rng: Random, name: str, form: Framework, decimals: int) -> Task:
    content = "".join(rng.choice(say.LONG_DEFINITIONS) for _ in range(rng.randint(1, 3)))
    if not form.labels.task_total:
        return Task(name=name, content=content)
    fiscal, other = _amount(rng, decimals), rng.choice([Decimal(0), _amount(rng, decimals)])
    return Task(name=name, content=content, total=fiscal + other, fiscal=fiscal, other=other)


def _indicators(rng: Random, form: Framework) -> tuple[Indicator, ...]:
    columns, rows, used = form.columns, [], set()
    for level in form.levels:
        blocks = [block for block in level.blocks if rng.random() < 0.75] or [level.blocks[0]]
        for block in blocks:
            for _ in range(rng.choice([1, 1, 2, 3])):
                name = f"{rng.choice(say.TASKS)}{rng.choice(say.SUFFIXES)}"
                if name in used:
                    continue
                used.add(name)
                rows.append((level.name, block.name, name))
    found = []
    for level1, level2, name in rows:
        definition = rng.choice(say.SHORT_DEFINITIONS + say.LONG_DEFINITIONS) if columns.definition else ""
        if columns.sign:
            sign = rng.choice(["≥", "≤", "=", "＝", "≧", ">", "定性"])
            raw = rng.choice(say.WORDS) if sign == "定性" else rng.choice(["95", "100", "12", "3.5", "1,200", "0"])
            unit = "" if sign == "定性" else rng.choice(sorted(UNITS))
            operator = targets.operator_of(sign)
            number = raw if sign == "定性" else raw.replace(",", "")
        else:
            raw = rng.choice(say.PERCENTS + say.WORDS + ["≥12场", "=3次", "≤5个工作日", "1200人次"])
            goal = targets.parse(raw)
            operator, number, unit = goal.operator, goal.number, goal.unit
        weight = Decimal(rng.choice([1, 2, 5, 10])) if columns.weight else None
        found.append(
            Indicator(
                level1=level1,
                level2=level2,
                level3=name,
                target_raw=raw,
                operator=operator,
                target=number,
                unit=unit,
                definition=definition,
                weight=weight,
            )
        )
    return tuple(found)


def layout(rng: Random) -> Layout:
    """One of the ways in which offices draw such a form."""
    merged = rng.random() < 0.6
    return Layout(
        merged=merged,
        repeated_labels=not merged and rng.random() < 0.4,
        title_outside=rng.random() < 0.5,
        side_label=rng.random() < 0.7,
        in_yuan=rng.random() < 0.15,
        number_column=rng.random() < 0.15,
        remarks=rng.choice([(), (), ("填报人：财务处    联系电话：8888",), ("注：本表一式两份。",)]),
        empty_rows=rng.choice([0, 0, 0, 2]),
        spread=rng.choice([1, 1, 2]),
        sum_row=rng.random() < 0.3,
        line_breaks=rng.random() < 0.3,
    )


@dataclass
class _Drawing:
    cells: list[Cell] = field(default_factory=list)
    row: int = 0

    def put(self, column: int, text: object, *, columns: int = 1, rows: int = 1, row: int | None = None) -> None:
        if columns < 1 or rows < 1:
            return
        at = self.row if row is None else row
        ref = f"{chr(65 + column % 26)}{at + 1}"
        self.cells.append(
            Cell(
                at, column, "" if text is None else str(text), Place("xlsx", "Sheet1", ref), rows=rows, columns=columns
            )
        )


def drawn(sheet: Document, style: Layout, rng: Random) -> tuple[Grid, tuple[Line, ...]]:
    """The sheet on a grid, and the lines around it."""
    form = framework.load(sheet.form)
    heads = list(form.columns.heads)
    if style.number_column:
        heads.insert(0, ("number", "序号"))
    left = 1 if style.side_label else 0
    width = max(left + len(heads) * style.spread, 7 if form.labels.task_total else 0)
    d, lines = _Drawing(), []
    title, year = form.title, form.labels.fiscal_year.format(year=sheet.fiscal_year)
    if style.title_outside:
        lines = [Line(title, Place("docx", "", "1")), Line(year, Place("docx", "", "2"))]
    else:
        for text in (title, year):
            d.put(0, text, columns=width)
            d.row += 1
    _top(d, sheet, form, width, style)
    _rows(d, sheet, heads, left, style)
    for text in style.remarks:
        d.put(0, text, columns=width)
        d.row += 1
    return Grid("Sheet1", tuple(d.cells)), tuple(lines)


def _said(style: Layout, text: str) -> str:
    text = style.wordings.get(text, text)
    return text.replace("万元", "元") if style.in_yuan else text


def _money(value: Decimal | None, style: Layout) -> str:
    if value is None:
        return ""
    if style.in_yuan:
        return f"{value.scaleb(4):f}"
    decimals = max(0, -int(value.as_tuple().exponent))
    return text_of(to_cents(value), decimals, grouped=True)


def _long(text: str, style: Layout) -> str:
    return text.replace("。", "。\n", 1).rstrip("\n") if style.line_breaks else text


def _top(d: _Drawing, sheet: Document, form: Framework, width: int, style: Layout) -> None:
    labels = form.labels
    half = max(1, width // 3)

    def pair(label: str, value: str) -> None:
        d.put(0, _said(style, label), columns=half)
        d.put(half, value, columns=width - half)
        d.row += 1

    if labels.project_name:
        pair(labels.project_name, sheet.project)
    pair(labels.department, sheet.department)
    goal_last = bool(labels.task_total)
    if not goal_last:
        pair(labels.annual_goal, _long(sheet.annual_goal, style))
    if labels.task_name:
        _draw_tasks(d, sheet, form, width, style)
    if goal_last:
        pair(labels.annual_goal, _long(sheet.annual_goal, style))
    if labels.budget:
        budget = sheet.budget
        amounts = [
            (labels.total, budget.total),
            (f"{labels.by_source}{labels.fiscal}", budget.by_source.fiscal),
            (labels.other, budget.by_source.other),
            (f"{labels.by_use}{labels.basic}" if labels.basic else "", budget.by_use.basic),
            (labels.project, budget.by_use.project),
        ]
        there = [(label, value) for label, value in amounts if label]
        d.put(0, _said(style, labels.budget), rows=len(there))
        for label, value in there:
            d.put(1, _said(style, label), columns=max(1, half - 1))
            d.put(1 + max(1, half - 1), _money(value, style), columns=width - 1 - max(1, half - 1))
            d.row += 1


def _draw_tasks(d: _Drawing, sheet: Document, form: Framework, width: int, style: Layout) -> None:
    labels = form.labels
    money = bool(labels.task_total)
    rows = len(sheet.tasks) + (3 if money else 1)
    d.put(0, _said(style, labels.tasks), rows=rows)
    ends = width - 3 if money else width
    deep = 2 if money else 1
    d.put(1, labels.task_name, rows=deep)
    d.put(2, labels.task_content, columns=ends - 2, rows=deep)
    if money:
        d.put(ends, _said(style, labels.task_money), columns=3)
        d.row += 1
        for at, head in enumerate((labels.task_total, labels.task_fiscal, labels.task_other)):
            d.put(ends + at, head)
    d.row += 1
    for task in sheet.tasks:
        d.put(1, task.name)
        d.put(2, _long(task.content, style), columns=ends - 2)
        if money:
            for at, value in enumerate((task.total, task.fiscal, task.other)):
                d.put(ends + at, _money(value, style))
        d.row += 1
    if money:
        d.put(1, labels.tasks_end, columns=ends - 1)
        budget = sheet.budget
        for at, value in enumerate((budget.total, budget.by_source.fiscal, budget.by_source.other)):
            d.put(ends + at, _money(value, style))
        d.row += 1


def _rows(d: _Drawing, sheet: Document, heads: list[tuple[str, str]], left: int, style: Layout) -> None:
    total = len(sheet.indicators) + style.empty_rows
    if left:
        d.put(0, "绩效指标", rows=total + 1)
    place = {name: left + at * style.spread for at, (name, _) in enumerate(heads)}
    for name, head in heads:
        d.put(place[name], style.wordings.get(head, head), columns=style.spread)
    d.row += 1
    first = d.row
    for at, row in enumerate(sheet.indicators):
        values = {
            "number": at + 1, "level1": row.level1, "level2": row.level2, "level3": row.level3,
            "target": row.target_raw, "definition": _long(row.definition, style), "unit": row.unit,
            "sign": row.operator if row.operator != "=" else "＝",
            "weight": None if row.weight is None else f"{row.weight:f}",
        }  # fmt: skip
        for name, _ in heads:
            if name in ("level1", "level2"):
                keys = [(other.level1, other.level2)[: 1 if name == "level1" else 2] for other in sheet.indicators]
                if style.repeated_labels or not at or keys[at] != keys[at - 1]:
                    length = 1
                    while style.merged and at + length < len(keys) and keys[at + length] == keys[at]:
                        length += 1
                    d.put(place[name], values[name], columns=style.spread, rows=length)
                continue
            d.put(place[name], values[name], columns=style.spread)
        d.row = first + at + 1
    for _ in range(style.empty_rows):
        d.put(place["level3"], "……")
        d.row += 1
    if style.sum_row and "weight" in place:
        d.put(place["level1"], "合计")
        d.put(place["weight"], f"{sum(row.weight or 0 for row in sheet.indicators):f}")
        d.row += 1


STRANGE = {
    "general": {
        "部门（单位）名称": "预算部门名称", "年度总体目标": "年度绩效目标", "指标值": "年度指标值",
        "指标值说明": "指标解释", "部门预算总额（万元）": "年度资金总额（万元）",
    },
    "project-2020": {"主管部门及代码": "主管部门名称", "年度绩效目标": "年度总体绩效目标", "指标值": "目标值"},
}  # fmt: skip
"""What other regions call the same cells."""


def strange(rng: Random) -> tuple[Document, Layout]:
    """A sheet of a form that nobody gave, under other words."""
    key = rng.choice(sorted(STRANGE))
    return document(rng, key), replace(layout(rng), wordings=STRANGE[key])
