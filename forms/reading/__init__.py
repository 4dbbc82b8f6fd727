"""A file -> the sheet it holds, what could not be placed in it, and which cells a person should confirm.

Reading knows the form (a framework) and the shape of targets and amounts; it knows no department's words. Nothing is
guessed silently: where another reading is nearly as likely, the cell is `unsure`; words without a cell are `unplaced`.
Workbooks, Word files and ruled PDF pages give cells, whose labels say what they are; running text gives words, which
are weighed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forms.document import Document
from forms.framework import Framework, available, load
from forms.reading import ruled
from forms.reading.decoding import LIMIT, Unreadable, text_of
from forms.reading.docx import read_docx
from forms.reading.grid import Grid, Place, Source, closed_up
from forms.reading.parts import Table, tables_in
from forms.reading.pdf import read_pdf
from forms.reading.recognise import ManyFiles, kind_of
from forms.reading.sheet import likeness, tables, understand
from forms.reading.which_form import Recognised, recognise
from forms.reading.words import words_of
from forms.reading.xlsx import read_xlsx

__all__ = ["LIMIT", "ManyFiles", "Part", "Reading", "Unreadable", "read", "read_all", "source_of"]

_ENOUGH = 2
"""Landmarks of the form that a text must have before it is called a goal table: its title, or two others."""

MOST_IN_A_CELL = 20_000
"""Characters of one cell or paragraph; the longest goal of a year seen has about 3,000. [choice]"""

MOST_LETTERS = 20_000_000
"""Characters of all cells and paragraphs of a file. [choice]"""

MOST_CELLS = 300_000
"""Cells and paragraphs of a file, empty merged ones among them: 300 departments of 60 rows take 150,000. [choice]"""

MOST_TEXT = 1024 * 1024
"""Bytes of a plain text; the seed has 12,000. [choice]"""

MOST_WORDS = 6000
"""Words separated by white space; the seed has 330. Far more would take minutes to weigh. [choice]"""


@dataclass(frozen=True, slots=True)
class Reading:
    """`unsure` holds paths like `indicators[3].target` or `budget.total`, `unplaced` the texts that found no cell."""

    document: Document
    unplaced: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    """Where in the file each cell stood, by path; a cell that was not found has none."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of a file's tables: the sheet's name ("" where the file has none), and its reading or why there is none."""

    name: str
    reading: Reading | None
    trouble: str = ""


def read(data: bytes, *, name: str, framework: str | None = None) -> Reading:
    """Read the one table in a file; `name` is what to call it in an error, `framework` the form's key if it is known.

    A file of another form than `framework` is read all the same, as the form that it is: `document.form` says which.
    Raises Unreadable with one Chinese sentence for what is no readable goal table, FrameworkError for an unknown key.
    """
    form = load(framework) if framework else None
    source = source_of(data, name)
    if source is None:
        if len(data) > MOST_TEXT:
            raise _too_much_text(name)
        return _from_text(text_of(data, name), name, form)
    found, others = tables_in(source)
    if not found and not source.grids:
        return _from_text("\n".join(line.text for line in source.lines), name, form)
    if not found:
        raise _no_table(name, form)
    if len(found) > 1:
        raise Unreadable(f"文件“{name}”中有 {len(found)} 张绩效目标表，请拆成每个文件一张，或者用批量导入")
    return _from_table(found[0], name, framework, others)


def read_all(data: bytes, *, name: str, framework: str | None = None) -> Sequence[Part]:
    """Each of the tables in a file, as `read` reads one; Unreadable if there is none at all."""
    source = source_of(data, name)
    found, _ = tables_in(source) if source else ([], [])
    if len(found) < 2:
        return [Part("", read(data, name=name, framework=framework))]
    parts = []
    for table in found:
        try:
            parts.append(Part(table.name, _from_table(table, table.name or name, framework, ())))
        except Unreadable as error:
            parts.append(Part(table.name, None, str(error)))
    return parts


