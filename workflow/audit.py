"""The ledger as an auditor reads it: what was done in their regions, by whom, to what, with each entry's hash."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, String, cast, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from accounts.models import Appointment, Department, Person, Region
from accounts.roles import LABELS as ROLE_LABELS
from accounts.roles import Role
from accounts.scope import in_force, local_day
from ledger import book, reading
from ledger.chain import SEALS, entry_hash
from ledger.models import Entry
from workflow.actors import label
from workflow.deadlines import begins, ends
from workflow.dossier import verb
from workflow.lifecycle import EVENTS
from workflow.models import Cycle, Table
from workflow.records import RECORDS
from workflow.scope import OFFICE_TIMEZONE
from workflow.states import STAGE_LABELS

ACTS = {
    **{event.name: event.label for event in EVENTS.values()},
    **{kind.name: kind.label for kind in RECORDS.values()},
    "opened": "开立目标表", "adjusted": "目标调整生效", "open_cycle": "开立年度", "set_window": "设定窗口",
    "add_round": "设定监控期", "created": "登记", "corrected": "更正", "appointed": "任职",
    "appointment_ended": "截止任职", "disabled": "停用账号", "enabled": "恢复账号", "first_password": "重设初始密码",
    "password_changed": "修改密码", "sign_in": "登录", "sign_in_failed": "登录未成功",
    "sign_in_held_back": "登录被暂缓",
}  # fmt: skip
"""The words for everything the ledger notes."""
SAID = {
    "opinion": "意见", "reason": "理由", "reasons": "原因", "revision": "版次", "sha256": "内容散列", "pass": "轮次",
    "until": "截至", "grade": "评级", "changes": "修改", "number": "编号", "must": "必改", "path": "位置",
    "text": "文字",
    "answer": "答复", "edit": "改动序号", "paths": "改动位置", "source": "来源", "code": "编码", "name": "名称",
    "must_monitor": "应监控", "must_evaluate": "应自评", "round": "监控期", "rounds": "监控期", "monitored": "已确认",
    "projects": "项目数", "rate": "完成率", "reached": "本次达标", "ended_as": "监控结果", "verdict": "判定",
    "actual": "实际", "adjustment": "目标调整", "adjusts": "所调整的表", "table": "表号", "count": "次数",
    "stage": "阶段", "round_id": "监控期号", "cycle": "年度号", "department": "部门", "fiscal_year": "年度",
    "framework": "表样", "tables": "表数", "opens_on": "开始", "closes_on": "截止", "login": "账号", "email": "邮箱",
    "address": "来自", "why": "原因", "role": "角色", "region": "地区", "from": "起始", "short_name": "简称",
    "parent": "上级", "submits": "编报目标表", "timezone": "时区", "until_before": "原截至", "on": "日期",
    "score": "得分",
    "missing": "还缺",
}  # fmt: skip
"""The words for what an entry says; a name that is not here is shown as it was written."""
VALUES = {
    "changed": "已改", "declined": "不采纳", "met": "完成", "not_met": "未完成", "not_applicable": "不适用",
    "waived": "放行", "password": "密码不对", "attempts": "输错太多",
    **{str(stage): word for stage, word in STAGE_LABELS.items()},
    **{str(role): word for role, word in ROLE_LABELS.items()},
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What an auditor asks for; empty means all."""

    table_id: int | None = None
    person: str = ""
    act: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Noted:
    """One entry, in words."""

    chain: str
    position: int
    at: datetime
    act: str
    who: str
    role: str
    about: str
    table_id: int | None
    said: tuple[tuple[str, str], ...]
    hash: str
    whole: bool
    """Whether the entry still has the hash it was written with."""


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
    names = _names(session, {entry.chain for entry in found})
    return [_noted(entry, names) for entry in found]


def broken(session: Session) -> list[tuple[str, int, str]]:
    """Where the ledger does not hold, in words: (chain, position, what); empty when it is whole."""
    reading.snapshot(session)
    return [(found.chain, found.position, found.what) for found in book.verify(session)]


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
    if filters.act in ACTS:
        yield Entry.act == filters.act
    if filters.since is not None:
        yield Entry.at >= begins(filters.since, OFFICE_TIMEZONE)
    if filters.until is not None:
        yield Entry.at < ends(filters.until, OFFICE_TIMEZONE)


