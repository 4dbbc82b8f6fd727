"""Reviewing: what changed and was it asked for, remarks, the four-criteria form, the decision.

One page for the bureau's officer, one for the department's own reviewer, one for the reported self-evaluation. They
show the same changes and remarks; the right side differs.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts.roles import Role
from config.clock import now
from config.database import db
from ledger.chain import canonical, digest
from web.access import roles
from web.answering import (
    STATUS,
    day_typed,
    dossier_or_404,
    end_of_day,
    finish,
    key,
    me,
    new_key,
    refused,
    table_or_404,
    typed,
    whole_number,
)
from web.table.results import line_of, sentence_of
from web.table.words import WHOLE, money, refusals, review_address, wrong_fields
from workflow import adjustments
from workflow.acts import Refused, act, asked, record
from workflow.comparison import Compared, compared, outside_first
from workflow.deadlines import local_date
from workflow.done_already import left
from workflow.dossier import Dossier, review_begun
from workflow.evaluation import LABELS as VERDICTS
from workflow.evaluation import tally
from workflow.facts import Reason
from workflow.holders import holders
from workflow.lifecycle import EVENTS
from workflow.models import Remark
from workflow.outcomes import names
from workflow.review import CRITERIA, GRADES, TO_APPROVAL, TO_RETURN, ReviewForm, effects_of_grades
from workflow.states import State

review = Blueprint("review", __name__)

REVIEWERS = (Role.OFFICER, Role.REVIEWER)
DECISIONS = frozenset({"approve", "return"})
"""What nobody can take back, and is asked about once more."""


@review.get("/tables/<int:table_id>/to-review")
@roles(*REVIEWERS)
def begin(table_id: int) -> Response:
    """On to the page where the table is reviewed in its state; without one, to the table."""
    return redirect(review_address(table_id, State(table_or_404(table_id).state)), 303)


@review.get("/tables/<int:table_id>/review")
@roles(Role.OFFICER)
def finance(table_id: int) -> str | Response:
    """The bureau's review."""
    found = dossier_or_404(table_id)
    return elsewhere(found, State.FINANCE_REVIEW) or finance_page(found, ())


@review.post("/tables/<int:table_id>/review")
@roles(Role.OFFICER)
def decide(table_id: int) -> Response | tuple[str, int] | str:
    """Save the form as it stands; before a decision go on to the question whether it is meant (web.bureau.deciding)."""
    wish = request.form.get("do", "save")
    if wish in DECISIONS:
        return _before_deciding(wish, table_id)
    if wish != "save":
        abort(400)
    by_itself = "HX-Request" in request.headers  # with a key of its own: a decision may follow before its answer
    outcome = record(
        "draft_review",
        table_id,
        person=me(),
        now=now,
        key=key("save_key" if by_itself else "key"),
        revision=whole_number("revision"),
        review=review_sent(),
        grade=typed("grade") or None,
        opinion=typed("opinion"),
        until=day_typed("until"),
    )
    if by_itself:
        return _saved(outcome)
    return finish(
        outcome,
        done=line_of,
        to=url_for("review.finance", table_id=table_id),
        again=lambda reasons: finance_page(dossier_or_404(table_id), reasons, _("评审表没有保存")),
    )


def review_sent() -> dict[str, dict[str, str]]:
    """The four-criteria form as it was sent, with what was left empty left out."""
    return {
        "points": {p: typed(f"point-{p}") for pair in CRITERIA.values() for p in pair if typed(f"point-{p}")},
        "opinions": {c: typed(f"opinion-{c}") for c in CRITERIA if typed(f"opinion-{c}")},
    }


def _saved(outcome: Any) -> tuple[str, int]:
    """The state of the last save alone, with the key for the next one; the rest of the page stays as it is."""
    if isinstance(outcome, Refused) and outcome.kind == "not_found":
        abort(404)
    at = now()
    refused = outcome.reasons if isinstance(outcome, Refused) else ()
    return render_template("bureau/saved.html", reasons=refused, at=at, key=new_key()), 422 if refused else 200


def _before_deciding(event: str, table_id: int) -> Response | tuple[str, int]:
    """Tell what stands against the decision; else save the review and go on to the question."""
    timezone = table_or_404(table_id).cycle.region.timezone
    sent: dict[str, Any] = {"review": review_sent(), "grade": typed("grade"), "opinion": typed("opinion")}
    last_day = day_typed("until")
    seen: dict[str, Any] = {"version": whole_number("version"), "remarks": request.form.get("remarks", "")}
    until: dict[str, Any] = {"until": end_of_day("until", timezone)} if event == "return" else {}
    revision = whole_number("revision")
    outcome: object = asked(event, table_id, person=me(), now=now, revision=revision, **sent, **seen, **until)
    if outcome is None and not _is_kept(table_id, revision, sent, last_day):
        outcome = record(
            "draft_review",
            table_id,
            person=me(),
            now=now,
            # one effect for what this form says, however often it comes
            key=f"{key()}-{digest(canonical(sent | {'until': typed('until')}))[:16]}",
            revision=revision,
            until=last_day,
            **sent,
        )
    if isinstance(outcome, Refused):
        if outcome.kind == "not_found":
            abort(404)
        title = _("没有%(verb)s", verb=EVENTS[event].label)
        return finance_page(dossier_or_404(table_id), outcome.reasons, title), STATUS[outcome.kind]
    carried = seen | {"until": typed("until") if event == "return" else ""}
    to = url_for("deciding.ask", table_id=table_id, decision=event, **{k: v for k, v in carried.items() if v})
    return redirect(to, 303)


