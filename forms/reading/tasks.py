"""Words -> main tasks: names and contents in turn. A name is short and no sentence; a content is one or more sentences.

What else tells them apart: paragraphs, lines broken at the column's width, closing full stops, and that a task's name
comes back as the name of an output indicator. Costs in the same scale as those of rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from forms.reading.paths import Cut, Span, cheapest
from forms.reading.words import PUNCTUATION, Gap, Word, is_latin, line_width, lines_of, width, wrap_width

MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class TaskWords:
    """Words `start`..`content` are the name, `content`..`end` the content."""

    start: int
    content: int
    end: int


def likely_names(words: Sequence[Word]) -> frozenset[str]:
    """Texts at the beginning of paragraphs that are short enough to be the name of a task."""
    names = set()
    for at, word in enumerate(words):
        if word.gap < Gap.LINE:
            continue
        text = ""
        for end in range(at, min(at + 4, len(words))):
            text += words[end].text
            if width(text) > 40 or re.search(r"[。；，]", text):
                break
            names.add(text)
    return frozenset(names)


def cut(words: Sequence[Word], names: frozenset[str]) -> Cut[TaskWords]:
    """The likeliest tasks; `names` are those of the department's own indicators."""
    return _Weighing(words, names).cut()


class _Weighing:
    def __init__(self, words: Sequence[Word], names: frozenset[str]) -> None:
        self.words = words
        self.names = names
        self.full = wrap_width(words)
        self.inner = [0.0]
        self.wide = [0.0]
        self.lines = [0]
        for at, word in enumerate(words):
            self.inner.append(self.inner[-1] + self._content_break(at))
            self.wide.append(self.wide[-1] + word.width)
            self.lines.append(self.lines[-1] + (word.gap >= Gap.LINE))

    def cut(self) -> Cut[TaskWords]:
        spans: list[Span[TaskWords]] = []
        starts = [at for at in range(len(self.words)) if self._may_start(at)]
        for number, start in enumerate(starts):
            begin = {Gap.BLANK: 0.0, Gap.LINE: 1.5, Gap.SPACE: 8.0, Gap.GLUED: 8.0}[self.words[start].gap]
            for content, name in self._names(start):
                for end in [place for place in starts[number + 1 :] if place >= content] + [len(self.words)]:
                    weight = begin + name + self._content(start, content, end)
                    spans.append(Span(start, end, weight, TaskWords(start, content, end)))
        return cheapest(spans, lambda end: 0.0 if end == len(self.words) else 50.0, len(self.words), MARGIN)

    def _may_start(self, at: int) -> bool:
        if at == 0:
            return True
        word, before = self.words[at], self.words[at - 1]
        if word.gap < Gap.LINE or word.text[0] in PUNCTUATION:
            return False
        # Within a paragraph only after a sentence or a short line.
        ended = before.text[-1] in "。；;！？" or self.full is None or self._line_before(at) < self.full - 2.5
        return word.gap == Gap.BLANK or ended

    def _line_before(self, at: int) -> float:
        """The width of the line that ends before this word."""
        place = at - 1
        while self.words[place].gap < Gap.LINE and place:
            place -= 1
        return line_width(self.words[place:at])

    def _names(self, start: int) -> list[tuple[int, float]]:
        found = []
        breaks = 0.0
        for content in range(start + 1, min(start + 8, len(self.words)) + 1):
            words = self.words[start:content]
            if len(words) > 1:
                breaks += self._name_break(words)
            if breaks > 14:
                break
            found.append((content, breaks + self._name(words)))
        return found

    def _name_break(self, words: Sequence[Word]) -> float:
        left, right = words[-2], words[-1]
        if right.gap <= Gap.SPACE:
            latin = (is_latin(left.text[-1]), is_latin(right.text[0]))
            return 0.3 if all(latin) else 1.2 if any(latin) else 4.0
        piece = line_width(lines_of(words[:-1])[-1])
        return (1.2 if right.gap == Gap.LINE else 2.0) + max(0.0, 6 - piece) * 0.7

    def _name(self, words: Sequence[Word]) -> float:
        text = "".join(word.text for word in words)
        size = width(text)
        cost = -4.0 if text in self.names else 0.0
        cost += 0.3 * max(0.0, size - 16) + (2.0 if size < 3 else 0.0)
        cost += (
            6.0 * len(re.findall(r"[。；！？]", text)) + 3.0 * len(re.findall(r"[，：]", text)) + 0.5 * text.count("、")
        )
        cost += 3.0 * (text[0] in PUNCTUATION) + 2.0 * bool(re.search(r"[的和及与或、在为对按将]$", text))
        for left, right in ("（）", "()", "“”", "《》"):
            cost += 3.0 * (text.count(left) != text.count(right))
        lines = lines_of(words)
        # A line as wide as the column of contents is a line of content.
        if self.full and self.full >= 14 and any(line_width(line) > self.full - 2 for line in lines):
            cost += 2.0
        return cost

    def _content_break(self, at: int) -> float:
        """What it costs that this word continues the content that the word before belongs to."""
        if at == 0:
            return 0.0
        left, right = self.words[at - 1], self.words[at]
        ends = left.text[-1] in "。；;！？"
        if right.gap <= Gap.SPACE:
            latin = is_latin(left.text[-1]) or is_latin(right.text[0])
            return 0.4 if latin or left.text[-1] in PUNCTUATION else 2.0
        if right.text[0] in PUNCTUATION:
            return 0.0
        if self.full is None:  # no content has a second line: each line is likely a cell
            return 1.5 if right.gap == Gap.LINE else 3.0
        short = max(0.0, self.full - self._line_before(at) - 2.5)
        if right.gap == Gap.LINE:
            return (1.6 if short > 3 else 0.0) if ends else min(2.0, 0.25 * short)
        return 3.0 if ends else 1.0 + min(2.5, 0.5 * short)

    def _content(self, start: int, content: int, end: int) -> float:
        if content == end:
            return 8.0
        text = self.words[end - 1].text
        cost = self.inner[end] - self.inner[content + 1]
        first = self.words[content]
        one_line = self.lines[end] == self.lines[content + 1]
        # Short contents often have no full stop.
        cost += 0.0 if text[-1] in "。！？" else 1.0 if text[-1] in "；;”）)…" or one_line else 2.5
        cost += {
            Gap.BLANK: 0.0,
            Gap.LINE: 1.5,
            Gap.SPACE: 0.4 if one_line else 1.5,
            Gap.GLUED: 6.0,
        }[first.gap]
        if first.gap == Gap.SPACE and start + 1 < content and self.words[content - 1].gap < Gap.LINE:
            cost += 0.5
        cost += 5.0 * (first.text[0] in PUNCTUATION)
        size = self.wide[end] - self.wide[content]
        cost += 2.0 if size < 5 else 0.8 if size < 8 else 0.0
        return cost
