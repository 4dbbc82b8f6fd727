"""What stands on one page of a PDF, as pdfium gives it: characters with boxes, and straight rules.

All measures are points from the upper left corner of the page as it is read: turned as its /Rotate says, or, where
nearly all of its text is turned otherwise (a wide table printed on an upright sheet), so that the text is upright.
"""

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from forms.reading.pdf.shapes import MOST_OBJECTS, Line, Shapes, TooMuch, is_unseen

_MOSTLY = 0.8
"""Share of a page's characters that must be turned one way for the page to be read that way."""

_SYMBOLS = {0xF0A3: "≤", 0xF0B3: "≥", 0xF0B1: "±", 0xF0B4: "×", 0xF0A5: "∞", 0xF0D7: "·", 0xF0B8: "÷"}
"""Of the font Symbol, which Word writes into the private area: what is seen there most likely."""


class Char(NamedTuple):
    """A character with its box. `base` is its baseline's distance from the top, `em` its size.

    `turn` counts the quarter turns counterclockwise by which it is turned, -1 where it is slanted. `odd` is set where
    the file does not say for certain which character it is.
    """

    left: float
    top: float
    right: float
    bottom: float
    base: float
    em: float
    text: str
    turn: int
    odd: bool


class Rule(NamedTuple):
    """A straight line across or down: `at` is where it lies, `start` and `end` how far it reaches."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it is read. `pictured`: what one sees is a picture, a scan with or without unseen text below.

    `effort` counts the characters and segments of paths that were looked at.
    """

    number: int
    width: float
    height: float
    chars: tuple[Char, ...]
    across: tuple[Rule, ...]
    down: tuple[Rule, ...]
    pictured: bool = False
    effort: int = 0


def read_page(page: Any, number: int) -> Page:
    """The page of a pdfium page handle, `number` from 1. Raises TooMuch."""
    sheet, shapes = _Sheet.of(page), Shapes()
    shapes.gather(page)
    raw_chars = list(_raw_chars(page))
    turn = _turn(raw_chars, pdfium.FPDFPage_GetRotation(page))
    width, height = sheet.size(turn)
    return Page(
        number,
        width,
        height,
        tuple(sheet.char(raw, turn) for raw in raw_chars if not (shapes.unseen and raw.unseen)),
        *_rules([sheet.line(line, turn) for line in shapes.lines()]),
        pictured=shapes.are_a_picture(width * height) and all(raw.unseen or raw.text.isspace() for raw in raw_chars),
        effort=shapes.effort + len(raw_chars),
    )


def turn_of(page: Any) -> int:
    """By how many quarter turns clockwise a page is turned to be read."""
    Shapes().gather(page)
    return _turn(list(_raw_chars(page)), pdfium.FPDFPage_GetRotation(page))


