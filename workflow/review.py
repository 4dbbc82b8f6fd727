"""The bureau's review: four criteria of two points each, the grade, and what each grade leads to. Pure.

Source: the review form of the national measures for department-wide goals (2020): grades 优, 良, 中, 差.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

GRADES = ("优", "良", "中", "差")
TO_APPROVAL = frozenset({"优", "良"})
"""优 goes on to approval; 良 after small agreed changes."""
TO_RETURN = frozenset({"中", "差"})
"""中 is revised and resubmitted through the whole path; 差 may not enter the budget step and starts over."""

CRITERIA: dict[str, tuple[str, str]] = {
    "完整性": ("规范完整", "明确清晰"),
    "相关性": ("目标相关", "指标科学"),
    "适当性": ("绩效合理", "资金匹配"),
    "可行性": ("实现可能", "条件充分"),
}


@dataclass(frozen=True)
class Part:
    """One part of the form: a point to be graded, or a criterion whose opinion is to be written."""

    name: str
    words: str


@dataclass(frozen=True)
class ReviewForm:
    """What an officer has filled in so far: a grade for each of the eight points, an opinion for each criterion."""

    points: dict[str, str]
    opinions: dict[str, str]

    @classmethod
    def of(cls, value: Any) -> "ReviewForm":
        """From {"points": {"规范完整": "良", …}, "opinions": {"完整性": "…", …}}; ValueError says what is wrong."""
        if not isinstance(value, dict):
            raise ValueError("评审表要有 points 和 opinions 两部分")
        points, opinions = value.get("points") or {}, value.get("opinions") or {}
        known = {point for pair in CRITERIA.values() for point in pair}
        for point, grade in points.items():
            if point not in known:
                raise ValueError(f"评审表没有“{point}”这一点")
            if grade not in GRADES:
                raise ValueError(f"“{point}”只能评 优、良、中、差，不能是“{grade}”")
        for criterion in opinions:
            if criterion not in CRITERIA:
                raise ValueError(f"评审表没有“{criterion}”这一项")
        return cls(dict(points), {name: str(text).strip() for name, text in opinions.items()})

    def missing(self) -> tuple[str, ...]:
        """What still has to be filled in, in the form's order, in words."""
        return tuple(part.words for part in self.missing_parts())

    def missing_parts(self) -> tuple["Part", ...]:
        """The same, each with the point or criterion it belongs to."""
        found = []
        for criterion, points in CRITERIA.items():
            found += [Part(point, f"{criterion}·{point}") for point in points if point not in self.points]
            if not self.opinions.get(criterion):
                found.append(Part(criterion, f"{criterion}的意见"))
        return tuple(found)

    def as_json(self) -> dict[str, dict[str, str]]:
        """The value `of` reads."""
        return {"points": self.points, "opinions": self.opinions}


class Numbered(Protocol):
    """What a remark is called by."""

    @property
    def number(self) -> int: ...
    @property
    def must(self) -> bool: ...


def remark_called(number: int, *, must: bool) -> str:
    """What a remark is called wherever it is spoken of: "意见 3（必改）".

    [choice] One row of numbers for a whole table, whatever the kind: history names a remark for ever, and "必改 3"
    read as the third of the 必改.
    """
    return f"意见 {number}（{'必改' if must else '建议'}）"


def remark_name(remark: Numbered) -> str:
    """The same for a remark at hand."""
    return remark_called(remark.number, must=remark.must)


def remark_names(remarks: Iterable[Numbered]) -> str:
    """The same for several, by their numbers."""
    return "、".join(remark_name(remark) for remark in sorted(remarks, key=lambda remark: remark.number))


def why_not_rewritten(person_id: int | None, made_by: int, *, answered: bool, delivered: bool) -> str | None:
    """Why somebody cannot rewrite or take back a remark, in words; None where they can. [choice] Only who wrote it, and
    only until a decision brings it to the department: what was delivered is answered, never changed or deleted."""
    if person_id != made_by:
        return "这条意见不是您写的，由写的人改或删"
    if answered or delivered:
        return "这条意见已经送达部门，不能再改，也不能再删"
    return None


def effects_of_grades(
    *,
    revision: int,
    passed: int,
    money: str,
    accepts: str,
    year: int,
    waiting: int = 0,
    accepted: int = 0,
    declined: int = 0,
) -> dict[str, list[str]]:
    """What each grade leads to for one table, in steps.

    `revision` is the one under review, `passed` the number of its pass, `money` its budget in words, `accepts` who may
    accept an amendment in words, `year` the fiscal year it is for, `waiting`, `accepted` and `declined` how many
    changes of the latest amendment wait, were accepted, or were not.
    """
    whole = f"（预算{money}）" if money else ""
    in_force = f"一经批复，这张表{whole}就是 {year} 年度的目标，以后只能走目标调整。"
    again = f"部门在您给的期限内重新送审、内审、报送，成为第 {passed + 1} 轮，再由您审核。"
    if accepted:
        amending = f"协商修改 {accepted} 处已由部门接受（版次 {revision}），可以直接批复。"
    elif declined:
        amending = (
            f"部门不接受协商修改的 {declined} 处（版次 {revision}），不能批复：再协商修改，或者改评 中、差 退回。"
        )
    elif waiting:
        amending = f"协商修改 {waiting} 处（版次 {revision}）正等{accepts}接受，接受后才能批复。"
    else:
        amending = f"要小改的，先协商修改：改动成为版次 {revision + 1}，由{accepts}接受；不改的可以直接批复。"
    return {
        "优": [f"批复版次 {revision}，不再修改。", in_force],
        "良": [amending, in_force],
        "中": ["退回部门，按意见修改。", again],
        "差": ["不能进入下一步预算安排，记录在案。", f"退回部门重新编报。{again}"],
    }
