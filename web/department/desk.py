"""The desk: what waits for me first, nearest deadline on top; beside it my tables, what I wait for, my messages."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from accounts import attempts, attention, directory, standing_in
from accounts.roles import LABELS, READS_ONLY, Role
from accounts.scope import local_day
from config.clock import now
from config.database import db
from notifications import outbox
from web.access import signed_in
from web.admin.people import LACKS
from web.answering import me
from web.messages import about, unread_messages
from web.navigation import OF_TABLES
from web.table.words import LINKS
from workflow.deadlines import local_date, short_day
from workflow.desk import Thing, waiting_for
from workflow.scope import OFFICE_TIMEZONE

desk = Blueprint("desk", __name__)
MOST = 40
"""Lines of one list; the rest is found in the list of tables."""


@desk.get("/")
@signed_in
def mine() -> str:
    """The page; an administrator, who decides no table, has one of their own."""
    at = now()
    if Role.ADMINISTRATOR in current_user.roles and not OF_TABLES & current_user.roles:
        return _of_the_administrator(at)
    found = waiting_for(db.session(), me(), at)
    return render_template(
        "department/desk.html",
        desk=found,
        most=MOST,
        received=outbox.inbox(me(), at, limit=4),
        unread=unread_messages(),
        today=local_date(at, OFFICE_TIMEZONE),
        timezone=OFFICE_TIMEZONE,
        way_to=way_to,
        besides=besides,
        about=about,
        heads=Role.HEAD in current_user.roles,
        reads_only=current_user.roles <= READS_ONLY,
        covers=_covered(at),
    )


def _covered(at: datetime) -> list[tuple[str, str]]:
    """For whom the reader stands in today, and until which day."""
    if not any(post.lender_id for post in current_user.person.posts):
        return []
    found = standing_in.arrangements_of(db.session(), me())
    today = local_day(at, standing_in.TIMEZONE)
    return [
        (each.absent.name, short_day(each.ends_on - timedelta(days=1), today))
        for each in standing_in.covered_now(found, me(), today)
    ]


def _of_the_administrator(at: datetime) -> str:
    session = db.session()
    return render_template(
        "admin/desk.html",
        waiting=attention.waiting(session, directory.regions_kept_by(session, me(), at), at),
        lacks=LACKS,
        minutes=attempts.WITHIN.seconds // 60,
        role_labels=LABELS,
        today=local_date(at, OFFICE_TIMEZONE),
    )


REVIEWED_AT = {
    "endorse": "review.internal",
    "approve": "review.finance",
    "report_evaluation": "evaluation.show",
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


def besides(thing: Thing) -> list[tuple[str, str]]:
    """What else can be begun about a thing: words and address."""
    return [(_(LINKS[name][1]), url_for(LINKS[name][0], table_id=thing.table_id)) for name in thing.besides]
