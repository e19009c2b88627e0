"""The shape of clinics.json. Texts are by language; prices are in the currency's minor unit."""

from datetime import date, time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from portal.kernel.permissions import Role

_FILE = Path(__file__).with_name("clinics.json")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DemoStaff(_Part):
    """Somebody who works at the clinic and sees no patients."""

    name: str
    email: str
    role: Role


class DemoInvitation(_Part):
    """Somebody who was invited to work there and has not come yet."""

    name: str
    email: str
    roles: tuple[Role, ...]


class DemoHours(_Part):
    """The same hours on several weekdays; 00:00 as an end is the end of the day."""

    weekdays: tuple[int, ...]
    starts: time
    ends: time


class DemoPractitioner(_Part):
    """A clinician with an account, licences and weekly hours in the clinic's zone."""

    name: str
    email: str
    languages: tuple[str, ...]
    specialty: dict[str, str]
    bio: dict[str, str]
    jurisdictions: tuple[str, ...]
    hours: tuple[DemoHours, ...]


class DemoService(_Part):
    """A visit type and its price."""

    code: str
    minutes: int
    buffer_after: int
    price: int
    names: dict[str, str]
    descriptions: dict[str, str]


class DemoVisit(_Part):
    """A visit at the practitioner's first open time after so many minutes."""

    service: str
    practitioner: str
    minutes_ahead: int


class DemoEarlierVisit(_Part):
    """A visit that took place, and the note that was signed."""

    service: str
    practitioner: str
    days_ago: int
    subjective: str
    objective: str
    assessment: str
    plan: str


class DemoPatient(_Part):
    """Somebody with a phone number or an e-mail address. `answers` are to the health questions, by step.

    `is_ready`: the questions are all answered and sent, and the consent is signed.
    """

    given_name: str
    family_name: str
    birth_date: date
    sex: str
    language: str
    spoken: str | None = None
    interpreter: bool = False
    phone: str | None = None
    email: str | None = None
    jurisdiction: str
    zone: str
    visit: DemoVisit | None = None
    earlier: DemoEarlierVisit | None = None
    answers: dict[str, dict[str, Any]] = {}
    is_ready: bool = False

    @property
    def contact(self) -> tuple[str, str]:
        """(channel, target) with which the patient signs in."""
        return ("sms", self.phone) if self.phone else ("email", self.email or "")


class DemoClinic(_Part):
    """A clinic, all of it."""

    slug: str
    name: str
    phone: str
    address: str
    default_language: str
    zone: str
    country: str
    jurisdiction: str
    currency: str
    emergency_number: str
    brand: dict[str, str]
    staff: tuple[DemoStaff, ...]
    invited: tuple[DemoInvitation, ...] = ()
    practitioners: tuple[DemoPractitioner, ...]
    services: tuple[DemoService, ...]
    patients: tuple[DemoPatient, ...]


def demo_clinics() -> list[DemoClinic]:
    """What clinics.json says; raises pydantic.ValidationError with the place at fault."""
    return TypeAdapter(list[DemoClinic]).validate_json(_FILE.read_bytes())
