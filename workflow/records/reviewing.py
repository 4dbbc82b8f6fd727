"""Remarks, their answers, and the review form as it is being written."""

from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from accounts.roles import Role
from forms import cells
from workflow import guards as g
from workflow import loading
from workflow.comparison import says_the_same
from workflow.effects import Doing
from workflow.models import (
    Remark,
    Review,
    Revision,
    Table,
)
from workflow.records.kind import kind, refuse, text_of
from workflow.review import GRADES, ReviewForm, remark_name, why_not_rewritten
from workflow.states import State


def _begin_to_write(doing: Doing) -> None:
    doing.session.execute(
        update(Table)
        .where(Table.id == doing.table.id, Table.begun_at.is_(None))
        .values(begun_at=doing.now)
        .execution_options(synchronize_session=False)
    )
    doing.session.expire(doing.table, ["begun_at"])


@kind(
    "remark",
    "提意见",
    {State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.EVALUATION_REVIEW},
    {Role.REVIEWER, Role.OFFICER},
    g.turn_to_review,
    g.not_the_submitter,
)
def _remark(doing: Doing) -> dict[str, Any]:
    """details: must (bool), path ("" for the whole table), text."""
    text = text_of(doing, "text", "意见")
    path = str(doing.attempt.details.get("path") or "")
    revision = loading.latest_revision(doing.session, doing.table)
    if revision is None:
        raise RuntimeError("a table in review has a revision")
    if path and revision.kind != "evaluation":
        try:
            cells.value_at(loading.revision_document(revision), path)
        except cells.BadCell as error:
            raise refuse("bad_cell", str(error), path) from error
    number = (
        1
        + doing.session.scalars(
            select(func.coalesce(func.max(Remark.number), 0)).where(Remark.table_id == doing.table.id)
        ).one()
    )
    must = bool(doing.attempt.details.get("must"))
    doing.session.add(
        Remark(
            table_id=doing.table.id,
            revision_id=revision.id,
            number=number,
            state=State(doing.table.state),
            must=must,
            path=path,
            text=text,
            made_by=doing.person_id,
            made_at=doing.now,
        )
    )
    _begin_to_write(doing)
    return {"number": number, "must": must, "path": path, "text": text, "revision": revision.number}


@kind(
    "rewrite_remark",
    "改写意见",
    {State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.EVALUATION_REVIEW},
    {Role.REVIEWER, Role.OFFICER},
    g.turn_to_review,
)
def _rewrite_remark(doing: Doing) -> dict[str, Any]:
    """details: number, must (bool), text. It keeps its number and its place; the history keeps what it said before."""
    remark = _own_remark(doing)
    must, text = bool(doing.attempt.details.get("must")), text_of(doing, "text", "意见")
    if (must, text) == (remark.must, remark.text):
        raise refuse("nothing_rewritten", f"{remark_name(remark)}没有改动：改成的和现在的一样", remark.path or None)
    before = {"must": remark.must, "text": remark.text}
    remark.must, remark.text = must, text
    return {"number": remark.number, "must": must, "path": remark.path, "text": text, "before": before}


@kind(
    "remove_remark",
    "删除意见",
    {State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.EVALUATION_REVIEW},
    {Role.REVIEWER, Role.OFFICER},
    g.turn_to_review,
)
def _remove_remark(doing: Doing) -> dict[str, Any]:
    """details: number. The history keeps what it said."""
    remark = _own_remark(doing)
    said = {"number": remark.number, "must": remark.must, "path": remark.path, "text": remark.text}
    doing.session.delete(remark)
    return said


def _own_remark(doing: Doing) -> Remark:
    """The remark named, where who acts may still rewrite it."""
    remark = _numbered(doing)
    why_not = why_not_rewritten(
        doing.attempt.person_id,
        remark.made_by,
        answered=remark.answer is not None,
        delivered=remark.made_at <= doing.table.state_since,
    )
    if why_not:
        raise refuse("remark_stays", why_not, remark.path or None)
    return remark


