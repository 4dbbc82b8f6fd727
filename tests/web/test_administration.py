"""Administration and audit as pages: accounts, departments, appointments, sign-ins; the ledger and whether it holds."""

import io
import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from accounts import attempts, attention
from accounts import people as accounts
from accounts.keeping import Keeper
from accounts.models import Appointment, Department, Person
from accounts.roles import Role
from accounts.scope import local_day
from config.clock import now
from config.database import db, writing
from forms import cells, store
from ledger import book
from ledger.models import Entry
from tests import factories
from tests.web.conftest import PASSWORD, counted_queries, enter, post, sign_in
from workflow import loading
from workflow.states import State


@pytest.fixture
def world(pages: Flask) -> factories.World:
    """A region with its people, each with a password of their own."""
    made = factories.world()
    db.session().execute(update(Person).values(password_hash="-", must_change_password=False))
    db.session().commit()
    return made


@pytest.fixture
def admin(world: factories.World, browser: FlaskClient) -> FlaskClient:
    """A browser in which the region's administrator is signed in."""
    enter(browser, world.administrator)
    return browser


@pytest.fixture
def auditor(world: factories.World, browser: FlaskClient) -> FlaskClient:
    """A browser in which the region's auditor is signed in."""
    enter(browser, world.auditor)
    return browser


def fresh() -> None:
    """End what this test was reading, so that it sees what the pages wrote."""
    db.session().rollback()


def elsewhere() -> tuple[int, int]:
    """Another region with a department and its editor: (department, editor)."""
    other = factories.world()
    return other.own.id, other.own.editor


def test_a_new_account_shows_its_first_password_once_and_it_works(admin: FlaskClient, pages: Flask) -> None:
    answer = post(admin, "/people/new", {"login": "muzi", "name": "木子林", "email": ""})
    assert answer.status_code == 200
    password = re.search(r'class="secret">([^<]+)', answer.text)[1]
    fresh()
    made = accounts.by_login(db.session(), "muzi")
    assert made is not None
    assert made.must_change_password
    assert password not in admin.get(f"/people/{made.id}").text
    other = pages.test_client()
    assert sign_in(other, "muzi", password).status_code == 302


def test_a_login_that_is_taken_comes_back_with_what_was_typed(admin: FlaskClient, world: factories.World) -> None:
    taken = db.session().get_one(Person, world.own.editor).login
    answer = post(admin, "/people/new", {"login": taken, "name": "木子林", "email": "m@example.org"})
    assert answer.status_code == 422
    assert "已经有人使用" in answer.text
    assert 'value="木子林"' in answer.text
    assert 'value="m@example.org"' in answer.text


def test_a_new_account_is_told_all_its_faults_at_once_each_beside_its_field(admin: FlaskClient) -> None:
    answer = post(admin, "/people/new", {"login": "a b", "name": " ", "email": "没有"})
    assert answer.status_code == 422
    for field, words in (("name", "姓名不能为空"), ("login", "账号要 2 到 80 个字符"), ("email", "不是邮箱地址")):
        assert re.search(f'<a href="#{field}">[^<]*{words}', answer.text)
        assert re.search(f'<p class="wrong" id="{field}-wrong">[^<]*{words}', answer.text)
        assert f'aria-describedby="{field}-wrong"' in answer.text
    assert 'method="post" novalidate>' in answer.text


def test_one_fault_of_a_new_account_leaves_the_other_fields_alone(admin: FlaskClient) -> None:
    answer = post(admin, "/people/new", {"login": "muzi", "name": "木子林", "email": "@"})
    assert answer.text.count('aria-invalid="true"') == 1
    fresh()
    assert db.session().query(Person).filter_by(login="muzi").count() == 0


def test_people_are_found_by_a_part_of_the_name(admin: FlaskClient) -> None:
    page = admin.get("/people?q=水利厅填报甲").text
    assert "水利厅填报甲" in page
    assert "林业局填报甲" not in page


def test_disabling_needs_a_reason_and_ends_the_session(
    admin: FlaskClient, world: factories.World, pages: Flask
) -> None:
    other = pages.test_client()
    enter(other, world.own.editor)
    page = f"/people/{world.own.editor}"
    refused = post(admin, f"{page}/disable", {"reason": ""}, form=page)
    assert refused.status_code == 422
    assert "停用账号要写原因" in refused.text
    assert post(admin, f"{page}/disable", {"reason": "离职"}, form=page).status_code == 303
    assert other.get("/").status_code == 302
    assert post(admin, f"{page}/enable", {"reason": "返聘"}, form=page).status_code == 303


