"""Five people take the real table through its whole year in a browser, with everything that must be refused."""

from datetime import date
from pathlib import Path

from playwright.sync_api import expect

from config.database import db
from config.settings import ROOT
from ledger import book
from tests.browser.conftest import House, Somebody
from workflow.states import State

SEED = ROOT / "tests/seed/henan-cac-2020.txt"
ORIGINAL = "中共河南省委网络安全和信息化委员会办公室"
PROJECTS = 4


class Year:
    """The five people, each at their own screen, and the table they share."""

    def __init__(self, house: House, folder: Path) -> None:
        own = house.world.own
        self.house, self.table = house, f"/tables/{own.table_id}"
        house.at(date(2019, 11, 5))
        self.editor = house.somebody(own.both)
        self.colleague = house.somebody(own.editor)
        self.reviewer = house.somebody(own.reviewer)
        self.officer = house.somebody(own.officer)
        self.stranger = house.somebody(house.world.neighbour.officer)
        self.manager = house.somebody(house.world.manager)
        self.file = folder / "表.txt"
        text = SEED.read_text(encoding="utf-8").replace(ORIGINAL, own.name)
        self.file.write_text(text, encoding="utf-8")

    def state(self) -> State:
        """Where the table is."""
        with self.house.app.app_context():
            try:
                return self.house.world.state()
            finally:
                db.session.remove()

    def do(self, who: Somebody, event: str, verb: str) -> None:
        """Open an event's form and send it."""
        who.open(f"{self.table}/do/{event}")
        who.press(f"{verb}：")

    def judge(self, grade: str, opinion: str, verb: str, until: str | None = None) -> None:
        """The officer fills in the review form and decides."""
        page = self.officer.open(f"{self.table}/review")
        for group in page.locator(".steps").all():
            group.locator("label", has_text=grade).click()
        for field in page.locator("input[name^='opinion-']").all():
            field.fill("基本符合要求")
        page.locator("label.grade", has_text=grade).click()
        page.get_by_label("总体意见").fill(opinion)
        if until:
            page.get_by_label("退回后重新报送的期限").fill(until)
        self.officer.press(f"{verb}…")
        if opinion:  # without one it is refused before anything is asked
            self.officer.press(f"{verb}这张表")

    def remark(self, who: Somebody, where: str, place: str, text: str, *, must: bool) -> None:
        """Write a remark on a place."""
        page = who.open(f"{self.table}/{where}")
        form = page.locator("form", has=page.get_by_role("button", name="写下意见"))
        form.get_by_label("位置").select_option(place)
        form.get_by_label("必改" if must else "建议").check()
        form.locator("textarea").fill(text)
        form.get_by_role("button", name="写下意见").click()
        page.wait_for_load_state()

    def answer_everything(self) -> None:
        """The editor answers every open remark as changed."""
        while True:
            page = self.editor.open(self.table)
            forms = page.locator("li > form.answer")  # one that changes an answer is folded away
            if not forms.count():
                return
            forms.first.get_by_label("已改").check()
            forms.first.get_by_role("textbox").fill("已按意见核对并补充")
            forms.first.get_by_role("button", name="答复意见").click()
            page.wait_for_load_state()

    def define(self, text: str) -> None:
        """The editor writes the first missing definition on the fill-in page; leaving the cell saves it."""
        page = self.editor.open(f"{self.table}/fill")
        cells = page.locator(
            "textarea[name$='/definition']:not([readonly]), textarea[name$='.definition']:not([readonly])"
        )
        next(each for each in cells.all() if not each.input_value()).fill(text)
        page.keyboard.press("Tab")
        expect(page.get_by_text("已保存").first).to_be_visible()


