"""The sheet as it is filled in: its blocks with their rows, what of each row the form gives, and how far each is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from forms import cells, marks
from forms.checks import Finding, Severity
from forms.document import Document, Indicator, squeezed
from forms.framework import Framework
from forms.marks import UNSURE
from forms.models import IndicatorRow, TaskRow
from forms.places import ROW
from forms.targets import QUALITATIVE
from workflow.dossier import Dossier
from workflow.models import Remark


@dataclass(frozen=True)
class Cell:
    """A cell that stands for itself: the goal, an amount."""

    path: str
    text: str
    mark: str
    label: str = ""
    marked: str = ""
    """Why it is to be looked at (forms.marks); "" where it is not."""

    @property
    def place(self) -> str:
        """What it is called when it is confirmed, with a name of what was seen there."""
        return f"{self.path}={self.mark}"


@dataclass(frozen=True)
class Row:
    """A row with what is to be told beside it. `locked` names the cells that the form gives."""

    part: str
    id: int
    edit: int
    at: int
    level1: str
    cells: dict[str, str]
    locked: frozenset[str]
    findings: tuple[Finding, ...]
    remarks: tuple[Remark, ...]
    marks: Mapping[str, str] = field(default_factory=dict)
    """Which of its cells are to be looked at, and why (forms.marks)."""

    def marked(self, why: str) -> tuple[str, ...]:
        """The cells that are to be looked at for that reason."""
        return tuple(cell for cell, mark in self.marks.items() if mark == why)

    def places(self, *cells_: str) -> str:
        """What these cells are called when they are confirmed, each with a name of what was seen there."""
        return " ".join(f"{self.name}.{cell}={cells.mark(self.cells[cell])}" for cell in cells_)

    @property
    def path(self) -> str:
        """Where it stands in the sheet."""
        return f"{self.part}[{self.at}]"

    @property
    def name(self) -> str:
        """What its fields are called, wherever the row moves to."""
        return f"{self.part}-{self.id}"

    @property
    def mark(self) -> str:
        """Names what its cells say, to tell later whether somebody changed them on their screen."""
        return cells.mark_of_row(self.cells)

    @property
    def stray(self) -> bool:
        """Whether it stands under no second level of the form, and one has to be chosen."""
        return self.part == "indicators" and "level2" not in self.locked

    @property
    def complete(self) -> bool:
        """Whether every cell says something, nothing in it blocks and nothing waits to be confirmed. A target in words
        has no unit."""
        in_words = self.cells.get("operator") == QUALITATIVE
        filled = all(text for name, text in self.cells.items() if name != "unit" or not in_words)
        return filled and not self.marked(UNSURE) and not any(f.severity is Severity.MUST for f in self.findings)


@dataclass(frozen=True)
class Block:
    """One part of the form."""

    key: str
    label: str
    cells: tuple[Cell, ...] = ()
    rows: tuple[Row, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Those that belong to no single row of it."""
    remarks: tuple[Remark, ...] = ()
    second_levels: tuple[str, ...] = ()
    """Under which second levels a row can be added."""
    whole: Cell | None = None
    """Of the whole list, where it is to be looked at how its rows were told apart."""

    def to_confirm(self, why: str) -> tuple[str, ...]:
        """What of it is to be looked at for that reason, as it is called when it is confirmed."""
        alone = [cell for cell in (self.whole, *self.cells) if cell is not None and cell.marked == why]
        in_rows = [row.places(cell) for row in self.rows for cell in row.marked(why)]
        return (*(cell.place for cell in alone), *in_rows)

    @property
    def done(self) -> int:
        """How many of its rows (or cells) are complete."""
        return sum(row.complete for row in self.rows) + sum(
            bool(cell.text) and cell.marked != UNSURE for cell in self.cells
        )

    @property
    def of(self) -> int:
        """How many there are."""
        return len(self.rows) + len(self.cells)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing and nothing blocks."""
        return 0 < self.of == self.done and not any(f.severity is Severity.MUST for f in self.findings)


def blocks(d: Dossier) -> tuple[Block, ...]:
    """The parts of the table's sheet in the order of the form."""
    rows = _rows(d, *d.rows)
    labels, document, framework = d.framework.labels, d.document, d.framework
    found = []
    if framework.subject == "project":
        found.append(_of_cells(d, "project", labels.project_name, {"project": labels.project_name}))
    found.append(_of_cells(d, "annual_goal", labels.annual_goal, {"annual_goal": labels.annual_goal}))
    tasks = [row for row in rows if row.part == "tasks"]
    if labels.tasks or tasks:
        found.append(_of_rows(d, "tasks", labels.tasks or "主要任务", tasks, within="tasks"))
    if framework.amounts:
        found.append(_of_cells(d, "budget", labels.budget, labelled_amounts(framework)))
    indicators = [row for row in rows if row.part == "indicators"]
    for number, level in enumerate(framework.levels, start=1):
        mine = [row for row in indicators if row.level1 == level.name]
        seconds = tuple(block.name for block in level.blocks)
        found.append(_of_rows(d, f"level{number}", level.name, mine, seconds=seconds, named=level.name))
    elsewhere = [row for row in indicators if row.level1 not in {level.name for level in framework.levels}]
    if elsewhere:
        found.append(_of_rows(d, "elsewhere", "没有归入表样的指标", elsewhere))
    assert sum(len(block.rows) for block in found) == len(document.tasks) + len(document.indicators)  # noqa: S101
    return tuple(found)


