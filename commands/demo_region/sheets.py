"""The demo's sheets: one document for a department and year, made from what the department is for."""

from decimal import Decimal

from commands.demo_region.places import Place
from forms import framework as frameworks
from forms import targets
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task

FORM = "henan-2020"
_GROWTH = Decimal("0.03")
"""How much a budget grows from year to year."""


def sheet(place: Place, year: int, first_year: int) -> Document:
    """The department's sheet for a year, in order: no check objects to it."""
    blank = frameworks.load(FORM).blank(place.name, year)
    return Document(
        form=FORM,
        fiscal_year=year,
        department=place.name,
        annual_goal=f"{year} 年，{place.goal}",
        tasks=tuple(Task(name=name, content=content) for name, content in place.tasks),
        budget=_budget(place, year - first_year),
        indicators=(*blank.indicators, *_own(place)),
    )


def wrong_sheet(place: Place, year: int, first_year: int) -> Document:
    """The same sheet as it comes before somebody looked: sums that do not add up, definitions left out."""
    right = sheet(place, year, first_year)
    *rows, last = right.indicators
    budget = right.budget.model_copy(update={"by_use": ByUse(basic=right.budget.by_use.basic, project=Decimal("1.0"))})
    rows[-1] = rows[-1].model_copy(update={"definition": ""})
    return right.model_copy(
        update={"budget": budget, "indicators": (*rows, last.model_copy(update={"definition": ""}))}
    )


def thin_sheet(place: Place, year: int, first_year: int) -> Document:
    """The same sheet with the weaknesses a reviewer remarks on: an empty definition, one task's text in another."""
    right = sheet(place, year, first_year)
    first, second, *others = right.tasks
    tasks = (first, second.model_copy(update={"content": f"{second.content}{first.content}"}), *others)
    rows = [
        row.model_copy(update={"definition": ""}) if row.level3 == "履职目标实现率" else row for row in right.indicators
    ]
    return right.model_copy(update={"tasks": tasks, "indicators": tuple(rows)})


def project_budgets(place: Place) -> list[tuple[str, str, str]]:
    """(code, name, budget in 万元) of each project: what the department spends on projects, unevenly shared."""
    weights = [9, 7, 6, 5, 4, 4, 3, 3, 3, 2, 2, 2][: len(place.projects)]
    money = _budget(place, 0).by_use.project or Decimal(0)
    shares = [(money * weight / sum(weights)).quantize(Decimal("0.1")) for weight in weights]
    shares[0] += money - sum(shares)
    return [
        (f"{place.code}-{number:02}", name, f"{share:f}")
        for number, (name, share) in enumerate(zip(place.projects, shares, strict=True), start=1)
    ]


def _budget(place: Place, years: int) -> Budget:
    total = (place.budget * (1 + _GROWTH * years)).quantize(Decimal("0.1"))
    other = (total * Decimal("0.04")).quantize(Decimal("0.1"))
    basic = (total * Decimal("0.46")).quantize(Decimal("0.1"))
    return Budget(
        total=total,
        by_source=BySource(fiscal=total - other, other=other),
        by_use=ByUse(basic=basic, project=total - basic),
    )


def _own(place: Place) -> list[Indicator]:
    rows = [
        (
            "产出指标",
            "重点工作任务完成",
            f"{name}完成率",
            "≥90%",
            f"已完成的{name}任务数÷年度计划数×100%，以验收资料为准",
        )
        for name, _ in place.tasks
    ]
    rows.append(
        ("产出指标", "履职目标实现", "履职目标实现率", "≥90%", "已实现的履职目标数÷年度履职目标数×100%，按年终总结认定")
    )
    rows += [("效益指标", "履职效益", name, target, definition) for name, target, definition in place.effects]
    rows.append(
        (
            "效益指标",
            "满意度",
            f"{place.asked}满意度",
            "≥90%",
            "年末抽样问卷，有效样本不少于 300 份，问卷和明细存档备查",
        )
    )
    return [_indicator(*row) for row in rows]


def _indicator(level1: str, level2: str, level3: str, target: str, definition: str) -> Indicator:
    parsed = targets.parse(target)
    return Indicator(
        level1=level1,
        level2=level2,
        level3=level3,
        target_raw=target,
        operator=parsed.operator,
        target=parsed.number,
        unit=parsed.unit,
        definition=definition,
    )
