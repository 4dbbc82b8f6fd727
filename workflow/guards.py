"""The conditions of the lifecycle, each with the reason it gives when it refuses.

A guard is a pure function (facts, attempt) -> Reason, several, or None; the lifecycle names which event asks which. The
sentences stand here once: buttons, forms, the API and the command line show the same words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from accounts.roles import Role
from forms.checks import Severity
from forms.places import in_words
from workflow.deadlines import last_date, local_date
from workflow.facts import Attempt, Facts, Period, Reason
from workflow.review import TO_APPROVAL, TO_RETURN, remark_names
from workflow.states import LABELS, STAGE_LABELS, Stage, State
from workflow.turns import Hand, in_the_hand_of
from workflow.workdays import Calendar

Guard = Callable[[Facts, Attempt], "Reason | Sequence[Reason] | None"]
T = TypeVar("T")


def loaded(value: T | None, what: str) -> T:
    """A fact that a guard needs; RuntimeError when the loader forgot it (a defect, never an answer)."""
    if value is None:
        raise RuntimeError(f"the guards were asked without {what}")
    return value


def _day(at: datetime, facts: Facts) -> str:
    return last_date(at, facts.timezone).isoformat()


def _window(facts: Facts, stage: Stage, reopened_until: datetime | None) -> Reason | None:
    if reopened_until is not None and facts.now < reopened_until:
        return None
    window = facts.windows.get(stage)
    label = STAGE_LABELS[stage]
    if window is None:
        return Reason("window_unset", f"“{label}”的起止日期还没有设定，由财政绩效处设定")
    if facts.now < window.opens_at:
        opens = local_date(window.opens_at, facts.timezone)
        return Reason("window_not_open", f"“{label}”{opens} 起才开放")
    end = max(window.until, reopened_until or window.until)
    if facts.now >= end:
        return Reason("window_closed", f"“{label}”已于 {_day(end, facts)} 24:00 截止，只有财政绩效处能按部门延期")
    return None


def entry_open(facts: Facts, attempt: Attempt) -> Reason | None:
    """Entry is open: by the window, an extension or the deadline of a return. [choice] An adjustment's entry is open
    as long as the table it adjusts is approved or monitored. [choice] What the department's reviewer sets inside never
    takes away the time that the bureau's own return gave."""
    if facts.adjusts:
        return still_adjusts(facts, attempt)
    given = [until for until in (facts.resubmit_until, facts.returned_until) if until is not None]
    return _window(facts, Stage.ENTRY, max(given, default=None))


def still_adjusts(facts: Facts, attempt: Attempt) -> Reason | None:
    """An adjustment is approved only while the table it adjusts is approved or monitored."""
    return parent_moved_on(facts.parent_state) if facts.adjusts else None


def parent_moved_on(parent_state: State | None) -> Reason | None:
    """What stands against adjusting a table in this state. [choice] Once it evaluates itself, its goals stay."""
    if parent_state in {State.APPROVED, State.MONITORING}:
        return None
    return Reason("parent_moved_on", "原表已不在“已批复”或“运行监控”，目标调整不再受理")


def evaluation_open(facts: Facts, attempt: Attempt) -> Reason | None:
    """The self-evaluation window is open, extended, or reopened by a return's deadline."""
    return _window(facts, Stage.EVALUATION, facts.evaluation_until)


@dataclass(frozen=True)
class Extensible:
    """What a department may ask to have extended: the stage or the round that asks its table now, and until when."""

    stage: Stage | None
    round_id: int | None
    name: str
    until: datetime


