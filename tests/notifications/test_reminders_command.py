"""`reminders plan` and `reminders ledger`: the same plan before, the same rows after."""

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import Result
from flask import Flask

from commands import reminders as command
from notifications import tasks
from notifications.channels.inbox import Inbox
from tests.factories import World
from tests.factories import world as open_year
from workflow.states import State


class Letters(Inbox):
    """A second way that never fails."""

    name = "email"


@pytest.fixture
def year(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A year of two departments, and a command line that lives in it."""
    made = open_year()
    monkeypatch.setattr(command, "now", made.clock)
    return made


def run(app: Flask, *args: str) -> Result:
    """The command as typed."""
    return app.test_cli_runner().invoke(command.reminders, args)


def test_the_preview_names_exactly_what_the_ledger_will_hold(app, year):
    previewed = json.loads(run(app, "plan", "--from", "2019-11-27", "--to", "2019-12-09", "--json").stdout)
    for day in range(27, 31):
        tasks.tick(year.clock.on(date(2019, 11, day)), {"inbox": Inbox(), "email": Letters()})
    for day in range(1, 10):
        tasks.tick(year.clock.on(date(2019, 12, day)), {"inbox": Inbox(), "email": Letters()})
    ledger = json.loads(run(app, "ledger", "--json").stdout)
    assert {row["status"] for row in ledger} == {"sent", "superseded"}
    held = {(row["key"], row["due_at"], row["subject"], row["reason"]) for row in ledger if row["rule"] != "opens"}
    assert {(row["key"], row["due_at"], row["subject"], row["reason"]) for row in previewed} == held
    assert len(held) > 80


def test_the_weekly_list_of_the_bureau_is_previewed_as_it_will_be_told(app, year):
    year.bring_to(State.FINANCE_REVIEW)  # on Monday, 4 November
    previewed = json.loads(run(app, "plan", "--from", "2019-11-11", "--to", "2019-11-18", "--json").stdout)
    for day in (11, 18):
        tasks.tick(year.clock.on(date(2019, 11, day)), {"inbox": Inbox(), "email": Letters()})
    ledger = json.loads(run(app, "ledger", "--json").stdout)
    told, foretold = (
        {(row["key"], row["due_at"], row["subject"]) for row in rows if row["rule"] == "bureau_waits"}
        for rows in (ledger, previewed)
    )
    assert told == foretold
    assert len(told) == 2 * 2 * 2  # two Mondays, an officer and a manager, two ways


def test_the_preview_looks_thirty_days_ahead_from_today(app, year):
    year.clock.at = datetime(2019, 11, 6, 20, tzinfo=UTC)  # 7 November in China
    days = {row["due_at"][:10] for row in json.loads(run(app, "plan", "--json").stdout)}
    assert days == {"2019-11-27", "2019-12-03", "2019-12-05", "2019-12-06"}


def test_people_read_who_is_reminded_of_what_and_why(app, year):
    said = run(app, "plan", "--cycle", str(year.cycle_id), "--from", "2019-12-06", "--to", "2019-12-06").stdout
    assert "2019-12-06T09:00+08:00  水利厅填报甲  inbox  水利厅 2020 年度绩效目标表：“目标编报”" in said
    assert "“目标编报”2019-12-06 截止，当日提醒；表在“草拟”，通知填报人" in said
    assert said.endswith("共 20 条提醒\n")


def test_the_ledger_says_what_became_of_each(app, year):
    tasks.tick(year.clock.on(date(2019, 12, 6)), {"inbox": Inbox(), "email": Letters()})
    said = run(app, "ledger", "--cycle", str(year.cycle_id)).stdout
    assert "截止  已发" in said
    assert "由后一次提醒代替（后面的一次提醒已经到期）" in said


def test_the_ledger_says_into_which_message_a_notice_went(app, year):
    for day in (5, 7):
        year.clock.on(date(2019, 11, day))
        year.recorded("urge", year.manager)
    tasks.tick(year.clock, {"inbox": Inbox(), "email": Letters()})
    ledger = json.loads(run(app, "ledger", "--json").stdout)
    mine = [row for row in ledger if row["recipient"] == year.own.editor and row["channel"] == "email"]
    (leading,) = [row for row in mine if row["within"] is None]
    others = [row for row in mine if row["within"] is not None]
    assert {(row["status"], row["within"], row["within_subject"]) for row in others} == {
        ("sent", leading["id"], leading["subject"])
    }
    assert len(others) == 2
    assert f"已发（并入“{leading['subject']}”）" in run(app, "ledger").stdout


def test_where_there_is_nothing_it_says_so(app, year):
    assert run(app, "ledger").stdout == "还没有通知\n"
    assert run(app, "plan", "--from", "2019-06-01", "--to", "2019-06-30").stdout == "这段时间没有提醒\n"
    assert json.loads(run(app, "ledger", "--json").stdout) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("plan", "--cycle", "999"), "没有年度 999"),
        (("ledger", "--cycle", "999", "--json"), "没有年度 999"),
        (("plan", "--from", "2019-12-06", "--to", "2019-12-05"), "截止日期 2019-12-05 早于起始日期 2019-12-06"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence_on_stderr_and_exit_code_2(app, year, args, words):
    result = run(app, *args)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{words}\n")
