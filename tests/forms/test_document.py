"""The sheet as a value."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from pydantic import ValidationError

from forms.document import Budget, BySource, ByUse, Change, Document, Indicator, Task, differences, same_text
from tests.forms.conftest import SEED
from tests.forms.documents import documents


def _with(seed: Document, **changes: object) -> Document:
    return seed.model_copy(update=changes)


def test_the_json_has_the_keys_and_their_order_of_the_hand_checked_file(seed: Document) -> None:
    text = (SEED / "henan-cac-2020.expected.json").read_text(encoding="utf-8")
    assert seed.to_json() == json.dumps(json.loads(text), ensure_ascii=False)


def test_amounts_keep_the_decimals_as_printed_and_compare_as_numbers() -> None:
    one, other = Budget(total="3,300"), Budget(total="3300.00")  # type: ignore[arg-type]
    assert (one.model_dump(mode="json")["total"], other.model_dump(mode="json")["total"]) == ("3300", "3300.00")
    assert one == other


@pytest.mark.parametrize("wrong", ["-5", "NaN", "1e999", "两千", Decimal("-1"), Decimal("NaN"), 2115.4, True])
def test_no_document_holds_what_is_no_amount(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Budget(total=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_missing_amount_is_none(empty: str | None) -> None:
    assert Budget(total=empty).total is None  # type: ignore[arg-type]


def test_texts_are_nfc_without_control_characters() -> None:
    task = Task(name=" e\u0301\u200b名\x07称\ufeff", content="第一行\r\n第二行\x00")
    assert (task.name, task.content) == ("é名称", "第一行  第二行")


def test_a_document_never_changes(seed: Document) -> None:
    with pytest.raises(ValidationError):
        seed.department = "别的部门"


@given(documents)
def test_a_document_survives_json(document: Document) -> None:
    assert Document.from_json(document.to_json()) == document
    assert Document.from_json(document.canonical()) == document


@given(documents, documents)
def test_equal_documents_and_only_these_have_one_digest_and_no_differences(one: Document, two: Document) -> None:
    assert (one.digest() == two.digest()) == (one == two)
    assert (differences(one, two) == ()) == (one == two)
    assert differences(one, one) == ()


def test_closing_zeros_do_not_change_the_digest(seed: Document) -> None:
    longer = Budget.model_validate(seed.budget.model_dump() | {"total": "2115.4000"})
    assert _with(seed, budget=longer).digest() == seed.digest()
    assert " " not in seed.canonical().split('"annual_goal"')[0]


def test_a_changed_cell_is_named_by_its_path(seed: Document) -> None:
    row = seed.indicators[3].model_copy(update={"target_raw": "≥99%"})
    changed = _with(seed, indicators=(*seed.indicators[:3], row, *seed.indicators[4:]))
    assert differences(seed, changed) == (Change("indicators[3].target_raw", "100%", "≥99%"),)


def test_an_inserted_row_is_one_change(seed: Document) -> None:
    row = Indicator(level1="产出指标", level2="重点工作任务完成", level3="新任务")
    changed = _with(seed, indicators=(*seed.indicators[:19], row, *seed.indicators[19:]))
    assert differences(seed, changed) == (Change("indicators[19]", None, "新任务"),)
    assert differences(changed, seed) == (Change("indicators[19]", "新任务", None),)


def test_a_renamed_task_is_the_same_task_under_another_name(seed: Document) -> None:
    renamed = seed.tasks[0].model_copy(update={"name": "新名称"})
    assert differences(seed, _with(seed, tasks=(renamed, seed.tasks[1]))) == (
        Change("tasks[0].name", seed.tasks[0].name, "新名称"),
    )


def test_another_order_of_rows_is_a_change(seed: Document) -> None:
    found = differences(seed, _with(seed, tasks=seed.tasks[::-1]))
    assert [change.path for change in found] == ["tasks"]


def test_white_space_can_be_left_out_of_the_comparison(seed: Document) -> None:
    spaced = _with(seed, annual_goal=seed.annual_goal.replace("，", "， "))
    assert same_text(seed, spaced)
    assert not same_text(seed, _with(seed, annual_goal=seed.annual_goal + "。"))
    assert len(differences(seed, spaced)) == 1


def test_every_cell_of_the_seed_has_a_path(seed: Document) -> None:
    cells = dict(seed.cells())
    assert cells["tasks[1].name"] == seed.tasks[1].name
    assert cells["budget.by_use.basic"] == Decimal("1090.7")
    assert len(cells) == 4 + 2 * 2 + 6 + 29 * 8


def test_a_frozen_document_gets_its_closing_zeros_back_when_it_is_printed() -> None:
    budget = Budget(total="1860.0", by_source=BySource(fiscal="1800.25", other="59.75"), by_use=ByUse(basic=None))
    frozen = Document.from_json(Document(form="henan-2020", budget=budget).canonical())
    printed = frozen.with_decimals(1).budget
    assert [str(a) for a in (printed.total, printed.by_source.fiscal, printed.by_use.basic)] == [
        "1860.0",
        "1800.25",
        "None",
    ]
    assert frozen.with_decimals(1) == frozen
