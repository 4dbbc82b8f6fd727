"""The ledger's seals"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ledger_seal',
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('entry_hash', sa.String(length=64), nullable=False),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('position >= 1', name=op.f('ck_ledger_seal_position_counts_from_one')),
    sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_ledger_seal_entry_id')),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_ledger_seal')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_ledger_seal_entry_id'))
    )
    with op.batch_alter_table('ledger_seal', schema=None) as batch_op:
        batch_op.create_index('ix_ledger_seal_sealed_at_position', ['sealed_at', 'position'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('ledger_seal', schema=None) as batch_op:
        batch_op.drop_index('ix_ledger_seal_sealed_at_position')

    op.drop_table('ledger_seal')
    # The end of that chain stands among the others; without the seals it would be the end of nothing.
    op.execute("DELETE FROM ledger_chain_head WHERE chain = 'seals'")