def extensible(facts: Facts) -> Extensible | Reason:
    """What a department may ask to have extended now, or why nothing. [choice] Its own stages alone, from the opening
    on and after the deadline as well; in monitoring the round that is open, else the last that was. An adjustment has
    no window that could be too short."""
    if facts.adjusts:
        return Reason("is_adjustment", "目标调整没有截止日期，不用申请延期")
    if facts.state is State.MONITORING:
        opened = [(id_, period) for id_, period in facts.rounds.items() if period.opens_at <= facts.now]
        if not opened:
            return Reason("no_round_open", "本年度还没有监控期开始")
        round_id, period = next((one for one in opened if one[1].is_open(facts.now)), opened[-1])
        return Extensible(None, round_id, period.name, period.until)
    stage = Stage.EVALUATION if facts.state is State.SELF_EVALUATION else Stage.ENTRY
    against = _window(facts, stage, None)
    if against is not None and against.code != "window_closed":
        return against
    returned = [facts.evaluation_until] if stage is Stage.EVALUATION else [facts.resubmit_until, facts.returned_until]
    until = max([facts.windows[stage].until, *(each for each in returned if each is not None)])
    return Extensible(stage, None, STAGE_LABELS[stage], until)


def can_be_extended(facts: Facts, attempt: Attempt) -> Reason | None:
    """A stage or a round has opened that asks the table now, and more time for it would make sense."""
    found = extensible(facts)
    return found if isinstance(found, Reason) else None


def later_date_given(facts: Facts, attempt: Attempt) -> Reason | None:
    """Who asks for more time says until when: later than now, and than the deadline that stands."""
    until, found = attempt.details.get("until"), extensible(facts)
    if not isinstance(until, datetime) or until.tzinfo is None:
        return Reason("until_missing", "要写明想延到哪一天")
    if until <= facts.now:
        return Reason("until_past", "想延到的日期已经过去")
    if isinstance(found, Extensible) and until <= found.until:
        return Reason("until_early", f"“{found.name}”本来就到 {_day(found.until, facts)} 24:00，要写更晚的日期")
    return None


def nothing_asked_yet(facts: Facts, attempt: Attempt) -> Reason | None:
    """One request for a stage or a round waits at a time."""
    found = extensible(facts)
    if isinstance(found, Reason):
        return None
    asked = {(one.stage, one.round_id) for one in loaded(facts.requests, "the extensions asked for")}
    if (found.stage, found.round_id) not in asked:
        return None
    return Reason("request_open", f"“{found.name}”已经申请过延期，等财政绩效处答复")


def request_waits(facts: Facts, attempt: Attempt) -> Reason | None:
    """A request waits for an answer; where one is named, that one."""
    waiting = {one.id for one in loaded(facts.requests, "the extensions asked for")}
    named = attempt.details.get("request")
    if waiting and (named is None or named in waiting):
        return None
    return Reason("no_request", "没有等待答复的延期申请，或者已经答复过")


def not_ones_own_request(facts: Facts, attempt: Attempt) -> Reason | None:
    """Nobody answers a request that they made themselves."""
    named = attempt.details.get("request")
    asked = [one for one in loaded(facts.requests, "the extensions asked for") if named in {None, one.id}]
    if not asked or not all(attempt.people & one.people for one in asked):
        return None
    return Reason("own_request", "这是您自己申请的延期，要由另一位绩效处管理人答复")


def answering_open(facts: Facts, attempt: Attempt) -> Reason | None:
    """Remarks are answered while what they are about may be changed."""
    guard = evaluation_open if facts.state is State.SELF_EVALUATION else entry_open
    return guard(facts, attempt)


def turn_to_review(facts: Facts, attempt: Attempt) -> Reason | None:
    """Inside the department its reviewer writes remarks; at the bureau the assigned officer, not one of its own."""
    if facts.state is State.INTERNAL_REVIEW:
        if Role.REVIEWER in attempt.roles:
            return None
        return Reason("role", "部门内审的意见由部门审核人写")
    if Role.OFFICER not in attempt.roles:
        return Reason("role", "财政审核的意见由财政审核人写")
    return not_of_the_department(facts, attempt)


