"""The completion rates of many tables at once: of one year, in a fixed number of queries however many there are."""

from collections import defaultdict

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from forms.document import Document
from forms.targets import Target
from ledger.chain import digest
from workflow import loading
from workflow.models import Cycle, GoalsInForce, Project, ProjectReport, Revision, RoundListing, Table, Waiver
from workflow.monitoring import Listed, Rate, year_rate
from workflow.states import State

_targets: dict[tuple[str, str], Target | None] = {}
_TARGETS_KEPT = 5000
"""Reading a target takes a whole document, so it is kept by the digests of framework and document."""


def rates(session: Session, cycle: Cycle, last_opened: int | None, wanted: ColumnElement[bool]) -> dict[int, Rate]:
    """By table: the year's rate of the monitored tables among `wanted`, over the list of the round opened last; None:
    over the list that a round would freeze now, which tells what the next one will find if nothing changes."""
    monitored = select(Table.id).where(wanted, Table.cycle_id == cycle.id, Table.state == State.MONITORING)
    frozen = select(RoundListing.table_id, RoundListing.project_id, RoundListing.must_monitor).where(
        RoundListing.round_id == last_opened, RoundListing.table_id.in_(monitored)
    )
    as_listed_now = select(Project.table_id, Project.id, Project.must_monitor).where(Project.table_id.in_(monitored))
    listed: dict[int, list[Listed]] = defaultdict(list)
    for table_id, project_id, must in session.execute(as_listed_now if last_opened is None else frozen):
        listed[table_id].append(Listed(project_id, must))
    confirmed: dict[int, set[int]] = defaultdict(set)
    for table_id, project_id in session.execute(
        select(ProjectReport.table_id, ProjectReport.project_id).where(
            ProjectReport.table_id.in_(monitored), ProjectReport.confirmed_at.is_not(None)
        )
    ):
        confirmed[table_id].add(project_id)
    denominator = loading.framework_of(cycle).monitoring.denominator
    goals = session.execute(
        select(Table, Revision.id, Revision.sha256)
        .join(GoalsInForce, GoalsInForce.table_id == Table.id)
        .join(Revision, Revision.id == GoalsInForce.revision_id)
        .where(Table.id.in_(monitored))
    ).all()
    targets = _targets_of(session, cycle, {sha256: (table, revision_id) for table, revision_id, sha256 in goals})
    return {
        table.id: year_rate(listed[table.id], confirmed[table.id], denominator, targets[sha256])
        for table, _, sha256 in goals
    }


def waived(session: Session, wanted: ColumnElement[bool]) -> frozenset[int]:
    """The tables among `wanted` that may leave monitoring below their target."""
    return frozenset(
        session.scalars(
            select(Waiver.table_id)
            .join(Table, and_(Table.id == Waiver.table_id, wanted))
            .where(Waiver.kind == "monitoring")
        )
    )


def _targets_of(session: Session, cycle: Cycle, revisions: dict[str, tuple[Table, int]]) -> dict[str, Target | None]:
    """Each document's committed target, by its digest; documents not read before are read together."""
    form = digest(cycle.framework)
    found = {sha256: _targets[form, sha256] for sha256 in revisions if (form, sha256) in _targets}
    unread = sorted(revision_id for sha256, (_, revision_id) in revisions.items() if sha256 not in found)
    if unread:
        for sha256, text in session.execute(select(Revision.sha256, Revision.document).where(Revision.id.in_(unread))):
            if len(_targets) >= _TARGETS_KEPT:
                _targets.clear()
            table, _ = revisions[sha256]
            found[sha256] = _targets[form, sha256] = loading.committed_target(table, Document.from_json(text))
    return found
