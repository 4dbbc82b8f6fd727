"""What each event writes besides the state: the columns it sets, the revision it freezes, the rows it leaves.

An effect runs inside the move's transaction, after the guards. It returns the columns that the one statement is to set
with the move, and what to write once that statement has won: a move that comes too late has written nothing else.
`Impossible` refuses what only applying it could show.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.statements import Statement, Values, at_once, upsert
from forms import cells, checks, store
from forms.places import in_words
from ledger import book
from ledger.chain import instant_text
from workflow import guards, loading, rounds
from workflow.bringing import Row
from workflow.facts import Attempt, Reason, RevisionFacts
from workflow.models import GoalsInForce, Review, Revision, Table, Waiver
from workflow.states import State


class Impossible(Exception):
    """The event cannot be carried out as asked; the reasons go back to who asked."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("；".join(reason.text for reason in reasons))
        self.reasons = reasons

    kind = "refused"
    """What the refusal is, as workflow.acts.Refused says it."""


class Outdated(Impossible):
    """What the person saw is no longer what there is: somebody else wrote there in between."""

    kind = "stale"


@dataclass
class Doing:
    """One event or record being carried out."""

    session: Session
    row: Row | Table
    """The table's own columns, as they were brought."""
    attempt: Attempt
    now: datetime

    @cached_property
    def table(self) -> Table:
        """The table with all that hangs on it, for what needs more than its own columns."""
        return self.row if isinstance(self.row, Table) else self.session.get_one(Table, self.row.id)

    @property
    def person_id(self) -> int:
        """Who acts; only events of people freeze and decide."""
        if self.attempt.person_id is None:
            raise RuntimeError("this event belongs to a person")
        return self.attempt.person_id


