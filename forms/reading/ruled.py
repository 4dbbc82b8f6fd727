"""Cells on a grid -> sheet: the labels say what each cell is, wherever the form has put it. Pure.

A form prints the heads of its columns over the indicators, others over the tasks, and all else as a label with its
value beside it. What has no label stays unplaced; where a label could mean another cell, two cells claim one place or
the source itself was not sure, the cell is to be confirmed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from forms import amounts, targets
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task, squeezed
from forms.framework import Framework
from forms.reading import heads
from forms.reading.grid import Cell, Grid, Line, Place
from forms.reading.heads import Heads
from forms.reading.notes import Notes
from forms.reading.vocabulary import Meaning, Words, bare, unit_in
from forms.reading.words import wording

MONEY = {
    "total": "budget.total",
    "fiscal": "budget.by_source.fiscal",
    "other": "budget.by_source.other",
    "basic": "budget.by_use.basic",
    "project_money": "budget.by_use.project",
}
"""What a label of money names -> the cell of the sheet."""
_TASK_MONEY = {"task_total": "total", "task_fiscal": "fiscal", "task_other": "other"}
_LEVELS = ("level1", "level2", "level3")
_TEXTS = ("department", "project", "annual_goal")
_ALONE = frozenset({*_TEXTS, *MONEY, "fiscal_year"})
"""What a label beside its value can name."""

_NOT_FILLED = re.compile(
    r"((指标|任务|目标|项目)[0-9一二三四五六七八九十]*[:：.．、]?)?[.…·。]*|[-—－/／无]|[×Xx]+|（?[×Xx]{2,}）?"
)
"""What an empty row of a form says: 指标1：, 任务1, ……, ×××."""
_TITLE = re.compile(r"绩效目标(申报|批复|公开)?表|绩效目标申报|绩效目标批复")
_YEAR_ALONE = re.compile(r"[(（]?\s*(20[0-9]{2})\s*年?\s*(?:度|度预算)?\s*[)）]?")
_YEAR = re.compile(r"(20[0-9]{2})\s*年")
_FOOTER = re.compile(r"^[（(]?(注|备注|说明|填报|填表|制表|联系|负责人|单位负责人|审核|附)[^，。]{0,14}[：:]")


@dataclass
class _Claim:
    """A cell that may hold what a label names."""

    text: str
    places: list[Place]
    doubtful: bool
    unit: str = ""


@dataclass
class _Reader:
    """One table being read: what is used of it, and what was found."""

    grid: Grid
    lines: Sequence[Line]
    words: Words
    framework: Framework
    notes: Notes
    used: set[Cell] = field(default_factory=set)
    claims: dict[str, list[_Claim]] = field(default_factory=dict)
    shown: dict[str, list[Place]] = field(default_factory=dict)

    def text(self, cell: Cell | None) -> str:
        """What a cell says; white space of the layout goes."""
        return wording(cell.text) if cell is not None else ""

    def take(self, path: str, cells: Iterable[Cell | None]) -> str:
        """The text of the cells that make up one cell of the sheet; they are used, and stand at this path."""
        there = [cell for cell in cells if cell is not None and cell.text.strip()]
        self.used.update(there)
        if there:
            self.notes.stood(path, [cell.place for cell in there])
        if any(cell.doubt for cell in there):
            self.notes.doubt(path)
        return wording("\n".join(cell.text for cell in there))

    def claim(self, role: str, cells: Sequence[Cell], *, doubtful: bool, unit: str = "") -> None:
        """Note that these cells may hold what `role` names."""
        self.used.update(cells)
        text = wording("\n".join(cell.text for cell in cells))
        doubtful = doubtful or any(cell.doubt for cell in cells)
        self.claims.setdefault(role, []).append(_Claim(text, [cell.place for cell in cells], doubtful, unit))


def understand(
    grid: Grid, lines: Sequence[Line], words: Words, framework: Framework, found: Sequence[Heads]
) -> tuple[Document, Notes]:
    """The sheet on a grid whose heads of indicators are `found` (one or more). Never fails: a cell that is not there
    stays empty."""
    notes = Notes()
    reader = _Reader(_shown(grid, notes), lines, words, framework, notes)
    indicators, first, last = _indicators(reader, found)
    tasks, task_rows = _tasks(reader, found[0].top)
    _labels(reader, [row for row in range(grid.height) if not first <= row < last and row not in task_rows])
    _lines(reader, [row for row in range(grid.height) if not first <= row < last and row not in task_rows])
    document = Document(
        form=framework.key,
        fiscal_year=_year(reader),
        department=_text(reader, "department"),
        project=_text(reader, "project") if framework.subject == "project" else "",
        annual_goal=_text(reader, "annual_goal"),
        tasks=tasks,
        budget=_budget(reader),
        indicators=indicators,
    )
    _left_over(reader)
    return document, notes


def _shown(grid: Grid, notes: Notes) -> Grid:
    """The grid without what the file hides: nobody who printed it saw that. It is handed back as unplaced."""
    hidden = [cell for cell in grid.cells if cell.hidden and cell.text.strip()]
    notes.unplaced += [f"（隐藏）{wording(cell.text)}" for cell in hidden]
    kept = tuple(cell for cell in grid.cells if not cell.hidden)
    return Grid(grid.name, kept, grid.hidden, grid.breaks) if len(kept) < len(grid.cells) else grid


# Indicators


def _indicators(reader: _Reader, found: Sequence[Heads]) -> tuple[tuple[Indicator, ...], int, int]:
    """The rows under the heads, and the rows of the grid they and their heads take up."""
    grid, top = reader.grid, found[0]
    repeated = {row for other in found for row in range(other.top, other.bottom)}
    for row in repeated:
        reader.used.update(cell for cell in grid.row(row) if cell.row in repeated)
    rows: list[Indicator] = []
    merged = {
        role: any(
            cell.rows > 1 for cell in grid.cells if cell.column in top.of(role) and cell.row >= top.bottom and cell.text
        )
        for role in _LEVELS
    }
    above: dict[str, Cell | None] = dict.fromkeys(_LEVELS)
    row = top.bottom
    while row < grid.height:
        if row in repeated:
            row += 1
            continue
        if _ends_here(reader, top, row):
            break
        _row(reader, top, row, rows=rows, above=above, merged=merged)
        row += 1
    if not reader.framework.fallback:
        rows = _with_known_levels(reader, rows)
    return tuple(rows), top.top, row


def _with_known_levels(reader: _Reader, rows: list[Indicator]) -> list[Indicator]:
    """The rows with the labels that the form knows: a common indicator's block, and a label that a page break cut."""
    form, notes = reader.framework, reader.notes
    whole: list[Indicator] = []
    known = [level.name for level in form.levels]
    level1 = _mended([row.level1 for row in rows], known)
    level2 = _mended([row.level2 for row in rows], form.blocks)
    for at, row in enumerate(rows):
        path = f"indicators[{at}]"
        names = {"level1": level1[at], "level2": level2[at]}
        common = form.common(row.level3)
        given = common is not None and (names["level2"] == common.level2 or names["level2"] not in form.blocks)
        if common is not None and given:  # the form itself says where this row stands
            names = {"level1": form.level1_of(common.level2), "level2": common.level2}
            notes.unsure = [doubt for doubt in notes.unsure if doubt not in (f"{path}.level1", f"{path}.level2")]
        elif names["level1"] not in known and names["level2"] in form.blocks:
            names["level1"] = form.level1_of(names["level2"])
        for level, name in names.items():
            if name != getattr(row, level) and not given:
                notes.doubt(f"{path}.{level}")
        whole.append(row.model_copy(update=names))
    return whole


