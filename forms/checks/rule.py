"""What a check is: one small thing that answers with its findings, each with its place and its way out."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from forms.document import Document
from forms.framework import Framework


class Severity(StrEnum):
    """Whether a finding blocks the submission or only advises."""

    MUST = "必改"
    ADVICE = "建议"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in one place. `fix` is the text the cell could have instead, where that can be said."""

    code: str
    severity: Severity
    path: str
    message: str
    fix: str | None = None


class Check(ABC):
    """One rule. `why` is its reason, `good` and `bad` one example each; `spoil` makes the bad one of a good sheet."""

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    why: ClassVar[str]
    good: ClassVar[str]
    bad: ClassVar[str]

    @abstractmethod
    def find(self, document: Document, framework: Framework) -> Iterator[Finding]:
        """All places where the sheet breaks the rule."""

    @abstractmethod
    def spoil(self, document: Document) -> Document:
        """The bad example: a sheet in order, made to break this rule."""

    def finding(self, path: str, message: str, fix: str | None = None) -> Finding:
        """A finding of this check."""
        return Finding(self.code, self.severity, path, message, fix)
