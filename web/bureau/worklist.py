"""审核清单: what is due, in whose hand, since when; and approving or urging several tables at once."""

from collections.abc import Sequence
from itertools import groupby

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_babel import to_user_timezone
from flask_login import current_user

from accounts.roles import Role
from config.clock import now
from config.database import db
from notifications.rules import told_of
from web.access import roles
from web.answering import key, me, new_key, number_asked, refused, rows_chosen, typed
from web.bureau.results import of_each, results_page
from web.going_back import given_back
from workflow import together
from workflow.acts import Moved, Refused, record
from workflow.asking import waiting
from workflow.facts import Reason
from workflow.listing import Waiting, counts_seen, worklist
from workflow.states import State
from workflow.turns import Hand

list_of_tables = Blueprint("worklist", __name__)
PAGE = 100


@list_of_tables.get("/worklist")
@roles(Role.OFFICER, Role.MANAGER)
def show() -> str:
    """The list, or a part of it: by state, by a piece of the department's name."""
    return _page((), request.args.get("stage", ""), request.args.get("q", "").strip())


@list_of_tables.post("/worklist/chosen")
@roles(Role.OFFICER, Role.MANAGER)
def look() -> Response | tuple[str, int]:
    """What may be done with the chosen tables, and why not with the rest, before anything is done."""
    ids = rows_chosen("table")
    if not ids:
        return _page(refused("none_chosen", "没有选中表。先在左边勾选"), typed("stage"), typed("q")), 422
    found = together.chosen(db.session(), ids, me(), now, told_of("urge", {}))
    page = render_template(
        "bureau/chosen.html",
        chosen=found,
        approvable=[one for one in found if one.event == "approve"],
        urgeable=[one for one in found if one.event == "urge"],
        refused=[one for one in found if one.event is None],
        strange=len(ids) - len(found),
        today=to_user_timezone(now()).date(),
        key=new_key(),
    )
    return given_back(page)


@list_of_tables.post("/worklist/approve")
@roles(Role.OFFICER)
def approve() -> Response | tuple[str, int]:
    """Approve every chosen table as it was reviewed; each answers for itself."""
    sent = key()
    ids = rows_chosen("table")
    if not ids:
        return _page(refused("none_chosen", "没有选中表。先在左边勾选要批复的表"), "", ""), 422

    def approved(table_id: int) -> Moved | Refused:
        seen = request.form.get(f"version-{table_id}", 0, type=int)
        return together.approve(db.session(), table_id, version=seen, person_id=me(), now=now, key=f"{sent}-{table_id}")

    return results_page(_("批复的结果"), _("已批复"), of_each(ids, _names(), approved), "worklist.show")


@list_of_tables.post("/worklist/urge")
@roles(Role.OFFICER, Role.MANAGER)
def urge() -> Response | tuple[str, int]:
    """Urge every chosen table; each answers for itself."""
    sent = key()
    chosen = rows_chosen("table")
    if not chosen:
        return _page(refused("none_chosen", "没有选中表。先在左边勾选要催办的表"), typed("stage"), typed("q")), 422
    text = typed("text")
    results = of_each(
        chosen,
        _names(),
        lambda table_id: record("urge", table_id, person=me(), now=now, key=f"{sent}-{table_id}", text=text),
    )
    audience = told_of("urge", {})
    people = together.people_of(db.session(), [one.table_id for one in results if one.table_id], audience, now())
    told = {table_id: together.told_among(theirs, audience) for table_id, theirs in people.items()}
    return results_page(_("催办的结果"), _("已催办"), results, "worklist.show", told)


def _names() -> dict[int, str]:
    """The department of each table the reader sees."""
    return {line.table_id: line.department for line in worklist(db.session(), me(), now(), ended=True)}


def _page(reasons: Sequence[Reason], stage: str, department: str) -> str:
    at, session = now(), db.session()
    state = State(stage) if stage in set(State) else None
    year = number_asked("cycle")
    lines = worklist(session, me(), at, state=state, words=department, cycle_id=year)
    late = {str(line.table_id) for line in lines if line.overdue}
    only_late = request.args.get("late") == "yes"
    if only_late:
        lines = [line for line in lines if line.overdue]
    ready = {str(line.table_id) for line in lines if line.ready and line.mine}
    page = number_asked("page") or 1
    shown = lines[(page - 1) * PAGE : page * PAGE]
    return render_template(
        "bureau/worklist.html",
        groups=[(title, list(group)) for title, group in groupby(shown, _group)],
        sizes={title: len(list(group)) for title, group in groupby(lines, _group)},
        assumed=[line.provisional for line in shown],
        mine=sum(line.mine for line in lines),
        total=len(lines),
        counts=counts_seen(session, me(), at, year),
        year=year,
        page=page,
        pages=-(-len(lines) // PAGE),
        stage=state or "",
        department=department,
        reasons=reasons,
        deciding=Role.OFFICER in current_user.roles,
        chosen=set(request.form.getlist("table"))
        | {"ready": ready, "late": late}.get(request.args.get("pick", ""), set()),
        ready=len(ready),
        late=len(late),
        only_late=only_late,
        several_years=len({line.fiscal_year for line in lines}) > 1,
        key=new_key(),
        asked=waiting(session, me(), at, year) if Role.MANAGER in current_user.roles else [],
        asked_key=new_key(),
        today=to_user_timezone(at).date(),
    )


def _group(line: Waiting) -> str:
    if line.mine:
        return str(_("轮到我"))
    words: dict[Hand, str] = {Hand.BUREAU: _("在财政"), Hand.DEPARTMENT: _("在部门"), Hand.NOBODY: _("等待或已结束")}
    return words[line.hand]