def _mended(labels: Sequence[str], known: Sequence[str]) -> list[str]:
    """Labels of which neighbours are the parts of a known one, put together: 预算和财务管, 理."""
    mended = list(labels)
    runs = [(name, list(places)) for name, places in groupby(range(len(labels)), key=lambda at: labels[at])]
    for length in (3, 2):
        for first in range(len(runs) - length + 1):
            run = runs[first : first + length]
            together = "".join(name for name, _ in run)
            if together in known and not any(name in known for name, _ in run):
                for _, places in run:
                    for at in places:
                        mended[at] = together
    return mended


def _ends_here(reader: _Reader, top: Heads, row: int) -> bool:
    """Whether another part of the form begins: a label of its own that stands in no column of the indicators."""
    own = [cell for cell in reader.grid.row(row) if cell.row == row and cell.text.strip()]
    if not own:
        return False
    first = own[0]
    meaning = reader.words.field(first.text)
    aside = first.column not in {*top.of("level2"), *top.of("level3")}
    if meaning is not None and meaning.role in _ALONE and aside:
        return True
    return reader.words.labelled(first.text) is not None and len(own) <= 2 and aside


def _cells(reader: _Reader, top: Heads, role: str, row: int) -> Cell | None:
    """The cell of a role in a row: the first with words, or the first at all."""
    there = [cell for column in top.of(role) if (cell := reader.grid.covering.get((row, column))) is not None]
    return next((cell for cell in there if cell.text.strip()), there[0] if there else None)


