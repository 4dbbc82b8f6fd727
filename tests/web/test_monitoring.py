"""Monitoring and self-evaluation as pages: the rate explained, reports and confirmations, indicator by indicator."""

import json
import re
from datetime import date
from fractions import Fraction

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import clock
from config.database import db
from tests import factories
from tests.web.conftest import counted_queries, enter, key_of, post
from workflow import cycle as cycles
from workflow.models import Cycle, IndicatorResult, Project, ProjectReport
from workflow.monitoring import Light, goal_progress, light
from workflow.states import State

MONEY = {"year_start": "100", "adjusted": "100", "executed": "60", "expected": "100"}


@pytest.fixture
def world(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> factories.World:
    """A world whose clock is the pages' clock too."""
    made = factories.world()
    for module in ("monitoring", "evaluation"):
        monkeypatch.setattr(f"web.department.{module}.now", made.clock)
    monkeypatch.setattr("web.answering.now", made.clock)
    assert clock.now() != made.clock()
    return made


@pytest.fixture
def monitored(world: factories.World) -> factories.World:
    """Four projects, the round open: none reported."""
    return world.bring_to(State.MONITORING)


@pytest.mark.parametrize(
    ("reached", "expected", "lower", "shown"),
    [
        (Fraction("59.99"), Fraction(100), False, Light.RED),
        (Fraction(60), Fraction(100), False, Light.YELLOW),
        (Fraction("79.99"), Fraction(100), False, Light.YELLOW),
        (Fraction(80), Fraction(100), False, Light.GREEN),
        (Fraction("119.99"), Fraction(100), False, Light.GREEN),
        (Fraction(120), Fraction(100), False, Light.BLUE),
        (Fraction(0), Fraction(100), False, Light.RED),
        (Fraction(10), Fraction(10), True, Light.GREEN),
        (Fraction(11), Fraction(10), True, Light.RED),
        (Fraction(10), Fraction(0), False, Light.NOT_APPLICABLE),
        (None, Fraction(10), False, Light.NOT_APPLICABLE),
    ],
)
def test_a_light_changes_exactly_at_its_thresholds(
    reached: Fraction | None, expected: Fraction, lower: bool, shown: Light
) -> None:
    assert light(reached, expected, lower_is_better=lower) is shown


def test_goal_progress_is_that_of_the_indicator_that_lags_most() -> None:
    half_a_year = Fraction(6, 12)
    rows = [{"actual": "50%", "target": "100%"}, {"actual": "20 场", "target": "80 场"}, {"actual": "还在招标"}]
    measured = goal_progress(rows, half_a_year)
    assert (measured.light, measured.percent) == (Light.RED, Fraction(50))


@pytest.mark.parametrize(
    ("name", "target", "actual", "shown", "percent"),
    [
        ("供水水质达标率", "≥99%", "99.2%", Light.GREEN, "100.2"),
        ("群众满意度", "≥90%", "45%", Light.RED, "50.0"),
        ("设备完好率", "95", "95", Light.GREEN, "100.0"),
        ("培训场次", "80 场", "66 场", Light.GREEN, "99.0"),
        ("培训场次", "80 场", "80 场", Light.BLUE, "120.0"),
        ("任务完成率", "100%", "100%", Light.BLUE, "120.0"),
        ("工程进度", "100%", "50%", Light.YELLOW, "60.0"),
        ("投诉率", "≤5%", "6%", Light.RED, "120.0"),
    ],
)
def test_a_rate_is_measured_against_its_target_and_a_quantity_by_the_months_gone(
    name: str, target: str, actual: str, shown: Light, percent: str
) -> None:
    """After ten months of twelve."""
    measured = goal_progress([{"name": name, "target": target, "actual": actual}], Fraction(10, 12))
    assert measured.percent is not None
    assert (measured.light, f"{float(measured.percent):.1f}") == (shown, percent)


def test_the_page_says_what_is_missing_and_why_each_project_does_not_count(
    monitored: factories.World, browser: FlaskClient
) -> None:
    monitored.confirm("P1")
    monitored.report("P2")
    enter(browser, monitored.own.reviewer)
    page = browser.get(f"/tables/{monitored.own.table_id}/monitoring").text
    for words in ("1/4 = 25.0 %", "再完成 1 个项目即达标", "1—7月已确认", "部门还没有确认", "还没有填报", "另一种口径"):
        assert words in page
    assert "最后一个监控期“1—7月”到 2020-08-31 24:00 才结束" in page


def test_the_page_says_why_the_other_denominator_is_the_other_in_the_forms_own_words(
    world: factories.World, browser: FlaskClient
) -> None:
    world.bring_to(State.APPROVED)
    world.list_projects(3)
    aside = {"must_monitor": False, "why_not_monitored": "当年新增"}
    world.recorded("list_project", world.own.editor, code="P4", name="项目4", budget="100", **aside)
    world.clock.on(date(factories.YEAR, 8, 3))
    world.arrive(State.MONITORING)
    world.confirm("P1")
    enter(browser, world.own.reviewer)
    page = f"/tables/{world.own.table_id}/monitoring"
    told = browser.get(page).text
    assert "另一种口径（应监控项目）：1/3 = 33.3 %，只供参考，不作为达标依据" in told
    assert "达标与否只看这个完成率，按全部项目算，因为表样的计算公式如此" in told
    assert re.search('class="rate-figure">([^<]*)<', told)[1] == "1/4 = 25.0 %"
    # A year keeps its form's text as it was: with the other rule it says so, and without a reason it invents none.
    cycle = db.session().get_one(Cycle, world.cycle_id)
    form = json.loads(cycle.framework)
    form["monitoring"] = {"denominator": "must_monitor"}
    cycle.framework = json.dumps(form)
    db.session().commit()
    told = browser.get(page).text
    assert "另一种口径（全部项目）：1/4 = 25.0 %，只供参考，不作为达标依据" in told
    assert "达标与否只看这个完成率，按应监控项目算。" in told
    assert re.search('class="rate-figure">([^<]*)<', told)[1] == "1/3 = 33.3 %"


def test_an_editor_reports_a_project(monitored: factories.World, browser: FlaskClient) -> None:
    enter(browser, monitored.own.editor)
    project = factories.project_ids(monitored.own.table_id)["P1"]
    path = f"/tables/{monitored.own.table_id}/monitoring/reports/{project}"
    row = {"rows": "1", "name-0": "完成率", "target-0": "100%", "actual-0": "60%", "likelihood-0": "能"}
    answer = post(browser, path, MONEY | row | {"round_id": str(monitored.rounds[0])})
    assert answer.status_code == 303
    db.session().rollback()
    report = db.session().query(ProjectReport).one()
    assert (report.executed, report.indicators[0]["actual"]) == (60_000_000, "60%")


def test_a_refused_report_comes_back_with_what_was_typed(monitored: factories.World, browser: FlaskClient) -> None:
    enter(browser, monitored.own.editor)
    project = factories.project_ids(monitored.own.table_id)["P1"]
    path = f"/tables/{monitored.own.table_id}/monitoring/reports/{project}"
    row = {"rows": "1", "name-0": "完成率", "actual-0": "六成", "likelihood-0": "不能", "why-0": "还在招标"}
    answer = post(browser, path, MONEY | row | {"round_id": str(monitored.rounds[0]), "executed": "约60"})
    assert answer.status_code == 422
    assert "不是数字" in answer.text
    for typed in ('value="约60"', 'value="六成"', "还在招标"):
        assert typed in answer.text


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        (
            {"adjusted": "442.7", "executed": "4427", "expected": "4427"},
            "executed",
            "已执行 4427 万元大于调整后预算 442.7 万元，请核对小数点；确有追加的先改调整后预算",
        ),
        ({"expected": "59.9"}, "expected", "预计全年执行 59.9 万元小于已执行 60 万元，请核对"),
        ({"executed": "约60"}, "executed", "不是数字"),
        ({"actual-1": ""}, "actual-1", "至少要有一行指标写明名称和至今完成多少"),
        ({"likelihood-1": "不能"}, "deviation-1", "原因要选"),
        ({"target-1": "≥12条", "actual-1": "3公里"}, "actual-1", "单位不同，请换算"),
        ({"actual-1": "20%"}, "why-1", "是红灯"),
    ],
)
def test_what_is_wrong_in_a_report_stands_beside_its_field(
    given: dict[str, str], field: str, words: str, monitored: factories.World, browser: FlaskClient
) -> None:
    enter(browser, monitored.own.editor)
    project = factories.project_ids(monitored.own.table_id)["P1"]
    path = f"/tables/{monitored.own.table_id}/monitoring/reports/{project}"
    row = {"rows": "2", "name-1": "完成率", "target-1": "100%", "actual-1": "60%", "likelihood-1": "能"}
    answer = post(browser, path, MONEY | row | {"round_id": str(monitored.rounds[0])} | given)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    beside = re.search(f'id="wrong-{field}">([^<]+)<', answer.text)
    assert beside is not None
    assert words in beside[1]
    assert f'aria-describedby="wrong-{field}"' in answer.text


