"""How a year stands, for the bureau: one sentence first, then figures, each with the names behind it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from accounts.roles import Role
from workflow.hands import median
from workflow.holders import holders_of
from workflow.listing import ENDED, Waiting, worklist
from workflow.models import Cycle, Round, Table
from workflow.monitoring import Rate
from workflow.rates import rates, waived
from workflow.scope import tables_seen_by
from workflow.states import State
from workflow.turns import Hand


@dataclass(frozen=True)
class RateLine:
    """One table's completion rate by its department's name."""

    table_id: int
    department: str
    rate: Rate
    waived: bool


@dataclass(frozen=True)
class OfficerLine:
    """How long the tables of one officer took in the bureau's hands."""

    name: str
    tables: int
    median: str
    """Working days in the bureau's hands, of the tables that came there."""
    longest: int
    department: str
    """Whose table that is."""
    table_id: int


@dataclass(frozen=True)
class Standing:
    """A year as its reader may see it; adjustments are counted among the late, not among the tables by state."""

    lines: tuple[Waiting, ...]
    rates: tuple[RateLine, ...]
    late_elsewhere: Mapping[int, int] = field(default_factory=dict)
    """Late tables of other years, by the id of the year."""
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Who has each late table, by its id; by name."""
    officers: tuple[OfficerLine, ...] = ()
    """Who took how long, the longest first."""

    @property
    def medians(self) -> Mapping[Hand, str]:
        """The median of working days in each side's hands, of the tables that were there; none for nobody's."""
        sides: dict[Hand, list[int]] = {
            Hand.DEPARTMENT: [line.clock.total.department for line in self.lines],
            Hand.BUREAU: [line.clock.total.bureau for line in self.lines if came_to_the_bureau(line)],
        }
        return {hand: median(days) for hand, days in sides.items() if days}

    @property
    def counts(self) -> dict[State, int]:
        """How many tables are in each state."""
        return {state: sum(line.state is state and line.adjustment is None for line in self.lines) for state in State}

    @property
    def tables(self) -> int:
        """How many tables the year has, void ones aside."""
        return sum(count for state, count in self.counts.items() if state is not State.VOID)

    @property
    def late_departments(self) -> tuple[Waiting, ...]:
        """Past a deadline in a department's hand."""
        return tuple(line for line in self.lines if line.overdue and line.hand is Hand.DEPARTMENT)

    @property
    def late_bureau(self) -> tuple[Waiting, ...]:
        """Past a time limit in the bureau's hand."""
        return tuple(line for line in self.lines if line.overdue and line.hand is Hand.BUREAU)

    @property
    def late_first(self) -> tuple[Waiting, ...]:
        """What is still going somewhere, the latest first, then the nearest deadline."""
        alive = (line for line in self.lines if line.state not in ENDED)
        return tuple(
            sorted(
                alive, key=lambda line: (not line.overdue, line.deadline or date.max, line.department, line.table_id)
            )
        )

    @property
    def below(self) -> tuple[RateLine, ...]:
        """Below their own target, the lowest first."""
        found = [line for line in self.rates if line.rate.met is False]
        return tuple(sorted(found, key=lambda line: (line.rate.value or 0, line.department)))

    @property
    def bureau_tables(self) -> int:
        """How many wait for the bureau now."""
        return sum(line.hand is Hand.BUREAU for line in self.lines)

    @property
    def bureau_note(self) -> str:
        """Where that number differs from the tables in 财政审核 and 自评复核, why; else empty."""
        adjustments = sum(line.hand is Hand.BUREAU and line.adjustment is not None for line in self.lines)
        amended = sum(
            line.state is State.FINANCE_REVIEW and line.hand is Hand.DEPARTMENT and line.adjustment is None
            for line in self.lines
        )
        parts = [f"含目标调整 {adjustments} 张"] if adjustments else []
        parts += [f"不含 {amended} 张已协商修改、等部门接受的"] if amended else []
        return "，".join(parts)

    def sentence(self) -> str:
        """What a manager must know in three seconds."""
        if not self.lines:
            return "这个年度还没有您能查看的绩效目标表。"
        departments = len({line.department for line in self.late_departments})
        found = [f"{departments} 个部门到期未报" if departments else "没有部门到期未报"]
        note = f"（{self.bureau_note}）" if self.bureau_note else ""
        if self.late_bureau:
            found.append(f"{len(self.late_bureau)} 张表在财政超过时限")
        elif self.bureau_tables:
            found.append(f"{self.bureau_tables} 张表在财政办理{note}，都在时限内")
        if self.rates:
            low = len(self.below)
            found.append(f"{low} 个部门监控完成率未达标" if low else "监控完成率都已达标或不适用")
        return "，".join(found) + "。"


