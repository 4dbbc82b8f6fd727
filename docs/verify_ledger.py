#!/usr/bin/env python3
"""Verify an exported ledger with nothing but Python's standard library (3.8 or newer).

    python3 verify_ledger.py FILE [--head N:HASH ...] [--json]

FILE is what `flask --app wsgi ledger export FILE` wrote; a head is what the daily notice told. Needs neither the
program nor its database. Exit codes: 0 whole, 1 something does not hold, 2 bad input. docs/ledger.md describes the
file.
"""

import argparse
import hashlib
import json
import sys
from datetime import datetime, timedelta

GENESIS = "0" * 64
SEALS = "seals"
SETTLED = timedelta(hours=1)

WORDS = {
    "changed": "写入之后被改动",
    "unlinked": "与前一条接不上",
    "missing": "缺少这一条",
    "repeated": "位次重复或次序颠倒",
    "end": "链尾与登记的不一致，可能被截断",
    "gone": "整条链的记录都不见了",
    "late": "没有封存，而在它之后的记录早已封存，可能是事后插入",
    "lost": "所封存的记录不见了",
    "exchanged": "所封存的记录与封存时的不是同一条",
    "noted": "与记下的校验码不符",
    "cut": "记下的位置已不存在，尾部被截断",
    "incomplete": "文件的行数与开头写的不一致，文件不完整",
}
CHAINS = {
    "table": "目标表", "person": "人员", "department": "部门", "cycle": "年度", "region": "地区",
    "signin": "未知账号登录", SEALS: "封存链", "file": "文件",
}  # fmt: skip
OF_ENTRY = (
    "chain", "position", "at", "act", "person_id", "person_name", "role", "from_version", "from_state", "to_state",
    "body", "previous_hash",
)  # fmt: skip
COUNTED = {"entry": "entries", "seal": "seals", "end": "ends"}


class Unreadable(Exception):
    """The file is not an exported ledger; the message says where."""


def digest(values):
    """SHA-256, in hexadecimal, of a list as JSON without spaces, Chinese as itself."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def entry_hash(entry):
    """What the hash of an entry covers: every field but its id and the hash itself."""
    return digest([entry[name] for name in OF_ENTRY])


def seal_hash(seal, chain, chain_position):
    """What the hash of a seal covers: its fields, and the place of its entry in the entry's own chain."""
    return digest(
        [
            seal["position"],
            seal["entry_id"],
            chain,
            chain_position,
            seal["entry_hash"],
            seal["previous_hash"],
            seal["sealed_at"],
        ]
    )


def instant(text):
    """An instant as the file writes it: UTC, microseconds, Z."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def read(lines):
    """The file's lines as values; Unreadable names the line."""
    number = 0
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
            kind = value["kind"]
        except (ValueError, TypeError, KeyError):
            raise Unreadable(f"第 {number} 行读不懂") from None
        if (number == 1) != (kind == "header"):
            raise Unreadable(f"第 {number} 行不是台账文件应有的内容")
        if number == 1 and (value.get("format"), value.get("version")) != ("mubiao-ledger", 1):
            raise Unreadable("不认识的格式：{} {}".format(value.get("format"), value.get("version")))
        yield number, kind, value
    if number == 0:
        raise Unreadable("文件是空的")


