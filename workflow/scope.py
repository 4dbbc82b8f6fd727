"""Which tables a person may see: the one query that every list and every look-up of tables starts from."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.models import Department
from accounts.people import somebody
from accounts.scope import local_day, reached_by
from workflow.models import Table

OFFICE_TIMEZONE = "Asia/Shanghai"
"""[choice] Appointments begin and end with the day in China, which has one time zone."""


def tables_seen_by(session: Session, person_id: int, now: datetime) -> Select[Table]:
    """Tables, joined with their departments, that a person may see at an instant. Narrow it further with `.where`."""
    reached = reached_by(somebody(session, person_id), local_day(now, OFFICE_TIMEZONE))
    return select(Table).join(Department, Department.id == Table.department_id).where(reached)
