"""bench/transition: one approval, as the program makes it, against the same done by hand; PostgreSQL, one process.

The yardstick (= 1) is plain psycopg in five round trips on the same tables: BEGIN, lock and read, set the row, write
the history, COMMIT; it asks nobody's right and no guard, and remembers no key.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import select
from sqlalchemy.orm import Session
from transitions import Machine

from bench import ground
from config.database import db
from ledger.models import Entry
from tests import factories
from workflow import acts, lifecycle, loading
from workflow.acts import Moved, act
from workflow.facts import Attempt
from workflow.models import Table
from workflow.states import State

TIMES = 40
SET = (
    "UPDATE workflow_table SET state = 'approved', version = version + 1, state_since = now(), grade = '良',"
    " approved_by = %(by)s, approved_at = now(), approved_revision = latest_revision, begun_at = NULL"
    " WHERE id = %(table)s AND state = 'finance_review' AND version = %(version)s"
)
WRITE = (
    "INSERT INTO ledger_entry (chain, position, at, act, person_id, person_name, role, from_version, from_state,"
    " to_state, body, previous_hash, hash) VALUES (%(chain)s, %(position)s, now(), 'approve', %(by)s, '某人',"
    " 'bureau_officer', %(position)s, 'finance_review', 'approved', %(body)s, %(hash)s, %(hash)s)"
)
ONCE = f"WITH moved AS ({SET} RETURNING id) {WRITE.replace('VALUES (', 'SELECT ').rstrip(')')} FROM moved"  # noqa: S608 - no value in it


class Bench:
    """A table with the bureau, put back after each decision, and ways to decide it."""

    def __init__(self, url: str) -> None:
        self.world = factories.world().bring_to(State.FINANCE_REVIEW)
        table = self.world.table()
        self.table_id, self.officer = table.id, self.world.own.officer
        self.details = self.world.details("approve", table)
        db.session().rollback()
        self.aside = psycopg.connect(url, autocommit=True)
        self.raw = psycopg.connect(url, autocommit=True)
        self.aside.execute("ANALYZE")  # a database in service has had its tables looked at
        self.position = 0

    def put_back(self) -> tuple[int]:
        """The table before the bureau again; its version."""
        put = "UPDATE workflow_table SET state = 'finance_review' WHERE id = %s RETURNING version"
        row = self.aside.execute(put, (self.table_id,)).fetchone()
        assert row is not None
        return (int(row[0]),)

    def ours(self, version: int) -> None:
        """The program's own way, with everything."""
        outcome = act(
            "approve",
            self.table_id,
            person=self.officer,
            version=version,
            now=self.world.clock,
            key=uuid4().hex,
            **self.details,
        )
        assert isinstance(outcome, Moved), outcome

    def _values(self, version: int) -> dict[str, Any]:
        self.position += 1
        return {
            "table": self.table_id, "by": self.officer, "version": version, "chain": "bench:raw",
            "position": self.position, "body": "{}" * 60, "hash": "0" * 64,
        }  # fmt: skip

    def five_round_trips(self, version: int) -> None:
        """Plain psycopg."""
        values = self._values(version)
        self.raw.execute("BEGIN")
        look = "SELECT state, version, department_id FROM workflow_table WHERE id = %(table)s FOR UPDATE"
        self.raw.execute(look, values).fetchone()
        self.raw.execute(SET, values)
        self.raw.execute(WRITE, values)
        self.raw.execute("COMMIT")

    def one_statement(self, version: int) -> None:
        """Plain psycopg, all in one."""
        assert self.raw.execute(ONCE, self._values(version)).rowcount == 1

    def naive(self, version: int) -> None:
        """The ORM as one first writes it, with a `transitions` machine for each table."""
        self.position += 1
        session: Session = db.session()
        session.rollback()
        table = session.get_one(Table, self.table_id)
        states = [state.value for state in State]
        model = _Model()
        machine = Machine(model, states=states, initial=str(table.state), auto_transitions=False)
        machine.add_transition("approve", "finance_review", "approved", conditions=lambda: table.version == version)
        assert model.approve()  # type: ignore[attr-defined]
        table.state, table.version = State(model.state), table.version + 1  # type: ignore[attr-defined]
        table.approved_by, table.approved_at, table.grade = self.officer, self.world.clock(), "良"
        table.approved_revision = table.latest_revision
        session.add(
            Entry(
                chain="bench:naive", position=self.position, at=self.world.clock(), act="approve",
                person_id=self.officer, person_name="某人", role="bureau_officer", from_version=self.position,
                from_state="finance_review", to_state="approved", body="{}" * 60, previous_hash="0" * 64,
                hash="0" * 64,
            )
        )  # fmt: skip
        session.commit()

    def rules(self) -> float:
        """Seconds that dispatch and guards of one approval take."""
        session = db.session()
        table = session.scalars(select(Table).where(Table.id == self.table_id)).one()
        table.state = State.FINANCE_REVIEW
        needs = lifecycle.EVENTS["approve"].needs
        facts = loading.load(session, table, self.world.clock(), needs)
        attempt = Attempt(self.officer, "", frozenset({"bureau_officer"}), opinion="同意", details=self.details)
        taken = []
        for _time in range(2000):
            begun = time.perf_counter()
            lifecycle.judge("approve", facts, attempt)
            taken.append(time.perf_counter() - begun)
        session.rollback()
        return statistics.median(taken)

    def where(self) -> dict[str, float]:
        """Seconds of one approval by what it does, on average."""
        parts: dict[str, float] = {}
        with ExitStack() as stack:
            for owner, name, part in (
                (acts.bringing, "bring", "lock and read"),
                (acts, "judge", "dispatch and guards"),
                (acts, "at_once", "write"),
                (Session, "commit", "commit"),
                (acts.keys, "wish", "digest of the wish"),
                (acts.book, "appending", "hash of the entry"),
            ):
                stack.enter_context(_timed(owner, name, part, parts))
            for _time in range(TIMES * 3):
                given = self.put_back()
                begun = time.perf_counter()
                self.ours(*given)
                parts["the whole"] = parts.get("the whole", 0.0) + time.perf_counter() - begun
        return {part: total / (TIMES * 3) for part, total in parts.items()}


