"""Log entries carry their request and no secret."""

import json
import logging

import pytest
import structlog

from config.logging import HIDDEN, configure, hide_secrets
from config.settings import Settings
from tests.conftest import SECRET


@pytest.mark.parametrize(
    "entry",
    [
        {"password": "hunter2"},
        {"form": {"login": "tian", "new_password": "hunter2"}},
        {"headers": [{"Authorization": "hunter2"}]},
        {"url": "postgresql+psycopg://mubiao:hunter2@127.0.0.1/mubiao"},
        {"event": "cannot reach amqp://guest:hunter2@127.0.0.1//"},
        {"csrf_token": "hunter2"},
        {"密码": "hunter2"},
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(entry: dict) -> None:
    shown = json.dumps(hide_secrets(None, "info", entry), ensure_ascii=False)
    assert "hunter2" not in shown
    assert HIDDEN in shown


def test_what_is_no_secret_stays() -> None:
    entry = {"event": "answered", "path": "/sign-in", "url": "http://127.0.0.1:8000/", "status": 200}
    assert hide_secrets(None, "info", dict(entry)) == entry


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]):
    """Configures logging as JSON; gives what was said since, entry by entry. Leaves the root logger as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure(Settings(environment="development", secret_key=SECRET, log_format="json"))
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_json_entries_carry_the_request_and_the_librarys_entries_too(said) -> None:
    structlog.contextvars.bind_contextvars(request="abc")
    structlog.get_logger("web").info("answered", status=200)
    logging.getLogger("some.library").warning("disk %s", "full")
    structlog.contextvars.clear_contextvars()
    ours, library = said()
    assert (ours["event"], ours["status"], ours["request"], ours["level"]) == ("answered", 200, "abc", "info")
    assert (library["event"], library["request"], library["logger"]) == ("disk full", "abc", "some.library")


def test_a_trace_shows_no_password_of_an_address(said) -> None:
    try:
        raise OSError("cannot connect to amqp://guest:hunter2@127.0.0.1//")
    except OSError:
        structlog.get_logger("web").exception("crashed")
    (entry,) = said()
    assert "OSError" in entry["exception"]
    assert "hunter2" not in json.dumps(entry)


def test_configuring_twice_says_things_once(said) -> None:
    configure(Settings(environment="development", secret_key=SECRET, log_format="json"))
    structlog.get_logger("web").info("once")
    assert len(said()) == 1
