"""Cuts a connection off after so many seconds, whatever the other side does.

A socket's own time-out begins anew with every byte: who answers one byte at a time is never late by it.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_after(connection: socket.socket, seconds: float) -> Iterator[Callable[[], bool]]:
    """Within this, the connection lasts so long at most; what it gives tells whether it was cut.

    Whoever reads or writes then meets its end as an error or as no more bytes.
    """
    fired = threading.Event()

    def cut() -> None:
        fired.set()
        with suppress(OSError):
            # The socket below TLS: its own shutdown would pull the layer from under whoever is reading.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(max(seconds, 0.0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield fired.is_set
    finally:
        timer.cancel()
        timer.join()  # the number of a closed socket may be another's by then
