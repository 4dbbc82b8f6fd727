"""The wording of the rules: one folder each, a subject and a body with `{named}` fields. Refuses what does not fit.

A rule without words, words without a rule and a field that nobody fills in are found when this module is imported,
not when somebody should have been told something.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from notifications.rules import RULES, Daily, NobodyThere, On, Rule, Weekly

FOLDER = Path(__file__).parent / "wording"

OF_ALL = frozenset({"year"})
OF_A_TABLE = OF_ALL | {"table", "department", "state"}
OF_A_DEADLINE = OF_A_TABLE | {"stage", "asked", "opened", "deadline", "left", "late", "missed", "provisional"}
OF_A_LIST = OF_ALL | {"stage", "asked", "missed", "count", "departments", "names", "tables", "provisional"}
OF_AN_EVENT = OF_A_TABLE | {
    "actor", "on", "opinion", "until", "grade", "name", "reason", "reasons", "rate", "rounds", "adjustment", "text",
    "from_name", "to_name", "asked_for", "count",
}  # fmt: skip
OF_A_WEEK = OF_ALL | {"count", "whom", "doing", "longest", "lines", "provisional"}
OF_THE_LEDGER = frozenset({"position", "hash", "sealed", "head"})
OF_NOBODY = OF_AN_EVENT | {"event", "missing"}


class BadWording(Exception):
    """The folder of words and the list of rules do not fit together."""


@dataclass(frozen=True)
class Wording:
    """What a notice says, before its fields are filled in."""

    subject: str
    body: str

    def filled(self, fields: Mapping[str, str]) -> tuple[str, str]:
        """Subject (one line) and body. What stands in a field is never read as a field itself."""
        return " ".join(self.subject.format_map(fields).split()), self.body.format_map(fields).strip()


def fields_of(rule: Rule) -> frozenset[str]:
    """The fields that the words of a rule may use."""
    if isinstance(rule.when, On):
        return OF_AN_EVENT
    if isinstance(rule.when, NobodyThere):
        return OF_NOBODY
    if isinstance(rule.when, Daily):
        return OF_THE_LEDGER
    if isinstance(rule.when, Weekly):
        return OF_A_WEEK
    return OF_A_LIST if rule.as_list else OF_A_DEADLINE


def load(rules: Iterable[Rule], folder: Path) -> dict[str, Wording]:
    """The words of all rules; BadWording names everything that does not fit."""
    rules = list(rules)
    found, wrong = {}, []
    for rule in rules:
        try:
            texts = [(folder / rule.code / name).read_text("utf-8") for name in ("subject.txt", "body.txt")]
        except FileNotFoundError as error:
            wrong.append(f"the rule {rule.code} has no {Path(str(error.filename)).name}")
            continue
        used = {field for text in texts for _, field, _, _ in Formatter().parse(text) if field is not None}
        wrong += [f"the words of {rule.code} use the unknown field {field!r}" for field in used - fields_of(rule)]
        if not all(text.strip() for text in texts):
            wrong.append(f"the words of {rule.code} are empty")
        found[rule.code] = Wording(*texts)
    known = {rule.code for rule in rules}
    wrong += [f"the words {path.name} belong to no rule" for path in folder.iterdir() if path.name not in known]
    if wrong:
        raise BadWording("; ".join(sorted(wrong)))
    return found


WORDING = load(RULES, FOLDER)
