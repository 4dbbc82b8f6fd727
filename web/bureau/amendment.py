"""协商修改: the officer proposes small changes to cells, each with its reason; the department accepts them or not."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from web.access import roles
from web.answering import dossier_or_404, finish, key, me, new_key, whole_number
from web.table.results import line_of
from web.table.words import cells_to_change
from workflow.acts import act
from workflow.facts import Reason

amendment = Blueprint("amendment", __name__)
ROWS = 3
"""Empty rows the form offers; more come with the button."""


@amendment.get("/tables/<int:table_id>/amend")
@roles(Role.OFFICER)
def ask(table_id: int) -> str:
    """The form."""
    return _form(table_id, ())


@amendment.post("/tables/<int:table_id>/amend")
@roles(Role.OFFICER)
def do(table_id: int) -> Response | str | tuple[str, int]:
    """Propose the changes, or show the form with more rows."""
    if request.form.get("do") == "more":
        return _form(table_id, (), more=ROWS)
    changes = [row for row in _rows() if any(row.values())]
    outcome = act(
        "amend",
        table_id,
        person=me(),
        version=whole_number("version"),
        now=now,
        key=key(),
        revision=whole_number("revision"),
        grade="良",
        changes=changes,
    )
    return finish(
        outcome,
        done=line_of,
        kind="result",
        to=url_for("table.show", table_id=table_id),
        again=lambda reasons: _form(table_id, reasons),
    )


def _rows() -> list[dict[str, str]]:
    columns = [request.form.getlist(name) for name in ("path", "value", "reason")]
    return [
        {"path": path.strip(), "value": value.strip(), "reason": reason.strip()}
        for path, value, reason in zip(*columns, strict=False)
    ]


def _form(table_id: int, reasons: Sequence[Reason], more: int = 0) -> str:
    found = dossier_or_404(table_id)
    rows = _rows()
    missing = max(0, ROWS - len(rows)) + more
    empty = {"path": request.args.get("place", "") if not rows else "", "value": "", "reason": ""}
    return render_template(
        "bureau/amend.html",
        d=found,
        cells=cells_to_change(found.document),
        rows=[*rows, *([empty] + [dict.fromkeys(empty, "")] * (missing - 1) if missing else [])],
        reasons=reasons or found.answers["amend"],
        key=new_key(),
    )
