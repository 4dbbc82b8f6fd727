"""The demo: an invented region with one person in each role, for an empty database on one's own machine."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from accounts import passwords, people, scope
from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region
from accounts.models import Department, Person, Region
from accounts.roles import LABELS, Role
from commands.errors import done
from config.clock import now
from config.database import db, writing
from config.settings import Settings

FILE = "demo-accounts.json"
"""In the data folder: what the sign-in page prints in development."""
DEPARTMENTS = (
    ("101", "云岭省水利厅", "省水利厅"),
    ("102", "云岭省文化和旅游厅", "省文旅厅"),
    ("103", "云岭省档案馆", "省档案馆"),
)
PEOPLE = (
    ("tianhe", "田小禾", Role.EDITOR),
    ("anzhi", "安之和", Role.REVIEWER),
    ("jiangyuan", "江知远", Role.OFFICER),
    ("gunan", "顾南舟", Role.MANAGER),
    ("shiming", "石景明", Role.AUDITOR),
    ("bairuo", "白若川", Role.ADMINISTRATOR),
)


@dataclass(frozen=True)
class Account:
    """One account of the demo, with its password as it is printed."""

    login: str
    password: str
    name: str
    role: str
    place: str


def ensure(app: Flask) -> list[Account]:
    """The demo's accounts: made when the database has no region, read back when it is the demo's, else none."""
    settings: Settings = app.config["MUBIAO"]
    file = settings.data / FILE
    with app.app_context():
        try:
            if db.session.scalar(select(Region.id).limit(1)) is None:
                accounts = _make()
                _write(file, accounts)
                return accounts
            if not file.is_file():
                return []
            accounts = [Account(**each) for each in json.loads(file.read_text(encoding="utf-8"))]
            known = set(db.session.scalars(select(Person.login)))
            if all(account.login in known for account in accounts):
                return accounts
            file.unlink()  # of another database
            return []
        finally:
            db.session.remove()


def _make() -> list[Account]:
    at = now()
    password = passwords.first_password()
    kept = passwords.hashed(password)
    accounts = []
    with writing() as session:
        region = done(add_region(session, code="990000", name="云岭省", by=COMMAND_LINE, now=at))
        day = scope.local_day(at, region.timezone)
        done(
            add_department(
                session,
                region,
                code="001",
                name="云岭省财政厅",
                short_name="省财政厅",
                submits=False,
                by=COMMAND_LINE,
                now=at,
            )
        )
        departments: list[Department] = [
            done(add_department(session, region, code=code, name=name, short_name=short, by=COMMAND_LINE, now=at))
            for code, name, short in DEPARTMENTS
        ]
        for login, name, role in PEOPLE:
            person = done(
                people.create(session, login=login, name=name, email=None, password_hash=kept, by=COMMAND_LINE, now=at)
            )
            person.must_change_password = False
            places: list[Region | Department] = [region]
            if role in {Role.EDITOR, Role.REVIEWER}:
                places = [departments[0]]
            elif role is Role.OFFICER:
                places = list(departments)
            for place in places:
                done(people.appoint(session, person, role, place, day, None, by=COMMAND_LINE, now=at))
            words = "、".join(p.short_name if isinstance(p, Department) else p.name for p in places)
            accounts.append(Account(login, password, name, LABELS[role], words))
    return accounts


def _write(file: Path, accounts: list[Account]) -> None:
    """Written aside and put in place, readable by its owner alone: passwords stand in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps([asdict(each) for each in accounts], ensure_ascii=False, indent=2), encoding="utf-8")
    os.replace(aside, file)
