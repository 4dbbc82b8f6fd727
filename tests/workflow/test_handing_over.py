"""An officer's departments go to another one with everything that waits, and who gave them away decides nothing."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.keeping import Keeper
from accounts.models import Appointment, Person
from accounts.refusals import Refused
from accounts.roles import Role
from config.database import db
from ledger import book
from notifications.models import Notice
from notifications.outbox import plan_due
from tests import factories
from workflow.acts import Moved
from workflow.acts import Refused as NotMoved
from workflow.dossier import review_begun
from workflow.handing_over import HandedOver, hand_over
from workflow.states import State

pytestmark = pytest.mark.each_database


def keeper(world: factories.World, key: str | None = None) -> Keeper:
    return Keeper(world.administrator, world.clock.at, key or factories.key(), b"secret")


def appointments(person: int) -> list[int]:
    session = db.session()
    session.rollback()
    return list(session.scalars(select(Appointment.id).where(Appointment.person_id == person)))


@pytest.fixture
def world(app: Flask) -> factories.World:
    """A table at the bureau, whose officer has begun a review."""
    made = factories.world().bring_to(State.FINANCE_REVIEW)
    made.recorded(
        "draft_review", made.own.officer, review=factories.full_review(), grade="良", opinion="写了一半",
        revision=made.table().latest_revision,
    )  # fmt: skip
    return made


def give(world: factories.World, **given: object) -> HandedOver | Refused:
    to = given.pop("to", world.neighbour.officer)
    chosen = given.pop("appointments", appointments(world.own.officer))
    return hand_over(keeper(world, given.pop("key", None)), world.own.officer, to, chosen, given.pop("reason", "轮岗"))  # type: ignore[arg-type]


def test_departments_tables_and_a_review_begun_go_to_the_new_officer(world: factories.World) -> None:
    assert give(world) == HandedOver(departments=1, tables=1, reviews=1)
    told = world.act("approve", world.own.officer)
    assert isinstance(told, NotMoved)
    assert told.kind == "not_found"
    session = db.session()
    session.rollback()
    begun = review_begun(session, world.table(), world.neighbour.officer)
    assert begun is not None
    assert begun.opinion == "写了一半"
    assert isinstance(world.act("approve", world.neighbour.officer), Moved)


def test_the_history_tells_and_the_new_officer_is_told(world: factories.World) -> None:
    give(world)
    session = db.session()
    session.rollback()
    entry = book.history(session, f"table:{world.own.table_id}")[-1]
    said = book.said(entry)
    assert (entry.act, said["from_name"], said["to_name"]) == ("transferred", "水利厅专管", "林业局专管")
    plan_due(world.clock())
    told = set(db.session().scalars(select(Notice.recipient_id).where(Notice.rule == "transferred")))
    assert told == {world.neighbour.officer}


def test_the_same_wish_with_the_same_key_gives_once_and_answers_again(world: factories.World) -> None:
    chosen = appointments(world.own.officer)
    first = give(world, key="give-once-1", appointments=chosen)
    assert give(world, key="give-once-1", appointments=chosen) == first
    acts = [entry.act for entry in book.history(db.session(), f"table:{world.own.table_id}")]
    assert acts.count("transferred") == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"reason": "  "}, "原因"),
        ({"to": 0}, "请选择移交给谁"),
        ({"appointments": []}, "请选择要移交的部门"),
        ({"appointments": [10**6]}, "请选择要移交的部门"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, object], why: str, world: factories.World) -> None:
    refused = give(world, **given)
    assert isinstance(refused, Refused)
    assert why in refused.reason


@pytest.mark.parametrize("who", ["editor", "reviewer", "head"])
def test_nobody_of_the_department_takes_it_over_and_nothing_of_the_attempt_stays(
    who: str, world: factories.World
) -> None:
    refused = give(world, to=getattr(world.own, who))
    assert isinstance(refused, Refused)
    assert "不能审核本部门" in refused.reason
    assert isinstance(world.act("approve", world.own.officer), Moved)


def test_nobody_who_has_never_signed_in_takes_anything_over(world: factories.World) -> None:
    db.session().execute(update(Person).where(Person.id == world.neighbour.officer).values(password_hash=None))
    db.session().commit()
    refused = give(world)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("林业局专管还没有登录过，不能选")


def test_the_reason_stands_in_both_peoples_appointments_where_no_table_waits_too(app: Flask) -> None:
    made = factories.world().bring_to(State.DRAFT)
    assert give(made, reason="分工调整") == HandedOver(departments=1, tables=0, reviews=0)
    session = db.session()
    session.rollback()
    ends = {made.own.officer: "appointment_ended", made.neighbour.officer: "appointed"}
    for person, act in ends.items():
        last = book.history(session, f"person:{person}")[-1]
        assert (last.act, book.said(last)["reason"]) == (act, "分工调整")


def test_an_appointment_of_today_is_handed_over_tomorrow(world: factories.World) -> None:
    new = factories.person("新专管", (Role.OFFICER, world.region_id, world.own.id), starts=date(2019, 11, 4))
    db.session().commit()
    assert datetime(2019, 11, 4, 2, tzinfo=UTC) == world.clock.at
    refused = hand_over(keeper(world), new, world.neighbour.officer, appointments(new), "登记错了")
    assert isinstance(refused, Refused)
    assert "请明天再移交" in refused.reason
