"""How often somebody may be wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.attempts import MOST, WITHIN, Attempt, held_back

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def tries(count: int, *, ago: timedelta = timedelta(0), failed: bool = True, address: str = "here") -> list[Attempt]:
    return [Attempt(NOW - ago, address, failed)] * count


@pytest.mark.parametrize(
    ("latest", "waits"),
    [
        (tries(MOST), True),
        (tries(MOST - 1), False),
        (tries(MOST, ago=WITHIN), False),
        (tries(MOST, ago=WITHIN - timedelta(seconds=1)), True),
        (tries(MOST - 1) + tries(1, ago=WITHIN), False),
        (tries(3) + tries(1, failed=False) + tries(MOST), False),
        (tries(MOST, address="elsewhere"), False),
        (tries(20, address="elsewhere") + tries(MOST), True),
        ([], False),
    ],
)
def test_ten_failures_in_a_row_within_fifteen_minutes_from_one_address_make_it_wait(
    latest: list[Attempt], waits: bool
) -> None:
    """The latest try stands first."""
    assert held_back(latest, "here", NOW) is waits
