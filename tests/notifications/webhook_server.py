"""A small HTTP server on 127.0.0.1 that answers a robot's POST as it is told to."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Call:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes


Answering = Callable[[Callable[[bytes], object], threading.Event], None]
"""Writes the answer; the event says that the test is over."""


def answer(status: int, body: bytes = b"", headers: str = "") -> Answering:
    """A plain answer."""
    head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
    return lambda write, over: write(head + body)


def drip(head: bytes = b"") -> Answering:
    """An answer that never ends, a byte now and then."""

    def go(write: Callable[[bytes], object], over: threading.Event) -> None:
        write(head)
        while not over.wait(0.05):
            write(b"H")

    return go


def silence(write: Callable[[bytes], object], over: threading.Event) -> None:
    """No answer."""
    over.wait(20)


@dataclass
class Running:
    """The server as tests see it."""

    port: int
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    written: int = 0
    """Bytes it could write."""


@contextmanager
def webhook_server(answering: Answering) -> Iterator[Running]:
    """A running server."""
    over = threading.Event()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            running.connections += 1
            path = self.rfile.readline().decode().split(" ")[1]
            headers = {}
            for line in iter(self.rfile.readline, b"\r\n"):
                name, _, value = line.decode().partition(":")
                headers[name.strip().lower()] = value.strip()
            running.calls.append(Call(path, headers, self.rfile.read(int(headers.get("content-length", 0)))))
            with suppress(OSError):
                answering(self._write, over)

        def _write(self, data: bytes) -> None:
            self.wfile.write(data)
            running.written += len(data)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    server.daemon_threads = True
    running = Running(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield running
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
