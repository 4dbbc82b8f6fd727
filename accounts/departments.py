"""Regions and the tree of their departments. Acts end in the ledger, chains `region:<id>` and `department:<id>`."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import Session

from accounts.actor import Actor
from accounts.models import Department, Region
from accounts.refusals import Refused
from ledger import book

DEEPEST = 8
"""Levels of the tree; the path's column is as long as that needs."""


def region_by_code(session: Session, code: str) -> Region | None:
    """The region with that administrative code (行政区划代码)."""
    return session.scalars(select(Region).where(Region.code == code)).one_or_none()


def department_by_code(session: Session, region: Region, code: str) -> Department | None:
    """The department of a region with that budget code (预算编码)."""
    return session.scalars(
        select(Department).where(Department.region_id == region.id, Department.code == code)
    ).one_or_none()


def add_region(
    session: Session, *, code: str, name: str, timezone: str = "Asia/Shanghai", by: Actor, now: datetime
) -> Region | Refused:
    """A new region; its time zone decides when its days begin and end."""
    if not code.strip() or not name.strip():
        return Refused("empty", "地区代码和名称都不能为空")
    if region_by_code(session, code.strip()) is not None:
        return Refused("code", f"地区代码 {code.strip()} 已经登记")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return Refused("timezone", f"没有时区 {timezone}，请写成 Asia/Shanghai 这样的名称")
    region = Region(code=code.strip(), name=name.strip(), timezone=timezone)
    session.add(region)
    session.flush()
    _note(session, f"region:{region.id}", "created", by, now, code=region.code, name=region.name, timezone=timezone)
    return region


def add_department(
    session: Session,
    region: Region,
    *,
    code: str,
    name: str,
    short_name: str = "",
    parent: Department | None = None,
    submits: bool = True,
    by: Actor,
    now: datetime,
) -> Department | Refused:
    """A new department, below `parent` or at the top; `submits` says whether it has a table of its own each year."""
    code, name = code.strip(), name.strip()
    if not code or not name:
        return Refused("empty", "部门编码和名称都不能为空")
    if department_by_code(session, region, code) is not None:
        return Refused("code", f"部门编码 {code} 在{region.name}已经登记")
    if _named(session, region, name) is not None:
        return Refused("name", f"部门名称“{name}”在{region.name}已经登记（编码 {_named(session, region, name)}）")
    if parent is not None and parent.path.count("/") > DEEPEST:
        return Refused("parent", f"部门最多 {DEEPEST} 级，请选更高一级的上级部门")
    department = Department(
        region_id=region.id,
        parent_id=parent.id if parent else None,
        code=code,
        name=name,
        short_name=short_name.strip() or name[:60],
        submits=submits,
    )
    session.add(department)
    session.flush()
    department.path = f"{parent.path if parent else '/'}{department.id}/"
    session.flush()
    _note(
        session,
        f"department:{department.id}",
        "created",
        by,
        now,
        region=region.id,
        code=code,
        name=name,
        short_name=department.short_name,
        parent=department.parent_id,
        submits=submits,
    )
    return department


def correct_department(
    session: Session,
    department: Department,
    *,
    name: str,
    short_name: str,
    parent: Department | None,
    by: Actor,
    now: datetime,
) -> dict[str, list[Any]] | Refused:
    """Set name, short name and place in the tree; what changed as {field: [before, after]}, empty when nothing did.

    A department that moves takes its subtree along.
    """
    changed: dict[str, list[Any]] = {}
    if name != department.name:
        taken = _named(session, department.region, name)
        if taken is not None:
            return Refused("name", f"部门名称“{name}”已经登记（编码 {taken}）")
        changed["name"] = [department.name, name]
    if short_name != department.short_name:
        changed["short_name"] = [department.short_name, short_name]
    parent_id = parent.id if parent else None
    if parent_id != department.parent_id:
        if parent is not None and parent.path.startswith(department.path):
            return Refused("parent", f"{parent.name}在{department.name}之下，不能再做它的上级")
        changed["parent"] = [department.parent_id, parent_id]
    if not changed:
        return changed
    department.name, department.short_name = name, short_name
    if "parent" in changed:
        _move(session, department, parent)
    session.flush()
    _note(session, f"department:{department.id}", "corrected", by, now, **changed)
    return changed


def _move(session: Session, department: Department, parent: Department | None) -> None:
    before, after = department.path, f"{parent.path if parent else '/'}{department.id}/"
    department.parent_id = parent.id if parent else None
    session.flush()
    session.execute(
        update(Department)
        .where(Department.region_id == department.region_id, Department.path.like(before + "%"))
        .values(path=literal(after).concat(func.substr(Department.path, len(before) + 1)))
        .execution_options(synchronize_session=False)
    )
    for loaded in session.identity_map.values():
        if isinstance(loaded, Department):
            session.expire(loaded, ["path"])


def _named(session: Session, region: Region, name: str) -> str | None:
    return session.scalar(select(Department.code).where(Department.region_id == region.id, Department.name == name))


def _note(session: Session, chain: str, act: str, by: Actor, now: datetime, **body: Any) -> None:
    book.append(session, chain, act, at=now, person_id=by.person_id, person_name=by.name, role=by.role, body=body)
