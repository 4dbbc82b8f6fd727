"""Back, after a form was refused or several tables were done: nobody is asked to send it again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pytest
from playwright.sync_api import Error, Page, expect

from config.database import db
from tests import factories
from tests.browser.conftest import House
from tests.factories import World
from web import going_back
from workflow.states import State

TYPED = "写了很久的意见"
RETURNED, MONITORED, EVALUATED = date(2019, 11, 5), date(2020, 8, 10), date(2021, 2, 1)


@dataclass(frozen=True)
class Form:
    """A form, and how it is sent with a text so that it is refused."""

    state: State
    path: str
    field: str
    send: Callable[[Page, str], None]
    by: Literal["officer", "editor"] = "officer"
    on: date | None = None
    """A day on which it is open."""
    restored: bool = True
    """Whether browsers put back what was typed and not sent; not where they are told to suggest nothing (numbers)."""
    drafted: bool = False
    """Whether the page keeps what is typed on the server by itself, and begins with it when it is opened anew."""


def _event(page: Page, text: str) -> None:
    """With a deadline that is past."""
    page.locator("#opinion").fill(text)
    page.locator("#until").fill("2019-01-02")
    page.get_by_role("button", name="退回自评：").click()


def _review(page: Page, text: str) -> None:
    """Without its grades."""
    page.locator("#opinion").fill(text)
    page.get_by_role("button", name="批复…", exact=True).click()


def _amendment(page: Page, text: str) -> None:
    """A change without its reason."""
    if page.locator("#path-1").input_value() != "annual_goal":
        page.locator("#path-1").select_option(value="annual_goal")
        page.wait_for_load_state("networkidle")
    page.get_by_label("第 1 处 改成").fill(text)
    page.locator("form.panel button.primary").click()


def _answer(page: Page, text: str) -> None:
    """Without saying whether it was changed."""
    page.locator("#answer-text-1").fill(text)
    page.get_by_role("button", name="答复意见 1").click()


def _report(page: Page, text: str) -> None:
    """Words where an amount belongs."""
    page.get_by_label("已执行").fill(text)
    page.get_by_role("button", name="填报：项目1").click()


def _result(page: Page, text: str) -> None:
    """Words where a number belongs."""
    page.get_by_label("第 1 行 实际").fill(text)
    page.locator("button.save-all").click()


FORMS = {
    "event": Form(State.EVALUATION_REVIEW, "do/return_evaluation", "#opinion", _event),
    "review": Form(State.FINANCE_REVIEW, "review", "#opinion", _review),
    "amendment": Form(State.FINANCE_REVIEW, "amend", "textarea[name=value] >> nth=0", _amendment),
    "answer": Form(State.DRAFT, "", "#answer-text-1", _answer, "editor", RETURNED),
    "answer beside the sheet": Form(State.DRAFT, "fill", "#answer-text-1", _answer, "editor", RETURNED),
    "report": Form(
        State.MONITORING,
        "monitoring/reports/{project}",
        "[name=executed]",
        _report,
        "editor",
        MONITORED,
        restored=False,
        drafted=True,
    ),
    "self-evaluation": Form(
        State.SELF_EVALUATION, "evaluation", "[aria-label='第 1 行 实际']", _result, "editor", EVALUATED, restored=False
    ),
}


def stand(world: World, form: Form) -> str:
    """Bring the table to where the form is filled in; its address."""
    if form.state is State.DRAFT:
        world.bring_to(State.INTERNAL_REVIEW)
        world.recorded("remark", world.own.reviewer, must=True, path="annual_goal", text="请写明数量")
        world.moved("send_back", world.own.reviewer)
    else:
        world.bring_to(form.state)
    project = factories.project_ids(world.own.table_id).get("P1")
    db.session.remove()
    return f"/tables/{world.own.table_id}/{form.path.format(project=project)}".rstrip("/")


def refused_twice(house: House, form: Form, *, script: bool) -> Page:
    """Somebody whose form was refused twice, who went on typing and then looked at their messages."""
    with house.app.app_context():
        address = stand(house.world, form)
    if form.on:
        house.at(form.on)
    page = house.somebody(getattr(house.world.own, form.by), script=script).open(address)
    page.wait_for_load_state()
    for number in (1, 2):
        form.send(page, f"{TYPED}{number}")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator(form.field)).to_have_value(f"{TYPED}{number}")
    page.locator(form.field).fill(f"{TYPED}3")
    if form.drafted and script:
        page.keyboard.press("Tab")
        expect(page.get_by_text("存的草稿，还没有填报")).to_be_visible()
    page.get_by_role("navigation", name="主要页面").get_by_role("link", name="消息").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("消息")
    return page


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("name", list(FORMS))
def test_going_back_to_a_refused_form_shows_it_with_what_was_typed(
    name: str, script: bool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = FORMS[name]
    page = refused_twice(house, form, script=script)
    sent: list[str] = []
    serve = house.app.wsgi_app

    def count(environ: Any, start: Any) -> Any:
        sent.append(environ["REQUEST_METHOD"])
        return serve(environ, start)

    monkeypatch.setattr(house.app, "wsgi_app", count)
    begun = f"{TYPED}3" if form.drafted and script else ""
    kept = (f"{TYPED}3", f"{TYPED}2", f"{TYPED}1") if form.restored else (f"{TYPED}2", f"{TYPED}1", begun)
    for text in kept:
        page.go_back()
        expect(page.locator(form.field)).to_have_value(text)
    assert "POST" not in sent


def test_a_refused_form_that_no_browser_may_keep_asks_to_be_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(going_back, "GIVEN_BACK", "no-store")
    page = refused_twice(house, FORMS["event"], script=True)
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()


def urged_together(house: House, *, script: bool) -> Page:
    """A manager who urged two late tables at once and went on to the list."""
    house.at(date(2019, 12, 9))
    page = house.somebody(house.world.manager, script=script).open("/worklist?late=yes&pick=late")
    page.get_by_role("button", name="催办…").click()
    page.get_by_role("button", name="催办 2 张").click()
    page.get_by_role("link", name="回到列表").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("审核清单")
    return page


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_going_back_to_what_came_of_several_tables_shows_it(script: bool, house: House) -> None:
    page = urged_together(house, script=script)
    for there in ("已催办 2 张，跳过 0 张", "可催办 2 张"):
        page.go_back()
        expect(page.get_by_text(there)).to_be_visible()


def test_what_came_of_several_tables_is_asked_for_again_where_no_browser_may_keep_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(going_back, "GIVEN_BACK", "no-store")
    page = urged_together(house, script=True)
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_going_back_after_submitting_says_that_it_was_done(script: bool, house: House) -> None:
    with house.app.app_context():
        house.world.bring_to(State.DRAFT)
        db.session.remove()
    house.at(date(2019, 11, 4))
    page = house.somebody(house.world.own.editor, script=script).open(f"/tables/{house.world.own.table_id}/do/submit")
    page.get_by_role("button", name="送审：").click()
    expect(page.get_by_text("已送审：水利厅")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("status").filter(has_text="已送审：水利厅。现在是“部门内审”")).to_be_visible()
    expect(page.get_by_text("现在不能送审")).to_have_count(0)
