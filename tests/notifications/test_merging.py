"""After an outage one message per person and channel: the newest whole, the others a line each; nothing is lost."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, or_, select, update
from sqlalchemy.exc import IntegrityError

from config.database import db, writing
from config.settings import Settings
from notifications import health, merging, trials
from notifications.channels import Outcome, Outgoing, Result
from notifications.channels.email import Email
from notifications.merging import named, together, worded
from notifications.models import WAITING, Notice, Status
from notifications.outbox import LEASE, claim_batch, deliver, plan_due
from notifications.outbox.claiming import Claim
from notifications.overview import Wanted, overview
from notifications.rules import TRIAL
from tests.factories import World
from tests.factories import world as open_year
from tests.notifications.test_outbox import Recorder, rows
from workflow.models import Cycle
from workflow.states import Stage

NOW = datetime(2019, 12, 6, 2, tzinfo=UTC)


# The rule


@dataclass(frozen=True)
class Held:
    """A notice as the rule sees it."""

    id: int
    due_at: datetime
    recipient_id: int = 1
    channel: str = "email"
    stage: str = "history"
    deadline: date | None = None
    attempts: int = 0
    within_id: int | None = None


def ago(hours: float, number: int, **given: object) -> Held:
    """A notice that was due so many hours ago."""
    return Held(number, NOW - timedelta(hours=hours), **given)


def shape(*held: Held) -> list[list[int]]:
    """The messages as numbers, the leading one first."""
    return sorted([[each.id for each in message.notices] for message in together(held, NOW)])


def test_on_an_ordinary_morning_each_is_a_message_of_its_own() -> None:
    assert shape(ago(1, 1), ago(0.5, 2)) == [[1], [2]]


def test_after_an_outage_the_newest_leads_and_the_others_are_within_it() -> None:
    assert shape(ago(30, 1), ago(2, 2), ago(50, 3)) == [[2, 1, 3]]
    assert shape(ago(1.01, 1), ago(0, 2)) == [[2, 1]]


def test_of_those_due_together_the_nearest_deadline_leads() -> None:
    far, near = ago(9, 1, deadline=date(2019, 12, 20)), ago(9, 2, deadline=date(2019, 12, 6))
    assert shape(far, near, ago(9, 3)) == [[2, 1, 3]]


def test_people_and_channels_are_never_mixed() -> None:
    assert shape(ago(9, 1), ago(8, 2, recipient_id=2), ago(7, 3, channel="webhook")) == [[1], [2], [3]]


@pytest.mark.parametrize("alone", [{"channel": "inbox"}, {"stage": "trial"}, {"stage": "ledger"}, {"attempts": 1}])
def test_the_inbox_trials_the_ledgers_head_and_what_was_tried_alone_stay_alone(alone: dict) -> None:
    given = [ago(9, 1, **alone), ago(8, 2, **alone), ago(7, 3)]
    assert shape(*given) == [[1], [2], [3]]


def test_what_was_put_together_stays_so_and_takes_nothing_new_in() -> None:
    assert shape(ago(9, 1), ago(8, 2, within_id=1), ago(2, 3), ago(3, 4)) == [[1, 2], [3, 4]]


def test_those_whose_leading_notice_is_gone_are_put_together_anew_even_if_it_was_tried() -> None:
    released = [ago(9, number, within_id=99, attempts=2) for number in (1, 2)]
    assert shape(*released, ago(2, 3)) == [[3, 1, 2]]


def test_every_notice_goes_out_exactly_once_however_they_lie() -> None:
    given = [
        ago(
            hours,
            number,
            recipient_id=number % 3,
            attempts=number % 2,
            within_id=(number - 3 if number % 5 == 0 else None),
        )
        for number, hours in enumerate([0, 1, 5, 30, 700, 2, 2, 9, 0.5, 3, 4, 8, 100, 6, 7])
    ]
    assert Counter(each.id for message in together(given, NOW) for each in message.notices) == Counter(range(15))


def test_the_message_says_how_many_more_there_are_and_names_each() -> None:
    assert worded(("急", "请办"), []) == ("急", "请办")
    subject, body = worded(("急", "请办"), [("甲", "…"), ("乙", "…")])
    assert (subject, body) == ("急", "请办\n\n另有 2 件：\n· 甲\n· 乙\n全文见站内“消息”。")


def test_a_message_of_one_key_says_the_same_notices_whatever_their_order() -> None:
    assert named("a", []) == "a"
    assert named("a", ["b", "c"]) == named("a", ["c", "b"])
    assert len({named("a", []), named("a", ["b"]), named("a", ["b", "c"]), named("b", ["a"])}) == 4


# Through the outbox


@pytest.fixture
def year(app: Flask) -> World:
    """A year of two departments; what its first morning tells is out of the way."""
    made = open_year()
    plan_due(made.clock())
    deliver(made.clock(), {"inbox": Recorder("inbox"), "email": Recorder("email")})
    return made


def silence(year: World) -> None:
    """Four things happen to one department in as many days, and nothing runs meanwhile."""
    for day, words in enumerate(("甲", "乙", "丙"), start=5):
        year.clock.on(date(2019, 11, day))
        year.recorded("urge", year.manager, text=words)
    until = datetime(2019, 12, 12, 16, tzinfo=UTC)
    year.clock.on(date(2019, 11, 8))
    year.recorded("extend", year.manager, stage=Stage.ENTRY, until=until, reason="系统故障")
    year.clock.at += timedelta(minutes=5)
    plan_due(year.clock())


def of_editor(year: World) -> list[Notice]:
    """The editor's e-mails of the silence, newest first."""
    found = [row for row in rows(recipient_id=year.own.editor, channel="email") if row.rule != "opens"]
    return sorted(found, key=lambda row: row.due_at, reverse=True)


