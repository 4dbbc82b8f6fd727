"""The states a table can be in and the words for them. Pure."""

from enum import StrEnum


class State(StrEnum):
    """Where a table is in its year; the order is the year's."""

    DRAFT = "draft"
    INTERNAL_REVIEW = "internal_review"
    FINANCE_REVIEW = "finance_review"
    APPROVED = "approved"
    MONITORING = "monitoring"
    SELF_EVALUATION = "self_evaluation"
    EVALUATION_REVIEW = "evaluation_review"
    COMPLETED = "completed"
    VOID = "void"


LABELS = {
    State.DRAFT: "草拟",
    State.INTERNAL_REVIEW: "部门内审",
    State.FINANCE_REVIEW: "财政审核",
    State.APPROVED: "已批复",
    State.MONITORING: "运行监控",
    State.SELF_EVALUATION: "绩效自评",
    State.EVALUATION_REVIEW: "自评复核",
    State.COMPLETED: "已完成",
    State.VOID: "作废",
}

YEAR = tuple(state for state in State if state is not State.VOID)
"""The stages a table goes through, in their order."""


def stages(*, adjusts: bool) -> tuple[State, ...]:
    """The stages of one table: an adjustment ends with its approval, the table it adjusts goes on through the year."""
    return YEAR[: YEAR.index(State.APPROVED) + 1] if adjusts else YEAR


IN_FORCE = frozenset(
    {State.APPROVED, State.MONITORING, State.SELF_EVALUATION, State.EVALUATION_REVIEW, State.COMPLETED}
)
"""States that only an approval leads to: here a table has an approver, a grade and goals in force."""


class Stage(StrEnum):
    """The windows of a cycle. Monitoring has none: its rounds are its windows."""

    ENTRY = "goal_entry"
    REVIEW = "finance_review"
    EVALUATION = "self_evaluation"
    EVALUATION_REVIEW = "evaluation_review"


STAGE_LABELS = {
    Stage.ENTRY: "目标编报",
    Stage.REVIEW: "财政审核",
    Stage.EVALUATION: "绩效自评",
    Stage.EVALUATION_REVIEW: "自评复核",
}
