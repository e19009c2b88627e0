"""Whether visits are paid, for staff screens."""

from collections.abc import Collection
from uuid import UUID

from portal.kernel.db import PortalSession


def invoice_states(session: PortalSession, visit_ids: Collection[UUID]) -> dict[UUID, str]:
    """Each visit's invoice's status: open, paid or refunded."""
    return {}
