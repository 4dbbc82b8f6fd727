"""The live sheet as rows: one for the sheet, one for each task and each indicator, so that one can be saved at a time.

Nothing here knows a department or a person: the department's name is text. Amounts are whole 分, weights whole
ten-thousandths of a point.
"""

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Base, BigId
from forms.amounts import MAX_CENTS
from forms.document import MOST_WEIGHT

AMOUNTS = ("total", "fiscal", "other", "basic", "project")
TASK_AMOUNTS = ("total", "fiscal", "other")
WEIGHT_STEPS = 10_000
"""Steps of a weight to one point."""


class Sheet(Base):
    """A sheet being edited. `edit` counts every change to it or to one of its rows."""

    __tablename__ = "forms_sheet"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    form: Mapped[str] = mapped_column(Text)
    fiscal_year: Mapped[int | None]
    department: Mapped[str] = mapped_column(Text)
    project_name: Mapped[str] = mapped_column(Text, default="")
    """The project whose goals these are; "" on a department's own sheet."""
    annual_goal: Mapped[str] = mapped_column(Text)
    total: Mapped[int | None] = mapped_column(BigInteger)
    fiscal: Mapped[int | None] = mapped_column(BigInteger)
    other: Mapped[int | None] = mapped_column(BigInteger)
    basic: Mapped[int | None] = mapped_column(BigInteger)
    project: Mapped[int | None] = mapped_column(BigInteger)
    decimals: Mapped[int] = mapped_column(default=1)
    """How many decimals of 万元 the amounts are printed with, more where a value needs them."""
    marks: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """What is to be looked at of the cells that stand alone and of whole parts, by path (forms.marks)."""
    edit: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        *(CheckConstraint(f"{name} BETWEEN 0 AND {MAX_CENTS}", name=f"{name}_in_range") for name in AMOUNTS),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals_in_range"),
    )


class TaskRow(Base):
    """主要任务. `position` orders the rows of a sheet from 0 without holes; `edit` counts the changes of this row."""

    __tablename__ = "forms_task"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("forms_sheet.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    total: Mapped[int | None] = mapped_column(BigInteger)
    fiscal: Mapped[int | None] = mapped_column(BigInteger)
    other: Mapped[int | None] = mapped_column(BigInteger)
    marks: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    edit: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("ix_forms_task_sheet_id_position", "sheet_id", "position"),
        *(CheckConstraint(f"{name} BETWEEN 0 AND {MAX_CENTS}", name=f"{name}_in_range") for name in TASK_AMOUNTS),
    )


class IndicatorRow(Base):
    """指标. Operator, target and unit follow from `target_raw`; they stand beside it to be counted and compared."""

    __tablename__ = "forms_indicator"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("forms_sheet.id", ondelete="CASCADE"))
    position: Mapped[int]
    level1: Mapped[str] = mapped_column(Text)
    level2: Mapped[str] = mapped_column(Text)
    level3: Mapped[str] = mapped_column(Text)
    target_raw: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    definition: Mapped[str] = mapped_column(Text)
    weight: Mapped[int | None] = mapped_column(BigInteger)
    marks: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    edit: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("ix_forms_indicator_sheet_id_position", "sheet_id", "position"),
        CheckConstraint(f"weight BETWEEN 0 AND {MOST_WEIGHT * WEIGHT_STEPS}", name="weight_in_range"),
    )
