"""Forms of practitioners: what the administrator says of a clinician and their licences."""

from typing import Any

from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.kernel.locale import LANGUAGES, language_name, lazy_pgettext, pgettext
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.places import places_of, zones_of
from portal.practitioners.models import Practitioner
from portal.web.access import clinic, now
from portal.web.fields import DateInThreeBoxesField, PortalForm, choices_of
from portal.web.translated import in_each_language, stored_texts, texts_of


@in_each_language("specialty", StringField, _l("Specialty"), longest=120, required=True)
@in_each_language("bio", TextAreaField, _l("A few sentences for patients"), longest=1000)
class PractitionerForm(PortalForm):
    """A clinician, as patients read of them. Each text in each of the portal's languages."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=120)], description=_l("For example Dr. Priya Raman"))
    account = SelectField(_l("Account"), [Optional()], description=_l("With whose sign-in they work here"))
    languages = SelectMultipleField(_l("Speaks"), [InputRequired(_l("Choose at least one language."))])
    zone = SelectField(_l("Time zone"), [InputRequired()])
    listed = BooleanField(_l("Offered to patients"), default=True)

    def offer(self, *, zone: str, accounts: list[tuple[str, str]]) -> None:
        """Fill the lists."""
        self.languages.choices = choices_of((code, language_name(code)) for code in LANGUAGES)
        self.zone.choices = choices_of(zones_of(clinic().country, also=[zone], now=now()))
        self.account.choices = choices_of([("", pgettext("an account", "None")), *accounts])

    def said(self) -> dict[str, Any]:
        """As `create_practitioner` and `change_practitioner` take it."""
        return {
            "name": self.name.data or "",
            "specialty": texts_of(self, "specialty"),
            "languages": list(self.languages.data or []),
            "zone": self.zone.data,
            "bio": texts_of(self, "bio"),
            "listed": bool(self.listed.data),
        }

    @staticmethod
    def values_of(practitioner: Practitioner) -> dict[str, Any]:
        """What is on file, for the form."""
        texts = stored_texts(practitioner.specialty, "specialty") | stored_texts(practitioner.bio, "bio")
        names = ("name", "languages", "zone", "listed")
        account = str(practitioner.account_id or "")
        return texts | {name: getattr(practitioner, name) for name in names} | {"account": account}


class LicenceForm(PortalForm):
    """A licence, as its document says."""

    jurisdiction = SelectField(_l("Place"), [InputRequired()])
    number = StringField(lazy_pgettext("of a licence", "Number"), [InputRequired(), Length(max=60)])
    since = DateInThreeBoxesField(lazy_pgettext("since a day", "From"), [InputRequired()])
    until = DateInThreeBoxesField(_l("Until"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.jurisdiction.choices = choices_of(places_of(clinic().country))

    def validate(self, extra_validators: object = None) -> bool:
        right = bool(super().validate(extra_validators))
        if right and self.until.data is not None and self.until.data < self.since.data:
            self.until.errors = [_("The last day is before the first day.")]
            right = False
        return right
