"""Somebody at the keyboard alone: no pointer, no script that moves the focus, nothing filled in behind its back.

Each press of Tab is looked at: the focus is on something, that is on the screen, it shows that it has the focus, and
it shows it no longer once the focus went on.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support.words import in_language

#: What has the focus, and what is wrong with it. What had it before is kept on the window, to see it without.
LOOK = """() => {
  const looks = (node) => {
    const style = getComputedStyle(node);
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor].join(" ");
  };
  const at = document.activeElement, before = window.hadFocus, wrong = [];
  if (before && before.node !== at && before.node.isConnected && looks(before.node) === before.look)
    wrong.push("looks the same with the focus as without: " + before.node.outerHTML.slice(0, 200));
  window.hadFocus = null;
  if (!at || at === document.body || at === document.documentElement) return { words: "", wrong };
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const label = at.labels && at.labels[0] && at.labels[0].textContent;
  const said = at.getAttribute("aria-label") || label || at.textContent || at.name || "";
  const words = said.trim().replace(/\\s+/g, " ").slice(0, 60);
  const name = at.tagName.toLowerCase() + (at.type ? "[" + at.type + "]" : "") + " “" + words + "”";
  if (box.width < 2 || box.height < 2 || style.visibility !== "visible" || Number(style.opacity) === 0)
    wrong.push("has no size: " + name);
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth)
    wrong.push("is not on the screen: " + name);
  // At least a part of it lies on top (WCAG 2.4.11): nothing that sticks to an edge of the screen covers all of it.
  const seen = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (at.contains(top) || top.contains(at) && !top.matches("form .actions") || top.closest("label"));
  });
  if (!seen) wrong.push("is covered: " + name);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  if (!outlined && style.boxShadow === "none") wrong.push("shows no focus: " + name);
  window.hadFocus = { node: at, look: looks(at) };
  return { words: name, wrong, arrived: (window.wanted || []).includes(at) };
}"""
#: Keeps what is looked for on the window; whether one of these has the focus already.
WANT = "nodes => { window.wanted = nodes; return nodes.includes(document.activeElement); }"


@dataclass
class Keyboard:
    """A page under two hands. Every step fails with the list of what was passed on the way.

    What is looked for is named in English, whatever the reader's `language`; a pattern is taken as it is.
    """

    page: Page
    language: str = "en"
    passed: list[str] = field(default_factory=list)
    arrived: bool = False

    def open(self, url: str) -> None:
        """Go to an address; whoever reads it has the focus where the page puts it."""
        # Colours are looked at when they have changed, and not on their way.
        self.page.emulate_media(reduced_motion="reduce")
        answer = self.page.goto(url)
        assert answer is None or answer.ok, f"{answer.status} {url}"

    def words(self, text: str, **values: Any) -> str:
        """The text in the reader's language."""
        return in_language(self.language, text, **values)

    def like(self, text: str, **values: Any) -> re.Pattern[str]:
        """Whatever has the text in it, in the reader's language."""
        return re.compile(re.escape(self.words(text, **values)))

    def reads(self, text: str, **values: Any) -> None:
        """The main part of the page says so."""
        expect(self.page.locator("main")).to_contain_text(self.words(text, **values))

    def heading(self, text: str, **values: Any) -> None:
        """The page, or its part, that came is this one."""
        expect(self.page.locator("h1").first).to_contain_text(self.words(text, **values))

    def tab(self, *, back: bool = False) -> str:
        """One press; what has the focus then, in words ("" past the page's end)."""
        self.page.keyboard.press("Shift+Tab" if back else "Tab")
        seen = self.page.evaluate(LOOK)
        assert seen["wrong"] == [], seen["wrong"]
        self.arrived = bool(seen.get("arrived"))
        return str(seen["words"])

    def to(self, role: str, name: str | re.Pattern[str], *, most: int = 90, back: bool = False) -> Locator:
        """Press Tab until what has the focus is a `role` called `name` (exactly, or by pattern)."""
        return self.to_node(self._wanted(role, name), what=f"{role} {name!r}", most=most, back=back)

    def to_node(self, wanted: Locator, *, what: str = "", most: int = 90, back: bool = False) -> Locator:
        """Press Tab until one of these has the focus: at most twice round the page, which may change meanwhile."""
        self.passed = []
        if wanted.evaluate_all(WANT):
            return wanted
        for _ in range(most):
            self.passed.append(self.tab(back=back))
            if self.arrived:
                return wanted
            if self.passed[-1] == "" and (self.passed.count("") > 1 or wanted.evaluate_all(WANT)):
                break
        raise AssertionError(f"Tab does not reach {what or wanted} on {self.page.url}:\n" + "\n".join(self.passed))

    def follow(self, name: str | re.Pattern[str], *, role: str = "link", back: bool = False) -> None:
        """To a link, and Enter; the next page has come."""
        self.to(role, name, back=back)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def press(self, name: str | re.Pattern[str], *, back: bool = False) -> None:
        """To a button, and Enter; the next page has come."""
        self.follow(name, role="button", back=back)

    def use(self, name: str | re.Pattern[str], *, key: str = "Enter", back: bool = False) -> Locator:
        """To a button that works within the page, and press it."""
        found = self.to("button", name, back=back)
        self.page.keyboard.press(key)
        return found

    def write(self, name: str | re.Pattern[str], text: str, *, role: str = "textbox") -> None:
        """To a field, and type: Tab selects what stood in it."""
        self.to(role, name)
        self.page.keyboard.type(text)

    def empty(self, role: str) -> None:
        """Clear the fields of the page's main part, each in its turn; the next press of Tab leaves the last one."""
        fields = self.page.locator("main").get_by_role(role)  # type: ignore[arg-type]  # any role
        for number in range(fields.count()):
            self.to_node(fields.nth(number))
            self.page.keyboard.press("Control+A")
            self.page.keyboard.press("Delete")

    def check(self, name: str | re.Pattern[str]) -> None:
        """To a checkbox, and Space."""
        box = self.to("checkbox", name)
        self.page.keyboard.press("Space")
        expect(box.and_(self.page.locator(":focus"))).to_be_checked()

    def choose(self, name: str | re.Pattern[str], *, first: str | re.Pattern[str] = "") -> None:
        """Into a group of radio buttons (by its `first`, where Tab enters), and by the arrows to the one called so."""
        wanted = self._wanted("radio", name)
        self.to("radio", first or re.compile(""))
        for _ in range(20):
            if wanted.evaluate_all(WANT):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")
        expect(wanted.and_(self.page.locator(":focus"))).to_be_checked()

    def select(self, name: str | re.Pattern[str], line: str) -> None:
        """To a list, and by the arrows to the line called so."""
        found = self.to("combobox", name)
        for _ in range(found.locator("option").count()):
            if found.locator("option:checked").inner_text().strip() == self.words(line):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name!r} has no line {self.words(line)!r}")

    def focused(self) -> Locator:
        """What has the focus now."""
        return self.page.locator(":focus")

    def _wanted(self, role: str, name: str | re.Pattern[str]) -> Locator:
        # A text that would turn the line in which it stands is isolated by marks that nobody sees or hears.
        known = name if isinstance(name, re.Pattern) else re.compile(f"^\u2068?{re.escape(self.words(name))}\u2069?$")
        return self.page.get_by_role(role, name=known)  # type: ignore[arg-type]  # any role
