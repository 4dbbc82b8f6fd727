"""A number in a workbook and its format code -> what Excel and WPS show (ECMA-376, part 1, 18.8.30 and 18.8.31).

What a format shows is what its writer saw and meant. Where a code asks for something that is not done here (fractions,
numerals in Chinese characters), the plain number is given and `sure` is False.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from math import isfinite
from typing import Literal, NamedTuple

GENERAL = "General"

BUILT_IN: dict[int, str] = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"¥"#,##0;"¥"\\-#,##0',
    6: '"¥"#,##0;"¥"\\-#,##0',
    7: '"¥"#,##0.00;"¥"\\-#,##0.00',
    8: '"¥"#,##0.00;"¥"\\-#,##0.00',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy-mm-dd",  # the machine's short date; written so that it reads alike everywhere
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    27: 'yyyy"年"m"月"',
    28: 'm"月"d"日"',
    29: 'm"月"d"日"',
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    34: '上午/下午h"时"mm"分"',
    35: '上午/下午h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    41: '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ ',
    42: '_ "¥"* #,##0_ ;_ "¥"* \\-#,##0_ ;_ "¥"* "-"_ ;_ @_ ',
    43: '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    44: '_ "¥"* #,##0.00_ ;_ "¥"* \\-#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: 'm"月"d"日"',
    55: '上午/下午h"时"mm"分"',
    56: '上午/下午h"时"mm"分"ss"秒"',
    57: 'yyyy"年"m"月"',
    58: 'm"月"d"日"',
}
"""Format numbers that a file need not explain, as a Chinese Excel shows them (18.8.30, zh-cn)."""

_LONGEST_CODE = 500
"""Characters; Excel takes 255."""

_LONG_DATE = 'yyyy"年"m"月"d"日"'


class Seen(NamedTuple):
    """What is shown. Not `sure`: the code asks for more than is done here. `veiled`: a format that shows nothing."""

    text: str
    sure: bool = True
    veiled: bool = False


Kind = Literal["literal", "digit", "point", "comma", "percent", "power", "slash", "text", "general", "date", "odd"]


class _Token(NamedTuple):
    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class _Section:
    """What one part of a code, between semicolons, writes."""

    tokens: tuple[_Token, ...]
    condition: tuple[str, Decimal] | None = None
    chinese: bool = False
    kinds: frozenset[Kind] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", frozenset(token.kind for token in self.tokens))

    def has(self, *kinds: Kind) -> bool:
        return not self.kinds.isdisjoint(kinds)


_PIECE = re.compile(
    r"""
      "(?P<quoted>[^"]*)"?
    | [\\!](?P<escaped>.)
    | (?P<room>[_*].)
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General | G/通用格式)
    | (?P<half>AM/PM | A/P | 上午/下午)
    | (?P<power>E[+-])
    | (?P<date>y+ | m+ | d+ | h+ | s+ | aaaa? | e+)
    | (?P<mark>[0\#?.,%/@;])
    | (?P<other>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_MARKS: dict[str, Kind] = {"0": "digit", "#": "digit", "?": "digit", ".": "point", ",": "comma", "%": "percent"}
_MARKS |= {"/": "slash", "@": "text"}
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)


@lru_cache(1024)
def _sections(code: str) -> tuple[_Section, ...]:
    sections: list[_Section] = []
    tokens: list[_Token] = []
    condition: tuple[str, Decimal] | None = None
    chinese = False

    def close() -> None:
        nonlocal tokens, condition, chinese
        sections.append(_Section(tuple(_dated(tokens)), condition, chinese))
        tokens, condition, chinese = [], None, False

    for match in _PIECE.finditer(code[:_LONGEST_CODE]):
        group, value = match.lastgroup, match[0]
        if value == ";":
            close()
        elif group in ("quoted", "escaped"):
            tokens.append(_Token("literal", match[group]))
        elif group == "bracket":
            inside = match["bracket"]
            given = _CONDITION.fullmatch(inside)
            if given:
                condition = (given[1], Decimal(given[2]))
            elif _ELAPSED.fullmatch(inside):
                tokens.append(_Token("date", f"[{inside[0].lower()}]"))
            elif inside.startswith("$"):
                money, _, place = inside[1:].partition("-")
                tokens.append(_Token("literal", money))
                chinese = chinese or place.upper().endswith(("804", "ZH-CN"))
                if place.upper().startswith("F800"):
                    return _sections(_LONG_DATE)
                if place.upper().startswith("F400"):
                    return _sections("h:mm:ss")
            elif inside.upper().startswith("DBNUM"):
                tokens.append(_Token("odd", value))
            # What is left are colours.
        elif group == "general":
            tokens.append(_Token("general", ""))
        elif group in ("half", "date"):
            tokens.append(_Token("date", value if group == "half" else value.lower()))
        elif group == "power":
            tokens.append(_Token("power", value[1]))
        elif group == "mark":
            tokens.append(_Token(_MARKS[value], value))
        elif group == "other":
            tokens.append(_Token("literal", value))
    close()
    if len(code) > _LONGEST_CODE:
        return (_Section((_Token("odd", ""),)),)
    return tuple(sections)


def _dated(tokens: list[_Token]) -> list[_Token]:
    """In a date marks are themselves, `.00` parts of a second, and an m after hours or before seconds is minutes."""
    if not any(token.kind == "date" for token in tokens):
        return tokens
    result: list[_Token] = []
    for at, token in enumerate(tokens):
        last = result[-1] if result else _Token("literal", "")
        if token.kind == "digit" and last.value.startswith("."):
            result[-1] = _Token("date", last.value + "0")
        elif token.kind in ("slash", "comma", "point", "percent", "digit", "power"):
            result.append(_Token("literal", token.value))
        elif token.value in ("m", "mm") and token.kind == "date":
            before = next((unit for unit in map(_unit, reversed(tokens[:at])) if unit), "")
            after = next((unit for unit in map(_unit, tokens[at + 1 :]) if unit), "")
            minutes = before == "h" or after == "s"
            result.append(_Token("date", token.value.replace("m", "M") if minutes else token.value))
        else:
            result.append(token)
    return result


def _unit(token: _Token) -> str:
    letter = token.value.strip("[")[:1] if token.kind == "date" else ""
    return letter if letter in tuple("ymdhs") else ""


_GREAT = 10**15
"""Beyond it the usual 28 digits do not hold all decimals."""

_COMMON = re.compile(r"(#,##)?0(?:\.(0{1,9}))?(%)?")


class _Common(NamedTuple):
    """One of the codes that nearly all numbers have, done without taking it apart: `0`, `0.00`, `#,##0.00`, `0.0%`."""

    pattern: str
    unit: Decimal
    """Of the last place."""
    percent: bool


@lru_cache(1024)
def _common(code: str) -> _Common | None:
    match = _COMMON.fullmatch(code)
    if match is None:
        return None
    decimals = len(match[2] or "")
    return _Common(f"{',' if match[1] else ''}.{decimals}f", Decimal(1).scaleb(-decimals), match[3] is not None)


def seen(value: str, code: str, *, since_1904: bool = False) -> Seen:
    """A stored number as its format shows it. `since_1904`: the workbook counts days from 1904, else from 1900."""
    number = stored(value)
    if number is None:
        return Seen(value, sure=False)
    if code == GENERAL:
        return Seen(general(number))
    common = _common(code)
    if common is not None and abs(number) < _GREAT:
        if common.percent:
            number = number.scaleb(2)
        text = format(number.quantize(common.unit, ROUND_HALF_UP), common.pattern)
        return Seen(f"{text}%" if common.percent else text)
    try:
        with localcontext() as context:
            context.prec = 1000
            context.rounding = ROUND_HALF_UP
            return _seen(number, code, since_1904)
    except (InvalidOperation, OverflowError):
        return Seen(general(number), sure=False)


@lru_cache(1024)
def shows_text_plainly(code: str) -> bool:
    """Whether every text is shown as it is stored."""
    return code in (GENERAL, "@") or seen_text("\0", code) == Seen("\0")


def seen_text(text: str, code: str) -> Seen:
    """A stored text as its format shows it: nearly always itself."""
    sections = _sections(code)
    section = sections[3] if len(sections) > 3 else sections[-1]
    if section.has("text"):
        return Seen("".join(text if token.kind == "text" else token.value for token in section.tokens))
    if len(sections) > 3:
        shown = "".join(token.value for token in section.tokens if token.kind == "literal")
        return Seen(shown) if shown else Seen(text, veiled=True)
    return Seen(text)


def stored(value: str) -> Decimal | None:
    """The number as Excel keeps it, in 15 digits: what is beyond them is noise of the calculation."""
    try:
        number = float(value)
    except ValueError:
        return None
    return Decimal(f"{number or 0.0:.15g}") if isfinite(number) else None  # -0 is 0


def general(number: Decimal) -> str:
    """A number without a format. Excel shows as much as fits, eleven characters at most; whole numbers are kept whole.

    Up to 13 digits are taken as entered. More come from a calculation: if they are near a short number, it is meant.
    """
    text = str(number)
    if len(text) <= 13 and "." in text and "E" not in text:
        return text  # 15 digits leave no zeros at the end
    digits = number.normalize()
    if len(digits.as_tuple().digits) > 13 and number != number.to_integral_value():
        whole = max(digits.adjusted() + 1, 1)
        near = _rounded(digits, 12 - digits.adjusted() - 1).normalize()
        short = len(near.as_tuple().digits) <= 10
        digits = near if short else _rounded(digits, max(0, 10 - whole) if digits.adjusted() >= -5 else 15).normalize()
    text = f"{digits:f}"
    return "0" if digits == 0 else text


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _seen(number: Decimal, code: str, since_1904: bool) -> Seen:
    sections = _sections(code)
    section, bare = _chosen(number, sections)
    if section is None:
        return Seen(general(number), sure=False)
    if not section.tokens:
        # `0;-0;;@` leaves a zero out; anything else that shows nothing is kept from sight on purpose.
        return Seen("") if number == 0 else Seen(general(number), veiled=True)
    if section.has("odd"):
        return Seen(general(number), sure=False)
    if section.has("date"):
        shown = _date(number, section, since_1904)
        return Seen(general(number), sure=False) if shown is None else Seen(shown)
    magnitude = abs(number)
    sign = "-" if number < 0 and not bare else ""
    if section.has("general", "text"):
        plain = general(magnitude)
        return Seen(sign + "".join(plain if t.kind in ("general", "text") else t.value for t in section.tokens).strip())
    if not section.has("digit"):
        return Seen(sign + "".join(token.value for token in section.tokens))
    if section.has("slash"):
        return Seen(general(number), sure=False)  # a fraction
    digits = _scientific(magnitude, section) if section.has("power") else _decimal(magnitude, section)
    return Seen((sign + digits).strip())


def _chosen(number: Decimal, sections: tuple[_Section, ...]) -> tuple[_Section | None, bool]:
    """The section for a number, and whether it is written there without its sign."""
    sections = sections[:3] if len(sections) > 1 else sections
    conditional = any(section.condition for section in sections)
    if not conditional:
        if len(sections) == 1:
            return sections[0], False
        if number < 0:
            return sections[1], True
        return (sections[2] if number == 0 and len(sections) > 2 else sections[0]), False
    usual = [(">=" if len(sections) == 2 else ">", Decimal(0)), ("<", Decimal(0))]
    for at, section in enumerate(sections):
        last = at == len(sections) - 1
        condition = section.condition or (None if last else usual[at])
        if condition is None or _holds(number, *condition):
            return section, condition is not None and condition[0] in ("<", "<=") and condition[1] <= 0
    return None, False


def _holds(number: Decimal, sign: str, bound: Decimal) -> bool:
    return {
        "<": number < bound,
        "<=": number <= bound,
        ">": number > bound,
        ">=": number >= bound,
        "=": number == bound,
        "<>": number != bound,
    }[sign]


def _decimal(magnitude: Decimal, section: _Section) -> str:
    tokens = section.tokens
    point = next((at for at, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    last = max((at for at, token in enumerate(tokens[:point]) if token.kind == "digit"), default=-1)
    grouped = any(token.kind == "comma" for token in tokens[:last]) if last >= 0 else False
    # Each comma right after the last digit takes a thousand away: `0\\.0,` shows 元 as 千元 with its point moved.
    thousands = 0
    while tokens[last + 1 + thousands :] and tokens[last + 1 + thousands].kind == "comma":
        thousands += 1
    percents = sum(token.kind == "percent" for token in tokens)
    decimals = sum(token.kind == "digit" for token in tokens[point:])
    scaled = _rounded(magnitude.scaleb(2 * percents - 3 * thousands), decimals)
    whole, _, part = f"{scaled:f}".partition(".")
    before = _whole(whole.lstrip("0"), tokens[:point], grouped)
    after = _part(part, tokens[point + 1 :])
    shown = any(char.isdigit() for char in after[: len(part)]) and point < len(tokens)
    return before + ("." if shown else "") + after


def _whole(digits: str, tokens: tuple[_Token, ...], grouped: bool) -> str:
    """The digits before the point, from the right; the first place takes all that are left."""
    first = next((at for at, token in enumerate(tokens) if token.kind == "digit"), -1)
    written: list[str] = []
    count = 0

    def put(digit: str) -> None:
        nonlocal count
        if grouped and count and count % 3 == 0:
            written.append(",")
        written.append(digit)
        count += 1

    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if token.kind == "digit":
            for _ in range(len(digits) if at == first else 1):
                if digits:
                    put(digits[-1])
                    digits = digits[:-1]
            if not digits and token.value == "0" and count < sum(t.kind == "digit" for t in tokens[at:]):
                put("0")
        elif token.kind in ("literal", "percent"):
            written.append(token.value[::-1])
    return "".join(written)[::-1]


def _part(digits: str, tokens: tuple[_Token, ...]) -> str:
    """The digits after the point; places marked `#` or `?` leave trailing zeros out, and then the point itself."""
    kept = len(digits)
    marks = [token.value for token in tokens if token.kind == "digit"]
    while kept and digits[kept - 1] == "0" and marks[kept - 1] != "0":
        kept -= 1
    written = []
    at = 0
    for token in tokens:
        if token.kind == "digit":
            written.append(digits[at] if at < kept else "")
            at += 1
        elif token.kind in ("literal", "percent"):
            written.append(token.value)
    return "".join(written)


def _scientific(magnitude: Decimal, section: _Section) -> str:
    tokens = section.tokens
    at = next(at for at, token in enumerate(tokens) if token.kind == "power")
    mantissa = _Section(tokens[:at])
    step = max(1, sum(t.kind == "digit" for t in tokens[: _point_of(tokens[:at])]))
    exponent = magnitude.adjusted() // step * step if magnitude else 0
    decimals = sum(t.kind == "digit" for t in tokens[_point_of(tokens[:at]) : at])
    if magnitude and _rounded(magnitude.scaleb(-exponent), decimals) >= Decimal(10) ** step:
        exponent += step
    width = sum(token.kind == "digit" for token in tokens[at:])
    sign = "-" if exponent < 0 else "+" if tokens[at].value == "+" else ""
    rest = "".join(token.value for token in tokens[at + 1 :] if token.kind in ("literal", "percent"))
    return f"{_decimal(magnitude.scaleb(-exponent), mantissa)}E{sign}{abs(exponent):0{width}d}{rest}"


def _point_of(tokens: tuple[_Token, ...]) -> int:
    return next((at for at, token in enumerate(tokens) if token.kind == "point"), len(tokens))


_LAST_DAY = 2_958_466
"""The day after 9999-12-31."""

_WEEKDAYS = "一二三四五六日"
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _date(number: Decimal, section: _Section, since_1904: bool) -> str | None:
    """None for what is no date: a negative number, and days beyond the calendar."""
    if not 0 <= number < _LAST_DAY - (1462 if since_1904 else 0):
        return None
    exact = any(token.value.startswith(".0") for token in section.tokens)
    milliseconds = int(_rounded(number * 86_400_000, 0))
    if not exact:
        milliseconds = (milliseconds + 500) // 1000 * 1000
    since = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook's days have no zone
    if not since_1904 and number < 61:
        # Day 60 of the 1900 calendar is a 29 February that never was; before it all days are one later.
        if number >= 60 or (
            number < 1 and any(token.value[:1] in ("y", "e", "d", "m", "a") for token in _dates(section))
        ):
            return None
        since += timedelta(days=1)
    try:
        moment = since + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    half = any(token.value[:1] in ("A", "a", "上") and "/" in token.value for token in _dates(section))
    return "".join(
        _unit_shown(token.value, moment, milliseconds, half, section.chinese) if token.kind == "date" else token.value
        for token in section.tokens
        if token.kind in ("date", "literal")
    ).strip()


def _dates(section: _Section) -> list[_Token]:
    return [token for token in section.tokens if token.kind == "date"]


def _unit_shown(unit: str, moment: datetime, milliseconds: int, half: bool, chinese: bool) -> str:
    hour = (moment.hour % 12 or 12) if half else moment.hour
    afternoon = moment.hour >= 12
    match unit:
        case "y" | "yy":
            return f"{moment.year % 100:02d}"
        case "m" | "d":
            return str(moment.month if unit == "m" else moment.day)
        case "mm" | "dd":
            return f"{moment.month if unit == 'mm' else moment.day:02d}"
        case "mmm":
            return f"{moment.month}月" if chinese else _MONTHS[moment.month - 1][:3]
        case "ddd" | "aaa":
            day = _WEEKDAYS[moment.weekday()]
            return f"周{day}" if chinese else day if unit == "aaa" else _DAYS[moment.weekday()][:3]
        case "aaaa":
            return f"星期{_WEEKDAYS[moment.weekday()]}"
        case "h" | "hh" | "M" | "MM" | "s" | "ss":
            count = {"h": hour, "M": moment.minute, "s": moment.second}[unit[0]]
            return f"{count:0{len(unit)}d}"
        case "[h]":
            return str(milliseconds // 3_600_000)
        case "[m]":
            return str(milliseconds // 60_000)
        case "[s]":
            return str(milliseconds // 1000)
    if unit.startswith(("y", "e")):
        return f"{moment.year:04d}"
    if unit.startswith("."):
        return f".{moment.microsecond:06d}"[: len(unit)]
    if unit.startswith("m"):
        if chinese:
            return f"{moment.month}月"
        return _MONTHS[moment.month - 1][:1] if unit == "mmmmm" else _MONTHS[moment.month - 1]
    if unit.startswith("d"):
        return f"星期{_WEEKDAYS[moment.weekday()]}" if chinese else _DAYS[moment.weekday()]
    if unit.startswith(("h", "s", "M")):
        return _unit_shown(unit[:2], moment, milliseconds, half, chinese)
    if unit == "上午/下午":
        return "下午" if afternoon else "上午"
    return unit.split("/")[afternoon].upper()
