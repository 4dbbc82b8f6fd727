"""In whose hand a table is in its state, and until when it is asked to be dealt with. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from workflow.facts import Period
from workflow.states import Stage, State

STAGE_OF = {
    State.DRAFT: Stage.ENTRY,
    State.INTERNAL_REVIEW: Stage.ENTRY,
    State.FINANCE_REVIEW: Stage.REVIEW,
    State.SELF_EVALUATION: Stage.EVALUATION,
    State.EVALUATION_REVIEW: Stage.EVALUATION_REVIEW,
}
"""The window a state is measured by; monitoring is measured by its rounds, the others by nothing."""


def asked_until(
    state: State,
    now: datetime,
    *,
    windows: Mapping[Stage, Period],
    rounds: Sequence[Period] = (),
    resubmit_until: datetime | None = None,
    evaluation_until: datetime | None = None,
    adjusts: bool = False,
) -> datetime | None:
    """The half-open instant until which whoever has the table is asked to act; None where nobody is.

    [choice] A returned table has the deadline of its return, or a later extension. An adjustment has no window, only
    what a return set. In monitoring it is the end of the open round, else of the next one, else of the last.
    """
    stage = STAGE_OF.get(state)
    if state is State.MONITORING:
        ends = [period.until for period in rounds]
        return next((until for until in ends if now < until), ends[-1] if ends else None)
    if stage is None:
        return None
    window = windows.get(stage)
    extended = window.until if window is not None and window.until > window.closes_at else None
    returned = {Stage.ENTRY: resubmit_until, Stage.EVALUATION: evaluation_until}.get(stage)
    if returned is not None:
        return max(returned, extended) if extended is not None else returned
    return window.until if window is not None and not adjusts else None


class Hand(StrEnum):
    """Who is to act next."""

    BUREAU = "bureau"
    DEPARTMENT = "department"
    NOBODY = "nobody"
    """Approved and waiting for its round, or at its end."""


HANDS = {
    State.DRAFT: Hand.DEPARTMENT,
    State.INTERNAL_REVIEW: Hand.DEPARTMENT,
    State.FINANCE_REVIEW: Hand.BUREAU,
    State.APPROVED: Hand.NOBODY,
    State.MONITORING: Hand.DEPARTMENT,
    State.SELF_EVALUATION: Hand.DEPARTMENT,
    State.EVALUATION_REVIEW: Hand.BUREAU,
    State.COMPLETED: Hand.NOBODY,
    State.VOID: Hand.NOBODY,
}


def in_the_hand_of(state: State, *, amendment_waits: bool = False) -> Hand:
    """Whose turn it is; while an amendment waits to be accepted it is the department's."""
    if state is State.FINANCE_REVIEW and amendment_waits:
        return Hand.DEPARTMENT
    return HANDS[state]
