"""The desk as a page: where each thing leads, which department it is about, what it says to whom."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Region
from accounts.roles import Role
from config.database import db
from notifications import outbox
from notifications.channels.inbox import Inbox
from tests import factories
from tests.web.conftest import enter, put_clock
from workflow.states import State


@pytest.fixture
def world(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> factories.World:
    """A region in its year, on its own clock."""
    made = factories.world()
    put_clock(monkeypatch, made.clock)
    return made


def desk_of(browser: FlaskClient, person_id: int) -> str:
    """What somebody's desk says."""
    enter(browser, person_id)
    return browser.get("/").text


@pytest.mark.parametrize(
    ("state", "who", "place"),
    [
        (State.INTERNAL_REVIEW, "reviewer", "internal-review"),
        (State.FINANCE_REVIEW, "officer", "review"),
        (State.EVALUATION_REVIEW, "officer", "evaluation-review"),
    ],
)
def test_a_review_on_the_desk_opens_where_it_is_decided(
    state: State, who: str, place: str, world: factories.World, browser: FlaskClient
) -> None:
    world.bring_to(state)
    assert f'href="/tables/{world.own.table_id}/{place}"' in desk_of(browser, getattr(world.own, who))


def test_an_amendment_on_the_desk_opens_where_it_is_accepted(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.FINANCE_REVIEW).moved("amend", world.own.officer)
    page = desk_of(browser, world.own.reviewer)
    assert f'href="/tables/{world.own.table_id}/do/accept_amendment"' in page


def test_an_editor_of_two_departments_reads_which_is_which(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=False, path="", text="请补充")
    world.moved("return", world.own.officer)
    both = factories.person(
        "两处", *((Role.EDITOR, world.region_id, place) for place in (world.own.id, world.neighbour.id))
    )
    db.session().commit()
    page = desk_of(browser, both)
    assert "<strong>水利厅 2020年度绩效目标表：改后重新送审</strong>" in page
    assert "<strong>林业局 2020年度绩效目标表</strong>" in page
    assert '<td class="whole">水利厅</td>' in page
    assert 'class="open-advice">未答复' in page


def test_an_editor_of_one_department_is_not_told_its_name_again_and_again(
    world: factories.World, browser: FlaskClient
) -> None:
    assert "<strong>2020年度绩效目标表：填报并送审</strong>" in desk_of(browser, world.own.editor)


def test_a_list_of_late_departments_names_them_and_leads_to_them(world: factories.World, browser: FlaskClient) -> None:
    world.clock.on(date(2019, 12, 9))
    outbox.plan_due(world.clock())
    outbox.deliver(world.clock(), {"inbox": Inbox()})
    page = desk_of(browser, world.manager)
    assert "2020 年度“目标编报”逾期：林业局、水利厅" in page
    assert f'href="/cycle?cycle={world.cycle_id}&amp;state=late"' in page
    inbox = browser.get("/messages").text
    assert f'value="/cycle?cycle={world.cycle_id}&amp;state=late"' in inbox
    assert "看这些表" in inbox


def test_a_heads_desk_shows_what_is_late_without_a_button_to_do_anything(
    world: factories.World, browser: FlaskClient
) -> None:
    before = desk_of(browser, world.own.head)
    assert "本部门要办的 1 张" in before
    assert "，没有逾期的" in before
    assert "2020年度绩效目标表：填报并送审" in before
    assert "剩 24 个工作日" in before
    world.clock.on(date(2019, 12, 11))
    outbox.plan_due(world.clock())
    outbox.deliver(world.clock(), {"inbox": Inbox()})
    page = browser.get("/").text
    assert "本部门逾期的 1 张" in page
    assert "已过 3 个工作日" in page
    assert "2020年度绩效目标表：逾期没有送审" in page
    assert "在填报人水利厅兼任、水利厅填报乙、水利厅填报甲手里" in page
    assert "2020 年度“目标编报”逾期，请督促：水利厅" in page
    assert f"/tables/{world.own.table_id}/extend" not in page
    assert f"/tables/{world.own.table_id}/urge" not in page
    table = browser.get(f"/tables/{world.own.table_id}").text
    assert f'action="/tables/{world.own.table_id}' not in table
    assert "<button" not in table.split("<main", 1)[1]


