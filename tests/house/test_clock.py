"""The program's clock outside production: shifted, sped up, and the same in every process that shares an instant."""

from datetime import UTC, datetime, timedelta

import pytest

from config import clock
from config.settings import Settings


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """What the clock says by a setting, so many seconds after a process began that began at 1,000."""

    def asked(setting: str, seconds: float, began: float = 1000.0) -> datetime:
        monkeypatch.setattr(clock, "settings", lambda: Settings(environment="development", clock=setting))
        monkeypatch.setattr(clock, "_started", began)
        monkeypatch.setattr(clock.time, "time", lambda: began + seconds)
        return clock.now()

    return asked


def real(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_it_is_shifted_and_sped_up_since_the_process_began(at) -> None:
    assert at("", 10) == real(1010)
    assert at("-1d", 10) == real(1010) - timedelta(days=1)
    assert at("+1d*60", 10) == real(1600) + timedelta(days=1)


def test_processes_that_begin_one_after_the_other_agree_when_they_share_an_instant(at) -> None:
    assert at("+0d*60@900", 10, began=1000) == at("+0d*60@900", 5, began=1005) == real(900 + 110 * 60)
    assert at("+0d*60", 10, began=1000) != at("+0d*60", 5, began=1005)


def test_what_cannot_be_read_says_how_it_is_written(at) -> None:
    with pytest.raises(ValueError, match=r"write it like \+90d"):
        at("+90d@900", 0)
