"""Which notices somebody wants by which channel: all of them, unless switched off. The inbox keeps everything."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.models import Person
from accounts.roles import Role
from config.database import writing
from notifications.models import SwitchedOff
from notifications.rules import BY_CODE, INBOX, RULES, Rule

WHY_NOT = "本人在消息设置里关闭了这类通知"
Switch = tuple[int, str, str]
"""(person, rule, channel)."""


@dataclass(frozen=True)
class Kind:
    """One kind of notice as people know it: rules of one label are switched together."""

    label: str
    rules: tuple[Rule, ...]
    off: frozenset[str]
    """The channels by which it is switched off."""

    @property
    def name(self) -> str:
        """The first rule's code: what a form calls it."""
        return self.rules[0].code

    @property
    def outside(self) -> bool:
        """Whether it is sent beyond the inbox at all."""
        return any(rule.outside for rule in self.rules)


def kinds_for(session: Session, person_id: int, roles: Collection[Role]) -> list[Kind]:
    """The kinds of notices that reach people with these roles, and what the person switched off."""
    off = switched_off(session, {person_id})
    of_label: dict[str, list[Rule]] = {}
    for rule in RULES:
        if rule.audience & set(roles):
            of_label.setdefault(rule.label, []).append(rule)
    return [
        Kind(
            label,
            tuple(rules),
            frozenset(channel for _person, code, channel in off if code in {rule.code for rule in rules}),
        )
        for label, rules in of_label.items()
    ]


def choose(person_id: int, channel: str, off: Iterable[str], *, among: Iterable[str], now: datetime) -> None:
    """Switch the rules `off` off and the rest of `among` on, for one person and channel. ValueError for the inbox."""
    if channel == INBOX:
        raise ValueError("the inbox cannot be switched off")
    wanted = set(off) & BY_CODE.keys()
    with writing() as session:
        # Held for this choice alone: the same one sent twice at once would be written twice.
        session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
        session.execute(
            delete(SwitchedOff).where(
                SwitchedOff.person_id == person_id, SwitchedOff.channel == channel, SwitchedOff.rule.in_(list(among))
            )
        )
        session.add_all(
            SwitchedOff(person_id=person_id, rule=rule, channel=channel, since=now) for rule in sorted(wanted)
        )


def switched_off(session: Session, people: Collection[int]) -> frozenset[Switch]:
    """What these people do not want."""
    if not people:
        return frozenset()
    rows = session.execute(
        select(SwitchedOff.person_id, SwitchedOff.rule, SwitchedOff.channel).where(
            SwitchedOff.person_id.in_(list(people))
        )
    )
    return frozenset((row.person_id, row.rule, row.channel) for row in rows)