@contextmanager
def _timed(owner: Any, name: str, part: str, parts: dict[str, float]) -> Iterator[None]:
    """Let a function add its time to a part while the block runs."""
    before = getattr(owner, name)

    def timed(*given: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        try:
            return before(*given, **named)
        finally:
            parts[part] = parts.get(part, 0.0) + time.perf_counter() - begun

    setattr(owner, name, timed)
    try:
        yield
    finally:
        setattr(owner, name, before)


class _Model:
    """What the naive machine moves."""


def main() -> None:
    """Measure and print."""
    with ground.app() as made:
        bench = Bench(made.config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", ""))
        contestants = [
            ground.Contestant("five", bench.five_round_trips, bench.put_back),
            ground.Contestant("one", bench.one_statement, bench.put_back),
            ground.Contestant("naive", bench.naive, bench.put_back),
            ground.Contestant("ours", bench.ours, bench.put_back),
        ]
        taken = ground.interleaved(contestants, times=TIMES)
        rules, parts = bench.rules(), bench.where()
        bench.aside.close()
        bench.raw.close()
    five = taken["five"]
    ground.heading(f"One approval; = 1: plain psycopg in five round trips, {five * 1e6:.0f} µs")
    ratio = taken["ours"] / five
    ground.line("ours, with rights, guards, key, ledger and review", ratio, "floor 1.6, goal 1.0", held=ratio <= 1.6)
    ground.line("plain psycopg in one statement", taken["one"] / five)
    ground.line("naive ORM with a transitions machine per table", taken["naive"] / five)
    ground.line("dispatch and guards, µs", rules * 1e6)
    ground.heading("Where the time of ours goes, µs (docs/decisions/0013 says what was tried)")
    for part, seconds in sorted(parts.items(), key=lambda each: -each[1]):
        ground.line(part, seconds * 1e6)


if __name__ == "__main__":
    main()
