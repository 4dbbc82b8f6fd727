"""The desk: one plain list of the tables a person may see, the nearest deadline first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, current_app, render_template
from flask_babel import to_user_timezone
from flask_login import current_user

from accounts.models import Person
from config.clock import now
from web.access import signed_in

desk = Blueprint("desk", __name__)
PROVIDER = "mubiao_tables"
"""Key in app.extensions of the function (person, now) -> lines that this page shows."""


@dataclass(frozen=True)
class Line:
    """One table as the list shows it. `deadline` is the last day, in the region's time zone, or None."""

    department: str
    fiscal_year: int
    state_label: str
    state: str
    deadline: date | None


Provider = Callable[[Person, datetime], list[Line]]


def by_deadline(lines: list[Line]) -> list[Line]:
    """Nearest deadline first, those without one last; then by year and department."""
    return sorted(lines, key=lambda line: (line.deadline or date.max, -line.fiscal_year, line.department))


@desk.get("/")
@signed_in
def mine() -> str:
    """The list."""
    provide: Provider = current_app.extensions[PROVIDER]
    at = now()
    lines = by_deadline(provide(current_user.person, at))
    today = to_user_timezone(at).date()
    return render_template("desk.html", lines=lines, today=today)
