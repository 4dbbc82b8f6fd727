"""Real processes for tests: started with settings of their own, never with this shell's, and ended by their number."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from config.settings import ROOT

GOOD_SECRET = "a-secret-of-more-than-thirty-two-characters"


def environment(data: Path, **settings: str) -> dict[str, str]:
    """A clean environment with these MUBIAO_ settings (given without the prefix)."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "MUBIAO_DATA": str(data), **{f"MUBIAO_{name.upper()}": value for name, value in settings.items()}}


def production(data: Path, **settings: str) -> dict[str, str]:
    """The environment of a program that may serve."""
    return environment(data, secret_key=GOOD_SECRET, database_url=f"sqlite:///{data / 'named.sqlite3'}", **settings)


def module(*command: str) -> list[str]:
    """A command of this environment's Python."""
    return [sys.executable, "-m", *command]


def worker(app: str) -> list[str]:
    """A Celery worker with a name of its own: RabbitMQ lets no two of one name listen."""
    name = f"test-{uuid4().hex[:8]}@%h"
    return module("celery", "-A", app, "worker", "--pool", "solo", "--loglevel", "info", "-n", name)


def run(command: list[str], env: dict[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)


@contextmanager
def started(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process and its group, killed at the end if it still runs; its output goes into `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=env, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_until(holds: Callable[[], object], seconds: float = 30) -> bool:
    """Whether something holds before so many seconds are over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody answers at a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


def processes_with(variable: str) -> dict[int, str]:
    """All live processes that were started with this NAME=value, by number, with their command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if variable.encode() in (folder / "environ").read_bytes().split(b"\0"):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                if line:  # a dead one that nobody has waited for yet has none
                    found[int(folder.name)] = line
        except OSError:
            continue
    return found
