"""Whether each partner that the settings name has signed what the law asks of it, clinic by clinic."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from portal.app.compliance.findings import Ground
from portal.kernel.config import Settings
from portal.tenancy import Agreement, Organisation, agreements

#: Where the General Data Protection Regulation holds, the United Kingdom's included: ISO 3166-1.
GDPR = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE"),
        *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
RENEW = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Partner:
    """Somebody who sees something of patients. `place`: the host that the settings name, empty when none is."""

    name: str
    sees: str
    place: Callable[[Settings], str]


def _host(url: str) -> str:
    return urlsplit(url if "//" in url else f"//{url.partition(':')[2]}").hostname or ""


#: Payment processing alone is outside HIPAA (section 1179); our descriptions name the clinic, so cards stand here.
PARTNERS = (
    Partner(name="mail", sees="addresses, the clinic's name and times", place=lambda s: s.smtp_host),
    Partner(
        name="sms",
        sees="phone numbers, the clinic's name and times",
        place=lambda s: _host(s.twilio_url) if s.twilio_account_sid else "",
    ),
    Partner(
        name="cards",
        sees="amounts and who pays",
        place=lambda s: _host(s.stripe_url) if s.stripe_secret_key.get_secret_value() else "",
    ),
    Partner(
        name="keys",
        sees="wrapped data keys",
        place=lambda s: (_host(s.kms_url) or f"kms.{s.kms_region}") if s.kms_key_ids else "",
    ),
    Partner(
        name="checkpoints",
        sees="hashes of the audit record",
        place=lambda s: _host(s.audit_s3_url) if s.audit_s3_bucket else "",
    ),
    Partner(
        name="relay",
        sees="network addresses and encrypted media of calls",
        place=lambda s: _host(s.turn_urls[0]) if s.turn_urls else "",
    ),
)


def is_here(host: str) -> bool:
    """Whether that is this machine: a program of our own is nobody to sign with."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def wanted(clinic: Organisation) -> frozenset[str]:
    """The kinds of agreement that suffice where the clinic is."""
    if clinic.country == "US":
        return frozenset({"baa"})
    return frozenset({"dpa"}) if clinic.country in GDPR else frozenset({"baa", "dpa"})


def _records(ground: Ground) -> Iterator[tuple[Organisation, Partner, list[Agreement]]]:
    """Each clinic with each partner in use and what is on record between them, of the kinds that suffice."""
    used = [one for one in PARTNERS if (place := one.place(ground.settings)) and not is_here(place)]
    for clinic in ground.clinics:
        with ground.database.session(ground.principal(clinic)) as session:
            known = agreements(session)
        for partner in used:
            yield clinic, partner, [one for one in known if one.partner == partner.name and one.kind in wanted(clinic)]


def without_agreement(ground: Ground) -> Iterator[str]:
    """Partners in use with which the clinic has nothing on record, or nothing that is in force any more."""
    today = ground.now.date()
    for clinic, partner, known in _records(ground):
        if any(one.in_force(today) for one in known):
            continue
        kinds = " or ".join(sorted(wanted(clinic))).upper()
        lapsed = max((end for one in known if (end := one.last_day) and end < today), default=None)
        why = f"the last one ended on {lapsed}" if lapsed else "none is on record"
        yield f"{clinic.slug}: {partner.name} ({partner.place(ground.settings)}) sees {partner.sees}; {kinds}: {why}"


def about_to_lapse(ground: Ground) -> Iterator[str]:
    """Agreements that end within a month with nothing after them."""
    today = ground.now.date()
    for clinic, partner, known in _records(ground):
        if any(one.in_force(today) for one in known) and not any(one.in_force(today + RENEW) for one in known):
            yield f"{clinic.slug}: {partner.name}"
