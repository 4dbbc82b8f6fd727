"""Log entries: one line for people or one JSON object for machines, each with its request, none with a secret."""

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import Settings

_SECRET = re.compile(r"password|passwd|secret|token|cookie|authorization|密码", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@")
HIDDEN = "‹hidden›"


def hide_secrets(logger: WrappedLogger, name: str, entry: EventDict) -> EventDict:  # noqa: ARG001
    """Replace values under keys that name a secret, and passwords inside addresses, however deep they stand."""
    return {key: _hidden(key, value) for key, value in entry.items()}


def _hidden(key: str, value: Any) -> Any:
    if _SECRET.search(key):
        return HIDDEN
    if isinstance(value, dict):
        return {inner: _hidden(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", each) for each in value]
    if isinstance(value, str):
        return _IN_URL.sub(rf"\1:{HIDDEN}@", value)
    return value


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is now: a test, or a program that detaches, may have replaced it since."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def configure(settings: Settings) -> None:
    """Send everything, the libraries' entries too, to stderr in the form the settings ask for. Safe to repeat."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    at_last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if settings.log_format == "json":
        # Traces become text first, so that hiding sees them too.
        at_last += [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        at_last += [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
    handler = _ToStderr()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=at_last))
    handler.set_name("mubiao")
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == "mubiao"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in ("alembic", "kombu", "amqp", "transitions"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
