"""Every rule by which somebody is told something, as data. Pure.

A dated rule belongs to deadlines and names its days in working days; an event rule belongs to entries of a table's
history. Each has its words in `wording/<code>/`. Who is asked for what at a deadline stands in the subjects.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.roles import Role
from workflow.states import STAGE_LABELS, Stage, State
from workflow.urging import HEAD_TOLD_FROM

INBOX, EMAIL = "inbox", "email"
"""The channels that everybody has; others reach who entered a target for them (see `world.World.reached`)."""
TRIAL = "trial"
"""The stage and rule of a notice that a manager sends to themselves. It is tried once, so that they see how it ends."""

EDITORS_AND_REVIEWERS = frozenset({Role.EDITOR, Role.REVIEWER})
HEADS = frozenset({Role.HEAD})
OFFICERS = frozenset({Role.OFFICER})
TOLD_OF_OTHERS = frozenset({Role.MANAGER, Role.HEAD})
"""Who is told of what others have to do."""


@dataclass(frozen=True)
class Subject:
    """What a deadline is about: in which states a table is asked for something, and what of whom.

    Who has done their part is not in the row of the state any more: an editor whose table is being reviewed inside is
    asked for nothing.
    """

    name: str
    label: str
    asks: Mapping[State, Mapping[Role, str]]
    missed: str
    """What it means when the deadline has passed."""


_CLOSED = "录入已经关闭，只有财政绩效处能按部门延期。"
_NEVER_BY_ITSELF = "超过时限不会自动通过，请尽快办理。"

ENTRY = Subject(
    Stage.ENTRY,
    STAGE_LABELS[Stage.ENTRY],
    {
        State.DRAFT: {Role.EDITOR: "填好目标表并送审", Role.REVIEWER: "督促填报，并留出内审的时间"},
        State.INTERNAL_REVIEW: {Role.REVIEWER: "完成内审并上报财政"},
    },
    _CLOSED,
)
RESUBMISSION = Subject(
    "resubmission",
    "退回后重新报送",
    {
        State.DRAFT: {Role.EDITOR: "按退回意见修改并重新送审", Role.REVIEWER: "督促修改，并留出内审的时间"},
        State.INTERNAL_REVIEW: {Role.REVIEWER: "完成内审并重新上报财政"},
    },
    _CLOSED,
)
REVIEW = Subject(
    Stage.REVIEW,
    STAGE_LABELS[Stage.REVIEW],
    {State.FINANCE_REVIEW: {Role.OFFICER: "完成审核，批复或退回"}},
    _NEVER_BY_ITSELF,
)
ROUND = Subject(
    "monitoring",
    "绩效运行监控",
    {State.MONITORING: {Role.EDITOR: "填报各项目的监控报告", Role.REVIEWER: "确认各项目的监控报告"}},
    "完成率没有达到本表目标；可请财政绩效处延长监控期，或由其说明理由放行。",
)
EVALUATION = Subject(
    Stage.EVALUATION,
    STAGE_LABELS[Stage.EVALUATION],
    {State.SELF_EVALUATION: {Role.EDITOR: "填好各指标的自评", Role.REVIEWER: "核对并报送自评"}},
    _CLOSED,
)
RE_EVALUATION = Subject(
    "re_evaluation",
    "退回后重新自评",
    {State.SELF_EVALUATION: {Role.EDITOR: "按退回意见修改自评", Role.REVIEWER: "核对并重新报送自评"}},
    _CLOSED,
)
EVALUATION_REVIEW = Subject(
    Stage.EVALUATION_REVIEW,
    STAGE_LABELS[Stage.EVALUATION_REVIEW],
    {State.EVALUATION_REVIEW: {Role.OFFICER: "完成自评复核"}},
    _NEVER_BY_ITSELF,
)

OF_DEPARTMENTS = (ENTRY, RESUBMISSION, ROUND, EVALUATION, RE_EVALUATION)
OF_THE_BUREAU = (REVIEW, EVALUATION_REVIEW)
SUBJECTS = OF_DEPARTMENTS + OF_THE_BUREAU


@dataclass(frozen=True)
class Opens:
    """On the day a window opens."""


@dataclass(frozen=True)
class Before:
    """So many working days before the deadline; 0 is the day itself, or the last working day before it."""

    days: tuple[int, ...]


@dataclass(frozen=True)
class Overdue:
    """On each of the first working days after the deadline, or of them from the `first` on."""

    days: int
    first: int = 1


@dataclass(frozen=True)
class On:
    """When the history gets an entry of that act, whose body has one of the values for each field of `only`, and a
    number no smaller for each of `at_least`."""

    act: str
    only: tuple[tuple[str, tuple[object, ...]], ...] = ()
    at_least: tuple[tuple[str, int], ...] = ()

    def fits(self, act: str, said: Mapping[str, object]) -> bool:
        """Whether an entry is one of these; a field that the body lacks counts as None, and is no number."""
        return (
            act == self.act
            and all(said.get(field) in values for field, values in self.only)
            and all(isinstance(found := said.get(field), int) and found >= least for field, least in self.at_least)
        )


@dataclass(frozen=True)
class NobodyThere:
    """When an event asks somebody to act, and there is nobody in that role but who did it."""


@dataclass(frozen=True)
class Daily:
    """Every day of the calendar, from 09:00 on: where the ledger stands."""


@dataclass(frozen=True)
class Weekly:
    """On the first working day of each week: what waits in the bureau's hands."""


