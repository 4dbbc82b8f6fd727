"""What a server does before its first child: readings find words, forms and code as they are needed."""

import contextlib
import gc
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZipFile

from forms.framework import Framework, available, load
from forms.reading.apart.jobs import READ
from forms.reading.vocabulary import general, words_of_form

_CELL = '<c t="inlineStr"><is><t>{}</t></is></c>'


def warm_up() -> None:
    """Load what every reading needs, and keep the memory it stands in from being copied by the children."""
    general()
    for key in available():
        words_of_form(load(key))
    for codec in ("gb18030", "utf-16", "cp437"):
        "目".encode(codec, "ignore").decode(codec)
    for key in available():
        with contextlib.suppress(ValueError):
            READ.run(_sample(load(key)), name="")
    gc.collect()
    gc.freeze()
    gc.disable()  # a child reads one file and is gone


def _sample(framework: Framework) -> bytes:
    """A workbook with the form's own words, so that reading it goes the ways that reading a table goes."""
    rows = [
        [framework.title],
        *([label, "一"] for _name, label in framework.labels if label),
        [head for _name, head in framework.columns.heads],
        *(["产出指标", "数量指标", row.name, "≥95%"] for row in framework.common_indicators),
        ["效益指标", "社会效益指标", "一", "≤2.5万元"],
    ]
    cells = "".join(f"<row>{''.join(_CELL.format(escape(text)) for text in row)}</row>" for row in rows)
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = '<Relationships><Relationship Id="a" Type="{}" Target="{}"/></Relationships>'
    parts = {
        "_rels/.rels": relations.format(f"{relation}/officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns:r="{relation}"><sheets><sheet name="a" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations.format(f"{relation}/worksheet", "sheet.xml"),
        "xl/sheet.xml": f"<worksheet><sheetData>{cells}</sheetData></worksheet>",
    }
    whole = BytesIO()
    with ZipFile(whole, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return whole.getvalue()
