"""Every state and event of a table, declared once. `transitions` decides what is legal and runs the guards.

The machine is shared and holds no table: what moves is a small `Move`, made for one attempt. It is never the lock;
workflow.acts is. Nothing else sets a state.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from transitions import EventData, Machine

from accounts.roles import LABELS as ROLE_LABELS
from accounts.roles import Role
from workflow import guards as g
from workflow.facts import Attempt, Facts, Reason
from workflow.states import LABELS, State

CLOCK = "clock"
"""The role of the clock, the system's own actor."""
AUTOMATIC = "系统自动"
"""How the clock signs, and is named where people are."""


class Need(StrEnum):
    """What the loader must bring for an event's guards, beyond the table's own row."""

    WINDOWS = "windows"
    CALENDAR = "calendar"
    RETURN = "return"
    REQUESTS = "requests"
    REMARKS = "remarks"
    SHEET = "sheet"
    ADJUSTED = "adjusted"
    """The goals in force that an adjustment adjusts."""
    REVISION = "revision"
    AMENDMENT = "amendment"
    """The latest revision, in the one state in which it may be an amendment that waits."""
    MONITORING = "monitoring"
    EVALUATION = "evaluation"


NEEDS: dict[g.Guard, frozenset[Need]] = {
    g.entry_open: frozenset({Need.WINDOWS, Need.RETURN}),
    g.evaluation_open: frozenset({Need.WINDOWS}),
    g.can_be_extended: frozenset({Need.WINDOWS, Need.RETURN}),
    g.later_date_given: frozenset({Need.WINDOWS, Need.RETURN}),
    g.nothing_asked_yet: frozenset({Need.WINDOWS, Need.RETURN, Need.REQUESTS}),
    g.request_waits: frozenset({Need.REQUESTS}),
    g.not_ones_own_request: frozenset({Need.REQUESTS}),
    g.nothing_blocks: frozenset({Need.SHEET}),
    g.all_confirmed: frozenset({Need.SHEET}),
    g.musts_answered: frozenset({Need.REMARKS}),
    g.saw_these_remarks: frozenset({Need.REMARKS}),
    g.changed_or_answered: frozenset({Need.SHEET, Need.REMARKS}),
    g.adjusts_something: frozenset({Need.SHEET, Need.ADJUSTED}),
    g.saw_this_sheet: frozenset({Need.SHEET}),
    g.answering_open: frozenset({Need.WINDOWS, Need.RETURN}),
    g.deadline_within_the_bureaus: frozenset({Need.WINDOWS, Need.RETURN, Need.CALENDAR}),
    g.on_latest_revision: frozenset({Need.REVISION}),
    g.amendment_settled: frozenset({Need.REVISION}),
    g.amendment_waits: frozenset({Need.REVISION}),
    g.departments_turn: frozenset({Need.AMENDMENT}),
    g.round_opened: frozenset({Need.MONITORING}),
    g.projects_listed: frozenset({Need.MONITORING}),
    g.last_round_closed: frozenset({Need.MONITORING}),
    g.rate_reached: frozenset({Need.MONITORING}),
    g.evaluation_complete: frozenset({Need.EVALUATION}),
}


@dataclass(frozen=True)
class Event:
    """One event: its word, from which states to which, who fires it, what must hold."""

    name: str
    label: str
    sources: frozenset[State]
    target: State | None
    """None: the table stays where it is (its version moves all the same)."""
    roles: frozenset[str]
    guards: tuple[g.Guard, ...] = ()

    @property
    def needs(self) -> frozenset[Need]:
        """What its guards must be told."""
        return frozenset().union(*(NEEDS.get(guard, frozenset()) for guard in self.guards))


def _event(
    name: str, label: str, sources: State | set[State], target: State | None, roles: str | set[str], *guards: g.Guard
) -> Event:
    return Event(
        name,
        label,
        frozenset({sources} if isinstance(sources, State) else sources),
        target,
        frozenset({roles} if isinstance(roles, str) else roles),
        guards,
    )


