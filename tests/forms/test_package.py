"""The zip that .xlsx and .docx are, opened with limits: hostile and broken files are refused with a sentence.

Each case has its control: the same file without the fault, or with the limit raised, is read.
"""

import struct
import zipfile
from io import BytesIO

import pytest

from forms.reading import package as limits
from forms.reading.decoding import Unreadable
from forms.reading.docx import read_docx
from forms.reading.package import Package
from forms.reading.xlsx import read_xlsx
from tests.forms.office_files import docx, docx_parts, paragraph, xlsx_parts, zipped

SHEET = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row></sheetData>'


def _first(data: bytes) -> str:
    return read_xlsx(data, "目标.xlsx").grids[0].cells[0].text


def _with(words: str, prolog: str = "") -> bytes:
    parts = xlsx_parts(SHEET.format(words))
    parts["xl/worksheets/sheet1.xml"] = prolog + str(parts["xl/worksheets/sheet1.xml"])
    return zipped(parts)


LAUGHS = '<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">' + "".join(
    f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9)
)


@pytest.mark.parametrize(
    ("prolog", "words"),
    [
        ("<!DOCTYPE x>", "目标"),
        (f"<!DOCTYPE x [{LAUGHS}]>", "&j;"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "目标"),
        ('<?xml version="1.0"?><!-- a --><!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>', "目标"),
    ],
)
def test_a_document_type_is_refused_before_anything_of_it_is_read(prolog: str, words: str) -> None:
    assert _first(_with("目标")) == "目标"
    with pytest.raises(Unreadable, match="文档类型"):
        _first(_with(words, prolog))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_type_is_seen_in_every_encoding(encoding: str) -> None:
    parts = xlsx_parts(SHEET.format("目标"))
    body = str(parts["xl/worksheets/sheet1.xml"])
    for prolog in ("", "<!DOCTYPE x>"):
        parts["xl/worksheets/sheet1.xml"] = f'<?xml version="1.0" encoding="utf-16"?>{prolog}{body}'.encode(encoding)
        if prolog:
            with pytest.raises(Unreadable, match="文档类型"):
                _first(zipped(parts))
        else:
            assert _first(zipped(parts)) == "目标"


def test_words_about_a_document_type_are_words() -> None:
    assert _first(_with("<![CDATA[<!DOCTYPE x>]]>")) == "<!DOCTYPE x>"


def test_a_beginning_without_end_is_refused() -> None:
    with pytest.raises(Unreadable):
        _first(_with("<![CDATA[<!DOCTYPE x>]]>", f"<!--{' ' * 100_000}-->"))
    assert _first(_with("<![CDATA[<!DOCTYPE x>]]>", f"<!--{' ' * 1000}-->")) == "<!DOCTYPE x>"


def test_a_part_that_swells_beyond_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = _with(" " * 5_000_000 + "目标")
    assert len(bomb) < 12_000
    with pytest.raises(Unreadable, match="压缩超过 250 倍"):
        _first(bomb)
    monkeypatch.setattr(limits, "MOST_RATIO", 2000)
    assert _first(bomb).strip() == "目标"


def test_parts_that_are_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = _with("目标")
    assert _first(file) == "目标"
    monkeypatch.setattr(limits, "MOST_UNPACKED", 1000)
    with pytest.raises(Unreadable, match="解压后超过"):
        _first(file)


def test_an_entry_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    honest = _with("目标" * 1000)
    at = honest.rindex(b"xl/worksheets/sheet1.xml") - 46  # its entry in the directory at the end
    assert honest[at : at + 4] == b"PK\x01\x02"
    liar = honest[: at + 24] + struct.pack("<I", 100) + honest[at + 28 :]
    with pytest.raises(Unreadable, match="已损坏"):
        _first(liar)
    assert _first(honest) == "目标" * 1000


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ENTRIES", len(xlsx_parts("")))
    assert _first(_with("目标")) == "目标"
    with pytest.raises(Unreadable, match="内部文件超过"):
        _first(zipped(xlsx_parts(SHEET.format("目标")) | {"more": ""}))


