"""指标体系/表样: a form as data, one file per region and version in `frameworks/`. Code knows no region and no year.

A framework is complete: the labels of the paper form, its levels and blocks, the indicators all departments share
(共性指标) and how each indicator's value comes about. A running year keeps the version it began with.
"""

import json
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from forms import targets
from forms.document import Document, Indicator, steps

FOLDER = Path(__file__).parent / "frameworks"


class FrameworkError(ValueError):
    """A framework that does not exist or contradicts itself; the message is one Chinese sentence."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Computes(_Part):
    """Where an indicator's actual value comes from, and how it is compared during the year."""

    source: Literal["money", "records", "plan_or_survey", "judgement"] = Field(alias="from")
    rule: str
    """The rule that computes it, by name: `budget_execution`, `monitoring_completion`, `satisfaction`, …"""
    kind: Literal["cumulative", "level"]
    """Dual monitoring: cumulative against target × months gone ÷ 12, level against the target itself."""
    share: bool
    """A share of a whole: more than 100 is an error of entry. A control rate is none."""


class OwnRule(Computes):
    """What holds for a block's own indicators (个性指标) whose name ends like this; an empty ending fits all."""

    name_ends: str = ""


class Block(_Part):
    """二级指标: a block of rows on the form."""

    name: str
    own: tuple[OwnRule, ...]
    weight: Decimal | None = None
    """What its rows' weights sum to, where the form says so."""


class Level(_Part):
    """一级指标 with its blocks."""

    name: str
    blocks: tuple[Block, ...]
    weight: Decimal | None = None
    """What its rows' weights sum to, where the form says so."""


class CommonIndicator(_Part):
    """共性指标: the same row for every department."""

    code: str
    level2: str
    name: str
    target: str
    definition: str
    computes: Computes


class Labels(_Part):
    """The printed words of the form around its cells; "" for a cell that the form has not."""

    fiscal_year: str
    department: str
    project_name: str = ""
    annual_goal: str
    tasks: str = ""
    task_name: str = ""
    task_content: str = ""
    task_money: str = ""
    """The head over a task's amounts; the three below stand under it."""
    task_total: str = ""
    task_fiscal: str = ""
    task_other: str = ""
    tasks_end: str = ""
    """The row under the tasks that sums their amounts."""
    budget: str = ""
    total: str = ""
    by_source: str = ""
    fiscal: str = ""
    other: str = ""
    by_use: str = ""
    basic: str = ""
    project: str = ""


class Columns(_Part):
    """The heads of the indicator columns; "" for a column that the form has not."""

    level1: str
    level2: str
    level3: str
    target: str
    definition: str = ""
    sign: str = ""
    unit: str = ""
    weight: str = ""
    order: tuple[str, ...] = ()
    """The columns from left to right by these names, where it is another order than that above."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.order and sorted(self.order) != sorted(self.present):
            raise ValueError("columns.order 必须恰好列出表样有的各列")
        return self

    @property
    def present(self) -> tuple[str, ...]:
        """The columns that the form has, by name."""
        return tuple(name for name in Columns.model_fields if name != "order" and getattr(self, name))

    @property
    def apart(self) -> frozenset[str]:
        """The parts of a target that stand in columns of their own, as an indicator calls them."""
        return frozenset(part for part, head in (("operator", self.sign), ("unit", self.unit)) if head)

    @property
    def heads(self) -> tuple[tuple[str, str], ...]:
        """(name, printed head) of each column, from left to right."""
        return tuple((name, getattr(self, name)) for name in self.order or self.present)


class Monitoring(_Part):
    """Which projects the completion rate divides by: all of them, or those that must be monitored."""

    denominator: Literal["all", "must_monitor"]
    because: str = ""
    """Why these, in words that follow 因为. Years that began before forms said so have none."""


ANYWHERE = "各地"
"""The region of a form that is no region's own."""


