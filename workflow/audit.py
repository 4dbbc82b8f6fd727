"""The ledger as an auditor reads it: what was done in their regions, by whom, to what, with each entry's hash."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, cast, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from accounts.models import Appointment, Department, Person, Region
from accounts.roles import LABELS as ROLE_LABELS
from accounts.roles import Role
from accounts.scope import in_force, local_day
from forms import places
from ledger import book, reading
from ledger.chain import SEALS, entry_hash
from ledger.models import Entry
from ledger.whole import Head
from workflow.actors import label
from workflow.altered import Altered
from workflow.altered import read as read_altered
from workflow.deadlines import begins, ends, local_date
from workflow.dossier import SAVED_OFTEN, verb
from workflow.lifecycle import EVENTS
from workflow.models import Cycle, Round, Table
from workflow.records import RECORDS
from workflow.scope import OFFICE_TIMEZONE
from workflow.states import STAGE_LABELS

ACTS = {
    **{event.name: event.label for event in EVENTS.values()},
    **{kind.name: kind.label for kind in RECORDS.values()},
    "opened": "开立目标表", "adjusted": "目标调整生效", "open_cycle": "开立年度", "set_window": "设定窗口",
    "add_round": "设定监控期", "enter_holidays": "登记节假日安排",
    "created": "登记", "corrected": "更正", "appointed": "任职",
    "appointment_ended": "截止任职", "disabled": "停用账号", "enabled": "恢复账号", "first_password": "重设初始密码",
    "password_changed": "修改密码", "sign_in": "登录", "sign_in_failed": "登录未成功",
    "sign_in_held_back": "登录被暂缓", "stand_in_named": "登记代理", "stand_in_ended": "结束代理",
    "target_entered": "登记接收地址", "target_given_up": "撤下接收地址",
}  # fmt: skip
"""The words for everything the ledger notes."""
DECISIONS = "批复与退回"
"""The bureau's decisions of a table and of its self-evaluation together, beside the word of each."""
SAME_WORD: dict[str, tuple[str, ...]] = {DECISIONS: ("approve", "return", "accept_evaluation", "return_evaluation")} | {
    word: tuple(act for act, other in ACTS.items() if other == word) for word in dict.fromkeys(ACTS.values())
}
"""The acts by their word: what saves a row, a cell or the sheet is 填报 to people. What one filters by."""
SAID = {
    "opinion": "意见", "reason": "理由", "reasons": "原因", "revision": "版次", "sha256": "内容散列", "pass": "轮次",
    "until": "截至", "grade": "评级", "changes": "修改", "number": "编号", "must": "必改", "path": "位置",
    "text": "文字",
    "answer": "答复", "edit": "改动序号", "paths": "改动位置", "source": "来源", "code": "编码", "name": "名称",
    "must_monitor": "应监控", "must_evaluate": "应自评", "round": "监控期", "rounds": "监控期", "monitored": "已确认",
    "projects": "项目数", "rate": "完成率", "reached": "本次达标", "ended_as": "监控结果", "verdict": "判定",
    "actual": "实际", "adjustment": "目标调整", "adjusts": "所调整的表", "table": "表", "count": "次数",
    "request": "延期申请", "asked_until": "申请到",
    "stage": "阶段", "round_id": "监控期", "cycle": "年度", "department": "部门", "fiscal_year": "年度",
    "framework": "表样", "tables": "表数", "opens_on": "开始", "closes_on": "截止", "login": "账号", "email": "邮箱",
    "address": "来自", "why": "原因", "role": "角色", "region": "地区", "from": "起始", "short_name": "简称",
    "parent": "上级", "submits": "编报目标表", "timezone": "时区", "until_before": "原截至", "on": "日期",
    "score": "得分",
    "off": "放假", "working": "周末上班",
    "missing": "还缺", "discarded": "删掉了文件", "bytes": "字节数", "at": "位置", "part": "部分",
    "cells": "格", "block": "指标分块", "new": "改为", "old": "原为", "deputy": "代理人",
    "giver": "移交人", "taker": "接手人",
     "texts": "文字", "year_start": "年初预算", "adjusted": "调整后预算", "executed": "已执行",
     "lacks": "还缺（处）", "given_up": "不要了", "expected": "预计全年执行", "channel": "渠道", "host": "主机",
}  # fmt: skip
"""The words for what an entry says; a name that is not here is shown as it was written."""
VALUES = {
    "changed": "已改", "declined": "不采纳", "met": "完成", "not_met": "未完成", "not_applicable": "不适用",
    "waived": "放行", "password": "密码不对", "attempts": "输错太多",
    **{str(stage): word for stage, word in STAGE_LABELS.items()},
    **{str(role): word for role, word in ROLE_LABELS.items()},
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True)
class Filters:
    """What an auditor asks for; empty means all."""

    table_id: int | None = None
    person: str = ""
    word: str = ""
    """The word of an act, one of SAME_WORD."""
    department_id: int | None = None
    since: date | None = None
    until: date | None = None

    @property
    def objection(self) -> str | None:
        """What is wrong with the dates; None when nothing is."""
        reversed_ = self.since is not None and self.until is not None and self.since > self.until
        return "起始日期晚于截止日期" if reversed_ else None


