"""The seed as every test of this room sees it."""

from pathlib import Path

import pytest

from forms import framework
from forms.document import Document
from forms.framework import Framework

SEED = Path(__file__).parents[1] / "seed"


@pytest.fixture(scope="session")
def seed_text() -> str:
    return (SEED / "henan-cac-2020.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def seed() -> Document:
    """The seed's hand-checked content."""
    return Document.from_json((SEED / "henan-cac-2020.expected.json").read_bytes())


@pytest.fixture(scope="session")
def henan() -> Framework:
    return framework.load("henan-2020")
