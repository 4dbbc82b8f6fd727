"""代理人: who stands in for whom, from when to when. Named by the absent person or by an administrator.

What is lent are the absent person's own appointments (accounts.models.Post); there are no chains: somebody who is away
themselves, with a stand-in of their own, cannot stand in for others in those days.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from accounts.actor import Actor
from accounts.models import Appointment, Person, StandIn
from accounts.people import why_not_chosen
from accounts.refusals import Refused
from accounts.roles import LABELS, LENT, Role
from accounts.scope import local_day
from accounts.separation import APART, Held, overlap, period_text
from config.database import db, persevering, writing
from ledger import book, keys

TIMEZONE = "Asia/Shanghai"
"""[choice] Stand-ins begin and end with the day in China, which has one time zone."""
LONGEST_DAYS = 366
"""[choice] Longer than a year is no leave any more: then the work is transferred."""


class Arrangement(Protocol):
    """A stand-in as these rules see it."""

    @property
    def absent_id(self) -> int: ...
    @property
    def deputy_id(self) -> int: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...


def objection(
    absent_id: int,
    deputy_id: int,
    starts_on: date,
    ends_on: date,
    *,
    today: date,
    absent: Sequence[Held],
    deputy: Sequence[Held],
    others: Sequence[Arrangement],
) -> str | None:
    """Why the one cannot stand in for the other in [starts_on, ends_on); None when nothing speaks against it. Pure.

    `absent` and `deputy` are their appointments, `others` the arrangements that either has a part in.
    """
    if absent_id == deputy_id:
        return "不能由自己代理自己"
    if ends_on <= starts_on:
        return "代理的最后一天早于第一天，请核对两个日期"
    if ends_on <= today:
        return "代理的日期已经过去，请写今天或以后的日期"
    if (ends_on - starts_on).days > LONGEST_DAYS:
        return "代理最长一年；更久的请由系统管理员移交任职"
    lent = [held for held in absent if held.role in LENT and overlap(starts_on, ends_on, held.starts_on, held.ends_on)]
    if not lent:
        return "被代理人在这段时间没有可以代理的任职"
    theirs = [held for held in deputy if overlap(starts_on, ends_on, held.starts_on, held.ends_on)]
    apart = next((held for held in theirs if held.role in APART), None)
    if apart is not None:
        return f"代理人是{LABELS[Role(apart.role)]}，不能代理别人办理业务（三权分立）；请另选一人"
    if not any(_side(own) == _side(held) for own in theirs if own.role in LENT for held in lent):
        return "代理人要和被代理人在同一个部门任填报人或审核人，或者同是财政部门的人员；请另选一人"
    for other in others:
        if not overlap(starts_on, ends_on, other.starts_on, other.ends_on) or other.ends_on == other.starts_on:
            continue
        period = period_text(other.starts_on, other.ends_on)
        if other.absent_id == absent_id:
            return f"这段时间已经有代理人（{period}）；请先结束原来的代理，或改日期"
        if other.absent_id == deputy_id:
            return f"所选的代理人自己这段时间不在（{period}由别人代理），代理不能接力；请另选一人"
    return None


def _side(held: Held) -> tuple[int, int | None]:
    """Where somebody belongs: to a department, or to the region's bureau."""
    bureau = held.role in {Role.OFFICER, Role.MANAGER}
    return held.region_id, None if bureau else held.department_id


def name_stand_in(
    session: Session,
    absent: Person,
    deputy: Person,
    starts_on: date,
    ends_on: date,
    reason: str,
    *,
    by: Actor,
    now: datetime,
    timezone: str,
) -> StandIn | Refused:
    """Let `deputy` act for `absent` from a day until a day (exclusive); why not, otherwise. Both rows are held."""
    if not reason.strip():
        return Refused("reason", "请写代理的原因（如出差、休假、培训）")
    _hold(session, deputy.id, absent.id)
    if absent.disabled_at is not None:
        return Refused("state", "停用的账号不能代理，也不能被代理")
    if why_not := why_not_chosen(deputy):
        return Refused("state", f"{deputy.name}{why_not}；请另选一人，或请系统管理员先给初始密码")
    against = objection(
        absent.id,
        deputy.id,
        starts_on,
        ends_on,
        today=local_day(now, timezone),
        absent=_appointments(session, absent.id),
        deputy=_appointments(session, deputy.id),
        others=list(arrangements_of(session, absent.id, deputy.id)),
    )
    if against:
        return Refused("stand_in", against)
    made = StandIn(
        absent_id=absent.id,
        deputy_id=deputy.id,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
        named_by=by.person_id or absent.id,
        named_at=now,
    )
    session.add(made)
    session.flush()
    _note(session, made, "stand_in_named", deputy.name, by, now)
    return made


