"""Words -> rows of indicators: where each row ends (its target), and where its definition ends and its name begins.

The text order is definition, name, target, row after row. What is known for certain are the framework's names and the
shape of targets; all else is weighed. The weights are costs in one scale: about 1 for "slightly odd", 3 for "odd",
6 and more for "only if nothing else fits".
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from forms import targets
from forms.framework import Framework
from forms.reading.paths import Cut, Span, cheapest
from forms.reading.words import PUNCTUATION, Gap, Word, is_latin, line_width, lines_of, width, wrap_width

MARGIN = 2.0
"""Another reading within this of the best one puts the cells it reads differently in doubt."""

_LONGEST_ROW = 80
"""Words, mostly lines, of one row; the seed's longest has 14."""

_SIGN = r"(?:[≧≥>＞⩾≦≤<＜⩽=＝》《〉〈]=?)"
_DIGIT = r"[0-9０-９]"
_SIGNED = re.compile(rf"{_SIGN}-?{_DIGIT}.*")
_GLUED_TARGET = re.compile(rf"([^≧≥>＞⩾≦≤<＜⩽=＝]*[^≧≥>＞⩾≦≤<＜⩽=＝×*/（(+－-])({_SIGN}{_DIGIT}.*)")
_TARGET_THEN_TEXT = re.compile(rf"({_SIGN}?{_DIGIT}[0-9０-９.,．，]*[%％])([^\W\d_（(且或及和以至到左上下不].*)")
_BARE_NUMBER = re.compile(rf"{_SIGN}?{_DIGIT}[0-9０-９.,．，]*")
_LONE_UNIT = re.compile(
    r"[%％‰次场个人天项件篇名家户所座条份起例年月]|小时|分钟|万元|亿元|人次|公里|工作日|个工作日|万人次"
)
_USUAL_UNIT = re.compile(
    r"[个次场人天项件篇名家户所座条份起例年月批期处台套万亿元亩米克吨升度级分秒时日周届班站点部本册张辆艘架队组片株头只羽公平立千百位笔宗单门类种轮样℃]|小时"
)
_IN_WORDS = re.compile(
    r"(非常|比较|基本|较|更加?)?"
    r"(优|良|中|优良|优秀|良好|合格|达标|完成|及时|按时|按期|准时|到位|满意|符合|规范|安全|稳定|显著|明显|有效|长期|中长期|持续|是|否|有|无|零|零增长|负增长|较高|较好|较低|全部|全覆盖|全面|全年|达到|实现)"
    r"(以上)?(提高|提升|改善|增强|增长|增加|加强|减少|降低|下降|促进|推进|推动|保障|完成|覆盖|达标|完善|健全|改进|优化|发展|好转|扩大|落实|控制|解决|影响|运行|稳定|零事故|事故|发生)?"
    r"|(持续|不断|逐步|进一步|稳步|大幅)?(提高|提升|改善|增强|增长|增加|加强|减少|降低|下降|促进|推进|完善|健全|优化|扩大)"
    r"|(20[0-9]{2}年)?([0-9]{1,2}月)?([0-9]{1,2}日|底|末|中旬|上旬|下旬|年底)?(之?前|以前|内)?(完成)?"
    r"|年(底|内|末)(之?前)?(完成)?|[一二三四五六七八九十]+(次|场|个|项|人|级|等)"
)


@dataclass(frozen=True, slots=True)
class Row:
    """Words `start`..`name` are the definition, `name`..`target` the name, `target`..`end` the target (maybe none)."""

    start: int
    name: int
    target: int
    end: int


@dataclass(frozen=True)
class Habits:
    """What this text's own columns look like, learned from what is certain in it."""

    definition_width: float | None
    name_width: float
    name_breaks: bool
    """Whether `name_width` was seen (a known name broke there) or is only the longest known name in one piece."""
    hints: frozenset[str]
    """Texts that are likely names: what the tasks may be called."""
    indents: bool = False
    """Whether some lines are indented and most are not: then the cell before an indented one is empty."""


