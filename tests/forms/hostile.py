"""Files that mean harm, and good files that something happened to: what the readers must survive.

`mutations` damages good files, each time in the same way for the same number. `BOMBS` are built to take more than they
seem to. In some stands the path of a canary, a file whose words no reading may ever hold.
"""

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from tests.forms import pdf_pages
from tests.forms import ruled_sheets as sheets
from tests.forms.conftest import SEED
from tests.forms.test_reading_files import word_file, workbook

CANARY = "金丝雀不该出现"

Named = tuple[str, bytes]
"""A file's name and its bytes."""


@cache
def good() -> tuple[Named, ...]:
    """Small whole files, one or more of each kind."""
    rng = Random("hostile")
    found: list[Named] = [("表.txt", (SEED / "henan-cac-2020.txt").read_bytes())]
    for key in ("henan-2024", "shaanxi-2020"):
        grid, lines = sheets.drawn(sheets.document(rng, key), sheets.Layout(), rng)
        found.append((f"{key}.xlsx", workbook([("表", grid, lines)])))
        found.append((f"{key}.docx", word_file([(grid, lines)])))
        for compress in (False, True):
            pages = pages_of(grid)
            found.append((f"{key}{compress:d}.pdf", pdf_pages.pdf(pages, compress=compress)))
    return tuple(found)


