"""The bureau's review: four criteria of two points each, the grade, and what each grade leads to. Pure.

Source: the review form of the national measures for department-wide goals (2020): grades 优, 良, 中, 差.
"""

from dataclasses import dataclass
from typing import Any

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
        found = []
        for criterion, points in CRITERIA.items():
            found += [f"{criterion}·{point}" for point in points if point not in self.points]
            if not self.opinions.get(criterion):
                found.append(f"{criterion}的意见")
        return tuple(found)

    def as_json(self) -> dict[str, dict[str, str]]:
        """The value `of` reads."""
        return {"points": self.points, "opinions": self.opinions}