@dataclass(frozen=True)
class Noted:
    """One entry, in words."""

    chain: str
    position: int
    at: datetime
    timezone: str
    """The region's, by whose clock `at` is read."""
    act: str
    who: str
    role: str
    about: str
    table_id: int | None
    said: tuple[tuple[str, str], ...]
    altered: tuple[Altered, ...]
    """The cells that were written, old beside new."""
    altered_more: int
    """How many more were written than the entry keeps."""
    altered_unknown: bool
    """Whether cells were written and the entry does not say what: it is older than that is kept."""
    hash: str
    whole: bool
    """Whether the entry still has the hash it was written with."""
    run: str | None = None
    """As what it is told together with others like it, where a page saves it by itself while somebody writes."""


@dataclass(frozen=True)
class Run:
    """Entries that follow each other in the list, by one person, all of one kind and day; newest first."""

    entries: tuple[Noted, ...]

    @property
    def last(self) -> Noted:
        """The newest."""
        return self.entries[0]

    @property
    def first(self) -> Noted:
        """The oldest."""
        return self.entries[-1]

    @property
    def act(self) -> str:
        """What was done, and how often: 写评审表 ×14."""
        times = len(self.entries)
        return self.last.act if times == 1 else f"{verb(self.last.run or '')} ×{times}"

    @property
    def whole(self) -> bool:
        """Whether every entry still has its hash."""
        return all(one.whole for one in self.entries)


def folded(entries: Iterable[Noted]) -> list[Run]:
    """The list with each run of what was saved while writing as one line. The ledger keeps every entry."""

    def together(one: Noted) -> tuple[object, ...]:
        on = local_date(one.at, one.timezone)
        return (one.chain, one.who, one.role, one.run, on) if one.run else (one.chain, one.position)

    return [Run(tuple(run)) for _, run in groupby(entries, together)]


def entries(
    session: Session, person_id: int, now: datetime, filters: Filters, *, limit: int, offset: int = 0
) -> list[Noted]:
    """The entries of an auditor's regions that fit the filters, newest first."""
    query = (
        select(Entry)
        .where(Entry.chain.in_(_chains_of(session, person_id, now)))
        .order_by(Entry.id.desc())
        .limit(limit)
        .offset(offset)
    )
    for condition in _conditions(filters):
        query = query.where(condition)
    found = list(session.scalars(query))
    names = _names(session, found)
    return [_noted(entry, names) for entry in found]


def broken(session: Session, noted: Iterable[Head] = ()) -> list[tuple[str, int, str]]:
    """Where the ledger does not hold, in words: (chain, position, what); empty when it is whole. `noted` are heads that
    somebody kept outside."""
    reading.snapshot(session)
    return [(found.chain, found.position, found.what) for found in book.verify(session, noted)]


def chain_words(chain: str) -> str:
    """A chain as people read it, without looking anything up."""
    kind, _, number = chain.partition(":")
    words = {
        "table": "目标表",
        "person": "人员",
        "department": "部门",
        "cycle": "年度",
        "region": "地区",
        SEALS: "封存链",
    }
    return f"{words.get(kind, '未知账号登录')} {number}".strip()


