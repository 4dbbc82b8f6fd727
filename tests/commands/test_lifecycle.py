"""docs/lifecycle.md says what the program does."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from commands.lifecycle import lifecycle, text
from config.settings import ROOT
from workflow import guards
from workflow.lifecycle import EVENTS
from workflow.records import RECORDS

PAGE = ROOT / "docs/lifecycle.md"


def current() -> bool:
    return PAGE.read_text(encoding="utf-8") == text()


def test_the_page_is_current() -> None:
    assert current(), "run: flask --app wsgi lifecycle > docs/lifecycle.md"


def test_the_command_prints_the_page() -> None:
    printed = CliRunner().invoke(lifecycle)
    assert (printed.exit_code, printed.output) == (0, text())


def test_every_event_and_every_record_has_its_line() -> None:
    lines = text().splitlines()
    for each in (*EVENTS.values(), *RECORDS.values()):
        assert sum(line.startswith(f"| `{each.name}` {each.label} |") for line in lines) == 1


@pytest.mark.parametrize(
    "change", [{"label": "送出"}, {"guards": (guards.entry_open,)}, {"roles": frozenset({"clock"})}]
)
def test_a_changed_event_makes_the_page_old(monkeypatch: pytest.MonkeyPatch, change: dict[str, object]) -> None:
    monkeypatch.setitem(EVENTS, "submit", replace(EVENTS["submit"], **change))  # type: ignore[arg-type]
    assert not current()


def test_every_condition_says_in_words_what_must_hold() -> None:
    for each in (*EVENTS.values(), *RECORDS.values()):
        assert all(guard.__doc__ for guard in each.guards), each.name
