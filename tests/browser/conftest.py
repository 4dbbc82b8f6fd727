"""The pages in a real Chromium, over a real server of this process, in a year of its own."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from accounts.models import Person
from accounts.passwords import hashed
from config import clock, settings
from config.database import Base, db
from config.settings import ROOT, Settings
from notifications.channels.registry import channels
from notifications.tasks import tick
from tests import factories
from tests.conftest import SECRET
from web.application import create_app

PASSWORD = "a long and quiet password"
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"


@dataclass
class Somebody:
    """A person at their own screen."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page by its address."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def press(self, words: str) -> None:
        """Press the button (or follow the link) with these words."""
        here = self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words)).first
        here.click()
        self.page.wait_for_load_state()

    def reads(self, words: str) -> bool:
        """Whether the page says this."""
        return words in self.page.locator("body").inner_text()

    def violations(self) -> list[str]:
        """What axe finds on the page as it is."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{each['id']}: {node['html'][:140]}" for each in found["violations"] for node in each["nodes"]]


def keep_picture(somebody: Somebody, name: str) -> None:
    """Keep two pictures of the page where MUBIAO_PICTURES names a folder: at a desk, and 400 wide."""
    folder = os.environ.get("MUBIAO_PICTURES")
    if not folder:
        return
    page = somebody.page
    page.screenshot(path=Path(folder) / f"{name}.png")
    page.set_viewport_size({"width": 400, "height": 768})
    page.screenshot(path=Path(folder) / f"{name}-400.png")
    page.set_viewport_size({"width": 1366, "height": 768})


@dataclass
class House:
    """The program being served, its world, and the people in it."""

    app: Flask
    world: factories.World
    address: str
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def at(self, day: date, hour: int = 10) -> None:
        """Make it that day (China's time) for the whole program, and let the beat tick once."""
        wanted = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)
        clock.travel(wanted - datetime.now(UTC))
        self.world.clock.at = wanted
        with self.app.app_context():
            tick(clock.now, channels(self.app.config["MUBIAO"]))
            db.session.remove()

    def screen(self, person_id: int, *, width: int = 1366, script: bool = True) -> tuple[Somebody, str]:
        """A screen of a person's own, and the login they can sign in with."""
        with self.app.app_context():
            person = db.session.get_one(Person, person_id)
            person.password_hash, person.must_change_password = hashed(PASSWORD), False
            login = person.login
            db.session.commit()
            db.session.remove()
        context = self.chromium.new_context(
            viewport={"width": width, "height": 768}, locale="zh-CN", java_script_enabled=script
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        made = Somebody(context.new_page(), self.address)
        made.page.on("request", lambda request: made.requests.append(request.url))
        return made, login

    def somebody(self, person_id: int, *, width: int = 1366, script: bool = True) -> Somebody:
        """A person signed in at a screen of their own."""
        made, login = self.screen(person_id, width=width, script=script)
        page = made.open("/sign-in")
        page.get_by_label("账号").fill(login)
        page.get_by_label("密码", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.address}/")
        return made

    def picture(self, somebody: Somebody, name: str) -> None:
        """Keep a picture of the page where MUBIAO_PICTURES names a folder, and one as on a telephone."""
        keep_picture(somebody, name)


@pytest.fixture
def house(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A region in its year, served."""
    monkeypatch.setenv("MUBIAO_ENVIRONMENT", "development")
    settings.settings.cache_clear()
    app = create_app(
        Settings(
            environment="development",
            secret_key=SECRET,
            data=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'house.sqlite3'}",
        )
    )
    with app.app_context():
        Base.metadata.create_all(db.engine)
        world = factories.world()
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = House(app, world, f"http://127.0.0.1:{server.server_port}", chromium)
    try:
        yield made
    finally:
        for context in made.contexts:
            with suppress(Exception):
                context.close()
        server.shutdown()
        thread.join(10)
        clock.travel(timedelta(0))
        settings.settings.cache_clear()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
