"""The stylesheet as an old browser reads it: what it does not know is left out, as the rules of CSS have it.

A declaration that is not known is dropped, a rule with a selector that is not known is dropped as a whole, and
`@supports` is answered by the same tables. Versions are those in which Chrome came to know a feature (MDN's data).
"""

import re

import tinycss2
from tinycss2.ast import AtRule, Declaration, Node, ParseError, QualifiedRule

#: The floor: what the vendored htmx needs.
FLOOR = 51
#: Properties by the version of Chrome that first read them without a prefix.
PROPERTIES = {
    r"(margin|padding)-(block|inline)(-start|-end)?": 69,
    r"border-(block|inline)(-start|-end)?(-color|-style|-width)?": 69,
    r"inset-(block|inline)(-start|-end)?|inset": 87,
    r"border-(start|end)-(start|end)-radius": 89,
    r"overscroll-behavior(-.*)?": 63,
    r"accent-color": 93,
    r"appearance": 84,
    r"color-scheme": 81,
    r"text-size-adjust": 54,
    r"text-underline-offset|text-decoration-thickness": 89,
    r"text-wrap": 114,
    r"forced-color-adjust": 89,
    r"font-variant-numeric": 52,
}
#: Values, with their property, by the version that first read them.
VALUES = {
    r"overflow-wrap:\s*anywhere": 80,
    r"position:\s*sticky": 56,
    r"unicode-bidi:\s*(isolate|plaintext)": 48,
    r":.*\b(CanvasText|Canvas|ButtonText|GrayText)\b": 89,
    r":.*\b(min|max)\(": 79,
}
SELECTORS = {
    r":focus-visible": 86,
    r":focus-within": 60,
    r":not\([^)]*,": 88,
    r"::-moz-": 9999,
    r"::marker": 86,
}
MEDIA = {
    r"prefers-reduced-motion": 74,
    r"prefers-color-scheme": 76,
    r"prefers-contrast": 96,
    r"forced-colors": 89,
}


def _known(text: str, table: dict[str, int], version: int, *, whole: bool = False) -> bool:
    match = re.fullmatch if whole else re.search
    return all(since <= version for pattern, since in table.items() if match(pattern, text))


def reads(name: str, value: str, version: int) -> bool:
    """Whether Chrome of that version keeps a declaration. Custom properties are kept with any value."""
    if name.startswith("--"):
        return True
    return _known(name, PROPERTIES, version, whole=True) and _known(f"{name}: {value}", VALUES, version)


def _declarations(content: list[Node], version: int) -> str:
    kept = []
    for one in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if isinstance(one, Declaration):
            value = tinycss2.serialize(one.value)
            if reads(one.name, value, version):
                kept.append(f"{one.name}:{value}{'!important' if one.important else ''}")
        else:
            raise ValueError(f"no declaration: {one.serialize()}")
    return ";".join(kept)


def _holds(question: str, version: int) -> bool:
    asked = re.fullmatch(r"\s*(not)?\s*\(\s*([\w-]+)\s*:\s*([^)]*)\)\s*", question)
    if asked is None:
        raise ValueError(f"a question that is not read here: {question}")
    return reads(asked[2], asked[3], version) is not bool(asked[1])


def as_read_by(css: str, version: int) -> str:
    """The sheet without what Chrome of that version does not know. Raises ValueError for what cannot be parsed."""
    return "\n".join(_rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), version))


def _rules(rules: list[Node], version: int) -> list[str]:
    kept = []
    for rule in rules:
        if isinstance(rule, ParseError):
            raise ValueError(rule.message)
        prelude = tinycss2.serialize(rule.prelude).strip()
        if isinstance(rule, QualifiedRule):
            if _known(prelude, SELECTORS, version):
                kept.append(f"{prelude} {{ {_declarations(rule.content, version)} }}")
        elif isinstance(rule, AtRule):
            inner = _rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), version)
            if rule.at_keyword == "supports":
                kept += inner if _holds(prelude, version) else []
            elif _known(prelude, MEDIA, version):
                kept.append(f"@{rule.at_keyword} {prelude} {{ {' '.join(inner)} }}")
    return kept
