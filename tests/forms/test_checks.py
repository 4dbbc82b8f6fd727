"""Each check finds its bad example and nothing in the good one."""

import re
from decimal import Decimal

import pytest

from forms import checks, targets
from forms.checks import CHECKS, Check, Finding, Severity, UnknownCheck
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task
from forms.framework import Framework


@pytest.fixture(scope="session")
def good(henan: Framework) -> Document:
    """A sheet in order."""
    rows = [
        ("产出指标", "重点工作任务完成", "古籍修复", "≥85%"),
        ("产出指标", "履职目标实现", "履职目标实现率", "≥85%"),
        ("效益指标", "满意度", "读者满意度", "≥90%"),
    ]
    own = []
    for level1, level2, level3, raw in rows:
        target = targets.parse(raw)
        own.append(
            Indicator(
                level1=level1,
                level2=level2,
                level3=level3,
                definition="实际数/计划数",
                target_raw=raw,
                operator=target.operator,
                target=target.number,
                unit=target.unit,
            )
        )
    blank = henan.blank("某图书馆", 2026)
    return blank.model_copy(
        update={
            "annual_goal": "修复古籍。",
            "tasks": (Task(name="古籍修复", content="修复古籍一百册。"),),
            "budget": Budget(
                total=Decimal("500.0"),
                by_source=BySource(fiscal=Decimal("480.0"), other=Decimal("20.0")),
                by_use=ByUse(basic=Decimal("300.0"), project=Decimal("200.0")),
            ),
            "indicators": (*blank.indicators, *own),
        }
    )


def test_a_sheet_in_order_has_no_findings(good: Document, henan: Framework) -> None:
    assert checks.run(good, henan) == []


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_each_check_finds_its_bad_example_and_it_alone_does(check: Check, good: Document, henan: Framework) -> None:
    found = checks.run(check.spoil(good), henan)
    assert {finding.code for finding in found} == {check.code}
    for finding in found:
        assert finding.severity is check.severity
        assert re.search(r"请|建议", finding.message), "a finding says the way out"


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_each_check_says_why_and_shows_both_examples(check: Check) -> None:
    assert re.fullmatch(r"MB[0-9]{3}", check.code)
    assert check.name
    assert check.why.endswith("。")
    assert check.good != check.bad


def test_all_findings_come_at_once(good: Document, henan: Framework) -> None:
    sheet = good
    for check in CHECKS.values():
        sheet = check.spoil(sheet)
    assert {finding.code for finding in checks.run(sheet, henan)} == set(CHECKS)


def test_the_seed_must_change_nothing(seed: Document, henan: Framework) -> None:
    found = checks.run(seed, henan)
    assert [finding.code for finding in found if finding.severity is Severity.MUST] == []
    assert {finding.path for finding in found} == {
        f"indicators[{at}].definition" for at, row in enumerate(seed.indicators) if not row.definition
    }


def test_sums_are_compared_to_the_cent(seed: Document, henan: Framework) -> None:
    source = BySource(fiscal=Decimal("2115.400001"), other=Decimal("0.0"))
    sheet = seed.model_copy(update={"budget": seed.budget.model_copy(update={"by_source": source})})
    finding = next(finding for finding in checks.run(sheet, henan) if finding.code == "MB101")
    assert "相差 0.000001 万元" in finding.message


@pytest.mark.parametrize(("raw", "fix"), [("95%以上", "≥95%"), ("≧95", "≥95%"), ("优良", "≥95%"), ("》90%", ">90%")])
def test_a_common_indicators_target_gets_its_plain_form_as_the_fix(
    raw: str, fix: str, good: Document, henan: Framework
) -> None:
    target = targets.parse(raw)
    row = good.indicators[0].model_copy(
        update={"target_raw": raw, "operator": target.operator, "target": target.number, "unit": target.unit}
    )
    found = checks.run(good.model_copy(update={"indicators": (row, *good.indicators[1:])}), henan)
    assert [(finding.code, finding.path, finding.fix) for finding in found] == [
        ("MB104", "indicators[0].target_raw", fix)
    ]


def test_a_target_in_words_is_allowed_for_an_indicator_of_ones_own(good: Document, henan: Framework) -> None:
    row = good.indicators[-1].model_copy(
        update={"target_raw": "优良", "operator": "定性", "target": "优良", "unit": ""}
    )
    assert checks.run(good.model_copy(update={"indicators": (*good.indicators[:-1], row)}), henan) == []


def test_parts_that_say_other_than_the_target_are_found(good: Document, henan: Framework) -> None:
    row = good.indicators[0].model_copy(update={"target": "59"})
    found = checks.run(good.model_copy(update={"indicators": (row, *good.indicators[1:])}), henan)
    assert [finding.code for finding in found] == ["MB104"]


def test_a_check_cannot_be_listed_twice() -> None:
    check = next(iter(CHECKS.values()))
    with pytest.raises(ValueError, match="twice"):
        checks.registry([check, check])


def test_a_form_cannot_name_a_check_that_does_not_exist(good: Document, henan: Framework) -> None:
    with pytest.raises(UnknownCheck, match="MB999"):
        checks.run(good, henan.model_copy(update={"checks": ("MB999",)}))


def test_only_the_checks_that_the_form_names_run(good: Document, henan: Framework) -> None:
    sheet = CHECKS["MB201"].spoil(CHECKS["MB101"].spoil(good))
    found: list[Finding] = checks.run(sheet, henan.model_copy(update={"checks": ("MB201",)}))
    assert [finding.code for finding in found] == ["MB201"]


def test_the_forms_own_list_names_every_check(henan: Framework) -> None:
    assert set(henan.checks) == set(CHECKS)