def nothing_blocks(facts: Facts, attempt: Attempt) -> Reason | None:
    """The checks find nothing that must be mended."""
    blocking = [f for f in loaded(facts.findings, "findings") if f.severity is Severity.MUST]
    if not blocking:
        return None
    first = blocking[0]
    more = f"等 {len(blocking)} 处" if len(blocking) > 1 else ""
    return Reason("findings", f"检查有阻断：{first.message}{more}", first.path)


PLACES_NAMED = 3
"""So many places a reason names; the others it counts."""


def all_confirmed(facts: Facts, attempt: Attempt) -> Reason | None:
    """What was read from a file without certainty was looked at by a person: nothing is guessed in silence."""
    places = loaded(facts.unconfirmed, "the cells to confirm")
    if not places:
        return None
    named = "、".join(in_words(path) for path in places[:PLACES_NAMED])
    more = f"等 {len(places)} 处" if len(places) > PLACES_NAMED else ""
    return Reason("unconfirmed", f"读自文件的内容还没有核对：{named}{more}", places[0])


def musts_answered(facts: Facts, attempt: Attempt) -> Reason | None:
    """Every 必改 is answered (the department); nothing with 必改 left open may be approved (the bureau). [choice] Nor
    is it endorsed inside: what the department's reviewer demands is not for the bureau to answer."""
    open_ = [r for r in loaded(facts.remarks, "remarks") if r.must and not r.answered]
    if not open_:
        return None
    ways = "：退回填报人，或删除、改为建议后再通过" if facts.state is State.INTERNAL_REVIEW else ""
    return Reason("must_unanswered", f"{remark_names(open_)}还没有答复{ways}", open_[0].path or None)


def changed_or_answered(facts: Facts, attempt: Attempt) -> Reason | None:
    """After a return, by the bureau or inside, the text differs or every remark is answered."""
    if facts.returned_sha256 is None or loaded(facts.sheet_sha256, "sheet digest") != facts.returned_sha256:
        return None
    remarks = loaded(facts.remarks, "remarks")
    if remarks and all(r.answered for r in remarks):
        return None
    return Reason("unchanged", "退回后表的内容没有改动，意见也没有全部答复；请修改，或逐条答复意见")


def adjusts_something(facts: Facts, attempt: Attempt) -> Reason | None:
    """[choice] An adjustment that says what the goals in force say would be reviewed and approved for nothing."""
    if not facts.adjusts or loaded(facts.sheet_sha256, "sheet digest") != loaded(facts.goals_sha256, "goals in force"):
        return None
    return Reason("nothing_adjusted", "目标调整与现行目标没有不同，先填报要改的地方")


def saw_this_sheet(facts: Facts, attempt: Attempt) -> Reason | None:
    """What is sent for review is what its sender saw."""
    if attempt.details.get("sheet_edit") == facts.sheet_edit:
        return None
    return Reason("sheet_changed", "您看到之后表里又有改动，请先看过最新内容")


def opinion_given(facts: Facts, attempt: Attempt) -> Reason | None:
    """An opinion is never empty."""
    return None if attempt.opinion.strip() else Reason("opinion_empty", "意见不能为空")


def overall_opinion_given(facts: Facts, attempt: Attempt) -> Reason | None:
    """The overall opinion of a review is never empty."""
    return None if attempt.opinion.strip() else Reason("opinion_empty", "总体意见不能为空")


def reason_given(facts: Facts, attempt: Attempt) -> Reason | None:
    """What is done for a reason says the reason."""
    return None if attempt.opinion.strip() else Reason("opinion_empty", "理由不能为空")


def deadline_given(facts: Facts, attempt: Attempt) -> Reason | None:
    """A return says until when the table is to come back."""
    until = attempt.details.get("until")
    if not isinstance(until, datetime) or until.tzinfo is None:
        return Reason("deadline_missing", "要给出重新报送的期限")
    return None if until > facts.now else Reason("deadline_past", "重新报送的期限已经过去")


