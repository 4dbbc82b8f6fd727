"""The roster: people, departments and appointments from one spreadsheet, with a result for every line.

A line defines a department, or a person with a role, or both. A wrong line never stops the others, and nothing of it
is written. The file may be imported again: what is already so is reported as unchanged.

In the file 截止日期 is the last day on which somebody still is what they are, as people write it; rows hold the day
after (see accounts.scope).
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from python_calamine import CalamineError, load_workbook
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts import passwords, people, scope
from accounts.actor import Actor
from accounts.departments import add_department, correct_department, department_by_code, region_by_code
from accounts.models import Department, Person, Region
from accounts.refusals import Refused
from accounts.roles import LABELS, OF_A_DEPARTMENT, Role
from config.database import db, writing
from ledger import keys

COLUMNS: dict[str, tuple[str, ...]] = {
    "地区代码": ("行政区代码", "行政区划代码", "区划代码"),
    "部门编码": ("部门代码", "单位编码", "单位代码", "预算编码"),
    "部门名称": ("单位名称", "部门", "单位", "部门全称"),
    "简称": ("部门简称", "单位简称"),
    "上级部门编码": ("上级编码", "上级部门代码", "上级单位编码", "主管部门编码"),
    "姓名": ("人员", "人员姓名"),
    "账号": ("帐号", "登录名", "用户名", "登录账号"),
    "邮箱": ("电子邮箱", "邮件", "电子邮件", "email", "e-mail"),
    "角色": ("任职", "岗位", "职责"),
    "起始日期": ("开始日期", "起始", "任职起始日期"),
    "截止日期": ("结束日期", "截止", "终止日期", "任职截止日期"),
}
"""The heads a roster may have, each with its synonyms; any order, none but those a line needs."""

_LONGEST = {"地区代码": 20, "部门编码": 40, "部门名称": 200, "简称": 60, "姓名": 100, "邮箱": 200}
_MOST_BYTES = 20_000_000


class NotARoster(Exception):
    """The file as a whole cannot be read; the message says why and the way out."""


class Outcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


OUTCOME_LABELS = {
    Outcome.ADDED: "新增",
    Outcome.CHANGED: "更新",
    Outcome.UNCHANGED: "已有",
    Outcome.REFUSED: "未导入",
}


@dataclass(frozen=True)
class Row:
    """One line of the file: its number as the spreadsheet shows it, and its cells by head ("" when empty)."""

    line: int
    cells: dict[str, str | date]

    def text(self, head: str) -> str:
        """A cell as text, without spaces around."""
        return str(self.cells.get(head, "")).strip()


@dataclass(frozen=True)
class LineResult:
    """What became of one line. `first_password` is there once, for a person just added, and kept nowhere."""

    line: int
    outcome: Outcome
    what: str
    reason: str = ""
    first_password: str | None = field(default=None, repr=False)
    login: str | None = None
    """Whose first password it is."""


class _Wrong(Exception):
    """A line that cannot be taken, with the sentence for it."""


# ------------------------------------------------------------------------------------------------------- reading


def read_roster(content: bytes, name: str) -> list[Row]:
    """The lines of an xlsx or csv file (told apart by content, not by `name`, which only appears in messages)."""
    if len(content) > _MOST_BYTES:
        raise NotARoster(f"{name} 超过 20 MB，人员表没有这么大，请确认选对了文件")
    if content[:4] == b"PK\x03\x04":
        table = _xlsx(content, name)
    elif content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise NotARoster(f"{name} 是旧的 xls 格式，请在表格软件里另存为 xlsx 或 csv")
    else:
        table = _csv(content, name)
    return _rows(table, name)


def _xlsx(content: bytes, name: str) -> list[tuple[int, list[Any]]]:
    try:
        book = load_workbook(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        cells = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise NotARoster(f"{name} 打不开，可能没有保存完整；请在表格软件里打开后另存为 xlsx") from error
    return list(enumerate(cells, start=1))


def _csv(content: bytes, name: str) -> list[tuple[int, list[Any]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            break
    else:
        raise NotARoster(f"{name} 不是 xlsx，也不是 UTF-8 或 GB18030 编码的 csv；请在表格软件里另存为 xlsx")
    lines: list[tuple[int, list[Any]]] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        before = 0
        for cells in reader:
            lines.append((before + 1, list(cells)))
            before = reader.line_num
    except csv.Error as error:
        raise NotARoster(f"{name} 第 {reader.line_num} 行读不出来，请在表格软件里另存为 xlsx") from error
    return lines


def _key(head: Any) -> str:
    return "".join(unicodedata.normalize("NFKC", str(head)).split()).casefold().rstrip(":*")


_HEADS = {_key(word): head for head, synonyms in COLUMNS.items() for word in (head, *synonyms)}


def _rows(table: Iterable[tuple[int, Sequence[Any]]], name: str) -> list[Row]:
    places: dict[int, str] = {}
    rows: list[Row] = []
    for line, cells in table:
        if not places:
            found = {column: _HEADS[_key(cell)] for column, cell in enumerate(cells) if _key(cell) in _HEADS}
            if len(found) < 2:  # a title above the heads
                continue
            twice = sorted({head for head in found.values() if list(found.values()).count(head) > 1})
            if twice:
                raise NotARoster(f"{name} 第 {line} 行的表头里“{twice[0]}”出现两次，请删去一列")
            places = found
            continue
        values = {head: _cell(cells[column]) for column, head in places.items() if column < len(cells)}
        if any(value != "" for value in values.values()):
            rows.append(Row(line, values))
    if not places:
        raise NotARoster(f"{name} 里没有找到表头；第一行要有 {'、'.join(COLUMNS)} 中需要的几列")
    return rows


def _cell(value: Any) -> str | date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # codes that the spreadsheet took for numbers
    text = unicodedata.normalize("NFC", str(value)).replace("\u3000", " ")
    return text.strip()


def _day(row: Row, head: str) -> date | None:
    value = row.cells.get(head, "")
    if isinstance(value, date):
        return value
    text = unicodedata.normalize("NFKC", value).strip()
    if not text:
        return None
    if text.isdigit() and len(text) == 5:  # a spreadsheet's day number in a cell formatted as a number
        return date(1899, 12, 30) + timedelta(days=int(text))
    plain = text.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    plain = plain.split(" ")[0]
    if plain.isdigit() and len(plain) == 8:
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    try:
        year, month, day = (int(part) for part in plain.split("-"))
        return date(year, month, day)
    except ValueError:
        raise _Wrong(f"“{head}”写的是“{value}”，读不出日期；请写成 2026-01-31 这样") from None


# ----------------------------------------------------------------------------------------------------- importing


def import_roster(
    rows: Sequence[Row],
    *,
    by: Actor,
    now: datetime,
    first_password: Callable[[str], str] = lambda login: passwords.first_password(),  # noqa: ARG005
    key: str | None = None,
    wish: str = "",
) -> list[LineResult]:
    """Bring the rows in, in one transaction of its own with a savepoint for each line; results in the file's order.

    First passwords are hashed before the transaction, which would otherwise keep every other writer waiting. With a
    key, the same wish answers the same again, its first passwords too where `first_password` gives a login the same
    one. NotARoster for a key that was used for another wish.
    """
    reading = db.session()
    known = set(reading.scalars(select(Person.login)))
    reading.rollback()
    wanted = {people.normal_login(row.text("账号")) for row in rows if row.text("账号")}
    fresh: dict[str, tuple[str, str]] = {}
    for login in sorted(wanted - known):
        password = first_password(login)
        fresh[login] = (password, passwords.hashed(password))
    results: list[LineResult] = []
    with writing() as session:
        if key is not None and by.person_id is not None:
            session.execute(select(Person.id).where(Person.id == by.person_id).with_for_update())
            try:
                done = keys.remembered(session, by.person_id, key, wish)
            except keys.Reused as reused:
                raise NotARoster(reused.text) from reused
            if done is not None:
                return [_again(line, first_password) for line in done]
        names: dict[str, Row] = {}
        for row in _parents_first(rows):
            savepoint = session.begin_nested()
            try:
                result = _line(session, row, names, fresh, by, now)
                savepoint.commit()
            except (_Wrong, IntegrityError) as wrong:
                savepoint.rollback()
                # What another hand registered since this line was checked, the database refuses.
                why = wrong if isinstance(wrong, _Wrong) else "同样的内容刚刚被别人登记，请再导入一次"
                result = LineResult(row.line, Outcome.REFUSED, _title(row), f"第 {row.line} 行：{why}")
            results.append(result)
        results.sort(key=lambda result: result.line)
        if key is not None and by.person_id is not None:
            keys.remember(session, by.person_id, key, wish, [_kept(result) for result in results], now)
    return results


def _kept(result: LineResult) -> dict[str, Any]:
    """What is remembered of a line: whose first password was shown, never the password."""
    return {
        "line": result.line, "outcome": result.outcome, "what": result.what, "reason": result.reason,
        "login": result.login,
    }  # fmt: skip


def _again(kept: dict[str, Any], first_password: Callable[[str], str]) -> LineResult:
    login = kept["login"]
    return LineResult(
        kept["line"], Outcome(kept["outcome"]), kept["what"], kept["reason"],
        first_password(login) if login else None, login,
    )  # fmt: skip


def _parents_first(rows: Sequence[Row]) -> list[Row]:
    """The rows, those that define a department before those that need it."""
    waiting, ordered = list(rows), list[Row]()
    while waiting:
        defined_later = {(row.text("地区代码"), row.text("部门编码")) for row in waiting if row.text("部门名称")}
        ready = [row for row in waiting if not _needs(row) & defined_later]
        if not ready:  # each waits for another: their results will say so
            return ordered + waiting
        ordered += ready
        taken = {id(row) for row in ready}
        waiting = [row for row in waiting if id(row) not in taken]
    return ordered


def _needs(row: Row) -> set[tuple[str, str]]:
    """The departments that must be there before this row, as (region's code, department's code)."""
    codes = {row.text("上级部门编码")}
    if not row.text("部门名称"):
        codes.add(row.text("部门编码"))
    return {(row.text("地区代码"), code) for code in codes if code}


def _title(row: Row) -> str:
    return " ".join(
        part for part in (row.text("部门名称") or row.text("部门编码"), row.text("姓名"), row.text("角色")) if part
    )


def _line(
    session: Session, row: Row, names: dict[str, Row], fresh: dict[str, tuple[str, str]], by: Actor, now: datetime
) -> LineResult:
    for head, longest in _LONGEST.items():
        if len(row.text(head)) > longest:
            raise _Wrong(f"“{head}”超过 {longest} 个字，请缩短")
    region = _region(session, row)
    done: list[tuple[Outcome, str]] = []
    department = _department(session, row, region, done, by, now)
    first_password = None
    if row.text("账号"):
        person, first_password = _person(session, row, names, fresh, done, by, now)
        if row.text("角色"):
            _appointment(session, row, person, region, department, done, by, now)
    elif row.text("角色") or row.text("姓名"):
        raise _Wrong("“账号”是空的，人员要有账号；只登记部门的行请把姓名和角色也留空")
    if not done:
        raise _Wrong("这一行既没有部门编码，也没有账号，不知道登记什么；请补上其中之一")
    rank = (Outcome.ADDED, Outcome.CHANGED, Outcome.UNCHANGED)
    outcome = next(kind for kind in rank if any(each == kind for each, _ in done))
    what = "；".join(f"{OUTCOME_LABELS[kind]} {text}" for kind, text in done)
    login = people.normal_login(row.text("账号")) if first_password else None
    return LineResult(row.line, outcome, what, first_password=first_password, login=login)


def _region(session: Session, row: Row) -> Region:
    code = row.text("地区代码")
    if code:
        region = region_by_code(session, code)
        if region is None:
            raise _Wrong(f"“地区代码”{code} 还没有登记；请先登记这个地区，或改正代码")
        return region
    only = session.scalars(select(Region).limit(2)).all()
    if len(only) != 1:
        raise _Wrong("“地区代码”是空的；系统里不是恰好一个地区，请写明代码")
    return only[0]


def _department(
    session: Session, row: Row, region: Region, done: list[tuple[Outcome, str]], by: Actor, now: datetime
) -> Department | None:
    code, name, parent_code = row.text("部门编码"), row.text("部门名称"), row.text("上级部门编码")
    if not code:
        if name or parent_code:
            raise _Wrong("写了部门却没有“部门编码”；请补上编码")
        return None
    parent = None
    if parent_code:
        parent = department_by_code(session, region, parent_code)
        if parent is None or parent_code == code:
            raise _Wrong(f"“上级部门编码”{parent_code} 没有登记（或是它自己）；请先登记上级部门，或改正编码")
    department = department_by_code(session, region, code)
    result: Department | dict[str, list[Any]] | Refused
    if department is None:
        if not name:
            raise _Wrong(f"“部门编码”{code} 没有登记；请改正编码，或写上“部门名称”来登记这个部门")
        result = add_department(
            session, region, code=code, name=name, short_name=row.text("简称"), parent=parent, by=by, now=now
        )
        if isinstance(result, Refused):
            raise _Wrong(result.reason)
        assert isinstance(result, Department)  # noqa: S101 - what is left
        done.append((Outcome.ADDED, f"部门 {name}"))
        return result
    if name or row.text("简称") or parent_code:
        result = correct_department(
            session,
            department,
            name=name or department.name,
            short_name=row.text("简称") or department.short_name,
            parent=parent if parent_code else session.get(Department, department.parent_id or 0),
            by=by,
            now=now,
        )
        if isinstance(result, Refused):
            raise _Wrong(result.reason)
        done.append((Outcome.CHANGED if result else Outcome.UNCHANGED, f"部门 {department.name}"))
    elif not row.text("账号"):
        done.append((Outcome.UNCHANGED, f"部门 {department.name}"))
    return department


def _person(
    session: Session,
    row: Row,
    names: dict[str, Row],
    fresh: dict[str, tuple[str, str]],
    done: list[tuple[Outcome, str]],
    by: Actor,
    now: datetime,
) -> tuple[Person, str | None]:
    login, name, email = people.normal_login(row.text("账号")), row.text("姓名"), row.text("邮箱") or None
    if people.email_objection(email or ""):
        raise _Wrong(f"“邮箱”写的是“{email}”，不是邮箱地址；请改正或留空")
    before = names.setdefault(login, row)
    if name and before.text("姓名") and before.text("姓名") != name:
        raise _Wrong(
            f"“账号”{login} 在第 {before.line} 行是{before.text('姓名')}，这里是{name}；一个账号只属于一人，请改正"
        )
    person = people.by_login(session, login)
    if person is not None:
        changed = people.correct(session, person, name=name or person.name, email=email or person.email, by=by, now=now)
        done.append((Outcome.CHANGED if changed else Outcome.UNCHANGED, f"人员 {person.name}"))
        return person, None
    if not name:
        raise _Wrong(f"“账号”{login} 是新的，“姓名”不能为空")
    if login not in fresh:  # its account vanished since the logins were read
        raise _Wrong("这个账号刚刚被别人改动，请再导入一次")
    password, kept = fresh[login]
    made = people.create(session, login=login, name=name, email=email, password_hash=kept, by=by, now=now)
    if isinstance(made, Refused):
        raise _Wrong(f"“账号”：{made.reason}")
    done.append((Outcome.ADDED, f"人员 {name}"))
    return made, password


_ROLES = {**{label: role for role, label in LABELS.items()}, **{str(role): role for role in Role}}


def _appointment(
    session: Session,
    row: Row,
    person: Person,
    region: Region,
    department: Department | None,
    done: list[tuple[Outcome, str]],
    by: Actor,
    now: datetime,
) -> None:
    word = row.text("角色")
    role = _ROLES.get(word)
    if role is None:
        raise _Wrong(f"“角色”写的是“{word}”；可以写 {'、'.join(LABELS.values())}")
    place: Region | Department = region
    if role in OF_A_DEPARTMENT:
        if department is None:
            raise _Wrong(f"{LABELS[role]}要写明“部门编码”")
        place = department
    today = scope.local_day(now, region.timezone)
    starts, last = _day(row, "起始日期"), _day(row, "截止日期")
    ends = last + timedelta(days=1) if last else None
    department_id = place.id if isinstance(place, Department) else None
    same = [
        held
        for held in people.appointments_of(session, person)
        if (held.role, held.region_id, held.department_id) == (role, region.id, department_id)
    ]
    title = f"{LABELS[role]}（{place.name}）"
    found = next((held for held in same if (held.starts_on == starts if starts else scope.in_force(held, today))), None)
    if found is None:
        made = people.appoint(session, person, role, place, starts or today, ends, by=by, now=now)
        if isinstance(made, Refused):
            raise _Wrong(f"“角色”或日期：{made.reason}")
        done.append((Outcome.ADDED, title))
        return
    if ends is None or ends == found.ends_on:
        done.append((Outcome.UNCHANGED, title))
        return
    refused = people.end_appointment(session, found, ends, by=by, now=now)
    if refused is not None:
        raise _Wrong(f"“截止日期”：{refused.reason}")
    done.append((Outcome.CHANGED, title))
