"""Time: a department asks for more, the bureau extends or does not, and urges."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from accounts.roles import Role
from ledger.chain import instant_text
from ledger.models import Entry
from workflow import guards as g
from workflow import loading
from workflow.asked import GRANTED, REFUSED
from workflow.effects import Doing, Impossible
from workflow.facts import Reason
from workflow.holidays import calendar_for
from workflow.lifecycle import NEEDS
from workflow.models import Extension, ExtensionRequest
from workflow.records.kind import ALIVE, kind, refuse, text_of
from workflow.states import STAGE_LABELS, Stage, State
from workflow.urging import urged_in_stage, urged_too_often


def _future(doing: Doing) -> datetime:
    until = doing.attempt.details.get("until")
    if not isinstance(until, datetime) or until.tzinfo is None:
        raise refuse("until_missing", "要给出新的截止时间")
    if until <= doing.now:
        raise refuse("until_past", "新的截止时间已经过去")
    return until


@kind(
    "ask_extension",
    "申请延期",
    {State.DRAFT, State.INTERNAL_REVIEW, State.MONITORING, State.SELF_EVALUATION},
    {Role.EDITOR, Role.REVIEWER},
    g.can_be_extended,
    g.nothing_asked_yet,
    g.reason_given,
    g.later_date_given,
)
def _ask_extension(doing: Doing) -> dict[str, Any]:
    """details: stage or round_id (what asks the table now, as it was seen), until (aware instant), reason."""
    found = g.extensible(loading.load(doing.session, doing.table, doing.now, NEEDS[g.can_be_extended]))
    if isinstance(found, Reason):
        raise RuntimeError("a guard asked for it")
    seen = doing.attempt.details.get("stage"), doing.attempt.details.get("round_id")
    if seen != (found.stage, found.round_id):
        raise refuse("extend_what", f"现在要办的是“{found.name}”，请看过再申请")
    reason, until = text_of(doing, "reason", "申请理由"), _future(doing)
    asked = ExtensionRequest(
        table_id=doing.table.id,
        stage=found.stage,
        round_id=found.round_id,
        until=until,
        reason=reason,
        asked_by=doing.person_id,
        asked_at=doing.now,
    )
    doing.session.add(asked)
    doing.session.flush()
    return {
        "request": asked.id,
        "stage": found.stage,
        "round_id": found.round_id,
        "name": found.name,
        "until": instant_text(until),
        "reason": reason,
    }


@kind("refuse_extension", "不同意延期", ALIVE, {Role.MANAGER}, g.request_waits, g.not_ones_own_request, g.reason_given)
def _refuse_extension(doing: Doing) -> dict[str, Any]:
    """details: request, reason."""
    asked, reason = _named(doing), text_of(doing, "reason", "理由")
    if asked is None:
        raise refuse("no_request", "要指明是哪个延期申请")
    _answer(doing, asked, REFUSED, reason)
    return {
        "request": asked.id,
        "stage": asked.stage,
        "round_id": asked.round_id,
        "name": _name(doing, asked.stage, asked.round_id),
        "until": instant_text(asked.until),
        "reason": reason,
    }


def _named(doing: Doing) -> ExtensionRequest | None:
    """The open request of this table that is named; None where none is."""
    number = doing.attempt.details.get("request")
    if number is None:
        return None
    asked = doing.session.scalars(
        select(ExtensionRequest).where(
            ExtensionRequest.id == number,
            ExtensionRequest.table_id == doing.table.id,
            ExtensionRequest.answer.is_(None),
        )
    ).one_or_none()
    if asked is None:
        raise refuse("no_request", "没有等待答复的延期申请，或者已经答复过")
    return asked


def _answer(doing: Doing, asked: ExtensionRequest, answer: str, reason: str, until: datetime | None = None) -> None:
    if asked.asked_by in doing.attempt.people:
        raise refuse("own_request", "这是您自己申请的延期，要由另一位绩效处管理人答复")
    asked.answer, asked.answer_reason, asked.granted_until = answer, reason, until
    asked.answered_by, asked.answered_at = doing.person_id, doing.now


def _name(doing: Doing, stage: str | None, round_id: int | None) -> str:
    if stage is not None:
        return STAGE_LABELS[Stage(stage)]
    return next(each.name for each in doing.table.cycle.rounds if each.id == round_id)


@kind("extend", "延期", ALIVE, {Role.MANAGER})
def _extend(doing: Doing) -> dict[str, Any]:
    """details: stage or round_id, until (aware instant), reason; or request, which says what it is about.

    [choice] Whoever extends what a department asked for has answered it, whether the request was named or not.
    """
    asked = _named(doing)
    reason, until = text_of(doing, "reason", "延期理由"), _future(doing)
    stage, round_id = doing.attempt.details.get("stage"), doing.attempt.details.get("round_id")
    if asked is not None and stage is None and round_id is None:
        stage, round_id = asked.stage, asked.round_id
    if (stage is None) == (round_id is None):
        raise refuse("extend_what", "延期要指明是哪个阶段，或哪个监控期")
    if stage is not None and stage not in set(Stage):
        raise refuse("stage_unknown", f"没有“{stage}”这个阶段")
    period = (
        loading.periods(doing.session, doing.table)[0].get(Stage(stage))
        if stage is not None
        else (loading.round_period(doing.session, doing.table, int(str(round_id))) or (None, None))[1]
    )
    if period is None:
        raise refuse("extend_what", "这个阶段（监控期）还没有设定起止日期")
    if until <= period.closes_at:
        raise refuse("until_early", "新的截止时间要晚于原来的截止时间")
    doing.session.add(
        Extension(
            table_id=doing.table.id,
            stage=stage,
            round_id=round_id,
            until=until,
            reason=reason,
            granted_by=doing.person_id,
            granted_at=doing.now,
        )
    )
    name = STAGE_LABELS[Stage(stage)] if stage is not None else period.name
    said = {"stage": stage, "round_id": round_id, "name": name, "until": instant_text(until), "reason": reason}
    answered = doing.session.scalars(
        select(ExtensionRequest).where(
            ExtensionRequest.table_id == doing.table.id,
            ExtensionRequest.stage == stage if stage is not None else ExtensionRequest.round_id == round_id,
            ExtensionRequest.answer.is_(None),
        )
    ).one_or_none()
    if asked is not None and asked is not answered:
        raise refuse("extend_what", "申请延期的不是这个阶段（监控期）")
    if answered is None:
        return said
    _answer(doing, answered, GRANTED, reason, until)
    return said | {"request": answered.id, "asked_until": instant_text(answered.until)}


@kind("urge", "催办", ALIVE, {Role.MANAGER, Role.OFFICER}, g.departments_turn)
def _urge(doing: Doing) -> dict[str, Any]:
    """details: text (optional)."""
    steps = doing.session.execute(
        select(Entry.act, Entry.at, Entry.from_state, Entry.to_state)
        .where(Entry.chain == f"table:{doing.table.id}", or_(Entry.act == "urge", Entry.from_state.is_not(None)))
        .order_by(Entry.position)
    ).all()
    before = [step.at for step in steps if step.act == "urge"]
    timezone, calendar = doing.table.cycle.region.timezone, calendar_for(doing.table.cycle)
    if often := urged_too_often(before, doing.now, timezone, calendar):
        raise Impossible(often)
    text = str(doing.attempt.details.get("text") or "").strip()
    return {"count": urged_in_stage(steps) + 1, "text": text}
