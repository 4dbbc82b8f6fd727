"""What serves people does not start with unsafe settings; what does not serve needs none."""

import json
import sys
import urllib.request
from pathlib import Path

import pytest

from config.settings import Settings
from tests.house.processes import (
    GOOD_SECRET,
    environment,
    free_port,
    listens,
    module,
    production,
    run,
    started,
    wait_until,
)

GUNICORN = ("gunicorn", "--no-control-socket", "--bind")
WORKER = ("celery", "-A", "wsgi:celery", "worker", "--pool", "solo", "--loglevel", "info")
BEAT = ("celery", "-A", "wsgi:celery", "beat", "--pidfile", "", "--loglevel", "info")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "MUBIAO_SECRET_KEY"),
        ({"secret_key": "short", "database_url": "sqlite://"}, "MUBIAO_SECRET_KEY"),
        ({"secret_key": GOOD_SECRET}, "MUBIAO_DATABASE_URL"),
        ({"secret_key": GOOD_SECRET, "database_url": "sqlite://", "debug": "1"}, "MUBIAO_DEBUG"),
        ({"secret_key": GOOD_SECRET, "database_url": "sqlite://", "clock": "+1d"}, "MUBIAO_CLOCK"),
    ],
)
def test_gunicorn_refuses_to_start_and_says_why(settings: dict[str, str], word: str, tmp_path: Path) -> None:
    ended = run(module(*GUNICORN, f"127.0.0.1:{free_port()}", "wsgi:app"), environment(tmp_path, **settings))
    assert ended.returncode != 0
    assert f"Refusing to serve: {word}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_gunicorn_starts_with_proper_settings(tmp_path: Path) -> None:
    port = free_port()
    with started(module(*GUNICORN, f"127.0.0.1:{port}", "wsgi:app"), production(tmp_path), tmp_path / "log"):
        assert wait_until(lambda: listens(port)), (tmp_path / "log").read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=20) as answer:
            assert "登录" in answer.read().decode()


@pytest.mark.parametrize("command", [WORKER, BEAT], ids=["worker", "beat"])
@pytest.mark.parametrize("inherited", [{}, {"FLASK_RUN_FROM_CLI": "true"}], ids=["plain", "below flask"])
def test_celery_refuses_to_start_and_says_why(
    command: tuple[str, ...], inherited: dict[str, str], tmp_path: Path
) -> None:
    ended = run(module(*command), {**environment(tmp_path), **inherited})
    assert ended.returncode != 0
    assert "Refusing to serve: MUBIAO_SECRET_KEY" in ended.stderr
    assert "ready" not in ended.stderr


@pytest.mark.parametrize("command", [WORKER, BEAT], ids=["worker", "beat"])
def test_celery_refuses_by_its_own_signal_too(command: tuple[str, ...], tmp_path: Path) -> None:
    """A queue that some other program made, past wsgi's own question."""
    (tmp_path / "elsewhere.py").write_text(
        "from config.queue import make_celery\n"
        "from config.settings import settings\n"
        "from web.application import create_app\n"
        "celery = make_celery(create_app(), settings(), tasks=[], beat={})\n"
    )
    elsewhere = [word.replace("wsgi:celery", "elsewhere:celery") for word in command]
    ended = run(module(*elsewhere), {**environment(tmp_path), "PYTHONPATH": f"{tmp_path}"})
    assert ended.returncode != 0
    assert "Refusing to serve: MUBIAO_SECRET_KEY" in ended.stderr
    assert "ready" not in ended.stderr


@pytest.mark.parametrize(("command", "word"), [(WORKER, "ready."), (BEAT, "beat: Starting")], ids=["worker", "beat"])
def test_celery_starts_with_proper_settings(command: tuple[str, ...], word: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with started(module(*command), production(tmp_path), log) as process:
        assert wait_until(lambda: word in log.read_text()), log.read_text()
        assert process.poll() is None


def test_flask_run_refuses_to_start(tmp_path: Path) -> None:
    ended = run(module("flask", "--app", "wsgi", "run", "--port", str(free_port())), environment(tmp_path))
    assert ended.returncode != 0
    assert "Refusing to serve: MUBIAO_SECRET_KEY" in ended.stderr


def test_flask_run_refuses_its_debugger_outside_development(tmp_path: Path) -> None:
    command = module("flask", "--app", "wsgi", "--debug", "run", "--no-reload", "--port", str(free_port()))
    ended = run(command, production(tmp_path))
    assert ended.returncode != 0
    assert "debugger" in ended.stderr


def test_flask_run_starts_with_proper_settings(tmp_path: Path) -> None:
    port = free_port()
    command = module("flask", "--app", "wsgi", "run", "--port", str(port))
    with started(command, production(tmp_path), tmp_path / "log"):
        assert wait_until(lambda: listens(port)), (tmp_path / "log").read_text()


def test_commands_that_serve_nobody_need_no_settings_and_leave_no_trace(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ended = run(module("flask", "--app", "wsgi", "settings", "--json"), environment(data))
    assert ended.returncode == 0
    assert {each["variable"] for each in json.loads(ended.stdout)} == {
        f"MUBIAO_{name.upper()}" for name in Settings.model_fields
    }
    assert not data.exists()


def test_a_setting_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    ended = run(module("flask", "--app", "wsgi", "settings"), environment(tmp_path, mail_port="many"))
    assert ended.returncode == 2
    assert "MUBIAO_MAIL_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_wsgi_offers_two_names(tmp_path: Path) -> None:
    code = "import wsgi; print(sorted(name for name in vars(wsgi) if not name.startswith('_')))"
    ended = run([sys.executable, "-c", code], environment(tmp_path, environment="development"))
    assert ended.stdout.strip() == "['app', 'celery']", ended.stderr
