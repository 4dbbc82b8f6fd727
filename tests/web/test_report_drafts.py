"""The page of a monitoring report: what is written is kept as a draft, and the page says what is still missing."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.database import db
from tests import factories
from tests.factories import World
from tests.web.conftest import enter, key_of, post, put_clock
from workflow.models import ProjectReport, ReportDraft
from workflow.states import State

MONEY = {"year_start": "100", "adjusted": "100", "executed": "60", "expected": "100"}
ROW = {"rows": "2", "name-1": "完成率", "target-1": "100%", "actual-1": "60%", "likelihood-1": "能"}


@pytest.fixture
def world(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """Four projects, the round open, for pages by the same clock."""
    made = factories.world()
    put_clock(monkeypatch, made.clock)
    return made.bring_to(State.MONITORING)


@pytest.fixture
def path(world: World, browser: FlaskClient) -> str:
    """The report of the first project, with an editor at it."""
    enter(browser, world.own.editor)
    return f"/tables/{world.own.table_id}/monitoring/reports/{factories.project_ids(world.own.table_id)['P1']}"


def save(browser: FlaskClient, path: str, seen: int = 0, **typed: str):
    """As the page saves by itself."""
    data = {"csrf_token": key_of(browser.get(path).text), "draft_key": factories.key().ljust(8, "x"), "seen": seen}
    data |= {"round_id": "1", **typed}
    return browser.post(f"{path}/draft", data=data, headers={"HX-Request": "true"})


def gaps(page: str) -> list[tuple[str, str]]:
    """What is said to be missing: field and words."""
    line = page.split('class="gaps"')[1].split("</p>", maxsplit=1)[0]
    return re.findall(r'<a href="#([^"]+)">([^<]+)</a>', line)


def kept() -> list[ReportDraft]:
    db.session().rollback()
    return db.session().query(ReportDraft).all()


def test_a_new_report_says_what_is_missing_with_the_way_to_each(browser: FlaskClient, path: str) -> None:
    page = browser.get(path).text
    assert "还差 2 处才能填报：" in page
    assert [field for field, _words in gaps(page)] == ["executed", "name-0"]
    assert all(f'id="{field}"' in page for field, _words in gaps(page))


def test_what_is_written_is_kept_unfinished_and_the_answer_says_what_is_missing(
    browser: FlaskClient, path: str
) -> None:
    answer = save(browser, path, **MONEY, rows="2", **{"name-1": "完成率", "actual-1": ""})
    assert answer.status_code == 200
    assert "您 08-03 10:00 存的草稿，还没有填报" in answer.text
    assert ("actual-1", "至少要有一行指标写明名称和至今完成多少") in gaps(answer.text)
    assert 'name="seen" value="1"' in answer.text
    page = browser.get(path).text
    assert 'id="name-1" name="name-1" aria-label="第 2 行 指标" value="完成率"' in page
    assert 'name="executed" class="right" inputmode="decimal" autocomplete="off" required value="60"' in page


def test_a_finished_draft_is_said_to_be_and_then_reported(browser: FlaskClient, path: str) -> None:
    assert "已经填全，可以填报" in save(browser, path, **MONEY, **ROW).text
    assert post(browser, path, MONEY | ROW | {"round_id": "1"}).status_code == 303
    assert kept() == []
    assert db.session().query(ProjectReport).one().executed == 60_000_000


def test_amounts_that_cannot_be_read_are_kept_as_typed(browser: FlaskClient, path: str) -> None:
    answer = save(browser, path, **MONEY | {"executed": "约六十"})
    assert answer.status_code == 200
    assert "executed" in dict(gaps(answer.text))
    assert 'value="约六十"' in browser.get(path).text


def test_a_target_alone_is_kept_too(browser: FlaskClient, path: str) -> None:
    save(browser, path, rows="2", **{"target-1": "≥12 公里"})
    assert 'value="≥12 公里"' in browser.get(path).text


def test_without_script_a_button_keeps_the_draft_and_another_gives_it_up(browser: FlaskClient, path: str) -> None:
    page = browser.get(path).text
    assert f'formaction="{path}/draft">存草稿</button>' in page
    assert "不要草稿" not in page
    typed = {"csrf_token": key_of(page), "draft_key": "a" * 12, "seen": "0", "round_id": "1", "executed": "61"}
    answer = browser.post(f"{path}/draft", data=typed, follow_redirects=True)
    assert "草稿已存，还没有填报" in answer.text
    assert 'value="61"' in answer.text
    assert "不要草稿" in answer.text
    typed |= {"draft_key": "b" * 12, "seen": "1", "give_up": "yes"}
    assert "草稿已经删去" in browser.post(f"{path}/draft", data=typed, follow_redirects=True).text
    assert kept() == []


def test_a_colleagues_draft_is_not_overwritten_and_what_was_typed_stays(
    browser: FlaskClient, path: str, world: World
) -> None:
    given = {"round_id": 1, "code": "P1", "seen": 0}
    world.recorded("draft_report", world.own.second_editor, amounts={"executed": "7"}, indicators=[], **given)
    answer = save(browser, path, **MONEY)
    assert answer.status_code == 409
    assert "水利厅填报乙 10:00 改了这份草稿" in answer.text
    assert 'name="seen" value="0"' in answer.text
    assert [one.amounts["executed"] for one in kept()] == ["7"]
    typed = {"csrf_token": key_of(browser.get(path).text), "draft_key": "c" * 12, "seen": "0", "round_id": "1"}
    refused = browser.post(f"{path}/draft", data=typed | MONEY)
    assert refused.status_code == 409
    assert "草稿没有存上" in refused.text
    assert 'value="60"' in refused.text
    assert 'name="seen" value="0"' in refused.text


def test_the_list_of_projects_says_which_drafts_wait_and_what_they_lack(
    browser: FlaskClient, path: str, world: World, pages: Flask
) -> None:
    save(browser, path, **MONEY)
    page = browser.get(f"/tables/{world.own.table_id}/monitoring").text
    assert page.count("有草稿，还差 1 处") == 1
    db.session().rollback()
    other = pages.test_client()
    enter(other, world.own.officer)
    assert "有草稿" not in other.get(f"/tables/{world.own.table_id}/monitoring").text


def test_all_that_a_page_saved_by_itself_is_one_line_of_the_history(
    browser: FlaskClient, path: str, world: World
) -> None:
    save(browser, path, **MONEY)
    save(browser, path, 1, **MONEY | {"executed": "61"})
    history = browser.get(f"/tables/{world.own.table_id}").text.split('id="history-title"')[1]
    assert history.count("写监控报告草稿") == 1
