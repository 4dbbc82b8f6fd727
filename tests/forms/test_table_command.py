"""`table read` and `table check`, as a person or a script runs them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands.table import table
from forms.document import Document
from tests.forms.conftest import SEED

FILE = SEED / "henan-cac-2020.txt"


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(table, [str(argument) for argument in arguments])


def test_read_prints_the_hand_checked_content_and_nothing_else() -> None:
    result = _run("read", FILE, "--json")
    assert result.exit_code == 0
    assert result.stderr == ""
    printed = json.loads(result.stdout)
    assert (printed.pop("unplaced"), printed.pop("unsure")) == ([], [])
    assert printed == json.loads((SEED / "henan-cac-2020.expected.json").read_bytes())


def test_read_shows_a_person_what_there_is(seed: Document) -> None:
    result = _run("read", FILE, "--framework", "henan-2020")
    assert result.exit_code == 0
    for words in (seed.department, "2,115.4", "主要任务 2 项", "指标 29 个", "社会组织满意度　≧90%"):
        assert words in result.stdout


def test_read_shows_what_a_person_should_confirm(tmp_path: Path, seed_text: str) -> None:
    file = tmp_path / "表.txt"
    file.write_text(seed_text.replace("群众满意度 ≧90%", "群众满意度 九成以上") + "\n打印于一月\n", encoding="utf-8")
    result = _run("read", file)
    assert result.exit_code == 0
    assert "indicators[27].target" in result.stdout
    assert "打印于一月" in result.stdout


def test_check_lists_the_findings_and_answers_one() -> None:
    result = _run("check", FILE, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [sorted(finding) for finding in found] == [["code", "fix", "message", "path", "severity"]] * 6
    assert {finding["severity"] for finding in found} == {"建议"}


def test_check_tells_a_person_how_many_must_change(tmp_path: Path, seed_text: str) -> None:
    file = tmp_path / "表.txt"
    file.write_text(seed_text.replace("1,024.7", "1,024.8"), encoding="utf-8")
    result = _run("check", file)
    assert result.exit_code == 1
    assert "必改 1 个，建议 6 个" in result.stdout
    assert "相差 0.1 万元" in result.stdout


def test_check_of_a_sheet_in_order_answers_zero(tmp_path: Path, seed_text: str) -> None:
    text = seed_text
    for name in ("履职目标实现率", "对口部门满意度", "监督部门满意度", " 企业满意度", "群众满意度", "社会组织满意度"):
        text = text.replace(f" {name.strip()} ≧", f" 抽样调查 {name.strip()} ≧")
    file = tmp_path / "表.txt"
    file.write_text(text, encoding="utf-8")
    assert json.loads(_run("check", file, "--json").stdout) == []
    result = _run("check", file)
    assert (result.exit_code, result.stdout) == (0, "没有发现问题。\n")


def _bad(tmp_path: Path, name: str, data: bytes) -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


@pytest.mark.parametrize("command", ["read", "check"])
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_bad_input_is_one_chinese_sentence_on_stderr(tmp_path: Path, command: str, flags: list[str]) -> None:
    with (tmp_path / "大.txt").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    cases: dict[Path, str] = {
        tmp_path / "没有.txt": "找不到",
        tmp_path: "文件夹",
        tmp_path / "大.txt": "超过 20 MB",
        _bad(tmp_path, "空.txt", b""): "空的",
        _bad(tmp_path, "二进制.xls", b"\xd0\xcf\x11\xe0" + bytes(500)): "不是文本",
        _bad(tmp_path, "通知.txt", "关于开会的通知\n请准时参加。".encode()): "不像部门整体绩效目标表",
    }
    for path, words in cases.items():
        result = _run(command, path, *flags)
        assert result.exit_code == 2, path
        assert result.stdout == ""
        assert words in result.stderr
        assert result.stderr.count("\n") == 1
        assert "Traceback" not in result.stderr


def test_an_unknown_form_is_bad_input() -> None:
    result = _run("read", FILE, "--framework", "henan-1999")
    assert result.exit_code == 2
    assert "henan-2020" in result.stderr
    assert result.stdout == ""