def test_nobody_disables_their_own_account(admin: FlaskClient, world: factories.World) -> None:
    page = f"/people/{world.administrator}"
    answer = post(admin, f"{page}/disable", {"reason": "试试"}, form=page)
    assert answer.status_code == 422
    assert "不能停用您自己的账号" in answer.text


def test_a_forgotten_password_is_replaced(admin: FlaskClient, world: factories.World, pages: Flask) -> None:
    enter(pages.test_client(), world.own.editor)
    login = db.session().get_one(Person, world.own.editor).login
    page = f"/people/{world.own.editor}"
    answer = post(admin, f"{page}/first-password", form=page)
    password = re.search(r'class="secret">([^<]+)', answer.text)[1]
    assert sign_in(pages.test_client(), login, PASSWORD).status_code == 422
    assert sign_in(pages.test_client(), login, password).status_code == 302


def test_an_appointment_is_made_and_given_its_last_day(admin: FlaskClient, world: factories.World) -> None:
    page = f"/people/{world.own.officer}"
    data = {"role": Role.OFFICER, "place": world.neighbour.id, "starts_on": "2021-01-01"}
    assert post(admin, f"{page}/appointments", data, form=page).status_code == 303
    fresh()
    made = (
        db.session().query(Appointment).filter_by(person_id=world.own.officer).order_by(Appointment.id.desc()).first()
    )
    assert (made.department_id, made.ends_on) == (world.neighbour.id, None)
    ended = post(admin, f"{page}/appointments/{made.id}/end", {"last_day": "2021-12-31"}, form=page)
    assert ended.status_code == 303
    fresh()
    assert db.session().get_one(Appointment, made.id).ends_on == date(2022, 1, 1)
    assert "最后一天：2021-12-31，到那天 24:00 为止仍在任" in admin.get(page).text
    too_early = post(admin, f"{page}/appointments/{made.id}/end", {"last_day": "2020-12-31"}, form=page)
    assert "最后一天最早是 2021-01-01，到那天 24:00 结束；要马上结束，请选“从现在起结束”" in too_early.text


def test_an_appointment_made_today_is_ended_from_now_on_with_its_reason(
    admin: FlaskClient, world: factories.World, pages: Flask
) -> None:
    somebody = factories.person("临时填报", (Role.EDITOR, world.region_id, world.own.id))
    held = db.session().query(Appointment).filter_by(person_id=somebody).one()
    held.starts_on = today = local_day(now(), "Asia/Shanghai")
    db.session().commit()
    theirs, table = pages.test_client(), f"/tables/{world.own.table_id}"
    enter(theirs, somebody)
    assert theirs.get(table).status_code == 200
    page, end = f"/people/{somebody}", f"/people/{somebody}/appointments/{held.id}/end"
    assert "从现在起结束…" in admin.get(page).text
    refused = post(admin, end, {"at_once": "yes", "reason": " "}, form=page)
    assert (refused.status_code, "请写从现在起结束任职的原因" in refused.text) == (422, True)
    assert theirs.get(table).status_code == 200
    assert post(admin, end, {"at_once": "yes", "reason": "登记错了人"}, form=page).status_code == 303
    assert theirs.get(table).status_code == 404
    said = admin.get(page).text
    assert f"{today} 起，已收回" in said
    assert "从现在起结束…" not in said
    fresh()
    entry = book.history(db.session(), f"person:{somebody}")[-1]
    assert (entry.act, book.said(entry)["reason"]) == ("appointment_ended", "登记错了人")
    # Appointed anew on the same day, it is the same appointment taken up again.
    again = {"role": Role.EDITOR, "place": world.own.id, "starts_on": today.isoformat()}
    assert post(admin, f"{page}/appointments", again, form=page).status_code == 303
    assert theirs.get(table).status_code == 200


def test_nobody_ends_their_own_appointment_from_now_on(admin: FlaskClient, world: factories.World) -> None:
    page = f"/people/{world.administrator}"
    assert "从现在起结束…" not in admin.get(page).text
    held = db.session().query(Appointment).filter_by(person_id=world.administrator).one()
    answer = post(admin, f"{page}/appointments/{held.id}/end", {"at_once": "yes", "reason": "试试"}, form=page)
    assert answer.status_code == 422
    assert "请由另一位系统管理员办理" in answer.text


