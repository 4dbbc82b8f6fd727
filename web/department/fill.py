"""Filling in: the sheet as a grid that is saved row by row, with findings and remarks beside each row.

With htmx a changed row is sent as it is left, and the answer brings the smallest part back; without, each part has its
own button. Either way a refused text stays in its field with the reason beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto
from functools import cached_property, partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from forms import cells, marks
from forms.checks import CHECKS, Check, Severity
from forms.document import Document, Indicator, squeezed
from web.access import roles
from web.answering import STATUS, dossier_or_404, finish, key, me, new_key, whole_number
from web.table.words import LINKS, links_of, place_words
from workflow import edits, filling, last_year
from workflow.acts import Moved, Recorded, Refused, record
from workflow.adjustments import goals_before
from workflow.deadlines import local_date
from workflow.dossier import Dossier
from workflow.edits import Edit, Told, at_work, last_edits, removed
from workflow.facts import Reason
from workflow.filling import Against, Block, Cell, Row

fill = Blueprint("fill", __name__)
LINKS["save_row"] = ("fill.show", "填报")

PROGRESS_SAID = {"row_changed", "cell_changed", "row_gone"}
"""Reasons after which both texts are shown."""


class Unsaid(Enum):
    """Why nothing was written of what was sent."""

    UNTOUCHED = auto()
    SAID_ALREADY = auto()


UNTOUCHED, SAID_ALREADY = Unsaid
Outcome = Moved | Recorded | Refused | Unsaid


@dataclass(frozen=True)
class Undo:
    """A row that was deleted a moment ago: which it was, and where on the page that is said."""

    part: str
    row: int
    number: int
    name: str
    block: str
    before: str | None
    """The row before which it stood; None where it was the last of its block."""


@dataclass
class Page:
    """What one answer of the page is made from."""

    d: Dossier
    blocks: tuple[Block, ...]
    problems: dict[str, tuple[Reason, ...]] = field(default_factory=dict)
    """By the name of a row, cell or block: why it was not saved."""
    typed: Mapping[str, str] = field(default_factory=dict)
    stays: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    """By the name of a row: why it was not deleted."""

    @property
    def today(self) -> date:
        """The date in the region."""
        return local_date(now(), self.d.timezone)

    def text(self, name: str, saved: str) -> str:
        """What stands in a field: what was typed where it was not saved, else what the sheet says."""
        return self.typed.get(name, saved)

    def shown(self, cell: Cell) -> str:
        """What stands in a cell's field: what was typed, else the goal, else the amount with its thousands parted."""
        if f"{cell.path}/text" in self.typed or not cell.text or not cell.path.startswith("budget"):
            return self.text(f"{cell.path}/text", cell.text)
        return f"{Decimal(cell.text):,f}"

    def conflict(self, name: str) -> bool:
        """Whether somebody else was first."""
        return any(reason.code in PROGRESS_SAID for reason in self.problems.get(name, ()))

    @cached_property
    def _document_before(self) -> Document | None:
        session, table = db.session(), self.d.table
        adjusts = table.adjusts_id is not None
        return goals_before(session, table) if adjusts else last_year.goals_of_last_year(session, table)

    @property
    def empty(self) -> bool:
        """Whether nobody has filled in anything yet."""
        return last_year.is_empty(self.d.document, self.d.framework)

    @property
    def against_last_year(self) -> Reason | None:
        """Why it cannot begin with last year's table."""
        return last_year.against_beginning(self.d.table, self._document_before)

    @property
    def of_last_year(self) -> Document | None:
        """Last year's goals."""
        return self._document_before

    @cached_property
    def goals_before(self) -> dict[tuple[str, str, str], Indicator] | None:
        """The indicators that a row is compared with: of an adjustment those of the goals in force, else those of the
        department's goals of the year before; None where there were none."""
        found = self._document_before
        return None if found is None else filling.by_levels(found)

    @property
    def before(self) -> str:
        """What these goals are called."""
        return str(_("去年") if self.d.table.adjusts_id is None else _("现行目标"))

    def row_before(self, row: Row) -> Indicator | None:
        """What they said of the same indicator."""
        key_of_row = filling.levels(row.level1, row.cells["level2"], row.cells["level3"])
        return None if self.goals_before is None else self.goals_before.get(key_of_row)

    def same_text(self, one: str, other: str) -> bool:
        """Whether two texts are the same but for white space."""
        return squeezed(one) == squeezed(other)

    @cached_property
    def edits(self) -> dict[str, Edit]:
        """By row or cell: what a colleague wrote there a moment ago."""
        reader, at = me(), now()
        return {
            place: edit
            for place, edit in last_edits(self.d.history, self.row_ids).items()
            if edit.person_id != reader and edit.recent(at)
        }

    def by_colleague(self, edit: Edit) -> str:
        """Who and when, as the mark says it."""
        return str(_("%(who)s %(at)s 改过", who=edit.who, at=edit.when(now(), self.d.timezone)))

    @property
    def colleagues(self) -> list[str]:
        """Who else is at the sheet now, where and when they last wrote, each as a sentence."""
        at = now()
        return [self._of_colleague(line, at) for line in at_work(self.d.history, me(), at)]

    def _of_colleague(self, line: Told, at: datetime) -> str:
        edits = last_edits([line], self.row_ids)
        where = "、".join(self._place(name) for name in list(edits)[:3])
        time = Edit(line.person_id, line.who, line.at).when(at, self.d.timezone)
        if not where:
            return str(_("%(who)s 正在填这张表（%(time)s）", who=line.who, time=time))
        return str(_("%(who)s 正在填%(where)s（%(time)s）", who=line.who, where=where, time=time))

    def _place(self, name: str) -> str:
        """A row's name or a cell's path as people say it."""
        part, _dash, row = name.partition("-")
        ids = self.row_ids.get(part, [])
        path = f"{part}[{ids.index(int(row))}]" if row.isdecimal() and int(row) in ids else name
        return place_words(path, self.d.document)

    @cached_property
    def row_ids(self) -> dict[str, list[int]]:
        """The ids of each part's rows in their order."""
        tasks, indicators = self.d.rows
        return {"tasks": [row.id for row in tasks], "indicators": [row.id for row in indicators]}

    @cached_property
    def against(self) -> tuple[Against, ...]:
        """What still stands against submitting."""
        return filling.against_submitting(self.d, self.blocks)

    def block_of(self, row: Row) -> Block:
        """The part in which a row stands."""
        return next(block for block in self.blocks if row in block.rows)

    @property
    def unsure(self) -> list[str]:
        """Where on the page something is to be confirmed."""
        return [filling.anchor_of(path) for path in marks.unsure(self.d.marks)]

    def to_confirm(self, block: Block) -> list[tuple[str, str, str]]:
        """(place, path, text) of what of a part is to be confirmed."""
        paths = {
            edits.path_of(place.partition("=")[0], self.row_ids): place for place in block.to_confirm(marks.UNSURE)
        }
        return [(place, path, marks.said_at(self.d.document, path)) for path, place in paths.items() if path]

    @property
    def weights(self) -> Decimal:
        """The sum of the weights so far."""
        return sum((row.weight for row in self.d.document.indicators if row.weight), Decimal(0))

    @property
    def weights_by_level(self) -> list[tuple[str, Decimal, Decimal | None]]:
        """(first level, sum of its rows' weights, what it should be) of each."""
        rows = self.d.document.indicators
        return [
            (
                level.name,
                sum((row.weight for row in rows if row.weight and row.level1 == level.name), Decimal(0)),
                level.weight,
            )
            for level in self.d.framework.levels
        ]

    @cached_property
    def undo(self) -> Undo | None:
        """The row that the reader deleted to get here, and where to offer it back."""
        part, _dash, row = request.args.get("removed", "").partition("-")
        line = removed(self.d.history, part, int(row)) if row.isdecimal() else None
        if line is None or line.person_id != me():
            return None
        said = line.said
        level1 = said["texts"].get("level1")
        block = next((b for b in self.blocks if b.key == part or b.label == level1), self.blocks[-1])
        before = next((r.name for r in block.rows if r.at >= said["at"]), None)
        return Undo(part, int(row), said["at"] + 1, said["name"], block.key, before)

    @property
    def how(self) -> list[Check]:
        """The rules behind the findings, each once."""
        codes = {finding.code for finding in self.d.findings}
        return [check for code, check in CHECKS.items() if code in codes]

    @property
    def links(self) -> list[tuple[str, str, str]]:
        """What the bottom bar offers: what the form leads to, or the next place that stands against it."""
        links = [link for link in links_of(self.d) if link[0] not in {"save_row", "import_sheet"}]
        path = next((f.path for f in self.d.findings if f.severity is Severity.MUST), None)
        path = path or next((one.anchor for one in self.against if one.code == "unconfirmed"), None)
        path = path or next((f"remark-{remark.number}" for remark in self.d.open_musts()), None)
        return [("next", _("下一处要改的（F8）"), f"#{path}"), *links] if path else links


