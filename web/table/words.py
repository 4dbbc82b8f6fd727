"""How a table's things are said and laid out in templates: places, merged levels, what the bottom bar offers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import get_args
from zoneinfo import ZoneInfo

from flask import Flask, url_for
from flask_babel import gettext as _

from config.clock import now
from forms import cells
from forms.amounts import decimals_of
from forms.document import PARTS_OF_A_TARGET, Document, Indicator, Task, steps
from forms.framework import Framework
from forms.places import CELLS, FIELDS, ROW
from forms.targets import Operator
from workflow.comparison import pieces
from workflow.deadlines import local_date, short_day
from workflow.dossier import Dossier, verb
from workflow.facts import Reason
from workflow.filling import labelled_amounts
from workflow.lifecycle import EVENTS, UNDOING
from workflow.models import Remark, Table
from workflow.review import CRITERIA, GRADES, Part, ReviewForm, remark_name, remark_names
from workflow.states import LABELS, State, stages

KINDS = {"submission": "送审", "amendment": "协商修改", "evaluation": "自评"}


def place_words(path: str, document: Document) -> str:
    """A path as people say it: "第 22 行 履职目标实现率 指标值说明"."""
    row = ROW.match(path)
    if row is None:
        return CELLS.get(path, path)
    part, at = row[1], int(row[2])
    field = steps(path)[-1]
    tail = f" {FIELDS[field]}" if isinstance(field, str) and field in FIELDS and field != "level3" else ""
    if part == "tasks":
        name = document.tasks[at].name if at < len(document.tasks) else ""
        return f"主要任务 第 {at + 1} 项 {name}{tail}".replace("  ", " ")
    name = document.indicators[at].level3 if at < len(document.indicators) else ""
    return f"第 {at + 1} 行 {name}{tail}".replace("  ", " ")


@dataclass(frozen=True)
class Said:
    """One cell of a place: what it is called, what it says, and whether it is the very one that was asked for."""

    label: str
    text: str
    asked: bool


def said_at(path: str | None, document: Document) -> list[Said]:
    """What a place of the sheet says, with the rest of its row; nothing where the row is gone, nor for a whole part."""
    row = ROW.match(path or "")
    if path and row:
        rows: Sequence[Task | Indicator] = document.tasks if row[1] == "tasks" else document.indicators
        asked = steps(path)[-1]
        asked = "target_raw" if asked in PARTS_OF_A_TARGET else asked
        return [
            Said(FIELDS[cell], text, cell == asked)
            for one in rows[int(row[2]) :][:1]
            for cell in OF_A_ROW[row[1]]
            if (text := _said(one, cell)) or cell not in one.sometimes
        ]
    inside = [cell for cell in SINGLE if path and (cell == path or cell.startswith(f"{path}."))]
    return [Said(CELLS[cell], cells.text_at(document, cell), cell == path) for cell in inside]


def _said(row: Task | Indicator, cell: str) -> str:
    """A cell of a row; of a target all that it says."""
    if isinstance(row, Indicator) and cell == "target_raw":
        return row.goal
    value = getattr(row, cell)
    return "" if value is None else str(value)


OF_A_ROW = {
    "tasks": ("name", "content", "total", "fiscal", "other"),
    "indicators": ("level3", "target_raw", "weight", "definition"),
}
SINGLE = ("project", "annual_goal", *(path for path in CELLS if path.startswith("budget.") and path.count(".") < 3))
SIGNS = ("", *(sign for sign in get_args(Operator) if sign))
"""What can stand in a column of signs."""
WHOLE = "*"
"""How a form writes the whole table as a place, so that no choice and this one differ."""


def places(document: Document, framework: Framework) -> list[tuple[str, str]]:
    """Every place a remark can be on, with its words; the first is the whole table."""
    parts = ["project"] if framework.subject == "project" else []
    parts += ["annual_goal", *(["tasks"] if framework.labels.tasks else [])]
    parts += [f"tasks[{at}]" for at in range(len(document.tasks))]
    parts += [path for path in CELLS if any(each == path or each.startswith(f"{path}.") for each in framework.amounts)]
    parts += ["indicators", *(f"indicators[{at}]" for at in range(len(document.indicators)))]
    return [(WHOLE, _("全表")), *((path, place_words(path, document)) for path in parts)]


@dataclass(frozen=True)
class Block:
    """A block of the form with the cells that people fill in: path, words, text now."""

    label: str
    cells: tuple[tuple[str, str, str], ...]

    def only(self, fits: Callable[[str, str], bool]) -> "Block":
        """The same with the cells that fit, by their path and by all they say."""
        return Block(self.label, tuple(cell for cell in self.cells if fits(cell[0], f"{cell[1]} {cell[2]}")))


def blocks_to_change(d: Dossier) -> list[Block]:
    """Every cell that people fill in, by the blocks of the form; indicators by their first level."""
    document, found = d.document, dict[str, list[tuple[str, str, str]]]()
    for path in _cells_of_the_form(d):
        text = cells.text_at(document, path)
        found.setdefault(_block_of(path, d), []).append((path, place_words(path, document), text))
    return [Block(label, tuple(inside)) for label, inside in found.items()]


def _cells_of_the_form(d: Dossier) -> Iterator[str]:
    """Every cell that the form has, filled in or not, in its order."""
    yield from (path for path in ("project", "annual_goal") if d.framework.has(path))
    yield from (f"tasks[{at}].{cell}" for at in range(len(d.document.tasks)) for cell in d.framework.row_cells["tasks"])
    yield from d.framework.amounts
    for at in range(len(d.document.indicators)):
        yield f"indicators[{at}].level1"
        yield from (f"indicators[{at}].{cell}" for cell in d.framework.row_cells["indicators"])


def _block_of(path: str, d: Dossier) -> str:
    row, labels = ROW.match(path), d.framework.labels
    if row is not None and row[1] == "indicators":
        return d.document.indicators[int(row[2])].level1 or CELLS["indicators"]
    part = str(steps(path)[0])
    return {
        "project": labels.project_name,
        "annual_goal": labels.annual_goal,
        "tasks": labels.tasks,
        "budget": labels.budget,
    }.get(part, part)


def can_be_amended(path: str) -> bool:
    """Whether something at a place is filled in by people; department and year follow from the table."""
    return path not in {"department", "fiscal_year"}


def spans(indicators: Sequence[Indicator]) -> Iterator[tuple[Indicator, int, int]]:
    """Each indicator with how many rows its first and second level cells span; 0 where they are merged from above."""
    first = _starts((row.level1,) for row in indicators)
    second = _starts((row.level1, row.level2) for row in indicators)
    return zip(indicators, first, second, strict=True)


def _starts(keys: Iterable[tuple[str, ...]]) -> list[int]:
    found: list[int] = []
    for _key, group in groupby(keys):
        length = len(list(group))
        found += [length, *[0] * (length - 1)]
    return found


def money(value: Decimal, decimals: int) -> str:
    """An amount in 万元 with thousands commas, with the form's decimals or as many more as it has."""
    return f"{value:,.{max(decimals, decimals_of(value))}f}"