def to_editor(year: World, way: Recorder) -> list:
    """What the editor was sent."""
    mine = {row.id for row in rows(recipient_id=year.own.editor)}
    return [message for message in way.taken if message.id in mine]


@pytest.mark.each_database
def test_one_message_tells_of_all_and_each_row_says_where_it_went(year: World) -> None:
    silence(year)
    mail, desk = Recorder("email"), Recorder("inbox")
    deliver(year.clock(), {"email": mail, "inbox": desk})
    (message,) = to_editor(year, mail)
    newest, *older = of_editor(year)
    assert (newest.rule, [row.rule for row in older]) == ("extended", ["urged"] * 3)
    assert message.subject == newest.subject
    assert message.body == newest.body
    assert "另有 3 件：\n" + "".join(f"· {row.subject}\n" for row in older) in message.body
    assert {(row.status, row.sent_at, row.attempts) for row in (newest, *older)} == {(Status.SENT, year.clock(), 1)}
    assert (newest.within_id, {row.within_id for row in older}) == (None, {newest.id})
    assert len(to_editor(year, desk)) == 4
    assert {row.within_id for row in rows(channel="inbox")} == {None}
    per_person = Counter(row.recipient_id for message in mail.taken for row in rows(id=message.id))
    assert set(per_person.values()) == {1}


@pytest.mark.each_database
def test_what_fails_fails_together_keeps_its_words_and_comes_again_as_the_same_message(year: World) -> None:
    silence(year)
    refusing, mail = Recorder("email", answer=Outcome.RETRY, words="450 later"), Recorder("email")
    deliver(year.clock(), {"email": refusing}, jitter=lambda: 0.0)
    waiting = of_editor(year)
    assert {(row.status, row.attempts, row.error) for row in waiting} == {(Status.FAILED, 1, "450 later")}
    assert len({row.next_attempt_at for row in waiting}) == 1
    year.recorded("urge", year.manager, text="丁")
    year.clock.at += timedelta(hours=1)
    plan_due(year.clock())
    deliver(year.clock(), {"email": mail})
    first, again = to_editor(year, refusing)[0], to_editor(year, mail)
    assert (first.key, first.subject, first.body) in [(each.key, each.subject, each.body) for each in again]
    assert len(again) == 2  # what came after it was tried is another message
    assert {row.status for row in of_editor(year)} == {Status.SENT}


@pytest.mark.each_database
def test_a_message_that_is_given_up_is_given_up_with_all_that_is_in_it(year: World) -> None:
    silence(year)
    deliver(year.clock(), {"email": Recorder("email", answer=Outcome.DEAD, words="550 nobody")})
    assert {(row.status, row.error) for row in of_editor(year)} == {(Status.DEAD, "550 nobody")}


