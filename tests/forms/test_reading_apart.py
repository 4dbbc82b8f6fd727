"""Reading in a child with limits: the same readings, the same refusals, and a sentence for whatever ends by a limit.

What a child would do wrong is shown by jobs of the tests' own: the server of this module knows them as well.
"""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from forms.framework import FrameworkError
from forms.reading import ManyFiles, Part, Reading, Unreadable, read, read_all
from forms.reading.apart import client, picture_apart, read_all_apart, read_apart
from forms.reading.apart.jobs import READ, Job
from forms.reading.apart.limits import LIMITS, MEMORY, Limits
from tests.forms import ruled_sheets as sheets
from tests.forms.conftest import SEED
from tests.forms.test_reading_files import word_file, workbook

ROOT = Path(__file__).parents[2]
TEXT = (SEED / "henan-cac-2020.txt").read_bytes()
MB = 1024 * 1024


def _plain(name: str) -> Job[bytes]:
    return Job(name, bytes, bytes, bytes)


MISDEEDS = _plain("misdeeds")
"""Runs the file as Python in the child: as if a file had found its way through a reader."""

_SERVER = (
    "from forms.reading.apart import jobs, server;"
    'exec(\'def misdeed(data, name):\\n given = {}\\n exec(data.decode(), given)\\n return given.get("said", b"")\');'
    "server.JOBS = {**server.JOBS, 'misdeeds': jobs.Job('misdeeds', misdeed, bytes, bytes)};"
    "server.main()"
)


