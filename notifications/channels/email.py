"""E-mail: one SMTP connection for a batch, or, where no server is named, `.eml` files in the data folder.

At least once: a crash after the server took a message and before the row says so sends it again, under the same
Message-ID, which is made from the notice's key, so that the second is recognised as the first.

One message never decides about another: what breaks a connection costs itself an attempt, the rest go on over a new
one; after a few of those the rest are left as they were, not tried, and come first next time.
"""

import hashlib
import os
import smtplib
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from pathlib import Path

from config.settings import Settings
from notifications.channels import Form, Outcome, Outgoing, Result
from notifications.rules import EMAIL
from notifications.watchdog import cut_after

NO_ADDRESS = "没有登记电子邮箱"
PATIENCE = 120.0
"""Seconds after which no further message of a batch is begun; well below the lease, which must outlast the delivery."""

CONNECTIONS = 10
"""How many a batch opens at most: a server that ends them that often wants to be left alone for a while."""
TIME_OUTS = 2
"""Time-outs after which one answer is cut off, even when the server says a byte now and then."""

Connect = Callable[[], smtplib.SMTP]


class BadAddress(Exception):
    """What is registered as somebody's address is none."""


def message_id(key: str, domain: str) -> str:
    """The same for the same notice, whenever and however often it is sent."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def compose(message: Outgoing, settings: Settings) -> EmailMessage:
    """The message; BadAddress when the recipient's address is none. No text can add a header of its own."""
    mail = EmailMessage(policy=SMTP_POLICY)
    sender = _address("目标 Mubiao", settings.mail_from)
    mail["Message-ID"] = message_id(message.key, sender.domain or "localhost")
    mail["Date"] = format_datetime(message.at)
    mail["From"] = sender
    mail["To"] = _address(message.name, message.address or "")
    mail["Subject"] = _one_line(message.subject)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
    mail.set_content(f"{message.name}：\n\n{message.body}\n\n——\n目标管理系统  {settings.address}\n", cte="base64")
    return mail


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _address(name: str, address: str) -> Address:
    try:
        if not address.isascii() or "@" not in address or not address.isprintable():
            raise BadAddress(f"电子邮箱写得不对：{address!r}")
        return Address(_one_line(name), addr_spec=address.strip())
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress(f"电子邮箱写得不对：{address!r}") from error


class _Server(smtplib.SMTP):
    """A server whose every answer has an end: greeting, sign-in and farewell too."""

    def getreply(self) -> tuple[int, bytes]:
        """The answer; silence and endlessness are a disconnection, whose cause is a time-out."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is gone")
        seconds = (self.timeout or 0) * TIME_OUTS
        with cut_after(self.sock, seconds) as was_cut:
            try:
                return super().getreply()
            except smtplib.SMTPException as error:
                if not was_cut():
                    raise
                self.close()
                raise smtplib.SMTPServerDisconnected(str(error)) from TimeoutError(f"no whole answer in {seconds:g} s")


class Email:
    """Messages by SMTP, or as files."""

    name = EMAIL
    label = "邮件"
    form: Form | None = None

    def __init__(
        self,
        settings: Settings,
        *,
        connect: Connect | None = None,
        patience: float = PATIENCE,
        connections: int = CONNECTIONS,
    ) -> None:
        self.settings = settings
        self.connect = connect or self._connect
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

    def _connect(self) -> smtplib.SMTP:
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
                server = self.connect()
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

    def _over(self, server: smtplib.SMTP, left: deque["_Letter"], until: float) -> Iterator[Result]:
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
    def _hand_over(server: smtplib.SMTP, letter: "_Letter") -> OSError | smtplib.SMTPException | None:
        """Give the server one message; what it objected."""
        try:
            server.sendmail(letter.sender, [letter.recipient], letter.raw)
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

    @staticmethod
    def of(message: Outgoing, settings: Settings) -> "_Letter":
        mail = compose(message, settings)
        name = str(mail["Message-ID"]).strip("<>").partition("@")[0]
        sender, recipient = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
        return _Letter(message.id, sender, recipient, name, mail.as_bytes())


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
