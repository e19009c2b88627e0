"""Verbs of how a clinic looks: each change is a further version, and the directory has a copy of the one in force."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import PortalError
from portal.tenancy.models import Logo, LookVersion, Organisation
from portal.tenancy.queries import own_clinic
from portal.tenancy.rules import LogoPlace, Look, brand_of, draw_logo, logo_in, look_in


class UnreadableColour(PortalError):
    """A colour of the look cannot be read in one of its uses."""

    code = "unreadable-colour"


class LookChangedMeanwhile(PortalError):
    """Somebody else has said how the clinic looks since the page was fetched."""

    code = "look-changed-meanwhile"


def change_look(session: PortalSession, *, seen: int, look: Look, now: datetime) -> None:
    """Name, colours and corners. `seen`: the version that was on the page.

    Raises UnreadableColour, LookChangedMeanwhile.
    """
    if look.faults():
        raise UnreadableColour
    clinic = own_clinic(session)
    _say(session, clinic, seen=seen, look=look, logo=logo_in(clinic.brand), now=now)


def change_logo(session: PortalSession, *, seen: int, content: bytes | None, now: datetime) -> None:
    """Another logo, drawn anew, or none. Raises BadLogo, LookChangedMeanwhile."""
    clinic = own_clinic(session)
    place = None
    if content is not None:
        drawn = draw_logo(content)
        logo = Logo(content=drawn.content, width=drawn.width, height=drawn.height, drawn_at=now)
        session.add(logo)
        session.flush()
        place = LogoPlace(id=logo.id, width=max(1, logo.width // 2), height=max(1, logo.height // 2))
    _say(session, clinic, seen=seen, look=look_in(clinic.name, clinic.brand), logo=place, now=now)


def _say(
    session: PortalSession, clinic: Organisation, *, seen: int, look: Look, logo: LogoPlace | None, now: datetime
) -> None:
    """The next version. Of two who saw the same one, the constraint lets one through."""
    if seen != int(clinic.brand.get("version", 0)):
        raise LookChangedMeanwhile
    version = LookVersion(
        version=seen + 1,
        name=look.name,
        colour=look.colour,
        dark=look.dark,
        corner=look.corner,
        logo_id=logo.id if logo else None,
        said_at=now,
        said_by=session.principal.actor_id,
    )
    try:
        with session.begin_nested():
            session.add(version)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_look_version":
            raise
        raise LookChangedMeanwhile from error
    clinic.name, clinic.brand = look.name, brand_of(look, version=version.version, logo=logo)
    session.flush()