def _row(
    reader: _Reader,
    top: Heads,
    row: int,
    *,
    rows: list[Indicator],
    above: dict[str, Cell | None],
    merged: dict[str, bool],
) -> None:
    cells = {role: _cells(reader, top, role, row) for role in top.roles}
    there = {role: cell for role, cell in cells.items() if cell is not None and cell.text.strip()}
    if len({id(cell) for cell in there.values()}) == 1 and len(there) > 1:
        return  # one cell across the table: a remark, left unplaced
    for role in _LEVELS[:2]:
        if role in there and there[role] is not above[role]:
            above[role] = there[role]
            if role == "level1":
                above["level2"] = there.get("level2")
    text = {role: reader.text(cell) for role, cell in there.items()}
    if reader.words.sums_up(text.get("level1", "")) or reader.words.sums_up(text.get("level3", "")):
        _sum_row(reader, there, rows)
        return
    name, raw, definition = (text.get(role, "") for role in ("level3", "target", "definition"))
    if not raw and _NOT_FILLED.fullmatch(squeezed(name)) and not text.get("weight"):
        if definition and rows:
            _continue(reader, there["definition"], rows)
        return
    at = len(rows)
    path = f"indicators[{at}]"
    levels = {}
    for role in _LEVELS[:2]:
        cell = there.get(role) or above[role]
        levels[role] = reader.text(cell)
        if cell is not None:
            reader.take(f"{path}.{role}", [cell])
        if role in top.roles and (cell is None or (role not in there and merged[role])):
            reader.notes.doubt(f"{path}.{role}")
        if role in top.doubtful:
            reader.notes.doubt(f"{path}.{role}")
    if levels["level2"] and cells.get("level2") is cells.get("level3"):
        levels["level2"] = ""  # one cell over both columns: the form goes no deeper here
        reader.notes.doubt(f"{path}.level2")
    name = reader.take(f"{path}.level3", [there.get("level3")])
    if not name:
        reader.notes.doubt(f"{path}.level3")
    definition = reader.take(f"{path}.definition", [there.get("definition")])
    for role in ("level3", "target", "definition", "sign", "unit", "weight"):
        cell = there.get(role)
        field_name = "target_raw" if role == "target" else role
        if role in ("sign", "unit") or cell is None:
            continue
        spread = cell.rows > 1 and any(
            (other := _cells(reader, top, "level3", at)) is not None and other is not there.get("level3") and other.text
            for at in range(cell.row, cell.row + cell.rows)
        )
        if role in top.doubtful or spread:
            reader.notes.doubt(f"{path}.{field_name}")
    goal = _target(reader, path, there)
    weight = _weight(reader, path, there.get("weight"))
    rows.append(Indicator(**levels, level3=name, definition=definition, weight=weight, **goal))
    _check_blocks(reader, path, rows[-1])


