"""People and their appointments: find, create, disable and enable, a new first password, appoint and end, import."""

from datetime import date

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from accounts import attention, directory
from accounts.keeping import WHOLE_REGION, FirstPassword, Keeper
from accounts.models import Person, Region
from accounts.refusals import Refused
from accounts.roles import LABELS, Role
from accounts.roster import OUTCOME_LABELS, NotARoster, Outcome
from accounts.scope import in_force, local_day
from accounts.separation import period_text
from config.clock import now
from config.database import db
from web.access import roles
from web.answering import key, me, status_of, typed

people = Blueprint("people", __name__)
A_PAGE = 50
LACKS = {
    attention.Lack.PASSWORD: lazy_gettext("还没有初始密码、不能登录的账号"),
    attention.Lack.APPOINTMENT: lazy_gettext("没有任职的人"),
    attention.Lack.OWN_PASSWORD: lazy_gettext("还没有改初始密码的人"),
    attention.Lack.PATIENCE: lazy_gettext("密码输错太多、暂缓登录的账号"),
}


def keeper() -> Keeper:
    """The administrator who asks."""
    return Keeper(me(), now(), key(), str(current_app.secret_key).encode())


def regions() -> list[Region]:
    """The regions they keep."""
    return directory.regions_kept_by(db.session(), me(), now())


def page_number() -> int:
    """Which page of a list is asked for."""
    return max(request.args.get("page", 1, type=int), 1)


def day(name: str) -> date | None:
    """A date field; None when it is empty or no date."""
    try:
        return date.fromisoformat(typed(name))
    except ValueError:
        return None


@people.get("/people")
@roles(Role.ADMINISTRATOR)
def index() -> str:
    """Everybody, found by name, login, e-mail or department, or those alone that lack something."""
    at, session = now(), db.session()
    page, text, asked = page_number(), request.args.get("q", ""), request.args.get("lack", "")
    only = attention.Lack(asked) if asked in set(attention.Lack) else None
    found = directory.search(
        session,
        regions(),
        text,
        only=attention.condition(session, only, at) if only else None,
        day=local_day(at, attention.OFFICE_TIMEZONE),
        limit=A_PAGE + 1,
        offset=(page - 1) * A_PAGE,
    )
    return render_template(
        "admin/people.html",
        people=found[:A_PAGE],
        only=only,
        lacks=LACKS,
        no_password=0 if only else attention.how_many(session, regions(), attention.Lack.PASSWORD, at),
        held_back=attention.held_back(session, at),
        more=len(found) > A_PAGE,
        page=page,
        text=text,
        today=local_day(at, attention.OFFICE_TIMEZONE),
        in_force=in_force,
        role_labels=LABELS,
    )


@people.get("/people/new")
@roles(Role.ADMINISTRATOR)
def new() -> str:
    """The form of a new account."""
    return render_template("admin/new-person.html", refused=None, sent=request.form)


@people.post("/people/new")
@roles(Role.ADMINISTRATOR)
def create() -> str | tuple[str, int]:
    """Make it; its first password is shown once."""
    made = keeper().create(login=typed("login"), name=typed("name"), email=typed("email"))
    if isinstance(made, Refused):
        return render_template("admin/new-person.html", refused=made, sent=request.form), status_of(made)
    return _password_page(made)


@people.get("/people/<int:person_id>")
@roles(Role.ADMINISTRATOR)
def show(person_id: int) -> str:
    """One person: the account and all appointments."""
    return _page(person_id, None)


@people.post("/people/<int:person_id>/correct")
@roles(Role.ADMINISTRATOR)
def correct(person_id: int) -> Response | tuple[str, int]:
    """Set name and e-mail."""
    return _answer(
        person_id, keeper().correct(person_id, name=typed("name"), email=typed("email")), _("已更正姓名和邮箱")
    )


@people.post("/people/<int:person_id>/disable")
@roles(Role.ADMINISTRATOR)
def disable(person_id: int) -> Response | tuple[str, int]:
    """End the account at its next request."""
    return _answer(person_id, keeper().disable(person_id, typed("reason")), _("账号已停用，正在登录的页面立即失效"))


@people.post("/people/<int:person_id>/enable")
@roles(Role.ADMINISTRATOR)
def enable(person_id: int) -> Response | tuple[str, int]:
    """Open it again."""
    return _answer(person_id, keeper().enable(person_id, typed("reason")), _("账号已恢复"))


@people.post("/people/<int:person_id>/first-password")
@roles(Role.ADMINISTRATOR)
def first_password(person_id: int) -> str:
    """Replace a forgotten password; the new one is shown once."""
    made = keeper().new_first_password(person_id)
    if isinstance(made, Refused):
        abort(404)
    return _password_page(made)


