"""A PDF made by hand: text in a Chinese font that is not embedded, and rules drawn in the ways programs draw them."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

Rules = Callable[["Sheet", float, float, float, float], None]
"""Draws a rule from one point to another, in points from the page's upper left corner."""

GLYPHS = 0xE000
"""In the font F2, whose glyphs say by a table which characters they are, those that the table leaves out."""


@dataclass
class Sheet:
    """One page; all measures in points from its upper left corner, as it is drawn."""

    width: float = 595
    height: float = 842
    rotate: int = 0
    parts: list[str] = field(default_factory=list)
    picture: bool = False

    def raw(self, operators: str) -> None:
        self.parts.append(operators)

    def text(
        self, x: float, y: float, words: str, size: float = 10, turn: int = 0, font: str = "F1", mode: int = 0
    ) -> None:
        """Words whose baseline begins at (x, y), turned counterclockwise by so many quarters."""
        a, b = ((1, 0), (0, 1), (-1, 0), (0, -1))[turn]
        code = words.encode("utf-16-be").hex()
        self.raw(f"BT /{font} {size} Tf {mode} Tr {a} {b} {-b} {a} {x:.3f} {self.height - y:.3f} Tm <{code}> Tj ET")

    def line(self, x: float, y: float, to_x: float, to_y: float, width: float = 0.5) -> None:
        self.raw(f"{width} w {x:.3f} {self.height - y:.3f} m {to_x:.3f} {self.height - to_y:.3f} l S")

    def bar(self, left: float, top: float, right: float, bottom: float) -> None:
        self.raw(f"{left:.3f} {self.height - bottom:.3f} {right - left:.3f} {bottom - top:.3f} re f")


