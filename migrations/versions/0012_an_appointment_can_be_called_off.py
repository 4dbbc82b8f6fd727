"""An appointment can be called off on its first day, or before it."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = "accounts_appointment"
CHECK = "ends_after_it_starts"
NEW = "ends_no_earlier_than_it_starts"


def upgrade() -> None:
    with op.batch_alter_table(NAME, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"ck_{NAME}_{CHECK}"), type_="check")
        batch_op.create_check_constraint(batch_op.f(f"ck_{NAME}_{NEW}"), "ends_on IS NULL OR ends_on >= starts_on")


def downgrade() -> None:
    # What was called off held on no whole day; the version before had no such rows, and the ledger keeps them.
    op.execute(f"DELETE FROM {NAME} WHERE ends_on = starts_on")
    with op.batch_alter_table(NAME, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"ck_{NAME}_{NEW}"), type_="check")
        batch_op.create_check_constraint(batch_op.f(f"ck_{NAME}_{CHECK}"), "ends_on IS NULL OR ends_on > starts_on")
