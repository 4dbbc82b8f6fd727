"""The mail server of the tests (tests/notifications/smtp_server.py) in a process of its own, offering PIPELINING."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_int
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized

from tests.notifications.smtp_server import Conduct, smtp_server


@dataclass
class Sink:
    """Where it listens, and how many messages it took."""

    port: int
    taken: "Synchronized[int]"


class _Counted(list[tuple[str, bytes]]):
    """Takes messages and keeps none."""

    def __init__(self, taken: "Synchronized[int]") -> None:
        self.taken = taken

    def append(self, _message: tuple[str, bytes]) -> None:
        """One more."""
        with self.taken.get_lock():
            self.taken.value += 1


def _serve(port: "Synchronized[int]", taken: "Synchronized[int]", takes: float) -> None:
    Conduct.pipelining = True
    with smtp_server(Conduct(slow=takes)) as (number, received):
        received.messages = _Counted(taken)
        port.value = number
        while True:
            time.sleep(60)


@contextmanager
def sink(takes: float = 0.0) -> Iterator[Sink]:
    """A running one, that takes so many seconds for each message of a connection."""
    spawning = multiprocessing.get_context("spawn")
    port, taken = spawning.Value(c_int, 0), spawning.Value(c_int, 0)
    process = spawning.Process(target=_serve, args=(port, taken, takes), daemon=True)
    process.start()
    try:
        while not port.value and process.is_alive():
            process.join(0.05)
        yield Sink(port.value, taken)
    finally:
        process.terminate()
        process.join(10)
