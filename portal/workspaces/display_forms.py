"""The reader's choice of light, dark or high contrast."""

from wtforms import HiddenField, RadioField

from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm, choices_of


class DisplayForm(PortalForm):
    """One of the schemes, and the page to go back to."""

    scheme = RadioField(
        _l("How should pages look?"),
        choices=choices_of([
            ("auto", _l("As this phone or computer is set")),
            ("light", _l("Light")),
            ("dark", _l("Dark")),
            ("contrast", _l("High contrast")),
        ]),
    )  # fmt: skip
    next = HiddenField()
