"""`make run`: everything starts, what dies comes back, and Ctrl-C leaves nothing behind."""

import os
import signal
import socket
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.house.processes import environment, free_port, module, processes_with, run, started, wait_until

SERVE = ("flask", "--app", "wsgi", "serve")


def of(data: Path, word: str) -> set[int]:
    """The processes of this data folder whose command line has the word."""
    return {pid for pid, line in processes_with(f"MUBIAO_DATA={data}").items() if word in line}


def all_up(data: Path, port: int) -> bool:
    return bool(of(data, "gunicorn")) and bool(of(data, " worker ")) and bool(of(data, " beat ")) and answers(port)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5) as answer:
            return "演示账号" in answer.read().decode()
    except OSError:
        return False


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path) -> Iterator[None]:
    """What a failing test leaves behind ends with it."""
    yield
    for pid in processes_with(f"MUBIAO_DATA={tmp_path / 'data'}"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_serve_starts_mends_and_ends_everything(tmp_path: Path) -> None:
    """One long story, because starting takes seconds: up, worker killed and back, beat too, poison swept, SIGINT."""
    data, port, log = tmp_path / "data", free_port(), tmp_path / "log"
    with started(module(*SERVE), environment(data, port=str(port)), log) as process:
        assert wait_until(lambda: all_up(data, port), 120), log.read_text()
        assert wait_until(lambda: "演示账号" in log.read_text())
        assert f"http://127.0.0.1:{port}" in log.read_text()

        (worker,) = of(data, " worker ")
        poison = data / "broker" / "1_poison.mubiao.msg"
        kept = data / "broker" / "2_kept.other.msg"
        kept.write_text("{}")
        poison.touch()
        os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: of(data, " worker ") - {worker}), log.read_text()
        (after,) = of(data, " worker ")
        assert not poison.exists()
        assert kept.exists()
        time.sleep(1)
        assert of(data, " worker ") == {after}

        (beat,) = of(data, " beat ")
        os.kill(beat, signal.SIGKILL)
        assert wait_until(lambda: of(data, " beat ") - {beat}), log.read_text()

        everything = set(processes_with(f"MUBIAO_DATA={data}"))
        assert len(everything) >= 5
        process.send_signal(signal.SIGINT)
        assert process.wait(25) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in everything)
        assert not processes_with(f"MUBIAO_DATA={data}")
    with sqlite3.connect(data / "mubiao.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM accounts_person WHERE password_hash > ''").fetchone() == (9,)
    database.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed outright"])
def test_serve_ends_what_it_started_however_it_ends(how: signal.Signals, tmp_path: Path) -> None:
    data, port, log = tmp_path / "data", free_port(), tmp_path / "log"
    with started(module(*SERVE), environment(data, port=str(port)), log) as process:
        assert wait_until(lambda: all_up(data, port), 120), log.read_text()
        process.send_signal(how)
        process.wait(25)
        assert wait_until(lambda: not processes_with(f"MUBIAO_DATA={data}"), 15), processes_with(f"MUBIAO_DATA={data}")


def test_a_busy_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(module(*SERVE, "--port", str(port)), environment(tmp_path))
    assert ended.returncode == 2
    assert f"端口 {port} 不能用" in ended.stderr
    assert "MUBIAO_PORT" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_serve_is_for_development_alone(tmp_path: Path) -> None:
    ended = run(module(*SERVE), environment(tmp_path, environment="production"))
    assert ended.returncode == 2
    assert "只用于在自己的机器上试用" in ended.stderr


def test_two_do_not_share_a_data_folder(tmp_path: Path) -> None:
    data, port, log = tmp_path / "data", free_port(), tmp_path / "log"
    with started(module(*SERVE), environment(data, port=str(port)), log) as process:
        assert wait_until(lambda: of(data, "gunicorn"), 120), log.read_text()
        ended = run(module(*SERVE, "--port", str(free_port())), environment(data))
        assert ended.returncode == 2
        assert "另一个 serve" in ended.stderr
        process.send_signal(signal.SIGINT)
        process.wait(25)