def test_an_auditor_cannot_become_an_editor_too(admin: FlaskClient, world: factories.World) -> None:
    page = f"/people/{world.auditor}"
    data = {"role": Role.EDITOR, "place": world.own.id, "starts_on": "2026-01-01"}
    answer = post(admin, f"{page}/appointments", data, form=page)
    assert answer.status_code == 422
    assert "三权分立" in answer.text
    assert f'value="{world.own.id}" selected' in answer.text


def test_nothing_is_preselected_where_somebody_is_appointed(admin: FlaskClient, world: factories.World) -> None:
    page = admin.get(f"/people/{world.own.editor}").text
    place = page.split('id="place"')[1].split("</select>")[0]
    assert place.index('<option value="">请选择') < place.index("整个地区")
    assert "selected" not in place


@pytest.mark.parametrize(
    ("role", "place", "words"),
    [
        ("", "region", "“角色”还没有选"),
        (Role.EDITOR, "", "“范围”还没有选：填报人要选一个部门"),
        (Role.EDITOR, "region", "“范围”选得不对：填报人要选一个部门"),
        (Role.MANAGER, "", "“范围”还没有选：绩效处管理人要选“整个地区”"),
        (Role.MANAGER, "1", "“范围”选得不对：绩效处管理人要选“整个地区”"),
    ],
)
def test_an_appointment_without_its_place_names_the_field(
    role: str, place: str, words: str, admin: FlaskClient, world: factories.World
) -> None:
    page = f"/people/{factories.person('新人')}"
    db.session().commit()
    data = {"role": role, "place": place, "starts_on": "2021-01-01"}
    answer = post(admin, f"{page}/appointments", data, form=page)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_role_of_the_region_is_given_for_the_whole_region(admin: FlaskClient, world: factories.World) -> None:
    page = f"/people/{factories.person('新人')}"
    db.session().commit()
    data = {"role": Role.MANAGER, "place": "region", "starts_on": "2021-01-01"}
    assert post(admin, f"{page}/appointments", data, form=page).status_code == 303


def test_another_regions_people_and_departments_do_not_exist(admin: FlaskClient) -> None:
    department, editor = elsewhere()
    assert admin.get(f"/people/{editor}").status_code == 404
    assert post(admin, f"/people/{editor}/disable", {"reason": "x"}, form="/people/new").status_code == 404
    assert admin.get(f"/departments/{department}").status_code == 404


def test_a_department_is_added_below_another_and_corrected(admin: FlaskClient, world: factories.World) -> None:
    data = {"code": "D-9", "name": "水文中心", "short_name": "", "parent_id": world.own.id, "submits": "no"}
    assert post(admin, "/departments/new", data).status_code == 303
    fresh()
    made = db.session().query(Department).filter_by(code="D-9").one()
    assert made.path == f"/{world.own.id}/{made.id}/"
    assert "depth-1" in admin.get("/departments").text
    refused = post(admin, f"/departments/{made.id}", {"name": "水利厅", "short_name": "水文", "parent_id": ""})
    assert refused.status_code == 422
    assert "已经登记" in refused.text


def test_a_roster_is_imported_with_a_result_for_each_line(admin: FlaskClient, world: factories.World) -> None:
    code = db.session().get_one(Department, world.own.id).code
    text = f"部门编码,姓名,账号,角色\n{code},禾苗青,hemiao,填报人\nNONE,风林晚,fenglin,填报人\n"
    answer = post(admin, "/people/import", {"file": (io.BytesIO(text.encode()), "人员.csv")})
    assert answer.status_code == 200
    assert "禾苗青" in answer.text
    assert 'class="secret"' in answer.text
    assert "1 行没有导入" in answer.text


def test_a_file_that_is_no_roster_says_so(admin: FlaskClient) -> None:
    answer = post(admin, "/people/import", {"file": (io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "old.xls")})
    assert answer.status_code == 422
    assert "旧的 xls 格式" in answer.text


