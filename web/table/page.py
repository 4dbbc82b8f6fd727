"""The table's page: whose turn it is, till when, what can I do; the sheet, remarks, revisions and history."""

from collections.abc import Sequence

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from config.clock import now
from config.database import db
from forms.document import Document
from web.access import signed_in
from web.answering import dossier_or_404, me, new_key
from web.unchanged import unless_unchanged
from workflow import adjustments
from workflow.comparison import unchanged
from workflow.deadlines import local_date
from workflow.dossier import Dossier
from workflow.facts import Reason
from workflow.models import Revision
from workflow.scope import OFFICE_TIMEZONE

page = Blueprint("table", __name__)


@page.get("/tables/<int:table_id>")
@signed_in
def show(table_id: int) -> Response:
    """The page, or word that it says what it said."""
    at = now()
    said = adjustments.last_words(db.session(), table_id, me(), at)
    if said is None:
        abort(404)
    today = local_date(at, OFFICE_TIMEZONE)
    return unless_unchanged(said.hashes, today, lambda: _page(table_id, said.family))


def page_again(table_id: int, reasons: Sequence[Reason], *, answer: int) -> str:
    """The page once more, with why an answer to that remark was not taken."""
    found = dossier_or_404(table_id)
    return _rendered(found, found.document, None, reasons=reasons, refused_answer=answer)


def _page(table_id: int, family: adjustments.Family) -> str:
    found = dossier_or_404(table_id)
    return _rendered(found, found.document, None, family)


def _rendered(
    found: Dossier,
    shown: Document,
    frozen: Revision | None,
    family: adjustments.Family | None = None,
    reasons: Sequence[Reason] = (),
    refused_answer: int | None = None,
) -> str:
    adjusted = next((line for line in found.history if line.act == "adjusted"), None) if frozen is None else None
    in_force = (
        adjustments.in_force_beside(shown, found.goals, found.framework.decimals)
        if adjusted is not None and found.goals is not None
        else None
    )
    return render_template(
        "table/page.html",
        d=found,
        adjusted_by=adjusted,
        in_force=in_force,
        shown=shown,
        revision=frozen,
        family=family or adjustments.family(db.session(), found.table),
        today=local_date(now(), found.timezone),
        reasons=reasons,
        refused_answer=refused_answer,
        key=new_key(),
    )


@page.get("/tables/<int:table_id>/revisions/<int:number>")
@signed_in
def revision(table_id: int, number: int) -> str:
    """One frozen revision, as it was sent."""
    found = dossier_or_404(table_id)
    frozen = next((r for r in found.revisions if r.number == number and r.kind != "evaluation"), None)
    if frozen is None:
        abort(404)
    return _rendered(found, Document.from_json(frozen.document), frozen)


@page.get("/tables/<int:table_id>/compare")
@signed_in
def choose(table_id: int) -> Response:
    """On to the comparison of the two revisions chosen in the form."""
    old, new = request.args.get("old", 0, type=int), request.args.get("new", 0, type=int)
    return redirect(url_for("table.compare", table_id=table_id, old=old, new=new), 303)


@page.get("/tables/<int:table_id>/compare/<int:old>/<int:new>")
@signed_in
def compare(table_id: int, old: int, new: int) -> str:
    """What differs between two revisions, inside each cell, and because of which remark."""
    found = dossier_or_404(table_id)
    left, right = found.revision(old), found.revision(new)
    if left is None or right is None or "evaluation" in {left.kind, right.kind}:
        abort(404)
    changes = found.compared(old, new)
    documents = Document.from_json(left.document), Document.from_json(right.document)
    added = sum(one.change.old is None for one in changes)
    gone = sum(one.change.new is None for one in changes)
    return render_template(
        "table/compare.html",
        d=found,
        old=old,
        new=new,
        left=left,
        right=right,
        left_document=documents[0],
        right_document=documents[1],
        changes=changes,
        added=added,
        gone=gone,
        changed=len(changes) - added - gone,
        unchanged=unchanged(documents[1], changes),
        outside=sum(one.outside for one in changes),
        was_returned=found.was_returned(old, new),
        amended={change["path"]: change["reason"] for change in right.changes or ()},
    )
