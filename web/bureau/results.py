"""One act for several tables: each answers for itself, and one page says what came of each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import Response, render_template

from web.going_back import given_back
from workflow.acts import Moved, Recorded, Refused
from workflow.facts import Reason
from workflow.outcomes import names


@dataclass(frozen=True)
class Result:
    """What came of the act for one table; `table_id` is None where the reader sees no such table."""

    department: str
    table_id: int | None
    refused: Refused | None


def of_each(
    table_ids: Iterable[int], names: Mapping[int, str], act: Callable[[int], Moved | Recorded | Refused]
) -> list[Result]:
    """Do it for every table."""
    found = []
    for table_id in table_ids:
        outcome = act(table_id)
        refused = outcome if isinstance(outcome, Refused) else None
        found.append(Result(names.get(table_id, ""), table_id if table_id in names else None, refused))
    return found


def refused_alike(results: Sequence[Result]) -> Sequence[Reason]:
    """The reasons where every table was refused for the same: then it was the form, which goes back with what was
    typed. Empty where tables were done, or were refused each for its own reason."""
    if not results or any(one.refused is None or one.refused.kind == "not_found" for one in results):
        return ()
    every = [one.refused.reasons for one in results if one.refused is not None]
    return every[0] if all(reasons == every[0] for reasons in every) else ()


def results_page(
    title: str, done: str, results: Sequence[Result], back: str, told: Mapping[int, Sequence[str]] | None = None
) -> Response:
    """What came of each; `back` is where the list is, `told` who received it, by table."""
    page = render_template(
        "bureau/results.html", title=title, done=done, results=results, back=back, told=told or {}, names=names
    )
    return given_back(page)
