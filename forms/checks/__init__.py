"""The checks of a sheet: one rule, one file. The list below says which there are and in what order they run.

A framework names the ones that its form is subject to, by code. All findings are given at once.
"""

from collections.abc import Iterable

from forms.checks.missing_definition import MissingDefinition
from forms.checks.required_cells import RequiredCells
from forms.checks.rule import Check, Finding, Severity
from forms.checks.same_name_twice import SameNameTwice
from forms.checks.source_sum import SourceSum
from forms.checks.target_grammar import TargetGrammar
from forms.checks.use_sum import UseSum
from forms.document import Document
from forms.framework import Framework

__all__ = ["CHECKS", "Check", "Finding", "Severity", "UnknownCheck", "registry", "run"]


class UnknownCheck(LookupError):
    """A framework names a check that does not exist."""


def registry(checks: Iterable[Check]) -> dict[str, Check]:
    """The checks by code, in order; ValueError if a code or a name is taken twice."""
    found: dict[str, Check] = {}
    for check in checks:
        if check.code in found or check.name in (other.name for other in found.values()):
            raise ValueError(f"check {check.code} “{check.name}” is there twice")
        found[check.code] = check
    return found


CHECKS = registry(
    [
        SourceSum(),
        UseSum(),
        RequiredCells(),
        TargetGrammar(),
        MissingDefinition(),
        SameNameTwice(),
    ]
)


def run(document: Document, framework: Framework) -> list[Finding]:
    """All findings of the checks that the framework names, in the order of the list above."""
    missing = set(framework.checks) - set(CHECKS)
    if missing:
        raise UnknownCheck(f"framework {framework.key} names checks that do not exist: {sorted(missing)}")
    return [
        finding
        for code, check in CHECKS.items()
        if code in framework.checks
        for finding in check.find(document, framework)
    ]