@dataclass
class Written:
    """Columns of the table to set with the move, what the history says of it, and what else to write.

    `rows` go with the move in one trip; `then` runs once the move has won, for what must be worked out from other rows.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    rows: tuple[tuple[Statement, Values], ...] = ()
    then: Callable[[], None] | None = None


def _freeze(
    doing: Doing, kind: str, document: str, sha256: str, changes: list[dict[str, str]] | None = None
) -> Revision:
    return Revision(
        table_id=doing.row.id,
        number=doing.row.latest_revision + 1,
        kind=kind,
        document=document,
        sha256=sha256,
        changes=changes,
        made_by=doing.person_id,
        made_at=doing.now,
    )


def _frozen(revision: Revision | RevisionFacts) -> dict[str, Any]:
    return {"revision": revision.number, "sha256": revision.sha256}


def _sheet_as_sent(doing: Doing, latest: RevisionFacts) -> str:
    """The digest of what the department last sent: a submission, or an amendment it accepted."""
    if latest.kind == "submission" or (latest.kind == "amendment" and latest.accepted):
        return latest.sha256
    return _agreed(doing).sha256


def _agreed(doing: Doing) -> Revision:
    """What the department last sent or accepted; an amendment that waits or was declined is not."""
    return doing.session.scalars(
        select(Revision)
        .where(
            Revision.table_id == doing.row.id,
            (Revision.kind == "submission") | ((Revision.kind == "amendment") & Revision.accepted_at.is_not(None)),
        )
        .order_by(Revision.number.desc())
        .limit(1)
    ).one()


def _submit(doing: Doing) -> Written:
    document = store.document_of(doing.session, doing.row.sheet_id)
    revision = _freeze(doing, "submission", document.canonical(), document.digest())
    columns = {"latest_revision": revision.number, "endorsed_by": None, "endorsed_for": None}
    columns |= {"submitted_by": doing.person_id, "submitted_for": doing.attempt.for_id}
    said = _frozen(revision) | {"pass": doing.row.pass_number}
    return Written(columns, said, then=lambda: doing.session.add(revision))


def _endorse(doing: Doing) -> Written:
    columns = {"endorsed_by": doing.person_id, "endorsed_for": doing.attempt.for_id}
    return Written(columns, {"revision": doing.row.latest_revision})


def _back_to_draft(doing: Doing) -> Written:
    until: datetime = doing.attempt.details["until"]
    return Written(
        {
            "resubmit_until": until,
            "submitted_by": None,
            "submitted_for": None,
            "endorsed_by": None,
            "endorsed_for": None,
            "pass_number": doing.row.pass_number + 1,
            "returned_sha256": _sheet_as_sent(doing, _seen(doing)),
        },
        {"until": instant_text(until), "revision": doing.row.latest_revision},
    )


def _withdraw(doing: Doing) -> Written:  # noqa: ARG001 - one signature for all effects
    return Written({"submitted_by": None, "submitted_for": None})


def _recall(doing: Doing) -> Written:  # noqa: ARG001
    return Written({"endorsed_by": None, "endorsed_for": None})


def _amend(doing: Doing) -> Written:
    """[choice] An amendment begins with what the department last sent or accepted, and so takes the place of one that
    waits or was declined: what is accepted is what was listed, and no more."""
    agreed = _agreed(doing)
    document, changes = loading.revision_document(agreed), []
    framework = loading.framework_of(doing.table.cycle)
    for change in doing.attempt.details["changes"]:
        path, value = str(change.get("path", "")), str(change.get("value", ""))
        try:
            old = cells.text_at(document, path)
            if cells.mark(old) == cells.mark(value):
                raise Impossible(Reason("nothing_amended", f"{in_words(path)}没有改动：改成的和现在的一样", path))
            document = cells.with_text(document, path, value, framework)
        except cells.BadCell as error:
            raise Impossible(Reason("amendment_cell", str(error), path)) from error
        changes.append({"path": path, "old": old, "new": value, "reason": str(change["reason"]).strip()})
    if _told(changes) in [_told(one.changes or []) for one in _declined_since(doing, agreed)]:
        raise Impossible(Reason("amendment_again", "与部门没有接受的修改相同；请改动或退回"))
    blocking = [f for f in checks.run(document, framework) if f.severity is checks.Severity.MUST]
    if blocking:
        raise Impossible(Reason("findings", f"改后检查有阻断：{blocking[0].message}", blocking[0].path))
    revision = _freeze(doing, "amendment", document.canonical(), document.digest(), changes)
    # An amendment is writing: whoever endorsed cannot take the table back from under it.
    begun_at = doing.row.begun_at or doing.now
    columns = {"latest_revision": revision.number, "grade": doing.attempt.grade, "begun_at": begun_at}
    return Written(columns, _frozen(revision) | {"changes": changes}, then=lambda: doing.session.add(revision))


def _declined_since(doing: Doing, agreed: Revision) -> Sequence[Revision]:
    """The amendments that the department declined since it last sent or accepted something."""
    return doing.session.scalars(
        select(Revision).where(
            Revision.table_id == doing.row.id, Revision.number > agreed.number, Revision.declined_at.is_not(None)
        )
    ).all()


def _told(changes: Sequence[Mapping[str, str]]) -> set[tuple[str, str, str]]:
    """What an amendment says, whatever its order. [choice] A better reason is something new to be answered."""
    return {(one["path"], cells.mark(one["new"]), one["reason"]) for one in changes}


def _accept_amendment(doing: Doing) -> Written:
    latest = _latest(doing)

    def accept() -> None:
        latest.accepted_by, latest.accepted_at = doing.person_id, doing.now
        seen = loading.sheet_edit(doing.session, doing.table)
        agreed = loading.revision_document(latest).with_decimals(loading.framework_of(doing.table.cycle).decimals)
        store.replace(doing.session, doing.table.sheet_id, agreed, seen=seen)

    return Written({}, _frozen(latest), then=accept)


def _latest(doing: Doing) -> Revision:
    latest = loading.latest_revision(doing.session, doing.table)
    if latest is None:
        raise RuntimeError("a table in review has a revision")
    return latest


def _seen(doing: Doing) -> RevisionFacts:
    """The latest revision, without what it says."""
    latest = doing.row.latest if isinstance(doing.row, Row) else None
    if latest is None:
        raise RuntimeError("a table in review has a revision")
    return latest


NOTE_REVIEW = upsert(
    Review, ("revision_id", "person_id"), ("table_id", "form", "grade", "opinion", "written_at", "decided")
)
BRING_INTO_FORCE = upsert(GoalsInForce, ("table_id",), ("revision_id", "since"))


def _note_review(doing: Doing) -> tuple[Statement, Values]:
    return NOTE_REVIEW, {
        "table_id": doing.row.id,
        "revision_id": _revision_id(doing),
        "person_id": doing.person_id,
        "form": doing.attempt.review.as_json(),
        "grade": doing.attempt.grade,
        "opinion": doing.attempt.opinion,
        "written_at": doing.now,
        "decided": True,
    }


def _revision_id(doing: Doing) -> int:
    found = doing.row.revision_id if isinstance(doing.row, Row) else None
    if found is None:
        raise RuntimeError("a table in review has a revision")
    return found


def _approve(doing: Doing) -> Written:
    latest, parent_id = _seen(doing), doing.row.adjusts_id
    said = _frozen(latest) | {"grade": doing.attempt.grade}
    columns = {
        "grade": doing.attempt.grade,
        "approved_by": doing.person_id,
        "approved_for": doing.attempt.for_id,
        "approved_at": doing.now,
        "approved_revision": latest.number,
        "resubmit_until": None,
        "returned_sha256": None,
    }
    goals = {"table_id": doing.row.id, "revision_id": _revision_id(doing), "since": doing.now}
    written = Written(columns, said, (_note_review(doing), (BRING_INTO_FORCE, goals)))
    if parent_id is not None:
        said |= {"adjusts": parent_id}
        written.then = lambda: _bring_adjustment_into_force(doing, parent_id, latest)
    return written


def _bring_adjustment_into_force(doing: Doing, parent_id: int, revision: RevisionFacts) -> None:
    """[choice] The adjusted goals are in force in the same transaction; the parent's state never changes."""
    parent_state = doing.session.scalars(select(Table.state).where(Table.id == parent_id).with_for_update()).one()
    if reason := guards.parent_moved_on(State(parent_state)):
        raise Impossible(reason)  # it moved on while this move was waiting for it
    goals = {"table_id": parent_id, "revision_id": _revision_id(doing), "since": doing.now}
    at_once(doing.session, (BRING_INTO_FORCE, goals))
    book.append(
        doing.session,
        f"table:{parent_id}",
        "adjusted",
        at=doing.now,
        person_id=doing.attempt.person_id,
        person_name=doing.attempt.name,
        role="bureau_officer",
        body={"adjustment": doing.row.adjustment_number, "table": doing.row.id} | _frozen(revision),
    )


