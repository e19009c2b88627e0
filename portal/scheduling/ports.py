"""What scheduling needs from above; app wires it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal.kernel.db import PortalSession
from portal.kernel.money import Money


class PriceQuote(Protocol):
    """What a visit of each type costs; a type without a price is left out, and is not offered."""

    def __call__(
        self, session: PortalSession, *, visit_type_ids: Sequence[UUID], now: datetime
    ) -> Mapping[UUID, Money]: ...


def no_prices(session: PortalSession, *, visit_type_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Money]:
    """The answer where nothing is wired: no price is known, so that nothing is offered."""
    return {}
