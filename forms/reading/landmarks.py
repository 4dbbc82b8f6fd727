"""The printed labels of a form, found in running text: they say where each part of the sheet begins and ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from forms.reading.words import Gap, Word

_ALIKE = str.maketrans("（）：．〔〕［］　", "():.()[] ")


def alike(text: str) -> str:
    """A label as it is compared: brackets and colons in one width, without white space."""
    return "".join(text.translate(_ALIKE).split())


@dataclass(frozen=True, slots=True)
class Found:
    """A label over words `start` to before `end`; `rest` is what is glued to its last word."""

    start: int
    end: int
    rest: str = ""


def find(words: Sequence[Word], label: str, start: int = 0, *, whole: bool = True) -> list[Found]:
    """All places where the label begins with a word, over as many words and lines as it takes.

    With `whole` it also ends with a word; else a value may be glued to it.
    """
    wanted = alike(label)
    found = []
    for at in range(start, len(words)):
        text = ""
        end = at
        while end < len(words) and len(text) < len(wanted) and wanted.startswith(text):
            text += alike(words[end].text)
            end += 1
        if text == wanted or (not whole and text.startswith(wanted)):
            found.append(Found(at, end, text[len(wanted) :]))
    return found


def column_heads(words: Sequence[Word], heads: Sequence[str]) -> list[Found]:
    """Where the heads of the columns stand together: in the order of the form, or at least three in any order."""
    found = find(words, "".join(heads))
    if found:
        return found
    known = {alike(head) for head in heads}
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and alike(words[end].text) in known:
            end += 1
        if len({alike(word.text) for word in words[at:end]}) >= 3:
            found.append(Found(at, end))
        at = max(end, at + 1)
    return found


def upright(words: Sequence[Word], label: str) -> frozenset[int]:
    """The words of a label printed upright in a narrow cell: its pieces at the beginnings of lines, in order.

    The pieces that stand closest together win, of equals the last. Empty if the label is not there.
    """
    wanted = alike(label)
    best: tuple[int, int, list[int]] | None = None

    def follow(taken: list[int], text: str) -> None:
        nonlocal best
        if text == wanted:
            loose = sum(not _alone(words, at) for at in taken)
            cost = taken[-1] - taken[0] - len(taken) + 1 + loose
            if best is None or (cost, -taken[0]) < best[:2]:
                best = (cost, -taken[0], list(taken))
            return
        for at in range(taken[-1] + 1, min(taken[-1] + 30, len(words))):
            begins = words[at].gap >= Gap.LINE or at == taken[-1] + 1
            if begins and wanted.startswith(text + alike(words[at].text)):
                follow([*taken, at], text + alike(words[at].text))
                return

    for at, word in enumerate(words):
        text = alike(word.text)
        if word.gap >= Gap.LINE and text and wanted.startswith(text):
            follow([at], text)
    return frozenset(best[2]) if best else frozenset()


def _alone(words: Sequence[Word], at: int) -> bool:
    """Whether the word is a line by itself."""
    return words[at].gap >= Gap.LINE and (at + 1 == len(words) or words[at + 1].gap >= Gap.LINE)
