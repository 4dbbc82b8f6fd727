"""Keeps a handful of programs running: starts them, restarts one that dies, and leaves none behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY = 60.0
"""Seconds after which a program counts as running well, so that its next death is a first one again."""
GRACE = 8.0
"""Seconds between asking a program to end and ending it."""
_DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


@dataclass
class Program:
    """One program to keep running. `before_start` mends what may have killed it."""

    name: str
    command: Sequence[str]
    before_start: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = field(default=0.0)

    def running(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs programs until told to stop. Each has a process group of its own, so that its children end with it."""

    def __init__(
        self, programs: Sequence[Program], *, env: Mapping[str, str], folder: Path, say: Callable[[str], None]
    ) -> None:
        self.programs = list(programs)
        self.env = dict(env)
        self.folder = folder
        self.say = say
        self.stopping = threading.Event()

    def stop(self) -> None:
        """Ask `run` to end everything; may be called from a signal handler."""
        self.stopping.set()

    def run(self, *, ready: Callable[[], bool], when_ready: Callable[[], None]) -> bool:
        """Run until `stop`; False when a program died before `ready` answered yes even once, which ends the rest."""
        was_ready = False
        try:
            while not self.stopping.wait(0.1):
                for program in self.programs:
                    if program.running():
                        continue
                    if program.process is not None and not was_ready and program is self.programs[0]:
                        self.say(f"{program.name} 启动失败（退出码 {program.process.returncode}），原因见上面的输出。")
                        return False
                    self._start_when_due(program)
                if not was_ready and ready():
                    was_ready = True
                    when_ready()
            return True
        finally:
            self.end_all()

    def _start_when_due(self, program: Program) -> None:
        at = time.monotonic()
        if program.process is not None:  # it has just been found dead
            self._end_group(program, signal.SIGKILL)
            if at - program.started > STEADY:
                program.pause = FIRST_PAUSE
            self.say(
                f"{program.name} 意外结束（退出码 {program.process.returncode}），{program.pause:g} 秒后重新启动。"
            )
            program.process = None
            program.due = at + program.pause
            program.pause = min(program.pause * 2, LONGEST_PAUSE)
        if at < program.due:
            return
        program.before_start()
        program.process = subprocess.Popen(
            program.command,
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - this process has one thread
        )
        program.started = at

    def end_all(self) -> None:
        """End every program and all it started: asked first, made to after the grace."""
        for program in reversed(self.programs):
            self._end_group(program, signal.SIGTERM)
        until = time.monotonic() + GRACE
        while any(program.running() for program in self.programs) and time.monotonic() < until:
            time.sleep(0.05)
        for program in self.programs:
            self._end_group(program, signal.SIGKILL)
            if program.process is not None:
                program.process.wait()

    @staticmethod
    def _end_group(program: Program, how: signal.Signals) -> None:
        if program.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.process.pid, how)


def _end_with_parent() -> None:
    """Where Linux offers it: a supervisor that is killed outright takes its programs along."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
