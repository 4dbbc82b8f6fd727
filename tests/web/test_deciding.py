"""Where somebody decides: the review, the forms of events, what stands on the table's page, and what is said after."""

from datetime import date

import pytest
from flask import Flask

from tests.web.test_bureau import Office
from workflow.states import State


@pytest.fixture
def office(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A world at the first morning of entry."""
    return Office(pages, monkeypatch)


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2019, 11, 25), "最晚 12-06 周五：这是财政的截止日期，再往后只有财政绩效处能按部门延期"),
        (date(2019, 12, 9), "最晚 12-16 周一：财政的截止日期已过，只能再开放 5 个工作日"),
    ],
)
def test_the_internal_review_says_until_when_it_may_send_back(on: date, words: str, office: Office) -> None:
    office.world.bring_to(State.INTERNAL_REVIEW)
    office.world.clock.on(on)
    assert words in office.enter(office.world.own.reviewer).get(f"{office.table}/internal-review")
