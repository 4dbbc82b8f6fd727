"""Ways to tamper with a ledger, from one changed column to a whole history written anew with right-looking hashes.

A ledger is three lists of rows. Each way changes a copy of it as somebody could who owns the database.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, cycle
from random import Random
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, insert, select

from ledger import whole
from ledger.chain import GENESIS, SEALS
from ledger.models import ChainHead, Entry, Seal

Row = dict[str, Any]
MODELS = {"entries": Entry, "seals": Seal, "ends": ChainHead}
MOVE = ("from_version", "from_state", "to_state")


@dataclass
class Ledger:
    """The rows of the three tables, entries in the order of ids, seals in that of positions."""

    entries: list[Row]
    seals: list[Row]
    ends: list[Row]

    @classmethod
    def load(cls, connection: Connection) -> "Ledger":
        """The ledger of a database."""
        return cls(
            **{
                part: [dict(row) for row in connection.execute(_ordered(model)).mappings()]
                for part, model in MODELS.items()
            }
        )

    def write(self, connection: Connection) -> None:
        """Put these rows in place of a database's; references must not be watched."""
        for part, model in reversed(MODELS.items()):
            connection.execute(model.__table__.delete())
            if rows := getattr(self, part):
                connection.execute(insert(model.__table__), rows)

    def copy(self) -> "Ledger":
        """The same rows, to be changed."""
        return deepcopy(self)

    def chain(self, name: str) -> list[Row]:
        """A chain's entries in their order."""
        return sorted((row for row in self.entries if row["chain"] == name), key=lambda row: row["position"])

    def end(self, name: str) -> Row:
        """The row that says where a chain ends."""
        return next(row for row in self.ends if row["chain"] == name)

    def head(self) -> whole.Head:
        """The newest seal."""
        return whole.Head(self.seals[-1]["position"], self.seals[-1]["hash"])

    # What a forger who knows the format puts right again

    def rehash(self, name: str) -> None:
        """Number and hash a chain anew from its first entry, and let its end say so."""
        previous = GENESIS
        chain = self.chain(name)
        for position, row in enumerate(chain, start=1):
            row["position"], row["previous_hash"] = position, previous
            row["hash"] = previous = whole.entry_hash(SimpleNamespace(**row))
        self.ends = [row for row in self.ends if row["chain"] != name]
        if chain:
            self.ends.append({"chain": name, "position": len(chain), "hash": previous, "entry_id": chain[-1]["id"]})

    def reseal(self) -> None:
        """Seal everything anew, each at the instant of the seal that stood there, and let the end say so."""
        entries = {row["id"]: row for row in self.entries}
        self.seals = [row for row in self.seals if row["entry_id"] in entries]
        previous = GENESIS
        for position, row in enumerate(self.seals, start=1):
            entry = entries[row["entry_id"]]
            row.update(position=position, previous_hash=previous, entry_hash=entry["hash"])
            row["hash"] = previous = whole.seal_hash(SimpleNamespace(**row), entry["chain"], entry["position"])
        self.ends = [row for row in self.ends if row["chain"] != SEALS]
        if self.seals:
            last = self.seals[-1]
            self.ends.append(
                {"chain": SEALS, "position": last["position"], "hash": last["hash"], "entry_id": last["entry_id"]}
            )


def _ordered(model: type[Entry | Seal | ChainHead]) -> Any:
    return select(model.__table__).order_by(*model.__table__.primary_key.columns)


Way = Callable[[Ledger, Random], str]
"""Changes a ledger and says what it did."""


def other(value: Any, random: Random) -> Any:
    """Another value of the same kind."""
    if isinstance(value, datetime):
        return value + timedelta(microseconds=random.choice((-1, 1, 10**6, 86_400 * 10**6)))
    if isinstance(value, int) or value is None:
        return (value or 0) + 10**6 + random.randrange(1000)
    if len(value) == 64:
        at = random.randrange(64)
        return value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]
    return value[:-1] + "x" if value and random.random() < 0.5 else value + "x"


def change(part: str, column: str) -> Way:
    """One column of one row."""

    def way(ledger: Ledger, random: Random) -> str:
        rows = getattr(ledger, part)
        if column in MOVE:  # a CHECK holds the three together
            rows = [row for row in rows if row["from_version"] is not None]
        row = random.choice(rows)
        before = row[column]
        row[column] = other(before, random)
        return f"{part}.{column} of {_name(row)}: {before!r} -> {row[column]!r}"

    return way