def ordered_remarks(d: Dossier) -> list[Remark]:
    """Open before answered, 必改 before 建议, then in the order of the form, then by number."""
    return sorted(d.remarks, key=lambda r: (r.answer is not None, not r.must, _in_the_form(d.path_now(r)), r.number))


def _in_the_form(path: str | None) -> tuple[int, int, int]:
    """Where a place stands in the form: what is on the whole table comes first, a row that is gone last."""
    if path is None:
        return (len(PARTS), 0, 0)
    part, *rest = steps(path) or ("",)
    row = next((step for step in rest if isinstance(step, int)), -1)
    last = steps(path)[-1] if path else ""
    return (PARTS.index(str(part)) if part in PARTS else 0, row, list(FIELDS).index(last) if last in FIELDS else -1)


PARTS = ("", "fiscal_year", "department", "project", "annual_goal", "tasks", "budget", "indicators")
"""The parts of the form in its order; the whole table before them."""


def unchanged_words(path: str) -> str:
    """That what a remark is on has not changed, though the department says so."""
    if not path:
        what = _("全表没有变化")
    elif path in {"tasks", "indicators", "budget"}:
        what = _("这一部分没有变化")
    elif path.endswith("]"):
        what = _("这一行没有变化")
    else:
        what = _("这一格没有变化")
    return str(_("部门答复“已改”，但%(what)s", what=what))