def _check_blocks(reader: _Reader, path: str, row: Indicator) -> None:
    """A level that the form does not print is to be confirmed; a form of its own kind may call them what it likes."""
    if reader.framework.fallback:
        return
    if row.level2 not in reader.framework.blocks:
        reader.notes.doubt(f"{path}.level2")
    elif reader.framework.level1_of(row.level2) != row.level1:
        reader.notes.doubt(f"{path}.level1")


def _continue(reader: _Reader, cell: Cell, rows: list[Indicator]) -> None:
    """A definition without a name goes on from the row before it, as a page break leaves it."""
    path = f"indicators[{len(rows) - 1}].definition"
    before = rows[-1].definition
    rows[-1] = rows[-1].model_copy(update={"definition": before + reader.text(cell)})
    reader.notes.stood(path, [*reader.notes.places.get(path, ()), cell.place])
    reader.used.add(cell)
    reader.notes.doubt(path)


def _sum_row(reader: _Reader, there: dict[str, Cell], rows: list[Indicator]) -> None:
    """A row that sums the weights is no indicator; a sum that is not theirs is handed back."""
    weights = [row.weight for row in rows if row.weight is not None]
    said = _number(reader.text(there.get("weight")))
    if said is not None and said == sum(weights):
        reader.used.update(there.values())


def _number(text: str) -> Decimal | None:
    try:
        return amounts.amount(text.replace("％", "%").removesuffix("%").removesuffix("分"))
    except amounts.AmountError:
        return None


def _weight(reader: _Reader, path: str, cell: Cell | None) -> Decimal | None:
    if cell is None:
        return None
    text = reader.text(cell)
    value = _number(text)
    if value is None or value > 1000 or (value * 10_000) % 1:
        reader.notes.doubt(f"{path}.weight")
        return None  # its text stays unplaced
    reader.take(f"{path}.weight", [cell])
    return value


def _target(reader: _Reader, path: str, there: dict[str, Cell]) -> dict[str, str]:
    """The target as printed, and its operator, number and unit from the form's columns for them or from its text."""
    raw = reader.take(f"{path}.target_raw", [there.get("target")])
    sign = reader.take(f"{path}.operator", [there.get("sign")])
    unit = reader.take(f"{path}.unit", [there.get("unit")])
    whole = f"{path}.target"
    if not raw:
        reader.notes.doubt(f"{path}.target_raw", whole)
        return {"target_raw": "", "operator": "", "target": "", "unit": ""}
    reader.notes.places.setdefault(whole, reader.notes.places.get(f"{path}.target_raw", ()))
    alone = targets.parse(raw)
    operator = targets.operator_of(sign) if sign else ""
    if operator == targets.QUALITATIVE:
        if alone.operator != targets.QUALITATIVE:
            reader.notes.doubt(whole, f"{path}.operator")
        return {"target_raw": raw, "operator": operator, "target": squeezed(raw), "unit": ""}
    if sign and not operator and squeezed(sign) not in targets.QUANTITATIVE:
        reader.notes.doubt(f"{path}.operator")
    if alone.operator == targets.QUALITATIVE:
        if alone.doubt or operator or not _in_words(raw):
            reader.notes.doubt(whole)
        if unit and not _NOT_FILLED.fullmatch(unit):
            reader.notes.doubt(f"{path}.unit")
        return {"target_raw": raw, "operator": alone.operator, "target": alone.number, "unit": ""}
    if operator and alone.operator not in ("=", operator):
        reader.notes.doubt(f"{path}.operator")
    if unit and alone.unit and not targets.same_unit(unit, alone.unit):
        reader.notes.doubt(f"{path}.unit")
    if alone.doubt and not (unit and not alone.unit and alone.operator == "="):
        reader.notes.doubt(whole)
    return {
        "target_raw": raw,
        "operator": operator or alone.operator,
        "target": alone.number,
        "unit": targets.plain_unit(unit) or alone.unit,
    }