def _numbered(doing: Doing) -> Remark:
    """The remark of this table that the details name."""
    number = doing.attempt.details.get("number")
    remark = doing.session.scalars(
        select(Remark).where(Remark.table_id == doing.table.id, Remark.number == number)
    ).one_or_none()
    if remark is None:
        raise refuse("no_remark", f"没有第 {number} 条意见")
    return remark


@kind("answer_remark", "答复意见", {State.DRAFT, State.SELF_EVALUATION}, {Role.EDITOR}, g.answering_open)
def _answer_remark(doing: Doing) -> dict[str, Any]:
    """details: number, answer ("changed" or "declined"), text (compulsory when declined). [choice] A 必改 is answered
    已改 without a change at its place only by saying where else it was made."""
    remark, answer = _numbered(doing), doing.attempt.details.get("answer")
    if answer not in {"changed", "declined"}:
        raise refuse("answer_unknown", f"{remark_name(remark)}的答复没有写：请选“已改”或“不采纳”", remark.path or None)
    text = str(doing.attempt.details.get("text") or "").strip()
    if answer == "declined" and not text:
        raise refuse("text_empty", f"{remark_name(remark)}选了“不采纳”，请写明理由", remark.path or None)
    if answer == "changed" and remark.must and not text and _untouched(doing, remark):
        why = f"{remark_name(remark)}选了“已改”，但这一处没有改动；请先改，或写明改在哪里"
        raise refuse("text_empty", why, remark.path or None)
    remark.answer, remark.answer_text = answer, text
    remark.answered_by, remark.answered_at = doing.person_id, doing.now
    return {"number": remark.number, "answer": answer, "text": text}


def _untouched(doing: Doing, remark: Remark) -> bool:
    """Whether a remark's place in the goals still says what it said when the remark was made."""
    made_on = doing.session.get_one(Revision, remark.revision_id)
    if made_on.kind == "evaluation":
        return False
    return says_the_same(remark.path, loading.revision_document(made_on), loading.sheet_of(doing.session, doing.table))


@kind(
    "decline_amendment",
    "不接受修改",
    {State.FINANCE_REVIEW},
    {Role.REVIEWER},
    g.on_latest_revision,
    g.amendment_waits,
    g.reason_given,
)
def _decline_amendment(doing: Doing) -> dict[str, Any]:
    """details: revision (seen), reason. The table stays with the bureau, whose officer amends anew or returns it."""
    latest = loading.latest_revision(doing.session, doing.table)
    if latest is None:
        raise RuntimeError("a table in review has a revision")
    reason = text_of(doing, "reason", "理由")
    latest.declined_by, latest.declined_at, latest.decline_reason = doing.person_id, doing.now, reason
    return {"revision": latest.number, "reason": reason}


@kind("draft_review", "写评审表", {State.FINANCE_REVIEW}, {Role.OFFICER}, g.not_of_the_department, g.on_latest_revision)
def _draft_review(doing: Doing) -> dict[str, Any]:
    """details: revision (seen), review (as far as filled in), grade, opinion, until (the last day to resubmit)."""
    try:
        form = ReviewForm.of(doing.attempt.details.get("review") or {})
    except ValueError as error:
        raise refuse("review_malformed", str(error)) from error
    grade = doing.attempt.details.get("grade")
    if grade is not None and grade not in GRADES:
        raise refuse("grade", "评级只能是 优、良、中、差")
    revision = doing.session.scalars(
        select(Revision).where(
            Revision.table_id == doing.table.id, Revision.number == doing.attempt.details["revision"]
        )
    ).one()
    review = doing.session.scalars(
        select(Review).where(Review.revision_id == revision.id, Review.person_id == doing.person_id)
    ).one_or_none()
    if review is None:
        review = Review(table_id=doing.table.id, revision_id=revision.id, person_id=doing.person_id)
    until = doing.attempt.details.get("until")
    last_day = {"until": until.isoformat()} if isinstance(until, date) else {}
    review.form, review.grade, review.written_at = form.as_json() | last_day, grade, doing.now
    review.opinion = str(doing.attempt.details.get("opinion") or "")
    doing.session.add(review)
    _begin_to_write(doing)
    return {"revision": revision.number, "grade": grade, "missing": list(form.missing())}