@dataclass(frozen=True)
class Refusal:
    """One line of an error summary: its words, and the fields (id, words) to mend it in."""

    text: str
    fields: tuple[tuple[str, str], ...] = ()
    place: str | None = None
    """Where on the table's page it can be mended."""


FIELDS_OF = {
    "opinion_empty": "opinion",
    "deadline_missing": "until",
    "deadline_past": "until",
    "deadline_late": "until",
    "grade": "grade-1",
    "place_missing": "remark-place",
    "bad_cell": "remark-place",
    "must_missing": "remark-must",
    "text_empty": "remark-text",
}
"""Reasons that a field of the page's own form answers: code -> id."""


def refusals(reasons: Sequence[Reason], form: ReviewForm | None = None) -> list[Refusal]:
    """An error summary; what a review form lacks is told part by part, each with its field."""
    found = []
    for reason in reasons:
        if reason.code == "review_incomplete" and form is not None:
            parts = tuple((field_of(part), part.words) for part in form.missing_parts())
            found.append(Refusal(str(_("评审表还缺：")), parts))
        elif reason.code in FIELDS_OF:
            found.append(Refusal("", ((FIELDS_OF[reason.code], reason.text),)))
        else:
            unanswered = reason.code in {"must_unanswered", "unchanged"}
            found.append(Refusal(reason.text, place="remarks-title" if unanswered else reason.path))
    return found


def wrong_fields(refused: Sequence[Refusal]) -> dict[str, str]:
    """What is wrong with each field that a refusal is about, by its id."""
    return {field: words for one in refused for field, words in one.fields}


def field_of(part: Part) -> str:
    """The id of the field where a part of the review form is filled in."""
    return f"opinion-{part.name}" if part.name in CRITERIA else f"{part.name}-{GRADES[0]}"


def local_time(at: datetime, timezone: str) -> str:
    """An instant as people of the region write it: 11-26 16:20, with the year where it differs from today's."""
    there = at.astimezone(ZoneInfo(timezone))
    return f"{short_day(there.date(), local_date(now(), timezone))} {there:%H:%M}"


REVIEW_PAGES: dict[State, tuple[str, str]] = {
    State.INTERNAL_REVIEW: ("review.internal", "内审"),
    State.FINANCE_REVIEW: ("review.finance", "审核"),
    State.EVALUATION_REVIEW: ("review.evaluation", "复核自评"),
}
"""Where a table is reviewed in each state, and what that is called: (endpoint, words)."""
DECIDED_THERE = frozenset({"endorse", "send_back", "approve", "return", "return_evaluation", "accept_evaluation"})
"""Events that have their buttons on the page of the review."""

LINKS: dict[str, tuple[str, str]] = {
    "remark": ("review.begin", "审核"),
    "amend": ("amendment.ask", "协商修改…"),
    "extend": ("cycle.ask_extension", "延期…"),
    "waive_monitoring": ("cycle.ask_waiver", "放行…"),
    "urge": ("cycle.ask_urge", "催办…"),
}
"""Records that have a page: name -> (endpoint, words). Each page adds its own below where it is made."""

ASIDE: set[str] = {"urge", "extend"}
"""Of these, what may be done for long but is nobody's next step: it stands last, and never as the primary button."""

