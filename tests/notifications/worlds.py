"""Small worlds for the plan, as plain values: one department with its people and head, its bureau, and a year."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.roles import Role
from notifications.plan import Notice
from notifications.world import Appointed, Happened, Round, Table, Window, World
from workflow.deadlines import begins, ends
from workflow.states import Stage, State
from workflow.workdays import PUBLISHED

EDITOR, REVIEWER, OFFICER, MANAGER, HEAD = 11, 12, 13, 14, 15
CHINA = "Asia/Shanghai"
EVER = date(2000, 1, 1)
PEOPLE = (
    Appointed(EDITOR, Role.EDITOR, 5, EVER),
    Appointed(REVIEWER, Role.REVIEWER, 5, EVER),
    Appointed(OFFICER, Role.OFFICER, 5, EVER),
    Appointed(MANAGER, Role.MANAGER, None, EVER),
    Appointed(HEAD, Role.HEAD, 5, EVER),
)
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)


def at(text: str, timezone: str = CHINA) -> datetime:
    """An instant from "2019-12-06 09:00" on the wall of an office."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def window(opens: str, closes: str, timezone: str = CHINA) -> Window:
    """A window of two local dates, both inclusive."""
    return Window(begins(date.fromisoformat(opens), timezone), ends(date.fromisoformat(closes), timezone))


def a_round(opens: str, closes: str, number: int = 1, timezone: str = CHINA) -> Round:
    """A monitoring round."""
    part = window(opens, closes, timezone)
    return Round(70 + number, number, f"第{number}期", part.opens_at, part.closes_at)


def table(state: State = State.DRAFT, **given: Any) -> Table:
    """The department's table."""
    values: dict[str, Any] = {"id": 1, "department_id": 5, "department": "水利厅", "path": "/1/5/"}
    return Table(**values | {"state": state, "state_since": LONG_AGO} | given)


def world(*tables: Table, windows: dict[Stage, Window] | None = None, **given: Any) -> World:
    """A year of one region; by default one draft whose window closes on Friday 2019-12-06."""
    values: dict[str, Any] = {
        "cycle_id": 1,
        "fiscal_year": 2020,
        "timezone": CHINA,
        "calendar": PUBLISHED,
        "people": PEOPLE,
    }
    entry = {Stage.ENTRY: window("2019-11-04", "2019-12-06")}
    return World(**values | {"windows": entry if windows is None else windows, "tables": tables or (table(),)} | given)


def happened(act: str, on: str = "2019-12-02 10:11", person: int | None = None, **said: Any) -> Happened:
    """An entry of the table's history."""
    return Happened(900, 1, act, at(on), person, "周审核", said)


def inbox_of(notices: tuple[Notice, ...], person: int) -> list[Notice]:
    """What arrives on one person's desk."""
    return [n for n in notices if n.recipient == person and n.channel == "inbox" and not n.superseded]


def occasions(notices: tuple[Notice, ...], person: int = EDITOR) -> list[tuple[str, str]]:
    """(rule, local due time) of one person's notices in China, in order."""
    found = [(n.due_at, n.rule) for n in inbox_of(notices, person)]
    return [(rule, f"{due.astimezone(ZoneInfo(CHINA)):%m-%d %H:%M}") for due, rule in sorted(found)]


def later(given: Table, **changes: Any) -> Table:
    """The same table, changed."""
    return replace(given, **changes)
