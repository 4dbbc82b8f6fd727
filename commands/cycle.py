"""`cycle …`: open a fiscal year, set its windows and rounds, extend one table, enter holidays, see how all stands."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import click
from sqlalchemy import select

from accounts import people
from accounts.departments import region_by_code
from accounts.models import Department, Region
from commands.errors import BadInput, print_json
from commands.files import document_in
from commands.on_database import OnDatabase
from config.clock import now
from config.database import db
from workflow import cycle as cycles
from workflow import holidays
from workflow.acts import Refused, record
from workflow.deadlines import ends, last_date, local_date
from workflow.listing import counts_by_state
from workflow.managing import NotAllowed
from workflow.models import Cycle, Table
from workflow.states import LABELS, STAGE_LABELS, Stage, State
from workflow.workdays import Calendar

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
    place = _region(region)
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


@cycle.group("holidays")
def holidays_group() -> None:
    """节假日安排：各年的依据，登记一份通知。"""


@holidays_group.command("list")
@click.argument("region")
@click.option("--json", "as_json", is_flag=True, help="标准输出只写 JSON。")
def holidays_list_command(region: str, as_json: bool) -> None:
    """地区（代码）登记过的通知，和各年的工作日从哪里来。"""
    session, place = db.session(), _region(region)
    calendar = holidays.calendar_of(session, place.id)
    entered = holidays.entered_in(session, place.id)
    first = local_date(now(), place.timezone).year
    years = sorted({first, first + 1, *calendar.arrangements})
    if as_json:
        print_json(
            {
                "years": [
                    {
                        "year": year,
                        "source": _basis(calendar, year),
                        "provisional": bool(calendar.why_provisional(year)),
                    }
                    for year in years
                ],
                "notices": [
                    {
                        "year": one.arrangement.year,
                        "number": one.arrangement.number,
                        "source": one.arrangement.source,
                        "entered_by": one.who,
                        "entered_at": one.arrangement.entered_at.isoformat(),
                        "counts": one.counts,
                        "off": {day.isoformat(): name for day, name in sorted(one.days.off.items())},
                        "working": sorted(day.isoformat() for day in one.days.working),
                    }
                    for one in entered
                ],
            }
        )
        return
    for year in years:
        click.echo(f"{year}  {'暂定' if calendar.why_provisional(year) else '确定'}  {_basis(calendar, year)}")
    for one in entered:
        counts = "在用" if one.counts else "已被后一版代替"
        click.echo(f"{one.arrangement.words}（{one.who}登记，{counts}）")
        click.echo("\n".join(f"    {line}" for line in one.days.lines.splitlines()))


@holidays_group.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--region", required=True, metavar="CODE", help="地区代码。")
@click.option("--year", type=int, required=True, help="哪一年的安排。")
@click.option("--source", required=True, help="来源，例如 国办发明电〔2026〕7 号。")
@click.option("--number", type=int, help="版次；不写就是这一年的下一版。")
@_AS
def holidays_add_command(file: Path, region: str, year: int, source: str, number: int | None, login: str) -> None:
    """由文件登记一年的节假日安排：每行一段，例如 2027-01-01..2027-01-03 休 元旦，2027-01-09 班。"""
    place = _region(region)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"读不了文件 {file}：要 UTF-8 编码的文字") from error
    number = number or holidays.next_number(holidays.calendar_of(db.session(), place.id), year)
    wish = holidays.Wish(year, number, source.strip(), text)
    _allowed(holidays.enter, region_id=place.id, wish=wish, person_id=_person(login), now=now)
    click.echo(f"{year} 年第 {number} 版安排已登记；工作日和提醒都按它重新计算。")


def _basis(calendar: Calendar, year: int) -> str:
    arranged = calendar.arrangements.get(year)
    return arranged.words if arranged else calendar.why_provisional(year) or "随程序提供"


def _region(code: str) -> Region:
    place = region_by_code(db.session(), code)
    if place is None:
        raise BadInput(f"没有代码为 {code} 的地区")
    return place


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
    except NotAllowed as error:
        raise BadInput(str(error)) from error
