"""Answers to remarks: changed, or declined with its reason."""

from flask import Blueprint, abort, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from web.access import roles
from web.answering import dossier_or_404, finish, key, me, typed
from web.department.fill import page_again as grid_again
from web.table.page import page_again as table_again
from workflow.acts import record
from workflow.review import remark_name

answers = Blueprint("answers", __name__)


@answers.post("/tables/<int:table_id>/remarks/<int:number>/answer")
@roles(Role.EDITOR)
def answer(table_id: int, number: int) -> Response | tuple[str, int]:
    """Answer a remark; the answer leads back to the page it was written on."""
    asked = next((one for one in dossier_or_404(table_id).remarks if one.number == number), None)
    if asked is None:
        abort(404)
    name = remark_name(asked)
    outcome = record(
        "answer_remark",
        table_id,
        person=me(),
        now=now,
        key=key(),
        number=number,
        answer=typed("answer"),
        text=typed("text"),
    )
    filling = request.form.get("back") == "fill"
    return finish(
        outcome,
        done=_("已答复%(remark)s", remark=name),
        to=url_for("fill.show" if filling else "table.show", table_id=table_id, _anchor=f"remark-{number}"),
        again=lambda reasons: (grid_again if filling else table_again)(table_id, reasons, answer=number),
    )
