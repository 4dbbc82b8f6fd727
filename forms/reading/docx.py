"""A Word file -> its tables as grids and the lines between them (ECMA-376, part 1, 17: WordprocessingML).

What a person sees is read: insertions and the results of fields are kept; deletions, hidden text, instructions, marks
of notes and the prompts of empty content controls are not. Automatic numbers of paragraphs ("1.", "（一）") are no
text in such a file and are not read, nor are headers, footers, notes and comments. Text that a style hides is read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import Element

from forms.reading.decoding import Unreadable, visible, wordless
from forms.reading.grid import Cell, Grid, Line, Place, Source
from forms.reading.package import Package, namespace
from forms.reading.symbols import drawn, private, raised

MOST_COLUMNS = 1000
"""Columns that a table may have; Word stops at 63. [choice]"""

MOST_PLACES = 500_000
"""Places of all tables; a cell has as many in each of its rows as it has columns. [choice]"""


def read_docx(data: bytes, name: str) -> Source:
    """Tables and lines in the file's order; `name` is what to call the file in a refusal."""
    package = Package(data, name)
    root = package.shallow(package.xml(package.main))
    _shorten(root)
    body = root.find("w_body") if root.tag == "w_document" else None
    if body is None:
        raise package.damaged()
    story = _Story(package)
    story.read(body)
    if not any(line.text for line in story.lines) and not any(cell.text for grid in story.grids for cell in grid.cells):
        raise wordless(name)
    return Source("docx", tuple(story.grids), tuple(story.lines))


_PREFIXES = {
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}": "w_",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}": "w_",
    "{http://schemas.openxmlformats.org/officeDocument/2006/math}": "m_",
    "{http://purl.oclc.org/ooxml/officeDocument/math}": "m_",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}": "mc_",
    "{http://schemas.openxmlformats.org/drawingml/2006/main}": "a_",
    "{http://purl.oclc.org/ooxml/drawingml/main}": "a_",
    "{urn:schemas-microsoft-com:vml}": "v_",
}


_WORD = tuple(uri for uri, prefix in _PREFIXES.items() if prefix == "w_")


def _shorten(root: Element) -> None:
    """Give tags and attributes the usual prefixes, whichever of the standard's two sets of namespaces the file has."""
    short: dict[str, str] = {}
    for element in root.iter():
        tag = element.tag
        if tag not in short:
            short[tag] = _PREFIXES.get(namespace(element), "?_") + tag[tag.rfind("}") + 1 :]
        element.tag = short[tag]
        for key in [key for key in element.attrib if key.startswith(_WORD)]:
            element.attrib[f"w_{key[key.rfind('}') + 1 :]}"] = element.attrib.pop(key)


_DROPPED = frozenset(
    {"w_del", "w_moveFrom", "w_pPr", "w_rPr", "w_sdtPr", "w_tblPr", "w_rt", "w_instrText", "w_delText"}
)
_WRITTEN = {
    "w_tab": "\t",
    "w_ptab": "\t",
    "w_br": "\n",
    "w_cr": "\n",
    "w_noBreakHyphen": "-",
}
_PICTURES = frozenset({"a_blip", "v_imagedata", "w_object", "?_chart", "?_relIds"})
_BUILT_MATHS = frozenset(
    {"m_f", "m_sSup", "m_sSub", "m_sSubSup", "m_sPre", "m_rad", "m_nary", "m_m", "m_eqArr", "m_limLow", "m_limUpp"}
)


def _set(parent: Element | None, tag: str) -> bool:
    """Whether a property is there and not switched off."""
    found = None if parent is None else parent.find(tag)
    return found is not None and found.get("w_val", "true") not in ("0", "false", "off")


def _number(parent: Element | None, tag: str, default: int) -> int:
    found = None if parent is None else parent.find(tag)
    value = "" if found is None else found.get("w_val", "")
    return int(value[:9]) if value.isdecimal() else default


