"""A sheet as the text of its official form, in the order in which a PDF of the form gives it: what reading reads back.

A cell stands on one line; a row is definition, name, target; the label of a merged cell stands before its first row.
White space that a cell holds beside Chinese characters is layout to the reader, and so are the lines of a long text:
they come back joined. Pure.
"""

import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from forms.amounts import decimals_of, text_of, to_cents
from forms.document import Document, Indicator
from forms.framework import Framework

BESIDE = 20
"""A definition no wider than this, in full-width characters, stands in its name's line, as the form prints it."""


def text(document: Document, framework: Framework) -> str:
    """The text of the whole form."""
    return "\n\n".join(part for part in _parts(document, framework) if part) + "\n"


def _parts(document: Document, framework: Framework) -> Iterator[str]:
    labels, columns, decimals = framework.labels, framework.columns, framework.decimals
    yield framework.title
    yield labels.fiscal_year.format(year=document.fiscal_year)
    yield f"{labels.department} {document.department}"
    yield labels.annual_goal
    yield _line(document.annual_goal)
    yield labels.tasks
    yield f"{labels.task_name} {labels.task_content}"
    for task in document.tasks:
        yield _line(task.name)
        yield _line(task.content)
    budget = document.budget
    yield labels.budget
    yield f"{labels.total} {_money(budget.total, decimals)}"
    yield f"{labels.by_source}{labels.fiscal} {_money(budget.by_source.fiscal, decimals)}"
    yield f"{labels.other} {_money(budget.by_source.other, decimals)}"
    yield f"{labels.by_use}{labels.basic} {_money(budget.by_use.basic, decimals)}"
    yield f"{labels.project} {_money(budget.by_use.project, decimals)}"
    yield " ".join((columns.level1, columns.level2, columns.level3, columns.target, columns.definition))
    for level1, rows in groupby(document.indicators, lambda row: row.level1):
        yield level1
        for level2, inside in groupby(rows, lambda row: row.level2):
            yield level2
            yield from (_row(row) for row in inside)


def _row(row: Indicator) -> str:
    definition, named = _line(row.definition), f"{_line(row.level3)} {_line(row.target_raw)}".strip()
    gap = " " if _width(definition) <= BESIDE else "\n\n"
    return f"{definition}{gap}{named}".strip()


def _line(cell: str) -> str:
    return "".join(part.strip() for part in cell.splitlines())


def _width(line: str) -> float:
    return sum(1 if unicodedata.east_asian_width(char) in "FWA" else 0.5 for char in line)


def _money(value: Decimal | None, decimals: int) -> str:
    return "" if value is None else text_of(to_cents(value), max(decimals, decimals_of(value)), grouped=True)
