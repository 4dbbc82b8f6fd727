"""万元 as people write it <-> whole 分 as it is stored: 1 万元 = 1,000,000 分, never a float in between."""

import re
from decimal import Decimal

CENTS_PER_UNIT = 1_000_000
MAX_CENTS = 9_000_000_000_000_000
"""Nine quadrillion 分: within BIGINT, and far above any region's whole budget. [choice]"""

_HALF_WIDTH = str.maketrans("０１２３４５６７８９．，－﹣−", "0123456789.,---")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


class AmountError(ValueError):
    """A text that is no amount; its message is one Chinese sentence that says what to write instead."""


def half_width(text: str) -> str:
    """The digits, the point, the comma and the minus in their ASCII form; nothing else changes (① stays ①)."""
    return text.translate(_HALF_WIDTH)


def amount(text: str, *, negative: bool = False, yuan: bool = False) -> Decimal:
    """The amount in 万元 with the decimals as printed; full-width digits and thousand separators are understood.

    With `yuan` the text is in 元, ten thousand to one 万元.

    Refused with AmountError: words, `NaN`, exponents, wrongly grouped thousands (`1,23.5`: a lost digit cannot be told
    from a misplaced comma), parts of a 分, and below zero unless `negative`.
    """
    shown = text.strip()[:40]
    plain = half_width(text.strip())
    if not plain:
        raise AmountError("金额为空，请填写数字，例如 1234.5")
    if "," in plain and _PLAIN.fullmatch(plain.replace(",", "")) and not _GROUPED.fullmatch(plain):
        raise AmountError(f"金额“{shown}”的千分位逗号位置不对，请核对后重填，例如 1,234.5 或 1234.5")
    if not _PLAIN.fullmatch(plain) and not _GROUPED.fullmatch(plain):
        raise AmountError(f"金额“{shown}”不是数字，请只填写数字，例如 1234.5")
    value = Decimal(plain.replace(",", ""))
    if yuan:
        value = Decimal(f"{value.scaleb(-4):f}")
    if value < 0 and not negative:
        raise AmountError(f"金额“{shown}”小于 0，请填写 0 或正数")
    to_cents(value)
    return value


def to_cents(value: Decimal) -> int:
    """万元 to whole 分; AmountError where a part of a 分 would be lost or the range is left."""
    if not value.is_finite():
        raise AmountError("金额不是数字，请只填写数字，例如 1234.5")
    if abs(value) > MAX_CENTS // CENTS_PER_UNIT:
        raise AmountError("金额超出可以保存的范围（最多 90 亿万元），请核对单位是否为万元")
    cents = value * CENTS_PER_UNIT
    if cents != int(cents):
        raise AmountError(f"金额“{value}”万元精确到了不足 1 分，请最多保留 6 位小数")
    return int(cents)


def parse(text: str, *, negative: bool = False) -> int:
    """The whole 分 of a text in 万元; AmountError as in `amount`."""
    return to_cents(amount(text, negative=negative))


def from_cents(cents: int, decimals: int = 1) -> Decimal:
    """万元 with `decimals` places, or as many more as the value needs: no 分 is ever rounded away."""
    value = Decimal(cents).scaleb(-6)
    needed = max(0, -int(value.normalize().as_tuple().exponent)) if cents else 0
    return value.quantize(Decimal(1).scaleb(-max(decimals, needed)))


def text_of(cents: int, decimals: int = 1, *, grouped: bool = False) -> str:
    """An amount of whole 分 as printed in 万元, with thousand separators if `grouped`."""
    return f"{from_cents(cents, decimals):{',f' if grouped else 'f'}}"


def decimals_of(value: Decimal) -> int:
    """How many decimals the amount was printed with."""
    return max(0, -int(value.as_tuple().exponent))
