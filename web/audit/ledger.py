"""台账: how far it is sealed, the line to note outside, whether it holds, and the whole of it as a file."""

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from accounts.roles import Role
from config.clock import now
from config.database import db
from ledger import export as exported
from ledger import reading
from ledger.whole import Head
from web.access import roles
from web.answering import me
from web.audit.glossary import explained
from web.going_back import given_back
from workflow import audit, ledger_export

sealed_ledger = Blueprint("sealed_ledger", __name__)


@sealed_ledger.get("/audit/ledger")
@roles(Role.AUDITOR)
def show() -> str:
    """The head, how to keep and use it, and the download."""
    return _page(ledger_export.standing(db.session(), me(), now()))


@sealed_ledger.post("/audit/ledger/verify")
@roles(Role.AUDITOR)
def verify() -> Response | tuple[str, int]:
    """Go through the whole ledger, and see whether the heads that somebody noted outside still fit."""
    lines = [line for line in request.form.get("heads", "").splitlines() if line.strip()]
    try:
        noted = [Head.read(line) for line in lines]
    except ValueError as error:
        wrong = _("“%(line)s”不是记下的一行：要写成 位置:校验码，校验码是 64 位", line=str(error).strip()[:90])
        return _page(ledger_export.standing(db.session(), me(), now()), wrong=wrong), 422
    broken = audit.broken(db.session(), noted)
    standing = ledger_export.standing(db.session(), me(), now())
    return given_back(_page(standing, broken=broken, heads=len(noted)))


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


def _page(
    standing: ledger_export.Standing,
    *,
    broken: list[tuple[str, int, str]] | None = None,
    heads: int = 0,
    wrong: str = "",
) -> str:
    return render_template(
        "audit/ledger.html",
        standing=standing,
        broken=broken,
        heads=heads,
        wrong=wrong,
        sent=request.form,
        at=now(),
        chain_words=audit.chain_words,
        glossary_words=explained("ledger", "chain", "hash", "fits", "seal", "head"),
    )