def came_to_the_bureau(line: Waiting) -> bool:
    """Whether a table ever was in the bureau's hands."""
    return line.clock.hand is Hand.BUREAU or line.clock.total.bureau > 0 or line.pass_number > 1


def by_officer(lines: Iterable[Waiting], officers: Mapping[int, Sequence[str]]) -> tuple[OfficerLine, ...]:
    """Who took how long; `officers` are the names by table. Of a table with several, each is counted for it."""
    theirs: dict[str, list[Waiting]] = defaultdict(list)
    for line in filter(came_to_the_bureau, lines):
        for name in officers.get(line.table_id, ()) or ("没有财政审核人",):
            theirs[name].append(line)
    found = []
    for name, tables in theirs.items():
        longest = max(tables, key=lambda line: (line.clock.total.bureau, -line.table_id))
        days = [line.clock.total.bureau for line in tables]
        found.append(OfficerLine(name, len(tables), median(days), max(days), longest.department, longest.table_id))
    return tuple(sorted(found, key=lambda one: (-one.longest, one.name)))


def asked(line: Waiting) -> Role:
    """Whose turn a table is, as a role: an amendment that waits is accepted by the department's reviewer."""
    if line.hand is Hand.BUREAU:
        return Role.OFFICER
    return Role.REVIEWER if line.state in {State.INTERNAL_REVIEW, State.FINANCE_REVIEW} else Role.EDITOR


def standing(session: Session, person_id: int, cycle: Cycle, now: datetime) -> Standing:
    """The year as this person may see it, in a fixed number of queries."""
    lines = tuple(worklist(session, person_id, now, cycle_id=cycle.id, ended=True))
    return Standing(lines, _rates(session, person_id, cycle, now, lines))


def with_names(session: Session, person_id: int, cycle: Cycle, now: datetime) -> Standing:
    """The same with who has the late tables, and how many are late in other years."""
    found = standing(session, person_id, cycle, now)
    late = {line.table_id: asked(line) for line in found.late_departments + found.late_bureau}
    every = [line.table_id for line in found.lines]
    tables = session.scalars(select(Table).where(Table.id.in_(every)).options(joinedload(Table.department))).all()
    people = holders_of(session, [table.department for table in tables], now)
    elsewhere = Counter(line.cycle_id for line in worklist(session, person_id, now) if line.overdue)
    del elsewhere[cycle.id]
    return replace(
        found,
        late_elsewhere=elsewhere,
        names={
            table.id: tuple(one.name for one in people[table.department_id][late[table.id]])
            for table in tables
            if table.id in late
        },
        officers=by_officer(
            found.lines,
            {table.id: [one.name for one in people[table.department_id][Role.OFFICER]] for table in tables},
        ),
    )


def _rates(
    session: Session, person_id: int, cycle: Cycle, now: datetime, lines: tuple[Waiting, ...]
) -> tuple[RateLine, ...]:
    last = session.scalars(
        select(Round.id).where(Round.cycle_id == cycle.id, Round.opens_at <= now).order_by(Round.number.desc()).limit(1)
    ).one_or_none()
    if last is None:
        return ()
    seen = Table.id.in_(tables_seen_by(session, person_id, now).with_only_columns(Table.id))
    found, let_go = rates(session, cycle, last, seen), waived(session, seen)
    return tuple(
        RateLine(line.table_id, line.department, found[line.table_id], line.table_id in let_go)
        for line in lines
        if line.table_id in found
    )
