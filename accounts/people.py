"""Signing in, passwords, and who is appointed to what. Every act ends in the ledger, chain `person:<id>`.

`sign_in` and `change_password` open their own transactions, because hashing takes as long as a hundred small writes
and must not keep others waiting; the others work in the caller's (`with writing() as session`).
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, inspect, select
from sqlalchemy.orm import Session, contains_eager, joinedload
from sqlalchemy.orm.util import identity_key

from accounts import attempts, passwords, separation
from accounts.actor import Actor
from accounts.models import Appointment, Department, Person, Post, Region
from accounts.refusals import Refused
from accounts.roles import LABELS, OF_A_DEPARTMENT, Role
from accounts.scope import local_day
from config.database import db, writing
from ledger import book
from ledger.models import Entry

SIGN_IN_REFUSED = Refused(
    "sign_in",
    f"账号或密码不对，或者账号已停用。请核对后再试，连续输错 {attempts.MOST} 次要等 "
    f"{attempts.WITHIN.seconds // 60} 分钟；忘记密码请找本单位的系统管理员重设",
)
_LOGIN = re.compile(r"[^\s:/\\]{2,80}")


def normal_login(text: str) -> str:
    """A login as it is stored and looked up: full-width letters narrowed, small letters, no spaces around.

    Without NUL, which PostgreSQL takes in no text.
    """
    return unicodedata.normalize("NFKC", text).replace("\0", "").strip().casefold()


def login_objection(login: str) -> str | None:
    """Why a (normal) login cannot be used; None when it can."""
    if _LOGIN.fullmatch(login):
        return None
    return "账号要 2 到 80 个字符，不能有空格、冒号和斜线"


def email_objection(email: str) -> Refused | None:
    """Why this cannot be an e-mail address; None where it can, or is left out."""
    text = email.strip()
    if text and ("@" not in text.strip("@") or " " in text):
        return Refused("email", f"“{text}”不是邮箱地址，请改正或留空")
    return None


def find(session: Session, person_id: int) -> Person | None:
    """A person with their posts loaded, as `accounts.scope` needs them."""
    return (
        session.scalars(
            select(Person)
            # The id is named on both sides, so that the view is read for one person alone.
            .outerjoin(Post, and_(Post.holder_id == Person.id, Post.holder_id == person_id))
            .where(Person.id == person_id)
            .options(contains_eager(Person.posts))
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )


def somebody(session: Session, person_id: int) -> Person | None:
    """As `find`, for reading: as this transaction has read them already (whoever is signed in, on every page)."""
    person = session.identity_map.get(identity_key(Person, person_id))
    if isinstance(person, Person) and not {"posts", "disabled_at"} & inspect(person).unloaded:
        return person
    return find(session, person_id)


def by_login(session: Session, login: str) -> Person | None:
    """The person with that login, however it was typed."""
    return session.scalars(select(Person).where(Person.login == normal_login(login))).one_or_none()


def masked(login: str) -> str:
    """An unknown login as the ledger keeps it: people type passwords into the wrong field."""
    return f"{login[:2]}…（{len(login)} 个字符）"


def _note(session: Session, person: Person, act: str, by: Actor, now: datetime, **body: Any) -> None:
    book.append(
        session,
        f"person:{person.id}",
        act,
        at=now,
        person_id=by.person_id,
        person_name=by.name,
        role=by.role,
        body=body,
    )


def sign_in(login: str, password: str, now: datetime, *, address: str = "") -> Person | Refused:
    """Let somebody in, or refuse with one sentence that does not tell whether the login exists.

    `address` is where the request came from; one that was wrong too often has to wait (accounts.attempts), in the
    same words. Success and failure are written down either way.
    """
    wanted = normal_login(login)
    reading = db.session()
    row = reading.execute(
        select(Person.id, Person.password_hash, Person.disabled_at).where(Person.login == wanted)
    ).one_or_none()
    waits = row is not None and attempts.held_back(_latest_attempts(reading, row.id), address, now)
    reading.rollback()
    right = passwords.fits(password, row.password_hash if row else None) and not waits
    fresh = None
    if right and row and row.password_hash and row.disabled_at is None and passwords.wants_rehash(row.password_hash):
        fresh = passwords.hashed(password)
    with writing() as session:
        person = session.get(Person, row.id) if row else None
        if person is None:
            book.append(
                session,
                "signin",
                "sign_in_failed",
                at=now,
                person_id=None,
                person_name="",
                role="",
                body={"login": masked(wanted), "address": address},
            )
            return SIGN_IN_REFUSED
        by = Actor.of(person, "self")
        if not right or person.disabled_at is not None or row is None or person.password_hash != row.password_hash:
            why = "disabled" if person.disabled_at is not None else "password"
            # A try that was held back does not count as one: waiting must have an end.
            act, why = ("sign_in_held_back", "attempts") if waits else ("sign_in_failed", why)
            _note(session, person, act, by, now, why=why, address=address)
            return SIGN_IN_REFUSED
        if fresh:
            person.password_hash = fresh
        _note(session, person, "sign_in", by, now, address=address)
    return person


def _latest_attempts(session: Session, person_id: int) -> list[attempts.Attempt]:
    entries = session.scalars(
        select(Entry)
        .where(Entry.chain == f"person:{person_id}", Entry.act.in_(("sign_in", "sign_in_failed")))
        .order_by(Entry.position.desc())
        .limit(5 * attempts.MOST)  # several addresses may try at once
    )
    return [
        attempts.Attempt(entry.at, book.said(entry).get("address", ""), entry.act == "sign_in_failed")
        for entry in entries
    ]


def change_password(person_id: int, *, current: str, new: str, now: datetime) -> Refused | None:
    """A person replaces their own password, which also ends the need to do so."""
    reading = db.session()
    row = reading.execute(
        select(Person.login, Person.password_hash, Person.disabled_at).where(Person.id == person_id)
    ).one()
    reading.rollback()
    if not passwords.fits(current, row.password_hash):
        return Refused("current", "现在的密码不对，请重新输入")
    if row.disabled_at is not None:
        return SIGN_IN_REFUSED
    objection = passwords.objection(new, login=row.login, kept=row.password_hash)
    if objection:
        return Refused("new", objection)
    kept = passwords.hashed(new)
    with writing() as session:
        person = session.get_one(Person, person_id)
        if person.password_hash != row.password_hash:
            return Refused("current", "密码刚刚已被改过，请用新的密码重新登录")
        person.password_hash = kept
        person.must_change_password = False
        _note(session, person, "password_changed", Actor.of(person, "self"), now)
    return None


def create(
    session: Session, *, login: str, name: str, email: str | None, password_hash: str | None, by: Actor, now: datetime
) -> Person | Refused:
    """A new account; its password, if it has one, must be changed at the first sign-in. All that is wrong is told."""
    wanted = normal_login(login)
    found = [] if name.strip() else [Refused("name", "姓名不能为空")]
    if objection := login_objection(wanted):
        found.append(Refused("login", objection))
    elif by_login(session, wanted) is not None:
        found.append(Refused("login", f"账号 {wanted} 已经有人使用，请换一个"))
    if wrong := email_objection(email or ""):
        found.append(wrong)
    if refused := Refused.of(found):
        return refused
    person = Person(login=wanted, name=name.strip(), email=email or None, password_hash=password_hash)
    session.add(person)
    session.flush()
    _note(session, person, "created", by, now, login=wanted, name=person.name, email=person.email)
    return person


def correct(
    session: Session, person: Person, *, name: str, email: str | None, by: Actor, now: datetime
) -> dict[str, list[str | None]]:
    """Set name and e-mail; what changed as {field: [before, after]}, empty when nothing did."""
    changed: dict[str, list[str | None]] = {}
    if name != person.name:
        changed["name"] = [person.name, name]
        person.name = name
    if email != person.email:
        changed["email"] = [person.email, email]
        person.email = email
    if changed:
        session.flush()
        _note(session, person, "corrected", by, now, **changed)
    return changed


def new_first_password(session: Session, person: Person, *, password_hash: str, by: Actor, now: datetime) -> None:
    """Replace a forgotten password by a first one (hash it before the transaction); it must be changed at once."""
    person.password_hash = password_hash
    person.must_change_password = True
    session.flush()
    _note(session, person, "first_password", by, now)


def disable(session: Session, person: Person, *, reason: str, by: Actor, now: datetime) -> Refused | None:
    """End an account at its next request; nothing is deleted."""
    if person.disabled_at is not None:
        return Refused("state", f"{person.name} 的账号已经停用")
    if not reason.strip():
        return Refused("reason", "停用账号要写原因")
    person.disabled_at = now
    session.flush()
    _note(session, person, "disabled", by, now, reason=reason.strip())
    return None


def enable(session: Session, person: Person, *, reason: str, by: Actor, now: datetime) -> Refused | None:
    """Open a disabled account again."""
    if person.disabled_at is None:
        return Refused("state", f"{person.name} 的账号没有停用")
    if not reason.strip():
        return Refused("reason", "恢复账号要写原因")
    person.disabled_at = None
    session.flush()
    _note(session, person, "enabled", by, now, reason=reason.strip())
    return None


def why_not_chosen(person: Person) -> str:
    """Why nobody's work can be given to this person yet: they could not sign in to do it. Empty for everybody else."""
    if person.disabled_at is not None:
        return "账号已停用，不能选"
    return "" if person.password_hash else "还没有登录过，不能选"