@dataclass(frozen=True)
class Rule:
    """One reason for which people are told something."""

    code: str
    label: str
    when: Opens | Before | Overdue | On | NobodyThere | Daily | Weekly
    audience: frozenset[Role]
    outside: bool = True
    """Whether it is told beyond the inbox too, by every channel that reaches the person."""
    subjects: tuple[Subject, ...] = ()
    """The deadlines that a dated rule watches."""
    as_list: bool = False
    """One notice a day and stage to each person for all their tables together, instead of one for each table."""
    lapses: bool = False
    """Whether the notice of an event is void once the table has moved on."""
    asks: bool = False
    """Whether the table stands still until somebody told by this acts; with nobody to tell, managers are told."""


OVERDUE_DAYS = 5
"""[choice] A working week: who has not answered five reminders is not moved by a sixth, and the bureau, which was told
each day too, decides then (an extension, an urge, a call)."""
HEAD_TOLD_AFTER = 3
"""[choice] From the third overdue working day on the department's head is told too: two days are what its own people
need to answer, and what is late for half a week is not an oversight any more."""

NOBODY_THERE = Rule("nobody_there", "没有人接着办", NobodyThere(), frozenset({Role.MANAGER}), lapses=True)

RULES: tuple[Rule, ...] = (
    Rule("opens", "窗口开放", Opens(), EDITORS_AND_REVIEWERS, subjects=(ENTRY, EVALUATION)),
    Rule("closes_soon", "临近截止", Before((7, 3, 1)), EDITORS_AND_REVIEWERS, subjects=OF_DEPARTMENTS),
    Rule("closes_today", "最后一个工作日", Before((0,)), EDITORS_AND_REVIEWERS, subjects=OF_DEPARTMENTS),
    Rule("overdue", "逾期", Overdue(OVERDUE_DAYS), EDITORS_AND_REVIEWERS, subjects=OF_DEPARTMENTS),
    # Who has many tables gets one list a day, not a notice for each.
    Rule(
        "overdue_head", "逾期", Overdue(OVERDUE_DAYS, HEAD_TOLD_AFTER), HEADS, subjects=OF_DEPARTMENTS, as_list=True
    ),
    Rule("review_opens", "窗口开放", Opens(), OFFICERS, subjects=OF_THE_BUREAU, as_list=True),
    Rule("review_closes", "临近截止", Before((7, 3, 1, 0)), OFFICERS, subjects=OF_THE_BUREAU, as_list=True),
    Rule("review_overdue", "逾期", Overdue(OVERDUE_DAYS), OFFICERS, subjects=OF_THE_BUREAU, as_list=True),
    Rule("overdue_list", "逾期", Overdue(OVERDUE_DAYS), frozenset({Role.MANAGER}), subjects=SUBJECTS, as_list=True),
    Rule("submitted", "送审", On("submit"), frozenset({Role.REVIEWER}), lapses=True, asks=True),
    Rule("endorsed", "上报财政", On("endorse"), OFFICERS, lapses=True, asks=True),
    Rule("sent_back", "内审退回", On("send_back"), EDITORS_AND_REVIEWERS, lapses=True, asks=True),
    Rule("returned", "财政退回", On("return"), EDITORS_AND_REVIEWERS, lapses=True, asks=True),
    Rule("transferred", "移交审核", On("transferred"), OFFICERS, lapses=True),
    Rule("withdrawn", "撤回送审", On("withdraw"), frozenset({Role.REVIEWER}), outside=False, lapses=True),
    Rule("recalled", "撤回上报", On("recall"), OFFICERS, outside=False, lapses=True),
    Rule("amendment_proposed", "协商修改", On("amend"), frozenset({Role.REVIEWER}), lapses=True, asks=True),
    Rule(
        "amendment_accepted", "接受修改", On("accept_amendment"), OFFICERS, outside=False, lapses=True, asks=True
    ),
    Rule(
        "amendment_declined", "不接受修改", On("decline_amendment"), OFFICERS, outside=False, lapses=True, asks=True
    ),
    # An adjustment's approval is told by its parent's entry `adjusted`, written in the same transaction.
    Rule("approved", "批复", On("approve", (("adjusts", (None,)),)), EDITORS_AND_REVIEWERS),
    Rule("adjusted", "目标调整生效", On("adjusted"), EDITORS_AND_REVIEWERS),
    Rule(
        "extended",
        "延期",
        On("extend", (("stage", (None, Stage.ENTRY, Stage.EVALUATION)),)),
        EDITORS_AND_REVIEWERS,
    ),
    Rule(
        "review_extended",
        "审核延期",
        On("extend", (("stage", (Stage.REVIEW, Stage.EVALUATION_REVIEW)),)),
        OFFICERS,
    ),
    Rule("extension_asked", "申请延期", On("ask_extension"), frozenset({Role.MANAGER}), lapses=True),
    Rule("extension_refused", "不同意延期", On("refuse_extension"), EDITORS_AND_REVIEWERS),
    Rule("monitoring_begun", "进入监控", On("begin_monitoring"), EDITORS_AND_REVIEWERS),
    Rule("round_opened", "监控期开始", On("round_opened"), EDITORS_AND_REVIEWERS, lapses=True),
    Rule("report_returned", "退回监控报告", On("return_report"), frozenset({Role.EDITOR}), lapses=True),
    Rule(
        "rate_reached",
        "完成率达标",
        On("confirm_report", (("reached", (True,)),)),
        EDITORS_AND_REVIEWERS,
        outside=False,
    ),
    Rule(
        "monitoring_blocked",
        "不能进入监控",
        On("monitoring_blocked"),
        EDITORS_AND_REVIEWERS | {Role.MANAGER},
        lapses=True,
    ),
    Rule("monitoring_finished", "进入自评", On("finish_monitoring"), EDITORS_AND_REVIEWERS, lapses=True),
    Rule("evaluation_reported", "报送自评", On("report_evaluation"), OFFICERS, lapses=True, asks=True),
    Rule("evaluation_returned", "退回自评", On("return_evaluation"), EDITORS_AND_REVIEWERS, lapses=True, asks=True),
    Rule("evaluation_accepted", "复核通过", On("accept_evaluation"), EDITORS_AND_REVIEWERS),
    Rule("urged", "催办", On("urge"), EDITORS_AND_REVIEWERS, lapses=True),
    Rule("urged_head", "催办", On("urge", at_least=(("count", HEAD_TOLD_FROM),)), HEADS, lapses=True),
    NOBODY_THERE,
    Rule("bureau_waits", "财政待办", Weekly(), OFFICERS | {Role.MANAGER}),
    Rule("ledger_head", "台账校验码", Daily(), frozenset({Role.AUDITOR})),
    Rule("voided", "作废", On("void"), EDITORS_AND_REVIEWERS | OFFICERS),
)  # fmt: skip

