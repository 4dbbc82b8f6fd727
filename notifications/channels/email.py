"""E-mail: one SMTP connection for a batch, or, where no server is named, `.eml` files in the data folder.

At least once: a crash after the server took a message and before the row says so sends it again, under the same
Message-ID, which is made from the notice's key, so that the second is recognised as the first.

One message never decides about another: what breaks a connection costs itself an attempt, the rest go on over a new
one; after a few of those the rest are left as they were, not tried, and come first next time.
"""

import base64
import hashlib
import os
import re
import smtplib
import ssl
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import format_datetime
from pathlib import Path

from config.settings import Settings
from notifications.channels import Form, Outcome, Outgoing, Result
from notifications.models import NO_ADDRESS
from notifications.rules import EMAIL
from notifications.watchdog import Watchdog, shut

PATIENCE = 120.0
"""Seconds after which no further message of a batch is begun; well below the lease, which must outlast the delivery."""

CONNECTIONS = 10
"""How many a batch opens at most: a server that ends them that often wants to be left alone for a while."""
BYTES_IN_A_WORD = 39
"""Of a header's text in one encoded word: a line with one, behind the header's name, has at most 76 characters."""
TIME_OUTS = 2
"""Time-outs after which one answer is cut off, even when the server says a byte now and then."""


class BadAddress(Exception):
    """What is registered as somebody's address is none."""


def message_id(key: str, domain: str) -> str:
    """The same for the same notice, whenever and however often it is sent."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def compose(message: Outgoing, settings: Settings) -> bytes:
    """The message as it is sent; BadAddress when the recipient's address is none. No text can add a header of its own.

    Written out here: the library's own way, which reads each header again to fold it, took a millisecond of each, five
    times as long as all the rest.
    """
    domain = _checked(settings.mail_from).rpartition("@")[2]
    recipient = _checked(message.address or "")
    text = f"{message.name}：\n\n{message.body}\n\n——\n目标管理系统  {settings.address}\n"
    lines = (
        f"Message-ID: {message_id(message.key, domain)}",
        f"Date: {format_datetime(message.at)}",
        f"From: {_encoded('目标 Mubiao')} <{settings.mail_from}>",
        f"To: {_encoded(message.name)} <{recipient}>",
        f"Subject: {_encoded(message.subject)}",
        "Auto-Submitted: auto-generated",  # RFC 3834: nobody's absence notice answers it
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes("\r\n".join(text.splitlines()).encode() + b"\r\n").decode().replace("\n", "\r\n"),
    )
    return "\r\n".join(lines).encode("ascii")


def _encoded(text: str) -> str:
    """A text of a header, on one line or folded: as encoded words (RFC 2047), none of which breaks a character."""
    left, words = _one_line(text).encode(), []
    while left:
        end = BYTES_IN_A_WORD
        while end < len(left) and left[end] & 0xC0 == 0x80:  # within a character of several bytes
            end -= 1
        words.append(f"=?utf-8?b?{base64.b64encode(left[:end]).decode()}?=")
        left = left[end:]
    return "\r\n ".join(words)


def _one_line(text: str) -> str:
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


_USUAL = re.compile(r"[A-Za-z0-9_%+-]+(\.[A-Za-z0-9_%+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def _checked(address: str) -> str:
    """An address that is one."""
    if _USUAL.fullmatch(address):
        return address
    try:
        if not address.isascii() or "@" not in address or not address.isprintable():
            raise BadAddress(f"电子邮箱写得不对：{address!r}")
        return Address(addr_spec=address.strip()).addr_spec
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress(f"电子邮箱写得不对：{address!r}") from error


class _Server(smtplib.SMTP):
    """A server whose every answer has an end, greeting, sign-in and farewell too; where it takes several commands at
    once (RFC 2920), it gets them so."""

    _watchdog: Watchdog | None = None

    def getreply(self) -> tuple[int, bytes]:
        """The answer; silence and endlessness are a disconnection, whose cause is a time-out."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is gone")
        seconds = (self.timeout or 0) * TIME_OUTS
        if self._watchdog is None:
            self._watchdog = Watchdog(self._cut, seconds)
        watchdog = self._watchdog
        with watchdog.waiting():
            try:
                return super().getreply()
            except smtplib.SMTPException as error:
                if not watchdog.fired:
                    raise
                self.close()
                raise smtplib.SMTPServerDisconnected(str(error)) from TimeoutError(f"no whole answer in {seconds:g} s")

    def _cut(self) -> None:
        if self.sock is not None:  # the one below TLS, where it was asked for
            shut(self.sock)

    def close(self) -> None:
        """End the connection, and the watch over it."""
        super().close()
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.end()

    def hand_over(self, letter: "_Letter") -> None:
        """Give it one message. Raises as `sendmail` does, each refusal in the words it was given."""
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("pipelining"):
            self.sendmail(letter.sender, [letter.recipient], letter.raw)
            return
        sender, recipient = smtplib.quoteaddr(letter.sender), smtplib.quoteaddr(letter.recipient)
        self.send(f"MAIL FROM:{sender}\r\nRCPT TO:{recipient}\r\nDATA\r\n")
        error: smtplib.SMTPException | None = None
        code, words = self.getreply()
        if code != 250:
            error = smtplib.SMTPSenderRefused(code, words, letter.sender)
            self._ends_here(code, error)
        code, words = self._next(error)
        if code not in (250, 251) and error is None:
            error = smtplib.SMTPRecipientsRefused({letter.recipient: (code, words)})
            self._ends_here(code, error)
        code, words = self._next(error)
        if code != 354 and error is None:
            error = smtplib.SMTPDataError(code, words)
            self._ends_here(code, error)
        if error is not None:
            if code == 354:  # it waits for a message that it takes for nobody (RFC 2920, 3.1)
                self.send(".\r\n")
                self._next(error)
            self._take_back()
            raise error
        self.send(letter.on_the_wire())
        code, words = self.getreply()
        if code != 250:
            error = smtplib.SMTPDataError(code, words)
            self._ends_here(code, error)
            self._take_back()
            raise error

    def _next(self, error: smtplib.SMTPException | None) -> tuple[int, bytes]:
        """The answer to the next of several commands; after a refusal, that is told and not that no more came."""
        try:
            return self.getreply()
        except smtplib.SMTPServerDisconnected:
            if error is not None:
                raise error from None
            raise

    def _ends_here(self, code: int, error: smtplib.SMTPException) -> None:
        if code == 421:
            self.close()
            raise error

    def _take_back(self) -> None:
        """Begin the next message anew."""
        with suppress(smtplib.SMTPServerDisconnected):
            self.rset()


