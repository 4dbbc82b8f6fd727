"""Word files are read as a person sees them: tables as grids, what stands between them as lines."""

from io import BytesIO
from typing import Any

import docx as python_docx
import pytest
from docx.enum.text import WD_BREAK

from forms.reading import docx as reader
from forms.reading.decoding import Unreadable
from forms.reading.docx import read_docx
from forms.reading.grid import Grid, Line, Place, Source
from tests.forms.office_files import STRICT_OFFICE, STRICT_WORD, cell, docx, paragraph, run, table


def _read(body: str, **more: str) -> Source:
    return read_docx(docx(body, **more), "目标.docx")


def _saved(document: Any) -> Source:
    file = BytesIO()
    document.save(file)
    return read_docx(file.getvalue(), "目标.docx")


def _shape(grid: Grid) -> list[tuple[int, int, int, int, str]]:
    return [(cell.row, cell.column, cell.rows, cell.columns, cell.text) for cell in grid.cells]


def _lines(source: Source) -> list[str]:
    return [line.text for line in source.lines]


def test_a_table_is_read_with_its_merged_cells_and_the_lines_around_it() -> None:
    document = python_docx.Document()
    document.add_paragraph("部门整体绩效目标表")
    document.add_paragraph("")
    document.add_paragraph("单位：万元")
    drawn = document.add_table(rows=4, cols=4)
    for at, row in enumerate(drawn.rows):
        for place, one in enumerate(row.cells):
            one.text = f"{at}{place}"
    for one in (drawn.cell(0, 1), drawn.cell(0, 2), drawn.cell(2, 0), drawn.cell(3, 0)):
        one.text = ""
    drawn.cell(0, 0).merge(drawn.cell(0, 2))
    drawn.cell(1, 0).merge(drawn.cell(3, 0))
    drawn.cell(2, 2).merge(drawn.cell(3, 3)).text = "大"
    drawn.cell(1, 1).add_paragraph("第二段")
    drawn.cell(1, 1).paragraphs[0].add_run().add_break(WD_BREAK.LINE)
    drawn.cell(1, 1).paragraphs[0].add_run("换行\t后")
    document.add_paragraph("填报人：")
    source = _saved(document)
    (grid,) = source.grids
    assert source.kind == "docx"
    assert source.lines == (
        Line("部门整体绩效目标表", Place("docx", "", "1"), 0),
        Line("单位：万元", Place("docx", "", "2"), 0),
        Line("填报人：", Place("docx", "", "3"), 1),
    )
    assert _shape(grid) == [
        (0, 0, 1, 3, "00"),
        (0, 3, 1, 1, "03"),
        (1, 0, 3, 1, "10"),
        (1, 1, 1, 1, "11\n换行\t后\n第二段"),
        (1, 2, 1, 1, "12"),
        (1, 3, 1, 1, "13"),
        (2, 1, 1, 1, "21"),
        (2, 2, 2, 2, "大"),
        (3, 1, 1, 1, "31"),
    ]
    assert grid.name == "表 1"
    assert str(grid.covering[0, 3].place) == "表 1 第 1 行第 2 列"
    assert not any(cell.doubt for cell in grid.cells)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<w:r><w:t> 首尾 </w:t></w:r>" + run(" 保留"), "首尾 保留"),
        (run("甲") + "<w:r><w:tab/></w:r>" + run("乙"), "甲\t乙"),
        (run("非断") + "<w:r><w:noBreakHyphen/><w:t>字</w:t><w:softHyphen/></w:r>", "非断-字"),
        (f"<w:ins>{run('新增')}</w:ins><w:del><w:r><w:delText>删去</w:delText></w:r></w:del>", "新增"),
        (f"<w:moveFrom>{run('旧处')}</w:moveFrom><w:moveTo>{run('新处')}</w:moveTo>", "新处"),
        (run("隐", "<w:vanish/>") + run("显", '<w:vanish w:val="0"/>'), "显"),
        (f"<w:hyperlink>{run('链接')}</w:hyperlink><w:smartTag>{run('标记')}</w:smartTag>", "链接标记"),
        (f'<w:fldSimple w:instr="PAGE">{run("3")}</w:fldSimple>', "3"),
        (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DATE</w:instrText></w:r>'
            f'{run("指令")}<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("2020年")}'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>' + run("止"),
            "2020年止",
        ),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('控件')}</w:sdtContent></w:sdt>", "控件"),
        (f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('单击输入')}</w:sdtContent></w:sdt>x", ""),
        (run("注") + '<w:r><w:footnoteReference w:id="1"/></w:r>' + '<w:r><w:commentReference w:id="1"/></w:r>', "注"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>' + run("95%"), "≥95%"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + run("是"), "☑是"),
        (run("\uf0a3", '<w:rFonts w:ascii="Symbol"/>') + run("5"), "≤5"),
        (run("³95", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'), "≥95"),
        (run("中文", '<w:rFonts w:ascii="Symbol"/>'), "中文"),
        (run("10") + run("4", '<w:vertAlign w:val="superscript"/>') + run("吨"), "10⁴吨"),
        ("<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>", "x=1"),
        (f"<w:r><w:ruby><w:rt>{run('hàn')}</w:rt><w:rubyBase>{run('汉')}</w:rubyBase></w:ruby></w:r>", "汉"),
        (run("页") + '<w:r><w:br w:type="page"/><w:lastRenderedPageBreak/></w:r>' + run("面"), "页面"),
        (run("零\u200b宽"), "零宽"),
    ],
)
def test_a_cell_has_the_words_that_are_seen(content: str, text: str) -> None:
    (read,) = _read(table([cell(f"<w:p>{content}</w:p>")]) + paragraph("。")).grids[0].cells
    assert (read.text, read.doubt) == (text, False)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (run("\ue003级"), "\ue003级"),
        ('<w:r><w:sym w:font="Webdings" w:char="F061"/></w:r>' + run("是"), "\uf061是"),
        (run("图") + "<w:r><w:drawing><a:blip/></w:drawing></w:r>", "图"),
        (run("式") + "<w:r><w:object/></w:r>", "式"),
        (
            "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>",
            "12",
        ),
        (
            run("甲")
            + f"<w:r><w:pict><v:textbox><w:txbxContent>{paragraph('框')}</w:txbxContent></v:textbox></w:pict></w:r>",
            "甲\n框",
        ),
    ],
)
def test_a_cell_whose_look_is_not_in_its_letters_is_in_doubt(content: str, text: str) -> None:
    (read,) = _read(table([cell(f"<w:p>{content}</w:p>")])).grids[0].cells
    assert (read.text, read.doubt) == (text, True)


