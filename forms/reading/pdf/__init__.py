"""A PDF with a text layer -> tables as cells on a grid, and the lines outside of them.

Rules drawn on the page make the cells; where there are none, columns that all lines agree on make cells in doubt.
A scan has no text to be read and is refused with what to do instead.
"""

import ctypes
import struct
import threading
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw as pdfium

from forms.reading.decoding import LIMIT, Unreadable
from forms.reading.grid import Cell, Grid, Line, Place, Source
from forms.reading.pdf.joining import JoinedCell, Table, tables
from forms.reading.pdf.lattice import SAME
from forms.reading.pdf.page import Page, read_page, turn_of
from forms.reading.pdf.pieces import Layout, layout
from forms.reading.pdf.shapes import TooMuch

__all__ = ["MOST_PAGES", "page_picture", "page_sizes", "read_pdf"]

MOST_PAGES = 300
"""The longest file of one department's tables has 60 pages. [choice]"""

_MOST_EFFORT = 800_000
"""Characters and segments of paths of a whole file, some seconds' work; 60 full pages have 150,000. [choice]"""

_MOST_ODD = 0.3
"""Share of characters without a known meaning above which nothing of a file can be trusted."""

_ALONE = threading.RLock()
"""pdfium keeps global state and may run in one thread at a time."""


def read_pdf(data: bytes, name: str) -> Source:
    """The tables and lines of a PDF. Raises Unreadable for a scan, a protected, damaged or far too long file."""
    with _ALONE, _opened(data, name) as document:
        pages = list(_pages(document, name))
    _refuse_what_cannot_be_trusted(pages, name)
    try:
        layouts = [layout(page) for page in pages]
    except TooMuch:
        raise Unreadable(_too_much(name)) from None
    return _source(layouts)


def page_picture(data: bytes, page: int, scale: float = 1.5) -> bytes:
    """PNG of a page, `page` from 1, `scale` in pixels per point; turned as `read_pdf` turns it, so that boxes fit."""
    with _ALONE, _opened(data, "") as document:
        if not 1 <= page <= pdfium.FPDF_GetPageCount(document):
            raise ValueError(f"page {page} of {pdfium.FPDF_GetPageCount(document)}")
        with _loaded(document, page - 1) as handle:
            return _picture(handle, scale)


def page_sizes(data: bytes, name: str) -> list[tuple[float, float]]:
    """(width, height) in points of each page, turned as `read_pdf` turns it."""
    with _ALONE, _opened(data, name) as document:
        sizes = []
        for index in range(min(pdfium.FPDF_GetPageCount(document), MOST_PAGES)):
            with _loaded(document, index) as page:
                sizes.append(_size(page)[:2])
    return sizes


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[Any]:
    if len(data) > LIMIT:
        raise Unreadable(f"文件“{name}”超过 {LIMIT // 1024 // 1024} MB，请只保留绩效目标表的几页后重试")
    pdfium.FPDF_InitLibrary()
    kept = ctypes.create_string_buffer(data, len(data))  # pdfium reads from it as long as the document is open
    document = pdfium.FPDF_LoadMemDocument64(kept, len(data), None)
    if not document:
        error = pdfium.FPDF_GetLastError()
        if error in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Unreadable(f"文件“{name}”有密码保护，请去掉密码后重试")
        raise Unreadable(f"文件“{name}”已损坏，无法打开，请从原文件重新导出 PDF 后重试")
    try:
        yield document
    finally:
        pdfium.FPDF_CloseDocument(document)


@contextmanager
def _loaded(document: Any, index: int) -> Iterator[Any]:
    """A page with what is filled into its fields and notes as part of it."""
    page = pdfium.FPDF_LoadPage(document, index)
    if page and pdfium.FPDFPage_GetAnnotCount(page):
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        pdfium.FPDF_ClosePage(page)
        page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        raise LookupError(index)
    try:
        yield page
    finally:
        pdfium.FPDF_ClosePage(page)


def _pages(document: Any, name: str) -> Iterator[Page]:
    count = pdfium.FPDF_GetPageCount(document)
    if count == 0:
        raise Unreadable(f"文件“{name}”没有页面，请从原文件重新导出 PDF 后重试")
    if count > MOST_PAGES:
        raise Unreadable(f"文件“{name}”有 {count} 页，超过 {MOST_PAGES} 页，请只保留绩效目标表的几页后重试")
    effort = 0
    for index in range(count):
        try:
            with _loaded(document, index) as handle:
                page = read_page(handle, index + 1)
            effort += page.effort
            if effort > _MOST_EFFORT:
                raise TooMuch
            yield page
        except LookupError:
            raise Unreadable(f"文件“{name}”的第 {index + 1} 页已损坏，请从原文件重新导出 PDF 后重试") from None
        except TooMuch:
            raise Unreadable(_too_much(name)) from None


