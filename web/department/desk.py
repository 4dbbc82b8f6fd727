"""The desk: one plain list of the tables a person may see, the nearest deadline first."""

from flask import Blueprint, render_template
from flask_babel import to_user_timezone
from flask_login import current_user

from config.clock import now
from config.database import db
from web.access import signed_in
from workflow.listing import tables_of

desk = Blueprint("desk", __name__)


@desk.get("/")
@signed_in
def mine() -> str:
    """The list."""
    at = now()
    lines = tables_of(db.session(), current_user.person.id, at)
    return render_template("desk.html", lines=lines, today=to_user_timezone(at).date())