def _conditions(filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.table_id is not None:
        yield Entry.chain == f"table:{filters.table_id}"
    if filters.person.strip():
        yield Entry.person_name.contains(filters.person.strip(), autoescape=True)
    if filters.word in SAME_WORD:
        yield Entry.act.in_(SAME_WORD[filters.word])
    if filters.department_id is not None:
        yield Entry.chain.in_(_chains_of_department(filters.department_id))
    if filters.since is not None:
        yield Entry.at >= begins(filters.since, OFFICE_TIMEZONE)
    if filters.until is not None:
        yield Entry.at < ends(filters.until, OFFICE_TIMEZONE)


def _chain(kind: str, column: InstrumentedAttribute[int]) -> ColumnElement[str]:
    return (literal(f"{kind}:") + cast(column, String)).label("chain")


def _chains_of_department(department_id: int) -> Select[str]:
    """The chains of a department: its own, its tables', and those of the people appointed there at any time."""
    theirs = union_all(
        select(_chain("department", Department.id)).where(Department.id == department_id),
        select(_chain("table", Table.id)).where(Table.department_id == department_id),
        select(_chain("person", Appointment.person_id)).where(Appointment.department_id == department_id),
    ).subquery()
    return select(theirs.c.chain)


def departments_audited(session: Session, person_id: int, now: datetime) -> list[Department]:
    """The departments of somebody's regions as an auditor, by code."""
    return list(
        session.scalars(
            select(Department)
            .where(Department.region_id.in_(_regions_of(session, person_id, now)))
            .order_by(Department.region_id, Department.code)
        )
    )


def _regions_of(session: Session, person_id: int, now: datetime) -> list[int]:
    held = session.execute(
        select(Appointment, Region)
        .join(Region, Region.id == Appointment.region_id)
        .join(Person, Person.id == Appointment.person_id)
        .where(Appointment.person_id == person_id, Appointment.role == Role.AUDITOR, Person.disabled_at.is_(None))
    )
    return [region.id for held_, region in held if in_force(held_, local_day(now, region.timezone))]


def _chains_of(session: Session, person_id: int, now: datetime) -> Select[str]:
    """The chains of everything in the regions somebody audits, and of tries to sign in with unknown logins."""
    regions = _regions_of(session, person_id, now)
    people = or_(
        Person.id.in_(select(Appointment.person_id).where(Appointment.region_id.in_(regions))),
        ~select(Appointment.id).where(Appointment.person_id == Person.id).exists(),
    )
    theirs = union_all(
        select(_chain("table", Table.id)).where(Table.region_id.in_(regions)),
        select(_chain("cycle", Cycle.id)).where(Cycle.region_id.in_(regions)),
        select(_chain("department", Department.id)).where(Department.region_id.in_(regions)),
        select(_chain("region", Region.id)).where(Region.id.in_(regions)),
        select(_chain("person", Person.id)).where(people, literal(bool(regions))),
        select(literal("signin").label("chain")).where(literal(bool(regions))),
    ).subquery()
    return select(theirs.c.chain)


@dataclass(frozen=True)
class _About:
    """What an entry is about: its words, and the clock of the region it happened in."""

    words: str
    timezone: str = OFFICE_TIMEZONE


SAID_BY_NUMBER = {
    "department": "department", "parent": "department", "region": "region", "cycle": "cycle", "table": "table",
    "adjusts": "table", "round_id": "round",
}  # fmt: skip
"""What an entry says by its number, and of what kind that is."""


def _names(session: Session, entries: Sequence[Entry]) -> dict[str, _About]:
    """What the chains and the numbers in the entries are about, in one query for each kind."""
    ids: dict[str, set[int]] = {}
    for entry in entries:
        kind, _, number = entry.chain.partition(":")
        if number.isdigit():
            ids.setdefault(kind, set()).add(int(number))
        for name, value in book.said(entry).items():
            if name in SAID_BY_NUMBER:
                numbers = value if isinstance(value, list) else [value]
                ids.setdefault(SAID_BY_NUMBER[name], set()).update(one for one in numbers if isinstance(one, int))
    found: dict[str, _About] = {}
    tables = (
        select(Table)
        .where(Table.id.in_(ids.get("table", ())))
        .options(joinedload(Table.department), joinedload(Table.cycle).joinedload(Cycle.region))
    )
    for table in session.scalars(tables):
        adjusts = f" 目标调整 {table.adjustment_number}" if table.adjustment_number else ""
        words = f"{table.department.short_name} {table.cycle.fiscal_year} 年度{adjusts}"
        found[f"table:{table.id}"] = _About(words, table.cycle.region.timezone)
    for cycle in session.scalars(
        select(Cycle).where(Cycle.id.in_(ids.get("cycle", ()))).options(joinedload(Cycle.region))
    ):
        found[f"cycle:{cycle.id}"] = _About(f"{cycle.fiscal_year} 年度", cycle.region.timezone)
    for department in session.scalars(select(Department).where(Department.id.in_(ids.get("department", ())))):
        found[f"department:{department.id}"] = _About(department.name, department.region.timezone)
    for region in session.scalars(select(Region).where(Region.id.in_(ids.get("region", ())))):
        found[f"region:{region.id}"] = _About(region.name, region.timezone)
    for opened in session.scalars(select(Round).where(Round.id.in_(ids.get("round", ())))):
        found[f"round:{opened.id}"] = _About(opened.name)
    for person in session.scalars(select(Person).where(Person.id.in_(ids.get("person", ())))):
        found[f"person:{person.id}"] = _About(person.name)
    return found


NAMED = {"deputy": "deputy", "from": "giver", "to": "taker"}
"""Numbers of people that an entry says with their names beside them, and what those people are called."""


WRITES_CELLS = frozenset({"save_row", "save_cell", "edit_sheet"})
"""Acts by which single cells of a sheet are written."""


def _told(said: dict[str, Any]) -> dict[str, Any]:
    """What an entry says, without the numbers that only the program reads: people and rows by their names."""
    told = {name: value for name, value in said.items() if name not in {"altered", "altered_more"}}
    for number, called in NAMED.items():
        if f"{number}_name" in told:
            del told[number]
            told[called] = told.pop(f"{number}_name")
    if isinstance(told.get("at"), int):
        told.pop("row", None)
        told["at"] = f"第 {told['at'] + 1} 行 {told.pop('name', '')}".strip()
    if "verdict" in told and isinstance(told.get("number"), int):
        told["at"] = f"第 {told.pop('number')} 行 {told.pop('name', '')}".strip()
    if told.pop("computed", False):
        told["actual"] = f"{told.get('actual') or '不适用'}（系统计算）"
    return told


def _noted(entry: Entry, names: dict[str, _About]) -> Noted:
    kind, _, number = entry.chain.partition(":")
    about = names.get(entry.chain, _About(chain_words(entry.chain)))
    body = book.said(entry)
    wrote = body.get("altered", {})

    def words(name: str, value: object) -> str:
        if name in SAID_BY_NUMBER:
            numbers = value if isinstance(value, list) else [value]
            named = [names[key].words if (key := f"{SAID_BY_NUMBER[name]}:{one}") in names else one for one in numbers]
            return _words(named, about.timezone)
        if name == "cells" and isinstance(value, list):
            return _words([places.FIELDS.get(str(one), one) for one in value], about.timezone)
        if name in {"until", "until_before"} and _DAY.fullmatch(str(value)):
            return f"{date.fromisoformat(str(value)) - timedelta(days=1)}"  # an appointment's is exclusive
        return _words(value, about.timezone)

    return Noted(
        chain=entry.chain,
        position=entry.position,
        at=entry.at,
        timezone=about.timezone,
        act=ACTS.get(entry.act, verb(entry.act)),
        who=entry.person_name or "没有这个账号",
        role=_role(entry.role),
        about=about.words,
        table_id=int(number) if kind == "table" else None,
        said=tuple(
            (SAID.get(name, name), words(name, value))
            for name, value in sorted(_told(body).items())
            if value not in (None, "", [], {})
        ),
        altered=read_altered(body, {place: places.FIELDS.get(place, places.in_words(place)) for place in wrote}),
        altered_more=int(body.get("altered_more", 0)),
        altered_unknown=bool(body.get("cells") or body.get("paths") or body.get("path"))
        and entry.act in WRITES_CELLS
        and "altered" not in body,
        hash=entry.hash,
        whole=entry_hash(entry) == entry.hash,
        run=SAVED_OFTEN.get(entry.act),
    )


def _role(role: str) -> str:
    if role in {"self", ""}:
        return "本人" if role else ""
    return ROLE_LABELS[Role(role)] if role in set(Role) else {"command_line": "命令行"}.get(role, label(role))


def _words(value: object, timezone: str = OFFICE_TIMEZONE) -> str:
    """A value of an entry as people read it, instants in the time of the region, cut where it is long."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        text = "、".join(_words(each, timezone) for each in value)
    elif isinstance(value, dict):
        text = "，".join(
            f"{SAID.get(str(name), name)} {_words(each, timezone)}" for name, each in value.items() if each
        )
    else:
        text = VALUES.get(str(value)) or _local(str(value), timezone) or places.in_words(str(value))
    if len(text) == 64 and not set(text) - set("0123456789abcdef"):
        return f"{text[:12]}…"
    return text if len(text) <= 120 else f"{text[:119]}…"


def _local(text: str, timezone: str) -> str | None:
    """An instant of an entry by the clock of the region; the end of a day as that day, as people say a deadline."""
    if not _INSTANT.fullmatch(text):
        return None
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(timezone))
    if local.time() == time.min:
        return f"{local - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"
