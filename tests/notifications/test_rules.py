"""Rules and their words: nothing may be half-added."""

from pathlib import Path

import pytest

from accounts.roles import Role
from config.settings import Settings
from notifications.channels.registry import channels
from notifications.rules import EMAIL, INBOX, RULES, SILENT, SUBJECTS, Daily, NobodyThere, On, Rule, Weekly
from notifications.words import FOLDER, BadWording, fields_of, load
from workflow.lifecycle import EVENTS
from workflow.records import RECORDS
from workflow.states import State

RULE = Rule("sample", "样例", On("sample"), frozenset({Role.EDITOR}))


def _folder(tmp_path: Path, subject: str = "{table}\n", body: str = "{opinion}\n", name: str = "sample") -> Path:
    (tmp_path / name).mkdir()
    (tmp_path / name / "subject.txt").write_text(subject, "utf-8")
    (tmp_path / name / "body.txt").write_text(body, "utf-8")
    return tmp_path


def test_every_rule_has_words_and_all_words_have_a_rule():
    assert set(load(RULES, FOLDER)) == {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len(RULES) >= 25


def test_words_that_fit_are_taken(tmp_path):
    assert load([RULE], _folder(tmp_path))["sample"].filled({"table": "甲", "opinion": "乙"}) == ("甲", "乙")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"subject": "{tabel}"}, "the words of sample use the unknown field 'tabel'"),
        ({"body": "{left}"}, "the words of sample use the unknown field 'left'"),
        ({"body": " \n"}, "the words of sample are empty"),
        ({"name": "other"}, "the words other belong to no rule"),
        ({"name": "other"}, "the rule sample has no subject.txt"),
    ],
)
def test_words_that_do_not_fit_are_refused(tmp_path, given, complaint):
    with pytest.raises(BadWording, match=complaint):
        load([RULE], _folder(tmp_path, **given))


def test_what_somebody_wrote_is_never_read_as_a_field(tmp_path):
    wording = load([RULE], _folder(tmp_path))["sample"]
    assert wording.filled({"table": "{opinion}", "opinion": "{0.__class__}"}) == ("{opinion}", "{0.__class__}")


def test_a_subject_is_one_line_whatever_its_fields_say(tmp_path):
    wording = load([RULE], _folder(tmp_path))["sample"]
    assert wording.filled({"table": "甲\r\nBcc: x@example.org", "opinion": ""})[0] == "甲 Bcc: x@example.org"


def test_every_act_of_a_tables_history_is_told_or_says_why_not():
    told = {rule.when.act for rule in RULES if isinstance(rule.when, On)}
    known = EVENTS.keys() | RECORDS.keys() | {"opened", "adjusted", "transferred"}
    assert told | SILENT.keys() == known
    assert not told & SILENT.keys()


@pytest.mark.parametrize(("said", "fits"), [({"n": 3}, True), ({"n": 4}, True), ({"n": 2}, False), ({}, False)])
def test_an_occasion_may_ask_for_a_number_that_is_large_enough(said, fits):
    assert On("sample", at_least=(("n", 3),)).fits("sample", said) is fits
    assert not On("sample", at_least=(("n", 3),)).fits("another", said)


def test_every_dated_rule_watches_deadlines_and_every_deadline_is_watched():
    dated = [rule for rule in RULES if not isinstance(rule.when, On | NobodyThere | Daily | Weekly)]
    assert all(rule.subjects for rule in dated)
    assert {subject.name for rule in dated for subject in rule.subjects} == {subject.name for subject in SUBJECTS}
    assert not any(rule.subjects for rule in RULES if isinstance(rule.when, On))


def test_every_state_that_waits_for_people_has_a_deadline_that_asks_them():
    asked = {state for subject in SUBJECTS for state in subject.asks}
    assert asked == set(State) - {State.APPROVED, State.COMPLETED, State.VOID}


def test_the_channels_that_everybody_has_are_there(tmp_path):
    found = channels(Settings(data=tmp_path))
    assert {INBOX, EMAIL} <= set(found)
    assert all(found[name].form is None for name in (INBOX, EMAIL))


def test_every_field_is_used_by_some_words():
    text = "".join(path.read_text("utf-8") for path in FOLDER.glob("*/*.txt"))
    assert {field for rule in RULES for field in fields_of(rule) if f"{{{field}}}" not in text} == set()
