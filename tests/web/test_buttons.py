"""The buttons of a table's pages: at most one is primary, and it is what is due next."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.factories import World
from tests.web.conftest import enter, put_clock
from workflow.states import State


@pytest.fixture
def world(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose clock is the pages' clock too."""
    made = factories.world()
    put_clock(monkeypatch, made.clock)
    return made


def primary(html: str) -> list[str]:
    """What the primary buttons of a page say."""
    return re.findall(r'<(?:a|button)(?: [^>]*)? class="primary[^"]*"[^>]*>([^<]+)<', html)


def bar_of(html: str) -> str:
    """The bar at the bottom."""
    return html.split('id="actions"')[1]


@pytest.mark.parametrize(
    ("state", "who", "due"),
    [
        (State.DRAFT, "editor", ["送审"]),
        (State.INTERNAL_REVIEW, "reviewer", ["内审"]),
        (State.INTERNAL_REVIEW, "editor", []),
        (State.FINANCE_REVIEW, "officer", ["审核"]),
        (State.FINANCE_REVIEW, "reviewer", []),
        (State.APPROVED, "editor", ["登记监控项目"]),
        (State.APPROVED, "officer", []),
        (State.MONITORING, "editor", ["填监控报告"]),
        (State.MONITORING, "reviewer", ["确认监控报告"]),
        (State.EVALUATION_REVIEW, "officer", ["复核自评"]),
    ],
)
def test_the_one_primary_button_of_a_tables_page_is_what_is_due_next(
    state: State, who: str, due: list[str], world: World, browser: FlaskClient
) -> None:
    world.bring_to(state)
    enter(browser, getattr(world.own, who))
    assert primary(browser.get(f"/tables/{world.own.table_id}").text) == due


def test_an_adjustment_is_offered_but_never_primary(world: World, browser: FlaskClient) -> None:
    world.bring_to(State.MONITORING)
    enter(browser, world.own.editor)
    bar = bar_of(browser.get(f"/tables/{world.own.table_id}").text)
    assert 'class="secondary button" href="/tables/1/adjust"' in bar


def test_no_report_is_due_between_two_rounds(world: World, browser: FlaskClient) -> None:
    world.bring_to(State.MONITORING)
    world.clock.on(date(2020, 9, 20))
    enter(browser, world.own.editor)
    page = browser.get(f"/tables/{world.own.table_id}").text
    assert "填监控报告" in bar_of(page)
    assert primary(page) == []


def test_once_a_project_is_listed_nothing_is_due_before_monitoring(world: World, browser: FlaskClient) -> None:
    world.bring_to(State.APPROVED)
    world.list_projects(1)
    enter(browser, world.own.editor)
    assert primary(browser.get(f"/tables/{world.own.table_id}").text) == []


@pytest.mark.parametrize("where", ["", "/fill"])
def test_a_draft_offers_projects_in_the_page_with_when_they_count_and_not_beside_submitting(
    where: str, world: World, browser: FlaskClient
) -> None:
    world.bring_to(State.DRAFT)
    enter(browser, world.own.editor)
    html = browser.get(f"/tables/{world.own.table_id}{where}").text
    if where:
        assert "登记监控项目" not in html
        return
    before, bar = html.split('id="actions"')
    assert "登记监控项目" not in bar
    assert "监控期“1—7月”2020-08-03 周一 开始时在册的项目才计入分母" in before
    assert 'href="/tables/1/projects/add">登记监控项目</a>' in before
    assert "登记监控项目" in browser.get("/tables/1/projects/add").text


def test_an_adjustment_lists_no_projects_of_its_own(world: World, browser: FlaskClient) -> None:
    world.bring_to(State.APPROVED)
    opened = world.recorded("open_adjustment", world.own.editor, reason="机构职能调整")
    enter(browser, world.own.editor)
    assert "登记监控项目" not in browser.get(f"/tables/{opened.said['table']}").text


@pytest.mark.parametrize("page", ["/evaluation", ""])
def test_who_fills_in_and_reports_the_self_evaluation_has_one_primary_button(
    page: str, world: World, browser: FlaskClient
) -> None:
    world.bring_to(State.SELF_EVALUATION)
    world.clock.on(date(2021, 2, 1))
    world.evaluate()
    enter(browser, world.own.both)
    assert primary(browser.get(f"/tables/{world.own.table_id}{page}").text) == ["报送自评"]
