"""Sheets of invented departments, printed as text in the order a PDF of the form gives. Knows nothing of the reader.

What the seed's text shows: a row is definition, name, target; a definition of several lines is a paragraph of its own,
one of a single line stands in the name's line; a name too wide for its column goes on after a blank line; the label of
a merged cell comes just before the last row of its block, on its own line, in the row's line, or glued to the target
before it. The form's other parts come in the order of the form, their upright labels last.
"""

import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from forms import framework, targets
from forms.amounts import text_of, to_cents
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task
from tests.forms import vocabulary as say

FORM = framework.load("henan-2020")
CLINGING = "，。；：、！？）》”“（*×."


@dataclass(frozen=True)
class Style:
    """How a text is laid out. The defaults are the seed's own measures, in full-width characters."""

    goal: float = 43.5
    content: float = 24
    task_name: float = 14
    definition: float = 16
    name: float = 9.5
    grouped: bool = True
    decimals: int = 1
    name_gap: str = "\n\n"
    labels: str = "before_last"
    glued: float = 0.34
    early_break: float = 0.0
    """How often a line ends before punctuation that would still have had room."""
    clings: bool = True
    """Whether punctuation stays with the character after it (so the seed's lines break) or may end a line."""
    lone_definition: float = 0.0
    """How often a definition of one line is a paragraph of its own, as the longer ones are."""
    definition_gap: str = "\n\n"
    split_labels: float = 0.0
    """How often a level's label is broken over two lines."""
    content_blanks: float = 0.0
    """How often a blank line follows a sentence that ends a line of a content."""
    spaced_targets: float = 0.0
    """How often sign, number and unit stand apart."""
    tight_targets: float = 0.0
    """How often nothing stands between a name and its target's sign."""
    own_name: float | None = None
    """The width at which the department's own names break, where it is not that of the common ones."""
    breaks_words: bool = False
    """Whether a line may end inside a number or a Latin word."""
    page_numbers: bool = False
    line_end: str = "\n"
    task_gap: str = "\n"
    """What stands between the lines of a task's name."""
    one_line_content: bool = True
    """Whether a content of one line stands beside its name."""