def test_five_people_do_the_year(house: House, tmp_path: Path) -> None:
    year = Year(house, tmp_path)
    editor, reviewer, officer = year.editor, year.reviewer, year.officer

    # The file is read, looked at, and taken.
    page = editor.open(f"{year.table}/import")
    page.get_by_label("目标表文件").set_input_files(year.file)
    editor.press("读入并核对")
    assert editor.reads("读出")
    house.picture(editor, "import")
    editor.press("用它替换现在的表")
    editor.open(f"{year.table}/fill")
    house.picture(editor, "fill")
    officer.open(f"{year.table}/do/approve")
    assert officer.reads("现在是“草拟”，批复要在“财政审核”时办")

    # Inside the department: a stale page, one's own submission, a return, and once more.
    house.at(date(2019, 11, 6))
    year.do(editor, "submit", "送审")
    stale = reviewer.open(f"{year.table}/do/endorse")
    year.do(editor, "withdraw", "撤回送审")
    year.do(editor, "submit", "送审")
    assert year.state() is State.INTERNAL_REVIEW
    stale.get_by_role("button", name="内审通过：").click()
    expect(stale.locator("body")).to_contain_text("这张表已有变化")
    editor.open(f"{year.table}/do/endorse")
    assert editor.reads("这张表是您自己送审的")
    year.remark(reviewer, "internal-review", "annual_goal", "请再核对这一处。", must=True)
    page = reviewer.open(f"{year.table}/internal-review")
    page.locator("#opinion").fill("有一处请核对后再送。")
    page.get_by_label("退回后重新送审的期限").fill("2019-11-15")
    house.picture(reviewer, "internal-review")
    reviewer.press("内审退回")
    assert year.state() is State.DRAFT
    year.answer_everything()
    year.do(editor, "submit", "送审")
    house.at(date(2019, 11, 11))
    reviewer.open(f"{year.table}/internal-review")
    reviewer.press("内审通过")
    assert year.state() is State.FINANCE_REVIEW

    # At the bureau: not another's table, not without an opinion; returned with 中.
    house.at(date(2019, 11, 26))
    assert year.stranger.page.goto(f"{house.address}{year.table}").status == 404
    officer.open("/worklist")
    house.picture(officer, "worklist")
    year.remark(officer, "review", "indicators[21]", "请写明计算方法。", must=True)
    year.judge("中", "", "退回", until="2019-12-04")
    assert officer.reads("意见不能为空")
    year.judge("中", "请按意见修改后重报。", "退回", until="2019-12-04")
    assert year.state() is State.DRAFT

    # Unchanged and unanswered it does not come back; after the window only the bureau reopens it.
    page = editor.open(f"{year.table}/do/submit")
    assert editor.reads("意见 2（必改）还没有答复")
    assert editor.reads("没有改动")
    expect(page.get_by_role("button", name="送审：")).to_have_count(0)
    house.at(date(2019, 12, 3))
    editor.open("/")
    house.picture(editor, "desk")
    year.define("已实现的履职目标数÷年度履职目标数×100%")
    year.answer_everything()
    house.at(date(2019, 12, 9))
    editor.open(f"{year.table}/do/submit")
    assert editor.reads("已于 2019-12-06 24:00 截止")
    page = year.manager.open(f"{year.table}/extend")
    page.get_by_label("延长什么").select_option(label=page.locator("#what option").first.inner_text())
    page.get_by_label("新的截止日期").fill("2019-12-13")
    page.get_by_label("理由").fill("单位搬迁")
    year.manager.press("延期：")
    year.do(editor, "submit", "送审")
    reviewer.open(f"{year.table}/internal-review")
    reviewer.press("内审通过")
    house.at(date(2019, 12, 16))
    officer.open(f"{year.table}/review")
    house.picture(officer, "review")
    year.judge("良", "同意批复。", "批复")
    assert year.state() is State.APPROVED
    editor.open(f"{year.table}/compare/2/3")
    house.picture(editor, "compare")

    # Monitoring: below the target it stays; extended and reached, it moves on by itself.
    house.at(date(2020, 3, 2))
    for number in range(1, PROJECTS + 1):
        page = editor.open(f"{year.table}/projects/add")
        page.get_by_label("项目编码").fill(f"P{number}")
        page.get_by_label("项目名称").fill(f"项目{number}")
        page.get_by_label("年初预算（万元）").fill("256.1")
        editor.press("登记监控项目")
    house.at(date(2020, 8, 3))
    assert year.state() is State.MONITORING
    report_and_confirm(year, 1)
    page = reviewer.open(f"{year.table}/monitoring")
    assert reviewer.reads("1/4 = 25.0")
    house.picture(reviewer, "monitoring")
    house.at(date(2020, 9, 1))
    assert year.state() is State.MONITORING
    page = year.manager.open(f"{year.table}/extend")
    option = page.locator("#what option", has_text="1—7月").first
    page.get_by_label("延长什么").select_option(label=option.inner_text())
    page.get_by_label("新的截止日期").fill("2020-09-18")
    page.get_by_label("理由").fill("防汛")
    year.manager.press("延期：")
    report_and_confirm(year, 2)
    house.at(date(2020, 9, 19))
    assert year.state() is State.SELF_EVALUATION

    # Self-evaluation: filled in, reported, returned, reported, accepted.
    house.at(date(2021, 2, 10))
    page = editor.open(f"{year.table}/evaluation")
    for field in page.locator("textarea[name^='reason-']").all():
        field.fill("按年初计划完成")
    rows = page.locator("input[name^='actual-']")
    for field in rows.all():
        target = field.locator("xpath=ancestor::tr").inner_text()
        field.fill("10" if "≤10%" in target or "≦10%" in target else "100")
    house.picture(editor, "evaluation")
    editor.page.get_by_role("button", name="全部保存").first.click()
    editor.page.wait_for_load_state()
    year.do(reviewer, "report_evaluation", "报送自评")
    assert year.state() is State.EVALUATION_REVIEW
    house.at(date(2021, 4, 6))
    page = officer.open(f"{year.table}/do/return_evaluation")
    page.get_by_label("意见").fill("请补充第 1 行的说明。")
    page.get_by_label("重新报送的期限").fill("2021-04-14")
    officer.press("退回自评：")
    year.do(reviewer, "report_evaluation", "报送自评")
    officer.open(f"{year.table}/evaluation-review")
    house.picture(officer, "evaluation-review")
    year.do(officer, "accept_evaluation", "复核通过")
    assert year.state() is State.COMPLETED
    editor.open(year.table)
    house.picture(editor, "table")

    with house.app.app_context():
        assert book.verify(db.session()) == []
        db.session.remove()
    for somebody in (editor, reviewer, officer, year.manager):
        assert all(url.startswith((house.address, "data:", "blob:")) for url in somebody.requests)


def report_and_confirm(year: Year, number: int) -> None:
    """The editor reports the first project that has no report; the reviewer confirms what waits."""
    page = year.editor.open(f"{year.table}/monitoring")
    page.locator("tr", has_text=f"项目{number}").get_by_role("link", name="填报").first.click()
    page.wait_for_load_state()
    page.get_by_label("已执行").fill("120")
    page.get_by_label("预计", exact=False).first.fill("250")
    page.get_by_label("第 1 行 指标").fill("年度任务完成率")
    page.get_by_label("第 1 行 至今完成").fill("48%")
    year.editor.press("填报：")
    page = year.reviewer.open(f"{year.table}/monitoring")
    page.get_by_label(f"选中“项目{number}”").check()
    year.reviewer.press("确认选中的报告")