SENT_BACK_FOR_AT_MOST = 5
"""[choice] Working days for which the department's reviewer may reopen entry once the bureau's deadline has passed."""


def bureaus_deadline(
    windows: Mapping[Stage, Period], returned_until: datetime | None, *, adjusts: bool
) -> datetime | None:
    """Until when the bureau itself keeps entry open: its window, with an extension, or the deadline of its last return,
    whichever is later. An adjustment has no window. None where the bureau has set nothing."""
    window = None if adjusts else windows.get(Stage.ENTRY)
    return max((until for until in (window and window.until, returned_until) if until), default=None)


@dataclass(frozen=True)
class Latest:
    """The last day that may be given, and why no later one."""

    on: date
    why: str


def latest_when_sent_back(
    today: date, bureaus: date | None, calendar: Calendar, *, adjusts: bool = False
) -> Latest | None:
    """The last day that the department's reviewer may give for resubmission; None where nothing limits it.

    [choice] Only the bureau reopens entry beyond its own deadline, so that this is the limit while it lies ahead. Once
    it has passed, a table that is still being reviewed inside may yet be mended: for a few working days, no longer. An
    adjustment that the bureau never returned has no deadline that could be overrun.
    """
    if bureaus is not None and today <= bureaus:
        return Latest(bureaus, "这是财政的截止日期，再往后只有财政绩效处能按部门延期")
    if adjusts and bureaus is None:
        return None
    last = calendar.ahead(today, SENT_BACK_FOR_AT_MOST)
    assumed = f"（{last.why}）" if last.provisional else ""
    return Latest(last.on, f"财政的截止日期已过，只能再开放 {SENT_BACK_FOR_AT_MOST} 个工作日{assumed}")


def limit_when_sent_back(facts: Facts) -> Latest | None:
    """The same for one table as it stands."""
    end = bureaus_deadline(facts.windows, facts.returned_until, adjusts=facts.adjusts)
    bureaus = last_date(end, facts.timezone) if end else None
    calendar = loaded(facts.calendar, "the working calendar")
    return latest_when_sent_back(local_date(facts.now, facts.timezone), bureaus, calendar, adjusts=facts.adjusts)


def deadline_within_the_bureaus(facts: Facts, attempt: Attempt) -> Reason | None:
    """What the department's reviewer sets does not outrun the bureau."""
    until, latest = attempt.details.get("until"), limit_when_sent_back(facts)
    if latest is None or not isinstance(until, datetime) or last_date(until, facts.timezone) <= latest.on:
        return None
    return Reason("deadline_late", f"重新送审的期限最晚到 {latest.on}：{latest.why}")


def not_the_submitter(facts: Facts, attempt: Attempt) -> Reason | None:
    """Nobody decides their own submission, nor what was sent in their name, nor as the stand-in of who sent it."""
    if not attempt.people & facts.submitters:
        return None
    if attempt.person_id in facts.submitters:
        return Reason("own_submission", "这张表是您自己送审的，要由本部门另一位审核人办理")
    return Reason("own_submission", "这张表是您所代理的人送审的，要由本部门另一位审核人办理")


def is_the_submitter(facts: Facts, attempt: Attempt) -> Reason | None:
    """Only who submitted withdraws, or their stand-in."""
    return None if attempt.people & facts.submitters else Reason("not_submitter", "只有送审的人能撤回送审")


def is_the_endorser(facts: Facts, attempt: Attempt) -> Reason | None:
    """Only who endorsed recalls, or their stand-in."""
    return None if attempt.people & facts.endorsers else Reason("not_endorser", "只有内审通过的人能撤回上报")


def next_has_not_begun(facts: Facts, attempt: Attempt) -> Reason | None:
    """Undoing is possible until whoever has the table now began to write."""
    return Reason("begun", "对方已经开始写意见，不能再撤回") if facts.begun else None


