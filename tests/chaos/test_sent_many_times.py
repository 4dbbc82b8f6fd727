"""Every form that writes, sent twenty times in the same moment and five times more: one effect, one answer."""

from collections.abc import Collection
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from config.clock import now
from config.database import db
from ledger.models import Effect, Entry
from tests.chaos.checker import what_does_not_hold
from tests.chaos.conftest import Tell
from tests.chaos.forms_of import form_of
from tests.chaos.site import Browser, Reply, Site, at_once, serving
from tests.chaos.wishes import EXCEPTIONS, HOSTS, READING, WISHES, Scenes, Wish
from web.application import create_app

FEW = (
    "fill.save_block", "importing.send", "importing.accept", "evaluation.save", "review.decide", "deciding.do",
    "cycle.open_year", "cycle.set_window", "messages.settings_post", "messages.read_all",
)  # fmt: skip
"""What the short trial sends: forms whose answer was once another one when they came again."""


def test_every_route_that_writes_is_sent_or_named_with_its_reason(app: Flask) -> None:
    pages = create_app(app.config["MUBIAO"])
    posts = {rule.endpoint for rule in pages.url_map.iter_rules() if "POST" in (rule.methods or ())}
    named = [*WISHES, *EXCEPTIONS, *READING]
    assert posts == set(named)
    assert len(named) == len(set(named))


def test_a_route_that_nobody_named_goes_red(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.delitem(WISHES, "review.decide")
    with pytest.raises(AssertionError):
        test_every_route_that_writes_is_sent_or_named_with_its_reason(app)


class Sender:
    """Sends wishes over a site, each as often as it is told, and says what is wrong with what came of it."""

    def __init__(self, site: Site, at_the_same_time: int, again: int) -> None:
        self.site, self.at_the_same_time, self.again = site, at_the_same_time, again
        self.scenes = Scenes()
        self.browsers: dict[int, Browser] = {}
        self.sent = 0

    def wrong(self, endpoint: str) -> list[str]:
        """What is not as it should be; empty when it had one effect and one answer."""
        wish = WISHES[endpoint](self.scenes)
        browser = self._browser(wish.person_id)
        fields, key = self._form(browser, wish)
        before = _entries()
        twins = [browser.twin() for _number in range(self.at_the_same_time)]
        for twin in twins:
            twin.cookies = dict(browser.cookies)
        outcomes: list[Reply | Exception] = at_once(
            *(lambda twin=twin: twin.post(wish.address, fields, wish.file, **wish.headers) for twin in twins)  # type: ignore[misc]
        )
        for _time in range(self.again):
            twin = browser.twin()
            outcomes.append(twin.post(wish.address, fields, wish.file, **wish.headers))
            twins.append(twin)
        for twin in twins:
            twin.connection.close()
        self.sent += len(outcomes)
        return [f"{endpoint}: {each}" for each in (*_answers(outcomes), *self._effects(wish, key, _entries() - before))]

    def close(self) -> None:
        """Close what is open."""
        for browser in self.browsers.values():
            browser.connection.close()

    def _browser(self, person_id: int) -> Browser:
        db.session.remove()
        if person_id not in self.browsers:
            self.browsers[person_id] = Browser.of(self.site, person_id)
        return self.browsers[person_id]

    def _form(self, browser: Browser, wish: Wish) -> tuple[list[tuple[str, object]], str]:
        typed = dict(wish.typed)
        form = form_of(browser.get(wish.page).text, typed.pop("from", wish.address))
        fields = form.but(**typed)
        return fields, str(next((value for name, value in fields if name == wish.key), ""))

    def _effects(self, wish: Wish, key: str, entries: int) -> list[str]:
        session = db.session()
        session.rollback()
        found = []
        if entries != wish.entries:
            found.append(f"{entries} entries of the ledger, not {wish.entries}")
        if wish.once is not None:
            if (times := wish.once(session)) != 1:
                found.append(f"done {times} times")
        elif not key:
            found.append("its form carries no key")
        else:
            own = select(Effect.key).where(Effect.person_id == wish.person_id, Effect.key.startswith(key))
            if not list(session.scalars(own)):
                found.append("no effect is kept under its key")
        db.session.remove()
        return found


def _entries() -> int:
    session = db.session()
    session.rollback()
    count = session.scalars(select(func.count()).select_from(Entry)).one()
    db.session.remove()
    return int(count)


def _answers(outcomes: Collection[Reply | Exception]) -> list[str]:
    broken = [f"{type(each).__name__}: {each}" for each in outcomes if isinstance(each, Exception)]
    replies = [each for each in outcomes if isinstance(each, Reply)]
    different = {(each.status, each.location, each.words, each.flashes[-1:]) for each in replies}
    if len(different) > 1:
        said = sorted({(each.status, each.location, each.flashes[-1:]) for each in replies}, key=str)
        broken.append(f"{len(different)} different answers: {said}")
    if any(each.status not in {200, 303} for each in replies):
        broken.append(f"answered {sorted({each.status for each in replies})}: {_refusal(replies)}")
    return broken


def _refusal(replies: Collection[Reply]) -> str:
    page = next(each for each in replies if each.status not in {200, 303}).text
    return page.partition('class="summary')[2][:300]


def send(
    database_url: str, folder: Path, endpoints: Collection[str], *, at_the_same_time: int, again: int,
    app: str = "wsgi:app",
) -> tuple[list[str], list[str], int]:  # fmt: skip
    """Send these; what was wrong, what does not hold in the database, how many requests it was."""
    wrong: list[str] = []
    with serving(database_url, folder, workers=4, threads=5, app=app, webhook_hosts=HOSTS) as site:
        sender = Sender(site, at_the_same_time, again)
        try:
            for endpoint in endpoints:
                try:
                    wrong += sender.wrong(endpoint)
                except Exception as error:
                    wrong.append(f"{endpoint}: {type(error).__name__}: {error}"[:400])
                    db.session.remove()
        finally:
            sender.close()
    return wrong, what_does_not_hold(now), sender.sent


@pytest.mark.on_postgresql
def test_some_forms_sent_six_times_have_one_effect(app: Flask, database_url: str, tmp_path: Path) -> None:
    wrong, broken, _sent = send(database_url, tmp_path, FEW, at_the_same_time=5, again=1)
    assert (wrong, broken) == ([], [])


@pytest.mark.chaos
@pytest.mark.on_postgresql
def test_every_form_sent_twenty_five_times_has_one_effect(
    app: Flask, database_url: str, tmp_path: Path, tell: Tell
) -> None:
    wrong, broken, sent = send(database_url, tmp_path, WISHES, at_the_same_time=20, again=5)
    tell(
        "3 one form many times",
        f"{len(WISHES)} routes × (20 at once + 5), {sent} posts; {len(EXCEPTIONS)} named exceptions",
        f"one effect and one answer each; {len(wrong) + len(broken)} findings",
    )
    assert (wrong, broken) == ([], []), "\n".join(wrong + broken)


@pytest.mark.on_postgresql
def test_without_keys_they_have_several(app: Flask, database_url: str, tmp_path: Path) -> None:
    """The control: a remark that comes six times is written six times."""
    wrong, _broken, _sent = send(
        database_url, tmp_path, ["review.remark"], at_the_same_time=5, again=1,
        app="tests.chaos.unprotected:without_keys()",
    )  # fmt: skip
    assert any("entries of the ledger" in each for each in wrong), wrong
