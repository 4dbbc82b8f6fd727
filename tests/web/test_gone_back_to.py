"""Back to the form of something that was done: the page says that it was, by whom and when, and where the table is."""

from collections.abc import Callable

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


def declined(world: World) -> None:
    world.moved("amend", world.own.officer)
    table = world.table()
    world.recorded("decline_amendment", world.own.reviewer, revision=table.latest_revision, reason="不同意")


def accepted(world: World) -> None:
    world.moved("amend", world.own.officer)
    world.moved("accept_amendment", world.own.reviewer)


def moved(event: str, who: str) -> Callable[[World], object]:
    return lambda world: world.moved(event, getattr(world.own, who) if hasattr(world.own, who) else world.manager)


DONE: dict[str, tuple[State, Callable[[World], object], str, str, str]] = {
    "submit": (State.DRAFT, moved("submit", "editor"), "editor", "do/submit", "已送审：水利厅。现在是“部门内审”，由 "),
    "endorse": (
        State.INTERNAL_REVIEW, moved("endorse", "reviewer"), "reviewer", "do/endorse",
        "已内审通过：水利厅。现在是“财政审核”，由 水利厅专管 审核",
    ),
    "send_back": (
        State.INTERNAL_REVIEW, moved("send_back", "reviewer"), "reviewer", "do/send_back",
        "已内审退回：水利厅。现在是“草拟”，由 ",
    ),
    "withdraw": (
        State.INTERNAL_REVIEW, moved("withdraw", "editor"), "editor", "do/withdraw", "已撤回送审：水利厅。现在是“草拟”",
    ),
    "recall": (
        State.FINANCE_REVIEW, moved("recall", "reviewer"), "reviewer", "do/recall",
        "已撤回上报：水利厅。现在是“部门内审”",
    ),
    "accept_amendment": (
        State.FINANCE_REVIEW, accepted, "reviewer", "do/accept_amendment",
        "已接受修改：水利厅。现在是“财政审核”，由 水利厅专管 审核",
    ),
    "decline_amendment": (
        State.FINANCE_REVIEW, declined, "reviewer", "decline-amendment",
        "已不接受修改：水利厅。现在是“财政审核”，由 水利厅专管 审核",
    ),
    "report_evaluation": (
        State.SELF_EVALUATION, lambda world: (world.make_ready(), world.arrive(State.EVALUATION_REVIEW)), "reviewer",
        "do/report_evaluation", "已报送自评：水利厅。现在是“自评复核”，由 水利厅专管 复核自评",
    ),
    "return_evaluation": (
        State.EVALUATION_REVIEW, moved("return_evaluation", "officer"), "officer", "do/return_evaluation",
        "已退回自评：水利厅。现在是“绩效自评”，由 ",
    ),
    "accept_evaluation": (
        State.EVALUATION_REVIEW, moved("accept_evaluation", "officer"), "officer", "do/accept_evaluation",
        "已复核通过：水利厅。现在是“已完成”。",
    ),
    "void": (State.APPROVED, moved("void", "manager"), "manager", "do/void", "已作废：水利厅。现在是“作废”。"),
}  # fmt: skip


@pytest.mark.parametrize("event", list(DONE))
def test_going_back_to_the_form_of_what_was_done_says_so_and_where_the_table_is(
    event: str, world: World, browser: FlaskClient
) -> None:
    state, do, who, path, said = DONE[event]
    world.bring_to(state)
    enter(browser, getattr(world.own, who) if hasattr(world.own, who) else world.manager)
    address = f"/tables/{world.own.table_id}/{path}"
    do(world)
    page = browser.get(address).text
    assert f" {said}" in page
    assert page.split('role="status" tabindex="-1" data-focus>')[1].startswith("您 ")
    assert "现在不能" not in page.split('id="content"')[1]


@pytest.mark.parametrize(
    ("state", "do", "who", "path", "said"),
    [
        (State.INTERNAL_REVIEW, moved("endorse", "reviewer"), "reviewer", "internal-review", "已内审通过：水利厅"),
        (State.FINANCE_REVIEW, moved("approve", "officer"), "officer", "review", "已批复：水利厅"),
        (State.FINANCE_REVIEW, moved("return", "officer"), "officer", "review/return", "已退回：水利厅"),
        (State.EVALUATION_REVIEW, moved("accept_evaluation", "officer"), "officer", "evaluation-review", "已复核通过"),
    ],
)
def test_going_back_to_a_review_that_was_decided_leads_to_the_table_and_says_so(
    state: State, do: Callable[[World], object], who: str, path: str, said: str, world: World, browser: FlaskClient
) -> None:
    world.bring_to(state)
    enter(browser, getattr(world.own, who))
    do(world)
    answer = browser.get(f"/tables/{world.own.table_id}/{path}", follow_redirects=True)
    assert answer.request.path == f"/tables/{world.own.table_id}"
    assert f" {said}" in answer.text
    assert "notice-result" in answer.text


def test_a_colleague_reads_who_did_it(world: World, browser: FlaskClient) -> None:
    world.bring_to(State.INTERNAL_REVIEW)
    enter(browser, world.own.second_editor)
    page = browser.get(f"/tables/{world.own.table_id}/do/submit").text
    assert "水利厅填报甲 11-04 10:00 已送审：水利厅。现在是“部门内审”，由 " in page


def test_who_goes_on_is_never_who_submitted(world: World, browser: FlaskClient) -> None:
    world.bring_to(State.DRAFT)
    world.moved("submit", world.own.both)
    enter(browser, world.own.both)
    said = browser.get(f"/tables/{world.own.table_id}/do/submit").text.split("由 ")[1].split("。")[0]
    assert said.startswith("水利厅审核乙、水利厅审核甲 内审，截至 12-06")


def test_what_was_sent_back_since_is_no_longer_told_as_done(world: World, browser: FlaskClient) -> None:
    world.bring_to(State.INTERNAL_REVIEW)
    world.moved("send_back", world.own.reviewer)
    enter(browser, world.own.editor)
    page = browser.get(f"/tables/{world.own.table_id}/do/submit").text
    assert "已送审" not in page.split('id="content"')[1].split("<form")[1]
