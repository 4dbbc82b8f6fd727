"""The same reminders come out wherever the server's own clock stands: each plan is made by a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from config.settings import ROOT

SCRIPT = """
import json, time
from tests.notifications.worlds import at, window, world
from notifications.plan import ahead
from workflow.states import Stage

def plan(timezone, opens, closes, since, until):
    windows = {Stage.ENTRY: window(opens, closes, timezone)}
    made = world(windows=windows, timezone=timezone)
    found = ahead(at(since, timezone), at(until, timezone), made)
    return [[n.key, n.due_at.isoformat(), n.reason, n.words()[1]] for n in found]

print(json.dumps({
    "server": time.strftime("%z", time.localtime(1767225600)),
    "31 December": plan("Asia/Shanghai", "2019-12-02", "2019-12-31", "2019-12-01 00:00", "2020-01-20 00:00"),
    "29 February": plan("Asia/Shanghai", "2028-02-01", "2028-02-29", "2028-02-01 00:00", "2028-03-20 00:00"),
    "an hour twice": plan("America/New_York", "2019-10-14", "2019-11-03", "2019-10-14 00:00", "2019-11-20 00:00"),
    "midnight twice": plan("America/Havana", "2019-10-14", "2019-11-03", "2019-10-14 00:00", "2019-11-20 00:00"),
}))
"""
SERVERS = {"UTC": "+0000", "Asia/Shanghai": "+0800", "America/New_York": "-0500"}


def planned_by(server: str) -> dict[str, object]:
    """What a process whose TZ is this plans."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=os.environ | {"TZ": server}, capture_output=True, text=True,
        check=True, timeout=120,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    assert found.pop("server") == SERVERS[server]  # the process did stand there
    return found


@pytest.fixture(scope="module")
def plans() -> dict[str, dict[str, object]]:
    return {server: planned_by(server) for server in SERVERS}


@pytest.mark.parametrize("server", SERVERS)
def test_the_servers_own_timezone_changes_no_reminder(plans: dict, server: str) -> None:
    assert plans[server] == plans["UTC"]
    assert all(len(plan) > 10 for plan in plans[server].values())


@pytest.mark.parametrize(
    ("what", "first", "on_the_day"),
    [
        ("31 December", "2019-12-20T01:00:00+00:00", "2019-12-31T01:00:00+00:00"),
        ("29 February", "2028-02-18T01:00:00+00:00", "2028-02-29T01:00:00+00:00"),
        # The clocks went back on Sunday 3 November: nine o'clock lies an hour later by UTC from then on.
        ("an hour twice", "2019-10-23T13:00:00+00:00", "2019-11-01T13:00:00+00:00"),
        ("midnight twice", "2019-10-23T13:00:00+00:00", "2019-11-01T13:00:00+00:00"),
    ],
)
def test_reminders_stand_at_nine_by_the_clock_of_the_region(
    plans: dict, what: str, first: str, on_the_day: str
) -> None:
    of_rule = {rule: [due for key, due, *_ in plans["UTC"][what] if f"|{rule}|" in key] for rule in RULES}
    assert of_rule["closes_soon"][0] == first
    assert set(of_rule["closes_today"]) == {on_the_day}
    late = sorted(set(of_rule["overdue"]))
    assert len(late) == 5
    if "twice" in what:
        assert late[0] == "2019-11-04T14:00:00+00:00"


RULES = ("closes_soon", "closes_today", "overdue")
