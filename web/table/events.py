"""The events of a table as forms: what each asks for is listed once; the rest is the workflow's."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from config.clock import now
from web.access import signed_in
from web.answering import dossier_or_404, end_of_day, finish, key, me, new_key, table_or_404, typed, whole_number
from workflow.acts import act
from workflow.facts import Reason
from workflow.lifecycle import EVENTS
from workflow.review import CRITERIA, GRADES

events = Blueprint("events", __name__)

ASKS: dict[str, tuple[str, ...]] = {
    "submit": (),
    "endorse": ("opinion",),
    "send_back": ("opinion!", "until"),
    "withdraw": (),
    "recall": (),
    "accept_amendment": (),
    "approve": ("review", "grade", "opinion!"),
    "return": ("review", "grade", "opinion!", "until"),
    "begin_monitoring": ("opinion",),
    "report_evaluation": (),
    "return_evaluation": ("opinion!", "until"),
    "accept_evaluation": ("opinion",),
    "void": ("opinion!",),
}
"""What the form of an event asks for; `opinion!` is compulsory. An amendment has a page of its own."""
GRADES_OF = {"approve": ("优", "良"), "return": ("中", "差")}


@events.get("/tables/<int:table_id>/do/<event>")
@signed_in
def ask(table_id: int, event: str) -> str:
    """The form of an event."""
    return _form(table_id, event, ())


@events.post("/tables/<int:table_id>/do/<event>")
@signed_in
def do(table_id: int, event: str) -> Response | tuple[str, int]:
    """Fire the event."""
    if event not in ASKS:
        abort(404)
    table = table_or_404(table_id)
    details: dict[str, Any] = {}
    if "until" in ASKS[event]:
        details["until"] = end_of_day("until", table.cycle.region.timezone)
    if event == "submit":
        details["sheet_edit"] = whole_number("sheet_edit")
    if event in {"approve", "return", "accept_amendment", "return_evaluation", "accept_evaluation"}:
        details["revision"] = whole_number("revision")
    if "review" in ASKS[event]:
        details |= {"review": review_sent(), "grade": typed("grade")}
    outcome = act(
        event,
        table_id,
        person=me(),
        version=whole_number("version"),
        now=now,
        key=key(),
        opinion=typed("opinion"),
        **details,
    )
    return finish(
        outcome,
        done=_("%(verb)s：%(department)s", verb=EVENTS[event].label, department=table.department.short_name),
        to=url_for("table.show", table_id=table_id),
        again=lambda reasons: _form(table_id, event, reasons),
    )


def review_sent() -> dict[str, dict[str, str]]:
    """The four-criteria form as it was sent, with what was left empty left out."""
    return {
        "points": {p: typed(f"point-{p}") for pair in CRITERIA.values() for p in pair if typed(f"point-{p}")},
        "opinions": {c: typed(f"opinion-{c}") for c in CRITERIA if typed(f"opinion-{c}")},
    }


def _form(table_id: int, event: str, reasons: Sequence[Reason]) -> str:
    if event not in ASKS:
        abort(404)
    found = dossier_or_404(table_id)
    if event not in found.answers:
        abort(404)
    return render_template(
        "table/event.html",
        d=found,
        event=EVENTS[event],
        asks=ASKS[event],
        grades=GRADES_OF.get(event, GRADES),
        all_grades=GRADES,
        criteria=CRITERIA,
        reasons=reasons or found.answers[event],
        sent=request.form,
        key=new_key(),
    )