def source_of(data: bytes, name: str) -> Source | None:
    """The file's cells and lines; None for running text."""
    match kind_of(data, name):
        case "xlsx":
            source = read_xlsx(data, name)
        case "docx":
            source = read_docx(data, name)
        case "pdf":
            source = read_pdf(data, name)
        case _:
            return None
    _refuse_what_is_too_much(source, name)
    return Source(
        source.kind,
        tuple(Grid(grid.name, closed_up(grid.cells), grid.hidden, grid.breaks) for grid in source.grids)
        if source.kind == "xlsx"  # alone in having places for cells that are not there
        else source.grids,
        source.lines,
    )


def _refuse_what_is_too_much(source: Source, name: str) -> None:
    cells = [cell for grid in source.grids for cell in grid.cells]
    lengths = [len(cell.text) for cell in cells] + [len(line.text) for line in source.lines]
    if max(lengths, default=0) > MOST_IN_A_CELL:
        trouble = f"有一格的文字超过 {MOST_IN_A_CELL} 个字"
    elif sum(lengths) > MOST_LETTERS or len(lengths) > MOST_CELLS:
        trouble = "的单元格或文字太多"
    else:
        return
    raise Unreadable(f"文件“{name}”{trouble}，不像绩效目标表，请只保留绩效目标表，另存后重试")


def _no_table(name: str, form: Framework | None) -> Unreadable:
    wanted = f"“{form.title}”的" if form else ""
    return Unreadable(f"文件“{name}”不像绩效目标表：没有找到{wanted}一级指标、三级指标、指标值等列，请确认文件")


def _too_much_text(name: str) -> Unreadable:
    return Unreadable(f"文件“{name}”的文字太多，不像一张绩效目标表，请只保留绩效目标表后重试")


def _from_table(table: Table, name: str, framework: str | None, others: Sequence[str]) -> Reading:
    found = recognise(table.grid, table.lines, framework)
    if found is None:
        raise _no_table(name, load(framework) if framework else None)
    document, notes = ruled.understand(table.grid, table.lines, found.words, found.framework, found.heads)
    if not _filled_in(document, found):
        raise Unreadable(f"文件“{name}”是没有填写的空白表，请填写后再导入")
    return Reading(document, (*notes.unplaced, *others), tuple(notes.unsure), notes.places)


def _filled_in(document: Document, found: Recognised) -> bool:
    """Whether anybody has written anything into the form: a goal, a task, an amount, an indicator of their own."""
    budget = document.budget
    amounts = (
        budget.total,
        budget.by_source.fiscal,
        budget.by_source.other,
        budget.by_use.basic,
        budget.by_use.project,
    )
    own = any(row.level3 and found.framework.given(row) is None for row in document.indicators)
    return bool(document.annual_goal or document.tasks or own or any(amounts))


def _from_text(text: str, name: str, form: Framework | None) -> Reading:
    forms = [form] if form else [load(key) for key in available()]
    forms = [form for form in forms if _is_weighed(form)]
    if not forms:
        raise Unreadable(f"文件“{name}”是文本，这种表样要从 .xlsx 或 .docx 文件导入")
    words = words_of(text)
    if len(words) > MOST_WORDS:
        raise _too_much_text(name)
    best = max(forms, key=lambda form: likeness(words, form))
    if likeness(words, best) < _ENOUGH:
        raise Unreadable(f"文件“{name}”不像部门整体绩效目标表：没有找到“{best.title}”等表样文字，请确认文件和编码")
    if tables(words, best) > 1:
        raise Unreadable(f"文件“{name}”中有不止一张绩效目标表，请拆成每个文件一张后重试")
    document, notes = understand(words, best)
    return Reading(document, tuple(notes.unplaced), tuple(notes.unsure), notes.places)


def _is_weighed(form: Framework) -> bool:
    """Whether running text of the form can be read: that needs rows whose names the form gives, to learn from."""
    return bool(form.common_indicators)
