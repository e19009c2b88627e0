"""Reads of single sign-on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.identity.federation import AT_PROVIDER
from portal.identity.models import FederatedSignIn, IdentityProvider, ProviderGroup
from portal.identity.ports import Provider
from portal.identity.rules import token_digest
from portal.kernel.db import PortalSession


def clinics_provider(session: PortalSession) -> IdentityProvider | None:
    """What the administrator has set up, whether it is on or not."""
    return session.scalar(select(IdentityProvider))


def provider_in_use(session: PortalSession) -> IdentityProvider | None:
    """Where the clinic's staff may sign in; None while that is switched off."""
    return session.scalar(select(IdentityProvider).where(IdentityProvider.is_on))


def groups_of_provider(session: PortalSession) -> list[tuple[str, str]]:
    """(group, role), sorted."""
    rows = session.scalars(select(ProviderGroup).order_by(ProviderGroup.name, ProviderGroup.role))
    return [(one.name, one.role) for one in rows]


def as_provider(row: IdentityProvider) -> Provider:
    """As the port takes it."""
    return Provider(
        issuer=row.issuer,
        client_id=row.client_id,
        client_secret=row.client_secret,
        algorithms=tuple(row.algorithms),
        scopes=tuple(row.scopes),
        acr_values=tuple(row.acr_values),
        max_age_seconds=row.max_age_seconds,
        groups_claim=row.groups_claim,
    )


def federated_of(session: PortalSession, *, federated_id: UUID, holder: str, now: datetime) -> FederatedSignIn | None:
    """A way to the provider that this browser began, for as long as something may be done with it."""
    row = session.get(FederatedSignIn, (session.tenant_id, federated_id))
    if row is None or row.holder_hash != token_digest(holder) or row.expires_at + AT_PROVIDER < now:
        return None
    return row
