"""Stand-ins and keys"""

from typing import Any

import sqlalchemy as sa
from alembic import op
revision = '0004'
down_revision = "0003"
branch_labels = None
depends_on = None


PERSON = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FOR = {
    "workflow_project_report": ("reported_for",),
    "workflow_table": ("submitted_for", "endorsed_for", "approved_for"),
}
CHECKS = {
    "workflow_project_report": {
        "nobody_confirms_their_own": (
            "confirmed_by IS NULL OR confirmed_by <> reported_by",
            "confirmed_by IS NULL OR (confirmed_by <> reported_by AND confirmed_by <> COALESCE(reported_for, 0))",
        )
    },
    "workflow_table": {
        "nobody_endorses_their_own": (
            "endorsed_by IS NULL OR endorsed_by <> submitted_by",
            "endorsed_by IS NULL OR (endorsed_by <> submitted_by AND endorsed_by <> COALESCE(submitted_for, 0)"
            " AND COALESCE(endorsed_for, 0) <> submitted_by"
            " AND (endorsed_for IS NULL OR endorsed_for <> COALESCE(submitted_for, 0)))",
        ),
        "a_stand_in_has_a_name": (
            None,
            "(submitted_for IS NULL OR submitted_by IS NOT NULL) AND (endorsed_for IS NULL OR endorsed_by IS NOT NULL)"
            " AND (approved_for IS NULL OR approved_by IS NOT NULL)",
        ),
    },
}
"""What each CHECK says before and after."""


def _replace(batch_op: Any, table: str, which: int) -> None:
    for name, says in CHECKS[table].items():
        full = op.f(f"ck_{table}_{name}")
        if says[1 - which] is not None:
            batch_op.drop_constraint(full, type_="check")
        if says[which] is not None:
            batch_op.create_check_constraint(full, says[which])


def upgrade() -> None:
    op.create_table('ledger_effect',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('person_id', 'key', name=op.f('pk_ledger_effect'))
    )
    with op.batch_alter_table('ledger_effect', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ledger_effect_at'), ['at'], unique=False)

    op.create_table('accounts_stand_in',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('absent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('deputy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('named_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('named_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_accounts_stand_in_has_a_reason')),
    sa.CheckConstraint('absent_id <> deputy_id', name=op.f('ck_accounts_stand_in_nobody_stands_in_for_themselves')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_accounts_stand_in_ends_no_earlier_than_it_starts')),
    sa.ForeignKeyConstraint(['absent_id'], ['accounts_person.id'], name=op.f('fk_accounts_stand_in_absent_id')),
    sa.ForeignKeyConstraint(['deputy_id'], ['accounts_person.id'], name=op.f('fk_accounts_stand_in_deputy_id')),
    sa.ForeignKeyConstraint(['named_by'], ['accounts_person.id'], name=op.f('fk_accounts_stand_in_named_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts_stand_in'))
    )
    with op.batch_alter_table('accounts_stand_in', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_accounts_stand_in_absent_id'), ['absent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_accounts_stand_in_deputy_id'), ['deputy_id'], unique=False)

    op.drop_table('workflow_effect')
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.alter_column(
            "person_name", existing_type=sa.String(100), type_=sa.String(220), existing_nullable=False
        )
    for table, columns in FOR.items():
        with op.batch_alter_table(table) as batch_op:
            for name in columns:
                batch_op.add_column(sa.Column(name, PERSON, nullable=True))
                batch_op.create_foreign_key(op.f(f"fk_{table}_{name}"), "accounts_person", [name], ["id"])
            _replace(batch_op, table, 1)


def downgrade() -> None:
    for table, columns in reversed(FOR.items()):
        with op.batch_alter_table(table) as batch_op:
            _replace(batch_op, table, 0)
            for name in columns:
                batch_op.drop_constraint(op.f(f"fk_{table}_{name}"), type_="foreignkey")
                batch_op.drop_column(name)
    with op.batch_alter_table("ledger_entry") as batch_op:
        batch_op.alter_column(
            "person_name", existing_type=sa.String(220), type_=sa.String(100), existing_nullable=False
        )
    op.create_table('workflow_effect',
    sa.Column('person_id', PERSON, nullable=False, autoincrement=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.JSON(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('person_id', 'key', name=op.f('pk_workflow_effect'))
    )
    with op.batch_alter_table('accounts_stand_in', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_accounts_stand_in_deputy_id'))
        batch_op.drop_index(batch_op.f('ix_accounts_stand_in_absent_id'))

    op.drop_table('accounts_stand_in')
    with op.batch_alter_table('ledger_effect', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ledger_effect_at'))

    op.drop_table('ledger_effect')
