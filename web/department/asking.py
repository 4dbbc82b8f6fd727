"""申请延期: a department that cannot keep a deadline says why, and until when it wants more time."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from web.access import roles
from web.answering import dossier_or_404, end_of_day, finish, key, me, new_key, table_or_404, typed
from web.table.results import line_of
from web.table.words import ASIDE, LINKS
from workflow.acts import record
from workflow.deadlines import last_date, local_date
from workflow.facts import Reason

asking = Blueprint("asking", __name__)
LINKS["ask_extension"] = ("asking.ask", "申请延期…")
ASIDE.add("ask_extension")


@asking.get("/tables/<int:table_id>/ask-extension")
@roles(Role.EDITOR, Role.REVIEWER)
def ask(table_id: int) -> str:
    """What could be extended, what was asked before, and the form."""
    return _form(table_id, ())


@asking.post("/tables/<int:table_id>/ask-extension")
@roles(Role.EDITOR, Role.REVIEWER)
def do(table_id: int) -> Response | tuple[str, int]:
    """Ask; the deadline stays until a manager answers."""
    timezone = table_or_404(table_id).cycle.region.timezone
    round_id = request.form.get("round_id", type=int)
    outcome = record(
        "ask_extension",
        table_id,
        person=me(),
        now=now,
        key=key(),
        stage=typed("stage") or None,
        round_id=round_id,
        until=end_of_day("until", timezone),
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
    found, at = dossier_or_404(table_id), now()
    asked = found.extensible(at)
    return render_template(
        "department/ask-extension.html",
        d=found,
        asked=asked,
        last=last_date(asked.until, found.timezone) if asked else None,
        reasons=reasons or found.answers["ask_extension"],
        today=local_date(at, found.timezone),
        sent=request.form,
        key=new_key(),
    )