def end_stand_in(session: Session, arrangement: StandIn, *, by: Actor, now: datetime, timezone: str) -> Refused | None:
    """End it today: from this moment the deputy acts for themselves alone."""
    _hold(session, arrangement.deputy_id, arrangement.absent_id)
    session.refresh(arrangement)
    today = local_day(now, timezone)
    if arrangement.ends_on <= max(today, arrangement.starts_on):
        return Refused("state", "这次代理已经结束")
    arrangement.ends_on = max(today, arrangement.starts_on)
    session.flush()
    _note(session, arrangement, "stand_in_ended", session.get_one(Person, arrangement.deputy_id).name, by, now)
    return None


def name_own(
    person_id: int,
    deputy_id: int,
    starts_on: date | None,
    last_day: date | None,
    reason: str,
    *,
    key: str,
    now: datetime,
) -> Refused | None:
    """Somebody names their own stand-in, until and with a last day. One keyed transaction (ledger.keys)."""
    wish = keys.wish("name_stand_in", deputy_id, starts_on, last_day, reason)

    def do(session: Session, own: Person) -> Refused | None:
        deputy = next((each for each in candidates(session, person_id, now) if each.id == deputy_id), None)
        made = name_from_form(session, own, deputy, starts_on, last_day, reason, by=Actor.of(own, "self"), now=now)
        return made if isinstance(made, Refused) else None

    return _own_act(person_id, (deputy_id, person_id), wish, do, key=key, now=now)


def end_own(person_id: int, arrangement_id: int, *, key: str, now: datetime) -> Refused | None:
    """The absent person is back, or the deputy cannot any more: either ends it today."""

    def do(session: Session, own: Person) -> Refused | None:
        made = session.get(StandIn, arrangement_id)
        if made is None or person_id not in {made.absent_id, made.deputy_id}:
            return Refused("not_found", "没有找到这次代理")
        return end_stand_in(session, made, by=Actor.of(own, "self"), now=now, timezone=TIMEZONE)

    session = db.session()
    made = session.get(StandIn, arrangement_id)
    parts = (person_id,) if made is None else (made.deputy_id, made.absent_id)
    concerned = parts if person_id in parts else (person_id,)
    return _own_act(person_id, concerned, keys.wish("end_stand_in", arrangement_id), do, key=key, now=now)


def name_from_form(
    session: Session,
    absent: Person,
    deputy: Person | None,
    starts_on: date | None,
    last_day: date | None,
    reason: str,
    *,
    by: Actor,
    now: datetime,
) -> StandIn | Refused:
    """As name_stand_in, from what a form gives: the last day instead of the day after it, and gaps."""
    if deputy is None:
        return Refused("deputy", "请选择代理人")
    if starts_on is None or last_day is None:
        return Refused("period", "请写代理的第一天和最后一天")
    ends_on = last_day + timedelta(days=1)
    return name_stand_in(session, absent, deputy, starts_on, ends_on, reason, by=by, now=now, timezone=TIMEZONE)


def _own_act(
    person_id: int,
    held: Sequence[int],
    wish: str,
    do: Callable[[Session, Person], Refused | None],
    *,
    key: str,
    now: datetime,
) -> Refused | None:
    """One keyed transaction that holds these people, the one who acts among them."""
    return persevering(lambda: _attempt(person_id, held, wish, do, key, now))


