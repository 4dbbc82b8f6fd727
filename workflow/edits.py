"""Who last wrote in which place of a sheet, as the table's history tells it; what may be deleted and put back. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from forms.document import steps
from workflow.deadlines import local_date
from workflow.facts import Reason
from workflow.review import Numbered, remark_names

RECENT = timedelta(minutes=10)
"""[choice] So long a colleague's edit is marked: they may still be at it."""
WHOLE = frozenset({"import_sheet", "carry_over"})
"""Acts that write every place: what was written before is gone."""
MOVING = WHOLE | {"add_row", "remove_row", "restore_row"}
"""Acts after which a path that counts rows means another row than before."""
WRITING = MOVING | {"save_row", "save_cell", "edit_sheet"}
"""Acts by which somebody writes in the sheet."""


class Told(Protocol):
    """What is needed of a line of the history."""

    @property
    def act(self) -> str: ...
    @property
    def said(self) -> Mapping[str, Any]: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def who(self) -> str: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True)
class Edit:
    """One person's last writing in one place; `columns` of a row, none for a cell that stands for itself."""

    person_id: int | None
    who: str
    at: datetime
    columns: tuple[str, ...] = ()

    def when(self, now: datetime, timezone: str) -> str:
        """The time as people of the region say it: 10:42, and the date where it is not today."""
        local = self.at.astimezone(ZoneInfo(timezone))
        return f"{local:%H:%M}" if local_date(now, timezone) == local.date() else f"{local:%m-%d %H:%M}"

    def recent(self, now: datetime) -> bool:
        """Whether it was a moment ago."""
        return now - self.at < RECENT


def last_edits(newest_first: Iterable[Told], rows: Mapping[str, Sequence[int]]) -> dict[str, Edit]:
    """By a row's name ("indicators-7") or a cell's path: who wrote there last. `rows` are the ids of each part's rows
    in their order now."""
    found: dict[str, Edit] = {}
    moved = False
    for line in newest_first:
        for place, columns in _places(line, rows, moved=moved):
            found.setdefault(place, Edit(line.person_id, line.who, line.at, columns))
        moved = moved or line.act in MOVING
        if line.act in WHOLE:
            break
    return found


def path_of(place: str, rows: Mapping[str, Sequence[int]]) -> str | None:
    """The path of a cell that is named by its row's id ("indicators-7.target_raw"); of another the place itself. None
    for a row that is not there."""
    row, _dot, cell = place.partition(".")
    part, _dash, number = row.partition("-")
    if part not in rows or not number:
        return place
    if not number.isdecimal() or int(number) not in rows[part]:
        return None
    return f"{part}[{rows[part].index(int(number))}].{cell}"


def at_work(newest_first: Iterable[Told], reader: int, now: datetime) -> list[Told]:
    """Of each colleague who wrote in the sheet a moment ago, the last line; the newest first."""
    found: dict[str, Told] = {}
    for line in newest_first:
        if now - line.at >= RECENT:
            break
        if line.act in WRITING and line.person_id not in {None, reader}:
            found.setdefault(line.who, line)
    return list(found.values())


def removal(newest_first: Iterable[Told], part: str, row: int) -> Edit | None:
    """Who removed a row; None where it never was, or went with an import."""
    for line in newest_first:
        if line.act == "remove_row" and (line.said.get("part"), line.said.get("row")) == (part, row):
            return Edit(line.person_id, line.who, line.at)
    return None


def removed(newest_first: Iterable[Told], part: str, row: int) -> Told | None:
    """The removal of a row that can still be undone: told with the row's texts, not undone before, and no
    import replaced the sheet since."""
    for line in newest_first:
        if line.act in WHOLE:
            return None
        if (line.said.get("part"), line.said.get("row")) == (part, row):
            if line.act == "restore_row":
                return None
            if line.act == "remove_row":
                return line if "texts" in line.said else None
    return None


def asked_in_row(path: str, open_musts: Iterable[tuple[Numbered, str | None]]) -> Reason | None:
    """Why a row may not be deleted: a 必改 on it, or on a cell of it, waits for its answer. `open_musts` are those
    without an answer, each with the path where its place stands now."""
    inside = [r for r, at in open_musts if at is not None and (at == path or at.startswith(f"{path}."))]
    return Reason("must_in_row", f"{remark_names(inside)}在这一行，先答复", path) if inside else None


def _places(line: Told, rows: Mapping[str, Sequence[int]], *, moved: bool) -> Iterable[tuple[str, tuple[str, ...]]]:
    said = line.said
    match line.act:
        case "save_row" if said.get("cells"):
            yield f"{said['part']}-{said['row']}", tuple(said["cells"])
        case "save_cell":
            yield str(said["path"]), ()
        case "edit_sheet":
            for path in said.get("paths", ()):
                match steps(path):
                    case (str(part), int(at), *cell):
                        if not moved and at < len(rows.get(part, ())):
                            yield f"{part}-{rows[part][at]}", tuple(str(name) for name in cell)
                    case _:
                        yield path, ()
