"""Reading the seed, hand-written tables, and what is no table at all."""

import json
from pathlib import Path
from random import Random

import pytest

from forms.document import Document, differences
from forms.framework import FrameworkError
from forms.reading import LIMIT, Reading, Unreadable, read
from tests.forms.conftest import SEED

HAND_WRITTEN = Path(__file__).parent / "handwritten"


def _read(text: str) -> Reading:
    return read(text.encode(), name="表.txt")


def test_the_seed_reads_cell_by_cell_as_checked_by_hand(seed: Document) -> None:
    reading = read((SEED / "henan-cac-2020.txt").read_bytes(), name="henan-cac-2020.txt")
    assert differences(seed, reading.document) == ()
    assert reading.document.to_json() == seed.to_json()
    assert (reading.unplaced, reading.unsure) == ((), ())


@pytest.mark.parametrize("name", ["agriculture", "procuratorate", "weather"])
def test_a_table_written_by_hand_reads_as_meant(name: str) -> None:
    meant = json.loads((HAND_WRITTEN / f"{name}.json").read_text(encoding="utf-8"))
    reading = read((HAND_WRITTEN / f"{name}.txt").read_bytes(), name=name)
    assert list(reading.unplaced) == meant.pop("unplaced")
    assert differences(Document.model_validate(meant), reading.document) == ()


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("gb18030"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(" ", "\u3000").encode(),
        lambda text: text.replace("\n\n", "\n \t\n").encode(),
        lambda text: text.replace("任务", "任\u200b务").encode(),
    ],
    ids=["utf-8 with mark", "utf-16", "gb18030", "crlf", "ideographic spaces", "blanks in empty lines", "zero width"],
)
def test_the_seed_reads_the_same_in_other_encodings(seed: Document, seed_text: str, encode: object) -> None:
    assert callable(encode)
    reading = read(encode(seed_text), name="表.txt")
    assert differences(seed, reading.document, ignore_space=True) == ()
    assert reading.unsure == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空的"),
        (b" \n\t\n", "空的"),
        ("\ufeff\u200b".encode(), "没有文字|不像"),
        (bytes(range(256)) * 20, "不是文本文件"),
        (b"PK\x03\x04" + b"a" * 100, "已损坏或不完整"),
        (b"%PDF-1.7 text", "PDF"),
        (b"\xff\xfe\x00", "不像|没有文字"),
        (b"\xff\xfe\x00\xd8\x41\x00", "编码已损坏"),
        (b"\x80\x81\xff\xff" * 30, "编码无法识别"),
        ("省级部门(单位)整体绩效目标表".encode("big5", "ignore") * 3, "不像|编码"),
        ("会议通知\n\n请于周五前报送材料。".encode(), "不像部门整体绩效目标表"),
        (b"hello world", "不像部门整体绩效目标表"),
        (b"x" * (LIMIT + 1), "超过 20 MB"),
        (b"x" * (50 * 1024 * 1024), "超过 20 MB"),
    ],
)
def test_what_is_no_readable_table_is_refused_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as refused:
        read(data, name="某文件.txt")
    assert "某文件.txt" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_tables_in_one_file_are_refused_not_mixed(seed_text: str) -> None:
    with pytest.raises(Unreadable, match="不止一张绩效目标表"):
        _read(seed_text * 2)


def test_a_text_far_longer_than_any_table_is_refused_at_once(seed_text: str) -> None:
    with pytest.raises(Unreadable, match="文字太多"):
        _read(seed_text + "甲 乙\n" * 4000)


