"""`flask --app wsgi lifecycle`: the states, events and records as they are declared; what docs/lifecycle.md holds."""

import inspect
from collections.abc import Iterable

import click

from workflow import guards
from workflow.lifecycle import EVENTS, Event, who
from workflow.records import RECORDS
from workflow.records.kind import ALIVE
from workflow.states import LABELS, State

HEAD = """\
# The life of a table

Made from the program by `flask --app wsgi lifecycle > docs/lifecycle.md`; do not edit it by hand. A table moves by
events, and by nothing else; records write something about it and leave it where it is. What must hold stands in the
words of `workflow/guards.py`, which has the sentences of a refusal too.
"""


@click.command("lifecycle")
def lifecycle() -> None:
    """Print docs/lifecycle.md: the states, every event with what must hold, every kind of record."""
    click.echo(text(), nl=False)


def text() -> str:
    """The whole page, in Markdown."""
    return "\n".join((HEAD, *_diagram(), "", *_events(), "", *_guards(), "", *_records(), ""))


def _diagram() -> Iterable[str]:
    yield from ("## The way through the year", "", "```mermaid", "stateDiagram-v2")
    for state in State:
        yield f"    {state}: {LABELS[state]}"
    yield f"    [*] --> {State.DRAFT}"
    for event in EVENTS.values():
        if len(event.sources) > 1:
            continue  # from almost everywhere: said below the picture
        for source in event.sources:
            yield f"    {source} --> {event.target or source}: {event.label}"
    yield "```"
    for event in EVENTS.values():
        if len(event.sources) > 1:
            target = event.target
            yield f"\n{event.label} leads from {_states(event.sources)} to {LABELS[target] if target else 'itself'}."


def _events() -> Iterable[str]:
    yield from ("## Events", "", "| Event | From | To | Who | What must hold |", "|---|---|---|---|---|")
    for event in EVENTS.values():
        yield (
            f"| `{event.name}` {event.label} | {_states(event.sources)} | {_target(event)} | {who(event.roles)}"
            f" | {'<br>'.join(_meaning(guard) for guard in event.guards)} |"
        )


def _guards() -> Iterable[str]:
    used: dict[guards.Guard, list[str]] = {}
    for event in EVENTS.values():
        for guard in event.guards:
            used.setdefault(guard, []).append(event.label)
    for kind in RECORDS.values():
        for guard in kind.guards:
            used.setdefault(guard, []).append(kind.label)
    yield from ("## Conditions", "", "| Condition | What it says | Asked by |", "|---|---|---|")
    for guard, labels in used.items():
        yield f"| `{guard.__name__}` | {_meaning(guard)} | {'、'.join(dict.fromkeys(labels))} |"


def _records() -> Iterable[str]:
    yield from ("## Records", "", "| Record | In | Who | What must hold |", "|---|---|---|---|")
    for kind in RECORDS.values():
        holds = "<br>".join(_meaning(guard) for guard in kind.guards)
        yield f"| `{kind.name}` {kind.label} | {_states(kind.states)} | {who(kind.roles)} | {holds} |"


def _target(event: Event) -> str:
    return "stays" if event.target is None else LABELS[event.target]


def _states(states: frozenset[State]) -> str:
    """The states in the order of the year; all but the ends are told as that."""
    if states == ALIVE:
        return f"any but {LABELS[State.COMPLETED]}, {LABELS[State.VOID]}"
    return "、".join(LABELS[state] for state in State if state in states)


def _meaning(guard: guards.Guard) -> str:
    """A condition in the words of its docstring, on one line."""
    return " ".join((inspect.getdoc(guard) or "").split()).replace("|", "\\|")
