"""Report drafts"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = "workflow_report_draft"
POINTS_TO = {
    "round_id": "workflow_round.id",
    "project_id": "workflow_project.id",
    "table_id": "workflow_table.id",
    "written_by": "accounts_person.id",
}


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("table_id", ID, nullable=False),
        sa.Column("amounts", sa.JSON(), nullable=False),
        sa.Column("indicators", sa.JSON(), nullable=False),
        sa.Column("edit", sa.Integer(), nullable=False),
        sa.Column("written_by", ID, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("edit >= 1", name=op.f(f"ck_{NAME}_edit_counts_from_one")),
        *(
            sa.ForeignKeyConstraint([column], [there], name=op.f(f"fk_{NAME}_{column}"))
            for column, there in POINTS_TO.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NAME}")),
        sa.UniqueConstraint("round_id", "project_id", name=op.f(f"uq_{NAME}_round_id_project_id")),
    )
    op.create_index(f"ix_{NAME}_table_round", NAME, ["table_id", "round_id"])


def downgrade() -> None:
    op.drop_table(NAME)
