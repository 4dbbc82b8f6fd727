"""Robots: a group of WeCom or DingTalk, or a program of the office's own, told by one POST.

The address was typed by a person and is called from inside the office's network. So it leads to listed hosts only
(MUBIAO_WEBHOOK_HOSTS); the address that its name resolves to is judged, and that very address is connected to; nothing
is followed; little is read of the answer, and the whole attempt is cut off after some seconds. At least once: whoever
receives it recognises a second one by its id.
"""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from config.allowed import AllowedHost, allowed_hosts
from config.settings import Settings
from notifications.channels import Form, Outcome, Outgoing, Result, Target
from notifications.watchdog import cut_after

WECOM, DINGTALK, PLAIN = "wecom", "dingtalk", "json"
NO_TARGET = "没有登记机器人地址"
NO_HOSTS = "本系统还没有允许任何机器人地址；由运维在 MUBIAO_WEBHOOK_HOSTS 里列出主机后，才能登记"
MOST_READ = 64 * 1024
"""Bytes of an answer that are looked at."""
PATIENCE = 60.0
"""Seconds after which no further message of a batch is begun; with the e-mail before it, below the lease."""
LONGEST_ADDRESS = 500
WECOM_BYTES, DINGTALK_BYTES = 2048, 20000
"""What they take in one text message."""
LONGEST_WORDS = 300
HIDDEN = "‹隐去›"

Resolve = Callable[[str, int], Sequence[str]]


class Refused(Exception):
    """This program must not call that address."""


@dataclass(frozen=True)
class Place:
    """A target's address, taken apart, with the entry of the list that allows it."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    allowed: AllowedHost


@dataclass(frozen=True)
class Answer:
    """What came back: the status and the first bytes."""

    status: int
    body: bytes


def place_of(address: str, allowed: Sequence[AllowedHost]) -> Place:
    """Where an address leads. Refused says what is wrong with it, without repeating it."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Refused("地址写得不对") from None
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable() or " " in address:
        raise Refused(f"地址写得不对：只能有英文字符，不含空格，最多 {LONGEST_ADDRESS} 个")
    if parts.scheme not in ("http", "https") or not host:
        raise Refused("地址写得不对：应当以 https:// 开头")
    if "@" in parts.netloc or parts.fragment:
        raise Refused("地址写得不对：不能带账号，也不能带 #")
    port = port or {"http": 80, "https": 443}[parts.scheme]
    for each in allowed:
        if each.takes(parts.scheme, host, port):
            return Place(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" * bool(parts.query)), each)
    raise Refused(f"{parts.scheme}://{host}:{port} 不在允许的主机之列（MUBIAO_WEBHOOK_HOSTS）")


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _resolved(place: Place, seconds: float, ask: Resolve) -> str:
    """The address to connect to. One that the list does not admit among them refuses all: names can be made to lie."""
    found: list[str] = []
    failed: list[Exception] = []

    def look() -> None:
        try:
            found.extend(ask(place.host, place.port))
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=look, daemon=True)  # a name server that is silent cannot be hurried otherwise
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"{place.host} 的地址 {seconds:g} 秒内没有查到")
    if failed or not found:
        raise OSError(f"查不到 {place.host} 的地址")
    for address in found:
        if not place.allowed.admits(address):
            raise Refused(f"{place.host} 指向 {address}，不是允许的{place.allowed.network}地址，没有连接")
    return found[0]


