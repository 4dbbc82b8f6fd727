"""How often somebody may be wrong about one account's password. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST = 10
WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Attempt:
    """One try to sign in to an account, from an address."""

    at: datetime
    address: str
    failed: bool


def held_back(latest: Sequence[Attempt], address: str, now: datetime) -> bool:
    """Whether an address must wait, given the account's latest tries (at most `MOST` from it count).

    So many failures in a row within the time hold the address back until the oldest of them is old enough; a success
    begins anew. Another address is not held back: nobody can lock somebody else out from afar.
    """
    from_there = [attempt for attempt in latest if attempt.address == address][:MOST]
    return len(from_there) == MOST and all(attempt.failed and now - attempt.at < WITHIN for attempt in from_there)
