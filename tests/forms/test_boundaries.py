"""What may never enter this room: Flask and the database in pure modules, and a department's own words."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from forms.document import Document, squeezed
from forms.framework import Framework

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "forms"
PURE = [
    "forms.document", "forms.amounts", "forms.targets", "forms.framework", "forms.checks", "forms.reading",
]  # fmt: skip


def _loaded_by(modules: list[str]) -> set[str]:
    code = f"import sys\nfor name in {modules!r}: __import__(name)\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in run.stdout.split()}


@pytest.mark.parametrize("stranger", ["flask", "sqlalchemy", "celery", "config", "accounts", "ledger"])
def test_the_pure_modules_load_no_stranger(stranger: str) -> None:
    loaded = _loaded_by(PURE)
    assert "pydantic" in loaded, "something was looked at"
    assert stranger not in loaded


def test_the_guard_would_see_a_stranger() -> None:
    assert {"flask", "sqlalchemy"} <= _loaded_by(["forms.store"])


def test_the_table_command_needs_no_database() -> None:
    assert not {"flask", "sqlalchemy"} & _loaded_by(["commands.table"])


def _own_words(seed: Document, henan: Framework, size: int = 3) -> set[str]:
    """Runs of characters in what the seed's department wrote itself that no word of the form contains."""
    printed = squeezed(henan.canonical())
    own = [seed.department, seed.annual_goal]
    own += [text for task in seed.tasks for text in (task.name, task.content)]
    own += [row.level3 for row in seed.indicators if henan.common(row.level3) is None]
    runs = {text[at : at + size] for text in own for at in range(len(text) - size + 1)}
    # Words of any office and any table say nothing about this one.
    general = {
        "预算执",
        "履职目",
        "职目标",
        "目标实",
        "标实现",
        "满意度",
        "覆盖率",
        "众满意",
        "群众满",
        "业满意",
        "企业满",
        "门满意",
        "实现率",
        "进一步",
        "社会效",  # 社会效益指标 is a level of most forms
        "会效益",
        "体工作",  # 具体工作内容 heads a column of some
    }
    return {run for run in runs if re.fullmatch(r"[\u4e00-\u9fff]+", run) and run not in printed} - general


def _specific(text: str, words: set[str]) -> set[str]:
    return {word for word in words if word in text}


def test_nothing_in_this_room_speaks_of_the_seeds_department(seed: Document, henan: Framework) -> None:
    words = _own_words(seed, henan) | {"网络", "网信", "舆论", "舆情", "强网杯", "地市"}
    files = [path for path in ROOM.rglob("*") if path.suffix in (".py", ".toml")]
    assert len(files) > 20
    found = {path.name: _specific(path.read_text(encoding="utf-8"), words) for path in files}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_the_guard_would_see_the_seeds_department(seed: Document, henan: Framework) -> None:
    words = _own_words(seed, henan)
    assert len(words) > 300
    assert _specific('NAMES = ("对口部门", "网络宣传管理和文化建设")', words)
    assert not _specific("任务名称 主要内容 群众满意度", words)
