"""A target (指标值) as printed, "≧95%", <-> operator, number and unit; and whether an actual value meets it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from forms.amounts import half_width

Operator = Literal["≥", ">", "≤", "<", "=", "定性", ""]
QUALITATIVE: Operator = "定性"

_SIGNS: dict[str, Operator] = {
    ">=": "≥", "=>": "≥", "≥": "≥", "≧": "≥", "⩾": "≥", "≯": "≤",
    "<=": "≤", "=<": "≤", "≤": "≤", "≦": "≤", "⩽": "≤", "≮": "≥",
    ">": ">", "＞": ">", "<": "<", "＜": "<", "=": "=", "＝": "=",
}  # fmt: skip
_MISTYPED: dict[str, Operator] = {"》": ">", "〉": ">", "《": "<", "〈": "<"}
"""Book-title marks typed for signs [seen]: understood, but whether ≥ or > was meant has to be confirmed."""

_LEADING_WORDS: dict[str, Operator] = {
    "大于或等于": "≥", "大于等于": "≥", "不低于": "≥", "不少于": "≥", "不小于": "≥", "至少": "≥", "达到": "≥",
    "小于或等于": "≤", "小于等于": "≤", "不超过": "≤", "不高于": "≤", "不大于": "≤", "不多于": "≤",
    "至多": "≤", "最多": "≤",
    "大于": ">", "高于": ">", "超过": ">", "多于": ">", "小于": "<", "低于": "<", "少于": "<", "等于": "=",
}  # fmt: skip
_TRAILING_WORDS: dict[str, Operator] = {
    "及以上": "≥", "以上": "≥", "及以下": "≤", "以下": "≤", "以内": "≤", "之内": "≤", "内": "≤",
}  # fmt: skip

_NUMBER = re.compile(r"(-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)(.*)", re.DOTALL)
_UNIT = re.compile(
    r"[%‰]|℃|(?:[a-zA-Z]{1,4}[²³]?|[^\W\d_a-zA-Z]{1,8})(?:[/·](?:[a-zA-Z]{1,4}[²³]?|[^\W\d_a-zA-Z]{1,6}))?"
)
_NO_UNIT = re.compile(r"[年月日](底|末|初|中|内)?(以?前|之前|完成)?|.*(完成|达标|前|左右)")
"""What follows a number but makes it a date or a sentence: the whole is then a target in words."""


class TargetError(ValueError):
    """An empty target, or a question that a target in words cannot answer; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Target:
    """A target taken apart. `doubt` says, in Chinese, why a person should confirm it; empty for the plain form."""

    operator: Operator
    number: str
    """The number without separators, decimals as printed; the words themselves where the operator is 定性."""
    unit: str
    doubt: str = ""

    def __str__(self) -> str:
        sign = "" if self.operator in ("=", QUALITATIVE, "") else self.operator
        return f"{sign}{self.number}{self.unit}"


def parse(raw: str) -> Target:
    """The target that `raw` says. Words that are no number stay words (定性); only an empty text is a TargetError."""
    words = "".join(raw.split())
    if not words:
        raise TargetError("指标值为空，请填写目标，例如 ≥95%")
    rest = half_width(words).replace("％", "%")
    operator: Operator = "="
    doubt = ""
    for signs in (_SIGNS, _MISTYPED, _LEADING_WORDS):
        sign = next((sign for sign in sorted(signs, key=len, reverse=True) if rest.startswith(sign)), "")
        if sign:
            operator, rest = signs[sign], rest[len(sign) :]
            if signs is not _SIGNS:
                doubt = f"“{words}”不是规范写法，已按“{operator}”理解，请确认"
            break
    else:
        tail = next((tail for tail in _TRAILING_WORDS if rest.endswith(tail)), "")
        if tail:
            operator, rest = _TRAILING_WORDS[tail], rest[: -len(tail)]
            doubt = f"“{words}”不是规范写法，已按“{operator}”理解，请确认"
    found = _NUMBER.fullmatch(rest)
    if found is None or not _is_unit(found[1], found[2]):
        return Target(
            QUALITATIVE, words, "", "" if not doubt and operator == "=" else f"“{words}”中没有认出数值，请确认"
        )
    if not found[2]:
        doubt = doubt or f"“{words}”没有单位，请补充（例如 % 或 次）"
    return Target(operator, found[1].replace(",", ""), found[2], doubt)