def empty_column(part: str, column: str) -> Way:
    """NULL where something stood."""

    def way(ledger: Ledger, random: Random) -> str:
        row = random.choice([row for row in getattr(ledger, part) if row[column] is not None])
        row[column] = None
        return f"{part}.{column} of {_name(row)} emptied"

    return way


def unmove(ledger: Ledger, random: Random) -> str:
    """A move made into an act that moved nothing."""
    row = random.choice([row for row in ledger.entries if row["from_version"] is not None])
    row.update(dict.fromkeys(MOVE))
    return f"{_name(row)} moves nothing any more"


def delete(part: str) -> Way:
    """One row."""

    def way(ledger: Ledger, random: Random) -> str:
        rows = getattr(ledger, part)
        return f"{part} without {_name(rows.pop(random.randrange(len(rows))))}"

    return way


def swap(part: str, *columns: str) -> Way:
    """These columns of two rows of one chain, or of two seals."""

    def way(ledger: Ledger, random: Random) -> str:
        pairs = [
            (one, two)
            for one, two in combinations(getattr(ledger, part), 2)
            if one.get("chain") == two.get("chain") and any(one[name] != two[name] for name in columns)
        ]
        if not pairs:
            return "nothing to swap"
        one, two = random.choice(pairs)
        for name in columns:
            one[name], two[name] = two[name], one[name]
        return f"{part}: {', '.join(columns)} of {_name(one)} and {_name(two)} swapped"

    return way


def reorder(ledger: Ledger, random: Random) -> str:
    """Two neighbours of a chain change places, and the chain is hashed anew."""
    name = random.choice([name for name in _chains(ledger) if len(ledger.chain(name)) > 1])
    chain = ledger.chain(name)
    at = random.randrange(len(chain) - 1)
    chain[at]["position"], chain[at + 1]["position"] = chain[at + 1]["position"], chain[at]["position"]
    ledger.rehash(name)
    return f"{name}: {at + 1} and {at + 2} re-ordered and hashed anew"


def rewrite(ledger: Ledger, random: Random) -> str:
    """An entry says something else, its chain is hashed anew, and its seal with it; only the seals after it tell."""
    row = random.choice(ledger.entries)
    row["person_name"] = other(row["person_name"], random)
    ledger.rehash(row["chain"])
    return f"{_name(row)} rewritten and its chain hashed anew"


def rewrite_all(ledger: Ledger, random: Random) -> str:
    """The same, and everything sealed anew: only a head noted outside tells."""
    said = rewrite(ledger, random)
    ledger.reseal()
    return f"{said}, all sealed anew"


def _forged(ledger: Ledger, random: Random) -> Row:
    model = random.choice(ledger.entries)
    return model | {"id": max(row["id"] for row in ledger.entries) + 1, **dict.fromkeys(MOVE), "act": "remark"}


def insert_at_the_end(ledger: Ledger, random: Random) -> str:
    """A forged entry with a right hash after a chain's last one; the chain's end does not know it."""
    forged = _forged(ledger, random)
    last = ledger.chain(forged["chain"])[-1]
    forged.update(position=last["position"] + 1, previous_hash=last["hash"])
    forged["hash"] = whole.entry_hash(SimpleNamespace(**forged))
    ledger.entries.append(forged)
    return f"{_name(forged)} forged behind the end"


def insert_between(ledger: Ledger, random: Random) -> str:
    """A forged entry between others, those after it numbered and hashed anew, the end told."""
    forged = _forged(ledger, random)
    chain = ledger.chain(forged["chain"])
    at = random.randrange(len(chain))
    for row in chain[at:]:
        row["position"] += 1
    forged["position"] = at + 1
    ledger.entries.append(forged)
    ledger.rehash(forged["chain"])
    return f"{_name(forged)} forged and the chain hashed anew"


def insert_into_a_gap(ledger: Ledger, random: Random) -> str:
    """A forged entry with a right hash and an end that knows it, under an id below others sealed long ago."""
    lowest = min(row["id"] for row in ledger.entries)
    forged = _forged(ledger, random) | {"id": lowest - 1 - random.randrange(100)}
    forged["position"] = len(ledger.chain(forged["chain"])) + 1
    ledger.entries.append(forged)
    ledger.rehash(forged["chain"])
    return f"{_name(forged)} forged under the old id {forged['id']}"


