"""`flask --app wsgi people …`: accounts and appointments."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from accounts import passwords, scope
from accounts import people as acts
from accounts.actor import COMMAND_LINE
from accounts.departments import department_by_code, region_by_code
from accounts.models import Appointment, Department, Person, Region
from accounts.roles import LABELS, OF_A_DEPARTMENT, Role
from accounts.roster import OUTCOME_LABELS, NotARoster, Outcome, import_roster, read_roster
from accounts.separation import period_text
from commands.errors import BadInput, done, print_json
from commands.on_database import OnDatabase
from config.clock import now
from config.database import db, writing

_ROLE = click.Choice([*LABELS.values(), *(str(role) for role in Role)])
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("people", cls=OnDatabase)
def people() -> None:
    """People 人员 and their appointments 任职."""


@people.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout and nothing else.")
def people_import(file: Path, as_json: bool) -> None:
    """Import people, departments and appointments from FILE (xlsx or csv); safe to run again."""
    try:
        rows = read_roster(file.read_bytes(), file.name)
    except OSError as error:
        raise BadInput(f"{file} 打不开（{error.strerror}）") from error
    except NotARoster as error:
        raise BadInput(str(error)) from error
    results = import_roster(rows, by=COMMAND_LINE, now=now())
    refused = [result for result in results if result.outcome is Outcome.REFUSED]
    if as_json:
        print_json(
            [
                {
                    "line": result.line,
                    "outcome": str(result.outcome),
                    "what": result.what,
                    "reason": result.reason,
                    "first_password": result.first_password,
                }
                for result in results
            ]
        )
    else:
        for result in results:
            words = f"第 {result.line} 行　{OUTCOME_LABELS[result.outcome]}　{result.what}"
            click.echo(words + (f"　初始密码 {result.first_password}" if result.first_password else ""))
    for result in refused:
        click.echo(result.reason, err=True)
    if refused:
        raise BadInput(f"{len(results)} 行中有 {len(refused)} 行未导入，其余已导入；改正后可以再导入整份文件")


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout and nothing else.")
def people_list(as_json: bool) -> None:
    """List everybody with what they were, are and will be."""
    found = db.session.scalars(
        select(Person)
        .options(selectinload(Person.appointments).joinedload(Appointment.department))
        .order_by(Person.login)
    ).all()
    regions = {each.id: each for each in db.session.scalars(select(Region))}
    if as_json:
        print_json([_described(person, regions) for person in found])
        return
    for person in found:
        click.echo(f"{person.login}\t{person.name}\t{'停用' if person.disabled_at else '在用'}")
        for each in person.appointments:
            place = each.department.short_name if each.department else regions[each.region_id].name
            click.echo(f"    {LABELS[Role(each.role)]}\t{place}\t{period_text(each.starts_on, each.ends_on)}")


def _described(person: Person, regions: dict[int, Region]) -> dict[str, Any]:
    return {
        "login": person.login,
        "name": person.name,
        "email": person.email,
        "disabled": person.disabled_at is not None,
        "must_change_password": person.must_change_password,
        "appointments": [
            {
                "role": str(each.role),
                "region": regions[each.region_id].code,
                "department": each.department.code if each.department else None,
                "from": each.starts_on.isoformat(),
                "until": each.ends_on.isoformat() if each.ends_on else None,
            }
            for each in person.appointments
        ],
    }


@people.command("add")
@click.argument("login")
@click.argument("name")
@click.option("--email", help="Where messages go.")
def people_add(login: str, name: str, email: str | None) -> None:
    """Open an account and print its first password, once."""
    password = passwords.first_password()
    kept = passwords.hashed(password)
    with writing() as session:
        person = done(
            acts.create(session, login=login, name=name, email=email, password_hash=kept, by=COMMAND_LINE, now=now())
        )
        click.echo(f"已登记 {person.login} {person.name}，初始密码 {password}")


@people.command("appoint")
@click.argument("login")
@click.argument("role", type=_ROLE)
@click.option("--region", "region_code", required=True, help="The region's code.")
@click.option("--department", "department_code", help="The department's code, for roles of a department.")
@click.option("--from", "first", type=_DAY, help="First day; today when left out.")
@click.option("--last", type=_DAY, help="Last day; open when left out.")
def people_appoint(
    login: str,
    role: str,
    region_code: str,
    department_code: str | None,
    first: datetime | None,
    last: datetime | None,
) -> None:
    """Appoint the person with this LOGIN to a ROLE (its Chinese word or its name in the code)."""
    at = now()
    with writing() as session:
        person = _person(session, login)
        region = _region(session, region_code)
        place = _place(session, _role(role), region, department_code)
        made = done(
            acts.appoint(
                session,
                person,
                _role(role),
                place,
                first.date() if first else scope.local_day(at, region.timezone),
                last.date() + timedelta(days=1) if last else None,
                by=COMMAND_LINE,
                now=at,
            )
        )
        period = period_text(made.starts_on, made.ends_on)
        click.echo(f"{person.name} 任{LABELS[Role(made.role)]}（{place.name}），{period}")


@people.command("end")
@click.argument("login")
@click.argument("role", type=_ROLE)
@click.option("--region", "region_code", required=True, help="The region's code.")
@click.option("--department", "department_code", help="The department's code, for roles of a department.")
@click.option("--last", type=_DAY, required=True, help="Last day of the appointment.")
def people_end(login: str, role: str, region_code: str, department_code: str | None, last: datetime) -> None:
    """End the open appointment of LOGIN to ROLE."""
    with writing() as session:
        person = _person(session, login)
        region = _region(session, region_code)
        place = _place(session, _role(role), region, department_code)
        department_id = place.id if isinstance(place, Department) else None
        day = last.date()
        held = [
            each
            for each in acts.appointments_of(session, person)
            if (each.role, each.region_id, each.department_id) == (_role(role), region.id, department_id)
            and scope.in_force(each, day)
        ]
        if not held:
            raise BadInput(f"{person.name} 在 {day} 没有任{LABELS[_role(role)]}（{place.name}）")
        done(acts.end_appointment(session, held[0], day + timedelta(days=1), by=COMMAND_LINE, now=now()))
        click.echo(f"{person.name} 任{LABELS[_role(role)]}（{place.name}）到 {day} 为止")


@people.command("disable")
@click.argument("login")
@click.option("--reason", required=True, help="Goes into the audit.")
def people_disable(login: str, reason: str) -> None:
    """Disable the account: it is out at its next request."""
    with writing() as session:
        person = _person(session, login)
        done(acts.disable(session, person, reason=reason, by=COMMAND_LINE, now=now()))
        click.echo(f"已停用 {person.login} {person.name}")


@people.command("enable")
@click.argument("login")
@click.option("--reason", required=True, help="Goes into the audit.")
def people_enable(login: str, reason: str) -> None:
    """Open a disabled account again."""
    with writing() as session:
        person = _person(session, login)
        done(acts.enable(session, person, reason=reason, by=COMMAND_LINE, now=now()))
        click.echo(f"已恢复 {person.login} {person.name}")


@people.command("first-password")
@click.argument("login")
def people_first_password(login: str) -> None:
    """Give the account a new first password and print it, once."""
    password = passwords.first_password()
    kept = passwords.hashed(password)
    with writing() as session:
        person = _person(session, login)
        acts.new_first_password(session, person, password_hash=kept, by=COMMAND_LINE, now=now())
        click.echo(f"{person.login} {person.name} 的初始密码 {password}")


def _person(session: Session, login: str) -> Person:
    person = acts.by_login(session, login)
    if person is None:
        raise BadInput(f"没有账号 {login}；people list 列出所有账号")
    return person


def _region(session: Session, code: str) -> Region:
    region = region_by_code(session, code)
    if region is None:
        raise BadInput(f"地区代码 {code} 还没有登记；region list 列出所有地区")
    return region


def _role(word: str) -> Role:
    return next(role for role, label in LABELS.items() if word in (label, str(role)))


def _place(session: Session, role: Role, region: Region, code: str | None) -> Region | Department:
    if role not in OF_A_DEPARTMENT:
        if code:
            raise BadInput(f"{LABELS[role]}的任职范围是整个地区，请不要写 --department")
        return region
    department = department_by_code(session, region, code) if code else None
    if department is None:
        raise BadInput(f"{LABELS[role]}要用 --department 写明{region.name}已登记的部门编码；departments list 列出它们")
    return department
