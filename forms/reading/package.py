"""The zip of XML parts that .xlsx and .docx files are (ECMA-376, part 2), opened with limits.

Nothing is ever unpacked to disk and no name in the file leads out of it: parts are found by name among the entries. An
XML part with a document type is refused, so there are no entities, internal or external.
"""

import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from posixpath import join, normpath
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.parsers import expat

from forms.reading.decoding import Unreadable

MOST_ENTRIES = 10_000
"""Entries of the zip; a workbook of a thousand sheets has about three thousand. [choice]"""

MOST_UNPACKED = 96 * 1024 * 1024
"""Bytes that all parts read of one file may have together. [choice]"""

MOST_RATIO = 250
"""Unpacked ÷ packed bytes of a part above `RATIO_FROM`. Deflate reaches 1,032, real sheets stay below 60. [choice]"""

RATIO_FROM = 1024 * 1024

MOST_ELEMENTS = 1_000_000
"""XML elements of all parts read; each takes about 300 bytes while its part is read. [choice]"""

MOST_DEPTH = 250
"""Elements within elements. A table within a table adds three to six; Word gives up long before this. [choice]"""

_ENCRYPTED = 0x1
_PROLOG = 64 * 1024


class Related(NamedTuple):
    """What a part points to: the relation's id, the last word of its type, and the part's name."""

    key: str
    type: str
    part: str


class Package:
    """An Office file; every refusal is Unreadable and names the file."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self._unpacked = 0
        self._elements = 0
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, OverflowError):
            raise self.damaged() from None
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise self.too_much(f"内部文件超过 {MOST_ENTRIES} 个")
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise Unreadable(f"文件“{name}”设有密码，请取消密码后另存再试")
        # Part names do not tell capitals from small letters; some writers put backslashes.
        self._entries = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry for entry in entries}
        if len(self._entries) != len(entries):
            # Which of two equal names is meant is read differently by different programs.
            raise self.damaged()

    def damaged(self) -> Unreadable:
        """The file is not whole."""
        return Unreadable(f"文件“{self.name}”已损坏或不完整，请用 Office 或 WPS 打开后另存，或重新取得原文件后再试")

    def too_much(self, trouble: str) -> Unreadable:
        """The file is beyond a limit: `trouble` says which."""
        return Unreadable(f"文件“{self.name}”{trouble}，不像绩效目标表，请只保留绩效目标表，另存后重试")

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._entries

    def names(self) -> Iterator[str]:
        """The names of all entries, in small letters."""
        return iter(self._entries)

    def read(self, part: str) -> bytes:
        """A part's bytes."""
        try:
            entry = self._entries[part.lower()]
        except KeyError:
            raise self.damaged() from None
        self._unpacked += entry.file_size  # zipfile never gives more than this, whatever follows
        if self._unpacked > MOST_UNPACKED:
            raise self.too_much(f"解压后超过 {MOST_UNPACKED // 1024 // 1024} MB")
        if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * entry.compress_size:
            raise self.too_much(f"的内容压缩超过 {MOST_RATIO} 倍")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.damaged()
        try:
            return self._zip.read(entry)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, OSError, EOFError, RuntimeError):
            raise self.damaged() from None

    def xml(self, part: str) -> Element:
        """A part's root element."""
        data = self.read(part)
        self._elements += data.count(b"<") - data.count(b"</")
        if self._elements > MOST_ELEMENTS:
            raise self.too_much("的行、列或文字太多")
        if _has_doctype(data):
            raise Unreadable(
                f"文件“{self.name}”内含文档类型声明，不是 Office 或 WPS 保存的文件，请用它们打开后另存再试"
            )
        # The tree is built in C, at once: fed in pieces, one endless word would be looked at again with each piece.
        parser = XMLParser()  # noqa: S314 - without a document type there is nothing to expand or to fetch
        try:
            parser.feed(data)
            root: Element = parser.close()
        except (ParseError, ValueError, LookupError):
            raise self.damaged() from None
        return root

    def shallow(self, root: Element) -> Element:
        """The element itself, for who walks through it by calling himself; refused if it is nested too deeply."""
        level = [root]
        for _ in range(MOST_DEPTH):
            level = [child for element in level for child in element]
            if not level:
                return root
        raise self.too_much(f"的内容嵌套超过 {MOST_DEPTH} 层")

    def related(self, part: str) -> tuple[Related, ...]:
        """What a part points to within the file; "" is the file itself. Links to outside are not followed."""
        folder, _, last = part.rpartition("/")
        relations = join(folder, "_rels", f"{last}.rels")
        if relations not in self:
            return ()
        return tuple(
            Related(
                relation.get("Id", ""),
                relation.get("Type", "").rpartition("/")[2],
                normpath(join("/", folder, relation.get("Target", "").replace("\\", "/"))).lstrip("/"),
            )
            for relation in self.xml(relations)
            if relation.get("TargetMode") != "External"
        )

    @cached_property
    def main(self) -> str:
        """The part that everything else hangs from; "" if there is none."""
        for relation in self.related(""):
            if relation.type == "officeDocument" and relation.part in self:
                return relation.part
        return next((part for part in ("xl/workbook.xml", "xl/workbook.bin", "word/document.xml") if part in self), "")

    @cached_property
    def main_type(self) -> str:
        """The content type of the main part, "" if the file does not say."""
        if "[content_types].xml" not in self:
            return ""
        for entry in self.xml("[content_types].xml"):
            if entry.get("PartName", "").lstrip("/").lower() == self.main.lower():
                return entry.get("ContentType", "")
        return ""


def namespace(element: Element) -> str:
    """The namespace of an element in braces: what stands before the names of its children."""
    return element.tag[: element.tag.rfind("}") + 1]


class _Doctype(Exception):
    """A document type begins."""


class _Begun(Exception):
    """The first element begins."""


def _at_doctype(*_: object) -> None:
    raise _Doctype


def _at_element(*_: object) -> None:
    raise _Begun


def _has_doctype(data: bytes) -> bool:
    """Whether there is a document type before the first element (or so much else that it cannot be told)."""
    if b"<!DOCTYPE" not in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" not in data[:8]:
        return False  # all encodings that expat knows but UTF-16 write these letters so
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _at_doctype
    parser.StartElementHandler = _at_element
    try:
        parser.Parse(data[:_PROLOG], len(data) <= _PROLOG)
    except _Doctype:
        return True
    except (_Begun, expat.ExpatError, ValueError, LookupError):
        return False  # what is not well-formed is told when it is read
    return True