@pytest.mark.each_database
def test_a_person_without_an_address_is_sent_nothing_and_no_row_is_within_another(year: World) -> None:
    silence(year)
    deliver(year.clock(), {"email": Recorder("email", answer=Outcome.SUPPRESSED, words="没有登记电子邮箱")})
    assert {(row.status, row.within_id) for row in of_editor(year)} == {(Status.SUPPRESSED, None)}


def crash(year: World) -> None:
    """A delivery that dies once its rows say what goes out together, before it sends anything."""

    class Killed(BaseException):
        pass

    class Dying(Recorder):
        def send(self, batch: Sequence[Outgoing]) -> Iterator[Result]:
            raise Killed(batch)

    with pytest.raises(Killed):
        deliver(year.clock(), {"email": Dying("email")})
    year.clock.at += LEASE


@pytest.mark.each_database
def test_after_a_crash_the_same_message_goes_out(year: World) -> None:
    silence(year)
    crash(year)
    newest, *older = of_editor(year)
    assert {row.within_id for row in older} == {newest.id}
    mail = Recorder("email")
    year.recorded("urge", year.manager, text="丁")
    plan_due(year.clock())
    deliver(year.clock(), {"email": mail})
    together_, alone = sorted(to_editor(year, mail), key=lambda each: "另有" not in each.body)
    assert together_.key == named(newest.key, [row.key for row in older])
    assert "另有 3 件" in together_.body
    assert "另有" not in alone.body


@pytest.mark.each_database
def test_a_leading_notice_that_no_longer_holds_lets_the_others_go_out_without_it(year: World) -> None:
    silence(year)
    crash(year)
    leading = of_editor(year)[0]
    with writing() as session:  # nobody may be told of it any more
        session.execute(update(Notice).where(Notice.id == leading.id).values(key="gone"))
    mail = Recorder("email")
    deliver(year.clock(), {"email": mail})
    (message,) = to_editor(year, mail)
    rest = [row for row in of_editor(year) if row.id != leading.id]
    assert {row.status for row in rest} == {Status.SENT}
    assert [row.within_id for row in rest] == [None, rest[0].id, rest[0].id]
    assert message.key == named(rest[0].key, [row.key for row in rest[1:]])
    assert "另有 2 件" in message.body


@pytest.mark.each_database
def test_one_that_no_longer_holds_is_not_a_line_any_more(year: World) -> None:
    silence(year)
    crash(year)
    leading, *others = of_editor(year)
    with writing() as session:
        session.execute(update(Notice).where(Notice.id == others[0].id).values(key="gone"))
    mail = Recorder("email")
    deliver(year.clock(), {"email": mail})
    (message,) = to_editor(year, mail)
    assert message.key == named(leading.key, [row.key for row in others[1:]])
    assert "另有 2 件" in message.body
    (gone,) = rows(id=others[0].id)
    assert (gone.status, gone.within_id) == (Status.SUPPRESSED, None)


@pytest.mark.each_database
def test_a_trial_is_never_merged(year: World) -> None:
    silence(year)
    assert trials.plan_one(year.manager, year.cycle_id, Email(Settings()), year.clock(), "k")
    with writing() as session:
        session.execute(update(Notice).where(Notice.stage == TRIAL).values(due_at=year.clock() - timedelta(days=1)))
    mail = Recorder("email")
    deliver(year.clock(), {"email": mail})
    (trial,) = rows(stage=TRIAL)
    assert (trial.status, trial.within_id) == (Status.SENT, None)
    (message,) = [each for each in mail.taken if each.id == trial.id]
    assert "另有" not in message.body


