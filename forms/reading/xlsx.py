"""A workbook -> its sheets as grids (ECMA-376, part 1, 18: SpreadsheetML, transitional and strict).

Written for speed and for what a form needs: numbers as their format shows them, merged ranges, what is hidden. Formulas
are never calculated: the value that the last program stored is taken, and without one the cell is empty and in doubt.
Charts, drawings, comments, headers and footers are not read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple
from xml.etree.ElementTree import Element

from forms.reading.decoding import visible, wordless
from forms.reading.grid import Cell, Grid, Place, Source
from forms.reading.number_formats import BUILT_IN, GENERAL, seen, seen_text, shows_text_plainly
from forms.reading.package import Package, namespace
from forms.reading.symbols import private, raised

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
"""What a sheet can have at all (Excel, WPS); a place beyond it means a damaged file."""

MOST_CELLS = 200_000
"""Cells with something in them, over all sheets: 300 departments of 60 rows take about 150,000. [choice]"""

MOST_STRINGS = 300_000
"""Shared strings. [choice]"""

MOST_MERGED = 500_000
"""Places under merged cells, over all sheets, after cutting them to where anything stands. [choice]"""


class _Look(NamedTuple):
    """What a cell style shows of numbers, and whether it shows texts as they are."""

    code: str
    plain_text: bool


_PLAIN = _Look(GENERAL, True)


@dataclass(slots=True)
class _Room:
    """How much more a workbook may hold."""

    cells: int
    merged: int


class _Book(NamedTuple):
    package: Package
    strings: Sequence[tuple[str, bool]]
    """Each with whether it is in doubt."""
    looks: Sequence[_Look]
    """Of each cell style."""
    since_1904: bool
    room: _Room
    uncalculated: bool
    """The writer asked for calculation at the next opening: its stored results need not be the true ones."""


@dataclass(slots=True)
class _Stored:
    """A cell as it stands in the file, before merging."""

    at: str
    text: str
    veiled: bool
    """Kept from sight by its format."""
    doubt: bool


def read_xlsx(data: bytes, name: str) -> Source:
    """All sheets in the workbook's order, hidden ones marked; `name` is what to call the file in a refusal."""
    package = Package(data, name)
    root = package.xml(package.main)
    ns = namespace(root)
    if root.tag != f"{ns}workbook":
        raise package.damaged()
    related = package.related(package.main)
    parts = {relation.key: relation for relation in related}
    kinds = {relation.type: relation.part for relation in reversed(related)}
    properties = root.find(f"{ns}workbookPr")
    calculation = root.find(f"{ns}calcPr")
    book = _Book(
        package,
        _strings(package, kinds["sharedStrings"]) if "sharedStrings" in kinds else (),
        _looks(package.xml(kinds["styles"])) if "styles" in kinds else (),
        properties is not None and _on(properties.get("date1904")),
        _Room(MOST_CELLS, MOST_MERGED),
        calculation is not None and _on(calculation.get("fullCalcOnLoad")),
    )
    grids: list[Grid] = []
    for sheet in root.iterfind(f"{ns}sheets/{ns}sheet"):
        key = next((value for attribute, value in sheet.items() if attribute.endswith("}id")), "")
        if key not in parts:
            raise package.damaged()
        if parts[key].type != "worksheet":
            continue  # a chart, or a sheet of old macros
        hidden = sheet.get("state", "visible") != "visible"
        grids.append(_grid(package.xml(parts[key].part), visible(sheet.get("name", "")), hidden, book))
    if not any(cell.text for grid in grids for cell in grid.cells):
        raise wordless(name)
    return Source("xlsx", tuple(grids))


def _on(value: str | None) -> bool:
    return value in ("1", "true", "on")


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written `_x000D_`, the underscore of such a word `_x005F_` (22.4.2.4)."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _words(item: Element, ns: str) -> tuple[str, bool]:
    """The text of a shared or inline string, of all its runs but the phonetic ones, and whether it is in doubt."""
    text = ""
    plain, run_tag = f"{ns}t", f"{ns}r"
    if len(item) == 1 and item[0].tag == plain:  # nearly all of them
        text = visible(_unescaped(item[0].text or ""))
        return text, private(text)
    for child in item:
        if child.tag == plain:
            text += child.text or ""
        elif child.tag == run_tag:
            run = child.findtext(f"{ns}t") or ""
            place = child.find(f"{ns}rPr/{ns}vertAlign")
            text += raised(run) if place is not None and place.get("val") == "superscript" else run
    text = visible(_unescaped(text))
    return text, private(text)


def _strings(package: Package, part: str) -> list[tuple[str, bool]]:
    root = package.xml(part)
    ns = namespace(root)
    if len(root) > MOST_STRINGS:
        raise package.too_much("的文字太多")
    return [_words(item, ns) for item in root]