@pytest.mark.parametrize("seed_of_chance", range(25))
def test_a_table_whose_lines_were_mixed_up_never_crashes_the_reader(seed_text: str, seed_of_chance: int) -> None:
    rng = Random(seed_of_chance)
    lines = seed_text.split("\n")
    for _ in range(rng.randrange(1, 12)):
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(5):
            case 0:
                del lines[one]
            case 1:
                lines.insert(one, lines[other])
            case 2:
                lines[one], lines[other] = lines[other], lines[one]
            case 3:
                lines[one] = lines[one][: len(lines[one]) // 2]
            case _:
                lines[one] += lines[other]
    try:
        reading = _read("\n".join(lines))
    except Unreadable as refused:
        reading = None
        assert "表.txt" in str(refused)  # noqa: PT017 - either outcome is right
    if reading:
        assert reading.document.form == "henan-2020"


def test_an_unknown_form_is_refused(seed_text: str) -> None:
    with pytest.raises(FrameworkError):
        read(seed_text.encode(), name="x", framework="nowhere-2020")


@pytest.mark.parametrize("size", [*range(7, 4170, 211), 1850, 1857, 1865, 4083, 4100, 4225, 4232, 4240])
def test_a_table_cut_off_anywhere_is_refused_or_asks(seed: Document, seed_text: str, size: int) -> None:
    whole = dict(seed.cells())
    if size < len("\n省级部门(单位)整体绩效目标表"):
        with pytest.raises(Unreadable, match="不像部门整体绩效目标表"):
            _read(seed_text[:size])
        return
    reading = _read(seed_text[:size])
    assert reading.unsure
    for path, value in reading.document.cells():
        derived = path.replace(".operator", ".target").replace(".unit", ".target")
        asked = {path, derived, path.replace("target_raw", "target")} & set(reading.unsure)
        assert value in ("", None) or value == whole.get(path) or asked, path


def test_a_table_cut_in_the_middle_of_a_character_is_still_read(seed_text: str) -> None:
    data = seed_text.encode()
    half = next(at for at in range(len(data) // 2, len(data)) if data[at] & 0xC0 == 0x80)
    assert read(data[:half], name="表.txt").unsure


@pytest.mark.parametrize(
    ("typed", "value", "unplaced"),
    [
        ("２１１５．４", "2115.4", []),
        ("2115.4万元", "2115.4", []),
        ("1,234.5 （含上年结转）", "1234.5", ["（含上年结转）"]),
        ("-5", None, ["-5"]),
        ("NaN", None, ["NaN"]),
        ("1e999", None, ["1e999"]),
        ("1,23.5", None, ["1,23.5"]),
        ("约两千", None, ["约两千"]),
        ("", None, []),
    ],
)
def test_an_amount_not_in_plain_form_is_asked_about(
    seed_text: str, typed: str, value: str | None, unplaced: list[str]
) -> None:
    reading = _read(seed_text.replace("部门预算总额（万元） 2,115.4", f"部门预算总额（万元） {typed}"))
    assert reading.document.model_dump(mode="json")["budget"]["total"] == value
    assert reading.unsure == ("budget.total",)
    assert list(reading.unplaced) == unplaced


@pytest.mark.parametrize("typed", ["1,234.5", "1234.50", "0", "12,345,678.9012"])
def test_an_amount_in_plain_form_is_not_asked_about(seed_text: str, typed: str) -> None:
    reading = _read(seed_text.replace("部门预算总额（万元） 2,115.4", f"部门预算总额（万元） {typed}"))
    assert reading.document.model_dump(mode="json")["budget"]["total"] == typed.replace(",", "")
    assert reading.unsure == ()


def test_amounts_in_another_unit_are_asked_about(seed_text: str) -> None:
    reading = _read(seed_text.replace("（万元）", "（元）"))
    assert {"budget.unit", "budget.total", "budget.by_use.basic"} <= set(reading.unsure)


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("优良", ("定性", "优良", "")),
        ("≧95", ("≥", "95", "")),
        ("95%以上", ("≥", "95", "%")),
        ("不低于95%", ("≥", "95", "%")),
        ("》95%", (">", "95", "%")),
        ("九成以上", ("定性", "九成以上", "")),
    ],
)
@pytest.mark.parametrize(("at", "name"), [(1, "工作任务科学性"), (21, "履职目标实现率"), (27, " 群众满意度")])
def test_a_target_not_in_plain_form_is_read_and_asked_about(
    seed_text: str, at: int, name: str, typed: str, parts: tuple[str, str, str]
) -> None:
    printed = next(f"{name} {old}" for old in ("≧95%", "≧85%", "≧90%") if f"{name} {old}" in seed_text)
    reading = _read(seed_text.replace(printed, f"{name} {typed}"))
    row = reading.document.indicators[at]
    assert (row.level3, row.target_raw) == (name.strip(), typed)
    assert (row.operator, row.target, row.unit) == parts
    assert f"indicators[{at}].target" in reading.unsure
    assert len(reading.document.indicators) == 29


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("（2020年度）", "（  年度）", "fiscal_year"),
        ("（2020年度）", "2020 年", "fiscal_year"),
        ("名称 中共河南省委网络安全和信息化委员会办公室", "名称", "department"),
        ("资产管理规范性 ≧95%", "资产管理规范性", "indicators[14].target_raw"),
        ("（2）其他资金 0.0", "（2）其他资金", "budget.by_source.other"),
        ("任务名称 主要内容", "", "tasks"),
        ("年度\n履职\n目标", "", "annual_goal"),
        ("年度\n主要\n任务", "", "tasks"),
        ("满意度\n\n 社会组织", " 社会组织", "indicators[28].level2"),
    ],
)
def test_what_is_missing_is_asked_about(seed_text: str, old: str, new: str, path: str) -> None:
    assert old in seed_text
    reading = _read(seed_text.replace(old, new))
    assert path in reading.unsure


def test_common_rows_tell_their_block_even_without_its_label(seed: Document, seed_text: str) -> None:
    label = "\n预算和财务管理\n"
    assert label in seed_text
    assert _read(seed_text.replace(label, "\n")).document == seed


def test_words_below_the_table_are_handed_back(seed_text: str) -> None:
    reading = _read(seed_text + "\n填报人：某某    联系电话：0000\n")
    assert reading.unplaced == ("填报人：某某联系电话：0000",)
    assert len(reading.document.indicators) == 29
    assert reading.unsure == ()


def test_words_above_the_title_and_page_numbers_are_handed_back(seed_text: str) -> None:
    reading = _read("附件2\n" + seed_text.replace("资金使用合规性 100%", "资金使用合规性 100%\n\n— 3 —\n\n"))
    assert set(reading.unplaced) == {"附件2", "—3—"}
    assert reading.document == _read(seed_text).document


def test_column_heads_repeated_on_a_further_page_are_no_content(seed_text: str) -> None:
    heads = "一级指标 二级指标 三级指标 指标值 指标值说明"
    reading = _read(seed_text.replace("资金使用合规性 100%", f"资金使用合规性 100%\n\n{heads}\n"))
    assert reading.document == _read(seed_text).document
