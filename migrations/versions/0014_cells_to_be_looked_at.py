"""Cells to be looked at"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MARKED = ("forms_sheet", "forms_task", "forms_indicator")


def upgrade() -> None:
    for table in MARKED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("marks", sa.JSON(), nullable=True))
        op.execute(sa.text(f"UPDATE {table} SET marks = '{{}}'"))  # noqa: S608 - names of tables above
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("marks", existing_type=sa.JSON(), nullable=False)


def downgrade() -> None:
    for table in reversed(MARKED):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("marks")
