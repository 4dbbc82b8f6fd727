"""A table (绩效目标表) and all that its year leaves behind, as rows.

The database repeats the invariants: an approved table has an approver, an instant, a grade and a revision in force,
whoever writes the row. Counts and deadlines that lists need stand on the table's own row.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Department, Region
from config.database import Base, BigId, UTCInstant
from workflow.states import IN_FORCE, Stage, State


def _one_of(column: str, values: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


_MONEY_LIMIT = 9_000_000_000_000_000


def _money(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IS NULL OR {column} BETWEEN 0 AND {_MONEY_LIMIT}", name=f"{column}_is_money")


class Cycle(Base):
    """年度: one fiscal year of one region, with the framework it began with and keeps."""

    __tablename__ = "workflow_cycle"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("accounts_region.id"))
    fiscal_year: Mapped[int]
    framework_key: Mapped[str] = mapped_column(String(60))
    framework: Mapped[str] = mapped_column(Text)
    """The framework's own text as it stood when the cycle was opened."""
    opened_at: Mapped[datetime] = mapped_column(UTCInstant)

    region: Mapped[Region] = relationship()
    windows: Mapped[list["Window"]] = relationship(order_by="Window.opens_at")
    rounds: Mapped[list["Round"]] = relationship(order_by="Round.number")
    holidays: Mapped[list["HolidayNotice"]] = relationship(
        primaryjoin="foreign(HolidayNotice.region_id) == Cycle.region_id", viewonly=True
    )
    """Its region's, of all years."""

    __table_args__ = (UniqueConstraint("region_id", "fiscal_year"),)

    @property
    def last_days(self) -> list[date]:
        """The last days of its windows and rounds."""
        return [one.closes_on for one in self.windows] + [one.closes_on for one in self.rounds]


class HolidayNotice(Base):
    """节假日安排: what a notice says of one year's holidays, as a region's manager entered it. Never changed: a later
    version replaces it, and both stay on record."""

    __tablename__ = "workflow_holiday_notice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("accounts_region.id"))
    year: Mapped[int]
    number: Mapped[int]
    """Its version among the notices of that year; the highest counts."""
    source: Mapped[str] = mapped_column(String(200))
    off: Mapped[dict[str, str]] = mapped_column(JSON)
    """Each day off (2027-01-01) with the name of its holiday, or none."""
    working: Mapped[list[str]] = mapped_column(JSON)
    """The Saturdays and Sundays on which people work."""
    entered_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    entered_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("region_id", "year", "number"),
        CheckConstraint("year BETWEEN 2000 AND 2999", name="year_has_four_digits"),
        CheckConstraint("number >= 1", name="number_counts_from_one"),
        CheckConstraint("source <> ''", name="has_a_source"),
    )


class Window(Base):
    """When a stage is open: two local dates, and the half-open instants they mean [opens_at, closes_at)."""

    __tablename__ = "workflow_window"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("workflow_cycle.id"))
    stage: Mapped[Stage] = mapped_column(String(40))
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    opens_at: Mapped[datetime] = mapped_column(UTCInstant)
    closes_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("cycle_id", "stage"),
        CheckConstraint(_one_of("stage", Stage), name="stage_is_known"),
        CheckConstraint("closes_at > opens_at", name="closes_after_it_opens"),
    )


class Round(Base):
    """监控期: a name, the months it looks at, and when departments report."""

    __tablename__ = "workflow_round"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("workflow_cycle.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    period_from: Mapped[date]
    period_to: Mapped[date]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    opens_at: Mapped[datetime] = mapped_column(UTCInstant)
    closes_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("cycle_id", "number"),
        CheckConstraint("closes_at > opens_at", name="closes_after_it_opens"),
        CheckConstraint("period_to >= period_from", name="period_has_a_length"),
    )


