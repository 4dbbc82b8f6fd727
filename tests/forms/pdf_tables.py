"""Random tables laid out on pages as programs do it, with what each cell says: labels over several rows, long texts,
pages that end wherever they must."""

from dataclasses import dataclass, field
from random import Random

from tests.forms.pdf_pages import WAYS, Rules, Sheet, plain

EM = 10.0
PITCH = 14.0
PAD = 4.0

_WORDS = (
    "绩效目标管理网络安全建设项目资金预算执行完成数量质量时效成本"
    "社会经济生态满意度服务对象群众单位组织开展培训检查评估信息系统运维"
)


@dataclass(frozen=True)
class Meant:
    """A cell as it was meant."""

    row: int
    column: int
    rows: int
    columns: int
    text: str


@dataclass(frozen=True)
class Style:
    """How a program breaks pages: see the fields."""

    splits_rows: bool
    closes_cut_rows: bool
    """A rule across ends each page, as if the row ended there (Word, LibreOffice)."""
    repeats_heading: bool
    label: str
    """`top`, `middle` of the whole block (then maybe cut in two), or `first`: middle of its part on the first page."""
    middle: bool
    """Short cells stand in the middle of their rows."""
    way: Rules = plain
    footer: bool = True
    header: bool = False


@dataclass
class Drawn:
    """The pages, and what they say."""

    style: Style
    sheets: list[Sheet] = field(default_factory=list)
    cells: list[Meant] = field(default_factory=list)


def some_style(random: Random) -> Style:
    """Any of the ways."""
    return Style(
        splits_rows=random.random() < 0.7,
        closes_cut_rows=random.random() < 0.5,
        repeats_heading=random.random() < 0.5,
        label=random.choice(["top", "middle", "first"]),
        middle=random.random() < 0.5,
        way=random.choice(WAYS),
        footer=random.random() < 0.7,
        header=random.random() < 0.3,
    )


def some_text(random: Random, least: int, most: int) -> str:
    """Chinese sentences of so many characters, now and then with Latin words, ending as sentences do or not."""
    out = ""
    length = random.randint(least, most)
    while len(out) < length:
        out += "".join(random.choice(_WORDS) for _ in range(random.randint(3, 16)))
        out += random.choice(["，", "、", "；", "。", "", "2020年", "100%", "APP", ""])
    out = out[:length]
    return out[:-1] + "。" if length > 12 and random.random() < 0.6 else out


def some_table(random: Random) -> tuple[list[Meant], list[float], int]:
    """Cells, the widths of the columns, and how many rows are the heading. Every text occurs once."""
    labels = random.choice([1, 1, 2])
    widths = [random.choice([30.0, 40.0, 64.0]) for _ in range(labels)]
    widths += [random.uniform(70, 130)]
    widths += [random.uniform(45, 60)] if random.random() < 0.7 else []
    widths += [500 - sum(widths)]
    wide = len(widths)
    cells: list[Meant] = []
    heading = random.choice([1, 1, 2])
    if heading == 1:
        cells += [Meant(0, column, 1, 1, f"栏目{'甲乙丙丁戊'[column]}") for column in range(wide)]
    else:
        cells += [Meant(0, column, 2, 1, f"栏目{'甲乙丙丁戊'[column]}") for column in range(labels)]
        cells.append(Meant(0, labels, 1, wide - labels, "上栏"))
        cells += [Meant(1, column, 1, 1, f"栏目{'甲乙丙丁戊'[column]}") for column in range(labels, wide)]
    row = heading
    for block in range(random.randint(1, 5)):
        rows = random.randint(1, 6)
        cells.append(Meant(row, 0, rows, 1, f"{'子丑寅卯辰'[block]}" + some_text(random, 2, 7)))
        at = row
        while labels == 2 and at < row + rows:
            some = random.randint(1, row + rows - at)
            cells.append(Meant(at, 1, some, 1, some_text(random, 3, 6)))
            at += some
        for line in range(row, row + rows):
            for column in range(labels, wide):
                if column == wide - 1:
                    text = some_text(random, 1, random.choice([8, 60, 200, 600])) if random.random() < 0.9 else ""
                elif widths[column] < 65:
                    text = f"≥{random.randint(10, 99)}.{random.randint(10, 99)}%"
                else:
                    text = some_text(random, 4, 20)
                cells.append(Meant(line, column, 1, 1, text))
        row += rows
    seen: set[str] = set()
    once = []
    for cell in cells:
        once.append(cell if cell.text not in seen else Meant(cell.row, cell.column, cell.rows, cell.columns, ""))
        seen.add(cell.text)
    return once, widths, heading


def wrapped(text: str, width: float) -> list[str]:
    """The lines of a text within a width; closing punctuation may not begin one."""
    lines, line, used = [], "", 0.0
    for char in text:
        size = EM if ord(char) > 0x2000 else EM * 0.6
        if line and used + size > width:
            keep = 1 if char in "，。；、" and len(line) > 1 else 0
            lines.append(line[: len(line) - keep])
            line = line[len(line) - keep :]
            used = EM * keep
        line, used = line + char, used + size
    return [*lines, line] if line else lines


