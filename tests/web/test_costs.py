"""What pages cost: queries that do not grow with the rows, bytes over the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, insert, literal, select

from accounts.models import Person
from accounts.passwords import hashed
from config.database import UTCInstant, db
from config.settings import ROOT
from forms import store
from forms.document import Document, Indicator, Task
from tests import factories
from tests.web.conftest import PASSWORD, key_of, put_clock, sign_in
from workflow import loading, uploads
from workflow.models import Table
from workflow.states import State

MOST_QUERIES = 12
MOST_BYTES = 150 * 1024


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements sent to the database meanwhile; BEGIN and its like are no queries."""
    sent: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def long_sheet(department: str, rows: int) -> Document:
    """A sheet with that many indicators, long texts and all."""
    sound = factories.sound_document(department)
    own = tuple(
        Indicator(
            level1="产出指标",
            level2="重点工作任务完成",
            level3=f"第{n}项工程",
            target_raw="≥85%",
            operator="≥",
            target="85",
            unit="%",
            definition="已完成的单位工程数与年度计划数之比，以验收报告为准。" * 8,
        )
        for n in range(rows - len(sound.indicators))
    )
    tasks = tuple(Task(name=f"任务{n}", content="推进各项工程建设。" * 40) for n in range(5))
    return sound.model_copy(update={"indicators": (*sound.indicators, *own), "tasks": tasks})


@pytest.fixture
def world(pages: Flask) -> factories.World:
    """A table at the bureau whose editor has a password."""
    return factories.world()


def enter(browser: FlaskClient, person_id: int) -> None:
    person = db.session().get_one(Person, person_id)
    person.password_hash, person.must_change_password = hashed(PASSWORD), False
    login = person.login
    db.session().commit()
    assert sign_in(browser, login).status_code == 302


def fill(world: factories.World, rows: int) -> None:
    document = long_sheet(world.own.name, rows)
    seen = loading.sheet_edit(db.session(), world.table())
    world.recorded("import_sheet", world.own.editor, document=document, seen=seen)


