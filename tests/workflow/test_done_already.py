"""Whether an event was done already, told by the history alone: the newest line first."""

from dataclasses import dataclass

import pytest

from workflow.done_already import ASKED, done_already, left
from workflow.states import State


@dataclass(frozen=True)
class Line:
    act: str
    from_state: str | None = None
    to_state: str | None = None


SUBMIT = Line("submit", "draft", "internal_review")
ENDORSE = Line("endorse", "internal_review", "finance_review")
SEND_BACK = Line("send_back", "internal_review", "draft")
RECALL = Line("recall", "finance_review", "internal_review")
AMEND = Line("amend", "finance_review", "finance_review")
ACCEPT = Line("accept_amendment", "finance_review", "finance_review")
DECLINE = Line("decline_amendment")
APPROVE = Line("approve", "finance_review", "approved")
REMARK = Line("remark")


@pytest.mark.parametrize(
    ("act", "oldest_first", "found"),
    [
        ("submit", [], None),
        ("submit", [SUBMIT], SUBMIT),
        ("submit", [SUBMIT, REMARK, ENDORSE, APPROVE], SUBMIT),
        ("submit", [SUBMIT, SEND_BACK], None),
        ("endorse", [SUBMIT, ENDORSE], ENDORSE),
        ("endorse", [SUBMIT, ENDORSE, RECALL], None),
        ("endorse", [SUBMIT], None),
        ("accept_amendment", [SUBMIT, ENDORSE, AMEND, ACCEPT], ACCEPT),
        ("accept_amendment", [SUBMIT, ENDORSE, AMEND, ACCEPT, APPROVE], ACCEPT),
        ("accept_amendment", [SUBMIT, ENDORSE, AMEND, ACCEPT, AMEND], None),
        ("decline_amendment", [SUBMIT, ENDORSE, AMEND, DECLINE], DECLINE),
        ("decline_amendment", [SUBMIT, ENDORSE, AMEND, DECLINE, AMEND], None),
    ],
)
def test_what_was_done_is_known_until_it_can_be_done_again(
    act: str, oldest_first: list[Line], found: Line | None
) -> None:
    assert done_already(act, reversed(oldest_first)) is found


def test_what_led_a_table_out_of_a_state_is_its_last_move_from_there() -> None:
    history = [APPROVE, ACCEPT, AMEND, ENDORSE, SUBMIT]
    assert left(State.FINANCE_REVIEW, history) is APPROVE
    assert left(State.DRAFT, history) is SUBMIT
    assert left(State.APPROVED, history) is None


def test_somebody_is_asked_in_every_state_but_where_a_table_waits_or_is_over() -> None:
    assert set(State) - set(ASKED) == {State.APPROVED, State.COMPLETED, State.VOID}