def plain(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """A line."""
    sheet.line(x, y, to_x, to_y)


def thin_rectangle(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """As Word and Chromium do: a filled rectangle, half a point thick."""
    sheet.bar(x - 0.25, y - 0.25, to_x + 0.25, to_y + 0.25)


def dashes(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """Pieces of a line, each a filled rectangle."""
    length, at = max(to_x - x, to_y - y), 0.0
    across = to_x > x
    while at < length:
        end = min(at + 3, length)
        sheet.bar(
            x + at if across else x - 0.25,
            y - 0.25 if across else y + at,
            x + end if across else x + 0.25,
            y + 0.25 if across else y + end,
        )
        at += 5


def dotted(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """Small filled squares."""
    length, at = max(to_x - x, to_y - y), 0.0
    across = to_x > x
    while at <= length:
        left, top = (x + at, y) if across else (x, y + at)
        sheet.bar(left - 0.5, top - 0.5, left + 0.5, top + 0.5)
        at += 2


def dash_pattern(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """A line with a dash pattern."""
    sheet.raw("[3 2] 0 d")
    sheet.line(x, y, to_x, to_y)
    sheet.raw("[] 0 d")


def double(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """Two lines, a point and a half apart."""
    across = to_x > x
    for off in (-0.75, 0.75):
        if across:
            sheet.line(x, y + off, to_x, to_y + off, 0.4)
        else:
            sheet.line(x + off, y, to_x + off, to_y, 0.4)


def scaled(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """Under a matrix that makes a unit a twentieth of a point."""
    sheet.raw(
        "q 0.05 0 0 0.05 0 0 cm 10 w "
        f"{x * 20:.1f} {(sheet.height - y) * 20:.1f} m {to_x * 20:.1f} {(sheet.height - to_y) * 20:.1f} l S Q"
    )


def clipped(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """A line across the whole page of which a clip shows only what is meant."""
    bottom, top = sheet.height - to_y - 0.5, sheet.height - y + 0.5
    sheet.raw(f"q {x - 0.5:.2f} {bottom:.2f} {to_x - x + 1:.2f} {top - bottom:.2f} re W n")
    if to_x > x:
        sheet.line(0, y, sheet.width, y)
    else:
        sheet.line(x, 0, x, sheet.height)
    sheet.raw("Q")


def polygon(sheet: Sheet, x: float, y: float, to_x: float, to_y: float) -> None:
    """As LibreOffice does: a filled polygon with mitred ends."""
    h = sheet.height
    if to_x > x:
        sheet.raw(
            f"{x} {h - y} m {x + 0.3} {h - y + 0.3} l {to_x - 0.3} {h - y + 0.3} l {to_x} {h - y} l "
            f"{to_x - 0.3} {h - y - 0.3} l {x + 0.3} {h - y - 0.3} l h f*"
        )
    else:
        sheet.raw(
            f"{x} {h - y} m {x + 0.3} {h - y - 0.3} l {x + 0.3} {h - to_y + 0.3} l {x} {h - to_y} l "
            f"{x - 0.3} {h - to_y + 0.3} l {x - 0.3} {h - y - 0.3} l h f*"
        )


WAYS: tuple[Rules, ...] = (plain, thin_rectangle, dashes, dotted, dash_pattern, double, scaled, clipped, polygon)


def in_form(sheet: Sheet, depth: int = 1) -> Sheet:
    """The same page, its content in form XObjects within each other, each moved by its matrix."""
    return Sheet(sheet.width, sheet.height, sheet.rotate, [f"%form {depth}\n" + "\n".join(sheet.parts)])


def pdf(sheets: Sequence[Sheet], *, compress: bool = True) -> bytes:
    """The file. Objects 1 to 9 are the catalogue, the page tree and the fonts."""
    objects: dict[int, bytes] = {}
    numbers = iter(range(10, 1_000_000))
    kids = []
    for sheet in sheets:
        page = next(numbers)
        kids.append(f"{page} 0 R")
        resources = "/Font <</F1 3 0 R /F2 6 0 R>>"
        content = "\n".join(sheet.parts)
        if content.startswith("%form "):
            depth = int(content[6 : content.index("\n")])
            for level in range(depth):
                form = next(numbers)
                # The form is moved by its own matrix, and back by the one who draws it.
                head = (
                    f"/Type /XObject /Subtype /Form /BBox [-2000 -2000 4000 4000] /Matrix [0.5 0 0 0.5 {level} 7] "
                    f"/Resources <<{resources}>>"
                )
                objects[form] = _stream(content.encode("latin-1"), head, compress)
                resources = f"/XObject <</X {form} 0 R>> /Font <</F1 3 0 R>>"
                content = f"q 2 0 0 2 {-2 * level} -14 cm /X Do Q"
        if sheet.picture:
            image = next(numbers)
            objects[image] = _stream(
                b"\x80" * 16,
                "/Type /XObject /Subtype /Image /Width 4 /Height 4 /ColorSpace /DeviceGray /BitsPerComponent 8",
                compress,
            )
            resources += f" /XObject <</I {image} 0 R>>"
            content = f"q {sheet.width} 0 0 {sheet.height} 0 0 cm /I Do Q\n" + content
        stream = next(numbers)
        objects[stream] = _stream(content.encode("latin-1"), "", compress)
        objects[page] = (
            f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 {sheet.width} {sheet.height}] "
            f"/Rotate {sheet.rotate} /Resources <<{resources}>> /Contents {stream} 0 R>>"
        ).encode()
    objects[1] = b"<</Type /Catalog /Pages 2 0 R>>"
    objects[2] = f"<</Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}]>>".encode()
    objects |= dict(_fonts(compress))
    return _file(objects)


def _fonts(compress: bool) -> Iterator[tuple[int, bytes]]:
    yield (
        3,
        (b"<</Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R]>>"),
    )
    yield (
        4,
        (
            b"<</Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo <</Registry (Adobe) "
            b"/Ordering (GB1) /Supplement 4>> /DW 1000 /W [1 95 500 814 939 500] /FontDescriptor 5 0 R>>"
        ),
    )
    yield 5, _descriptor("STSong-Light")
    yield (
        6,
        (
            b"<</Type /Font /Subtype /Type0 /BaseFont /Subset /Encoding /Identity-H /DescendantFonts [7 0 R] "
            b"/ToUnicode 9 0 R>>"
        ),
    )
    yield (
        7,
        (
            b"<</Type /Font /Subtype /CIDFontType2 /BaseFont /Subset /CIDSystemInfo <</Registry (Adobe) "
            b"/Ordering (Identity) /Supplement 0>> /DW 1000 /FontDescriptor 8 0 R>>"
        ),
    )
    yield 8, _descriptor("Subset")
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        "1 begincodespacerange <0000> <FFFF> endcodespacerange "
        "2 beginbfrange <0020> <00FF> <0020> <2E80> <DFFF> <2E80> endbfrange "
        "1 beginbfrange <E800> <F8FF> <E800> endbfrange endcmap end end"
    )
    yield 9, _stream(table.encode(), "", compress)


def _descriptor(name: str) -> bytes:
    return (
        f"<</Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
        "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93>>"
    ).encode()


def _stream(body: bytes, head: str, compress: bool) -> bytes:
    if compress:
        body, head = zlib.compress(body), head + " /Filter /FlateDecode"
    return f"<<{head} /Length {len(body)}>>\nstream\n".encode() + body + b"\nendstream"


def _file(objects: dict[int, bytes]) -> bytes:
    out = bytearray(b"%PDF-1.5\n")
    places = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += f"{number} 0 obj\n".encode() + objects[number] + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 1\n{0:010} 65535 f \n".encode()
    for number in sorted(objects):
        out += f"{number} 1\n{places[number]:010} 00000 n \n".encode()
    out += f"trailer <</Size {max(objects) + 1} /Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
