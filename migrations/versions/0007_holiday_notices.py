"""Holiday notices"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "workflow_holiday_notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("region_id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("off", sa.JSON(), nullable=False),
        sa.Column("working", sa.JSON(), nullable=False),
        sa.Column("entered_by", ID, nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "year BETWEEN 2000 AND 2999", name=op.f("ck_workflow_holiday_notice_year_has_four_digits")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_workflow_holiday_notice_number_counts_from_one")),
        sa.CheckConstraint("source <> ''", name=op.f("ck_workflow_holiday_notice_has_a_source")),
        sa.ForeignKeyConstraint(
            ["region_id"], ["accounts_region.id"], name=op.f("fk_workflow_holiday_notice_region_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts_person.id"], name=op.f("fk_workflow_holiday_notice_entered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_holiday_notice")),
        sa.UniqueConstraint("region_id", "year", "number", name=op.f("uq_workflow_holiday_notice_region_id_year_number")),
    )


def downgrade() -> None:
    op.drop_table("workflow_holiday_notice")
