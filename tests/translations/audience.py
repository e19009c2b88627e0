"""Who meets a message: patients in every language, staff alone in the languages of staff's pages.

A message is staff's when every place that has it is: a template that only pages of staff reach, or a module named here.
`test_patient_pages.py` holds the list against what pages of patients really ask for.
"""

import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STAFF_LAYOUT = "layouts/staff.html"
#: Modules whose words only staff read.
STAFF_MODULES = re.compile(
    r"portal/(workspaces/(?!access|audit_words|display|routes/access|routes/display|home)|practitioners/(forms|routes)|audit/|charting/(forms|routes|wording)"
    r"|tenancy/|fhir/|[a-z]+/previews\.py|app/(commands|\w+_commands|compliance/|demo/|design/)|identity/(people_forms|provider_forms|pc_forms)"
    r"|identity/routes/(people|provider_settings|shared_pcs|access_review|staff_invitations)|scheduling/routes/(visit_types|availability|calendar|staff_)"
    r"|patients/routes/(claims_desk|desk))"
)
USES = re.compile(r'(?:include|from|import|extends)\s+"([^"]+)"')
EXTENDS = re.compile(r'{%-?\s*extends\s+"([^"]+)"([^%]*)%}')


@lru_cache
def staff_templates() -> frozenset[str]:
    """Templates that no page of a patient or visitor reaches."""
    texts = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}
    of_staff, of_all = set(), set()
    for name, text in texts.items():
        if (layout := EXTENDS.search(text)) is not None:
            (of_staff if layout[1] == STAFF_LAYOUT and "if" not in layout[2] else of_all).add(name)
    return frozenset(_reached(of_staff, texts) - _reached(of_all, texts))


def _reached(pages: set[str], texts: dict[str, str]) -> set[str]:
    seen, waiting = set(pages), list(pages)
    while waiting:
        fresh = set(USES.findall(texts.get(waiting.pop(), ""))) - seen
        seen |= fresh
        waiting += fresh
    return seen


def is_staffs(path: str) -> bool:
    """Whether only staff read what stands in a file of the project."""
    if path.startswith("templates/"):
        return path.removeprefix("templates/") in staff_templates()
    return STAFF_MODULES.match(path) is not None
