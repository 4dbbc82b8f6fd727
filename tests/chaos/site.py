"""A real server of the pages, and browsers that keep their connection: requests as people's machines send them."""

import base64
import http.client
import json
import os
import re
import signal
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from config.database import db
from tests.conftest import SECRET
from tests.house.processes import environment, free_port, module, started, wait_until
from tests.web.conftest import PASSWORD, key_of, let_in

T = TypeVar("T")
Form = Mapping[str, object] | Sequence[tuple[str, object]]


@dataclass(frozen=True)
class Site:
    """A server that answers at a port of 127.0.0.1."""

    port: int
    log: Path
    number: int
    """Of its first process, whose children are the workers."""

    def workers(self) -> list[int]:
        """The numbers of the processes that answer requests."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError):
                    parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                    if int(parent) == self.number:
                        found.append(int(folder.name))
        return sorted(found)

    def answers(self) -> bool:
        """Whether the pages are there."""
        try:
            with Browser(self.port, timeout=5) as browser:
                return browser.get("/sign-in").status == 200
        except (OSError, http.client.HTTPException):
            return False


@contextmanager
def serving(
    database_url: str, folder: Path, *, workers: int, threads: int = 4, app: str = "wsgi:app", **settings: str
) -> Iterator[Site]:
    """The pages over a database that has its tables, as `serve` starts them, with so many processes."""
    port, log = free_port(), folder / f"site-{uuid4().hex[:6]}.log"
    command = module(
        *("gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", str(workers)),
        *("--threads", str(threads), "--keep-alive", "120", "--graceful-timeout", "5", "--log-level", "warning"),
        *("--no-control-socket", app),
    )
    env = environment(
        folder, environment="development", secret_key=SECRET, database_url=database_url, port=str(port), **settings
    )
    with started(command, env, log) as process:
        site = Site(port, log, process.pid)
        assert wait_until(site.answers, 60), log.read_text()[-3000:]
        yield site
        process.send_signal(signal.SIGTERM)
        with suppress(Exception):
            process.wait(10)


@dataclass(frozen=True)
class Reply:
    """An answer: its status, where it leads, what it says, and the lines that the next page will show."""

    status: int
    location: str
    text: str
    flashes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What it says, without what each answer has of its own: keys and the request's number."""
        plain = re.sub(r"\b[0-9a-f]{12}\b|\b[0-9a-f]{32}\b", "…", self.text)
        plain = re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1…", plain)
        return re.sub(r"\s+", " ", plain)


@dataclass
class Browser:
    """Somebody's browser: one connection that is kept, cookies, the key of their session's forms."""

    port: int
    person_id: int = 0
    timeout: float = 60
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    @classmethod
    def of(cls, site: Site, person_id: int) -> "Browser":
        """Somebody of the test's world, signed in."""
        login = let_in(person_id)
        db.session.remove()
        browser = cls(site.port, person_id)
        browser.token = key_of(browser.get("/sign-in").text)
        entered = browser.post("/sign-in", {"login": login, "password": PASSWORD})
        assert (entered.status, entered.location.startswith("/sign-in")) == (302, False), entered
        browser.token = key_of(browser.get("/password").text)
        return browser

    def twin(self) -> "Browser":
        """The same browser's next connection: same cookies, same form keys."""
        return Browser(self.port, self.person_id, self.timeout, dict(self.cookies), self.token)

    def get(self, path: str) -> Reply:
        """Open a page."""
        return self._send("GET", path, None, {})

    def post(self, path: str, form: Form = (), file: tuple[str, bytes] | None = None, **headers: str) -> Reply:
        """Send a form, with the session's key in it."""
        fields = [("csrf_token", self.token), *(form.items() if isinstance(form, Mapping) else form)]
        if file is None:
            return self._send(
                "POST",
                path,
                urlencode(fields).encode(),
                {"Content-Type": "application/x-www-form-urlencoded"} | headers,
            )
        border = uuid4().hex
        parts = [
            f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields
        ]
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{file[0]}"\r\n\r\n'
        body = b"".join([*parts, head.encode(), file[1], f"\r\n--{border}--\r\n".encode()])
        return self._send("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={border}"} | headers)

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        if self.cookies:
            headers = headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        for given in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: each.value for name, each in SimpleCookie(given).items()}
        return Reply(answer.status, answer.headers.get("Location", ""), text, self._flashes())

    def _flashes(self) -> tuple[str, ...]:
        kept = _session_of(self.cookies.get("mubiao", ""))
        return tuple(json.dumps(each, ensure_ascii=False) for each in kept.get("_flashes", []))


def _session_of(cookie: str) -> dict[str, Any]:
    """What Flask's signed session cookie says."""
    packed = cookie.startswith(".")
    payload = cookie.removeprefix(".").partition(".")[0]
    if not payload:
        return {}
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    said: dict[str, Any] = json.loads(zlib.decompress(raw) if packed else raw)
    return said


def at_once(*acts: Callable[[], T]) -> list[T | Exception]:
    """Do all of this in the same moment, each in a thread of its own; what came of each, in this order."""
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def do(number: int, act: Callable[[], T]) -> None:
        start.wait()
        try:
            outcomes[number] = act()
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def kill(number: int) -> None:
    """End a process of the test's own as a power cut would."""
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)
