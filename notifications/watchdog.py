"""Cuts a connection off after so many seconds, whatever the other side does.

A socket's own time-out begins anew with every byte: who answers one byte at a time is never late by it.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Watchdog:
    """Watches one connection, wait by wait. One thread does for all of them: starting one for each answer took longer
    than a mail server on the same machine needs for the message."""

    def __init__(self, cut: Callable[[], None], seconds: float) -> None:
        self._cut, self._seconds = cut, max(seconds, 0.001)
        self._until: float | None = None
        self.fired = False
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within this, the connection is cut once the seconds are over; `fired` tells whether it was."""
        with self._lock:
            self._until, self.fired = time.monotonic() + self._seconds, False
        try:
            yield
        finally:
            with self._lock:  # nothing is cut any more: the number of a closed socket may be another's by then
                self._until = None

    def end(self) -> None:
        """Watch no more."""
        self._over.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _watch(self) -> None:
        """Look when the wait that is known of would be over, or, while there is none, as late as one that begins right
        now would be."""
        pause = self._seconds
        while not self._over.wait(pause):
            with self._lock:
                until = self._until
                pause = self._seconds if until is None else until - time.monotonic()
                if until is not None and pause <= 0:
                    self._until, self.fired, pause = None, True, self._seconds
                    self._cut()


@contextmanager
def cut_after(connection: socket.socket, seconds: float) -> Iterator[Callable[[], bool]]:
    """Within this, the connection lasts so long at most; what it gives tells whether it was cut.

    Whoever reads or writes then meets its end as an error or as no more bytes.
    """
    watchdog = Watchdog(lambda: shut(connection), seconds)
    try:
        with watchdog.waiting():
            yield lambda: watchdog.fired
    finally:
        watchdog.end()


def shut(connection: socket.socket) -> None:
    """End a connection under whoever uses it."""
    with suppress(OSError):
        # The socket below TLS: its own shutdown would pull the layer from under whoever is reading.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
