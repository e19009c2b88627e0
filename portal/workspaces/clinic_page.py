"""What a clinic shows to everybody: its services with prices and the next free time, and its clinicians."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.billing import prices_of
from portal.kernel.db import PortalSession
from portal.kernel.locale import language_name
from portal.kernel.money import Money
from portal.practitioners import Practitioner, licences_in_force, list_practitioners, place_name
from portal.scheduling import Slot, VisitType, soonest_slots, visit_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A kind of visit that has a price. `slot` None: nothing is free in the next two weeks."""

    visit_type: VisitType
    price: Money
    slot: Slot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinician:
    """Somebody who sees patients. What they speak and where patients may be, by name in the reader's language."""

    practitioner: Practitioner
    languages: list[str]
    places: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicPage:
    """All that the page shows."""

    services: list[Service]
    clinicians: list[Clinician]

    def name_of(self, practitioner_id: UUID) -> str:
        """The name of one of the clinicians."""
        return next((one.practitioner.name for one in self.clinicians if one.practitioner.id == practitioner_id), "")


def clinic_page(session: PortalSession, *, jurisdiction: str, now: datetime) -> ClinicPage:
    """The page for somebody who is in `jurisdiction` (ISO 3166-2); nine queries, whatever the clinic offers."""
    active = visit_types(session)
    prices = prices_of(session, [one.id for one in active], at=now)
    types = [one for one in active if one.id in prices]
    free = soonest_slots(session, visit_types=types, jurisdiction=jurisdiction, now=now)
    places = _places(session, now=now)
    return ClinicPage(
        services=[Service(visit_type=one, price=prices[one.id], slot=free.get(one.id)) for one in types],
        clinicians=[
            Clinician(
                practitioner=one, languages=[language_name(code) for code in one.languages], places=places[one.id]
            )
            for one in list_practitioners(session)
            if one.id in places
        ],
    )


def _places(session: PortalSession, *, now: datetime) -> Mapping[UUID, list[str]]:
    """Where each practitioner may see patients today; who has no licence in force is left out."""
    found: dict[UUID, set[str]] = {}
    for licence in licences_in_force(session, on=now.date()):
        found.setdefault(licence.practitioner_id, set()).add(place_name(licence.jurisdiction))
    return {one: sorted(names) for one, names in found.items()}