def labelled_amounts(framework: Framework) -> dict[str, str]:
    """The amounts of the budget that the form has, each with its label; what stands first under a head of the form is
    called by both."""
    labels = framework.labels
    heads = {"budget.by_source": labels.by_source, "budget.by_use": labels.by_use}
    return {path: heads.get(path.rpartition(".")[0], "") + label for path, label in framework.amounts.items()}


@dataclass(frozen=True)
class Against:
    """One thing that still stands against submitting: what, at which path or which remark, and where on the page."""

    text: str
    path: str | None = None
    remark: Remark | None = None
    anchor: str | None = None
    code: str = ""
    """Of the reason that it is told for."""


TOLD_APART = frozenset({"findings", "unconfirmed", "must_unanswered"})
"""Reasons that stand for several places."""


def against_submitting(d: Dossier, blocks: Sequence[Block]) -> tuple[Against, ...]:
    """What still stands against 送审, place by place in the order of the form, then what has no place. The guards sum
    findings and remarks up in one sentence each; here each stands for itself."""
    reasons = d.answers.get("submit", ())
    codes = {reason.code for reason in reasons}
    found = []
    if "findings" in codes:
        blocking = [finding for finding in d.findings if finding.severity is Severity.MUST]
        found += [Against(f.message, path=f.path, anchor=_anchor(f, blocks)) for f in blocking]
    if "unconfirmed" in codes:
        unsure = [path for path, mark in d.marks.items() if mark == UNSURE]
        found += [Against("读自文件，请核对", code="unconfirmed", path=path, anchor=anchor_of(path)) for path in unsure]
    if "must_unanswered" in codes:
        musts = d.open_musts()
        found += [Against(r.text, path=d.path_now(r), remark=r, anchor=f"remark-{r.number}") for r in musts]
    return (*found, *(Against(r.text) for r in reasons if r.code not in TOLD_APART))


def anchor_of(path: str) -> str:
    """Where on the page a place is told: its row, or the place itself; of all indicators their first part."""
    row = ROW.match(path)
    return row[0] if row else {"indicators": "level1"}.get(path, path)


def _anchor(finding: Finding, blocks: Sequence[Block]) -> str:
    """Where a finding is told on the page: its row, or the part it belongs to."""
    for block in blocks:
        if row := next((row for row in block.rows if finding in row.findings), None):
            return row.path
        if finding in block.findings:
            return block.key
    return finding.path