def test_lines_of_a_region_somebody_else_keeps_are_refused(admin: FlaskClient) -> None:
    elsewhere()
    other = db.session().query(Department).order_by(Department.id.desc()).first().region.code
    text = f"地区代码,姓名,账号\n{other},风林晚,fenglin\n"
    answer = post(admin, "/people/import", {"file": (io.BytesIO(text.encode()), "人员.csv")})
    assert "不归您管理" in answer.text
    fresh()
    assert accounts.by_login(db.session(), "fenglin") is None


def test_sign_ins_show_who_failed_and_why(admin: FlaskClient, world: factories.World, pages: Flask) -> None:
    login = db.session().get_one(Person, world.own.editor).login
    sign_in(pages.test_client(), login, "wrong password")
    page = admin.get("/sign-ins?failed=1").text
    assert "水利厅填报甲" in page
    assert "密码不对" in page
    assert "系统管理员" not in page.split("<tbody>")[1]


def test_an_administrator_sees_no_table(admin: FlaskClient, world: factories.World) -> None:
    assert admin.get(f"/tables/{world.own.table_id}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/people", "/people/new", "/people/import", "/appointments", "/departments", "/sign-ins", "/audit"]
)
def test_a_manager_keeps_no_accounts_and_reads_no_audit(
    path: str, world: factories.World, browser: FlaskClient
) -> None:
    enter(browser, world.manager)
    assert browser.get(path).status_code == 403


def test_more_people_take_no_more_queries(admin: FlaskClient, world: factories.World) -> None:
    admin.get("/people")
    with counted_queries() as few:
        admin.get("/people")
    for number in range(20):
        factories.person(f"多一人{number}", (Role.EDITOR, world.region_id, world.own.id))
    db.session().commit()
    with counted_queries() as many:
        admin.get("/people")
    assert len(many) == len(few)


def names_on(page: str) -> list[str]:
    """The people a list shows, in its order."""
    return re.findall(r'<th scope="row"><a href="/people/\d+">([^<]+)', page)


@pytest.mark.each_database
def test_people_stand_by_department_then_by_name(admin: FlaskClient, world: factories.World) -> None:
    factories.person("无职")
    db.session().commit()
    shown = names_on(admin.get("/people").text)
    water = [name for name in shown if name.startswith("水利厅")]
    assert shown[:7] == water == sorted(water)
    assert shown[-1] == "无职"
    assert {"绩效处", "审计", "系统"} == set(shown[-4:-1])
    assert names_on(admin.get("/people?q=林业").text)[0] == "林业局专管"


@pytest.mark.each_database
def test_an_administrators_desk_says_what_is_not_complete(admin: FlaskClient, world: factories.World) -> None:
    factories.person("无职")
    factories.department(world.region_id, "空局")
    db.session().commit()
    page = admin.get("/").text
    assert "系统管理员管账号、部门和任职，不查看也不办理绩效目标表" in page
    assert "年度开始填报后" not in page
    for role in ("填报人", "部门审核人", "财政审核人"):
        assert f"没有能登录的{role}的部门 <span" in page
    assert 'href="/departments?without=editor"' in page
    assert 'href="/people?lack=appointment"' in page
    assert names_on(admin.get("/people?lack=appointment").text) == ["无职"]
    places = admin.get("/departments?without=editor").text
    assert "空局" in places
    assert "水利厅" not in places.split("<tbody>")[1]


def test_the_line_of_an_appointment_names_its_department(admin: FlaskClient, world: factories.World) -> None:
    page = f"/people/{world.own.editor}"
    sent = {"role": "editor", "place": world.neighbour.id, "starts_on": "2030-01-01", "last_day": ""}
    assert post(admin, f"{page}/appointments", sent, form=page).status_code == 303
    assert "已任职：填报人，林业局" in admin.get(page).text


def test_who_still_has_the_first_password_is_listed(admin: FlaskClient, world: factories.World) -> None:
    post(admin, "/people/new", {"login": "muzi", "name": "木子林", "email": ""})
    assert names_on(admin.get("/people?lack=own_password").text) == ["木子林"]


@pytest.mark.each_database
def test_an_account_that_must_wait_is_listed_until_the_time_is_over(
    admin: FlaskClient, world: factories.World, pages: Flask
) -> None:
    login = db.session().get_one(Person, world.own.editor).login
    for _ in range(attempts.MOST):
        sign_in(pages.test_client(), login, "wrong password")
    assert names_on(admin.get("/people?lack=patience").text) == ["水利厅填报甲"]
    assert "输错太多，暂缓登录" in admin.get("/people?q=水利厅填报甲").text
    fresh()
    assert attention.held_back(db.session(), now() + attempts.WITHIN) == set()