def _looks(root: Element) -> list[_Look]:
    ns = namespace(root)
    own = {entry.get("numFmtId", ""): entry.get("formatCode", "") for entry in root.iterfind(f"{ns}numFmts/{ns}numFmt")}
    codes = BUILT_IN | {int(number): code for number, code in own.items() if number.isdecimal() and number.isascii()}
    looks = {str(number): _Look(code, shows_text_plainly(code)) for number, code in codes.items()}
    return [looks.get(style.get("numFmtId", "0"), _PLAIN) for style in root.iterfind(f"{ns}cellXfs/{ns}xf")]


_LETTERS: dict[str, int] = {}


def _column(letters: str) -> int:
    """ "B" -> 1; -1 for what is no column."""
    known = _LETTERS.get(letters)
    if known is not None:
        return known
    column = 0
    if not 1 <= len(letters) <= 3:
        return -1
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            return -1
        column = column * 26 + ord(letter) - 64
    if column > MOST_COLUMNS:
        return -1
    _LETTERS[letters] = column - 1
    return column - 1


def _address(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"


def _position(address: str) -> tuple[int, int] | None:
    letters = address.replace("$", "").rstrip("0123456789")
    digits = address.replace("$", "")[len(letters) :]
    row, column = int(digits[:8] or 0) - 1, _column(letters)
    return None if column < 0 or not 0 <= row < MOST_ROWS else (row, column)


_IN_ORDER = attrgetter("row", "column")


def _grid(root: Element, name: str, hidden: bool, book: _Book) -> Grid:
    """A sheet as a grid: stored cells, then merged ranges over them."""
    ns = namespace(root)
    zeros = all(_on(view.get("showZeros", "1")) for view in root.iterfind(f"{ns}sheetViews/{ns}sheetView"))
    hidden_columns = _hidden_columns(root, ns)
    stored: dict[tuple[int, int], _Stored] = {}
    hidden_rows: set[int] = set()
    tags = _Tags(f"{ns}v", f"{ns}f", f"{ns}is", ns)
    row_at = -1
    for row in root.iterfind(f"{ns}sheetData/{ns}row"):
        row_at = _given(row.get("r"), row_at, MOST_ROWS, book.package)
        if _on(row.get("hidden")) or _nothing(row.get("ht")):
            hidden_rows.add(row_at)
        column = -1
        for cell in row:
            address = cell.get("r")
            column = _column(address.rstrip("0123456789")) if address else column + 1
            if not 0 <= column < MOST_COLUMNS:
                raise book.package.damaged()
            if not len(cell):
                continue  # only its look is stored
            text, veiled, doubt = _value(cell, tags, book, zeros)
            if not text.strip() and not doubt:
                continue
            place = (row_at, column)
            if place in stored:
                stored[place].doubt = True  # the same place twice: the first is kept
                continue
            book.room.cells -= 1
            if book.room.cells < 0:
                raise book.package.too_much(f"有内容的单元格超过 {MOST_CELLS} 个")
            stored[place] = _Stored(address or _address(row_at, column), text, veiled, doubt)
    cells = _merged(root, ns, name, stored, hidden_rows, hidden_columns, book)
    return Grid(name, tuple(sorted(cells, key=_IN_ORDER)), hidden)


def _given(number: str | None, last: int, most: int, package: Package) -> int:
    """A row's place from 0: the number it gives, else the one after the last."""
    at = last + 1 if number is None else int(number[:9]) - 1 if number.isdecimal() else -1
    if not 0 <= at < most:
        raise package.damaged()
    return at


def _nothing(size: str | None) -> bool:
    """Whether a height or width is given as 0, which hides as well."""
    try:
        return size is not None and float(size) == 0
    except ValueError:
        return False


def _hidden_columns(root: Element, ns: str) -> set[int]:
    hidden: set[int] = set()
    for columns in root.iterfind(f"{ns}cols/{ns}col"):
        first, last = columns.get("min", ""), columns.get("max", "")
        out_of_sight = _on(columns.get("hidden")) or _nothing(columns.get("width"))
        if out_of_sight and first.isdecimal() and last.isdecimal():
            hidden.update(range(int(first[:9]) - 1, min(int(last[:9]), MOST_COLUMNS)))
    return hidden


class _Tags(NamedTuple):
    value: str
    formula: str
    inline: str
    ns: str


def _value(cell: Element, tags: _Tags, book: _Book, zeros: bool) -> tuple[str, bool, bool]:
    """What a cell shows, whether its format keeps it from sight, and whether it is in doubt."""
    kind = cell.get("t", "n")
    style = cell.get("s", "0")
    look = book.looks[int(style)] if style.isdecimal() and int(style) < len(book.looks) else _PLAIN
    value: str | None = None
    formula = False
    inline: Element | None = None
    for child in cell:
        if child.tag == tags.value:
            value = child.text or ""
        elif child.tag == tags.formula:
            formula = True
        elif child.tag == tags.inline:
            inline = child
    if kind == "inlineStr":
        text, doubt = _words(inline, tags.ns) if inline is not None else ("", False)
    elif value is None or (not value and kind != "str"):
        return "", False, formula
    elif kind == "s":
        at = int(value) if value.strip().isdecimal() else -1
        if not 0 <= at < len(book.strings):
            return "", False, True
        text, doubt = book.strings[at]
    elif kind in ("str", "e"):
        text = visible(_unescaped(value))
        doubt = private(text)
    elif kind == "b":
        return ("TRUE" if value.strip() in ("1", "true") else "FALSE"), False, formula and book.uncalculated
    else:
        return _number(value.strip() if kind != "d" else _serial(value.strip(), book), look.code, formula, book, zeros)
    doubt = doubt or (formula and book.uncalculated)
    if look.plain_text:
        return text, False, doubt
    shown = seen_text(text, look.code)
    return shown.text, shown.veiled, doubt


def _number(value: str, code: str, formula: bool, book: _Book, zeros: bool) -> tuple[str, bool, bool]:
    shown = seen(value, code, since_1904=book.since_1904)
    if not zeros and value in ("0", "-0", "0.0"):
        return "", False, False
    return visible(shown.text), shown.veiled, not shown.sure or (formula and book.uncalculated)


def _serial(value: str, book: _Book) -> str:
    """A date stored as ISO 8601 (strict files) -> the number of its day; as it stands where it is no date."""
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        return value
    since = datetime(1904, 1, 1, tzinfo=UTC) if book.since_1904 else datetime(1899, 12, 30, tzinfo=UTC)
    return repr((moment - since).total_seconds() / 86400)


class _Range(NamedTuple):
    top: int
    left: int
    bottom: int
    right: int


def _merges(root: Element, ns: str, package: Package) -> Iterator[_Range]:
    for entry in root.iterfind(f"{ns}mergeCells/{ns}mergeCell"):
        first, _, last = entry.get("ref", "").partition(":")
        one, other = _position(first), _position(last or first)
        if one is None or other is None:
            raise package.damaged()
        yield _Range(min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1]))


