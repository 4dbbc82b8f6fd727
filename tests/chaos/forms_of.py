"""The forms of a page, as a browser would send them: every field with what stands in it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Sent:
    """One form: where it goes, and its fields."""

    action: str
    name: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def but(self, **typed: object) -> list[tuple[str, object]]:
        """Its fields with something else typed; a list stands for several of one name, None for none.

        Names that no argument could have (`point-…`, `…/text`) are given through `** {…}`.
        """
        kept: list[tuple[str, object]] = [(name, value) for name, value in self.fields if name not in typed]
        for name, value in typed.items():
            several = value if isinstance(value, list) else [] if value is None else [value]
            kept += [(name, each) for each in several]
        return [(name, value) for name, value in kept if name != "csrf_token"]


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Sent] = []
        self.apart: dict[str, list[tuple[str, str]]] = {}
        self.open: Sent | None = None
        self.select: tuple[str, str | None, list[str]] | None = None
        self.area: tuple[str, str | None] | None = None
        self.text = ""
        self.buttons: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in given}
        if tag == "form":
            self.open = Sent(at.get("action", ""), at.get("id", ""))
            self.forms.append(self.open)
        elif tag == "input" and "name" in at:
            kind = at.get("type", "text")
            if kind not in {"checkbox", "radio", "file", "submit"} or "checked" in at:
                self._put(at["name"], at.get("value", ""), at.get("form"))
        elif tag == "textarea":
            self.area, self.text = (at.get("name", ""), at.get("form")), ""
        elif tag == "select":
            self.select = (at.get("name", ""), at.get("form"), [])
        elif tag == "option" and self.select is not None:
            if "selected" in at or not self.select[2]:
                self.select[2][:] = [at.get("value", "")]
        elif tag == "button" and "formaction" in at:
            self.buttons.append((at["formaction"], at.get("form")))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "textarea" and self.area is not None:
            self._put(self.area[0], self.text.removeprefix("\n"), self.area[1])
            self.area = None
        elif tag == "select" and self.select is not None:
            name, form, value = self.select
            self._put(name, value[0] if value else "", form)
            self.select = None

    def _put(self, name: str, value: str, form: str | None) -> None:
        if form is not None:
            self.apart.setdefault(form, []).append((name, value))
        elif self.open is not None:
            self.open.fields.append((name, value))


def form_of(page: str, action: str) -> Sent:
    """The form of a page that goes to an address, or whose button does; LookupError where there is none."""
    read = _Reader(page)
    wanted = next((form for address, form in read.buttons if address == action), None)
    for each in read.forms:
        if each.action == action or (wanted is not None and each.name == wanted):
            return Sent(action, each.name, [*each.fields, *read.apart.get(each.name, [])])
    own = [each for each in read.forms if not each.action]
    if len(own) == 1:
        return Sent(action, own[0].name, own[0].fields)
    raise LookupError(f"no form goes to {action}: {[each.action for each in read.forms]}")
