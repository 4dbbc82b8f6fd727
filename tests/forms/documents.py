"""Any sheet: hypothesis strategies for documents, for whoever must prove something about all of them."""

from decimal import Decimal

from hypothesis import strategies as st

from forms import targets
from forms.amounts import MAX_CENTS, from_cents
from forms.document import Budget, BySource, ByUse, Document, Indicator, Task

texts = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="目标任务完成率满意度，。；（）《》“”%≧≥0123456789 \n\tabcAé\u0301", max_size=60),
)
cents = st.one_of(st.integers(0, 10**12), st.sampled_from([0, 1, 999_999, MAX_CENTS]))


@st.composite
def amounts(draw: st.DrawFn) -> Decimal | None:
    """An amount in 万元 with some number of decimals, or an empty cell."""
    if draw(st.booleans()):
        return None
    return from_cents(draw(cents), draw(st.integers(0, 6)))


@st.composite
def indicators(draw: st.DrawFn) -> Indicator:
    """An indicator whose parts follow from its target as printed."""
    raw = draw(st.one_of(texts, st.sampled_from(["≧95%", "12场", "优良", "95%以上", "≦2小时", "》90％", ""])))
    row = Indicator(
        level1=draw(texts),
        level2=draw(texts),
        level3=draw(texts),
        target_raw=raw,
        definition=draw(texts),
        weight=draw(st.one_of(st.none(), st.integers(0, 10**6).map(lambda steps: Decimal(steps).scaleb(-4)))),
    )
    if not row.target_raw:
        return row
    target = targets.parse(row.target_raw)
    parts = {"operator": target.operator, "target": target.number, "unit": target.unit}
    return Indicator.model_validate(row.model_dump() | parts)


documents = st.builds(
    Document,
    form=st.just("henan-2020"),
    fiscal_year=st.one_of(st.none(), st.integers(1949, 2999)),
    department=texts,
    annual_goal=texts,
    project=texts,
    tasks=st.lists(
        st.builds(Task, name=texts, content=texts, total=amounts(), fiscal=amounts(), other=amounts()), max_size=4
    ).map(tuple),
    budget=st.builds(
        Budget,
        total=amounts(),
        by_source=st.builds(BySource, fiscal=amounts(), other=amounts()),
        by_use=st.builds(ByUse, basic=amounts(), project=amounts()),
    ),
    indicators=st.lists(indicators(), max_size=5).map(tuple),
)