def test_where_all_is_complete_the_desk_says_so(admin: FlaskClient, world: factories.World) -> None:
    page = admin.get("/").text
    assert "没有等您办的事：每个编报部门都有" in page
    assert "本人都已改掉初始密码" in page


def test_an_account_without_a_password_waits_until_it_has_one(admin: FlaskClient, world: factories.World) -> None:
    with writing() as session:
        session.get_one(Person, world.own.editor).password_hash = None
    desk = admin.get("/").text
    assert "还没有初始密码、不能登录的账号" in desk
    assert "本人都已改掉初始密码" not in desk
    assert 'href="/people?lack=password"' in desk
    assert "1 个账号还没有初始密码，不能登录" in admin.get("/people").text
    assert names_on(admin.get("/people?lack=password").text) == ["水利厅填报甲"]


def test_a_department_whose_only_reviewers_cannot_sign_in_has_none(admin: FlaskClient, world: factories.World) -> None:
    reviewers = (world.own.reviewer, world.own.second_reviewer, world.own.both)
    with writing() as session:
        session.execute(update(Person).where(Person.id.in_(reviewers)).values(password_hash=None))
    assert "没有能登录的部门审核人的部门 <span" in admin.get("/").text
    rows = admin.get("/departments?without=department_reviewer").text.split("<tbody>")[1]
    assert "水利厅" in rows
    assert "林业局" not in rows


def test_the_administrators_desk_takes_no_more_queries_for_more_people(
    admin: FlaskClient, world: factories.World
) -> None:
    admin.get("/")
    with counted_queries() as few:
        admin.get("/")
    for number in range(20):
        factories.person(f"多一人{number}")
    db.session().commit()
    with counted_queries() as many:
        admin.get("/")
    assert len(many) == len(few) <= 12


def test_the_list_of_departments_names_who_holds_which_role(admin: FlaskClient, world: factories.World) -> None:
    factories.department(world.region_id, "空局")
    db.session().commit()
    page = admin.get("/departments").text
    assert "缺填报人 1" in page
    rows = page.split("<tbody>")[1]
    row = next(each for each in rows.split("<tr>") if "水利厅" in each)
    assert "水利厅审核甲" in row
    assert "没有" not in row
    assert next(each for each in rows.split("<tr>") if "空局" in each).count("没有") == 3


def test_a_department_without_a_head_can_be_found_and_waits_for_nobody(
    admin: FlaskClient, world: factories.World
) -> None:
    with writing() as session:
        session.query(Appointment).filter_by(person_id=world.own.head).update({"role": Role.EDITOR})
    assert "没有等您办的事" in admin.get("/").text
    page = admin.get("/departments").text
    assert "缺部门负责人 1" in page
    assert 'class="over"' not in page.split("<tbody>")[1]
    rows = admin.get("/departments?without=department_head").text.split("<tbody>")[1]
    assert "水利厅" in rows
    assert "林业局" not in rows


def test_a_head_is_appointed_on_a_persons_page(admin: FlaskClient, world: factories.World) -> None:
    page = f"/people/{world.own.editor}"
    sent = {"role": "department_head", "place": "region", "starts_on": "2030-01-01", "last_day": ""}
    assert "部门负责人要选一个部门" in post(admin, f"{page}/appointments", sent, form=page).text
    assert post(admin, f"{page}/appointments", sent | {"place": world.own.id}, form=page).status_code == 303
    assert "已任职：部门负责人，水利厅" in admin.get(page).text


def test_more_departments_take_no_more_queries(admin: FlaskClient, world: factories.World) -> None:
    admin.get("/departments")
    with counted_queries() as few:
        admin.get("/departments")
    for number in range(20):
        factories.department(world.region_id, f"又一局{number}")
    db.session().commit()
    with counted_queries() as many:
        admin.get("/departments")
    assert len(many) == len(few)