def post(
    place: Place, body: bytes, headers: Mapping[str, str], *, seconds: float, ask: Resolve, context: ssl.SSLContext
) -> Answer:
    """One POST, no longer than `seconds` in all. Refused, OSError or HTTPException when there is no answer."""
    until = time.monotonic() + seconds
    address = _resolved(place, seconds, ask)
    raw = socket.create_connection((address, place.port), timeout=max(until - time.monotonic(), 0.1))
    with closing(raw):
        # Shaken hands below, under the watchdog. The certificate is checked against the name, not the address.
        sock: socket.socket = (
            context.wrap_socket(raw, server_hostname=place.host, do_handshake_on_connect=False)
            if place.scheme == "https"
            else raw
        )
        with closing(sock), cut_after(sock, until - time.monotonic()) as was_cut:
            try:
                if isinstance(sock, ssl.SSLSocket):
                    sock.do_handshake()
                kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
                connection = kind(place.host, place.port)
                connection.sock = sock
                connection.request("POST", place.path, body, {**headers, "Connection": "close"})
                with connection.getresponse() as response:
                    answer = Answer(response.status, response.read(MOST_READ))
            except (OSError, http.client.HTTPException, ValueError) as error:
                if was_cut():
                    raise TimeoutError(f"{seconds:g} 秒内没有答完，已断开") from error
                raise
            if was_cut():
                raise TimeoutError(f"{seconds:g} 秒内没有答完，已断开")
            return answer


# What is said, kind by kind