class _RawChar(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    x: float
    y: float
    em: float
    text: str
    turn: int
    odd: bool
    unseen: bool


def _turn(chars: list[_RawChar], rotation: int) -> int:
    turns = Counter(char.turn for char in chars if char.text.strip())
    if not turns:
        return int(rotation)
    turn, count = turns.most_common(1)[0]
    return turn if turn >= 0 and count >= _MOSTLY * turns.total() else int(rotation)


def _raw_chars(page: Any) -> Iterator[_RawChar]:
    """The page's characters in its own coordinates, those left out that pdfium adds (spaces, line ends)."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return
    try:
        count = pdfium.FPDFText_CountChars(text_page)
        if count > MOST_OBJECTS:
            raise TooMuch
        yield from _chars_of(text_page, count)
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _chars_of(text_page: Any, count: int) -> Iterator[_RawChar]:
    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    to_box, to_matrix, to_x, to_y = ctypes.byref(box), ctypes.byref(matrix), ctypes.byref(x), ctypes.byref(y)
    unseen, last_object = False, None
    for at in range(count):
        if pdfium.FPDFText_IsGenerated(text_page, at) == 1:
            continue
        if not pdfium.FPDFText_GetLooseCharBox(text_page, at, to_box):
            continue
        code = pdfium.FPDFText_GetUnicode(text_page, at)
        pdfium.FPDFText_GetCharOrigin(text_page, at, to_x, to_y)
        pdfium.FPDFText_GetMatrix(text_page, at, to_matrix)
        size = pdfium.FPDFText_GetFontSize(text_page, at) * math.hypot(matrix.c, matrix.d)
        text, odd = _letter(code)
        if pdfium.FPDFText_HasUnicodeMapError(text_page, at) == 1:
            odd = True
        holder = ctypes.cast(pdfium.FPDFText_GetTextObject(text_page, at), ctypes.c_void_p).value
        if holder != last_object:
            last_object = holder
            unseen = is_unseen(pdfium.FPDFText_GetTextObject(text_page, at))
        yield _RawChar(
            box.left, box.top, box.right, box.bottom, x.value, y.value, size, text, _quarter(matrix), odd, unseen
        )


def _letter(code: int) -> tuple[str, bool]:
    """The character of a code, and whether it is doubtful."""
    if code in (0x02, 0xFFFE):  # pdfium's mark for a hyphen that ends a line
        return "-", False
    if code in _SYMBOLS:
        return _SYMBOLS[code], True
    if code in (0, 0xFFFD, 0xFFFF) or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "\ufffd", True
    text = chr(code)
    # Fonts that draw 目 and the radical ⽬ with one glyph are often read back as the radical: the same to the eye.
    if 0x2E80 <= code <= 0x2FDF or 0xF900 <= code <= 0xFAFF or 0xFB00 <= code <= 0xFB06:
        text = unicodedata.normalize("NFKC", text)
        return text, 0x2E80 <= ord(text[0]) <= 0x2FDF
    return text, unicodedata.category(text) in ("Co", "Cn", "Cs") or (code < 0x20 and text not in "\t\n\r")


def _quarter(matrix: Any) -> int:
    if matrix.b == 0 and matrix.a > 0:
        return 0
    angle = math.degrees(math.atan2(matrix.b, matrix.a))
    quarter = round(angle / 90)
    return quarter % 4 if abs(angle - 90 * quarter) < 5 else -1


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The visible part of a page in its own coordinates, from which places as it is read are counted."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def of(cls, page: Any) -> "_Sheet":
        box = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(box))
        return cls(box.left, min(box.bottom, box.top), box.right, max(box.bottom, box.top))

    def size(self, turn: int) -> tuple[float, float]:
        wide, high = self.right - self.left, self.top - self.bottom
        return (high, wide) if turn % 2 else (wide, high)

    def place(self, x: float, y: float, turn: int) -> tuple[float, float]:
        """Where a point stands once the page is turned clockwise by so many quarters."""
        match turn:
            case 0:
                return x - self.left, self.top - y
            case 1:
                return y - self.bottom, x - self.left
            case 2:
                return self.right - x, y - self.bottom
            case _:
                return self.top - y, self.right - x

    def char(self, raw: _RawChar, turn: int) -> Char:
        one, other = self.place(raw.left, raw.top, turn), self.place(raw.right, raw.bottom, turn)
        (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
        return Char(
            left,
            top,
            right,
            bottom,
            self.place(raw.x, raw.y, turn)[1],
            raw.em,
            raw.text,
            raw.turn if raw.turn < 0 else (raw.turn - turn) % 4,
            raw.odd,
        )

    def line(self, line: Line, turn: int) -> Line:
        return Line(*self.place(line.x, line.y, turn), *self.place(line.to_x, line.to_y, turn), line.dot)


_STRAIGHT = 0.7
"""Points by which a rule may be off."""


def _rules(lines: list[Line]) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules across and down; a dot may be part of either."""
    across, down = [], []
    for x, y, to_x, to_y, dot in lines:
        flat, upright = abs(y - to_y) <= _STRAIGHT, abs(x - to_x) <= _STRAIGHT
        if dot or (flat and not upright):
            across.append(Rule((y + to_y) / 2, min(x, to_x), max(x, to_x)))
        if dot or (upright and not flat):
            down.append(Rule((x + to_x) / 2, min(y, to_y), max(y, to_y)))
    return tuple(across), tuple(down)