@dataclass(slots=True)
class _Fields:
    """Where we stand in nested fields: words between a field's begin and its separator are its instruction."""

    instructing: list[bool] = field(default_factory=list)

    def meet(self, mark: str) -> None:
        if mark == "begin":
            self.instructing.append(True)
        elif mark == "separate" and self.instructing:
            self.instructing[-1] = False
        elif mark == "end" and self.instructing:
            self.instructing.pop()

    @property
    def silent(self) -> bool:
        return any(self.instructing)


@dataclass(slots=True)
class _Words:
    """A paragraph's words, whether they are in doubt, and the text boxes that hang on it."""

    text: str = ""
    doubt: bool = False
    boxes: list[Element] = field(default_factory=list)
    goes_on: bool = False
    """Its end is deleted: the next paragraph belongs to the same line."""


def _chosen(alternatives: Element) -> Sequence[Element]:
    """The first of several ways to say the same, as every program that knows all of them takes it."""
    return next((list(way) for way in alternatives if way.tag in ("mc_Choice", "mc_Fallback") and len(way)), [])


def _inside(element: Element) -> Iterable[Element]:
    """What an element shows of its children."""
    if element.tag == "mc_AlternateContent":
        return _chosen(element)
    if element.tag == "w_sdt" and _set(element.find("w_sdtPr"), "w_showingPlcHdr"):
        return ()  # "click here to enter text"
    return element


def _words(paragraph: Element, fields: _Fields) -> _Words:
    """A paragraph's words in order."""
    words = _Words(goes_on=_deleted(paragraph.find("w_pPr/w_rPr")))
    pieces: list[str] = []
    font, up = "", False
    waiting = [iter(paragraph)]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
            continue
        tag = element.tag
        if tag in _DROPPED:
            continue
        if tag == "w_r":
            look = element.find("w_rPr")
            if look is not None and _set(look, "w_vanish"):
                for mark in element.iterfind("w_fldChar"):
                    fields.meet(mark.get("w_fldCharType", ""))
                continue
            font, up = _look(look)
        elif tag == "w_fldChar":
            fields.meet(element.get("w_fldCharType", ""))
            continue
        elif tag == "w_txbxContent":
            words.boxes.append(element)
            continue
        elif tag in _PICTURES:
            words.doubt = True  # words in a picture are not read
        elif tag in _BUILT_MATHS:
            words.doubt = True  # what stands above or beside what is not in its letters
        if not fields.silent:
            if tag == "w_t":
                text = (element.text or "").replace("\n", " ")
                if element.get("{http://www.w3.org/XML/1998/namespace}space") != "preserve":
                    text = text.strip(" \t\r")
                pieces.append(raised(drawn(text, font)) if up else drawn(text, font))
            elif tag == "m_t":
                pieces.append(element.text or "")
            elif tag == "w_sym":
                code = element.get("w_char", "")
                known = 1 <= len(code) <= 4 and all(digit in "0123456789abcdefABCDEF" for digit in code)
                char = chr(int(code, 16)) if known else "\ufffd"
                pieces.append(drawn(char, element.get("w_font", "")))
            elif tag in _WRITTEN and element.get("w_type", "textWrapping") == "textWrapping":
                pieces.append(_WRITTEN[tag])
        waiting.append(iter(_inside(element)))
    words.text = visible("".join(pieces))
    words.doubt = words.doubt or private(words.text)
    return words


def _look(properties: Element | None) -> tuple[str, bool]:
    """The font of a run's Latin characters and symbols, and whether it is raised."""
    if properties is None:
        return "", False
    fonts = properties.find("w_rFonts")
    place = properties.find("w_vertAlign")
    return (
        "" if fonts is None else fonts.get("w_ascii") or fonts.get("w_hAnsi") or "",
        place is not None and place.get("w_val") == "superscript",
    )


def _deleted(properties: Element | None) -> bool:
    return properties is not None and (
        properties.find("w_del") is not None or properties.find("w_moveFrom") is not None
    )