@dataclass(frozen=True)
class _Letter:
    """A message as one kind of robot takes it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


def _text(message: Outgoing, most: int) -> str:
    """Subject and body, cut to so many bytes at the end of a character."""
    text = f"{message.subject}\n\n{message.body}"
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - len("…".encode())].decode("utf-8", "ignore") + "…"


def _wecom(message: Outgoing, target: Target, at: float, settings: Settings) -> _Letter:  # noqa: ARG001
    return _Letter(_json({"msgtype": "text", "text": {"content": _text(message, WECOM_BYTES)}}))


def _dingtalk(message: Outgoing, target: Target, at: float, settings: Settings) -> _Letter:  # noqa: ARG001
    query = {}
    if target.secret:
        timestamp = str(round(at * 1000))
        digest = hmac.digest(target.secret.encode(), f"{timestamp}\n{target.secret}".encode(), "sha256")
        query = {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}
    return _Letter(_json({"msgtype": "text", "text": {"content": _text(message, DINGTALK_BYTES)}}), query=query)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What X-Mubiao-Signature says: HMAC-SHA256 over the timestamp, a full stop and the body."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _plain(message: Outgoing, target: Target, at: float, settings: Settings) -> _Letter:
    name = hashlib.sha256(message.key.encode()).hexdigest()[:40]
    body = _json(
        {
            "id": name,
            "to": message.name,
            "subject": message.subject,
            "body": message.body,
            "at": message.at.astimezone(UTC).isoformat(),
            "from": settings.address,
        }
    )
    timestamp = str(int(at))
    headers = {"X-Mubiao-Id": name, "X-Mubiao-Timestamp": timestamp}
    if target.secret:
        headers["X-Mubiao-Signature"] = signature(target.secret, timestamp, body)
    return _Letter(body, headers)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


SHAPES: dict[str, Callable[[Outgoing, Target, float, Settings], _Letter]] = {
    WECOM: _wecom,
    DINGTALK: _dingtalk,
    PLAIN: _plain,
}


def judged(kind: str, answer: Answer) -> tuple[Outcome, str]:
    """What an answer means. The platforms say 200 to everything and put the truth into `errcode`."""
    status = answer.status
    if 300 <= status < 400:
        return Outcome.RETRY, f"对方回答 {status}，要求转到别处；转向一律不跟随"
    if not 200 <= status < 300:
        gone = 400 <= status < 500 and status not in (408, 429)
        return (Outcome.DEAD if gone else Outcome.RETRY), f"对方回答 {status} {_readable(answer.body)}".strip()
    if kind == PLAIN:
        return Outcome.SENT, ""
    try:
        said = json.loads(answer.body)
        code = said["errcode"]
    except (ValueError, KeyError, TypeError):
        return Outcome.RETRY, f"看不懂对方的回答：{_readable(answer.body)}"
    return (Outcome.SENT, "") if code == 0 else (Outcome.RETRY, f"{code} {said.get('errmsg', '')}".strip())


def _readable(body: bytes) -> str:
    text = body[:LONGEST_WORDS].decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def without_secrets(words: str, target: Target) -> str:
    """Words that may be shown: whatever of the address or the secret a server repeated is taken out."""
    try:
        parts = urlsplit(target.address)
    except ValueError:
        parts = urlsplit("")
    secrets = {target.address, target.secret, parts.path.strip("/"), parts.query}
    secrets |= {value for _, value in parse_qsl(parts.query)} | set(parts.path.split("/"))
    for secret in sorted((each for each in secrets if len(each) > 7), key=len, reverse=True):
        words = words.replace(secret, HIDDEN)
    return words[:LONGEST_WORDS]


class WebhookForm:
    """What somebody enters: which robot, its address, its key."""

    kinds: Mapping[str, str] = {WECOM: "企业微信群机器人", DINGTALK: "钉钉群机器人", PLAIN: "本单位的程序（JSON）"}
    says = (
        "发给您的通知也会发到这个群，群里的人都看得到。地址在群设置的“机器人”里；"
        "钉钉的密钥是安全设置“加签”的那一串，企业微信没有密钥。"
    )

    def __init__(self, allowed: Sequence[AllowedHost]) -> None:
        self.allowed = allowed
        self.closed = None if allowed else NO_HOSTS

    def objection(self, target: Target) -> str | None:
        """What is wrong with a target."""
        if self.closed:
            return self.closed
        if target.kind not in self.kinds:
            return "请选择机器人的种类"
        if not target.address:
            return "请填写机器人的地址"
        if not target.secret.isascii() or not target.secret.isprintable() or len(target.secret) > LONGEST_ADDRESS:
            return "密钥写得不对：只能有英文字符"
        try:
            place_of(target.address, self.allowed)
        except Refused as error:
            return str(error)
        return None

    def masked(self, target: Target) -> str:
        """The host, and the last four characters."""
        return f"{urlsplit(target.address).hostname} …{target.address[-4:]}"

    def host(self, target: Target) -> str:
        """The host alone."""
        return urlsplit(target.address).hostname or ""


class Webhook:
    """Messages to robots, one POST each."""

    name = "webhook"
    label = "机器人"

    def __init__(
        self,
        settings: Settings,
        *,
        ask: Resolve = resolve,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.settings = settings
        self.allowed = allowed_hosts(settings.webhook_hosts)
        self.form: Form | None = WebhookForm(self.allowed)
        self.ask = ask
        self.clock = clock
        self.patience = patience
        self.context = context

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
        """Send to each its own; a place that was not reached once is not tried again for the rest of the batch."""
        began = time.monotonic()
        silent: dict[str, str] = {}
        for message in batch:
            target = message.target
            if target is None:
                yield Result(message.id, Outcome.SUPPRESSED, NO_TARGET)
            elif target.address in silent:
                yield Result(message.id, Outcome.RETRY, silent[target.address])
            elif time.monotonic() - began > self.patience:
                yield Result(message.id, Outcome.POSTPONED)
            else:
                try:
                    outcome, words = self._one(message, target)
                except Refused as error:
                    outcome, words = Outcome.DEAD, str(error)
                except (OSError, http.client.HTTPException, ValueError) as error:
                    outcome, words = Outcome.RETRY, f"{type(error).__name__}: {error}"
                    silent[target.address] = without_secrets(words, target)
                yield Result(message.id, outcome, without_secrets(words, target))

    def _one(self, message: Outgoing, target: Target) -> tuple[Outcome, str]:
        if target.kind not in SHAPES:
            raise Refused("不认识这种机器人")
        letter = SHAPES[target.kind](message, target, self.clock(), self.settings)
        place = place_of(target.address, self.allowed)
        if letter.query:
            place = replace(place, path=place.path + ("&" if "?" in place.path else "?") + urlencode(letter.query))
        self.context = self.context or ssl.create_default_context()  # reads all authorities: not for every page
        answer = post(
            place,
            letter.body,
            {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Mubiao", **letter.headers},
            seconds=self.settings.webhook_seconds,
            ask=self.ask,
            context=self.context,
        )
        return judged(target.kind, answer)


def channel(settings: Settings) -> Webhook:
    """For the registry."""
    return Webhook(settings)
