"""Forms of patients."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, EmailField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Email, InputRequired, Length, Optional, ValidationError

from portal.kernel.locale import LANGUAGES, language_name
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.places import place_name, places_of, zones_of
from portal.kernel.spoken import spoken_choices
from portal.patients.models import Patient
from portal.patients.operations import Details
from portal.patients.rules import EMERGENCY_REASONS, LONGEST_PROXY, PARTS, PROOFS, SEXES, possible_birth_date
from portal.patients.wording import emergency_reason, part_name, proof_name
from portal.web.access import clinic, now
from portal.web.fields import DateInThreeBoxesField, PortalForm, choices_of
from portal.web.phone_fields import CountryPhoneField, EmailOrPhoneField

BIRTH_DATE_WRONG = _l("Check the date of birth. It cannot be in the future or more than 130 years ago.")


def sex_name(code: str) -> str:
    """In the reader's words."""
    return {
        "female": _("Female"),
        "male": _("Male"),
        "other": _("Other"),
        "unknown": _("Not said"),
    }[code]


def place_choices(current: str | None = None) -> list[Any]:
    """The places of the clinic's country, and the one on file."""
    places = dict(places_of(clinic().country))
    if current and current not in places:
        places[current] = current
    return choices_of(places.items())


def language_choices(current: str | None = None) -> list[Any]:
    """The portal's languages by their own names, and the one on file."""
    known = dict(LANGUAGES)
    if current and current not in known:
        known[current] = language_name(current)
    return choices_of(known.items())


def zone_choices(current: str | None = None) -> list[Any]:
    """The clocks of the clinic's country, and the one on file."""
    return choices_of(zones_of(clinic().country, also=[current or clinic().zone], now=now()))


class ReadingMixin:
    """How somebody is reached in their own language and time."""

    jurisdiction = SelectField(
        _l("Where do you live?"),
        [InputRequired()],
        description=_l("A clinician must be allowed to work in the place where you are."),
    )
    language = SelectField(_l("Language"), [InputRequired()])
    zone = SelectField(_l("Time zone"), [InputRequired()])

    def offer(self, *, jurisdiction: str, language: str, zone: str) -> None:
        """Fill the lists; what is on file stays a choice."""
        self.jurisdiction.choices = place_choices(jurisdiction)
        self.language.choices = language_choices(language)
        self.zone.choices = zone_choices(zone)


class RegisterForm(ReadingMixin, PortalForm):
    """A person, as they or somebody who helps them says it."""

    given_name = StringField(
        _l("First name"), [InputRequired(), Length(max=80)], render_kw={"autocomplete": "given-name"}
    )
    family_name = StringField(
        _l("Last name"), [InputRequired(), Length(max=80)], render_kw={"autocomplete": "family-name"}
    )
    birth_date = DateInThreeBoxesField(_l("Date of birth"), [InputRequired()], birthday=True)
    sex = RadioField(_l("Sex"), [Optional()], default="unknown")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sex.choices = choices_of((code, sex_name(code)) for code in SEXES)

    def validate_birth_date(self, field: DateInThreeBoxesField) -> None:
        """A day on which somebody alive may have been born."""
        if field.data is not None and not possible_birth_date(field.data, today=now().date()):
            raise ValidationError(str(BIRTH_DATE_WRONG))

    def details(self, **contact: Any) -> Details:
        """What was said."""
        return Details(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            birth_date=self.birth_date.data,
            sex=self.sex.data or "unknown",
            language=self.language.data,
            zone=self.zone.data,
            jurisdiction=self.jurisdiction.data,
            **contact,
        )


class ClaimForm(PortalForm):
    """What makes sure that a record is one's own."""

    name = StringField(_l("Full name"), [InputRequired(), Length(max=160)], render_kw={"autocomplete": "name"})
    birth_date = DateInThreeBoxesField(_l("Date of birth"), [InputRequired()], birthday=True)