@fill.get("/tables/<int:table_id>/fill")
@roles(Role.EDITOR)
def show(table_id: int) -> str:
    """The grid, or why it cannot be filled in now."""
    return _whole(_page(table_id), ())


@fill.post("/tables/<int:table_id>/fill/rows/<part>/<int:row_id>")
@roles(Role.EDITOR)
def save_row(table_id: int, part: str, row_id: int) -> str | Response | tuple[str, int]:
    """Save one row; the answer is what stands beside it, and the counts."""
    page = _page(table_id)
    row = filling.row_of(page.blocks, part, row_id)
    name = f"{part}-{row_id}"
    outcome = _send_row(table_id, row) if row is not None else _send_lost_row(table_id, part, row_id)
    return _answer(table_id, name, outcome, "department/row-saved.html", part=part, row_id=row_id)


@fill.post("/tables/<int:table_id>/fill/cells/<path>")
@roles(Role.EDITOR)
def save_cell(table_id: int, path: str) -> str | Response | tuple[str, int]:
    """Save the goal or an amount."""
    page = _page(table_id)
    cell = next((cell for block in page.blocks for cell in block.cells if cell.path == path), None)
    if cell is None:
        abort(404)
    return _answer(table_id, path, _send_cell(table_id, cell), "department/cell-saved.html", path=path)


