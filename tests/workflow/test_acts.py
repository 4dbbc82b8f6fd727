"""What act() and record() promise: scope, keys, undo, one history."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from accounts.models import Appointment, Department, Person
from accounts.roles import Role
from config.database import db
from forms import store
from ledger import book
from ledger.models import Entry
from tests import factories
from workflow import guards, lifecycle
from workflow.acts import Moved, Recorded, Refused, act, may, record
from workflow.models import GoalsInForce, Project, Remark, Revision, RoundListing, Table
from workflow.scope import tables_seen_by
from workflow.states import Stage, State
from workflow.urging import urged_too_often
from workflow.workdays import PUBLISHED

pytestmark = pytest.mark.each_database


def codes(outcome: object) -> list[str]:
    """The codes of a refusal's reasons."""
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.reasons]


def acts_of(world: factories.World) -> list[str]:
    """What happened to the table, in order."""
    session = db.session()
    session.rollback()
    return [entry.act for entry in book.history(session, f"table:{world.own.table_id}")]


def test_the_same_wish_with_the_same_key_has_one_effect_and_one_answer(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    first = world.act("submit", world.own.editor, key="k1", version=1)
    again = act(
        "submit", world.own.table_id, person=world.own.editor, version=1, now=world.clock, key="k1",
        sheet_edit=world.details("submit", world.table())["sheet_edit"],
    )  # fmt: skip
    assert isinstance(first, Moved)
    assert again == first
    assert acts_of(world).count("submit") == 1


def test_the_same_key_with_other_content_is_refused(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, key="k2", text="写细一些", must=False)
    other = world.record("remark", world.own.reviewer, key="k2", text="写长一些", must=False)
    assert isinstance(other, Refused)
    assert other.kind == "key_reused"
    assert db.session().scalars(select(Remark.text)).all() == ["写细一些"]


def test_a_refusal_is_judged_anew_with_the_same_key(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    assert codes(world.act("return", world.own.officer, key="k3", opinion="  ")) == ["opinion_empty"]
    assert isinstance(world.act("return", world.own.officer, key="k3"), Moved)


def test_a_stale_version_is_told_who_moved_the_table(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    stale = world.act("endorse", world.own.reviewer, version=1)
    assert isinstance(stale, Refused)
    assert stale.kind == "stale"
    assert "水利厅填报甲 刚刚送审" in stale.reasons[0].text


def test_another_departments_table_is_not_found_just_like_none_at_all(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    theirs = world.act("endorse", world.neighbour.reviewer)
    none = act("endorse", 10**6, person=world.own.reviewer, version=1, now=world.clock, key="k4")
    assert theirs == none
    assert codes(theirs) == ["not_found"]


def test_a_right_withdrawn_is_gone_at_the_next_act(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    db.session().execute(
        update(Appointment).where(Appointment.person_id == world.own.reviewer).values(ends_on=world.clock.at.date())
    )
    db.session().commit()
    assert codes(world.act("endorse", world.own.reviewer)) == ["not_found"]


def test_a_disabled_account_decides_nothing(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    db.session().execute(update(Person).where(Person.id == world.own.reviewer).values(disabled_at=world.clock.at))
    db.session().commit()
    assert codes(world.act("endorse", world.own.reviewer)) == ["not_found"]


def test_an_officer_of_a_department_decides_for_the_units_below_it(app: Flask) -> None:
    world = factories.world()
    session = db.session()
    above = factories.department(world.region_id, "农业农村厅")
    below = {"parent_id": above, "path": f"/{above}/{world.own.id}/"}
    session.execute(update(Department).where(Department.id == world.own.id).values(**below))
    officer = factories.person("总专管", (Role.OFFICER, world.region_id, above))
    session.commit()
    world.bring_to(State.FINANCE_REVIEW)
    assert isinstance(world.act("approve", officer), Moved)


def test_lists_of_tables_show_what_a_person_may_see(app: Flask) -> None:
    world = factories.world()

    def seen(person: int) -> set[int]:
        return {table.id for table in db.session().scalars(tables_seen_by(db.session(), person, world.clock.at))}

    own, neighbour = world.own.table_id, world.neighbour.table_id
    assert seen(world.own.editor) == seen(world.own.officer) == {own}
    assert seen(world.manager) == seen(world.auditor) == {own, neighbour}
    assert seen(world.administrator) == set()


def test_after_the_window_nothing_is_submitted_until_the_bureau_extends(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    world.clock.on(date(2019, 12, 6), hour=15)  # 23:00 in China: the deadline is that day's end
    assert may(db.session(), world.table(), world.own.editor, world.clock.at)["submit"] == ()
    world.clock.on(date(2019, 12, 6), hour=16)
    assert codes(world.act("submit", world.own.editor)) == ["window_closed"]
    world.recorded(
        "extend", world.manager, stage=Stage.ENTRY, until=world.clock.at + timedelta(days=3), reason="单位搬迁"
    )
    assert isinstance(world.act("submit", world.own.editor), Moved)


def test_an_extension_says_why_and_comes_from_the_manager(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    until = world.clock.at + timedelta(days=60)
    assert codes(world.record("extend", world.own.officer, stage=Stage.ENTRY, until=until, reason="忙")) == ["role"]
    assert codes(world.record("extend", world.manager, stage=Stage.ENTRY, until=until, reason=" ")) == ["reason_empty"]


def test_nobody_endorses_what_they_submitted(app: Flask) -> None:
    world = factories.world()
    world.submitter = world.own.both
    world.bring_to(State.INTERNAL_REVIEW)
    assert codes(world.act("endorse", world.own.both)) == ["own_submission"]


def test_the_database_too_refuses_that_one_person_submits_and_endorses(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    with pytest.raises(IntegrityError, match="nobody_endorses_their_own"):
        db.session().execute(update(Table).where(Table.id == world.own.table_id).values(endorsed_by=world.own.editor))
    db.session().rollback()


def test_the_database_too_refuses_approval_without_an_approver(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    with pytest.raises(IntegrityError, match="in_force_means_approved"):
        db.session().execute(update(Table).where(Table.id == world.own.table_id).values(state=State.APPROVED))
    db.session().rollback()


def test_unchanged_and_unanswered_a_returned_table_does_not_come_back(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, text="请写明数据来源", must=True, path="indicators[21].definition")
    world.moved("return", world.own.officer)
    assert codes(world.act("submit", world.own.editor)) == ["must_unanswered", "unchanged"]
    world.recorded("answer_remark", world.own.editor, number=1, answer="declined", text="数据来源见统计年鉴")
    assert isinstance(world.act("submit", world.own.editor), Moved)


def test_changed_text_lets_a_table_come_back_after_an_internal_return(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    world.moved("send_back", world.own.reviewer)
    assert codes(world.act("submit", world.own.editor)) == ["unchanged"]
    seen = world.details("submit", world.table())["sheet_edit"]
    world.recorded("edit_sheet", world.own.editor, changes=[["annual_goal", "新的目标"]], seen=seen)
    assert isinstance(world.act("submit", world.own.editor), Moved)


def test_what_is_submitted_is_what_was_seen(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    seen = world.details("submit", world.table())["sheet_edit"]
    world.recorded("edit_sheet", world.own.second_editor, changes=[["annual_goal", "同事改过"]], seen=seen)
    assert codes(world.act("submit", world.own.editor, sheet_edit=seen)) == ["sheet_changed"]


def test_two_editors_with_the_same_screen_do_not_overwrite_each_other(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    seen = world.details("submit", world.table())["sheet_edit"]
    world.recorded("edit_sheet", world.own.editor, changes=[["annual_goal", "甲"]], seen=seen)
    assert codes(world.record("edit_sheet", world.own.second_editor, changes=[["annual_goal", "乙"]], seen=seen)) == [
        "sheet_changed"
    ]
    assert world.goals().annual_goal == "甲"


def test_a_cell_that_cannot_hold_a_text_is_named_and_nothing_is_written(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    before = world.goals()
    seen = world.details("submit", world.table())["sheet_edit"]
    refused = world.record(
        "edit_sheet",
        world.own.editor,
        changes=[["annual_goal", "改了一半"], ["budget.total", "很多"]],
        seen=seen,
    )
    assert codes(refused) == ["bad_cell"]
    assert isinstance(refused, Refused)
    assert refused.reasons[0].path == "budget.total"
    assert world.goals() == before


def test_a_sheet_of_another_department_or_year_is_not_imported(app: Flask) -> None:
    world = factories.world()
    seen = world.details("submit", world.table())["sheet_edit"]
    for document, code in (
        (factories.sound_document("林业局"), "other_department"),
        (factories.sound_document("水利厅", year=2021), "other_year"),
    ):
        assert codes(world.record("import_sheet", world.own.editor, document=document, seen=seen)) == [code]


def test_undo_is_possible_until_the_next_person_began_to_write(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    assert isinstance(world.act("recall", world.own.reviewer), Moved)
    assert isinstance(world.act("withdraw", world.own.editor), Moved)
    world.moved("submit", world.own.editor)
    world.recorded("remark", world.own.reviewer, text="先看一下", must=False)
    assert codes(world.act("withdraw", world.own.editor)) == ["begun"]
    world.moved("endorse", world.own.reviewer)
    world.recorded("draft_review", world.own.officer, revision=world.table().latest_revision, review={})
    assert codes(world.act("recall", world.own.reviewer)) == ["begun"]


def test_an_amendment_is_a_new_revision_that_the_department_accepts_before_approval(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    assert codes(world.act("approve", world.own.officer)) == ["amendment_open"]
    assert world.goals().annual_goal != "保障全省供水安全。"
    world.moved("accept_amendment", world.own.reviewer)
    world.moved("approve", world.own.officer)
    assert world.goals().annual_goal == "保障全省供水安全。"
    kinds = db.session().scalars(select(Revision.kind).order_by(Revision.number)).all()
    assert kinds == ["submission", "amendment"]


def test_an_amendment_that_the_checks_object_to_is_refused_as_a_whole(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    changes = [{"path": "budget.total", "value": "1", "reason": "笔误"}]
    assert codes(world.act("amend", world.own.officer, changes=changes)) == ["findings"]
    assert world.table().latest_revision == 1


def test_a_decision_names_the_revision_that_was_seen(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.moved("amend", world.own.officer)
    world.moved("accept_amendment", world.own.reviewer)
    assert codes(world.act("approve", world.own.officer, revision=1)) == ["revision_stale"]


def test_approval_needs_a_full_review_form_and_a_fitting_grade(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    half = factories.full_review()
    del half["points"]["资金匹配"]
    assert codes(world.act("approve", world.own.officer, review=half)) == ["review_incomplete"]
    assert codes(world.act("approve", world.own.officer, grade="中")) == ["grade"]
    assert codes(world.act("return", world.own.officer, grade="优")) == ["grade"]


def test_a_must_fix_remark_left_open_stops_approval(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, text="请改", must=True)
    assert codes(world.act("approve", world.own.officer)) == ["must_unanswered"]


def test_an_adjustment_is_in_force_with_its_approval_and_the_parent_stays_where_it_is(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    parent = world.own.table_id
    version = world.table().version
    opened = world.recorded("open_adjustment", world.own.editor, reason="机构职责调整")
    assert codes(world.record("open_adjustment", world.own.editor, reason="再调一次")) == ["adjustment_open"]
    world.own.table_id = opened.said["table"]
    world.clock.on(date(2020, 5, 6))
    world.write_goal("调整后的目标")
    for state in (State.INTERNAL_REVIEW, State.FINANCE_REVIEW):
        world.arrive(state)
    in_force = db.session().get_one(GoalsInForce, parent).revision_id
    world.arrive(State.APPROVED)
    adjusted = db.session().get_one(Table, parent)
    in_force_now = db.session().get_one(GoalsInForce, parent).revision_id
    assert in_force_now != in_force
    assert (adjusted.state, adjusted.version) == (State.APPROVED, version)
    assert '"调整后的目标"' in db.session().get_one(Revision, in_force_now).document
    assert book.history(db.session(), f"table:{parent}")[-1].act == "adjusted"


def test_an_adjustment_that_changes_nothing_is_not_submitted(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    goal = world.goals().annual_goal
    world.own.table_id = world.recorded("open_adjustment", world.own.editor, reason="机构职责调整").said["table"]
    assert codes(world.act("submit", world.own.editor)) == ["nothing_adjusted"]
    world.write_goal("调整后的目标")
    world.write_goal(goal)
    assert codes(world.act("submit", world.own.editor)) == ["nothing_adjusted"]
    world.write_goal("调整后的目标")
    world.moved("submit", world.own.editor)


@pytest.mark.parametrize(
    ("state", "event", "guard"),
    [
        (State.FINANCE_REVIEW, "approve", guards.saw_these_remarks),
        (State.INTERNAL_REVIEW, "endorse", guards.saw_these_remarks),
    ],
)
def test_with_its_guard_taken_away_a_decision_passes_over_remarks_nobody_saw(
    app: Flask, monkeypatch: pytest.MonkeyPatch, state: State, event: str, guard: guards.Guard
) -> None:
    world = factories.world().bring_to(state)
    by = world.own.officer if event == "approve" else world.own.reviewer
    world.recorded("remark", by, text="只是建议", must=False)
    assert codes(world.act(event, by, remarks="")) == ["remarks_stale"]
    _without(monkeypatch, event, guard)
    assert isinstance(world.act(event, by, remarks=""), Moved)


def test_with_its_guard_taken_away_an_adjustment_of_nothing_is_submitted(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = factories.world().bring_to(State.APPROVED)
    world.own.table_id = world.recorded("open_adjustment", world.own.editor, reason="机构职责调整").said["table"]
    _without(monkeypatch, "submit", guards.adjusts_something)
    assert isinstance(world.act("submit", world.own.editor), Moved)


def _without(monkeypatch: pytest.MonkeyPatch, event: str, guard: guards.Guard) -> None:
    declared = lifecycle.EVENTS[event]
    left = tuple(each for each in declared.guards if each is not guard)
    assert len(left) == len(declared.guards) - 1
    monkeypatch.setitem(lifecycle.EVENTS, event, replace(declared, guards=left))


def test_the_clock_ignores_adjustments(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    parent = world.own.table_id
    world.own.table_id = world.recorded("open_adjustment", world.own.editor, reason="机构职责调整").said["table"]
    world.write_goal("调整后的目标")
    for state in (State.INTERNAL_REVIEW, State.FINANCE_REVIEW, State.APPROVED):
        world.arrive(state)
    adjustment, world.own.table_id = world.own.table_id, parent
    world.make_ready()
    assert {ticked.table_id for ticked in world.tick()} == {parent}
    assert db.session().get_one(Table, adjustment).state == State.APPROVED


def test_may_says_of_every_event_yes_or_why_not_and_act_agrees(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    answers = may(db.session(), world.table(), world.own.officer, world.clock.at)
    yes = {name for name, reasons in answers.items() if not reasons}
    assert yes == {"amend", "approve", "rewrite_remark", "remove_remark", "return", "remark", "draft_review"}
    assert answers["submit"][0].text == "送审由填报人办理"
    assert may(db.session(), world.table(), world.neighbour.officer, world.clock.at) == {}


def test_history_entries_chain_and_a_changed_one_is_found(app: Flask) -> None:
    factories.world().bring_to(State.APPROVED)
    session = db.session()
    assert book.verify(session) == []
    session.execute(update(Entry).where(Entry.act == "approve").values(person_name="别人"))
    assert [b.kind for b in book.verify(session)] == ["changed"]
    session.rollback()


def test_a_cut_tail_is_found(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    session = db.session()
    last = book.history(session, f"table:{world.own.table_id}")[-1].id
    session.execute(text("UPDATE ledger_chain_head SET entry_id = NULL WHERE entry_id = :last"), {"last": last})
    session.execute(text("DELETE FROM ledger_entry WHERE id = :last"), {"last": last})
    assert [b.kind for b in book.verify(session)] == ["end"]
    session.rollback()


@pytest.mark.parametrize(
    ("before", "today", "again"),
    [
        ([], "12-06", None),
        (["12-05"], "12-06", None),
        (["12-06"], "12-06", "12-09 周一"),
        (["12-06"], "12-08", "12-09 周一"),  # Friday's urge stands on Sunday
        (["12-07"], "12-08", "12-09 周一"),  # and so does Saturday's
        (["12-07"], "12-09", None),
        (["09-28"], "09-29", None),  # Sunday 29 September was worked for National Day
        (["09-30"], "10-07", "10-08 周二"),
        (["09-27", "09-30"], "10-08", None),
    ],
)
def test_a_table_is_urged_once_a_working_day(before: list[str], today: str, again: str | None) -> None:
    """Days of 2019, at ten in the morning."""

    def ten(day: str) -> datetime:
        return datetime(2019, int(day[:2]), int(day[3:]), 2, tzinfo=UTC)

    found = urged_too_often([ten(day) for day in before], ten(today), "Asia/Shanghai", PUBLISHED)
    said = f"这张表这个工作日已经催办过（共 {len(before)} 次），{again} 起可以再催"
    assert (None if found is None else found.text) == (None if again is None else said)


def test_one_urge_a_day(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    assert world.recorded("urge", world.manager).said["count"] == 1
    assert codes(world.record("urge", world.own.officer)) == ["urged_today"]
    world.clock.at += timedelta(days=1)
    assert world.recorded("urge", world.own.officer).said["count"] == 2


def test_only_the_department_is_urged_and_an_amendment_that_waits_is_its_turn(app: Flask) -> None:
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    refused = world.record("urge", world.manager)
    assert codes(refused) == ["not_the_departments_turn"]
    world.moved("amend", world.own.officer)
    assert world.recorded("urge", world.manager).said["count"] == 1


def test_a_table_voided_says_why_and_keeps_everything(app: Flask) -> None:
    world = factories.world().bring_to(State.APPROVED)
    assert codes(world.act("void", world.manager, opinion="")) == ["opinion_empty"]
    world.moved("void", world.manager)
    assert db.session().get(GoalsInForce, world.own.table_id) is not None
    assert store.document_of(db.session(), world.table().sheet_id).tasks


def test_a_project_listed_after_the_round_opened_counts_from_the_next_round(app: Flask) -> None:
    world = factories.world().bring_to(State.MONITORING)
    world.clock.at += timedelta(hours=1)
    world.recorded("list_project", world.own.editor, code="P9", name="追加项目", budget="1")
    world.tick()
    listed = set(db.session().scalars(select(RoundListing.project_id)))
    late = db.session().scalars(select(Project.id).where(Project.code == "P9")).one()
    assert len(listed) == 4
    assert late not in listed


def test_kinds_that_need_the_text_of_money_name_the_place(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    refused = world.record("list_project", world.own.editor, code="P1", name="堤防", budget="很多")
    assert isinstance(refused, Refused)
    assert refused.reasons[0].text.startswith("“堤防”的年初预算")


def test_a_record_of_nobody_is_not_found(app: Flask) -> None:
    world = factories.world().bring_to(State.DRAFT)
    outcome = record("urge", world.own.table_id, person=10**6, now=world.clock, key="k9")
    assert codes(outcome) == ["not_found"]
    assert isinstance(world.record("urge", world.manager), Recorded)


def test_a_decision_over_a_remark_that_was_not_seen_is_refused(app: Flask) -> None:
    """The page of one officer was open when another one wrote."""
    world = factories.world().bring_to(State.FINANCE_REVIEW)
    world.recorded("remark", world.own.officer, text="请写明数据来源", must=False)
    assert codes(world.act("approve", world.own.officer, remarks="")) == ["remarks_stale"]
    assert codes(world.act("return", world.own.officer, remarks="1 2")) == ["remarks_stale"]
    assert isinstance(world.act("approve", world.own.officer, remarks="1"), Moved)


def test_nothing_is_endorsed_while_the_reviewers_own_demand_is_open(app: Flask) -> None:
    """It is not for the bureau to answer; the ways out are named."""
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    world.clock.at += timedelta(minutes=10)
    world.recorded("remark", world.own.reviewer, text="请写明数据来源", must=True, path="annual_goal")
    refused = world.act("endorse", world.own.reviewer)
    assert isinstance(refused, Refused)
    assert [reason.text for reason in refused.reasons] == [
        "意见 1（必改）还没有答复：退回填报人，或删除、改为建议后再通过"
    ]
    world.recorded("rewrite_remark", world.own.reviewer, number=1, text="请写明数据来源", must=False)
    assert isinstance(world.act("endorse", world.own.reviewer), Moved)


def test_nothing_is_endorsed_over_a_remark_that_was_not_seen(app: Flask) -> None:
    world = factories.world().bring_to(State.INTERNAL_REVIEW)
    world.recorded("remark", world.own.reviewer, text="可以更具体", must=False)
    assert codes(world.act("endorse", world.own.reviewer, remarks="")) == ["remarks_stale"]
    assert isinstance(world.act("endorse", world.own.reviewer, remarks="1"), Moved)
