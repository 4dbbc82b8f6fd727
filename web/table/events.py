"""The events of a table as forms: what each asks for is listed once; the rest is the workflow's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from forms.checks import Severity
from web.access import signed_in
from web.answering import dossier_or_404, end_of_day, finish, key, me, new_key, table_or_404, typed, whole_number
from web.table.results import done_before, line_of
from web.table.standing import standing
from web.table.words import refusals, review_address, wrong_fields
from workflow.acts import act
from workflow.deadlines import local_date
from workflow.dossier import Dossier
from workflow.evaluation import LABELS as VERDICTS
from workflow.facts import Reason
from workflow.holders import holders
from workflow.lifecycle import EVENTS
from workflow.outcomes import names
from workflow.results import appraisal

events = Blueprint("events", __name__)

ASKS: dict[str, tuple[str, ...]] = {
    "submit": ("opinion",),
    "endorse": ("opinion",),
    "send_back": ("opinion!", "until"),
    "withdraw": (),
    "recall": (),
    "accept_amendment": (),
    "begin_monitoring": ("opinion",),
    "report_evaluation": (),
    "return_evaluation": ("opinion!", "until"),
    "accept_evaluation": ("opinion",),
    "void": ("opinion!",),
}
"""What the form of an event asks for; `opinion!` is compulsory. An amendment has a page of its own."""
ON_THE_REVIEW = frozenset({"approve", "return"})
"""Events that the review's own form fires; here they only say what stands against them."""


@events.get("/tables/<int:table_id>/do/<event>")
@signed_in
def ask(table_id: int, event: str) -> str | Response:
    """The form of an event."""
    if event in ON_THE_REVIEW and (found := dossier_or_404(table_id)).may("draft_review"):
        return redirect(review_address(table_id, found.state), 303)
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
    if event == "endorse":
        details["remarks"] = request.form.get("remarks", "")
    if event in {"accept_amendment", "return_evaluation", "accept_evaluation"}:
        details["revision"] = whole_number("revision")
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
        done=line_of,
        kind="result",
        to=url_for("table.show", table_id=table_id),
        again=lambda reasons: _form(table_id, event, reasons),
    )


def _form(table_id: int, event: str, reasons: Sequence[Reason]) -> str:
    if event not in ASKS.keys() | ON_THE_REVIEW:
        abort(404)
    found = dossier_or_404(table_id)
    if event not in found.answers:
        abort(404)
    at, refused = now(), refusals(reasons or found.answers[event])
    return render_template(
        "table/event.html",
        d=found,
        event=EVENTS[event],
        asks=ASKS.get(event, ()),
        has_form=event in ASKS,
        today=local_date(at, found.timezone),
        **(_before_submitting(found, at) if event == "submit" else {}),
        **(_before_reporting(found) if event == "report_evaluation" else {}),
        refusals=refused,
        wrong=wrong_fields(refused),
        done=None if reasons else done_before(found, event),
        sent=request.form,
        key=new_key(),
    )


def _before_reporting(found: Dossier) -> dict[str, Any]:
    """The values that a reviewer answers for by reporting them."""
    appraised = appraisal(found.table, found.goals, found.results, found.rate)
    return {"appraised": appraised, "verdicts": VERDICTS, "standing": standing(found, appraised)}


def _before_submitting(found: Dossier, at: datetime) -> dict[str, Any]:
    """What an editor sees before submitting: who receives the table, and what could still be looked at."""
    reviewers = holders(db.session(), found.table.department, at)[Role.REVIEWER]
    return {
        "reviewers": tuple(one.name for one in reviewers if one.person_id != me()),
        "names": names,
        "advice": [finding for finding in found.findings if finding.severity is not Severity.MUST],
        "outside": found.outside_now(),
        "claimed": [remark for remark in found.remarks if remark.number in found.claimed()],
        "unanswered": [remark for remark in found.remarks if not remark.must and remark.answer is None],
    }
