"""`demo walk`: the seed's real table goes through its whole year, with everything that must be refused."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.settings import ROOT

SEED = ROOT / "tests/seed/henan-cac-2020.txt"
BARE = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
"""An environment without a single setting."""


def flask(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `flask --app wsgi …` as a stranger would: a process of its own, no settings."""
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=BARE, cwd=cwd, timeout=120)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the walk leaves its database."""
    return tmp_path_factory.mktemp("walk") / "kept.sqlite3"


@pytest.fixture(scope="module")
def year(kept: Path) -> dict[str, Any]:
    """What the walk of the seed printed."""
    result = flask("demo", "walk", SEED, "--json", "--keep", kept)
    assert (result.returncode, result.stderr) == (0, "")
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def moves(year: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(s["event"], s["from"], s["to"], s["role"]) for s in year["steps"] if s["result"] == "moved"]


def refusals(year: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(s["event"], s["role"], "；".join(s["reasons"])) for s in year["steps"] if s["result"] == "refused"]


def test_the_table_goes_through_its_whole_year(year: dict[str, Any]) -> None:
    assert year["final_state"] == "completed"
    assert moves(year) == [
        ("import_sheet", "draft", "draft", "editor"),
        ("submit", "draft", "internal_review", "editor"),
        ("send_back", "internal_review", "draft", "department_reviewer"),
        ("submit", "draft", "internal_review", "editor"),
        ("endorse", "internal_review", "finance_review", "department_reviewer"),
        ("return", "finance_review", "draft", "bureau_officer"),
        ("submit", "draft", "internal_review", "editor"),
        ("endorse", "internal_review", "finance_review", "department_reviewer"),
        ("approve", "finance_review", "approved", "bureau_officer"),
        ("begin_monitoring", "approved", "monitoring", "clock"),
        ("finish_monitoring", "monitoring", "self_evaluation", "clock"),
        ("report_evaluation", "self_evaluation", "evaluation_review", "department_reviewer"),
        ("return_evaluation", "evaluation_review", "self_evaluation", "bureau_officer"),
        ("report_evaluation", "self_evaluation", "evaluation_review", "department_reviewer"),
        ("accept_evaluation", "evaluation_review", "completed", "bureau_officer"),
    ]


@pytest.mark.parametrize(
    ("event", "role", "words"),
    [
        ("approve", "bureau_officer", "现在是“草拟”"),
        ("endorse", "department_reviewer", "您自己送审的"),
        ("approve", "bureau_officer", "没有找到这张表"),
        ("submit", "editor", "已于 2019-12-06 24:00 截止"),
        ("submit", "editor", "没有改动，意见也没有全部答复"),
        ("finish_monitoring", "clock", "3/12 = 25.0%，目标≥30%，再完成1个项目即达标"),
        ("return", "bureau_officer", "意见不能为空"),
        ("endorse", "department_reviewer", "这张表已有变化"),
    ],
)
def test_on_the_way_it_is_really_refused(year: dict[str, Any], event: str, role: str, words: str) -> None:
    assert any((event, role) == (e, r) and words in said for e, r, said in refusals(year))


def test_states_and_instants_chain_without_a_gap(year: dict[str, Any]) -> None:
    steps = year["steps"]
    assert [s["from"] for s in steps[1:]] == [s["to"] for s in steps[:-1]]
    assert all(s["from"] == s["to"] for s in steps if s["result"] == "refused")
    assert [s["at"] for s in steps] == sorted(s["at"] for s in steps)


def test_the_rate_crosses_the_target_before_the_table_moves_on(year: dict[str, Any]) -> None:
    [only] = year["monitoring"]["rounds"]
    assert year["monitoring"]["target"] == "≥30%"
    assert [(h["monitored"], round(h["rate"], 1)) for h in only["history"]] == [
        (0, 0.0),
        (1, 8.3),
        (2, 16.7),
        (3, 25.0),
        (4, 33.3),
    ]
    moved_on = next(s["at"] for s in year["steps"] if (s["event"], s["result"]) == ("finish_monitoring", "moved"))
    assert only["history"][-1]["at"] < moved_on


def test_the_kept_database_has_the_same_moves(year: dict[str, Any], kept: Path) -> None:
    with sqlite3.connect(kept) as database:
        [[table]] = database.execute(
            "SELECT t.id FROM workflow_table t"
            " JOIN accounts_department d ON d.id = t.department_id WHERE d.code = '001'"
        ).fetchall()
        rows = database.execute(
            "SELECT act, from_state, to_state, role FROM ledger_entry"
            " WHERE chain = ? AND from_version IS NOT NULL ORDER BY position",
            (f"table:{table}",),
        ).fetchall()
    assert rows == moves(year)[1:]


def test_people_were_told_of_what_happened_and_what_was_due(year: dict[str, Any]) -> None:
    told = {notice["rule"] for notice in year["notices"] if notice["delivered"]}
    assert {"opens", "closes_soon", "closes_today", "overdue", "submitted", "returned", "approved", "extended"} <= told
    assert {"rate_reached", "monitoring_begun", "evaluation_returned"} <= told
    assert {notice["channel"] for notice in year["notices"]} == {"inbox", "email"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (b"\x00\x01\x02" * 500, "”"),
        ("这是一份会议通知。".encode(), "不像部门整体绩效目标表"),
    ],
)
def test_what_is_no_table_is_one_sentence_and_nothing_is_written(tmp_path: Path, content: bytes, words: str) -> None:
    file, database = tmp_path / "in.txt", tmp_path / "out.sqlite3"
    file.write_bytes(content)
    result = flask("demo", "walk", file, "--json", "--keep", database)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not database.exists()


def test_a_table_that_may_not_be_submitted_is_told_its_first_must_fix(tmp_path: Path) -> None:
    file = tmp_path / "sums.txt"
    file.write_text(SEED.read_text(encoding="utf-8").replace("1,024.7", "1,024.8"), encoding="utf-8")
    result = flask("demo", "walk", file)
    assert result.returncode == 2
    assert "必改" in result.stderr


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    database = tmp_path / "mine.sqlite3"
    database.write_text("precious")
    result = flask("demo", "walk", SEED, "--keep", database)
    assert result.returncode == 2
    assert "已经存在" in result.stderr
    assert database.read_text() == "precious"
