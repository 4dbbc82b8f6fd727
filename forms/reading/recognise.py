"""What kind of file it is, by its content; a name may say anything. What cannot be read is told how it can be."""

import re
from struct import unpack_from

from forms.reading.decoding import Unreadable, fitting
from forms.reading.grid import Kind
from forms.reading.package import Package


class ManyFiles(Unreadable):
    """A zip of files, to be read one by one."""


_TO_XLSX = "请用 Excel 或 WPS 打开，另存为 .xlsx 后重试"
_TO_DOCX = "请用 Word 或 WPS 打开，另存为 .docx 后重试"
_TO_EITHER = "请用 Office 或 WPS 打开，另存为 .xlsx 或 .docx 后重试"
_PICTURE = ("图片或扫描件，其中没有可读的文字", "请选择原来的电子文件（.xlsx、.docx 或有文字的 PDF）")
_ARCHIVE = "请解压后选择其中的绩效目标表"

_Refusal = tuple[str, str]
"""What it is, and the way out."""

_BEGINNINGS: tuple[tuple[bytes, _Refusal], ...] = (
    (b"{\\rtf", ("RTF 文件", _TO_DOCX)),
    (b"\x1f\x8b", ("压缩包（.gz）", _ARCHIVE)),
    (b"Rar!\x1a\x07", ("压缩包（.rar）", _ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", ("压缩包（.7z）", _ARCHIVE)),
    (b"\xfd7zXZ\0", ("压缩包（.xz）", _ARCHIVE)),
    (b"\x89PNG\r\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"\0\0\0\x0cjP  ", _PICTURE),
    (b"AT&TFORM", _PICTURE),
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_STREAMS: tuple[tuple[str, _Refusal], ...] = (
    ("encryptedpackage", ("设有密码的文件", "请取消密码后另存再试")),
    ("workbook", ("旧版 Excel (.xls) 或 WPS 表格 (.et)", _TO_XLSX)),
    ("book", ("旧版 Excel (.xls) 或 WPS 表格 (.et)", _TO_XLSX)),
    ("worddocument", ("旧版 Word (.doc) 或 WPS 文字 (.wps)", _TO_DOCX)),
    ("powerpoint document", ("演示文稿（.ppt 或 .dps）", _TO_EITHER)),
)
"""Streams of an OLE file that tell what it is, in small letters; [MS-XLS] 2.1, [MS-DOC] 2.1, [MS-OFFCRYPTO] 2.3."""

_OLD_OFFICE: _Refusal = ("旧版 Office 或 WPS 文件", _TO_EITHER)

_RAW_XLS = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00")
"""A worksheet without the OLE file around it: the beginning record of BIFF 2 to 8."""

_MARKUP: tuple[tuple[str, _Refusal], ...] = (
    ("urn:schemas-microsoft-com:office:spreadsheet", ("XML 表格", _TO_XLSX)),
    ('progid="excel.sheet"', ("XML 表格", _TO_XLSX)),
    ('progid="word.document"', ("XML 文档", _TO_DOCX)),
    ("http://schemas.microsoft.com/office/2006/xmlpackage", ("XML 文档", _TO_DOCX)),
    ("urn:schemas-microsoft-com:office:excel", ("另存为表格的网页", _TO_XLSX)),
    ("urn:schemas-microsoft-com:office:word", ("另存为文档的网页", _TO_DOCX)),
    ("multipart/related", ("网页文件", _TO_EITHER)),
    ("<html", ("网页文件", _TO_EITHER)),
    ("<!doctype html", ("网页文件", _TO_EITHER)),
    ("<table", ("网页文件", _TO_EITHER)),
    ("<?xml", ("XML 文件", _TO_EITHER)),
)
"""Words near the beginning of markup, the telling ones first. Many systems export such pages as .xls or .doc."""

_MARKUP_BEGINS = ("<html", "<!doctype html", "<table", "<?xml", "<head", "<meta", "<style", "<!--", "mime-version:")

_MAIN_TYPES: tuple[tuple[str, Kind | _Refusal], ...] = (
    ("spreadsheetml.", "xlsx"),
    ("ms-excel.sheet.binary", ("二进制 Excel (.xlsb)", _TO_XLSX)),
    ("ms-excel.", "xlsx"),
    ("wordprocessingml.", "docx"),
    ("ms-word.", "docx"),
    ("presentationml.", ("演示文稿（.pptx）", _TO_EITHER)),
    ("ms-powerpoint.", ("演示文稿（.pptx）", _TO_EITHER)),
    ("application/", ("别的 Office 文件", _TO_EITHER)),
)
"""What a main part's content type contains. Macros (.xlsm, .docm) are never run: such files are read as the others."""

_MAIN_NAMES: dict[str, Kind | _Refusal] = {
    "xl/workbook.xml": "xlsx",
    "word/document.xml": "docx",
    "xl/workbook.bin": ("二进制 Excel (.xlsb)", _TO_XLSX),
}

_OPEN_DOCUMENT: tuple[tuple[str, _Refusal], ...] = (
    ("spreadsheet", ("OpenDocument 表格（.ods）", _TO_XLSX)),
    ("text", ("OpenDocument 文档（.odt）", _TO_DOCX)),
    ("", ("OpenDocument 文件", _TO_EITHER)),
)


def kind_of(data: bytes, name: str) -> Kind:
    """What the bytes are; `name` is only what to call them. Unreadable, with the way out, for what no reader takes."""
    fitting(data, name)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data, name)
    if data.startswith(_OLE):
        raise _refused(name, _inside_ole(data))
    if _is_pdf(data):
        return "pdf"
    for beginning, refusal in _BEGINNINGS:
        if data.startswith(beginning):
            raise _refused(name, refusal)
    if _is_picture(data):
        raise _refused(name, _PICTURE)
    if _RAW_XLS.match(data):
        raise _refused(name, ("旧版 Excel (.xls) 或 WPS 表格 (.et)", _TO_XLSX))
    head = _head(data)
    if head.startswith(_MARKUP_BEGINS):
        for words, refusal in _MARKUP:
            if words in head:
                raise _refused(name, refusal)
    return "text"


def _refused(name: str, refusal: _Refusal) -> Unreadable:
    what, instead = refusal
    return Unreadable(f"文件“{name}”是{what}，{instead}")


def _is_pdf(data: bytes) -> bool:
    """Readers take a PDF whose mark follows up to 1,024 other bytes; a text about PDF has no end mark."""
    if data.lstrip(b"\xef\xbb\xbf\0\t\n\f\r ").startswith(b"%PDF-"):
        return True
    return b"%PDF-" in data[:1024] and b"startxref" in data[-2048:]


def _is_picture(data: bytes) -> bool:
    bitmap = data.startswith(b"BM") and data[6:10] == bytes(4)
    return bitmap or (data.startswith(b"RIFF") and data[8:12] == b"WEBP") or data[4:12] in (b"ftypheic", b"ftypmif1")


def _head(data: bytes) -> str:
    """The first characters in small letters, as far as ASCII goes."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    head = data[:8192]
    return (
        (head.decode("utf-16", "ignore") if wide else head.removeprefix(b"\xef\xbb\xbf").decode("latin-1"))
        .strip()
        .lower()
    )


def _zipped(data: bytes, name: str) -> Kind:
    package = Package(data, name)
    parts = frozenset(package.names())
    if "ofd.xml" in parts:
        raise _refused(name, ("OFD 版式文件", "请选择原来的 .xlsx、.docx，或另存为 PDF 后重试"))
    if "mimetype" in parts:
        declared = package.read("mimetype")[:200].decode("ascii", "ignore")
        if "opendocument" in declared:
            raise _refused(name, next(refusal for words, refusal in _OPEN_DOCUMENT if words in declared))
    if package.main or "[content_types].xml" in parts:
        found: Kind | _Refusal | None = next(
            (kind for words, kind in _MAIN_TYPES if words in package.main_type), _MAIN_NAMES.get(package.main)
        )
        if found is None:
            raise package.damaged()
        if isinstance(found, tuple):
            raise _refused(name, found)
        return found
    if any(part.endswith(".iwa") for part in parts):
        raise _refused(name, ("苹果 iWork 文件", "请导出为 .xlsx 或 .docx 后重试"))
    raise ManyFiles(f"文件“{name}”是压缩包（.zip），请解压后选择其中的绩效目标表，多个部门的请用批量导入")


def _inside_ole(data: bytes) -> _Refusal:
    """Which program wrote an OLE file: by the streams at its top, for one may be embedded in the other."""
    streams = _top_streams(data)
    return next((refusal for stream, refusal in _STREAMS if stream in streams), _OLD_OFFICE)


_ENTRY = 128
_MOST_ENTRIES = 20_000


def _top_streams(data: bytes) -> set[str]:
    """The names, in small letters, of what lies at the top of an OLE file ([MS-CFB] 2.6); as far as it is whole."""
    entries = _directory(data)
    found: set[str] = set()
    seen = {0}
    # The root's children hang together as a tree of left and right neighbours.
    waiting = [unpack_from("<I", entries[0], 76)[0]] if entries else []
    while waiting:
        at = waiting.pop()
        if at >= len(entries) or at in seen:
            continue
        seen.add(at)
        entry = entries[at]
        length = unpack_from("<H", entry, 64)[0]
        found.add(entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "ignore").lower())
        waiting += unpack_from("<II", entry, 68)
    return found


def _directory(data: bytes) -> list[bytes]:
    """The directory's entries, following its chain of sectors."""
    if len(data) < 512:
        return []
    shift = unpack_from("<H", data, 30)[0]
    if shift not in (9, 12):
        return []
    size = 1 << shift
    tables = unpack_from("<109I", data, 76)

    def sector(at: int) -> bytes:
        return data[(at + 1) * size : (at + 2) * size]

    def following(at: int) -> int:
        table, place = divmod(at, size // 4)
        if table >= len(tables):
            return -1
        links = sector(tables[table])
        return int(unpack_from("<I", links, place * 4)[0]) if len(links) == size else -1

    entries: list[bytes] = []
    at = unpack_from("<I", data, 48)[0]
    while at >= 0 and len(entries) < _MOST_ENTRIES:
        content = sector(at)
        entries += [content[start : start + _ENTRY] for start in range(0, len(content) - _ENTRY + 1, _ENTRY)]
        if len(content) < size:
            break
        at = following(at)
    return entries
