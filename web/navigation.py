"""The top bar: which pages stand in it for whom. A new page adds its line here."""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from accounts.roles import LENT, OF_THE_DEPARTMENT, Role

EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Stop:
    """One word of the bar."""

    endpoint: str
    label: LazyString
    roles: frozenset[Role]


BUREAU = frozenset({Role.OFFICER, Role.MANAGER})
MANAGERS = frozenset({Role.MANAGER})
OF_TABLES = OF_THE_DEPARTMENT | BUREAU

BAR: tuple[Stop, ...] = (
    Stop("desk.mine", _("工作台"), EVERYBODY),
    Stop("tables.all_tables", _("绩效目标表"), OF_THE_DEPARTMENT | {Role.AUDITOR}),
    Stop("worklist.show", _("审核清单"), BUREAU),
    Stop("monitoring.tables", _("运行监控"), OF_TABLES),
    Stop("evaluation.tables", _("绩效自评"), OF_THE_DEPARTMENT),
    Stop("evaluation.tables", _("自评复核"), frozenset({Role.OFFICER})),
    Stop("statistics.show", _("统计"), BUREAU),
    Stop("cycle.show", _("年度与窗口"), MANAGERS),
    Stop("reminders.show", _("提醒"), MANAGERS),
    Stop("messages.inbox", _("消息"), OF_TABLES | {Role.AUDITOR}),
    Stop("people.index", _("人员"), frozenset({Role.ADMINISTRATOR})),
    Stop("departments.index", _("部门"), frozenset({Role.ADMINISTRATOR})),
    Stop("people.appointments", _("任职"), frozenset({Role.ADMINISTRATOR})),
    Stop("auditing.index", _("审计记录"), frozenset({Role.AUDITOR})),
    Stop("sealed_ledger.show", _("台账"), frozenset({Role.AUDITOR})),
    Stop("sign_ins.index", _("登录记录"), frozenset({Role.ADMINISTRATOR})),
)


def has_stand_ins(roles: frozenset[Role]) -> bool:
    """Whether somebody with these roles finds 代理 in the bar: whose work can be lent."""
    return bool(roles & LENT)


def stops_for(roles: frozenset[Role]) -> list[Stop]:
    """The bar of somebody with these roles; who has none still has the desk, which says so."""
    return [stop for stop in BAR if stop.roles & roles or stop.roles == EVERYBODY]


SECTIONS: dict[str, tuple[str, ...]] = {
    "review.evaluation": ("evaluation.tables",),
    "holidays": ("cycle.show",),
    "cycle.ask_urge": ("worklist.show", "tables.all_tables"),
    "cycle.urge": ("worklist.show", "tables.all_tables"),
    **dict.fromkeys(
        (
            "table",
            "events",
            "review",
            "deciding",
            "amendment",
            "asking",
            "declining",
            "fill",
            "importing",
            "answers",
            "adjusting",
        ),
        ("worklist.show", "tables.all_tables"),
    ),
}
"""Pages that belong to a stop of another part, by endpoint or by the part before the dot; of several stops the first
that somebody has. A page of the same part as a stop belongs to it without a line here."""


def stop_of(endpoint: str | None, stops: list[Stop]) -> str | None:
    """The endpoint of the stop that a page belongs to, of those somebody has; None where it belongs to none."""
    if endpoint is None:
        return None
    has, part = [stop.endpoint for stop in stops], endpoint.partition(".")[0]
    if endpoint in has:
        return endpoint
    wanted = SECTIONS.get(endpoint) or SECTIONS.get(part) or [each for each in has if each.startswith(f"{part}.")]
    return next((each for each in wanted if each in has), None)
