"""The demo: an invented region with one person in each role, for an empty database on one's own machine."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from accounts import passwords, people, scope
from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region, department_by_code
from accounts.models import Department, Person, Region
from accounts.roles import LABELS, Role
from commands.errors import done
from config.clock import now
from config.database import db, writing
from config.settings import Settings
from forms import framework as frameworks
from forms import targets
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task
from workflow import cycle as cycles
from workflow import loading
from workflow.acts import Moved, Refused, act
from workflow.models import Table
from workflow.states import Stage

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


MORE_PEOPLE = (
    ("qiaomu", "乔木生", Role.EDITOR, "102"),
    ("yelan", "叶兰舟", Role.EDITOR, "103"),
    ("linxi", "林溪亭", Role.REVIEWER, "102"),
    ("linxi", "林溪亭", Role.REVIEWER, "103"),
)
FORM = "henan-2020"


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
                _open_the_year()
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


def _open_the_year() -> None:
    """Next year's goals are being drafted: one table still a draft, one in internal review, one with the bureau."""
    region = db.session().scalars(select(Region)).one()
    day, manager = scope.local_day(now(), region.timezone), _id("gunan")
    year = day.year + 1
    cycle_id = cycles.open_cycle(
        region_id=region.id,
        fiscal_year=year,
        framework=FORM,
        documents=[_sheet(name, year) for _, name, _ in DEPARTMENTS],
        person_id=manager,
        now=now,
    )
    for stage, opens, closes in (
        (Stage.ENTRY, -14, 12),
        (Stage.REVIEW, -3, 24),
        (Stage.EVALUATION, 425, 485),
        (Stage.EVALUATION_REVIEW, 486, 515),
    ):
        cycles.set_window(
            cycle_id=cycle_id,
            stage=stage,
            opens_on=day + timedelta(days=opens),
            closes_on=day + timedelta(days=closes),
            person_id=manager,
            now=now,
        )
    _seat_more_people()
    _send("102", "qiaomu")
    _send("103", "yelan", endorsed_by="linxi")


def _seat_more_people() -> None:
    """Editors and a reviewer of the other departments, without a password: nobody signs in as them."""
    at = now()
    with writing() as session:
        region = session.scalars(select(Region)).one()
        for login, name, role, code in MORE_PEOPLE:
            person = people.by_login(session, login) or done(
                people.create(session, login=login, name=name, email=None, password_hash=None, by=COMMAND_LINE, now=at)
            )
            place = department_by_code(session, region, code)
            if place is None:
                raise LookupError(f"the demo has no department {code}")
            day = scope.local_day(at, region.timezone)
            done(people.appoint(session, person, role, place, day, None, by=COMMAND_LINE, now=at))


def _send(code: str, editor: str, *, endorsed_by: str | None = None) -> None:
    """Send a department's table for review, and on to the bureau where somebody endorses it."""
    session = db.session()
    table = session.scalars(select(Table).join(Department).where(Department.code == code)).one()
    table_id, version, edit = table.id, table.version, loading.sheet_edit(session, table)
    moved = act(
        "submit", table_id, person=_id(editor), version=version, now=now, key=f"demo-{code}-submit", sheet_edit=edit
    )
    if endorsed_by is not None and isinstance(moved, Moved):
        who = _id(endorsed_by)
        moved = act("endorse", moved.table_id, person=who, version=moved.version, now=now, key=f"demo-{code}-endorse")
    if isinstance(moved, Refused):
        raise RuntimeError(f"the demo's table {code} does not move: {moved.sentence()}")


def _id(login: str) -> int:
    person = people.by_login(db.session(), login)
    if person is None:
        raise LookupError(f"the demo has no {login}")
    return person.id


def _sheet(department: str, year: int) -> Document:
    """An invented sheet in order, with something of the department's own in each block."""
    blank = frameworks.load(FORM).blank(department, year)
    task, own = "重点任务年度推进", []
    for level1, level2, name, target, definition in (
        ("产出指标", "重点工作任务完成", task, "≥85%", "工作完成率"),
        ("产出指标", "履职目标实现", "履职目标实现率", "≥85%", "已实现的履职目标数÷年度履职目标数×100%"),
        ("效益指标", "履职效益", "服务事项覆盖率", "100%", "已覆盖的县（市、区）数÷全省县（市、区）数×100%"),
        ("效益指标", "满意度", "服务对象满意度", "≥90%", "年末抽样问卷，有效样本不少于300份"),
    ):
        parsed = targets.parse(target)
        own.append(
            Indicator(
                level1=level1,
                level2=level2,
                level3=name,
                target_raw=target,
                operator=parsed.operator,
                target=parsed.number,
                unit=parsed.unit,
                definition=definition,
            )
        )
    return Document(
        form=FORM,
        fiscal_year=year,
        department=department,
        annual_goal=f"围绕全省中心工作，完成{department}年度重点任务，提高服务质量和资金使用效益。",
        tasks=(Task(name=task, content="按季度推进年度重点任务，年底前全部完成并组织验收。"),),
        budget=Budget(
            total=Decimal("1860.0"),
            by_source=BySource(fiscal=Decimal("1800.0"), other=Decimal("60.0")),
            by_use=ByUse(basic=Decimal("940.0"), project=Decimal("920.0")),
        ),
        indicators=(*blank.indicators, *own),
    )


def _write(file: Path, accounts: list[Account]) -> None:
    """Written aside and put in place, readable by its owner alone: passwords stand in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps([asdict(each) for each in accounts], ensure_ascii=False, indent=2), encoding="utf-8")
    os.replace(aside, file)