def test_the_history_names_the_project_of_a_confirmation(monitored: factories.World, browser: FlaskClient) -> None:
    monitored.confirm("P1")
    enter(browser, monitored.own.editor)
    history = browser.get(f"/tables/{monitored.own.table_id}").text.split('id="history-title"', 1)[1]
    assert re.search(r"<strong>确认监控报告</strong>[^<]*\s*<p class=\"said\">项目1（[^）]+）</p>", history)
    assert re.search(r"<strong>登记监控项目</strong>[^<]*\s*<p class=\"said\">项目\d</p>", history)


def test_the_history_tells_the_amounts_of_a_report(monitored: factories.World, browser: FlaskClient) -> None:
    monitored.report("P1")
    enter(browser, monitored.own.editor)
    page = browser.get(f"/tables/{monitored.own.table_id}").text
    assert "项目1：调整后预算 100.0 万元，已执行 60.0 万元，预计全年 100.0 万元" in page


def test_several_reports_are_confirmed_at_once_each_with_its_result(
    monitored: factories.World, browser: FlaskClient
) -> None:
    monitored.report("P1", "P2")
    enter(browser, monitored.own.reviewer)
    ids = factories.project_ids(monitored.own.table_id)
    page = f"/tables/{monitored.own.table_id}/monitoring"
    answer = post(browser, f"{page}/confirm", {"project": [ids["P1"], ids["P2"], ids["P3"]]}, form=page)
    assert answer.status_code == 303
    shown = browser.get(page).text
    assert "已确认：项目1。完成率 1/4 = 25.0%" in shown
    assert "已确认：项目2。完成率 2/4 = 50.0%" in shown
    assert "“项目3”没有确认：“项目3”本期还没有报告" in shown


