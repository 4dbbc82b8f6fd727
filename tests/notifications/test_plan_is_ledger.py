"""`reminders plan` before and `reminders ledger` after a whole year agree, line by line.

Where nobody acts, every line comes to pass as it was foretold. Where departments act on the way, a line is sent, is set
aside with its reason in the ledger, or was never due: then the table's own history says what happened in between.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import or_, select, update

from commands import reminders as command
from config.database import db, writing
from ledger.models import Entry
from notifications import outbox, plan, rules, tasks
from notifications.channels.inbox import Inbox
from notifications.gathering import table_of
from notifications.rules import Before, Opens, Overdue, Weekly
from tests import factories
from tests.factories import Office, World, sound_document
from workflow import loading
from workflow.deadlines import ends
from workflow.models import Table
from workflow.states import Stage, State
from workflow.workdays import PUBLISHED

CHINA = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2019, 11, 4), date(2021, 5, 31)
"""From the first day of entry until the bureau's check of the self-evaluation is long over."""
DATED = {rule.code for rule in rules.RULES if isinstance(rule.when, Opens | Before | Overdue | Weekly)}
SAME = ("key", "due_at", "recipient", "channel", "rule", "table", "reason")
"""What a line of the plan and its line in the ledger share. What is sent on its day has the foretold subject too; what
waited for an outage to end tells the days that are left by then."""

Line = dict[str, Any]


class Letters(Inbox):
    """A second way that never fails."""

    name = "email"


WAYS = {"inbox": Inbox(), "email": Letters()}


@pytest.fixture
def run(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Line]]:
    """The command as typed in a world, with --json: `run(world, "ledger")`."""

    def typed(world: World, *args: str) -> list[Line]:
        monkeypatch.setattr(command, "now", world.clock)
        said = app.test_cli_runner().invoke(command.reminders, [*args, "--cycle", str(world.cycle_id), "--json"])
        assert said.exit_code == 0, said.stderr
        lines: list[Line] = json.loads(said.stdout)
        return lines

    return typed


def from_to(first: date) -> tuple[str, ...]:
    """The plan of all that is left."""
    return ("plan", "--from", first.isoformat(), "--to", LAST.isoformat())


