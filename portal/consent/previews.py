"""The clinic's own consent, as patients read it before they sign."""

from collections.abc import Mapping
from typing import Any

from portal.consent.forms import SignForm
from portal.consent.queries import ConsentState, current_document
from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.patients.previews import whose_example
from portal.web.access import db
from portal.web.previews import Preview, register_preview


def _sign(part: str) -> Mapping[str, Any] | None:
    document = current_document(db())
    if document is None:
        return None
    state = ConsentState(state="unsigned", signature=None, document=document)
    reading = document.read_in(current_locale().language)
    return {"reading": reading, "form": SignForm(formdata=None), "state": state, **whose_example()}


def _unpublished(part: str) -> Mapping[str, Any]:
    return whose_example()


register_preview(
    Preview(
        name="consent",
        place=60,
        template="consent/sign.html",
        title=lambda: _("Read and sign the consent"),
        example=_sign,
    )
)
register_preview(
    Preview(
        name="no-consent",
        place=61,
        template="consent/unpublished.html",
        title=lambda: _("This clinic has no consent text yet"),
        example=_unpublished,
    )
)
