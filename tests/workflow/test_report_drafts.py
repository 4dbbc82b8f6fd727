"""The draft of a monitoring report: kept as typed, told what it lacks, gone once it is reported."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask

from config.database import db
from tests import factories
from tests.factories import World, sound_report
from workflow import reporting
from workflow.acts import Recorded, Refused
from workflow.models import ProjectReport, ReportDraft
from workflow.states import State

HALF = Fraction(6, 12)
ROW = {"name": "完成率", "target": "100%", "actual": "60%", "expected": "100%", "likelihood": "能"}
MONEY = {"year_start": "100", "adjusted": "100", "executed": "60", "expected": "100"}


@pytest.mark.parametrize(
    ("money", "rows", "fields"),
    [
        ({}, [ROW], []),
        ({"executed": ""}, [ROW], ["executed"]),
        ({"executed": "约六十", "expected": ""}, [ROW], ["executed", "expected"]),
        ({"executed": "200"}, [ROW], ["executed", "expected"]),
        ({}, [], ["indicators[0].name"]),
        ({}, [{}, {**ROW, "actual": ""}], ["indicators[0].actual"]),
        ({}, [{**ROW, "likelihood": "不能"}], ["deviation", "why", "measure"]),
    ],
)
def test_an_unfinished_report_is_told_what_reporting_it_would_refuse(
    money: dict[str, str], rows: list[dict[str, str]], fields: list[str]
) -> None:
    lacks = reporting.missing(MONEY | money, rows, HALF, "项目1")
    assert [reason.path for reason in lacks] == [f if f in MONEY or "[" in f else f"indicators[0].{f}" for f in fields]


@pytest.fixture
def monitored(app: Flask) -> World:
    """Four projects, the round open."""
    return factories.world().bring_to(State.MONITORING)


def draft(world: World, who: int, seen: int = 0, **given: Any) -> Recorded | Refused:
    details = {"amounts": MONEY | {"executed": ""}, "indicators": [{"name": "完成率", "likelihood": "能"}], **given}
    return world.record("draft_report", who, round_id=world.rounds[0], code="P1", seen=seen, **details)


def kept() -> list[ReportDraft]:
    db.session().rollback()
    return db.session().query(ReportDraft).all()


def test_a_draft_keeps_what_was_typed_and_counts_as_no_report(monitored: World) -> None:
    done = draft(monitored, monitored.own.editor, amounts={"executed": "约六十"})
    assert isinstance(done, Recorded)
    assert done.said["lacks"] == 5  # four amounts and what was reached
    assert [(one.amounts["executed"], one.indicators, one.edit) for one in kept()] == [
        ("约六十", [{"name": "完成率", "likelihood": "能"}], 1)
    ]
    assert db.session().query(ProjectReport).count() == 0


def test_reporting_takes_the_draft_away(monitored: World) -> None:
    draft(monitored, monitored.own.editor)
    monitored.report("P1")
    assert kept() == []


def test_a_draft_that_comes_late_and_says_what_was_reported_is_none(monitored: World) -> None:
    monitored.report("P1")
    sound = sound_report()
    rows = sound.pop("indicators")
    late = draft(monitored, monitored.own.editor, amounts=sound, indicators=[*rows, {}])
    assert isinstance(late, Recorded)
    assert kept() == []


def test_a_report_that_waits_is_left_alone_by_a_draft_that_changes_it(monitored: World) -> None:
    monitored.report("P1")
    draft(monitored, monitored.own.editor, amounts=MONEY | {"executed": "61"}, indicators=[ROW])
    assert [one.amounts["executed"] for one in kept()] == ["61"]
    assert db.session().query(ProjectReport).one().executed == 60_000_000


def test_the_second_of_two_at_one_draft_is_told_and_overwrites_nothing(monitored: World) -> None:
    draft(monitored, monitored.own.editor)
    refused = draft(monitored, monitored.own.second_editor, amounts={"executed": "1"})
    assert isinstance(refused, Refused)
    assert refused.kind == "stale"
    assert "水利厅填报甲 10:00 改了这份草稿" in refused.sentence()
    assert [one.edit for one in kept()] == [1]
    assert isinstance(draft(monitored, monitored.own.second_editor, seen=1), Recorded)
    assert [one.edit for one in kept()] == [2]


def test_a_draft_that_was_emptied_is_given_up(monitored: World) -> None:
    draft(monitored, monitored.own.editor)
    done = draft(monitored, monitored.own.editor, seen=1, amounts={}, indicators=[{"likelihood": "能"}])
    assert isinstance(done, Recorded)
    assert done.said["given_up"] is True
    assert kept() == []


def test_what_was_confirmed_takes_no_draft_and_neither_does_a_closed_round(monitored: World) -> None:
    monitored.confirm("P1")
    refused = draft(monitored, monitored.own.editor)
    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == ["confirmed"]
    monitored.clock.on(date(2020, 9, 20))
    closed = monitored.record("draft_report", monitored.own.editor, round_id=monitored.rounds[0], code="P2", seen=0)
    assert isinstance(closed, Refused)
    assert [reason.code for reason in closed.reasons] == ["round_closed"]


def test_only_editors_keep_drafts(monitored: World) -> None:
    refused = draft(monitored, monitored.own.reviewer)
    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == ["role"]
