"""What people read about red flags, in the reader's language."""

from collections.abc import Iterable, Mapping

from portal.kernel.locale import current_locale
from portal.kernel.locale import lazy_gettext as _l
from portal.triage.rules import CRISIS_LINES, rule_by_code

NAMES: Mapping[str, object] = {
    "chest-pain": _l("Chest pain or pressure"),
    "breathing": _l("Trouble breathing"),
    "stroke": _l("Signs of a stroke"),
    "bleeding": _l("Heavy bleeding"),
    "severe-allergy": _l("Severe allergic reaction"),
    "fainting": _l("Fainting, confusion or seizure"),
    "thunderclap-headache": _l("Sudden, very strong headache"),
    "self-harm": _l("Thoughts of self-harm"),
}

DONE: Mapping[str, object] = {
    "reached": _l("I spoke with the patient"),
    "emergency-called": _l("I called the emergency number"),
    "passed-on": _l("I passed it on to a clinician"),
    "not-reached": _l("I could not reach the patient"),
}


def red_flag_name(code: str) -> str:
    """A red flag in a few words, for clinicians; the code itself where this version has no such rule."""
    return str(NAMES.get(code, code))


def advice_for(codes: Iterable[str]) -> list[str]:
    """Advice for these red flags in the reader's language (English where a rule lacks it), in the order given."""
    language = current_locale().language
    found: list[str] = []
    for code in codes:
        rule = rule_by_code(code)
        if rule is not None:
            found.extend(rule.advice.get(language) or rule.advice["en"])
    return list(dict.fromkeys(found))


def crisis_line(codes: Iterable[str], *, country: str) -> str | None:
    """Telephone number of the country's crisis line, where one of the red flags is about self-harm."""
    rules = (rule_by_code(code) for code in codes)
    if any(rule is not None and rule.acuity == "crisis" for rule in rules):
        return CRISIS_LINES.get(country)
    return None