def _in_words(raw: str) -> bool:
    """Whether a target without a number is words alone: with digits in it a number may have been missed."""
    return re.search(r"[0-9０-９]", raw) is None


# Tasks


def _tasks(reader: _Reader, before: int) -> tuple[tuple[Task, ...], frozenset[int]]:
    """The rows under the heads of the tasks; which rows of the grid they take up."""
    grid = reader.grid
    top = next((each for each in heads.of_tasks(grid, reader.words) if each.bottom <= before), None)
    if top is None:
        return (), frozenset()
    columns = set(top.columns)
    beside = grid.covering.get((top.top, min(columns) - 1))
    if beside is not None and (over := reader.words.field(beside.text)) is not None and over.role == "group":
        reader.used.add(beside)
    for row in range(top.top, top.bottom):
        reader.used.update(cell for cell in grid.row(row) if cell.row >= top.top - 1 and cell.column in columns)
    tasks: list[Task] = []
    unit = next(
        (unit for row in range(top.top, top.bottom) for cell in grid.row(row) if (unit := unit_in(cell.text))), ""
    )
    row = top.bottom
    while row < before:
        own = [cell for cell in grid.row(row) if cell.row == row and cell.text.strip()]
        cells = {role: _cells(reader, top, role, row) for role in top.roles}
        there = {role: cell for role, cell in cells.items() if cell is not None and cell.text.strip()}
        name = reader.text(there.get("task_name"))
        if own and reader.words.sums_up(own[0].text):
            for role, field_name in (("task_total", "total"), ("task_fiscal", "fiscal"), ("task_other", "other")):
                if role in there and there[role] is not own[0]:
                    reader.claim(field_name, [there[role]], doubtful=False, unit=unit)
            reader.used.add(own[0])
            row += 1
            break
        starts = own[0] if own else None
        meaning = reader.words.field(starts.text) if starts else None
        inside = starts is not None and starts.column in columns and not (meaning and meaning.role in _ALONE)
        if starts is not None and not inside and (meaning is not None or reader.words.labelled(starts.text)):
            break
        if len({id(cell) for cell in there.values()}) <= 1 and len(top.roles) > 1 and "task_name" not in there:
            if there and tasks:
                reader.notes.doubt("tasks")
            row += 1
            continue
        if not (_NOT_FILLED.fullmatch(squeezed(name)) and "task_content" not in there):
            tasks.append(_task(reader, len(tasks), there, top, unit))
        row += 1
    return tuple(tasks), frozenset(range(top.top, row))


def _task(reader: _Reader, at: int, there: dict[str, Cell], top: Heads, unit: str) -> Task:
    path = f"tasks[{at}]"
    values: dict[str, Decimal | None] = {}
    for role, name in _TASK_MONEY.items():
        if role in there and there[role].text.strip():
            values[name] = _money(reader, f"{path}.{name}", reader.text(there[role]), unit)
            if values[name] is not None:
                reader.take(f"{path}.{name}", [there[role]])
    for role, name in (("task_name", "name"), ("task_content", "content")):
        cell = there.get(role)
        if (
            role in top.doubtful
            or (cell is None and role in top.roles)
            or (cell is not None and cell.row in reader.grid.breaks and cell.doubt)
        ):
            reader.notes.doubt(f"{path}.{name}")
    if there.get("task_name") is not None and there.get("task_name") is there.get("task_content"):
        reader.notes.doubt(f"{path}.name", f"{path}.content")
    return Task(
        name=reader.take(f"{path}.name", [there.get("task_name")]),
        content=reader.take(f"{path}.content", [there.get("task_content")]),
        **values,
    )


# Labels beside their values


def _labels(reader: _Reader, rows: Sequence[int]) -> None:
    grid = reader.grid
    free = set(rows)
    for cell in sorted(grid.cells, key=lambda cell: (cell.row, cell.column)):
        if cell in reader.used or not cell.text.strip() or cell.row not in free:
            continue
        meaning = reader.words.field(cell.text)
        if meaning is None:
            for piece in _pieces(cell.text):
                _labelled(reader, piece, cell.place, cell)
            continue
        if meaning.role in ("group", "note"):
            if meaning.role == "group":
                reader.used.add(cell)
            continue
        _beside(reader, cell, meaning, free)


