"""What a record is: declared once with who, when and what must hold, and the effect it has."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from forms import amounts
from workflow import guards as g
from workflow.effects import Doing, Impossible
from workflow.facts import Attempt, Facts, Reason
from workflow.lifecycle import NEEDS, Need, who
from workflow.states import LABELS, State

Effect = Callable[[Doing], dict[str, Any]]


@dataclass(frozen=True)
class RecordKind:
    """One kind: its word, in which states, who may, what must hold, what it writes (and tells the history)."""

    name: str
    label: str
    states: frozenset[State]
    roles: frozenset[str]
    guards: tuple[g.Guard, ...]
    effect: Effect

    @property
    def needs(self) -> frozenset[Need]:
        """What its guards must be told."""
        return frozenset().union(*(NEEDS.get(guard, frozenset()) for guard in self.guards))

    def against(self, state: State, attempt: Attempt) -> tuple[Reason, ...]:
        """What role and state have against it."""
        found = []
        if not attempt.roles & self.roles:
            found.append(Reason("role", f"{self.label}由{who(self.roles)}办理"))
        if state not in self.states:
            found.append(Reason("state", f"现在是“{LABELS[state]}”，不能{self.label}"))
        return tuple(found)

    def reasons(self, facts: Facts, attempt: Attempt) -> tuple[Reason, ...]:
        """What the guards have against it."""
        return g.all_reasons(self.guards, facts, attempt)


RECORDS: dict[str, RecordKind] = {}

ALIVE = frozenset(State) - {State.COMPLETED, State.VOID}
"""The states in which a table is still going somewhere."""


def kind(
    name: str, label: str, states: set[State] | frozenset[State], roles: set[str], *guards: g.Guard
) -> Callable[[Effect], Effect]:
    """Declare a kind; what stands below is its effect. ValueError for a name that is taken."""

    def declare(effect: Effect) -> Effect:
        if name in RECORDS:
            raise ValueError(f"the kind {name} is declared twice")
        RECORDS[name] = RecordKind(name, label, frozenset(states), frozenset(roles), guards, effect)
        return effect

    return declare


def refuse(code: str, text: str, path: str | None = None) -> Impossible:
    """What an effect raises when only applying it could show that it cannot be."""
    return Impossible(Reason(code, text, path))


def text_of(doing: Doing, name: str, what: str) -> str:
    """A text that must be there."""
    value = str(doing.attempt.details.get(name) or "").strip()
    if not value:
        raise refuse(f"{name}_empty", f"{what}不能为空")
    return value


def money_of(doing: Doing, name: str, what: str) -> int:
    """An amount in 万元 as whole 分."""
    try:
        return amounts.parse(str(doing.attempt.details.get(name, "")))
    except amounts.AmountError as error:
        raise refuse("bad_amount", f"{what}：{error}", name) from error
