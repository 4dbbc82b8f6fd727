"""The completion rate of monitoring (绩效监控完成率) and when monitoring ends. Pure.

[choice] The framework says which denominator counts (`all`: all projects, as the Henan form's formula; `must_monitor`:
those that must be monitored, as its prose); the other one is shown beside it. 0 ÷ 0 is 不适用, never 0 % nor 100 %.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from forms import targets
from workflow import evaluation

Denominator = Literal["all", "must_monitor"]


@dataclass(frozen=True)
class Listed:
    """A project on a round's frozen list."""

    project_id: int
    must_monitor: bool


@dataclass(frozen=True)
class Rate:
    """Monitored ÷ listed projects, with the other denominator's figures beside it."""

    monitored: int
    projects: int
    other_monitored: int
    other_projects: int
    target: targets.Target | None

    @property
    def value(self) -> Fraction | None:
        """The rate in percent, unrounded; None where there is nothing to divide by."""
        return Fraction(self.monitored * 100, self.projects) if self.projects else None

    @property
    def other_value(self) -> Fraction | None:
        """The other denominator's rate in percent, unrounded: beside this one, and never what decides."""
        return Fraction(self.other_monitored * 100, self.other_projects) if self.other_projects else None

    @property
    def met(self) -> bool | None:
        """Whether the committed target is met; None (不适用) without a target or without projects."""
        if self.target is None or self.value is None:
            return None
        return targets.is_met(self.target, self.value)

    @property
    def missing(self) -> int | None:
        """How many more projects reach the target: 0 when met, None when 不适用 or out of reach."""
        if self.met is None or self.target is None:
            return None
        for more in range(self.projects - self.monitored + 1):
            if targets.is_met(self.target, Fraction((self.monitored + more) * 100, self.projects)):
                return more
        return None

    def percent(self) -> str:
        """The rate as printed, one decimal; 不适用 without a denominator. Never used to compare."""
        if self.value is None:
            return "不适用"
        tenths = int(self.value * 10 + Fraction(1, 2))
        return f"{Decimal(tenths) / 10:.1f}%"

    def sentence(self) -> str:
        """As people are told it: "3/12 = 25.0%，目标≥30%，再完成1个项目即达标"."""
        if self.value is None:
            return "没有列入本期的项目，完成率不适用"
        said = f"{self.monitored}/{self.projects} = {self.percent()}"
        if self.target is None:
            return f"{said}，本表没有这项目标"
        said += f"，目标{self.target}"
        if self.met:
            return f"{said}，已达标"
        return f"{said}，再完成{self.missing}个项目即达标" if self.missing else f"{said}，全部完成也达不到"


def year_rate(
    listed: Iterable[Listed],
    confirmed: Collection[int],
    denominator: Denominator,
    target: targets.Target | None,
) -> Rate:
    """The year's rate: of the last opened round's list, those with a confirmed report in any round of the year."""
    every = list(listed)
    must = [project for project in every if project.must_monitor]
    counts, other = (every, must) if denominator == "all" else (must, every)
    return Rate(
        monitored=sum(project.project_id in confirmed for project in counts),
        projects=len(counts),
        other_monitored=sum(project.project_id in confirmed for project in other),
        other_projects=len(other),
        target=target,
    )


@dataclass(frozen=True)
class SoFar:
    """How far a table's reports are, in the round looked at and in the whole year."""

    round: str
    reported: int
    confirmed: int
    """In the round."""
    monitored: int
    """With a confirmed report in any round of the year."""
    projects: int
    """Of how many: those the rate divides by."""

    def sentence(self) -> str:
        """The same words wherever it is told, each figure with the time it is of."""
        return (
            f"本期（{self.round}）已报 {self.reported} 个，已确认 {self.confirmed} 个；"
            f"全年已监控 {self.monitored} 个，共 {self.projects} 个项目"
        )


def belongs_to_list(listed_at: datetime, round_opens_at: datetime, entered_monitoring_at: datetime) -> bool:
    """Whether a project is on a round's list: known when the round opened, or when the table entered, if later."""
    return listed_at <= max(round_opens_at, entered_monitoring_at)


class Light(StrEnum):
    """双监控: how progress stands against what was expected by now."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    NOT_APPLICABLE = "none"


LIGHT_LABELS = {
    Light.RED: "红灯",
    Light.YELLOW: "黄灯",
    Light.GREEN: "绿灯",
    Light.BLUE: "蓝灯",
    Light.NOT_APPLICABLE: "不适用",
}
YELLOW_FROM, GREEN_FROM, BLUE_FROM = 60, 80, 120
"""[seen] Percent of what was expected: below 60 red, below 80 yellow, below 120 green, from there on blue."""


def progress(reached: Fraction | None, expected: Fraction | None) -> Fraction | None:
    """What was reached in percent of what was expected by now, unrounded; None where there is nothing to divide by."""
    return None if reached is None or not expected else reached * 100 / expected


_RATIO = re.compile(r"率|度$|比例|占比|比重")
_GROWS = re.compile(r"(完成|执行|实施|支付|支出|开工|竣工|到位|拨付|达成)(比)?率|进度")


def is_level(name: str, target: str) -> bool:
    """Whether an indicator of a project is measured against its target itself, and not by the months gone. [choice] A
    report marks neither; a percentage or what is called a ratio is a level, unless its name says that it grows with the
    year (完成率, 执行率, 进度), as the framework marks those of its own."""
    if _GROWS.search(name):
        return False
    return bool(re.search(r"[%％‰]", target) or _RATIO.search(name))


def light(reached: Fraction | None, expected: Fraction | None, *, lower_is_better: bool = False) -> Light:
    """The light of something of which `expected` was to be reached by now; lower is better: green within, else red."""
    share = progress(reached, expected)
    if share is None:
        return Light.NOT_APPLICABLE
    if lower_is_better:
        return Light.GREEN if share <= 100 else Light.RED
    if share < YELLOW_FROM:
        return Light.RED
    if share < GREEN_FROM:
        return Light.YELLOW
    return Light.GREEN if share < BLUE_FROM else Light.BLUE


@dataclass(frozen=True)
class Measured:
    """A light with the percentage behind it."""

    light: Light
    percent: Fraction | None


def goal_progress(indicators: Iterable[Mapping[str, str]], gone: Fraction | None) -> Measured:
    """How far a project's goals got, by the indicator that lags most. [choice] The expected value stands in where a
    report names no target."""
    worst: tuple[Fraction, Light] | None = None
    for row in indicators:
        reached, goal = number_of(row.get("actual", "")), row.get("target") or row.get("expected", "")
        wanted, lower = number_of(goal), _lower_is_better(goal)
        if reached is None or wanted is None or gone is None:
            continue
        expected = wanted if lower or is_level(row.get("name", ""), goal) else wanted * gone
        share = progress(reached, expected)
        if share is None:
            continue
        lag = -share if lower else share
        if worst is None or lag < worst[0]:
            worst = (lag, light(reached, expected, lower_is_better=lower))
    return Measured(Light.NOT_APPLICABLE, None) if worst is None else Measured(worst[1], abs(worst[0]))


def number_of(text: str) -> Fraction | None:
    """The number in "≥95%", "620 场" or "88.5"; None where there is none."""
    try:
        target = targets.parse(text)
    except targets.TargetError:
        return None
    if target.operator in {targets.QUALITATIVE, ""}:
        return None
    return Fraction(evaluation.number(target.number, share=False))


def _lower_is_better(text: str) -> bool:
    try:
        return targets.parse(text).operator in {"≤", "<"}
    except targets.TargetError:
        return False
