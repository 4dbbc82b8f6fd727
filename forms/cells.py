"""A cell of a document by its path: `annual_goal`, `tasks[1].content`, `budget.total`, `indicators[21].target_raw`.

Pure; the rows' own editing (forms.store) and an amendment to a frozen document go by the same rules.
"""

import contextlib
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from forms import amounts, targets
from forms.document import Document, plain, steps, weight_of
from forms.framework import Framework


class BadCell(ValueError):
    """No such cell, or a text it cannot hold; the message is a Chinese sentence that names the cell."""


def value_at(document: Document, path: str) -> Any:
    """What stands at a path, a cell or a row; BadCell where there is no such place."""
    value: Any = document
    for step in steps(path):
        try:
            value = value[step] if isinstance(step, int) else getattr(value, step)
        except (IndexError, AttributeError, TypeError):
            raise BadCell(f"表里没有“{path}”这一处") from None
    if value is document:
        raise BadCell(f"表里没有“{path}”这一处")
    return value


def text_at(document: Document, path: str) -> str:
    """The text of a cell; an empty amount is an empty text. BadCell for a row or no such place."""
    value = value_at(document, path)
    if value is not None and not isinstance(value, str | int) and type(value).__name__ != "Decimal":
        raise BadCell(f"“{path}”不是一个单元格")
    return "" if value is None else str(value)


def must_be_settable(path: str, framework: Framework) -> None:
    """BadCell for a cell that nobody fills in: operator and number follow from the target where the form prints no
    columns for them; form, year and department follow from the table."""
    if not framework.has(path):
        raise BadCell(f"“{path}”不由填报人填写")


def written(texts: Mapping[str, str], now: Mapping[str, str], apart: Collection[str] = frozenset()) -> dict[str, str]:
    """What writing texts into cells of a row that says `now` writes: they themselves, and for a target its operator,
    number and unit as well. `apart` are those of them that the form prints in columns of their own: they are cells like
    others, and stay as they are where only the value is written. TargetError where they contradict each other.
    """
    said = {name: plain(text) for name, text in texts.items()}
    if not {"target_raw", *apart} & set(said):
        return said
    raw = said.get("target_raw", now.get("target_raw", ""))
    sign, unit = (said.get(part, now.get(part, "")) if part in apart else "" for part in ("operator", "unit"))
    if not raw:
        return said | {"target_raw": "", "operator": targets.operator_of(sign), "target": "", "unit": unit}
    target = targets.in_columns(raw, sign, unit) if apart else targets.parse(raw)
    return said | {"target_raw": raw, "operator": target.operator, "target": target.number, "unit": target.unit}


def mark(text: str) -> str:
    """A short name for what a cell said when it was shown, to tell later whether it still says so. Two ways of
    writing one amount are the same, and so are two texts that differ in what cells do not hold."""
    said = plain(text)
    with contextlib.suppress(amounts.AmountError):
        said = f"{amounts.amount(said).normalize():f}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def mark_of_row(cells: Mapping[str, str]) -> str:
    """The same for the cells of a row."""
    said = "\0".join(f"{name}={plain(cells[name])}" for name in sorted(cells))
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def with_text(document: Document, path: str, text: str, framework: Framework) -> Document:
    """The document with one cell set from text; a target is taken apart anew. BadCell says what cannot stand there."""
    text_at(document, path)
    must_be_settable(path, framework)
    way = steps(path)
    last = str(way[-1])
    data = document.model_dump(mode="python")
    row: Any = data
    for step in way[:-1]:
        row = row[step]
    try:
        if way[0] == "budget" or (way[0] == "tasks" and last not in ("name", "content")):
            row[last] = amounts.amount(text) if text.strip() else None
        elif last == "weight":
            row[last] = weight_of(text)
        else:
            row |= written({last: text}, row, framework.columns.apart)
        return Document.model_validate(data)
    except (amounts.AmountError, targets.TargetError) as error:
        raise BadCell(str(error)) from error
    except ValidationError as error:
        raise BadCell(f"“{path}”：{error.errors()[0]['msg']}") from error
