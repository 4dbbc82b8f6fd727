"""A page worked by keyboard alone: nothing is pressed or typed but through `page.keyboard`."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

MOST_TABS = 400
_BETWEEN = "nothing"
"""After the last stop and before the first one, nothing of the page has the focus."""
_TROUBLE = """() => {
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return "nothing";
  const drawn = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
  };
  const label = at.labels && at.labels.length ? at.labels[0] : null;
  const shown = [label, at].find((one) => one && drawn(one));
  if (!shown) return "no visible focus";
  const box = shown.getBoundingClientRect();
  const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  if (right - left < 1 || bottom - top < 1) return "outside the window";
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  if (hit && !(shown.contains(hit) || hit.contains(shown))) return "covered by " + hit.tagName + "." + hit.className;
  return "";
}"""


class NotReached(AssertionError):
    """No Tab led there; the message lists what was passed on the way."""


@dataclass(frozen=True)
class Focused:
    """What has the focus, as assistive technology is told."""

    role: str
    name: str

    def __str__(self) -> str:
        return f"{self.role} “{self.name}”"


@dataclass
class AtKeyboard:
    """Somebody at a page with a keyboard and no mouse."""

    page: Page
    troubles: list[str] = field(default_factory=list)
    """Every stop of Tab where nobody could see where they are."""

    def __post_init__(self) -> None:
        self._inside = self.page.context.new_cdp_session(self.page)

    def here(self) -> Focused:
        """What has the focus now."""
        found = self._inside.send("Runtime.evaluate", {"expression": "document.activeElement"})
        asked: dict[str, Any] = {"objectId": found["result"]["objectId"], "fetchRelatives": False}
        node = self._inside.send("Accessibility.getPartialAXTree", asked)["nodes"][0]
        return Focused(node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "").strip())

    def reach(self, name: str, role: str = "", *, whole: bool = False, back: bool = False) -> None:
        """Press Tab (or Shift+Tab) until the name of what has the focus begins so (is so: `whole`)."""
        passed: list[Focused] = []
        rounds = 0
        for _tab in range(MOST_TABS):
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
            at, trouble = self.here(), self.page.evaluate(_TROUBLE)
            if trouble == _BETWEEN:
                rounds += 1
                if rounds > 1:
                    break
                continue
            if trouble:
                self.troubles.append(f"{self.page.url}: {at}: {trouble}")
            if (at.name == name if whole else at.name.startswith(name)) and role in {"", at.role}:
                return
            passed.append(at)
        raise NotReached(
            f"“{name}” was not reached on {self.page.url}; passed: {', '.join(map(str, dict.fromkeys(passed)))}"
        )

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, name: str, role: str = "link", *, whole: bool = False) -> None:
        """Reach a link or a button and press Enter; the next page is there when this returns."""
        self.reach(name, role, whole=whole)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, name: str, text: str, *, role: str = "textbox") -> None:
        """Reach a field and write this in place of what it says; one that offers words to choose from is a combobox."""
        self.reach(name, role)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, name: str, option: str) -> None:
        """Reach a drop-down list and go down it to this option."""
        self.reach(name, "combobox")
        for _step in range(MOST_TABS):
            if self.page.evaluate("document.activeElement.selectedOptions[0].text") == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise NotReached(f"“{name}” does not offer “{option}”")
