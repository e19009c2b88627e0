"""Forms of triage."""

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.locale import lazy_pgettext
from portal.triage.wording import DONE
from portal.web.fields import PortalForm


class HandleForm(PortalForm):
    """What the desk did about a notice."""

    done = RadioField(
        _l("What did you do?"),
        [InputRequired(_l("Choose what you did."))],
        choices=lambda: [(code, str(text)) for code, text in DONE.items()],
    )
    note = TextAreaField(
        lazy_pgettext("a remark", "Note"),
        [Optional(), Length(max=1000)],
        description=_l("Do not write health details here."),
    )
