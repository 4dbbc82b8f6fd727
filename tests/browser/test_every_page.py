"""Every page of the demo region, opened by whom it is for: nothing that axe objects to, nothing from elsewhere."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select
from werkzeug.serving import make_server

from accounts.models import Appointment, Department, Person
from accounts.roles import Role
from commands import demo_region
from config.database import Base, db
from config.settings import Settings
from tests.browser.conftest import Somebody, keep_picture
from tests.conftest import SECRET
from web.application import create_app
from workflow.models import Project, Revision, Table
from workflow.states import State

PAGES = {
    Role.EDITOR: (
        "/", "/tables", "/messages", "/messages/preferences", "/password", "/monitoring", "/evaluation",
        "/tables/{draft}", "/tables/{draft}/fill", "/tables/{draft}/import", "/tables/{draft}/do/submit",
        "/tables/{monitoring}/monitoring", "/tables/{monitoring}/projects/add", "/tables/{monitoring}/adjust",
        "/tables/{monitoring}/projects/{project}", "/tables/{monitoring}/monitoring/reports/{project}",
        "/tables/{self_evaluation}/evaluation",
    ),
    Role.REVIEWER: (
        "/", "/tables", "/tables/{internal_review}/internal-review", "/tables/{internal_review}/do/send_back",
    ),
    Role.HEAD: ("/", "/tables", "/tables/{draft}", "/messages"),
    Role.OFFICER: (
        "/", "/worklist", "/worklist?pick=ready",
        "/statistics", "/tables/{finance_review}", "/tables/{finance_review}/review",
        "/tables/{finance_review}/amend", "/tables/{finance_review}/amend?place=tasks%5B0%5D",
        "/tables/{finance_review}/urge",
        "/tables/{evaluation_review}/evaluation-review",
        "/tables/{evaluation_review}/do/return_evaluation", "/tables/{compared}/compare/1/2",
    ),
    Role.MANAGER: (
        "/", "/worklist", "/cycle", "/cycle/calendar", "/reminders", "/statistics", "/tables/{draft}/extend",
        "/tables/{draft}/do/void", "/tables/{stuck}/waive",
    ),
    Role.AUDITOR: (
        "/", "/tables", "/tables?year=2000", "/audit", "/audit?department=1", "/audit/ledger", "/messages",
        "/tables/{completed}",
    ),
    Role.ADMINISTRATOR: (
        "/", "/people", "/people?lack=appointment", "/departments?without=editor",
        "/people/new", "/people/import", "/people/{person}", "/appointments", "/departments",
        "/departments/new", "/departments/{department}", "/sign-ins",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str]]:
    """The demo region, served."""
    data = tmp_path_factory.mktemp("demo")
    app = create_app(
        Settings(
            environment="development", secret_key=SECRET, data=data, database_url=f"sqlite:///{data / 'demo.sqlite3'}"
        )
    )
    with app.app_context():
        Base.metadata.create_all(db.engine)
    demo_region.ensure(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _places(app: Flask, login: str) -> dict[str, int]:
    """A table in each state that this person has to do with, and other things that addresses need."""
    with app.app_context():
        session = db.session
        person = session.scalars(select(Person).where(Person.login == login)).one()
        own = select(Appointment.department_id).where(Appointment.person_id == person.id)
        theirs = session.scalars(select(Table).where(Table.adjusts_id.is_(None)).order_by(Table.id.desc())).all()
        mine = set(session.scalars(own)) - {None}
        places = {str(table.state): table.id for table in theirs if not mine or table.department_id in mine}
        places["compared"] = next(
            iter(
                session.scalars(
                    select(Revision.table_id)
                    .join(Table, Table.id == Revision.table_id)
                    .where(Revision.number == 2, Revision.kind != "evaluation", Table.adjusts_id.is_(None))
                    .where(Table.department_id.in_(mine) if mine else Table.id > 0)
                )
            ),
            0,
        )
        project = select(Project.id).where(Project.table_id == places.get("monitoring", 0))
        places["project"] = session.scalars(project.order_by(Project.id)).first() or 0
        places["stuck"] = (
            session.scalars(select(Table.id).where(Table.state == State.MONITORING).order_by(Table.id)).first() or 0
        )
        places["person"], places["department"] = person.id, session.scalars(select(Department.id)).first() or 0
        session.remove()
        return places


@pytest.mark.parametrize("role", list(PAGES), ids=str)
def test_every_page_is_accessible_and_stays_on_the_machine(
    role: Role, demo: tuple[Flask, str], chromium: Browser
) -> None:
    app, address = demo
    accounts = json.loads((Path(app.config["MUBIAO"].data) / demo_region.FILE).read_text(encoding="utf-8"))
    login = {
        Role.EDITOR: "tianhe", Role.REVIEWER: "xiaqing", Role.HEAD: "songlan", Role.OFFICER: "jiangyuan",
        Role.MANAGER: "gunan", Role.AUDITOR: "shiming", Role.ADMINISTRATOR: "bairuo",
    }[role]  # fmt: skip
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    somebody = Somebody(context.new_page(), address)
    somebody.page.on("request", lambda request: somebody.requests.append(request.url))
    try:
        page = somebody.open("/sign-in")
        found = {"/sign-in": somebody.violations()}
        page.get_by_label("账号", exact=True).fill(login)
        page.get_by_label("密码", exact=True).fill(accounts[0]["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
        places = _places(app, login)
        for path in PAGES[role]:
            where = path.format(**places)
            answer = page.goto(f"{address}{where}")
            found[where] = (
                somebody.violations() if answer and answer.status == 200 else [f"status {answer and answer.status}"]
            )
            keep_picture(somebody, f"{role}{path.replace('/', '_').replace('{', '').replace('}', '')}")
        assert not {where: wrong for where, wrong in found.items() if wrong}
        assert len(found) == len(PAGES[role]) + 1
        assert all(url.startswith((address, "data:", "blob:")) for url in somebody.requests)
    finally:
        with suppress(Exception):
            context.close()
