"""What happened in the demo region: last year's self-evaluation, this year's monitoring, next year's goals.

Days count from today. One cycle cannot be in entry and in self-evaluation at once, so three years run side by side.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from accounts.models import Region
from accounts.roles import Role
from commands.demo_region import cast
from commands.demo_region.places import BY_CODE, PLACES
from commands.demo_region.sheets import FORM, project_budgets, sheet, thin_sheet, wrong_sheet
from commands.demo_region.story import Case, Story
from config.database import db
from forms.document import Document, Indicator
from workflow import clock as workflow_clock
from workflow import cycle as cycles
from workflow.models import Cycle, Round
from workflow.states import Stage

EXTENDED = 6
"""Until when, in days from today, entry stays open where it was extended."""


@dataclass(frozen=True)
class Looking:
    """A monitoring round of the story: its name, the last month it looks at, from when till when."""

    name: str
    months: int
    opens: int
    closes: int


def tell(story: Story) -> None:
    """Schedule all three years."""
    first, months = _this_year(story.today)
    _last_year(story, first - 1)
    _the_year(story, first, months)
    _next_year(story, first + 1)


def _this_year(today: date) -> tuple[int, int]:
    """The year in monitoring, and the month its open round looks back on."""
    looked_at = today - timedelta(days=45)
    return (looked_at.year, looked_at.month) if looked_at.month >= 5 else (looked_at.year - 1, 12)


# Next year: goals are being drafted and reviewed


def _next_year(story: Story, year: int) -> None:
    _open(
        story, year, -55,
        _windows((-38, -3), (-20, 22), (425, 485), (486, 515)),
        documents=(),
        rounds=(Looking("1—7月", 7, 250, 278),),
    )  # fmt: skip
    filled = {place.code: sheet(place, year, year - 2) for place in PLACES}
    filled["101"] = thin_sheet(BY_CODE["101"], year, year - 2)
    filled["105"] = wrong_sheet(BY_CODE["105"], year, year - 2)
    filled["106"] = thin_sheet(BY_CODE["106"], year, year - 2)
    del filled["110"]  # late: nothing filled in, nothing extended
    cases = {place.code: Case(story, year, place.code) for place in PLACES}
    for number, (code, document) in enumerate(filled.items()):
        cases[code].note(
            -36 + number % 5, "import_sheet", Role.EDITOR, document=document, seen=cases[code].sheet_edit_seen,
            source={"name": f"{document.department}.xlsx"},
        )  # fmt: skip
    for code in ("102", "104", "106", "107", "109", "111", "112", "114", "115", "116", "119", "120"):
        early = int(code) % 4
        cases[code].submit(-29 + early).endorse(-25 + early)
    _returned(cases["101"], _row(filled["101"], "履职目标实现率"))
    cases["102"].amend(
        -4,
        (_row(filled["102"], "惠民演出场次") + ".target_raw", "≥620场", "与惠民演出经费的增幅一致"),
        ("annual_goal", f"{year} 年，{BY_CODE['102'].goal}重点向边远山区倾斜。", "补充部门商定的工作重点"),
    )
    for code, reason in (("103", "机房搬迁，停网三天"), ("105", "防火期全员值守"), ("108", "强对流天气应急响应")):
        cases[code].manager(
            -4, "extend", stage=Stage.ENTRY, until=story.end(EXTENDED), reason=f"{reason}，同意延期报送。"
        )
    cases["103"].submit(-3)
    cases["106"].remark(
        -17,
        Role.OFFICER,
        "必改",
        f"{_row(filled['106'], '履职目标实现率')}.definition",
        "指标值说明为空，请写明计算方法。",
    )
    cases["106"].send_home(-17, "中", "请补充指标值说明后重新报送。", -6).edit(
        -13, (f"{_row(filled['106'], '履职目标实现率')}.definition", "已实现的履职目标数÷年度履职目标数×100%")
    )
    cases["106"].answer(-13, 1, "changed", "已写明计算方法").submit(-12).endorse(-11)
    cases["107"].approve(-9, "优")
    cases["108"].submit(-3)
    cases["109"].amend(
        -8, (_row(filled["109"], "公交准点率") + ".target_raw", "≥90%", "上年实际已达 89.6%，目标应有提高")
    ).move(-6, "accept_amendment", Role.REVIEWER, revision=cases["109"].revision)
    cases["109"].review(-5, "良", "准点率已按商定的数写入，同意批复。")
    cases["104"].review(-4, "优", "目标与职责相符，指标可衡量，同意批复。")
    cases["111"].approve(-7)
    cases["112"].remark(-2, Role.OFFICER, "建议", "tasks[1]", "耕地质量监测可写明监测点个数，便于年底核对。")
    cases["113"].submit(-16).remark(
        -1, Role.REVIEWER, "必改", "tasks[0]", "活动场次与上年相同，请按新增的流动图书车重新测算。"
    ).send_back(-1, "场次请重新测算后再送。", 4)
    for code, grade in (("114", "良"), ("120", "良")):
        cases[code].approve(-5, grade)
    cases["116"].remark(-18, Role.OFFICER, "必改", "annual_goal", "请把服务企业的内容写进年度目标。")
    cases["116"].send_home(-18, "中", "请按意见修改后重报。", -8)
    cases["116"].edit(-15, ("annual_goal", f"{year} 年，{BY_CODE['116'].goal}全年走访企业不少于三百家。"))
    cases["116"].answer(-15, 1, "changed", "已补充走访企业的目标").submit(-14).endorse(-12).approve(-6, "优")
    cases["117"].move(-10, "void", Role.MANAGER, opinion="职能划入省农业技术推广站，自下年起不再单独编报。")
    cases["118"].submit(-6)
    cases["119"].send_home(-6, "差", "目标只列工作过程，没有可衡量的结果，与预算不匹配，请重新编制。", 9).manager(
        -2, "urge", text="请在期限内重新编制，需要时可约绩效处面谈。"
    )
    cases["110"].manager(-1, "urge", text="填报已截止，请说明原因。")


def _returned(case: Case, weak: str) -> None:
    """The picture of a return: three 必改, two 建议, some of them answered."""
    case.submit(-27).endorse(-24)
    case.remark(-9, Role.OFFICER, "必改", f"{weak}.definition", "指标值说明为空，请写明计算方法和数据来源。")
    case.remark(-9, Role.OFFICER, "必改", "tasks[1]", "末段与第 1 项重复，请删除或改写为本任务的内容。")
    case.remark(-9, Role.OFFICER, "必改", "annual_goal", "请写明供水安全的年度结果，不只写工作过程。")
    case.remark(-9, Role.OFFICER, "建议", f"{_of_last(case)}", "请补充调查对象、样本量和方式。")
    case.remark(-9, Role.OFFICER, "建议", "tasks[2]", "四个县域的名称可列在附件里。")
    case.send_home(-9, "中", "总体方向对，三处必须修改后重新报送。", EXTENDED)
    goal = f"{case.year} 年，{BY_CODE['101'].goal}农村集中供水率提高到 93%，重要水源地水质全部达标。"
    content = BY_CODE["101"].tasks[1][1]
    case.edit(-6, ("annual_goal", goal), ("tasks[1].content", content))
    case.answer(-6, 3, "changed", "已补充供水结果").answer(-6, 2, "changed", "重复的内容已删除")
    case.answer(-5, 5, "declined", "县域名称尚未公示，公示后补列")


def _of_last(case: Case) -> str:
    """The row of satisfaction, which stands last."""
    return f"indicators[{len(sheet(BY_CODE[case.code], case.year, case.year).indicators) - 1}]"


# This year: monitoring, its last round is open


CONFIRMED = {
    "101": (4, 3), "102": (3, 2), "103": (2, 1), "105": (1, 1), "106": (0, 0), "107": (2, 1), "108": (2, 2),
    "109": (1, 0), "110": (1, 0), "111": (2, 1), "112": (1, 2), "113": (1, 0), "114": (2, 2), "115": (1, 1),
    "116": (1, 1), "117": (1, 0), "118": (2, 0), "119": (1, 0), "120": (1, 0),
}  # fmt: skip
"""How many projects were confirmed in the first round, and how many more in the second."""
WAITING = {"101": 2, "103": 2, "106": 2, "109": 1, "113": 1}
"""How many more were reported and wait for their confirmation."""


def _the_year(story: Story, year: int, months: int) -> None:
    rounds = (
        Looking(f"1—{months - 3}月", months - 3, -110, -80),
        Looking(f"1—{months}月", months, -16, 9),
    )
    _open(
        story, year, -403,
        _windows((-395, -360), (-375, -335), (70, 140), (141, 170)),
        documents=[sheet(place, year, year - 1) for place in PLACES],
        rounds=rounds,
    )  # fmt: skip
    cases = _approved(story, year, -390)
    for code, case in cases.items():
        if code != "104":  # nothing listed: the clock cannot begin its monitoring
            _list_projects(case, -150 - int(code) % 7)
    for day in (story.workday(rounds[0].opens), story.day(rounds[0].closes + 1), story.workday(rounds[1].opens)):
        story.at_dawn(day, lambda: _advance(story))
    for code, (earlier, later) in CONFIRMED.items():
        case, projects = cases[code], project_budgets(BY_CODE[code])
        _report(case, rounds[0], projects[:earlier], -98 + int(code) % 9)
        now_due = projects[earlier : earlier + later + WAITING.get(code, 0)]
        _report(case, rounds[1], now_due, -9, confirmed=later)
    cases["110"].manager(
        -3,
        "extend",
        round_id=_round_id(cases["110"], rounds[1].name),
        until=story.end(20),
        reason="轮换期集中，延长报告期。",
    )
    cases["117"].move(-60, "void", Role.MANAGER, opinion="机构合并，项目并入省农业技术推广站。")
    _adjust(cases["107"], -40, "企业实践名额由外省协作增加", "≥4个百分点").endorse(-37).approve(-33)
    _adjust(cases["102"], -12, "年中增拨惠民演出经费", "≥680场").endorse(-9)


def _adjust(case: Case, on: int, reason: str, target: str) -> Case:
    """Open an adjustment, change the first indicator of benefit, and send it for review."""
    case.note(on, "open_adjustment", Role.EDITOR, reason=reason)
    changed = case.adjustment()
    name = next(name for name, old, _ in BY_CODE[case.code].effects if old[-1] == target[-1])
    document = sheet(BY_CODE[case.code], case.year, case.year)
    return changed.edit(on, (f"{_row(document, name)}.target_raw", target)).submit(on + 1)


def _list_projects(case: Case, on: int) -> None:
    for number, (code, name, budget) in enumerate(project_budgets(BY_CODE[case.code]), start=1):
        details: dict[str, Any] = {}
        if number > 10:
            details = {"must_monitor": False, "why_not_monitored": "当年下达晚于六月，按规定下年起监控"}
        case.note(on, "list_project", Role.EDITOR, code=code, name=name, budget=budget, **details)


def _report(
    case: Case, period: Looking, projects: Iterable[tuple[str, str, str]], on: int, *, confirmed: int | None = None
) -> None:
    """Report projects in a round, and confirm the first ones of them (all unless a count is given)."""
    for number, (code, name, budget) in enumerate(projects):
        pace = (Decimal("1.08"), Decimal("0.97"), Decimal("0.74"), Decimal("0.31"), Decimal("1.22"), Decimal("0.88"))[
            (int(code[-2:]) + int(case.code)) % 6
        ]
        done = min(Decimal(budget) * period.months / 12 * pace, Decimal(budget)).quantize(Decimal("0.1"))
        share = min(Decimal(100), Decimal(100) * period.months / 12 * (pace + Decimal("0.04"))).quantize(Decimal("0.1"))
        round_id = _round_id(case, period.name)
        case.note(
            on, "report_project", Role.EDITOR, round_id=round_id, code=code, year_start=budget, adjusted=budget,
            executed=f"{done:f}", expected=budget, indicators=[_progress(name, share, pace)],
        )  # fmt: skip
        if confirmed is None or number < confirmed:
            case.note(on + 2, "confirm_report", Role.REVIEWER, round_id=round_id, code=code)


def _progress(project: str, share: Decimal, pace: Decimal) -> dict[str, str]:
    row = {"name": f"{project}年度任务完成率", "target": "100%", "actual": f"{share:f}%", "expected": "100%"}
    if pace >= Decimal("0.9"):
        return row | {"likelihood": "能"}
    slow = {"likelihood": "有可能", "deviation": "人员", "why": "招标比计划晚六周，现场人员到位较迟"}
    stuck = {
        "likelihood": "不能",
        "deviation": "经费",
        "why": "上级资金第三季度才下达，工程款没有支付条件",
        "expected": "70%",
    }
    return row | (slow if pace > Decimal("0.5") else stuck) | {"measure": "按周排出支付计划，月底前补齐进度"}


def _round_id(case: Case, name: str) -> Callable[[], int]:
    return lambda: (
        db.session()
        .scalars(
            select(Round.id)
            .join(Cycle, Cycle.id == Round.cycle_id)
            .where(Cycle.fiscal_year == case.year, Round.name == name)
        )
        .one()
    )


# Last year: self-evaluation and its review


HALF, UNTOUCHED, STUCK = "101", "113", "104"
IN_REVIEW = ("103", "106", "112")
SENT_BACK = "109"
WAIVED = "118"


def _last_year(story: Story, year: int) -> None:
    period = Looking("1—7月", 7, -466, -436)
    _open(
        story, year, -768,
        _windows((-760, -725), (-740, -700), (-96, 9), (-70, 40)),
        documents=[sheet(place, year, year) for place in PLACES],
        rounds=(period,),
    )  # fmt: skip
    cases = _approved(story, year, -755)
    for code, case in cases.items():
        on = -560 - int(code) % 7
        projects = project_budgets(BY_CODE[code])[:4]
        for project, name, budget in projects:
            case.note(on, "list_project", Role.EDITOR, code=project, name=name, budget=budget)
        _report(case, period, projects[: 1 if code in {STUCK, WAIVED} else 2], -455)
    for day in (story.workday(period.opens), story.day(period.closes + 1)):
        story.at_dawn(day, lambda: _advance(story))
    cases[WAIVED].manager(-430, "waive_monitoring", reason="两个项目因选址调整暂缓，余下项目已按期监控。")
    story.at_dawn(story.day(-429), lambda: _advance(story))
    for code, case in cases.items():
        if code in {UNTOUCHED, STUCK}:
            continue
        rows = sheet(BY_CODE[code], year, year).indicators
        half = len(rows) // 2
        _evaluate(case, rows[:half] if code == HALF else rows, -12 if code == HALF else -60 + int(code) % 9)
        if code != HALF:
            case.move(-45, "report_evaluation", Role.REVIEWER)
    for code, case in cases.items():
        if code == SENT_BACK:
            case.move(
                -6, "return_evaluation", Role.OFFICER, revision=case.revision,
                opinion="满意度没有写样本量，公交准点率的数据来源请补充。", until=story.end(5),
            )  # fmt: skip
        elif code not in {HALF, UNTOUCHED, STUCK, *IN_REVIEW}:
            case.move(
                -30 + int(code) % 8, "accept_evaluation", Role.OFFICER, revision=case.revision,
                opinion="自评与佐证一致，予以通过。",
            )  # fmt: skip


def _evaluate(case: Case, rows: Iterable[Indicator], on: int) -> None:
    for number, row in enumerate(rows, start=1):
        actual, reason = _actual(row, (number * 7 + int(case.code)) % 23)
        case.note(on, "record_result", Role.EDITOR, number=number, actual=actual, reason=reason)


def _actual(row: Indicator, lot: int) -> tuple[str, str]:
    """What was reached, and why not more where it was less: mostly met, now and then missed."""
    if row.level3 == "绩效监控完成率":  # computes itself
        return "", "监控提前一个月部署，多数项目当期完成，下年相应提高目标"
    goal = Decimal(row.target)
    if row.operator == "≤":
        return (
            (f"{goal * Decimal('0.72'):.1f}", "")
            if lot
            else (f"{goal * Decimal('1.15'):.1f}", "年中追加任务，金额调整较大")
        )
    if lot == 0:
        return f"{goal * Decimal('0.93'):.1f}", "汛期工期顺延，余下部分次年一季度完成"
    more = goal * Decimal("1.02")
    return (f"{min(more, Decimal(100)) if row.unit == '%' else more:.1f}".removesuffix(".0"), "")


# What all years have in common


def _open(
    story: Story,
    year: int,
    on: int,
    windows: dict[Stage, tuple[int, int]],
    *,
    documents: Iterable[Document],
    rounds: Iterable[Looking] = (),
) -> None:
    """The manager opens a year and sets its windows and rounds."""

    def begin() -> None:
        manager = story.person(cast.MANAGER)
        region_id = db.session().scalars(select(Region.id)).one()
        cycle_id = cycles.open_cycle(
            region_id=region_id, fiscal_year=year, framework=FORM, documents=list(documents), person_id=manager,
            now=story.now,
        )  # fmt: skip
        given: dict[str, Any] = {"cycle_id": cycle_id, "person_id": manager, "now": story.now}
        for stage, (opens, closes) in windows.items():
            cycles.set_window(stage=stage, opens_on=story.workday(opens), closes_on=story.day(closes), **given)
        for each in rounds:
            cycles.add_round(
                name=each.name, period=_period(year, each.months), opens_on=story.workday(each.opens),
                closes_on=story.day(each.closes), **given,
            )  # fmt: skip

    story.on(on, begin)


def _advance(story: Story) -> None:
    """The clock does what has become due, and people are told."""
    workflow_clock.advance(story.now)
    story.tell()


def _windows(*spans: tuple[int, int]) -> dict[Stage, tuple[int, int]]:
    """The windows of a year in the order of its stages, each from a day until a day."""
    return dict(zip(Stage, spans, strict=True))


def _period(year: int, months: int) -> tuple[date, date]:
    after = date(year + months // 12, months % 12 + 1, 1)
    return date(year, 1, 1), after - timedelta(days=1)


def _approved(story: Story, year: int, on: int) -> dict[str, Case]:
    """Every department's goals of a year, approved on the straight way."""
    cases = {}
    for place in PLACES:
        later = int(place.code) % 9
        cases[place.code] = (
            Case(story, year, place.code)
            .submit(on + later)
            .endorse(on + later + 6)
            .approve(on + 26 + later, "优" if later < 3 else "良")
        )
    return cases


def _row(document: Document, name: str) -> str:
    """The path of the indicator of that name."""
    return f"indicators[{next(at for at, row in enumerate(document.indicators) if row.level3 == name)}]"