def test_an_officer_of_the_department_above_reaches_those_below() -> None:
    above = Department(id=1, path="/1/")
    below = Department(id=2, path="/1/2/")
    found = attention.without(
        [above, below], [attention.Held(Role.OFFICER, 1, "张"), attention.Held(Role.EDITOR, 1, "李")]
    )
    neither = (above, below)
    assert found == {Role.EDITOR: (below,), Role.REVIEWER: neither, Role.HEAD: neither, Role.OFFICER: ()}


# Audit


def test_the_audit_shows_who_did_what_with_its_hash(auditor: FlaskClient, world: factories.World) -> None:
    world.fill()
    entry = db.session().query(Entry).filter_by(act="import_sheet").one()
    page = auditor.get(f"/audit?table={world.own.table_id}").text
    rows = page.split("<tbody>")[1]
    assert "导入目标表" in rows
    assert "水利厅填报甲" in rows
    assert entry.hash[:12] in rows
    assert "不符" not in rows


def test_the_filters_narrow_by_person_act_and_day(auditor: FlaskClient, world: factories.World) -> None:
    world.fill()

    def rows(query: str) -> int:
        return auditor.get(f"/audit?{query}").text.count('class="hash"')

    assert rows("act=导入目标表") == 1
    assert rows("act=导入目标表&person=林业局") == 0
    assert rows("act=导入目标表&since=2019-11-04&until=2019-11-04") == 1
    assert rows("act=导入目标表&since=2019-11-05") == 0


def test_each_word_of_an_act_stands_in_the_filter_once(auditor: FlaskClient) -> None:
    acts = auditor.get("/audit").text.split('name="act"')[1].split("</select>")[0]
    words = re.findall(r"<option[^>]*>([^<]+)", acts)
    assert words.count("填报") == 1
    assert len(words) == len(set(words))


def test_one_word_finds_every_act_it_stands_for(auditor: FlaskClient, world: factories.World) -> None:
    seen = cells.mark("")
    world.recorded("save_cell", world.own.editor, path="annual_goal", text="保障供水。", seen=seen)
    world.fill()
    world.recorded(
        "edit_sheet", world.own.editor, changes=[["indicators[3].target_raw", "≥96%"]],
        seen=loading.sheet_edit(db.session(), world.table()),
    )  # fmt: skip
    rows = auditor.get("/audit?act=填报").text.split("<tbody>")[1]
    assert rows.count('class="hash"') == 2
    assert "指标第 4 行 指标值" in rows
    assert "年度履职目标" in rows
    assert "indicators[" not in rows


@pytest.mark.each_database
def test_the_records_of_one_department_are_found(auditor: FlaskClient, world: factories.World) -> None:
    rows = auditor.get(f"/audit?department={world.neighbour.id}").text.split("<tbody>")[1]
    assert "林业局 2020 年度" in rows
    assert "水利厅" not in rows
    assert 'value="林业局"' not in rows


def test_instants_and_numbers_of_a_record_are_read_in_words(auditor: FlaskClient, world: factories.World) -> None:
    """2019-12-20T16:00Z is the end of the 20th in China."""
    until = datetime(2019, 12, 20, 16, tzinfo=UTC)
    world.recorded("extend", world.manager, stage="goal_entry", until=until, reason="单位搬迁")
    given = {"role": Role.EDITOR, "place": str(world.neighbour.id), "region_id": None, "last_day": None}
    made = Keeper(world.administrator, world.clock(), factories.key(), b"secret").appoint(
        world.own.editor, starts_on=date(2030, 1, 1), **given
    )
    assert made is None
    fresh()
    rows = auditor.get("/audit").text.split("<tbody>")[1]
    assert "2019-12-20 24:00" in rows
    assert "2019-12-20T16" not in rows
    assert '<span class="hint-inline">地区</span> 样例省' in rows
    assert '<span class="hint-inline">部门</span> 林业局' in rows


def test_reversed_dates_are_named_as_the_reason_why_nothing_is_found(auditor: FlaskClient) -> None:
    assert "起始日期晚于截止日期" in auditor.get("/audit?since=2019-12-02&until=2019-12-01").text
    assert "起始日期晚于截止日期" not in auditor.get("/audit?since=2019-12-01&until=2019-12-01").text