def test_sending_a_confirmation_twice_confirms_once(monitored: factories.World, browser: FlaskClient) -> None:
    monitored.report("P1")
    enter(browser, monitored.own.reviewer)
    page = f"/tables/{monitored.own.table_id}/monitoring"
    text = browser.get(page).text
    data = {
        "csrf_token": re.search('csrf_token" value="([^"]+)', text)[1],
        "key": re.search('name="key" value="([^"]+)', text)[1],
        "project": factories.project_ids(monitored.own.table_id)["P1"],
    }
    assert browser.post(f"{page}/confirm", data=data).status_code == 303
    assert browser.post(f"{page}/confirm", data=data).status_code == 303


def test_no_report_is_ticked_until_somebody_ticks_it(monitored: factories.World, browser: FlaskClient) -> None:
    monitored.report("P1", "P2")
    enter(browser, monitored.own.reviewer)
    page = f"/tables/{monitored.own.table_id}/monitoring"
    assert " checked" not in browser.get(page).text
    every = re.search(r'href="([^"]+)" data-ticks="project"[^>]*>全选待确认的 2 个', browser.get(page).text)
    assert every is not None
    assert browser.get(every[1].replace("&amp;", "&")).text.count(" checked") == 2


def test_a_reviewer_sends_a_report_back_and_the_editor_reads_why(
    monitored: factories.World, browser: FlaskClient
) -> None:
    monitored.report("P1")
    project = factories.project_ids(monitored.own.table_id)["P1"]
    path = f"/tables/{monitored.own.table_id}/monitoring/reports/{project}"
    enter(browser, monitored.own.reviewer)
    given = {"round_id": str(monitored.rounds[0])}
    silent = post(browser, f"{path}/return", given | {"reason": " "}, form=path)
    assert silent.status_code == 422
    assert "退回理由不能为空" in silent.text
    assert post(browser, f"{path}/return", given | {"reason": "请写明来源"}, form=path).status_code == 303
    page = f"/tables/{monitored.own.table_id}/monitoring"
    assert "退回：请写明来源" in browser.get(page).text
    assert "全选" not in browser.get(page).text
    read = browser.get(path).text
    assert "等填报人修改后重新填报" in read
    assert "确认报告" not in read
    browser.post("/sign-out", data={"csrf_token": key_of(read)})
    enter(browser, monitored.own.editor)
    written = browser.get(path).text
    assert "请写明来源" in written
    assert 'value="60.0"' in written or 'value="60"' in written
    assert "改报告" in browser.get(page).text


