"""催办 in a browser: late departments are urged together and each sees how often; an address that fails is seen too."""

from datetime import date

from playwright.sync_api import Page, expect

from accounts.models import Person
from config.database import db
from tests.browser.conftest import House, Somebody
from tests.notifications.smtp_server import Conduct, smtp_server

NO_SUCH_USER = "550 5.1.1 no such user here"
COME_AGAIN = "451 4.7.1 greylisted, come again"


def urge_all_late(house: House, manager: Somebody) -> Page:
    """By the list of the late ones, all at once; the page of the results."""
    page = manager.open("/worklist")
    page.get_by_role("link", name="逾期", exact=False).first.click()
    page.get_by_role("link", name="选中逾期的 2 张").click()
    expect(page.get_by_text("已选 2 张")).to_be_visible()
    house.picture(manager, "urge-late")
    assert manager.violations() == []
    page.get_by_role("button", name="催办…").click()
    page.get_by_label("附言").fill("今天下班前请报送，系统明天停机")
    house.picture(manager, "urge-chosen")
    assert manager.violations() == []
    page.get_by_role("button", name="催办 2 张").click()
    return page


def test_a_manager_urges_the_late_departments_at_once_and_each_sees_how_often(house: House) -> None:
    house.at(date(2019, 12, 9))
    manager, editor = house.somebody(house.world.manager), house.somebody(house.world.neighbour.editor)
    page = urge_all_late(house, manager)
    expect(page.get_by_text("已催办 2 张，跳过 0 张")).to_be_visible()
    house.picture(manager, "urged")
    assert manager.violations() == []

    page = manager.open("/worklist?late=yes&pick=late")
    page.get_by_role("button", name="催办…").click()
    expect(page.get_by_text("这张表这个工作日已经催办过（共 1 次），12-10").first).to_be_visible()
    house.picture(manager, "urge-too-often")

    house.at(date(2019, 12, 10))
    expect(urge_all_late(house, manager).get_by_text("已催办 2 张，跳过 0 张")).to_be_visible()
    house.at(date(2019, 12, 10), hour=11)
    received = editor.open("/messages")
    for count in (1, 2):
        expect(received.get_by_text(f"请尽快办理（第 {count} 次催办）").first).to_be_visible()
    expect(received.get_by_text("今天下班前请报送，系统明天停机").first).to_be_visible()
    house.picture(editor, "urged-messages")
    assert editor.violations() == []


def test_an_address_that_fails_is_seen_with_the_words_of_its_server(house: House) -> None:
    with house.app.app_context():
        own = house.world.own
        addresses = {who: db.session.get_one(Person, who).email for who in (own.editor, own.reviewer)}
        db.session.remove()
    conduct = Conduct(rcpt={addresses[own.editor]: NO_SUCH_USER, addresses[own.reviewer]: COME_AGAIN})
    with smtp_server(conduct) as (port, received):
        given = house.app.config["MUBIAO"]
        house.app.config["MUBIAO"] = given.model_copy(update={"mail_host": "127.0.0.1", "mail_port": port})
        house.at(date(2019, 12, 6))
    assert received.messages
    manager = house.somebody(house.world.manager)
    page = manager.open("/reminders?from=2019-12-06&to=2019-12-06")
    expect(page.get_by_text("失败 2")).to_be_visible()
    house.picture(manager, "reminders-some-failed")
    page.get_by_label("状态").select_option("发送失败，不再试")
    page.get_by_role("button", name="查找").click()
    given_up = page.locator("tr", has_text="水利厅填报甲").filter(has_text="邮件")
    expect(given_up).to_contain_text("发送失败，不再试")
    expect(given_up).to_contain_text(NO_SUCH_USER)
    house.picture(manager, "reminders-given-up")
    assert manager.violations() == []
    page.get_by_label("状态").select_option("发送失败，将重试")
    page.get_by_role("button", name="查找").click()
    waiting = page.locator("tr", has_text="水利厅审核甲").filter(has_text="邮件")
    expect(waiting).to_contain_text("发送失败，将重试")
    expect(waiting).to_contain_text(COME_AGAIN)
    house.picture(manager, "reminders-to-be-tried-again")
    assert manager.violations() == []