class _Layout:
    """Rows onto pages."""

    def __init__(self, random: Random, cells: list[Meant], widths: list[float], heading: int, style: Style) -> None:
        self._cells, self._style, self._heading = cells, style, heading
        left = (595 - sum(widths)) / 2
        self._xs = [left + sum(widths[:at]) for at in range(len(widths) + 1)]
        self._lines = {cell: wrapped(cell.text, self._width(cell) - 2 * PAD) for cell in cells}
        self._rows = max(cell.row + cell.rows for cell in cells)
        self._top, self._bottom = 60.0, random.uniform(330, 780)
        self.sheets: list[Sheet] = []
        self.fits = True
        # of each row: (page, top, bottom) of its parts
        self._parts: list[list[tuple[int, float, float]]] = [[] for _ in range(self._rows)]
        self._headings: list[tuple[int, float]] = []
        self._heights = self._measured()
        self._page, self._y = 0, self._top + random.uniform(0, self._bottom - self._top - 120)

    def _width(self, cell: Meant) -> float:
        return self._xs[cell.column + cell.columns] - self._xs[cell.column]

    def _measured(self) -> list[float]:
        heights = [PITCH + 2 * PAD] * self._rows
        for cell in self._cells:
            if cell.rows == 1:
                heights[cell.row] = max(heights[cell.row], len(self._lines[cell]) * PITCH + 2 * PAD)
        for cell in self._cells:
            need = len(self._lines[cell]) * PITCH + 2 * PAD
            have = sum(heights[cell.row : cell.row + cell.rows])
            if need > have:
                heights[cell.row + cell.rows - 1] += need - have
        return heights

    def _next_page(self) -> None:
        self._page, self._y = self._page + 1, self._top
        if self._style.repeats_heading:
            self._headings.append((self._page, self._y))
            self._y += sum(self._heights[: self._heading])

    def run(self) -> None:
        least = 2 * PAD + PITCH
        if self._y + sum(self._heights[: self._heading]) + least > self._bottom:
            self._y = self._top
        for row in range(self._rows):
            left = self._heights[row]
            most = (
                self._bottom - self._top - (sum(self._heights[: self._heading]) if self._style.repeats_heading else 0)
            )
            if (
                not (self._style.splits_rows and row >= self._heading)
                and left <= most
                and self._y + left > self._bottom
            ):
                self._next_page()
            while self._y + left > self._bottom + 0.01:
                lines = int((self._bottom - self._y - 2 * PAD) / PITCH)
                if lines < 1:
                    self._next_page()
                    continue
                high = lines * PITCH + 2 * PAD
                if left - lines * PITCH < least:
                    break
                self._parts[row].append((self._page, self._y, self._y + high))
                left -= lines * PITCH
                self._next_page()
            self._parts[row].append((self._page, self._y, self._y + left))
            self._y += left
        self.sheets = [Sheet() for _ in range(self._page + 1)]
        for cell in self._cells:
            self._draw(cell)
        for page, y in self._headings:
            self._draw_heading(page, y)
        for at, sheet in enumerate(self.sheets, 1):
            if self._style.footer:
                sheet.text(280, 815, f"第 {at} 页 共 {len(self.sheets)} 页")
            if self._style.header:
                sheet.text(60, 40, "部门整体绩效目标表（电子版）")

    def _draw_heading(self, page: int, y: float) -> None:
        for cell in self._cells:
            if cell.row < self._heading:
                top = y + sum(self._heights[: cell.row])
                high = sum(self._heights[cell.row : cell.row + cell.rows])
                self._box(page, cell, top, top + high, True, True)
                self._write(cell, [(page, top, top + high)], "top")

    def _draw(self, cell: Meant) -> None:
        parts: list[tuple[int, float, float]] = []
        for row in range(cell.row, cell.row + cell.rows):
            for page, top, bottom in self._parts[row]:
                if parts and parts[-1][0] == page:
                    parts[-1] = (page, parts[-1][1], bottom)
                else:
                    parts.append((page, top, bottom))
        for at, (page, top, bottom) in enumerate(parts):
            closed = self._style.closes_cut_rows
            self._box(page, cell, top, bottom, closed or at == 0, closed or at == len(parts) - 1)
        where = self._style.label if cell.rows > 1 else "middle" if self._style.middle else "top"
        self._write(cell, parts, where)

    def _box(self, page: int, cell: Meant, top: float, bottom: float, closed_top: bool, closed_bottom: bool) -> None:
        left, right = self._xs[cell.column], self._xs[cell.column + cell.columns]
        way, sheet = self._style.way, self.sheets[page]
        if closed_top:
            way(sheet, left, top, right, top)
        if closed_bottom:
            way(sheet, left, bottom, right, bottom)
        way(sheet, left, top, left, bottom)
        way(sheet, right, top, right, bottom)

    def _write(self, cell: Meant, parts: list[tuple[int, float, float]], where: str) -> None:
        lines = self._lines[cell]
        room = [int((bottom - top - 2 * PAD + 0.1) / PITCH) for _, top, bottom in parts]
        skip = 0
        if where == "middle":
            skip = max((sum(room) - len(lines)) // 2, 0)
        elif where == "first" and room[0] >= len(lines):
            skip = (room[0] - len(lines)) // 2
        slots = [
            (page, top + PAD + at * PITCH)
            for (page, top, _), count in zip(parts, room, strict=True)
            for at in range(count)
        ]
        self.fits = self.fits and len(slots) >= len(lines)
        for (page, y), line in zip(slots[skip:], lines, strict=False):
            self.sheets[page].text(self._xs[cell.column] + PAD, y + 11, line, EM)


def drawn(random: Random, style: Style | None = None) -> Drawn:
    """A random table on its pages."""
    style = style or some_style(random)
    while True:
        cells, widths, heading = some_table(random)
        layout = _Layout(random, cells, widths, heading, style)
        layout.run()
        if layout.fits:  # a label may be too long for what the breaks leave of its rows
            return Drawn(style, layout.sheets, cells)
