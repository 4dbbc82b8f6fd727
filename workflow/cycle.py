"""Opening a fiscal year and setting its windows and rounds: what a bureau manager does for a whole region."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from accounts import people
from accounts.actor import Actor
from accounts.models import Department, Region
from accounts.roles import Role
from accounts.scope import appointments_in_force
from config.clock import Clock
from config.database import writing
from forms import framework as frameworks
from forms import store
from forms.document import Document
from ledger import book, keys
from workflow.deadlines import begins, ends, local_date
from workflow.importing import mismatches, same_name
from workflow.managing import NotAllowed, done, manager_of, remember
from workflow.models import Cycle, Round, Table, Window
from workflow.states import STAGE_LABELS, Stage


def open_cycle(
    *,
    region_id: int,
    fiscal_year: int,
    framework: str,
    person_id: int,
    now: Clock,
    documents: Sequence[Document] = (),
    key: str | None = None,
) -> int:
    """Open a fiscal year of a region with the framework of that key, one table per submitting department.

    A table begins empty, or from the document among `documents` that names its department. Returns the cycle's id.
    NotAllowed for anybody but a manager of the region, an unknown framework, a year that is open already, or a
    document that belongs to no department of the region, to another year or form, or to a department twice.
    With a `key` the wish is carried out once (ledger.keys), as with the other acts here.
    """
    wish = keys.wish("open_cycle", region_id, fiscal_year, framework)
    try:
        form = frameworks.load(framework)
    except frameworks.FrameworkError as error:
        raise NotAllowed("framework_unknown", str(error)) from error
    with writing() as session:
        session.execute(select(Region.id).where(Region.id == region_id).with_for_update())
        at = now()
        region, manager = manager_of(session, region_id, person_id, at)
        if (known := done(session, person_id, key, wish)) is not None:
            return int(known)
        if session.scalars(
            select(Cycle).where(Cycle.region_id == region_id, Cycle.fiscal_year == fiscal_year)
        ).one_or_none():
            raise NotAllowed("cycle_open", f"{region.name} {fiscal_year} 年度已经开立")
        cycle = Cycle(
            region_id=region_id,
            fiscal_year=fiscal_year,
            framework_key=framework,
            framework=form.canonical(),
            opened_at=at,
        )
        session.add(cycle)
        session.flush()
        departments = session.scalars(
            select(Department).where(Department.region_id == region_id, Department.submits).order_by(Department.code)
        ).all()
        begun = _matched(documents, departments, cycle)
        for department in departments:
            document = begun.get(department.id) or form.blank(department.name, fiscal_year)
            _open_table(session, cycle, department, document, manager, at)
        _note(
            session,
            cycle,
            "open_cycle",
            manager,
            at,
            {"fiscal_year": fiscal_year, "framework": framework, "tables": len(departments)},
        )
        remember(session, person_id, key, wish, cycle.id, at)
        return cycle.id


def _open_table(
    session: Session, cycle: Cycle, department: Department, document: Document, manager: Actor, at: datetime
) -> None:
    sheet = store.add(session, document)
    table = Table(
        cycle_id=cycle.id,
        region_id=cycle.region_id,
        department_id=department.id,
        sheet_id=sheet.id,
        state_since=at,
    )
    session.add(table)
    session.flush()
    book.append(
        session,
        f"table:{table.id}",
        "opened",
        at=at,
        person_id=manager.person_id,
        person_name=manager.name,
        role=manager.role,
        body={"cycle": cycle.id, "department": department.name, "sha256": document.digest()},
    )


def _matched(documents: Sequence[Document], departments: Sequence[Department], cycle: Cycle) -> dict[int, Document]:
    """Each document with the department it names; NotAllowed says which one fits nowhere."""
    found: dict[int, Document] = {}
    for document in documents:
        place = next((each for each in departments if same_name(each.name, document.department)), None)
        if place is None:
            raise NotAllowed(
                "no_department", f"本地区没有名为“{document.department}”的填报部门，请核对文件或先登记部门"
            )
        if wrong := mismatches(document, place, cycle):
            raise NotAllowed(wrong[0].code, f"“{document.department}”的文件不能用：{wrong[0].text}")
        if place.id in found:
            raise NotAllowed("department_twice", f"“{document.department}”有两个文件，请只留一个")
        found[place.id] = document
    return found


def set_window(
    *,
    cycle_id: int,
    stage: Stage,
    opens_on: date,
    closes_on: date,
    person_id: int,
    now: Clock,
    key: str | None = None,
) -> None:
    """Set (or move) the window of a stage: two local dates, both inclusive."""
    wish = keys.wish("set_window", cycle_id, stage, opens_on, closes_on)
    if closes_on < opens_on:
        raise NotAllowed("window_backwards", f"“{STAGE_LABELS[stage]}”的截止日期早于开始日期")
    with writing() as session:
        at = now()
        cycle, manager = _cycle(session, cycle_id, person_id, at)
        if done(session, person_id, key, wish) is not None:
            return
        window = session.scalars(select(Window).where(Window.cycle_id == cycle_id, Window.stage == stage)).one_or_none()
        if window is None:
            window = Window(cycle_id=cycle_id, stage=stage)
        window.opens_on, window.closes_on = opens_on, closes_on
        window.opens_at, window.closes_at = _instants(cycle, opens_on, closes_on)
        session.add(window)
        _note(
            session,
            cycle,
            "set_window",
            manager,
            at,
            {"stage": stage, "opens_on": opens_on.isoformat(), "closes_on": closes_on.isoformat()},
        )
        remember(session, person_id, key, wish, True, at)


def add_round(
    *,
    cycle_id: int,
    name: str,
    period: tuple[date, date],
    opens_on: date,
    closes_on: date,
    person_id: int,
    now: Clock,
    key: str | None = None,
) -> int:
    """Add the next monitoring round; returns its id. It opens after the one before it, and not in the past:
    its list is frozen at its opening, and what is over cannot be frozen any more."""
    wish = keys.wish("add_round", cycle_id, name, *period, opens_on, closes_on)
    if closes_on < opens_on or period[1] < period[0]:
        raise NotAllowed("round_backwards", f"监控期“{name}”的截止日期早于开始日期")
    with writing() as session:
        at = now()
        cycle, manager = _cycle(session, cycle_id, person_id, at)
        if (known := done(session, person_id, key, wish)) is not None:
            return int(known)
        before = session.scalars(select(Round).where(Round.cycle_id == cycle_id).order_by(Round.number)).all()
        if before and opens_on <= before[-1].opens_on:
            raise NotAllowed("round_order", f"监控期“{name}”要晚于“{before[-1].name}”开始")
        if opens_on < local_date(at, cycle.region.timezone):
            raise NotAllowed("round_past", f"监控期“{name}”的开始日期已经过去")
        opens_at, closes_at = _instants(cycle, opens_on, closes_on)
        added = Round(
            cycle_id=cycle_id,
            number=len(before) + 1,
            name=name,
            period_from=period[0],
            period_to=period[1],
            opens_on=opens_on,
            closes_on=closes_on,
            opens_at=opens_at,
            closes_at=closes_at,
        )
        session.add(added)
        session.flush()
        _note(
            session,
            cycle,
            "add_round",
            manager,
            at,
            {"round": added.id, "name": name, "opens_on": opens_on.isoformat(), "closes_on": closes_on.isoformat()},
        )
        remember(session, person_id, key, wish, added.id, at)
        return added.id


def _instants(cycle: Cycle, opens_on: date, closes_on: date) -> tuple[datetime, datetime]:
    return begins(opens_on, cycle.region.timezone), ends(closes_on, cycle.region.timezone)


def _cycle(session: Session, cycle_id: int, person_id: int, at: datetime) -> tuple[Cycle, Actor]:
    cycle = session.scalars(select(Cycle).where(Cycle.id == cycle_id).with_for_update(of=Cycle)).one_or_none()
    if cycle is None:
        raise NotAllowed("not_found", "没有找到这个年度")
    return cycle, manager_of(session, cycle.region_id, person_id, at)[1]


def regions_managed(session: Session, person_id: int, now: datetime) -> list[Region]:
    """The regions whose year this person sets: where they are manager today."""
    person = people.find(session, person_id)
    if person is None or person.disabled_at is not None:
        return []
    ids = {post.region_id for post in person.posts if post.role == Role.MANAGER}
    regions = session.scalars(select(Region).where(Region.id.in_(ids)).order_by(Region.code)).all()
    return [
        region
        for region in regions
        if any(
            post.role == Role.MANAGER and post.region_id == region.id
            for post in appointments_in_force(person.posts, local_date(now, region.timezone))
        )
    ]


def cycles_managed(session: Session, person_id: int, now: datetime) -> list[Cycle]:
    """The years this person sets, the newest first, with windows and rounds."""
    regions = [region.id for region in regions_managed(session, person_id, now)]
    return list(
        session.scalars(
            select(Cycle)
            .where(Cycle.region_id.in_(regions))
            .options(joinedload(Cycle.region), selectinload(Cycle.windows), selectinload(Cycle.rounds))
            .order_by(Cycle.fiscal_year.desc(), Cycle.id)
        )
    )


def _note(session: Session, cycle: Cycle, what: str, manager: Actor, at: datetime, body: dict[str, Any]) -> None:
    book.append(
        session,
        f"cycle:{cycle.id}",
        what,
        at=at,
        person_id=manager.person_id,
        person_name=manager.name,
        role=manager.role,
        body=body,
    )