@lru_cache(maxsize=4096)
def is_number(text: str) -> bool:
    """Whether the text is a target with a number, in plain form or not."""
    return targets.parse(text).operator != targets.QUALITATIVE


def looks_like_a_name(text: str) -> bool:
    """Whether a text could be an indicator's name and no explanation: short, no sentence, a measure's ending."""
    return width(text) <= 20 and re.fullmatch(r"[^，。；：=/×]*[率度数量性额期力]", text) is not None


@lru_cache(maxsize=4096)
def is_usual_wording(text: str) -> bool:
    """Whether the text is a usual target in words, or an end date."""
    return bool(text) and _IN_WORDS.fullmatch(text) is not None


def prepared(words: Sequence[Word], labels: Iterable[str]) -> list[Word]:
    """The words with targets in one piece, apart from the label, name or text that a missing space glued to them."""
    labels = sorted(labels, key=len, reverse=True)
    merged: list[Word] = []
    for at, word in enumerate(words):
        before = merged[-1] if merged else None
        ends_line = at + 1 == len(words) or words[at + 1].gap >= Gap.LINE
        if before and word.gap == Gap.SPACE:
            sign_first = re.fullmatch(_SIGN, before.text) and re.match(_DIGIT, word.text)
            label = next((label for label in labels if word.text.endswith(label) and word.text != label), "")
            unit = word.text.removesuffix(label) if label else word.text
            unit_last = _BARE_NUMBER.fullmatch(before.text) and _LONE_UNIT.fullmatch(unit) and ends_line
            if sign_first or unit_last:
                merged[-1] = Word(before.text + word.text, before.gap)
                continue
            sign_glued = re.fullmatch(rf"(.*[^\W0-9].*?)({_SIGN})", before.text)
            if sign_glued and re.match(_DIGIT, word.text):
                merged[-1:] = [Word(sign_glued[1], before.gap), Word(sign_glued[2] + word.text, Gap.GLUED)]
                continue
        merged.append(word)
    apart: list[Word] = []
    for word in merged:
        apart.extend(_apart(word, labels))
    return apart


def _apart(word: Word, labels: Sequence[str]) -> list[Word]:
    for label in labels:
        head = word.text.removesuffix(label)
        if head and head != word.text and (_SIGNED.fullmatch(head) or is_number(head) or is_usual_wording(head)):
            return [Word(head, word.gap), Word(label, Gap.GLUED)]
        tight = _GLUED_TARGET.fullmatch(head)
        if tight and head != word.text and is_number(tight[2]):
            return [Word(tight[1], word.gap), Word(tight[2], Gap.GLUED), Word(label, Gap.GLUED)]
    if is_number(word.text):
        return [word]
    found = _TARGET_THEN_TEXT.fullmatch(word.text)
    if found and not is_usual_wording(found[2]) and len(found[2]) > 2:
        return [Word(found[1], word.gap), Word(found[2], Gap.GLUED)]
    found = _GLUED_TARGET.fullmatch(word.text)
    if found and is_number(found[2]):
        return [Word(found[1], word.gap), Word(found[2], Gap.GLUED)]
    return [word]


def habits_of(words: Sequence[Word], framework: Framework, hints: frozenset[str]) -> Habits:
    """Learn the columns' widths: the framework's names are known, so where they break is where names break."""
    known = {"".join(row.name.split()) for row in framework.common_indicators} | hints
    common = {"".join(row.name.split()) for row in framework.common_indicators}
    longest = 0.0
    breaks: Counter[float] = Counter()
    for at, word in enumerate(words):
        if word.gap > Gap.SPACE or not is_number(word.text):
            continue
        for start in range(at - 1, max(-1, at - 6), -1):
            text = "".join(part.text for part in words[start:at])
            if text not in known:
                continue
            lines = lines_of(words[start:at])
            if text in common or len(lines) > 1:
                longest = max(longest, *(line_width(line) for line in lines))
            for line in lines[:-1]:
                breaks[line_width(line)] += 1
    lines = lines_of(words)
    indented = sum(line[0].indented for line in lines)
    indents = 0 < indented < len(lines) * 0.3
    if breaks:
        return Habits(wrap_width(words), max(breaks), True, hints, indents)
    return Habits(wrap_width(words), longest, False, hints, indents)


