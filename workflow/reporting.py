"""What a monitoring report must say before it is taken: amounts that fit, and how far the goals are. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from forms import amounts, targets
from workflow.facts import Reason
from workflow.monitoring import Light, goal_progress

MONEY = {"year_start": "年初预算", "adjusted": "调整后预算", "executed": "已执行", "expected": "预计全年执行"}
"""The amounts of a report, and what people call them."""
ROW = ("name", "target", "actual", "expected", "likelihood", "deviation", "why", "measure")
"""What a row of a report says of one indicator."""
TELLING = ("name", "actual", "why", "measure")
"""The cells that make a row one: a target alone, or a likelihood, is nothing to report."""
LIKELIHOODS = frozenset({"能", "有可能", "不能"})
DEVIATIONS = frozenset({"经费", "制度", "人员", "硬件", "其他"})


def told_rows(rows: Sequence[Mapping[str, str]]) -> list[tuple[int, Mapping[str, str]]]:
    """The rows of a form in which somebody wrote, each with its number there."""
    return [(number, row) for number, row in enumerate(rows) if any(_text(row, field) for field in TELLING)]


def says_nothing(texts: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether a form was left empty; a likelihood stands in every row by itself."""
    written = [_text(row, field) for row in rows for field in ROW if field != "likelihood"]
    return not any([*(text.strip() for text in texts.values()), *written])


def read_money(texts: Mapping[str, str], project: str) -> tuple[dict[str, int], list[Reason]]:
    """The amounts of a report (万元 texts) in 分, and what stands against them, all at once."""
    read: dict[str, int] = {}
    wrong: list[Reason] = []
    for name, what in MONEY.items():
        try:
            read[name] = amounts.parse(str(texts.get(name, "")))
        except amounts.AmountError as error:
            wrong.append(Reason("bad_amount", f"“{project}”的{what}：{error}", name))
    if wrong:
        return {}, wrong
    return read, against_money(adjusted=read["adjusted"], executed=read["executed"], expected=read["expected"])


def missing(texts: Mapping[str, str], rows: Sequence[Mapping[str, str]], gone: Fraction, project: str) -> list[Reason]:
    """What an unfinished report still lacks before it is taken: what reporting it would refuse, in the same words."""
    told = [row for _number, row in told_rows(rows)]
    return read_money(texts, project)[1] + against_indicators(told, gone)


def against_money(*, adjusted: int, executed: int, expected: int) -> list[Reason]:
    """What stands against the amounts of a report (分), each with the field it is to be mended in.

    [seen] A decimal point that slipped makes 442.7 into 4427, and the light turns blue instead of red.
    """
    found = []
    if executed > adjusted:
        found.append(
            Reason(
                "executed_above_budget",
                f"已执行 {_wan(executed)} 万元大于调整后预算 {_wan(adjusted)} 万元，请核对小数点；"
                "确有追加的先改调整后预算",
                "executed",
            )
        )
    if expected < executed:
        found.append(
            Reason(
                "expected_below_executed",
                f"预计全年执行 {_wan(expected)} 万元小于已执行 {_wan(executed)} 万元，请核对",
                "expected",
            )
        )
    return found


def against_indicators(rows: Sequence[Mapping[str, str]], gone: Fraction) -> list[Reason]:
    """What stands against the indicator rows of a report, each with its field, after a share of the year. One row at
    least says what was reached so far."""
    found = [reason for at, row in enumerate(rows) for reason in _against_row(row, gone, f"indicators[{at}]")]
    if not any(_text(row, "name") and _text(row, "actual") for row in rows):
        without = next((at for at, row in enumerate(rows) if _text(row, "name")), 0)
        missing = "actual" if rows and _text(rows[without], "name") else "name"
        found.append(Reason("no_actual", "至少要有一行指标写明名称和至今完成多少", f"indicators[{without}].{missing}"))
    return found


def _against_row(row: Mapping[str, str], gone: Fraction, place: str) -> list[Reason]:
    unfit = _against_actual(row, place)
    return unfit + _against_likelihood(row, None if unfit else gone, place)


def _against_actual(row: Mapping[str, str], place: str) -> list[Reason]:
    """[choice] What was reached is counted as its target is; a target in words is 定性, and only the likelihood judges
    it."""
    said, actual = _text(row, "target"), _text(row, "actual")
    if not said or not actual:
        return []
    target, reached = targets.parse(said), targets.parse(actual)
    if target.operator == targets.QUALITATIVE:
        return []
    head = f"“{_text(row, 'name')}”的全年目标是“{said}”，至今完成“{actual}”"
    if reached.operator == targets.QUALITATIVE:
        like = f"8{target.unit}"
        return [Reason("actual_no_number", f"{head}不是数值，请只写数字和单位，如 {like}", f"{place}.actual")]
    if target.unit and reached.unit not in ("", target.unit):
        return [Reason("actual_unit", f"{head}的单位不同，请换算成“{target.unit}”", f"{place}.actual")]
    return []


def _against_likelihood(row: Mapping[str, str], gone: Fraction | None, place: str) -> list[Reason]:
    """`gone` is None where the actual cannot be measured."""
    name = _text(row, "name")
    if row.get("likelihood") not in LIKELIHOODS:
        return [Reason("likelihood", f"“{name}”的完成可能性要选 能、有可能 或 不能", f"{place}.likelihood")]
    found = []
    if row["likelihood"] == "能":
        measured = goal_progress([row], gone)
        if measured.light is Light.RED and measured.percent is not None and not _text(row, "why"):
            # [choice] A red light beside 能 contradicts itself until somebody says why.
            share = f"进度 {int(measured.percent)}%"
            found.append(Reason("red_but_sure", f"“{name}”是红灯（{share}），选“能”要写原因说明", f"{place}.why"))
        return found
    if row.get("deviation") not in DEVIATIONS:
        words = f"“{name}”有偏差，原因要选 经费、制度、人员、硬件 或 其他"
        found.append(Reason("deviation", words, f"{place}.deviation"))
    for field, what in (("why", "原因说明"), ("measure", "改进措施")):
        if not _text(row, field):
            found.append(Reason("deviation", f"“{name}”有偏差，要写{what}", f"{place}.{field}"))
    return found


def _text(row: Mapping[str, str], field: str) -> str:
    return str(row.get(field) or "").strip()


def _wan(cents: int) -> str:
    return amounts.text_of(cents, 0)
