"""Adjustments: opening one with its reason, and what it changes, old and new side by side."""

from collections.abc import Sequence

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from web.access import roles, signed_in
from web.answering import dossier_or_404, finish, key, me, new_key, typed
from web.table.words import ASIDE, LINKS
from workflow import adjustments
from workflow.acts import Recorded, record
from workflow.facts import Reason

adjusting = Blueprint("adjusting", __name__)
LINKS["open_adjustment"] = ("adjusting.ask", "目标调整…")
ASIDE.add("open_adjustment")


@adjusting.get("/tables/<int:table_id>/adjust")
@roles(Role.EDITOR, Role.REVIEWER)
def ask(table_id: int) -> str:
    """The form for the reason."""
    return _form(table_id, ())


@adjusting.post("/tables/<int:table_id>/adjust")
@roles(Role.EDITOR, Role.REVIEWER)
def open_one(table_id: int) -> Response | tuple[str, int]:
    """Open the adjustment: a table of its own that begins with the goals in force."""
    dossier_or_404(table_id)
    outcome = record("open_adjustment", table_id, person=me(), now=now, key=key(), reason=typed("reason"))
    opened = outcome.said["table"] if isinstance(outcome, Recorded) else table_id
    return finish(
        outcome,
        done=_("已开立目标调整，原目标在调整批复之前仍然有效"),
        to=url_for("table.show", table_id=opened),
        again=lambda reasons: _form(table_id, reasons),
    )


@adjusting.get("/tables/<int:table_id>/adjustment")
@signed_in
def compare(table_id: int) -> str:
    """The goals an adjustment began with and what it says now, side by side."""
    found = dossier_or_404(table_id)
    if found.table.adjusts_id is None:
        abort(404)
    before = adjustments.goals_before(db.session(), found.table)
    return render_template(
        "department/adjustment.html",
        d=found,
        family=adjustments.family(db.session(), found.table),
        changes=adjustments.changes(before, found.document),
    )


def _form(table_id: int, reasons: Sequence[Reason]) -> str:
    found = dossier_or_404(table_id)
    return render_template(
        "department/adjust.html",
        d=found,
        family=adjustments.family(db.session(), found.table),
        reasons=reasons or found.answers.get("open_adjustment", ()),
        sent=request.form,
        key=new_key(),
    )