def _return(doing: Doing) -> Written:
    written = _back_to_draft(doing)
    written.columns["grade"] = written.said["grade"] = doing.attempt.grade
    written.rows = (_note_review(doing),)
    return written


def _begin_monitoring(doing: Doing) -> Written:
    listed = loading.monitoring_facts(doing.session, doing.table, doing.now).projects
    said: dict[str, Any] = {"projects": listed}

    def freeze() -> None:
        if not listed and doing.attempt.person_id is not None:
            doing.session.add(_no_projects(doing, doing.attempt.person_id))
        said["rounds"] = rounds.freeze_open(doing.session, doing.table, entered=doing.now, now=doing.now)

    return Written({"entered_monitoring_at": doing.now}, said, then=freeze)


def _no_projects(doing: Doing, manager_id: int) -> Waiver:
    return Waiver(
        table_id=doing.table.id,
        kind="no_projects",
        reason=doing.attempt.opinion.strip(),
        granted_by=manager_id,
        granted_at=doing.now,
    )


def _finish_monitoring(doing: Doing) -> Written:
    monitoring = loading.monitoring_facts(doing.session, doing.table, doing.now)
    rate = monitoring.rate
    ended_as = "not_applicable" if rate is None or rate.met is None else ("met" if rate.met else "waived")
    return Written(
        {"monitoring_ended_as": ended_as}, {"ended_as": ended_as, "rate": rate.sentence() if rate else "不适用"}
    )


def _report_evaluation(doing: Doing) -> Written:
    text, sha256 = loading.evaluation_json(doing.session, doing.table)
    revision = _freeze(doing, "evaluation", text, sha256)
    return Written({"latest_revision": revision.number}, _frozen(revision), then=lambda: doing.session.add(revision))


def _return_evaluation(doing: Doing) -> Written:
    until: datetime = doing.attempt.details["until"]
    return Written({"evaluation_until": until}, {"until": instant_text(until), "revision": doing.row.latest_revision})


def _accept_evaluation(doing: Doing) -> Written:
    return Written({}, {"revision": doing.row.latest_revision})


def _void(doing: Doing) -> Written:
    open_adjustments = doing.session.scalars(
        select(func.count())
        .select_from(Table)
        .where(Table.adjusts_id == doing.row.id, Table.state.not_in(["approved", "void"]))
    ).one()
    if open_adjustments:
        raise Impossible(Reason("adjustment_open", "这张表还有未办完的目标调整，请先把调整作废"))
    return Written()


EFFECTS: dict[str, Callable[[Doing], Written]] = {
    "submit": _submit,
    "endorse": _endorse,
    "send_back": _back_to_draft,
    "withdraw": _withdraw,
    "recall": _recall,
    "amend": _amend,
    "accept_amendment": _accept_amendment,
    "approve": _approve,
    "return": _return,
    "begin_monitoring": _begin_monitoring,
    "finish_monitoring": _finish_monitoring,
    "report_evaluation": _report_evaluation,
    "return_evaluation": _return_evaluation,
    "accept_evaluation": _accept_evaluation,
    "void": _void,
}
