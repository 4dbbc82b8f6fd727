"""A table with the bureau, and officers who all have it open in their browsers and decide in the same moment."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from accounts.roles import Role
from config.clock import now
from config.database import db
from tests import factories
from tests.chaos.checker import Answer, Told
from tests.chaos.site import Browser, Reply, Site
from workflow.models import Table
from workflow.review import CRITERIA
from workflow.states import State


@dataclass(frozen=True)
class Row:
    """A table as it stood at the bureau, to be put back there."""

    table_id: int
    columns: dict[str, Any]

    @classmethod
    def of(cls, table_id: int) -> "Row":
        session = db.session()
        session.rollback()
        found = session.execute(select(Table.__table__).where(Table.id == table_id)).mappings().one()
        db.session.remove()
        return cls(table_id, {name: value for name, value in found.items() if name not in {"id", "version"}})

    def put_back(self, told: Told) -> int:
        """Put it back, as no event could; its version goes on. The version it has now."""
        session = db.session()
        session.rollback()
        changed = update(Table).where(Table.id == self.table_id).values(self.columns).returning(Table.version)
        version = session.execute(changed).scalar_one()
        session.commit()
        told.put_back[self.table_id, version] = State(self.columns["state"])
        return int(version)


def decision(event: str, version: int, revision: int) -> dict[str, object]:
    """What the review's form sends, with a key of its own."""
    grade = "良" if event == "approve" else "中"
    form: dict[str, object] = {
        "do": event, "version": version, "revision": revision, "key": uuid4().hex, "grade": grade, "opinion": "同意",
    }  # fmt: skip
    form |= {f"point-{point}": grade for pair in CRITERIA.values() for point in pair}
    form |= {f"opinion-{criterion}": "符合要求" for criterion in CRITERIA}
    return form if event == "approve" else form | {"until": (now() + timedelta(days=9)).date().isoformat()}


@dataclass
class Bureau:
    """The officers with their browsers, and what came of all rounds."""

    browsers: list[Browser]
    row: Row
    told: Told
    seen: Counter[int] = field(default_factory=Counter)
    winners: Counter[int] = field(default_factory=Counter)
    """How many rounds had so many winners."""

    @classmethod
    @contextmanager
    def of(cls, site: Site, officers: int, told: Told) -> Iterator["Bureau"]:
        """A new region whose table is with the bureau, and so many officers of it, signed in."""
        world = factories.world()
        place = (Role.OFFICER, world.region_id, world.own.id)
        people = [factories.person(f"专管{number}", place) for number in range(officers)]
        db.session().commit()
        world.bring_to(State.FINANCE_REVIEW)
        made = cls([Browser.of(site, person) for person in people], Row.of(world.own.table_id), told)
        try:
            yield made
        finally:
            for browser in made.browsers:
                browser.connection.close()

    def decide(self, rounds: int) -> None:
        """So many rounds: everybody decides at once, half for approval and half for return; then all begins anew."""
        path, revision = f"/tables/{self.row.table_id}/review", self.row.columns["latest_revision"]
        asked = {"approve": f"{path}/approve", "return": f"{path}/return"}
        version = self.row.put_back(self.told)
        with ThreadPoolExecutor(len(self.browsers)) as pool:
            for number in range(rounds):
                forms = [
                    decision("approve" if (number + place) % 2 else "return", version, revision)
                    for place in range(len(self.browsers))
                ]
                sending = [
                    partial(browser.post, asked[str(form["do"])], form)
                    for browser, form in zip(self.browsers, forms, strict=True)
                ]
                replies = list(pool.map(_do, sending))
                won = 0
                for browser, form, reply in zip(self.browsers, forms, replies, strict=True):
                    self.seen[reply.status] += 1
                    won += reply.status == 303
                    self.told.answers.append(Answer(browser.person_id, str(form["key"]), reply.status, reply.location))
                    assert reply.status != 409 or "刚刚" in reply.text or "已有变化" in reply.text
                self.winners[won] += 1
                version = self.row.put_back(self.told)


def _do(act: Callable[[], Reply]) -> Reply:
    return act()


def race(site: Site, officers: int, rounds: int, told: Told, *, of_one_table: int = 50) -> tuple[Counter, Counter]:
    """So many rounds, in which so many decide; a table's history grows, so that a new one is taken now and then.

    How often each status was answered, and how many rounds had so many winners.
    """
    seen, winners = Counter[int](), Counter[int]()
    for begun in range(0, rounds, of_one_table):
        with Bureau.of(site, officers, told) as bureau:
            bureau.decide(min(of_one_table, rounds - begun))
            seen += bureau.seen
            winners += bureau.winners
    return seen, winners
