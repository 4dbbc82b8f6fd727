"""What a printed label means: the form's own words first, then those that other regions' forms use for the same cell.

The words are data (`vocabulary.toml`). A word alone decides nothing: the rooms that read tables ask where it stands.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from forms.framework import Framework
from forms.reading.landmarks import alike

_FILE = Path(__file__).with_name("vocabulary.toml")
_NUMBERING = re.compile(r"^(?:[（(]?[一二三四五六七八九十0-9]{1,2}(?:[）)]|[、.．](?![0-9])))+")
_UNIT = re.compile(
    r"[(（](?:金额)?(?:单位)?[:：]?(?:人民币)?(万元|元|%|％|分|百元|千元|亿元|万|盖章|公章|必填|加盖公章)[)）]"
)
_YEAR = re.compile(r"^20[0-9]{2}(?=年)|^20[0-9]{2}年(?=[^度])")
_YEARS = re.compile(r"\((?:[0-9]{4}|X{2,4}|x{2,4})[^()]*\)$")
_MARKS = "*＊※●▲★"


_LONGEST_LABEL = 60
"""Characters of a text whose bare form is worth remembering: labels come again, what is filled in does not."""


def bare(label: str) -> str:
    """A label as it is compared: without white space, numbering, marks, a unit in brackets, 其中, colons at its end."""
    return _remembered(label) if len(label) <= _LONGEST_LABEL else _bare(label)


def _bare(label: str) -> str:
    text = _YEARS.sub("", _UNIT.sub("", alike(label).strip(_MARKS)))
    text = _NUMBERING.sub("", text).strip(_MARKS)
    text = text.removeprefix("其中:").removeprefix("#")
    return _NUMBERING.sub("", text).rstrip(":")


_remembered = lru_cache(maxsize=8192)(_bare)


def unit_in(label: str) -> str:
    """The unit of money that a label states, "万元" or "元" (or another, unreadable one); "" if none."""
    found = re.search(r"[(（](?:金额)?(?:单位)?[:：]?(?:人民币)?([百千万亿]?元)[)）]", "".join(label.split()))
    found = found or re.search(r"单位[:：](?:人民币)?([百千万亿]?元)", "".join(label.split()))
    return found[1] if found else ""


@dataclass(frozen=True)
class Meaning:
    """What a label names; `doubtful` if other forms print it over something else."""

    role: str
    doubtful: bool = False


@dataclass(frozen=True)
class Words:
    """The labels of one form, by where they may stand: beside or over a cell, over the columns of indicators, over
    those of tasks; and rows that sum up."""

    fields: Mapping[str, Meaning]
    heads: Mapping[str, Meaning]
    task_heads: Mapping[str, Meaning]
    sums: frozenset[str]

    def field(self, text: str) -> Meaning | None:
        """The cell that a label stands beside, or None for what is no label. One that begins with the label over it,
        "1、资金来源：（1）财政性资金", names what its end names."""
        label = bare(text)
        found = self.fields.get(label) or self.fields.get(_YEAR.sub("", label))
        if found is None:
            for end in range(2, min(len(label) - 1, _LONGEST_LABEL)):
                above = self.fields.get(label[:end])
                if (
                    above is not None
                    and above.role == "group"
                    and (under := self.fields.get(bare(label[end:].lstrip(":"))))
                ):
                    return under
        return found

    def labelled(self, text: str) -> tuple[Meaning, str] | None:
        """A label and the value behind its colon in one cell: "部门名称：某某厅"."""
        label, colon, value = text.replace(":", "：").partition("：")
        meaning = self.field(label) if colon and value.strip() else None
        if meaning is None or self.field(text) is not None:
            return None
        if meaning.role == "group":
            return self.labelled(text[len(label) + 1 :])
        return meaning, text[len(label) + 1 :].strip()

    def head(self, text: str) -> Meaning | None:
        """The column of indicators that a head stands over."""
        return self.heads.get(bare(text))

    def task_head(self, text: str) -> Meaning | None:
        """The column of tasks that a head stands over."""
        return self.task_heads.get(bare(text))

    def sums_up(self, text: str) -> bool:
        """Whether a row that begins like this sums the rows above it."""
        return bare(text) in self.sums


@cache
def general() -> Words:
    """The words of all forms."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    doubtful = {bare(word) for word in data["doubtful"]["all"]}

    def meanings(section: str) -> dict[str, Meaning]:
        return {
            bare(word): Meaning(role, bare(word) in doubtful) for role, words in data[section].items() for word in words
        }

    fields = meanings("fields")
    for section, role in (("groups", "group"), ("notes", "note")):
        for word in data[section]["all"]:
            fields.setdefault(bare(word), Meaning(role))
    return Words(fields, meanings("heads"), meanings("task_heads"), frozenset(map(bare, data["ends"]["sums"])))


_FIELDS = {
    "department": "department", "project_name": "project", "annual_goal": "annual_goal", "tasks": "group",
    "budget": "group", "total": "total", "by_source": "group", "fiscal": "fiscal", "other": "other", "by_use": "group",
    "basic": "basic", "project": "project_money",
}  # fmt: skip
"""Label of a framework -> what it names."""
_TASK_HEADS = {
    "task_name": "task_name", "task_content": "task_content", "task_money": "over", "task_total": "task_total",
    "task_fiscal": "task_fiscal", "task_other": "task_other",
}  # fmt: skip


@cache
def words_of_form(framework: Framework) -> Words:
    """The words of a form: its own as it means them, and all others that it does not use itself."""
    others = general()
    labels, columns = framework.labels, framework.columns
    fields = {bare(getattr(labels, name)): Meaning(role) for name, role in _FIELDS.items() if getattr(labels, name)}
    heads = {bare(head): Meaning(name) for name, head in columns.heads}
    task_heads = {
        bare(getattr(labels, name)): Meaning(role) for name, role in _TASK_HEADS.items() if getattr(labels, name)
    }
    sums = others.sums | ({bare(labels.tasks_end)} if labels.tasks_end else frozenset())
    return Words({**others.fields, **fields}, {**others.heads, **heads}, {**others.task_heads, **task_heads}, sums)
