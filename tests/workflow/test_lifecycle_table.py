"""Every cell of (state × event × role × own / other department / author), against a table written by hand.

The table says who may, where; all else an event needs (window, opinion, grade, deadline, sound sheet) is there.
Letters: E editor, R department reviewer, H the department's head, O officer, M manager, A auditor, S system
administrator, C the clock; L is an officer who is head of the department too.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from accounts.roles import Role
from config.database import Base, bare_app, db
from config.settings import Settings
from tests import factories
from workflow import actors
from workflow.actors import THE_CLOCK, Acting
from workflow.acts import Moved
from workflow.lifecycle import EVENTS
from workflow.states import State

# fmt: off
#                     draft  internal  finance  approved  monitoring  self_ev  ev_review  completed  void
OWN = {
    "submit":            ("E",    "",      "",      "",       "",         "",      "",        "",       ""),
    "endorse":           ("",     "R",     "",      "",       "",         "",      "",        "",       ""),
    "send_back":         ("",     "R",     "",      "",       "",         "",      "",        "",       ""),
    "withdraw":          ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "recall":            ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "amend":             ("",     "",      "O",     "",       "",         "",      "",        "",       ""),
    "accept_amendment":  ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "approve":           ("",     "",      "O",     "",       "",         "",      "",        "",       ""),
    "return":            ("",     "",      "O",     "",       "",         "",      "",        "",       ""),
    "begin_monitoring":  ("",     "",      "",      "MC",     "",         "",      "",        "",       ""),
    "finish_monitoring": ("",     "",      "",      "",       "C",        "",      "",        "",       ""),
    "report_evaluation": ("",     "",      "",      "",       "",         "R",     "",        "",       ""),
    "return_evaluation": ("",     "",      "",      "",       "",         "",      "O",       "",       ""),
    "accept_evaluation": ("",     "",      "",      "",       "",         "",      "O",       "",       ""),
    "void":              ("M",    "M",     "M",     "M",      "M",        "M",     "M",       "",       ""),
}
# Whoever submitted (or endorsed) it may undo, and not decide. In internal review E and R are one person,
# who is both and submitted; at the bureau R is who endorsed; O is an editor of the department too, L its head.
AUTHOR = OWN | {
    "submit":            ("EO",   "",      "",      "",       "",         "",      "",        "",       ""),
    "endorse":           ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "send_back":         ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "withdraw":          ("",     "ER",    "",      "",       "",         "",      "",        "",       ""),
    "recall":            ("",     "",      "R",     "",       "",         "",      "",        "",       ""),
    "amend":             ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "approve":           ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "return":            ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "return_evaluation": ("",     "",      "",      "",       "",         "",      "",        "",       ""),
    "accept_evaluation": ("",     "",      "",      "",       "",         "",      "",        "",       ""),
}
# The same table with an amendment waiting at the bureau: only what differs from OWN.
AMENDED = {"accept_amendment": "R", "approve": ""}
# fmt: on
STATES = list(State)
INVISIBLE_TO = "S"
"""For whom no table exists, not even in their own region."""


@dataclass
class Cells:
    """A world whose table can be put back into any state, with a person for every role and relation."""

    world: factories.World
    own: dict[str, Acting]
    author: dict[str, Acting]
    other: dict[str, Acting]


@dataclass
class Snapshots:
    """The table in every state, ready to leave it, as files to be put back."""

    cells: Cells
    kept: dict[str, Path]
    clocks: dict[str, datetime]
    file: Path

    def put_back(self, name: str) -> None:
        """Make the world what it was in that state."""
        _restore(self.file, self.kept[name])
        self.cells.world.clock.at = self.clocks[name]


def _people(world: factories.World) -> Cells:
    region, place = world.region_id, world.own.id
    db.session().rollback()
    elsewhere = factories.world()
    own: dict[str, Acting] = {
        "E": world.own.second_editor,
        "R": world.own.second_reviewer,
        "H": world.own.head,
        "O": world.own.officer,
        "M": world.manager,
        "A": world.auditor,
        "S": world.administrator,
        "C": THE_CLOCK,
    }
    author: dict[str, Acting] = own | {
        "E": world.own.editor,
        "R": world.own.reviewer,
        "O": factories.person("专管兼填报", (Role.OFFICER, region, place), (Role.EDITOR, region, place)),
        "L": factories.person("专管兼负责人", (Role.OFFICER, region, place), (Role.HEAD, region, place)),
    }
    db.session().commit()
    other: dict[str, Acting] = {
        "E": world.neighbour.editor,
        "R": world.neighbour.reviewer,
        "H": world.neighbour.head,
        "O": world.neighbour.officer,
        "M": elsewhere.manager,
        "A": elsewhere.auditor,
        "S": elsewhere.administrator,
    }
    return Cells(world, own, author, other)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Path]]:
    """An app on a SQLite file of its own, whose states are kept by copying the file."""
    folder = tmp_path_factory.mktemp("lifecycle")
    file = folder / "now.sqlite3"
    app = bare_app(
        Settings(environment="development", data=folder, database_url=f"sqlite:///{file}", secret_key="t" * 40)
    )
    with app.app_context():
        Base.metadata.create_all(db.engine)
        yield app, file
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def snapshots(disk: tuple[Flask, Path]) -> Snapshots:
    """The table in each state of the year, as files."""
    _, file = disk
    world = factories.world()
    world.submitter = world.own.both
    cells = _people(world)
    kept: dict[str, Path] = {}
    clocks: dict[str, datetime] = {}

    def keep(name: str) -> None:
        db.session().rollback()
        db.session.remove()
        db.engine.dispose()
        sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
        kept[name] = file.with_name(f"{name}.sqlite3")
        shutil.copyfile(file, kept[name])

    for state in factories.THE_YEAR:
        world.arrive(state)
        world.make_ready()
        keep(state)
        clocks[state] = world.clock.at
    _restore(file, kept[State.DRAFT])
    world.moved("void", world.manager)
    keep(State.VOID)
    clocks[State.VOID] = clocks[State.DRAFT]
    _restore(file, kept[State.FINANCE_REVIEW])
    world.clock.at = clocks[State.FINANCE_REVIEW]
    world.moved("amend", world.own.officer)
    keep("amended")
    clocks["amended"] = clocks[State.FINANCE_REVIEW]
    return Snapshots(cells, kept, clocks, file)


def _restore(file: Path, kept: Path) -> None:
    db.session().rollback()
    db.session.remove()
    db.engine.dispose()
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(kept, file)


def _try(snapshots: Snapshots, name: str, state: State, event: str, who: Acting) -> str:
    """ "moved", "not_found", "role", "state" …: what one attempt came to. The world is put back where it moved."""
    outcome = snapshots.cells.world.act(event, who)
    if isinstance(outcome, Moved):
        assert outcome.from_state is state
        assert outcome.to_state is (EVENTS[event].target or state)
        snapshots.put_back(name)
        return "moved"
    return outcome.reasons[0].code


@pytest.mark.parametrize("state", STATES)
def test_every_cell_holds(snapshots: Snapshots, state: State) -> None:
    """One state's column of both tables, for every event, role and relation."""
    cells, wrong = snapshots.cells, []
    snapshots.put_back(state)
    author = cells.author | (dict.fromkeys("ER", cells.world.own.both) if state is State.INTERNAL_REVIEW else {})
    for event in EVENTS:
        for relation, people, table in (("own", cells.own, OWN), ("author", author, AUTHOR)):
            may = table[event][STATES.index(state)]
            for letter, who in people.items():
                expected = "moved" if letter in may else ("not_found" if letter in INVISIBLE_TO else "refused")
                found = _try(snapshots, state, state, event, who)
                if (found if found in {"moved", "not_found"} else "refused") != expected:
                    wrong.append((event, relation, letter, f"expected {expected}, found {found}"))
        wrong += [
            (event, "other", letter, found)
            for letter, who in cells.other.items()
            if (found := _try(snapshots, state, state, event, who)) != "not_found"
        ]
    assert wrong == []