def appoint(
    session: Session,
    person: Person,
    role: Role,
    scope: Region | Department,
    starts_on: date,
    ends_on: date | None,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> Appointment | Refused:
    """Appoint a person from a day (inclusive) until a day (exclusive, None is open); the history keeps a reason given.

    The person's row is locked first, so that two appointments that exclude each other cannot pass side by side.
    """
    department = scope if isinstance(scope, Department) else None
    if (role in OF_A_DEPARTMENT) != (department is not None):
        wanted = "一个部门" if role in OF_A_DEPARTMENT else "整个地区"
        return Refused("scope", f"{LABELS[role]}的任职范围是{wanted}，请改范围或改角色")
    if ends_on is not None and ends_on <= starts_on:
        return Refused("period", "截止日期早于起始日期，请核对两个日期")
    region_id = scope.region_id if isinstance(scope, Department) else scope.id
    held = _lock_and_read(session, person)
    objection = separation.objection(role, region_id, department.id if department else None, starts_on, ends_on, held)
    if objection:
        return Refused("separation", f"{person.name}{objection}")
    place = (role, region_id, department.id if department else None, starts_on)
    called_off = next(
        (one for one in held if (one.role, one.region_id, one.department_id, one.starts_on) == place), None
    )  # of that day, or it would overlap: it is taken up again
    appointment = called_off or Appointment(
        person_id=person.id, role=role, region_id=region_id, department_id=place[2], starts_on=starts_on
    )
    appointment.ends_on = ends_on
    session.add(appointment)
    session.flush()
    session.expire(person, ["appointments"])
    _note(session, person, "appointed", by, now, **_described(appointment), **_because(reason))
    return appointment


def end_appointment(
    session: Session, appointment: Appointment, ends_on: date | None, *, by: Actor, now: datetime, reason: str = ""
) -> Refused | None:
    """Give an appointment another end: the first day on which it no longer holds (None opens it again)."""
    person = session.get_one(Person, appointment.person_id)
    if ends_on is not None and ends_on <= appointment.starts_on:
        first = appointment.starts_on
        return Refused(
            "period", f"任职从 {first} 开始，最后一天最早是 {first}，到那天 24:00 结束；要马上结束，请选“从现在起结束”"
        )
    others = [held for held in _lock_and_read(session, person) if held.id != appointment.id]
    objection = separation.objection(
        Role(appointment.role),
        appointment.region_id,
        appointment.department_id,
        appointment.starts_on,
        ends_on,
        others,
    )
    if objection:
        return Refused("separation", f"{person.name}{objection}")
    _end(session, person, appointment, ends_on, by, now, reason)
    return None


def end_at_once(session: Session, appointment: Appointment, *, by: Actor, now: datetime, reason: str) -> Refused | None:
    """End an appointment from this instant: it no longer holds today; one that has not begun is called off."""
    if not reason:
        return Refused("reason", "请写从现在起结束任职的原因")
    person = session.get_one(Person, appointment.person_id)
    _lock_and_read(session, person)
    session.refresh(appointment)
    ends_on = max(local_day(now, appointment.region.timezone), appointment.starts_on)
    if appointment.ends_on is not None and appointment.ends_on <= ends_on:
        return Refused("period", "这项任职已经结束")
    _end(session, person, appointment, ends_on, by, now, reason)
    return None


def _end(
    session: Session,
    person: Person,
    appointment: Appointment,
    ends_on: date | None,
    by: Actor,
    now: datetime,
    reason: str,
) -> None:
    before = appointment.ends_on
    appointment.ends_on = ends_on
    session.flush()
    said = {**_described(appointment), "until_before": before.isoformat() if before else None, **_because(reason)}
    _note(session, person, "appointment_ended", by, now, **said)


def appointments_of(session: Session, person: Person) -> list[Appointment]:
    """All a person was, is and will be, by first day."""
    return list(
        session.scalars(
            select(Appointment)
            .where(Appointment.person_id == person.id)
            .options(joinedload(Appointment.department))
            .order_by(Appointment.starts_on, Appointment.id)
        )
    )


def _lock_and_read(session: Session, person: Person) -> list[Appointment]:
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    return appointments_of(session, person)


def _because(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}


def _described(appointment: Appointment) -> dict[str, Any]:
    return {
        "role": str(appointment.role),
        "region": appointment.region_id,
        "department": appointment.department_id,
        "from": appointment.starts_on.isoformat(),
        "until": appointment.ends_on.isoformat() if appointment.ends_on else None,
    }
