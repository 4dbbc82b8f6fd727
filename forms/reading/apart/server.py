"""The server: a process that has the readers loaded and does nothing but fork a child for each file.

It is started with a socket as its standard input and ends when that closes. Each request is one byte with two ends of
connections: over the first the child is asked and answers, to the second the server writes how the child ended. It has
one thread and opens no file itself, so that a fork copies nothing but what all children need.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from typing import Any

from forms.reading.apart.jobs import ENDED, JOBS, LENGTH, refusal
from forms.reading.apart.limits import Limits, impose
from forms.reading.apart.warming import warm_up

_MOST_TRACE = 4000
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of ru_maxrss."""


def main() -> None:
    """Serve until nobody holds the other end of standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks; the socket then closes
    control = socket.socket(fileno=os.dup(0))
    warm_up()
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    running: dict[int, int] = {}
    try:
        control.sendall(b"r")
        while True:
            ready, _, _ = select.select([control, woken], [], [])
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    woken.recv(4096)
                for child, how, most in _ended():
                    _tell(running.pop(child), how, most)
            if control in ready:
                asked, ends, _flags, _from = socket.recv_fds(control, 1, 2)
                if not asked:
                    return
                if len(ends) == 2:
                    running[_fork(ends[0])] = ends[1]
                    os.close(ends[0])
    except (BrokenPipeError, ConnectionResetError):
        return


def _ended() -> Iterator[tuple[int, int, int]]:
    while True:
        try:
            child, how, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        yield child, how, used.ru_maxrss * _MEMORY_UNIT


def _tell(end: int, how: int, most: int) -> None:
    with contextlib.suppress(OSError):  # who asked may have gone
        os.write(end, ENDED.pack(how, most))
    os.close(end)


def _fork(end: int) -> int:
    """The child that answers at that end of a connection; 0 is never given, for the child does not come back."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(end, 0)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        _answer()
        code = 0
    except BaseException:  # whatever it is, the child ends here
        with contextlib.suppress(BaseException):
            traceback.print_exc()
    finally:
        os._exit(code)


def _answer() -> None:
    """Read the question at descriptor 0, and answer there: a word, a line end and what belongs to the word."""
    with socket.socket(fileno=0) as connection:
        question, data = _question(connection)
        impose(Limits(**question["limits"]))
        word, body = _outcome(question["job"], data, question["arguments"])
        del data
        connection.sendall(word.encode() + b"\n")
        connection.sendall(body)


def _question(connection: socket.socket) -> tuple[dict[str, Any], bytes]:
    whole = bytearray()
    while part := connection.recv(1 << 20):
        whole += part
    (length,) = LENGTH.unpack_from(whole)
    begins = LENGTH.size + length
    return json.loads(whole[LENGTH.size : begins]), bytes(memoryview(whole)[begins:])


def _outcome(job: str, data: bytes, arguments: dict[str, Any]) -> tuple[str, bytes]:
    asked = JOBS[job]
    try:
        return "answer", asked.written(asked.run(data, **arguments))
    except MemoryError:
        return "memory", b""
    except Exception as error:  # a fault of the reader is told to who asked, who logs it
        name = refusal(error)
        if name is not None:
            return name, str(error).encode()
        trace = "".join(traceback.format_exception(error, limit=-12))
        return "fault", trace[-_MOST_TRACE:].encode("utf-8", "replace")
