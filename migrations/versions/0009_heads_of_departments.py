"""Heads of departments"""

from typing import Any

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "accounts_appointment"
CHECKS = {
    "role_is_known": (
        "role IN ('editor', 'department_reviewer', 'bureau_officer', 'bureau_manager', 'auditor', "
        "'system_administrator')",
        "role IN ('editor', 'department_reviewer', 'department_head', 'bureau_officer', 'bureau_manager', 'auditor', "
        "'system_administrator')",
    ),
    "scope_fits_the_role": (
        "(role IN ('bureau_officer', 'department_reviewer', 'editor')) = (department_id IS NOT NULL)",
        "(role IN ('bureau_officer', 'department_head', 'department_reviewer', 'editor')) = (department_id IS NOT NULL)",
    ),
}
"""Each CHECK as it was, and as it is with the new role."""


def _say(which: int) -> None:
    batch_op: Any
    with op.batch_alter_table(TABLE) as batch_op:
        for name, says in CHECKS.items():
            full = op.f(f"ck_{TABLE}_{name}")
            batch_op.drop_constraint(full, type_="check")
            batch_op.create_check_constraint(full, says[which])


def upgrade() -> None:
    _say(1)


def downgrade() -> None:
    op.execute("DELETE FROM accounts_appointment WHERE role = 'department_head'")  # a role that was not known then
    _say(0)
