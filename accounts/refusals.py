"""How accounts say no: a value with its code and one sentence for people, the same in page, command and test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Refused:
    """An act that was not done. `code` is for programs, `reason` says what is missing and the way out."""

    code: str
    reason: str
    others: tuple["Refused", ...] = ()
    """What else stands against it, where all is told at once."""

    @property
    def every(self) -> tuple["Refused", ...]:
        """All that stands against it, the first one first."""
        return (replace(self, others=()), *self.others)

    @classmethod
    def of(cls, found: Sequence["Refused"]) -> "Refused | None":
        """Several refusals as one; None where there are none."""
        return replace(found[0], others=tuple(found[1:])) if found else None