@pytest.mark.parametrize("rows", [24, 40, 80])
def test_a_tables_page_takes_the_same_few_queries_whatever_its_length(
    world: factories.World, browser: FlaskClient, rows: int
) -> None:
    fill(world, rows)
    world.arrive(State.INTERNAL_REVIEW)
    enter(browser, world.own.reviewer)
    with queries() as sent:
        answer = browser.get(f"/tables/{world.own.table_id}", headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert len(sent) <= MOST_QUERIES, "\n".join(sent)
    assert len(answer.data) <= MOST_BYTES
    assert answer.headers["Content-Encoding"] in {"br", "gzip"}


REVIEWED = ["review", "compare/1/2", "do/accept_amendment", "amend"]


@pytest.mark.parametrize("rows", [24, 80])
@pytest.mark.parametrize("page", REVIEWED)
def test_reviewing_and_comparing_take_the_same_few_queries_whatever_the_length(
    page: str, rows: int, world: factories.World, browser: FlaskClient
) -> None:
    fill(world, rows)
    world.arrive(State.INTERNAL_REVIEW)
    world.arrive(State.FINANCE_REVIEW)
    for at in range(8):
        world.recorded("remark", world.own.officer, must=True, path=f"indicators[{at}]", text="请改")
    world.moved("return", world.own.officer)
    seen = loading.sheet_edit(db.session(), world.table())
    changes = [[f"indicators[{at}].definition", f"改过的说明{at}"] for at in range(rows)]
    world.recorded("edit_sheet", world.own.editor, seen=seen, changes=changes)
    for at in range(8):
        world.recorded("answer_remark", world.own.editor, number=at + 1, answer="changed", text="")
    world.moved("submit", world.own.editor)
    world.moved("endorse", world.own.reviewer)
    enter(browser, world.own.officer)
    with queries() as sent:
        answer = browser.get(f"/tables/{world.own.table_id}/{page}")
    assert answer.status_code == 200
    assert len(sent) <= MOST_QUERIES, "\n".join(sent)


def test_a_monitored_tables_page_takes_no_more(world: factories.World, browser: FlaskClient) -> None:
    world.bring_to(State.MONITORING)
    world.confirm("P1", "P2")
    enter(browser, world.own.editor)
    with queries() as sent:
        page = browser.get(f"/tables/{world.own.table_id}")
    assert "2/4 = 50.0%" in page.text
    assert len(sent) <= MOST_QUERIES, "\n".join(sent)


@pytest.mark.parametrize("path", ["/worklist", "/tables", "/tables?year=2020&q=局", "/"])
def test_lists_and_desk_take_the_same_few_queries_for_many_tables(
    path: str, world: factories.World, browser: FlaskClient
) -> None:
    """All of them late, so that the manager's desk names who has each."""
    session = db.session()
    for number in range(30):
        place = factories.department(world.region_id, f"第{number}局")
        session.execute(
            insert(Table).from_select(
                ["cycle_id", "region_id", "department_id", "sheet_id", "state", "version", "state_since", "pass_number",
                 "latest_revision"],
                select(
                    literal(world.cycle_id), literal(world.region_id), literal(place),
                    literal(store.add(session, long_sheet(f"第{number}局", 40)).id), literal("draft"), literal(1),
                    literal(world.clock.at, UTCInstant), literal(1), literal(0),
                ),
            )
        )  # fmt: skip
    session.commit()
    enter(browser, world.manager)
    with queries() as sent:
        answer = browser.get(path, headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200
    assert len(sent) <= MOST_QUERIES, "\n".join(sent)
    assert len(answer.data) <= MOST_BYTES


def test_the_desk_takes_the_same_few_queries_for_whoever_opens_it(world: factories.World, browser: FlaskClient) -> None:
    """A returned draft with remarks for its editor; a neighbour's draft that is late for the manager."""
    world.bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=True, path="annual_goal", text="请补充")
    world.moved("return", world.own.officer)
    for who in (world.own.editor, world.own.reviewer, world.own.head, world.own.officer, world.manager):
        enter(browser, who)
        with queries() as sent:
            page = browser.get("/")
        assert page.status_code == 200
        assert len(sent) <= MOST_QUERIES, "\n".join(sent)
        browser.post("/sign-out", data={"csrf_token": key_of(page.text)})


def test_an_extra_query_goes_red(world: factories.World) -> None:
    """The negative control: the counter counts."""
    with queries() as sent:
        world.state()
        world.state()
    assert len(sent) == 2
    assert world.state() is State.DRAFT


def file_of(department: str) -> bytes:
    """The real table as a file of this department."""
    text = (ROOT / "tests/seed/henan-cac-2020.txt").read_text(encoding="utf-8")
    return text.replace("中共河南省委网络安全和信息化委员会办公室", department).encode()


def listed(world: factories.World, count: int) -> dict[str, int]:
    """Projects of the table, in monitoring from August on; their ids by code."""
    world.bring_to(State.APPROVED)
    world.list_projects(count)
    world.clock.on(date(factories.YEAR, 8, 3))
    world.arrive(State.MONITORING)
    return factories.project_ids(world.own.table_id)


def pages_of_writing(world: factories.World, page: str, size: int) -> tuple[str, int]:
    """The address of a page with that many rows or projects on it, and who opens it."""
    table = f"/tables/{world.own.table_id}"
    if page in {"fill", "import", "import read"}:
        fill(world, 24 + size)
        if page == "import read":
            data = file_of(world.own.name)
            given = {"name": "表.txt", "data": data, "sha256": uploads.digest(data)}
            world.recorded("upload_sheet", world.own.editor, **given)
        return f"{table}/{page.split(maxsplit=1)[0]}", world.own.editor
    if page in {"evaluation", "evaluation read"}:
        fill(world, 24 + size)
        for state in (State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.APPROVED):
            world.arrive(state)
        for state in (State.APPROVED, State.MONITORING):
            assert world.state() is state
            world.make_ready()
            world.tick()
        world.clock.on(date(factories.YEAR + 1, 2, 1))
        world.evaluate()
        return f"{table}/evaluation", world.own.editor if page == "evaluation" else world.own.reviewer
    if page == "before monitoring":
        world.bring_to(State.APPROVED)
        world.list_projects(size)
        return f"{table}/monitoring", world.manager
    projects = listed(world, size)
    world.confirm("P1")
    world.report("P2", "P3")
    return {
        "monitoring": (f"{table}/monitoring", world.own.editor),
        "confirming": (f"{table}/monitoring", world.own.reviewer),
        "project": (f"{table}/projects/{projects['P2']}", world.own.editor),
        "deciding": (f"{table}/monitoring", world.manager),
        "new project": (f"{table}/projects/add", world.own.editor),
        "report": (f"{table}/monitoring/reports/{projects['P2']}", world.own.editor),
    }[page]


WRITTEN = [
    "fill", "import", "import read", "monitoring", "confirming", "deciding", "project", "new project", "report",
    "evaluation", "evaluation read", "before monitoring",
]  # fmt: skip


@pytest.mark.parametrize("size", [4, 40])
@pytest.mark.parametrize("page", WRITTEN)
def test_a_page_to_write_on_takes_the_same_few_queries_whatever_stands_on_it(
    world: factories.World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, page: str, size: int
) -> None:
    put_clock(monkeypatch, world.clock)
    address, reader = pages_of_writing(world, page, size)
    enter(browser, reader)
    with queries() as sent:
        answer = browser.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert len(sent) <= MOST_QUERIES, "\n".join(sent)
    assert len(answer.data) <= MOST_BYTES
