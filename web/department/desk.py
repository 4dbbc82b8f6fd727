"""The desk: what waits for me first, nearest deadline on top; beside it my tables, what I wait for, my messages."""

from flask import Blueprint, render_template, url_for

from config.clock import now
from config.database import db
from notifications import outbox
from web.access import signed_in
from web.answering import me
from web.messages import about, unread_messages
from web.table.words import LINKS
from workflow.deadlines import local_date
from workflow.desk import Thing, waiting_for
from workflow.scope import OFFICE_TIMEZONE

desk = Blueprint("desk", __name__)
MOST = 40
"""Lines of one list; the rest is found in the list of tables."""


@desk.get("/")
@signed_in
def mine() -> str:
    """The page."""
    at = now()
    found = waiting_for(db.session(), me(), at)
    return render_template(
        "department/desk.html",
        desk=found,
        most=MOST,
        notices=outbox.inbox(me(), limit=4),
        unread=unread_messages(),
        today=local_date(at, OFFICE_TIMEZONE),
        timezone=OFFICE_TIMEZONE,
        way_to=way_to,
        about=about,
    )


REVIEWED_AT = {
    "endorse": "review.internal",
    "approve": "review.finance",
    "accept_evaluation": "review.evaluation",
}
"""Events that are decided on a page of their own, where everything to be looked at stands beside the form."""


def way_to(thing: Thing) -> str:
    """Where a thing is done: the page of its record or its review where there is one, else the event's own form."""
    if thing.act in LINKS or thing.act in REVIEWED_AT:
        endpoint = LINKS[thing.act][0] if thing.act in LINKS else REVIEWED_AT[thing.act]
        return url_for(endpoint, table_id=thing.table_id)
    if thing.act == "accept_amendment":
        return url_for("events.ask", table_id=thing.table_id, event=thing.act)
    return url_for("table.show", table_id=thing.table_id)
