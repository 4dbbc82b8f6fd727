"""The paths of a PDF's page as straight lines, in the page's own coordinates."""

import ctypes
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

THICK = 4.0
"""Points. A filled shape no thicker than this is a rule, a thicker one is shading. [choice]"""

MOST_OBJECTS = 400_000
"""Characters, or segments of paths, of one page. A full page of text has 3,000; one that a browser prints with dotted
borders draws each dot as a circle of its own, 100,000 segments. [choice]"""

_DEEPEST = 12
"""Form XObjects within each other; real files have two."""

_WHITE = 245
"""A colour whose parts are all above this is not seen on paper."""


class TooMuch(ValueError):
    """The page is a drawing, or was made to be heavy."""


def is_unseen(text_object: Any) -> bool:
    return bool(text_object) and pdfium.FPDFTextObj_GetTextRenderMode(text_object) == (
        pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
    )


def keep_narrow_text(item: Any) -> None:
    """pdfium leaves out text whose box has no width: a single letter, or letters on their side, of a font that is
    neither in the file nor on this machine. Drawn with an outline the box has one."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    pdfium.FPDFPageObj_GetBounds(item, *(ctypes.byref(side) for side in (left, bottom, right, top)))
    if right.value - left.value > 0.1:
        return
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFTextObj_SetTextRenderMode(item, pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE)
    pdfium.FPDFPageObj_SetStrokeWidth(item, 1)
    pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(matrix))
    pdfium.FPDFPageObj_SetMatrix(item, ctypes.byref(matrix))  # measures it anew


class Line(NamedTuple):
    """From (x, y) to (to_x, to_y) in the page's own coordinates; a dot is as long as it is wide."""

    x: float
    y: float
    to_x: float
    to_y: float
    dot: bool = False


_Matrix = tuple[float, float, float, float, float, float]
_Bounds = tuple[float, float, float, float]
_IDENTITY: _Matrix = (1, 0, 0, 1, 0, 0)


def _times(first: _Matrix, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


class Shapes:
    """The rules that a page's paths draw, each generator in its own way: lines, thin rectangles, edges, dots."""

    def __init__(self) -> None:
        self._seen: list[Line] = []
        self._white: list[Line] = []
        self._shaded: list[_Bounds] = []
        self._pictures: list[_Bounds] = []
        self._left = MOST_OBJECTS
        self.unseen = False

    def gather(self, page: Any) -> None:
        for at in range(pdfium.FPDFPage_CountObjects(page)):
            self._take(pdfium.FPDFPage_GetObject(page, at), _IDENTITY, 0)

    def lines(self) -> list[Line]:
        """What is seen; a white line is seen where it parts a shaded area."""
        return self._seen + [line for line in self._white if any(_within(line, area) for area in self._shaded)]

    @property
    def effort(self) -> int:
        """How many objects and segments were looked at."""
        return MOST_OBJECTS - self._left

    def are_a_picture(self, area: float) -> bool:
        """Whether pictures fill more than half of the page, whose `area` is in square points."""
        return sum((right - left) * (top - bottom) for left, bottom, right, top in self._pictures) > area / 2

    def _spend(self, cost: int) -> None:
        self._left -= cost
        if self._left < 0:
            raise TooMuch

    def _take(self, item: Any, outer: _Matrix, depth: int) -> None:
        self._spend(1)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            self._path(item, _times(_matrix_of(item), outer), outer)
        elif kind == pdfium.FPDF_PAGEOBJ_TEXT:
            if is_unseen(item):
                self.unseen = True
            else:
                keep_narrow_text(item)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = _moved_box((0, 0, 1, 1), _times(_matrix_of(item), outer))
            if not self._thin(left, bottom, right, top, self._seen):
                self._pictures.append((left, bottom, right, top))
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            if depth == _DEEPEST:
                raise TooMuch
            inner = _times(_matrix_of(item), outer)
            for at in range(pdfium.FPDFFormObj_CountObjects(item)):
                self._take(pdfium.FPDFFormObj_GetObject(item, at), inner, depth + 1)

    def _path(self, item: Any, matrix: _Matrix, outer: _Matrix) -> None:
        filled, stroked = ctypes.c_int(), ctypes.c_int()
        if not pdfium.FPDFPath_GetDrawMode(item, ctypes.byref(filled), ctypes.byref(stroked)):
            return
        if not filled.value and not stroked.value:
            return
        parts = self._parts(item, matrix)
        clip = self._clip(item, outer)
        if stroked.value:
            width = ctypes.c_float()
            pdfium.FPDFPageObj_GetStrokeWidth(item, ctypes.byref(width))
            colour = _colour(pdfium.FPDFPageObj_GetStrokeColor, item)
            if colour != "none" and width.value * _scale(matrix) <= THICK * 1.5:
                self._stroke(parts, self._white if colour == "white" else self._seen, clip)
        if filled.value:
            colour = _colour(pdfium.FPDFPageObj_GetFillColor, item)
            if colour != "none":
                self._fill(parts, colour == "white", clip)

    def _parts(self, item: Any, matrix: _Matrix) -> "list[_Part]":
        count = pdfium.FPDFPath_CountSegments(item)
        self._spend(max(count, 0))
        return _parts_of((pdfium.FPDFPath_GetPathSegment(item, at) for at in range(count)), matrix)

    def _clip(self, item: Any, outer: _Matrix) -> _Bounds | None:
        """What a path is clipped to, as a rectangle; None where nothing or more than a rectangle clips it."""
        clip = pdfium.FPDFPageObj_GetClipPath(item)
        if not clip:
            return None
        bounds: _Bounds | None = None
        for index in range(pdfium.FPDFClipPath_CountPaths(clip)):
            count = pdfium.FPDFClipPath_CountPathSegments(clip, index)
            self._spend(max(count, 0))
            if not 4 <= count <= 6:
                continue
            segments = (pdfium.FPDFClipPath_GetPathSegment(clip, index, at) for at in range(count))
            for part in _parts_of(segments, outer):
                box = part.bounds
                bounds = box if bounds is None else _common(bounds, box)
        return bounds

    def _stroke(self, parts: "list[_Part]", lines: list[Line], clip: _Bounds | None) -> None:
        for part in parts:
            for (x, y), (to_x, to_y) in part.edges:
                box = (min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y))
                if clip is None:
                    lines.append(Line(x, y, to_x, to_y))
                    continue
                left, bottom, right, top = _common(box, clip, THICK)
                if right >= left and top >= bottom:
                    lines.append(Line(left, bottom, right, top) if x == to_x or y == to_y else Line(x, y, to_x, to_y))

    def _fill(self, parts: "list[_Part]", white: bool, clip: _Bounds | None) -> None:
        lines = self._white if white else self._seen
        large = []
        for part in parts:
            left, bottom, right, top = part.bounds if clip is None else _common(part.bounds, clip)
            if right < left or top < bottom or self._thin(left, bottom, right, top, lines):
                continue
            large.append((left, bottom, right, top))
        for one, other in pairwise(large):
            if _is_frame(one, other) or _is_frame(other, one):
                lines += _edges(_between(one, other))
                return
        if not white:
            self._shaded += large

    @staticmethod
    def _thin(left: float, bottom: float, right: float, top: float, lines: list[Line]) -> bool:
        """Whether the box is a rule or a dot of one, which is then added."""
        wide, high = right - left, top - bottom
        if min(wide, high) > THICK:
            return False
        middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
        if max(wide, high) <= THICK and max(wide, high) < 2.5 * min(wide, high):
            lines.append(Line(left, bottom, right, top, dot=True))
        elif wide >= high:
            lines.append(Line(left, middle_y, right, middle_y))
        else:
            lines.append(Line(middle_x, bottom, middle_x, top))
        return True


