"""Which of somebody's notices go out as one message after an outage, and how it reads. Pure.

[choice] On an ordinary morning each notice is a message of its own. Once the oldest of several waited longer than
`LATE`, they are one: the newest stands whole, the others are a line each. The inbox is a list already and merges
nothing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from notifications.plan import LEDGER
from notifications.rules import INBOX, TRIAL

LATE = timedelta(hours=1)
"""[choice] Longer than a slow mail server needs for a whole morning, shorter than anybody waits for a reminder."""
WHOLE = frozenset({TRIAL, LEDGER})
"""Stages whose notices are never a line in another message: a trial tries the way itself, and the ledger's head is kept
word by word."""


class Held(Protocol):
    """A notice that still holds, as far as it tells with which others it goes out."""

    @property
    def id(self) -> int: ...
    @property
    def recipient_id(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def deadline(self) -> date | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def within_id(self) -> int | None: ...


T = TypeVar("T", bound=Held)
N = TypeVar("N")


@dataclass(frozen=True)
class Together(Generic[N]):
    """One message: the notice that leads it, and those that are a line in it."""

    leading: N
    within: tuple[N, ...] = ()

    @property
    def notices(self) -> tuple[N, ...]:
        """All of them, the leading one first."""
        return (self.leading, *self.within)


def together(held: Iterable[T], now: datetime) -> list[Together[T]]:
    """The messages in which notices go out; `held` has all of each person's that may go out now.

    What was put together before stays together as long as its leading notice holds: it may have gone out so. What was
    tried alone stays alone, for the same reason.
    """
    of_person: dict[tuple[int, str], list[T]] = defaultdict(list)
    for notice in held:
        of_person[notice.recipient_id, notice.channel].append(notice)
    return [message for theirs in of_person.values() for message in _of_one(sorted(theirs, key=_newest_first), now)]


def _newest_first(notice: Held) -> tuple[float, date, int]:
    """Of those due together, the one with the nearest deadline."""
    return -notice.due_at.timestamp(), notice.deadline or date.max, notice.id


def _of_one(theirs: Sequence[T], now: datetime) -> list[Together[T]]:
    there = {notice.id for notice in theirs}
    inside: dict[int, list[T]] = defaultdict(list)
    for notice in theirs:
        if notice.within_id in there and notice.within_id is not None:
            inside[notice.within_id].append(notice)
    made = [Together(notice, tuple(inside[notice.id])) for notice in theirs if notice.id in inside]
    loose = [notice for notice in theirs if notice.id not in inside and notice.within_id not in there]
    late = [notice for notice in loose if _may_be_merged(notice)]
    if len(late) > 1 and now - min(notice.due_at for notice in late) > LATE:
        made.append(Together(late[0], tuple(late[1:])))
        loose = [notice for notice in loose if not _may_be_merged(notice)]
    return made + [Together(notice) for notice in loose]


def _may_be_merged(notice: Held) -> bool:
    untried = notice.attempts == 0 or notice.within_id is not None  # or it lost the notice that led it
    return untried and notice.channel != INBOX and notice.stage not in WHOLE


Words = tuple[str, str]
"""Subject and body."""


def worded(leading: Words, within: Sequence[Words]) -> Words:
    """What the message says: the leading notice whole, of each other its subject."""
    subject, body = leading
    if not within:
        return leading
    lines = "\n".join(f"· {other}" for other, _ in within)
    return subject, f"{body}\n\n另有 {len(within)} 件：\n{lines}\n全文见站内“消息”。"


def named(leading: str, within: Iterable[str]) -> str:
    """The message's key: whoever gets two of one key has got the same notices, so that dropping one loses nothing."""
    others = "\n".join(sorted(within))
    return f"{leading}|with:{hashlib.sha256(others.encode()).hexdigest()}" if others else leading