def _beside(reader: _Reader, label: Cell, meaning: Meaning, free: set[int]) -> None:
    """The value of a label: the cells to its right up to the next label, or the cell under it."""
    grid = reader.grid
    values: list[Cell] = []
    labels = 0
    for row in range(label.row, label.row + label.rows):
        for cell in grid.row(row):
            if cell.column < label.column + label.columns or cell in values:
                continue
            if reader.words.field(cell.text) is not None or reader.words.labelled(cell.text) is not None:
                labels += 1
                break
            if cell.text.strip() and cell not in reader.used:
                values.append(cell)
    reader.used.add(label)
    unit = unit_in(label.text)
    if not values and labels:
        return  # a label over labels
    if values:
        if meaning.role in MONEY or meaning.role in ("department", "project", "fiscal_year"):
            doubtful = meaning.doubtful or len(values) > 1
            values = values[:1]
        else:
            doubtful = meaning.doubtful
        reader.claim(meaning.role, values, doubtful=doubtful, unit=unit)
        return
    under = grid.covering.get((label.row + label.rows, label.column))
    if under is None or under in reader.used or not under.text.strip() or under.row not in free:
        return
    if reader.words.field(under.text) is None and under.column == label.column:
        sure = under.columns == label.columns and meaning.role == "annual_goal"
        reader.claim(meaning.role, [under], doubtful=meaning.doubtful or not sure, unit=unit)


def _labelled(reader: _Reader, text: str, place: Place, cell: Cell | None) -> bool:
    """A label and its value in one cell or line."""
    found = reader.words.labelled(text)
    if found is None or found[0].role not in _ALONE:
        return False
    meaning, value = found
    claim = _Claim(
        wording(value),
        [place],
        meaning.doubtful or bool(cell and cell.doubt),
        unit_in(text.split(value, maxsplit=1)[0]),
    )
    reader.claims.setdefault(meaning.role, []).append(claim)
    if cell is not None:
        reader.used.add(cell)
    return True


def _pieces(text: str) -> list[str]:
    """The parts of a line that were set apart by wide gaps or stand on lines of their own."""
    return [piece for piece in re.split(r"\n|\s{2,}|\u3000+", text) if piece.strip()]


def _lines(reader: _Reader, rows: Sequence[int]) -> None:
    """Lines around the tables, and cells that stand like such lines: title, year, unit, labels with their values."""
    loose: list[tuple[str, Place, Cell | None]] = [(line.text, line.place, None) for line in reader.lines]
    loose += [
        (cell.text, cell.place, cell)
        for row in rows
        for cell in reader.grid.row(row)
        if cell.row == row and cell not in reader.used and cell.text.strip()
    ]
    titled = False
    for text, place, cell in loose:
        rest = []
        for piece in _pieces(text):
            tight = squeezed(piece)
            year = _YEAR_ALONE.fullmatch(tight)
            if year:
                reader.claims.setdefault("fiscal_year", []).append(
                    _Claim(year[1], [place], not tight.strip("（()）").endswith(("年", "度")))
                )
            elif _is_title(reader, tight) and not titled:
                titled = True
                if found := _YEAR.search(tight):
                    reader.claims.setdefault("fiscal_year", []).append(_Claim(found[1], [place], False))
            elif re.fullmatch(r"(金额)?单位[:：](人民币)?[百千万亿]?元", tight):
                reader.claims.setdefault("unit", []).append(_Claim(unit_in(tight), [place], False))
            elif cell is not None or not _labelled(reader, piece, place, None):
                rest.append(piece)
        if cell is not None and not rest:
            reader.used.add(cell)
        elif cell is None:
            reader.notes.unplaced += [wording(piece) for piece in rest]


def _is_title(reader: _Reader, text: str) -> bool:
    return len(text) <= 60 and (_TITLE.search(text) is not None or bare(reader.framework.title) in bare(text))


