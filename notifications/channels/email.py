"""E-mail: one SMTP connection for a batch, or, where no server is named, `.eml` files in the data folder.

At least once: a crash after the server took a message and before the row says so sends it again, under the same
Message-ID, which is made from the notice's key, so that the second is recognised as the first.
"""

import hashlib
import os
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from pathlib import Path

from config.settings import Settings
from notifications.channels import Outcome, Outgoing, Result
from notifications.rules import EMAIL

NO_ADDRESS = "没有登记电子邮箱"
PATIENCE = 120.0
"""Seconds after which no further message of a batch is begun; well below the lease, which must outlast the batch."""

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


class Email:
    """Messages by SMTP, or as files."""

    name = EMAIL

    def __init__(self, settings: Settings, *, connect: Connect | None = None, patience: float = PATIENCE) -> None:
        self.settings = settings
        self.connect = connect or self._connect
        self.patience = patience

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        """Send those who have an address; a failing connection fails all that are left, without trying each."""
        ready: list[tuple[int, EmailMessage]] = []
        for message in batch:
            if not message.address:
                yield Result(message.id, Outcome.SUPPRESSED, NO_ADDRESS)
                continue
            try:
                ready.append((message.id, compose(message, self.settings)))
            except BadAddress as error:
                yield Result(message.id, Outcome.DEAD, str(error))
        if not ready:
            return
        yield from self._by_smtp(ready) if self.settings.mail_host else self._as_files(ready)

    def _as_files(self, ready: list[tuple[int, EmailMessage]]) -> Iterator[Result]:
        folder = self.settings.data / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        for id_, mail in ready:
            try:
                _write(folder, mail)
            except OSError as error:
                yield Result(id_, Outcome.RETRY, str(error))
            else:
                yield Result(id_, Outcome.SENT)

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        # The host name is given: finding it out asks a name server, which an intranet may not have.
        name = settings.mail_from.rpartition("@")[2] or "localhost"
        server = smtplib.SMTP(
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

    def _by_smtp(self, ready: list[tuple[int, EmailMessage]]) -> Iterator[Result]:
        began = time.monotonic()
        try:
            server = self.connect()
        except (OSError, smtplib.SMTPException) as error:
            # A refused sign-in is the installation's fault, not the messages': they wait until it is mended.
            yield from (Result(id_, Outcome.RETRY, _words(error)) for id_, _ in ready)
            return
        left = list(reversed(ready))
        try:
            while left and time.monotonic() - began < self.patience:
                id_, mail = left.pop()
                try:
                    server.send_message(mail)
                except smtplib.SMTPServerDisconnected as error:
                    left.append((id_, mail))
                    yield from (Result(other, Outcome.RETRY, _words(error)) for other, _ in left)
                    return
                except smtplib.SMTPException as error:
                    yield Result(id_, _outcome(error), _words(error))
                except OSError as error:  # a time-out, a reset: the connection is of no more use
                    left.append((id_, mail))
                    yield from (Result(other, Outcome.RETRY, _words(error)) for other, _ in left)
                    return
                else:
                    yield Result(id_, Outcome.SENT)
        finally:
            _leave(server)
        yield from (Result(id_, Outcome.POSTPONED) for id_, _ in left)


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


def _write(folder: Path, mail: EmailMessage) -> None:
    """One file for one Message-ID, whole or not at all."""
    name = str(mail["Message-ID"]).strip("<>").partition("@")[0]
    draft = folder / f".{name}.{os.getpid()}.part"
    draft.write_bytes(mail.as_bytes())
    draft.replace(folder / f"{name}.eml")