def test_with_an_amendment_waiting_the_reviewer_accepts_and_nobody_approves(snapshots: Snapshots) -> None:
    cells, column, wrong = snapshots.cells, STATES.index(State.FINANCE_REVIEW), []
    snapshots.put_back("amended")
    for event in EVENTS:
        may = AMENDED.get(event, OWN[event][column])
        for letter, who in cells.own.items():
            found = _try(snapshots, "amended", State.FINANCE_REVIEW, event, who)
            if (found == "moved") != (letter in may):
                wrong.append((event, letter, found))
    assert wrong == []


def test_the_table_written_by_hand_names_every_event_and_state() -> None:
    assert set(OWN) == set(AUTHOR) == set(EVENTS)
    assert {len(row) for row in (*OWN.values(), *AUTHOR.values())} == {len(STATES)}


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HEAD])
def test_the_table_can_be_wrong(role: Role, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: let the auditor or the department's head approve, and a cell goes red."""
    monkeypatch.setitem(EVENTS, "approve", replace(EVENTS["approve"], roles=frozenset({role})))
    with pytest.raises(AssertionError, match="approve"):
        test_every_cell_holds(snapshots, State.FINANCE_REVIEW)
    snapshots.put_back(State.FINANCE_REVIEW)


def test_an_officer_who_heads_the_department_can_be_let_through(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: count heads as strangers to their department, and the cell of such an officer goes red."""
    monkeypatch.setattr(actors, "OF_THE_DEPARTMENT", frozenset({Role.EDITOR, Role.REVIEWER}))
    with pytest.raises(AssertionError, match="'author', 'L', 'expected refused, found moved'"):
        test_every_cell_holds(snapshots, State.FINANCE_REVIEW)
    snapshots.put_back(State.FINANCE_REVIEW)