def test_a_paragraph_whose_end_is_deleted_goes_on_in_the_next() -> None:
    first = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('上半')}</w:p>"
    source = _read(table([cell(first + paragraph("下半"))]) + first + paragraph("下半句"))
    assert (source.grids[0].cells[0].text, _lines(source)) == ("上半下半", ["上半下半句"])


def test_a_text_box_is_read_once_though_the_file_holds_it_twice() -> None:
    box = "<w:txbxContent>" + paragraph("单位：万元") + "</w:txbxContent>"
    twice = (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>" + box + "</wps:txbx></w:drawing>"
        "</mc:Choice><mc:Fallback><w:pict><v:textbox>"
        + box
        + "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert _lines(_read(f"<w:p>{run('标题')}{twice}</w:p>")) == ["标题", "单位：万元"]


def test_a_table_in_a_text_box_is_a_grid_of_its_own() -> None:
    box = f"<w:r><w:pict><w:txbxContent>{table(['甲', '乙'])}</w:txbxContent></w:pict></w:r>"
    source = _read(f"<w:p>{run('标题')}{box}</w:p>")
    assert (_lines(source), _shape(source.grids[0])) == (["标题"], [(0, 0, 1, 1, "甲"), (0, 1, 1, 1, "乙")])


def test_lines_say_which_tables_come_before_them_and_a_break_within_makes_two() -> None:
    broken = f"<w:p>{run('一')}<w:r><w:br/></w:r>{run('二')}</w:p>"
    source = _read(paragraph("零") + table(["甲"]) + broken + table(["乙"]) + paragraph("三"))
    assert [(line.text, line.place.at, line.before) for line in source.lines] == [
        ("零", "1", 0),
        ("一", "2", 1),
        ("二", "2", 1),
        ("三", "3", 2),
    ]
    assert [grid.name for grid in source.grids] == ["表 1", "表 2"]


def _row(*cells: str, look: str = "") -> str:
    return f"<w:tr><w:trPr>{look}</w:trPr>{''.join(cells)}</w:tr>"


def _table(*rows: str) -> Grid:
    return _read("<w:tbl>" + "".join(rows) + "</w:tbl>").grids[0]


DOWN, UNDER = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def _span(columns: int) -> str:
    return f'<w:gridSpan w:val="{columns}"/>'


def test_rows_may_begin_and_end_away_from_the_edge_of_the_table() -> None:
    grid = _table(
        _row(cell("甲"), cell("乙"), cell("丙")),
        _row(cell("丁"), look='<w:gridBefore w:val="1"/><w:gridAfter w:val="1"/>'),
    )
    assert _shape(grid)[3] == (1, 1, 1, 1, "丁")
    assert not any(cell.doubt for cell in grid.cells)


def test_a_row_that_ends_early_and_does_not_say_so_is_in_doubt() -> None:
    grid = _table(_row(cell("甲"), cell("乙"), cell("丙")), _row(cell("丁"), cell("戊")))
    assert [cell.doubt for cell in grid.cells] == [False, False, False, True, True]


def test_cells_merged_downwards_are_one_where_they_are_equally_wide() -> None:
    grid = _table(
        _row(cell("产出", DOWN + _span(2)), cell("1")),
        _row(cell("", UNDER + _span(2)), cell("2")),
        _row(cell("效益", DOWN), cell("社会", DOWN), cell("3")),
        _row(cell("", UNDER), cell("满意", DOWN), cell("4")),
    )
    assert _shape(grid) == [
        (0, 0, 2, 2, "产出"),
        (0, 2, 1, 1, "1"),
        (1, 2, 1, 1, "2"),
        (2, 0, 2, 1, "效益"),
        (2, 1, 1, 1, "社会"),
        (2, 2, 1, 1, "3"),
        (3, 1, 1, 1, "满意"),
        (3, 2, 1, 1, "4"),
    ]
    assert str(grid.cells[-1].place) == "表 1 第 4 行第 3 列"
    assert not any(cell.doubt for cell in grid.cells)


def test_a_cell_that_goes_on_from_nowhere_or_hides_words_is_in_doubt() -> None:
    grid = _table(
        _row(cell("孤", UNDER), cell("上", DOWN)),
        _row(cell("左"), cell("藏", UNDER)),
        _row(cell("宽", UNDER + _span(2))),
    )
    assert [(cell.text, cell.rows, cell.doubt) for cell in grid.cells] == [
        ("孤", 1, True),
        ("上", 2, True),
        ("左", 1, False),
        ("宽", 1, True),
    ]


def test_cells_merged_sideways_the_old_way_are_one() -> None:
    grid = _table(
        _row(cell("甲", '<w:hMerge w:val="restart"/>'), cell("", "<w:hMerge/>"), cell("乙")),
        _row(cell("1"), cell("2"), cell("3")),
    )
    assert _shape(grid)[:2] == [(0, 0, 1, 2, "甲"), (0, 2, 1, 1, "乙")]


def test_cells_merged_the_old_way_in_both_directions_are_one_and_overlap_no_other() -> None:
    right, on = '<w:hMerge w:val="restart"/>', "<w:hMerge/>"
    grid = _table(
        _row(cell("大", DOWN + right), cell("", DOWN + on), cell("1"), cell("2")),
        _row(cell("", UNDER + right), cell("", UNDER + on), cell("3"), cell("4")),
        _row(cell("", UNDER), cell("5"), cell("", on), cell("6")),
    )
    assert [(*shape, cell.doubt) for shape, cell in zip(_shape(grid), grid.cells, strict=True)] == [
        (0, 0, 2, 2, "大", False),
        (0, 2, 1, 1, "1", False),
        (0, 3, 1, 1, "2", False),
        (1, 2, 1, 1, "3", False),
        (1, 3, 1, 1, "4", False),
        (2, 0, 1, 1, "", True),
        (2, 1, 1, 2, "5", False),
        (2, 3, 1, 1, "6", False),
    ]


def test_deleted_rows_and_cells_are_gone_and_inserted_ones_there() -> None:
    grid = _table(
        _row(cell("甲"), look="<w:ins/>"),
        _row(cell("删"), look="<w:del/>"),
        _row(cell("丙"), cell("删", "<w:cellDel/>")),
    )
    assert _shape(grid) == [(0, 0, 1, 1, "甲"), (1, 0, 1, 1, "丙")]


def test_a_hidden_row_is_marked() -> None:
    grid = _table(_row(cell("甲")), _row(cell("藏"), look="<w:hidden/>"))
    assert [(cell.text, cell.hidden) for cell in grid.cells] == [("甲", False), ("藏", True)]


def test_rows_and_cells_in_content_controls_are_read() -> None:
    def controlled(inner: str) -> str:
        return f"<w:sdt><w:sdtContent>{inner}</w:sdtContent></w:sdt>"

    source = _read(controlled(f"<w:tbl>{controlled(_row(controlled(cell('甲'))))}</w:tbl>"))
    assert _shape(source.grids[0]) == [(0, 0, 1, 1, "甲")]


def test_a_table_within_a_cell_beside_words_is_part_of_the_words_in_doubt() -> None:
    inner = table(["数量", "3 个"], ["质量", "优"])
    (grid,) = _read(table(["指标", cell(inner + paragraph(""))], ["备注", "无"])).grids
    assert [(cell.text, cell.doubt) for cell in grid.cells] == [
        ("指标", False),
        ("数量\t3 个\n质量\t优", True),
        ("备注", False),
        ("无", False),
    ]


def test_a_table_beside_a_label_that_reaches_down_from_above_belongs_to_the_label() -> None:
    source = _read(
        "<w:tbl>" + _row(cell("指标", DOWN), cell("甲")) + _row(cell("", UNDER), cell(table(["乙", "丙"]))) + "</w:tbl>"
    )
    assert [cell.text for cell in source.grids[0].cells] == ["指标", "甲", "乙\t丙"]


def test_a_table_within_a_frame_is_a_grid_of_its_own() -> None:
    source = _read(table([cell(table(["甲", "乙"]) + paragraph(""))]) + paragraph("注"))
    assert [(grid.name, _shape(grid)) for grid in source.grids] == [("表 1", [(0, 0, 1, 1, "甲"), (0, 1, 1, 1, "乙")])]
    assert source.lines[0].before == 1


def test_a_frame_with_a_title_row_gives_its_title_and_its_table() -> None:
    source = _read(table(["部门整体绩效目标表"], [cell(table(["甲"]))]))
    assert [[cell.text for cell in grid.cells] for grid in source.grids] == [["部门整体绩效目标表", ""], ["甲"]]


def test_a_word_file_of_the_strict_kind_reads_the_same() -> None:
    body = table([cell("甲", _span(2))], ["乙", "丙"])
    assert _shape(_read(body, ns=STRICT_WORD, office=STRICT_OFFICE).grids[0]) == _shape(_read(body).grids[0])


@pytest.mark.parametrize(("depth", "read"), [(30, True), (10_000, False)])
def test_tables_within_tables_are_read_or_refused_whatever_their_depth(depth: int, read: bool) -> None:
    body = "<w:tbl><w:tr><w:tc>" * depth + paragraph("底") + "</w:tc></w:tr></w:tbl>" * depth
    for around in ("", paragraph("旁")):
        nested = body.replace(paragraph("底"), paragraph("底") + around)
        if read:
            assert "底" in _read(nested).grids[0].cells[0].text
        else:
            with pytest.raises(Unreadable, match="嵌套"):
                _read(nested)


def test_a_table_wider_than_any_is_refused() -> None:
    assert _table(_row(cell("甲", _span(reader.MOST_COLUMNS - 1)))).width == reader.MOST_COLUMNS - 1
    with pytest.raises(Unreadable, match="表格太大"):
        _table(_row(cell("甲", _span(999_999_999))))


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_PLACES", 4)
    assert _read(table("甲乙丙", [cell("丁", _span(1))])).grids[0].width == 3
    with pytest.raises(Unreadable, match="表格太大"):
        _read(table("甲乙丙", [cell("丁", _span(2))]))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "没有文字"),
        (paragraph(" ") + table(["", ""]), "没有文字"),
        ('<w:altChunk r:id="x" xmlns:r="r"/>', "嵌入了另一个文件，请用 Word"),
        ("<w:p>", "已损坏"),
    ],
)
def test_a_word_file_without_readable_words_is_refused(body: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        _read(body)
