"""Whether what somebody asks to do was done already, by a table's history: for who goes back to a form. Pure."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from accounts.roles import Role
from workflow.lifecycle import EVENTS
from workflow.states import State


class Step(Protocol):
    """A line of the history, as far as it is needed here."""

    @property
    def act(self) -> str: ...
    @property
    def from_state(self) -> str | None: ...
    @property
    def to_state(self) -> str | None: ...


S = TypeVar("S", bound=Step)

LIKE = {"decline_amendment": "accept_amendment"}
"""A record that is done where an event is: the department answers either way."""
ANEW = {"accept_amendment": "amend", "decline_amendment": "amend"}
"""After which act something that moves no table can be done once more."""

ASKED: dict[State, tuple[Role, str]] = {
    State.DRAFT: (Role.EDITOR, "修改并送审"),
    State.INTERNAL_REVIEW: (Role.REVIEWER, "内审"),
    State.FINANCE_REVIEW: (Role.OFFICER, "审核"),
    State.MONITORING: (Role.EDITOR, "填监控报告"),
    State.SELF_EVALUATION: (Role.EDITOR, "填自评"),
    State.EVALUATION_REVIEW: (Role.OFFICER, "复核自评"),
}
"""Who is asked for what in a state; nobody in the others."""
AMENDED = (Role.REVIEWER, "接受修改")
"""The same in the bureau's review, while an amendment waits."""


def done_already(act: str, newest_first: Iterable[S]) -> S | None:
    """When an event (or record) was done, unless the table came back since to where it can be done; None then."""
    sources = EVENTS[LIKE.get(act, act)].sources
    for step in newest_first:
        if step.act == act:
            return step
        came_back = step.from_state is not None and step.from_state != step.to_state and step.to_state in sources
        if came_back or step.act == ANEW.get(act):
            return None
    return None


def left(state: State, newest_first: Iterable[S]) -> S | None:
    """What last led a table out of a state it is no longer in; None where nothing did."""
    return next((step for step in newest_first if step.from_state == state != step.to_state), None)
