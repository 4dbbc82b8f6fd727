"""`table read FILE` and `table check FILE`: a goal table in a file, without settings, secret or database.

Exit codes: 0 done, 1 findings of either severity (check alone), 2 bad input: one sentence on stderr, nothing on stdout.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from commands.files import reading_of
from commands.many import Result, results_in
from forms import checks
from forms.checks import Finding
from forms.document import Document
from forms.framework import load
from forms.reading import Reading


@click.group()
def table() -> None:
    """读取和检查部门整体绩效目标表文件。"""


_FILE = click.argument("file", type=click.Path(path_type=Path))
_FRAMEWORK = click.option("--framework", "key", metavar="KEY", help="表样，例如 henan-2020；不写则自动识别。")
_JSON = click.option("--json", "as_json", is_flag=True, help="标准输出只写 JSON。")


@table.command("read")
@_FILE
@_FRAMEWORK
@_JSON
def read_table(file: Path, key: str | None, as_json: bool) -> None:
    """读取表中的全部内容，并列出没有归位的文字和需要确认的单元格。

    FILE 也可以是文件夹、压缩包（.zip）或有几张表的工作簿：每张表给出一行结果，--json 给出一个列表。
    """
    found = results_in(file, key)
    if isinstance(found, Reading):
        if as_json:
            _print_json(_shape(found))
        else:
            click.echo(_summary(found))
    elif as_json:
        _print_json([_result_shape(result) for result in found])
    else:
        click.echo("\n".join([*map(_line, found), _count(found)]))


@table.command("check")
@_FILE
@_FRAMEWORK
@_JSON
def check_table(file: Path, key: str | None, as_json: bool) -> None:
    """检查表中的问题；有任何问题（必改或建议）时退出码为 1。"""
    reading = reading_of(file, key)
    findings = checks.run(reading.document, load(reading.document.form))
    if as_json:
        _print_json(
            [
                {
                    "code": finding.code,
                    "severity": finding.severity.value,
                    "path": finding.path,
                    "message": finding.message,
                    "fix": finding.fix,
                }
                for finding in findings
            ]
        )
    else:
        click.echo(_report(findings, reading))
    if findings:
        raise SystemExit(1)


def _shape(reading: Reading) -> dict[str, Any]:
    shape: dict[str, Any] = reading.document.model_dump(mode="json")
    return shape | {"unplaced": list(reading.unplaced), "unsure": list(reading.unsure)}


def _result_shape(result: Result) -> dict[str, Any]:
    document = _shape(result.reading) if result.reading else None
    return {"file": result.file, "sheet": result.sheet, "document": document, "trouble": result.trouble}


def _line(result: Result) -> str:
    place = f"{result.file}　{result.sheet}" if result.sheet else result.file
    if result.reading is None:
        return f"{place}　没有读出：{result.trouble}"
    reading = result.reading
    document = reading.document
    words = [
        document.department or "（没有部门名称）",
        f"{document.fiscal_year} 年度" if document.fiscal_year else "（没有年度）",
        document.form,
        f"指标 {len(document.indicators)} 个",
    ]
    if reading.unsure:
        words.append(f"待确认 {len(reading.unsure)} 处")
    if reading.unplaced:
        words.append(f"没有归位 {len(reading.unplaced)} 处")
    return f"{place}　{'，'.join(words)}"


def _count(results: Sequence[Result]) -> str:
    read = sum(result.reading is not None for result in results)
    return f"共 {len(results)} 张表，读出 {read} 张，没有读出 {len(results) - read} 张。"


def _print_json(value: object) -> None:
    # Bytes: JSON is UTF-8 whatever the terminal's encoding is.
    click.echo((json.dumps(value, ensure_ascii=False, indent=1)).encode())


def _summary(reading: Reading) -> str:
    document = reading.document
    lines = [
        f"{document.department or '（没有部门名称）'}",
        f"{document.fiscal_year or '（没有年度）'} 年度，表样 {document.form}",
        f"年度履职目标：{_short(document.annual_goal, 40)}",
        "预算（万元）：" + "，".join(_amounts(document)),
        f"主要任务 {len(document.tasks)} 项：",
        *(f"  {at}. {task.name}：{_short(task.content, 30)}" for at, task in enumerate(document.tasks, 1)),
        f"指标 {len(document.indicators)} 个：",
    ]
    block = ("", "")
    for row in document.indicators:
        if (row.level1, row.level2) != block:
            block = (row.level1, row.level2)
            lines.append(f"  {row.level1 or '（未知）'} / {row.level2 or '（未知）'}")
        lines.append(f"    {row.level3}　{row.goal or '（没有指标值）'}")
    return "\n".join(lines + _doubts(reading))


def _amounts(document: Document) -> list[str]:
    budget = document.budget
    named = {
        "总额": budget.total,
        "财政性资金": budget.by_source.fiscal,
        "其他资金": budget.by_source.other,
        "基本支出": budget.by_use.basic,
        "项目支出": budget.by_use.project,
    }
    return [f"{name} {'（空）' if value is None else f'{value:,f}'}" for name, value in named.items()]


def _doubts(reading: Reading) -> list[str]:
    lines = []
    if reading.unsure:
        lines += [f"需要确认的单元格 {len(reading.unsure)} 处：", *(f"  {path}" for path in reading.unsure)]
    if reading.unplaced:
        lines += [f"没有归位的文字 {len(reading.unplaced)} 处：", *(f"  {text}" for text in reading.unplaced)]
    return lines


def _report(findings: Sequence[Finding], reading: Reading) -> str:
    if not findings:
        return "\n".join(["没有发现问题。", *_doubts(reading)])
    must = sum(finding.severity is checks.Severity.MUST for finding in findings)
    lines = [f"发现 {len(findings)} 个问题：必改 {must} 个，建议 {len(findings) - must} 个。"]
    for finding in findings:
        lines.append(f"  [{finding.severity.value}] {finding.code} {finding.path}：{finding.message}")
        if finding.fix:
            lines.append(f"      可改为：{_short(finding.fix, 60)}")
    return "\n".join(lines + _doubts(reading))


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
