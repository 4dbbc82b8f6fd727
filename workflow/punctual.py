"""Whether a department reported in time: by the date that stood at first, or by an extended one. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from workflow.deadlines import last_date, local_date
from workflow.workdays import Calendar


class Kept(StrEnum):
    """How a deadline was kept."""

    ON_TIME = "on_time"
    EXTENDED = "extended"
    LATE = "late"
    OPEN = "open"
    """Not reported, and there is still time."""


@dataclass(frozen=True)
class Punctual:
    """How a department stands to a deadline, and by how many working days it missed it."""

    kept: Kept
    late: int = 0

    @property
    def words(self) -> str:
        """按时; 延期后按时; 逾期 3 个工作日."""
        if self.kept is Kept.LATE:
            return f"逾期 {self.late} 个工作日" if self.late else "逾期，不到 1 个工作日"
        return {Kept.ON_TIME: "按时", Kept.EXTENDED: "延期后按时", Kept.OPEN: "未到期"}[self.kept]


def punctual(
    reported: datetime | None, closes: datetime, until: datetime, now: datetime, calendar: Calendar, timezone: str
) -> Punctual:
    """How a report was in time: `closes` is the deadline at first, `until` the one after an extension (the same where
    there was none). Both are half-open. Without a report it is late from the deadline on, and later every day."""
    at = reported or now
    if reported is not None and at < closes:
        return Punctual(Kept.ON_TIME)
    if at < until:
        return Punctual(Kept.EXTENDED if reported is not None else Kept.OPEN)
    return Punctual(Kept.LATE, calendar.between(last_date(until, timezone), local_date(at, timezone)))