def test_a_project_counted_before_says_so_and_its_report_is_nobodys_next_step(
    world: factories.World, browser: FlaskClient
) -> None:
    given = {"cycle_id": world.cycle_id, "person_id": world.manager, "now": world.clock}
    world.bring_to(State.APPROVED)
    world.list_projects(2)
    later = date(factories.YEAR, 10, 12)
    period = (date(factories.YEAR, 1, 1), date(factories.YEAR, 9, 30))
    world.rounds.append(
        cycles.add_round(name="1—9月", period=period, opens_on=later, closes_on=date(factories.YEAR, 10, 30), **given)
    )
    world.clock.on(date(factories.YEAR, 8, 3))
    world.arrive(State.MONITORING)
    world.confirm("P1")
    world.clock.on(later)
    world.tick()
    enter(browser, world.own.editor)
    page = f"/tables/{world.own.table_id}/monitoring"
    shown = browser.get(page).text
    assert "本期未填报；已在 1—7月 计入" in shown
    assert 'class="primary button"' in shown
    world.report("P2", round_number=2)
    shown = browser.get(page).text
    assert 'class="primary button"' not in shown
    assert "1 份报告等部门审核人确认" in shown


def test_a_light_stands_beside_the_round_whose_months_it_is_measured_by(
    world: factories.World, browser: FlaskClient
) -> None:
    """P1 was reported for seven months and P2 for nine, each with the same money."""
    given = {"cycle_id": world.cycle_id, "person_id": world.manager, "now": world.clock}
    world.bring_to(State.APPROVED)
    world.list_projects(2)
    later = date(factories.YEAR, 10, 12)
    period = (date(factories.YEAR, 1, 1), date(factories.YEAR, 9, 30))
    world.rounds.append(
        cycles.add_round(name="1—9月", period=period, opens_on=later, closes_on=date(factories.YEAR, 10, 30), **given)
    )
    world.clock.on(date(factories.YEAR, 8, 3))
    world.arrive(State.MONITORING)
    world.confirm("P1")
    world.clock.on(later)
    world.tick()
    enter(browser, world.own.editor)
    so_far = "本期（1—9月）已报 %s 个，已确认 0 个；全年已监控 1 个，共 2 个项目"
    page = f"/tables/{world.own.table_id}/monitoring"
    shown = browser.get(page).text
    assert "按报告所在监控期的时间进度：1—7月 7/12 <" in shown
    assert so_far % 0 in shown
    world.report("P2", round_number=2)
    shown = browser.get(page).text
    assert "按报告所在监控期的时间进度：1—7月 7/12，1—9月 9/12 <" in shown
    rows = dict(re.findall(r'<td class="number code"[^>]*>(P\d)</td>(.*?)</tr>', shown, re.S))
    assert '1—7月 <span class="hint-inline">7/12' in rows["P1"]
    assert '1—9月 <span class="hint-inline">9/12' in rows["P2"]
    assert so_far % 1 in shown


def test_confirming_nothing_says_what_to_do(monitored: factories.World, browser: FlaskClient) -> None:
    enter(browser, monitored.own.reviewer)
    page = f"/tables/{monitored.own.table_id}/monitoring"
    answer = post(browser, f"{page}/confirm", form=page)
    assert answer.status_code == 422
    assert "请先在表里勾选" in answer.text


def test_the_round_that_closed_takes_no_report(monitored: factories.World, browser: FlaskClient) -> None:
    enter(browser, monitored.own.editor)
    monitored.clock.on(date(factories.YEAR, 9, 1))
    page = browser.get(f"/tables/{monitored.own.table_id}/monitoring").text
    assert "填报告" not in page
    assert "只有财政绩效处能延期" in page


