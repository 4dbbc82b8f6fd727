"""How accounts say no: a value with its code and one sentence for people, the same in page, command and test."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """An act that was not done. `code` is for programs, `reason` says what is missing and the way out."""

    code: str
    reason: str
