"""A form is data: complete, typed, refused when it contradicts itself."""

from collections import Counter

import pytest

from forms import framework
from forms.checks import run
from forms.document import Document
from forms.framework import FOLDER, Framework, FrameworkError

HENAN = (FOLDER / "henan-2020.toml").read_text(encoding="utf-8")


def test_the_common_rows_of_the_seed_are_those_of_the_form(seed: Document, henan: Framework) -> None:
    common = [row for row in seed.indicators if row.level1 == "投入管理指标"]
    assert [(row.level2, row.level3, row.definition) for row in common] == [
        (row.level2, row.name, row.definition) for row in henan.common_indicators
    ]
    assert [row.operator + row.target + row.unit for row in common] == [
        row.operator + row.target + row.unit for row in henan.blank("", 2020).indicators
    ]


def test_of_the_seeds_29_indicators_12_compute_from_money_and_records_8_from_plans_9_by_judgement(
    seed: Document, henan: Framework
) -> None:
    sources = Counter(henan.for_indicator(row.level1, row.level2, row.level3).source for row in seed.indicators)
    assert sources["money"] + sources["records"] == 12
    assert (sources["plan_or_survey"], sources["judgement"]) == (8, 9)


@pytest.mark.parametrize(
    ("place", "rule", "kind", "share"),
    [
        (("投入管理指标", "预算和财务管理", "预算执行率"), "budget_execution", "cumulative", False),
        (("投入管理指标", "绩效管理", "绩效监控完成率"), "monitoring_completion", "cumulative", True),
        (("效益指标", "履职效益", "养老服务覆盖率"), "coverage", "level", True),
        (("效益指标", "履职效益", "新增就业人数"), "effect", "level", False),
        (("效益指标", "满意度", "群众满意度"), "satisfaction", "level", True),
        (("产出指标", "重点工作任务完成", "任意任务"), "task_completion", "cumulative", True),
        (("产出指标", "重点工作任务完成", "预算执行率"), "task_completion", "cumulative", True),
    ],
)
def test_an_indicators_rule_is_its_own_if_common_else_its_blocks(
    henan: Framework, place: tuple[str, str, str], rule: str, kind: str, share: bool
) -> None:
    found = henan.for_indicator(*place)
    assert (found.rule, found.kind, found.share) == (rule, kind, share)


def test_an_unknown_block_is_refused(henan: Framework) -> None:
    with pytest.raises(FrameworkError, match="没有“效益指标 / 社会效益”"):
        henan.for_indicator("效益指标", "社会效益", "x")


def test_an_unknown_key_names_the_forms_there_are() -> None:
    with pytest.raises(FrameworkError, match="henan-2020"):
        framework.load("../settings")


def test_the_blank_sheet_lacks_only_what_the_department_fills_in(henan: Framework) -> None:
    blank = henan.blank("某部门", 2026)
    assert {finding.path.partition("[")[0] for finding in run(blank, henan)} == {
        "annual_goal", "tasks", "indicators",
        "budget.total", "budget.by_source.fiscal", "budget.by_source.other", "budget.by_use.basic",
        "budget.by_use.project",
    }  # fmt: skip


def test_the_canonical_text_is_the_same_form(henan: Framework) -> None:
    assert framework.parse(henan.canonical()) == henan


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('code = "A02"', 'code = "A01"', "共性指标代码“A01”重复"),
        ('name = "工作任务科学性"', 'name = "绩效指标合理性"', "共性指标名称“绩效指标合理性”重复"),
        ('level2 = "绩效管理"\nname = "绩效监控', 'level2 = "其他"\nname = "绩效监控', "二级指标“其他”不在表样中"),
        ('target = "≥30%"', 'target = "30%以上"', "写法不规范"),
        ('name = "满意度"\nown = [{ from', 'name = "满意度"\nown = [{ name_ends = "满意度", from', "适用于任何名称"),
        ('denominator = "all"', 'denominator = "some"', "monitoring.denominator"),
        ("decimals = 1", "decimals = 1\nsurprise = 2", "surprise"),
        ('key = "henan-2020"', "key = ", "格式有误"),
        ('"MB102", "MB103"', '"MB102", "MB102"', "检查规则“MB102”重复"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused_with_the_reason(old: str, new: str, reason: str) -> None:
    assert old in HENAN
    with pytest.raises(FrameworkError, match=reason):
        framework.parse(HENAN.replace(old, new, 1))
