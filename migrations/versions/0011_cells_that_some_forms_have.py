"""Cells that some forms have"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOST = 9_000_000_000_000_000
MONEY = ("total", "fiscal", "other")


def upgrade() -> None:
    with op.batch_alter_table("forms_sheet", schema=None) as batch_op:
        batch_op.add_column(sa.Column("project_name", sa.Text(), nullable=True))
    with op.batch_alter_table("forms_task", schema=None) as batch_op:
        for name in MONEY:
            batch_op.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
            batch_op.create_check_constraint(
                batch_op.f(f"ck_forms_task_{name}_in_range"), f"{name} BETWEEN 0 AND {MOST}"
            )
    with op.batch_alter_table("forms_indicator", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weight", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_forms_indicator_weight_in_range"), "weight BETWEEN 0 AND 10000000"
        )
    op.execute("UPDATE forms_sheet SET project_name = ''")
    with op.batch_alter_table("forms_sheet", schema=None) as batch_op:
        batch_op.alter_column("project_name", existing_type=sa.Text(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("forms_indicator", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_forms_indicator_weight_in_range"), type_="check")
        batch_op.drop_column("weight")
    with op.batch_alter_table("forms_task", schema=None) as batch_op:
        for name in reversed(MONEY):
            batch_op.drop_constraint(batch_op.f(f"ck_forms_task_{name}_in_range"), type_="check")
            batch_op.drop_column(name)
    with op.batch_alter_table("forms_sheet", schema=None) as batch_op:
        batch_op.drop_column("project_name")
