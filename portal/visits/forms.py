"""Forms of visits."""

from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from portal.kernel.locale import lazy_gettext as _l
from portal.visits.rules import LONGEST_MESSAGE
from portal.web.fields import PortalForm, choices_of


class MessageForm(PortalForm):
    """A message beside the call."""

    body = StringField(
        _l("Message"),
        [DataRequired(), Length(max=LONGEST_MESSAGE)],
        filters=[lambda text: text.strip() if text else text],
    )


class PlainForm(PortalForm):
    """A button that does one thing."""


class EndForm(PortalForm):
    """How a visit ended."""

    outcome = RadioField(
        _l("How did it end?"),
        choices=choices_of(
            [
                ("completed", _l("The visit is complete")),
                ("no-connection", _l("We could not get a good connection")),
                ("sent-elsewhere", _l("I sent the patient to care in person")),
            ]
        ),
        default="completed",
    )


_YES_NO = choices_of([("yes", _l("Yes")), ("no", _l("No"))])


class DeviceTestForm(PortalForm):
    """What the patient saw and heard; the script fills it in, a person can."""

    camera = RadioField(_l("Can you see yourself?"), choices=_YES_NO, validators=[InputRequired()])
    microphone = RadioField(_l("Does the bar move when you speak?"), choices=_YES_NO, validators=[InputRequired()])
    speaker = RadioField(_l("Can you hear the tone?"), choices=_YES_NO, validators=[InputRequired()])
    echo = HiddenField()
    verdict = HiddenField()
    up_kbps = HiddenField()
    down_kbps = HiddenField()
