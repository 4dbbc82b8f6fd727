"""Files are told apart by their content; their name says nothing."""

import pytest

from forms.reading import LIMIT
from forms.reading.decoding import Unreadable
from forms.reading.recognise import ManyFiles, kind_of
from tests.forms.office_files import DOCX_TYPE, docx, docx_parts, ole, package, paragraph, xlsx, xlsx_parts, zipped

SHEET = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
MACRO_BOOK = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
MACRO_TEXT = "application/vnd.ms-word.document.macroEnabled.main+xml"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (xlsx(SHEET), "xlsx"),
        (xlsx(SHEET, content_type=MACRO_BOOK), "xlsx"),
        (docx(paragraph("目标")), "docx"),
        (docx(paragraph("目标"), content_type=MACRO_TEXT), "docx"),
        (zipped({"xl/workbook.xml": "<workbook/>"}), "xlsx"),
        (b"%PDF-1.7\n...", "pdf"),
        (b"\xef\xbb\xbf\n%PDF-1.4", "pdf"),
        (b"junk before %PDF-1.4 ... startxref 9 %%EOF", "pdf"),
        ("部门整体绩效目标表".encode(), "text"),
        ("部门整体绩效目标表".encode("gb18030"), "text"),
        ("部门整体绩效目标表".encode("utf-16"), "text"),
        ("BMI 达标率\t≥95%\n".encode(), "text"),
        ("<95% 的指标".encode(), "text"),
        ("请另存为 %PDF- 文件".encode(), "text"),
        (b"MIN\t1\n", "text"),
    ],
)
def test_a_file_that_can_be_read_is_recognised_whatever_its_name(data: bytes, kind: str) -> None:
    assert kind_of(data, "目标.doc") == kind


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            ole("Workbook", "SummaryInformation"),
            "旧版 Excel (.xls) 或 WPS 表格 (.et)，请用 Excel 或 WPS 打开，另存为 .xlsx",
        ),
        (ole("A", "B", "C", "D", "E", "Book"), "旧版 Excel (.xls) 或 WPS 表格 (.et)"),
        (ole("WordDocument", "1Table"), "旧版 Word (.doc) 或 WPS 文字 (.wps)，请用 Word 或 WPS 打开，另存为 .docx"),
        (ole("EncryptionInfo", "EncryptedPackage"), "设有密码的文件，请取消密码"),
        (ole("PowerPoint Document"), "演示文稿"),
        (ole("Something"), "旧版 Office 或 WPS 文件"),
        (ole("Workbook")[:700], "旧版 Office 或 WPS 文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Office 或 WPS 文件"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(90), "旧版 Excel (.xls)"),
        (b"{\\rtf1\\ansi", "RTF 文件"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ""}), "（.ods），请"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}), "（.odt），请"),
        (zipped({"xl/workbook.bin": b""}), ".xlsb"),
        (
            zipped(
                package("ppt/p.xml", "application/vnd.openxmlformats-officedocument.presentationml.x")
                | {"ppt/p.xml": ""}
            ),
            "演示文稿",
        ),
        (zipped({"OFD.xml": "<ofd/>", "Doc_0/Document.xml": ""}), "OFD 版式文件"),
        (zipped({"Index/Document.iwa": b""}), "iWork"),
        (b"\x1f\x8b\x08\0", ".gz"),
        (b"Rar!\x1a\x07\x01\0", ".rar"),
        (b"7z\xbc\xaf\x27\x1c\0\4", ".7z"),
        (b"\x89PNG\r\n\x1a\n", "图片或扫描件"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "图片或扫描件"),
        (b"BM\x36\x10\0\0\0\0\0\0\x36", "图片或扫描件"),
        (b"II*\0\x08\0\0\0", "图片或扫描件"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "图片或扫描件"),
        (b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>', "另存为表格的网页，请用 Excel"),
        (
            b'\xef\xbb\xbf <!DOCTYPE html><html xmlns:w="urn:schemas-microsoft-com:office:word">',
            "另存为文档的网页，请用 Word",
        ),
        ("<html><table><tr><td>指标".encode("utf-16"), "网页文件"),
        (b"<table border=1><tr>", "网页文件"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x", "网页文件"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>', "XML 表格"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>', "XML 文档"),
        (b'<?xml version="1.0"?><a/>', "XML 文件"),
        (b"", "是空的"),
        (bytes(LIMIT + 1), "超过 20 MB"),
        (b"PK\x03\x04 and no more", "已损坏或不完整"),
        (xlsx(SHEET)[:-30], "已损坏或不完整"),
        (b"PK\x05\x06" + bytes(18), "压缩包"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_way_out(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable) as refused:
        kind_of(data, "目标.xlsx")
    assert says in str(refused.value)
    assert "“目标.xlsx”" in str(refused.value)


def test_a_workbook_within_a_word_file_of_old_does_not_make_it_a_workbook() -> None:
    below = ole("WordDocument", "ObjectPool")
    # The stream is in the directory, but hangs on no entry of the top.
    hidden = "Workbook\0".encode("utf-16-le").ljust(64, b"\0") + b"\x12\0\x02\x01" + b"\xff" * 12 + bytes(48)
    with pytest.raises(Unreadable, match=r"\.doc"):
        kind_of(below[: 1024 + 3 * 128] + hidden, "目标")


def test_an_old_file_whose_directory_runs_in_circles_is_told_at_once() -> None:
    circle = bytearray(ole("Workbook"))
    circle[512 + 4 : 512 + 8] = (1).to_bytes(4, "little")
    circle[1024 + 128 + 72 : 1024 + 128 + 76] = (1).to_bytes(4, "little")
    with pytest.raises(Unreadable, match=r"\.xls"):
        kind_of(bytes(circle), "目标")


def test_a_zip_of_tables_is_told_apart_so_that_it_can_be_read_in_bulk() -> None:
    with pytest.raises(ManyFiles, match="批量导入"):
        kind_of(zipped({"财政厅.xlsx": xlsx(SHEET), "教育厅.docx": b""}), "全省.zip")


def test_a_word_file_named_as_a_zip_is_a_word_file() -> None:
    parts = docx_parts(paragraph("目标"), content_type=DOCX_TYPE)
    assert kind_of(zipped(parts), "目标.zip") == "docx"
    assert kind_of(zipped(xlsx_parts(SHEET)), "目标.zip") == "xlsx"