class Table(Base):
    """绩效目标表: where one department's table (or one adjustment of it) is. Only workflow.acts writes `state`."""

    __tablename__ = "workflow_table"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("workflow_cycle.id"))
    region_id: Mapped[int] = mapped_column(ForeignKey("accounts_region.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("accounts_department.id"))
    sheet_id: Mapped[int] = mapped_column(ForeignKey("forms_sheet.id"), unique=True)
    state: Mapped[State] = mapped_column(String(40), default=State.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    state_since: Mapped[datetime] = mapped_column(UTCInstant)
    pass_number: Mapped[int] = mapped_column(default=1)
    """轮次: 1 at first, one more after each return to draft."""
    latest_revision: Mapped[int] = mapped_column(default=0)
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    submitted_for: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    """In whose name, where a stand-in (代理人) submitted; so with the other `…_for`."""
    endorsed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    endorsed_for: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    begun_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    """When whoever has the table now began to write (a remark, a review); opening a page begins nothing."""
    resubmit_until: Mapped[datetime | None] = mapped_column(UTCInstant)
    returned_sha256: Mapped[str | None] = mapped_column(String(64))
    """What the sheet said when it was last returned, by the bureau or inside."""
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    approved_for: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    grade: Mapped[str | None] = mapped_column(String(4))
    """The grade of the latest decision: 优, 良, 中 or 差."""
    approved_revision: Mapped[int | None]
    """The number of its own revision that was approved; which goals are in force says GoalsInForce."""
    entered_monitoring_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    monitoring_ended_as: Mapped[str | None] = mapped_column(String(20))
    """How monitoring ended: met, not_applicable or waived."""
    evaluation_until: Mapped[datetime | None] = mapped_column(UTCInstant)
    """A returned evaluation's own deadline."""
    adjusts_id: Mapped[int | None] = mapped_column(ForeignKey("workflow_table.id"))
    adjustment_number: Mapped[int | None]
    adjustment_reason: Mapped[str | None] = mapped_column(Text)

    cycle: Mapped[Cycle] = relationship()
    department: Mapped[Department] = relationship()
    in_force: Mapped["GoalsInForce | None"] = relationship(viewonly=True)

    @property
    def submitters(self) -> frozenset[int]:
        """Who submitted, and in whose name; empty while nothing is submitted."""
        return frozenset({self.submitted_by, self.submitted_for} - {None})  # type: ignore[arg-type]

    @property
    def endorsers(self) -> frozenset[int]:
        """Who endorsed, and in whose name."""
        return frozenset({self.endorsed_by, self.endorsed_for} - {None})  # type: ignore[arg-type]

    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state_is_known"),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
        CheckConstraint("grade IS NULL OR grade IN ('优', '良', '中', '差')", name="grade_is_known"),
        CheckConstraint(
            f"NOT ({_one_of('state', sorted(IN_FORCE))}) OR (approved_by IS NOT NULL AND approved_at IS NOT NULL"
            " AND grade IN ('优', '良') AND approved_revision IS NOT NULL)",
            name="in_force_means_approved",
        ),
        CheckConstraint(
            "state <> 'internal_review' OR (submitted_by IS NOT NULL AND latest_revision >= 1)",
            name="in_review_means_submitted",
        ),
        CheckConstraint(
            "state <> 'finance_review' OR (submitted_by IS NOT NULL AND endorsed_by IS NOT NULL)",
            name="with_the_bureau_means_endorsed",
        ),
        CheckConstraint(
            "endorsed_by IS NULL OR (endorsed_by <> submitted_by AND endorsed_by <> COALESCE(submitted_for, 0)"
            " AND COALESCE(endorsed_for, 0) <> submitted_by"
            " AND (endorsed_for IS NULL OR endorsed_for <> COALESCE(submitted_for, 0)))",
            name="nobody_endorses_their_own",
        ),
        CheckConstraint(
            "(submitted_for IS NULL OR submitted_by IS NOT NULL) AND (endorsed_for IS NULL OR endorsed_by IS NOT NULL)"
            " AND (approved_for IS NULL OR approved_by IS NOT NULL)",
            name="a_stand_in_has_a_name",
        ),
        CheckConstraint(
            "state NOT IN ('monitoring', 'self_evaluation', 'evaluation_review', 'completed')"
            " OR entered_monitoring_at IS NOT NULL",
            name="monitored_means_entered",
        ),
        CheckConstraint(
            "state NOT IN ('self_evaluation', 'evaluation_review', 'completed')"
            " OR monitoring_ended_as IN ('met', 'not_applicable', 'waived')",
            name="evaluated_means_monitoring_ended",
        ),
        CheckConstraint(
            "(adjusts_id IS NULL AND adjustment_number IS NULL AND adjustment_reason IS NULL) OR (adjusts_id <> id"
            " AND adjusts_id IS NOT NULL AND adjustment_number >= 1 AND adjustment_reason IS NOT NULL)",
            name="an_adjustment_has_number_and_reason",
        ),
        Index(
            "uq_workflow_table_one_per_department",
            "cycle_id",
            "department_id",
            unique=True,
            sqlite_where=text("adjusts_id IS NULL"),
            postgresql_where=text("adjusts_id IS NULL"),
        ),
        Index(
            "uq_workflow_table_one_open_adjustment",
            "adjusts_id",
            unique=True,
            sqlite_where=text("adjusts_id IS NOT NULL AND state NOT IN ('approved', 'void')"),
            postgresql_where=text("adjusts_id IS NOT NULL AND state NOT IN ('approved', 'void')"),
        ),
        UniqueConstraint("adjusts_id", "adjustment_number"),
        Index("ix_workflow_table_region_state", "region_id", "state"),
        Index("ix_workflow_table_department", "department_id"),
    )


class Revision(Base):
    """版次: what a sheet said at one moment, frozen. Never changed; a mark on an amendment accepts or declines it."""

    __tablename__ = "workflow_revision"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    changes: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    """Of an amendment: [{path, old, new, reason}]."""
    made_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    made_at: Mapped[datetime] = mapped_column(UTCInstant)
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    declined_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    declined_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    decline_reason: Mapped[str | None] = mapped_column(Text)
    """Why the department does not accept an amendment; it stands until another amendment takes its place."""

    __table_args__ = (
        UniqueConstraint("table_id", "number"),
        CheckConstraint("kind IN ('submission', 'amendment', 'evaluation')", name="kind_is_known"),
        CheckConstraint("(kind = 'amendment') = (changes IS NOT NULL)", name="an_amendment_has_changes"),
        CheckConstraint("(accepted_by IS NULL) = (accepted_at IS NULL)", name="accepted_has_who_and_when"),
        CheckConstraint(
            "(declined_by IS NULL) = (declined_at IS NULL) AND (declined_by IS NULL) = (decline_reason IS NULL)",
            name="declined_has_who_when_and_why",
        ),
        CheckConstraint("decline_reason IS NULL OR decline_reason <> ''", name="declining_says_why"),
        CheckConstraint(
            "declined_at IS NULL OR (kind = 'amendment' AND accepted_at IS NULL)", name="only_an_amendment_is_declined"
        ),
    )


class GoalsInForce(Base):
    """Which revision says the goals a table is held to now: its own approved one, or that of its latest adjustment."""

    __tablename__ = "workflow_goals_in_force"

    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("workflow_revision.id"))
    since: Mapped[datetime] = mapped_column(UTCInstant)


class Review(Base):
    """The four-criteria review of one revision by one officer; `decided` once an approval or a return used it."""

    __tablename__ = "workflow_review"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("workflow_revision.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    grade: Mapped[str | None] = mapped_column(String(4))
    opinion: Mapped[str] = mapped_column(Text, default="")
    written_at: Mapped[datetime] = mapped_column(UTCInstant)
    decided: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("revision_id", "person_id"),
        CheckConstraint("grade IS NULL OR grade IN ('优', '良', '中', '差')", name="grade_is_known"),
        CheckConstraint("NOT decided OR (grade IS NOT NULL AND opinion <> '')", name="decided_means_graded"),
    )


class Remark(Base):
    """审核意见 on one place of a revision; open until the department answers it."""

    __tablename__ = "workflow_remark"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("workflow_revision.id"))
    number: Mapped[int]
    state: Mapped[State] = mapped_column(String(40))
    """The stage it was made in."""
    must: Mapped[bool]
    path: Mapped[str] = mapped_column(String(120), default="")
    text: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    made_at: Mapped[datetime] = mapped_column(UTCInstant)
    answer: Mapped[str | None] = mapped_column(String(20))
    answer_text: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("table_id", "number"),
        CheckConstraint("text <> ''", name="says_something"),
        CheckConstraint("answer IS NULL OR answer IN ('changed', 'declined')", name="answer_is_known"),
        CheckConstraint(
            "(answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)",
            name="an_answer_has_who_and_when",
        ),
        CheckConstraint("answer IS NULL OR answer <> 'declined' OR answer_text <> ''", name="declining_says_why"),
    )


