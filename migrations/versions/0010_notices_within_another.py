"""Notices within another"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = "notifications_notice"
CONDITION = (
    "within_id IS NULL OR (within_id <> id AND channel <> 'inbox' AND status NOT IN ('suppressed', 'superseded'))"
)


def upgrade() -> None:
    with op.batch_alter_table(NAME, schema=None) as batch_op:
        batch_op.add_column(sa.Column("within_id", ID, nullable=True))
        batch_op.create_foreign_key(batch_op.f(f"fk_{NAME}_within_id"), NAME, ["within_id"], ["id"])
        batch_op.create_check_constraint(batch_op.f(f"ck_{NAME}_within_another_that_goes_out"), CONDITION)


def downgrade() -> None:
    with op.batch_alter_table(NAME, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"ck_{NAME}_within_another_that_goes_out"), type_="check")
        batch_op.drop_constraint(batch_op.f(f"fk_{NAME}_within_id"), type_="foreignkey")
        batch_op.drop_column("within_id")
