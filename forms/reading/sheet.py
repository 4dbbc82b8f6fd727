"""Words -> sheet: the labels cut the text into its parts, each part is read, and all doubts are collected by cell."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from forms import amounts, targets
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task, squeezed
from forms.framework import Framework
from forms.reading import blocks, landmarks, rows, tasks
from forms.reading.landmarks import alike
from forms.reading.notes import Notes
from forms.reading.paths import Cut
from forms.reading.words import Gap, Word, joined, lines_of, width, without

AMOUNTS = ("total", "fiscal", "other", "basic", "project")
_AMOUNT_PATHS = {
    "total": "budget.total",
    "fiscal": "budget.by_source.fiscal",
    "other": "budget.by_source.other",
    "basic": "budget.by_use.basic",
    "project": "budget.by_use.project",
}
_PAGE_NUMBER = re.compile(r"[-—–]\s*[0-9]{1,4}\s*[-—–]|第[0-9]{1,4}页(，?共[0-9]{1,4}页)?")
_HEADING = re.compile(
    r"^[（(]?[一二三四五六七八九十0-9]{1,2}[）)、.．]|措施|内容|包括|如下|方面|要求|目标|重点|举措|[：:]$"
)
"""A short line that may head a part of a content as well as name a task."""

_MOST_READINGS = 30
"""How many choices of labels are weighed against each other; a real table needs a handful."""

_FOOTER = re.compile(r"(注|备注|说明|填报|填表|制表|联系|负责人|单位|审核|附)[^，。]{0,12}[：:]")
"""What people write below the table: it is no part of a row."""


def likeness(words: Sequence[Word], framework: Framework) -> int:
    """How many of the form's landmarks the text has, 0..7: the title counts two."""
    labels = framework.labels
    count = 2 * bool(landmarks.find(words, framework.title, whole=False))
    for label in (labels.department, labels.total):
        count += bool(landmarks.find(words, label, whole=False))
    count += bool(landmarks.find(words, labels.task_name + labels.task_content))
    count += bool(landmarks.column_heads(words, _heads(framework)))
    count += sum(row.name in {word.text for word in words} for row in framework.common_indicators) >= 3
    return count


def tables(words: Sequence[Word], framework: Framework) -> int:
    """How many tables of this form stand in the text one after the other."""
    labels = framework.labels
    return min(len(landmarks.find(words, label, whole=False)) for label in (labels.department, labels.total))


def understand(words: Sequence[Word], framework: Framework) -> tuple[Document, Notes]:
    """The sheet these words make up. Never fails: a cell that is not there stays empty and is noted."""
    notes = Notes()
    words = _without_page_numbers(words, notes)
    parts = _parts(words, framework)
    own_area = _indicator_area(parts.indicators, framework)
    fiscal_year, department, goal_words = _header(parts, framework, notes)
    goal_words, task_words = _goal_and_tasks(goal_words, parts, framework, notes)
    budget = _budget(parts, framework, notes)
    indicators = _indicators(own_area, tasks.likely_names(task_words), framework, notes)
    own_names = frozenset(squeezed(row.level3) for row in indicators if framework.common(row.level3) is None)
    task_rows = _tasks(task_words, own_names, notes)
    goal = joined(goal_words)
    if not goal:
        notes.doubt("department", "annual_goal")  # the one may have been taken for the other
    if "columns" not in parts.found:
        notes.doubt(_last_cell(department, goal, task_rows, budget))
    document = Document(
        form=framework.key,
        fiscal_year=fiscal_year,
        department=department,
        annual_goal=goal,
        tasks=task_rows,
        budget=budget,
        indicators=indicators,
    )
    return document, notes


def _last_cell(department: str, goal: str, task_rows: Sequence[Task], budget: Budget) -> str:
    """The path of the last cell of a text that ends before its indicators: it may have been cut in the middle."""
    sheet = Document(form="", department=department, annual_goal=goal, tasks=tuple(task_rows), budget=budget)
    filled = [path for path, value in sheet.cells() if value not in ("", None) and path != "budget.unit"]
    return filled[-1] if filled else "department"


