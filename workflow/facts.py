"""What the guards are told: one table, who is acting, and what they want. Plain values, no database.

`workflow.loading` fills in only what an event's guards ask for; a guard that reads what was not loaded fails loudly.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forms.checks import Finding
from workflow.monitoring import Rate
from workflow.review import ReviewForm
from workflow.states import Stage, State
from workflow.workdays import Calendar


@dataclass(frozen=True)
class Reason:
    """Why not: a code for programs, a sentence for people, and where it is where there is such a place."""

    code: str
    text: str
    path: str | None = None

    def as_json(self) -> dict[str, str]:
        """{"code", "text", "path"?}."""
        return {"code": self.code, "text": self.text} | ({"path": self.path} if self.path else {})


@dataclass(frozen=True)
class Period:
    """A window or round as guards see it: open in [opens_at, closes_at), `until` being the end with an extension."""

    name: str
    opens_at: datetime
    closes_at: datetime
    until: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether entry is open at an instant."""
        return self.opens_at <= now < self.until


@dataclass(frozen=True)
class RevisionFacts:
    """The latest revision as guards see it."""

    number: int
    kind: str
    accepted: bool
    sha256: str
    declined: str | None = None
    """Why the department does not accept it, where it is an amendment that was declined."""

    @property
    def waits(self) -> bool:
        """Whether it is an amendment that the department neither accepted nor declined yet."""
        return self.kind == "amendment" and not self.accepted and self.declined is None


@dataclass(frozen=True)
class RequestFacts:
    """An extension that the department asked for and that nobody answered yet, as guards see it."""

    id: int
    stage: Stage | None
    round_id: int | None
    people: frozenset[int]
    """Who asked for it."""


@dataclass(frozen=True)
class RemarkFacts:
    """A remark as guards see it."""

    number: int
    must: bool
    path: str
    answered: bool


@dataclass(frozen=True)
class MonitoringFacts:
    """How monitoring stands."""

    rounds: tuple[Period, ...]
    rate: Rate | None
    """None before any round opened."""
    projects: int
    waived: bool
    no_projects_because: str | None


@dataclass(frozen=True)
class Facts:
    """All that a guard may know of a table. None: not loaded for this event."""

    now: datetime
    timezone: str
    state: State
    version: int
    submitters: frozenset[int] = frozenset()
    """Who submitted, and for whom where it was a stand-in; empty while nothing is submitted."""
    endorsers: frozenset[int] = frozenset()
    begun: bool = False
    resubmit_until: datetime | None = None
    evaluation_until: datetime | None = None
    returned_until: datetime | None = None
    """The deadline of the bureau's last return; what the department set itself is not in it."""
    sheet_edit: int | None = None
    adjusts: bool = False
    parent_state: State | None = None
    returned_sha256: str | None = None
    latest: RevisionFacts | None = None
    windows: dict[Stage, Period] = field(default_factory=dict)
    rounds: dict[int, Period] = field(default_factory=dict)
    """The rounds in order, by their ids."""
    requests: tuple[RequestFacts, ...] | None = None
    calendar: Calendar | None = None
    remarks: tuple[RemarkFacts, ...] | None = None
    findings: tuple[Finding, ...] | None = None
    unconfirmed: tuple[str, ...] | None = None
    """The places of the sheet that were read from a file without certainty, and that nobody looked at since."""
    sheet_sha256: str | None = None
    goals_sha256: str | None = None
    """Of an adjustment: the digest of the goals in force that it adjusts."""
    monitoring: MonitoringFacts | None = None
    evaluation_gaps: tuple[Reason, ...] | None = None


@dataclass(frozen=True)
class Attempt:
    """Who wants to do something, as what, and what they bring along."""

    person_id: int | None
    name: str
    roles: frozenset[str]
    """The roles held with regard to the table's department at this instant; {"clock"} for the clock."""
    of_the_department: bool = False
    """Whether they also are editor or reviewer there."""
    opinion: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    for_id: int | None = None
    """Whom they stand in for, where the role is lent; `name` then holds both names."""

    @property
    def people(self) -> frozenset[int]:
        """Who acts here: the person, and whom they act for."""
        return frozenset({self.person_id, self.for_id} - {None})  # type: ignore[arg-type]

    @property
    def grade(self) -> str | None:
        """The grade given, where one was."""
        value = self.details.get("grade")
        return value if isinstance(value, str) else None

    @property
    def review(self) -> ReviewForm:
        """The review form brought along; an empty one where none was. ValueError for a malformed one."""
        return ReviewForm.of(self.details.get("review") or {})
