"""Many departments at once, put in as rows: each with an editor, a reviewer, a draft, and notices of earlier days."""

from datetime import datetime

from sqlalchemy import text

from config.database import db, writing
from tests import factories

_APART = 100_000_000
"""Between the numbers of departments and those of what belongs to them."""

_ROWS = (
    "INSERT INTO accounts_department (region_id, path, code, name, short_name, submits)"
    " SELECT :region, '', 'C' || n, '部门' || n, '部门' || n, true FROM generate_series(1, :count) n",
    "UPDATE accounts_department SET path = '/' || id || '/' WHERE region_id = :region AND path = ''",
    "CREATE TEMPORARY TABLE crowd ON COMMIT DROP AS SELECT id, name FROM accounts_department"
    " WHERE region_id = :region AND code LIKE 'C%'",
    "INSERT INTO forms_sheet (id, form, fiscal_year, department, annual_goal, decimals, edit)"
    " SELECT id + :apart, 'henan-2020', 2020, name, '', 1, 1 FROM crowd",
    "INSERT INTO workflow_table (cycle_id, region_id, department_id, sheet_id, state, version, state_since,"
    " pass_number, latest_revision)"
    " SELECT :cycle, :region, id, id + :apart, 'draft', 1, :since, 1, 0 FROM crowd",
    "INSERT INTO accounts_person (id, login, name, email, must_change_password)"
    " SELECT id + :apart * which, 'c' || id || '-' || which, '某人' || id, 'c' || id || '-' || which || '@example.org',"
    " true FROM crowd, generate_series(1, 2) which",
    "INSERT INTO accounts_appointment (person_id, role, region_id, department_id, starts_on)"
    " SELECT id + :apart * which, (ARRAY['editor', 'department_reviewer'])[which], :region, id, DATE '2019-01-01'"
    " FROM crowd, generate_series(1, 2) which",
    "INSERT INTO notifications_notice (key, cycle_id, table_id, rule, stage, occurrence, deadline, recipient_id,"
    " channel, due_at, planned_at, provisional, subject, body, reason, status, attempts, sent_at)"
    " SELECT 'crowd|' || crowd.id || '|' || which, :cycle, workflow_table.id, 'opens', 'goal_entry', '2019-11-04',"
    " DATE '2019-12-06', crowd.id + :apart * which, 'inbox', :since, :since, false, '开放', '开放', '开放', 'sent', 1,"
    " :since FROM crowd JOIN workflow_table ON workflow_table.department_id = crowd.id, generate_series(1, 2) which",
)


def gathered(count: int) -> factories.World:
    """A region in its year with so many departments beside the two that every world has."""
    world = factories.world()
    since: datetime = world.clock.at
    given = {"region": world.region_id, "cycle": world.cycle_id, "count": count, "since": since, "apart": _APART}
    with writing() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in _ROWS:
            session.execute(text(statement), given)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))  # a database in service has had its tables looked at
        connection.execute(text("RESET statement_timeout"))
    return world
