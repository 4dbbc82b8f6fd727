"""What a region's manager sets for all its departments: who may, the refusal, and that one wish is carried out once."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from accounts import people
from accounts.actor import Actor
from accounts.models import Region
from accounts.roles import Role
from accounts.scope import appointments_in_force
from accounts.standing_in import hold_rights
from ledger import keys
from workflow.deadlines import local_date
from workflow.facts import Reason


class NotAllowed(Exception):
    """What a manager asked for is refused; the reasons are told to who asked."""

    def __init__(self, code: str, *texts: str) -> None:
        super().__init__("；".join(texts))
        self.reasons = tuple(Reason(code, text) for text in texts)

    @property
    def reason(self) -> Reason:
        """The first of them."""
        return self.reasons[0]


def manager_of(session: Session, region_id: int, person_id: int, at: datetime) -> tuple[Region, Actor]:
    """The region and its manager, whose rights are held until the transaction ends; NotAllowed for anybody else."""
    region = session.get(Region, region_id)
    if region is None:
        raise NotAllowed("not_found", "没有找到这个行政区")
    hold_rights(session, person_id)
    person = people.find(session, person_id)
    day = local_date(at, region.timezone)
    posts = appointments_in_force(person.posts, day) if person and person.disabled_at is None else []
    for post in posts:
        if person and post.role == Role.MANAGER and post.region_id == region_id:
            return region, Actor.of(person, Role.MANAGER, instead_of=post.lender_name)
    raise NotAllowed("role", "年度、窗口、监控期和工作日历由绩效处管理人设定")


def done(session: Session, person_id: int, key: str | None, wish: str) -> Any:
    """What this very wish did before; None when it did nothing yet. NotAllowed where the key was for another one."""
    try:
        return None if key is None else keys.remembered(session, person_id, key, wish)
    except keys.Reused as reused:
        raise NotAllowed("key_reused", reused.text) from reused


def remember(session: Session, person_id: int, key: str | None, wish: str, outcome: Any, at: datetime) -> None:
    """Keep what the wish did, for when it comes again."""
    if key is not None:
        session.flush()
        keys.remember(session, person_id, key, wish, outcome, at)
