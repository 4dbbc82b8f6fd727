"""Rows as real tables have them: one cell odd, the others as printed."""

import pytest

from forms.document import Document
from forms.reading import Reading, read

SATISFIED = " 企业满意度 ≧90%"
TASK = "工作完成率 网络安全建设 ≧85%"


def _read(seed_text: str, old: str, new: str) -> Reading:
    assert old in seed_text
    return read(seed_text.replace(old, new, 1).encode(), name="表.txt")


@pytest.mark.parametrize(
    ("old", "new", "at", "cells"),
    [
        (SATISFIED, " 预算执行率 ≧90%", 26, ("满意度", "预算执行率", "≧90%", "")),
        (SATISFIED, " 满意度 ≧90%", 26, ("满意度", "满意度", "≧90%", "")),
        (SATISFIED, " 企业满意度\n≧90%", 26, ("满意度", "企业满意度", "≧90%", "")),
        (SATISFIED, " 企业满意度 ≧ 90 %", 26, ("满意度", "企业满意度", "≧90%", "")),
        (SATISFIED, " 企业满意度≧90%", 26, ("满意度", "企业满意度", "≧90%", "")),
        (SATISFIED, " 企业满意度≧ 90%", 26, ("满意度", "企业满意度", "≧90%", "")),
        (SATISFIED, "年度考核 优秀\n\n企业满意度 ≧90%", 26, ("满意度", "年度考核", "优秀", "")),
        (
            SATISFIED,
            "通过回访和现场问卷等多种方\n式得出的全体参保企业之\n满意度\n\n企业满意度 ≧90%",
            26,
            ("满意度", "企业满意度", "≧90%", "通过回访和现场问卷等多种方式得出的全体参保企业之满意度"),
        ),
        (
            SATISFIED,
            "通过回访和现场问卷等多种方\n式得出，满意比例应当不低于\n90%\n\n企业满意度 ≧90%",
            26,
            ("满意度", "企业满意度", "≧90%", "通过回访和现场问卷等多种方式得出，满意比例应当不低于90%"),
        ),
        (TASK, "工作完成率 履职效益 ≧85%", 19, ("重点工作任务完成", "履职效益", "≧85%", "工作完成率")),
        (TASK, " 履职效益 ≧85%", 19, ("重点工作任务完成", "履职效益", "≧85%", "")),
        (TASK, " 绩效管理 12场", 19, ("重点工作任务完成", "绩效管理", "12场", "")),
        (
            TASK,
            "工作完成率 专项资金细化率提\n\n升工程 ≥3次",
            19,
            ("重点工作任务完成", "专项资金细化率提升工程", "≥3次", "工作完成率"),
        ),
        (TASK, " Real world CTF队伍 ≥3支", 19, ("重点工作任务完成", "Real world CTF队伍", "≥3支", "")),
        (
            "重点工作任务完成\n",
            "重点工作\n任务完成\n",
            20,
            ("重点工作任务完成", "网络宣传管理和文化建设", "≧85%", "工作完成率"),
        ),
        ("满意度\n\n 社会", "满意度 社会", 28, ("满意度", "社会组织满意度", "≧90%", "")),
    ],
)
def test_an_odd_row_is_read_as_a_person_would(
    seed_text: str, old: str, new: str, at: int, cells: tuple[str, str, str, str]
) -> None:
    rows = _read(seed_text, old, new).document.indicators
    assert (rows[at].level2, rows[at].level3, rows[at].target_raw, rows[at].definition) == cells
    assert len(rows) == 29 + ("年度考核" in new)
    assert rows[18].level3 == "评价结果应用率"
    assert rows[-1].level3 == "社会组织满意度"


def test_definitions_printed_after_their_rows_are_asked_about(seed_text: str, seed: Document) -> None:
    before, _, rest = seed_text.partition("一级指标 二级指标 三级指标 指标值 指标值说明\n")
    own = rest[rest.index("工作完成率") :]
    common = [row for row in seed.indicators if row.level1 == "投入管理指标"]
    rows = "\n\n".join(f"{row.level3} {row.target_raw}\n\n{row.definition}" for row in common)
    text = f"{before}一级指标 二级指标 三级指标 指标值 指标值说明\n\n{rows}\n\n{own}"
    reading = read(text.encode(), name="表.txt")
    assert {f"indicators[{at}].definition" for at in range(19)} <= set(reading.unsure)


def test_a_department_may_add_a_row_to_a_common_block(seed_text: str) -> None:
    text = seed_text.replace("投入管理指标\n\n绩效管理\n", "")
    added = "评价结果应用率 ≧85%\n\n投入管理指标\n\n绩效管理\n 本部门绩效培训场次 ≧2场"
    rows = _read(text, "评价结果应用率 ≧85%", added).document.indicators
    assert [row.level2 for row in rows[15:21]] == ["绩效管理"] * 5 + ["重点工作任务完成"]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (SATISFIED, " 企业满意度", {"indicators[26].level3", "indicators[26].definition"}),
        (
            "覆盖18个地市 网络安全建设覆盖率 100%",
            "覆盖18个地市 网络安全建设覆盖率",
            {"indicators[22].level3", "indicators[22].target_raw", "indicators[22].definition"},
        ),
        (TASK, "工作完成率 CTF 参赛队伍 ≥3支", {"indicators[19].level3", "indicators[19].definition"}),
        (SATISFIED, " 企业满意度 ≥90%且≤95%", {"indicators[26].target"}),
        (SATISFIED, " 企业满意度 90%-95%", {"indicators[26].target"}),
        (SATISFIED, " 企业满意度 较往年有所好转", {"indicators[26].level3", "indicators[26].target"}),
        ("履职效益\n", "社会效益\n", {"indicators", "indicators[22].level2", "indicators[23].level2"}),
    ],
)
def test_what_a_row_may_also_mean_is_asked_about(seed_text: str, old: str, new: str, paths: set[str]) -> None:
    assert paths <= set(_read(seed_text, old, new).unsure)