def not_of_the_department(facts: Facts, attempt: Attempt) -> Reason | None:
    """An officer never decides the department they belong to, nor what they submitted or endorsed."""
    if attempt.of_the_department or attempt.people & (facts.submitters | facts.endorsers):
        return Reason("own_department", "您属于这个部门，要由另一位财政审核人办理")
    return None


def saw_these_remarks(facts: Facts, attempt: Attempt) -> Reason | None:
    """What a colleague wrote meanwhile has been seen: a page tells the remarks that it showed ("1 2 3"); who decides
    without a page tells none."""
    shown = attempt.details.get("remarks")
    if shown is None:
        return None
    seen = {int(part) for part in str(shown).split() if part.isdecimal()}
    now_there = {remark.number: remark for remark in loaded(facts.remarks, "remarks")}
    fresh, gone = now_there.keys() - seen, sorted(seen - now_there.keys())
    if fresh:
        named = remark_names(now_there[number] for number in fresh)
        return Reason("remarks_stale", f"您打开页面之后又有新的{named}，请看过再决定")
    if gone:
        return Reason("remarks_stale", f"您打开页面之后意见 {'、'.join(map(str, gone))} 已删除，请看过再决定")
    return None


def on_latest_revision(facts: Facts, attempt: Attempt) -> Reason | None:
    """A decision names the revision that was seen, and that is the latest."""
    latest = loaded(facts.latest, "latest revision")
    if attempt.details.get("revision") == latest.number:
        return None
    return Reason("revision_stale", f"现在的版次是 {latest.number}，请看过最新版次再决定")


def amendment_settled(facts: Facts, attempt: Attempt) -> Reason | None:
    """An amendment must be accepted before the table is approved; one that was declined leads nowhere."""
    latest = loaded(facts.latest, "latest revision")
    if latest.waits:
        return Reason("amendment_open", "协商修改还没有被部门接受")
    if latest.declined is not None:
        return Reason("amendment_declined", f"部门不接受修改：{latest.declined.rstrip('。')}。请再协商修改，或退回")
    return None


def amendment_waits(facts: Facts, attempt: Attempt) -> Reason | None:
    """There is an amendment, the latest revision, that the department neither accepted nor declined yet."""
    latest = loaded(facts.latest, "latest revision")
    if latest.waits:
        return None
    if latest.declined is not None:
        return Reason("no_amendment", "部门已不接受这次修改，等财政审核人再协商修改或退回")
    return Reason("no_amendment", "没有等待接受的协商修改")


def departments_turn(facts: Facts, attempt: Attempt) -> Reason | None:
    """Only the department is urged, and only while it has the table: an amendment that waits is the department's."""
    waits = facts.latest is not None and facts.latest.waits
    return at_the_bureau(facts.state) if in_the_hand_of(facts.state, amendment_waits=waits) is Hand.BUREAU else None


def at_the_bureau(state: State) -> Reason:
    """Why a table in the bureau's hand is not urged."""
    return Reason("not_the_departments_turn", f"催办只催部门；这张表在{LABELS[state]}，由财政审核人办理")


def amendment_says_why(facts: Facts, attempt: Attempt) -> Sequence[Reason]:
    """The agreed small changes, each with its reason. (Where they lead is checked when they are applied.)"""
    changes = attempt.details.get("changes")
    if not isinstance(changes, list) or not changes:
        return (Reason("no_changes", "协商修改要写明改哪里、改成什么"),)
    found = []
    for number, change in enumerate(changes, start=1):
        if not str(change.get("reason", "")).strip():
            path = str(change.get("path") or "")
            place = in_words(path) if path else f"第 {number} 处修改"
            found.append(Reason("change_without_reason", f"{place}没有写理由", path or None))
    return found


def grade_is_fair(facts: Facts, attempt: Attempt) -> Reason | None:
    """An amendment is for grade 良."""
    return None if attempt.grade == "良" else Reason("grade", "协商修改只用于评级“良”")


