"""`table read` and `table check`, as a person or a script runs them."""

import io
import json
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from click.testing import CliRunner, Result

from commands.table import table
from forms.document import Document
from tests.forms import ruled_sheets
from tests.forms.conftest import SEED
from tests.forms.test_reading_files import workbook

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


def _sheets(count: int) -> list[tuple[str, bytes]]:
    """Workbooks of one table each."""
    rng = Random("many")
    found = []
    for at in range(count):
        grid, lines = ruled_sheets.drawn(ruled_sheets.document(rng, "henan-2024"), ruled_sheets.Layout(), rng)
        found.append((f"部门{at}.xlsx", workbook([("表", grid, lines)])))
    return found


def _zipped(files: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w") as whole:
        for name, data in files:
            whole.writestr(name, data)
    return out.getvalue()


def _folder(tmp_path: Path, files: list[tuple[str, bytes]]) -> Path:
    for name, data in files:
        file = tmp_path / "收到" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return tmp_path / "收到"


MIXED = [
    *_sheets(3),
    ("下级/表.txt", FILE.read_bytes()),
    ("旧表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)),
    ("~$部门0.xlsx", b"x"),
    ("又一包.zip", _zipped([("表.txt", b"x")])),
]


def test_a_folder_and_a_zip_give_a_result_for_each_of_their_files(tmp_path: Path) -> None:
    package = _bad(tmp_path, "全部.zip", _zipped(MIXED))
    for path in (_folder(tmp_path, MIXED), package):
        result = _run("read", path, "--json")
        assert result.exit_code == 0, result.stderr
        found = {each["file"]: each for each in json.loads(result.stdout)}
        assert sorted(found) == ["下级/表.txt", "又一包.zip", "旧表.xls", "部门0.xlsx", "部门1.xlsx", "部门2.xlsx"]
        alone = _folder(tmp_path, MIXED) / "部门1.xlsx"
        assert found["部门1.xlsx"]["document"] == json.loads(_run("read", alone, "--json").stdout)
        assert found["下级/表.txt"]["document"]["fiscal_year"] == 2020
        assert (found["旧表.xls"]["document"], found["部门1.xlsx"]["trouble"]) == (None, "")
        assert "另存为" in found["旧表.xls"]["trouble"]
        assert "解压" in found["又一包.zip"]["trouble"]
        lines = _run("read", path).stdout.splitlines()
        assert len(lines) == 7
        assert lines[-1] == "共 6 张表，读出 4 张，没有读出 2 张。"


def test_a_workbook_of_several_tables_gives_a_result_for_each(tmp_path: Path) -> None:
    rng = Random("workbook")
    pages = [
        (name, *ruled_sheets.drawn(ruled_sheets.document(rng, "shaanxi-2020"), ruled_sheets.Layout(), rng))
        for name in ("教育厅", "水利厅")
    ]
    file = _bad(tmp_path, "全省.xlsx", workbook(pages))
    found = json.loads(_run("read", file, "--json").stdout)
    assert [(each["file"], each["sheet"]) for each in found] == [("全省.xlsx", "教育厅"), ("全省.xlsx", "水利厅")]
    assert all(each["document"]["indicators"] for each in found)


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_nothing_readable_at_all_is_bad_input(tmp_path: Path, flags: list[str]) -> None:
    unreadable = [("旧表.xls", MIXED[4][1]), ("通知.txt", "关于开会的通知".encode())]
    (tmp_path / "空").mkdir()
    cases = {
        tmp_path / "空": "没有文件",
        _folder(tmp_path, unreadable): "2 张表都不能读取",
        _bad(tmp_path, "全部.zip", _zipped(unreadable)): "2 张表都不能读取",
        _bad(tmp_path, "空.zip", _zipped([])): "没有文件",
    }
    for path, words in cases.items():
        result = _run("read", path, *flags)
        assert (result.exit_code, result.stdout) == (2, ""), path
        assert words in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_zip_never_leads_out_of_itself(tmp_path: Path) -> None:
    text = FILE.read_bytes()
    names = ["../../外面.txt", "/外面.txt", "C:\\外面.txt", "里面.txt", "全是零.txt"]
    files = [(name, text) for name in names[:-1]] + [(names[-1], bytes(30 << 20))]
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as whole:
        for name, data in files:
            whole.writestr(name, data)
    found = json.loads(_run("read", _bad(tmp_path, "全部.zip", out.getvalue()), "--json").stdout)
    assert [bool(each["document"]) for each in found] == [False, False, False, True, False]
    assert sum("压缩包之外" in each["trouble"] for each in found) == 3
    assert "20 MB" in found[-1]["trouble"]
    assert [file.name for file in tmp_path.iterdir()] == ["全部.zip"]


def test_names_that_windows_packed_are_read_as_they_were_meant(tmp_path: Path) -> None:
    data = _zipped([("XXXX.txt", FILE.read_bytes())]).replace(b"XXXX", "表一".encode("gb18030"))
    assert json.loads(_run("read", _bad(tmp_path, "全部.zip", data), "--json").stdout)[0]["file"] == "表一.txt"


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = _folder(tmp_path, MIXED[:1])
    (folder / "链接.txt").symlink_to(FILE)
    found = json.loads(_run("read", folder, "--json").stdout)
    assert sum(bool(each["document"]) for each in found) == 1
    assert sum("链接" in each["trouble"] for each in found) == 1


def test_a_folder_is_nothing_to_check(tmp_path: Path) -> None:
    result = _run("check", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "文件夹" in result.stderr
