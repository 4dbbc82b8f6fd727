"""The command line: what it prints, and exit code 2 with one clear sentence when it cannot."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from accounts import people
from accounts.models import Appointment, Person
from commands import demo_region
from commands.settings import described
from config.clock import now
from config.database import db, writing
from config.settings import Settings
from tests.conftest import SECRET
from web.application import create_app


class CommandLine:
    """`flask --app wsgi …` on the test's database."""

    def __init__(self, app: Flask) -> None:
        self.runner = app.test_cli_runner()

    def __call__(self, *words: str) -> Result:
        return self.runner.invoke(args=list(words))

    def done(self, *words: str) -> str:
        """What a command printed that must succeed."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def flask(app: Flask) -> Iterator[CommandLine]:
    made = create_app(app.config["MUBIAO"])
    yield CommandLine(made)
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def region(flask: CommandLine) -> CommandLine:
    flask.done("region", "add", "990000", "云岭省")
    flask.done("departments", "add", "101", "水利厅", "--region", "990000")
    return flask


def test_a_person_is_added_appointed_and_ended(region: CommandLine) -> None:
    assert "初始密码" in region.done("people", "add", "tian", "田小禾")
    place = ("--region", "990000", "--department", "101")
    region.done("people", "appoint", "tian", "填报人", *place, "--from", "2026-01-01", "--last", "2026-12-31")
    (listed,) = json.loads(region.done("people", "list", "--json"))
    (appointment,) = listed["appointments"]
    assert (appointment["role"], appointment["from"], appointment["until"]) == ("editor", "2026-01-01", "2027-01-01")
    assert "2026-01-01 至 2026-12-31" in region.done("people", "list")
    region.done("people", "end", "tian", "editor", *place, "--last", "2026-06-30")
    assert db.session.scalars(select(Appointment.ends_on)).all() == [date(2026, 7, 1)]


def test_an_account_is_disabled_and_enabled_with_a_reason(region: CommandLine) -> None:
    region.done("people", "add", "tian", "田小禾")
    region.done("people", "disable", "tian", "--reason", "离职")
    assert json.loads(region.done("people", "list", "--json"))[0]["disabled"] is True
    assert region("people", "disable", "tian", "--reason", "离职").exit_code == 2
    region.done("people", "enable", "tian", "--reason", "返聘")
    assert json.loads(region.done("people", "list", "--json"))[0]["disabled"] is False


def test_a_forgotten_password_is_replaced_by_a_first_one(region: CommandLine) -> None:
    first = region.done("people", "add", "tian", "田小禾").split()[-1]
    second = region.done("people", "first-password", "tian").split()[-1]
    assert first != second
    assert db.session.scalars(select(Person.must_change_password)).one() is True


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("people", "first-password", "nobody"), "没有账号 nobody"),
        (("people", "appoint", "tian", "填报人", "--region", "990000"), "--department"),
        (("people", "appoint", "tian", "auditor", "--region", "990000", "--department", "101"), "整个地区"),
        (("people", "appoint", "tian", "auditor", "--region", "1"), "地区代码 1"),
        (("people", "end", "tian", "auditor", "--region", "990000", "--last", "2026-01-01"), "没有任"),
        (("people", "import", "no-such-file.xlsx"), "打不开"),
        (("region", "add", "990000", "别省"), "已经登记"),
        (("region", "add", "980000", "别省", "--timezone", "Mars/Olympus"), "时区"),
        (("departments", "add", "102", "厅", "--region", "1"), "地区代码 1"),
        (("departments", "add", "102", "厅", "--region", "990000", "--parent", "7"), "上级部门编码 7"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], sentence: str, region: CommandLine) -> None:
    region.done("people", "add", "tian", "田小禾")
    result = region(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_an_import_prints_a_line_for_each_line_and_fails_when_one_was_refused(
    region: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("部门编码,姓名,账号,角色\n101,甲一,jiayi,填报人\n101,乙二,yier,处长\n", encoding="gb18030")
    result = region("people", "import", str(file))
    assert result.exit_code == 2
    assert "第 2 行　新增" in result.stdout
    assert "初始密码" in result.stdout
    assert "第 3 行：“角色”写的是“处长”" in result.stderr
    file.write_text("部门编码,姓名,账号,角色\n101,甲一,jiayi,填报人\n", encoding="utf-8")
    printed = json.loads(region.done("people", "import", str(file), "--json"))
    assert [(line["line"], line["outcome"], line["first_password"]) for line in printed] == [(2, "unchanged", None)]


def test_departments_are_listed_below_the_one_above(region: CommandLine) -> None:
    region.done("departments", "add", "101001", "水文院", "--region", "990000", "--parent", "101", "--no-table")
    assert "101\t水利厅\n  101001\t水文院" in region.done("departments", "list")
    unit = json.loads(region.done("departments", "list", "--json"))[1]
    assert (unit["parent"], unit["submits"]) == ("101", False)


def test_verify_is_content_with_a_whole_ledger_and_fails_on_a_changed_one(region: CommandLine) -> None:
    assert "审计链完整" in region.done("ledger", "verify")
    with writing() as session:
        session.execute(text("UPDATE ledger_entry SET person_name = '别人' WHERE id = 1"))
    result = region("ledger", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["position"] == 1


def test_a_database_without_tables_is_one_sentence(tmp_path: Path) -> None:
    app = create_app(Settings(environment="development", secret_key=SECRET, data=tmp_path))
    result = CommandLine(app)("people", "list")
    with app.app_context():
        db.engine.dispose()
    assert result.exit_code == 2
    assert "db upgrade" in result.stderr


def test_every_setting_has_a_meaning(flask: CommandLine) -> None:
    assert len(described()) == len(Settings.model_fields)
    assert all(each["meaning"] for each in described())
    assert "not-a-secret" not in flask.done("settings")


def test_the_demo_is_made_once_and_its_accounts_work(app: Flask, tmp_path: Path) -> None:
    first = demo_region.ensure(app)
    assert len(first) == 9
    assert demo_region.ensure(app) == first
    for account in first:
        came_in = people.sign_in(account.login, account.password, now())
        assert isinstance(came_in, Person)
        assert not came_in.must_change_password
    assert (app.config["MUBIAO"].data / demo_region.FILE).stat().st_mode & 0o077 == 0


def test_the_demo_stays_out_of_a_database_with_data_of_its_own(region: CommandLine, app: Flask) -> None:
    stale = app.config["MUBIAO"].data / demo_region.FILE
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.write_text(
        '[{"login": "tianhe", "password": "x", "name": "田小禾", "role": "填报人", "place": "省水利厅"}]',
        encoding="utf-8",
    )
    assert demo_region.ensure(app) == []
    assert not stale.exists()
    assert db.session.scalars(select(Person.login)).all() == []


def test_a_manager_enters_a_notice_of_holidays_from_a_file(region: CommandLine, tmp_path: Path) -> None:
    region.done("people", "add", "wang", "王处长")
    region.done("people", "appoint", "wang", "绩效处管理人", "--region", "990000", "--from", "2020-01-01")
    file = tmp_path / "holidays.txt"
    file.write_text("2047-01-01 休 元旦\n2047-01-05 班\n", encoding="utf-8")
    given = ("cycle", "holidays", "add", str(file), "--region", "990000", "--year", "2047", "--source", "国办发明电")
    assert "2047 年第 1 版安排已登记" in region.done(*given, "--as", "wang")
    assert "2047  确定  国办发明电，2047 年第 1 版" in region.done("cycle", "holidays", "list", "990000")
    (notice,) = json.loads(region.done("cycle", "holidays", "list", "990000", "--json"))["notices"]
    assert (notice["off"], notice["working"], notice["counts"]) == ({"2047-01-01": "元旦"}, ["2047-01-05"], True)
    file.write_text("2047-01-02 班\n", encoding="utf-8")
    refused = region(*given, "--as", "wang")
    assert refused.exit_code == 2
    assert "第 1 行：2047-01-02 是周三，本来就上班" in refused.stderr
    assert len(json.loads(region.done("cycle", "holidays", "list", "990000", "--json"))["notices"]) == 1
