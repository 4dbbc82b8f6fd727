"""What the bureau does: worklist, reviews, amendments, comparison, the year, reminders, figures."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from werkzeug.test import TestResponse

from accounts.models import Appointment
from accounts.roles import Role
from config.database import db
from notifications import outbox
from notifications.models import Notice
from tests import factories
from tests.factories import World, full_review
from tests.notifications.test_outbox import Recorder
from tests.web.conftest import key_of, let_in, put_clock, sign_in
from workflow import cycle as cycles
from workflow import loading
from workflow.models import Cycle, Extension, Remark, Review, Revision, Round, Table, Waiver, Window
from workflow.states import Stage, State

LATER = "2020-01-15"


class Office:
    """A world and a browser that somebody of it sits at."""

    def __init__(self, pages: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = factories.world()
        self.browser: FlaskClient = pages.test_client()
        put_clock(monkeypatch, self.world.clock)

    def enter(self, person_id: int) -> "Office":
        """Sign in as somebody else."""
        self.browser.delete_cookie("mubiao")
        assert sign_in(self.browser, let_in(person_id)).status_code == 302
        return self

    @property
    def table(self) -> str:
        """The address of the department's table."""
        return f"/tables/{self.world.own.table_id}"

    def get(self, path: str) -> str:
        """A page that must be there."""
        answer = self.browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def post(self, path: str, page: str, /, **typed: Any) -> TestResponse:
        """Send a form of a page: what it carries along, and what is typed."""
        shown = self.get(page)
        carried = {"csrf_token": key_of(shown)}
        for name in ("key", "version", "revision", "remarks"):
            found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', shown)
            if found:
                carried[name] = found[1]
        return self.browser.post(path, data=carried | typed)

    def decide(self, event: str, **typed: Any) -> TestResponse:
        """Fill in the review, go on to the question whether it is meant, and confirm."""
        page = f"{self.table}/review"
        question = self.post(page, page, do=event, **typed)
        assert question.status_code == 303, text_of(question.text)
        return self.browser.post(question.location, data=carried_by(self.get(question.location)))

    def row(self, kind: type[Any]) -> Any:
        """The only row of its kind, as it stands now."""
        session = db.session()
        session.rollback()
        return session.scalars(select(kind)).one()


@pytest.fixture
def office(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A world at the first morning of entry."""
    return Office(pages, monkeypatch)


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """The statements sent while a test runs."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


def carried_by(html: str) -> dict[str, str]:
    """What a form carries in hidden fields."""
    form = html[html.index('<form class="panel') :]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}


def text_of(html: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def filled(grade: str, **more: str) -> dict[str, str]:
    """The review form with nothing left out."""
    form = full_review(grade)
    sent = {f"point-{point}": value for point, value in form["points"].items()}
    sent |= {f"opinion-{criterion}": value for criterion, value in form["opinions"].items()}
    return sent | {"grade": grade, "opinion": "同意", **more}


def returned_and_resubmitted(world: World, said: str = "") -> None:
    """The bureau returns the table with a remark on the goal; the department changes that and a target besides, and
    says of it what it is told to."""
    world.bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=True, path="annual_goal", text="目标要写明数量")
    world.moved("return", world.own.officer)
    changes = [["annual_goal", "保障全省供水安全，完成八项水利工程建设任务。"], ["indicators[5].target_raw", "≥85%"]]
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("edit_sheet", world.own.editor, seen=seen, changes=changes)
    world.recorded("answer_remark", world.own.editor, number=1, answer="changed", text="已写明八项")
    world.moved("submit", world.own.editor, opinion=said)
    world.moved("endorse", world.own.reviewer)


# The worklist


