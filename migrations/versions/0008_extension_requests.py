"""Extension requests"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = "workflow_extension_request"
CHECKS = {
    "is_of_a_stage_or_a_round": "(stage IS NULL) <> (round_id IS NULL)",
    "stage_is_a_departments": "stage IS NULL OR stage IN ('goal_entry', 'self_evaluation')",
    "has_a_reason": "reason <> ''",
    "answer_is_known": "answer IS NULL OR answer IN ('granted', 'refused')",
    "answered_has_who_when_and_why": (
        "(answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)"
        " AND (answer IS NULL) = (answer_reason IS NULL)"
    ),
    "an_answer_says_why": "answer_reason IS NULL OR answer_reason <> ''",
    "granted_has_its_instant": "(granted_until IS NOT NULL) = (answer IS NOT NULL AND answer = 'granted')",
}
OPEN = {"stage": "answer IS NULL AND stage IS NOT NULL", "round_id": "answer IS NULL AND round_id IS NOT NULL"}


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", ID, nullable=False),
        sa.Column("table_id", ID, nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=True),
        sa.Column("round_id", ID, nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_reason", sa.Text(), nullable=True),
        sa.Column("granted_until", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_{NAME}_{name}")) for name, condition in CHECKS.items()),
        sa.ForeignKeyConstraint(["table_id"], ["workflow_table.id"], name=op.f(f"fk_{NAME}_table_id")),
        sa.ForeignKeyConstraint(["round_id"], ["workflow_round.id"], name=op.f(f"fk_{NAME}_round_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts_person.id"], name=op.f(f"fk_{NAME}_asked_by")),
        sa.ForeignKeyConstraint(["answered_by"], ["accounts_person.id"], name=op.f(f"fk_{NAME}_answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NAME}")),
    )
    op.create_index(op.f(f"ix_{NAME}_table_id"), NAME, ["table_id"])
    for column, condition in OPEN.items():
        op.create_index(
            f"uq_{NAME}_open_{column.removesuffix('_id')}",
            NAME,
            ["table_id", column],
            unique=True,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


def downgrade() -> None:
    op.drop_table(NAME)
