"""Bytes -> text, or one sentence why not. A file is refused before anything is understood wrongly."""

import codecs
import unicodedata

LIMIT = 20 * 1024 * 1024
"""Bytes. The longest real tables are below one megabyte; anything far above is another file. [choice]"""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Unreadable(ValueError):
    """Nothing can be read; the message is one Chinese sentence that names the file and the way out."""


def fitting(data: bytes, name: str) -> bytes:
    """The bytes themselves; Unreadable if there are too many of them, or none."""
    if len(data) > LIMIT:
        raise Unreadable(f"文件“{name}”超过 {LIMIT // 1024 // 1024} MB，请确认是绩效目标表后另存为较小的文件")
    if not data.strip():
        raise Unreadable(f"文件“{name}”是空的，请选择有内容的绩效目标表")
    return data


def text_of(data: bytes, name: str) -> str:
    """The text of a file in UTF-8, UTF-16 with a mark, or GB18030, line ends as "\\n", without invisible characters."""
    text = _decoded(fitting(data, name), name)
    if not text.strip():
        raise wordless(name)
    return visible(text)


def wordless(name: str) -> Unreadable:
    """A file in which nothing is written."""
    return Unreadable(f"文件“{name}”中没有文字，请选择有内容的绩效目标表")


def visible(text: str) -> str:
    """A text as a person sees it, whatever file it comes from: NFC, line ends as "\\n", no invisible characters."""
    if not text.isprintable():  # most cells are, and this is a hundred times quicker than looking at each character
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return unicodedata.normalize("NFC", text)


def _decoded(data: bytes, name: str) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _strict(data[len(mark) :], encoding)
            except UnicodeDecodeError:
                raise Unreadable(f"文件“{name}”的文字编码已损坏，请另存为 UTF-8 文本后重试") from None
    if b"\0" in data or _binary(data):
        raise Unreadable(f"文件“{name}”不是文本文件，请另存为文本（.txt，UTF-8 编码）后重试")
    for encoding in ("utf-8", "gb18030"):
        try:
            return _strict(data, encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(f"文件“{name}”的文字编码无法识别，请另存为 UTF-8 文本后重试")


def _strict(data: bytes, encoding: str) -> str:
    """Strict, except that a file cut in the middle of its last character only loses that character."""
    return codecs.getincrementaldecoder(encoding)("strict").decode(data, final=False)


def _binary(data: bytes) -> bool:
    head = data[:4096]
    control = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in head)
    return head.startswith((b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or control * 50 > len(head)
