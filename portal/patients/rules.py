"""Pure decisions of patients: how names are looked up, what a birth date may be, how often one may try to claim."""

import unicodedata
from calendar import isleap
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers

#: Wrong tries to take up a record: per account and per contact, within the hour.
CLAIM_TRIES = 3
CLAIM_WINDOW = timedelta(hours=1)
#: How long a staff invitation leads on.
INVITATION_LIFE = timedelta(days=7)
OLDEST = 130
#: How many people a patient may invite to act for them within a day.
INVITATIONS_A_DAY = 5
#: Years at which somebody is of age, by ISO 3166-2, where the law of the place says another number than 18.
OF_AGE = {
    "US-AL": 19,
    "US-NE": 19,
    "US-MS": 21,
    "US-PR": 21,
    "CA-BC": 19,
    "CA-NB": 19,
    "CA-NL": 19,
    "CA-NS": 19,
    "CA-NT": 19,
    "CA-NU": 19,
    "CA-YT": 19,
}
#: Who may act for a patient, and in which parts of a record.
PROOFS = ("parent", "guardian", "carer", "attorney")
PARTS = ("appointments", "health", "messages", "bills")
#: Nobody acts for longer than this without new proof.
LONGEST_PROXY = timedelta(days=366 * 18)
#: How long emergency access lasts, what it may be opened for, and what comes of it.
EMERGENCY_LIFE = timedelta(minutes=60)
EMERGENCY_REASONS = ("treatment", "danger", "cover", "other")
FINDINGS = ("appropriate", "inappropriate")
SEXES = ("female", "male", "other", "unknown")


def fold(name: str) -> str:
    """A name as it is looked up: without case, marks and double spaces ("José  Núñez" → "jose nunez")."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(" " if sign in "-'’." else sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(bare.split())


#: Words of a family name that many families share.
PARTICLES = frozenset({"van", "von", "der", "den", "dos", "das", "del", "las", "los", "bin", "ibn", "abu", "mac"})


def surnames_in(full_name: str) -> set[str]:
    """What may be the family name in a full name, folded: each run of words but the first, and each telling word."""
    words = fold(full_name).split()
    rest = words[1:] or words
    runs = {" ".join(rest[begin:end]) for begin in range(len(rest)) for end in range(begin + 1, len(rest) + 1)}
    return {run for run in runs if len(run) > 2 and run not in PARTICLES}


def normalise_contact(text: str) -> str:
    """One spelling of an address or a number, for look-ups; the same as an account's."""
    return text.strip().casefold()


def normalise_identifier(text: str) -> str:
    """One spelling of an identifier: letters and digits only."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def canonical_phone(text: str, *, country: str) -> str | None:
    """E.164 of a number as people or other systems write it; None when it is none."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def possible_birth_date(day: date, *, today: date) -> bool:
    """Whether somebody alive may have been born on that day."""
    return day <= today and today.year - day.year <= OLDEST


def age_on(birth_date: date, day: date) -> int:
    """Whole years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def of_age_at(birth_date: date, jurisdiction: str, zone: str) -> datetime:
    """When the patient comes of age: the day begins where they are; after a 29 February it is 1 March."""
    year = birth_date.year + OF_AGE.get(jurisdiction, 18)
    leap = (birth_date.month, birth_date.day) == (2, 29)
    day = date(year, 3, 1) if leap and not isleap(year) else birth_date.replace(year=year)
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def may_try_again(attempts: Sequence[datetime], *, now: datetime) -> bool:
    """Whether one more try to take up a record is allowed after these."""
    return sum(at > now - CLAIM_WINDOW for at in attempts) < CLAIM_TRIES


def prefix_end(prefix: str) -> str:
    """The first text, by code point, after all texts that start with the prefix."""
    return prefix + "\U0010ffff"


def contact_of_choice(phone: str | None, email: str | None) -> tuple[str, str] | None:
    """Where somebody is reached: the phone, else the address."""
    if phone:
        return "sms", phone
    return ("email", email) if email else None
