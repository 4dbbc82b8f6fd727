"""移交: an officer's departments go to another one today, with everything that waits there.

The administrator does it. In one transaction the appointments end and begin, the reviews begun and not yet decided
change hands, and every table that waits at the bureau gets an entry in its history, by which the new officer is told.
The reason stands there and in the history of both people's appointments, also where no table waits.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session, joinedload

from accounts import directory, people
from accounts.actor import Actor
from accounts.keeping import NOT_FOUND, Keeper
from accounts.models import Appointment, Department, Person, Region
from accounts.refusals import Refused
from accounts.roles import OF_THE_DEPARTMENT, Role
from accounts.scope import in_force, local_day
from ledger import book
from workflow.models import Review, Table
from workflow.states import State

AT_THE_BUREAU = (State.FINANCE_REVIEW, State.EVALUATION_REVIEW)


@dataclass(frozen=True)
class HandedOver:
    """What changed hands: departments, the tables that wait in them, reviews begun."""

    departments: int
    tables: int
    reviews: int


def officers_of(session: Session, region_ids: Collection[int], day_of: datetime) -> list[Person]:
    """To whom departments can go: the officers of these regions today, by name; who cannot sign in yet comes last."""
    rows = session.scalars(
        select(Appointment)
        .where(Appointment.role == Role.OFFICER, Appointment.region_id.in_(region_ids))
        .options(joinedload(Appointment.person), joinedload(Appointment.region))
    )
    found = {
        held.person.id: held.person
        for held in rows
        if held.person.disabled_at is None and in_force(held, local_day(day_of, held.region.timezone))
    }
    return sorted(found.values(), key=lambda person: (people.why_not_chosen(person), person.name, person.id))


def held_by(session: Session, person_id: int, now: datetime) -> list[Appointment]:
    """The departments somebody is officer of today, as appointments, by code."""
    rows = session.scalars(
        select(Appointment)
        .join(Department, Department.id == Appointment.department_id)
        .where(Appointment.person_id == person_id, Appointment.role == Role.OFFICER)
        .options(joinedload(Appointment.department), joinedload(Appointment.region))
        .order_by(Department.code)
    )
    return [held for held in rows if in_force(held, local_day(now, held.region.timezone))]


def hand_over(
    keeper: Keeper, from_id: int, to_id: int, appointment_ids: Collection[int], reason: str
) -> HandedOver | Refused:
    """Give these appointments of one officer to another, from today on."""
    wanted = sorted(set(appointment_ids))

    def do(session: Session, by: Actor, regions: list[Region]) -> HandedOver | Refused:
        chosen = _chosen(session, regions, from_id, to_id, wanted, reason, keeper.now)
        if isinstance(chosen, Refused):
            return chosen
        return _hand_over(session, by, *chosen, reason.strip(), keeper.now)

    return keeper.in_one(("hand_over", from_id, to_id, wanted, reason), do, again=lambda done: HandedOver(**done))


@dataclass(frozen=True)
class Wish:
    """What would change hands, to be looked at once more."""

    taker: Person
    departments: tuple[Department, ...]
    waiting: tuple[Table, ...]


def wished(
    session: Session, regions: list[Region], from_id: int, to_id: int, appointment_ids: Collection[int], reason: str,
    now: datetime,
) -> Wish | Refused:  # fmt: skip
    """What handing these over would do, or why it cannot be; nothing is written."""
    chosen = _chosen(session, regions, from_id, to_id, sorted(set(appointment_ids)), reason, now)
    if isinstance(chosen, Refused):
        return chosen
    _giver, taker, held = chosen
    places = tuple(one.department for one in held if one.department is not None)
    return Wish(taker, places, tuple(session.scalars(_at_the_bureau(places).options(joinedload(Table.department)))))


def _chosen(
    session: Session, regions: list[Region], from_id: int, to_id: int, wanted: list[int], reason: str, now: datetime
) -> tuple[Person, Person, list[Appointment]] | Refused:
    """Who gives what to whom."""
    giver = directory.person_kept(session, regions, from_id)
    taker = directory.person_kept(session, regions, to_id)
    if giver is None or (to_id and taker is None):
        return NOT_FOUND
    held = {one.id: one for one in held_by(session, giver.id, now) if one.region_id in {r.id for r in regions}}
    if not wanted or not set(wanted) <= held.keys():
        return Refused("departments", f"请选择要移交的部门，只能选 {giver.name} 今天负责的部门")
    if taker is None:
        return Refused("to", "请选择移交给谁")
    if taker.id == giver.id:
        return Refused("to", "要移交给另一位财政审核人")
    if why_not := people.why_not_chosen(taker):
        return Refused("to", f"{taker.name}{why_not}；请另选一人，或先给初始密码")
    if not reason.strip():
        return Refused("reason", "请写移交的原因（如轮岗、调离、分工调整）")
    return giver, taker, [held[each] for each in wanted]


def _hand_over(
    session: Session,
    by: Actor,
    giver: Person,
    taker: Person,
    appointments: list[Appointment],
    reason: str,
    now: datetime,
) -> HandedOver | Refused:
    # Tables before people, as a move holds them: so neither waits for the other.
    waiting = _waiting(session, [held.department for held in appointments if held.department is not None])
    for held in appointments:
        place = held.department
        if place is None:
            continue
        today = local_day(now, held.region.timezone)
        refused = people.end_appointment(session, held, today, by=by, now=now, reason=reason)
        if refused is not None:
            return Refused(refused.code, f"{place.name}：{refused.reason}（今天才开始的任职，请明天再移交）")
        theirs = people.appointments_of(session, taker)
        own = {(each.role, each.department_id) for each in theirs if in_force(each, today)}
        if {(role, place.id) for role in OF_THE_DEPARTMENT} & own:
            return Refused("to", f"{taker.name} 是 {place.name} 的人员，不能审核本部门；请移交给别人")
        if (Role.OFFICER, place.id) not in own:
            made = people.appoint(session, taker, Role.OFFICER, place, today, None, by=by, now=now, reason=reason)
            if isinstance(made, Refused):
                return made
    reviews = _give_reviews(session, giver.id, taker.id, [table.id for table in waiting])
    for table in waiting:
        book.append(
            session,
            f"table:{table.id}",
            "transferred",
            at=now,
            person_id=by.person_id,
            person_name=by.name,
            role=by.role,
            body={"from": giver.id, "from_name": giver.name, "to": taker.id, "to_name": taker.name, "reason": reason},
        )
    return HandedOver(len(appointments), len(waiting), reviews)


def _waiting(session: Session, departments: list[Department]) -> list[Table]:
    """The tables at the bureau in these departments and the units below them, held for this act."""
    return list(session.scalars(_at_the_bureau(departments).with_for_update(of=Table)))


def _at_the_bureau(departments: Collection[Department]) -> Select[Table]:
    below = or_(*(Department.path.startswith(place.path, autoescape=True) for place in departments))
    return (
        select(Table)
        .join(Department, Department.id == Table.department_id)
        .where(Table.state.in_(AT_THE_BUREAU), below)
        .order_by(Table.id)
    )


def _give_reviews(session: Session, giver_id: int, taker_id: int, table_ids: list[int]) -> int:
    """Reviews begun and not decided become the new officer's, unless they have begun one of their own there."""
    own = select(Review.revision_id).where(Review.person_id == taker_id)
    given = session.execute(
        update(Review)
        .where(
            Review.person_id == giver_id,
            Review.decided.is_(False),
            Review.table_id.in_(table_ids),
            Review.revision_id.not_in(own),
        )
        .values(person_id=taker_id)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(given, "rowcount", 0))