def _blocks(container: Element) -> Iterator[Element]:
    """The paragraphs and tables in a body, a cell or a text box, through whatever is wrapped around them."""
    waiting = [iter(container)]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
        elif element.tag in ("w_p", "w_tbl", "w_altChunk"):
            yield element
        elif element.tag not in _DROPPED:
            waiting.append(iter(_inside(element)))


def _kept(parent: Element, tag: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, through whatever is wrapped around them, without deleted ones."""
    waiting = [iter(parent)]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
        elif element.tag == tag:
            properties = element.find(f"{tag}Pr")
            if properties is None or (properties.find("w_del") is None and properties.find("w_cellDel") is None):
                yield element
        elif element.tag not in ("w_p", "w_tbl", "w_tr", "w_tc") and element.tag not in _DROPPED:
            waiting.append(iter(_inside(element)))


class _Content(NamedTuple):
    """What a cell holds: its own words, and tables within it."""

    text: str
    doubt: bool
    tables: list[Element]


class _Across(NamedTuple):
    """A cell of one row."""

    ordinal: int
    """Which of the row's cells it is, from 1, as a person counts."""
    columns: int
    down: str
    """How it is merged with those above and below: "", "restart" or "continue"."""
    content: _Content
    doubt: bool = False


@dataclass(slots=True)
class _Open:
    """A cell of the table being read, over as many rows as were seen of it."""

    row: int
    column: int
    columns: int
    ordinal: int
    content: _Content
    rows: int = 1
    hidden: bool = False
    down: bool = False
    """It may go on in the row below."""
    doubt: bool = False


class _Story:
    """The body as it is read: grids and lines in their order."""

    def __init__(self, package: Package) -> None:
        self.grids: list[Grid] = []
        self.lines: list[Line] = []
        self._package = package
        self._paragraphs = 0
        self._places = 0

    def read(self, container: Element) -> None:
        """Paragraphs become lines, tables grids; so do those in text boxes, after the paragraph that holds them."""
        fields = _Fields()
        begun = ""
        for block in self._whole(container):
            if block.tag == "w_tbl":
                self._table(block)
                continue
            words = _words(block, fields)
            begun += words.text
            if not words.goes_on:
                self._line(begun)
                begun = ""
            for box in words.boxes:
                self.read(box)
        self._line(begun)

    def _whole(self, container: Element) -> Iterator[Element]:
        for block in _blocks(container):
            if block.tag == "w_altChunk":
                raise Unreadable(
                    f"文件“{self._package.name}”里嵌入了另一个文件，请用 Word 或 WPS 打开后另存为 .docx 再试"
                )
            yield block

    def _line(self, text: str) -> None:
        if not text.strip():
            return
        self._paragraphs += 1
        place = Place("docx", "", str(self._paragraphs))
        self.lines += [Line(line.strip(), place, len(self.grids)) for line in text.split("\n") if line.strip()]

    def _table(self, table: Element) -> None:
        """One table; those within cells that are only a frame around them follow as their own."""
        rows, inner = self._rows(table)
        name = f"表 {len(self.grids) + 1}"
        cells = tuple(
            Cell(
                cell.row,
                cell.column,
                cell.content.text,
                Place("docx", name, f"第 {cell.row + 1} 行第 {cell.ordinal} 列"),
                cell.rows,
                cell.columns,
                cell.hidden,
                doubt=cell.doubt or cell.content.doubt,
            )
            for cell in rows
        )
        if not inner or any(cell.text for cell in cells):
            self.grids.append(Grid(name, cells))
        for frame in inner:
            self._table(frame)

    def _rows(self, table: Element) -> tuple[list[_Open], list[Element]]:
        """The cells of a table, and the tables that its cells only frame."""
        cells: list[_Open] = []
        frames: list[Element] = []
        above: dict[int, _Open] = {}
        ends: list[tuple[int, int, bool]] = []
        at = -1
        for at, row in enumerate(_kept(table, "w_tr")):
            properties = row.find("w_trPr")
            column = _number(properties, "w_gridBefore", 0)
            hidden = _set(properties, "w_hidden")
            here: dict[int, _Open] = {}
            for one in self._across(row, column):
                upper = above.get(column)
                if one.down == "continue" and upper is not None and upper.down and upper.columns == one.columns:
                    upper.rows += 1
                    upper.hidden &= hidden
                    # A program shows the first cell's words alone.
                    upper.doubt |= one.doubt or bool(one.content.text or one.content.tables)
                    here[column] = upper
                else:
                    # What goes on from nowhere begins here.
                    doubt = one.doubt or one.down == "continue"
                    begun = _Open(at, column, one.columns, one.ordinal, one.content, 1, hidden, one.down != "", doubt)
                    here[column] = begun
                    cells.append(begun)
                column += one.columns
            ends.append((at, column, _number(properties, "w_gridAfter", 0) > 0))
            above = here
            own = [cell for cell in here.values() if cell.row == at]
            if any(cell.content.tables for cell in own):
                frame = not any(cell.content.text for cell in here.values())
                for cell in own:
                    if frame:
                        frames += cell.content.tables
                    else:
                        cell.content = self._flattened(cell.content)
        width = max((end for _, end, _ in ends), default=0)
        # A row that ends early and does not say so stands otherwise than its places tell.
        ragged = {row for row, end, told in ends if end < width and not told}
        for cell in cells:
            cell.doubt |= any(row in ragged for row in range(cell.row, cell.row + cell.rows))
        return cells, frames

    def _across(self, row: Element, column: int) -> list[_Across]:
        """A row's cells from `column` on; those merged sideways as one."""
        cells: list[_Across] = []
        for ordinal, element in enumerate(_kept(row, "w_tc"), 1):
            look = element.find("w_tcPr")
            columns = max(1, _number(look, "w_gridSpan", 1))
            column += columns
            self._places += columns
            if column > MOST_COLUMNS or self._places > MOST_PLACES:
                raise self._package.too_much("的表格太大")
            content = self._content(element)
            if _merge(look, "w_hMerge") == "continue" and cells:
                last = cells[-1]
                hides = bool(content.text or content.tables)
                cells[-1] = last._replace(columns=last.columns + columns, doubt=last.doubt or hides)
            else:
                cells.append(_Across(ordinal, columns, _merge(look, "w_vMerge"), content))
        return cells

    def _content(self, cell: Element) -> _Content:
        fields = _Fields()
        lines: list[str] = []
        tables: list[Element] = []
        doubt = False
        goes_on = False
        waiting = [self._whole(cell)]
        while waiting:
            block = next(waiting[-1], None)
            if block is None:
                waiting.pop()
                continue
            if block.tag == "w_tbl":
                tables.append(block)
                continue
            words = _words(block, fields)
            doubt |= words.doubt
            if goes_on and lines:
                lines[-1] += words.text
            else:
                lines.append(words.text)
            goes_on = words.goes_on
            if words.boxes:
                doubt = True  # a box floats: it may be shown elsewhere
                waiting += [self._whole(box) for box in reversed(words.boxes)]
        return _Content("\n".join(line for line in lines if line.strip()).strip(), doubt, tables)

    def _flattened(self, content: _Content) -> _Content:
        """A cell with words of its own and tables: the tables' words follow, a line for each row."""
        lines = [content.text] if content.text else []
        for table in content.tables:
            cells, frames = self._rows(table)
            rows: dict[int, list[str]] = {}
            for cell in cells:
                if cell.content.text:
                    rows.setdefault(cell.row, []).append(cell.content.text)
            lines += ["\t".join(row) for row in rows.values()]
            if frames:
                lines += [self._flattened(_Content("", True, frames)).text]
        return _Content("\n".join(lines), bool(content.tables) or content.doubt, [])


def _merge(properties: Element | None, tag: str) -> str:
    """ "" where a cell is not merged this way, else "restart" or "continue" (the default)."""
    found = None if properties is None else properties.find(tag)
    return "" if found is None else found.get("w_val", "continue")
