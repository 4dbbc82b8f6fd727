"""Messages: what I was told, what is unread, what each is about; and which of them come by e-mail too."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from config.clock import now
from config.database import db
from notifications import outbox, preferences
from notifications.models import Notice
from notifications.rules import BY_CODE, EMAIL
from web.access import signed_in
from web.answering import me
from web.entrance import safe_way_back

messages = Blueprint("messages", __name__)
A_PAGE = 30


def unread_messages() -> int:
    """How many messages wait for the reader's eyes; asked once a request."""
    if not current_user.is_authenticated:
        return 0
    if "unread_messages" not in g:
        g.unread_messages = outbox.unread(me())
    count: int = g.unread_messages
    return count


LISTS = {
    "overdue_list": ("cycle.show", "late"),
    "review_opens": ("worklist.show", None),
    "review_closes": ("worklist.show", None),
    "review_overdue": ("worklist.show", None),
}
"""Where the tables stand that a message names as a list: rule -> (endpoint, the state that narrows it)."""


def about(notice: Notice) -> str | None:
    """The page of what a message is about: its table, or the list of the tables it names."""
    if notice.table_id is not None:
        return url_for("table.show", table_id=notice.table_id)
    if notice.rule not in LISTS:
        return None
    endpoint, state = LISTS[notice.rule]
    return url_for(endpoint, cycle=notice.cycle_id, state=state)


@messages.get("/messages")
@signed_in
def inbox() -> str:
    """The inbox, newest first."""
    page = max(request.args.get("page", 1, type=int), 1)
    found = outbox.inbox(me(), limit=A_PAGE + 1, offset=(page - 1) * A_PAGE)
    return render_template(
        "messages/inbox.html", received=found[:A_PAGE], page=page, more=len(found) > A_PAGE, rules=BY_CODE, about=about
    )


@messages.post("/messages/<int:notice_id>/read")
@signed_in
def read(notice_id: int) -> Response:
    """Mark one as read, and go on to what it is about, or back."""
    if not outbox.mark_read(me(), notice_id, now()):
        abort(404)
    return redirect(safe_way_back(request.form.get("next") or url_for("messages.inbox")), 303)


@messages.post("/messages/read")
@signed_in
def read_all() -> Response:
    """Mark all as read."""
    outbox.mark_all_read(me(), now())
    flash(_("消息都已标为已读"), "done")  # asked twice, the same answer
    return redirect(url_for("messages.inbox"), 303)


@messages.get("/messages/preferences")
@signed_in
def settings() -> str:
    """Which kinds come by e-mail."""
    return render_template(
        "messages/preferences.html",
        kinds=preferences.kinds_for(db.session(), me(), current_user.roles),
        email=EMAIL,
        address=current_user.person.email,
    )


@messages.post("/messages/preferences")
@signed_in
def settings_post() -> Response:
    """Keep the choice."""
    kinds = preferences.kinds_for(db.session(), me(), current_user.roles)
    wanted = set(request.form.getlist("email"))
    codes = [rule.code for kind in kinds for rule in kind.rules]
    off = [rule.code for kind in kinds if kind.name not in wanted for rule in kind.rules if EMAIL in rule.channels]
    preferences.choose(me(), EMAIL, off, among=codes, now=now())
    flash(_("已保存消息设置"), "done")
    return redirect(url_for("messages.settings"), 303)
