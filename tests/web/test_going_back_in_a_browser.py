"""In a real browser: after a refusal, Back and Reload show the page of the form, and nothing is sent again."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.factories import World
from tests.web.test_drafts_in_a_browser import opened, world  # noqa: F401 - fixtures
from tests.web.test_filling_in_a_browser import address, patient  # noqa: F401 - fixtures
from workflow.states import State

Opened = Callable[[int, str], Page]


def returned(world: World) -> None:  # noqa: F811 - what the fixture above gives
    world.bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, must=True, path="annual_goal", text="请写明数量")
    world.moved("send_back", world.own.reviewer)


def an_answer(page: Page) -> None:
    page.locator("#answer-text-1").fill("按省里口径")
    page.get_by_role("button", name="答复意见 1").click()


def a_reason(page: Page) -> None:
    page.get_by_label("调整理由").fill("  ")
    page.get_by_role("button", name="开立目标调整").click()


def a_report(page: Page) -> None:
    page.get_by_label("已执行").fill("约六十")
    page.get_by_role("button", name="填报：项目1").click()


def a_result(page: Page) -> None:
    page.get_by_label("第 1 行 实际").fill("很多")
    page.locator("button.save-all").click()


@pytest.mark.parametrize(
    ("state", "tail", "wrongly"),
    [
        (State.DRAFT, "/fill", an_answer),
        (State.DRAFT, "", an_answer),
        (State.MONITORING, "/adjust", a_reason),
        (State.MONITORING, "/monitoring/reports/{project}", a_report),
        (State.SELF_EVALUATION, "/evaluation", a_result),
    ],
)
def test_after_a_refusal_going_back_or_reloading_sends_nothing_again(
    state: State,
    tail: str,
    wrongly: Callable[[Page], None],
    world: World,  # noqa: F811 - the fixtures above
    opened: Opened,  # noqa: F811
) -> None:
    if state is State.DRAFT:
        returned(world)
    else:
        world.bring_to(state)
    if state is State.SELF_EVALUATION:
        world.clock.on(date(factories.YEAR + 1, 2, 1))
    project = factories.project_ids(world.own.table_id).get("P1")
    there = f"/tables/{world.own.table_id}{tail.format(project=project)}"
    page = opened(world.own.editor, there)
    page.wait_for_load_state()
    wrongly(page)
    expect(page.locator(".summary")).to_be_focused()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto("/")
    page.go_back()
    expect(page.locator("form[method=post]").last).to_be_attached()
    assert page.url.endswith(there)
    page.reload()
    expect(page.locator("form[method=post]").last).to_be_attached()
    assert "GET" in sent
    assert "POST" not in sent
