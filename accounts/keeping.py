"""What an administrator does to accounts, each in one transaction and within the regions they keep.

A person, department or appointment outside of these answers as one that does not exist does. Each act is keyed
(ledger.keys): repeated, it has its effect once and gives its answer again, a first password included, which is drawn
from the key and a secret and kept nowhere.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import departments, directory, passwords, people, roster
from accounts.actor import Actor
from accounts.models import Appointment, Department, Person, Region
from accounts.refusals import Refused
from accounts.roles import LABELS, OF_A_DEPARTMENT, Role
from config.database import db, persevering, writing
from ledger import keys

T = TypeVar("T")
WHOLE_REGION = "region"
"""What stands for the whole region where a department could stand."""
NOT_FOUND = Refused("not_found", "没有找到，或者不在您管理的地区之内")


@dataclass(frozen=True)
class FirstPassword:
    """A password just made: shown once, kept nowhere."""

    person_id: int
    name: str
    login: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Keeper:
    """An administrator at an instant."""

    person_id: int
    now: datetime
    key: str
    secret: bytes
    """What first passwords are drawn from, with the key."""

    def create(self, *, login: str, name: str, email: str) -> FirstPassword | Refused:
        """A new account with a first password."""
        password = self._first_password("")
        kept = passwords.hashed(password)  # before the transaction: it takes long

        def do(session: Session, by: Actor, regions: list[Region]) -> FirstPassword | Refused:  # noqa: ARG001
            made = people.create(
                session, login=login, name=name, email=email.strip() or None, password_hash=kept, by=by, now=self.now
            )
            return made if isinstance(made, Refused) else FirstPassword(made.id, made.name, made.login)

        return self._shown_once(self.in_one(("create", login, name, email), do), password)

    def new_first_password(self, person_id: int) -> FirstPassword | Refused:
        """Replace a forgotten password."""
        password = self._first_password("")
        kept = passwords.hashed(password)

        def do(session: Session, by: Actor, person: Person) -> FirstPassword:
            people.new_first_password(session, person, password_hash=kept, by=by, now=self.now)
            return FirstPassword(person.id, person.name, person.login)

        return self._shown_once(self._to_person(person_id, ("new_first_password",), do), password)

    def correct(self, person_id: int, *, name: str, email: str) -> Refused | None:
        """Set name and e-mail."""
        objection = Refused("name", "姓名不能为空") if not name.strip() else people.email_objection(email)
        if objection:
            return objection

        def do(session: Session, by: Actor, person: Person) -> None:
            people.correct(session, person, name=name.strip(), email=email.strip() or None, by=by, now=self.now)

        return self._to_person(person_id, ("correct", name, email), do)

    def disable(self, person_id: int, reason: str) -> Refused | None:
        """End an account, though never one's own."""
        if person_id == self.person_id:
            return Refused("self", "不能停用您自己的账号，请由另一位系统管理员办理")
        return self._to_person(
            person_id,
            ("disable", reason),
            lambda session, by, who: people.disable(session, who, reason=reason, by=by, now=self.now),
        )

    def enable(self, person_id: int, reason: str) -> Refused | None:
        """Open an account again."""
        return self._to_person(
            person_id,
            ("enable", reason),
            lambda session, by, who: people.enable(session, who, reason=reason, by=by, now=self.now),
        )

    def appoint(
        self, person_id: int, *, role: str, place: str, region_id: int | None,
        starts_on: date | None, last_day: date | None,
    ) -> Refused | None:  # fmt: skip
        """Appoint somebody from a day until a last day (none: open). `place` is a department's id or WHOLE_REGION."""
        if role not in set(Role):
            return Refused("role", "“角色”还没有选")
        wanted = "一个部门" if role in OF_A_DEPARTMENT else "“整个地区”"
        if not place:
            return Refused("place", f"“范围”还没有选：{LABELS[Role(role)]}要选{wanted}")
        if (role in OF_A_DEPARTMENT) == (place == WHOLE_REGION):
            return Refused("place", f"“范围”选得不对：{LABELS[Role(role)]}要选{wanted}")
        if starts_on is None:
            return Refused("starts_on", "“起始日期”还没有写，或不是日期")

        def do(session: Session, by: Actor, regions: list[Region]) -> Refused | None:
            person = directory.person_kept(session, regions, person_id)
            found: Region | Department | None
            if role in OF_A_DEPARTMENT:
                found = (
                    directory.department_kept(session, regions, int(place))
                    if place.isdecimal() and len(place) < 10
                    else None
                )
            else:
                found = next((r for r in regions if r.id == region_id or len(regions) == 1), None)
            if person is None or found is None:
                return NOT_FOUND
            made = people.appoint(
                session, person, Role(role), found, starts_on, _day_after(last_day), by=by, now=self.now
            )
            return made if isinstance(made, Refused) else None

        return self.in_one(("appoint", person_id, role, place, region_id, starts_on, last_day), do)

    def end_appointment(self, appointment_id: int, last_day: date | None) -> Refused | None:
        """Give an appointment its last day."""
        if last_day is None:
            return Refused("period", "请写任职的最后一天")

        def do(session: Session, by: Actor, regions: list[Region]) -> Refused | None:
            appointment = session.get(Appointment, appointment_id)
            if appointment is None or appointment.region_id not in {region.id for region in regions}:
                return NOT_FOUND
            return people.end_appointment(session, appointment, _day_after(last_day), by=by, now=self.now)

        return self.in_one(("end_appointment", appointment_id, last_day), do)

    def end_at_once(self, appointment_id: int, reason: str) -> Refused | None:
        """End an appointment from now on, though never the one by which one does it."""

        def do(session: Session, by: Actor, regions: list[Region]) -> Refused | None:
            appointment = session.get(Appointment, appointment_id)
            if appointment is None or appointment.region_id not in {region.id for region in regions}:
                return NOT_FOUND
            if appointment.person_id == self.person_id:
                return Refused("self", "不能从现在起结束您自己的任职，请由另一位系统管理员办理")
            return people.end_at_once(session, appointment, by=by, now=self.now, reason=reason)

        return self.in_one(("end_at_once", appointment_id, reason), do)

    def add_department(
        self, *, region_id: int | None, code: str, name: str, short_name: str, parent_id: int | None, submits: bool
    ) -> Refused | None:
        """A new department."""

        def do(session: Session, by: Actor, regions: list[Region]) -> Refused | None:
            region = next((r for r in regions if r.id == region_id or len(regions) == 1), None)
            parent = directory.department_kept(session, regions, parent_id) if parent_id else None
            if region is None or (parent_id and (parent is None or parent.region_id != region.id)):
                return NOT_FOUND
            made = departments.add_department(
                session, region, code=code, name=name, short_name=short_name, parent=parent, submits=submits, by=by,
                now=self.now,
            )  # fmt: skip
            return made if isinstance(made, Refused) else None

        return self.in_one(("add_department", region_id, code, name, short_name, parent_id, submits), do)

    def correct_department(
        self, department_id: int, *, name: str, short_name: str, parent_id: int | None
    ) -> Refused | None:
        """Set a department's names and its place in the tree."""
        if not name.strip() or not short_name.strip():
            return Refused("empty", "部门名称和简称都不能为空")

        def do(session: Session, by: Actor, regions: list[Region]) -> Refused | None:
            department = directory.department_kept(session, regions, department_id)
            parent = directory.department_kept(session, regions, parent_id) if parent_id else None
            if department is None or (parent_id and (parent is None or parent.region_id != department.region_id)):
                return NOT_FOUND
            changed = departments.correct_department(
                session, department, name=name.strip(), short_name=short_name.strip(), parent=parent, by=by,
                now=self.now,
            )  # fmt: skip
            return changed if isinstance(changed, Refused) else None

        return self.in_one(("correct_department", department_id, name, short_name, parent_id), do)

    def import_roster(self, content: bytes, name: str) -> list[roster.LineResult]:
        """Import a roster; lines of a region somebody else keeps are refused. NotARoster for a file that is none."""
        rows = roster.read_roster(content, name)
        session = db.session()
        regions = directory.regions_kept_by(session, self.person_id, self.now)
        by = Actor.of(session.get_one(Person, self.person_id), Role.ADMINISTRATOR)
        codes = {region.code for region in regions}
        own = [row for row in rows if not row.text("地区代码") or row.text("地区代码") in codes]
        foreign = [
            roster.LineResult(
                row.line,
                roster.Outcome.REFUSED,
                row.text("姓名") or row.text("部门名称"),
                f"“地区代码”{row.text('地区代码')} 不归您管理",
            )
            for row in rows
            if row not in own
        ]
        session.rollback()
        if not regions:
            return foreign
        done = roster.import_roster(
            own,
            by=by,
            now=self.now,
            first_password=self._first_password,
            key=self.key,
            wish=keys.wish("roster", content),
        )
        return sorted([*done, *foreign], key=lambda result: result.line)

    def _first_password(self, login: str) -> str:
        """The first password that this wish gives out; of a roster, for each login."""
        return passwords.first_password(hmac.digest(self.secret, f"{self.key}:{login}".encode(), "sha256"))

    def _shown_once(self, made: FirstPassword | Refused, password: str) -> FirstPassword | Refused:
        return made if isinstance(made, Refused) else replace(made, password=password)

    def _to_person(
        self, person_id: int, wish: tuple[object, ...], do: Callable[[Session, Actor, Person], T]
    ) -> T | Refused:
        def find_and_do(session: Session, by: Actor, regions: list[Region]) -> T | Refused:
            person = directory.person_kept(session, regions, person_id)
            return NOT_FOUND if person is None else do(session, by, person)

        return self.in_one((*wish, person_id), find_and_do)

    def in_one(
        self,
        wish: tuple[object, ...],
        do: Callable[[Session, Actor, list[Region]], T],
        again: Callable[[dict[str, Any]], Any] = lambda done: FirstPassword(**done) if done else None,
    ) -> T | Refused:
        """One keyed transaction, in which the administrator's own right is read anew. Refused: nothing is written.

        `again` makes the outcome from what was kept of it (its fields).
        """
        wanted = keys.wish(str(wish[0]), *wish[1:])
        return persevering(lambda: self._attempt(wanted, do, again))

    def _attempt(
        self,
        wanted: str,
        do: Callable[[Session, Actor, list[Region]], T],
        again: Callable[[dict[str, Any]], Any],
    ) -> T | Refused:
        with writing() as session:
            # Held for this act alone: a wish that is sent twice at once waits here for its own answer.
            own = session.scalars(select(Person).where(Person.id == self.person_id).with_for_update()).one()
            regions = directory.regions_kept_by(session, self.person_id, self.now)
            if not regions:
                return NOT_FOUND
            try:
                done = keys.remembered(session, self.person_id, self.key, wanted)
            except keys.Reused as reused:
                return Refused("key_reused", reused.text)
            if done is not None:
                outcome_before: T = again(done)
                return outcome_before
            outcome = do(session, Actor.of(own, Role.ADMINISTRATOR), regions)
            if isinstance(outcome, Refused):
                session.rollback()
            else:
                session.flush()
                keys.remember(session, self.person_id, self.key, wanted, _kept(outcome), self.now)
            return outcome


def _kept(outcome: object) -> dict[str, object]:
    """What is remembered of an outcome: its fields; of a first password whose it is, never the password."""
    return {name: value for name, value in getattr(outcome, "__dict__", {}).items() if name != "password"}


def _day_after(last_day: date | None) -> date | None:
    return None if last_day is None else last_day + timedelta(days=1)