class ContactMixin:
    """Where somebody is reached: a phone number, an e-mail address, or both."""

    phone = CountryPhoneField(_l("Phone number"), [Optional()], render_kw={"autocomplete": "tel"})
    email = EmailField(_l("E-mail"), [Optional(), Email()], render_kw={"autocomplete": "email"})
    spoken = SelectField(_l("Spoken language"), [InputRequired()])
    interpreter = BooleanField(_l("An interpreter is needed if the clinician does not speak it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken.choices = choices_of(spoken_choices())

    def contact(self) -> dict[str, Any]:
        """Phone, e-mail, language and interpreter as `Details` takes them."""
        return {
            "phone": self.phone.data or None,
            "email": self.email.data or None,
            "interpreter": bool(self.interpreter.data),
            "spoken": self.spoken.data,
        }


class OwnContactForm(ReadingMixin, ContactMixin, PortalForm):
    """What a patient changes without asking."""

    def validate(self, extra_validators: object = None) -> bool:
        right = bool(super().validate(extra_validators))
        if right and not (self.phone.data or self.email.data):
            self.phone.errors = [_("Give a phone number or an e-mail address, so that we can reach you.")]
            right = False
        return right


class RecordForm(ContactMixin, RegisterForm):
    """A record, as the desk writes it."""

    status = RadioField(_l("Record"), [Optional()], default="active")
    confirm = BooleanField(_l("This is another person. Make a new record."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status.choices = choices_of([("active", _("In use")), ("inactive", _("No longer in use"))])
        self.jurisdiction.label.text = _("Where the patient lives")
        self.jurisdiction.description = ""

    @staticmethod
    def values_of(patient: Patient) -> dict[str, Any]:
        """What is on file, for the form."""
        names = ("given_name", "family_name", "birth_date", "sex", "language", "zone", "jurisdiction", "phone", "email")
        return {name: getattr(patient, name) for name in (*names, "interpreter", "status")} | {"spoken": patient.talks}


class EmergencyForm(PortalForm):
    """Who is in need, and why their record is opened."""

    family_name = StringField(_l("Last name"), [InputRequired(), Length(max=80)], render_kw={"autocomplete": "off"})
    birth_date = DateInThreeBoxesField(_l("Date of birth"), [InputRequired()])
    patient = RadioField(_l("Which person?"), [InputRequired()])
    reason = RadioField(_l("Why do you open this record?"), [InputRequired()])
    sentence = TextAreaField(
        _l("What has happened? One sentence is enough."), [InputRequired(), Length(max=1000)], render_kw={"rows": 3}
    )
    wants_sensitive = BooleanField(
        _l("I need what is marked as sensitive, too."),
        description=_l("It is noted that you asked for it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient.choices = []
        self.reason.choices = choices_of((code, emergency_reason(code)) for code in EMERGENCY_REASONS)

    def names_somebody(self) -> bool:
        """Whether what one looks for is filled in."""
        named, born = self.family_name.validate(self), self.birth_date.validate(self)
        return bool(named and born)

    def offer(self, people: Sequence[Patient]) -> None:
        """Those whom it may be; one alone is chosen."""
        self.patient.choices = choices_of(
            (str(one.id), _("%(name)s, lives in %(place)s", name=one.display_name, place=place_name(one.jurisdiction)))
            for one in people
        )
        if len(people) == 1 and not self.patient.data:
            self.patient.data = str(people[0].id)


class ProxyForm(PortalForm):
    """Somebody is to act for a patient: who, on which proof, in which parts and until when."""

    contact = EmailOrPhoneField(
        _l("Their own phone number or e-mail"),
        [InputRequired(), Length(max=120)],
        description=_l("They sign in with it. A message tells them."),
        render_kw={"autocomplete": "off"},
    )
    proof = RadioField(_l("Who are they?"), [InputRequired()])
    parts = SelectMultipleField(_l("What may they see and do?"), [InputRequired(_l("Choose at least one part."))])
    until = DateInThreeBoxesField(
        _l("Last day"),
        [InputRequired()],
        description=_l("For a parent or guardian it ends when the patient comes of age, if that is sooner."),
    )
    seen = BooleanField(_l("I have seen the proof."), [InputRequired(_l("Ask for the proof first."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proof.choices = choices_of((code, proof_name(code)) for code in PROOFS)
        self.parts.choices = choices_of((code, part_name(code)) for code in PARTS)

    def validate_until(self, field: DateInThreeBoxesField) -> None:
        """A day to come, and none that nobody will remember."""
        _check_last_day(field)


class InviteProxyForm(PortalForm):
    """The patient invites somebody to act for them: whom, in which parts and until when."""

    contact = EmailOrPhoneField(
        _l("Their own phone number or e-mail"),
        [InputRequired(), Length(max=120)],
        description=_l("We send them a link. It does not say your name."),
        render_kw={"autocomplete": "off"},
    )
    parts = SelectMultipleField(_l("What may they see and do?"), [InputRequired(_l("Choose at least one part."))])
    until = DateInThreeBoxesField(_l("Last day"), [InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts.choices = choices_of((code, part_name(code)) for code in PARTS)

    def validate_until(self, field: DateInThreeBoxesField) -> None:
        """A day to come, and none that nobody will remember."""
        _check_last_day(field)


def _check_last_day(field: DateInThreeBoxesField) -> None:
    if field.data is not None and not now().date() <= field.data <= (now() + LONGEST_PROXY).date():
        raise ValidationError(_("Give a day from today on, within the next 18 years."))
