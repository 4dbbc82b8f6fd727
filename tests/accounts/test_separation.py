"""三权分立, and no role twice."""

from dataclasses import dataclass
from datetime import date

import pytest

from accounts.roles import Role
from accounts.separation import objection, overlap

YEAR = (date(2026, 1, 1), date(2027, 1, 1))


@dataclass(frozen=True)
class Held:
    role: Role
    starts_on: date
    ends_on: date | None
    region_id: int = 1
    department_id: int | None = None


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        ((date(2026, 1, 1), date(2026, 7, 1)), (date(2026, 7, 1), None), False),
        ((date(2026, 1, 1), date(2026, 7, 2)), (date(2026, 7, 1), None), True),
        ((date(2026, 1, 1), None), (date(2030, 12, 31), None), True),
        ((date(2026, 1, 1), None), (date(2025, 1, 1), date(2026, 1, 1)), False),
        ((date(2026, 1, 1), None), (date(2025, 1, 1), date(2026, 1, 2)), True),
        ((date(2026, 1, 1), None), (date(2026, 7, 1), date(2026, 7, 1)), False),  # called off: it has no day
        ((date(2026, 7, 1), date(2026, 7, 1)), (date(2026, 7, 1), date(2026, 7, 1)), False),
    ],
)
def test_periods_share_a_day_or_not(first, second, share) -> None:
    """[from, until): the day one ends the next may begin."""
    assert overlap(*first, *second) is share
    assert overlap(*second, *first) is share


DECIDING = [role for role in Role if role not in {Role.ADMINISTRATOR, Role.AUDITOR}]


@pytest.mark.parametrize("watching", [Role.ADMINISTRATOR, Role.AUDITOR])
@pytest.mark.parametrize("deciding", DECIDING)
def test_who_watches_does_not_decide(watching: Role, deciding: Role) -> None:
    for new, old in [(watching, deciding), (deciding, watching)]:
        reason = objection(new, 1, None, *YEAR, [Held(old, *YEAR, department_id=5)])
        assert reason is not None
        assert "三权分立" in reason


def test_the_administrator_is_not_the_auditor() -> None:
    assert objection(Role.ADMINISTRATOR, 1, None, *YEAR, [Held(Role.AUDITOR, *YEAR)]) is not None


def test_another_region_does_not_make_it_right() -> None:
    assert objection(Role.ADMINISTRATOR, 2, None, *YEAR, [Held(Role.MANAGER, *YEAR, region_id=1)]) is not None


def test_one_after_the_other_is_allowed() -> None:
    assert objection(Role.ADMINISTRATOR, 1, None, YEAR[1], None, [Held(Role.MANAGER, *YEAR)]) is None


def test_deciding_roles_may_be_held_side_by_side() -> None:
    assert objection(Role.REVIEWER, 1, 5, *YEAR, [Held(Role.EDITOR, *YEAR, department_id=5)]) is None


def test_the_same_role_in_the_same_place_is_not_held_twice() -> None:
    held = [Held(Role.OFFICER, *YEAR, department_id=5)]
    assert objection(Role.OFFICER, 1, 5, date(2026, 6, 1), None, held) is not None
    assert objection(Role.OFFICER, 1, 6, date(2026, 6, 1), None, held) is None