def width(text: str) -> float:
    """In full-width characters."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "FWA" else 0.5 for char in text)


def wrap(text: str, limit: float, rng: Random, style: "Style | None" = None) -> list[str]:
    """The lines of a cell: broken at any Chinese character, Latin words and numbers whole."""
    style = style or Style()
    pieces: list[str] = []
    for char in text:
        last = pieces[-1][-1] if pieces else ""
        in_word = char.isascii() and char.isalnum() and last.isascii() and last.isalnum()
        if last and (
            (in_word and not style.breaks_words)
            or (style.clings and (last in CLINGING or (last in "%" and char in "。；，")))
        ):
            pieces[-1] += char
        else:
            pieces.append(char)
    lines = [""]
    for piece in pieces:
        full = width(lines[-1]) + width(piece) > limit
        if not full and piece[0] in "；，。、" and width(lines[-1]) > limit - 3 and rng.random() < style.early_break:
            full = True
        if full and lines[-1]:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines if line.strip()]


def document(rng: Random) -> Document:
    """A sheet as an invented department might hand it in."""
    names = rng.sample(say.TASKS, rng.choice([1, 2, 2, 3, 3, 4, 5, 6, 7, 8]))
    tasks = tuple(Task(name=name, content=_prose(rng, rng.choice([1, 1, 2, 3, 5, 8]))) for name in names)
    decimals = rng.choice([1, 1, 1, 2, 2, 4, 0])
    scale = 10 ** (6 - decimals)
    total = rng.choice([0, rng.randrange(10**9), rng.randrange(10**11), rng.randrange(10**12)]) // scale * scale
    other = rng.choice([0, 0, total // 10]) // scale * scale
    basic = rng.choice([total, total // 3]) // scale * scale
    amount = [Decimal(text_of(cents, decimals)) for cents in (total, total - other, other, basic, total - basic)]
    return Document(
        form=FORM.key,
        fiscal_year=rng.randrange(2018, 2027),
        department=rng.choice(say.DEPARTMENTS),
        annual_goal=_prose(rng, rng.choice([1, 3, 6, 9])),
        tasks=tasks,
        budget=Budget(
            total=amount[0],
            by_source=BySource(fiscal=amount[1], other=amount[2]),
            by_use=ByUse(basic=amount[3], project=amount[4]),
        ),
        indicators=_indicators(rng, names),
    )


def style(rng: Random, document: Document, labels: str = "before_last") -> Style:
    """A layout within what the same form could print."""
    decimals = max(0, *(-int(value.as_tuple().exponent) for value in [document.budget.total] if value is not None))
    return Style(
        goal=rng.choice([36, 40, 43, 46]),
        content=rng.choice([20, 22, 24, 26, 28]),
        task_name=rng.choice([10, 12, 14]),
        definition=rng.choice([12, 14, 16, 18, 20]),
        name=rng.choice([7.5, 9, 9.5, 10, 11, 12]),
        grouped=rng.random() < 0.5,
        decimals=decimals,
        name_gap=rng.choice(["\n\n", "\n\n", "\n"]),
        labels=labels,
        glued=rng.choice([0.0, 0.34, 0.6]),
        early_break=rng.choice([0.0, 0.1, 0.3]),
        clings=rng.random() < 0.6,
        one_line_content=rng.random() < 0.7,
    )


def harsh(rng: Random, document: Document, labels: str = "before_last") -> Style:
    """A layout as other tools give it."""
    return replace(
        style(rng, document, labels),
        lone_definition=rng.choice([0.0, 0.5, 1.0]),
        definition_gap=rng.choice(["\n\n", "\n\n", "\n"]),
        split_labels=rng.choice([0.0, 0.3]),
        content_blanks=rng.choice([0.0, 0.0, 0.5]),
        spaced_targets=rng.choice([0.0, 0.3]),
        tight_targets=rng.choice([0.0, 0.2]),
        breaks_words=rng.random() < 0.3,
        page_numbers=rng.random() < 0.3,
        line_end=rng.choice(["\n", "\r\n", " \n"]),
        task_gap=rng.choice(["\n", "\n\n"]),
    )


def render(sheet: Document, style: Style, rng: Random) -> str:
    """The sheet's text."""
    labels = FORM.labels
    out = ["", "省级部门(单位)整体绩效目标表", "", f"（{sheet.fiscal_year}年度）", ""]
    out += [f"{labels.department} {sheet.department}", ""]
    goal = wrap(sheet.annual_goal, style.goal, rng, style)
    out += _beside(goal, ["年度", "履职", "目标"], style, rng)
    out += ["", f"{labels.task_name} {labels.task_content}", ""]
    tasks: list[str] = []
    for task in sheet.tasks:
        name = wrap(task.name, style.task_name, rng, style)
        content = wrap(task.content, style.content, rng, style)
        body: list[str] = []
        if len(content) == 1 and style.one_line_content:
            tasks += [*name[:-1], f"{name[-1]} {content[0]}", ""]
        else:
            for line in content[:-1]:
                body.append(line)
                if line.endswith("。") and rng.random() < style.content_blanks:
                    body.append("")
            tasks += [*style.task_gap.join(name).split("\n"), "", *body, content[-1], ""]
    out += [*_beside(tasks[:-1], ["年度", "主要", "任务"], style, rng), ""]
    out += _money(sheet, style)
    out += ["", "一级指标 二级指标 三级指标 指标值 指标值说明", ""]
    text = "\n".join(out) + "\n" + _rows(sheet, style, rng)
    if style.page_numbers:
        at = text.index("\n\n", len(text) // 2)
        text = f"{text[:at]}\n\n- 2 -\n\f{text[at + 1 :]}"
    return text.replace("\n", style.line_end)


def _beside(lines: list[str], label: list[str], style: Style, rng: Random) -> list[str]:
    if style.labels == "first":
        return [*label, "", *lines]
    if style.labels == "middle":
        at = rng.randrange(len(lines) + 1)
        return [*lines[:at], *label, *lines[at:]]
    return [*lines, "", *label]


def _money(sheet: Document, style: Style) -> list[str]:
    def shown(value: Decimal | None) -> str:
        assert value is not None
        return text_of(to_cents(value), style.decimals, grouped=style.grouped)

    budget = sheet.budget
    lines = [
        f"部门预算总额（万元） {shown(budget.total)}",
        f"1、资金来源：（1）财政性资金 {shown(budget.by_source.fiscal)}",
        f"             （2）其他资金 {shown(budget.by_source.other)}",
        f"2、资金结构：（1）基本支出 {shown(budget.by_use.basic)}",
        f"             （2）项目支出 {shown(budget.by_use.project)}",
    ]
    lines.insert({"before_last": 4, "first": 0, "middle": 2, "after": 5}[style.labels], "预算情况")
    return [part for line in lines for part in (line, "")][:-1]


def _rows(sheet: Document, style: Style, rng: Random) -> str:
    rows = sheet.indicators
    before: dict[int, list[tuple[str, bool]]] = {}
    for level in ("level1", "level2"):
        for first, after in _blocks([(row.level1, getattr(row, level)) for row in rows]):
            at = {
                "before_last": after - 1,
                "first": first,
                "middle": (first + after) // 2,
                "after": after,
            }[style.labels]
            before.setdefault(at, []).append((getattr(rows[first], level), after - first == 1))
    if style.labels == "after":
        before = {at: labels[::-1] for at, labels in before.items()}
    text = ""
    for at in range(len(rows) + 1):
        lead = ""
        for label, alone in before.get(at, []):
            level1 = label in {level.name for level in FORM.levels}
            if alone and not level1 and style.labels == "before_last":
                lead = f"{label} " if rng.random() < 0.5 else f"{label}  "
            elif level1 and text and not text.endswith("\n") and rng.random() < style.glued:
                text += label
            else:
                text = text.rstrip("\n")
                shown = label
                if rng.random() < style.split_labels:
                    cut = rng.randrange(2, len(label))
                    shown = f"{label[:cut]}\n{label[cut:]}"
                text += rng.choice(["\n", "\n\n"]) + shown + rng.choice(["\n", "\n\n", "\n\n"])
        if at < len(rows):
            if text and not text.endswith("\n"):
                text += "\n\n"
            text += _row(rows[at], lead, style, rng)
    return text + "\n\n"


def _row(row: Indicator, lead: str, style: Style, rng: Random) -> str:
    definition = wrap(row.definition, style.definition, rng, style) if row.definition else []
    own = FORM.common(row.level3) is None
    limit = style.own_name if own and style.own_name else style.name
    name = style.name_gap.join(wrap(row.level3, limit, rng, style))
    target = row.target_raw
    signed = target[0] in "≧≥≦≤＞＜＝<>"
    if signed and target[1].isdigit() and rng.random() < style.spaced_targets:
        target = f"{target[0]} {target[1:]}"
    named = f"{name}{'' if signed and rng.random() < style.tight_targets else ' '}{target}"
    if len(definition) > 1 or (definition and rng.random() < style.lone_definition):
        return lead + "\n".join(definition) + style.definition_gap + named
    if definition:
        return f"{lead}{definition[0]} {named}"
    return f"{lead or rng.choice(['', ' '])}{named}"


def _blocks(keys: list[tuple[str, str]]) -> list[tuple[int, int]]:
    found = []
    first = 0
    for at in range(1, len(keys) + 1):
        if at == len(keys) or keys[at] != keys[first]:
            found.append((first, at))
            first = at
    return found


def _filled(rng: Random, template: str, **words: str) -> str:
    return template.format(n=rng.randrange(2, 40), m=rng.randrange(100, 9000), x=rng.choice(say.OBJECTS), **words)


def _prose(rng: Random, sentences: int) -> str:
    numbered = sentences > 2 and rng.random() < 0.4
    parts = []
    for at in range(sentences):
        clauses = [rng.choice(say.OPENINGS)] + [
            _filled(rng, rng.choice(say.ACTIONS)) for _ in range(rng.randrange(1, 4))
        ]
        text = "，".join(clause for clause in clauses if clause)
        parts.append(f"{at + 1}.{text}" if numbered else text)
    return ("；" if numbered else "。").join(parts) + rng.choice(
        ["。", "。", "。", "。", "；", ""] if sentences > 1 else ["。"]
    )


def _target(rng: Random, kinds: list[list[str]]) -> tuple[str, targets.Target]:
    raw = rng.choice(rng.choice(kinds))
    return raw, targets.parse(raw)


def _indicators(rng: Random, task_names: list[str]) -> tuple[Indicator, ...]:
    rows: list[Indicator] = []

    def add(block: str, name: str, raw: str, definition: str) -> None:
        target = targets.parse(raw)
        rows.append(
            Indicator(
                level1=FORM.level1_of(block),
                level2=block,
                level3=name,
                target_raw=raw,
                operator=target.operator,
                target=target.number,
                unit=target.unit,
                definition=definition,
            )
        )

    shuffled = rng.random() < 0.6
    levels = list(FORM.levels)
    for level in levels:
        blocks = [block.name for block in level.blocks]
        if shuffled:
            rng.shuffle(blocks)
        for block in blocks:
            if any(row.level2 == block for row in FORM.common_indicators):
                for common in FORM.common_indicators:
                    if common.level2 == block:
                        raw = common.target.replace("≥", "≧").replace("≤", "≦")
                        if rng.random() < 0.2:
                            raw = rng.choice(say.PERCENTS)
                        add(block, common.name, raw, common.definition if rng.random() < 0.95 else "")
                continue
            for name, raw in _own(rng, block, task_names):
                add(block, name, raw, _definition(rng, name))
    return tuple(rows)


def _own(rng: Random, block: str, task_names: list[str]) -> list[tuple[str, str]]:
    def raw(*kinds: list[str]) -> str:
        return rng.choice(rng.choice(kinds))

    if block == "重点工作任务完成":
        kept = task_names if rng.random() < 0.7 else rng.sample(task_names, rng.randrange(1, len(task_names) + 1))
        return [(name, raw(say.PERCENTS, say.PERCENTS, say.NUMBERS)) for name in kept]
    if block == "履职目标实现":
        extra = [f"{name}{rng.choice(say.SUFFIXES)}" for name in rng.sample(say.OBJECTS, rng.choice([0, 0, 1, 2]))]
        return [(name, raw(say.PERCENTS)) for name in ["履职目标实现率", *extra]]
    if block == "满意度":
        names = rng.sample(say.SATISFIED, rng.randrange(1, 7))
        return [(f"{name}满意度", raw(say.PERCENTS)) for name in names]
    names = [f"{name}覆盖率" for name in task_names if rng.random() < 0.4]
    names += rng.sample(say.COUNTS, rng.randrange(0, 4)) + rng.sample(say.EFFECTS, rng.randrange(0, 3))
    names += [f"{rng.choice(say.OBJECTS)}{rng.choice(say.SUFFIXES)}"] if rng.random() < 0.5 or not names else []
    return [(name, raw(say.PERCENTS, say.NUMBERS, say.NUMBERS, say.WORDS)) for name in dict.fromkeys(names)]


def _definition(rng: Random, name: str) -> str:
    kind = rng.random()
    if kind < 0.35:
        return ""
    if kind < 0.65:
        return _filled(rng, rng.choice(say.SHORT_DEFINITIONS))
    return _filled(rng, rng.choice(say.LONG_DEFINITIONS), name=name)