def test_without_merging_the_same_silence_brings_several_messages(year: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(merging, "LATE", timedelta(days=10**4))
    silence(year)
    mail = Recorder("email")
    deliver(year.clock(), {"email": mail})
    assert len(to_editor(year, mail)) == 4


@pytest.mark.each_database
def test_the_counts_and_the_list_tell_of_each_notice(year: World) -> None:
    silence(year)
    deliver(year.clock(), {"email": Recorder("email", answer=Outcome.RETRY, words="450 later")})
    health.gauge(year.clock())
    waiting = [row for row in rows(channel="email") if row.status in WAITING]
    found = health.health(db.session(), year.clock(), 60)
    assert found.failing == len(waiting) > len({row.recipient_id for row in waiting})
    assert found.waiting["email"] == len(waiting)
    cycle = db.session().get_one(Cycle, year.cycle_id)
    shown = overview(db.session(), [cycle], year.clock(), Wanted(date(2019, 11, 5), date(2019, 11, 8)), limit=500)
    newest = of_editor(year)[0]
    mine = [line for line in shown.lines if line.recipient == "水利厅填报甲" and line.channel == "email"]
    assert sorted(line.within for line in mine) == ["", *[newest.subject] * 3]
    assert shown.failed == len(waiting)


@pytest.mark.each_database
@pytest.mark.parametrize("broken", ["itself", "inbox", "suppressed"])
def test_the_database_refuses_what_cannot_be_within_another(year: World, broken: str) -> None:
    silence(year)
    newest, older, *_ = of_editor(year)
    values = {
        "itself": {"within_id": older.id},
        "inbox": {"within_id": newest.id, "channel": "inbox"},
        "suppressed": {"within_id": newest.id, "status": "suppressed", "next_attempt_at": None, "why_not": "x"},
    }[broken]
    with pytest.raises(IntegrityError, match="within_another_that_goes_out"), writing() as session:
        session.execute(update(Notice).where(Notice.id == older.id).values(values))


# Who claims


def claimed_at_once(app: Flask, claim, now: datetime, times: int = 2) -> dict[int, set[str]]:
    """Several claim in the same moment, each until nothing is left; by person the owners of their e-mails."""
    gate = threading.Barrier(times)
    failures: list[BaseException] = []

    def run() -> None:
        with app.app_context():
            try:
                gate.wait()
                while claim(now).ids:
                    pass
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    owners: dict[int, set[str]] = defaultdict(set)
    for row in rows(channel="email"):
        if row.status in WAITING:
            assert row.lease_owner is not None
            owners[row.recipient_id].add(row.lease_owner)
    return owners


def of_a_person(now: datetime) -> Claim:
    return claim_batch(now, ("email",), 2, LEASE)


def of_rows(now: datetime) -> Claim:
    """How a claim was made that knew nothing of people."""
    free = (
        select(Notice.id)
        .where(
            Notice.status.in_(WAITING),
            Notice.next_attempt_at <= now,
            Notice.channel == "email",
            or_(Notice.leased_until.is_(None), Notice.leased_until <= now),
        )
        .order_by(Notice.next_attempt_at, Notice.id)
    )
    owner = uuid4().hex
    with writing() as session:
        ids = session.scalars(free.limit(3).with_for_update(skip_locked=True)).all()
        session.execute(update(Notice).where(Notice.id.in_(ids)).values(leased_until=now + LEASE, lease_owner=owner))
    return Claim(owner, tuple(ids))


@pytest.mark.on_postgresql
@pytest.mark.parametrize(("claim", "split"), [(of_a_person, False), (of_rows, True)], ids=["person", "rows: control"])
def test_a_persons_notices_are_claimed_by_one_however_many_claim_at_once(
    app: Flask, year: World, claim, split: bool
) -> None:
    silence(year)
    found = False
    for _ in range(10):
        db.session.remove()
        owners = claimed_at_once(app, claim, year.clock())
        assert len(owners) > 4
        found = found or any(len(each) > 1 for each in owners.values())
        with writing() as session:
            session.execute(update(Notice).values(leased_until=None, lease_owner=None))
    assert found == split


@pytest.mark.on_postgresql
def test_while_somebody_claims_a_person_another_passes_them_by(app: Flask, year: World) -> None:
    """The second claims in the very moment between the first one's two looks."""
    silence(year)
    now, between = year.clock(), list[Claim]()

    def other(*given: object) -> None:
        if "FOR UPDATE" in str(given[2]) and not between:
            between.append(Claim("", ()))

            def claim() -> None:
                with app.app_context():
                    between.append(claim_batch(now, ("email",), 2, LEASE))
                    db.session.remove()

            thread = threading.Thread(target=claim)
            thread.start()
            thread.join(30)

    event.listen(db.engine, "after_cursor_execute", other)
    try:
        first = claim_batch(now, ("email",), 2, LEASE)
    finally:
        event.remove(db.engine, "after_cursor_execute", other)
    people = {row.id: row.recipient_id for row in rows(channel="email")}
    mine, others = ({people[id_] for id_ in claim.ids} for claim in (first, between[-1]))
    assert (len(mine), len(others)) == (2, 2)
    assert not mine & others
