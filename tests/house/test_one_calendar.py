"""Whoever knows a region asks for its working calendar; the package alone is for what belongs to no region."""

import re
from pathlib import Path

from config.settings import ROOT

ROOMS = ("accounts", "commands", "forms", "notifications", "web", "workflow")
MAY_NAME_IT = {
    "workflow/workdays.py": "it is defined there",
    "commands/demo_region/story.py": "a story is told before its region has any notice",
    "notifications/recalendaring.py": "a notice is compared with it",
    "web/bureau/holidays.py": "the page says where a notice differs from it",
}
ALONE = re.compile(r"\bPUBLISHED\b|\bchinese_calendar\b|\bCalendar\(\)")


def naming_it(root: Path) -> set[str]:
    """The files that name the package or what it knows alone."""
    files = [file for room in ROOMS for file in (root / room).rglob("*.py")]
    assert files
    return {file.relative_to(root).as_posix() for file in files if ALONE.search(file.read_text(encoding="utf-8"))}


def test_nobody_else_counts_by_the_package_alone() -> None:
    assert naming_it(ROOT) == set(MAY_NAME_IT)


def test_one_that_did_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/pages.py").write_text("left = PUBLISHED.between(today, last)\n", encoding="utf-8")
    (tmp_path / "web/others.py").write_text("left = calendar.between(today, last)\n", encoding="utf-8")
    assert naming_it(tmp_path) == {"web/pages.py"}
