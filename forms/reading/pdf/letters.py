"""Characters with boxes -> lines of text, as a person reads them.

Spaces that the file itself has are kept, one for a run of them; others are seen by the width of the gap. A break of
layout is "\\n": whether it parts two words is decided where the form is known.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forms.reading.grid import Box
from forms.reading.pdf.page import Char

_ONE_LINE = 0.45
"""Of the size of the letters: baselines nearer than this are one line, so that a raised ² stays on it. [choice]"""

_WORD_GAP = 0.2
"""Of the size of the letters: a gap between two Latin letters or figures that parts words."""

_WIDE_GAP = 0.8
"""The same where a Chinese character is on one side; justified text spreads less than that."""

_TWICE = 0.15
"""Of the size of the letters: the same character nearer than this is a letter printed twice to look bold."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line: its characters from left to right, without white space at its ends."""

    chars: tuple[Char, ...]
    text: str

    @property
    def box(self) -> Box:
        """The rectangle around its characters."""
        return box_of(self.chars)

    @property
    def base(self) -> float:
        """Its baseline, from the top."""
        return self.chars[0].base


def box_of(chars: Sequence[Char]) -> Box:
    """The rectangle around characters."""
    return Box(
        min(char.left for char in chars),
        min(char.top for char in chars),
        max(char.right for char in chars),
        max(char.bottom for char in chars),
    )


def cell_text(chars: Sequence[Char]) -> tuple[str, bool]:
    """The text of a cell, its lines joined with "\\n", and whether a character of it is uncertain."""
    text = "\n".join(line.text for line in text_lines(chars))
    turns = {char.turn for char in chars if not char.text.isspace()}
    return text, len(turns) > 1 or -1 in turns or any(char.odd for char in chars)


def text_lines(chars: Iterable[Char]) -> list[TextLine]:
    """The lines of some characters, from the top; of letters that lie on their side, in the order they are read."""
    turns: dict[int, list[Char]] = {}
    for char in chars:
        turns.setdefault(char.turn, []).append(char)
    found: list[TextLine] = []
    for turn in sorted(turns, key=lambda turn: (turn < 0, turn)):
        if turn == 0:
            found += _upright(turns[0])
        elif turn > 0:
            found += _sideways(turns[turn], turn)
        else:
            found += _slanted(turns[turn])
    return found


def _sideways(chars: list[Char], turn: int) -> list[TextLine]:
    """Letters on their side: read as if upright, each kept with the box that it has on the page."""
    places = {_turned(char, turn): char for char in chars}
    return [
        TextLine(tuple(places.get(char, char) for char in line.chars), line.text) for line in _upright(list(places))
    ]


def _turned(char: Char, turn: int) -> Char:
    """The character as it would stand if the page were turned until it is upright."""
    left, top, right, bottom = char.left, char.top, char.right, char.bottom
    match turn:
        case 1:  # reads upwards
            left, top, right, bottom = -bottom, left, -top, right
        case 2:
            left, top, right, bottom = -right, -bottom, -left, -top
        case _:  # reads downwards
            left, top, right, bottom = top, -right, bottom, -left
    return char._replace(left=left, top=top, right=right, bottom=bottom, base=(top + bottom) / 2)


def _slanted(chars: list[Char]) -> list[TextLine]:
    """A watermark: in the order of the file, for there is no better one."""
    text = "".join(char.text for char in chars).strip()
    return [TextLine(tuple(chars), text)] if text else []


def _upright(chars: list[Char]) -> list[TextLine]:
    """Lines by their baselines. The commonest height of a letter says how far a baseline may be off."""
    rows: list[list[Char]] = []
    base = ems = 0.0
    for char in sorted(chars, key=lambda char: (char.base, char.left)):
        if rows and char.base - base <= _ONE_LINE * max(ems, char.em):
            row = rows[-1]
            row.append(char)
            if char.em > ems:  # the base of a line is that of its largest letters, not of a raised ²
                base, ems = char.base, char.em
        else:
            rows.append([char])
            base, ems = char.base, char.em
    lines = []
    for row in rows:
        row.sort(key=lambda char: char.left)
        line = _line(row)
        if line is not None:
            lines.append(line)
    return lines


def _line(row: list[Char]) -> TextLine | None:
    kept: list[Char] = []
    parts: list[str] = []
    spaced = False
    for char in row:
        if char.text.isspace():
            spaced = True
            continue
        if kept:
            last = kept[-1]
            gap, em = char.left - last.right, min(last.em, char.em) or 1.0
            if char.text == last.text and abs(char.left - last.left) < _TWICE * em:
                continue
            if spaced or gap > em * (_WIDE_GAP if _chinese(last.text) or _chinese(char.text) else _WORD_GAP):
                parts.append(" ")
        kept.append(char)
        parts.append(char.text)
        spaced = False
    return TextLine(tuple(kept), "".join(parts)) if kept else None


def _chinese(text: str) -> bool:
    return unicodedata.east_asian_width(text[0]) in ("W", "F")