class Extension(Base):
    """延期: entry of one stage (or one monitoring round) stays open for one table until a new instant."""

    __tablename__ = "workflow_extension"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"), index=True)
    stage: Mapped[Stage | None] = mapped_column(String(40))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("workflow_round.id"))
    until: Mapped[datetime] = mapped_column(UTCInstant)
    reason: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    granted_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        CheckConstraint("(stage IS NULL) <> (round_id IS NULL)", name="is_of_a_stage_or_a_round"),
        CheckConstraint(f"stage IS NULL OR {_one_of('stage', Stage)}", name="stage_is_known"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
    )


class ExtensionRequest(Base):
    """申请延期: a department asks for more time, and a manager grants it (an Extension beside it) or does not."""

    __tablename__ = "workflow_extension_request"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"), index=True)
    stage: Mapped[Stage | None] = mapped_column(String(40))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("workflow_round.id"))
    until: Mapped[datetime] = mapped_column(UTCInstant)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    asked_at: Mapped[datetime] = mapped_column(UTCInstant)
    answer: Mapped[str | None] = mapped_column(String(20))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    answer_reason: Mapped[str | None] = mapped_column(Text)
    granted_until: Mapped[datetime | None] = mapped_column(UTCInstant)

    __table_args__ = (
        CheckConstraint("(stage IS NULL) <> (round_id IS NULL)", name="is_of_a_stage_or_a_round"),
        CheckConstraint("stage IS NULL OR stage IN ('goal_entry', 'self_evaluation')", name="stage_is_a_departments"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("answer IS NULL OR answer IN ('granted', 'refused')", name="answer_is_known"),
        CheckConstraint(
            "(answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)"
            " AND (answer IS NULL) = (answer_reason IS NULL)",
            name="answered_has_who_when_and_why",
        ),
        CheckConstraint("answer_reason IS NULL OR answer_reason <> ''", name="an_answer_says_why"),
        CheckConstraint(
            "(granted_until IS NOT NULL) = (answer IS NOT NULL AND answer = 'granted')", name="granted_has_its_instant"
        ),
        Index(
            "uq_workflow_extension_request_open_stage",
            "table_id",
            "stage",
            unique=True,
            sqlite_where=text("answer IS NULL AND stage IS NOT NULL"),
            postgresql_where=text("answer IS NULL AND stage IS NOT NULL"),
        ),
        Index(
            "uq_workflow_extension_request_open_round",
            "table_id",
            "round_id",
            unique=True,
            sqlite_where=text("answer IS NULL AND round_id IS NOT NULL"),
            postgresql_where=text("answer IS NULL AND round_id IS NOT NULL"),
        ),
    )


class Project(Base):
    """项目 of a table, with its money and whether it must be monitored and self-evaluated."""

    __tablename__ = "workflow_project"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    budget: Mapped[int] = mapped_column(BigInteger)
    """Year-start budget in 分."""
    must_monitor: Mapped[bool] = mapped_column(default=True)
    why_not_monitored: Mapped[str | None] = mapped_column(Text)
    must_evaluate: Mapped[bool] = mapped_column(default=True)
    why_not_evaluated: Mapped[str | None] = mapped_column(Text)
    evaluated_on: Mapped[date | None]
    evaluation_score: Mapped[int | None]
    """Hundredths of a point, 0 to 10,000."""
    listed_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("table_id", "code"),
        UniqueConstraint("table_id", "name"),
        _money("budget"),
        CheckConstraint("must_monitor OR why_not_monitored IS NOT NULL", name="unmonitored_says_why"),
        CheckConstraint("must_evaluate OR why_not_evaluated IS NOT NULL", name="unevaluated_says_why"),
        CheckConstraint("(evaluated_on IS NULL) = (evaluation_score IS NULL)", name="evaluated_has_date_and_score"),
        CheckConstraint("evaluation_score IS NULL OR evaluation_score BETWEEN 0 AND 10000", name="score_is_within_100"),
    )


