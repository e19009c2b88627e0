"""Reads of tenancy."""

from uuid import UUID

from sqlalchemy import select

from portal.kernel.colours import OWN, brand_colour
from portal.kernel.db import PortalSession
from portal.tenancy.models import Agreement, Logo, LookVersion, Organisation
from portal.tenancy.rules import Emblem, Letterhead, logo_in


def clinic_by_slug(session: PortalSession, *, slug: str) -> Organisation | None:
    """A clinic by its name in the address; any principal may ask."""
    return session.scalar(select(Organisation).where(Organisation.slug == slug))


def list_clinics(session: PortalSession) -> list[Organisation]:
    """All clinics of the installation, by name."""
    return list(session.scalars(select(Organisation).order_by(Organisation.name)))


def own_clinic(session: PortalSession) -> Organisation:
    """The clinic that the session's tenant is."""
    return session.get_one(Organisation, session.tenant_id)


def letterhead(session: PortalSession) -> Letterhead:
    """What stands at the head of the mail and papers of the clinic that the session's tenant is."""
    clinic = own_clinic(session)
    place = logo_in(clinic.brand)
    logo = logo_by_id(session, logo_id=place.id) if place else None
    return Letterhead(
        name=clinic.name,
        country=clinic.country,
        address=clinic.address,
        phone=clinic.phone,
        colour=brand_colour(clinic.brand) or OWN,
        logo=Emblem(id=logo.id, content=logo.content, width=place.width, height=place.height)
        if place and logo
        else None,
    )


def agreements(session: PortalSession) -> list[Agreement]:
    """All agreements of the session's tenant, by partner, the latest first."""
    order = (Agreement.partner, Agreement.signed_on.desc(), Agreement.id)
    return list(session.scalars(select(Agreement).order_by(*order)))


def logo_by_id(session: PortalSession, *, logo_id: UUID) -> Logo | None:
    """A logo that the clinic has, or had."""
    return session.get(Logo, (session.tenant_id, logo_id))


def looks(session: PortalSession, *, limit: int) -> list[LookVersion]:
    """How the clinic looked, the latest first."""
    return list(session.scalars(select(LookVersion).order_by(LookVersion.version.desc()).limit(limit)))
