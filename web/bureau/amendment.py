"""协商修改: the officer proposes small changes to cells, each with its reason; the department accepts them or not."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from forms import cells
from web.access import roles
from web.answering import dossier_or_404, finish, key, me, new_key, typed, whole_number
from web.going_back import given_back
from web.table.results import line_of
from web.table.words import Block, Refusal, blocks_to_change
from workflow.acts import act
from workflow.dossier import Dossier
from workflow.facts import Reason

amendment = Blueprint("amendment", __name__)
ROWS = 3
"""Empty rows the form offers; more come with the button."""

Row = dict[str, str]
"""One place to change: `path`, `value`, `reason`, and `was`, the place whose text the value was begun with."""
COLUMNS = ("path", "value", "reason", "was")


@amendment.get("/tables/<int:table_id>/amend")
@roles(Role.OFFICER)
def ask(table_id: int) -> str:
    """The form; begun from a row (`?place=`), it offers that row's places."""
    return _form(table_id, ())


@amendment.post("/tables/<int:table_id>/amend")
@roles(Role.OFFICER)
def do(table_id: int) -> Response | tuple[str, int]:
    """Propose the changes; or show the form with more rows, or with the text of the places that were chosen."""
    if request.form.get("do") in {"more", "texts"}:
        return given_back(_form(table_id, (), more=ROWS if request.form["do"] == "more" else 0))
    texts = _texts(dossier_or_404(table_id))
    outcome = act(
        "amend",
        table_id,
        person=me(),
        version=whole_number("version"),
        now=now,
        key=key(),
        revision=whole_number("revision"),
        grade="良",
        changes=[{name: row[name] for name in COLUMNS[:3]} for row in _rows() if _says_something(row, texts)],
    )
    return finish(
        outcome,
        done=line_of,
        kind="result",
        to=url_for("table.show", table_id=table_id),
        again=lambda reasons: _form(table_id, reasons),
    )


def _rows() -> list[Row]:
    """What was sent."""
    columns = [request.form.getlist(name) for name in COLUMNS[:3]]
    was = request.form.getlist("was") or [""] * len(columns[0])
    return [
        dict(zip(COLUMNS, (path.strip(), value.strip(), reason.strip(), begun), strict=True))
        for path, value, reason, begun in zip(*columns, was, strict=False)
    ]


def _says_something(row: Row, texts: dict[str, str]) -> bool:
    """Whether somebody wrote in a row: one that only shows its place's own text says nothing."""
    untouched = row["path"] and not row["reason"] and cells.mark(row["value"]) == cells.mark(texts.get(row["path"], ""))
    return any(row[name] for name in COLUMNS[:3]) and not untouched


def _with_its_text(row: Row, texts: dict[str, str]) -> Row:
    """A row with the text of its place, where nothing else was written there yet."""
    begun_with = texts.get(row["was"], "")
    if row["path"] == row["was"] or cells.mark(row["value"]) != cells.mark(begun_with):
        return row
    return row | {"value": texts.get(row["path"], ""), "was": row["path"]}


def _texts(found: Dossier) -> dict[str, str]:
    """Every cell that can be changed, with what it says now."""
    return {path: text for block in blocks_to_change(found) for path, _words, text in block.cells}


def _begun(found: Dossier, place: str, texts: dict[str, str]) -> list[Row]:
    """The rows a form begins with: the changes of an amendment that was not accepted, then the places asked for."""
    latest = found.latest
    proposed = latest.changes or [] if latest is not None and latest.accepted_at is None else []
    rows = [
        {"path": each["path"], "value": each["new"], "reason": each["reason"], "was": each["path"]} for each in proposed
    ]
    taken = {row["path"] for row in rows}
    here = [path for path in texts if _within(path, place) and path not in taken]
    return rows + [{"path": path, "value": texts[path], "reason": "", "was": path} for path in here]


def _within(path: str, place: str) -> bool:
    return bool(place) and (path == place or path.startswith((f"{place}.", f"{place}[")))


def _offered(found: Dossier, rows: Sequence[Row], place: str, words: str) -> list[Block]:
    """The places to choose among: of the row asked for, or those that hold the words looked for; and those chosen."""
    chosen = {row["path"] for row in rows}
    blocks = blocks_to_change(found)
    if any(_within(path, place) for path, _name, _text in (cell for block in blocks for cell in block.cells)):
        blocks = [block.only(lambda path, _: _within(path, place) or path in chosen) for block in blocks]
    if words:
        blocks = [block.only(lambda path, said: words in said or path in chosen) for block in blocks]
    return [block for block in blocks if block.cells]


FIELD_OF = {"change_without_reason": "reason", "nothing_amended": "value", "amendment_cell": "value"}
"""Reasons that a field of a row answers: code -> its name."""


def _refusal(reason: Reason, rows: Sequence[Row]) -> Refusal:
    """A line of the error summary, with the field of the row it is about."""
    asked = reason.path or ""
    number = next((at for at, row in enumerate(rows, start=1) if row["path"] == asked and _has_words(row)), None)
    if reason.code in FIELD_OF and number is not None:
        return Refusal("", ((f"{FIELD_OF[reason.code]}-{number}", reason.text),))
    return Refusal(reason.text, place=reason.path)


def _has_words(row: Row) -> bool:
    return bool(row["value"] or row["reason"])


def _form(table_id: int, reasons: Sequence[Reason], more: int = 0) -> str:
    found = dossier_or_404(table_id)
    place, texts = request.args.get("place", ""), _texts(found)
    sent = request.method == "POST"
    rows = [_with_its_text(row, texts) for row in _rows()] if sent else _begun(found, place, texts)
    missing = more + (max(0, ROWS - len(rows)) if not place or not rows else 0)
    rows += [dict.fromkeys(COLUMNS, "") for _ in range(missing)]
    refused = [_refusal(reason, rows) for reason in reasons or found.answers["amend"]]
    return render_template(
        "bureau/amend.html",
        d=found,
        place=place if place and any(_within(path, place) for path in texts) else "",
        words=typed("find"),
        blocks=_offered(found, rows, place, typed("find")),
        rows=rows,
        refusals=refused,
        wrong={field: words for one in refused for field, words in one.fields},
        key=new_key(),
    )
