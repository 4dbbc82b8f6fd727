"""From an act's outcome to an answer: done and on to a page, or the form back with all text and the reasons on top.

A page asks, calls, answers: the reasons come from the workflow in its own words, the status from the kind of refusal.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import uuid4

from flask import abort, flash, redirect, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from accounts.refusals import Refused as AccountsRefused
from config.clock import now
from config.database import db
from workflow import dossier
from workflow.acts import Moved, Recorded, Refused
from workflow.deadlines import ends
from workflow.facts import Reason
from workflow.models import Table

STATUS = {"stale": 409, "key_reused": 409, "refused": 422}
Again = Callable[[Sequence[Reason]], str]
"""Renders the form once more, with what was typed and the reasons."""


def status_of(refused: AccountsRefused) -> int:
    """The status of what accounts refused."""
    return STATUS.get(refused.code, 422)


def new_key() -> str:
    """What a rendered form carries, so that sending it twice does its work once."""
    return uuid4().hex


def key(name: str = "key") -> str:
    """The key the sent form carries; a form without one is refused (400)."""
    sent = request.form.get(name, "")
    if not 8 <= len(sent) <= 64:
        abort(400)
    return sent


def me() -> int:
    """Who is signed in."""
    person_id: int = current_user.person.id
    return person_id


def table_or_404(table_id: int) -> Table:
    """A table the reader may see; 404 for another department's as for none at all."""
    table = dossier.find(db.session(), table_id, me(), now())
    if table is None:
        abort(404)
    return table


def dossier_or_404(table_id: int) -> dossier.Dossier:
    """The dossier of a table the reader may see."""
    return dossier.of(db.session(), table_or_404(table_id), me(), now())


def finish(
    outcome: Moved | Recorded | Refused,
    *,
    done: str | Callable[[Moved | Recorded], str],
    to: str,
    again: Again,
    kind: str = "done",
) -> Response | tuple[str, int]:
    """The answer to a post: a redirect with a line of what was done, or the form with the reasons. A line of the kind
    "result" takes the focus on the page it leads to."""
    if not isinstance(outcome, Refused):
        flash(done if isinstance(done, str) else done(outcome), kind)
        return redirect(to, 303)
    if outcome.kind == "not_found":
        abort(404)
    return again(outcome.reasons), STATUS[outcome.kind]


def whole_number(name: str) -> int:
    """A number that a form carries along (a version, a revision); 400 when it was tampered with."""
    try:
        return int(request.form.get(name, ""))
    except ValueError:
        abort(400)


def number_asked(name: str) -> int | None:
    """A number in the address (a page, a year's id); None where there is none, or none that a row could have."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value < 2**31 else None


def rows_chosen(name: str) -> list[int]:
    """The rows ticked in a form, each once."""
    return sorted({int(each) for each in request.form.getlist(name) if each.isdecimal() and len(each) < 10})


def typed(name: str) -> str:
    """A text as typed, without the spaces around it."""
    return request.form.get(name, "").strip()


def day_typed(name: str) -> date | None:
    """A date field; None when it is empty or no date."""
    try:
        return date.fromisoformat(typed(name))
    except ValueError:
        return None


def end_of_day(name: str, timezone: str) -> datetime | None:
    """A date field as the deadline at the end of that local day; None when it is empty or no date."""
    return day_end(typed(name), timezone)


def day_end(day: str, timezone: str) -> datetime | None:
    """The same of a date as it is written: 2026-12-04."""
    try:
        return ends(date.fromisoformat(day), timezone)
    except (ValueError, OverflowError):  # no date, or one at the very end of the calendar
        return None


def refused(code: str, text: str, path: str | None = None) -> Sequence[Reason]:
    """A reason of the page's own, for what never reached the workflow."""
    return (Reason(code, _(text), path),)