def _chains_of(session: Session, person_id: int, now: datetime) -> Select[str]:
    """The chains of everything in the regions somebody audits, and of tries to sign in with unknown logins."""
    held = session.execute(
        select(Appointment, Region)
        .join(Region, Region.id == Appointment.region_id)
        .join(Person, Person.id == Appointment.person_id)
        .where(Appointment.person_id == person_id, Appointment.role == Role.AUDITOR, Person.disabled_at.is_(None))
    )
    regions = [region.id for held_, region in held if in_force(held_, local_day(now, region.timezone))]

    def chain(kind: str, column: InstrumentedAttribute[int]) -> ColumnElement[str]:
        return (literal(f"{kind}:") + cast(column, String)).label("chain")

    people = or_(
        Person.id.in_(select(Appointment.person_id).where(Appointment.region_id.in_(regions))),
        ~select(Appointment.id).where(Appointment.person_id == Person.id).exists(),
    )
    theirs = union_all(
        select(chain("table", Table.id)).where(Table.region_id.in_(regions)),
        select(chain("cycle", Cycle.id)).where(Cycle.region_id.in_(regions)),
        select(chain("department", Department.id)).where(Department.region_id.in_(regions)),
        select(chain("region", Region.id)).where(Region.id.in_(regions)),
        select(chain("person", Person.id)).where(people, literal(bool(regions))),
        select(literal("signin").label("chain")).where(literal(bool(regions))),
    ).subquery()
    return select(theirs.c.chain)


def _names(session: Session, chains: set[str]) -> dict[str, str]:
    """What the chains are about, in one query for each kind."""
    ids: dict[str, list[int]] = {}
    for chain in chains:
        kind, _, number = chain.partition(":")
        if number.isdigit():
            ids.setdefault(kind, []).append(int(number))
    found: dict[str, str] = {}
    tables = (
        select(Table)
        .where(Table.id.in_(ids.get("table", [])))
        .options(joinedload(Table.department), joinedload(Table.cycle))
    )
    for table in session.scalars(tables):
        adjusts = f" 目标调整 {table.adjustment_number}" if table.adjustment_number else ""
        found[f"table:{table.id}"] = f"{table.department.short_name} {table.cycle.fiscal_year} 年度{adjusts}"
    for cycle in session.scalars(select(Cycle).where(Cycle.id.in_(ids.get("cycle", [])))):
        found[f"cycle:{cycle.id}"] = f"{cycle.fiscal_year} 年度"
    for department in session.scalars(select(Department).where(Department.id.in_(ids.get("department", [])))):
        found[f"department:{department.id}"] = department.name
    for person in session.scalars(select(Person).where(Person.id.in_(ids.get("person", [])))):
        found[f"person:{person.id}"] = person.name
    return found


def _noted(entry: Entry, names: dict[str, str]) -> Noted:
    kind, _, number = entry.chain.partition(":")
    said = book.said(entry)
    return Noted(
        chain=entry.chain,
        position=entry.position,
        at=entry.at,
        act=ACTS.get(entry.act, verb(entry.act)),
        who=entry.person_name or "没有这个账号",
        role=_role(entry.role),
        about=names.get(entry.chain, chain_words(entry.chain)),
        table_id=int(number) if kind == "table" else None,
        said=tuple(
            (SAID.get(name, name), _words(value))
            for name, value in sorted(said.items())
            if value not in (None, "", [], {})
        ),
        hash=entry.hash,
        whole=entry_hash(entry) == entry.hash,
    )


def _role(role: str) -> str:
    if role in {"self", ""}:
        return "本人" if role else ""
    return ROLE_LABELS[Role(role)] if role in set(Role) else {"command_line": "命令行"}.get(role, label(role))


def _words(value: object) -> str:
    """A value of an entry as people read it, cut where it is long."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        text = "、".join(_words(each) for each in value)
    elif isinstance(value, dict):
        text = "，".join(f"{SAID.get(str(name), name)} {_words(each)}" for name, each in value.items() if each)
    else:
        text = VALUES.get(str(value), str(value))
    if len(text) == 64 and not set(text) - set("0123456789abcdef"):
        return f"{text[:12]}…"
    return text if len(text) <= 120 else f"{text[:119]}…"