def test_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = docx(paragraph("目标") * 20)
    assert len(read_docx(file, "目标.docx").lines) == 20
    monkeypatch.setattr(limits, "MOST_ELEMENTS", 60)
    with pytest.raises(Unreadable, match="太多"):
        read_docx(file, "目标.docx")


@pytest.mark.parametrize("cut", [1, 22, 60, 400])
def test_a_file_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(Unreadable, match="已损坏或不完整"):
        _first(_with("目标")[:-cut])


def test_a_part_whose_checksum_is_wrong_is_refused() -> None:
    stored = zipped(xlsx_parts(SHEET.format("ABCDEFG")), compress=zipfile.ZIP_STORED)
    assert _first(stored) == "ABCDEFG"
    with pytest.raises(Unreadable, match="已损坏"):
        _first(stored.replace(b"ABCDEFG", b"ABCDEFH"))


def test_bytes_that_do_not_unpack_are_refused() -> None:
    file = _with("目标")
    at = file.index(b"xl/worksheets/sheet1.xml") + len("xl/worksheets/sheet1.xml")
    with pytest.raises(Unreadable, match="已损坏"):
        _first(file[:at] + b"\xff" * 20 + file[at + 20 :])


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "second", ["xl/worksheets/sheet1.xml", "XL/Worksheets/Sheet1.XML", "xl\\worksheets\\sheet1.xml"]
)
def test_two_entries_of_one_name_are_refused_for_programs_differ_in_which_they_read(second: str) -> None:
    file = BytesIO(_with("甲"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(second, "<worksheet/>")
    with pytest.raises(Unreadable, match="已损坏"):
        _first(file.getvalue())


def test_entries_named_like_paths_to_outside_harm_nobody() -> None:
    parts = xlsx_parts(SHEET.format("目标")) | {"../../etc/passwd": "x", "/absolute/x": "y", "C:\\x": "z"}
    assert _first(zipped(parts)) == "目标"
    parts["xl/_rels/workbook.xml.rels"] = str(parts["xl/_rels/workbook.xml.rels"]).replace(
        'Target="worksheets/sheet1.xml"', 'Target="../../../../../../etc/passwd"'
    )
    with pytest.raises(Unreadable, match="已损坏"):
        _first(zipped(parts))


def test_an_encrypted_zip_is_told_so() -> None:
    file = bytearray(_with("目标"))
    directory = file.rindex(b"PK\x01\x02")
    file[directory + 8] |= 1
    with pytest.raises(Unreadable, match="密码"):
        Package(bytes(file), "目标.xlsx")


def test_a_way_of_packing_that_office_never_uses_is_refused() -> None:
    with pytest.raises(Unreadable, match="已损坏"):
        _first(zipped(xlsx_parts(SHEET.format("目标")), compress=zipfile.ZIP_LZMA))


@pytest.mark.parametrize(
    "part",
    ["<a", "", "plain words", '<?xml version="1.0" encoding="gbk"?><a/>', '<?xml version="1.0" encoding="no"?><a/>'],
)
def test_a_part_that_is_no_xml_is_refused(part: str) -> None:
    with pytest.raises(Unreadable, match="已损坏"):
        _first(zipped(xlsx_parts(SHEET.format("目标")) | {"xl/worksheets/sheet1.xml": part}))


def test_parts_are_found_whatever_their_capitals_and_strokes() -> None:
    parts = {
        name.replace("xl/worksheets/", "xl\\Worksheets\\"): part
        for name, part in xlsx_parts(SHEET.format("目标")).items()
    }
    assert _first(zipped(parts)) == "目标"


@pytest.mark.parametrize("depth", [100, 10_000])
def test_elements_within_elements_are_read_or_refused_but_never_too_deep_for_us(depth: int) -> None:
    deep = "<x>" * depth + "</x>" * depth
    sheet = f"{deep}{SHEET.format('目标')}"
    assert _first(zipped(xlsx_parts(sheet))) == "目标"
    parts = docx_parts(deep.replace("x>", "w:smartTag>") + paragraph("目标"))
    if depth < limits.MOST_DEPTH:
        assert read_docx(zipped(parts), "目标.docx").lines[0].text == "目标"
    else:
        with pytest.raises(Unreadable, match="嵌套"):
            read_docx(zipped(parts), "目标.docx")
