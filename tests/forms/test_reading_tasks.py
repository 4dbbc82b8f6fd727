"""Where a task's name ends and its content begins, in layouts that a person reads without trouble."""

import pytest

from forms.reading import Reading, read

BRIDGES = "维护全市桥梁，共计三百座，按照每年两次的频率检测和保养，\n建立档案"


def _read(seed_text: str, tasks: str, own: tuple[str, ...] = ("其他工作",)) -> Reading:
    """The seed with other tasks, and with other indicators where the tasks' own would be."""
    before, _, rest = seed_text.partition("任务名称 主要内容\n")
    _, _, rest = rest.partition("年度\n主要\n任务")
    middle, _, rest = rest.partition("工作完成率 网络安全建设 ≧85%")
    _, _, rest = rest.partition("产出指标\n")
    rows = "\n\n".join(f" {name} ≧85%" for name in own[:-1])
    last = f"\n\n重点工作任务完成\n {own[-1]} ≧85%产出指标\n"
    text = f"{before}任务名称 主要内容\n\n{tasks}\n\n年度\n主要\n任务{middle}{rows}{last}{rest}"
    return read(text.encode(), name="表.txt")


@pytest.mark.parametrize(
    ("tasks", "meant"),
    [
        (
            "桥梁维护\n\n维护全市桥梁\n\n河道清淤\n\n清理河道十公里\n\n路灯改造\n\n改造路灯三千盏",
            [("桥梁维护", "维护全市桥梁"), ("河道清淤", "清理河道十公里"), ("路灯改造", "改造路灯三千盏")],
        ),
        (
            "桥梁维护 维护全市桥梁\n\n河道清淤 清理河道十公里",
            [("桥梁维护", "维护全市桥梁"), ("河道清淤", "清理河道十公里")],
        ),
        (
            f"桥梁、隧道维护\n\n{BRIDGES}\n\n河道（含支流）清淤\n\n清理河道十公里；清理支流二十公里",
            [
                ("桥梁、隧道维护", BRIDGES.replace("\n", "")),
                ("河道（含支流）清淤", "清理河道十公里；清理支流二十公里"),
            ],
        ),
        (
            f"桥梁维护\n\n{BRIDGES}，确保\n安全。\n\n检测经费由市财政承担，计入部门预算项目支出之中。\n\n河道清淤\n\n清理。",
            [
                (
                    "桥梁维护",
                    BRIDGES.replace("\n", "") + "，确保安全。检测经费由市财政承担，计入部门预算项目支出之中。",
                ),
                ("河道清淤", "清理。"),
            ],
        ),
        (
            "1.桥梁维护\n\n维护桥梁三百座。\n\n2.河道清淤\n\n清理河道十公里。",
            [
                ("1.桥梁维护", "维护桥梁三百座。"),
                ("2.河道清淤", "清理河道十公里。"),
            ],
        ),
        (
            "重大基础设施（含农村道\n路、桥梁、隧道）维护\n\n维护桥梁三百座。",
            [("重大基础设施（含农村道路、桥梁、隧道）维护", "维护桥梁三百座。")],
        ),
        (
            "Web平台 Open Data 建设\n\n接入Internet of Things\n终端三百个，开放数据二十类。",
            [("Web平台Open Data建设", "接入Internet of Things终端三百个，开放数据二十类。")],
        ),
    ],
)
def test_names_and_contents_are_told_apart(seed_text: str, tasks: str, meant: list[tuple[str, str]]) -> None:
    assert [(task.name, task.content) for task in _read(seed_text, tasks).document.tasks] == meant


def test_a_name_that_comes_back_as_an_indicator_is_believed(seed_text: str) -> None:
    tasks = "桥梁维护\n\n维护全市桥梁。\n\n河道清淤工作\n\n清理河道十公里。"
    reading = _read(seed_text, tasks, own=("桥梁维护", "河道清淤工作"))
    assert [task.name for task in reading.document.tasks] == ["桥梁维护", "河道清淤工作"]
    assert not [path for path in reading.unsure if path.startswith("tasks")]


def test_a_heading_inside_a_content_is_asked_about(seed_text: str) -> None:
    tasks = "桥梁维护\n\n维护全市桥梁。\n\n具体措施\n\n检测，保养。\n\n河道清淤\n\n清理河道十公里。"
    assert "tasks[1].name" in _read(seed_text, tasks, own=("桥梁维护", "河道清淤")).unsure


@pytest.mark.parametrize(
    "tasks",
    [
        "桥梁维护\n\n河道清淤\n\n清理河道十公里，确保汛期安全，落实各项要求，做好巡查\n检查。",
        "桥梁维护\n维护全市桥梁，共计三百座，按照每年两次的频率检测和\n保养。\n河道清淤\n清理河道十公里。",
    ],
    ids=["a content is missing", "no blank lines"],
)
def test_where_the_evidence_is_thin_the_cells_are_asked_about(seed_text: str, tasks: str) -> None:
    assert any(path.startswith("tasks[") for path in _read(seed_text, tasks).unsure)


def test_no_tasks_at_all_are_asked_about(seed_text: str) -> None:
    reading = _read(seed_text, "")
    assert reading.document.tasks == ()
    assert "tasks" in reading.unsure
