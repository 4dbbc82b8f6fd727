"""`cycle …`: open a fiscal year, set its windows and rounds, extend one table, see where everything stands."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import click
from sqlalchemy import select

from accounts import people
from accounts.departments import region_by_code
from accounts.models import Department
from commands.errors import BadInput, print_json
from commands.files import document_in
from commands.on_database import OnDatabase
from config.clock import now
from config.database import db
from workflow import cycle as cycles
from workflow.acts import Refused, record
from workflow.deadlines import ends, last_date
from workflow.listing import counts_by_state
from workflow.models import Cycle, Table
from workflow.states import LABELS, STAGE_LABELS, Stage, State

T = TypeVar("T")
_AS = click.option("--as", "login", metavar="LOGIN", required=True, help="以哪个账号的名义（绩效处管理人）。")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=OnDatabase)
def cycle() -> None:
    """年度：开立、窗口、监控期、延期、进度。"""


@cycle.command("open")
@click.argument("region")
@click.argument("year", type=int)
@click.option("--framework", required=True, metavar="KEY", help="表样，例如 henan-2020。")
@click.option(
    "--from", "files", multiple=True, type=click.Path(path_type=Path), help="由文件起草的表，可重复；按部门名称对应。"
)
@_AS
def open_command(region: str, year: int, framework: str, files: tuple[Path, ...], login: str) -> None:
    """在地区（代码）开立一个年度：每个填报部门得到一张表，空白或由文件起草。"""
    place = region_by_code(db.session(), region)
    if place is None:
        raise BadInput(f"没有代码为 {region} 的地区")
    documents = [document_in(file, framework) for file in files]
    cycle_id = _allowed(
        cycles.open_cycle,
        region_id=place.id,
        fiscal_year=year,
        framework=framework,
        documents=documents,
        person_id=_person(login),
        now=now,
    )
    click.echo(f"年度 {cycle_id} 已开立。")


@cycle.command("window")
@click.argument("cycle_id", type=int)
@click.argument("stage", type=click.Choice([str(stage) for stage in Stage]))
@click.argument("opens_on", type=_DAY)
@click.argument("closes_on", type=_DAY)
@_AS
def window_command(cycle_id: int, stage: str, opens_on: datetime, closes_on: datetime, login: str) -> None:
    """设定一个阶段的起止日期（都含当日）。"""
    _allowed(
        cycles.set_window,
        cycle_id=cycle_id,
        stage=Stage(stage),
        opens_on=opens_on.date(),
        closes_on=closes_on.date(),
        person_id=_person(login),
        now=now,
    )
    click.echo(f"“{STAGE_LABELS[Stage(stage)]}”：{opens_on:%Y-%m-%d} 至 {closes_on:%Y-%m-%d} 24:00。")


@cycle.command("round")
@click.argument("cycle_id", type=int)
@click.argument("name")
@click.option("--period", nargs=2, type=_DAY, required=True, help="监控的月份：起日 止日。")
@click.option("--open", "opens_on", type=_DAY, required=True, help="开始报告的日期。")
@click.option("--close", "closes_on", type=_DAY, required=True, help="截止报告的日期。")
@_AS
def round_command(
    cycle_id: int, name: str, period: tuple[datetime, datetime], opens_on: datetime, closes_on: datetime, login: str
) -> None:
    """增加下一个监控期。"""
    round_id = _allowed(
        cycles.add_round,
        cycle_id=cycle_id,
        name=name,
        period=(period[0].date(), period[1].date()),
        opens_on=opens_on.date(),
        closes_on=closes_on.date(),
        person_id=_person(login),
        now=now,
    )
    click.echo(f"监控期 {round_id}“{name}”：{opens_on:%Y-%m-%d} 至 {closes_on:%Y-%m-%d} 24:00。")


@cycle.command("extend")
@click.argument("table_id", type=int)
@click.option("--stage", type=click.Choice([str(stage) for stage in Stage]), help="延长哪个阶段。")
@click.option("--round", "round_id", type=int, help="或延长哪个监控期。")
@click.option("--until", type=_DAY, required=True, help="新的截止日期（含当日）。")
@click.option("--reason", required=True, help="理由。")
@_AS
def extend_command(
    table_id: int, stage: str | None, round_id: int | None, until: datetime, reason: str, login: str
) -> None:
    """给一张表延期。"""
    table = db.session().get(Table, table_id)
    timezone = table.cycle.region.timezone if table else "Asia/Shanghai"
    outcome = record(
        "extend",
        table_id,
        person=_person(login),
        now=now,
        key=f"cli-{uuid4()}",
        stage=stage,
        round_id=round_id,
        until=ends(until.date(), timezone),
        reason=reason,
    )
    if isinstance(outcome, Refused):
        raise BadInput(outcome.sentence())
    click.echo(f"“{outcome.said['name']}”延至 {until:%Y-%m-%d} 24:00。")


@cycle.command("show")
@click.argument("cycle_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="标准输出只写 JSON。")
def show_command(cycle_id: int, as_json: bool) -> None:
    """窗口、监控期、各状态的表数、还没有交的部门。"""
    session = db.session()
    found = session.get(Cycle, cycle_id)
    if found is None:
        raise BadInput(f"没有年度 {cycle_id}")
    timezone = found.region.timezone
    counts = counts_by_state(session, cycle_id)
    late = session.scalars(
        select(Department.short_name)
        .join(Table, Table.department_id == Department.id)
        .where(
            Table.cycle_id == cycle_id,
            Table.adjusts_id.is_(None),
            Table.state.in_([State.DRAFT, State.INTERNAL_REVIEW]),
        )
        .order_by(Department.code)
    ).all()
    periods = [
        {"name": STAGE_LABELS[Stage(w.stage)], "opens": w.opens_on, "closes": last_date(w.closes_at, timezone)}
        for w in found.windows
    ] + [{"name": r.name, "opens": r.opens_on, "closes": last_date(r.closes_at, timezone)} for r in found.rounds]
    if as_json:
        print_json(
            {
                "id": found.id,
                "region": found.region.name,
                "fiscal_year": found.fiscal_year,
                "framework": found.framework_key,
                "periods": [{name: _text(value) for name, value in period.items()} for period in periods],
                "tables": {str(state): count for state, count in counts.items()},
                "not_submitted": list(late),
            }
        )
        return
    click.echo(f"{found.region.name} {found.fiscal_year} 年度，表样 {found.framework_key}")
    for period in periods:
        click.echo(f"  {period['name']}：{period['opens']} 至 {period['closes']}")
    click.echo("，".join(f"{LABELS[state]} {count}" for state, count in counts.items() if count) or "没有表")
    click.echo(f"还没有报到财政的部门 {len(late)} 个" + (f"：{'、'.join(late)}" if late else ""))


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _person(login: str) -> int:
    person = people.by_login(db.session(), login)
    if person is None:
        raise BadInput(f"没有账号“{login}”")
    return person.id


def _allowed(do: Callable[..., T], **given: Any) -> T:
    try:
        return do(**given)
    except cycles.NotAllowed as error:
        raise BadInput(str(error)) from error