QUANTITATIVE = frozenset({"定量", "定量指标", "数值", "数值型", "定量型"})
"""What a column for signs says of a target with a number when it gives no sign."""


def operator_of(sign: str) -> Operator:
    """The operator that a column of its own prints, as a sign or in words; "" for what is none."""
    text = half_width("".join(sign.split())).strip("（）()")
    for signs in (_SIGNS, _LEADING_WORDS):
        if text in signs:
            return signs[text]
    return QUALITATIVE if text in ("定性", "定性指标", "定性型", "文字", "文字型") else ""


def in_columns(raw: str, sign: str, unit: str) -> Target:
    """The target that a value says together with its sign and unit in columns of their own; "" for what is left empty.

    TargetError where the value says another sign or unit than its column, or where it is no number to compare with.
    """
    alone, operator, unit = parse(raw), operator_of(sign), plain_unit(unit)
    if sign and not operator and "".join(sign.split()) not in QUANTITATIVE:
        raise TargetError(f"“{sign}”不是比较符号，请填写 ≥、>、≤、<、= 或 定性")
    if operator == QUALITATIVE:
        return Target(QUALITATIVE, "".join(raw.split()), unit)
    if alone.operator == QUALITATIVE:
        if operator:
            raise TargetError(f"指标值“{raw}”不是数值，不能和“{operator}”一起用；请填写数值，或者把符号改为“定性”")
        return Target(QUALITATIVE, alone.number, unit)
    if operator not in ("", "=") and alone.operator not in ("=", operator):
        raise TargetError(f"指标值里写的是“{alone.operator}”，符号一栏是“{operator}”，请只写一处")
    if unit and alone.unit and not same_unit(unit, alone.unit):
        raise TargetError(f"指标值里写的单位是“{alone.unit}”，单位一栏是“{unit}”，请只写一处")
    return Target(alone.operator if alone.operator != "=" else operator or "=", alone.number, unit or alone.unit)


def in_one(raw: str, operator: str, number: str, unit: str) -> str:
    """A target in one piece: as printed where one cell says it all, else with the sign and unit of their columns."""
    if not raw or operator in (QUALITATIVE, ""):
        return raw
    alone = parse(raw)
    if alone.operator not in ("=", operator) or (alone.unit and not same_unit(alone.unit, unit)):
        return f"{'' if operator == '=' else operator}{number}{unit}"
    sign = operator if alone.operator == "=" and operator != "=" else ""
    return f"{sign}{raw}{'' if alone.unit else unit}"


def plain_unit(text: str) -> str:
    """A unit as it is compared and kept: without white space, ％ in its narrow form; "" where nobody filled it in."""
    unit = "".join(text.split()).replace("％", "%")
    return "" if unit in ("无", "-", "—", "/", "－", "——") else unit


def same_unit(one: str, other: str) -> bool:
    """Whether two units mean the same: %, 百分比 and 百分之 do."""
    names = {"百分比": "%", "百分之": "%", "百分数": "%"}
    first, second = (names.get(plain_unit(unit), plain_unit(unit)) for unit in (one, other))
    return first == second


def is_met(target: Target, actual: Decimal | Fraction | int) -> bool:
    """Whether the actual value meets the target, literally and unrounded: 89.96 does not pass ≥90, and 90 not >90.

    "=" is met from the target upwards [seen: a running provincial system]. A target in words is judged by people:
    TargetError.
    """
    if target.operator in (QUALITATIVE, ""):
        raise TargetError(f"“{target.number}”是定性目标，由人工评定是否完成")
    wanted, reached = Fraction(target.number), Fraction(actual)
    match target.operator:
        case ">":
            return reached > wanted
        case "≤":
            return reached <= wanted
        case "<":
            return reached < wanted
        case _:
            return reached >= wanted


def _is_unit(number: str, unit: str) -> bool:
    if not unit:
        return True
    if _NO_UNIT.fullmatch(unit) and not (unit in ("年", "月", "日") and len(number) <= 2):
        return False
    return _UNIT.fullmatch(unit) is not None