class Email:
    """Messages by SMTP, or as files."""

    name = EMAIL
    label = "邮件"
    form: Form | None = None

    def __init__(
        self,
        settings: Settings,
        *,
        patience: float = PATIENCE,
        connections: int = CONNECTIONS,
    ) -> None:
        self.settings = settings
        self.patience = patience
        self.connections = connections

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        """Send those who have an address; a failing connection fails all that are left, without trying each."""
        ready: list[_Letter] = []
        for message in batch:
            if not message.address:
                yield Result(message.id, Outcome.SUPPRESSED, NO_ADDRESS)
                continue
            try:
                ready.append(_Letter.of(message, self.settings))
            except BadAddress as error:
                yield Result(message.id, Outcome.DEAD, str(error))
            except Exception as error:  # no library can write it down: it must not take the others along
                yield Result(message.id, Outcome.DEAD, f"写不成邮件：{type(error).__name__}: {error}")
        if not ready:
            return
        yield from self._by_smtp(ready) if self.settings.mail_host else self._as_files(ready)

    def _as_files(self, ready: list["_Letter"]) -> Iterator[Result]:
        folder = self.settings.data / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        for letter in ready:
            try:
                _write(folder, letter)
            except OSError as error:
                yield Result(letter.id, Outcome.RETRY, str(error))
            else:
                yield Result(letter.id, Outcome.SENT)

    def _connect(self) -> _Server:
        settings = self.settings
        # The host name is given: finding it out asks a name server, which an intranet may not have.
        name = settings.mail_from.rpartition("@")[2] or "localhost"
        server = _Server(
            settings.mail_host or "", settings.mail_port, local_hostname=name, timeout=settings.mail_timeout
        )
        try:
            if settings.mail_starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.mail_user:
                server.login(settings.mail_user, settings.mail_password or "")
        except BaseException:
            server.close()
            raise
        return server

    def _by_smtp(self, ready: list["_Letter"]) -> Iterator[Result]:
        began = time.monotonic()
        left = deque(ready)
        for number in range(self.connections):
            try:
                server = self._connect()
            except (OSError, smtplib.SMTPException) as error:
                if number == 0:
                    # A refused sign-in is the installation's fault, not the messages': they wait until it is mended.
                    yield from (Result(letter.id, Outcome.RETRY, _words(error)) for letter in left)
                    return
                break
            try:
                yield from self._over(server, left, began + self.patience)
            finally:
                _leave(server)
            if not left or time.monotonic() - began >= self.patience:
                break
        yield from (Result(letter.id, Outcome.POSTPONED) for letter in left)

    def _over(self, server: _Server, left: deque["_Letter"], until: float) -> Iterator[Result]:
        """Send over one connection as long as it lasts; what is not tried stays in `left`."""
        fresh = True
        while left and time.monotonic() < until:
            letter = left[0]
            error = self._hand_over(server, letter)
            broken = server.sock is None or not isinstance(error, smtplib.SMTPException | None)
            if error is not None and not fresh and _of_the_connection(error):
                return  # it had enough of this connection, not of this message, which the next one begins with
            left.popleft()
            if error is None:
                yield Result(letter.id, Outcome.SENT)
            elif isinstance(error, smtplib.SMTPException):
                yield Result(letter.id, _outcome(error), _words(error))
            else:
                yield Result(letter.id, Outcome.RETRY, _words(error))
            if broken:
                return
            fresh = False

    @staticmethod
    def _hand_over(server: _Server, letter: "_Letter") -> OSError | smtplib.SMTPException | None:
        """Give the server one message; what it objected."""
        try:
            server.hand_over(letter)
        except (OSError, smtplib.SMTPException) as error:
            return error
        return None


