"""Monitoring on a telephone: what somebody confirms, and the buttons for it, stand inside the screen."""

from datetime import date

from config.database import db
from tests import factories
from tests.browser.conftest import House
from workflow.states import State

BEYOND = """() => [...document.querySelectorAll('.listed td, .listed th, .actions .button, .actions button')]
  .filter(each => each.checkVisibility() && !each.closest('thead'))
  .filter(each => { const box = each.getBoundingClientRect(); return box.width && box.right > innerWidth + 1 })
  .map(each => each.innerText)"""


def test_a_reviewer_sees_what_they_confirm_on_a_telephone(house: House) -> None:
    with house.app.app_context():
        house.world.bring_to(State.MONITORING)
        house.world.report("P1", "P2")
        db.session.remove()
    house.at(date(factories.YEAR, house.world.clock.at.month, house.world.clock.at.day))
    reviewer = house.somebody(house.world.own.reviewer, width=400)
    page = reviewer.open(f"/tables/{house.world.own.table_id}/monitoring")
    house.picture(reviewer, "monitoring-telephone")
    assert page.get_by_role("link", name="全选待确认的 2 个").is_visible()
    assert page.get_by_role("link", name="看报告").count() == 2
    assert page.evaluate(BEYOND) == []
    assert reviewer.violations() == []