@fill.post("/tables/<int:table_id>/fill/blocks/<key_of_block>")
@roles(Role.EDITOR)
def save_block(table_id: int, key_of_block: str) -> str | Response | tuple[str, int]:
    """Save all that was changed in one part: what the button does without script."""
    page = _page(table_id)
    block = next((block for block in page.blocks if block.key == key_of_block), None)
    if block is None:
        abort(404)
    saved, problems, status = 0, dict[str, tuple[Reason, ...]](), 200
    for name, outcome in [(cell.path, _send_cell(table_id, cell, sent_along=True)) for cell in block.cells] + [
        (row.name, _send_row(table_id, row, sent_along=True)) for row in block.rows
    ]:
        if isinstance(outcome, Refused):
            if outcome.kind == "not_found":
                abort(404)
            problems[name] = outcome.reasons
            status = max(status, STATUS[outcome.kind]) if status != 409 else 409
        elif outcome is not UNTOUCHED:
            saved += 1
    if not problems and "confirm" in request.form:
        return _confirmed(table_id, [request.form["confirm"]], block.key)
    if not problems:
        flash(_("已保存：%(block)s，%(count)s 处有改动", block=block.label, count=saved), "done")
        return redirect(url_for("fill.show", table_id=table_id, _anchor=block.key), 303)
    again = _page(table_id, problems)
    again.typed = {
        name: text for name, text in request.form.items() if name.rpartition("/")[0] in problems and "/seen" not in name
    }
    reasons = tuple(reason for found in problems.values() for reason in found)
    return _whole(again, reasons), status


@fill.get("/tables/<int:table_id>/fill/last-year")
@roles(Role.EDITOR)
def ask_last_year(table_id: int) -> str:
    """What would be taken over from last year's table, and what would be lost."""
    return _last_year(table_id, ())


@fill.post("/tables/<int:table_id>/fill/last-year")
@roles(Role.EDITOR)
def begin_with_last_year(table_id: int) -> Response | tuple[str, int]:
    """Make last year's table this year's draft."""
    dossier_or_404(table_id)
    given = {"seen": whole_number("seen"), "replace": request.form.get("replace") == "yes"}
    return finish(
        record("carry_over", table_id, person=me(), now=now, key=key(), **given),
        done=_("已从上一年度的表开始；沿用的格子都有标记，请逐格核对"),
        to=url_for("fill.show", table_id=table_id),
        again=lambda reasons: _last_year(table_id, reasons),
    )


def _last_year(table_id: int, reasons: Sequence[Reason]) -> str:
    page = _page(table_id)
    return render_template("department/last-year.html", page=page, d=page.d, reasons=reasons, key=new_key())


@fill.get("/tables/<int:table_id>/fill/confirm/<key_of_block>")
@roles(Role.EDITOR)
def look_again(table_id: int, key_of_block: str) -> str:
    """All cells of a part that are to be confirmed, once more, before they are confirmed together."""
    return _second_look(table_id, key_of_block, ())


