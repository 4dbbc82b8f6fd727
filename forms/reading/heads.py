"""Rows of column heads on a grid: which column holds what. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from forms.reading.grid import Cell, Grid
from forms.reading.vocabulary import Meaning, Words

_ASIDE = frozenset({"other", "other_target"})
_DEEPEST = 3
"""Rows of heads over one another; real forms have one or two."""


@dataclass(frozen=True)
class Heads:
    """Rows `top` to before `bottom` are heads; `columns` gives the role of each column of the grid that has one.

    `doubtful` are roles whose head means another column on other forms, or that two columns claim.
    """

    top: int
    bottom: int
    columns: Mapping[int, str]
    doubtful: frozenset[str]

    def of(self, role: str) -> list[int]:
        """The columns of a role, from left to right."""
        return self._by_role.get(role, [])

    @cached_property
    def _by_role(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        for column in sorted(self.columns):
            found.setdefault(self.columns[column], []).append(column)
        return found

    @property
    def roles(self) -> frozenset[str]:
        """The roles that have a column."""
        return frozenset(self.columns.values())


def of_indicators(grid: Grid, words: Words) -> list[Heads]:
    """Where heads of indicator columns stand; a form that goes over pages repeats them."""
    levels = {"level1", "level2", "level3"}
    return _find(grid, words.head, lambda roles: "target" in roles and len(roles & levels) >= 2)


def of_tasks(grid: Grid, words: Words) -> list[Heads]:
    """Where heads of task columns stand."""
    money = {"task_total", "task_fiscal"}
    return _find(
        grid, words.task_head, lambda roles: "task_name" in roles and ("task_content" in roles or bool(roles & money))
    )


def _find(
    grid: Grid, meaning: Callable[[str], Meaning | None], enough: Callable[[frozenset[str]], bool]
) -> list[Heads]:
    found = []
    at = 0
    while at < grid.height:
        known = [(cell, role) for cell in grid.row(at) if (role := meaning(cell.text))]
        if not known:
            at += 1
            continue
        below = [role.role for cell in _own(grid, at + 1) if (role := meaning(cell.text))]
        roles = frozenset(role.role for _, role in known)
        # A column's head may stand a row lower than the others', under a head over several.
        if not enough(roles) and not (
            roles - {"over"} and enough(roles | frozenset(below)) and _all(grid, at + 1, meaning)
        ):
            at += 1
            continue
        bottom = max(cell.row + cell.rows for cell, role in known if role.role != "over")
        while bottom < grid.height and _all(grid, bottom, meaning) and bottom < at + _DEEPEST:
            bottom += 1
        bottom = min(bottom, at + _DEEPEST)
        found.append(_columns(grid, at, bottom, meaning))
        at = bottom
    return found


def _own(grid: Grid, row: int) -> list[Cell]:
    return [cell for cell in grid.row(row) if cell.row == row and cell.text.strip()]


def _all(grid: Grid, row: int, meaning: Callable[[str], Meaning | None]) -> bool:
    cells = _own(grid, row)
    return bool(cells) and all(meaning(cell.text) for cell in cells)


def _columns(grid: Grid, top: int, bottom: int, meaning: Callable[[str], Meaning | None]) -> Heads:
    columns: dict[int, str] = {}
    doubtful: set[str] = set()
    by: dict[str, Cell] = {}
    for column in range(grid.width):
        stack = dict.fromkeys(cell for row in range(top, bottom) if (cell := grid.covering.get((row, column))))
        told = [(cell, role) for cell in stack if (role := meaning(cell.text)) and role.role != "over"]
        if not told:
            continue
        cell, role = told[-1]
        claimed = by.setdefault(role.role, cell)
        if claimed is not cell and role.role not in _ASIDE:
            doubtful.add(role.role)
            columns[column] = "other"
            continue
        columns[column] = role.role
        if role.doubtful:
            doubtful.add(role.role)
    return Heads(top, bottom, columns, frozenset(doubtful))
