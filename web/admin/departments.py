"""The tree of departments: add, correct, move."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from accounts import attention, directory
from accounts.refusals import Refused
from accounts.roles import LABELS, NEEDED_BY_A_TABLE, OF_A_DEPARTMENT, Role
from config.clock import now
from config.database import db
from web.access import roles
from web.admin.people import keeper, regions
from web.answering import status_of, typed

departments = Blueprint("departments", __name__)


@departments.get("/departments")
@roles(Role.ADMINISTRATOR)
def index() -> str:
    """The tree with who holds which role, or those departments alone in which nobody holds one of them."""
    kept, asked, session = regions(), request.args.get("without", ""), db.session()
    without = Role(asked) if asked in OF_A_DEPARTMENT else None
    every = directory.departments_kept(session, kept)
    held = attention.held_today(session, kept, now())
    lacking = attention.without([department for department in every if department.submits], held)
    return render_template(
        "admin/departments.html",
        departments=lacking[without] if without else every,
        holders=attention.holding(every, held),
        lacking={role: len(found) for role, found in lacking.items()},
        regions=kept,
        without=without,
        needed=NEEDED_BY_A_TABLE,
        role_labels=LABELS,
    )


@departments.get("/departments/new")
@roles(Role.ADMINISTRATOR)
def new() -> str:
    """The form of a new department."""
    return _form(None, None)


@departments.post("/departments/new")
@roles(Role.ADMINISTRATOR)
def add() -> Response | tuple[str, int]:
    """Add it."""
    outcome = keeper().add_department(
        region_id=request.form.get("region_id", type=int),
        code=typed("code"),
        name=typed("name"),
        short_name=typed("short_name"),
        parent_id=request.form.get("parent_id", type=int),
        submits=typed("submits") != "no",
    )
    return _answer(None, outcome, _("已登记部门：%(name)s", name=typed("name")))


@departments.get("/departments/<int:department_id>")
@roles(Role.ADMINISTRATOR)
def show(department_id: int) -> str:
    """The form that corrects a department."""
    return _form(department_id, None)


@departments.post("/departments/<int:department_id>")
@roles(Role.ADMINISTRATOR)
def correct(department_id: int) -> Response | tuple[str, int]:
    """Correct it."""
    outcome = keeper().correct_department(
        department_id,
        name=typed("name"),
        short_name=typed("short_name"),
        parent_id=request.form.get("parent_id", type=int),
    )
    return _answer(department_id, outcome, _("已更正部门：%(name)s", name=typed("name")))


def _answer(department_id: int | None, outcome: Refused | None, done: str) -> Response | tuple[str, int]:
    if outcome is None:
        flash(done, "done")
        return redirect(url_for("departments.index"), 303)
    if outcome.code == "not_found":
        abort(404)
    return _form(department_id, outcome), status_of(outcome)


def _form(department_id: int | None, refused: Refused | None) -> str:
    kept = regions()
    found = directory.department_kept(db.session(), kept, department_id) if department_id is not None else None
    if department_id is not None and found is None:
        abort(404)
    return render_template(
        "admin/department.html",
        department=found,
        refused=refused,
        sent=request.form,
        regions=kept,
        departments=directory.departments_kept(db.session(), kept),
    )
