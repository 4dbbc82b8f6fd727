"""`flask --app wsgi region …` and `departments …`: regions and the tree of their departments."""

import click
from sqlalchemy import select

from accounts.actor import COMMAND_LINE
from accounts.departments import add_department, add_region, department_by_code, region_by_code
from accounts.models import Department, Region
from commands.errors import BadInput, done, print_json
from commands.on_database import OnDatabase
from config.clock import now
from config.database import db, writing


@click.group("region", cls=OnDatabase)
def region() -> None:
    """Regions 行政区."""


@region.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="Decides when the region's days begin.")
def region_add(code: str, name: str, timezone: str) -> None:
    """Add the region with this administrative CODE and NAME."""
    with writing() as session:
        added = done(add_region(session, code=code, name=name, timezone=timezone, by=COMMAND_LINE, now=now()))
        click.echo(f"已登记地区 {added.code} {added.name}")


@region.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout and nothing else.")
def region_list(as_json: bool) -> None:
    """List the regions."""
    regions = db.session.scalars(select(Region).order_by(Region.code)).all()
    if as_json:
        print_json([{"code": each.code, "name": each.name, "timezone": each.timezone} for each in regions])
        return
    for each in regions:
        click.echo(f"{each.code}\t{each.name}\t{each.timezone}")


@click.group("departments", cls=OnDatabase)
def departments() -> None:
    """Departments 部门."""


@departments.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--region", "region_code", required=True, help="The region's code.")
@click.option("--short", default="", help="Short name for lists; the name when left out.")
@click.option("--parent", "parent_code", help="Code of the department above.")
@click.option("--no-table", is_flag=True, help="It has no table of its own (a grouping node, the bureau's offices).")
def departments_add(
    code: str, name: str, region_code: str, short: str, parent_code: str | None, no_table: bool
) -> None:
    """Add the department with this CODE and NAME."""
    with writing() as session:
        place = region_by_code(session, region_code)
        if place is None:
            raise BadInput(f"地区代码 {region_code} 还没有登记：请先运行 flask --app wsgi region add")
        parent = department_by_code(session, place, parent_code) if parent_code else None
        if parent_code and parent is None:
            raise BadInput(f"上级部门编码 {parent_code} 在{place.name}还没有登记")
        added = done(
            add_department(
                session,
                place,
                code=code,
                name=name,
                short_name=short,
                parent=parent,
                submits=not no_table,
                by=COMMAND_LINE,
                now=now(),
            )
        )
        click.echo(f"已登记部门 {added.code} {added.name}")


@departments.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout and nothing else.")
def departments_list(as_json: bool) -> None:
    """List the departments of all regions, each below the one above it."""
    found = db.session.scalars(select(Department).order_by(Department.region_id, Department.path)).all()
    codes = {each.id: each.code for each in found}
    if as_json:
        print_json(
            [
                {
                    "region": each.region.code,
                    "code": each.code,
                    "name": each.name,
                    "short_name": each.short_name,
                    "parent": codes.get(each.parent_id or 0),
                    "submits": each.submits,
                }
                for each in found
            ]
        )
        return
    for each in found:
        click.echo(f"{'  ' * (each.path.count('/') - 2)}{each.code}\t{each.name}")