def insert_and_seal(ledger: Ledger, random: Random) -> str:
    """A forged entry among the others, its chain hashed anew and everything sealed anew with it in the middle."""
    said = insert_between(ledger, random)
    at = random.randrange(len(ledger.seals))
    ledger.seals.insert(at, ledger.seals[at] | {"entry_id": ledger.entries[-1]["id"]})
    ledger.reseal()
    return f"{said}, all sealed anew"


def forge_a_seal(ledger: Ledger, random: Random) -> str:
    """A seal of an entry that was never written."""
    last = ledger.seals[-1]
    forged = last | {"position": last["position"] + 1, "entry_id": 10**7, "previous_hash": last["hash"]}
    forged["hash"] = whole.seal_hash(SimpleNamespace(**forged), "table:1", random.randrange(1, 99))
    ledger.seals.append(forged)
    return "a seal of nothing"


def cut(ledger: Ledger, random: Random) -> str:
    """The tail: entries, their seals, and all ends set to what is left."""
    keep = random.randrange(len(ledger.seals))
    gone = {row["entry_id"] for row in ledger.seals[keep:]}
    ledger.seals = ledger.seals[:keep]
    ledger.entries = [row for row in ledger.entries if row["id"] not in gone]
    for name in [row["chain"] for row in ledger.ends if row["chain"] != SEALS]:
        ledger.rehash(name)
    ledger.reseal()
    return f"all behind seal {keep} cut, with seals and ends"


def cut_entries_alone(ledger: Ledger, random: Random) -> str:
    """The last entries of a chain, and its end set back; the seals still know them."""
    name = random.choice(_chains(ledger))
    chain = ledger.chain(name)
    keep = random.randrange(len(chain))
    gone = {row["id"] for row in chain[keep:]}
    ledger.entries = [row for row in ledger.entries if row["id"] not in gone]
    ledger.rehash(name)
    return f"{name} cut behind {keep}"


def cut_seals_alone(ledger: Ledger, random: Random) -> str:
    """The last seals, and their end set back: as if the sealing had never got so far."""
    keep = random.randrange(len(ledger.seals))
    ledger.seals = ledger.seals[:keep]
    ledger.reseal()
    return f"seals behind {keep} cut"


def move_a_chain(ledger: Ledger, random: Random) -> str:
    """A chain under another name, as a whole."""
    name = random.choice(_chains(ledger))
    for row in [*ledger.chain(name), ledger.end(name)]:
        row["chain"] = "table:999"
    ledger.rehash("table:999")
    return f"{name} called table:999"


WAYS: tuple[Way, ...] = (
    *(change(part, column.name) for part, model in MODELS.items() for column in model.__table__.columns),
    empty_column("entries", "person_id"),
    empty_column("ends", "entry_id"),
    unmove,
    *(delete(part) for part in MODELS),
    swap("entries", "position"),
    swap("entries", "id"),
    swap("entries", "at", "body", "act"),
    swap("entries", "hash"),
    swap("seals", "position"),
    swap("seals", "entry_id"),
    swap("seals", "entry_id", "entry_hash"),
    reorder,
    rewrite,
    rewrite_all,
    insert_at_the_end,
    insert_between,
    insert_into_a_gap,
    insert_and_seal,
    forge_a_seal,
    cut,
    cut,
    cut_entries_alone,
    cut_seals_alone,
    move_a_chain,
)


def tamperings(whole_ledger: Ledger, count: int, random: Random) -> Iterator[tuple[str, Ledger]]:
    """So many different ledgers that somebody tampered with, each with what was done to it; every way in turn."""
    ways = list(WAYS)
    random.shuffle(ways)
    done = 0
    for way in cycle(ways):
        if done == count:
            return
        ledger = whole_ledger.copy()
        said = way(ledger, random)
        if ledger != whole_ledger:
            done += 1
            yield said, ledger


def _chains(ledger: Ledger) -> list[str]:
    return sorted({row["chain"] for row in ledger.entries})


def _name(row: Row) -> str:
    return f"{row.get('chain', 'seal')} {row['position']}"
