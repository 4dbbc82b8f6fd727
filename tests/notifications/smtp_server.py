"""A small SMTP server on 127.0.0.1 for tests: keeps what it gets, and refuses or stays silent where it is told to."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import ClassVar


@dataclass
class Trouble:
    """What goes wrong with one address: at which step, with which reply, how many times before it goes well."""

    step: str
    """MAIL, RCPT, DATA (the command), END (of the data), SILENT (after the data), CLOSE (after the 250), DRIP (a byte
    now and then)."""
    reply: str = ""
    times: int = 10**6

    def strikes(self, step: str) -> bool:
        """Whether it goes wrong at this step now; each such time counts."""
        if step != self.step or self.times <= 0:
            return False
        self.times -= 1
        return True


@dataclass
class Conduct:
    """How the server behaves: replies by recipient to RCPT and DATA, and when it goes silent or hangs up."""

    greeting: str = "220 ready"
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    sender: str = "250 ok"
    silent_after: int | None = None
    """Messages after which it answers nothing any more; 0: not even a greeting."""
    hang_up_after: int | None = None
    """Messages after which it says 421 and closes."""
    login: str | None = None
    """What it answers to AUTH; None: it offers none."""
    trouble: dict[str, Trouble] = field(default_factory=dict)
    """By recipient."""
    endless: bool = False
    """Whether its greeting never ends."""
    starttls: bool = False
    """Whether it offers TLS, and then speaks none."""
    mail: list[str] = field(default_factory=list)
    """Replies to the first MAIL commands, one after the other, whosever message it is."""
    slow: float = 0.0
    """Seconds it takes for each message."""
    pipelining: ClassVar[bool] = False
    """Whether it offers to take several commands at once; a test may say so of all servers."""
    takes_any_data: bool = False
    """Whether it asks for a message even when it took nobody as its recipient."""


GOES_WELL = Trouble("never")


@dataclass
class Received:
    """What came in."""

    connections: int = 0
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    """(recipient, as sent)."""
    for_nobody: list[bytes] = field(default_factory=list)
    """What was sent after all recipients had been refused."""

    def parsed(self) -> list[EmailMessage]:
        """The messages as mail programs see them."""
        return [message_from_bytes(raw, policy=policy.default) for _, raw in self.messages]  # type: ignore[misc]


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"
    disable_nagle_algorithm = True  # several answers in a row would wait for each other

    def handle(self) -> None:
        with suppress(ConnectionResetError):  # a sender that was killed
            self._serve()

    def _serve(self) -> None:
        conduct, received = self.server.conduct, self.server.received
        received.connections += 1
        taken = 0
        if conduct.silent_after == 0:
            self._wait()
            return
        if conduct.endless:
            self._drip()
            return
        self._say(conduct.greeting)
        recipient, sender_taken, recipient_taken = "", False, False
        for line in iter(self.rfile.readline, b""):
            words = line.decode("ascii", "replace").strip()
            verb = words.upper()
            if verb.startswith(("EHLO", "HELO")):
                offers = {"STARTTLS": conduct.starttls, "AUTH PLAIN": conduct.login, "PIPELINING": conduct.pipelining}
                *some, last = ["here", *(name for name, offered in offers.items() if offered)]
                for name in some:
                    self._say(f"250-{name}")
                self._say(f"250 {last}")
            elif verb == "STARTTLS":
                self._say("220 go ahead")
                self._say("this is no TLS")
                return
            elif verb.startswith("AUTH"):
                self._say(conduct.login or "503 no")
            elif verb.startswith("MAIL"):
                if conduct.hang_up_after == taken:
                    self._say("421 too many messages on this connection")
                    return
                with self.server.lock:
                    reply = conduct.mail.pop(0) if conduct.mail else conduct.sender
                self._say(reply)
                if reply.startswith("421"):
                    return
                sender_taken, recipient_taken = reply.startswith("2"), False
            elif verb.startswith("RCPT"):
                recipient = words.partition("<")[2].partition(">")[0]
                trouble = conduct.trouble.get(recipient, GOES_WELL)
                if trouble.strikes("RCPT"):
                    self._say(trouble.reply)
                    if trouble.reply.startswith("421"):
                        return
                    continue
                reply = conduct.rcpt.get(recipient, "250 ok") if sender_taken else "503 no sender"
                recipient_taken = reply.startswith("2")
                self._say(reply)
            elif verb == "DATA" and not recipient_taken:
                self._say("354 go on" if conduct.takes_any_data else "554 no valid recipients")
                if conduct.takes_any_data:
                    received.for_nobody.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self._say("554 no valid recipients")
            elif verb == "DATA" and (trouble := conduct.trouble.get(recipient, GOES_WELL)).strikes("DATA"):
                self._say(trouble.reply)
                if trouble.reply.startswith("421"):
                    return
            elif verb == "DATA":
                self._say("354 go on")
                raw = self._data()
                if raw is None:  # the sender died in the middle of it
                    return
                time.sleep(conduct.slow)
                answer = conduct.data.get(recipient, "250 taken")
                trouble = conduct.trouble.get(recipient, GOES_WELL)
                if trouble.strikes("END"):
                    answer = trouble.reply
                if trouble.strikes("SILENT"):
                    self._wait()
                    return
                if trouble.strikes("DRIP"):
                    self._drip()
                    return
                if answer.startswith("2"):
                    received.messages.append((recipient, raw))
                taken += 1
                if conduct.silent_after == taken:
                    self._wait()
                    return
                self._say(answer)
                if answer.startswith("421") or trouble.strikes("CLOSE"):
                    return
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _data(self) -> bytes | None:
        """What comes until the line with a full stop; None when the connection ends before."""
        lines = []
        while line := self.rfile.readline():
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line)
        return None

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")

    def _drip(self) -> None:
        """An answer that never ends, a byte now and then: no time-out of one read sees it."""
        with suppress(OSError):
            while not self.server.over.wait(0.05):
                self.wfile.write(b"2")

    def _wait(self) -> None:
        self.server.over.wait(30)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, conduct: Conduct) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.conduct, self.received, self.over = conduct, Received(), threading.Event()
        self.lock = threading.Lock()


@contextmanager
def smtp_server(conduct: Conduct | None = None) -> Iterator[tuple[int, Received]]:
    """A running server: its port, and what it has received so far."""
    server = _Server(conduct or Conduct())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1], server.received
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