def _is_kept(table_id: int, revision: int, sent: dict[str, Any], until: date | None) -> bool:
    """Whether the reader's saved review of a revision says this already."""
    found = dossier_or_404(table_id)
    kept, seen = review_begun(db.session(), found.table, me()), found.revision(revision)
    if kept is None or seen is None or kept.revision_id != seen.id:
        return False
    return (ReviewForm.of(kept.form), kept.grade, kept.opinion, kept.form.get("until")) == (
        ReviewForm.of(sent["review"]),
        sent["grade"],
        sent["opinion"],
        until.isoformat() if until else None,
    )


def finance_page(found: Dossier, reasons: Sequence[Reason], title: str = "") -> str:
    kept = review_begun(db.session(), found.table, me())
    typed_in: dict[str, str] = dict(request.form) if "revision" in request.form else {}
    if not typed_in and kept is not None:
        typed_in = {"grade": kept.grade or "", "opinion": kept.opinion}
        typed_in |= {f"point-{point}": grade for point, grade in kept.form["points"].items()}
        typed_in |= {f"opinion-{criterion}": text for criterion, text in kept.form["opinions"].items()}
        typed_in["until"] = kept.form.get("until", "")
    return _render(
        found,
        "bureau/review.html",
        reasons,
        title,
        found.returned("return"),
        criteria=CRITERIA,
        grades=GRADES,
        effects=effects_of(found),
        to_approval=TO_APPROVAL,
        to_return=TO_RETURN,
        save_key=new_key(),
        filled=typed_in,
        saved_at=kept.written_at if kept else None,
    )


def effects_of(found: Dossier) -> dict[str, list[str]]:
    """What each grade would lead to for this table."""
    latest, total = found.latest, found.document.budget.total
    amended = len(latest.changes or ()) if latest is not None else 0
    accepted = latest is not None and latest.accepted_at is not None
    declined = latest is not None and latest.declined_at is not None
    reviewers = holders(db.session(), found.table.department, now())[Role.REVIEWER]
    return effects_of_grades(
        revision=found.table.latest_revision,
        passed=found.table.pass_number,
        money="" if total is None else f" {money(total, found.framework.decimals)} 万元",
        accepts=f"部门审核人{names(tuple(one.name for one in reviewers))}",
        year=found.table.cycle.fiscal_year,
        waiting=0 if accepted or declined else amended,
        accepted=amended if accepted else 0,
        declined=amended if declined else 0,
    )


@review.get("/tables/<int:table_id>/internal-review")
@roles(Role.REVIEWER)
def internal(table_id: int) -> str | Response:
    """The department's own review, before the table goes to the bureau."""
    found = dossier_or_404(table_id)
    return elsewhere(found, State.INTERNAL_REVIEW) or _internal(found, ())


@review.post("/tables/<int:table_id>/internal-review")
@roles(Role.REVIEWER)
def decide_inside(table_id: int) -> Response | tuple[str, int]:
    """Endorse it or send it back."""
    event = request.form.get("do", "")
    if event not in {"endorse", "send_back"}:
        abort(400)
    timezone = table_or_404(table_id).cycle.region.timezone
    seen: dict[str, Any] = {"remarks": request.form.get("remarks", "")}
    details = {"until": end_of_day("until", timezone)} if event == "send_back" else seen
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
        again=lambda reasons: _internal(dossier_or_404(table_id), reasons, _("没有%(verb)s", verb=EVENTS[event].label)),
    )


def _internal(found: Dossier, reasons: Sequence[Reason], title: str = "") -> str:
    sent = request.form if "do" in request.form else {}
    return _render(
        found, "bureau/internal.html", reasons, title, found.returned("return", "send_back"), filled=dict(sent)
    )


@review.get("/tables/<int:table_id>/evaluation-review")
@roles(Role.OFFICER)
def evaluation(table_id: int) -> str | Response:
    """The reported self-evaluation beside its targets."""
    found = dossier_or_404(table_id)
    return elsewhere(found, State.EVALUATION_REVIEW) or _evaluation(found, ())


def _evaluation(found: Dossier, reasons: Sequence[Reason], title: str = "") -> str:
    lines = found.evaluation()
    return _render(
        found,
        "bureau/evaluation.html",
        reasons,
        title,
        None,
        lines=sorted(lines, key=lambda line: not line.changed),
        tally=tally(line.result.verdict for line in lines if line.result),
        verdicts=VERDICTS,
        returned_evaluation=found.returned("return_evaluation"),
    )