BY_CODE = {rule.code: rule for rule in RULES}


def told_of(act: str, said: Mapping[str, object]) -> frozenset[Role]:
    """The roles that an entry of a table's history is told to at once."""
    return frozenset().union(
        *(rule.audience for rule in RULES if isinstance(rule.when, On) and rule.when.fits(act, said))
    )


SILENT: dict[str, str] = {
    "opened": "the window's opening tells everybody",
    "import_sheet": "the department's own work on its sheet",
    "carry_over": "the department's own work on its sheet",
    "confirm_cells": "the department's own work on its sheet",
    "edit_sheet": "the department's own work on its sheet",
    "save_row": "the department's own work on its sheet",
    "save_cell": "the department's own work on its sheet",
    "add_row": "the department's own work on its sheet",
    "remove_row": "the department's own work on its sheet",
    "restore_row": "the department's own work on its sheet",
    "upload_sheet": "a file that its sender still looks at",
    "discard_upload": "a file that its sender gave up",
    "remark": "remarks are told together, by the decision that follows",
    "rewrite_remark": "as it now reads it is told by the decision that follows",
    "remove_remark": "taken back before anybody else was told of it",
    "answer_remark": "answers are told together, by the next submission",
    "draft_review": "a reviewer's own draft",
    "list_project": "the department's own work",
    "evaluate_project": "the department's own work",
    "draft_report": "the department's own draft",
    "report_project": "waits for its confirmation on the department's own page",
    "waive_monitoring": "told by finish_monitoring, which follows at once",
    "record_result": "the department's own work",
    "open_adjustment": "the department's own work until it is submitted",
}
"""Entries of a table's history that nobody is told of, and why not."""