def _too_much(name: str) -> str:
    return f"文件“{name}”的页面太复杂，不像绩效目标表，请只保留绩效目标表的几页后重试"


def _refuse_what_cannot_be_trusted(pages: list[Page], name: str) -> None:
    chars = [char for page in pages if not page.pictured for char in page.chars if not char.text.isspace()]
    if not chars:
        if any(page.pictured for page in pages):
            raise Unreadable(
                f"文件“{name}”是扫描件或图片，没有可读的文字，请上传由 Word、Excel 或 WPS 导出的 PDF 或原文件"
            )
        raise Unreadable(f"文件“{name}”中没有文字，可能是扫描件或图片，请上传由 Word、Excel 或 WPS 导出的 PDF 或原文件")
    if sum(char.odd for char in chars) > len(chars) * _MOST_ODD:
        raise Unreadable(f"文件“{name}”的文字编码已损坏，显示的字无法读出，请上传原来的 Word 或 Excel 文件")


def _source(layouts: list[Layout]) -> Source:
    joined = tables(layouts)
    starts = [(table.pieces[0].page, table.pieces[0].box.top) for table in joined]
    lines = []
    for page in layouts:
        number = page.page.number
        if page.page.pictured:
            # Words that only a person can read must not be missed in silence.
            lines.append(Line(f"［第 {number} 页是图片，其中的文字没有读出］", Place("pdf", str(number), "")))
            continue
        for line in page.lines:
            before = sum(start < (number, line.box.top) for start in starts)
            lines.append(Line(line.text, Place("pdf", str(number), "", line.box), before))
    return Source("pdf", tuple(_grid(table) for table in joined), tuple(lines))


def _grid(table: Table) -> Grid:
    columns = _columns(table)
    cells = [_cell(cell, columns) for cell in table.cells]
    first, last = table.pieces[0].page, table.pieces[-1].page
    return Grid(
        f"第 {first} 页" if first == last else f"第 {first}-{last} 页",
        tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))),
        breaks=frozenset(table.breaks),
    )


def _columns(table: Table) -> list[float]:
    """Where the columns begin, over all pages: lines of different pages that lie together are one."""
    lines = sorted((x, at) for at, piece in enumerate(table.pieces) for x in piece.xs)
    columns: list[float] = []
    seen: set[int] = set()
    for x, at in lines:
        if columns and x - columns[-1] <= SAME and at not in seen:
            seen.add(at)
        else:
            columns.append(x)
            seen = {at}
    return columns


def _cell(cell: JoinedCell, columns: list[float]) -> Cell:
    left, right = _nearest(columns, cell.left), _nearest(columns, cell.right)
    page, box = cell.place()
    return Cell(
        cell.row,
        left,
        cell.text,
        Place("pdf", str(page), "", box),
        cell.rows,
        max(right - left, 1),
        doubt=cell.doubt,
    )


def _size(page: Any) -> tuple[float, float, int]:
    """(width, height, quarter turns still to be made) of a page as it is read."""
    turns = (turn_of(page) - pdfium.FPDFPage_GetRotation(page)) % 4
    wide, high = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    return (high, wide, turns) if turns % 2 else (wide, high, turns)


def _nearest(columns: list[float], x: float) -> int:
    after = min(bisect_left(columns, x), len(columns) - 1)
    return after - 1 if after and x - columns[after - 1] < columns[after] - x else after


def _picture(page: Any, scale: float) -> bytes:
    wide, high, turns = _size(page)
    # Never more than a screen can show: a page may claim to be a kilometre wide.
    scale = min(scale, _MOST_PIXELS / max(wide, high, 1))
    width, height = max(round(wide * scale), 1), max(round(high * scale), 1)
    stride = width * 4
    pixels = ctypes.create_string_buffer(stride * height)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGRx, pixels, stride)
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        flags = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, turns, flags)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return _png(width, height, pixels.raw)


_MOST_PIXELS = 4000


def _png(width: int, height: int, pixels: bytes) -> bytes:
    """PNG of pixels of four bytes, of which the fourth is not used."""
    rgb = bytearray(width * height * 3)
    for part in range(3):
        rgb[part::3] = pixels[part::4]
    rows = b"".join(b"\0" + rgb[at : at + width * 3] for at in range(0, len(rgb), width * 3))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