@dataclass(frozen=True)
class _Parts:
    """The words of each part between the landmarks; `found` names the landmarks that were there."""

    before: Sequence[Word]
    header: Sequence[Word]
    goal: Sequence[Word]
    tasks: Sequence[Word]
    budget: Sequence[Word]
    indicators: Sequence[Word]
    found: frozenset[str]


def _heads(framework: Framework) -> tuple[str, ...]:
    columns = framework.columns
    return (columns.level1, columns.level2, columns.level3, columns.target, columns.definition)


def _without_page_numbers(words: Sequence[Word], notes: Notes) -> list[Word]:
    kept: list[Word] = []
    for line in lines_of(words):
        text = " ".join(word.text for word in line)
        if _PAGE_NUMBER.fullmatch(text):
            notes.leave(line)
        else:
            kept += line
    return kept


def _parts(words: Sequence[Word], framework: Framework) -> _Parts:
    labels = framework.labels
    size = len(words)
    found: set[str] = set()

    def place(name: str, places: Sequence[landmarks.Found], default: int, *, last: bool = False) -> tuple[int, int]:
        if not places:
            return default, default
        found.add(name)
        chosen = places[-1 if last else 0]
        return chosen.start, chosen.end

    heads = landmarks.column_heads(words, _heads(framework))
    heads_start, heads_end = place("columns", heads, size)
    titles = landmarks.find(words[:heads_start], framework.title, whole=False)
    title_start, title_end = place("title", titles, 0)
    departments = landmarks.find(words[:heads_start], labels.department, title_end, whole=False)
    department_start, _ = place("department", departments, title_end)
    columns = labels.task_name + labels.task_content
    tasks_start, tasks_end = place("tasks", landmarks.find(words[:heads_start], columns, department_start), -1)
    totals = landmarks.find(words[:heads_start], labels.total, max(tasks_end, department_start), whole=False)
    if not totals:
        bare = re.split(r"[（(]", labels.total)[0]
        totals = landmarks.find(words[:heads_start], bare, max(tasks_end, department_start), whole=False)
        totals = [hit for hit in totals if hit.rest.startswith(("(", "（"))]
    total_start, _ = place("total", totals, heads_start, last=True)
    budget_start = total_start
    if "total" in found:
        label = alike(labels.budget)
        if budget_start and alike(words[budget_start - 1].text) == label:
            budget_start -= 1
    if "tasks" not in found:
        tasks_start = tasks_end = budget_start
    # Heads repeated at the top of a further page are no content.
    repeated = {at for hit in heads[1:] for at in range(hit.start, hit.end)}
    indicators = [word for at, word in enumerate(words[heads_end:], heads_end) if at not in repeated]
    return _Parts(
        before=words[:title_start],
        header=[*([Word(titles[0].rest)] if titles and titles[0].rest else []), *words[title_end:department_start]],
        goal=words[department_start:tasks_start],
        tasks=words[tasks_end:budget_start],
        budget=words[budget_start:heads_start],
        indicators=indicators,
        found=frozenset(found),
    )


def _header(parts: _Parts, framework: Framework, notes: Notes) -> tuple[int | None, str, list[Word]]:
    """Fiscal year, department, and the words after it: those of the goal."""
    notes.leave(parts.before)
    year = _year(parts, framework, notes)
    words = list(parts.goal)
    if "department" not in parts.found:
        notes.doubt("department", "annual_goal")
        return year, "", words
    hit = landmarks.find(words, framework.labels.department, whole=False)[0]
    glued = words[hit.end - 1].text[-len(hit.rest) :] if hit.rest else ""
    words = words[hit.end :]
    if glued:
        words.insert(0, Word(glued, Gap.SPACE))
    if words and words[0].text[0] in "：:":
        rest = words[0].text.lstrip("：:")
        words[:1] = [Word(rest, words[0].gap)] if rest else []
    lines = lines_of(words)
    if not lines:
        notes.doubt("department", "annual_goal")
        return year, "", []
    paragraph = [lines[0]]
    for line in lines[1:]:
        if line[0].gap == Gap.BLANK:
            break
        paragraph.append(line)
    after = lines[len(paragraph) :]
    sentence = re.compile(r"[。，；：]")
    text = "".join(word.text for line in paragraph for word in line)
    if words[0].gap == Gap.BLANK and (sentence.search(text) or not after):
        notes.doubt("department")  # nothing stands beside the label: the cell is empty
        return year, "", words
    if words[0].gap >= Gap.LINE:
        notes.doubt("department")
    if len(paragraph) > 1 and (sentence.search(text) or len(paragraph) > 3 or not after):
        notes.doubt("department", "annual_goal")
        paragraph = paragraph[:1]
    department = [word for line in paragraph for word in line]
    if sentence.search("".join(word.text for word in department)):
        notes.doubt("department")
    remaining = words[len(department) :]
    name = joined(department)
    following = lines_of(remaining)
    if name.count("（") + name.count("(") > name.count("）") + name.count(")"):
        notes.doubt("department", "annual_goal")
    if len(following) > 2 and following[1][0].gap == Gap.BLANK:
        first = "".join(word.text for word in following[0])
        label = framework.labels.annual_goal
        beside_label = any(label.startswith(line[0].text) for line in following[:2])
        if width(first) <= 25 and not sentence.search(first) and not beside_label:
            notes.doubt("department", "annual_goal")
    return year, name, remaining


