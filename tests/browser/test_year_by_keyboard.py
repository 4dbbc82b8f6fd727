"""Five people take a table through its whole year without a mouse, from signing in to 已完成."""

from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from config.database import db
from forms.document import Indicator
from tests.browser.conftest import PASSWORD, House
from tests.browser.keyboard import AtKeyboard, NotReached
from web.table.words import LINKS
from workflow.states import State

PROJECTS = 2


class Year:
    """Five people, each at their own keyboard, and the table they share."""

    def __init__(self, house: House) -> None:
        self.house, own = house, house.world.own
        with house.app.app_context():
            house.world.fill()
            db.session.remove()
        house.at(date(2019, 11, 5))
        self.editor, self.colleague = self.at_desk(own.editor), self.at_desk(own.second_editor)
        self.reviewer, self.officer = self.at_desk(own.reviewer), self.at_desk(own.officer)
        self.manager = self.at_desk(house.world.manager)

    def at_desk(self, person_id: int) -> AtKeyboard:
        """Somebody who signs in by keyboard."""
        screen, login = self.house.screen(person_id)
        keys = AtKeyboard(screen.open("/sign-in"))
        keys.write("账号", login)
        keys.write("密码", PASSWORD)
        with keys.page.expect_navigation():
            keys.press("Enter")
        expect(keys.page).to_have_url(f"{self.house.address}/")
        return keys

    def people(self) -> list[AtKeyboard]:
        """All of them."""
        return [self.editor, self.colleague, self.reviewer, self.officer, self.manager]

    def decide(self, keys: AtKeyboard, verb: str, reached: State) -> None:
        """Press the verb on the page, and once more where it leads to a form first."""
        for role in ("", "button"):
            keys.go(verb, role)
            if self.state() is reached:
                return
        said = keys.page.locator("main").inner_text()[:400]
        raise AssertionError(f"{verb} led to {self.state()}: {said}")

    def goals(self) -> tuple[Indicator, ...]:
        """What the table is held to."""
        with self.house.app.app_context():
            try:
                return self.house.world.goals().indicators
            finally:
                db.session.remove()

    def state(self) -> State:
        """Where the table is."""
        with self.house.app.app_context():
            try:
                return self.house.world.state()
            finally:
                db.session.remove()


def test_what_tab_does_not_reach_is_told_with_what_it_passed(chromium: Browser) -> None:
    """The negative control."""
    page = chromium.new_page()
    try:
        page.set_content(
            "<a href='/'>表</a><button tabindex='-1'>送审</button><button disabled>批复</button>"
            "<input aria-label='意见'>"
        )
        keys = AtKeyboard(page)
        keys.reach("意见", "textbox")
        keys.reach("表", back=True)
        for name in ("送审", "批复"):
            with pytest.raises(NotReached, match=r"passed: .*textbox “意见”"):
                keys.reach(name)
    finally:
        page.close()


def test_a_stop_that_nobody_sees_is_told(chromium: Browser) -> None:
    """The other one: focus without an outline, and focus under a bar."""
    page = chromium.new_page()
    try:
        page.set_content(
            "<style>a{outline:none} div{position:fixed;inset:0 0 auto;height:90px;background:#fff}</style>"
            "<a href='/'>没有框</a><p style='height:120px'></p><button>看得见</button>"
            "<button style='position:absolute;top:20px'>在条下</button><div></div>"
        )
        keys = AtKeyboard(page)
        keys.reach("在条下")
        assert [trouble.rpartition(": ")[2] for trouble in keys.troubles] == ["no visible focus", "covered by DIV."]
    finally:
        page.close()


def confirm(who: AtKeyboard, words: str) -> None:
    """The question has the focus on its button: one Enter is the answer."""
    expect(who.page.get_by_role("button", name=words)).to_be_focused()
    with who.page.expect_navigation():
        who.press("Enter")


@pytest.fixture
def year(house: House) -> Year:
    return Year(house)


def judge(keys: AtKeyboard, grade: int, opinion: str) -> None:
    """Fill in the review form: for each point the grade that many steps from the first, then the four opinions."""
    for _criterion in range(4):
        for _point in range(2):
            keys.reach("优", "radio")
            keys.press("Space", *["ArrowRight"] * grade)
        keys.reach("", "textbox")
        keys.page.keyboard.type("基本符合要求")
    keys.reach("优", "radio")
    keys.press("Space", *["ArrowRight"] * grade)
    keys.write("总体意见", opinion)


def day(keys: AtKeyboard, name: str, on: date) -> None:
    """Type a date into a date field, in the order in which this Chromium shows its parts."""
    keys.reach(name)
    for parts in ((f"{on:%m}", f"{on:%d}", f"{on:%Y}"), (f"{on:%Y}", f"{on:%m}", f"{on:%d}")):
        keys.press("ArrowLeft", "ArrowLeft")
        for part in parts:
            keys.page.keyboard.type(part)
            if len(part) == 4:  # a year may have more digits, so it waits
                keys.press("ArrowRight")
        if keys.page.evaluate("document.activeElement.value") == on.isoformat():
            return
    raise AssertionError(f"{name} does not say {on}")