@fill.post("/tables/<int:table_id>/fill/confirm/<key_of_block>")
@roles(Role.EDITOR)
def confirm(table_id: int, key_of_block: str) -> str | Response | tuple[str, int]:
    """Confirm the cells of a part that were looked at."""
    dossier_or_404(table_id)
    again = partial(_second_look, table_id, key_of_block)
    return _confirmed(table_id, request.form.getlist("cell"), key_of_block, again)


def _second_look(table_id: int, key_of_block: str, reasons: Sequence[Reason]) -> str:
    page = _page(table_id)
    block = next((block for block in page.blocks if block.key == key_of_block), None)
    if block is None:
        abort(404)
    return render_template("department/confirm.html", page=page, d=page.d, block=block, reasons=reasons, key=new_key())


def _confirmed(
    table_id: int,
    places: Sequence[str],
    anchor: str,
    again: Callable[[Sequence[Reason]], str] | None = None,
) -> Response | tuple[str, int]:
    """Confirm cells, each named with what was seen there ("annual_goal=3f…"), several parted by spaces."""
    seen = dict(one.split("=", 1) for text in places for one in text.split() if "=" in one)
    outcome = record(
        "confirm_cells", table_id, person=me(), now=now, key=f"{key()[:32]}-{cells.mark(' '.join(seen))}", cells=seen
    )
    if isinstance(outcome, Refused):
        if outcome.kind == "not_found":
            abort(404)
        html = again(outcome.reasons) if again else _whole(_page(table_id), outcome.reasons)
        return html, STATUS[outcome.kind]
    flash(_("已确认 %(count)s 处", count=len(outcome.said["paths"])), "done")
    return redirect(url_for("fill.show", table_id=table_id, _anchor=anchor), 303)


@fill.post("/tables/<int:table_id>/fill/add")
@roles(Role.EDITOR)
def add(table_id: int) -> Response | tuple[str, int]:
    """Add an empty row to the tasks or under a second level."""
    dossier_or_404(table_id)
    part, block = request.form.get("part", ""), request.form.get("block", "")
    outcome = record("add_row", table_id, person=me(), now=now, key=key(), part=part, block=block)
    if isinstance(outcome, Refused):
        return _refused(table_id, outcome)
    flash(_("已加一行，请填写"), "done")
    return redirect(
        url_for("fill.show", table_id=table_id, _anchor=f"{outcome.said['part']}[{outcome.said['at']}]"), 303
    )


@fill.post("/tables/<int:table_id>/fill/remove/<part>/<int:row_id>")
@roles(Role.EDITOR)
def remove(table_id: int, part: str, row_id: int) -> Response | tuple[str, int]:
    """Remove a row; a refusal stands in the row itself."""
    dossier_or_404(table_id)
    name = f"{part}-{row_id}"
    (seen, _mark), own, swapped = _seen(name), f"{key()[:32]}-{name}", "HX-Request" in request.headers
    outcome = record("remove_row", table_id, person=me(), now=now, key=own, part=part, row=row_id, seen=seen)
    if isinstance(outcome, Refused):
        if outcome.kind == "not_found":
            abort(404)
        page = _page(table_id)
        page.stays = {name: outcome.reasons}
        row = filling.row_of(page.blocks, part, row_id) if swapped else None
        if row is None:
            return _whole(page, outcome.reasons), STATUS[outcome.kind]
        return render_template("department/row-stays.html", page=page, d=page.d, row=row), STATUS[outcome.kind]
    there = url_for("fill.show", table_id=table_id, removed=name, _anchor="removed")
    return Response(status=204, headers={"HX-Redirect": there}) if swapped else redirect(there, 303)


@fill.post("/tables/<int:table_id>/fill/restore/<part>/<int:row_id>")
@roles(Role.EDITOR)
def restore(table_id: int, part: str, row_id: int) -> Response | tuple[str, int]:
    """Put a deleted row back."""
    dossier_or_404(table_id)
    outcome = record("restore_row", table_id, person=me(), now=now, key=key(), part=part, row=row_id)
    if isinstance(outcome, Refused):
        return _refused(table_id, outcome)
    flash(_("已恢复：%(name)s", name=outcome.said["name"] or _("空行")), "done")
    return redirect(url_for("fill.show", table_id=table_id, _anchor=f"{part}[{outcome.said['at']}]"), 303)


