"""What the plan is told: one cycle with its tables, people and fresh history, as plain values. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from accounts.roles import Role
from notifications.rules import EMAIL, INBOX
from workflow.states import Stage, State
from workflow.workdays import Calendar


@dataclass(frozen=True)
class Window:
    """A stage's window [opens_at, closes_at)."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class Round:
    """A monitoring round."""

    id: int
    number: int
    name: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class Extended:
    """The longest extension of something for one table, and when it was granted."""

    until: datetime
    granted_at: datetime


@dataclass(frozen=True)
class Table:
    """One table as reminders see it."""

    id: int
    department_id: int
    department: str
    state: State
    state_since: datetime
    version: int = 0
    """How many events moved it."""
    path: str = ""
    """The department's path: "/1/5/" for department 5 under department 1."""
    resubmit_until: datetime | None = None
    evaluation_until: datetime | None = None
    adjustment: int | None = None
    """The number of an adjustment; None for the year's own table."""
    extended_stages: Mapping[Stage, Extended] = field(default_factory=dict)
    extended_rounds: Mapping[int, Extended] = field(default_factory=dict)
    unconfirmed: Mapping[int, int] = field(default_factory=dict)
    """By round number: how many of its listed projects that must be monitored have no confirmed report in it. Of a
    round that has not opened yet, as its list would be frozen now."""
    at_bureau_since: datetime | None = None
    """Since when it waits for the bureau; None where it does not."""
    below_target: Collection[int] = frozenset()
    """The numbers of the rounds in which the completion rate of the year misses the table's own target: those that have
    opened by the list of the last of them, later ones by the list that would be frozen now."""

    @property
    def places(self) -> frozenset[int]:
        """Its department, and those above that."""
        return frozenset({self.department_id, *(int(part) for part in self.path.split("/") if part)})


@dataclass(frozen=True)
class Appointed:
    """One appointment of somebody whose account is open."""

    person_id: int
    role: Role
    department_id: int | None
    starts_on: date
    ends_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """As accounts.scope.in_force says of rows; a test keeps the two in step."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True)
class Happened:
    """An entry of a table's history."""

    entry_id: int
    table_id: int
    act: str
    at: datetime
    person_id: int | None
    person_name: str
    said: Mapping[str, Any] = field(default_factory=dict)
    from_version: int | None = None
    """Of an event: the table's version before it."""


@dataclass(frozen=True)
class LedgerHead:
    """The newest seal of the installation's ledger."""

    position: int
    hash: str
    sealed_at: datetime


@dataclass(frozen=True)
class World:
    """One cycle at one instant."""

    cycle_id: int
    fiscal_year: int
    timezone: str
    calendar: Calendar
    """The working calendar of the region."""
    windows: Mapping[Stage, Window] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()
    tables: tuple[Table, ...] = ()
    people: tuple[Appointed, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    """What these people are called, by id."""
    happened: tuple[Happened, ...] = ()
    head: LedgerHead | None = None
    reached: Mapping[str, Mapping[int, datetime]] = field(default_factory=dict)
    """By channel: who entered a target for it, and since when."""

    def ways(self, person_id: int, outside: bool, due_at: datetime) -> tuple[str, ...]:
        """The channels by which somebody is told of something: what was due before they entered a target stays out."""
        if not outside:
            return (INBOX,)
        entered = (
            channel for channel, since in self.reached.items() if person_id in since and since[person_id] <= due_at
        )
        return (INBOX, EMAIL, *sorted(entered))
