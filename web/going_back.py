"""Going back to the answer to a form: the browser shows what it has, and never asks to send the form once more.

A page that answers a form with the form again, with its next step or with what came of it, may be kept by the browser
that got it, for its own Back and Forward alone. It is never shown as what the page says now, and signing out clears it
(Clear-Site-Data). That needs no script. All other pages are kept by nobody.
"""

from flask import Flask, Response, make_response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

GIVEN_BACK = "private, no-cache"
KEPT_BY_NOBODY = "no-store"
REFUSED = frozenset({409, 422})


def kept_for(method: str, status: int) -> str:
    """Who may keep an answer, as Cache-Control says it."""
    return GIVEN_BACK if method == "POST" and status in REFUSED else KEPT_BY_NOBODY


def given_back(page: str) -> Response:
    """The answer to a form that is gone back to as it was: shown again with more rows or texts, led on, or told of."""
    answer: Response = make_response(page)
    answer.headers["Cache-Control"] = GIVEN_BACK
    return answer


class Sessions(SecureCookieSessionInterface):
    """Sessions whose cookie, new at every answer, keeps no browser from going back to what it was given."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As Flask does, which names the cookie as what the page varies by."""
        super().save_session(app, session, response)
        if request.method == "POST" and response.headers.get("Cache-Control") == GIVEN_BACK:
            response.vary.discard("cookie")  # in small letters: werkzeug finds no other
