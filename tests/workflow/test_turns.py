"""Until when a table is asked for: by state, as a table of examples."""

from datetime import UTC, datetime

import pytest

from workflow.facts import Period
from workflow.states import Stage, State
from workflow.turns import asked_until


def day(number: int) -> datetime:
    """An instant in November 2019."""
    return datetime(2019, 11, number, tzinfo=UTC)


WINDOWS = {
    Stage.ENTRY: Period("", day(4), day(10), day(10)),
    Stage.REVIEW: Period("", day(5), day(12), day(12)),
    Stage.EVALUATION: Period("", day(20), day(25), day(25)),
    Stage.EVALUATION_REVIEW: Period("", day(26), day(28), day(28)),
}
EXTENDED = WINDOWS | {Stage.ENTRY: Period("", day(4), day(10), day(15))}
ROUNDS = (Period("一", day(14), day(16), day(16)), Period("二", day(18), day(19), day(21)))


@pytest.mark.parametrize(
    ("state", "given", "until"),
    [
        (State.DRAFT, {}, day(10)),
        (State.INTERNAL_REVIEW, {}, day(10)),
        (State.DRAFT, {"windows": EXTENDED}, day(15)),
        (State.DRAFT, {"resubmit_until": day(8)}, day(8)),  # a return asks sooner than the window closes
        (State.DRAFT, {"resubmit_until": day(13)}, day(13)),
        (State.DRAFT, {"resubmit_until": day(13), "windows": EXTENDED}, day(15)),
        (State.DRAFT, {"adjusts": True}, None),
        (State.DRAFT, {"adjusts": True, "resubmit_until": day(9)}, day(9)),
        (State.DRAFT, {"windows": {}}, None),
        (State.FINANCE_REVIEW, {}, day(12)),
        (State.FINANCE_REVIEW, {"resubmit_until": day(8)}, day(12)),
        (State.APPROVED, {}, None),
        (State.MONITORING, {}, day(16)),
        (State.MONITORING, {"now": day(17)}, day(21)),
        (State.MONITORING, {"now": day(22)}, day(21)),
        (State.MONITORING, {"rounds": ()}, None),
        (State.SELF_EVALUATION, {}, day(25)),
        (State.SELF_EVALUATION, {"evaluation_until": day(29)}, day(29)),
        (State.EVALUATION_REVIEW, {}, day(28)),
        (State.COMPLETED, {}, None),
        (State.VOID, {}, None),
    ],
)
def test_a_table_is_asked_for_until(state: State, given: dict, until: datetime | None) -> None:
    facts = {"windows": WINDOWS, "rounds": ROUNDS} | given
    assert asked_until(state, facts.pop("now", day(15)), **facts) == until