DUE: dict[str, Callable[[Dossier], bool]] = {}
"""When one of these is due although it stands aside, or is not although it could be done: name -> the question."""

IN_THE_PAGE: dict[str, frozenset[State]] = {}
"""In which states one of these has a link in the page, with a word about when it counts, and none in the bar."""


def sheet_name(table: Table) -> str:
    """A table as a page's head names it: with the number of the adjustment, where it is one."""
    name = _("%(year)s年度绩效目标表", year=table.cycle.fiscal_year)
    number = table.adjustment_number
    return f"{name} {_('目标调整 %(number)s', number=number)}" if number else str(name)


def review_address(table_id: int, state: State) -> str:
    """The page where a table is reviewed in its state; without one, the table's."""
    endpoint = REVIEW_PAGES[state][0] if state in REVIEW_PAGES else "table.show"
    return url_for(endpoint, table_id=table_id)


def links_of(d: Dossier) -> list[tuple[str, str, str]]:
    """What the bottom bar offers: (name, words, address). The stage's own step first (the review, or the event that
    moves the table on), then the pages to write in, what is nobody's next step, undoing, and voiding."""
    reviews = d.may("remark")
    found = [
        (name, _(words), url_for(endpoint, table_id=d.table.id))
        for name, (endpoint, words) in LINKS.items()
        if d.may(name) and name != "remark" and not stands_in_the_page(d, name)
    ]
    if reviews:
        found.append(("remark", _(REVIEW_PAGES[d.state][1]), review_address(d.table.id, d.state)))
    for name, event in EVENTS.items():
        if d.may(name) and name not in LINKS and not (reviews and name in DECIDED_THERE):
            found.append((name, event.label, url_for("events.ask", table_id=d.table.id, event=name)))
    return sorted(found, key=lambda link: (not _is_due(d, link[0]), _rank(link[0])))


def stands_in_the_page(d: Dossier, name: str) -> bool:
    """Whether one of the links, which the reader may follow, has its place in the page and not in the bar."""
    return d.may(name) and d.state in IN_THE_PAGE.get(name, ())


def due_of(d: Dossier, links: Sequence[tuple[str, str, str]]) -> str | None:
    """The one of these links that is due next: the primary button of the bar; None where nothing is."""
    return next((name for name, _words, _url in links[:1] if _is_due(d, name)), None)


def _is_due(d: Dossier, name: str) -> bool:
    return DUE[name](d) if name in DUE else may_be_primary(name)


def _rank(name: str) -> int:
    """Undoing stands behind everything that goes on; so does voiding. Neither is ever the primary button."""
    if name == "void":
        return 4
    if name in UNDOING:
        return 3
    if name in ASIDE:
        return 2
    return 0 if name == "remark" or (name in EVENTS and name not in LINKS) else 1


def may_be_primary(name: str) -> bool:
    """Whether an act may be the primary button of its form: never what undoes or voids, nor what stands aside."""
    return _rank(name) < 2


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.add_template_filter(local_time, "local_time")
    app.add_template_filter(money, "money")
    app.context_processor(
        lambda: {
            "can_be_amended": can_be_amended,
            "cell_at": cells.value_at,
            "due_of": due_of,
            "field_words": FIELDS,
            "signs": SIGNS,
            "labelled_amounts": labelled_amounts,
            "labels": LABELS,
            "kinds": KINDS,
            "links_of": links_of,
            "may_be_primary": may_be_primary,
            "ordered_remarks": ordered_remarks,
            "place_words": place_words,
            "places": places,
            "remark_name": remark_name,
            "remark_names": remark_names,
            "review_address": review_address,
            "said_at": said_at,
            "sheet_name": sheet_name,
            "spans": spans,
            "stands_in_the_page": stands_in_the_page,
            "stages_of": lambda adjusts: stages(adjusts=adjusts),
            "unchanged_words": unchanged_words,
            "verb": verb,
            "word_runs": pieces,
        }
    )
