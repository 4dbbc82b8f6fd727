"""The sheet as a value: what is read, checked, frozen, compared and written. Equal when it says the same."""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from forms import amounts, targets
from forms.targets import Operator

_BREAKS = {"\t", "\n", "\v", "\f", "\r", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"}


def plain(text: str) -> str:
    """A text as cells hold it: NFC, line breaks as spaces, no control or invisible characters, nothing around it."""
    if text.isprintable():  # as most cells are: no break, nothing invisible
        return unicodedata.normalize("NFC", text).strip()
    spaced = "".join(" " if char in _BREAKS else char for char in text)
    # A joiner or a variation selector cannot be seen, so two equal-looking cells would differ.
    shown = "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return unicodedata.normalize("NFC", shown).strip()


def squeezed(text: str) -> str:
    """The text without any white space: what counts when layout is not to count."""
    return "".join(text.split())


def _amount(value: object) -> object:
    if isinstance(value, str):
        return amounts.amount(value) if value.strip() else None
    if isinstance(value, Decimal):
        amounts.to_cents(value)
        if value < 0:
            raise amounts.AmountError(f"金额“{value}”小于 0，请填写 0 或正数")
        return abs(value)  # -0 is 0
    if value is None:
        return None
    raise amounts.AmountError(f"金额“{value!s:.40}”应为文本或十进制数")


Text = Annotated[str, BeforeValidator(lambda value: plain(value) if isinstance(value, str) else value)]
Amount = Annotated[
    Decimal | None,
    BeforeValidator(_amount),
    PlainSerializer(lambda value: None if value is None else f"{value:f}", return_type=str | None, when_used="json"),
]
"""万元 with the decimals as printed; None where the cell is empty. Written to JSON as text, compared as a number."""


def weight_of(value: object) -> object:
    """A weight from text or a number: not negative, with at most 4 decimals; AmountError says what is wrong."""
    number = _amount(value)
    if isinstance(number, Decimal) and number > MOST_WEIGHT:
        raise amounts.AmountError(f"权重“{number}”超过 {MOST_WEIGHT}，请核对")
    if isinstance(number, Decimal) and number * 10_000 % 1:
        raise amounts.AmountError(f"权重“{number}”小数太多，请最多保留 4 位")
    return number


MOST_WEIGHT = 1000
"""Forms share out 100, 90 or 70 points; some write per mille. [choice]"""

Weight = Annotated[
    Decimal | None,
    BeforeValidator(weight_of),
    PlainSerializer(lambda value: None if value is None else f"{value:f}", return_type=str | None, when_used="json"),
]
"""权重 or 分值 with the decimals as printed, without a sign of percent; None where the form or the row has none."""


class Cells(BaseModel):
    """What all parts of a sheet have in common: they never change, and they know no cell that no form has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sometimes: ClassVar[frozenset[str]] = frozenset()
    """Cells that only some forms have. Where they are empty they are not written: a sheet of a form without them reads
    as it always did, and keeps its digest."""

    @model_serializer(mode="wrap")
    def _without_what_the_form_has_not(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = write(self)
        for name in self.sometimes:
            if data.get(name) in (None, ""):
                data.pop(name, None)
        return data


class Task(Cells):
    """主要任务: what the department will do; some forms say what it costs, in 万元."""

    sometimes = frozenset({"total", "fiscal", "other"})

    name: Text = ""
    content: Text = ""
    total: Amount = None
    fiscal: Amount = None
    other: Amount = None


class BySource(Cells):
    """资金来源, in 万元."""

    fiscal: Amount = None
    other: Amount = None


class ByUse(Cells):
    """资金结构, in 万元."""

    basic: Amount = None
    project: Amount = None


class Budget(Cells):
    """预算情况, in `unit`."""

    unit: Literal["万元"] = "万元"
    total: Amount = None
    by_source: BySource = BySource()
    by_use: ByUse = ByUse()


class Indicator(Cells):
    """指标: three levels of names, the target as printed and taken apart (forms.targets), and its definition.

    Where a form prints sign and unit in columns of their own, `target_raw` is what stands in the column of the value.
    """

    sometimes = frozenset({"weight"})

    level1: Text = ""
    level2: Text = ""
    level3: Text = ""
    target_raw: Text = ""
    operator: Operator = ""
    target: Text = ""
    unit: Text = ""
    definition: Text = ""
    weight: Weight = None

    @property
    def goal(self) -> str:
        """The target in one piece, whatever columns the form prints it in."""
        return targets.in_one(self.target_raw, self.operator, self.target, self.unit)


class Document(Cells):
    """部门整体绩效目标表, or 项目支出绩效目标表 with its project.

    `form` is the framework's key; a cell that is empty on paper is "" or None.
    """

    sometimes = frozenset({"project"})

    form: Text
    fiscal_year: int | None = Field(default=None, ge=1949, le=2999)
    department: Text = ""
    project: Text = ""
    annual_goal: Text = ""
    tasks: tuple[Task, ...] = ()
    budget: Budget = Budget()
    indicators: tuple[Indicator, ...] = ()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The document that a JSON text holds; pydantic's ValidationError where it holds none."""
        return cls.model_validate_json(text)

    def to_json(self, indent: int | None = None) -> str:
        """JSON in the order of the form, amounts with the decimals as printed."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=indent)

    def canonical(self) -> str:
        """One JSON text for all equal documents: sorted keys, no spaces, amounts without closing zeros."""
        return json.dumps(
            _normalised(self.model_dump(mode="python")), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )

    def with_decimals(self, at_least: int) -> Self:
        """The same document with its amounts printed with so many decimals or more; a frozen one keeps no closing
        zeros."""

        def padded(values: dict[str, Any]) -> dict[str, Any]:
            return {
                name: padded(value)
                if isinstance(value, dict)
                else round(value, at_least)
                if isinstance(value, Decimal) and -int(value.as_tuple().exponent) < at_least
                else value
                for name, value in values.items()
            }

        return self.model_copy(update={"budget": Budget.model_validate(padded(self.budget.model_dump()))})

    def digest(self) -> str:
        """SHA-256 of the canonical text, in hex: the name of this wording of the sheet."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def cells(self) -> Iterator[tuple[str, str | int | Decimal | None]]:
        """Every cell as (path, value), in the form's order; paths like `tasks[0].content`, `budget.by_use.basic`."""
        yield from _leaves(self, "")


class Change(NamedTuple):
    """One difference. A row that only one side has is named by its row path and its name; the other side is None."""

    path: str
    old: str | None
    new: str | None


def differences(old: Document, new: Document, *, ignore_space: bool = False) -> tuple[Change, ...]:
    """What changed from `old` to `new`, cell by cell, in the order of the form; empty exactly when they are equal.

    Rows are matched by name, so an inserted one does not shift the rest; a renamed one is matched by its place. Paths
    count in `new`, those of removed rows in `old`. Rows in another order are one change of the whole list.
    """
    seen = squeezed if ignore_space else str
    changes = _changed_cells("", old, new, seen, skip=("tasks", "indicators"))
    changes += _changed_rows("tasks", old.tasks, new.tasks, _task_name, seen)
    changes += _changed_rows("indicators", old.indicators, new.indicators, _indicator_name, seen)
    return tuple(changes)


PARTS_OF_A_TARGET = frozenset({"operator", "target", "unit"})
"""Cells that say one thing together with `target_raw`, and are told with it."""


def differences_as_said(old: Document, new: Document, *, ignore_space: bool = False) -> tuple[Change, ...]:
    """The same as people say it: of a target what changed in one piece (Indicator.goal), at the place of its value."""
    seen = squeezed if ignore_space else str
    same, renamed = _partners(
        _row_keys(old.indicators, _indicator_name, seen), _row_keys(new.indicators, _indicator_name, seen)
    )
    found: dict[str, Change] = {}
    for change in differences(old, new, ignore_space=ignore_space):
        match steps(change.path):
            case ("indicators", int(at), str(cell)) if cell == "target_raw" or cell in PARTS_OF_A_TARGET:
                was, now = old.indicators[(same | renamed)[at]].goal, new.indicators[at].goal
                if seen(was) != seen(now):
                    path = f"indicators[{at}].target_raw"
                    found[path] = Change(path, was, now)
            case _:
                found[change.path] = change
    return tuple(found.values())


def said_at(document: Document, path: str, value: object) -> object:
    """What a cell is compared by: a target by all that it says."""
    match steps(path):
        case ("indicators", int(at), "target_raw"):
            return document.indicators[at].goal
    return value


def same_tasks(old: Sequence[Task], new: Sequence[Task]) -> dict[int, int]:
    """Which task is which: place in `new` -> place in `old`, by name, then by place."""
    same, renamed = _partners(_row_keys(old, _task_name, str), _row_keys(new, _task_name, str))
    return same | renamed


def same_indicators(old: Sequence[Indicator], new: Sequence[Indicator]) -> dict[int, int]:
    """Which indicator is which: place in `new` -> place in `old`, by its three levels, then by place."""
    same, renamed = _partners(_row_keys(old, _indicator_name, str), _row_keys(new, _indicator_name, str))
    return same | renamed


def follow(path: str, old: Document, new: Document) -> str | None:
    """Where a place of `old` stands in `new`: rows are followed by name. None for a row that `new` no longer has."""
    row = _ROW.match(path)
    if row is None:
        return path
    partners = (
        same_tasks(old.tasks, new.tasks) if row[1] == "tasks" else same_indicators(old.indicators, new.indicators)
    )
    at = next((now for now, was in partners.items() if was == int(row[2])), None)
    return None if at is None else f"{row[1]}[{at}]{path[row.end() :]}"


def same_text(old: Document, new: Document) -> bool:
    """Whether both say the same when white space does not count."""
    return not differences(old, new, ignore_space=True)


_ROW = re.compile(r"(tasks|indicators)\[([0-9]+)\]")
_PATH = re.compile(r"[a-z_0-9]+|\[[0-9]+\]")


def steps(path: str) -> tuple[str | int, ...]:
    """`tasks[1].content` as ("tasks", 1, "content")."""
    return tuple(int(step[1:-1]) if step.startswith("[") else step for step in _PATH.findall(path))


def _task_name(task: Task) -> tuple[str, ...]:
    return (task.name,)


def _indicator_name(row: Indicator) -> tuple[str, ...]:
    return (row.level1, row.level2, row.level3)


def _normalised(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, dict):
        return {key: _normalised(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised(item) for item in value]
    return value


def _leaves(cells: Cells, prefix: str) -> Iterator[tuple[str, Any]]:
    for name in type(cells).model_fields:
        value = getattr(cells, name)
        if name in cells.sometimes and value in (None, ""):
            continue
        if isinstance(value, Cells):
            yield from _leaves(value, f"{prefix}{name}.")
        elif isinstance(value, tuple):
            for at, row in enumerate(value):
                yield from _leaves(row, f"{prefix}{name}[{at}].")
        else:
            yield f"{prefix}{name}", value


def _shown(value: Any) -> str | None:
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _changed_cells(
    prefix: str, old: Cells, new: Cells, seen: Callable[[str], str], skip: Sequence[str] = ()
) -> list[Change]:
    before, after = dict(_leaves(old, prefix)), dict(_leaves(new, prefix))
    changes = []
    for path in [*after, *(path for path in before if path not in after)]:
        if path.partition("[")[0] in skip:
            continue
        was, value = before.get(path), after.get(path)
        same = seen(value) == seen(was) if isinstance(value, str) and isinstance(was, str) else value == was
        if not same:
            changes.append(Change(path, _shown(was), _shown(value)))
    return changes


def _changed_rows(
    name: str,
    old: Sequence[Cells],
    new: Sequence[Cells],
    key: Callable[[Any], tuple[str, ...]],
    seen: Callable[[str], str],
) -> list[Change]:
    same, renamed = _partners(_row_keys(old, key, seen), _row_keys(new, key, seen))
    changes = []
    if list(same.values()) != sorted(same.values()):
        in_old_order = sorted(same, key=lambda at: same[at])
        changes.append(Change(name, _names(new, in_old_order, key), _names(new, list(same), key)))
    partner = same | renamed
    for at, row in enumerate(new):
        if at in partner:
            changes += _changed_cells(f"{name}[{at}].", old[partner[at]], row, seen)
        else:
            changes.append(Change(f"{name}[{at}]", None, key(row)[-1]))
    gone = sorted(set(range(len(old))) - set(partner.values()))
    return changes + [Change(f"{name}[{at}]", key(old[at])[-1], None) for at in gone]


def _row_keys(
    rows: Sequence[Cells], key: Callable[[Any], tuple[str, ...]], seen: Callable[[str], str]
) -> list[tuple[tuple[str, ...], int]]:
    """The name of each row, and which of the rows of that name it is."""
    counted: Counter[tuple[str, ...]] = Counter()
    keys = []
    for row in rows:
        words = tuple(seen(part) for part in key(row))
        keys.append((words, counted[words]))
        counted[words] += 1
    return keys


def _names(rows: Sequence[BaseModel], places: Sequence[int], key: Callable[[Any], tuple[str, ...]]) -> str:
    return "、".join(key(rows[at])[-1] for at in places)


def _partners(old: Sequence[object], new: Sequence[object]) -> tuple[dict[int, int], dict[int, int]]:
    """Place in `new` -> place in `old`: of the rows with equal names, and of those renamed.

    Rows left over on both sides that follow the same row are the same row under another name.
    """
    place = {row: at for at, row in enumerate(old)}
    same = {at: place[row] for at, row in enumerate(new) if row in place}
    after = {at: new_at for new_at, at in same.items()}
    free: dict[int, list[int]] = {}
    last = -1
    for at in range(len(old)):
        if at in after:
            last = after[at]
        else:
            free.setdefault(last, []).append(at)
    renamed: dict[int, int] = {}
    last = -1
    for at in range(len(new)):
        if at in same:
            last = at
        elif free.get(last):
            renamed[at] = free[last].pop(0)
    return same, renamed