def page_again(table_id: int, reasons: Sequence[Reason], *, answer: int) -> str:
    """The grid once more, with why an answer to that remark was not taken."""
    return _whole(_page(table_id), reasons, answer=answer)


def _page(table_id: int, problems: dict[str, tuple[Reason, ...]] | None = None) -> Page:
    d = dossier_or_404(table_id)
    return Page(d, filling.blocks(d), problems or {})


def _whole(page: Page, reasons: Sequence[Reason], *, answer: int | None = None) -> str:
    return render_template(
        "department/fill.html",
        page=page,
        d=page.d,
        reasons=reasons,
        refused_answer=answer,
        key=new_key(),
        person=me(),
    )


def _refused(table_id: int, outcome: Refused) -> tuple[str, int]:
    if outcome.kind == "not_found":
        abort(404)
    return _whole(_page(table_id), outcome.reasons), STATUS[outcome.kind]


def _answer(
    table_id: int, name: str, outcome: Outcome, template: str, **given: object
) -> str | Response | tuple[str, int]:
    """The answer to one row or cell: its part alone for htmx, the page for everybody else."""
    refused = outcome if isinstance(outcome, Refused) else None
    if refused is not None and refused.kind == "not_found":
        abort(404)
    page = _page(table_id, {name: refused.reasons} if refused else {})
    status = STATUS[refused.kind] if refused else 200
    if not request.headers.get("HX-Request"):
        if refused is None:
            return redirect(url_for("fill.show", table_id=table_id), 303)
        page.typed = {field: text for field, text in request.form.items() if "/seen" not in field}
        return _whole(page, refused.reasons), status
    row = filling.row_of(page.blocks, str(given.get("part")), int(str(given.get("row_id", 0))))
    cell = next((cell for block in page.blocks for cell in block.cells if cell.path == given.get("path")), None)
    block = next((b for b in page.blocks if cell in b.cells or row in b.rows), None)
    at: datetime = now()
    html = render_template(template, page=page, d=page.d, row=row, cell=cell, block=block, name=name, at=at)
    return html, status


def _seen(name: str) -> tuple[int, str]:
    """The edit number and the mark that a row's fields carry along; 400 when they were tampered with."""
    edit, _dot, mark = request.form.get(f"{name}/seen", "").partition(".")
    if not edit.isdigit():
        abort(400)
    return int(edit), mark


def _send_row(table_id: int, row: Row, *, sent_along: bool = False) -> Outcome:
    """Save what was typed in a row; UNTOUCHED where it was only sent along with others, SAID_ALREADY where the table
    says so: to its sender that is saved, as it is when the same form comes twice."""
    texts = {
        column: request.form[f"{row.name}/{column}"]
        for column in row.cells
        if column not in row.locked and f"{row.name}/{column}" in request.form
    }
    if not texts:
        return UNTOUCHED
    seen, mark = _seen(row.name)
    typed = cells.mark_of_row(row.cells | texts)
    if sent_along and typed == mark:
        return UNTOUCHED
    if typed == row.mark:
        return SAID_ALREADY
    if seen == row.edit:
        texts = {column: text for column, text in texts.items() if cells.mark(text) != cells.mark(row.cells[column])}
    wish = f"{key()}-{row.id}-{seen}-{cells.mark_of_row(texts)}"
    return record(
        "save_row", table_id, person=me(), now=now, key=wish, part=row.part, row=row.id, cells=texts, seen=seen
    )


def _send_lost_row(table_id: int, part: str, row_id: int) -> Recorded | Refused:
    """The same for a row that is not in the table any more: who removed it is the workflow's to say."""
    seen, _mark = _seen(f"{part}-{row_id}")
    return record("save_row", table_id, person=me(), now=now, key=key(), part=part, row=row_id, cells={}, seen=seen)


def _send_cell(table_id: int, cell: Cell, *, sent_along: bool = False) -> Outcome:
    """The same for a cell."""
    text, seen = request.form.get(f"{cell.path}/text"), request.form.get(f"{cell.path}/seen")
    if text is None or seen is None:
        abort(400)
    if sent_along and cells.mark(text) == seen:
        return UNTOUCHED
    if cells.mark(text) == cell.mark:
        return SAID_ALREADY
    wish = f"{key()}-{cell.path}-{seen}-{cells.mark(text)}"
    return record("save_cell", table_id, person=me(), now=now, key=wish, path=cell.path, text=text, seen=seen)
