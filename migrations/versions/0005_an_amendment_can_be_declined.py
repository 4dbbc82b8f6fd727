"""An amendment can be declined"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CHECKS = {
    'declined_has_who_when_and_why':
        '(declined_by IS NULL) = (declined_at IS NULL) AND (declined_by IS NULL) = (decline_reason IS NULL)',
    'declining_says_why': "decline_reason IS NULL OR decline_reason <> ''",
    'only_an_amendment_is_declined': "declined_at IS NULL OR (kind = 'amendment' AND accepted_at IS NULL)",
}


def upgrade() -> None:
    with op.batch_alter_table('workflow_revision', schema=None) as batch_op:
        batch_op.add_column(sa.Column('declined_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('declined_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('decline_reason', sa.Text(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_workflow_revision_declined_by'), 'accounts_person', ['declined_by'], ['id'])
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f'ck_workflow_revision_{name}'), condition)


def downgrade() -> None:
    with op.batch_alter_table('workflow_revision', schema=None) as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f'ck_workflow_revision_{name}'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_workflow_revision_declined_by'), type_='foreignkey')
        batch_op.drop_column('decline_reason')
        batch_op.drop_column('declined_at')
        batch_op.drop_column('declined_by')