class Ledger:
    """Goes through the file line by line; `found` holds what does not hold, as (chain, position, kind)."""

    def __init__(self, noted):
        self.found = []
        self.noted = {}
        for position, wanted in noted:
            self.noted.setdefault(position, set()).add(wanted)
        self.counts = {"entry": 0, "seal": 0, "end": 0}
        self.entries = {}  # id -> (chain, position, hash), until its seal was seen
        self.sealed = set()
        self.ends = {}  # chain -> (position, hash, id) of its last entry
        self.last_seal = None
        self.last_instant = None
        self.sealed_until = {}  # instant -> highest id of an entry sealed at it

    def say(self, chain, position, kind):
        self.found.append((chain, position, kind))

    def in_line(self, chain, link, last):
        """Whether an entry or seal stands where it should and follows from the one before it."""
        expected, before = (last[0] + 1, last[1]) if last else (1, GENESIS)
        if link["position"] > expected:
            self.say(chain, expected, "missing")
        elif link["position"] < expected:
            self.say(chain, link["position"], "repeated")
        if link["previous_hash"] != before:
            self.say(chain, link["position"], "unlinked")

    def entry(self, entry):
        chain, position = entry["chain"], entry["position"]
        self.in_line(chain, entry, self.ends.get(chain))
        if entry["hash"] != entry_hash(entry):
            self.say(chain, position, "changed")
        if entry["id"] in self.entries:
            self.say(chain, position, "repeated")
        self.entries[entry["id"]] = (chain, position, entry["hash"])
        self.ends[chain] = (position, entry["hash"], entry["id"])

    def seal(self, seal):
        position, entry_id = seal["position"], seal["entry_id"]
        self.in_line(SEALS, seal, self.last_seal)
        if entry_id in self.sealed:
            self.say(SEALS, position, "repeated")
        elif entry_id not in self.entries:
            self.say(SEALS, position, "lost")
        else:
            chain, chain_position, hash_now = self.entries.pop(entry_id)
            self.sealed.add(entry_id)
            if seal["hash"] != seal_hash(seal, chain, chain_position):
                self.say(SEALS, position, "changed")
            if hash_now != seal["entry_hash"]:
                self.say(SEALS, position, "exchanged")
        if self.noted.pop(position, {seal["hash"]}) != {seal["hash"]}:
            self.say(SEALS, position, "noted")
        self.last_seal = (position, seal["hash"], entry_id)
        self.last_instant = instant(seal["sealed_at"])
        highest = self.sealed_until.get(seal["sealed_at"], 0)
        self.sealed_until[seal["sealed_at"]] = max(highest, entry_id)

    def end(self, end):
        said = (end["position"], end["hash"], end["entry_id"])
        if end["chain"] == SEALS:
            last, self.last_seal = self.last_seal, None
        else:
            last = self.ends.pop(end["chain"], None)
        if last is None:
            self.say(end["chain"], end["position"], "gone")
        elif last != said:
            self.say(end["chain"], last[0], "end")

    def finish(self, header):
        """What only the whole file tells: chains without an end, what was never sealed, heads beyond the last seal."""
        for chain, (position, _, _) in sorted(self.ends.items()):
            self.say(chain, position, "end")
        if self.last_seal is not None:
            self.say(SEALS, self.last_seal[0], "end")
        if self.sealed_until:
            until = self.last_instant - SETTLED
            settled = [top for at, top in self.sealed_until.items() if instant(at) <= until]
            for entry_id, (chain, position, _) in sorted(self.entries.items()):
                if entry_id <= max(settled, default=0):
                    self.say(chain, position, "late")
        for position in sorted(self.noted):
            self.say(SEALS, position, "cut")
        for kind, name in COUNTED.items():
            if header.get(name) != self.counts[kind]:
                self.say("file", self.counts[kind], "incomplete")


def verify(lines, noted=()):
    """Everything that does not hold, as (chain, position, kind), and how the ledger stands. Raises Unreadable."""
    ledger = Ledger(noted)
    header, head = {}, None
    order = ("header", "entry", "seal", "end")
    before = "header"
    for number, kind, value in read(lines):
        if kind not in order or order.index(kind) < order.index(before):
            raise Unreadable(f"第 {number} 行不应在这里")
        before = kind
        if kind == "header":
            header = value
            continue
        ledger.counts[kind] += 1
        try:
            getattr(ledger, kind)(value)
        except (KeyError, TypeError, ValueError):
            raise Unreadable(f"第 {number} 行的内容不全或不对") from None
        if kind == "seal":
            head = (value["position"], value["hash"])
    ledger.finish(header)
    return ledger.found, ledger.counts, head


def head_given(text):
    """A head as it was noted, "N:HASH"."""
    position, _, noted = (part.strip() for part in text.partition(":"))
    noted = noted.lower()
    if not (position.isascii() and position.isdecimal() and int(position) > 0):
        raise ValueError(text)
    if len(noted) != 64 or set(noted) - set("0123456789abcdef"):
        raise ValueError(text)
    return int(position), noted


def place(chain):
    """A chain in words."""
    kind, _, number = chain.partition(":")
    return f"{CHAINS.get(kind, kind)} {number}".strip()


def main(arguments=None):
    """Verify the file that was named; the exit code."""
    parser = argparse.ArgumentParser(description="核对导出的台账文件")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--head", action="append", default=[], metavar="N:HASH", help="记在系统之外的位置和校验码")
    parser.add_argument("--json", action="store_true", help="标准输出只写 JSON")
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # a Windows console may not speak UTF-8 by itself
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        noted = [head_given(text) for text in given.head]
    except ValueError as error:
        print(f"“{error}”不是校验码：请写成 N:HASH", file=sys.stderr)
        return 2
    try:
        with open(given.file, encoding="utf-8", newline="\n") as lines:
            found, counts, head = verify(lines, noted)
    except OSError as error:
        print(f"不能读“{given.file}”（{error.strerror}）", file=sys.stderr)
        return 2
    except UnicodeDecodeError:
        print(f"“{given.file}”不是 UTF-8 文字", file=sys.stderr)
        return 2
    except Unreadable as error:
        print(f"“{given.file}”{error}", file=sys.stderr)
        return 2
    if given.json:
        values = [{"chain": c, "position": p, "kind": k, "what": WORDS[k]} for c, p, k in found]
        print(json.dumps(values, ensure_ascii=False, indent=2))
        return 1 if found else 0
    for chain, position, kind in found:
        print(f"{place(chain)}（{chain}）第 {position} 条：{WORDS[kind]}")
    waiting = counts["entry"] - counts["seal"]
    result = f"台账有 {len(found)} 处不符" if found else "台账完整"
    print("{}。记录 {} 条，待封存 {} 条。".format(result, counts["entry"], max(waiting, 0)), end="")
    print("封存至第 {} 条，校验码 {}".format(*head) if head else "还没有封存")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