def _merged(
    root: Element,
    ns: str,
    name: str,
    stored: dict[tuple[int, int], _Stored],
    hidden_rows: set[int],
    hidden_columns: set[int],
    book: _Book,
) -> Iterator[Cell]:
    """The cells with merged ranges as one. Ranges over whole rows or columns are cut to where anything stands."""
    bottom = max((row for row, _ in stored), default=-1)
    right = max((column for _, column in stored), default=-1)
    owner: dict[tuple[int, int], _Range] = {}
    doubtful: set[_Range] = set()
    for whole in _merges(root, ns, book.package):
        area = _Range(whole.top, whole.left, min(whole.bottom, bottom), min(whole.right, right))
        if area.top > area.bottom or area.left > area.right or (area.top, area.left) == (area.bottom, area.right):
            continue
        rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
        book.room.merged -= len(rows) * len(columns)
        if book.room.merged < 0:
            raise book.package.too_much("的合并单元格太大")
        places = [(row, column) for row in rows for column in columns]
        overlapped = {owner[place] for place in places if place in owner}
        if overlapped:
            doubtful |= overlapped  # the first holds; no program that writes such a file means the same by it
            continue
        owner.update(dict.fromkeys(places, area))
    for place in stored:
        area_of = owner.get(place)
        if area_of is not None and place != (area_of.top, area_of.left):
            doubtful.add(area_of)  # words below a merged cell, which nobody sees
    for area in dict.fromkeys(owner.values()):
        first = stored.pop((area.top, area.left), None)
        out_of_sight = all(row in hidden_rows for row in range(area.top, area.bottom + 1)) or all(
            column in hidden_columns for column in range(area.left, area.right + 1)
        )
        yield Cell(
            area.top,
            area.left,
            first.text if first else "",
            Place("xlsx", name, _address(area.top, area.left)),
            area.bottom - area.top + 1,
            area.right - area.left + 1,
            out_of_sight or (first is not None and first.veiled),
            area in doubtful or (first is not None and first.doubt),
        )
    for at, cell in stored.items():
        if at not in owner:
            row, column = at
            out_of_sight = cell.veiled or row in hidden_rows or column in hidden_columns
            yield Cell(row, column, cell.text, Place("xlsx", name, cell.at), 1, 1, out_of_sight, cell.doubt)
