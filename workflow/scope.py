"""Which tables a person may see: the one query that every list and every look-up of tables starts from."""

from datetime import datetime

from sqlalchemy import Select, select

from accounts.models import Department
from accounts.scope import departments_seen_by, local_day
from workflow.models import Table

OFFICE_TIMEZONE = "Asia/Shanghai"
"""[choice] Appointments begin and end with the day in China, which has one time zone."""


def tables_seen_by(person_id: int, now: datetime) -> Select[Table]:
    """Tables, joined with their departments, that a person may see at an instant. Narrow it further with `.where`."""
    seen = departments_seen_by(person_id, local_day(now, OFFICE_TIMEZONE))
    return select(Table).join(Department, Department.id == Table.department_id).where(Table.department_id.in_(seen))
