"""A page that says the same as last time is not made again: the browser asks with its mark, and is told 304.

The mark covers all that such a page is made of: what was written (by the ledger's last words), the reader with all they
hold, their unread messages, the day, the language, the program's own files, and the session whose keys its forms carry.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from flask import Response, make_response, request, session
from flask_babel import get_locale
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as WerkzeugResponse

from web.messages import unread_messages

STARTED = max(file.stat().st_mtime_ns for file in Path(__file__).parent.rglob("*.*") if file.is_file())
"""The program as it is: another release makes other pages of the same rows."""


def unless_unchanged(last_words: Iterable[str], today: date, page: Callable[[], str]) -> WerkzeugResponse:
    """304 where the reader's browser has the page as it would be made now, else the page with its mark.

    A line that waits to be shown once (after an act) makes a page of its own.
    """
    if session.get("_flashes"):
        return make_response(page())
    mark = _mark(last_words, today)
    if request.if_none_match.contains_weak(mark):
        answer: WerkzeugResponse = Response(status=304)
    else:
        answer = make_response(page())
    answer.set_etag(mark, weak=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Cookie"
    return answer


def _mark(last_words: Iterable[str], today: date) -> str:
    generate_csrf()  # so that a session which has no key yet is not taken for another one without
    person = current_user.person
    held = sorted(
        f"{post.role}:{post.region_id}:{post.department_id}:{post.path}:{post.starts_on}:{post.ends_on}:{post.lender_id}"
        for post in person.posts
    )
    parts = [
        *last_words, "|", str(person.id), person.name, *held, "|", str(unread_messages()), today.isoformat(),
        str(get_locale()), str(STARTED), str(session.get("csrf_token", "")), request.headers.get("HX-Request", ""),
    ]  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