def test_the_worklist_puts_my_turn_first_with_deadline_round_and_open_musts(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.world.recorded("remark", office.world.own.officer, must=True, path="", text="请补充")
    page = text_of(office.enter(office.world.own.officer).get("/worklist"))
    assert "轮到我 1 张" in page
    assert "12-20 周五" in page
    assert "剩" in page
    assert "个工作日" in page
    assert re.search(r"0 个工作日 1 1 未评", page)


def test_the_worklist_can_be_narrowed_by_state_and_department(office: Office) -> None:
    office.world.bring_to(State.INTERNAL_REVIEW)
    office.enter(office.world.manager)
    assert "林业局" in office.get("/worklist")
    only = office.get("/worklist?stage=internal_review")
    assert "水利厅" in only
    assert "林业局" not in only
    assert "水利厅" not in office.get("/worklist?q=林业")
    assert "没有符合条件的表" in office.get("/worklist?q=%25")


def test_an_officer_sees_only_the_departments_in_their_hands(office: Office) -> None:
    page = office.enter(office.world.own.officer).get("/worklist")
    assert "水利厅" in page
    assert "林业局" not in page


def test_urging_several_tables_answers_for_each(office: Office) -> None:
    world = office.world
    world.recorded("urge", world.manager)
    answer = office.enter(world.manager).post(
        "/worklist/urge", "/worklist", table=[world.own.table_id, world.neighbour.table_id], text="请尽快"
    )
    assert answer.status_code == 200
    said = text_of(answer.text)
    assert "已催办 1 张，跳过 1 张" in said
    assert re.search(r"已催办，发给 林业局\w+", said)
    assert "跳过，因为：这张表这个工作日已经催办过" in said


@pytest.mark.parametrize("what", ["chosen", "urge", "approve"])
def test_choosing_nothing_says_so(what: str, office: Office) -> None:
    answer = office.enter(office.world.own.officer).post(f"/worklist/{what}", "/worklist")
    assert answer.status_code == 422
    assert "没有选中表" in answer.text


def reviewed(world: World, grade: str = "良") -> None:
    """The officer has saved a complete review of the table."""
    revision = world.table().latest_revision
    world.recorded(
        "draft_review", world.own.officer, revision=revision, review=full_review(grade), grade=grade, opinion="同意"
    )


def test_an_officers_desk_says_which_reviews_are_written_and_leads_to_them(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.recorded("draft_review", world.own.officer, revision=1, review={}, grade="良", opinion="写了一半")
    desk = text_of(office.enter(world.own.officer).get("/"))
    assert "评审表没有写完，拟评“良”" in desk
    assert "可以批复" not in desk
    reviewed(world)
    html = office.get("/")
    assert "评审表已写好，拟评“良”" in text_of(html)
    way = re.search(r'评审表已写好，可以批复。 <a href="([^"]+)"', html)
    assert way
    assert f'id="pick-{world.own.table_id}" checked' in office.get(way[1].replace("&amp;", "&"))


def test_what_may_be_done_with_a_choice_is_listed_before_it_is_done(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(world.own.officer)
    chosen = {"table": [world.own.table_id, world.neighbour.table_id]}
    before = text_of(office.post("/worklist/chosen", "/worklist", **chosen).text)
    assert "可批复 0 张，可催办 0 张，不能办 1 张，另有 1 张不在您的范围内" in before
    assert "批复 您对最新版次的评审表还没有写，请打开审核 去审核" in before
    reviewed(world)
    page = office.get("/worklist?pick=ready")
    assert "拟评 良" in page
    assert f'id="pick-{world.own.table_id}" checked' in page
    ready = office.post("/worklist/chosen", "/worklist", table=[world.own.table_id])
    assert "可批复 1 张" in text_of(ready.text)
    assert "批复 1 张</button>" in ready.text
    assert world.state() is State.FINANCE_REVIEW


def test_a_choice_is_approved_each_as_it_was_reviewed(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    reviewed(world)
    office.enter(world.own.officer)
    version = {f"version-{world.own.table_id}": str(world.table().version)}
    carried = {"csrf_token": key_of(office.get("/worklist")), "key": "k" * 12}
    data = {"table": [world.own.table_id, world.neighbour.table_id], **version, **carried}
    answer = office.browser.post("/worklist/approve", data=data)
    assert "已批复 1 张，跳过 1 张" in text_of(answer.text)
    assert "林业局" not in answer.text
    assert (world.state(), world.table().grade) == (State.APPROVED, "良")
    again = office.browser.post("/worklist/approve", data=data)  # sent twice, it answers the same
    assert "已批复 1 张，跳过 1 张" in text_of(again.text)


def test_a_table_that_moved_since_it_was_listed_is_skipped_with_the_reason(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    reviewed(world)
    office.enter(world.own.officer)
    carried = {"csrf_token": key_of(office.get("/worklist")), "key": "k" * 12}
    stale = {f"version-{world.own.table_id}": str(world.table().version - 1)}
    answer = office.browser.post("/worklist/approve", data={"table": [world.own.table_id], **stale, **carried})
    assert "跳过，因为：这张表已有变化" in text_of(answer.text)
    assert world.state() is State.FINANCE_REVIEW


def test_a_manager_is_offered_to_urge_and_not_to_approve(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(world.manager)
    assert "批复或催办" not in office.get("/worklist")
    both = [world.own.table_id, world.neighbour.table_id]
    page = office.post("/worklist/chosen", "/worklist", table=both).text
    assert "可批复 0 张，可催办 1 张，不能办 1 张" in text_of(page)
    assert "催办 1 张</button>" in page
    assert "催办只催部门；这张表在财政审核，由财政审核人办理" in page


def test_who_is_late_is_one_list_whose_tables_are_ticked_at_once(office: Office) -> None:
    world = office.world.bring_to(State.DRAFT)
    office.enter(world.manager)
    assert "选中逾期的" not in office.get("/worklist")
    world.clock.on(date(2019, 12, 10))
    assert "选中逾期的 2 张" in text_of(office.get("/worklist"))
    page = office.get("/worklist?late=yes&pick=late")
    assert page.count('name="table"') == page.count(" checked aria-label") == 2
    desk = office.get("/")
    assert f'href="/tables/{world.own.table_id}/urge"' in desk
    assert f'href="/worklist?late=yes&amp;cycle={world.cycle_id}"' in office.get("/reminders")


def test_an_auditor_reads_the_decisions_alone_and_verifying_keeps_the_filter(office: Office) -> None:
    office.world.bring_to(State.APPROVED)
    office.enter(office.world.auditor)
    page = office.get("/audit?act=批复与退回")
    assert page.count('<th scope="row">') == page.count('<th scope="row">批复</th>') == 1
    address = "/audit/verify?act=批复与退回"
    done = text_of(office.post(address, "/audit", key=factories.key()).text)
    assert "共 " in done
    assert "<option selected>批复与退回</option>" in office.post(address, "/audit", key=factories.key()).text


def test_a_grade_of_the_pass_before_is_called_so(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.moved("return", world.own.officer)
    assert "上轮 中" in text_of(office.enter(world.own.officer).get("/worklist"))


def test_urging_a_table_of_another_department_is_skipped(office: Office) -> None:
    world = office.world
    answer = office.enter(world.own.officer).post("/worklist/urge", "/worklist", table=[world.neighbour.table_id])
    assert "没有找到这张表" in answer.text
    assert "林业局" not in answer.text


@pytest.mark.parametrize("path", ["/worklist", "/statistics", "/cycle", "/reminders"])
def test_the_queries_of_a_list_do_not_grow_with_its_tables(path: str, office: Office, queries: list[str]) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(world.manager)
    office.get(path)
    queries.clear()
    office.get(path)
    few = len(queries)
    session = db.session()
    session.rollback()
    for number in range(8):
        factories.office(world.region_id, f"第{number}局")
    session.commit()
    world.clock.at += timedelta(minutes=1)
    cycles.open_cycle(
        region_id=world.region_id, fiscal_year=2021, framework=factories.FORM, person_id=world.manager, now=world.clock
    )
    queries.clear()
    page = office.get(path)
    # Another year is another row of choices, never one for each table; of the reminders it is one more plan.
    assert len(queries) <= few * (2 if path == "/reminders" else 1) + 4, queries
    assert "2021" in page or path == "/worklist"


# The review


def test_the_review_shows_edits_nobody_asked_for_first(office: Office) -> None:
    returned_and_resubmitted(office.world)
    page = text_of(office.enter(office.world.own.officer).get(f"{office.table}/review"))
    assert "退回范围外改动 1 处" in page
    assert "部门没有说明原因" in page
    assert page.index("第 6 行 预算执行率 指标值") < page.index("意见 1（必改） 年度履职目标")
    assert "≥90% → ≥85%" in page
    assert "已改：已写明八项" in page


def test_what_the_department_said_with_its_submission_is_read_by_both_reviewers(office: Office) -> None:
    returned_and_resubmitted(office.world, "按新口径统计")
    pages = [office.enter(office.world.own.officer).get(f"{office.table}/review")]
    office.world.moved("recall", office.world.own.reviewer)
    pages.append(office.enter(office.world.own.second_reviewer).get(f"{office.table}/internal-review"))
    for page in pages:
        assert "部门说明：按新口径统计" in text_of(page)
        assert "部门没有说明原因" not in page


def test_what_was_said_with_a_withdrawn_submission_is_not_told(office: Office) -> None:
    world = office.world
    world.bring_to(State.INTERNAL_REVIEW)
    world.moved("send_back", world.own.reviewer)
    world.write_goal("保障全省供水安全，完成八项水利工程建设任务。")
    world.moved("submit", world.own.editor, opinion="写早了")
    world.moved("withdraw", world.own.editor)
    world.moved("submit", world.own.editor)
    page = office.enter(world.own.reviewer).get(f"{office.table}/internal-review")
    assert "部门没有说明原因" in page


def test_a_review_is_kept_as_far_as_it_is_filled_in(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    form = {"point-规范完整": "良", "opinion-完整性": "条目齐全", "grade": "良", "do": "save"}
    answer = office.enter(office.world.own.officer).post(page, page, **form)
    assert answer.status_code == 303
    assert office.row(Review).form["points"] == {"规范完整": "良"}
    again = office.get(page)
    assert 'value="条目齐全"' in again
    assert re.search(r'id="规范完整-良"[^>]* checked', again)


def test_a_review_is_saved_by_itself_and_says_when(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    shown = office.enter(office.world.own.officer).get(page)
    carried = {"csrf_token": key_of(shown), "revision": "1", "version": "3"}
    keys = [re.search(r'id="save-key" value="(\w+)"', shown)[1]]  # type: ignore[index]
    for opinion in ("一", "二"):
        answer = office.browser.post(
            page, data=carried | {"save_key": keys[-1], "opinion": opinion}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 200
        assert "已保存" in answer.text
        keys.append(re.search(r'id="save-key" value="(\w+)"', answer.text)[1])  # type: ignore[index]
    assert office.row(Review).opinion == "二"
    assert len(set(keys)) == 3
    decided = carried | filled("良") | {"key": re.search(r'name="key" value="(\w+)"', shown)[1], "do": "approve"}  # type: ignore[index]
    assert office.browser.post(page, data=decided | {"save_key": keys[-1]}).status_code == 303


def test_a_review_saved_many_times_is_one_line_of_the_history(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    for opinion in ("一", "一二", "一二三"):
        world.recorded("draft_review", world.own.officer, revision=1, opinion=opinion)
    page = office.enter(world.own.officer).get(office.table)
    assert page.count("<strong>写评审表</strong>") == 1
    world.recorded("remark", world.own.officer, must=False, path="", text="插一句")
    world.recorded("draft_review", world.own.officer, revision=1, opinion="四")
    assert office.get(office.table).count("<strong>写评审表</strong>") == 2


def test_a_decision_says_what_it_did_and_that_nothing_else_waits(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    answer = office.enter(world.own.officer).decide("approve", **filled("良"))
    assert (answer.status_code, answer.location) == (303, office.table)
    assert world.state() is State.APPROVED
    said = text_of(office.get(office.table))
    assert "已批复：水利厅，评级“良”，版次 1 的目标今天 11-04（周一）起生效，用于 2020 年度" in said
    assert "监控期“1—7月”2020-08-03（周一）开始" in said
    assert "没有别的表等您审核，回到审核清单" in said


def test_after_a_decision_the_next_table_that_waits_is_offered(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    session = db.session()
    session.add(
        Appointment(
            person_id=world.own.officer, role=Role.OFFICER, region_id=world.region_id,
            department_id=world.neighbour.id, starts_on=date(2019, 1, 1),
        )
    )  # fmt: skip
    session.commit()
    other = session.get_one(Table, world.neighbour.table_id)
    seen = loading.sheet_edit(session, other)
    world.recorded(
        "import_sheet", world.neighbour.editor, office=world.neighbour,
        document=factories.sound_document(world.neighbour.name), seen=seen,
    )  # fmt: skip
    world.moved("submit", world.neighbour.editor, office=world.neighbour)
    world.moved("endorse", world.neighbour.reviewer, office=world.neighbour)
    answer = office.enter(world.own.officer).decide("return", until="2019-12-16", **filled("中"))
    assert answer.location == office.table
    assert world.table().resubmit_until is not None
    page = office.get(office.table)
    assert "已退回：水利厅（评级“中”），请在 12-16（周一） 24:00 前重新报送；通知发给" in page
    assert "下一张：林业局（财政审核，截至 12-20 周五），共 1 张等您" in text_of(page)
    assert f'href="/tables/{world.neighbour.table_id}/review"' in page


def test_a_refused_decision_gives_the_whole_form_back(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    form = filled("中", opinion="产出指标偏少") | {"opinion-可行性": "条件基本具备"}
    answer = office.enter(office.world.own.officer).post(page, page, do="return", **form)
    assert answer.status_code == 422
    assert "要给出重新报送的期限" in answer.text
    assert "产出指标偏少" in answer.text
    assert 'value="条件基本具备"' in answer.text
    assert re.search(r'value="中" checked', answer.text)
    assert office.world.state() is State.FINANCE_REVIEW


def test_a_decision_on_what_has_changed_meanwhile_is_stale(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/review"
    office.enter(office.world.own.officer)
    answer = office.post(page, page, do="approve", **filled("良") | {"version": "1"})
    assert answer.status_code == 409
    assert "这张表已有变化" in answer.text
    assert "同意" in answer.text


def test_who_belongs_to_the_department_is_told_why_they_cannot_review_it(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    session = db.session()
    session.add(
        Appointment(
            person_id=world.own.second_editor, role=Role.OFFICER, region_id=world.region_id,
            department_id=world.own.id, starts_on=date(2019, 1, 1),
        )
    )  # fmt: skip
    session.commit()
    page = office.enter(world.own.second_editor).get(f"{office.table}/review")
    assert "您属于这个部门，要由另一位财政审核人办理" in page
    assert 'value="approve"' not in page


def test_a_remark_stands_on_its_place_for_everybody(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    answer = office.enter(office.world.own.officer).post(
        f"{office.table}/remarks", f"{office.table}/review", must="no", path="indicators[21]", text="说明太短"
    )
    assert answer.status_code == 303
    remark = office.row(Remark)
    assert (remark.must, remark.path, remark.text) == (False, "indicators[21]", "说明太短")
    assert "说明太短" in office.get(office.table)


def test_a_remark_without_words_comes_back_with_its_place(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    answer = office.enter(office.world.own.officer).post(
        f"{office.table}/remarks", f"{office.table}/review", must="yes", path="indicators[2]", text=" "
    )
    assert answer.status_code == 422
    assert "意见不能为空" in answer.text
    assert 'value="indicators[2]" selected' in answer.text


def test_the_department_reviews_inside_with_remarks_and_a_deadline(office: Office) -> None:
    office.world.bring_to(State.INTERNAL_REVIEW)
    page = f"{office.table}/internal-review"
    office.enter(office.world.own.reviewer)
    assert (
        office.post(f"{office.table}/remarks", page, must="yes", path="annual_goal", text="再具体些").status_code == 303
    )
    assert "再具体些" in office.get(page)
    refused = office.post(page, page, do="send_back", opinion="请修改")
    assert refused.status_code == 422
    assert "请修改" in refused.text
    done = office.post(page, page, do="send_back", opinion="请修改", until="2019-11-20")
    assert done.status_code == 303
    assert office.world.state() is State.DRAFT


def test_the_department_endorses_from_its_review(office: Office) -> None:
    office.world.bring_to(State.INTERNAL_REVIEW)
    page = f"{office.table}/internal-review"
    assert office.enter(office.world.own.reviewer).post(page, page, do="endorse").status_code == 303
    assert office.world.state() is State.FINANCE_REVIEW
    assert office.browser.get(page).location == office.table  # nothing left to review inside


@pytest.mark.parametrize("page", ["internal-review", "do/endorse"])
def test_a_stale_tab_endorses_nothing_over_a_remark_written_in_another(page: str, office: Office) -> None:
    own = office.world.bring_to(State.INTERNAL_REVIEW).own
    address = f"{office.table}/{page}"
    assert 'name="remarks" value=""' in office.enter(own.reviewer).get(address)
    office.world.recorded("remark", own.second_reviewer, must=False, path="annual_goal", text="再具体些")
    refused = office.post(address, address, do="endorse", remarks="")
    assert refused.status_code == 422
    assert "您打开页面之后又有新的意见 1（建议），请看过再决定" in text_of(refused.text)
    assert office.post(address, address, do="endorse").status_code == 303


@pytest.mark.parametrize("page", ["review", "amend", "evaluation-review", "to-review", "urge"])
def test_another_departments_table_is_not_there(page: str, office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(office.world.neighbour.officer)
    assert office.browser.get(f"{office.table}/{page}").status_code == 404


@pytest.mark.parametrize("path", ["review", "remarks", "amend", "urge"])
def test_nothing_is_written_to_another_departments_table(path: str, office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(office.world.neighbour.officer)
    form = {"csrf_token": key_of(office.get("/worklist")), "key": "k" * 12, "version": "3", "revision": "1"}
    form |= {"text": "越界", "opinion": "越界"}
    assert office.browser.post(f"{office.table}/{path}", data=form).status_code == 404


# Amendments


def test_an_amendment_is_proposed_cell_by_cell_and_shown_to_who_accepts_it(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/amend"
    answer = office.enter(world.own.officer).post(
        page,
        page,
        path=["annual_goal", "indicators[5].target_raw", ""],
        value=["保障全省供水安全。", "≥95%", ""],
        reason=["与预算不符的部分删去", "与去年一致", ""],
    )
    assert answer.status_code == 303
    assert world.table().latest_revision == 2
    shown = text_of(office.enter(world.own.reviewer).get(f"{office.table}/do/accept_amendment"))
    assert "第 6 行 预算执行率 指标值≥90%≥95%与去年一致" in shown
    assert "与预算不符的部分删去" in shown
    accept = f"{office.table}/do/accept_amendment"
    assert office.post(accept, accept).status_code == 303
    assert world.goals().annual_goal == "保障全省供水安全。"


def test_the_review_shows_an_amendment_and_whether_it_is_accepted(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    page = text_of(office.enter(world.own.officer).get(f"{office.table}/review"))
    assert "与预算不符的部分删去" in page
    assert "等部门审核人接受" in page
    assert "协商修改还没有被部门接受" in page
    world.moved("accept_amendment", world.own.reviewer)
    page = text_of(office.get(f"{office.table}/review"))
    assert "水利厅审核甲 于 11-04 10:00 接受" in page
    assert "协商修改还没有被部门接受" not in page


def test_the_review_of_an_adjustment_says_what_is_adjusted_and_why(office: Office) -> None:
    world = office.world.bring_to(State.APPROVED)
    opened = world.recorded("open_adjustment", world.own.editor, reason="汛期提前，工程量增加")
    world.own.table_id = opened.said["table"]
    seen = world.details("submit", world.table())["sheet_edit"]
    change = [["indicators[5].target_raw", "≥97%"]]
    world.recorded("edit_sheet", world.own.editor, changes=change, seen=seen)
    world.moved("submit", world.own.editor)
    inside = office.enter(world.own.reviewer).get(f"{office.table}/internal-review")
    world.moved("endorse", world.own.reviewer)
    review = office.enter(world.own.officer).get(f"{office.table}/review")
    for page, name in ((inside, "内审"), (review, "审核")):
        assert f"{name}：水利厅 2020年度绩效目标表 目标调整 1" in text_of(page)
        assert "目标调整 1：与现行目标对照 1" in text_of(page)
        assert "调整理由：汛期提前，工程量增加" in text_of(page)
        assert re.search(r"第 6 行 \S+ 指标值.*<ins>≥97%</ins>", page, re.DOTALL)
        assert "没有要比较的前一版" not in page
    address = f"{office.table}/review"
    question = office.post(address, address, do="approve", **filled("良"))
    assert re.search(r"调整内容\s?第 6 行 \S+ 指标值 \S+ → ≥97%", text_of(office.get(question.location)))
    world.moved("amend", world.own.officer)
    office.enter(world.own.reviewer)
    for page in ("do/accept_amendment", "decline-amendment"):
        assert "2020年度绩效目标表 目标调整 1" in text_of(office.get(f"{office.table}/{page}"))


def test_an_amendment_without_a_reason_comes_back_as_typed(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/amend"
    answer = office.enter(office.world.own.officer).post(
        page,
        page,
        path=["", "indicators[5].target_raw", "annual_goal"],
        value=["", "≥95%", "改过的目标"],
        reason=["", "与去年一致", ""],
    )
    assert answer.status_code == 422
    assert rows_of(answer.text) == [
        ("", "", ""),
        ("indicators[5].target_raw", "≥95%", "与去年一致"),
        ("annual_goal", "改过的目标", ""),
    ]
    assert '<a href="#reason-3">年度履职目标没有写理由</a>' in answer.text
    assert 'id="reason-3" aria-invalid="true" aria-describedby="reason-3-wrong"' in answer.text


def test_more_rows_can_be_asked_for_without_losing_what_is_typed(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/amend"
    answer = office.enter(office.world.own.officer).post(
        page, page, do="more", path=["", "", ""], value=["写了一半", "", ""], reason=["", "", ""]
    )
    assert answer.status_code == 200
    assert answer.text.count('name="value"') == 6
    assert "写了一半" in answer.text
    assert office.world.table().latest_revision == 1


def rows_of(html: str) -> list[tuple[str, str, str]]:
    """The rows of an amendment's form: the place chosen, the text, the reason."""
    rows = re.findall(r"<tr id=[^>]*>(.*?)</tr>", html[html.index("<tbody>") : html.index("</tbody>")], re.DOTALL)
    found = []
    for row in rows:
        chosen = re.search(r'value="([^"]*)" selected', row)
        value, reason = (unescape(text) for text in re.findall(r"<textarea[^>]*>(.*?)</textarea>", row, re.DOTALL))
        found.append((chosen[1] if chosen else "", value, reason))
    return found


def test_a_chosen_place_brings_its_text_and_what_was_written_stays(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page, goal = f"{office.table}/amend", world.goals().annual_goal
    answer = office.enter(world.own.officer).post(
        page,
        page,
        do="texts",
        path=["annual_goal", "indicators[5].target_raw", "tasks[0].name"],
        value=["", "≥95%", goal],
        reason=["", "与去年一致", ""],
        was=["", "", "annual_goal"],
    )
    assert rows_of(answer.text)[:3] == [
        ("annual_goal", goal, ""),
        ("indicators[5].target_raw", "≥95%", "与去年一致"),
        ("tasks[0].name", world.goals().tasks[0].name, ""),
    ]
    assert world.table().latest_revision == 1


def test_places_are_grouped_by_block_and_found_by_what_they_say(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/amend"
    html = office.enter(world.own.officer).get(page)
    groups = list(dict.fromkeys(re.findall(r'<optgroup label="([^"]+)"', html)))
    assert groups[:3] == ["年度履职目标", "年度主要任务", "预算情况"]
    assert {"投入管理指标", "产出指标", "效益指标"} <= set(groups)
    found = office.post(page, page, do="texts", find="预算执行率", path=[""], value=[""], reason=[""]).text
    offered = set(re.findall(r'<option value="([^"]+)"', found))
    assert "indicators[5].target_raw" in offered
    assert "annual_goal" not in offered


def test_an_amendment_begun_from_a_row_offers_that_rows_places_with_their_texts(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    review = office.enter(world.own.officer).get(f"{office.table}/review")
    assert f'href="{office.table}/amend?place=indicators%5B5%5D" aria-label="协商修改这一行：第 6 行' in review
    html = office.get(f"{office.table}/amend?place=indicators%5B5%5D")
    row = world.goals().indicators[5]
    assert ("indicators[5].target_raw", row.target_raw, "") in rows_of(html)
    assert all(path.startswith("indicators[5].") for path, _, _ in rows_of(html))
    assert {path.split(".")[0] for path in re.findall(r'<option value="([^"]+)"', html)} == {"indicators[5]"}


def test_a_row_that_only_shows_its_own_text_is_no_change(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page, goal = f"{office.table}/amend", world.goals().annual_goal
    sent = {"path": ["annual_goal", "indicators[5].target_raw"], "reason": ["", "与去年一致"]}
    office.enter(world.own.officer)
    assert office.post(page, page, value=[goal, "≥95%"], **sent).status_code == 303
    latest = db.session().query(Revision).filter_by(number=2).one()
    assert [change["path"] for change in latest.changes or ()] == ["indicators[5].target_raw"]


def test_a_reason_without_a_change_is_refused(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page, goal = f"{office.table}/amend", world.goals().annual_goal
    answer = office.enter(world.own.officer).post(page, page, path=["annual_goal"], value=[goal], reason=["更准确"])
    assert (answer.status_code, "年度履职目标没有改动" in answer.text) == (422, True)


def test_an_amendment_that_was_declined_is_the_beginning_of_the_next(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    world.recorded("decline_amendment", world.own.reviewer, revision=2, reason="灌区改造没有资金")
    html = office.enter(world.own.officer).get(f"{office.table}/amend")
    assert "部门不接受修改：灌区改造没有资金" in text_of(html)
    assert rows_of(html)[0] == ("annual_goal", "保障全省供水安全。", "与预算不符的部分删去")


def test_an_amendment_of_an_older_version_is_stale(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    page = f"{office.table}/amend"
    answer = office.enter(office.world.own.officer).post(
        page, page, version="1", path=["annual_goal"], value=["改"], reason=["因为"]
    )
    assert answer.status_code == 409


# Comparison


def test_a_comparison_marks_words_remarks_and_what_nobody_asked_for(office: Office) -> None:
    returned_and_resubmitted(office.world)
    html = office.enter(office.world.own.officer).get(f"{office.table}/compare/1/2")
    assert "<del>年度</del>" in html
    assert "<ins>八项</ins>" in html
    page = text_of(html)
    assert "改 2 格" in page
    assert "退回范围外 1 处" in page
    assert re.search(r"年度履职目标 .*意见 1（必改） 已改", page)
    assert office.browser.get(f"{office.table}/compare/1/9").status_code == 404
    chosen = office.browser.get(f"{office.table}/compare?old=2&new=1")
    assert chosen.location == f"{office.table}/compare/2/1"


# The year


def test_a_manager_opens_the_next_year(office: Office) -> None:
    office.enter(office.world.manager)
    answer = office.post(
        "/cycle/open", "/cycle", region=office.world.region_id, fiscal_year="2021", framework=factories.FORM
    )
    assert answer.status_code == 303
    assert len(db.session().scalars(select(Cycle)).all()) == 2


@pytest.mark.parametrize(("year", "words"), [("2020", "年度已经开立"), ("二零", "年度要写四位数字")])
def test_a_year_that_cannot_be_opened_comes_back_with_the_reason(year: str, words: str, office: Office) -> None:
    answer = office.enter(office.world.manager).post(
        "/cycle/open", "/cycle", region=office.world.region_id, fiscal_year=year, framework=factories.FORM
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{year}"' in answer.text


def test_a_window_is_moved_and_a_backward_one_refused(office: Office) -> None:
    path = f"/cycle/{office.world.cycle_id}/windows"
    office.enter(office.world.manager)
    moved = office.post(path, "/cycle", stage=Stage.ENTRY, opens_on="2019-11-04", closes_on="2019-12-13")
    assert moved.status_code == 303
    window = db.session().scalars(select(Window).where(Window.stage == Stage.ENTRY)).one()
    assert window.closes_on == date(2019, 12, 13)
    back = office.post(path, "/cycle", stage=Stage.ENTRY, opens_on="2019-12-04", closes_on="2019-11-13")
    assert back.status_code == 422
    assert "截止日期早于开始日期" in back.text
    assert 'value="2019-12-04"' in back.text
    empty = office.post(path, "/cycle", stage=Stage.ENTRY, opens_on="", closes_on="2019-11-13")
    assert "开始日期没有写，或不是日期" in text_of(empty.text)


def test_a_round_is_added_and_one_out_of_order_refused(office: Office) -> None:
    path = f"/cycle/{office.world.cycle_id}/rounds"
    office.enter(office.world.manager)
    days = {"period_from": "2020-01-01", "period_to": "2020-10-31"}
    added = office.post(path, "/cycle", name="1—10月", opens_on="2020-11-02", closes_on="2020-11-20", **days)
    assert added.status_code == 303
    assert db.session().scalars(select(Round).where(Round.name == "1—10月")).one().number == 2
    early = office.post(path, "/cycle", name="补充", opens_on="2020-06-01", closes_on="2020-11-20", **days)
    assert early.status_code == 422
    assert "要晚于" in early.text
    assert 'value="补充"' in early.text


def test_chosen_tables_are_extended_together(office: Office) -> None:
    world = office.world
    answer = office.enter(world.manager).post(
        f"/cycle/{world.cycle_id}/extensions",
        "/cycle",
        table=[world.own.table_id, world.neighbour.table_id],
        what=Stage.ENTRY,
        until=LATER,
        reason="系统停机一天",
    )
    assert answer.status_code == 200
    assert "已延期 2 张，跳过 0 张" in text_of(answer.text)
    assert len(db.session().scalars(select(Extension)).all()) == 2


def test_an_extension_without_a_reason_comes_back_with_the_choice(office: Office) -> None:
    world = office.world
    answer = office.enter(world.manager).post(
        f"/cycle/{world.cycle_id}/extensions", "/cycle", table=[world.own.table_id], what=Stage.ENTRY, until=LATER
    )
    assert answer.status_code == 422
    assert "延期理由不能为空" in answer.text
    assert f'value="{LATER}"' in answer.text
    assert re.search(rf'value="{world.own.table_id}"[^>]* checked', answer.text)


def test_what_keeps_every_table_from_its_extension_is_said_once_and_each_tables_own_beside_it(office: Office) -> None:
    world = office.world
    given = {"what": Stage.ENTRY, "until": LATER}
    path = f"/cycle/{world.cycle_id}/extensions"
    office.enter(world.manager)
    alike = office.post(path, "/cycle", table=[world.own.table_id, world.neighbour.table_id], **given)
    assert (alike.status_code, alike.text.count("延期理由不能为空")) == (422, 1)
    mixed = office.post(path, "/cycle", table=[world.own.table_id, 999999], reason="系统停机一天", **given)
    assert mixed.status_code == 200
    assert "已延期 1 张，跳过 1 张" in text_of(mixed.text)


def test_an_extension_says_what_day_it_is_and_how_late_the_table_is(office: Office) -> None:
    """Entry closed on Friday, 6 December 2019."""
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    world.clock.on(date(2019, 12, 10))
    page = text_of(office.enter(world.manager).get(f"/tables/{world.own.table_id}/extend"))
    assert "2019-12-10 周二" in page
    assert "截止 12-06 周五 24:00，逾期 2 个工作日" in page
    assert "目标编报 截至 12-06 周五 24:00" in page
    assert "3 个工作日：12-13 周五" in page
    assert "10 个工作日：12-24 周二" in page


def test_before_the_deadline_the_quick_choices_count_from_it(office: Office) -> None:
    world = office.world.bring_to(State.DRAFT)
    world.clock.on(date(2019, 12, 2))
    page = text_of(office.enter(world.manager).get(f"/tables/{world.own.table_id}/extend"))
    assert "从现在的截止 12-06 周五 起再过" in page
    assert "3 个工作日：12-11 周三" in page


def test_an_extension_is_until_the_date_in_its_field(office: Office) -> None:
    world = office.world.bring_to(State.DRAFT)
    world.clock.on(date(2019, 12, 10))
    page = f"/tables/{world.own.table_id}/extend"
    answer = office.enter(world.manager).post(page, page, what="goal_entry", until="2019-12-13", reason="单位搬迁")
    assert answer.status_code == 303
    after = office.get(f"/tables/{world.own.table_id}")
    assert "已延期：水利厅，目标编报延到 12-13（周五） 24:00；通知发给 水利厅" in after


def test_an_extension_without_a_reason_comes_back_with_its_day(office: Office) -> None:
    world = office.world.bring_to(State.DRAFT)
    page = f"/tables/{world.own.table_id}/extend"
    answer = office.enter(world.manager).post(page, page, what="goal_entry", until="2019-12-13", reason="")
    assert answer.status_code == 422
    assert 'name="until" type="date" value="2019-12-13"' in answer.text
    assert answer.text.count('<button class="primary">') == 1


def test_the_year_lists_the_latest_first_and_how_late(office: Office) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    until = world.clock.at + timedelta(days=60)
    world.recorded("extend", world.manager, stage="goal_entry", until=until, reason="单位搬迁")
    world.clock.on(date(2019, 12, 10))
    page = text_of(office.enter(world.manager).get(f"/cycle?cycle={world.cycle_id}"))
    rows = page.split("逾期最久的在前")[1]
    assert rows.index("林业局") < rows.index("逾期 2 个工作日") < rows.index("水利厅")


def test_one_table_gets_a_longer_round(office: Office) -> None:
    world = office.world
    page = f"{office.table}/extend"
    answer = office.enter(world.manager).post(
        page, page, what=f"round:{world.rounds[0]}", until="2020-09-10", reason="汛期"
    )
    assert answer.status_code == 303
    assert office.row(Extension).round_id == world.rounds[0]
    early = office.post(page, page, what=f"round:{world.rounds[0]}", until="2020-08-01", reason="汛期提前")
    assert early.status_code == 422
    assert "要晚于原来的截止时间" in early.text
    assert "汛期提前" in early.text


def test_a_table_below_its_target_is_let_go_with_a_reason(office: Office) -> None:
    office.world.bring_to(State.MONITORING)
    page = f"{office.table}/waive"
    office.enter(office.world.manager)
    assert office.post(page, page, reason=" ").status_code == 422
    assert office.post(page, page, reason="项目年底才启动").status_code == 303
    assert office.row(Waiver).reason == "项目年底才启动"
    assert "已放行：水利厅，监控完成率未达标也转入绩效自评" in office.get(office.table)


def test_one_table_is_urged_from_its_page(office: Office) -> None:
    page = f"{office.table}/urge"
    assert page in office.enter(office.world.own.officer).get(office.table)
    assert re.search(r"催办发给 水利厅\w+", text_of(office.get(page)))
    assert office.post(page, page, text="请尽快报").status_code == 303
    assert "已催办：水利厅，本阶段第 1 次；通知发给 水利厅" in office.get(office.table)
    again = office.post(page, page, text="再催一次")
    assert again.status_code == 422
    assert "这个工作日已经催办过" in again.text
    assert "再催一次" in again.text
    assert "催办：水利厅</button>" not in office.get(page)  # nor is it offered, to be refused


def test_from_the_third_urge_on_the_page_and_its_answer_say_that_the_head_is_copied(office: Office) -> None:
    world, page = office.world, f"{office.table}/urge"
    for day in (5, 6):
        world.clock.on(date(2019, 11, day))
        world.recorded("urge", world.manager)
    office.enter(world.own.officer)
    world.clock.on(date(2019, 11, 7))
    assert "这是本阶段第 3 次；抄送部门负责人 水利厅负责人。" in office.get(page)
    chosen = office.post("/worklist/chosen", "/worklist", table=[world.own.table_id]).text
    assert "本阶段第 3 次，抄送部门负责人 水利厅负责人" in chosen
    assert office.post(page, page, text="请尽快报").status_code == 303
    assert "；抄送部门负责人 水利厅负责人" in office.get(office.table)


def test_the_bureaus_own_weekly_list_stands_among_the_reminders_to_come(office: Office) -> None:
    world = office.world.bring_to(State.FINANCE_REVIEW)
    page = text_of(office.enter(world.manager).get("/reminders"))
    assert "2020 年度：1 张表等财政审核，最久 5 个工作日" in page
    assert "2020 年度：1 张表等您审核，最久 10 个工作日" in page


def test_who_urges_a_department_without_a_head_reads_that_nobody_is_copied(office: Office) -> None:
    world = office.world
    db.session().query(Appointment).filter_by(person_id=world.own.head).delete()
    db.session().commit()
    office.enter(world.manager)
    assert "本阶段第 3 次起抄送部门负责人，不过这个部门没有部门负责人。" in office.get(f"{office.table}/urge")


def test_only_tables_below_their_target_can_be_let_go_from_the_year(office: Office) -> None:
    world = office.world.bring_to(State.MONITORING)
    office.enter(world.manager)
    assert f"{office.table}/waive" in office.get("/cycle")
    world.confirm("P1", "P2")
    assert f"{office.table}/waive" not in office.get("/cycle")


def test_the_year_names_its_form_by_its_title(office: Office) -> None:
    page = office.enter(office.world.manager).get("/cycle")
    assert "henan-2020" not in text_of(page)
    assert "表样 沿用河南省 2020 年 省级部门(单位)整体绩效目标表" in text_of(page)
    assert '<option value="henan-2020"' in page


def test_another_regions_year_is_not_there(office: Office) -> None:
    elsewhere = factories.world()
    office.enter(office.world.manager)
    assert office.browser.get(f"/cycle?cycle={elsewhere.cycle_id}").status_code == 404
    assert office.browser.get(f"/reminders?cycle={elsewhere.cycle_id}").status_code == 404
    assert office.browser.get(f"/statistics?cycle={elsewhere.cycle_id}").status_code == 404
    form = {"stage": Stage.ENTRY, "opens_on": "2019-11-04", "closes_on": "2019-12-13"}
    assert office.post(f"/cycle/{elsewhere.cycle_id}/windows", "/cycle", **form).status_code == 404


# Reminders


def test_reminders_show_what_was_told_and_what_will_be(office: Office) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    outbox.plan_due(world.clock.at)
    page = text_of(office.enter(world.manager).get("/reminders?to=2019-12-09"))
    assert "待发" in page
    # One line for what is said to one person, whatever the channels.
    assert re.search(r"09:00 临近截止 林业局填报甲 林业局 .{5,300}?站内 \w+ ?邮件 \w+ ", page)
    assert "林业局填报甲 站内" not in page
    assert "将发" in page
    assert "休息日不发" in page


def test_the_reminders_open_on_today_with_what_failed_lately_named(office: Office) -> None:
    world = office.world
    outbox.plan_due(world.clock.at)
    session = db.session()
    session.query(Notice).filter_by(recipient_id=world.own.editor, channel="email").update(
        {"status": "dead", "next_attempt_at": None, "attempts": 1, "error": "550"}
    )
    session.commit()
    page = office.enter(world.manager).get("/reminders")
    assert f'name="from" value="{world.clock.at.date()}"' in page
    world.clock.at += timedelta(days=3)
    page = office.get("/reminders")
    assert f'name="from" value="{world.clock.at.date()}"' in page
    failed = re.search(r"[\d-]+ 周. 以来没有送到：发送失败，不再试 1 条（发给 水利厅填报甲）", text_of(page))
    assert failed, text_of(page)
    assert "水利厅填报甲" in text_of(office.get(unescape(re.search(r'href="(/reminders\?[^"]*status=dead)"', page)[1])))


def test_choosing_a_day_keeps_the_strip_and_offers_all_days(office: Office) -> None:
    office.enter(office.world.manager)
    page = office.get("/reminders")
    days = re.findall(r'<a href="([^"]*[?&;]on=[^"]*)"', page)
    assert len(days) == 15
    one = office.get(unescape(days[2]))
    assert len(re.findall(r'<a href="[^"]*[?&;]on=', one)) == 15
    everything = re.search(r'<a href="([^"]*)">全部日子</a>', one)
    assert everything
    assert text_of(office.get(unescape(everything[1]))) == text_of(page)


def test_the_reminders_say_which_years_they_are_of(office: Office) -> None:
    world = office.world
    page = office.enter(world.manager).get("/reminders")
    assert "2020 年度（在办的年度）" in text_of(page)
    cycles.open_cycle(
        region_id=world.region_id, fiscal_year=2021, framework=factories.FORM, person_id=world.manager, now=world.clock
    )
    both = text_of(office.get("/reminders"))
    assert "2021、2020 年度（在办的年度）" in both
    assert "在办的年度" not in text_of(office.get(f"/reminders?cycle={world.cycle_id}")).partition("计划与台账")[0]


def test_reminders_can_be_narrowed_by_status_person_and_department(office: Office) -> None:
    world = office.world.bring_to(State.INTERNAL_REVIEW)
    outbox.plan_due(world.clock.at)
    office.enter(world.manager)
    coming = text_of(office.get("/reminders?to=2019-12-09&status=ahead&department=林业&person=林业局审核甲"))
    assert "林业局审核甲" in coming
    assert "林业局填报甲" not in coming
    assert "水利厅审核甲" not in coming
    assert "没有符合条件的提醒" in office.get("/reminders?status=dead")


def test_reminders_say_into_which_message_a_notice_went(office: Office) -> None:
    world = office.world
    for day in (5, 7):
        world.clock.on(date(2019, 11, day))
        world.recorded("urge", world.manager)
    outbox.plan_due(world.clock())
    outbox.deliver(world.clock(), {"email": Recorder("email")})
    office.enter(world.manager)
    page = text_of(office.get("/reminders?from=2019-11-04&to=2019-11-08&person=水利厅填报甲"))
    assert re.search(r"开始办理 .{0,60}已发 11-07 10:00 并入“[^”]+第 2 次催办）”", page)  # late, so with its day
    assert page.count("并入") == 2  # the first day's opening and the first urge, within the second one


# Figures


def test_the_figures_begin_with_who_is_late(office: Office) -> None:
    world = office.world
    world.clock.on(date(2019, 12, 9))
    page = text_of(office.enter(world.manager).get("/statistics"))
    assert "2 个部门到期未报" in page
    late, punctual = page.split("目标编报是否按时")
    assert late.count("逾期 1 个工作日") == 2
    assert "林业局逾期 1 个工作日逾期 1 个工作日—" in punctual
    assert "还没有监控期开始，完成率不适用" in page
    assert "部门 水利厅兼任、水利厅填报乙、水利厅填报甲" in page


def test_the_figures_name_who_is_below_the_target(office: Office) -> None:
    world = office.world.bring_to(State.MONITORING)
    page = text_of(office.enter(world.manager).get("/statistics"))
    assert "1 个部门监控完成率未达标" in page
    assert "0/4 = 0.0%，目标≥30%，再完成2个项目即达标" in page


# The self-evaluation


def test_the_evaluation_stands_beside_its_targets_with_what_changed_since_its_return(office: Office) -> None:
    world = office.world.bring_to(State.EVALUATION_REVIEW)
    world.moved("return_evaluation", world.own.officer)
    world.recorded("record_result", world.own.editor, number=23, actual="80", reason="两县工期推迟")
    world.moved("report_evaluation", world.own.reviewer)
    page = office.enter(world.own.officer).get(f"{office.table}/evaluation-review")
    first = text_of(page[page.index("<tbody>") :])[:120]
    assert "群众满意度 退回后改动 ≥90%" in first
    assert "90 80" in first
    assert "完成 未完成" in first
    assert f"{office.table}/do/accept_evaluation" in page


def test_a_remark_on_an_evaluated_row_is_written_down(office: Office) -> None:
    world = office.world.bring_to(State.EVALUATION_REVIEW)
    page = f"{office.table}/evaluation-review"
    answer = office.enter(world.own.officer).post(
        f"{office.table}/remarks", page, must="yes", path="indicators[20]", text="请附验收材料"
    )
    assert answer.status_code == 303
    assert "请附验收材料" in office.get(page)


# The wrong thing on purpose


@pytest.mark.parametrize(
    "path",
    [
        "/worklist?cycle=99999999999999999999&page=99999999999999999999",
        "/worklist?stage=nowhere&q=%00",
        "/statistics?cycle=abc",
        "/cycle?cycle=-1&state=nowhere",
        "/reminders?page=99999999999999999999",
        "/reminders?from=0001-01-01&to=9999-12-31",
        "/reminders?from=2019-12-31&to=2019-01-01&status=nowhere",
    ],
)
def test_a_tampered_address_shows_the_page_all_the_same(path: str, office: Office) -> None:
    assert office.enter(office.world.manager).browser.get(path).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2019-02-30", "昨天"])
def test_a_date_that_cannot_be_is_asked_for_again(day: str, office: Office) -> None:
    world = office.world
    office.enter(world.manager)
    window = office.post(
        f"/cycle/{world.cycle_id}/windows", "/cycle", stage=Stage.ENTRY, opens_on=day, closes_on="2019-12-13"
    )
    assert window.status_code == 422
    page = f"{office.table}/extend"
    extended = office.post(page, page, what=Stage.ENTRY, until=day, reason="停机")
    assert extended.status_code == 422
    assert "停机" in extended.text


def test_a_tampered_choice_is_passed_over(office: Office) -> None:
    world = office.world
    answer = office.enter(world.manager).post(
        "/worklist/urge", "/worklist", table=["99999999999999999999", "x", "-1", world.own.table_id]
    )
    assert "已催办 1 张，跳过 0 张" in text_of(answer.text)


def test_a_year_cannot_be_opened_for_another_region(office: Office) -> None:
    elsewhere = factories.world()
    answer = office.enter(office.world.manager).post(
        "/cycle/open", "/cycle", region=elsewhere.region_id, fiscal_year="2021", framework=factories.FORM
    )
    assert answer.status_code == 422
    assert "没有找到这个行政区" in answer.text


@pytest.mark.parametrize("path", ["indicators[99]", "no such place", "operator"])
def test_a_remark_on_no_place_of_the_sheet_comes_back(path: str, office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    answer = office.enter(office.world.own.officer).post(
        f"{office.table}/remarks", f"{office.table}/review", must="yes", path=path, text="写在哪里"
    )
    assert answer.status_code == 422
    assert "写在哪里" in answer.text


def test_words_from_a_form_are_never_taken_for_markup(office: Office) -> None:
    office.world.bring_to(State.FINANCE_REVIEW)
    office.enter(office.world.own.officer)
    office.post(
        f"{office.table}/remarks", f"{office.table}/review", must="yes", path="*", text="<b onclick=x>请补充</b>"
    )
    page = office.get(f"{office.table}/review")
    assert "<b onclick" not in page
    assert "&lt;b onclick=x&gt;" in page
