"""移交与代理, by the administrator: an officer's departments to another one; a stand-in for somebody who cannot."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from accounts import directory, standing_in
from accounts.actor import Actor
from accounts.keeping import NOT_FOUND
from accounts.models import Appointment, Person, Region, StandIn
from accounts.people import why_not_chosen
from accounts.refusals import Refused
from accounts.roles import Role
from accounts.scope import local_day
from accounts.separation import period_text
from config.clock import now
from config.database import db
from web.access import roles
from web.admin.people import keeper, regions
from web.answering import rows_chosen, status_of, typed
from web.stand_in import day, named
from workflow.handing_over import HandedOver, Wish, hand_over, held_by, officers_of, wished

handing_over = Blueprint("handing_over", __name__)


@handing_over.get("/people/<int:person_id>/hand-over")
@roles(Role.ADMINISTRATOR)
def ask(person_id: int) -> str:
    """The departments of an officer, and to whom they can go."""
    return _hand_over_page(person_id, None)


@handing_over.post("/people/<int:person_id>/hand-over")
@roles(Role.ADMINISTRATOR)
def give(person_id: int) -> Response | tuple[str, int]:
    """Show once more what the chosen ones are and to whom they go; hand them over when that was confirmed."""
    to_id, chosen = request.form.get("to", 0, type=int), rows_chosen("appointment")
    outcome: Wish | HandedOver | Refused
    if "confirmed" in request.form:
        outcome = hand_over(keeper(), person_id, to_id, chosen, typed("reason"))
    else:
        outcome = wished(db.session(), regions(), person_id, to_id, chosen, typed("reason"), now())
    if isinstance(outcome, Wish):
        return _question(person_id, outcome), 200
    if isinstance(outcome, HandedOver):
        flash(_given(outcome, _person(to_id)), "done")
        return redirect(url_for("people.show", person_id=person_id), 303)
    if outcome.code == "not_found":
        abort(404)
    return _hand_over_page(person_id, outcome), status_of(outcome)


@handing_over.get("/people/<int:person_id>/stand-in")
@roles(Role.ADMINISTRATOR)
def stand_ins(person_id: int) -> str:
    """Who stands in for somebody, and for whom they do."""
    return _stand_in_page(person_id, None)


@handing_over.post("/people/<int:person_id>/stand-in")
@roles(Role.ADMINISTRATOR)
def name(person_id: int) -> Response | tuple[str, int]:
    """Name a stand-in for somebody."""
    deputy_id, starts_on, last_day, reason = (
        request.form.get("deputy", 0, type=int),
        day("starts_on"),
        day("last_day"),
        typed("reason"),
    )

    def do(session: Session, by: Actor, kept: list[Region]) -> Refused | None:
        absent = directory.person_kept(session, kept, person_id)
        if absent is None:
            return NOT_FOUND
        deputy = next(
            (each for each in standing_in.candidates(session, person_id, now()) if each.id == deputy_id), None
        )
        made = standing_in.name_from_form(session, absent, deputy, starts_on, last_day, reason, by=by, now=now())
        return made if isinstance(made, Refused) else None

    wish = ("name_stand_in", person_id, deputy_id, starts_on, last_day, reason)
    refused = keeper().in_one(wish, do)
    return _answer(person_id, refused, "" if refused else named())


@handing_over.post("/people/<int:person_id>/stand-in/<int:arrangement_id>/end")
@roles(Role.ADMINISTRATOR)
def end(person_id: int, arrangement_id: int) -> Response | tuple[str, int]:
    """End one from today on."""

    def do(session: Session, by: Actor, kept: list[Region]) -> Refused | None:
        made = session.get(StandIn, arrangement_id)
        if (
            made is None
            or person_id not in {made.absent_id, made.deputy_id}
            or directory.person_kept(session, kept, person_id) is None
        ):
            return NOT_FOUND
        return standing_in.end_stand_in(session, made, by=by, now=now(), timezone=standing_in.TIMEZONE)

    return _answer(person_id, keeper().in_one(("end_stand_in", arrangement_id), do), _("代理已结束"))


def _given(done: HandedOver, taker: Person) -> str:
    said = {"departments": done.departments, "tables": done.tables, "name": taker.name}
    if done.tables:
        text: str = _(
            "已把 %(departments)s 个部门移交给 %(name)s，其中 %(tables)s 张表正在财政部门办理，一并移交；接手的人会收到通知",  # noqa: E501
            **said,
        )
    else:
        text = _("已把 %(departments)s 个部门移交给 %(name)s；没有正在财政部门办理的表", **said)
    return text


def _question(person_id: int, wish: Wish) -> str:
    return render_template(
        "admin/hand-over-asked.html",
        person=_person(person_id),
        wish=wish,
        chosen=rows_chosen("appointment"),
        reason=typed("reason"),
    )


def _answer(person_id: int, refused: Refused | None, done: str) -> Response | tuple[str, int]:
    if refused is None:
        flash(done, "done")
        return redirect(url_for("handing_over.stand_ins", person_id=person_id), 303)
    if refused.code == "not_found":
        abort(404)
    return _stand_in_page(person_id, refused), status_of(refused)


def _person(person_id: int) -> Person:
    person = directory.person_kept(db.session(), regions(), person_id)
    if person is None:
        abort(404)
    return person


def _hand_over_page(person_id: int, refused: Refused | None) -> str:
    person, kept = _person(person_id), {region.id for region in regions()}
    held = [each for each in held_by(db.session(), person_id, now()) if each.region_id in kept]
    officers = [each for each in officers_of(db.session(), kept, now()) if each.id != person_id]
    return render_template(
        "admin/hand-over.html",
        person=person,
        held=held,
        officers=officers,
        refused=refused,
        sent=request.form,
        chosen=_ticked(held),
        why_not_chosen=why_not_chosen,
    )


def _ticked(held: list[Appointment]) -> list[int]:
    if request.method == "POST":
        return rows_chosen("appointment")
    return [each.id for each in held] if request.args.get("all") else []


def _stand_in_page(person_id: int, refused: Refused | None) -> str:
    person = _person(person_id)
    found = standing_in.arrangements_of(db.session(), person_id)
    return render_template(
        "admin/stand-in.html",
        person=person,
        refused=refused,
        sent=request.form,
        candidates=standing_in.candidates(db.session(), person_id, now()),
        away=[each for each in found if each.absent_id == person_id],
        covers=[each for each in found if each.deputy_id == person_id],
        today=local_day(now(), standing_in.TIMEZONE),
        period_text=period_text,
        why_not_chosen=why_not_chosen,
    )