@pytest.fixture
def misdeeds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose children do what the file says."""
    client.stop()
    monkeypatch.setattr(client, "COMMAND", [sys.executable, "-c", _SERVER])
    yield
    client.stop()


def _do(code: str, limits: Limits = LIMITS) -> tuple[bytes, int]:
    return client.ask(MISDEEDS, textwrap.dedent(code).encode(), "表.xlsx", limits)


def _pages() -> bytes:
    rng = Random("apart")
    printed = [sheets.document(rng, "henan-2024") for _ in range(3)]
    return workbook([(f"{at}", *sheets.drawn(each, sheets.Layout(), rng)) for at, each in enumerate(printed)])


@pytest.mark.parametrize("key", sheets.GIVEN)
def test_a_file_reads_the_same_apart(key: str) -> None:
    rng = Random(f"apart {key}")
    grid, lines = sheets.drawn(sheets.document(rng, key), sheets.layout(rng), rng)
    for name, data in (("表.xlsx", workbook([("表", grid, lines)])), ("表.docx", word_file([(grid, lines)]))):
        assert read_apart(data, name=name, framework=key) == read(data, name=name, framework=key)


def test_text_and_many_tables_read_the_same_apart() -> None:
    assert read_apart(TEXT, name="表.txt") == read(TEXT, name="表.txt")
    pages = _pages()
    assert list(read_all_apart(pages, name="全部.xlsx")) == list(read_all(pages, name="全部.xlsx"))
    assert isinstance(read_all_apart(TEXT, name="表.txt")[0], Part)


@pytest.mark.parametrize(
    ("data", "framework", "kind"),
    [
        ("关于开会的通知".encode(), None, Unreadable),
        (b"", None, Unreadable),
        (_pages(), None, Unreadable),
        (TEXT, "henan-1999", FrameworkError),
        (b"PK\x05\x06" + bytes(18), None, ManyFiles),
    ],
)
def test_a_refusal_is_the_same_apart(data: bytes, framework: str | None, kind: type[ValueError]) -> None:
    with pytest.raises(kind) as here:
        read(data, name="表", framework=framework)
    with pytest.raises(kind) as apart:
        read_apart(data, name="表", framework=framework)
    assert (type(apart.value), str(apart.value)) == (type(here.value), str(here.value))


def test_a_page_that_is_not_there_has_no_picture() -> None:
    from tests.forms.pdf_pages import Sheet, pdf

    sheet = Sheet()
    sheet.text(100, 100, "目标")
    data = pdf([sheet])
    assert picture_apart(data, name="表.pdf", page=1).startswith(b"\x89PNG")
    with pytest.raises(Unreadable, match="没有第 2 页"):
        picture_apart(data, name="表.pdf", page=2)


@pytest.mark.usefixtures("misdeeds")
class TestLimits:
    """What a child may not do, each with the sentence it leads to; with the limits off the same code goes through."""

    def test_more_than_its_seconds(self) -> None:
        begun = time.monotonic()
        with pytest.raises(Unreadable, match="超过 1 秒"):
            _do("while True: pass", Limits(seconds=1))
        assert time.monotonic() - begun < 4
        assert _do("import time; time.sleep(1.2)", Limits(seconds=None))[0] == b""

    def test_seconds_hold_in_the_middle_of_a_call(self) -> None:
        with pytest.raises(Unreadable, match="超过 1 秒"):
            _do("import re; re.match('(a*)*b', 'a' * 60)", Limits(seconds=1))

    def test_more_than_its_memory(self) -> None:
        eats = "held = [bytes([at % 256]) * (1 << 20) for at in range(700)]"
        with pytest.raises(Unreadable, match="占用内存过多"):
            _do(eats)
        _said, memory = _do(eats, Limits(memory=None))
        assert memory > MEMORY

    def test_memory_that_is_not_data(self) -> None:
        with pytest.raises(Unreadable, match=r"异常退出|占用内存过多"):
            _do("import mmap; held = mmap.mmap(-1, 1200 << 20)")

    def test_just_within_its_memory(self) -> None:
        _said, memory = _do("held = [bytes([at % 256]) * (1 << 20) for at in range(380)]")
        assert 380 * MB < memory < MEMORY

    def test_a_broken_child_is_told_as_such(self) -> None:
        for code in ("import os; os.abort()", "import ctypes; ctypes.string_at(1)", "import os; os._exit(0)", "1 / 0"):
            with pytest.raises(Unreadable, match="异常退出"):
                _do(code)
        assert read_apart(TEXT, name="表.txt").document.fiscal_year == 2020

    def test_a_fault_is_logged_with_its_place(self, caplog: pytest.LogCaptureFixture) -> None:
        with pytest.raises(Unreadable):
            _do("1 / 0")
        assert "ZeroDivisionError" in caplog.text

    @pytest.mark.parametrize(
        "code",
        [
            "open({file!r}, 'wb').close()",
            "import os; os.close(os.open({file!r}, os.O_CREAT | os.O_WRONLY))",
            "open('/etc/hostname').close()",
            "import ctypes; c = ctypes.CDLL(None); c.write(c.creat({file!r}.encode(), 384), b'x', 1) == 1 or 1 / 0",
            "import os; os.fork()",
            "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
            "import os; os.system('true')",
            "import socket; socket.create_connection(('127.0.0.1', 9))",
            "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind({file!r})",
            "import os; os.kill(os.getppid(), 9)",
            "import os; held = [os.dup(0) for _ in range(20)]",
        ],
    )
    def test_what_no_reader_has_a_reason_for(self, code: str, tmp_path: Path) -> None:
        file = tmp_path / "x"
        with pytest.raises(Unreadable, match="异常退出"):
            _do(code.format(file=str(file)))
        assert not file.exists() or not file.stat().st_size  # C code may make one, and write nothing to it

    def test_no_secret_is_in_its_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MUBIAO_SECRET_KEY", "not for readers")
        said, _memory = _do("import os; said = repr(sorted(os.environ)).encode()")
        assert b"MUBIAO" not in said

    def test_an_answer_that_is_none_is_refused(self) -> None:
        """A child that a file has taken over may answer what it likes: it can only be wrong, never code."""
        forged = Job("misdeeds", bytes, bytes, READ.understood)
        for code in ("import pickle, os; said = pickle.dumps(os.getcwd)", "said = b'{}'", "said = b'\\xff'"):
            with pytest.raises(Unreadable, match="异常退出"):
                client.ask(forged, code.encode(), "表.xlsx")


def _server() -> int:
    return client._current().process.pid


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _gone(pid: int) -> bool:
    until = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not _alive(pid)


def test_a_server_that_is_killed_is_started_anew() -> None:
    first = _server()
    os.kill(first, signal.SIGKILL)
    assert read_apart(TEXT, name="表.txt").document.fiscal_year == 2020
    assert _server() != first


@pytest.mark.usefixtures("misdeeds")
def test_a_child_does_not_outlive_its_server() -> None:
    server = _server()

    def ask() -> None:
        with pytest.raises(Unreadable):
            _do("while True: pass", Limits(seconds=2))

    asking = threading.Thread(target=ask)
    asking.start()
    children: list[int] = []
    until = time.monotonic() + 5
    while not children and time.monotonic() < until:
        time.sleep(0.02)
        children = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
    time.sleep(0.3)  # the child must have begun its work
    os.kill(server, signal.SIGKILL)
    assert _gone(children[0])
    asking.join()


def test_many_threads_may_ask_at_once() -> None:
    readings: list[Reading] = []
    threads = [threading.Thread(target=lambda: readings.append(read_apart(TEXT, name="表.txt"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(readings) == 6
    assert len({reading.document.digest() for reading in readings}) == 1


def test_a_forked_process_has_a_server_of_its_own() -> None:
    """As gunicorn does after loading the program, with a server at work before the fork."""
    script = textwrap.dedent(f"""
        import os, sys
        from forms.reading.apart import client, read_apart
        data = open({str(SEED / "henan-cac-2020.txt")!r}, "rb").read()
        def year(): return read_apart(data, name="a").document.fiscal_year
        assert year() == 2020
        mine = client._server.process.pid
        child = os.fork()
        if not child:
            assert client._server is None
            assert year() == 2020 and client._server.process.pid != mine
            print(client._server.process.pid, flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert year() == 2020 and client._server.process.pid == mine
        print(mine, flush=True)
    """)
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    servers = [int(line) for line in ran.stdout.split()]
    assert len(servers) == 2
    assert all(_gone(pid) for pid in servers)


def test_a_process_that_is_killed_leaves_nothing_behind() -> None:
    script = (
        "import time; from forms.reading.apart import client;"
        "print(client._current().process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        assert _alive(server)
        process.kill()
    assert _gone(server)


def test_without_a_server_nothing_is_read_here_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    client.stop()
    for command in (["/nowhere/python"], [sys.executable, "-c", "pass"]):
        monkeypatch.setattr(client, "COMMAND", command)
        with pytest.raises(Unreadable, match=r"暂时不能读取.*管理员"):
            read_apart(TEXT, name="表.txt")


def test_who_waits_too_long_for_a_turn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    server = client._current()
    monkeypatch.setattr(client, "LONGEST_WAIT", 0.05)
    for _ in range(client.AT_ONCE):
        server.turns.acquire()
    try:
        with pytest.raises(Unreadable, match="过一会儿"):
            read_apart(TEXT, name="表.txt")
    finally:
        for _ in range(client.AT_ONCE):
            server.turns.release()