def _year(parts: _Parts, framework: Framework, notes: Notes) -> int | None:
    text = "".join(alike(word.text) for word in parts.header)
    before, _, after = alike(framework.labels.fiscal_year).partition("{year}")
    found = re.search(re.escape(before) + r"([0-9０-９]{4})" + re.escape(after), text)
    if found:
        if text != found[0]:
            rest = text.replace(found[0], "", 1)
            notes.unplaced.append(rest)
        return _possible_year(found[1], notes)
    notes.doubt("fiscal_year")
    found = re.search(r"([0-9０-９]{4})年", text)
    if found:
        return _possible_year(found[1], notes)
    notes.leave(parts.header)
    return None


def _possible_year(text: str, notes: Notes) -> int | None:
    year = int(amounts.half_width(text))
    if 1949 <= year <= 2999:
        return year
    notes.doubt("fiscal_year")
    notes.unplaced.append(text)
    return None


def _goal_and_tasks(
    goal: list[Word], parts: _Parts, framework: Framework, notes: Notes
) -> tuple[list[Word], list[Word]]:
    """The words of the goal and of the tasks without the upright labels beside them."""
    labels = framework.labels
    task_words = list(parts.tasks)
    beside = landmarks.upright(task_words, labels.tasks)
    if beside:
        task_words, _ = without(task_words, beside)
    else:
        # A label that comes first stands before the heads of the task columns.
        beside = landmarks.upright(goal, labels.tasks)
        tail = frozenset(range(len(goal) - len(beside), len(goal)))
        if beside and beside == tail:
            goal, _ = without(goal, beside)
        else:
            notes.doubt("tasks")
    beside = landmarks.upright(goal, labels.annual_goal)
    if beside:
        goal, _ = without(goal, beside)
    else:
        notes.doubt("annual_goal")
    if "tasks" not in parts.found:
        notes.doubt("annual_goal", "tasks")
    if "total" not in parts.found:
        notes.doubt("tasks")
    return goal, task_words


def _budget(parts: _Parts, framework: Framework, notes: Notes) -> Budget:
    labels = framework.labels
    wording = {name: _bare(getattr(labels, name)) for name in AMOUNTS}
    words = [word for word in parts.budget if alike(word.text) != alike(labels.budget)]
    # Labels and amounts as one line: only their order counts, wherever the layout broke them.
    text = " ".join(word.text for word in words)
    places: dict[str, tuple[int, int]] = {}
    for name, label in wording.items():
        found = re.search(r"\s*".join(map(re.escape, label)), text)
        if found:
            places[name] = found.span()
    if not _in_the_forms_unit(text, places, labels.total):
        notes.doubt("budget.unit", *_AMOUNT_PATHS.values())
    values: dict[str, Decimal | None] = dict.fromkeys(AMOUNTS)
    ordered = sorted(places.items(), key=lambda item: item[1])
    for at, (name, (_, begin)) in enumerate(ordered):
        end = ordered[at + 1][1][0] if at + 1 < len(ordered) else len(text)
        raw = text[begin:end]
        for label in (labels.by_source, labels.by_use):
            raw = re.sub(
                r"\s*".join(map(re.escape, label)) + r"?", " ", raw.translate(str.maketrans(":", "："))
            ).strip()
        raw = re.sub(r"^\s*[（(][^）)]*元[）)]", " ", raw) if name == "total" else raw
        raw = re.sub(r"([（(]\s*[0-9０-９]\s*[）)]|[12１２]\s*[、.．])\s*$", " ", raw).strip(" ：:")
        raw = raw.removesuffix(labels.budget).strip()
        values[name] = _value(raw, _AMOUNT_PATHS[name], notes)
    for name in AMOUNTS:
        if name not in places:
            notes.doubt(_AMOUNT_PATHS[name])
    if not places:
        notes.leave(words)
    return Budget(
        total=values["total"],
        by_source=BySource(fiscal=values["fiscal"], other=values["other"]),
        by_use=ByUse(basic=values["basic"], project=values["project"]),
    )


