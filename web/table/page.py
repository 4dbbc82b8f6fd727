"""The table's page: whose turn it is, till when, what can I do; the sheet, remarks, revisions and history."""

from collections.abc import Sequence

from flask import Blueprint, abort, render_template

from config.clock import now
from config.database import db
from forms.document import Document, differences
from web.access import signed_in
from web.answering import dossier_or_404, new_key
from workflow import adjustments
from workflow.deadlines import local_date
from workflow.dossier import Dossier
from workflow.facts import Reason
from workflow.models import Revision

page = Blueprint("table", __name__)


@page.get("/tables/<int:table_id>")
@signed_in
def show(table_id: int) -> str:
    """The page."""
    return page_of(table_id, ())


def page_of(table_id: int, reasons: Sequence[Reason]) -> str:
    """The page, with what stands against something sent from it."""
    found = dossier_or_404(table_id)
    return _rendered(found, found.document, None, reasons)


def _rendered(found: Dossier, shown: Document, frozen: Revision | None, reasons: Sequence[Reason] = ()) -> str:
    return render_template(
        "table/page.html",
        d=found,
        shown=shown,
        revision=frozen,
        family=adjustments.family(db.session(), found.table),
        today=local_date(now(), found.timezone),
        reasons=reasons,
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


@page.get("/tables/<int:table_id>/compare/<int:old>/<int:new>")
@signed_in
def compare(table_id: int, old: int, new: int) -> str:
    """What differs between two revisions, cell by cell."""
    found = dossier_or_404(table_id)
    documents = {r.number: Document.from_json(r.document) for r in found.revisions if r.kind != "evaluation"}
    if old not in documents or new not in documents:
        abort(404)
    changes = differences(documents[old], documents[new])
    return render_template("table/compare.html", d=found, old=old, new=new, changes=changes)
