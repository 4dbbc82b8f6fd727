"""What a child that reads one file may take, and how the system is told to hold it to that.

Linux holds all of it. Another system may ignore the limit on memory (`holds_memory` says so), not the one on time.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from typing import Any

WALL_SECONDS = 10.0
"""From the first look at a file to its reading. A whole workbook of 300 departments takes about 5. [choice]"""

CPU_SECONDS = 10
"""Of one processor; the same, for who comes round the clock."""

MEMORY = 512 * 1024 * 1024
"""Bytes that a child may have in memory."""

PROGRAMS = 96 * 1024 * 1024
"""What of that is the files of the programs themselves, which RLIMIT_DATA does not count; measured: 60 to 70 MB."""

ADDRESSES = 1024 * 1024 * 1024
"""Bytes of address space: memory shared with others is not data. Programs and what Python sets aside are 300 MB."""

MOST_FILES = 16
"""Open at once: three that it begins with, and a module that is loaded late."""

_DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG
_NO_NEW_RIGHTS = 38  # prctl's PR_SET_NO_NEW_PRIVS


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds by the clock and bytes of memory; None is no limit, for tests that show what the limits are for."""

    seconds: float | None = WALL_SECONDS
    memory: int | None = MEMORY


LIMITS = Limits()


def holds_memory() -> bool:
    """Whether this system holds a process to a limit on its memory."""
    return sys.platform == "linux"


def impose(limits: Limits) -> None:
    """Hold this process to the limits from now on; it cannot lift them again but as root, which would need new code."""
    _die_with_parent()
    if limits.seconds is not None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, whatever it is in the middle of
        signal.setitimer(signal.ITIMER_REAL, limits.seconds)
        _lower(resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1)  # a signal first that says why
    if limits.memory is not None:
        _lower(resource.RLIMIT_DATA, limits.memory - PROGRAMS)
        _lower(resource.RLIMIT_AS, max(ADDRESSES, limits.memory))
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, MOST_FILES)
    _lower(resource.RLIMIT_NPROC, 0)  # binds everybody but root, hence the hook beside it
    sys.addaudithook(_alone)


_NEVER = (
    "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.kill", "os.killpg", "pty.spawn",
    "subprocess.Popen", "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "urllib.Request",
)  # fmt: skip
"""What Python reports of itself (PEP 578) that no reader of files has a reason for. A hook cannot be taken back."""


_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROGRAMS = tuple(os.path.join(os.path.abspath(folder), "") for folder in sys.path)
"""Where a module may still be loaded from; nothing else on the machine is a reader's business."""


def _alone(event: str, given: tuple[Any, ...]) -> None:
    if event in _NEVER:
        raise PermissionError(f"{event} while reading a file")
    if event == "open":
        path, _mode, flags = given
        if isinstance(path, int):
            return
        if flags & _WRITING or not os.path.abspath(os.fsdecode(path)).startswith(_PROGRAMS):
            raise PermissionError("a file opened while reading another")


def _lower(which: int, soft: int, hard: int | None = None) -> None:
    hard = soft if hard is None else hard
    given = resource.getrlimit(which)[1]
    if given != resource.RLIM_INFINITY:
        soft, hard = min(soft, given), min(hard, given)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses some; the clock holds everywhere
        resource.setrlimit(which, (soft, hard))


def _die_with_parent() -> None:
    """Where Linux offers it: no child outlives the server, not even one that is killed outright."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        libc.prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0)
        if os.getppid() == 1:  # it was gone before this was said
            os._exit(1)