def _bare(label: str) -> str:
    """The words of a money label without its number and its unit: （1）财政性资金 as 财政性资金."""
    return re.sub(r"[（(][^）)]*[）)]", "", label)


def _in_the_forms_unit(text: str, places: dict[str, tuple[int, int]], label: str) -> bool:
    """Whether the text prints the unit that the form prints: 元 read as 万元 would be wrong ten-thousandfold."""
    if "total" not in places:
        return False
    wanted = re.search(r"[（(]([^）)]*)[）)]", label)
    printed = re.match(r"\s*[（(]\s*([^）)]*?)\s*[）)]", text[places["total"][1] :])
    return bool(wanted and printed and printed[1] == wanted[1])


def _value(raw: str, path: str, notes: Notes) -> Decimal | None:
    if not raw:
        notes.doubt(path)
        return None
    plain = amounts.half_width(raw.removesuffix("万元").strip())
    tidy = squeezed(plain)
    try:
        value = amounts.amount(tidy)
    except amounts.AmountError:
        # The amount may stand before words that belong elsewhere.
        first = raw.split(maxsplit=1)[0]
        notes.doubt(path)
        if first != raw:
            try:
                value = amounts.amount(amounts.half_width(first))
            except amounts.AmountError:
                notes.unplaced.append(raw)
                return None
            notes.unplaced.append(raw.removeprefix(first).strip())
            return value
        notes.unplaced.append(raw)
        return None
    if tidy != raw:
        notes.doubt(path)
    return value


def _tasks(words: Sequence[Word], own_names: frozenset[str], notes: Notes) -> tuple[Task, ...]:
    if not words:
        notes.doubt("tasks")
        return ()
    cut = tasks.cut(words, own_names)
    found: list[Task] = []
    named: set[int] = set()
    for at, (span, rivals) in enumerate(zip(cut.spans, cut.rivals, strict=True)):
        row = span.row
        task = Task(name=joined(words[row.start : row.content]), content=joined(words[row.content : row.end]))
        found.append(task)
        if not task.content:
            notes.doubt(f"tasks[{at}].content")
        if squeezed(task.name) in own_names:
            named.add(at)
        if any(rival.row.start != row.start or rival.row.content != row.content for rival in rivals):
            notes.doubt(f"tasks[{at}].name", f"tasks[{at}].content")
        elif any(rival.row.end != row.end for rival in rivals):
            notes.doubt(f"tasks[{at}].content")
    # Where tasks come back among the indicators, one that does not may be a heading inside the content before it.
    for at in range(1, len(found)):
        if named and at not in named and _HEADING.search(found[at].name):
            notes.doubt(f"tasks[{at - 1}].content", f"tasks[{at}].name", f"tasks[{at}].content")
    return tuple(found)


@dataclass(frozen=True)
class _Area:
    """The words of the indicators, and for each level's label the places where it may stand."""

    words: list[Word]
    candidates: dict[str, list[frozenset[int]]]


def _indicator_area(words: Sequence[Word], framework: Framework) -> _Area:
    level1 = [level.name for level in framework.levels]
    names = [*level1, *framework.blocks]
    prepared = rows.prepared(words, names)
    candidates: dict[str, list[frozenset[int]]] = {}
    for name in names:
        places = []
        for hit in landmarks.find(prepared, name):
            at = range(hit.start, hit.end)
            if _stands_like_a_label(prepared, hit.start, hit.end, names):
                places.append(frozenset(at))
        candidates[name] = places
    return _Area(prepared, candidates)


