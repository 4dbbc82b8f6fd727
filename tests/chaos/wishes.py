"""Every route that writes, each with a page that it is sent from, by whom, and what its sender typed.

A wish is prepared just before it is sent: it says who sends it, from which page, and what is changed in the form.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.models import Appointment, Department, Region, StandIn
from accounts.roles import Role
from accounts.scope import local_day
from accounts.standing_in import TIMEZONE
from config.clock import now
from config.database import db
from config.settings import Settings
from forms.models import TaskRow
from notifications import outbox, targets
from notifications.channels import Target
from notifications.channels.inbox import Inbox
from notifications.channels.webhook import Webhook
from notifications.models import Notice, SwitchedOff
from notifications.rules import TRIAL
from tests import factories
from tests.factories import Office, World
from tests.forms import variants
from workflow import loading
from workflow.acts import Recorded
from workflow.models import Remark, Round, Window
from workflow.review import CRITERIA
from workflow.states import Stage, State

OPEN_UNTIL = datetime(2099, 6, 30, 16, tzinfo=UTC)
LATER = "2099-09-15"
HOSTS = "robot.example"
"""Where robots may be that people enter."""


@dataclass(frozen=True)
class Wish:
    """One form, ready to be sent."""

    person_id: int
    page: str
    """Where its form stands; empty for what a page's script sends with a token and a key alone."""
    address: str
    typed: dict[str, Any] = field(default_factory=dict)
    file: tuple[str, bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    key: str = "key"
    """The field that carries the key."""
    entries: int = 1
    """How many entries of the ledger it leaves."""
    once: Callable[[Session], int] | None = None
    """For what carries no key: what is there once, however often it is asked for."""


class Scenes:
    """Tables in the states that wishes need, each brought there when first asked for, in years that are open now."""

    def __init__(self) -> None:
        self._worlds: dict[str, World] = {}

    def __call__(self, name: str, state: State = State.DRAFT, *, rounds_open: bool = True) -> World:
        """The world of that name, brought to a state."""
        if name not in self._worlds:
            made = factories.world().bring_to(state)
            session = db.session()
            session.execute(update(Window).where(Window.cycle_id == made.cycle_id).values(closes_at=OPEN_UNTIL))
            if rounds_open:
                session.execute(update(Round).where(Round.cycle_id == made.cycle_id).values(closes_at=OPEN_UNTIL))
            session.commit()
            made.clock.at = now()
            self._worlds[name] = made
        return self._worlds[name]

    def draft(self) -> World:
        """A sheet that is filled in, and in which anything may be changed."""
        return self("draft")

    def bureau(self) -> World:
        """A table with the bureau."""
        return self("bureau", State.FINANCE_REVIEW)

    def monitored(self) -> World:
        """A table whose projects are reported."""
        return self("monitored", State.MONITORING)


Prepare = Callable[[Scenes], Wish]
WISHES: dict[str, Prepare] = {}


def wish(endpoint: str) -> Callable[[Prepare], Prepare]:
    """Declare how a route is asked for."""

    def declare(prepare: Prepare) -> Prepare:
        assert endpoint not in WISHES
        WISHES[endpoint] = prepare
        return prepare

    return declare


EXCEPTIONS = {
    "entrance.sign_in_post": "each sign-in is one of its own and the audit counts them; it changes no table, no right",
    "entrance.sign_out": "it ends the session that carries the forms' key: the second time nobody is signed in",
    "entrance.change_password_post": "it ends the person's other sessions; the second time the old password fails",
}
"""Writing routes that are not sent twenty times, each with its reason."""
READING = {
    "holidays.preview": "shows what a notice of holidays would change, before it is entered",
    "worklist.look": "shows what may be done with the chosen tables, before anything is done",
    "auditing.verify": "goes through the ledger and writes nothing",
    "sealed_ledger.verify": "goes through the ledger and compares noted heads, and writes nothing",
    "entrance.choose_language": "is remembered in the reader's own cookie alone",
}
"""Routes that are sent by POST and write nothing into the database."""


# The sheet


@wish("fill.save_row")
def _(scenes: Scenes) -> Wish:
    world = scenes.draft()
    table = f"/tables/{world.own.table_id}/fill"
    task = _first_task(world)
    typed = {f"tasks-{task}/content": "完成十座水库的除险加固并通过验收。"}
    return Wish(world.own.editor, table, f"{table}/rows/tasks/{task}", {"from": f"{table}/blocks/tasks"} | typed)


@wish("fill.save_cell")
def _(scenes: Scenes) -> Wish:
    table = f"/tables/{scenes.draft().own.table_id}/fill"
    typed = {"from": f"{table}/blocks/annual_goal", "annual_goal/text": "保障全省供水安全，完成水利工程建设任务。"}
    return Wish(scenes.draft().own.editor, table, f"{table}/cells/annual_goal", typed)


@wish("fill.save_block")
def _(scenes: Scenes) -> Wish:
    table = f"/tables/{scenes.draft().own.table_id}/fill"
    typed = {"annual_goal/text": "保障全省供水安全，完成全部水利工程建设任务。"}
    return Wish(scenes.draft().own.editor, table, f"{table}/blocks/annual_goal", typed)


@wish("fill.add")
def _(scenes: Scenes) -> Wish:
    table = f"/tables/{scenes.draft().own.table_id}/fill"
    return Wish(scenes.draft().own.editor, table, f"{table}/add")


@wish("fill.remove")
def _(scenes: Scenes) -> Wish:
    world = scenes.draft()
    table, task = f"/tables/{world.own.table_id}/fill", _last_task(world)
    return Wish(world.own.editor, table, f"{table}/remove/tasks/{task}")


@wish("fill.restore")
def _(scenes: Scenes) -> Wish:
    world = scenes.draft()
    world.recorded("add_row", world.own.editor, part="tasks")
    table, task = f"/tables/{world.own.table_id}/fill", _last_task(world)
    world.recorded("remove_row", world.own.editor, part="tasks", row=task, seen=1)
    return Wish(world.own.editor, f"{table}?removed=tasks-{task}", f"{table}/restore/tasks/{task}")


@wish("fill.begin_with_last_year")
def _(scenes: Scenes) -> Wish:
    world = scenes("carried over", State.APPROVED).open_next_year()
    db.session().execute(update(Window).where(Window.cycle_id == world.cycle_id).values(closes_at=OPEN_UNTIL))
    db.session().commit()
    address = f"/tables/{world.own.table_id}/fill/last-year"
    return Wish(world.own.editor, address, address)


@wish("fill.confirm")
def _(scenes: Scenes) -> Wish:
    world = scenes("confirmed")
    seen = loading.sheet_edit(db.session(), world.table())
    sheet = factories.sound_document(world.own.name)
    world.recorded("import_sheet", world.own.editor, document=sheet, seen=seen, unsure=["annual_goal"])
    address = f"/tables/{world.own.table_id}/fill/confirm/annual_goal"
    return Wish(world.own.editor, address, address)


@wish("importing.send")
def _(scenes: Scenes) -> Wish:
    table = f"/tables/{scenes.draft().own.table_id}/import"
    return Wish(scenes.draft().own.editor, table, table, file=("table.txt", _printed(5)))


@wish("importing.accept")
def _(scenes: Scenes) -> Wish:
    table = f"/tables/{scenes.draft().own.table_id}/import"
    return Wish(scenes.draft().own.editor, table, f"{table}/accept")


@wish("importing.discard")
def _(scenes: Scenes) -> Wish:
    world = scenes("discarded")
    data = _printed(7)
    world.recorded("upload_sheet", world.own.editor, name="a.txt", data=data)
    table = f"/tables/{world.own.table_id}/import"
    return Wish(world.own.editor, table, f"{table}/discard")


def _printed(seed: int) -> bytes:
    sheet = variants.document(Random(seed)).model_copy(update={"department": "水利厅", "fiscal_year": factories.YEAR})
    return variants.render(sheet, variants.Style(), Random(seed)).encode()


def _first_task(world: World) -> int:
    return _tasks(world)[0]


def _last_task(world: World) -> int:
    return _tasks(world)[-1]


def _tasks(world: World) -> list[int]:
    session = db.session()
    rows = select(TaskRow.id).where(TaskRow.sheet_id == world.table().sheet_id).order_by(TaskRow.position)
    return list(session.scalars(rows))


# The path of a table


@wish("events.do")
def _(scenes: Scenes) -> Wish:
    world = scenes("submitting")
    address = f"/tables/{world.own.table_id}/do/submit"
    return Wish(world.own.editor, address, address)


@wish("answers.answer")
def _(scenes: Scenes) -> Wish:
    world = scenes("returned", State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=True, path="annual_goal", text="请写具体")
    world.moved("return", world.own.officer)
    table = f"/tables/{world.own.table_id}"
    typed = {"answer": "declined", "text": "目标已与预算核对一致"}
    return Wish(world.own.editor, f"{table}/fill", f"{table}/remarks/1/answer", typed)


@wish("review.decide_inside")
def _(scenes: Scenes) -> Wish:
    world = scenes("inside", State.INTERNAL_REVIEW)
    address = f"/tables/{world.own.table_id}/internal-review"
    return Wish(world.own.reviewer, address, address, {"do": "endorse"})


@wish("review.remark")
def _(scenes: Scenes) -> Wish:
    table = f"/tables/{scenes.bureau().own.table_id}"
    typed = {"must": "no", "path": "annual_goal", "text": "可以更具体"}
    return Wish(scenes.bureau().own.officer, f"{table}/review", f"{table}/remarks", typed)


@wish("review.rewrite_remark")
def _(scenes: Scenes) -> Wish:
    world = scenes("rewriting", State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, must=False, path="annual_goal", text="再写具体")
    table, typed = f"/tables/{world.own.table_id}", {"must": "yes", "text": "请写明服务人数"}
    return Wish(world.own.officer, f"{table}/review", f"{table}/remarks/1/rewrite", typed)


@wish("review.remove_remark")
def _(scenes: Scenes) -> Wish:
    world = scenes.bureau()
    world.recorded("remark", world.own.officer, must=False, path="annual_goal", text="再写具体")
    number = db.session().scalars(select(func.max(Remark.number)).where(Remark.table_id == world.own.table_id)).one()
    table = f"/tables/{world.own.table_id}"
    return Wish(world.own.officer, f"{table}/review", f"{table}/remarks/{number}/remove")


@wish("amendment.do")
def _(scenes: Scenes) -> Wish:
    address = f"/tables/{scenes.bureau().own.table_id}/amend"
    typed = {"path": "annual_goal", "value": "保障全省供水安全。", "reason": "与预算不符的部分删去"}
    return Wish(scenes.bureau().own.officer, address, address, typed)


@wish("declining.do")
def _(scenes: Scenes) -> Wish:
    world = scenes("declined", State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    address = f"/tables/{world.own.table_id}/decline-amendment"
    return Wish(world.own.reviewer, address, address, {"reason": "原来的写法与省里的规划一致"})


@wish("review.decide")
def _(scenes: Scenes) -> Wish:
    world = scenes("deciding", State.FINANCE_REVIEW)
    address = f"/tables/{world.own.table_id}/review"  # saves it and goes on to the question
    form: dict[str, object] = {"do": "approve", "grade": "良", "opinion": "同意批复"}
    form |= {f"point-{point}": "良" for pair in CRITERIA.values() for point in pair}
    form |= {f"opinion-{criterion}": "符合要求" for criterion in CRITERIA}
    return Wish(world.own.officer, address, address, form)


@wish("deciding.do")
def _(scenes: Scenes) -> Wish:
    world = scenes("asked once more", State.FINANCE_REVIEW)
    world.recorded(
        "draft_review", world.own.officer, revision=world.table().latest_revision, review=factories.full_review("优"),
        grade="优", opinion="同意批复",
    )  # fmt: skip
    address = f"/tables/{world.own.table_id}/review/approve"
    return Wish(world.own.officer, address, address)


@wish("worklist.approve")
def _(scenes: Scenes) -> Wish:
    world = scenes("approving", State.FINANCE_REVIEW)
    world.recorded(
        "draft_review", world.own.officer, revision=world.table().latest_revision, review=factories.full_review("优"),
        grade="优", opinion="同意批复",
    )  # fmt: skip
    table = world.table()
    typed = {"table": table.id, f"version-{table.id}": table.version}
    return Wish(world.own.officer, "/worklist", "/worklist/approve", {"from": "/worklist/chosen"} | typed)


@wish("worklist.urge")
def _(scenes: Scenes) -> Wish:
    world = scenes("urged")
    typed = {"from": "/worklist/chosen", "table": world.own.table_id, "text": "请尽快"}
    return Wish(world.manager, "/worklist", "/worklist/urge", typed)


@wish("adjusting.open_one")
def _(scenes: Scenes) -> Wish:
    world = scenes("approved", State.APPROVED)
    address = f"/tables/{world.own.table_id}/adjust"
    return Wish(world.own.editor, address, address, {"reason": "年中追加预算"})


# Monitoring and evaluation


@wish("monitoring.add_project_post")
def _(scenes: Scenes) -> Wish:
    address = f"/tables/{scenes.monitored().own.table_id}/projects/add"
    typed = {"code": "P9", "name": "新项目", "budget": "80"}
    return Wish(scenes.monitored().own.editor, address, address, typed)


@wish("monitoring.project_post")
def _(scenes: Scenes) -> Wish:
    world = scenes.monitored()
    address = f"/tables/{world.own.table_id}/projects/{_project(world, 'P4')}"
    return Wish(world.own.editor, address, address, {"name": "项目四", "budget": "90"})


@wish("monitoring.evaluate")
def _(scenes: Scenes) -> Wish:
    world = scenes.monitored()
    page = f"/tables/{world.own.table_id}/projects/{_project(world, 'P3')}"
    return Wish(world.own.editor, page, f"{page}/evaluate", {"on": "2021-02-01", "score": "88.5"})


@wish("monitoring.report_post")
def _(scenes: Scenes) -> Wish:
    world = scenes.monitored()
    address = f"/tables/{world.own.table_id}/monitoring/reports/{_project(world, 'P1')}"
    typed = {"year_start": "100", "adjusted": "100", "executed": "60", "expected": "100"}
    typed |= {"rows": "1", "name-0": "完成率", "actual-0": "60%", "likelihood-0": "能"}
    return Wish(world.own.editor, address, address, typed)


@wish("monitoring.draft_report")
def _(scenes: Scenes) -> Wish:
    world = scenes.monitored()
    page = f"/tables/{world.own.table_id}/monitoring/reports/{_project(world, 'P4')}"
    typed = {"from": page, "executed": "约六十", "name-0": "完成率"}
    return Wish(world.own.editor, page, f"{page}/draft", typed, key="draft_key", headers={"HX-Request": "true"})


@wish("monitoring.return_report")
def _(scenes: Scenes) -> Wish:
    world = scenes.monitored()
    world.report("P2")
    page = f"/tables/{world.own.table_id}/monitoring/reports/{_project(world, 'P2')}"
    return Wish(world.own.reviewer, page, f"{page}/return", {"reason": "金额请核对"})


@wish("monitoring.confirm")
def _(scenes: Scenes) -> Wish:
    world = scenes.monitored()
    world.report("P3", "P4")
    page = f"/tables/{world.own.table_id}/monitoring"
    typed = {"project": [_project(world, "P3"), _project(world, "P4")]}
    return Wish(world.own.reviewer, page, f"{page}/confirm", typed, entries=2)


@wish("evaluation.save_row")
def _(scenes: Scenes) -> Wish:
    world = scenes("evaluated", State.SELF_EVALUATION)
    page = f"/tables/{world.own.table_id}/evaluation"
    typed = {"from": page, "actual-20": "90", "reason-20": "按年初计划完成"}
    return Wish(world.own.editor, page, f"{page}/rows/20", typed, key="key-20", headers={"HX-Request": "true"})


@wish("evaluation.save")
def _(scenes: Scenes) -> Wish:
    """The row that was typed, and the one that computes itself."""
    world = scenes("evaluated", State.SELF_EVALUATION)
    page = f"/tables/{world.own.table_id}/evaluation"
    return Wish(
        world.own.editor, page, page, {"actual-21": "91", "reason-21": "按年初计划完成"}, key="key-21", entries=2
    )


def _project(world: World, code: str) -> int:
    return factories.project_ids(world.own.table_id)[code]


# The year


@wish("cycle.open_year")
def _(scenes: Scenes) -> Wish:
    world = scenes("year")
    typed = {"fiscal_year": factories.YEAR + 1, "framework": factories.FORM}
    return Wish(world.manager, "/cycle", "/cycle/open", typed, entries=3)


@wish("cycle.set_window")
def _(scenes: Scenes) -> Wish:
    world = scenes("year")
    typed = {"stage": Stage.ENTRY, "opens_on": "2019-11-04", "closes_on": LATER}
    page = f"/cycle?cycle={world.cycle_id}"
    return Wish(world.manager, page, f"/cycle/{world.cycle_id}/windows", typed)


@wish("cycle.add_round")
def _(scenes: Scenes) -> Wish:
    world = scenes("year")
    typed = {"name": "1—10月", "period_from": "2020-01-01", "period_to": "2020-10-21"}
    typed |= {"opens_on": "2099-07-01", "closes_on": LATER}
    return Wish(world.manager, f"/cycle?cycle={world.cycle_id}", f"/cycle/{world.cycle_id}/rounds", typed)


@wish("holidays.enter")
def _(scenes: Scenes) -> Wish:
    world, page = scenes("year"), "/cycle/calendar"
    typed = {
        "from": f"{page}/preview",
        "year": "2047",
        "source": "国办发明电〔2046〕7 号",
        "text": "2047-01-01 休 元旦",
    }
    return Wish(world.manager, page, page, typed)


@wish("cycle.extend_several")
def _(scenes: Scenes) -> Wish:
    world = scenes("year")
    typed = {
        "table": [world.own.table_id, world.neighbour.table_id],
        "what": Stage.REVIEW,
        "until": LATER,
        "reason": "迟批",
    }
    page = f"/cycle?cycle={world.cycle_id}"
    return Wish(world.manager, page, f"/cycle/{world.cycle_id}/extensions", typed, entries=2)


@wish("cycle.extend")
def _(scenes: Scenes) -> Wish:
    world = scenes("year")
    address = f"/tables/{world.own.table_id}/extend"
    return Wish(world.manager, address, address, {"what": Stage.EVALUATION, "until": LATER, "reason": "机构调整"})


@wish("asking.do")
def _(scenes: Scenes) -> Wish:
    world = scenes("asking")
    address = f"/tables/{world.own.table_id}/ask-extension"
    return Wish(world.own.editor, address, address, {"until": LATER, "reason": "主管处室合并"})


def _requested(scenes: Scenes, name: str) -> tuple[World, int]:
    """A table whose department has asked for more time, and the request's id."""
    world = scenes(name)
    asked = world.asks_for_time(date.fromisoformat(LATER))
    assert isinstance(asked, Recorded)
    return world, int(asked.said["request"])


@wish("cycle.refuse_request")
def _(scenes: Scenes) -> Wish:
    world, number = _requested(scenes, "not granted")
    address = f"/tables/{world.own.table_id}/requests/{number}/refuse"
    return Wish(world.manager, address, address, {"reason": "时间够用"})


@wish("cycle.grant_several")
def _(scenes: Scenes) -> Wish:
    world, number = _requested(scenes, "granted")
    table = world.own.table_id
    typed = {"request": f"{table}-{number}", f"wanted-{table}": LATER, "reason": "同意"}
    return Wish(world.manager, f"/cycle?cycle={world.cycle_id}", "/cycle/requests/grant", typed)


@wish("cycle.urge")
def _(scenes: Scenes) -> Wish:
    address = f"/tables/{scenes('year').own.table_id}/urge"
    return Wish(scenes("year").manager, address, address, {"text": "请尽快送审"})


@wish("cycle.waive")
def _(scenes: Scenes) -> Wish:
    world = scenes("waived", State.MONITORING, rounds_open=False)
    address = f"/tables/{world.own.table_id}/waive"
    return Wish(world.manager, address, address, {"reason": "项目推迟到下年"})


# Messages


@wish("messages.read")
def _(scenes: Scenes) -> Wish:
    reader = _told(scenes).own.reviewer
    message = outbox.inbox(reader, now())[0].notice.id
    return Wish(
        reader, "/messages", f"/messages/{message}/read", entries=0,
        once=lambda session: _read(session, Notice.id == message),
    )  # fmt: skip


@wish("messages.read_all")
def _(scenes: Scenes) -> Wish:
    reader = _told(scenes).own.second_reviewer
    return Wish(
        reader, "/messages", "/messages/read", entries=0,
        once=lambda session: _read(session, Notice.recipient_id == reader),
    )  # fmt: skip


@wish("messages.settings_post")
def _(scenes: Scenes) -> Wish:
    editor = scenes.draft().own.editor
    address = "/messages/preferences"
    off = select(func.count(SwitchedOff.rule.distinct())).where(SwitchedOff.person_id == editor)
    every = select(func.count()).select_from(SwitchedOff).where(SwitchedOff.person_id == editor)
    return Wish(
        editor, address, address, {"email": None}, entries=0,
        once=lambda session: session.scalars(every).one() - session.scalars(off).one() + 1,
    )  # fmt: skip


ROBOT = {"kind": "json", "address": "https://robot.example/hook", "secret": "s3cret"}


@wish("messages.enter_target")
def _(scenes: Scenes) -> Wish:
    editor = scenes.draft().own.editor
    return Wish(
        editor, "/messages/preferences", "/messages/targets/webhook", ROBOT,
        once=lambda session: _targets(session, editor),
    )  # fmt: skip


@wish("messages.give_up_target")
def _(scenes: Scenes) -> Wish:
    editor = scenes.draft().own.second_editor
    targets.enter(editor, Webhook(Settings(webhook_hosts=HOSTS)), Target(**ROBOT), now())
    return Wish(
        editor, "/messages/preferences", "/messages/targets/webhook/give-up",
        once=lambda session: 1 - _targets(session, editor),
    )  # fmt: skip


def _targets(session: Session, person_id: int) -> int:
    rows = select(func.count()).select_from(targets.Target).where(targets.Target.person_id == person_id)
    return session.scalars(rows).one()


@wish("reminders.try_channel")
def _(scenes: Scenes) -> Wish:
    world = scenes("year")
    tried = select(func.count()).select_from(Notice).where(Notice.recipient_id == world.manager, Notice.stage == TRIAL)
    return Wish(
        world.manager, f"/reminders?cycle={world.cycle_id}", f"/reminders/{world.cycle_id}/try/email", entries=0,
        once=lambda session: session.scalars(tried).one(),
    )  # fmt: skip


def _told(scenes: Scenes) -> World:
    """A table with an amendment, of which both reviewers of the department were told."""
    world = scenes("told", State.FINANCE_REVIEW)
    if not outbox.inbox(world.own.reviewer, now()):
        world.moved("amend", world.own.officer)
        outbox.plan_due(now())
        outbox.deliver(now(), {"inbox": Inbox()})
    db.session().rollback()
    return world


def _read(session: Session, which: Any) -> int:
    return session.scalars(select(func.count()).select_from(Notice).where(which, Notice.read_at.is_not(None))).one()


# Accounts


def _kept(scenes: Scenes) -> tuple[World, Office]:
    world = scenes("accounts")
    return world, world.neighbour


def _person_page(scenes: Scenes, person_id: int, what: str, **given: Any) -> Wish:
    return Wish(scenes("accounts").administrator, f"/people/{person_id}", f"/people/{person_id}/{what}", **given)


@wish("people.create")
def _(scenes: Scenes) -> Wish:
    typed = {"login": "xinren", "name": "辛仁", "email": "xinren@example.org"}
    return Wish(scenes("accounts").administrator, "/people/new", "/people/new", typed)


@wish("people.import_file")
def _(scenes: Scenes) -> Wish:
    world = scenes("accounts")
    session = db.session()
    region = session.get_one(Region, world.region_id).code
    code = session.get_one(Department, world.own.id).code
    text = f"地区代码,部门编码,姓名,账号,角色\n{region},{code},禾苗青,hemiao,填报人\n"
    return Wish(world.administrator, "/people/import", "/people/import", file=("人员.csv", text.encode()), entries=2)


@wish("people.correct")
def _(scenes: Scenes) -> Wish:
    _world, place = _kept(scenes)
    return _person_page(scenes, place.editor, "correct", typed={"name": "林业填报", "email": "l@example.org"})


@wish("people.appoint")
def _(scenes: Scenes) -> Wish:
    world, place = _kept(scenes)
    typed = {"role": Role.EDITOR, "place": world.own.id, "starts_on": "2099-01-01", "last_day": ""}
    return _person_page(scenes, place.editor, "appointments", typed=typed)


@wish("people.end")
def _(scenes: Scenes) -> Wish:
    _world, place = _kept(scenes)
    held = db.session().scalars(select(Appointment.id).where(Appointment.person_id == place.second_editor)).one()
    return _person_page(
        scenes, place.second_editor, f"appointments/{held}/end", typed={"last_day": _today().isoformat()}
    )


@wish("people.first_password")
def _(scenes: Scenes) -> Wish:
    return _person_page(scenes, _kept(scenes)[1].reviewer, "first-password")


@wish("people.disable")
def _(scenes: Scenes) -> Wish:
    return _person_page(scenes, _kept(scenes)[1].both, "disable", typed={"reason": "离职"})


@wish("people.enable")
def _(scenes: Scenes) -> Wish:
    return _person_page(scenes, _kept(scenes)[1].both, "enable", typed={"reason": "返岗"})


@wish("departments.add")
def _(scenes: Scenes) -> Wish:
    typed = {"code": "D-77", "name": "水文局", "short_name": "水文"}
    return Wish(scenes("accounts").administrator, "/departments/new", "/departments/new", typed)


@wish("departments.correct")
def _(scenes: Scenes) -> Wish:
    address = f"/departments/{_kept(scenes)[1].id}"
    return Wish(scenes("accounts").administrator, address, address, {"name": "林业和草原局", "short_name": "林草"})


@wish("handing_over.give")
def _(scenes: Scenes) -> Wish:
    world, place = _kept(scenes)
    address = f"/people/{world.own.officer}/hand-over"
    typed = {"to": place.officer, "reason": "轮岗", "confirmed": "yes"}
    return Wish(world.administrator, f"{address}?all=yes", address, typed, entries=2)


@wish("handing_over.name")
def _(scenes: Scenes) -> Wish:
    world = scenes("accounts")
    address = f"/people/{world.own.reviewer}/stand-in"
    return Wish(world.administrator, address, address, _away(world.own.second_reviewer))


@wish("handing_over.end")
def _(scenes: Scenes) -> Wish:
    world = scenes("accounts")
    page = f"/people/{world.own.reviewer}/stand-in"
    return Wish(world.administrator, page, f"{page}/{_arrangement(world.own.reviewer)}/end")


@wish("stand_in.name")
def _(scenes: Scenes) -> Wish:
    world = scenes("accounts")
    return Wish(world.own.editor, "/stand-in", "/stand-in", _away(world.own.second_editor))


@wish("stand_in.end")
def _(scenes: Scenes) -> Wish:
    world = scenes("accounts")
    return Wish(world.own.editor, "/stand-in", f"/stand-in/{_arrangement(world.own.editor)}/end")


def _away(deputy: int) -> dict[str, object]:
    first = _today()
    last = first + timedelta(days=9)
    return {"deputy": deputy, "starts_on": first.isoformat(), "last_day": last.isoformat(), "reason": "出差"}


def _today() -> date:
    return local_day(now(), TIMEZONE)


def _arrangement(absent: int) -> int:
    return db.session().scalars(select(func.max(StandIn.id)).where(StandIn.absent_id == absent)).one() or 0
