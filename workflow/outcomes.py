"""What is said once something was done to a table: what happened, where it is now, who has it and until when. Pure.

One function for each event that people fire and each record that is told with more than its word; a test holds the
list against the lifecycle.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from workflow.deadlines import WEEKDAYS, short_day
from workflow.review import remark_called
from workflow.states import LABELS, State
from workflow.urging import copied_to

NAMED = 3
"""So many people are named; of more, how many they are."""


@dataclass(frozen=True)
class Done:
    """A table after something was done to it."""

    department: str
    state: State
    """Where it is now."""
    today: date
    until: date | None = None
    """The last day on which whoever has it now is asked to act."""
    told: tuple[str, ...] = ()
    """By name, who is told of it besides who did it and the department's heads."""
    heads: tuple[str, ...] = ()
    """By name, the heads of its department, where anybody is told."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """What the history says of it."""
    next_round: tuple[str, date] | None = None
    """The next monitoring round to open: its name and first day."""
    extended_to: date | None = None
    """The last day that an extension gives."""
    fiscal_year: int | None = None
    """The year that its goals are for."""
    adjustment: int | None = None
    """The number of the adjustment, where the table is one."""

    @property
    def whose(self) -> str:
        """The department, with the number of the adjustment."""
        return f"{self.department}目标调整 {self.adjustment}" if self.adjustment else self.department

    @property
    def now(self) -> str:
        """Where the table is now, in words."""
        return f"现在是“{LABELS[self.state]}”"

    def day(self, on: date) -> str:
        """A date inside a sentence: 12-10（周四）."""
        return f"{short_day(on, self.today)}（周{WEEKDAYS[on.weekday()]}）"

    def by(self, who: str, what: str) -> str:
        """Who is to do what until when; `who` is their role, for when nobody is known by name."""
        until = f"，截至 {self.day(self.until)}" if self.until else ""
        return f"由{names(self.told) or who}{what}{until}"

    def asked(self, what: str) -> str:
        """What the department is asked for until when."""
        return f"请在 {self.day(self.until)} 24:00 前{what}" if self.until else f"请部门{what}"

    def also_told(self) -> str:
        """Who is told of it, as the end of a sentence."""
        return f"；通知发给{names(self.told).rstrip()}" if self.told else ""


def names(people: tuple[str, ...]) -> str:
    """People by name, of many the first and how many they are; empty for nobody."""
    if not people:
        return ""
    first = "、".join(people[:NAMED])
    return f" {first} 等 {len(people)} 人" if len(people) > NAMED else f" {first} "


def _submit(done: Done) -> str:
    return f"已送审：{done.whose}，版次 {done.said['revision']}。{done.now}，{done.by('部门审核人', '内审')}"


def _endorse(done: Done) -> str:
    return f"已内审通过，上报财政：{done.whose}。{done.now}，{done.by('财政审核人', '审核')}"


def _send_back(done: Done) -> str:
    return f"已内审退回：{done.whose}，{done.asked('重新送审')}{done.also_told()}"


def _withdraw(done: Done) -> str:
    until = f"，截至 {done.day(done.until)}" if done.until else ""
    return f"已撤回送审：{done.whose}。{done.now}，改好后可以再送审{until}"


def _recall(done: Done) -> str:
    until = f"，截至 {done.day(done.until)}" if done.until else ""
    return f"已撤回上报：{done.whose}。{done.now}，可以再内审通过，或者退回{until}"


def _amend(done: Done) -> str:
    count = len(done.said["changes"])
    return (
        f"已提出协商修改：{done.whose}，{count} 处，成为版次 {done.said['revision']}。"
        f"{done.by('部门审核人', '接受')}；接受以前不能批复"
    )


def _accept_amendment(done: Done) -> str:
    return f"已接受修改：{done.whose}，版次 {done.said['revision']} 的内容已写进表里。{done.by('财政审核人', '批复')}"


def _decline_amendment(done: Done) -> str:
    return (
        f"已告知不接受修改：{done.whose}，版次 {done.said['revision']} 不算数，理由已送达。{done.now}，"
        f"{done.by('财政审核人', '再协商修改或退回')}"
    )


def _approve(done: Done) -> str:
    what = f"评级“{done.said['grade']}”，版次 {done.said['revision']} 的目标今天 {done.day(done.today)}起生效"
    what += f"，用于 {done.fiscal_year} 年度" if done.fiscal_year else ""
    if done.adjustment:
        return f"已批复：{done.whose}，{what}，原目标不再使用{done.also_told()}"
    opens = f"；监控期“{done.next_round[0]}”{done.day(done.next_round[1])}开始" if done.next_round else ""
    return f"已批复：{done.whose}，{what}{opens}{done.also_told()}"


def _return(done: Done) -> str:
    return f"已退回：{done.whose}（评级“{done.said['grade']}”），{done.asked('重新报送')}{done.also_told()}"


def _begin_monitoring(done: Done) -> str:
    until = f"，本期截至 {done.day(done.until)}" if done.until else ""
    return f"已进入监控：{done.whose}，{done.said['projects']} 个项目{until}{done.also_told()}"


def _report_evaluation(done: Done) -> str:
    return f"已报送自评：{done.whose}，版次 {done.said['revision']}。{done.now}，{done.by('财政审核人', '复核')}"


def _return_evaluation(done: Done) -> str:
    return f"已退回自评：{done.whose}，{done.asked('重新报送自评')}{done.also_told()}"


def _accept_evaluation(done: Done) -> str:
    return f"复核已通过：{done.whose}，{done.now}，这一年到此办完{done.also_told()}"


def _void(done: Done) -> str:
    return f"已作废：{done.whose}，内容和历史都保留，不能再办理{done.also_told()}"


def _named(done: Done) -> str:
    return remark_called(done.said["number"], must=done.said["must"])


def _remark(done: Done) -> str:
    return f"{_named(done)}已写下，随您的决定一并送达部门"


def _rewrite_remark(done: Done) -> str:
    return f"{_named(done)}已改写，随您的决定一并送达部门"


def _remove_remark(done: Done) -> str:
    return f"{_named(done)}已删除，没有送达部门。原文：{done.said['text']}"


def _draft_review(done: Done) -> str:
    missing = done.said["missing"]
    return f"评审表已保存，还缺：{'、'.join(missing)}" if missing else "评审表已保存，各项都已填好"


def _extend(done: Done) -> str:
    until = f"延到 {done.day(done.extended_to)} 24:00" if done.extended_to else "已延长"
    return f"已延期：{done.whose}，{done.said['name']}{until}{done.also_told()}"


def _ask_extension(done: Done) -> str:
    until = f"延到 {done.day(done.extended_to)} 24:00" if done.extended_to else "延期"
    return f"已申请延期：{done.whose}，{done.said['name']}{until}。答复以前截止日期不变{done.also_told()}"


def _refuse_extension(done: Done) -> str:
    return f"已答复不同意延期：{done.whose}，{done.said['name']}的截止日期不变{done.also_told()}"


def _urge(done: Done) -> str:
    count = done.said["count"]
    return f"已催办：{done.whose}，本阶段第 {count} 次{done.also_told()}；{copied_to(count, done.heads)}"


def _waive_monitoring(done: Done) -> str:
    return f"已放行：{done.whose}，监控完成率未达标也转入绩效自评{done.also_told()}"


WORDS: dict[str, Callable[[Done], str]] = {
    "submit": _submit,
    "endorse": _endorse,
    "send_back": _send_back,
    "withdraw": _withdraw,
    "recall": _recall,
    "amend": _amend,
    "accept_amendment": _accept_amendment,
    "decline_amendment": _decline_amendment,
    "approve": _approve,
    "return": _return,
    "begin_monitoring": _begin_monitoring,
    "report_evaluation": _report_evaluation,
    "return_evaluation": _return_evaluation,
    "accept_evaluation": _accept_evaluation,
    "void": _void,
    "remark": _remark,
    "rewrite_remark": _rewrite_remark,
    "remove_remark": _remove_remark,
    "draft_review": _draft_review,
    "ask_extension": _ask_extension,
    "refuse_extension": _refuse_extension,
    "extend": _extend,
    "urge": _urge,
    "waive_monitoring": _waive_monitoring,
}
"""The line of each event and record, without its full stop."""
