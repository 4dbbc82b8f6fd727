"""The line that stands on top after something was done: the workflow's words, and on to the next table that waits."""

from flask import render_template
from flask_login import current_user
from markupsafe import Markup

from accounts.roles import Role
from config.clock import now
from config.database import db
from notifications.rules import told_of
from web.answering import me, table_or_404
from workflow import dossier
from workflow.acts import Moved, Recorded
from workflow.lifecycle import EVENTS
from workflow.listing import awaiting
from workflow.outcomes import WORDS


def line_of(outcome: Moved | Recorded) -> Markup:
    """What was done, and, after an officer's decision, the next table that waits for the same person."""
    act = outcome.event if isinstance(outcome, Moved) else outcome.kind
    at, table = now(), table_or_404(outcome.table_id)
    done = dossier.done(db.session(), table, outcome.said, me(), at, told_of(act, outcome.said))
    decided = act in EVENTS and EVENTS[act].roles == {Role.OFFICER} and Role.OFFICER in current_user.roles
    waiting = awaiting(db.session(), me(), at) if decided else []
    return Markup(  # noqa: S704 - a template of ours, which escapes what people wrote
        render_template(
            "table/done.html", words=WORDS[act](done), decided=decided, waiting=waiting, today=done.today
        ).strip()
    )
