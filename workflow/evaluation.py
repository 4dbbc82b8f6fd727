"""The self-evaluation of one indicator: met, not met or 不适用, and when a reason is compulsory. Pure.

Source: domain's scoring rules (a running provincial system). A form without weights gets none invented.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal, Protocol

from forms import targets
from forms.amounts import half_width

Verdict = Literal["met", "not_met", "not_applicable"]
LABELS: dict[str, str] = {"met": "完成", "not_met": "未完成", "not_applicable": "不适用"}


def tally(verdicts: Iterable[str]) -> str:
    """How many of each: "完成 20，未完成 3，不适用 1"."""
    found = Counter(verdicts)
    return "，".join(f"{word} {found[verdict]}" for verdict, word in LABELS.items())


FAR_ABOVE = Decimal("1.3")
"""[seen] An actual of 1.3 times the target and more: the target was set too low, and that needs a reason."""


@dataclass(frozen=True)
class Judged:
    """What an actual means against its target."""

    verdict: Verdict
    reason_needed: str | None
    """Why a reason is compulsory, in words; None when it is not."""


def number(actual: str, *, share: bool, unit: str = "") -> Decimal:
    """An actual as entered, in the target's unit, written or not; ValueError says what is wrong with it.

    [seen] A share (completion, coverage, satisfaction) above 100 is an error of entry; a control rate may be.
    """
    text = half_width("".join(actual.split())).replace("％", "%").removesuffix(unit).removesuffix("%").replace(",", "")
    way = f"，请按“{unit}”写数字" if unit else ""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"实际值“{actual}”不是数字{way}") from None
    if not value.is_finite():
        raise ValueError(f"实际值“{actual}”不是数字{way}")
    if share and value > 100:
        raise ValueError(f"这一指标不会超过 100%，实际值“{actual}”请核对")
    return value


def decimal_text(value: Fraction) -> str:
    """A computed actual as text, to ten places: more than any two rates of whole projects lie apart."""
    places = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("1e-10"))
    return f"{places.normalize():f}"


def reason_needed(target: targets.Target, verdict: str, actual: str, *, share: bool) -> str | None:
    """Why a recorded result must carry a reason, in words; None when it need not.

    [choice] 不适用 always says why: it takes an indicator out of the count.
    """
    if verdict == "not_applicable":
        return "写作不适用，要说明原因"
    if target.operator == targets.QUALITATIVE:
        return "没有完成，要写原因" if verdict == "not_met" else None
    needed = judge(target, number(actual, share=share, unit=target.unit)).reason_needed
    return needed or ("没有完成，要写原因" if verdict == "not_met" else None)


class Written(Protocol):
    """What was written about one indicator."""

    @property
    def verdict(self) -> str: ...
    @property
    def actual(self) -> str: ...
    @property
    def reason(self) -> str: ...


def gap(target: targets.Target, written: Written | None, *, share: bool) -> str | None:
    """What the self-evaluation of one indicator still lacks, in words; None when nothing."""
    if written is None:
        return "还没有自评"
    needed = reason_needed(target, written.verdict, written.actual, share=share)
    return needed if needed and not written.reason.strip() else None


def judge(target: targets.Target, actual: Decimal) -> Judged:
    """Whether a quantitative target is met by an actual, and whether the reason is compulsory."""
    goal = Decimal(target.number or "0")
    if not targets.is_met(target, actual):
        as_share = target.unit == "%" and 0 < actual <= 1 < goal
        meant = f"；这里填百分数，若指 {(actual * 100).normalize():f}% 请改" if as_share else ""
        return Judged("not_met", f"没有完成，要写原因{meant}")
    if target.operator in {"≥", ">", "="} and goal > 0 and actual >= FAR_ABOVE * goal:
        return Judged("met", "实际值达到目标的 1.3 倍，要说明目标为什么定低了")
    return Judged("met", None)