def test_an_editor_lists_a_project_and_says_why_it_is_not_monitored(
    world: factories.World, browser: FlaskClient
) -> None:
    enter(browser, world.own.editor)
    path = f"/tables/{world.own.table_id}/projects/add"
    data = {"code": "K1", "name": "河道清淤", "budget": "1,200.5", "must_monitor": "no", "must_evaluate": "yes"}
    refused = post(browser, path, data)
    assert refused.status_code == 422
    assert "不监控的理由不能为空" in refused.text
    assert 'value="河道清淤"' in refused.text
    assert post(browser, path, data | {"why_not_monitored": "六月才下达"}).status_code == 303
    listed = db.session().query(Project).one()
    assert (listed.budget, listed.must_monitor, listed.why_not_monitored) == (1_200_500_000, False, "六月才下达")
    assert re.search('<a href="#why_not_monitored">不监控的理由不能为空', refused.text)
    assert 'id="why_not_monitored-wrong">不监控的理由不能为空' in refused.text
    assert (
        'aria-describedby="budget-wrong"'
        in post(browser, path, data | {"code": "K2", "name": "堤防", "budget": "很多"}).text
    )


def test_a_new_project_with_a_code_that_is_taken_overwrites_nothing(
    world: factories.World, browser: FlaskClient
) -> None:
    enter(browser, world.own.editor)
    path = f"/tables/{world.own.table_id}/projects/add"
    data = {"code": "K1", "name": "河道清淤", "budget": "12", "must_monitor": "yes", "must_evaluate": "yes"}
    assert post(browser, path, data).status_code == 303
    again = post(browser, path, data | {"name": "堤防加固", "budget": "99"})
    assert again.status_code == 422
    assert '<a href="#code">编码 K1 已是项目“河道清淤”的，请换一个编码' in again.text
    kept = db.session().query(Project).one()
    assert (kept.name, kept.budget) == ("河道清淤", 12_000_000)
    change = f"/tables/{world.own.table_id}/projects/{kept.id}"
    assert post(browser, change, data | {"name": "河道清淤二期"}).status_code == 303


def test_the_overview_shows_rate_and_what_is_missing_below_target_first(
    monitored: factories.World, browser: FlaskClient
) -> None:
    enter(browser, monitored.manager)
    page = browser.get("/monitoring").text
    assert "0/4 = 0.0 %" in page
    assert "再完成 2 个项目" in page
    assert "08-31 周一" in page


def test_more_projects_take_no_more_queries(monitored: factories.World, browser: FlaskClient) -> None:
    enter(browser, monitored.own.reviewer)
    path = f"/tables/{monitored.own.table_id}/monitoring"
    browser.get(path)
    with counted_queries() as few:
        browser.get(path)
    for number in range(5, 25):
        monitored.recorded("list_project", monitored.own.editor, code=f"P{number}", name=f"项目{number}", budget="1")
    monitored.confirm("P1", "P2", "P3")
    with counted_queries() as many:
        browser.get(path)
    assert len(many) <= len(few) + 1


# Self-evaluation


@pytest.fixture
def evaluating(world: factories.World) -> factories.World:
    """A table in self-evaluation, its window open, nothing written."""
    world.bring_to(State.SELF_EVALUATION)
    world.clock.on(date(factories.YEAR + 1, 2, 1))
    return world


def row_keys(page: str) -> dict[str, str]:
    """The form key and the keys of the rows."""
    keys = dict(re.findall(r'name="(key-\d+)" value="([^"]+)"', page))
    return keys | {"csrf_token": re.search('csrf_token" value="([^"]+)', page)[1]}


def test_all_rows_are_saved_and_counted(evaluating: factories.World, browser: FlaskClient) -> None:
    enter(browser, evaluating.own.editor)
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    page = browser.get(path).text
    assert "还没有开始填，共 23 行" in page
    answer = browser.post(path, data=row_keys(page) | {"actual-1": "96", "actual-2": "95"})
    assert answer.status_code == 303
    shown = browser.get(path).text
    assert "完成 2，未完成 0" in shown or "完成 3，未完成 0" in shown
    assert {r.number for r in db.session().query(IndicatorResult)} >= {1, 2}