def cut(words: Sequence[Word], events: Sequence[int], framework: Framework, habits: Habits) -> Cut[Row]:
    """The likeliest rows of these words; `events` are the places of labels, taken out of the words before."""
    return _Weighing(words, events, framework, habits).cut()


class _Weighing:
    """The costs of one text, computed once each."""

    def __init__(self, words: Sequence[Word], events: Sequence[int], framework: Framework, habits: Habits) -> None:
        self.words = words
        self.events = sorted(events)
        self.habits = habits
        self.definitions = {"".join(row.name.split()): row.definition for row in framework.common_indicators}
        self.ends = self._possible_ends()
        self.inner = [0.0]
        self.passed = [0.0]
        for at in range(len(words)):
            self.inner.append(self.inner[-1] + self._definition_break(at))
            self.passed.append(self.passed[-1] + self._as_text(at))

    def cut(self) -> Cut[Row]:
        spans: list[Span[Row]] = []
        starts = sorted({0} | {end for end, _, _ in self.ends})
        for end, target, cost in self.ends:
            names = self._names(target)
            for start in reversed(starts[: bisect_left(starts, target)]):
                skipped = self.passed[target] - self.passed[start]
                if skipped > 24 or target - start > _LONGEST_ROW:
                    break
                begin = {Gap.BLANK: 0.0, Gap.LINE: 0.2, Gap.SPACE: 3.0, Gap.GLUED: 1.0}[self.words[start].gap]
                if start in self.events:
                    begin = 0.0
                for name, weight in names:
                    if name < start:
                        break
                    total = cost + begin + skipped + weight + self._definition(start, name, target)
                    total += self._labels_inside(start, name, target)
                    spans.append(Span(start, end, total, Row(start, name, target, end)))
        return cheapest(spans, self._left_over, len(self.words), MARGIN)

    def _possible_ends(self) -> list[tuple[int, int, float]]:
        """(end of row, its target word or the end itself where there is none, cost)."""
        ends = []
        for at, word in enumerate(self.words):
            last = at + 1 == len(self.words)
            after = Gap.BLANK if last else self.words[at + 1].gap
            label_after = at + 1 in self.events
            if after == Gap.SPACE and not label_after:
                continue
            cost = self._target(at)
            if cost is not None and at:
                ends.append((at + 1, at, cost))
            if word.gap >= Gap.LINE and (after == Gap.BLANK or label_after) and word.text[-1] not in PUNCTUATION:
                ends.append((at + 1, at + 1, 5.0 if word.text in self.definitions else 8.0))
        return ends

    def _target(self, at: int) -> float | None:
        word = self.words[at]
        text = word.text
        if is_number(text):
            target = targets.parse(text)
            signed = _SIGNED.fullmatch(text) is not None
            if signed or re.search(r"[%％‰]", text):
                cost = 0.0
            elif not target.unit:
                cost = 1.5
            else:
                cost = 0.5 if _USUAL_UNIT.match(target.unit) and width(target.unit) <= 5 else 2.2
            cost += 1.0 if target.doubt and target.unit else 0.0
            alone = 1.2 if signed else 3.0  # a sign begins a target, a bare number may end a broken line
            return cost + {Gap.SPACE: 0.0, Gap.GLUED: 0.8, Gap.LINE: alone, Gap.BLANK: alone + 1.0}[word.gap]
        if is_usual_wording(text):
            return 0.8 + {Gap.SPACE: 0.0, Gap.GLUED: 6.0, Gap.LINE: 5.0, Gap.BLANK: 6.0}[word.gap]
        if word.gap == Gap.SPACE and width(text) <= 12 and not re.search(r"[，。；：、=×]", text):
            base = 1.2 if re.search(r"[0-9０-９]", text) else 2.5
            return base + max(0.0, width(text) - 6) * 0.5
        return None

    def _as_text(self, at: int) -> float:
        """What it costs that a word is text although it looks like a target."""
        word = self.words[at]
        after = Gap.BLANK if at + 1 == len(self.words) else self.words[at + 1].gap
        if at == 0 or (after == Gap.SPACE and at + 1 not in self.events):
            return 0.0
        if is_number(word.text):
            firm = _SIGNED.fullmatch(word.text) or re.search(r"[%％]", word.text)
            if word.gap == Gap.SPACE:
                return 6.0 if firm else 2.5
            if word.gap == Gap.GLUED:
                return 1.5
            return 2.0 if _SIGNED.fullmatch(word.text) else 1.0 if firm else 0.2
        if word.gap != Gap.SPACE:
            return 0.0
        # Two words that end a paragraph look like a name and its target.
        ends = after == Gap.BLANK or at + 1 in self.events
        if is_usual_wording(word.text):
            return 3.5 if ends else 1.2
        return 0.8 if ends and word.width <= 8 and word.text[-1] not in PUNCTUATION else 0.0

    def _names(self, target: int) -> list[tuple[int, float]]:
        """Where the name of the row with this target may begin, nearest first, each with its cost."""
        found = []
        cost = 0.0
        for start in range(target - 1, max(-1, target - 10), -1):
            words = self.words[start:target]
            if start + 1 < target:
                cost += self._name_break(start)
            if cost > 14:
                break
            found.append((start, cost + self._name(words)))
        return found

    def _name_break(self, start: int) -> float:
        """What it costs that word `start` and the next are one name."""
        left, right = self.words[start], self.words[start + 1]
        if right.gap == Gap.GLUED:
            return 4.0
        if right.gap == Gap.SPACE:
            latin = (is_latin(left.text[-1]), is_latin(right.text[0]))
            return 0.3 if all(latin) else 1.2 if any(latin) else 4.0
        line = 0.0
        at = start
        while True:
            line += self.words[at].width
            if self.words[at].gap >= Gap.LINE or at == 0:
                break
            at -= 1
        # The name's first line may share the line with a definition; then only this word is the name's.
        piece = min((left.width, line), key=lambda size: abs(size - self.habits.name_width))
        if right.text[0] in PUNCTUATION and right.text[0] not in "（(“":
            return 0.6
        known = self.habits.name_width
        if self.habits.name_breaks:
            return 0.4 + 1.2 * max(0.0, abs(piece - known) - 1.0)
        if known:
            return 0.8 + 1.2 * max(0.0, known - piece - 0.6) + 0.5 * max(0.0, piece - known - 4)
        return 1.0 + max(0.0, 6 - piece)

    def _name(self, words: Sequence[Word]) -> float:
        text = "".join(word.text for word in words)
        if text in self.definitions:
            return -4.0 - 0.4 * (len(words) - 1)
        cost = -3.0 if text in self.habits.hints else 0.0
        if not cost and any(len(hint) >= 4 and text.startswith(hint) for hint in self.habits.hints):
            cost = -1.0
        size = width(text)
        cost += 0.3 * max(0.0, size - 20) + (5.0 if size <= 1 else 2.5 if size <= 2 else 0.6 if size <= 3 else 0.0)
        if len(lines_of(words)) > 4:
            cost += 3.0
        cost += 4.0 * len(re.findall(r"[。；！？=×]", text)) + 2.5 * len(re.findall(r"[，：*]", text))
        cost += 0.5 * text.count("、") + 1.5 * text.count("/")
        if re.match(r"(反映|通过|根据|按照|以|指|是否|考核|用以|包括)", text):
            cost += 1.2  # so an explanation begins
        if re.match(r"[0-9]{1,2}[.．、]", text):
            cost += 2.5
        if text[0] in PUNCTUATION:
            cost += 4.0
        if text[0] in "率度性":
            cost += 1.5  # the end of a word that began before
        if len(words) > 1 and re.search(r"[0-9０-９][%％]$", words[0].text):
            cost += 2.5  # a name does not begin with a rate
        if re.search(r"[的和及与或、在为对按将]$", text):
            cost += 2.0
        for left, right in ("（）", "()", "“”", "《》"):
            cost += 3.0 * (text.count(left) != text.count(right))
        if len(text) > 1 and re.search(r"[率度数性量次额期力]$", text):
            cost -= 0.4
        return cost

    def _definition_break(self, at: int) -> float:
        """What it costs that this word continues the definition that the word before belongs to."""
        if at == 0:
            return 0.0
        left, right = self.words[at - 1], self.words[at]
        ends = left.text[-1] in "。；;！？"
        if right.gap == Gap.GLUED:
            return 0.5
        if right.gap == Gap.SPACE:
            latin = is_latin(left.text[-1]) or is_latin(right.text[0])
            return 0.6 if latin or left.text[-1] in PUNCTUATION else 2.5
        if right.gap == Gap.BLANK:
            return 3.0 if ends else 4.0
        full = self.habits.definition_width
        if full is None or right.text[0] in PUNCTUATION:
            return 0.0
        place = at - 1
        while self.words[place].gap < Gap.LINE and place:
            place -= 1
        return min(2.0, 0.35 * max(0.0, full - line_width(self.words[place:at]) - 2.5)) * (0.4 if ends else 1.0)

    def _definition(self, start: int, name: int, target: int) -> float:
        if start == name:
            return 0.3
        own_line = name < len(self.words) and self.words[name].gap >= Gap.LINE
        indented = 4.0 if own_line and self.habits.indents and self.words[start].indented else 0.0
        text = "".join(word.text for word in self.words[start:name])
        gap = self.words[name].gap if name < len(self.words) else Gap.BLANK
        one_line = all(word.gap < Gap.LINE for word in self.words[start + 1 : name])
        cost = indented + self.inner[name] - self.inner[start + 1]
        if gap == Gap.SPACE:
            cost += 0.0 if one_line else 3.0
            left, right = self.words[name - 1].text[-1], self.words[name].text[0]
            cost += 2.0 if is_latin(left) and is_latin(right) else 0.7 if is_latin(left) or is_latin(right) else 0.0
        elif gap == Gap.GLUED:
            cost += 5.0
        elif gap == Gap.LINE:
            cost += 1.0 if one_line else 2.0
        else:
            cost += 0.9 if one_line else 0.0
        known = self.definitions.get("".join(word.text for word in self.words[name:target]))
        if known and text == "".join(known.split()):
            cost -= 3.0
        if text in self.habits.hints:
            cost += 1.0
        if re.search(r"[，、：（(“《的及和与]$", text):
            cost += 2.5
        if gap >= Gap.LINE and self._cuts_a_hint(name, target):
            cost += 3.0
        for left_mark, right_mark in ("（）", "“”", "《》"):
            cost += 0.8 * (text.count(left_mark) > text.count(right_mark))
        return cost

    def _cuts_a_hint(self, name: int, target: int) -> bool:
        """Whether a likely name begins in the definition's last line and goes on in this name."""
        before = self.words[name - 1].text
        rest = "".join(word.text for word in self.words[name:target])
        return any(
            len(before) < len(hint) and hint.startswith(before) and (before + rest).startswith(hint)
            for hint in self.habits.hints
        )

    def _labels_inside(self, start: int, name: int, target: int) -> float:
        cost = 0.0
        for event in self.events:
            if start < event < name or event == name > start:
                cost += 1.5
            elif name < event <= target:
                cost += 6.0
        return cost

    def _left_over(self, end: int) -> float:
        if end == len(self.words):
            return 0.0
        lines = sum(word.gap >= Gap.LINE for word in self.words[end:])
        # Dear enough that no row is lost, cheap enough that a text cut off in a definition gets no invented row.
        return 2.0 + min(5.0, 1.5 * lines) + self.passed[len(self.words)] - self.passed[end]
