"""绩效目标表: the plain list of the tables a person may see, by state, year and name."""

from flask import Blueprint, render_template, request

from config.clock import now
from config.database import db
from web.access import signed_in
from web.answering import me, number_asked
from workflow.deadlines import local_date
from workflow.listing import cycles_seen, tables_of
from workflow.scope import OFFICE_TIMEZONE
from workflow.states import State

tables = Blueprint("tables", __name__)
TOGETHER = 200
"""Lines on the page; more are found by the filter."""


@tables.get("/tables")
@signed_in
def all_tables() -> str:
    """The list."""
    at = now()
    wanted, words = request.args.get("state", ""), request.args.get("q", "").strip()[:60]
    state = State(wanted) if wanted in set(State) else None
    year, session = number_asked("year"), db.session()
    lines = tables_of(session, me(), at, state=state, words=words, fiscal_year=year)
    return render_template(
        "department/tables.html",
        lines=lines[:TOGETHER],
        count=len(lines),
        today=local_date(at, OFFICE_TIMEZONE),
        state=state,
        words=words,
        year=year,
        years=sorted({cycle.fiscal_year for cycle in cycles_seen(session, me(), at)}, reverse=True),
        states=list(State),
    )
