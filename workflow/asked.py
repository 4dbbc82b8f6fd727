"""Extensions that a department asked for (申请延期), as its table's history tells of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.book import said
from ledger.models import Entry
from workflow.states import Stage, State
from workflow.turns import STAGE_OF

GRANTED, REFUSED = "granted", "refused"
OF_REQUESTS = ("ask_extension", "extend", "refuse_extension")
"""The acts that requests are read from."""


@dataclass(frozen=True)
class Asked:
    """A request, who made it, and what became of it."""

    id: int
    what: Stage | int
    """The stage, or the round's id."""
    name: str
    until: datetime
    reason: str
    who: str
    person_id: int | None
    at: datetime
    answer: str | None = None
    answered_by: str = ""
    answered_at: datetime | None = None
    answer_reason: str = ""
    granted_until: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether nobody answered it."""
        return self.answer is None

    def matters_in(self, state: State) -> bool:
        """Whether a table in this state is still asked for what more time was wanted for."""
        return state is State.MONITORING if isinstance(self.what, int) else STAGE_OF.get(state) == self.what


def of_history(entries: Iterable[Entry]) -> tuple[Asked, ...]:
    """The requests that a table's history tells of, the oldest first."""
    found: dict[int, Asked] = {}
    for entry in entries:
        if entry.act not in OF_REQUESTS:
            continue
        words = said(entry)
        number, until = int(words.get("request") or 0), datetime.fromisoformat(words["until"])
        if entry.act == "ask_extension":
            what = Stage(words["stage"]) if words["stage"] else int(words["round_id"])
            found[number] = Asked(
                number, what, words["name"], until, words["reason"], entry.person_name, entry.person_id, entry.at
            )
        elif number in found:
            granted = entry.act == "extend"
            found[number] = replace(
                found[number],
                answer=GRANTED if granted else REFUSED,
                answered_by=entry.person_name,
                answered_at=entry.at,
                answer_reason=words["reason"],
                granted_until=until if granted else None,
            )
    return tuple(found.values())