def _stands_like_a_label(words: Sequence[Word], start: int, end: int, names: Sequence[str]) -> bool:
    """At the beginning of a line, after a target, or after another label that stands so; broken only between lines."""
    if any(word.gap < Gap.LINE for word in words[start + 1 : end]):
        return False
    if words[start].gap != Gap.SPACE:
        return True
    before = words[start - 1]
    return before.text in names or rows.is_number(before.text) or rows.is_usual_wording(before.text)


@dataclass(frozen=True)
class _Understood:
    words: list[Word]
    cut: Cut[rows.Row]
    blocks: blocks.Blocks
    known: tuple[str, ...]
    cost: float


def _indicators(area: _Area, hints: frozenset[str], framework: Framework, notes: Notes) -> tuple[Indicator, ...]:
    if not area.words:
        notes.doubt("indicators")
        return ()
    best = _best_reading(area, hints, framework)
    words, cut = best.words, best.cut
    found: list[Indicator] = []
    for at, (span, rivals) in enumerate(zip(cut.spans, cut.rivals, strict=True)):
        row = span.row
        raw = joined(words[row.target : row.end])
        target = targets.parse(raw) if raw else targets.Target("", "", "")
        level2 = best.blocks.names[at]
        found.append(
            Indicator(
                level1=framework.level1_of(level2),
                level2=level2,
                level3=joined(words[row.name : row.target]),
                target_raw=raw,
                operator=target.operator,
                target=target.number,
                unit=target.unit,
                definition=joined(words[row.start : row.name]),
            )
        )
        path = f"indicators[{at}]"
        if at in best.blocks.doubtful:
            notes.doubt(f"{path}.level1", f"{path}.level2")
        elif at in best.blocks.level1_doubtful:
            notes.doubt(f"{path}.level1")
        if any(rival.row.target != row.target for rival in rivals):
            notes.doubt(f"{path}.level3", f"{path}.target_raw", f"{path}.target", f"{path}.definition")
        elif any((rival.row.start, rival.row.name) != (row.start, row.name) for rival in rivals):
            notes.doubt(f"{path}.level3", f"{path}.definition")
        if not raw:
            notes.doubt(f"{path}.level3", f"{path}.target_raw", f"{path}.definition")
        if not raw or target.doubt or target.operator == targets.QUALITATIVE:
            notes.doubt(f"{path}.target")
        if target.operator == targets.QUALITATIVE and not rows.is_usual_wording(raw):
            # The words may as well be the name, and the target missing.
            notes.doubt(f"{path}.level3", f"{path}.target_raw", f"{path}.definition")
        alone = row.start < row.name and words[row.name].gap == Gap.BLANK
        alone = alone and all(word.gap < Gap.LINE for word in words[row.start + 1 : row.name])
        if alone and rows.looks_like_a_name(found[-1].definition):
            # The definition may as well be an indicator whose target is missing.
            notes.doubt(f"{path}.level3", f"{path}.definition")
    notes.leave(words[cut.end :])
    names = [row.level3 for row in found]
    rest = joined(words[cut.end :])
    if _definitions_shifted(found, framework):
        notes.doubt("indicators", *(f"indicators[{at}].definition" for at in range(len(found))))
    absent = [block for block in framework.blocks if block not in best.blocks.names]
    level1 = {row.level1 for row in found}
    cut_off = any(row.name not in names for row in framework.common_indicators)
    cut_off = cut_off or any(level.name not in level1 for level in framework.levels)
    if cut_off or absent or (rest and not _FOOTER.match(rest)):
        notes.doubt("indicators")
    for at, indicator in enumerate(found):
        # A block whose label is not there may have lost its rows to its neighbours.
        if not best.known[at] and indicator.level1 in {framework.level1_of(block) for block in absent}:
            notes.doubt(f"indicators[{at}].level2")
    if cut_off and found and not rest:
        last = f"indicators[{len(found) - 1}]"  # it may have been cut in the middle
        notes.doubt(f"{last}.level3", f"{last}.target_raw", f"{last}.target", f"{last}.definition")
    return tuple(found)


