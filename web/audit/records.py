"""The audit records: filtered, paged, each with its hash; and whether the ledger holds, asked when wanted."""

from datetime import date

from flask import Blueprint, Response, render_template, request

from accounts.roles import Role
from config.clock import now
from config.database import db
from web.access import roles
from web.answering import me, number_asked
from web.audit.glossary import explained
from web.going_back import given_back
from workflow import audit, ledger_export

auditing = Blueprint("auditing", __name__)
A_PAGE = 50
FILTERS = ("table", "person", "act", "department", "since", "until")


@auditing.get("/audit")
@roles(Role.AUDITOR)
def index() -> str:
    """The entries."""
    return _page(None)


@auditing.post("/audit/verify")
@roles(Role.AUDITOR)
def verify() -> Response:
    """Go through the whole ledger and say whether it holds."""
    return given_back(_page(audit.broken(db.session())))


def _page(broken: list[tuple[str, int, str]] | None) -> str:
    page = max(request.args.get("page", 1, type=int), 1)
    filters = audit.Filters(
        table_id=number_asked("table"),
        person=request.args.get("person", ""),
        word=request.args.get("act", ""),
        department_id=number_asked("department"),
        since=_day("since"),
        until=_day("until"),
    )
    found = audit.entries(db.session(), me(), now(), filters, limit=A_PAGE + 1, offset=(page - 1) * A_PAGE)
    asked = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return render_template(
        "audit/records.html",
        found=audit.folded(found[:A_PAGE]),
        more=len(found) > A_PAGE,
        page=page,
        filters=filters,
        asked=asked,
        words=audit.SAME_WORD,
        departments=audit.departments_audited(db.session(), me(), now()),
        broken=broken,
        standing=ledger_export.standing(db.session(), me(), now()) if broken is not None else None,
        chain_words=audit.chain_words,
        glossary_words=explained("ledger", "chain", "hash", "fits", "digest", "seal", "head"),
        at=now(),
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
