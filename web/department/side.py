"""A file beside its reading, as a page shows it: where each cell leads, and back."""

from collections.abc import Sequence
from dataclasses import dataclass

from forms.framework import Framework, FrameworkError, load
from forms.reading import Reading
from forms.reading.original import Beside, Section, anchor_of


def form_of(reading: Reading, otherwise: Framework) -> Framework:
    """The form that a file was read as: it may be another than the table's."""
    try:
        return otherwise if reading.document.form == otherwise.key else load(reading.document.form)
    except FrameworkError:
        return otherwise


@dataclass(frozen=True)
class Way:
    """A link from a cell of the reading to where it was read."""

    words: str
    href: str | None
    """None where the place is too far down to be shown."""
    anchors: str
    """All places it was read from, parted by spaces."""


class Side:
    """The original, of which one section is shown: the one that was asked for (from 1), else where the table is."""

    def __init__(self, found: Beside, asked: int | None) -> None:
        self.found = found
        self.sections: Sequence[Section] = found.original.sections
        self.at = asked - 1 if asked is not None and asked <= len(self.sections) else self._home()

    def _home(self) -> int:
        """The section from which most was read."""
        counts = [0] * len(self.sections)
        for anchor in self.found.paths:
            section = self.found.original.section_of(anchor)
            if section is not None:
                counts[section] += 1
        return counts.index(max(counts)) if counts else 0

    @property
    def section(self) -> Section:
        """What is shown."""
        return self.sections[self.at]

    def way(self, path: str) -> Way | None:
        """Where a cell was read; None where that is not known."""
        places = self.found.places.get(path)
        if not places:
            return None
        anchors = [anchor_of(place) for place in places]
        section = self.found.original.section_of(anchors[0])
        words = places[0].at if places[0].kind == "xlsx" else str(places[0])
        if section is None:
            return Way(words, None, "")
        asked = "" if section == self.at else f"?part={section + 1}"
        return Way(words, f"{asked}#{anchors[0]}", " ".join(anchors))

    def paths(self, anchor: str) -> Sequence[str]:
        """The cells that were read at a place."""
        return self.found.paths.get(anchor, ())

    def standing(self, anchor: str) -> str:
        """How a place of the original is shown: "used", "unplaced", or as what the form prints."""
        return "used" if anchor in self.found.paths else "unplaced" if anchor in self.found.unplaced else ""
