"""The ways a notice reaches somebody. A channel sends; what that means for the row is the outbox's business."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How one attempt ended."""

    SENT = "sent"
    RETRY = "retry"
    """Not this time: the other side or the way there failed."""
    DEAD = "dead"
    """Never: the other side refused this message."""
    SUPPRESSED = "suppressed"
    """There is nowhere to send it."""
    POSTPONED = "postponed"
    """Not tried: there was no time left."""


@dataclass(frozen=True)
class Outgoing:
    """A notice on its way out."""

    id: int
    key: str
    name: str
    """The recipient's name."""
    address: str | None
    subject: str
    body: str
    at: datetime


@dataclass(frozen=True)
class Result:
    """What became of one of a batch; the words of whoever refused it."""

    id: int
    outcome: Outcome
    words: str = ""


class Channel(Protocol):
    """Sends a batch and tells of each message, as it goes."""

    name: str

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        """Send; one result for each message, in any order."""
