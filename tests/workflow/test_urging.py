"""Urges are counted by stage, and from the third on the department's head is told too."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pytest
from flask import Flask

from config.database import db
from tests import factories
from workflow import dossier, together
from workflow.states import State
from workflow.urging import copied_to, urged_in_stage

DRAFT, INTERNAL, FINANCE = "draft", "internal_review", "finance_review"
APPROVED, MONITORING, EVALUATION = "approved", "monitoring", "self_evaluation"


@dataclass(frozen=True)
class Step:
    """One entry of a history."""

    act: str
    from_state: str | None = None
    to_state: str | None = None


URGE, OPENED = Step("urge"), Step("opened", None, DRAFT)


def moves(*states: str) -> list[Step]:
    """A table on its way through these states."""
    return [Step("a move", one, other) for one, other in pairwise(states)]


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ([OPENED], 0),
        ([OPENED, URGE, URGE], 2),
        ([OPENED, URGE, *moves(DRAFT, INTERNAL), URGE], 2),  # one stage: it is still the department's goals
        ([OPENED, URGE, *moves(DRAFT, INTERNAL, DRAFT), URGE], 2),  # round inside the department
        ([OPENED, URGE, *moves(DRAFT, INTERNAL, FINANCE)], 0),
        ([OPENED, URGE, *moves(DRAFT, INTERNAL, FINANCE, DRAFT), URGE], 1),  # the bureau returned it
        ([URGE, *moves(INTERNAL, FINANCE, FINANCE), URGE, *moves(FINANCE, FINANCE), URGE], 2),  # amendments stay there
        ([*moves(FINANCE, APPROVED), URGE, *moves(APPROVED, MONITORING), URGE], 1),
        ([*moves(APPROVED, MONITORING), URGE, *moves(MONITORING, EVALUATION), URGE], 1),
    ],
)
def test_urges_are_counted_since_the_table_came_into_its_stage(steps: list[Step], count: int) -> None:
    assert urged_in_stage(steps) == count


@pytest.mark.parametrize(
    ("count", "heads", "said"),
    [
        (1, ["钟山"], "本阶段第 3 次起抄送部门负责人 钟山"),
        (2, [], "本阶段第 3 次起抄送部门负责人，不过这个部门没有部门负责人"),
        (3, ["钟山", "白露"], "抄送部门负责人 钟山、白露"),
        (5, [], "这个部门没有部门负责人，没有人可抄送"),
    ],
)
def test_who_urges_reads_whom_it_is_copied_to(count: int, heads: list[str], said: str) -> None:
    assert copied_to(count, heads) == said


@pytest.mark.each_database
def test_the_record_the_page_and_the_choice_count_alike(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)

    def counted(day: int) -> tuple[int, int, str]:
        world.clock.on(date(2019, 11, day))
        db.session().rollback()
        of_page = dossier.of(db.session(), world.table(), world.manager, world.clock()).next_urge
        (one,) = together.chosen(db.session(), [world.own.table_id], world.manager, world.clock)
        db.session().rollback()
        assert world.recorded("urge", world.manager).said["count"] == of_page
        return of_page, one.urged, one.copied

    assert counted(5) == (1, 0, "")
    assert counted(6) == (2, 1, "")
    world.moved("submit", world.own.editor)
    assert counted(7) == (3, 2, "抄送部门负责人 水利厅负责人")
    world.moved("endorse", world.own.reviewer)
    world.moved("return", world.own.officer)
    assert counted(8) == (1, 0, "")
