"""What the trials tell at the end: one table of what was done, what held, and how long it took."""

from collections.abc import Callable

import pytest

Tell = Callable[[str, str, str], None]
TOLD = "trial"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Notes a trial's name, what was done and what held, for the closing table of `make chaos`."""

    def note(trial: str, done: str, held: str) -> None:
        record_property(TOLD, (trial, done, held))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table, where the chaos trials were asked for."""
    if config.option.markexpr != "chaos":
        return
    lines = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            told = [value for name, value in report.user_properties if name == TOLD]
            if report.when == "call":
                trial, done, held = told[-1] if told else (report.nodeid.rpartition("::")[2], "", "")
                lines.append((trial, done, held if outcome == "passed" else f"FAILED {held}", f"{report.duration:.0f}"))
    if not lines:
        return
    head = ("trial", "what was done", "what held", "seconds")
    terminalreporter.section("chaos")
    for line in (head, *lines):
        terminalreporter.write_line(" | ".join(line))
    terminalreporter.write_line(f"{len(lines)} trials, {sum(float(line[3]) for line in lines) / 60:.1f} minutes")
