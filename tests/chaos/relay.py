"""A wire that can be cut: hands on what comes in at a port of 127.0.0.1 to another port, until it is told not to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Forwards connections; cut, it refuses new ones and ends those there are."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.ends: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.listening = self._listen(0)
        self.port: int = self.listening.getsockname()[1]

    def cut(self) -> None:
        """Nothing gets through any more."""
        with self.lock:
            listening, self.listening = self.listening, None
            ends, self.ends = self.ends, set()
        for each in (*ends, *([listening] if listening else [])):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def restore(self) -> None:
        """Who connects again gets through."""
        self.listening = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(64)
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        return listening

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                coming, _ = listening.accept()
                try:
                    going = socket.create_connection(("127.0.0.1", self.to), timeout=5)
                except OSError:
                    coming.close()
                    continue
                going.settimeout(None)
                with self.lock:
                    if self.listening is not listening:  # it was cut meanwhile
                        coming.close()
                        going.close()
                        return
                    self.ends |= {coming, going}
                for one, other in ((coming, going), (going, coming)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while some := one.recv(65536):
                other.sendall(some)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        with self.lock:
            self.ends -= {one, other}


@contextmanager
def relay(to: int) -> Iterator[Relay]:
    """A wire to a port of this machine, cut in the end."""
    made = Relay(to)
    try:
        yield made
    finally:
        made.cut()
