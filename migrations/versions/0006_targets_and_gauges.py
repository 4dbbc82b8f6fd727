"""Targets and gauges"""

import sqlalchemy as sa
from alembic import op
revision = '0006'
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notifications_gauge',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_notifications_gauge'))
    )
    op.create_table('notifications_target',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("address <> ''", name=op.f('ck_notifications_target_a_target_is_somewhere')),
    sa.ForeignKeyConstraint(['person_id'], ['accounts_person.id'], name=op.f('fk_notifications_target_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'channel', name=op.f('pk_notifications_target'))
    )


def downgrade() -> None:
    op.drop_table('notifications_target')
    op.drop_table('notifications_gauge')