@people.post("/people/<int:person_id>/appointments")
@roles(Role.ADMINISTRATOR)
def appoint(person_id: int) -> Response | tuple[str, int]:
    """Appoint."""
    outcome = keeper().appoint(
        person_id,
        role=typed("role"),
        place=typed("place"),
        region_id=request.form.get("region_id", type=int),
        starts_on=day("starts_on"),
        last_day=day("last_day"),
    )
    return _answer(person_id, outcome, _("已任职：%(role)s，%(place)s", role=LABELS.get(_role(), ""), place=_place()))


@people.post("/people/<int:person_id>/appointments/<int:appointment_id>/end")
@roles(Role.ADMINISTRATOR)
def end(person_id: int, appointment_id: int) -> Response | tuple[str, int]:
    """Give an appointment its last day, or end it from now on."""
    if "at_once" in request.form:
        outcome = keeper().end_at_once(appointment_id, typed("reason"))
        return _answer(person_id, outcome, _("任职已从现在起结束，正在打开的页面立即失去权限"))
    last = day("last_day")
    done = _("已写明任职的最后一天：%(last)s，到那天 24:00 为止仍在任", last=last)
    return _answer(person_id, keeper().end_appointment(appointment_id, last), done)


@people.get("/appointments")
@roles(Role.ADMINISTRATOR)
def appointments() -> str:
    """Who is what, where, from when till when."""
    page, text, role = page_number(), request.args.get("q", ""), request.args.get("role", "")
    found = directory.appointments_kept(
        db.session(), regions(), role=role, text=text, limit=A_PAGE + 1, offset=(page - 1) * A_PAGE
    )
    return render_template(
        "admin/appointments.html",
        appointments=found[:A_PAGE],
        more=len(found) > A_PAGE,
        page=page,
        text=text,
        role=role,
        today=local_day(now(), "Asia/Shanghai"),
        in_force=in_force,
        period_text=period_text,
        role_labels=LABELS,
    )


@people.get("/people/import")
@roles(Role.ADMINISTRATOR)
def choose_file() -> str:
    """The form that takes a roster."""
    return render_template("admin/import.html", results=None, wrong=None, labels_of=OUTCOME_LABELS)


@people.post("/people/import")
@roles(Role.ADMINISTRATOR)
def import_file() -> str | tuple[str, int]:
    """Import it: a result for each line, first passwords shown once."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        wrong = _("没有选择文件，请选一个 xlsx 或 csv 文件")
        return render_template("admin/import.html", results=None, wrong=wrong, labels_of=OUTCOME_LABELS), 422
    try:
        results = keeper().import_roster(sent.read(), sent.filename)
    except NotARoster as error:
        return render_template("admin/import.html", results=None, wrong=str(error), labels_of=OUTCOME_LABELS), 422
    return render_template(
        "admin/import.html", results=results, wrong=None, labels_of=OUTCOME_LABELS, refused=Outcome.REFUSED
    )


def _role() -> Role:
    sent = typed("role")
    return Role(sent) if sent in set(Role) else Role.EDITOR


def _place() -> str:
    """The department or the region that was chosen, by name; empty for what is not theirs."""
    sent, session = typed("place"), db.session()
    if sent.isdecimal() and len(sent) < 10:
        department = directory.department_kept(session, regions(), int(sent))
        return department.name if department else ""
    chosen = request.form.get("region_id", type=int)
    return next((region.name for region in regions() if region.id == chosen), "")


def _answer(person_id: int, outcome: Refused | None, done: str) -> Response | tuple[str, int]:
    if outcome is None:
        flash(done, "done")
        return redirect(url_for("people.show", person_id=person_id), 303)
    if outcome.code == "not_found":
        abort(404)
    return _page(person_id, outcome), status_of(outcome)


def _page(person_id: int, refused: Refused | None) -> str:
    kept = regions()
    person: Person | None = directory.person_kept(db.session(), kept, person_id)
    if person is None:
        abort(404)
    return render_template(
        "admin/person.html",
        person=person,
        refused=refused,
        sent=request.form,
        doing=(request.endpoint or "").rpartition(".")[2],
        ending=(request.view_args or {}).get("appointment_id"),
        regions=kept,
        departments=directory.departments_kept(db.session(), kept),
        today=local_day(now(), "Asia/Shanghai"),
        in_force=in_force,
        period_text=period_text,
        role_labels=LABELS,
        whole_region=WHOLE_REGION,
        myself=me(),
    )


def _password_page(made: FirstPassword) -> str:
    return render_template("admin/first-password.html", made=made)