def _definitions_shifted(found: Sequence[Indicator], framework: Framework) -> bool:
    """Whether common rows carry each other's definitions: then the text gives a row's definition after its target."""
    owner = {squeezed(row.definition): row.name for row in framework.common_indicators}
    wrong = sum(
        framework.common(row.level3) is not None and owner.get(squeezed(row.definition), row.level3) != row.level3
        for row in found
    )
    return wrong >= 2


def _best_reading(area: _Area, hints: frozenset[str], framework: Framework) -> _Understood:
    """Which words are labels and which only look like one is decided by what the whole then costs."""
    habits = rows.habits_of(area.words, framework, hints)
    choice = {name: places[0] if places else frozenset() for name, places in area.candidates.items()}
    tried: dict[frozenset[int], _Understood] = {}

    def reading(choice: dict[str, frozenset[int]]) -> _Understood:
        taken = frozenset().union(*choice.values())
        if taken not in tried:
            tried[taken] = _read_with(area, choice, habits, framework)
        return tried[taken]

    best = reading(choice)
    for _ in range(2):
        for name, places in area.candidates.items():
            if len(tried) > _MOST_READINGS:
                break
            options = [*places, frozenset[int]()]
            if len(places) == 1 and not _could_be_text(area.words, places[0]):
                continue
            for option in options:
                if option == choice[name] or (option and any(option & other for other in choice.values())):
                    continue
                other = reading({**choice, name: option})
                if other.cost < best.cost:
                    best, choice = other, {**choice, name: option}
    return best


def _could_be_text(words: Sequence[Word], place: Iterable[int]) -> bool:
    """Whether the label's words may be a name instead: a target follows at once."""
    after = max(place) + 1
    return after < len(words) and words[after].gap <= Gap.SPACE and rows.is_number(words[after].text)


def _read_with(
    area: _Area, choice: dict[str, frozenset[int]], habits: rows.Habits, framework: Framework
) -> _Understood:
    taken = frozenset().union(*choice.values())
    words, places = without(area.words, taken)
    label_at = {name: sum(place < min(spot) for place in places) for name, spot in choice.items() if spot}
    cut = rows.cut(words, sorted(set(label_at.values())), framework, habits)
    ends = [span.row.target for span in cut.spans]
    level1 = {level.name for level in framework.levels}
    second: list[blocks.Label] = []
    first: list[blocks.Label] = []
    for name, at in sorted(label_at.items(), key=lambda item: min(choice[item[0]])):
        label = blocks.Label(name, sum(end < at for end in ends))
        (first if name in level1 else second).append(label)
    names = [joined(words[span.row.name : span.row.target]) for span in cut.spans]
    known = _known_blocks(names, framework)
    leanings = [_leanings(name, habits.hints, framework) for name in names]
    assigned = blocks.assign(known, leanings, second, first, framework)
    unused = sum(1.5 for name, places in area.candidates.items() for place in places if place != choice[name]) + sum(
        4.0 for name, spot in choice.items() if not spot and area.candidates[name]
    )
    return _Understood(words, cut, assigned, tuple(known), cut.cost + assigned.cost + unused)


def _known_blocks(names: Sequence[str], framework: Framework) -> list[str]:
    """The block of each row that is a common indicator. Of two rows with one name, the one among its like is common."""
    found = [row.level2 if (row := framework.common(name)) else "" for name in names]
    for name, block in set(zip(names, found, strict=True)):
        twins = [at for at, other in enumerate(names) if other == name]
        if block and len(twins) > 1:
            keep = max(
                twins, key=lambda at: sum(found[near] == block for near in (at - 1, at + 1) if 0 <= near < len(found))
            )
            for at in twins:
                if at != keep:
                    found[at] = ""
    return found


def _leanings(name: str, hints: frozenset[str], framework: Framework) -> dict[str, float]:
    """Weak evidence of an own indicator's block: its name says the block's name, or it is named like a task."""
    costs: dict[str, float] = {}
    for level in framework.levels:
        for block in level.blocks:
            says = block.name in name
            if block.own[0].rule == "task_completion":
                says = says or squeezed(name) in hints
            costs[block.name] = -0.6 if says else 0.0
    return costs
