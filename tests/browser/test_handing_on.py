"""Work is handed on: to a stand-in for some days, to another officer for good, and back to who sent it too early."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from config.database import db
from tests import factories
from tests.browser.conftest import House, Somebody
from workflow.states import State

TODAY = date(2019, 12, 2)


def brought(house: House, state: State) -> str:
    """A table in this state on 2 December; the address of its page."""
    house.at(TODAY)
    with house.app.app_context():
        house.world.clock.on(TODAY)
        house.world.bring_to(state)
        db.session.remove()
    return f"/tables/{house.world.own.table_id}"


def approve(officer: Somebody) -> None:
    """Fill in a whole review and approve."""
    page = officer.page
    page.locator("label.grade", has_text="优").click()
    for point in factories.full_review("优")["points"]:
        page.locator(f"input[name='point-{point}'][value='优']").check(force=True)
    for criterion in factories.full_review()["opinions"]:
        page.locator(f"[id='opinion-{criterion}']").fill("符合要求")
    page.get_by_label("总体意见").fill("同意批复")
    page.get_by_role("button", name="批复…", exact=True).click()
    page.get_by_role("button", name="批复这张表").click()
    page.wait_for_load_state()


def test_a_stand_in_approves_from_their_own_desk_under_both_names(house: House) -> None:
    table = brought(house, State.FINANCE_REVIEW)
    absent, deputy = house.somebody(house.world.own.officer), house.somebody(house.world.neighbour.officer)
    absent.press("代理")
    page = absent.page
    page.get_by_label("代理人", exact=True).select_option(label="林业局专管")
    page.get_by_label("最后一天").fill("2019-12-06")
    page.get_by_label("原因").fill("休假")
    absent.press("登记代理")
    expect(page.get_by_role("row", name="林业局专管")).to_contain_text("正在代理")
    assert absent.violations() == []
    house.picture(absent, "stand-in-named")

    deputy.open("/")
    expect(deputy.page.get_by_text("正在代理 水利厅专管（至 12-06）")).to_be_visible()
    assert deputy.violations() == []
    house.picture(deputy, "stand-in-desk")
    deputy.page.locator("a", has_text="水利厅").first.click()
    deputy.page.wait_for_load_state()
    approve(deputy)
    deputy.open(table)
    expect(deputy.page.locator("body")).to_contain_text("林业局专管（代水利厅专管）")
    house.picture(deputy, "stand-in-approved")

    deputy.page.set_viewport_size({"width": 400, "height": 768})
    deputy.open("/stand-in")
    wide = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert deputy.page.evaluate(wide) == 0  # on a telephone it is ended without scrolling sideways
    deputy.press("结束代理")
    deputy.open("/")
    assert not deputy.reads("正在代理")


def test_an_officers_departments_go_to_another_with_the_review_that_was_begun(house: House) -> None:
    table = brought(house, State.FINANCE_REVIEW)
    with house.app.app_context():
        house.world.recorded(
            "draft_review", house.world.own.officer, review=factories.full_review(), grade="良", opinion="写了一半",
            revision=house.world.table().latest_revision,
        )  # fmt: skip
        db.session.remove()
    keeper = house.somebody(house.world.administrator)
    keeper.open(f"/people/{house.world.own.officer}")
    house.picture(keeper, "hand-over-person")
    keeper.press("移交负责的部门…")
    page = keeper.page
    expect(page.get_by_role("checkbox", name="水利厅")).not_to_be_checked()
    page.get_by_role("checkbox", name="水利厅").check()
    page.get_by_label("移交给").select_option(label="林业局专管")
    page.get_by_label("原因").fill("轮岗")
    assert keeper.violations() == []
    house.picture(keeper, "hand-over")
    keeper.press("移交选中的部门…")
    assert keeper.reads("移交 1 个部门（其中 1 张表在办）给 林业局专管")
    assert keeper.violations() == []
    house.picture(keeper, "hand-over-asked")
    keeper.press("移交 1 个部门")
    assert keeper.reads("已把 1 个部门移交给 林业局专管，其中 1 张表正在财政部门办理")
    house.picture(keeper, "hand-over-done")

    taker = house.somebody(house.world.neighbour.officer)
    taker.open(table)
    taker.page.locator("#actions").get_by_role("link", name="审核").click()
    expect(taker.page.get_by_label("总体意见")).to_have_value("写了一半")
    house.picture(taker, "hand-over-review")
    giver = house.somebody(house.world.own.officer)
    answer = giver.page.goto(f"{house.address}{table}")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize(
    ("state", "verb", "sent_by", "next_one", "back_to"),
    [
        (State.INTERNAL_REVIEW, "撤回送审", "editor", "reviewer", "草拟"),
        (State.FINANCE_REVIEW, "撤回上报", "reviewer", "officer", "部门内审"),
    ],
)
def test_who_sent_a_table_takes_it_back_until_the_next_one_writes(
    house: House, state: State, verb: str, sent_by: str, next_one: str, back_to: str
) -> None:
    table = brought(house, state)
    sender = house.somebody(getattr(house.world.own, sent_by))
    sender.open(table)
    house.picture(sender, f"taken-back-{sent_by}")
    sender.page.locator("#actions").get_by_role("link", name=verb).click()
    sender.page.wait_for_load_state()
    with house.app.app_context():
        house.world.recorded("remark", getattr(house.world.own, next_one), must=False, path="", text="请写明数量")
        db.session.remove()
    sender.page.get_by_role("button", name=verb).click()
    expect(sender.page.get_by_role("alert")).to_contain_text("对方已经开始写意见，不能再撤回")
    house.picture(sender, f"taken-back-{sent_by}-refused")

    again = {State.INTERNAL_REVIEW: "send_back", State.FINANCE_REVIEW: "return"}[state]
    with house.app.app_context():
        until = house.world.clock.at + timedelta(days=3)
        house.world.moved(again, getattr(house.world.own, next_one), until=until)
        house.world.recorded("answer_remark", house.world.own.editor, number=1, answer="changed")
        house.world.moved("submit", house.world.own.editor)
        if state is State.FINANCE_REVIEW:
            house.world.moved("endorse", house.world.own.reviewer)
        db.session.remove()
    sender.open(table)
    sender.page.locator("#actions").get_by_role("link", name=verb).click()
    sender.page.wait_for_load_state()
    sender.page.get_by_role("button", name=verb).click()
    sender.page.wait_for_load_state()
    sender.open(table)
    expect(sender.page.locator(".page-head")).to_contain_text(back_to)
    house.picture(sender, f"taken-back-{sent_by}-done")