def test_page_and_desk_count_the_self_evaluation_alike(
    evaluating: factories.World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.department.desk.now", evaluating.clock)
    enter(browser, evaluating.own.editor)
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    browser.post(
        path, data=row_keys(browser.get(path).text) | {"actual-1": "98", "actual-2": "96", "reason-16": "项目多"}
    )
    assert "系统计算 1 行，您填了 2 行，还差 20 行" in browser.get(path).text
    assert "系统计算 1 行，填了 2 行，还差 20 行" in browser.get("/").text


def test_each_row_says_when_it_was_saved_and_saving_again_says_so(
    evaluating: factories.World, browser: FlaskClient
) -> None:
    enter(browser, evaluating.own.editor)
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    keys = row_keys(browser.get(path).text)
    saved = browser.post(f"{path}/rows/1", data=keys | {"actual-1": "96"}).text
    assert re.search(r"已保存 (\d+-)?02-01 10:00", saved)
    refused = browser.post(f"{path}/rows/2", data=keys | {"actual-2": "九成"})
    assert "未保存：第 2 行" in refused.text
    computed = row_keys(browser.get(path).text) | {"actual-1": "96"}
    browser.post(path, data=computed)
    assert browser.post(path, data=row_keys(browser.get(path).text) | {"actual-1": "96"}).status_code == 303
    assert "都已保存" in browser.get(path).text


def test_the_counts_of_a_self_evaluation_add_up(evaluating: factories.World, browser: FlaskClient) -> None:
    enter(browser, evaluating.own.editor)
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    browser.post(
        path, data=row_keys(browser.get(path).text) | {"actual-1": "5", "actual-2": "96", "reason-16": "项目多"}
    )
    page = browser.get(path).text
    assert "系统计算 1 行，您填了 1 行，还差 21 行（其中 1 行已填，缺原因） · 完成 2，未完成 0，不适用 0" in page


def test_a_reviewer_reads_every_value_before_reporting_and_who_goes_on_is_named(
    evaluating: factories.World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.department.desk.now", evaluating.clock)
    evaluating.recorded("record_result", evaluating.own.editor, number=1, actual="5", reason="")
    path = f"/tables/{evaluating.own.table_id}"
    enter(browser, evaluating.own.reviewer)
    asked = browser.get(f"{path}/do/report_evaluation").text
    assert re.search(r'#row-1">[^<]*没有完成，要写原因<', asked)
    assert "不办了，回到表" not in asked
    evaluating.evaluate()
    assert f'href="{path}/evaluation"' in browser.get("/").text
    with counted_queries() as sent:
        page = browser.get(f"{path}/evaluation").text
    assert len(sent) <= 12
    assert "要改的，请填报人 水利厅填报甲 改好再报送，不用退回；报送以后要改，由财政审核人退回。" in page
    asked = browser.get(f"{path}/do/report_evaluation").text
    for line in evaluating.goals().indicators:
        assert line.level3 in asked
    assert "50.0 %" in asked
    assert "按年初计划完成" in asked
    browser = browser.application.test_client()
    enter(browser, evaluating.own.editor)
    assert re.search("已填完整，等部门审核人[^。]*报送", browser.get(f"{path}/evaluation").text)
    evaluating.moved("report_evaluation", evaluating.own.reviewer)
    assert re.search("已报送，等财政审核人[^。]*复核", browser.get(f"{path}/evaluation").text)


@pytest.mark.parametrize("page", ["evaluation", "do/report_evaluation"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_reviewer_who_wants_it_changed_reads_whom_to_ask_and_finds_no_button_for_it(
    page: str, whole: bool, evaluating: factories.World, browser: FlaskClient
) -> None:
    evaluating.recorded("record_result", evaluating.own.second_editor, number=1, actual="1", reason="已报")
    if whole:
        evaluating.evaluate()
    enter(browser, evaluating.own.reviewer)
    html = browser.get(f"/tables/{evaluating.own.table_id}/{page}").text
    asked = " 水利厅填报甲、水利厅填报乙 " if whole else " 水利厅填报乙 "
    assert html.count(f"要改的，请填报人{asked}改好再报送，不用退回；") == 1
    assert "退回</" not in html.split('id="content"')[1]


def test_who_is_both_editor_and_reviewer_changes_it_themselves(
    evaluating: factories.World, browser: FlaskClient
) -> None:
    enter(browser, evaluating.own.both)
    assert "要改的，您改好再报送，不用退回；" in browser.get(f"/tables/{evaluating.own.table_id}/evaluation").text


def test_what_is_wrong_in_one_row_leaves_the_others_saved(evaluating: factories.World, browser: FlaskClient) -> None:
    enter(browser, evaluating.own.editor)
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    answer = browser.post(path, data=row_keys(browser.get(path).text) | {"actual-1": "九成", "actual-2": "96"})
    assert answer.status_code == 422
    assert "有 1 行没有保存" in answer.text
    assert 'value="九成"' in answer.text
    assert 2 in {r.number for r in db.session().query(IndicatorResult)}


def test_one_row_is_saved_alone_and_says_what_is_still_missing(
    evaluating: factories.World, browser: FlaskClient
) -> None:
    enter(browser, evaluating.own.editor)
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    keys = row_keys(browser.get(path).text)
    answer = browser.post(f"{path}/rows/1", data=keys | {"actual-1": "80"})
    assert answer.status_code == 200
    assert "未完成" in answer.text
    assert "没有完成，要写原因" in answer.text
    assert 'name="key-1"' in answer.text
    again = browser.post(f"{path}/rows/1", data=keys | {"actual-1": "81"})
    assert again.status_code == 409


def test_not_applicable_without_a_reason_is_missing_one(evaluating: factories.World, browser: FlaskClient) -> None:
    enter(browser, evaluating.own.editor)
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    keys = row_keys(browser.get(path).text)
    answer = browser.post(f"{path}/rows/1", data=keys | {"verdict-1": "not_applicable"})
    assert "写作不适用，要说明原因" in answer.text


def test_the_computed_rate_is_shown_and_not_asked(evaluating: factories.World, browser: FlaskClient) -> None:
    enter(browser, evaluating.own.editor)
    page = browser.get(f"/tables/{evaluating.own.table_id}/evaluation").text
    number = 1 + [row.level3 for row in evaluating.goals().indicators].index("绩效监控完成率")
    row = page.split(f'id="row-{number}"', 1)[1].split("</tr>", 1)[0]
    assert f'name="actual-{number}"' not in row
    assert re.search(r"50\.0 % <span[^>]*>系统计算</span>", row)
    assert "系统已算出，“全部保存”时记下" in row
    assert "还没有自评" not in row
    path = f"/tables/{evaluating.own.table_id}/evaluation"
    browser.post(path, data=row_keys(browser.get(path).text) | {"actual-1": "96"})
    row = browser.get(path).text.split(f'id="row-{number}"', 1)[1].split("</tr>", 1)[0]
    assert re.search(r"系统计算 (\d+-)*02-01 10:00", row)
    assert "已保存" not in row


def test_an_officer_reads_the_results_and_finds_the_decision_below(
    world: factories.World, browser: FlaskClient
) -> None:
    world.bring_to(State.EVALUATION_REVIEW)
    enter(browser, world.own.officer)
    page = browser.get(f"/tables/{world.own.table_id}/evaluation").text
    assert "系统计算 1 行，填了 22 行，完整" in page
    assert '50.0 % <span class="hint-inline">系统计算</span>' in page
    assert "<textarea" not in page
    assert f"/tables/{world.own.table_id}/evaluation-review" in page
    assert "系统计算 1 行，填了 22 行，完整" in browser.get("/evaluation").text
    review = browser.get(f"/tables/{world.own.table_id}/evaluation-review").text
    assert '50.0 % <span class="hint">系统计算</span>' in review
    assert "完成 23，未完成 0，不适用 0" in page
    assert "完成 23，未完成 0，不适用 0" in review


@pytest.mark.parametrize("path", ["monitoring", "projects/add", "projects/1", "monitoring/reports/1", "evaluation"])
def test_another_departments_pages_do_not_exist(path: str, monitored: factories.World, browser: FlaskClient) -> None:
    enter(browser, monitored.neighbour.editor)
    assert browser.get(f"/tables/{monitored.own.table_id}/{path}").status_code == 404
