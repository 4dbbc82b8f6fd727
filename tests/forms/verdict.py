"""Compares what was read with what was printed: right, asked about, or wrong without a word."""

from dataclasses import dataclass

from forms.document import Document, squeezed
from forms.reading import Reading


@dataclass(frozen=True)
class Verdict:
    """Counts of cells; `silent` lists the paths that are wrong and neither unsure nor explained by unplaced text."""

    cells: int
    right: int
    asked: int
    silent: tuple[str, ...]
    wrong: tuple[str, ...]


def verdict(printed: Document, reading: Reading) -> Verdict:
    """Cell by cell, white space aside. A doubt about a whole part ("indicators") covers its rows."""
    want = dict(printed.cells())
    have = dict(reading.document.cells())
    asked = set(reading.unsure)
    counts_differ = {
        part for part in ("tasks", "indicators") if len(getattr(printed, part)) != len(getattr(reading.document, part))
    }
    right, wrong, silent = 0, [], []
    for path, value in want.items():
        found = have.get(path)
        same = squeezed(str(value)) == squeezed(str(found)) if isinstance(value, str) else value == found
        if path in have and same:
            right += 1
            continue
        wrong.append(path)
        part = path.partition("[")[0]
        row = path.partition(".")[0]
        near = {path, path.replace(".operator", ".target").replace(".unit", ".target"), part}
        if path.endswith((".operator", ".unit", ".target")):
            near |= {f"{row}.target_raw"}
        covered = bool(near & asked)
        if part in counts_differ:
            covered = covered or any(doubt.startswith(part) for doubt in asked)
        if not covered:
            silent.append(path)
    return Verdict(len(want), right, len(asked), tuple(silent), tuple(wrong))