class Framework(_Part):
    """One version of one region's form."""

    key: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    region: str
    year: int
    title: str
    subject: Literal["department", "project"] = "department"
    """Whose goals: a department's as a whole, or one project's."""
    unit: Literal["万元", "元"] = "万元"
    """What amounts are printed in."""
    decimals: Literal[1, 2, 4]
    checks: tuple[str, ...]
    weights: Decimal | None = None
    """What all weights sum to; None for a form without weights."""
    fallback: bool = False
    """Taken for a sheet of an unknown form: its levels are whatever that sheet calls them."""
    labels: Labels
    columns: Columns
    monitoring: Monitoring
    levels: tuple[Level, ...]
    common_indicators: tuple[CommonIndicator, ...] = Field(alias="common", default=())

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        blocks = [block.name for level in self.levels for block in level.blocks]
        for what, names in (
            ("一级指标", [level.name for level in self.levels]),
            ("二级指标", blocks),
            ("共性指标代码", [row.code for row in self.common_indicators]),
            ("共性指标名称", [row.name for row in self.common_indicators]),
            ("检查规则", list(self.checks)),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice:
                raise ValueError(f"{what}“{twice}”重复")
        for row in self.common_indicators:
            if row.level2 not in blocks:
                raise ValueError(f"共性指标“{row.name}”的二级指标“{row.level2}”不在表样中")
            if targets.parse(row.target).doubt:
                raise ValueError(f"共性指标“{row.name}”的默认指标值“{row.target}”写法不规范")
        for level in self.levels:
            for block in level.blocks:
                if not block.own or block.own[-1].name_ends:
                    raise ValueError(f"二级指标“{block.name}”缺少适用于任何名称的个性指标规则")
        self._weights_sum()
        return self

    def _weights_sum(self) -> None:
        if bool(self.columns.weight) != (self.weights is not None):
            raise ValueError("有权重列的表样必须写明权重合计，没有的不能写")
        sums = [(self.weights, [level.weight for level in self.levels], "一级指标")]
        sums += [
            (level.weight, [block.weight for block in level.blocks], f"“{level.name}”的二级指标")
            for level in self.levels
        ]
        for whole, weights, what in sums:
            known = [weight for weight in weights if weight is not None]
            if whole is not None and known and len(known) == len(weights) and sum(known) != whole:
                raise ValueError(f"{what}的权重合计不是 {whole}")

    @property
    def row_cells(self) -> dict[str, tuple[str, ...]]:
        """The cells of a row of each part that people fill in, as a document calls them, from left to right. The first
        level follows from the second."""
        money = (
            ("total", self.labels.task_total),
            ("fiscal", self.labels.task_fiscal),
            ("other", self.labels.task_other),
        )
        called = {"target": "target_raw", "sign": "operator"}
        return {
            "tasks": ("name", "content", *(name for name, label in money if label)) if self.labels.tasks else (),
            "indicators": tuple(called.get(name, name) for name, _ in self.columns.heads if name != "level1"),
        }

    def head(self, part: str, cell: str) -> str:
        """What the form prints over a cell of a part's rows; "" for one that it has not."""
        if part == "tasks":
            return str(getattr(self.labels, f"task_{cell}", ""))
        return str(getattr(self.columns, {"target_raw": "target", "operator": "sign"}.get(cell, cell), ""))

    @property
    def amounts(self) -> dict[str, str]:
        """The amounts of the budget that the form has: path -> its label, in the order of the form."""
        labels = self.labels
        named = {
            "budget.total": labels.total,
            "budget.by_source.fiscal": labels.fiscal,
            "budget.by_source.other": labels.other,
            "budget.by_use.basic": labels.basic,
            "budget.by_use.project": labels.project,
        }
        return {path: label for path, label in named.items() if label}

    def has(self, path: str) -> bool:
        """Whether the form has a cell that people fill in at a path."""
        match steps(path):
            case (str(part), int(), str(cell)):
                return cell in self.row_cells.get(part, ()) or (part == "indicators" and cell == "level1")
            case ("project",):
                return self.subject == "project"
            case ("budget", *_):
                return path in self.amounts
        return path == "annual_goal"

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the second levels, in the order of the form."""
        return tuple(block.name for level in self.levels for block in level.blocks)

    def level1_of(self, block: str) -> str:
        """The first level a block stands under; "" for a block the form has not."""
        return next((level.name for level in self.levels if block in (part.name for part in level.blocks)), "")

    def common(self, name: str) -> CommonIndicator | None:
        """The common indicator of that name, or None: then it is the department's own."""
        return next((row for row in self.common_indicators if row.name == name), None)

    def given(self, indicator: Indicator) -> CommonIndicator | None:
        """The common indicator that a row is, whose name, place and definition the form gives; None for an own one."""
        row = self.common(indicator.level3)
        return row if row and row.level2 == indicator.level2 else None

    def place_for(self, indicators: Sequence[Indicator], block: str) -> int:
        """Before which place a new row of a block goes: after the rows of this block and of those before it."""
        order = {name: at for at, name in enumerate(self.blocks)}
        mine = order[block]
        before = [at for at, row in enumerate(indicators) if order.get(row.level2, mine + 1) <= mine]
        return before[-1] + 1 if before else 0

    def for_indicator(self, level1: str, level2: str, level3: str) -> Computes:
        """How this indicator's value comes about: its own rule if it is common, else that of its block.

        FrameworkError where the form has no such block.
        """
        row = self.common(level3)
        if row and row.level2 == level2:
            return row.computes
        for level in self.levels:
            for block in level.blocks:
                if level.name == level1 and block.name == level2:
                    return next(rule for rule in block.own if level3.endswith(rule.name_ends))
        raise FrameworkError(f"表样 {self.key} 中没有“{level1} / {level2}”，请改用表样中的一级、二级指标")

    def blank(self, department: str, fiscal_year: int) -> Document:
        """An empty sheet of this form: the common indicators stand in it, all else is to be filled in."""
        rows = []
        for common in self.common_indicators:
            target = targets.parse(common.target)
            rows.append(
                Indicator(
                    level1=self.level1_of(common.level2),
                    level2=common.level2,
                    level3=common.name,
                    target_raw=common.target,
                    operator=target.operator,
                    target=target.number,
                    unit=target.unit,
                    definition=common.definition,
                )
            )
        return Document(form=self.key, fiscal_year=fiscal_year, department=department, indicators=tuple(rows))

    def canonical(self) -> str:
        """One JSON text for this version of the form: what a cycle freezes when it begins."""
        return json.dumps(
            self.model_dump(mode="json", by_alias=True), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )


def parse(text: str) -> Framework:
    """The framework that a TOML (or canonical JSON) text describes; FrameworkError where it contradicts itself."""
    try:
        data = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        return Framework.model_validate(data)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise FrameworkError(f"表样文件格式有误：{error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        reason = str(first["ctx"]["error"]) if "error" in first.get("ctx", {}) else first["msg"]
        raise FrameworkError(f"表样内容有误：{f'{place}：' if place else ''}{reason}") from error


def available() -> tuple[str, ...]:
    """The keys of all forms that are installed, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def load(key: str) -> Framework:
    """The form of that key; FrameworkError names the ones there are."""
    if key not in available():
        raise FrameworkError(f"没有表样“{key:.40}”，可用的有：{'、'.join(available())}")
    framework = parse((FOLDER / f"{key}.toml").read_text(encoding="utf-8"))
    if framework.key != key:
        raise FrameworkError(f"表样文件 {key}.toml 中写的是“{framework.key}”，文件名与 key 必须一致")
    return framework
