"""Whose hand did it, as the ledger writes it down."""

from dataclasses import dataclass

from accounts.models import Person


def signature(name: str, instead_of: str | None = None) -> str:
    """A name as the ledger keeps it: of a stand-in (代理人) with the name of whom they act for."""
    return name if instead_of is None else f"{name}（代{instead_of}）"


@dataclass(frozen=True)
class Actor:
    """A person in one of their roles, or the command line of the machine."""

    person_id: int | None
    name: str
    role: str

    @classmethod
    def of(cls, person: Person, role: str, *, instead_of: str | None = None) -> "Actor":
        """A person acting as `role`: one of accounts.roles, or "self" for their own account.

        `instead_of` names whom they stand in for: the ledger then holds both names.
        """
        return cls(person.id, signature(person.name, instead_of), role)


COMMAND_LINE = Actor(None, "命令行", "command_line")
