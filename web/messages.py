"""Messages: what I was told, what is unread, what each is about; and which of them come by e-mail too."""

from collections.abc import Collection

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from config.clock import now
from config.database import db
from notifications import outbox, preferences, targets
from notifications.channels import Channel, Target
from notifications.channels.registry import channels
from notifications.models import Notice
from notifications.rules import BY_CODE, EMAIL, INBOX
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
        g.unread_messages = outbox.unread(me(), now())
    count: int = g.unread_messages
    return count


LISTS = {
    "overdue_list": ("cycle.show", "late"),
    "overdue_head": ("tables.all_tables", None),
    "bureau_waits": ("worklist.show", None),
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
    found = outbox.inbox(me(), now(), limit=A_PAGE + 1, offset=(page - 1) * A_PAGE)
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


def _ways() -> dict[str, Channel]:
    return channels(current_app.config["MUBIAO"])


def _switched(entered: Collection[str], ways: dict[str, Channel]) -> list[Channel]:
    """The channels whose kinds the person chooses: e-mail, and those they entered a target for."""
    return [way for name, way in sorted(ways.items()) if name == EMAIL or (name != INBOX and name in entered)]


@messages.get("/messages/preferences")
@signed_in
def settings() -> str:
    """Which kinds come by which channel, and where else one is reached."""
    return _settings_page()


def _settings_page(refused: dict[str, str] | None = None) -> str:
    ways, entered = _ways(), targets.of_person(db.session(), me())
    return render_template(
        "messages/preferences.html",
        kinds=preferences.kinds_for(db.session(), me(), current_user.roles),
        switched=_switched(entered, ways),
        email=EMAIL,
        address=current_user.person.email,
        to_enter=[way for _, way in sorted(ways.items()) if way.form and (not way.form.closed or way.name in entered)],
        entered=entered,
        refused=refused or {},
        typed=request.form,
    )


@messages.post("/messages/preferences")
@signed_in
def settings_post() -> Response:
    """Keep the choice."""
    kinds = preferences.kinds_for(db.session(), me(), current_user.roles)
    codes = [rule.code for kind in kinds for rule in kind.rules]
    for way in _switched(targets.of_person(db.session(), me()), _ways()):
        wanted = set(request.form.getlist(way.name))
        off = [rule.code for kind in kinds if kind.name not in wanted for rule in kind.rules if rule.outside]
        preferences.choose(me(), way.name, off, among=codes, now=now())
    flash(_("已保存消息设置"), "done")
    return redirect(url_for("messages.settings"), 303)


def _way(name: str) -> Channel:
    way = _ways().get(name)
    if way is None or way.form is None:
        abort(404)
    return way


@messages.post("/messages/targets/<channel>")
@signed_in
def enter_target(channel: str) -> Response | tuple[str, int]:
    """Keep where one wants to be reached by a channel; or say what is wrong with it."""
    kind, address, secret = (request.form.get(name, "").strip() for name in ("kind", "address", "secret"))
    objection = targets.enter(me(), _way(channel), Target(kind, address, secret), now())
    if objection:
        return _settings_page({channel: objection}), 422
    flash(_("已登记接收地址"), "done")
    return redirect(url_for("messages.settings"), 303)


@messages.post("/messages/targets/<channel>/give-up")
@signed_in
def give_up_target(channel: str) -> Response:
    """Forget where one was reached; asked twice, the same answer."""
    targets.give_up(me(), _way(channel), now())
    flash(_("已撤下接收地址，以后不再发到那里"), "done")
    return redirect(url_for("messages.settings"), 303)