class RoundListing(Base):
    """A project on the frozen list of a round: the denominator of that round's rate for its table."""

    __tablename__ = "workflow_round_listing"

    round_id: Mapped[int] = mapped_column(ForeignKey("workflow_round.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("workflow_project.id"), primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    must_monitor: Mapped[bool]

    __table_args__ = (Index("ix_workflow_round_listing_table_round", "table_id", "round_id"),)


class RoundFrozen(Base):
    """That a table's list for a round was frozen, even with nothing on it."""

    __tablename__ = "workflow_round_frozen"

    round_id: Mapped[int] = mapped_column(ForeignKey("workflow_round.id"), primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"), primary_key=True)
    frozen_at: Mapped[datetime] = mapped_column(UTCInstant)


class ProjectReport(Base):
    """One project's report in one round: money in 分, the indicators' state, deviations; counts once confirmed."""

    __tablename__ = "workflow_project_report"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("workflow_round.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("workflow_project.id"))
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    year_start: Mapped[int] = mapped_column(BigInteger)
    adjusted: Mapped[int] = mapped_column(BigInteger)
    executed: Mapped[int] = mapped_column(BigInteger)
    expected: Mapped[int] = mapped_column(BigInteger)
    """Expected execution at the year's end."""
    indicators: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """[{name, actual, expected, likelihood (能|有可能|不能), deviation (经费|制度|人员|硬件|其他), why, measure}]"""
    reported_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    reported_for: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    reported_at: Mapped[datetime] = mapped_column(UTCInstant)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id"))
    returned_at: Mapped[datetime | None] = mapped_column(UTCInstant)
    return_reason: Mapped[str | None] = mapped_column(Text)
    """Why the department's reviewer sent it back; it stands until the project is reported again."""

    __table_args__ = (
        UniqueConstraint("round_id", "project_id"),
        _money("year_start"),
        _money("adjusted"),
        _money("executed"),
        _money("expected"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_has_who_and_when"),
        CheckConstraint(
            "confirmed_by IS NULL OR (confirmed_by <> reported_by AND confirmed_by <> COALESCE(reported_for, 0))",
            name="nobody_confirms_their_own",
        ),
        CheckConstraint(
            "(returned_by IS NULL) = (returned_at IS NULL) AND (returned_by IS NULL) = (return_reason IS NULL)",
            name="returned_has_who_when_and_why",
        ),
        CheckConstraint("return_reason IS NULL OR return_reason <> ''", name="a_return_says_why"),
        CheckConstraint("returned_at IS NULL OR confirmed_at IS NULL", name="nothing_confirmed_is_returned"),
        Index("ix_workflow_project_report_table_round", "table_id", "round_id"),
    )


class ReportDraft(Base):
    """A project's report of one round that nobody sent yet, as it was typed; it goes when the project is reported."""

    __tablename__ = "workflow_report_draft"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("workflow_round.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("workflow_project.id"))
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    amounts: Mapped[dict[str, str]] = mapped_column(JSON)
    """{year_start, adjusted, executed, expected}, 万元 as typed."""
    indicators: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """As those of a report, empty rows between them too."""
    edit: Mapped[int]
    """How often it was written: who saw another number did not see this draft."""
    written_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    written_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("round_id", "project_id"),
        CheckConstraint("edit >= 1", name="edit_counts_from_one"),
        Index("ix_workflow_report_draft_table_round", "table_id", "round_id"),
    )


class Waiver(Base):
    """放行: the manager lets a table go on below its target, or enter monitoring without projects, and says why."""

    __tablename__ = "workflow_waiver"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    granted_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("table_id", "kind"),
        CheckConstraint("kind IN ('monitoring', 'no_projects')", name="kind_is_known"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
    )


class IndicatorResult(Base):
    """What the self-evaluation says of one indicator of the goals in force (numbered from 1 as printed)."""

    __tablename__ = "workflow_indicator_result"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    number: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20))
    actual: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    written_by: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    written_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (
        UniqueConstraint("table_id", "number"),
        CheckConstraint("verdict IN ('met', 'not_met', 'not_applicable')", name="verdict_is_known"),
        CheckConstraint("verdict = 'not_applicable' OR actual <> ''", name="a_verdict_has_an_actual"),
    )


class Upload(Base):
    """A file that was read for a table and waits for its sender's word. One per person and table."""

    __tablename__ = "workflow_upload"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("workflow_table.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id"))
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_at: Mapped[datetime] = mapped_column(UTCInstant)

    __table_args__ = (UniqueConstraint("table_id", "person_id"),)
