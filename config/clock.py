"""The program's clock: aware UTC instants. Rules never ask it; they are given `now` by those who do."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from config.settings import settings

Clock = Callable[[], datetime]
"""What acts are given: asked once, after the lock is held."""

_travelled = timedelta(0)

_SHIFT = re.compile(
    r"(?P<sign>[+-])(?P<days>\d+(?:\.\d+)?)d(?:\*(?P<speed>\d+(?:\.\d+)?)(?:@(?P<since>\d+(?:\.\d+)?))?)?"
)
_started = time.time()


def now() -> datetime:
    """The instant it is, in UTC; MUBIAO_CLOCK may shift or speed it outside production."""
    setting = settings()
    real = time.time()
    if not setting.clock or setting.environment == "production":
        return datetime.fromtimestamp(real, UTC) + _travelled
    match = _SHIFT.fullmatch(setting.clock)
    if not match:
        raise ValueError(f"MUBIAO_CLOCK={setting.clock!r}: write it like +90d, -3.5d, +90d*1440 or +90d*60@1767225600")
    days = float(match["days"]) * (1 if match["sign"] == "+" else -1)
    speed = float(match["speed"] or 1)
    since = float(match["since"] or _started)
    return datetime.fromtimestamp(since + (real - since) * speed, UTC) + timedelta(days=days)


def travel(by: timedelta) -> None:
    """Move this process's clock from the real time, for trials that live through a year; never in production."""
    global _travelled  # noqa: PLW0603 - one clock per process is the point
    if settings().environment == "production" and by:
        raise RuntimeError("the clock of a production process is not moved")
    _travelled = by
