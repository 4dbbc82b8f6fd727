"""The ways a notice reaches somebody. A channel sends; what that means for the row is the outbox's business.

One file here is one channel: it has a function `channel(settings)`, and the registry finds it
(docs/adding-a-channel.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    """Not tried: there was no time left, or the way broke before its turn."""


@dataclass(frozen=True)
class Target:
    """Where somebody wants to be reached, as they entered it. Neither address nor secret is ever printed."""

    kind: str
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Outgoing:
    """A notice on its way out."""

    id: int
    key: str
    name: str
    """The recipient's name."""
    address: str | None
    """Their e-mail address."""
    subject: str
    body: str
    at: datetime
    target: Target | None = None
    """What they entered for this channel."""


@dataclass(frozen=True)
class Result:
    """What became of one of a batch; the words of whoever refused it."""

    id: int
    outcome: Outcome
    words: str = ""


class Form(Protocol):
    """What somebody enters to be reached by a channel."""

    kinds: Mapping[str, str]
    """The kinds of targets, and what people call them."""
    says: str
    """One sentence: what it is good for, and where such a target is found."""
    closed: str | None
    """Why nobody can enter one here; None when they can."""

    def objection(self, target: Target) -> str | None:
        """What is wrong with a target; None when it will do."""

    def masked(self, target: Target) -> str:
        """So much of a target that its owner knows it again, and nobody can use it."""

    def host(self, target: Target) -> str:
        """Whom it leads to, for the ledger."""


class Channel(Protocol):
    """Sends a batch and tells of each message, as it goes."""

    name: str
    label: str
    """What pages call it."""
    form: Form | None
    """What it needs from a person; None: nothing, it reaches everybody."""

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        """Send; one result for each message, in any order."""