class _Part(NamedTuple):
    """One piece of a path: its straight edges, and the box around all of its points."""

    edges: list[tuple[tuple[float, float], tuple[float, float]]]
    bounds: _Bounds


def _parts_of(segments: Iterator[Any], matrix: _Matrix) -> list[_Part]:
    x, y = ctypes.c_float(), ctypes.c_float()
    to_x, to_y = ctypes.byref(x), ctypes.byref(y)
    a, b, c, d, e, f = matrix
    parts: list[_Part] = []
    points: list[tuple[float, float]] = []
    edges: list[tuple[tuple[float, float], tuple[float, float]]] = []

    def close() -> None:
        if points:
            xs, ys = [point[0] for point in points], [point[1] for point in points]
            parts.append(_Part(list(edges), (min(xs), min(ys), max(xs), max(ys))))
        points.clear()
        edges.clear()

    for segment in segments:
        pdfium.FPDFPathSegment_GetPoint(segment, to_x, to_y)
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            close()
        elif kind == pdfium.FPDF_SEGMENT_LINETO and points:
            edges.append((points[-1], point))
        points.append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and len(points) > 1:
            edges.append((point, points[0]))
    close()
    return parts


def _matrix_of(item: Any) -> _Matrix:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(matrix)):
        return _IDENTITY
    return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _scale(matrix: _Matrix) -> float:
    return math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))


def _colour(getter: Any, item: Any) -> str:
    red, green, blue, alpha = (ctypes.c_uint(0) for _ in range(4))
    if not getter(item, *(ctypes.byref(part) for part in (red, green, blue, alpha))):
        return "ink"
    if alpha.value == 0:
        return "none"
    return "white" if min(red.value, green.value, blue.value) > _WHITE else "ink"


def _moved_box(box: _Bounds, matrix: _Matrix) -> _Bounds:
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in box[::2] for y in box[1::2]]
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    return (min(xs), min(ys), max(xs), max(ys))


def _common(one: _Bounds, other: _Bounds, slack: float = 0) -> _Bounds:
    return (
        max(one[0], other[0] - slack),
        max(one[1], other[1] - slack),
        min(one[2], other[2] + slack),
        min(one[3], other[3] + slack),
    )


def _within(line: Line, area: _Bounds) -> bool:
    left, bottom, right, top = area
    return (
        left - 2 <= min(line.x, line.to_x)
        and max(line.x, line.to_x) <= right + 2
        and bottom - 2 <= min(line.y, line.to_y)
        and max(line.y, line.to_y) <= top + 2
    )


def _is_frame(outer: _Bounds, inner: _Bounds) -> bool:
    gaps = (inner[0] - outer[0], inner[1] - outer[1], outer[2] - inner[2], outer[3] - inner[3])
    return all(0 <= gap <= THICK for gap in gaps)


def _between(one: _Bounds, other: _Bounds) -> _Bounds:
    left, bottom, right, top = ((side + twin) / 2 for side, twin in zip(one, other, strict=True))
    return (left, bottom, right, top)


def _edges(box: _Bounds) -> list[Line]:
    left, bottom, right, top = box
    return [
        Line(left, bottom, right, bottom),
        Line(left, top, right, top),
        Line(left, bottom, left, top),
        Line(right, bottom, right, top),
    ]