def pages_of(grid: sheets.Grid, rows: int = 16) -> list[pdf_pages.Sheet]:
    """A grid printed with a rule around each cell, so many rows on a page; a cell over pages is ruled on each."""
    height, width = 740 / rows, 520 / max(grid.width, 1)
    pages = [pdf_pages.Sheet() for _ in range(-(-grid.height // rows))]
    for cell in grid.cells:
        left, right = 40 + cell.column * width, 40 + (cell.column + cell.columns) * width
        for at in range(cell.row // rows, (cell.row + cell.rows - 1) // rows + 1):
            top = 40 + max(cell.row - at * rows, 0) * height
            bottom = 40 + min(cell.row + cell.rows - at * rows, rows) * height
            pages[at].raw(f"{left:.1f} {842 - bottom:.1f} {right - left:.1f} {bottom - top:.1f} re S")
        text, line = "".join(cell.text.split()), max(1, int((right - left - 4) // 5))
        for number, start in enumerate(range(0, len(text), line)):
            y = 40 + cell.row % rows * height + 7 + number * 5.5
            pages[cell.row // rows].text(left + 2, y, text[start : start + line], 5)
    return pages


def mutations(count: int) -> Iterator[Named]:
    """So many damaged files, the first of them always the same."""
    for number in range(count):
        rng = Random(f"mutation {number}")
        name, data = good()[number % len(good())]
        for _time in range(rng.choice((1, 1, 1, 2, 4))):
            ways: list[Callable[[bytes, Random], bytes]] = [_bytes]
            if data.startswith(b"PK"):
                ways += [_entries, _sizes, _xml, _xml, _xml]
            elif data.startswith(b"%PDF"):
                ways += [_objects, _objects, _objects]
            data = rng.choice(ways)(data, rng)
        yield f"{number}-{name}", data


def _bytes(data: bytes, rng: Random) -> bytes:
    """Bytes flipped, cut off, left out, doubled or overwritten."""
    whole = bytearray(data)
    at = rng.randrange(len(whole) + 1)
    length = rng.choice((1, 2, 16, 256, 4096))
    match rng.randrange(6):
        case 0:
            for _ in range(rng.choice((1, 1, 4, 40))):
                if whole:
                    whole[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        case 1:
            del whole[at:]
        case 2:
            del whole[at : at + length]
        case 3:
            whole[at:at] = whole[at : at + length]
        case 4:
            whole[at : at + length] = bytes(length)
        case 5:
            whole[at:at] = rng.randbytes(length)
    return bytes(whole)


def _parts(data: bytes) -> dict[str, bytes] | None:
    try:
        with ZipFile(io.BytesIO(data)) as whole:
            return {entry.filename: whole.read(entry) for entry in whole.infolist()}
    except Exception:  # damaged before: any reason will do
        return None


def packed(parts: list[Named], method: int = ZIP_DEFLATED) -> bytes:
    """A zip of entries, equal names and all."""
    out = io.BytesIO()
    with ZipFile(out, "w", method) as whole, warnings.catch_warnings(action="ignore"):  # of equal names
        for name, part in parts:
            whole.writestr(_entry(name), part, method)
    return out.getvalue()


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo("x")
    entry.filename = name  # ZipInfo itself would mend some names
    return entry


def _entries(data: bytes, rng: Random) -> bytes:
    """Entries swapped, doubled, renamed, left out, emptied or made of another's words."""
    found = _parts(data)
    if not found:
        return _bytes(data, rng)
    parts = list(found.items())
    one, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    match rng.randrange(7):
        case 0:
            parts[one], parts[other] = (parts[one][0], parts[other][1]), (parts[other][0], parts[one][1])
        case 1:
            parts.append((parts[one][0].upper() if rng.random() < 0.5 else parts[one][0], parts[other][1]))
        case 2:
            parts[one] = (rng.choice(("../", "/", "C:\\", "x/../../", "")) + parts[one][0] + "x", parts[one][1])
        case 3:
            del parts[one]
        case 4:
            parts[one] = (parts[one][0], b"")
        case 5:
            parts[one] = (parts[one][0], rng.randbytes(200))
        case 6:
            rng.shuffle(parts)
            return packed(parts, ZIP_STORED)
    return packed(parts)


def _sizes(data: bytes, rng: Random) -> bytes:
    """What the zip's directory says of an entry: sizes, method, flags, offset."""
    places = [found.start() for found in re.finditer(rb"PK\x01\x02", data)]
    if not places:
        return _bytes(data, rng)
    whole, at = bytearray(data), rng.choice(places)
    offset, kind = rng.choice(((8, "<H"), (10, "<H"), (16, "<I"), (20, "<I"), (24, "<I"), (28, "<H"), (42, "<I")))
    if at + offset + 4 <= len(whole):
        most = 2**16 if kind == "<H" else 2**32
        struct.pack_into(kind, whole, at + offset, rng.choice((0, 1, 8, 12, 99, most // 2, most - 1)))
    return bytes(whole)


def _xml(data: bytes, rng: Random) -> bytes:
    """A part's markup: tags lost, doubled, nested or swapped, numbers and attributes of another kind."""
    found = _parts(data)
    if not found:
        return _bytes(data, rng)
    name = rng.choice([name for name in found if name.endswith((".xml", ".rels"))] or list(found))
    text = found[name].decode("utf-8", "replace")
    tags = list(re.finditer(r"<[^>]*>", text)) or [re.match("", text)]
    tag = rng.choice(tags)
    assert tag is not None
    start, end = tag.span()
    match rng.randrange(9):
        case 0:
            text = text[:start] + text[end:]
        case 1:
            text = text[:end] + text[start:end] + text[end:]
        case 2:
            text = text[:start] + tag[0] * 300 + text[end:]
        case 3:
            numbers = list(re.finditer(r'"[0-9]+"', text))
            if numbers:
                number = rng.choice(numbers)
                odd = rng.choice(("-1", "0", "99999999999", "1048577", "1e9", "", "x", "１", "NaN", "4294967296"))
                text = f'{text[: number.start()]}"{odd}"{text[number.end() :]}'
        case 4:
            other = rng.choice(tags)
            assert other is not None
            text = text[:start] + other[0] + text[end:]
        case 5:
            text = text[:end] + rng.choice(("&x;", "&#0;", "]]>", "\0", "<![CDATA[", "<!--", "&#xFFFF;")) + text[end:]
        case 6:
            text = re.sub(
                r'r="([A-Z]+)([0-9]+)"', lambda place: f'r="{rng.choice(("A", "XFD", "ZZZ", ""))}{place[2]}"', text
            )
        case 7:
            names = list(re.finditer(r" [a-zA-Z:]+=", text))
            if names:
                attribute = rng.choice(names)
                text = text[: attribute.start()] + " x:y=" + text[attribute.end() :]
        case 8:
            text = text.replace("<v>", rng.choice(("<v>9e999", "<v>-", "<v>0x", "<v>1e308")), rng.randrange(1, 9))
    found[name] = text.encode("utf-8", "replace")
    return packed(list(found.items()))


def _objects(data: bytes, rng: Random) -> bytes:
    """A PDF's objects: numbers, references, lengths, names and operators of another kind, objects lost or doubled."""
    pattern, odd = rng.choice(
        (
            (rb"[0-9]+ 0 R", (b"1 0 R", b"2 0 R", b"3 0 R", b"999 0 R", b"0 0 R", b"null")),
            (rb"/Length [0-9]+", (b"/Length 0", b"/Length 99999999", b"/Length -1", b"/Length 5 0 R")),
            (rb"(?<= )-?[0-9]+\.?[0-9]*", (b"0", b"-1", b"1e9", b"99999999999", b"0.0000001", b"x")),
            (rb"/[A-Z][A-Za-z]+", (b"/Type", b"/Kids", b"/Pages", b"/X", b"/Parent")),
            (rb"\b(?:re|l|m|S|f|BT|ET|Tj|Tf|cm|q|Q|Do)\b", (b"q", b"Q", b"Do", b"BT", b"", b"BI", b"W n")),
            (rb"[0-9]+ 0 obj.*?endobj", (b"", b"1 0 obj << /Type /Catalog /Pages 1 0 R >> endobj")),
            (rb"<<|>>|\[|\]|stream|endstream", (b"", b"<< <<", b"[[[[", b"endobj")),
            (rb"<[0-9a-f]{4,}>", (b"<>", b"<ffff>", b"<" + b"4e00" * 3000 + b">", b"(\\377")),
        )
    )
    places = list(re.finditer(pattern, data, re.DOTALL))
    if not places:
        return _bytes(data, rng)
    for place in sorted(
        rng.sample(places, min(len(places), rng.choice((1, 1, 3, 30)))), key=lambda each: -each.start()
    ):
        data = data[: place.start()] + rng.choice(odd) + data[place.end() :]
    return data


@dataclass(frozen=True, slots=True)
class Bomb:
    """`make` gives the file, told where the canary is. Quick ones are made and read within a second."""

    name: str
    make: Callable[[Path], bytes]
    quick: bool
    reads: bool
    """Whether it may be read: what looks dangerous in it is just not followed."""


BOMBS: list[Bomb] = []


def _bomb(name: str, *, quick: bool = True, reads: bool = False) -> Callable[[Callable[[Path], bytes]], None]:
    def kept(make: Callable[[Path], bytes]) -> None:
        BOMBS.append(Bomb(name, make, quick, reads))

    return kept


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _relations(*given: str) -> bytes:
    return f"<Relationships>{''.join(given)}</Relationships>".encode()


def _relation(key: str, kind: str, target: str, mode: str = "Internal") -> str:
    return f'<Relationship Id="{key}" Type="{_RELATION}/{kind}" Target="{target}" TargetMode="{mode}"/>'


def _weighted(part: bytes) -> bytes:
    """The part with noise behind it, so that it is packed no better than real parts are."""
    noise = Random(len(part)).randbytes(len(part) // 400).hex().encode()
    return part + b"<!--" + noise + b"-->"


def book(sheet: bytes, *more: Named, strings: bytes = b"", styles: bytes = b"", method: int = ZIP_DEFLATED) -> bytes:
    """A workbook of one sheet, its parts as they are given."""
    related = [_relation("s", "worksheet", "sheet.xml")]
    parts: list[Named] = []
    for kind, part in (("sharedStrings", strings), ("styles", styles)):
        if part:
            related.append(_relation(kind, kind, f"{kind}.xml"))
            parts.append((f"xl/{kind}.xml", _weighted(part)))
    return packed(
        [
            ("_rels/.rels", _relations(_relation("a", "officeDocument", "xl/workbook.xml"))),
            (
                "xl/workbook.xml",
                f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets><sheet name="表" r:id="s"/></sheets>'
                "</workbook>".encode(),
            ),
            ("xl/_rels/workbook.xml.rels", _relations(*related)),
            ("xl/sheet.xml", _weighted(sheet)),
            *parts,
            *more,
        ],
        method,
    )


def sheet_of(rows: str, after: str = "", before: str = "") -> bytes:
    """A sheet's part."""
    return f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def _cell(text: str, more: str = "") -> str:
    return f'<c t="inlineStr"{more}><is><t>{text}</t></is></c>'


_ROWS = "".join(
    f"<row>{''.join(map(_cell, row))}</row>"
    for row in (
        ("部门整体绩效目标表",),
        ("部门名称", "某某厅"),
        ("一级指标", "二级指标", "三级指标", "指标值"),
        ("产出指标", "数量指标", "办件数", "≥95%"),
    )
)
"""A small goal table."""


def word(body: str, *more: Named, before: str = "") -> bytes:
    """A Word file."""
    return packed(
        [
            ("_rels/.rels", _relations(_relation("a", "officeDocument", "word/document.xml"))),
            (
                "word/document.xml",
                _weighted(
                    f'{before}<w:document xmlns:w="{_WORD}" xmlns:r="{_RELATION}"><w:body>{body}</w:body>'
                    "</w:document>".encode()
                ),
            ),
            *more,
        ]
    )


def paragraph(text: str) -> str:
    """A paragraph of a Word file."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


_WORD_TABLE = (
    "<w:tbl>"
    + "".join(
        f"<w:tr>{''.join(f'<w:tc>{paragraph(text)}</w:tc>' for text in row)}</w:tr>"
        for row in (
            ("部门名称", "某某厅", "", ""),
            ("一级指标", "二级指标", "三级指标", "指标值"),
            ("产出指标", "数量指标", "办件数", "≥95%"),
        )
    )
    + "</w:tbl>"
)


@_bomb("a zip bomb in a sheet")
def _(_canary: Path) -> bytes:
    return book(sheet_of(_ROWS), ("xl/other.xml", b" " * (120 << 20)), strings=b" " * (98 << 20))


@_bomb("a zip bomb that says it is small")
def _(_canary: Path) -> bytes:
    whole = bytearray(book(sheet_of(_ROWS, after=" " * (60 << 20))))
    at = whole.rfind(b"PK\x01\x02", 0, whole.rfind(b"PK\x01\x02") + 4)
    struct.pack_into("<I", whole, at + 24, 5000)
    return bytes(whole)


@_bomb("a zip in a zip in a zip", reads=False)
def _(_canary: Path) -> bytes:
    data = bytes(1 << 20)
    for _time in range(6):
        data = packed([(f"{at}.zip", data) for at in range(10)])
    return data


@_bomb("one stretch of a zip under a thousand names")
def _(_canary: Path) -> bytes:
    whole = book(sheet_of(_ROWS + " " * (4 << 20)))
    begins = whole.index(b"PK\x01\x02")
    directory = whole[begins : whole.rindex(b"PK\x05\x06")]
    last = directory[directory.rindex(b"PK\x01\x02") :]
    name = b"xl/sheet.xml"
    more = b"".join(last.replace(name, b"xl/shee%03d.xm" % at)[: 46 + len(name)] for at in range(1000))
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1004, 1004, len(directory) + len(more), begins, 0)
    return whole[:begins] + directory + more + end


@_bomb("a million rows", quick=False)
def _(_canary: Path) -> bytes:
    rng = Random("rows")
    rows = "".join(f'<row r="{at}"><c r="A{at}"><v>{rng.randrange(10**7)}</v></c></row>' for at in range(1, 1_000_001))
    return book(sheet_of(rows))


@_bomb("a million empty rows", quick=False)
def _(_canary: Path) -> bytes:
    return book(sheet_of(_ROWS + "".join(f'<row r="{at}" ht="15"/>' for at in range(10, 950_000))))


@_bomb("just below the limit of cells", quick=False)
def _(_canary: Path) -> bytes:
    row = "".join(f"<c><v>{at}.5</v></c>" for at in range(20))
    return book(sheet_of(_ROWS + f"<row>{row}</row>" * 14_900))


@_bomb("just below the limit of cells, all of them heads", quick=False)
def _(_canary: Path) -> bytes:
    row = '<c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c><c t="s"><v>3</v></c>' * 5
    strings = "".join(f"<si><t>{text}</t></si>" for text in ("一级指标", "二级指标", "三级指标", "指标值"))
    return book(sheet_of(f"<row>{row}</row>" * 14_900), strings=f'<sst xmlns="{_MAIN}">{strings}</sst>'.encode())


@_bomb("tables by the ten thousand on one sheet", quick=False)
def _(_canary: Path) -> bytes:
    return book(sheet_of(_ROWS * 12_000))


@_bomb("16,384 columns", quick=False)
def _(_canary: Path) -> bytes:
    row = "".join("<c><v>1</v></c>" for _ in range(16_384))
    return book(sheet_of(_ROWS + f"<row>{row}</row>" * 18))


@_bomb("one cell in the last column of the last row", reads=True)
def _(_canary: Path) -> bytes:
    return book(sheet_of(_ROWS + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


@_bomb("a merged cell over everything, a hundred thousand times", quick=False)
def _(_canary: Path) -> bytes:
    merged = '<mergeCell ref="A1:XFD1048576"/>' * 100_000
    far = '<row r="700"><c r="SZ700"><v>1</v></c></row>'
    return book(sheet_of(_ROWS + far, f"<mergeCells>{merged}</mergeCells>"))


@_bomb("merged cells by the hundred thousand", quick=False)
def _(_canary: Path) -> bytes:
    merged = "".join(f'<mergeCell ref="A{at}:B{at}"/>' for at in range(10, 400_000))
    far = '<row r="400000"><c r="A400000"><v>1</v></c></row>'
    return book(sheet_of(_ROWS + far, f"<mergeCells>{merged}</mergeCells>"))


@_bomb("hidden columns by the hundred thousand", reads=True)
def _(_canary: Path) -> bytes:
    columns = '<col min="1" max="16384" hidden="0" width="9"/>' * 100_000
    sheet = sheet_of(_ROWS).replace(b"<sheetData>", f"<cols>{columns}</cols><sheetData>".encode())
    return book(sheet)


@_bomb("styles by the hundred thousand", quick=False, reads=True)
def _(_canary: Path) -> bytes:
    numbers = "".join(f'<numFmt numFmtId="{at}" formatCode="0.{"0" * (at % 30)}"/>' for at in range(200, 100_200))
    styles = "".join(f'<xf numFmtId="{at}"/>' for at in range(200, 300_200))
    part = f'<styleSheet xmlns="{_MAIN}"><numFmts>{numbers}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'
    return book(sheet_of(_ROWS), styles=part.encode())


@_bomb("a format as long as a book", reads=True)
def _(_canary: Path) -> bytes:
    formats = (
        ';"x"0.0' * 200_000,
        "[" * 1_000_000,
        "0" * 1_000_000,
        '"' + "\\0" * 500_000,
        "?/" * 500_000,
        "," * 1_000_000,
    )
    numbers = "".join(
        f'<numFmt numFmtId="{at}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for at, code in enumerate(formats, 200)
    )
    styles = "".join(f'<xf numFmtId="{at}"/>' for at in range(200, 200 + len(formats)))
    cells = "".join(f'<c s="{at}"><v>12345.678</v></c>' for at in range(len(formats)))
    part = f'<styleSheet xmlns="{_MAIN}"><numFmts>{numbers}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'
    return book(sheet_of(f"{_ROWS}<row>{cells}</row>"), styles=part.encode())


@_bomb("numbers of a million digits")
def _(_canary: Path) -> bytes:
    numbers = ("9" * 1_000_000, "1e999999999", "-1e-999999999", "0." + "0" * 1_000_000 + "1", "1E+308", "1_0", "٣")
    looks = "".join(f'<xf numFmtId="{at}"/>' for at in (0, 4, 14))
    styles = f'<styleSheet xmlns="{_MAIN}"><cellXfs>{looks}</cellXfs></styleSheet>'
    cells = "".join(f'<c s="{style}"><v>{number}</v></c>' for number in numbers for style in range(3))
    return book(sheet_of(f"{_ROWS}<row>{cells}</row>"), styles=styles.encode())


@_bomb("a cell of thirty million characters", quick=False)
def _(_canary: Path) -> bytes:
    return book(sheet_of(_ROWS + f"<row>{_cell('目标，' * 10_000_000)}</row>"))


@_bomb("a cell of a hundred thousand characters that looks like labels")
def _(_canary: Path) -> bytes:
    cells = (
        "资金来源：（1）财政性资金" * 8_000, "其中：" * 30_000, "（一）" * 30_000, "1、" * 50_000, " " * 90_000 + "x",
        "部门名称：" * 20_000, "数量指标≥" * 20_000, "1." * 50_000, "(" * 90_000, "万元" * 40_000,
    )  # fmt: skip
    return book(sheet_of(_ROWS + "".join(f"<row>{_cell(text)}</row>" for text in cells)), method=ZIP_STORED)


@_bomb("a target of a million characters")
def _(_canary: Path) -> bytes:
    odd = (
        "≥" * 300_000,
        "9" * 300_000,
        "1," * 300_000,
        "5%" * 300_000,
        "1-" * 300_000,
        "不低于" * 100_000,
        "．" * 300_000,
    )
    rows = "".join(f"<row>{''.join(map(_cell, ('产出指标', '数量指标', '办件', text)))}</row>" for text in odd)
    return book(sheet_of(_ROWS + rows), method=ZIP_STORED)


@_bomb("cells as long as is allowed, of labels and targets", quick=False)
def _(_canary: Path) -> bytes:
    odd = (
        "≥",
        "9",
        "1,",
        "5%",
        "1-",
        "不低于",
        "．",
        "资金来源：（1）财政性资金",
        "其中：",
        "（一）",
        "1、",
        "部门名称：",
        "万元",
        "(",
    )
    texts = [each * (19_000 // len(each)) for each in odd]
    rows = "".join(f"<row>{''.join(map(_cell, ('产出指标', '数量指标', text, text)))}</row>" for text in texts)
    return book(
        sheet_of("".join(f"<row>{_cell(text)}{_cell('x')}</row>" for text in texts) + _ROWS + rows), method=ZIP_STORED
    )


@_bomb("shared strings without end")
def _(_canary: Path) -> bytes:
    strings = "<si><t>x</t></si>" * 450_000
    return book(sheet_of(_ROWS), strings=f'<sst xmlns="{_MAIN}">{strings}</sst>'.encode())


@_bomb("one shared string in each of three hundred thousand cells", quick=False)
def _(_canary: Path) -> bytes:
    row = '<c t="s"><v>0</v></c>' * 20
    strings = f'<sst xmlns="{_MAIN}"><si><t>{"目" * 1_000_000}</t></si></sst>'
    return book(sheet_of(_ROWS + f"<row>{row}</row>" * 14_900), strings=strings.encode(), method=ZIP_STORED)


@_bomb("a string of half a million runs")
def _(_canary: Path) -> bytes:
    strings = f'<sst xmlns="{_MAIN}"><si>{"<r><t>目标</t></r>" * 300_000}</si></sst>'
    return book(sheet_of(f'{_ROWS}<row><c t="s"><v>0</v></c></row>'), strings=strings.encode())


@_bomb("billion laughs")
def _(_canary: Path) -> bytes:
    entities = '<!ENTITY a0 "哈哈哈">' + "".join(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, 10))
    return book(sheet_of(f"{_ROWS}<row>{_cell('&a9;')}</row>", before=f"<!DOCTYPE worksheet [{entities}]>"))


@_bomb("billion laughs in a Word file")
def _(_canary: Path) -> bytes:
    entities = '<!ENTITY a0 "哈哈哈">' + "".join(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, 10))
    return word(_WORD_TABLE + paragraph("&a9;"), before=f"<!DOCTYPE w [{entities}]>")


@_bomb("an external entity")
def _(canary: Path) -> bytes:
    document_type = f'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "{canary.as_uri()}">]>'
    return book(sheet_of(f"{_ROWS}<row>{_cell('&x;')}</row>", before=document_type))


@_bomb("an external entity in a Word file")
def _(canary: Path) -> bytes:
    return word(_WORD_TABLE + paragraph("&x;"), before=f'<!DOCTYPE w [<!ENTITY x SYSTEM "{canary}">]>')


@_bomb("an external document type")
def _(canary: Path) -> bytes:
    return book(sheet_of(_ROWS, before=f'<!DOCTYPE worksheet SYSTEM "{canary.as_uri()}">'))


@_bomb("a document type behind a long comment")
def _(canary: Path) -> bytes:
    hidden = f'<!--{"x" * 100_000}--><!DOCTYPE w [<!ENTITY x SYSTEM "{canary.as_uri()}">]>'
    return book(sheet_of(f"{_ROWS}<row>{_cell('&x;')}</row>", before=hidden))


@_bomb("another file included", reads=True)
def _(canary: Path) -> bytes:
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{canary.as_uri()}" parse="text"/>'
    return word(_WORD_TABLE + f"<w:p><w:r><w:t>{include}</w:t></w:r></w:p>")


@_bomb("names that lead out of the zip", reads=True)
def _(canary: Path) -> bytes:
    return book(
        sheet_of(_ROWS), (f"../../../../../..{canary}", b"x"), (str(canary), b"x"), ("..\\..\\x", b"x"), ("C:\\x", b"x")
    )


@_bomb("relations that lead out of the file")
def _(canary: Path) -> bytes:
    whole = _parts(book(sheet_of(_ROWS)))
    assert whole is not None
    whole["xl/_rels/workbook.xml.rels"] = _relations(_relation("s", "worksheet", f"../../../../../..{canary}"))
    return packed(list(whole.items()))


@_bomb("links to other files", reads=True)
def _(canary: Path) -> bytes:
    return book(
        sheet_of(f"{_ROWS}<row><c><f>'[1]表'!A1</f><v>1</v></c></row>"),
        ("xl/externalLinks/externalLink1.xml", f'<externalLink xmlns="{_MAIN}"/>'.encode()),
        (
            "xl/externalLinks/_rels/externalLink1.xml.rels",
            _relations(_relation("r", "externalLinkPath", canary.as_uri(), "External")),
        ),
    )


@_bomb("a template and pictures from elsewhere", reads=True)
def _(canary: Path) -> bytes:
    related = _relations(
        _relation("t", "attachedTemplate", canary.as_uri(), "External"),
        _relation("p", "image", "http://127.0.0.1:9/x.png", "External"),
    )
    return word(_WORD_TABLE, ("word/_rels/document.xml.rels", related))


@_bomb("formulas that want something", reads=True)
def _(canary: Path) -> bytes:
    formulas = (f'WEBSERVICE("{canary.as_uri()}")', "cmd|'/c calc'!A1", 'HYPERLINK("http://127.0.0.1:9")', "A1" * 4000)
    cells = "".join(f"<c><f>{formula.replace(chr(34), '&quot;')}</f></c>" for formula in formulas)
    return book(sheet_of(f"{_ROWS}<row>{cells}</row>"))


@_bomb("macros", reads=True)
def _(_canary: Path) -> bytes:
    types = (
        '<Types><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
    )
    return book(sheet_of(_ROWS), ("[Content_Types].xml", types.encode()), ("xl/vbaProject.bin", bytes(100_000)))


@_bomb("embedded objects", reads=True)
def _(_canary: Path) -> bytes:
    return book(sheet_of(_ROWS, '<oleObjects><oleObject progId="Package" r:id="o" xmlns:r="r"/></oleObjects>'),
                ("xl/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0" + bytes(10_000)))  # fmt: skip


@_bomb("another document inside a Word file")
def _(canary: Path) -> bytes:
    related = _relations(_relation("r", "aFChunk", canary.as_uri(), "External"))
    return word(_WORD_TABLE + '<w:altChunk r:id="r"/>', ("word/_rels/document.xml.rels", related))


@_bomb("tables in tables in tables")
def _(_canary: Path) -> bytes:
    depth = 50_000
    return word("<w:tbl><w:tr><w:tc>" * depth + paragraph("目标") + "</w:tc></w:tr></w:tbl>" * depth)


@_bomb("as many tables in tables as are allowed", quick=False, reads=True)
def _(_canary: Path) -> bytes:
    depth = 80
    nest = "<w:tbl><w:tr><w:tc>" * depth + paragraph("目标") + "</w:tc></w:tr></w:tbl>" * depth
    return word(_WORD_TABLE + nest * 800)


@_bomb("elements in elements by the million")
def _(_canary: Path) -> bytes:
    return book(sheet_of("<x>" * 450_000 + "</x>" * 450_000))


@_bomb("a million attributes", quick=False)
def _(_canary: Path) -> bytes:
    attributes = " ".join(f"a{at}=''" for at in range(4_000_000))
    return book(sheet_of(f"<row {attributes}/>"))


@_bomb("a million paragraphs", quick=False)
def _(_canary: Path) -> bytes:
    return word(_WORD_TABLE + paragraph("目标") * 1_000_000)


@_bomb("as many paragraphs as are allowed", quick=False)
def _(_canary: Path) -> bytes:
    return word(_WORD_TABLE + paragraph("目标") * 330_000)


@_bomb("a paragraph of ten million characters", quick=False)
def _(_canary: Path) -> bytes:
    return word(_WORD_TABLE + paragraph("目标" * 10_000_000))


@_bomb("a row of cells that span a thousand columns")
def _(_canary: Path) -> bytes:
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="1000"/></w:tcPr>{paragraph("x")}</w:tc>'
    return word(f"<w:tbl>{f'<w:tr>{cell}</w:tr>' * 60_000}</w:tbl>")


@_bomb("a cell merged down over sixty thousand rows", quick=False)
def _(_canary: Path) -> bytes:
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="900"/><w:vMerge/></w:tcPr><w:p/></w:tc>'
    return word(f"{_WORD_TABLE}<w:tbl>{f'<w:tr>{cell}</w:tr>' * 60_000}</w:tbl>")


def pdf_of(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of objects in their order, numbered from 1."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    begins = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, root, begins)
    return bytes(out)


def _stream(data: bytes, head: bytes = b"", times: int = 1) -> bytes:
    for _time in range(times):
        data = zlib.compress(data, 9)
    filters = b"[" + b"/FlateDecode " * times + b"]" if times else b"[]"
    return b"<< /Length %d /Filter %s %s >>\nstream\n%s\nendstream" % (len(data), filters, head, data)


def _pdf_page(content: bytes, *more: bytes, resources: bytes = b"", box: bytes = b"0 0 595 842") -> bytes:
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> %s >> >>"
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page % (box, resources),
        font,
        content,
        *more,
    )


_TEXT = b"BT /F1 10 Tf 50 700 Td (Goals) Tj ET\n"


@_bomb("a PDF of ten thousand pages")
def _(_canary: Path) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 10_003))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count 10000 >>" % kids, *[page] * 10_000
    )


@_bomb("a PDF whose pages are their own parents")
def _(_canary: Path) -> bytes:
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 /Parent 2 0 R >>"
    )


@_bomb("a PDF with a deflate bomb", quick=False)
def _(_canary: Path) -> bytes:
    return _pdf_page(_stream(_TEXT + b" " * (700 << 20)))


@_bomb("a PDF with a deflate bomb in a deflate bomb")
def _(_canary: Path) -> bytes:
    return _pdf_page(_stream(_TEXT + b" " * (100 << 20), times=3))


@_bomb("a PDF with a deflate bomb of objects")
def _(_canary: Path) -> bytes:
    return _pdf_page(_stream(_TEXT), _stream(b"9 0 " * (10 << 20), b"/Type /ObjStm /N 9999999 /First 10"))


@_bomb("a PDF with a million rules", quick=False)
def _(_canary: Path) -> bytes:
    return _pdf_page(
        _stream(_TEXT + b"".join(b"%d %d m %d 800 l S\n" % (at % 595, at % 842, at % 77) for at in range(10**6)))
    )


@_bomb("a PDF with as many rules as cross", quick=False)
def _(_canary: Path) -> bytes:
    across = b"".join(b"0 %.2f m 595 %.2f l S\n" % (at / 2, at / 2) for at in range(1500))
    down = b"".join(b"%.2f 0 m %.2f 842 l S\n" % (at / 2, at / 2) for at in range(1100))
    return _pdf_page(_stream(_TEXT + across + down))


@_bomb("a PDF with a million characters", quick=False)
def _(_canary: Path) -> bytes:
    return _pdf_page(
        _stream(_TEXT + b"".join(b"BT /F1 1 Tf %d %d Td (Goals) Tj ET\n" % (at % 595, at % 842) for at in range(10**6)))
    )


@_bomb("a PDF with one string of ten million characters", quick=False)
def _(_canary: Path) -> bytes:
    return _pdf_page(_stream(b"BT /F1 1 Tf 0 700 Td (" + b"x" * (10 << 20) + b") Tj ET"))


@_bomb("a PDF whose drawing draws itself", quick=False)
def _(_canary: Path) -> bytes:
    inner = _stream(
        b"/X Do " * 1000, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>"
    )
    return _pdf_page(_stream(_TEXT + b"/X Do " * 1000), inner, resources=b"/XObject << /X 6 0 R >>")


@_bomb("a PDF whose drawings draw each other ten times", quick=False)
def _(_canary: Path) -> bytes:
    forms = [
        _stream(
            b"/X Do " * 10 if at < 18 else b"0 0 m 9 9 l S",
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>" % (at + 1),
        )
        for at in range(6, 19)
    ]
    return _pdf_page(_stream(_TEXT + b"/X Do " * 10), *forms, resources=b"/XObject << /X 6 0 R >>")


@_bomb("a PDF with arrays in arrays")
def _(_canary: Path) -> bytes:
    return _pdf_page(_stream(_TEXT), b"[" * 2_000_000) + b"[" * 1_000_000


@_bomb("a PDF page as large as a country")
def _(_canary: Path) -> bytes:
    return _pdf_page(_stream(_TEXT), box=b"0 0 99999999999 99999999999")


@_bomb("a PDF that wants a file and a program")
def _(canary: Path) -> bytes:
    action = b"<< /S /Launch /F (%s) /Win << /F (calc.exe) >> >>" % str(canary).encode()
    script = b'<< /S /JavaScript /JS (app.launchURL\\("http://127.0.0.1:9"\\)) >>'
    outside = b"<< /Length 0 /F (%s) /FFilter [] >>\nstream\n\nendstream" % str(canary).encode()
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s /AA << /WC %s >> >>" % (action, script),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [5 0 R 6 0 R] "
        b"/Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        _stream(_TEXT),
        outside,
    )


@_bomb("a text of twenty million characters", quick=False)
def _(_canary: Path) -> bytes:
    return ("部门整体绩效目标表 " + "目标" * 3_300_000).encode()


@_bomb("a text of labels only")
def _(_canary: Path) -> bytes:
    return ("部门整体绩效目标表 一级指标 二级指标 三级指标 指标值 指标值说明 " * 100_000).encode()


@_bomb("a text with as many words as are allowed", quick=False)
def _(_canary: Path) -> bytes:
    text = (SEED / "henan-cac-2020.txt").read_text(encoding="utf-8")
    return (text + "\n指标 ≥95% 数量指标 目标 完成 产出" * 900).encode()


@_bomb("an OLE file whose directory goes in circles")
def _(_canary: Path) -> bytes:
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    struct.pack_into("<H", head, 30, 9)
    struct.pack_into("<I", head, 48, 0)
    struct.pack_into("<I", head, 76, 1)
    return bytes(head) + bytes(512) + struct.pack("<I", 0) * 128 + bytes(5 << 20)
