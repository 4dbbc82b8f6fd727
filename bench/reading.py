"""bench/reading: files into rows, the child that reads them counted; PostgreSQL.

The yardsticks (= 1) are what one would take first: openpyxl's bare reading of the same workbook, every cell's value
and nothing else; and pdfplumber's tables of the same pages. Ours also understand the table, check it, and commit it.
Each call has a file that was never read before.
"""

import gc
import io
import itertools
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import openpyxl
import pdfplumber

from bench import ground
from config.database import db, writing
from forms import checks, framework, store
from forms.reading import Reading
from forms.reading.apart import AT_ONCE, read_all_apart, read_apart
from forms.reading.apart.client import ask
from forms.reading.apart.jobs import READ
from tests.forms import pdf_pages
from tests.forms import ruled_sheets as sheets
from tests.forms.hostile import pages_of
from tests.forms.test_reading_files import workbook

ROUNDS = 6
DEPARTMENTS = 30
FOLDER = 1000
MB = 1024 * 1024


def grids(seed: str) -> Iterator[tuple[sheets.Grid, tuple[sheets.Line, ...]]]:
    """Tables of the Henan form of 2024, each another one."""
    for number in itertools.count():
        rng = Random(f"{seed} {number}")  # noqa: S311
        yield sheets.drawn(sheets.document(rng, "henan-2024"), sheets.Layout(), rng)


def books(seed: str, tables: int) -> Iterator[bytes]:
    """Workbooks of so many tables."""
    drawn = grids(seed)
    while True:
        yield workbook([(f"{at}", *next(drawn)) for at in range(tables)])


def commit(readings: list[Reading]) -> None:
    """Check what was read, and keep it as rows."""
    with writing() as session:
        for reading in readings:
            checks.run(reading.document, framework.load(reading.document.form))
            store.add(session, reading.document)


def ours(data: bytes) -> None:
    """xlsx -> checked, committed rows."""
    commit([part.reading for part in read_all_apart(data, name="表.xlsx") if part.reading])


def bare(data: bytes) -> None:
    """openpyxl: every value of every sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            sum(value is not None for value in row)


def workbooks() -> None:
    """One table, and a workbook of many."""
    for title, tables, times in (("one table", 1, 10), (f"a workbook of {DEPARTMENTS} departments", DEPARTMENTS, 1)):
        made = books(title, tables)
        waiting: list[bytes] = []

        def next_for(who: int, made: Iterator[bytes] = made, waiting: list[bytes] = waiting) -> tuple[bytes]:
            """The same file for both, a new one each time."""
            if who == 0:
                waiting[:] = [next(made)]
            return (waiting[0],)

        taken = ground.interleaved(
            [
                ground.Contestant("openpyxl", bare, lambda give=next_for: give(0)),
                ground.Contestant("ours", ours, lambda give=next_for: give(1)),
            ],
            times=times,
            rounds=ROUNDS,
        )
        yardstick = taken["openpyxl"]
        ground.heading(f"{title}, xlsx; = 1: openpyxl's bare reading, {yardstick * 1000:.1f} ms")
        ratio = taken["ours"] / yardstick
        ground.line("ours: read apart, understood, checked, committed", ratio, "goal 0.5", held=ratio <= 0.5)


def pages(seed: str) -> Iterator[tuple[bytes, int]]:
    """PDFs of one table over its pages, with the number of its indicators."""
    for number in itertools.count():
        rng = Random(f"{seed} {number}")  # noqa: S311
        document = sheets.document(rng, "henan-2020")
        grid, _lines = sheets.drawn(document, sheets.Layout(), rng)
        yield pdf_pages.pdf(pages_of(grid)), len(document.indicators)


def pdfs() -> None:
    """A table on ruled pages."""
    made = pages("pdf")
    waiting: list[bytes] = []

    def next_for(who: int) -> tuple[bytes]:
        if who == 0:
            waiting[:] = [next(made)[0]]
        return (waiting[0],)

    def peer(data: bytes) -> None:
        with pdfplumber.open(io.BytesIO(data)) as document:
            for page in document.pages:
                page.extract_tables()

    taken = ground.interleaved(
        [
            ground.Contestant("pdfplumber", peer, lambda: next_for(0)),
            ground.Contestant("ours", lambda data: read_apart(data, name="表.pdf"), lambda: next_for(1)),
        ],
        times=2,
        rounds=ROUNDS,
    )
    yardstick = taken["pdfplumber"]
    ground.heading(f"a table on pages, PDF; = 1: pdfplumber's tables, {yardstick * 1000:.0f} ms")
    data, wanted = next(made)
    right = len(read_apart(data, name="表.pdf").document.indicators)
    ratio = taken["ours"] / yardstick
    ground.line(f"ours: read apart, {right} of {wanted} rows", ratio, "goal 0.1", held=ratio <= 0.1 and right == wanted)


def folder() -> None:
    """A thousand tables, as `table read` reads a folder, with rows committed."""
    made = books("folder", 1)
    files = [next(made) for _ in range(FOLDER)]
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = 0
    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for reading, memory in pool.map(lambda data: ask(READ, data, "表.xlsx", framework=None), files):
            commit([reading])
            largest = max(largest, memory)
    seconds = time.perf_counter() - begun
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    whole = sum(map(len, files))
    ground.heading(f"a folder of {FOLDER} tables, {whole / MB:.0f} MB, read apart by {AT_ONCE}, checked and committed")
    ground.line("seconds", seconds)
    ground.line("largest child, MB", largest / MB)
    ground.line("this process meanwhile, MB more", more / 1024)


def apart() -> None:
    """What the child costs: one small table here and apart."""
    made = books("apart", 1)
    waiting: list[bytes] = []

    def next_for(who: int) -> tuple[bytes]:
        if who == 0:
            waiting[:] = [next(made)]
        return (waiting[0],)

    taken = ground.interleaved(
        [
            ground.Contestant("here", lambda data: READ.run(data, name="表.xlsx"), lambda: next_for(0)),
            ground.Contestant("apart", lambda data: read_apart(data, name="表.xlsx"), lambda: next_for(1)),
        ],
        times=20,
        rounds=ROUNDS,
    )
    more = (taken["apart"] - taken["here"]) * 1000
    ground.heading(f"one table, xlsx, read in this process: {taken['here'] * 1000:.1f} ms")
    ground.line("apart, ms more", more, "goal 15", held=more <= 15)


PARTS = {"apart": apart, "xlsx": workbooks, "pdf": pdfs, "folder": folder}


def main() -> None:
    """All parts, or those that are named."""
    with ground.app():
        for name, part in PARTS.items():
            if not sys.argv[1:] or name in sys.argv[1:]:
                part()
        db.session.remove()


if __name__ == "__main__":
    main()
