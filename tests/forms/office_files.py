"""Workbooks and Word files made part by part, for what no writing library does."""

import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import quoteattr

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_SHEET = "http://purl.oclc.org/ooxml/spreadsheetml/main"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_WORD = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def zipped(parts: Mapping[str, str | bytes], *, compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these entries."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compress) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def package(main: str, content_type: str, office: str = OFFICE) -> dict[str, str | bytes]:
    """The two parts that say where the main part is and what it is."""
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Override PartName="/{main}" ContentType="{content_type}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="{main}"/></Relationships>',
    }


def xlsx_parts(
    *sheets: str,
    names: Sequence[str] = (),
    strings: Sequence[str] = (),
    formats: Sequence[str] = (),
    before: str = "",
    after: str = "",
    content_type: str = XLSX_TYPE,
    ns: str = SHEET,
    office: str = OFFICE,
) -> dict[str, str | bytes]:
    """The parts of a workbook. `sheets`: what stands within <worksheet>; `strings`: within <si>; `formats`: the code of
    the styles 1, 2 …; `before` and `after`: what stands beside <sheets>."""
    count = range(1, len(sheets) + 1)
    names = [*names, *(f"Sheet{at}" for at in count)][: len(sheets)]
    entries = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="s{at}"/>' for at, name in zip(count, names, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="s{at}" Type="{office}/worksheet" Target="worksheets/sheet{at}.xml"/>' for at in count
    )
    codes = "".join(
        f"<numFmt numFmtId={quoteattr(str(200 + at))} formatCode={quoteattr(code)}/>" for at, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{200 + at}"/>' for at in range(len(formats)))
    shared = "".join(f"<si>{item}</si>" for item in strings)
    parts = package("xl/workbook.xml", content_type, office) | {
        "xl/workbook.xml": f'<workbook xmlns="{ns}" xmlns:r="{office}">'
        f"{before}<sheets>{entries}</sheets>{after}</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}'
        f'<Relationship Id="st" Type="{office}/styles" Target="styles.xml"/>'
        f'<Relationship Id="ss" Type="{office}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{ns}"><numFmts>{codes}</numFmts>'
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{ns}">{shared}</sst>',
    }
    for at, sheet in zip(count, sheets, strict=True):
        parts[f"xl/worksheets/sheet{at}.xml"] = f'<worksheet xmlns="{ns}">{sheet}</worksheet>'
    return parts


def xlsx(*sheets: str, **more: object) -> bytes:
    """A workbook; see `xlsx_parts`."""
    return zipped(xlsx_parts(*sheets, **more))  # type: ignore[arg-type]


def docx_parts(
    body: str, *, ns: str = WORD, office: str = OFFICE, content_type: str = DOCX_TYPE
) -> dict[str, str | bytes]:
    """The parts of a Word file with this within <w:body>."""
    return package("word/document.xml", content_type, office) | {
        "word/document.xml": f'<w:document xmlns:w="{ns}" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:wps="urn:shape" xmlns:v="urn:schemas-microsoft-com:vml">'
        f"<w:body>{body}</w:body></w:document>"
    }


def docx(body: str, **more: str) -> bytes:
    """A Word file; see `docx_parts`."""
    return zipped(docx_parts(body, **more))


def run(text: str, look: str = "") -> str:
    """A run of text in a Word paragraph."""
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(text: str) -> str:
    """A Word paragraph of one run."""
    return f"<w:p>{run(text)}</w:p>"


def cell(content: str, look: str = "") -> str:
    """A cell of a Word table: words, or paragraphs and tables."""
    return f"<w:tc><w:tcPr>{look}</w:tcPr>{content if content.startswith('<') else paragraph(content)}</w:tc>"


def table(*rows: Sequence[str]) -> str:
    """A Word table; each cell as words or as `cell` makes it."""
    return (
        "<w:tbl>"
        + "".join(
            "<w:tr>" + "".join(one if one.startswith("<w:tc>") else cell(one) for one in row) + "</w:tr>"
            for row in rows
        )
        + "</w:tbl>"
    )


def ole(*streams: str) -> bytes:
    """The directory of an OLE file whose top holds these streams; the first also holds a Workbook of its own below."""
    names = ["Root Entry", *streams]
    entries = b""
    for at, name in enumerate(names):
        title = f"{name}\0".encode("utf-16-le")
        right = at + 1 if 0 < at < len(names) - 1 else 0xFFFFFFFF
        child = 1 if at == 0 else 0xFFFFFFFF
        entries += title.ljust(64, b"\0") + len(title).to_bytes(2, "little") + b"\x02\x01"
        entries += b"\xff" * 4 + right.to_bytes(4, "little") + child.to_bytes(4, "little") + bytes(48)
    sectors = [entries[start : start + 512].ljust(512, b"\0") for start in range(0, len(entries), 512)]
    links = [at + 1 for at in range(1, len(sectors))] + [0xFFFFFFFE]
    allotted = b"\xfd\xff\xff\xff" + b"".join(link.to_bytes(4, "little") for link in links)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + (9).to_bytes(2, "little") + bytes(16)
    header += (1).to_bytes(4, "little") + bytes(24) + (0).to_bytes(4, "little") + b"\xff" * (108 * 4)
    return header + allotted.ljust(512, b"\xff") + b"".join(sectors)