EVENTS: dict[str, Event] = {
    event.name: event
    for event in (
        _event(
            "submit", "送审", State.DRAFT, State.INTERNAL_REVIEW, Role.EDITOR,
            g.entry_open, g.saw_this_sheet, g.nothing_blocks, g.all_confirmed, g.musts_answered,
            g.changed_or_answered, g.adjusts_something,
        ),
        _event(
            "endorse", "内审通过", State.INTERNAL_REVIEW, State.FINANCE_REVIEW, Role.REVIEWER,
            g.not_the_submitter, g.entry_open, g.nothing_blocks, g.saw_these_remarks, g.musts_answered,
        ),
        _event(
            "send_back", "内审退回", State.INTERNAL_REVIEW, State.DRAFT, Role.REVIEWER,
            g.not_the_submitter, g.opinion_given, g.deadline_given, g.deadline_within_the_bureaus,
        ),
        _event(
            "withdraw", "撤回送审", State.INTERNAL_REVIEW, State.DRAFT, Role.EDITOR,
            g.is_the_submitter, g.next_has_not_begun,
        ),
        _event(
            "recall", "撤回上报", State.FINANCE_REVIEW, State.INTERNAL_REVIEW, Role.REVIEWER,
            g.is_the_endorser, g.next_has_not_begun,
        ),
        _event(
            "amend", "协商修改", State.FINANCE_REVIEW, None, Role.OFFICER,
            g.not_of_the_department, g.on_latest_revision, g.grade_is_fair, g.amendment_says_why,
        ),
        _event(
            "accept_amendment", "接受修改", State.FINANCE_REVIEW, None, Role.REVIEWER,
            g.on_latest_revision, g.amendment_waits,
        ),
        _event(
            "approve", "批复", State.FINANCE_REVIEW, State.APPROVED, Role.OFFICER,
            g.not_of_the_department, g.still_adjusts, g.on_latest_revision, g.saw_these_remarks, g.amendment_settled,
            g.grade_approves, g.review_complete, g.overall_opinion_given, g.musts_answered,
        ),
        _event(
            "return", "退回", State.FINANCE_REVIEW, State.DRAFT, Role.OFFICER,
            g.not_of_the_department, g.on_latest_revision, g.saw_these_remarks, g.grade_returns, g.review_complete,
            g.overall_opinion_given, g.deadline_given,
        ),
        _event(
            "begin_monitoring", "进入监控", State.APPROVED, State.MONITORING, {CLOCK, Role.MANAGER},
            g.not_an_adjustment, g.round_opened, g.projects_listed,
        ),
        _event(
            "finish_monitoring", "进入自评", State.MONITORING, State.SELF_EVALUATION, CLOCK,
            g.last_round_closed, g.rate_reached,
        ),
        _event(
            "report_evaluation", "报送自评", State.SELF_EVALUATION, State.EVALUATION_REVIEW, Role.REVIEWER,
            g.evaluation_open, g.evaluation_complete,
        ),
        _event(
            "return_evaluation", "退回自评", State.EVALUATION_REVIEW, State.SELF_EVALUATION, Role.OFFICER,
            g.not_of_the_department, g.on_latest_revision, g.opinion_given, g.deadline_given,
        ),
        _event(
            "accept_evaluation", "复核通过", State.EVALUATION_REVIEW, State.COMPLETED, Role.OFFICER,
            g.not_of_the_department, g.on_latest_revision,
        ),
        _event(
            "void", "作废", set(State) - {State.COMPLETED, State.VOID}, State.VOID, Role.MANAGER,
            g.reason_given,
        ),
    )
}  # fmt: skip

UNDOING = frozenset({"withdraw", "recall"})
"""Events that take back the one before: the stage that they leave has done nothing."""


def who(roles: frozenset[str]) -> str:
    """The roles as people say them."""
    return "或".join(ROLE_LABELS[Role(role)] if role != CLOCK else AUTOMATIC for role in sorted(roles))


@dataclass
class Move:
    """One attempt at one event: what `transitions` moves, and what the guards had against it."""

    state: State
    facts: Facts
    attempt: Attempt
    reasons: tuple[Reason, ...] = field(default=())


def _guards_hold(trigger: EventData) -> bool:
    move = trigger.model
    assert isinstance(move, Move)  # noqa: S101 - judge() triggers with nothing else
    move.reasons = g.all_reasons(EVENTS[trigger.event.name].guards, move.facts, move.attempt)
    return not move.reasons


def _machine() -> Machine:
    transitions: list[dict[str, Any]] = [
        {
            "trigger": event.name,
            "source": source,
            "dest": event.target if event.target is not None else "=",
            "conditions": [_guards_hold],
        }
        for event in EVENTS.values()
        for source in sorted(event.sources)
    ]
    return Machine(
        model=None,
        states=State,
        initial=State.DRAFT,
        transitions=transitions,
        auto_transitions=False,
        send_event=True,
    )


MACHINE = _machine()


def judge(name: str, facts: Facts, attempt: Attempt) -> tuple[State | None, tuple[Reason, ...]]:
    """The state an event leads to, or why it does not happen: (state, ()) or (None, reasons).

    Role and state are told together; the guards are asked only where both fit, and then all of them.
    """
    event = EVENTS[name]
    against = []
    if not attempt.roles & event.roles:
        against.append(Reason("role", f"{event.label}由{who(event.roles)}办理"))
    if facts.state not in event.sources:
        against.append(Reason("state", f"现在是“{LABELS[facts.state]}”，{event.label}{_when(event)}"))
    if against:
        return None, tuple(against)
    move = Move(facts.state, facts, attempt)
    if not MACHINE.events[name].trigger(move):
        return None, move.reasons
    return move.state, ()


def _when(event: Event) -> str:
    if event.target is State.VOID:
        return "不能再办"
    return "要在" + "或".join(f"“{LABELS[source]}”" for source in State if source in event.sources) + "时办"
