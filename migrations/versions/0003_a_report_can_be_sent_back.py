"""A report can be sent back"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHECKS = {
    'returned_has_who_when_and_why':
        '(returned_by IS NULL) = (returned_at IS NULL) AND (returned_by IS NULL) = (return_reason IS NULL)',
    'a_return_says_why': "return_reason IS NULL OR return_reason <> ''",
    'nothing_confirmed_is_returned': 'returned_at IS NULL OR confirmed_at IS NULL',
}


def upgrade() -> None:
    with op.batch_alter_table('workflow_project_report', schema=None) as batch_op:
        batch_op.add_column(sa.Column('returned_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('returned_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('return_reason', sa.Text(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_workflow_project_report_returned_by'), 'accounts_person', ['returned_by'], ['id'])
        for name, condition in CHECKS.items():
            batch_op.create_check_constraint(batch_op.f(f'ck_workflow_project_report_{name}'), condition)


def downgrade() -> None:
    with op.batch_alter_table('workflow_project_report', schema=None) as batch_op:
        for name in CHECKS:
            batch_op.drop_constraint(batch_op.f(f'ck_workflow_project_report_{name}'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_workflow_project_report_returned_by'), type_='foreignkey')
        batch_op.drop_column('return_reason')
        batch_op.drop_column('returned_at')
        batch_op.drop_column('returned_by')