@pytest.mark.parametrize("who", ["head", "auditor"])
def test_who_can_do_nothing_has_no_list_of_things_to_do(who: str, world: factories.World, browser: FlaskClient) -> None:
    page = desk_of(browser, world.own.head if who == "head" else world.auditor)
    assert "等我办的" not in page
    assert "待办" not in page
    assert ("本部门要办的" if who == "head" else "各阶段的表") in page.split('class="side"')[0]


def test_a_head_whose_department_is_asked_for_nothing_reads_that(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.APPROVED)
    assert "本部门没有逾期的表，现在也没有要本部门办的事。" in desk_of(browser, world.own.head)


def test_who_has_nothing_to_do_today_but_could_is_told_so(world: factories.World, browser: FlaskClient) -> None:
    assert "等我办的 0 件" in desk_of(browser, world.own.reviewer)


def test_a_grade_in_the_history_stands_apart_from_the_name(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.APPROVED)
    enter(browser, world.own.editor)
    page = re.sub(r"<[^>]+>", "", browser.get(f"/tables/{world.own.table_id}").text)
    assert "批复 水利厅专管，评级“良”" in re.sub(r"\s+", " ", page)


def test_an_open_advice_is_amber_and_an_open_must_is_red(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.FINANCE_REVIEW)
    for must in (True, False):
        world.recorded("remark", world.own.officer, must=must, path="", text="请补充")
    world.moved("return", world.own.officer)
    enter(browser, world.own.editor)
    page = browser.get(f"/tables/{world.own.table_id}").text
    assert '<span class="remark-state open">未答复' in page
    assert '<span class="remark-state open-advice">未答复' in page


def test_projects_are_registered_in_the_same_words_everywhere(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.APPROVED)
    assert "登记监控项目<span" in desk_of(browser, world.own.editor)
    assert "登记监控项目</a>" in browser.get(f"/tables/{world.own.table_id}").text
    assert "登记监控项目</button>" in browser.get(f"/tables/{world.own.table_id}/projects/add").text


def test_a_count_says_whether_it_is_of_this_round_or_of_the_year(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.MONITORING)
    world.report("P1", "P2")
    assert "本期（1—7月）已报 2 个，已确认 0 个；全年已监控 0 个，共 4 个项目" in desk_of(browser, world.own.editor)
    page = browser.get("/monitoring").text
    assert "全年完成率" in page
    assert "本期待确认" in page
    assert "2 份" in page


def test_who_only_reads_is_not_promised_work(world: factories.World, browser: FlaskClient) -> None:
    session = db.session()
    empty = Region(code="990001", name="还没有开立年度的省")
    session.add(empty)
    session.flush()
    reader = factories.person("远方审计", (Role.AUDITOR, empty.id, None))
    session.commit()
    page = desk_of(browser, reader)
    assert "年度开立后，各部门的表会列在这里" in page
    assert "要您办的事" not in page


def test_my_table_says_whose_turn_it_is_in_words(world: factories.World, browser: FlaskClient) -> None:
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", desk_of(browser, world.own.editor)))
    assert "现在草拟，轮到您办理 共 8 步的第 1 步" in said


def test_waiting_is_counted_in_working_days_with_its_date_beside(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.FINANCE_REVIEW)
    since = world.clock.at.date()
    world.clock.at += timedelta(days=7)
    page = desk_of(browser, world.own.editor)
    assert re.search(rf'title="{since:%m-%d} 周. 起">已等 5 个工作日<', page)
    assert not re.search(r"已等 \d+ 天", page)
    browser.delete_cookie("mubiao")
    enter(browser, world.manager)
    listed = browser.get("/worklist").text
    assert re.search(rf'title="{since:%m-%d} 周. 起">5 个工作日<', listed)


def test_an_adjustment_of_mine_has_four_steps(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.APPROVED)
    world.recorded("open_adjustment", world.own.editor, reason="汛期提前")
    page = desk_of(browser, world.own.editor)
    strips = [strip.count("<li") for strip in re.findall(r'<ol class="mini".*?</ol>', page)]
    assert sorted(strips) == [4, 8]
