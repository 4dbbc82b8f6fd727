"""Last year's table as the beginning of this year's: the goals in force, with this year's number and department."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.document import Document, same_text
from forms.framework import Framework
from workflow.facts import Reason
from workflow.models import Cycle, GoalsInForce, Revision, Table


def goals_of_last_year(session: Session, table: Table) -> Document | None:
    """The goals in force of the same department's table one fiscal year before, in the same region. One query."""
    text = session.scalars(
        select(Revision.document)
        .join(GoalsInForce, GoalsInForce.revision_id == Revision.id)
        .join(Table, Table.id == GoalsInForce.table_id)
        .join(Cycle, Cycle.id == Table.cycle_id)
        .where(
            Table.department_id == table.department_id,
            Table.adjusts_id.is_(None),
            Cycle.region_id == table.region_id,
            Cycle.fiscal_year == table.cycle.fiscal_year - 1,
        )
    ).one_or_none()
    return None if text is None else Document.from_json(text)


def against_beginning(table: Table, goals: Document | None) -> Reason | None:
    """Why this year's table cannot begin with last year's goals."""
    year = table.cycle.fiscal_year - 1
    if table.adjusts_id is not None:
        return Reason("is_adjustment", "目标调整从现行目标开始，不从上一年度的表开始")
    if goals is None:
        return Reason("no_last_year", f"{year} 年度没有本部门已批复的表")
    if goals.form != table.cycle.framework_key:
        return Reason("other_form", f"{year} 年度用的是表样 {goals.form}，本年度用的是 {table.cycle.framework_key}")
    return None


def begun_with(goals: Document, table: Table, framework: Framework) -> Document:
    """Last year's goals as this year's sheet, printed with the form's decimals."""
    named = {"fiscal_year": table.cycle.fiscal_year, "department": table.department.name}
    return goals.model_copy(update=named).with_decimals(framework.decimals)


def is_empty(document: Document, framework: Framework) -> bool:
    """Whether a sheet says no more than the form itself."""
    return same_text(document, framework.blank(document.department, document.fiscal_year or 0))
