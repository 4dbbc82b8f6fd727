"""Hostile files: none harms the program that asks, reads what is not its own, or takes over ten seconds or 512 MB.

Each gives a reading or a Chinese sentence that names the trouble. `make test` has 200 mutations and the quick bombs,
`make slow` 2,000 and all of them.
"""

import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forms.reading import Unreadable, read
from forms.reading.apart import client
from forms.reading.apart.jobs import READ_ALL
from forms.reading.apart.limits import LIMITS, MEMORY, Limits
from tests.forms import hostile
from tests.forms.hostile import BOMBS, CANARY, Bomb

QUICK, MANY = 200, 2000
SECONDS = 10 + client.GRACE


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file beside the hostile ones that nothing may read."""
    file = tmp_path / "canary.txt"
    file.write_text(CANARY, encoding="utf-8")
    return file


def _outcome(name: str, data: bytes, limits: Limits = LIMITS) -> str:
    """ "read", or the sentence; fails where a promise is broken."""
    begun = time.monotonic()
    try:
        parts, memory = client.ask(READ_ALL, data, name, limits)
    except Unreadable as error:
        said = str(error)
        assert re.fullmatch(r"[^\n]*[\u4e00-\u9fff]{2}[^\n]*请[^\n]*", said), f"{name}: {said}"
        assert CANARY not in said, name
        return said
    finally:
        # A file may wait for its turn before its ten seconds begin.
        assert time.monotonic() - begun < SECONDS + client.LONGEST_WAIT, name
    assert memory <= MEMORY, f"{name}: {memory >> 20} MB"
    assert CANARY not in str(parts), name
    return "read"


def _all(files: Iterable[hostile.Named]) -> dict[str, str]:
    with ThreadPoolExecutor(2) as pool:
        given = list(files)
        return dict(zip((name for name, _ in given), pool.map(lambda each: _outcome(*each), given), strict=True))


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What broke down in the readers meanwhile."""
    return lambda: "\n".join(record.getMessage() for record in caplog.records if "broke down" in record.message)


def _check(outcomes: dict[str, str], faults: str) -> None:
    assert not faults, faults
    assert len(set(outcomes.values())) > 5, "the mutations must differ in what they lead to"
    assert 0.05 < sum(text == "read" for text in outcomes.values()) / len(outcomes) < 0.95


def test_damaged_files_are_read_or_refused(faults: Callable[[], str]) -> None:
    _check(_all(hostile.mutations(QUICK)), faults())


@pytest.mark.slow
def test_two_thousand_damaged_files_are_read_or_refused(faults: Callable[[], str]) -> None:
    _check(_all(hostile.mutations(MANY)), faults())


@pytest.mark.parametrize("bomb", [bomb for bomb in BOMBS if bomb.quick], ids=lambda bomb: bomb.name)
def test_a_bomb_is_read_without_harm_or_refused(bomb: Bomb, canary: Path) -> None:
    assert (_outcome("文件", bomb.make(canary)) == "read") == bomb.reads


@pytest.mark.slow
@pytest.mark.parametrize("bomb", [bomb for bomb in BOMBS if not bomb.quick], ids=lambda bomb: bomb.name)
def test_a_large_bomb_is_read_without_harm_or_refused(bomb: Bomb, canary: Path) -> None:
    outcome = _outcome("文件", bomb.make(canary))
    assert outcome != "read" or bomb.reads
    assert "异常退出" not in outcome


def test_there_are_enough_of_them() -> None:
    assert len(BOMBS) >= 60
    assert len({bomb.name for bomb in BOMBS}) == len(BOMBS)
    assert sum(bomb.quick for bomb in BOMBS) >= 35


def test_with_the_limit_on_time_off_a_bomb_passes_it(canary: Path) -> None:
    bomb = next(bomb for bomb in BOMBS if bomb.name == "tables by the ten thousand on one sheet").make(canary)
    with pytest.raises(Unreadable, match="超过 1 秒"):
        client.ask(READ_ALL, bomb, "文件", Limits(seconds=1))
    begun = time.monotonic()
    with pytest.raises(Unreadable, match="超过 2 秒"):
        client.ask(READ_ALL, bomb, "文件", Limits(seconds=2))
    assert time.monotonic() - begun > 1.9


def test_with_the_limit_on_memory_off_a_bomb_passes_it(canary: Path) -> None:
    """The control: what holds is the limit, not the bomb's weakness."""
    bomb = next(bomb for bomb in BOMBS if bomb.name == "a million empty rows").make(canary)
    with pytest.raises(Unreadable, match="占用内存过多"):
        client.ask(READ_ALL, bomb, "文件")
    _parts, memory = client.ask(READ_ALL, bomb, "文件", Limits(seconds=None, memory=None))
    assert memory > MEMORY


def test_good_files_are_read() -> None:
    """Or the damaged ones would show nothing."""
    for name, data in hostile.good():
        assert read(data, name=name).document.indicators, name
