"""axe-core in a page of the real browser: what it finds, by rule and place.

Owns how the checker is run and what is kept of its answer. The script is evaluated through the browser's own debugging
door, so that pages keep their Content-Security-Policy.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core-4.14.1.min.js"
#: WCAG 2.2 to level AA, and what its authors call good practice: headings in order, landmarks, one main.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
SCRIPT = SOURCE.read_text("utf-8")

RUN = """async ({tags, rules}) => {
  const only = rules.length ? {type: "rule", values: rules} : {type: "tag", values: tags};
  const found = await axe.run(document, {
    runOnly: only, resultTypes: ["violations", "incomplete"],
  });
  const short = (rules) => rules.map((rule) => ({
    id: rule.id,
    nodes: rule.nodes.map((node) => ({
      place: node.target.join(" "), html: node.html.slice(0, 160),
      why: [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ").slice(0, 300),
    })),
  }));
  return {violations: short(found.violations), incomplete: short(found.incomplete)};
}"""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One element that breaks a rule, or of which the checker cannot tell."""

    rule: str
    place: str
    html: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.place}: {self.why} ({self.html})"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one run said."""

    violations: list[Finding]
    unsure: list[Finding]


def check(page: Page, *, rules: tuple[str, ...] = ()) -> Answer:
    """Run the checker on the page as it stands; all rules of TAGS, or only those named."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(SCRIPT)
    found: dict[str, list[dict[str, Any]]] = page.evaluate(RUN, {"tags": list(TAGS), "rules": list(rules)})
    return Answer(violations=_each(found["violations"]), unsure=_each(found["incomplete"]))


def _each(rules: list[dict[str, Any]]) -> list[Finding]:
    return [Finding(rule=rule["id"], **node) for rule in rules for node in rule["nodes"]]


def known_rules(page: Page) -> dict[str, list[str]]:
    """Rule → tags, of all that a run over TAGS asks."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(SCRIPT)
    rules = page.evaluate("(tags) => axe.getRules(tags)", list(TAGS))
    return {rule["ruleId"]: rule["tags"] for rule in rules}
