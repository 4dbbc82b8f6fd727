"""The demo's invented people: who signs in, and who only is there so that the work has names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from accounts import people
from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region
from accounts.models import Department, Region
from accounts.roles import LABELS, Role
from commands.demo_region.places import PLACES
from commands.errors import done
from config.database import writing


@dataclass(frozen=True)
class Account:
    """One account of the demo, with its password as it is printed."""

    login: str
    password: str
    name: str
    role: str
    place: str


MANAGER, OFFICER, SECOND_OFFICER = "gunan", "jiangyuan", "qinwang"
SIGNING_IN: tuple[tuple[str, str, Role, tuple[str, ...]], ...] = (
    ("tianhe", "田小禾", Role.EDITOR, ("101",)),
    ("anzhi", "安之和", Role.REVIEWER, ("101", "102")),
    ("linwan", "林晚舟", Role.EDITOR, ("103",)),
    ("xiaqing", "夏清岚", Role.REVIEWER, ("103",)),
    ("songlan", "宋岚亭", Role.HEAD, ("110",)),
    (OFFICER, "江知远", Role.OFFICER, tuple(place.code for place in PLACES[:14])),
    (MANAGER, "顾南舟", Role.MANAGER, ()),
    ("shiming", "石景明", Role.AUDITOR, ()),
    ("bairuo", "白若川", Role.ADMINISTRATOR, ()),
)
"""Login, name, role and the codes of the departments (none: the region)."""
ELSEWHERE = (
    "乔木生", "叶兰舟", "林溪亭", "陆云峤", "苏若溪", "温如松", "柳青禾", "秦月白", "许望川", "沈竹筠",
    "白露生", "严冬至", "钟山晓", "卫长风", "穆清扬", "谷雨晴", "闻人静", "尹秋水", "花满庭", "卓越岭",
    "丁香雪", "裴松涛", "文竹青", "宁远航", "常春藤", "简书怀", "明月皎", "鲁南星", "池上荷", "米小满",
    "洛川平", "樊花开", "曲径幽", "云海生", "祝融光", "车水流",
)  # fmt: skip
"""Editors and reviewers of the other departments, without a password: nobody signs in as them."""


def seat(
    region_code: str, region_name: str, bureau: str, *, since: date, at: datetime, password: str, kept: str
) -> list[Account]:
    """Make the region, its departments and everybody in them, appointed since a day; the accounts to sign in with.

    `password` is printed, `kept` its hash.
    """
    with writing() as session:
        region = done(add_region(session, code=region_code, name=region_name, by=COMMAND_LINE, now=at))
        done(
            add_department(
                session, region, code="001", name=f"{region_name}财政厅", short_name=bureau, submits=False,
                by=COMMAND_LINE, now=at,
            )
        )  # fmt: skip
        departments = {
            place.code: done(
                add_department(
                    session, region, code=place.code, name=place.name, short_name=place.short, by=COMMAND_LINE, now=at
                )
            )
            for place in PLACES
        }
        accounts = []
        for login, name, role, codes in SIGNING_IN:
            places: list[Region | Department] = [departments[code] for code in codes]
            places = places or [region]
            _somebody(session, login, name, role, places, since=since, at=at, kept=kept)
            accounts.append(Account(login, password, name, LABELS[role], _words(places)))
        _somebody(
            session, SECOND_OFFICER, "秦望舒", Role.OFFICER, [departments[place.code] for place in PLACES[14:]],
            since=since, at=at, kept=None,
        )  # fmt: skip
        taken = {(role, code) for _, _, role, codes in SIGNING_IN for code in codes}
        names = iter(ELSEWHERE)
        for code, place in departments.items():
            for role, word in ((Role.EDITOR, "editor"), (Role.REVIEWER, "reviewer")):
                if (role, code) not in taken:
                    _somebody(session, f"{word}-{code}", next(names), role, [place], since=since, at=at, kept=None)
    return accounts


def login_of(role: Role, code: str) -> str:
    """Who has that role at a department."""
    for login, _, held, codes in SIGNING_IN:
        if held is role and code in codes:
            return login
    if role is Role.OFFICER:
        return SECOND_OFFICER
    return f"{'editor' if role is Role.EDITOR else 'reviewer'}-{code}"


def _somebody(
    session: Session,
    login: str,
    name: str,
    role: Role,
    places: Sequence[Region | Department],
    *,
    since: date,
    at: datetime,
    kept: str | None,
) -> None:
    person = done(
        people.create(session, login=login, name=name, email=None, password_hash=kept, by=COMMAND_LINE, now=at)
    )
    person.must_change_password = False
    for place in places:
        done(people.appoint(session, person, role, place, since, None, by=COMMAND_LINE, now=at))


def _words(places: Sequence[Region | Department]) -> str:
    names = [place.short_name if isinstance(place, Department) else place.name for place in places]
    return "、".join(names) if len(names) <= 3 else f"{'、'.join(names[:2])}等 {len(names)} 个部门"