def by_levels(document: Document) -> dict[tuple[str, str, str], Indicator]:
    """The indicators by their three levels, white space aside; of two that are called the same, the first."""
    found: dict[tuple[str, str, str], Indicator] = {}
    for indicator in document.indicators:
        found.setdefault(levels(indicator.level1, indicator.level2, indicator.level3), indicator)
    return found


def levels(level1: str, level2: str, level3: str) -> tuple[str, str, str]:
    """What makes an indicator of one year the same as one of another."""
    return squeezed(level1), squeezed(level2), squeezed(level3)


def row_of(blocks: Iterable[Block], part: str, row_id: int) -> Row | None:
    """One row of these blocks."""
    return next((row for block in blocks for row in block.rows if (row.part, row.id) == (part, row_id)), None)


def _rows(d: Dossier, tasks: Sequence[TaskRow], indicators: Sequence[IndicatorRow]) -> list[Row]:
    return [_row(d, "tasks", row, at) for at, row in enumerate(tasks)] + [
        _row(d, "indicators", row, at) for at, row in enumerate(indicators)
    ]


def _row(d: Dossier, part: str, row: TaskRow | IndicatorRow, at: int) -> Row:
    path = f"{part}[{at}]"
    return Row(
        part=part,
        id=row.id,
        edit=row.edit,
        at=at,
        level1=row.level1 if isinstance(row, IndicatorRow) else "",
        cells={name: cells.text_at(d.document, f"{path}.{name}") for name in d.framework.row_cells[part]},
        locked=locked(d.framework, row) if isinstance(row, IndicatorRow) else frozenset(),
        findings=_within(d.findings, path),
        remarks=tuple(d.remarks_at(path)),
        marks={name: row.marks[name] for name in d.framework.row_cells[part] if name in row.marks},
    )


def locked(framework: Framework, row: IndicatorRow | Indicator) -> frozenset[str]:
    """The cells of an indicator that nobody fills in: of a common one all but the target, of an own one its place."""
    if framework.given(Indicator(level2=row.level2, level3=row.level3)):
        return frozenset({"level2", "level3", "definition"} if row.definition else {"level2", "level3"})
    return frozenset({"level2"}) if row.level2 and framework.level1_of(row.level2) == row.level1 else frozenset()


def _within(findings: Iterable[Finding], path: str) -> tuple[Finding, ...]:
    return tuple(f for f in findings if f.path == path or f.path.startswith((f"{path}.", f"{path}[")))


def _of_cells(d: Dossier, key: str, label: str, labels: Mapping[str, str]) -> Block:
    held = tuple(_cell(d, path, named) for path, named in labels.items())
    return Block(key, label, cells=held, findings=_within(d.findings, key), remarks=tuple(d.remarks_at(key)))


def _cell(d: Dossier, path: str, label: str) -> Cell:
    text = marks.said_at(d.document, path)
    return Cell(path, text, cells.mark(text), label, d.marks.get(path, ""))


def _of_rows(
    d: Dossier,
    key: str,
    label: str,
    rows: Sequence[Row],
    *,
    within: str = "indicators",
    seconds: tuple[str, ...] = (),
    named: str = "",
) -> Block:
    """`named`: of the findings on the whole list, those that name this first level are this block's."""
    whole = (
        tuple(f for f in d.findings if f.path == within and named in f.message) if within == "tasks" or named else ()
    )
    remarks = tuple(r for r in d.remarks if d.path_now(r) == within) if within == "tasks" else ()
    # How the rows of all blocks were told apart is asked once, at the first of them.
    asked = within if within in d.marks and key in ("tasks", "level1") else None
    listed = _cell(d, asked, "") if asked else None
    return Block(key, label, rows=tuple(rows), findings=whole, remarks=remarks, second_levels=seconds, whole=listed)
