"""What a reading was not certain of, what it could not place, and where in the file each cell stood."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from forms.reading.grid import Place
from forms.reading.words import Word, joined, lines_of


@dataclass
class Notes:
    """Filled while a file is read; paths like `indicators[3].target`."""

    unplaced: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict)

    def doubt(self, *paths: str) -> None:
        """Ask for these cells to be confirmed, each once."""
        self.unsure += [path for path in paths if path not in self.unsure]

    def leave(self, words: Sequence[Word]) -> None:
        """Hand back words that found no cell, line by line."""
        self.unplaced += [text for text in (joined(line) for line in lines_of(words)) if text]

    def stood(self, path: str, places: Iterable[Place]) -> None:
        """Where the words of a cell were found."""
        self.places[path] = tuple(places)
