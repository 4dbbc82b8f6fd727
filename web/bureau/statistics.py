"""统计: how the year stands, one sentence first, names beside each figure."""

from flask import Blueprint, abort, render_template
from flask_babel import to_user_timezone

from accounts.roles import Role
from config.clock import now
from config.database import db
from web.access import roles
from web.answering import me, number_asked
from workflow.listing import cycles_seen
from workflow.outcomes import names
from workflow.statistics import with_names

statistics = Blueprint("statistics", __name__)


@statistics.get("/statistics")
@roles(Role.OFFICER, Role.MANAGER)
def show() -> str:
    """The year chosen, else the newest one with tables the reader may see."""
    session, at = db.session(), now()
    every = cycles_seen(session, me(), at)
    chosen = number_asked("cycle")
    cycle = next((c for c in every if c.id == chosen), every[0] if every and chosen is None else None)
    if cycle is None and chosen is not None:
        abort(404)
    return render_template(
        "bureau/statistics.html",
        cycle=cycle,
        cycles=every,
        found=with_names(session, me(), cycle, at) if cycle else None,
        named=names,
        at=at,
        today=to_user_timezone(at).date(),
    )
