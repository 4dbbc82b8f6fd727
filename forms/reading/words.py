"""Text as words with the kind of gap before each: what the layout still tells once a page has become text."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise


class Gap(IntEnum):
    """What separates a word from the one before it."""

    GLUED = -1  # nothing: two cells were printed without any space between them
    SPACE = 0
    LINE = 1
    BLANK = 2  # at least one blank line


PUNCTUATION = frozenset("，。；：、！？）》”’】」,.;:!?)]%")
"""What a line of Chinese text does not begin with by itself: there the layout broke it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without white space."""

    text: str
    gap: Gap = Gap.LINE
    indented: bool = False
    """Whether white space stood before it on its line: there an empty cell may have been."""

    @property
    def width(self) -> float:
        """In full-width characters: a half-width one counts half."""
        return width(self.text)


@lru_cache(maxsize=16384)
def width(text: str) -> float:
    """The printed width in full-width characters."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "FWA" else 0.5 for char in text)


def words_of(text: str) -> list[Word]:
    """All words of a text, in its order."""
    words = []
    gap = Gap.BLANK
    for line in text.split("\n"):
        parts = line.split()
        if not parts:
            gap = Gap.BLANK
            continue
        for part in parts:
            words.append(Word(part, gap, indented=part is parts[0] and line[0].isspace()))
            gap = Gap.SPACE
        gap = Gap.LINE
    return words


_LONGEST_KEPT = 200
"""Characters of a cell whose words are remembered: it is asked several times for what it says."""


def wording(text: str) -> str:
    """What a cell says: its words joined."""
    return _kept(text) if len(text) <= _LONGEST_KEPT else joined(words_of(text))


@lru_cache(maxsize=4096)
def _kept(text: str) -> str:
    return joined(words_of(text))


def joined(words: Iterable[Word]) -> str:
    """The text of a cell: white space of the layout goes, a space between two Latin words stays."""
    text = ""
    for word in words:
        if text and word.gap >= Gap.SPACE and _latin(text[-1], word.text[0], same_line=word.gap == Gap.SPACE):
            text += " "
        text += word.text
    return text


def _latin(left: str, right: str, *, same_line: bool) -> bool:
    if not (left.isascii() and right.isascii()):
        return False
    if same_line:
        return (left.isalnum() or left in ",.;:!?)&'\"-") and (right.isalnum() or right in "(&'\"-")
    return left.isalpha() and right.isalpha()


def is_latin(char: str) -> bool:
    """Whether the character belongs to a Latin word or a number."""
    return char.isascii() and char.isalnum()


def lines_of(words: Sequence[Word]) -> list[list[Word]]:
    """The words line by line."""
    lines: list[list[Word]] = []
    for word in words:
        if word.gap >= Gap.LINE or not lines:
            lines.append([])
        lines[-1].append(word)
    return lines


def without(words: Sequence[Word], removed: frozenset[int]) -> tuple[list[Word], list[int]]:
    """The words but those at `removed`, each keeping the widest gap before it; and where each kept one stood."""
    kept: list[Word] = []
    places: list[int] = []
    gap = Gap.GLUED
    for at, word in enumerate(words):
        gap = max(gap, word.gap)
        if at not in removed:
            kept.append(replace(word, gap=gap))
            places.append(at)
            gap = Gap.GLUED
    return kept, places


def wrap_width(words: Sequence[Word]) -> float | None:
    """The width at which a column of running text breaks its lines; None if no paragraph is long enough to tell."""
    inner: list[float] = []
    lines = lines_of(words)
    for at in range(1, len(lines) - 1):
        if lines[at][0].gap == Gap.LINE and lines[at + 1][0].gap == Gap.LINE:
            inner.append(line_width(lines[at]))
    if len(inner) < 3:
        inner += [line_width(line) for line, after in pairwise(lines) if after[0].gap == Gap.LINE]
    if not inner:
        return None
    return sorted(inner)[int(len(inner) * 0.85) if len(inner) > 1 else 0]


def line_width(line: Sequence[Word]) -> float:
    """The printed width of a line's words."""
    return sum(word.width for word in line) + 0.5 * (len(line) - 1)