@dataclass(frozen=True)
class _Letter:
    """One message as it goes over the wire."""

    id: int
    sender: str
    recipient: str
    name: str
    """Its Message-ID without what is around it; what its file is called."""
    raw: bytes

    def on_the_wire(self) -> bytes:
        """The message as DATA takes it: a full stop that begins a line is doubled, one alone on a line is the end."""
        doubled = self.raw.replace(b"\n.", b"\n..")
        doubled = b"." * doubled.startswith(b".") + doubled
        return doubled + b"\r\n" * (not doubled.endswith(b"\r\n")) + b".\r\n"

    @staticmethod
    def of(message: Outgoing, settings: Settings) -> "_Letter":
        raw = compose(message, settings)
        name = message_id(message.key, "").strip("<>@")
        return _Letter(message.id, settings.mail_from, _checked(message.address or ""), name, raw)


def _of_the_connection(error: Exception) -> bool:
    """Whether a server ended a connection that had carried messages before: it closed it, or said 421 before it knew
    for whom the next one is."""
    if isinstance(error, smtplib.SMTPSenderRefused):
        return error.smtp_code == 421
    if isinstance(error.__cause__ or error.__context__, TimeoutError):  # smtplib calls silence a disconnection too
        return False
    return isinstance(error, smtplib.SMTPServerDisconnected | ConnectionResetError | BrokenPipeError)


def _leave(server: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _outcome(error: smtplib.SMTPException) -> Outcome:
    """A permanent refusal (5xx) of this message ends it; of our own sender address it is the installation's fault."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Outcome.DEAD if codes and all(code >= 500 for code in codes) else Outcome.RETRY
    if isinstance(error, smtplib.SMTPDataError):
        return Outcome.DEAD if error.smtp_code >= 500 else Outcome.RETRY
    return Outcome.RETRY


def _words(error: Exception) -> str:
    """What the server said, as it said it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(said)}" for code, said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _write(folder: Path, letter: _Letter) -> None:
    """One file for one Message-ID, whole or not at all."""
    draft = folder / f".{letter.name}.{os.getpid()}.part"
    draft.write_bytes(letter.raw)
    draft.replace(folder / f"{letter.name}.eml")


def channel(settings: Settings) -> Email:
    """For the registry."""
    return Email(settings)