# What the claims come to


def _chosen(reader: _Reader, role: str, path: str) -> _Claim | None:
    """The claim that counts: the first that is no doubt; another that says something else makes it one."""
    claims = [claim for claim in reader.claims.get(role, []) if claim.text]
    if not claims:
        return None
    best = next((claim for claim in claims if not claim.doubtful), claims[0])
    if best.doubtful:
        reader.notes.doubt(path)
    for other in claims:
        if squeezed(other.text) != squeezed(best.text):
            reader.notes.doubt(path)
            reader.notes.unplaced.append(other.text)
    reader.notes.stood(path, best.places)
    return best


def _text(reader: _Reader, role: str) -> str:
    claim = _chosen(reader, role, role)
    if claim is None:
        reader.notes.doubt(role)
        return ""
    if _NOT_FILLED.fullmatch(squeezed(claim.text)):
        reader.notes.doubt(role)
        reader.notes.unplaced.append(claim.text)
        return ""
    return claim.text


def _year(reader: _Reader) -> int | None:
    claim = _chosen(reader, "fiscal_year", "fiscal_year")
    found = re.search(r"20[0-9]{2}", amounts.half_width(claim.text)) if claim else None
    if claim is None or found is None:
        reader.notes.doubt("fiscal_year")
        return None
    return int(found[0])


def _budget(reader: _Reader) -> Budget:
    values: dict[str, Decimal | None] = {}
    labels = reader.framework.labels
    for role, path in MONEY.items():
        claim = _chosen(reader, role, path)
        if claim is None:
            expected = getattr(labels, "project" if role == "project_money" else role)
            if expected and role not in reader.claims:
                reader.notes.doubt(path)
            continue
        values[role] = _money(reader, path, claim.text, claim.unit)
        if values[role] is None:
            reader.notes.unplaced.append(claim.text)
    return Budget(
        total=values.get("total"),
        by_source=BySource(fiscal=values.get("fiscal"), other=values.get("other")),
        by_use=ByUse(basic=values.get("basic"), project=values.get("project_money")),
    )


def _money(reader: _Reader, path: str, text: str, unit: str) -> Decimal | None:
    """An amount in 万元. Its unit is what stands with it, else with its label, else on the sheet, else the form's."""
    tidy = squeezed(amounts.half_width(text))
    own = re.search(r"([百千亿]?万?元)$", tidy)
    stated = own[1] if own else unit or _stated_unit(reader)
    if own:
        tidy = tidy.removesuffix(own[1])
    if not stated:
        stated = reader.framework.unit
        reader.notes.doubt(path)
    if stated not in ("万元", "元"):
        reader.notes.doubt(path)
    try:
        return amounts.amount(tidy, yuan=stated == "元")
    except amounts.AmountError:
        reader.notes.doubt(path)
        return None


def _stated_unit(reader: _Reader) -> str:
    """The unit of money that the sheet states once for all amounts, or with one of them: "" if none or several."""
    stated = {claim.text for claim in reader.claims.get("unit", ())}
    stated = stated or {claim.unit for role in MONEY for claim in reader.claims.get(role, ()) if claim.unit}
    stated = stated or {unit for cell in reader.grid.cells if (unit := unit_in(cell.text)) and cell in reader.used}
    return stated.pop() if len(stated) == 1 else ""


def _left_over(reader: _Reader) -> None:
    """What stands on the grid and found no cell."""
    for cell in sorted(reader.grid.cells, key=lambda cell: (cell.row, cell.column)):
        if cell in reader.used or not cell.text.strip():
            continue
        if _NOT_FILLED.fullmatch(squeezed(cell.text)) or _form_level(reader, cell):
            continue
        reader.notes.unplaced.append(wording(cell.text))


def _form_level(reader: _Reader, cell: Cell) -> bool:
    """A level that the form prints over rows that nobody filled in."""
    text = squeezed(cell.text)
    return text in reader.framework.blocks or text in {level.name for level in reader.framework.levels}
