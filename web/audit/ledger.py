"""台账: how far it is sealed, the line to note outside, and the whole of it as a file."""

from flask import Blueprint, Response, render_template

from accounts.roles import Role
from config.clock import now
from config.database import db
from ledger import export as exported
from ledger import reading
from web.access import roles
from web.answering import me
from workflow import ledger_export

sealed_ledger = Blueprint("sealed_ledger", __name__)


@sealed_ledger.get("/audit/ledger")
@roles(Role.AUDITOR)
def show() -> str:
    """The head, how to keep and use it, and the download."""
    return _page(ledger_export.standing(db.session(), me(), now()))


@sealed_ledger.get("/audit/ledger/export")
@roles(Role.AUDITOR)
def export() -> Response | tuple[str, int]:
    """The file, or the page with the reason why not."""
    person_id, session = me(), db.session()
    reading.snapshot(session)
    standing = ledger_export.standing(session, person_id, now())
    if standing.why_not:
        return _page(standing), 409
    name = f"ledger-{standing.head.position if standing.head else 0}.jsonl"
    file = Response("".join(exported.lines(session, now())), mimetype="application/x-ndjson")
    file.headers["Content-Disposition"] = f"attachment; filename={name}"
    return file


def _page(standing: ledger_export.Standing) -> str:
    return render_template("audit/ledger.html", standing=standing)
