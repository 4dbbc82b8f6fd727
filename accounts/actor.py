"""Whose hand did it, as the ledger writes it down."""

from dataclasses import dataclass

from accounts.models import Person


@dataclass(frozen=True)
class Actor:
    """A person in one of their roles, or the command line of the machine."""

    person_id: int | None
    name: str
    role: str

    @classmethod
    def of(cls, person: Person, role: str) -> "Actor":
        """A person acting as `role`: one of accounts.roles, or "self" for their own account."""
        return cls(person.id, person.name, role)


COMMAND_LINE = Actor(None, "命令行", "command_line")
