"""FHIR Patient and Practitioner, as our directory keeps them. Names stay as the other system writes them."""

from functools import lru_cache

from portal.fhir.rules.elements import PassOver, codes, identifiers, in_use, whole_day
from portal.fhir.rules.records import Defaults, PatientRecord, PractitionerRecord
from portal.fhir.rules.values import SHORT, Element
from portal.kernel.locale import known_language, use_locale
from portal.kernel.places import SUBDIVISIONS
from portal.kernel.spoken import OTHER, spoken_code

NPI = "http://hl7.org/fhir/sid/us-npi"
URI = "urn:ietf:rfc:3986"
GENDERS = ("male", "female", "other", "unknown")
INTERPRETER_REQUIRED = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
NAME_ORDER = ("official", "usual", "", "temp", "nickname", "anonymous", "maiden")
#: HL7 v2-0203: numbers of the state and the bank. Care does not need them, so they are not copied.
NOT_FOR_CARE = frozenset({"SS", "DL", "PPN", "TAX", "NNUSA", "BC", "BR", "DR", "MI"})
STATE_NUMBERS = frozenset({"http://hl7.org/fhir/sid/us-ssn"})


def patient_of(resource: Element, *, source_id: str, defaults: Defaults) -> PatientRecord:
    """Raises PassOver for a person of whom no record can be kept, BrokenFile for a wrong shape."""
    birth_date = whole_day(resource, "birthDate")
    given, family, _ = _name(resource)
    if resource.flag("deceasedBoolean") or resource.has("deceasedDateTime"):
        raise PassOver("the person has died")
    if resource.has("active") and not resource.flag("active"):
        raise PassOver("marked as no longer in use")
    if not (given or family):
        raise PassOver("without a name")
    if birth_date is None:
        raise PassOver("without a full date of birth")
    language, spoken, interpreter = _language(resource, defaults)
    contacts = in_use(resource.children("telecom"), ("mobile", "home", "", "temp", "work"))
    emails = [one.text("value") for one in contacts if one.text("system") == "email" and one.text("value")]
    return PatientRecord(
        source_id=source_id,
        given_name=given,
        family_name=family,
        birth_date=birth_date,
        sex=resource.one_of("gender", GENDERS) or "unknown",
        language=language,
        interpreter=interpreter,
        spoken=spoken,
        jurisdiction=_jurisdiction(resource, defaults),
        phones=tuple(one.text("value") for one in contacts if one.text("system") in {"phone", "sms"}),
        email=emails[0] if emails else None,
        identifiers=_numbers(resource) or {URI: source_id},
    )


def practitioner_of(resource: Element) -> PractitionerRecord:
    """Raises PassOver for one who cannot be told from others."""
    given, family, prefix = _name(resource)
    name = " ".join(part for part in (prefix, given, family) if part)
    if not name:
        raise PassOver("without a name")
    for system, value, _ in identifiers(resource):
        if system == NPI:
            return PractitionerRecord(npi=value, name=name)
    raise PassOver("without a National Provider Identifier")


def _name(resource: Element) -> tuple[str, str, str]:
    """(given, family, prefix) of the name to use; a name that is one text is taken as the family's."""
    for name in in_use(resource.children("name"), NAME_ORDER):
        given = " ".join(one for one in name.texts("given", longest=SHORT) if one)
        family = name.text("family", longest=SHORT)
        if len(given) > SHORT:
            name.at("given").refuse(f"names of at most {SHORT} characters")
        if given or family:
            return given, family, " ".join(name.texts("prefix"))
        if text := name.text("text", longest=SHORT):
            return "", text, ""
    return "", "", ""


def _language(resource: Element, defaults: Defaults) -> tuple[str, str | None, bool]:
    """In which language to write, in which they talk, and whether an interpreter is needed.

    The extension says so; without it, one is needed where the portal does not speak the preferred language. Written is
    the first of their languages that the portal speaks.
    """
    spoken = resource.children("communication")
    spoken.sort(key=lambda one: not one.flag("preferred"))
    told = [code for one in spoken for code in sorted(codes(one.child("language")))[:1]]
    known = [known_language(code, default="") for code in told]
    written = next(filter(None, known), defaults.language)
    if not told:
        return written, None, _says_interpreter(resource)
    return written, spoken_code(told[0]) or OTHER, _says_interpreter(resource) or not known[0]


def _says_interpreter(resource: Element) -> bool:
    return any(
        one.flag("valueBoolean") for one in resource.children("extension") if one.text("url") == INTERPRETER_REQUIRED
    )


def _jurisdiction(resource: Element, defaults: Defaults) -> str:
    """Where the person usually is: ISO 3166-2 of the address, or the clinic's own place."""
    for address in in_use(resource.children("address"), ("home", "", "temp", "work", "billing")):
        country = _country(address.text("country"))
        state = _states().get(address.text("state").casefold())
        if state and country in {"", "US"}:
            return state
        if country and country != "US":
            return country
    return defaults.jurisdiction


def _country(text: str) -> str:
    """ISO 3166-1 alpha-2; "" for what is not recognised."""
    if text.casefold() in {"us", "usa", "united states", "united states of america"}:
        return "US"
    return text.upper() if len(text) == 2 and text.isascii() and text.isalpha() else ""


@lru_cache
def _states() -> dict[str, str]:
    """ISO 3166-2 by postal abbreviation and by English name."""
    with use_locale("en", "UTC"):
        names = {str(name).partition(" (")[0].casefold(): code for code, name in SUBDIVISIONS.items()}
    return names | {code.partition("-")[2].casefold(): code for code in SUBDIVISIONS}


def _numbers(resource: Element) -> dict[str, str]:
    """Numbers of the other systems' records."""
    found: dict[str, str] = {}
    for system, value, kind in identifiers(resource):
        if kind not in NOT_FOR_CARE and system not in STATE_NUMBERS and any(sign.isalnum() for sign in value):
            found.setdefault(system, value)
    return found
