"""The parts of one patient's record as tabs: those that the reader may open, by what each page itself declares."""

from typing import Any
from uuid import UUID

from flask import current_app, url_for

from portal.kernel.locale import lazy_gettext as _l
from portal.patients import is_trusted_with
from portal.web.access import db, declared, principal

#: Endpoint, words, and whether it needs a grant on the record beside the permission: the desk's pages need none.
PARTS = (
    ("patients.record", _l("Patient record"), False),
    ("charting.history", _l("History"), True),
    ("charting.vitals", _l("Vital signs"), True),
    ("eligibility.coverage", _l("Coverage"), False),
    ("workspaces.access", _l("Who can see this record"), False),
)


def record_tabs(part: str, patient_id: UUID, onward: str | None = None) -> list[dict[str, Any]]:
    """The tabs of the page `part`; none where it is the only one. `onward`: where the clinician came from, kept along.

    Who reads a part that needs a grant has it. Of who reads another part, and might open such a one, it is asked: one
    query.
    """
    held = [one for one in PARTS if _may(one[0])]
    clinical = {endpoint for endpoint, _words, needs_grant in held if needs_grant}
    if clinical and part not in clinical and not is_trusted_with(db(), patient_id=patient_id):
        held = [one for one in held if one[0] not in clinical]
    tabs = [
        {
            "label": str(words),
            "href": url_for(endpoint, patient=patient_id, next=onward if endpoint in clinical else None),
            "current": endpoint == part,
        }
        for endpoint, words, _needs_grant in held
    ]
    return tabs if len(tabs) > 1 else []


def _may(endpoint: str) -> bool:
    says = declared(current_app, endpoint)
    return says is not None and says.permission is not None and principal().has(says.permission)
