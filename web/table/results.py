"""What was done, in the workflow's words: the line on top after it, and the one for who goes back to its form."""

from dataclasses import replace

from flask import render_template
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from accounts.roles import LABELS, Role
from config.clock import now
from config.database import db
from notifications.rules import told_of
from web.answering import me, table_or_404
from web.table.words import local_time
from workflow import dossier
from workflow.acts import Moved, Recorded
from workflow.deadlines import local_date
from workflow.done_already import AMENDED, ASKED, done_already
from workflow.dossier import Dossier, Happened
from workflow.holders import holders
from workflow.lifecycle import EVENTS
from workflow.listing import awaiting
from workflow.outcomes import WORDS, Done
from workflow.states import State


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


def done_before(found: Dossier, act: str) -> str | None:
    """That an event or record which stands refused was done already; None where it was not, or can be done again."""
    line = None if found.may(act) else done_already(act, found.history)
    return None if line is None else sentence_of(found, line)


def sentence_of(found: Dossier, line: Happened) -> str:
    """Who did something to a table when, and where it is now, in whose hands."""
    table, at = found.table, now()
    done = Done(
        department=table.department.short_name,
        state=found.state,
        today=local_date(at, found.timezone),
        until=found.deadline,
        adjustment=table.adjustment_number,
    )
    who = _("您") if line.person_id == me() else line.who
    told = _("%(who)s %(at)s 已%(verb)s：%(whose)s。%(now)s", who=who, at=local_time(line.at, found.timezone),
             verb=line.verb, whose=done.whose, now=done.now)  # fmt: skip
    waits = (
        found.latest is not None
        and found.latest.kind == "amendment"
        and found.latest.accepted_at is None
        and found.latest.declined_at is None
    )
    asked = AMENDED if found.state is State.FINANCE_REVIEW and waits else ASKED.get(found.state)
    if asked is None:
        return str(told)
    role, what = asked
    others = table.submitters if found.state is State.INTERNAL_REVIEW else frozenset()
    people = holders(db.session(), table.department, at).get(role, ())
    named = replace(done, told=tuple(one.name for one in people if one.person_id not in others))
    return f"{told}{_('，')}{named.by(LABELS[role], what)}"
