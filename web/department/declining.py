"""不接受修改: the department's reviewer says why an amendment that the officer proposed is not accepted."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from web.access import roles
from web.answering import dossier_or_404, finish, key, me, new_key, typed, whole_number
from web.table.results import done_before, line_of
from web.table.words import LINKS
from workflow.acts import record
from workflow.facts import Reason

declining = Blueprint("declining", __name__)
LINKS["decline_amendment"] = ("declining.ask", "不接受修改…")


@declining.get("/tables/<int:table_id>/decline-amendment")
@roles(Role.REVIEWER)
def ask(table_id: int) -> str:
    """What was proposed, and the form for the reason."""
    return _form(table_id, ())


@declining.post("/tables/<int:table_id>/decline-amendment")
@roles(Role.REVIEWER)
def do(table_id: int) -> Response | tuple[str, int]:
    """Decline it; the table stays with the bureau."""
    dossier_or_404(table_id)
    outcome = record(
        "decline_amendment",
        table_id,
        person=me(),
        now=now,
        key=key(),
        revision=whole_number("revision"),
        reason=typed("reason"),
    )
    return finish(
        outcome,
        done=line_of,
        kind="result",
        to=url_for("table.show", table_id=table_id),
        again=lambda reasons: _form(table_id, reasons),
    )


def _form(table_id: int, reasons: Sequence[Reason]) -> str:
    found = dossier_or_404(table_id)
    return render_template(
        "department/decline.html",
        d=found,
        reasons=reasons or found.answers["decline_amendment"],
        done=None if reasons else done_before(found, "decline_amendment"),
        sent=request.form,
        key=new_key(),
    )
