"""Asking a child: the server is started at the first question, anew if it is gone, and ends with this process."""

import atexit
import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from forms.reading import Unreadable
from forms.reading.apart.jobs import ENDED, LENGTH, REFUSALS, Job
from forms.reading.apart.limits import LIMITS, MEMORY, Limits, holds_memory
from forms.reading.decoding import fitting

T = TypeVar("T")

AT_ONCE = max(2, os.cpu_count() or 1)
"""Children that one process has at work; further files wait. Each may take the memory that the limits allow."""

LONGEST_WAIT = 15.0
"""Seconds that a file waits for its turn. [choice]"""

STARTING = 30.0
"""Seconds in which a server must have loaded the readers; it takes less than one, a busy machine more."""

GRACE = 3.0
"""Seconds after the limit in which the system must have ended the child and the server have told it."""

MOST_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer; the reading of a workbook of 300 departments has about ten million."""

COMMAND = [sys.executable, "-c", "from forms.reading.apart.server import main; main()"]
_ROOT = Path(__file__).parents[3]
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
"""What the server sees of the environment: no secret, no database."""

_log = logging.getLogger(__name__)


class _Lost(Exception):
    """The server is gone."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """What came back from a child: its answer, how it ended (waitpid's status) and the most bytes it had in memory."""

    answer: bytes
    how: int
    memory: int


class _Server:
    """A running server, used by this process alone, by all of its threads."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self.process = subprocess.Popen(  # noqa: S603 - our own program
                    COMMAND,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    cwd=_ROOT,
                    env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"PYTHONUTF8": "1"},
                )
            except OSError:
                ours.close()
                raise
        self.control = ours
        self.turns = threading.BoundedSemaphore(AT_ONCE)
        self.control.settimeout(STARTING)
        try:
            if self.control.recv(1) != b"r":
                raise _Lost
        except (OSError, _Lost):
            self.end()
            raise _Lost from None
        if not holds_memory():
            _log.warning("this system does not hold a reading child to a limit on its memory")

    def running(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """The server ends by itself when its socket closes; one that does not is ended."""
        self.control.close()
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def forget(self) -> None:
        """In a forked process: the server belongs to the process that forked, which alone may wait for it."""
        self.control.close()
        self.process.returncode = 0  # or Popen would wait for somebody else's child

    def ask(self, question: bytes, data: bytes, seconds: float) -> _Ended:
        """Have a child answer within so many seconds; _Lost where the server makes none, or does not tell of it."""
        until = time.monotonic() + seconds
        ours, theirs = socket.socketpair()
        told, tell = os.pipe()
        with ours, _closing(told):
            try:
                with theirs, _closing(tell):
                    socket.send_fds(self.control, [b"?"], [theirs.fileno(), tell])
                answer = _talk(ours, question, data, until)
                if not select.select([told], [], [], max(0.0, until - time.monotonic()))[0]:
                    raise _Lost
            except OSError:
                raise _Lost from None
            end = os.read(told, ENDED.size)
            if len(end) < ENDED.size:
                raise _Lost
        how, memory = ENDED.unpack(end)
        return _Ended(answer, how, memory)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _talk(connection: socket.socket, question: bytes, data: bytes, until: float) -> bytes:
    """Send the question and the file, and take what comes back until the child closes its end."""
    answer = bytearray()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died: the server tells how
        for part in (LENGTH.pack(len(question)), question, data):
            connection.settimeout(max(0.01, until - time.monotonic()))
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        while len(answer) <= MOST_ANSWER:
            connection.settimeout(max(0.01, until - time.monotonic()))
            part = connection.recv(1 << 20)
            if not part:
                break
            answer += part
    return bytes(answer)


_lock = threading.Lock()
_server: _Server | None = None


def _current() -> _Server:
    global _server  # noqa: PLW0603 - one server for all threads of a process
    with _lock:
        if _server is not None and not _server.running():
            _server.end()
            _server = None
        if _server is None:
            _server = _Server()
        return _server


def _drop(lost: _Server) -> None:
    global _server  # noqa: PLW0603
    with _lock:
        if _server is lost:
            _server = None
            lost.end()


def stop() -> None:
    """End the server; the next question starts another."""
    server = _server
    if server is not None:
        _drop(server)


def _after_fork() -> None:
    global _lock, _server  # noqa: PLW0603
    _lock = threading.Lock()  # another thread may have held it
    if _server is not None:
        _server.forget()
        _server = None


os.register_at_fork(after_in_child=_after_fork)
atexit.register(stop)


def ask(job: Job[T], data: bytes, name: str, limits: Limits = LIMITS, **arguments: object) -> tuple[T, int]:
    """The result of a job, and the most bytes its child had in memory. Raises what the job raises as an answer.

    What ends by a limit, breaks down or cannot be begun is Unreadable too: its sentence says which. Nothing is ever
    read in this process instead.
    """
    fitting(data, name)
    said = {"job": job.name, "arguments": {"name": name} | arguments, "limits": asdict(limits)}
    question = json.dumps(said).encode()
    return _understood(job, _ended(question, data, name, limits), name, limits)


def _ended(question: bytes, data: bytes, name: str, limits: Limits) -> _Ended:
    seconds = (_UNLIMITED if limits.seconds is None else limits.seconds) + GRACE
    for _time in range(2):
        server: _Server | None = None
        try:
            server = _current()
            if not server.turns.acquire(timeout=LONGEST_WAIT):
                raise Unreadable(f"正在读取的文件太多，还没有轮到“{name}”，请过一会儿再试")
            try:
                return server.ask(question, data, seconds)
            finally:
                server.turns.release()
        except (_Lost, OSError) as error:
            _log.warning("the reading server is gone and is started anew: %r", error)
            if server is not None:
                _drop(server)
    _log.error("no reading server could be started; no file can be read")
    raise Unreadable(f"文件“{name}”暂时不能读取：读取程序没有启动，请稍后再试，仍不行请告诉系统管理员")


_UNLIMITED = 120.0

_BY_THE_CLOCK = (signal.SIGALRM, signal.SIGXCPU)

_NEARLY = 0.3
"""Share of the memory from which on a program that broke down did so for want of more: C code does not say, and breaks
down when it cannot have twice as much at once. A usual reading has a tenth."""


def _understood(job: Job[T], ended: _Ended, name: str, limits: Limits) -> tuple[T, int]:
    if os.WIFSIGNALED(ended.how) and os.WTERMSIG(ended.how) in _BY_THE_CLOCK:
        raise Unreadable(
            f"读取文件“{name}”超过 {limits.seconds:g} 秒，已停止，不像绩效目标表，请只保留绩效目标表，另存后重试"
        )
    word, _, body = ended.answer.partition(b"\n")
    said = word.decode("ascii", "replace")
    if ended.how == 0 and len(ended.answer) <= MOST_ANSWER:
        if said in REFUSALS:
            raise REFUSALS[said](body.decode("utf-8", "replace"))
        if said == "answer":
            with contextlib.suppress(ValidationError):
                return job.understood(body), ended.memory
    if said == "memory" or ended.memory > _NEARLY * (limits.memory or MEMORY):
        raise Unreadable(
            f"读取文件“{name}”占用内存过多（超过 {(limits.memory or MEMORY) // 1024 // 1024} MB），已停止，"
            "不像绩效目标表，请只保留绩效目标表，另存后重试"
        )
    _log.error(
        "reading broke down (status %d): %s", ended.how, body.decode("utf-8", "replace") if said == "fault" else ""
    )
    raise Unreadable(f"读取文件“{name}”时读取程序异常退出，文件可能已损坏，请用 Office 或 WPS 打开后另存，再试一次")
