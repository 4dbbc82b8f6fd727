"""批复 and 退回: what nobody can take back is shown once more, as it will be done, before it is done.

The review was saved on the way here, so that what was typed stands on both sides of the question: here to be confirmed,
on the review's page to be changed. What is confirmed is what was shown: the question's own form carries it.
"""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from notifications.rules import told_of
from web.access import roles
from web.answering import (
    STATUS,
    day_end,
    dossier_or_404,
    end_of_day,
    finish,
    key,
    me,
    new_key,
    number_asked,
    table_or_404,
    typed,
    whole_number,
)
from web.bureau.review import DECISIONS, adjusted_by, effects_of, elsewhere, finance_page, review_sent
from web.table.results import line_of
from workflow.acts import act, asked
from workflow.deadlines import last_date, local_date
from workflow.dossier import Dossier, review_begun
from workflow.holders import holders
from workflow.lifecycle import EVENTS
from workflow.outcomes import names
from workflow.review import CRITERIA
from workflow.states import State

deciding = Blueprint("deciding", __name__)


@deciding.get("/tables/<int:table_id>/review/<decision>")
@roles(Role.OFFICER)
def ask(table_id: int, decision: str) -> str | Response | tuple[str, int]:
    """The question: the table, its grade, what is still open, what follows and who is told."""
    event = _event(decision)
    found = dossier_or_404(table_id)
    if (away := elsewhere(found, State.FINANCE_REVIEW)) is not None:
        return away
    kept = review_begun(db.session(), found.table, me())
    if kept is None or found.latest is None or kept.revision_id != found.latest.id:
        return redirect(url_for("review.finance", table_id=table_id), 303)
    shown: dict[str, Any] = {
        "version": number_asked("version") or found.table.version,
        "revision": found.latest.number,
        "remarks": request.args.get("remarks", ""),
        "review": kept.form,
        "grade": kept.grade or "",
        "opinion": kept.opinion,
    }
    until = day_end(request.args.get("until", ""), found.timezone) if event == "return" else None
    details: dict[str, Any] = {"until": until} if event == "return" else {}
    against = asked(event, table_id, person=me(), now=now, **shown, **details)
    if against is not None:
        title = _("没有%(verb)s", verb=EVENTS[event].label)
        return finance_page(dossier_or_404(table_id), against.reasons, title), STATUS.get(against.kind, 404)
    return _question(dossier_or_404(table_id), event, shown, until)


def _question(found: Dossier, event: str, shown: dict[str, Any], until: datetime | None) -> str:
    at = now()
    today = local_date(at, found.timezone)
    last = last_date(until, found.timezone) if until else None
    people = holders(db.session(), found.table.department, at)
    told = {one.name for role in told_of(event, {}) for one in people.get(role, ()) if one.person_id != me()}
    return render_template(
        "bureau/decide.html",
        d=found,
        event=EVENTS[event],
        shown=shown,
        criteria=CRITERIA,
        steps=effects_of(found)[shown["grade"]][-1 if event == "approve" else 0 :],  # before it: how to get here
        told=names(tuple(sorted(told))),
        open_remarks=[remark for remark in found.remarks if remark.answer is None],
        adjusted=adjusted_by(found),
        until=last,
        days=found.calendar.between(today, last) if last else 0,
        provisional=bool(last and found.calendar.why_between(today, last)),
        today=today,
        key=new_key(),
    )


@deciding.post("/tables/<int:table_id>/review/<decision>")
@roles(Role.OFFICER)
def do(table_id: int, decision: str) -> Response | tuple[str, int]:
    """Approve or return, as it was shown."""
    event = _event(decision)
    timezone = table_or_404(table_id).cycle.region.timezone
    details: dict[str, Any] = {"until": end_of_day("until", timezone)} if event == "return" else {}
    outcome = act(
        event,
        table_id,
        person=me(),
        version=whole_number("version"),
        now=now,
        key=key(),
        opinion=typed("opinion"),
        revision=whole_number("revision"),
        remarks=request.form.get("remarks", ""),
        review=review_sent(),
        grade=typed("grade"),
        **details,
    )
    return finish(
        outcome,
        done=line_of,
        kind="result",
        to=url_for("table.show", table_id=table_id),
        again=lambda reasons: finance_page(
            dossier_or_404(table_id), reasons, _("没有%(verb)s", verb=EVENTS[event].label)
        ),
    )


def _event(name: str) -> str:
    if name not in DECISIONS:
        abort(404)
    return name
