"""How a table's things are said and laid out in templates: places, merged levels, what the bottom bar offers."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Flask, url_for
from flask_babel import gettext as _

from forms import cells
from forms.amounts import decimals_of
from forms.document import Document, Indicator, steps
from forms.places import CELLS, FIELDS, ROW
from workflow.comparison import pieces
from workflow.dossier import Dossier, verb
from workflow.lifecycle import EVENTS
from workflow.models import Remark
from workflow.states import LABELS, State

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


def places(document: Document) -> list[tuple[str, str]]:
    """Every place a remark can be on, with its words; the first is the whole table."""
    parts = ["annual_goal", "tasks", *(f"tasks[{at}]" for at in range(len(document.tasks)))]
    parts += [path for path in CELLS if path.startswith("budget")]
    parts += ["indicators", *(f"indicators[{at}]" for at in range(len(document.indicators)))]
    return [("", _("全表")), *((path, place_words(path, document)) for path in parts)]


def cells_to_change(document: Document) -> list[tuple[str, str, str]]:
    """Every cell that people fill in: its path, its words, its text now."""
    found = []
    for path, value in document.cells():
        try:
            cells.must_be_settable(path)
        except cells.BadCell:
            continue
        found.append((path, place_words(path, document), "" if value is None else str(value)))
    return found


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


def ordered_remarks(remarks: Sequence[Remark]) -> list[Remark]:
    """Open before answered, 必改 before 建议, then by number."""
    return sorted(remarks, key=lambda r: (r.answer is not None, not r.must, r.number))


def local_time(at: datetime, timezone: str) -> str:
    """An instant as people of the region write it: 11-26 16:20."""
    return f"{at.astimezone(ZoneInfo(timezone)):%m-%d %H:%M}"


def stage_number(state: str) -> int:
    """Which of the year's stages a state is, from 1."""
    return list(State).index(State(state)) + 1


LINKS: dict[str, tuple[str, str]] = {
    "remark": ("review.begin", "审核…"),
    "amend": ("amendment.ask", "协商修改…"),
    "extend": ("cycle.ask_extension", "延期…"),
    "waive_monitoring": ("cycle.ask_waiver", "放行…"),
    "urge": ("cycle.ask_urge", "催办…"),
}
"""Records that have a page: name -> (endpoint, words). Each page adds its own below where it is made."""

ASIDE: set[str] = set()
"""Of these, what may be done for long but is nobody's next step: it stands last."""


def links_of(d: Dossier) -> list[tuple[str, str, str]]:
    """What the bottom bar offers: (name, words, address), the pages to write in first, undoing and voiding last."""
    found = [
        (name, _(words), url_for(endpoint, table_id=d.table.id))
        for name, (endpoint, words) in LINKS.items()
        if d.may(name)
    ]
    late = {"withdraw", "recall", "void"}
    names = [name for name in EVENTS if d.may(name) and name != "amend"]
    for name in sorted(names, key=lambda each: each in late):
        found.append((name, EVENTS[name].label, url_for("events.ask", table_id=d.table.id, event=name)))
    return sorted(found, key=lambda link: link[0] in ASIDE)


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.add_template_filter(local_time, "local_time")
    app.add_template_filter(money, "money")
    app.context_processor(
        lambda: {
            "labels": LABELS,
            "kinds": KINDS,
            "links_of": links_of,
            "ordered_remarks": ordered_remarks,
            "place_words": place_words,
            "places": places,
            "spans": spans,
            "stage_number": stage_number,
            "verb": verb,
            "word_runs": pieces,
        }
    )