def test_the_end_of_an_appointment_is_read_as_its_last_day(auditor: FlaskClient, world: factories.World) -> None:
    given = {"role": Role.EDITOR, "place": str(world.neighbour.id), "region_id": None}
    starts, last = date(2030, 1, 1), date(2030, 3, 31)
    keeper = Keeper(world.administrator, world.clock(), factories.key(), b"secret")
    assert keeper.appoint(world.own.editor, starts_on=starts, last_day=last, **given) is None
    fresh()
    rows = auditor.get("/audit").text.split("<tbody>")[1]
    assert '<span class="hint-inline">截至</span> 2030-03-31' in rows


def test_a_saved_row_is_read_in_words(auditor: FlaskClient, world: factories.World) -> None:
    world.fill()
    world.recorded("add_row", world.own.editor, part="tasks")
    rows = auditor.get("/audit").text.split("<tbody>")[1]
    assert '<span class="hint-inline">部分</span> 年度主要任务' in rows
    assert re.search(r'<span class="hint-inline">位置</span> 第 \d+ 行', rows)


def test_a_row_and_a_computed_result_are_read_by_their_names(auditor: FlaskClient, world: factories.World) -> None:
    world.fill()
    row = store.indicator_rows(db.session(), world.table().sheet_id)[3]
    given = {"part": "indicators", "row": row.id, "cells": {"target_raw": "≥96%"}, "seen": row.edit}
    world.recorded("save_row", world.own.editor, **given)
    rows = auditor.get("/audit?act=填报").text.split("<tbody>")[1]
    assert f'<span class="hint-inline">位置</span> 第 4 行 {row.level3}' in rows
    assert "行的编号" not in rows
    assert ">row<" not in rows


def test_what_a_page_saves_by_itself_is_one_line_of_the_list_and_each_its_own_in_the_ledger(
    auditor: FlaskClient, world: factories.World
) -> None:
    world.bring_to(State.SELF_EVALUATION)
    world.clock.on(date(factories.YEAR + 1, 2, 1))
    world.evaluate()
    count = db.session().query(Entry).filter_by(act="record_result").count()
    rows = auditor.get("/audit?act=填自评").text.split("<tbody>")[1]
    assert f"填自评 ×{count}</th>" in rows
    assert rows.count("<tr>") == 1
    assert rows.count('class="hash"') == count
    assert re.search(r"第 \d+ 行 绩效监控完成率", rows)
    assert rows.count("（系统计算）") == 1


def test_the_deputy_of_a_stand_in_is_read_by_name(auditor: FlaskClient, world: factories.World) -> None:
    said = {"deputy": 7, "deputy_name": "乔木生", "from": "2020-01-01", "until": "2020-01-09"}
    with writing() as session:
        given = {"at": world.clock(), "person_id": world.own.editor, "person_name": "水利厅填报甲", "role": "self"}
        book.append(session, f"person:{world.own.editor}", "stand_in_named", **given, body=said)
    rows = auditor.get("/audit").text.split("<tbody>")[1]
    assert '<span class="hint-inline">代理人</span> 乔木生' in rows
    assert "代理人编号" not in rows


def test_a_changed_entry_is_found_when_the_ledger_is_verified(auditor: FlaskClient, world: factories.World) -> None:
    world.fill()
    whole = post(auditor, "/audit/verify", form="/audit")
    assert "没有改动、缺失或截断" in whole.text
    with writing() as session:
        session.execute(update(Entry).where(Entry.act == "import_sheet").values(person_name="别人"))
    broken = post(auditor, "/audit/verify", form="/audit")
    assert "台账不完整：有 1 处对不上" in broken.text
    assert "写入之后被改动" in broken.text
    assert "不符" in auditor.get("/audit?act=导入目标表").text


def test_the_audit_of_one_region_does_not_show_another(auditor: FlaskClient) -> None:
    elsewhere()  # of the same names, so the count tells
    tables = auditor.get("/audit?act=开立目标表").text.count('class="hash"')
    assert tables == 2


def test_an_auditor_reads_tables(auditor: FlaskClient, world: factories.World) -> None:
    assert auditor.get(f"/tables/{world.own.table_id}").status_code == 200


def test_more_entries_take_no_more_queries(auditor: FlaskClient, world: factories.World) -> None:
    auditor.get("/audit")
    with counted_queries() as few:
        auditor.get("/audit")
    for number in range(20):
        world.recorded("list_project", world.own.editor, code=f"P{number}", name=f"项目{number}", budget="1")
    with counted_queries() as many:
        auditor.get("/audit")
    assert len(many) == len(few)