def test_five_people_do_the_year_by_keyboard(year: Year) -> None:
    house, editor, reviewer, officer = year.house, year.editor, year.reviewer, year.officer

    # The editor changes a definition, which is saved as they leave it, and submits.
    editor.go("填报")
    editor.press("Tab")
    assert editor.here().name == "跳到正文"
    editor.press("Enter")
    editor.write("第 23 行 指标值说明", "年末随机抽样问卷，满意样本数÷有效样本数")
    editor.press("Tab")
    expect(editor.page.locator("#indicators\\[22\\] .save-state")).to_contain_text("已保存")
    year.decide(editor, "送审", State.INTERNAL_REVIEW)

    # Endorsed, remarked on and returned, answered, and through once more.
    reviewer.go("工作台")
    reviewer.go("内审")
    year.decide(reviewer, "内审通过", State.FINANCE_REVIEW)
    house.at(date(2019, 11, 26))
    officer.go("审核清单")
    officer.go("水利厅", whole=True)
    officer.choose("位置", "年度履职目标")
    officer.reach("必改", "radio")
    officer.press("Space")
    officer.write("意见", "请写明数量。")
    officer.go("写下意见", "button")
    judge(officer, 2, "请按意见修改后重报。")
    day(officer, "退回后重新报送的期限", date(2019, 12, 4))
    officer.go("退回…", "button")
    confirm(officer, "退回这张表")
    assert year.state() is State.DRAFT
    answerer = year.colleague
    answerer.go("工作台")
    answerer.go("继续修改")
    answerer.write("年度履职目标", "完成八座水库除险加固，保障全省供水安全。")
    answerer.press("Tab")
    expect(answerer.page.locator("#annual_goal .save-state")).to_contain_text("已保存")
    assert answerer.here().name == "意见 1（必改）"  # though the answer put a new one in its place
    answerer.reach("已改", "radio")
    answerer.press("Space")
    answerer.go("答复意见 1", "button")

    # Too late for the window, but the manager extends it.
    house.at(date(2019, 12, 9))
    manager = year.manager
    manager.go("年度与窗口")
    manager.reach("选中 水利厅", "checkbox")
    manager.press("Space")
    day(manager, "到", date(2019, 12, 13))
    manager.write("理由", "单位搬迁")
    manager.go("延期选中的表", "button")
    editor.go("工作台")
    editor.go("继续修改")
    year.decide(editor, "送审", State.INTERNAL_REVIEW)
    reviewer.go("工作台")
    reviewer.go("内审")
    year.decide(reviewer, "内审通过", State.FINANCE_REVIEW)
    house.at(date(2019, 12, 16))
    officer.go("审核清单")
    officer.go("水利厅", whole=True)
    judge(officer, 1, "同意批复。")
    officer.go("批复…", "button")
    confirm(officer, "批复这张表")
    assert year.state() is State.APPROVED

    # Monitoring: projects listed, reported, confirmed.
    house.at(date(2020, 3, 2))
    for number in range(1, PROJECTS + 1):
        editor.go("运行监控")
        editor.go("绩效目标表")
        editor.go("水利厅", whole=True)
        editor.go(LINKS["list_project"][1])
        editor.write("项目编码", f"P{number}")
        editor.write("项目名称", f"项目{number}")
        editor.write("年初预算", "100")
        with editor.page.expect_navigation():
            editor.press("Enter")
    house.at(date(2020, 8, 3))
    assert year.state() is State.MONITORING
    editor.go("运行监控")
    editor.go("水利厅", whole=True)
    editor.go("填报告：项目1")
    editor.write("已执行", "60")
    editor.write("第 1 行 指标", "年度任务完成率", role="combobox")
    editor.write("第 1 行 至今完成", "60%")
    editor.go("填报：项目1", "button")
    reviewer.go("运行监控")
    reviewer.go("水利厅", whole=True)
    reviewer.reach("全选", "link")
    reviewer.press("Enter")
    reviewer.go("确认选中的报告", "button")
    house.at(date(2020, 9, 1))
    assert year.state() is State.SELF_EVALUATION

    # Self-evaluation: filled in, reported, accepted.
    house.at(date(2021, 2, 10))
    editor.go("绩效自评")
    editor.go("水利厅", whole=True)
    for number, indicator in enumerate(year.goals(), start=1):
        if "绩效监控完成率" not in indicator.level3:
            editor.write(f"第 {number} 行 实际", indicator.target)
        editor.write(f"第 {number} 行 原因或说明", "按年初计划完成")
    editor.go("全部保存", "button")
    reviewer.go("绩效自评")
    reviewer.go("水利厅", whole=True)
    year.decide(reviewer, "报送自评", State.EVALUATION_REVIEW)
    house.at(date(2021, 4, 6))
    officer.go("自评复核")
    officer.go("水利厅", whole=True)
    officer.go("复核自评")
    year.decide(officer, "复核通过", State.COMPLETED)
    assert "\n".join(trouble for keys in year.people() for trouble in keys.troubles) == ""
