"""Standing in and handing over as pages: who names whom, what the pages say, and the work going on."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from accounts.models import Appointment, Person, StandIn
from accounts.scope import local_day
from config.clock import now
from config.database import db
from tests import factories
from tests.web.conftest import enter, post
from workflow.states import State


@pytest.fixture
def world(pages: Flask) -> factories.World:
    """A table at the bureau."""
    return factories.world().bring_to(State.FINANCE_REVIEW)


@pytest.fixture
def as_(pages: Flask) -> Callable[[int], FlaskClient]:
    """A browser of its own in which somebody is signed in."""

    def signed_in(person_id: int) -> FlaskClient:
        browser = pages.test_client()
        db.session().rollback()
        enter(browser, person_id)
        return browser

    return signed_in


def today() -> date:
    return local_day(now(), "Asia/Shanghai")


def arrangement(deputy: int) -> dict[str, object]:
    return {
        "deputy": deputy,
        "starts_on": today().isoformat(),
        "last_day": (today() + timedelta(days=3)).isoformat(),
        "reason": "出差",
    }


def made() -> list[StandIn]:
    db.session().rollback()
    return list(db.session().scalars(select(StandIn)))


def test_an_officer_names_a_stand_in_who_then_finds_the_table_on_their_desk(
    world: factories.World, as_: Callable[[int], FlaskClient]
) -> None:
    browser = as_(world.own.officer)
    answer = post(browser, "/stand-in", arrangement(world.neighbour.officer))
    assert answer.status_code == 303
    assert "林业局专管" in browser.get("/stand-in").text
    assert [(one.absent_id, one.deputy_id) for one in made()] == [(world.own.officer, world.neighbour.officer)]
    browser = as_(world.neighbour.officer)
    assert "水利厅" in browser.get("/").text
    assert browser.get(f"/tables/{world.own.table_id}/review").status_code == 200
    assert "正在代理" in browser.get("/stand-in").text


def test_sent_twice_with_one_key_it_is_named_once(world: factories.World, as_: Callable[[int], FlaskClient]) -> None:
    browser = as_(world.own.officer)
    given = arrangement(world.neighbour.officer) | {"key": "stand-in-once"}
    assert [post(browser, "/stand-in", given).status_code for _time in range(2)] == [303, 303]
    assert len(made()) == 1
    assert post(browser, "/stand-in", given | {"reason": "休假"}).status_code == 409


def test_a_refusal_keeps_what_was_typed_and_says_why(world: factories.World, as_: Callable[[int], FlaskClient]) -> None:
    browser = as_(world.own.officer)
    answer = post(browser, "/stand-in", arrangement(world.neighbour.officer) | {"last_day": "2001-01-01"})
    assert answer.status_code == 422
    assert "代理的最后一天早于第一天" in answer.text
    assert 'value="2001-01-01"' in answer.text
    assert made() == []


def test_either_ends_it_and_others_do_not(world: factories.World, as_: Callable[[int], FlaskClient]) -> None:
    browser = as_(world.own.officer)
    post(browser, "/stand-in", arrangement(world.neighbour.officer))
    address = f"/stand-in/{made()[0].id}/end"
    browser = as_(world.own.editor)
    assert post(browser, address, form="/stand-in").status_code == 404
    browser = as_(world.neighbour.officer)
    assert post(browser, address, form="/stand-in").status_code == 303
    assert made()[0].ends_on == today()
    assert browser.get(f"/tables/{world.own.table_id}/review").status_code == 404


def test_an_auditor_is_told_that_nobody_stands_in_for_them(
    world: factories.World, as_: Callable[[int], FlaskClient]
) -> None:
    browser = as_(world.auditor)
    assert "不能由人代理" in browser.get("/stand-in").text


def test_the_administrator_names_a_stand_in_for_somebody_ill(
    world: factories.World, as_: Callable[[int], FlaskClient]
) -> None:
    browser = as_(world.administrator)
    address = f"/people/{world.own.reviewer}/stand-in"
    assert post(browser, address, arrangement(world.own.second_reviewer)).status_code == 303
    page = browser.get(address).text
    assert "水利厅审核乙" in page
    assert post(browser, f"{address}/{made()[0].id}/end", form=address).status_code == 303
    assert made()[0].ends_on == today()


def test_no_department_is_ticked_before_somebody_ticks_it_or_asks_for_all(
    world: factories.World, as_: Callable[[int], FlaskClient]
) -> None:
    browser = as_(world.administrator)
    address = f"/people/{world.own.officer}/hand-over"
    assert [browser.get(page).text.count(" checked") for page in (address, f"{address}?all=yes")] == [0, 1]


def test_who_has_never_signed_in_is_shown_with_the_reason_and_cannot_be_chosen(
    world: factories.World, as_: Callable[[int], FlaskClient]
) -> None:
    new = world.neighbour.officer
    db.session().execute(update(Person).where(Person.id == new).values(password_hash=None))
    db.session().commit()
    browser = as_(world.administrator)
    for page in ("hand-over", "stand-in"):
        text = browser.get(f"/people/{world.own.officer}/{page}").text
        assert f'<option value="{new}" disabled>林业局专管（还没有登录过，不能选）</option>' in text
    browser = as_(world.own.officer)
    refused = post(browser, "/stand-in", arrangement(new))
    assert refused.status_code != 303
    assert "林业局专管还没有登录过，不能选" in refused.text
    assert made() == []


def test_the_administrator_hands_an_officers_departments_over(
    world: factories.World, as_: Callable[[int], FlaskClient]
) -> None:
    browser = as_(world.administrator)
    address = f"/people/{world.own.officer}/hand-over"
    held = db.session().scalars(select(Appointment.id).where(Appointment.person_id == world.own.officer)).all()
    refused = post(browser, address, {"appointment": held, "to": "", "reason": "轮岗"})
    assert refused.status_code == 422
    assert "请选择移交给谁" in refused.text
    given = {"appointment": held, "to": world.neighbour.officer, "reason": "轮岗"}
    asked = post(browser, address, given)
    assert asked.status_code == 200
    assert "移交 1 个部门（其中 1 张表在办）给 林业局专管" in asked.text
    done = post(browser, address, given | {"confirmed": "yes"})
    assert done.status_code == 303
    told = browser.get(done.location).text
    assert "已把 1 个部门移交给 林业局专管，其中 1 张表正在财政部门办理" in told
    browser = as_(world.neighbour.officer)
    assert browser.get(f"/tables/{world.own.table_id}/review").status_code == 200
    assert "移交审核" in browser.get(f"/tables/{world.own.table_id}").text