@review.post("/tables/<int:table_id>/remarks")
@roles(*REVIEWERS)
def remark(table_id: int) -> Response | tuple[str, int]:
    """Write a remark on one place, or on the whole table."""
    found = dossier_or_404(table_id)
    page = _page_of(found.state)
    if left_out := _left_out():
        return page(found, left_out, _("意见没有写下")), 422
    outcome = record(
        "remark",
        table_id,
        person=me(),
        now=now,
        key=key(),
        must=typed("must") == "yes",
        path="" if typed("path") == WHOLE else typed("path"),
        text=typed("text"),
    )
    number = outcome.said["number"] if not isinstance(outcome, Refused) else 0
    return finish(
        outcome,
        done=line_of,
        to=review_address(table_id, found.state)
        + (f"?written={number}#{typed('path')}" if typed("stay") else f"#remark-{number}"),
        again=lambda reasons: page(dossier_or_404(table_id), reasons, _("意见没有写下")),
    )


@review.post("/tables/<int:table_id>/remarks/<int:number>/rewrite")
@roles(*REVIEWERS)
def rewrite_remark(table_id: int, number: int) -> Response | tuple[str, int]:
    """Rewrite a remark of one's own that no decision has delivered yet; its number and place stay."""
    found = dossier_or_404(table_id)
    page = _page_of(found.state)
    outcome = record(
        "rewrite_remark",
        table_id,
        person=me(),
        now=now,
        key=key(),
        number=number,
        must=typed("must") == "yes",
        text=typed("text"),
    )
    return finish(
        outcome,
        done=line_of,
        to=review_address(table_id, found.state) + f"#remark-{number}",
        again=lambda reasons: page(dossier_or_404(table_id), reasons, _("意见没有改写")),
    )


@review.post("/tables/<int:table_id>/remarks/<int:number>/remove")
@roles(*REVIEWERS)
def remove_remark(table_id: int, number: int) -> Response | tuple[str, int]:
    """Take back a remark of one's own that no decision has delivered yet."""
    found = dossier_or_404(table_id)
    page = _page_of(found.state)
    outcome = record("remove_remark", table_id, person=me(), now=now, key=key(), number=number)
    return finish(
        outcome,
        done=line_of,
        to=review_address(table_id, found.state),  # at its top, where the line stands with what was deleted
        again=lambda reasons: page(dossier_or_404(table_id), reasons, _("意见没有删除")),
    )


def _page_of(state: State) -> Callable[[Dossier, Sequence[Reason], str], str]:
    """What renders the review of a table in its state."""
    return {State.INTERNAL_REVIEW: _internal, State.EVALUATION_REVIEW: _evaluation}.get(state, finance_page)


def _form_sent() -> ReviewForm | None:
    """The review form as it was sent; None where it holds what no form could."""
    try:
        return ReviewForm.of(review_sent())
    except ValueError:
        return None


def _left_out() -> list[Reason]:
    """What a remark's form was sent without: a remark has no kind and no place until somebody chose them."""
    found: list[Reason] = []
    if not typed("path"):
        found += refused("place_missing", "要选意见写在哪一处；对整张表的意见选“全表”")
    if typed("must") not in {"yes", "no"}:
        found += refused("must_missing", "要选这条意见是必改还是建议")
    if not typed("text"):
        found += refused("text_empty", "意见不能为空")
    return found


def elsewhere(found: Dossier, state: State) -> Response | None:
    """Where a table is that is not in the state of this page (it was decided meanwhile): its own, which says so."""
    if found.state is state:
        return None
    if (decided := left(state, found.history)) is not None:
        flash(f"{sentence_of(found, decided)}{_('。')}", "result")
    return redirect(url_for("table.show", table_id=found.table.id), 303)


def _render(found: Dossier, template: str, reasons: Sequence[Reason], title: str, returned: Any, **given: Any) -> str:
    changes: list[Compared] = []
    answered_alone: list[Remark] = []
    answered_in = found.last_submission
    if returned is not None and returned.number < answered_in:
        changes = outside_first(found.compared(returned.number, answered_in))
        answered_alone = found.answered_alone(returned.number, answered_in, changes)
    refused_so = refusals(reasons, _form_sent())
    today: date = local_date(now(), found.timezone)
    return render_template(
        template,
        d=found,
        shown=found.document,
        returned=returned,
        changes=changes,
        answered_alone=answered_alone,
        adjusted=adjusted_by(found),
        outside=sum(change.outside for change in changes),
        refusals=refused_so,
        reasons_title=title,
        wrong=wrong_fields(refused_so),
        sent=request.form,
        place_asked=request.form.get("path", request.args.get("place", "")),
        remark_at=found.may("remark"),
        me=me(),
        key=new_key(),
        remark_key=new_key(),
        today=today,
        **given,
    )


def adjusted_by(found: Dossier) -> Sequence[Compared]:
    """What an adjustment changes in the goals it adjusts; nothing for any other table."""
    if found.table.adjusts_id is None:
        return ()
    return compared(adjustments.goals_before(db.session(), found.table), found.document, ())
