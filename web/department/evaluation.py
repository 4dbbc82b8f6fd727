"""The self-evaluation of one table: every indicator of the goals in force, saved row by row or all at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from web.access import signed_in
from web.answering import STATUS, dossier_or_404, me, new_key, table_or_404, typed
from web.table.standing import standing
from web.table.words import LINKS
from workflow import loading, overview
from workflow.acts import Recorded, Refused, done_before, record
from workflow.deadlines import local_date
from workflow.evaluation import LABELS as VERDICTS
from workflow.facts import Reason
from workflow.models import Table
from workflow.results import Appraisal, ResultLine, appraisal

evaluation = Blueprint("evaluation", __name__)
LINKS["record_result"] = ("evaluation.show", "填自评")


@evaluation.get("/evaluation")
@signed_in
def tables() -> str:
    """The tables in self-evaluation and in its review that the reader may see."""
    at = now()
    lines = overview.evaluated_tables(db.session(), me(), at)
    return render_template(
        "evaluation/tables.html",
        lines=lines,
        today=local_date(at, "Asia/Shanghai"),
        reviewing=Role.OFFICER in current_user.roles,
    )


@evaluation.get("/tables/<int:table_id>/evaluation")
@signed_in
def show(table_id: int) -> str:
    """The indicators: to be filled in, or to be read."""
    return _page(table_id, {})


@evaluation.post("/tables/<int:table_id>/evaluation")
@signed_in
def save(table_id: int) -> Response | tuple[str, int]:
    """Save every row that was changed; each has its own result, and nothing typed is lost."""
    lines = _appraisal(table_or_404(table_id)).lines
    sent = {line.number: request.form.get(f"key-{line.number}", "") for line in lines}
    # Sent again, a row that was saved looks untouched: its key tells that it was this very form that saved it.
    done = done_before("record_result", table_id, person=me(), keys_sent=sent.values())
    wanted = [line.number for line in lines if sent[line.number] in done or _changed(line)]
    outcomes = {number: _record(table_id, number) for number in wanted}
    refusals = {number: outcome for number, outcome in outcomes.items() if isinstance(outcome, Refused)}
    saved = len(outcomes) - len(refusals)
    if refusals:
        if any(outcome.kind == "not_found" for outcome in refusals.values()):
            abort(404)
        said = {number: outcome.reasons for number, outcome in refusals.items()}
        return _page(table_id, said, saved=saved), max(STATUS[outcome.kind] for outcome in refusals.values())
    flash(_("已保存 %(count)s 行", count=saved) if saved else _("都已保存"), "done")
    return redirect(url_for("evaluation.show", table_id=table_id), 303)


@evaluation.post("/tables/<int:table_id>/evaluation/rows/<int:number>")
@signed_in
def save_row(table_id: int, number: int) -> tuple[str, int]:
    """Save one row as it was typed; the answer is the row's state, put in its place."""
    table = table_or_404(table_id)
    outcome = _record(table_id, number)
    found = _appraisal(table_or_404(table_id))
    line = next((line for line in found.lines if line.number == number), None)
    if line is None:
        abort(404)
    reasons = outcome.reasons if isinstance(outcome, Refused) else ()
    status = STATUS.get(outcome.kind, 404) if isinstance(outcome, Refused) else 200
    page = render_template(
        "evaluation/state.html", line=line, found=found, reasons=reasons, table=table, key=new_key(), verdicts=VERDICTS
    )
    return page, status


def _appraisal(table: Table) -> Appraisal:
    session = db.session()
    goals = loading.goals_in_force(session, table)
    results = loading.results_of(session, [table])[table.id]
    return appraisal(table, goals, results, loading.rate(session, table, now(), goals))


def _record(table_id: int, number: int) -> Recorded | Refused:
    sent = request.form.get(f"key-{number}", "")
    if not 8 <= len(sent) <= 64:
        abort(400)
    return record("record_result", table_id, person=me(), now=now, key=sent, number=number, **_typed_row(number))


def _typed_row(number: int) -> dict[str, Any]:
    verdict = typed(f"verdict-{number}")
    return {
        "actual": typed(f"actual-{number}"),
        "verdict": verdict if verdict in VERDICTS else None,
        "reason": typed(f"reason-{number}"),
    }


def _changed(line: ResultLine) -> bool:
    """Whether a row holds something that is not written yet."""
    if f"key-{line.number}" not in request.form:
        return False
    row, kept = _typed_row(line.number), line.result
    if kept is None:
        return bool(row["actual"] or row["verdict"] or row["reason"] or line.computed)
    judged = line.in_words or "not_applicable" in {kept.verdict, row["verdict"]}
    same_verdict = not judged or row["verdict"] == kept.verdict
    same_actual = line.computed is not None or row["actual"] == kept.actual
    return not (same_actual and row["reason"] == kept.reason and same_verdict)


def _page(table_id: int, refusals: Mapping[int, Sequence[Reason]], *, saved: int = 0) -> str:
    dossier = dossier_or_404(table_id)
    table: Table = dossier.table
    found = appraisal(table, dossier.goals, dossier.results, dossier.rate)
    return render_template(
        "evaluation/table.html",
        d=dossier,
        found=found,
        refusals=refusals,
        saved=saved,
        writable=dossier.may("record_result"),
        sent=request.form,
        keys={line.number: new_key() for line in found.lines},
        verdicts=VERDICTS,
        today=local_date(now(), dossier.timezone),
        standing=standing(dossier, found),
    )
