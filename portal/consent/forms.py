"""Forms of consent."""

from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from portal.consent.rules import LONGEST_NAME
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm


class SignForm(PortalForm):
    """Name and box. The hidden parts say which text was on the page."""

    sha256 = HiddenField(validators=[InputRequired()])
    language = HiddenField(validators=[InputRequired()])
    agreed = BooleanField(
        _l("I have read this text and I agree to video visits."),
        [InputRequired(_l("Tick the box if you agree. Without it there is no video visit."))],
    )
    typed_name = StringField(
        _l("Write your full name to sign"),
        [InputRequired(_l("Write your full name.")), Length(min=2, max=LONGEST_NAME)],
        description=_l("If you sign for a child, or for somebody in your care, write your own name."),
        render_kw={"autocomplete": "name"},
    )


class WithdrawForm(PortalForm):
    """The token only: that it is meant, the page before the button says."""