def grade_approves(facts: Facts, attempt: Attempt) -> Reason | None:
    """优 and 良 are approved."""
    if attempt.grade in TO_APPROVAL:
        return None
    return Reason("grade", "批复要评 优 或 良；评 中 或 差 的要退回")


def grade_returns(facts: Facts, attempt: Attempt) -> Reason | None:
    """中 and 差 are returned."""
    if attempt.grade in TO_RETURN:
        return None
    return Reason("grade", "退回要评 中 或 差；评 优 或 良 的应批复")


def review_complete(facts: Facts, attempt: Attempt) -> Reason | None:
    """The review form is filled in: eight points and four opinions."""
    try:
        missing = attempt.review.missing()
    except ValueError as error:
        return Reason("review_malformed", str(error))
    return Reason("review_incomplete", f"评审表还缺：{'、'.join(missing)}") if missing else None


def not_an_adjustment(facts: Facts, attempt: Attempt) -> Reason | None:
    """An adjustment ends with its approval; its parent goes through the year."""
    return Reason("is_adjustment", "目标调整批复后即生效，不单独进入监控") if facts.adjusts else None


def round_opened(facts: Facts, attempt: Attempt) -> Reason | None:
    """The clock begins monitoring when a round has opened; the manager may begin before."""
    if "clock" not in attempt.roles:
        return None
    if any(period.opens_at <= facts.now for period in loaded(facts.monitoring, "monitoring").rounds):
        return None
    return Reason("no_round_open", "本年度还没有监控期开始")


def projects_listed(facts: Facts, attempt: Attempt) -> Reason | None:
    """At least one project is listed, or the manager says why there is none."""
    monitoring = loaded(facts.monitoring, "monitoring")
    if monitoring.projects or monitoring.no_projects_because:
        return None
    if "clock" not in attempt.roles:
        return None if attempt.opinion.strip() else Reason("opinion_empty", "没有登记监控项目，要说明为什么没有")
    return Reason("no_projects", "没有登记监控项目；请部门登记，或由财政绩效处说明为什么没有")


def last_round_closed(facts: Facts, attempt: Attempt) -> Reason | None:
    """The last round of the cycle has closed, its extension for this table too."""
    monitoring = loaded(facts.monitoring, "monitoring")
    if not monitoring.rounds:
        return Reason("no_rounds", "本年度没有设定监控期")
    last = monitoring.rounds[-1]
    if facts.now >= last.until:
        return None
    return Reason("round_open", f"最后一个监控期“{last.name}”到 {_day(last.until, facts)} 24:00 才结束")


def rate_reached(facts: Facts, attempt: Attempt) -> Reason | None:
    """The rate meets the table's own committed target, is 不适用, or the manager waived it with a reason."""
    monitoring = loaded(facts.monitoring, "monitoring")
    if monitoring.rate is None or monitoring.rate.met in {True, None} or monitoring.waived:
        return None
    return Reason(
        "below_target",
        f"绩效监控完成率 {monitoring.rate.sentence()}；可由财政绩效处延长监控期，或说明理由放行",
    )


def evaluation_complete(facts: Facts, attempt: Attempt) -> Reason | None:
    """Every indicator is judged or 不适用, with a reason where one is compulsory."""
    gaps = loaded(facts.evaluation_gaps, "evaluation")
    if not gaps:
        return None
    more = f"等 {len(gaps)} 处" if len(gaps) > 1 else ""
    return Reason("evaluation_incomplete", f"{gaps[0].text}{more}", gaps[0].path)


def all_reasons(guards: Iterable[Guard], facts: Facts, attempt: Attempt) -> tuple[Reason, ...]:
    """What every guard has against it, in their order; empty when all hold."""
    found: list[Reason] = []
    for guard in guards:
        against = guard(facts, attempt)
        found += (against,) if isinstance(against, Reason) else against or ()
    return tuple(found)
