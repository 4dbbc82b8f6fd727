"""Who is signed in: read anew from the database at every request, so that nothing outlives its end."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g
from flask_login import AnonymousUserMixin, LoginManager

from accounts import people, scope
from accounts.models import Person
from accounts.roles import LABELS, Role
from config.clock import now
from config.database import db


def _seal(person: Person) -> str:
    """Ties a session to the password it began with: changing that ends the sessions elsewhere."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"{person.id}:{person.password_hash}".encode(), hashlib.sha256).hexdigest()[:32]


class SignedIn:
    """The person behind a request and all they are today."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, person: Person, roles: frozenset[Role]) -> None:
        self.person = person
        self.roles = roles

    def get_id(self) -> str:
        """What the session cookie holds."""
        return f"{self.person.id}.{_seal(self.person)}"

    @property
    def role_words(self) -> str:
        """The roles' words, in the order of accounts.roles."""
        return "、".join(word for role, word in LABELS.items() if role in self.roles)


def of(person: Person) -> SignedIn:
    """A person with the roles they hold now, as the database has them now."""
    found = people.find(db.session(), person.id) or person
    return SignedIn(found, scope.roles_held(found, now()))


def load(kept: str) -> SignedIn | None:
    """The person of a session; None when they are disabled, gone, or have another password since."""
    number, _, seal = kept.partition(".")
    if not number.isdigit():
        return None
    person = people.find(db.session(), int(number))
    if person is None or person.disabled_at is not None or not hmac.compare_digest(seal, _seal(person)):
        return None
    return SignedIn(person, scope.roles_held(person, now()))


@contextmanager
def answering_nobody() -> Iterator[None]:
    """Meanwhile nobody is signed in: a page about a database that does not answer must not ask it who reads."""
    before = g.pop("_login_user", None)
    g._login_user = AnonymousUserMixin()  # where Flask-Login looks before it asks
    try:
        yield
    finally:
        g.pop("_login_user")
        if before is not None:
            g._login_user = before


def login_manager() -> LoginManager:
    """Flask-Login with our loader; refusing is web.access's work."""
    manager = LoginManager()
    manager.user_loader(load)
    manager.session_protection = None  # offices share addresses, and browsers update themselves
    return manager
