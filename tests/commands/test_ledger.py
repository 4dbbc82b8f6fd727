"""`ledger …` on the command line, and the script that verifies an export without the program."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from commands.ledger import ledger
from config.database import db, writing
from config.settings import ROOT
from ledger import book

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SCRIPT = ROOT / "docs/verify_ledger.py"


@pytest.fixture
def run(app: Flask) -> Iterator[object]:
    """`ledger …` on the test's database, which holds three entries."""
    with writing() as session:
        for chain in ("table:1", "table:1", "person:4"):
            book.append(session, chain, "noted", at=NOW, person_id=None, person_name="田小禾", role="test")

    def invoke(*words: str) -> Result:
        db.session.remove()
        return app.test_cli_runner().invoke(ledger, list(words))

    yield invoke
    db.session.remove()


def script(*words: object) -> subprocess.CompletedProcess[str]:
    """The script by a Python without this project's packages (-S), the user's (-s) and the environment's paths (-E)."""
    command = [sys.executable, "-E", "-s", "-S", str(SCRIPT), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd="/")


def head_in(output: str) -> str:
    """The head a command's last line names, as `--head` takes it."""
    position, _, noted = output.rpartition("封存至第 ")[2].strip().partition(" 条，校验码 ")
    return f"{position}:{noted}"


def change(statement: str) -> None:
    with writing() as session:
        session.execute(text(statement))


def test_sealing_says_how_many_and_the_head(run) -> None:
    assert "待封存 3 条。还没有封存" in run("verify").stdout
    first = run("seal")
    assert "新封存 3 条。封存至第 3 条，校验码 " in first.stdout
    assert run("seal").stdout.startswith("新封存 0 条。封存至第 3 条")
    assert run("seal", "--all").stdout.startswith("新封存 0 条。")
    assert head_in(run("verify").stdout) == head_in(first.stdout)


def test_verifying_with_the_head_that_was_noted(run) -> None:
    head = head_in(run("seal").stdout)
    result = run("verify", "--head", head)
    assert result.exit_code == 0
    assert "审计链完整，与记下的 1 个校验码相符" in result.stdout
    wrong = run("verify", "--head", "2:" + head[2:], "--head", "9:" + head[2:])
    assert wrong.exit_code == 1
    assert "封存链（seals）第 2 条：与记下的校验码不符" in wrong.stdout
    assert "封存链（seals）第 9 条：记下的位置已不存在，尾部被截断" in wrong.stdout
    assert "审计链有 2 处不符" in wrong.stdout


def test_a_changed_entry_is_named_with_its_place_and_kind(run) -> None:
    run("seal")
    change("UPDATE ledger_entry SET person_name = '别人' WHERE chain = 'table:1' AND position = 2")
    result = run("verify")
    assert result.exit_code == 1
    assert "目标表 1（table:1）第 2 条：写入之后被改动" in result.stdout
    found = json.loads(run("verify", "--json").stdout)
    assert found == [{"chain": "table:1", "position": 2, "kind": "changed", "what": "写入之后被改动"}]


def test_json_of_a_whole_ledger_is_an_empty_list(run) -> None:
    assert json.loads(run("verify", "--json").stdout) == []


@pytest.mark.parametrize(
    "head", ["3", "3:", "x:" + "a" * 64, "0:" + "a" * 64, "3:" + "a" * 63, "3:" + "g" * 64, "²:" + "a" * 64]
)
def test_what_is_no_head_is_one_sentence_in_both(head: str, run, tmp_path: Path) -> None:
    result = run("verify", "--head", head)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"“{head}”不是校验码" in result.stderr
    run("export", str(tmp_path / "ledger"))
    alone = script(tmp_path / "ledger", "--head", head)
    assert (alone.returncode, alone.stdout) == (2, "")
    assert "不是校验码" in alone.stderr


@pytest.mark.each_database
def test_an_export_is_verified_by_the_script_alone(run, tmp_path: Path) -> None:
    head = head_in(run("seal").stdout)
    file = tmp_path / "ledger.jsonl"
    assert run("export", str(file)).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.jsonl"]
    result = script(file, "--head", head)
    assert (result.returncode, result.stderr) == (0, "")
    assert "台账完整。记录 3 条，待封存 0 条。" in result.stdout
    assert head_in(result.stdout) == head
    assert json.loads(script(file, "--json").stdout) == []


def test_the_script_needs_no_newer_python_than_it_says_and_nothing_but_the_standard_library() -> None:
    tree = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 8))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert imported
    assert imported <= sys.stdlib_module_names
    assert "3.8" in (ast.get_docstring(tree) or "")


def test_a_file_is_not_written_over(run, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_text("mine")
    result = run("export", str(file))
    assert result.exit_code == 2
    assert "已经存在" in result.stderr
    assert file.read_text() == "mine"
    assert run("export", str(tmp_path / "nowhere" / "ledger")).exit_code == 2


def test_lines_changed_lost_or_moved_in_the_file_show(run, tmp_path: Path) -> None:
    run("seal")
    file = tmp_path / "ledger.jsonl"
    run("export", str(file))
    lines = file.read_text("utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines[1:], start=1):
        for changed in (
            [*lines[:number], *lines[number + 1 :]],
            [*lines[: number + 1], line, *lines[number + 1 :]],
            [*lines[:number], line.replace("1", "2", 1), *lines[number + 1 :]],
            lines[:number],
        ):
            file.write_text("".join(changed), "utf-8")
            result = script(file, "--json")
            assert result.returncode in {1, 2}, changed
            if result.returncode == 1:
                assert json.loads(result.stdout)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的"),
        (b"{}\n", "第 1 行读不懂"),
        (b"[1]\n", "第 1 行读不懂"),
        (b'{"kind": "entry"}\n', "第 1 行不是台账文件应有的内容"),
        (b'{"kind": "header", "format": "mubiao-ledger", "version": 2}\n', "不认识的格式"),
        (b'{"kind": "header", "format": "mubiao-ledger", "version": 1}\n{"kind": "seal"}\n', "第 2 行的内容不全或不对"),
        (b'{"kind": "header", "format": "mubiao-ledger", "version": 1}\n{"kind": "x"}\n', "第 2 行不应在这里"),
        (b"\xff\xfe", "不是 UTF-8 文字"),
    ],
)
def test_a_file_that_is_no_ledger_is_one_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    result = script(tmp_path / "file")
    assert (result.returncode, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
