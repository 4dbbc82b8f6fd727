"""`flask --app wsgi ledger …`: sealing, verifying and exporting the audit; docs/ledger.md says what for."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from commands.errors import BadInput
from commands.on_database import OnDatabase
from config.clock import now
from config.database import db
from ledger import book, export, reading, sealing
from ledger.models import Entry, Seal
from ledger.whole import Break, Head
from workflow.audit import chain_words


@click.group("ledger", cls=OnDatabase)
def ledger() -> None:
    """台账：只增不改的审计记录。"""


@ledger.command("seal")
@click.option("--all", "everything", is_flag=True, help="从头找一遍漏封的记录（平时只看最近的）。")
def seal_command(everything: bool) -> None:
    """封存还没有封存的记录；平时由后台每分钟做一次。"""
    count = sealing.seal(now, everything=everything)
    click.echo(f"新封存 {count} 条。{_stands()}")


@ledger.command("verify")
@click.option("--head", "noted", multiple=True, metavar="N:HASH", help="以前记在系统之外的位置和校验码，可以给几个。")
@click.option("--json", "as_json", is_flag=True, help="标准输出只写 JSON。")
def verify_command(noted: tuple[str, ...], as_json: bool) -> None:
    """核对整个台账：有无改动、缺失、插入、换位、截断。不符时退出码为 1。"""
    heads = [_head(text) for text in noted]
    session = db.session()
    reading.snapshot(session)
    found = _print_json(book.breaks(session, heads)) if as_json else _print(book.breaks(session, heads))
    if not as_json:
        entries, seals = reading.count(session, Entry), reading.count(session, Seal)
        result = f"审计链有 {found} 处不符" if found else "审计链完整"
        matched = f"，与记下的 {len(heads)} 个校验码相符" if heads and not found else ""
        click.echo(f"{result}{matched}。记录 {entries} 条，待封存 {max(entries - seals, 0)} 条。{_stands()}")
    if found:
        raise click.exceptions.Exit(1)


@ledger.command("export")
@click.argument("file", type=click.Path(path_type=Path))
def export_command(file: Path) -> None:
    """把整个台账写成一个文件，不用本程序也能核对（docs/verify_ledger.py）。"""
    if file.exists():
        raise BadInput(f"文件“{file}”已经存在，请换一个文件名")
    session = db.session()
    reading.snapshot(session)
    lines = 0
    try:
        # Beside its place and then put there, so that half a file is never taken for a whole one.
        handle, name = tempfile.mkstemp(dir=file.absolute().parent, prefix=f".{file.name}.")
    except OSError as error:
        raise BadInput(f"不能写到“{file}”（{error.strerror}），请换一个文件夹") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            for line in export.lines(session, now()):
                out.write(line)
                lines += 1
        os.replace(name, file)
    except OSError as error:
        raise BadInput(f"写“{file}”时出错（{error.strerror}），没有留下文件") from error
    finally:
        Path(name).unlink(missing_ok=True)
    click.echo(f"已写出 {lines} 行到“{file}”。{_stands()}")


def _head(text: str) -> Head:
    try:
        return Head.read(text)
    except ValueError:
        raise BadInput(
            f"“{text}”不是校验码：请写成 N:HASH，N 是封存的位置，HASH 是 64 位的校验码，如通知里的那一行"
        ) from None


def _stands() -> str:
    head = reading.head(db.session())
    return f"封存至第 {head.position} 条，校验码 {head.hash}" if head else "还没有封存"


def _print(breaks: Iterator[Break]) -> int:
    count = 0
    for count, each in enumerate(breaks, start=1):  # noqa: B007 - the last number is what is wanted
        click.echo(f"{chain_words(each.chain)}（{each.chain}）第 {each.position} 条：{each.what}")
    return count


def _print_json(breaks: Iterator[Break]) -> int:
    """A list, written as it is found: it may be long."""
    count = 0
    click.echo("[", nl=False)
    for each in breaks:
        value = {"chain": each.chain, "position": each.position, "kind": each.kind, "what": each.what}
        click.echo(("," if count else "") + "\n  " + json.dumps(value, ensure_ascii=False), nl=False)
        count += 1
    click.echo("\n]" if count else "]")
    return count