def line(row: Line) -> tuple[Any, ...]:
    """What must agree, of either."""
    return tuple(row[name] for name in SAME)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant in China."""
    return datetime.combine(day, time(hour, minute), CHINA)


def mornings() -> Iterator[date]:
    """Every working day, and the Sundays between."""
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        if PUBLISHED.look(day).working or day.weekday() == 6:
            yield day


def tick(world: World, day: date) -> None:
    """The tick of one morning."""
    world.clock.at = at(day, 10)
    tasks.tick(world.clock, WAYS)


# Nobody acts


def place(office: Office, state: State, **columns: Any) -> None:
    """Put an approved table where the year would bring it much later, past the program: in one plan all states stand
    side by side, with all their deadlines before them."""
    with writing() as session:
        session.execute(update(Table).where(Table.id == office.table_id).values(state=state, **columns))


def still_life() -> World:
    """Tables in every state that is asked for something, and each way a deadline can be set; the year is ahead."""
    world = factories.world("农业厅", "卫健委", "交通厅", "教育厅", "民政厅", "文旅厅", "体育局")
    reviewed, monitored, evaluating, reevaluating, checked, returned, extended = world.others
    world.of(world.neighbour).bring_to(State.INTERNAL_REVIEW)
    world.of(reviewed).bring_to(State.FINANCE_REVIEW)
    world.of(returned).bring_to(State.FINANCE_REVIEW)
    world.of(returned).moved("return", returned.officer, until=ends(date(2019, 12, 18), CHINA.key))
    granted = {"stage": Stage.ENTRY, "until": ends(date(2019, 12, 20), CHINA.key), "reason": "机构改革"}
    world.of(extended).recorded("extend", world.manager, **granted)
    for office in (monitored, evaluating, reevaluating, checked):
        world.of(office).bring_to(State.APPROVED)
    world.of(monitored).list_projects()
    world.of(monitored).moved("begin_monitoring", world.manager)
    over = {"entered_monitoring_at": world.clock.at, "monitoring_ended_as": "not_applicable"}
    place(evaluating, State.SELF_EVALUATION, **over)
    place(reevaluating, State.SELF_EVALUATION, evaluation_until=ends(date(2021, 4, 16), CHINA.key), **over)
    place(checked, State.EVALUATION_REVIEW, **over)
    return world


def lived_through(world: World, run: Callable[..., list[Line]]) -> tuple[list[Line], list[Line]]:
    """The plan of a year in which nobody acts, and the dated lines of its ledger afterwards."""
    planned = run(world, *from_to(FIRST))
    for day in mornings():
        tick(world, day)
    return planned, [row for row in run(world, "ledger") if row["rule"] in DATED]


def test_where_nobody_acts_the_plan_of_a_whole_year_is_the_ledger_line_by_line(app, run):
    planned, held = lived_through(still_life(), run)
    assert sorted(map(line, held)) == sorted(map(line, planned))
    assert {row["key"]: row["subject"] for row in held} == {row["key"]: row["subject"] for row in planned}
    assert {row["status"] for row in held} == {"sent"}
    assert {row["rule"] for row in held} == DATED
    stages = {row["stage"] for row in held}
    assert stages == {subject.name for subject in rules.SUBJECTS} - {"monitoring"} | {"monitoring:1", "bureau"}
    assert len(held) > 700


def test_a_rule_whose_day_was_shifted_after_the_plan_was_taken_shows(app, run, monkeypatch):
    """The control: the same comparison, with one reminder a day earlier than foretold."""
    world = still_life()
    planned = run(world, *from_to(date(2019, 11, 20)))
    shifted = tuple(
        replace(rule, when=Before((7, 4, 1))) if rule.code == "closes_soon" else rule for rule in plan.RULES
    )
    monkeypatch.setattr(plan, "RULES", shifted)
    plan.reminder_days.cache_clear()
    for day in mornings():
        if date(2019, 11, 20) <= day <= date(2019, 12, 6):
            tick(world, day)
    plan.reminder_days.cache_clear()
    held = {line(row) for row in run(world, "ledger") if row["rule"] in DATED and row["due_at"] >= "2019-11-20"}
    foretold = {line(row) for row in planned if row["due_at"] < "2019-12-07"}
    assert foretold != held
    assert {row[4] for row in foretold ^ held} == {"closes_soon"}


# Departments act on the way


@dataclass
class Life:
    """A year in which one department is late, one is sent back and one never answers; its plans are kept."""

    world: World
    run: Callable[..., list[Line]]
    plans: list[tuple[datetime, list[Line]]] = field(default_factory=list)

    def foretell(self) -> None:
        """Keep the plan as it is now."""
        today = self.world.clock.at.astimezone(CHINA).date()
        self.plans.append((self.world.clock.at, self.run(self.world, *from_to(today))))

    def at(self, day: date, hour: int, *acts: Callable[[], object]) -> None:
        """Do something on a day after its tick, and keep the plan that follows from it."""
        self.world.clock.at = at(day, hour)
        for one in acts:
            one()
        self.foretell()

    def acts(self) -> dict[date, tuple[Callable[[], object], ...]]:
        """What people do in the afternoons of the year."""
        own, late = self.world, self.world.of(self.world.neighbour)
        manager, entry, round_id = own.manager, Stage.ENTRY, own.rounds[0]

        def day(text: str) -> date:
            return date.fromisoformat(text)

        def until(text: str) -> datetime:
            return ends(day(text), CHINA.key)

        def extend(world: World, text: str, **what: Any) -> Callable[[], object]:
            return lambda: world.recorded("extend", manager, until=until(text), reason="汛期", **what)

        def revise() -> None:
            changed = sound_document(own.own.name).model_copy(update={"annual_goal": "保障全省供水，完成八座水库。"})
            seen = loading.sheet_edit(db.session(), own.table())
            own.recorded("import_sheet", own.own.editor, document=changed, seen=seen)

        return {
            day("2019-11-11"): (own.fill,),
            day("2019-12-04"): (lambda: own.moved("endorse", own.own.reviewer),),
            day("2019-12-09"): (extend(late, "2019-12-20", stage=entry),),
            day("2019-12-16"): (lambda: own.moved("return", own.own.officer, until=until("2019-12-23")),),
            day("2019-12-18"): (late.fill, lambda: late.moved("submit", late.own.editor)),
            day("2019-12-19"): (
                revise,
                lambda: own.moved("submit", own.own.editor),
                lambda: late.moved("endorse", late.own.reviewer),
            ),
            day("2019-12-20"): (lambda: own.moved("endorse", own.own.reviewer),),
            day("2019-12-25"): (lambda: own.moved("approve", own.own.officer), own.list_projects),
            day("2019-12-26"): (lambda: late.moved("approve", late.own.officer),),
            day("2020-08-05"): (lambda: late.moved("begin_monitoring", manager),),
            day("2020-08-20"): (lambda: own.confirm("P1"),),
            day("2020-09-03"): (extend(own, "2020-09-15", round_id=round_id),),
            day("2020-09-10"): (lambda: own.confirm("P2"),),
            day("2021-03-29"): (own.evaluate, lambda: own.moved("report_evaluation", own.own.reviewer)),
            day("2021-04-06"): (lambda: own.moved("return_evaluation", own.own.officer, until=until("2021-04-16")),),
            day("2021-04-12"): (lambda: own.moved("report_evaluation", own.own.reviewer),),
            day("2021-04-20"): (lambda: own.moved("accept_evaluation", own.own.officer),),
        }

    def live(self) -> None:
        """Through the year: a tick every morning but for four days on which nothing ran."""
        acts, world = self.acts(), self.world
        self.foretell()
        for day in mornings():
            if date(2019, 12, 10) <= day <= date(2019, 12, 13):
                continue
            if day == date(2019, 12, 3):  # planned at half past nine, submitted before anything is delivered
                world.clock.at = at(day, 9, 30)
                outbox.plan_due(world.clock.at)
                world.clock.at = at(day, 9, 40)
                world.moved("submit", world.own.editor)
                self.foretell()
            before = self._moves()
            tick(world, day)
            if self._moves() != before:  # the clock began or finished monitoring
                self.foretell()
            if day in acts:
                self.at(day, 15, *acts[day])

    def _moves(self) -> list[int]:
        session = db.session()
        session.rollback()
        return list(session.scalars(select(Table.version).order_by(Table.id)))

    def why_never_due(self, taken: datetime, row: Line, happened: list[tuple[int, datetime, str]]) -> str | None:
        """The act between the plan and the tick of the line's day that took it away; None: there is none."""
        until = datetime.fromisoformat(row["due_at"]) + timedelta(hours=1)
        return next(
            (act for table, when, act in happened if taken <= when <= until and row["table"] in (table, None)), None
        )

    def happened(self) -> list[tuple[int, datetime, str]]:
        """What may take a line away, by the tables' histories: moves, and what moves a deadline or reaches a rate."""
        session = db.session()
        session.rollback()
        entries = session.scalars(
            select(Entry).where(
                Entry.chain.startswith("table:"),
                or_(Entry.from_version.is_not(None), Entry.act.in_(("extend", "confirm_report", "round_opened"))),
            )
        )
        return [(table_of(entry), entry.at, entry.act) for entry in entries]


def test_where_departments_act_every_line_is_sent_or_set_aside_and_none_comes_unforeseen(app, run):
    life = Life(factories.world("农业厅"), run)
    life.live()
    assert life.world.state() is State.COMPLETED
    held = {row["key"]: row for row in run(life.world, "ledger") if row["rule"] in DATED}
    assert {row["status"] for row in held.values()} == {"sent", "suppressed", "superseded"}
    assert all(row["why_not"] for row in held.values() if row["status"] != "sent")

    foreseen = {line(row) for _, lines in life.plans for row in lines}
    assert [row for row in held.values() if line(row) not in foreseen] == []

    happened = life.happened()
    never_due = [(taken, row) for taken, lines in life.plans for row in lines if row["key"] not in held]
    took_away = [(row, life.why_never_due(taken, row, happened)) for taken, row in never_due]
    assert [row for row, act in took_away if act is None] == []
    assert len({act for _, act in took_away}) > 5
