"""The table's page: whose turn it is, till when, what can I do; the sheet, remarks, revisions and history."""

from flask import Blueprint, abort, render_template

from config.clock import now
from forms.document import Document, differences
from web.access import signed_in
from web.answering import dossier_or_404
from workflow.deadlines import local_date

page = Blueprint("table", __name__)


@page.get("/tables/<int:table_id>")
@signed_in
def show(table_id: int) -> str:
    """The page."""
    found = dossier_or_404(table_id)
    return render_template(
        "table/page.html", d=found, shown=found.document, revision=None, today=local_date(now(), found.timezone)
    )


@page.get("/tables/<int:table_id>/revisions/<int:number>")
@signed_in
def revision(table_id: int, number: int) -> str:
    """One frozen revision, as it was sent."""
    found = dossier_or_404(table_id)
    frozen = next((r for r in found.revisions if r.number == number and r.kind != "evaluation"), None)
    if frozen is None:
        abort(404)
    return render_template(
        "table/page.html",
        d=found,
        shown=Document.from_json(frozen.document),
        revision=frozen,
        today=local_date(now(), found.timezone),
    )


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