def _attempt(
    person_id: int,
    held: Sequence[int],
    wish: str,
    do: Callable[[Session, Person], Refused | None],
    key: str,
    now: datetime,
) -> Refused | None:
    with writing() as session:
        # Held for this act alone: a wish that is sent twice at once waits here for its own answer.
        _hold(session, *held)
        own = session.get_one(Person, person_id, populate_existing=True)
        if own.disabled_at is not None:
            return Refused("not_found", "账号已停用")
        try:
            if keys.remembered(session, person_id, key, wish) is not None:
                return None
        except keys.Reused as reused:
            return Refused("key_reused", reused.text)
        refused = do(session, own)
        if refused is None:
            session.flush()
            keys.remember(session, person_id, key, wish, True, now)
        return refused


def candidates(session: Session, absent_id: int, now: datetime) -> list[Person]:
    """Who could stand in for somebody: people of the same departments, or of the same bureau, by name.

    Who cannot sign in yet comes last, to be named with the reason.
    """
    day = local_day(now, TIMEZONE)
    held = [each for each in _appointments(session, absent_id) if each.ends_on is None or each.ends_on > day]
    sides = {_side(each) for each in held if each.role in LENT}
    if not sides:
        return []
    rows = session.scalars(
        select(Appointment)
        .join(Person, Person.id == Appointment.person_id)
        .where(
            Appointment.region_id.in_({region for region, _department in sides}),
            Appointment.role.in_(LENT),
            Appointment.person_id != absent_id,
            Person.disabled_at.is_(None),
            or_(Appointment.ends_on.is_(None), Appointment.ends_on > day),
        )
        .options(joinedload(Appointment.person))
    )
    found = {each.person.id: each.person for each in rows if _side(each) in sides}
    return sorted(found.values(), key=lambda person: (why_not_chosen(person), person.name, person.id))


def arrangements_of(session: Session, *person_ids: int) -> list[StandIn]:
    """The arrangements these people have a part in, the latest first, with both people loaded."""
    return list(
        session.scalars(
            select(StandIn)
            .where(or_(StandIn.absent_id.in_(person_ids), StandIn.deputy_id.in_(person_ids)))
            .options(joinedload(StandIn.absent), joinedload(StandIn.deputy))
            .order_by(StandIn.starts_on.desc(), StandIn.id.desc())
        )
    )


def covered_now(arrangements: Sequence[StandIn], person_id: int, today: date) -> list[StandIn]:
    """Of these, the ones in which a person stands in for somebody today, the one that ends first in front. Pure."""
    mine = [each for each in arrangements if each.deputy_id == person_id and each.starts_on <= today < each.ends_on]
    return sorted(mine, key=lambda each: (each.ends_on, each.id))


def hold_rights(session: Session, person_id: int) -> None:
    """Hold the rights of a person until the transaction ends (FOR SHARE): their row, and those of their lenders.

    Whoever gives or takes a right holds the rows of its people FOR UPDATE, so that a right withdrawn before the commit
    has never decided anything. The own row comes first: naming a stand-in holds it, so that no lender can be missed.
    """
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(read=True))
    hold_lenders(session, person_id)


def hold_lenders(session: Session, person_id: int) -> None:
    """Hold those whom a person stands in for; the person's own row is held already."""
    lenders = select(StandIn.absent_id).where(StandIn.deputy_id == person_id)
    session.execute(select(Person.id).where(Person.id.in_(lenders)).order_by(Person.id).with_for_update(read=True))


def _hold(session: Session, *people: int) -> None:
    """Hold people for this act alone, in this order: a deputy before whom they stand in for, as `hold_rights` does, or
    an act and a decision of the deputy's would each wait for the other."""
    for person_id in people:
        session.execute(select(Person.id).where(Person.id == person_id).with_for_update())


def _appointments(session: Session, person_id: int) -> list[Appointment]:
    return list(session.scalars(select(Appointment).where(Appointment.person_id == person_id)))


def _note(session: Session, made: StandIn, act: str, deputy: str, by: Actor, now: datetime) -> None:
    book.append(
        session,
        f"person:{made.absent_id}",
        act,
        at=now,
        person_id=by.person_id,
        person_name=by.name,
        role=by.role,
        body={
            "deputy": made.deputy_id,
            "deputy_name": deputy,
            "from": made.starts_on.isoformat(),
            "until": made.ends_on.isoformat(),
            "reason": made.reason,
        },
    )
